"""How an answer is cited: whose data, which version of it, and what was asked."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from kmgraph import artefacts
from kmgraph.described import described
from kmgraph.questions.model import Question
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore


@dataclass(frozen=True, slots=True)
class Origin:
    """What data an answer is made of.

    :ivar titles: of each dataset, its title and version.
    :ivar publishers: who publishes them, each once.
    :ivar generation: id of the generation; None for a store without any.
    :ivar content_since: id of the generation that brought this content.
    :ivar date: day on which it was published; empty where it is not known.
    """

    titles: tuple[str, ...]
    publishers: tuple[str, ...]
    generation: int | None
    content_since: int | None
    date: str


#: A published view stays as it is, so it is read once.
_READ: Final[weakref.WeakKeyDictionary[QuadStore, Origin]] = weakref.WeakKeyDictionary()


def origin(store: QuadStore) -> Origin:
    """Return what a store or view says of its data.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> origin(MemoryStore()).titles
    ()
    """
    if (known := _READ.get(store)) is not None:
        return known
    generation = getattr(store, "generation", None)
    since, created = getattr(generation, "content_since", (None, ""))
    titles, publishers = [], []
    found = store.query(artefacts.read_text("queries", "support/datasets.rq"))
    for row in cast(Solutions, found).to_dicts():
        version = f", version {row['version']}" if row["version"] else ""
        titles.append(f"{row['title']}{version}")
        publishers.append(str(row["publisher"] or ""))
    who = tuple(dict.fromkeys(one for one in publishers if one))
    if generation is not None and (others := described(store).undescribed):
        # What nobody describes may have a part in the answer, whose publisher is not known.
        titles.append(f"{len(others)} graph{'s' * (len(others) > 1)} without a description")
        who = (*who, "publisher not stated") if who else who
    read = Origin(tuple(titles), who, getattr(generation, "id", None), since, created[:10])
    if generation is not None:
        _READ[store] = read
    return read


def citation(of: Origin, question: Question, parameters: Mapping[str, str]) -> str:
    """Return a citation of an answer in words: publisher, date, data, version, and what was asked.

    Source: https://doi.org/10.25490/a97f-egyk (Joint Declaration of Data Citation Principles)

    >>> from kmgraph.questions import load_catalogue
    >>> data = Origin(("Isle, version 2",), ("A trust",), 7, 6, "2026-11-22")
    >>> citation(data, load_catalogue()["31"], {})[:60]
    'A trust (2026-11-22). Isle, version 2. Data set, generation '
    """
    who = "; ".join(of.publishers) or "Publisher not stated"
    when = f" ({of.date})" if of.date else ""
    titles = "; ".join(of.titles) or "data set without a title"
    generation = "" if of.generation is None else f", generation {of.generation}"
    given = ", ".join(f"{name}={value}" for name, value in parameters.items())
    asked = f"Answer to {question.id} ({question.title})" + (f" with {given}" if given else "")
    return f"{who}{when}. {titles}. Data set{generation}. {asked}."


def record_citation(of: Origin, title: str, iri: str) -> str:
    """Return a citation of one record in words: publisher, date, record, data, version, identifier.

    :param title: what the record is called.
    :param iri: its IRI.

    Source: https://doi.org/10.25490/a97f-egyk (Joint Declaration of Data Citation Principles)

    >>> data = Origin(("Isle, version 2",), ("A trust",), 7, 6, "2026-11-22")
    >>> record_citation(data, "Ward 1.", "https://x.org/case/a")
    'A trust (2026-11-22). Ward 1. In: Isle, version 2. Data set, generation 7. https://x.org/case/a'
    """
    who = "; ".join(of.publishers) or "Publisher not stated"
    when = f" ({of.date})" if of.date else ""
    titles = "; ".join(of.titles) or "data set without a title"
    generation = "" if of.generation is None else f", generation {of.generation}"
    return f"{who}{when}. {title.rstrip('.')}. In: {titles}. Data set{generation}. {iri}"
