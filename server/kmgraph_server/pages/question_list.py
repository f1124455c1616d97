"""The list of questions, by what people want to know, and what is found in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from kmgraph.questions import GROUPS, Question, grouped

_WORD: Final = re.compile(r"\w+")
#: Most words that are looked for.
_MOST_WORDS: Final = 12


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that ask about the same.

    :ivar name: for addresses within the page.
    :ivar heading: what people want to know.
    """

    name: str
    heading: str
    questions: tuple[Question, ...]

    @property
    def size(self) -> int:
        """How many questions there are."""
        return len(self.questions)


def groups_of(questions: Iterable[Question], words: str = "") -> tuple[Group, ...]:
    """Return the questions in groups.

    :param words: words all of which a question has to have somewhere, or the beginnings of them.

    >>> from kmgraph.questions import load_catalogue
    >>> [one.id for one in groups_of(load_catalogue().values(), "vacant thin")[0].questions]
    ['cq-020']
    """
    wanted = _WORD.findall(words.lower())[:_MOST_WORDS]
    found = [one for one in questions if _fits(wanted, one)]
    return tuple(
        Group(name, GROUPS[name], tuple(members)) for name, members in grouped(found).items()
    )


def ways(question: Question, chosen: Mapping[str, str], address: str) -> list[tuple[str, str]]:
    """Return how programs ask a question with these choices: what each is for, and its text.

    :param chosen: parameters of the question that have a value.
    :param address: address of its answer as JSON, without a query.

    >>> from kmgraph.questions import load_catalogue
    >>> asked = ways(load_catalogue()["20"], {"thin": "2"}, "/x.json")
    >>> [text for _, text in asked][1:]
    ['kmgraph ask 20 --store store -p thin=2', "dataset.questions.cq_020(thin='2')", 'cq_020']
    """
    named = ", ".join(f"{name}={value!r}" for name, value in chosen.items())
    options = "".join(f" -p {shlex.quote(f'{name}={value}')}" for name, value in chosen.items())
    function = question.id.replace("-", "_")
    return [
        ("Over HTTP, as JSON", "GET " + address + (f"?{urlencode(chosen)}" if chosen else "")),
        ("On the command line", f"kmgraph ask {int(question.id[3:])} --store store{options}"),
        ("In Python", f"dataset.questions.{function}({named})"),
        ("As a tool of an assistant, by the Model Context Protocol", function),
    ]


def _fits(wanted: list[str], question: Question) -> bool:
    """Say whether a question has all words."""
    text = " ".join(
        (
            question.id,
            question.title,
            question.question,
            GROUPS[question.group],
            question.framework,
            *question.tags,
            *(one.label for one in question.parameters),
        )
    )
    there = _WORD.findall(text.lower())
    return all(any(word.startswith(one) for word in there) for one in wanted)
