"""How to cite a snapshot, from what the records of its datasets say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import yaml

from kmgraph.dataset import DatasetCard

#: What stands where the records of the datasets do not say who publishes them.
NOT_STATED: Final = "publisher not stated"
#: How many digits of the digest a citation shows; the manifest has all of them.
_DIGITS: Final = 16


def citation(
    cards: Sequence[DatasetCard], *, iri: str, version: str, created: str, digest: str
) -> str:
    """Return a citation on one line.

    :param iri: IRI of the snapshot.
    :param version: such as ``generation 4``.
    :param created: when the generation was published, in ISO 8601.

    >>> text = citation([], iri="https://x.org/snapshot/1/public", version="generation 1",
    ...     created="2026-11-22T18:00:00+00:00", digest="0123456789abcdef0123")
    >>> text.partition(". Data set, ")[2]
    'generation 1, 2026-11-22, digest 0123456789abcdef. https://x.org/snapshot/1/public'
    """
    who = "; ".join(_authors(cards))
    licences = _unique(card.licence for card in cards)
    parts = [f"{who} ({created[:4]}). {_title(cards)}. Data set, {version}, {created[:10]}"]
    parts.append(f", digest {digest[:_DIGITS]}.")
    if licences:
        parts.append(f" Licence: {', '.join(licences)}.")
    if any(card.synthetic for card in cards):
        parts.append(f" {_synthetic(cards)}.")
    return "".join(parts) + f" {iri}"


def citation_file(
    cards: Sequence[DatasetCard], *, iri: str, version: str, created: str, digest: str
) -> str:
    """Return the content of ``CITATION.cff``, in version 1.2.0 of the Citation File Format.

    Source: https://github.com/citation-file-format/citation-file-format

    >>> print(citation_file([], iri="https://x.org/s", version="generation 1",
    ...     created="2026-11-22T18:00:00+00:00", digest="ab").splitlines()[0])
    cff-version: 1.2.0
    """
    message = "If you use these data, please cite the snapshot and the datasets in it."
    if any(card.synthetic for card in cards):
        message += f" {_synthetic(cards)}."
    facts: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": message,
        "type": "dataset",
        "title": _title(cards),
        "authors": [{"name": name} for name in _authors(cards)],
        "version": version,
        "date-released": created[:10],
        "url": iri,
        "identifiers": [
            {"type": "other", "value": digest, "description": "digest of the named graphs"}
        ],
    }
    licences = _unique(card.licence for card in cards)
    if len(licences) == 1:
        facts["license-url"] = licences[0]
    if cards:
        facts["references"] = [_reference(card) for card in cards]
    return str(yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=100))


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


def _title(cards: Sequence[DatasetCard]) -> str:
    """Return the titles of the datasets."""
    return "; ".join(card.title for card in cards) or "Snapshot without a dataset"


def _authors(cards: Sequence[DatasetCard]) -> list[str]:
    """Return who publishes the datasets, each once."""
    return _unique(card.publisher for card in cards) or [NOT_STATED]


def _synthetic(cards: Sequence[DatasetCard]) -> str:
    """Return which datasets describe nothing real."""
    named = ", ".join(card.identifier for card in cards if card.synthetic)
    return f"Synthetic data that describe nothing real: {named}"


def _unique(texts: Any) -> list[str]:
    """Return texts that are not empty, each once."""
    return list(dict.fromkeys(text for text in texts if text))
