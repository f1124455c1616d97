"""What a request asks of a saved question: its parameters, a format, and how much of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import request

from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.protocol import parse_pairs

#: Most characters of a name that a message repeats.
_QUOTED: Final = 60
#: More digits than this has no number of a page.
_DIGITS: Final = 10
#: Parameters of the request that say how much of the answer is wanted, whatever the question.
_NUMBERS: Final = ("page", "page_size")
_WHOLE: Final = "whole"
_TRUTHS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked.

    :ivar given: parameters of the question, by name, as they are written; empty ones too.
    :ivar formats: names of formats.
    :ivar page: number of the page.
    :ivar page_size: how many records a page is about.
    :ivar whole: whether all rows are wanted, with whole lists.
    """

    given: dict[str, str]
    formats: tuple[str, ...]
    page: int | None = None
    page_size: int | None = None
    whole: bool = False

    @property
    def chosen(self) -> dict[str, str]:
        """Parameters of the question that have a value."""
        return {name: value for name, value in self.given.items() if value}

    @property
    def part(self) -> dict[str, str]:
        """What says how much of the answer is wanted, as an address has it."""
        numbers = {"page": self.page, "page_size": self.page_size}
        found = {name: str(number) for name, number in numbers.items() if number is not None}
        return {**found, _WHOLE: "true"} if self.whole else found

    @property
    def query(self) -> str:
        """The query of an address that asks the same in any format, with its question mark."""
        return query_of({**self.chosen, **self.part})


def query_of(parameters: dict[str, str]) -> str:
    """Return the query of an address.

    >>> query_of({"page": "2"}), query_of({})
    ('?page=2', '')
    """
    return f"?{urlencode(parameters)}" if parameters else ""


def asked_of_request() -> Asked:
    """Return what the running request asks.

    :raises MalformedRequestError: a parameter is given twice, or is no number where it has to be.
    """
    given: dict[str, str] = {}
    formats = []
    for name, value in parse_pairs(request.query_string):
        if name == "format":
            formats.append(value)
        elif name in given:
            raise MalformedRequestError(
                f"the parameter '{name[:_QUOTED]}' is given twice: give it once"
            )
        else:
            given[name] = value
    numbers = {name: _number(name, given.pop(name)) for name in _NUMBERS if given.get(name)}
    whole = given.pop(_WHOLE, "").strip().lower() or "false"
    if whole not in _TRUTHS:
        raise MalformedRequestError(f"whole is '{whole[:_QUOTED]}': give true or false")
    return Asked(given, tuple(formats), **numbers, whole=_TRUTHS[whole])


def _number(name: str, value: str) -> int:
    """Return the number of a page, or the size of one."""
    if not (value.isascii() and value.isdigit() and len(value) < _DIGITS):
        raise MalformedRequestError(f"{name} is '{value[:_QUOTED]}': give a number from 1")
    return int(value)
