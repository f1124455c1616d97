"""What the query page begins with: first queries, and the saved questions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from kmgraph import artefacts
from kmgraph.namespaces import PREFIXES
from kmgraph.questions import Question
from kmgraph.questions.written import written


@dataclass(frozen=True, slots=True)
class FirstQuery:
    """A short query to learn from.

    :ivar title: what it asks for.
    :ivar about: what it shows of SPARQL.
    :ivar text: the query with its prefixes.
    """

    title: str
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """Saved questions that ask about the same."""

    title: str
    questions: tuple[Question, ...]


@cache
def first_queries() -> tuple[FirstQuery, ...]:
    """Return the queries to learn from, the simplest first.

    >>> first_queries()[0].title
    'List the studies'
    """
    paths = sorted((artefacts.folder("queries") / "pages" / "first").glob("*.rq"))
    return tuple(_first(path.read_text(encoding="utf-8")) for path in paths)


def _first(text: str) -> FirstQuery:
    """Read a query whose first lines say its title and what it is about."""
    lines = text.splitlines()
    title, about = (line.partition(": ")[2] for line in lines[:2])
    body = "\n".join(lines[2:]).strip()
    return FirstQuery(title, about, _with_prefixes(body))


def _with_prefixes(body: str) -> str:
    """Return a query with the prefixes that it uses."""
    used = [name for name in PREFIXES if re.search(rf"(?<!\w){name}:", body)]
    prefixes = "\n".join(f"PREFIX {name}: <{PREFIXES[name]}>" for name in used)
    return f"{prefixes}\n\n{body}\n"


@cache
def beginning() -> str:
    """Return the query that the page begins with.

    >>> beginning().startswith("PREFIX km:")
    True
    """
    query = artefacts.read_text("queries", "pages/example.rq")
    body = [line for line in query.splitlines() if not line.startswith(("PREFIX", "# "))]
    return _with_prefixes("\n".join(body).strip())


def grouped(questions: Iterable[Question]) -> list[QuestionGroup]:
    """Return saved questions by what they ask about."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        is_general = question.framework in ("", "none")
        title = "About any records" if is_general else f"About {question.framework}"
        groups.setdefault(title, []).append(question)
    return [QuestionGroup(title, tuple(found)) for title, found in groups.items()]


def question_text(question: Question, given: Mapping[str, str], *, base: str) -> str:
    """Return the query of a saved question with its parameters written into it.

    A parameter that is needed and not given takes the value of the question's own example.

    :param given: parameter name to its value as text.
    :raises ParameterError: a parameter is unknown or of the wrong kind.

    >>> from kmgraph.questions import load_catalogue
    >>> text = question_text(load_catalogue()["cq-020"], {}, base="https://example.org/")
    >>> text.splitlines()[1]
    '# Thin cover: 1'
    """
    needed = {one.name: one.example for one in question.parameters if one.required}
    values = {**needed, **{name: value for name, value in given.items() if value}}
    return written(question, question.bindings(values, base=base))
