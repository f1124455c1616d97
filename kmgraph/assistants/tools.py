"""The tools, whatever they are offered by: the questions, a search, a description, a query."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.assistants.schemas import input_schema, tool_name
from kmgraph.assistants.vocabulary import vocabulary
from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import InputError, RecordNotFoundError
from kmgraph.metadata.counting import Counts, count
from kmgraph.questions import Question
from kmgraph.results import Solutions
from kmgraph.search import plain
from kmgraph.stores.base import Answer as QueryAnswer

#: Most rows of a query and most statements of a description that are handed on.
MOST_ROWS: Final = 200
#: Most records that a search hands on.
_MOST_FOUND: Final = 50
_TEXT: Final = {"type": "string", "minLength": 1}
#: Address of a resource to what it is, in words.
RESOURCES: Final = {
    "kmgraph://questions": "The saved questions with their parameters and columns.",
    "kmgraph://vocabulary": (
        "Classes of the records and the properties that each has, by the counts of the data's "
        "VoID description, with labels and definitions: what queries can name."
    ),
    "kmgraph://datasets": "What the datasets say of themselves, and which version is read.",
}


@dataclass(frozen=True, slots=True)
class ToolDescription:
    """A tool as clients see it.

    :ivar name: its name.
    :ivar title: a few words.
    :ivar description: what it does.
    :ivar schema: JSON Schema of what it takes.
    """

    name: str
    title: str
    description: str
    schema: Mapping[str, Any]


class Toolbox:
    """Tools that read a dataset; none of them changes anything.

    :param dataset: what is read.
    :param select: evaluates the queries of callers within limits.
    :param counts: gives what was counted of the dataset; it is counted where nothing is given.
    """

    def __init__(
        self,
        dataset: EvidenceDataset,
        select: Callable[[str], QueryAnswer],
        counts: Callable[[], Counts | None] = lambda: None,
    ) -> None:
        self._dataset, self._select = dataset, select
        self._known_counts = counts

    @cached_property
    def _questions(self) -> dict[str, Question]:
        """Return the questions by the name of their tool."""
        return {tool_name(one.id): one for one in self._dataset.questions.values()}

    def tools(self) -> list[ToolDescription]:
        """Return all tools."""
        return [*_general(), *(_tool(name, one) for name, one in self._questions.items())]

    def call(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a tool finds, as JSON holds it.

        :param name: name of the tool.
        :param arguments: what it takes, by name.
        :raises InputError: there is no such tool, or what it needs is not given.
        :raises KmGraphError: whatever else it is refused for.
        """
        if question := self._questions.get(name):
            return self._answer(question, arguments)
        tools = {
            "find": ("words", self._find),
            "describe": ("iri", self._describe),
            "select": ("query", self._run),
        }
        if name not in tools:
            raise InputError(f"there is no tool '{name}': list the tools")
        key, run = tools[name]
        value = arguments.get(key)
        if not isinstance(value, str) or not value.strip() or set(arguments) != {key}:
            raise InputError(f"the tool {name} takes '{key}', a text, and nothing else")
        return {**run(value), **self._version()}

    def read(self, address: str) -> str:
        """Return a resource as JSON.

        :param address: a key of :data:`RESOURCES`.
        :raises InputError: there is no such resource.
        """
        if address == "kmgraph://questions":
            found: object = [_described(one) for one in self._questions.values()]
        elif address == "kmgraph://vocabulary":
            found = vocabulary(self._counts(), self._dataset.labels())
        elif address == "kmgraph://datasets":
            found = {"datasets": [_card(one) for one in self._dataset.datasets()]}
            found |= self._version()
        else:
            raise InputError(f"there is no resource '{address[:120]}': list the resources")
        return json.dumps(found, ensure_ascii=False, indent=1)

    def _counts(self) -> Counts:
        """Return what was counted of the dataset."""
        return self._known_counts() or count(self._dataset.store, None)

    def _answer(self, question: Question, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a question, with what is needed to check and to cite it."""
        given = {name: value for name, value in arguments.items() if value is not None}
        paging = {name: given.pop(name, None) for name in ("page", "page_size")}
        for name, number in paging.items():
            if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
                raise InputError(f"{name} is {number!r}: give a whole number from 1")
        texts = {name: _text(value) for name, value in given.items()}
        found = self._dataset.ask(question.id, texts, **paging)
        return {**found.to_dict(), **self._version()}

    def _find(self, words: str) -> dict[str, Any]:
        """Return the records that fit words best, and where the words stand in each."""
        found = self._dataset.search_index().search(words, limit=_MOST_FOUND)
        kinds = {kind.iri: kind.label for kind in found.kinds}
        rows = [
            {
                "iri": hit.iri,
                "label": hit.label,
                "kind": kinds[hit.kind],
                "snippet": plain(hit.excerpt),
            }
            for hit in found.hits
        ]
        looked = {word: list(others) for word, others in found.instead.items()}
        return {"found": rows, "found_in_all": found.total, "looked_for_instead": looked}

    def _describe(self, iri: str) -> dict[str, Any]:
        """Return the statements about a thing."""
        thing = self._dataset.entity(iri.strip())
        try:
            ox.NamedNode(thing.iri)
        except ValueError as error:
            raise InputError(
                f"'{iri[:120]}' is no IRI, and no id of a record: look for it with find"
            ) from error
        if not thing:
            raise RecordNotFoundError(f"nothing is known of '{iri[:120]}': look for it with find")
        statements = [[str(term) for term in (t.subject, t.predicate, t.object)]
                      for t in thing.triples()]  # fmt: skip
        return {
            "iri": thing.iri,
            "label": thing.label,
            "statements": sorted(statements)[:MOST_ROWS],
            "statements_in_all": len(statements),
        }

    def _run(self, query: str) -> dict[str, Any]:
        """Return the first rows of a SELECT query."""
        found = self._select(query)
        if not isinstance(found, Solutions):
            raise InputError("this is no SELECT query: only SELECT is answered here")
        rows = [[None if term is None else str(term) for term in row] for row in found]
        return {"columns": found.variables, "rows": rows[:MOST_ROWS], "rows_in_all": len(rows)}

    def _version(self) -> dict[str, Any]:
        """Return which version of the data is read."""
        generation = getattr(self._dataset.store, "generation", None)
        since = getattr(generation, "content_since", (None, None))
        return {"version": {"generation": self._dataset.generation, "content_since": since[0]}}


def _general() -> list[ToolDescription]:
    """Return the tools that are no questions."""
    facts = (
        ("find", "words", "Find things by words in their names and texts, best first; at most 50."),
        ("describe", "iri", "Tell what is stated about one thing, given by IRI or record id."),
        ("select", "query", "Answer a SPARQL SELECT query, within limits of time and of rows."),
    )
    return [
        ToolDescription(name, name.capitalize(), said, _taking(key)) for name, key, said in facts
    ]


def _taking(key: str) -> dict[str, Any]:
    """Return the schema of a tool that takes one text."""
    return {
        "type": "object",
        "properties": {key: _TEXT},
        "required": [key],
        "additionalProperties": False,
    }


def _tool(name: str, question: Question) -> ToolDescription:
    """Return the tool of a question."""
    said = question.question
    if question.unverified:
        said += f" Unverified: {question.unverified}"
    return ToolDescription(name, question.title, said, input_schema(question))


def _described(question: Question) -> dict[str, Any]:
    """Return a question as plain values."""
    return {
        "tool": tool_name(question.id),
        "id": question.id,
        "title": question.title,
        "question": question.question,
        "unverified": question.unverified or None,
        "takes": input_schema(question),
        "returns": {one.name: one.meaning for one in question.returns},
    }


def _card(card: Any) -> dict[str, Any]:
    """Return what a dataset says of itself."""
    return {name: getattr(card, name) for name in type(card).__slots__}


def _text(value: Any) -> str:
    """Return a value that came as JSON as people would type it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise InputError("a parameter is a text, a number, or true or false")
