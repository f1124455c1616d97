"""The saved questions of a dataset as Python functions, made of their headers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from kmgraph.questions.answer import Answer, answer
from kmgraph.questions.catalogue import Catalogue
from kmgraph.questions.model import Question
from kmgraph.questions.parameters import KINDS, Parameter
from kmgraph.stores.base import QuadStore

_NAME: Final = re.compile(r"cq_[0-9]{3}", re.ASCII)
#: Kind of a parameter to the type of what Python gives for it; everything else is text.
_TYPES: Final[dict[str, type]] = {"integer": int, "decimal": Decimal, "boolean": bool}


class Questions(Catalogue):
    """The saved questions, each of which can be called: ``questions.cq_031(programme="...")``.

    :param questions: the questions.
    :param store: what they are asked of.

    >>> from kmgraph.questions import load_catalogue
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> questions = Questions(load_catalogue().values(), MemoryStore())
    >>> questions.cq_020(thin=2).parameters
    {'thin': '2'}
    """

    def __init__(self, questions: Iterable[Question], store: QuadStore) -> None:
        super().__init__(questions)
        self._store = store

    def __getattr__(self, name: str) -> Callable[..., Answer]:
        """Return the function that asks a question.

        :raises AttributeError: there is no such question.
        """
        if _NAME.fullmatch(name) and (question_id := name.replace("_", "-")) in self:
            return function_of(self[question_id], self._store)
        raise AttributeError(f"no question '{name}': dir() lists them, such as cq_031")

    def __dir__(self) -> list[str]:
        """Return the names of the functions, beside what every catalogue has."""
        return sorted([*super().__dir__(), *(name.replace("-", "_") for name in self)])


def function_of(question: Question, store: QuadStore) -> Callable[..., Answer]:
    """Return a function that asks a question of a store.

    Its signature and its text are those of the question, so that ``help`` tells what it takes.

    :param question: the question.
    :param store: what is asked.

    >>> from kmgraph.questions import load_catalogue
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> asked = function_of(load_catalogue()["20"], MemoryStore())
    >>> list(inspect.signature(asked).parameters)
    ['thin', 'programme', 'page', 'page_size', 'whole']
    """
    signature = _signature(question)

    def ask(*args: Any, **named: Any) -> Answer:
        """Ask the question."""
        given = signature.bind(*args, **named).arguments
        # The names of these three are never those of a parameter.
        paging = {name: given.pop(name) for name in _PAGING if name in given}
        values = {name: _text(value) for name, value in given.items() if value is not None}
        return answer(question, store, values, **paging)

    ask.__name__ = ask.__qualname__ = question.id.replace("-", "_")
    ask.__doc__ = _documentation(question)
    ask.__signature__ = signature  # type: ignore[attr-defined]
    return ask


#: Parameters of every function, which choose a part of the answer: type and default.
_PAGING: Final[dict[str, tuple[Any, Any]]] = {
    "page": (int | None, None),
    "page_size": (int | None, None),
    "whole": (bool, False),
}


def _signature(question: Question) -> inspect.Signature:
    """Return the signature of the function of a question; everything is given by name."""
    # What is needed has no default.
    found = [_parameter(one) for one in question.parameters]
    found += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in _PAGING.items()
    ]
    return inspect.Signature(found, return_annotation=Answer)


def _parameter(parameter: Parameter) -> inspect.Parameter:
    """Return a parameter as Python has it."""
    kind = _TYPES.get(parameter.kind, str)
    is_needed = parameter.required and not parameter.default
    default = parameter.default or None
    if default is not None and kind is not str:
        default = kind(default)
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if is_needed else default,
        annotation=kind if is_needed or default is not None else kind | None,
    )


def _text(value: Any) -> str:
    """Return a value as questions take it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _documentation(question: Question) -> str:
    """Return what ``help`` shows of the function of a question."""
    lines = [f"{question.question}", ""]
    for one in question.parameters:
        said = f"{one.label}: {KINDS[one.kind][0]}, such as {one.example!r}. {one.help}".rstrip()
        if one.choices:
            said += f" One of {', '.join(one.choices)}."
        lines.append(f":param {one.name}: {said}")
    lines += [
        ":param page: page of the answer, from 1.",
        ":param page_size: how many records a page is about; 20 where none is given.",
        ":param whole: whether all rows are wanted with whole lists, however long that takes.",
        f":returns: rows in this order: {question.order}. Its columns:",
    ]
    lines += [f"    {one.name}: {one.meaning}" for one in question.returns]
    lines.append(":raises ParameterError: a parameter is of the wrong kind.")
    if question.unverified:
        lines += ["", f"Not checked: {question.unverified}"]
    return "\n".join(lines)
