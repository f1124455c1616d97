"""How to cite a snapshot, from what the records of its datasets say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from kmgraph.dataset import DatasetCard
from kmgraph.described import Described
from kmgraph.namespaces import graph_iri
from kmgraph.snapshots.model import Snapshot

#: Name of the file that tells programs how to cite.
CITATION_FILE: Final = "CITATION.cff"
#: What stands where the records of the datasets do not say who publishes them.
NOT_STATED: Final = "publisher not stated"
#: How many digits of the digest a citation shows; the manifest has all of them.
_DIGITS: Final = 16
_NO_LICENCE: Final = "not stated"
#: Graphs without a record that are named; of more, the number is told.
_NAMED: Final = 5


def citation(
    cards: Sequence[DatasetCard],
    of: Described,
    *,
    iri: str,
    version: str,
    created: str,
    digest: str,
) -> str:
    """Return a citation on one line.

    A licence is named for the whole where all data have the same one, else for each dataset.

    :param of: how far the records of the datasets go.
    :param iri: IRI of the snapshot.
    :param version: such as ``generation 4``.
    :param created: when the generation was published, in ISO 8601.

    >>> text = citation([], Described({}, "", True), iri="https://x.org/snapshot/1/public",
    ...     version="generation 1", created="2026-11-22T18:00:00+00:00",
    ...     digest="0123456789abcdef0123")
    >>> text.partition(". Data set, ")[2]
    'generation 1, 2026-11-22, digest 0123456789abcdef. https://x.org/snapshot/1/public'
    """
    who = "; ".join(_authors(cards, of))
    parts = [f"{who} ({created[:4]}). {_title(cards, of)}. Data set, {version}, {created[:10]}"]
    parts.append(f", digest {digest[:_DIGITS]}.")
    if of.licence:
        parts.append(f" Licence: {of.licence}.")
    elif any(card.licence for card in cards):
        parts.append(f" Licences: {_licences(cards, of)}.")
    if any(card.synthetic for card in cards):
        parts.append(f" {_synthetic(cards)}.")
    return "".join(parts) + f" {iri}"


def citation_file(
    cards: Sequence[DatasetCard],
    of: Described,
    *,
    iri: str,
    version: str,
    created: str,
    digest: str,
) -> str:
    """Return the content of ``CITATION.cff``, in version 1.2.0 of the Citation File Format.

    :param of: how far the records of the datasets go.

    Source: https://github.com/citation-file-format/citation-file-format

    >>> print(citation_file([], Described({}, "", True), iri="https://x.org/s",
    ...     version="generation 1", created="2026-11-22T18:00:00+00:00",
    ...     digest="ab").splitlines()[0])
    cff-version: 1.2.0
    """
    message = "If you use these data, please cite the snapshot and the datasets in it."
    if any(card.synthetic for card in cards):
        message += f" {_synthetic(cards)}."
    if of.undescribed:
        message += f" No licence is stated for {_others(of)}."
    facts: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": message,
        "type": "dataset",
        "title": _title(cards, of),
        "authors": [{"name": name} for name in _authors(cards, of)],
        "version": version,
        "date-released": created[:10],
        "url": iri,
        "identifiers": [
            {"type": "other", "value": digest, "description": "digest of the named graphs"}
        ],
    }
    if of.licence:
        facts["license-url"] = of.licence
    if cards:
        facts["references"] = [_reference(card) for card in cards]
    return str(yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=100))


@dataclass(frozen=True, slots=True)
class CitedPart:
    """What a snapshot says of one dataset in it; empty texts where it is silent."""

    iri: str
    title: str
    publisher: str
    licence: str


@dataclass(frozen=True, slots=True)
class Cited:
    """Whose data a snapshot holds.

    :ivar parts: the datasets by IRI.
    :ivar licence: the licence of all data; empty where they have none in common.
    :ivar publishers: who publishes them; empty where that is not stated of some.
    """

    parts: Mapping[str, CitedPart]
    licence: str
    publishers: tuple[str, ...]


def cited(snapshot: Snapshot) -> Cited:
    """Return whose data a snapshot holds, from its ``CITATION.cff``.

    Nothing is said where the file cannot be read. What a file claims of everything is not repeated
    where a graph of the snapshot is none of its datasets.
    """
    try:
        facts = yaml.safe_load((snapshot.folder / CITATION_FILE).read_bytes())
        parts = {
            one["url"]: CitedPart(
                one["url"],
                one.get("title", ""),
                "; ".join(a["name"] for a in one["authors"] if a["name"] != NOT_STATED),
                one.get("license-url", ""),
            )
            for one in facts.get("references", ())
        }
        names = tuple(one["name"] for one in facts["authors"])
        licence = facts.get("license-url", "")
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return Cited({}, "", ())
    start = graph_iri(snapshot.base, "")
    graphs = [file.graph for file in snapshot.files if file.graph]
    names_of = {f"{snapshot.base}dataset/{graph.removeprefix(start)}" for graph in graphs}
    if names_of - set(parts):
        return Cited(parts, "", ())
    return Cited(parts, licence, () if NOT_STATED in names else names)


def _reference(card: DatasetCard) -> dict[str, Any]:
    """Return what the file says of one dataset."""
    facts: dict[str, Any] = {
        "type": "data",
        "title": card.title,
        "authors": [{"name": card.publisher or NOT_STATED}],
        "version": card.version,
        "url": card.iri,
        "license-url": card.licence,
        "date-released": card.issued if len(card.issued) == len("2026-11-22") else "",
        "abstract": card.description,
    }
    return {key: value for key, value in facts.items() if value}


def _title(cards: Sequence[DatasetCard], of: Described) -> str:
    """Return the titles of the datasets, and which data have none."""
    titles = [card.title for card in cards]
    if of.undescribed:
        titles.append(f"{_others(of)} without a description")
    return "; ".join(titles) or "Snapshot without a dataset"


def _authors(cards: Sequence[DatasetCard], of: Described) -> list[str]:
    """Return who publishes the datasets, each once, and whether that is not stated of some."""
    known = _unique(card.publisher for card in cards)
    return known if known and of.is_published else [*known, NOT_STATED]


def _licences(cards: Sequence[DatasetCard], of: Described) -> str:
    """Return the licence of each dataset, and what has none."""
    said = _unique(f"{card.identifier} {card.licence or _NO_LICENCE}" for card in cards)
    return ", ".join([*said, *([f"{_others(of)} {_NO_LICENCE}"] if of.undescribed else [])])


def _others(of: Described) -> str:
    """Return which graphs no record describes."""
    names = list(of.undescribed)
    if len(names) > _NAMED:
        return f"{len(names)} graphs"
    return f"{'graph' if len(names) == 1 else 'graphs'} {', '.join(names)}"


def _synthetic(cards: Sequence[DatasetCard]) -> str:
    """Return which datasets describe nothing real."""
    named = ", ".join(card.identifier for card in cards if card.synthetic)
    return f"Synthetic data that describe nothing real: {named}"


def _unique(texts: Any) -> list[str]:
    """Return texts that are not empty, each once."""
    return list(dict.fromkeys(text for text in texts if text))
