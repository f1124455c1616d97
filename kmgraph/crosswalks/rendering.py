"""A crosswalk as lines of text, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from kmgraph.crosswalks.model import (
    CodedThrough,
    Crosswalk,
    Link,
    Lost,
    Mapping,
    Path,
    notation_of,
)

_LOST: Final = "no mapping recorded"
_NO_CONSTRUCT: Final = "mapped to what it has no construct for"
_COLUMNS: Final = (
    "record kind says rating construct construct_label path step steps match from from_label to "
    "to_label read_backwards status confidence endorsement justification authors publication "
    "comment set mapping weakest_match weakest_status lowest_confidence passages"
).split()


def to_table(walk: Crosswalk) -> str:
    """Return a crosswalk as lines of text.

    :param walk: the crosswalk.

    >>> from kmgraph.crosswalks import crosswalk
    >>> print(to_table(crosswalk("npt", "cfir-2022")).splitlines()[0])
    npt through cfir-2022
    """
    lines = [f"{walk.source} through {walk.target}"]
    if walk.codings is None:
        for paths in walk.by_construct.values():
            lines += ["", *_block(_named(paths[0].start, paths[0].start_label), paths)]
    for coded in walk.codings or ():
        lines += ["", *_coding_lines(coded)]
    lines += _rest(walk)
    return "\n".join(lines)


def _coding_lines(coded: CodedThrough) -> Iterator[str]:
    """Yield the lines of a coding."""
    yield f"{coded.coding.kind} {coded.coding.iri}"
    if coded.coding.label:
        yield f"  {coded.coding.label}"
    if coded.coding.rating:
        yield f"  {coded.coding.rating}"
    name = _named(coded.coding.construct, coded.label)
    for line in _block(name, coded.paths, coded.without_target):
        yield f"  {line}"


def _block(
    name: str, paths: tuple[Path, ...], without_target: tuple[Mapping, ...] = ()
) -> Iterator[str]:
    """Yield the lines of a construct, of the paths from it, and of mappings without a target."""
    yield name
    for path in paths:
        for number, link in enumerate(path.links, 1):
            step = f"step {number}: " if len(path.links) > 1 else ""
            indent = "    " if number > 1 else "  "
            yield f"{indent}{step}{_link_text(link)}"
        if len(path.links) > 1:
            weakest = path.weakest
            match = weakest.match
            match += " (no likeness)" if match == "addresses" else ""
            yield f"    weakest: {match}; {weakest.status}; confidence {weakest.confidence}"
    for mapping in without_target:
        yield f"  {_NO_CONSTRUCT}: {_none_text(mapping)}"
    if not paths and not without_target:
        yield f"  {_LOST}"


def _link_text(link: Link) -> str:
    """Return a link in words."""
    parts = _trust(link.mapping)
    if link.is_reversed:
        parts.append("read backwards")
    return f"{link.match}: {_named(link.end, link.end_label)} ({'; '.join(parts)})"


def _none_text(mapping: Mapping) -> str:
    """Return in words what the other framework has no construct for."""
    return f"{mapping.target_label} ({'; '.join(_trust(mapping))})"


def _trust(mapping: Mapping) -> list[str]:
    """Return how far a mapping can be relied on, in words."""
    parts = [mapping.status, f"confidence {mapping.confidence}"]
    if mapping.endorsement is not None:
        parts.append(f"endorsement {mapping.endorsement} % over all barriers of the table")
    return parts


def _named(iri: str, label: str) -> str:
    """Return a construct by id and name."""
    return f"{notation_of(iri)} {label}".strip()


def _rest(walk: Crosswalk) -> Iterator[str]:
    """Yield the lines of what is lost, and of what is no construct of the other framework."""
    unmapped = _unmapped(walk)
    if walk.codings is None and unmapped:
        yield from ("", f"{_LOST}:")
        for lost in unmapped:
            yield f"  {_named(lost.iri, lost.label)}{_below(lost)}"
    if walk.codings is None and walk.without_target:
        yield from ("", f"mapped to what {walk.target} has no construct for:")
        for mapping in walk.without_target:
            name = _named(mapping.source, mapping.source_label)
            yield f"  {name}: {_none_text(mapping)}"
    if walk.codings is not None:
        gone = sum(not coded.paths for coded in walk.codings)
        many = "coding" if len(walk.codings) == 1 else "codings"
        yield from ("", f"{len(walk.codings)} {many} in {walk.source}, {gone} lost")
    for scheme, number in (walk.elsewhere or {}).items():
        yield f"left out: {number} coded in {scheme}"
    if walk.hint:
        yield from ("", walk.hint)


def _unmapped(walk: Crosswalk) -> list[Lost]:
    """Return what is lost and no mapping speaks of, which is listed once."""
    return [lost for lost in walk.lost if lost.iri not in walk.none_by_construct]


def _below(lost: Lost) -> str:
    """Return how many of the constructs below a lost one are mapped."""
    return f" (itself; {lost.below} below it are mapped)" if lost.below else ""


def to_csv(walk: Crosswalk) -> str:
    """Return a crosswalk as CSV: one line a mapping, and one a construct or coding that is lost.

    The mappings of a path follow each other and share its number.

    :param walk: the crosswalk.

    >>> from kmgraph.crosswalks import crosswalk
    >>> to_csv(crosswalk("tdf-2012", "com-b")).count("Physical capability")
    1
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    number = count(1)
    if walk.codings is None:
        for path in walk.paths:
            writer.writerows(_path_rows(path, next(number)))
        writer.writerows(map(_none_row, walk.without_target))
        for lost in _unmapped(walk):
            writer.writerow(_lost_row(lost.iri, lost.label))
    for coded in walk.codings or ():
        given = _given(coded)
        for path in coded.paths:
            writer.writerows({**row, **given} for row in _path_rows(path, next(number)))
        writer.writerows({**_none_row(mapping), **given} for mapping in coded.without_target)
        if not coded.paths and not coded.without_target:
            writer.writerow({**_lost_row(coded.coding.construct, coded.label), **given})
    return out.getvalue()


def _given(coded: CodedThrough) -> dict[str, Any]:
    """Return what each line of a coding says of the record."""
    coding = coded.coding
    return {
        "record": coding.iri,
        "kind": coding.kind,
        "says": coding.label,
        "rating": coding.rating,
        "passages": " ".join(coding.passages),
    }


def _lost_row(iri: str, label: str) -> dict[str, Any]:
    """Return the line of what is lost."""
    return {"construct": notation_of(iri), "construct_label": label, "match": _LOST}


def _none_row(mapping: Mapping) -> dict[str, Any]:
    """Return the line of a mapping that says that the other framework has no construct."""
    return {
        "construct": notation_of(mapping.source),
        "construct_label": mapping.source_label,
        "match": _NO_CONSTRUCT,
        "from": notation_of(mapping.source),
        "from_label": mapping.source_label,
        "to_label": mapping.target_label,
        "read_backwards": "no",
        **_mapping_cells(mapping),
    }


def _mapping_cells(mapping: Mapping) -> dict[str, Any]:
    """Return what a line says of a mapping itself."""
    return {
        "status": mapping.status,
        "confidence": mapping.confidence,
        "endorsement": "" if mapping.endorsement is None else mapping.endorsement,
        "justification": mapping.justification,
        "authors": "; ".join(mapping.authors),
        "publication": mapping.publication,
        "comment": mapping.comment,
        "set": mapping.set_name,
        "mapping": mapping.iri,
    }


def _path_rows(path: Path, of_path: int) -> Iterator[dict[str, Any]]:
    """Yield a line for each link of a path."""
    weakest = path.weakest
    for number, link in enumerate(path.links, 1):
        yield {
            "construct": notation_of(path.start),
            "construct_label": path.start_label,
            "path": of_path,
            "step": number,
            "steps": len(path.links),
            "match": link.match,
            "from": notation_of(link.start),
            "from_label": link.start_label,
            "to": notation_of(link.end),
            "to_label": link.end_label,
            "read_backwards": "yes" if link.is_reversed else "no",
            **_mapping_cells(link.mapping),
            "weakest_match": weakest.match,
            "weakest_status": weakest.status,
            "lowest_confidence": weakest.confidence,
        }


def to_json(walk: Crosswalk) -> str:
    """Return a crosswalk as JSON.

    :param walk: the crosswalk.

    >>> from kmgraph.crosswalks import crosswalk
    >>> json.loads(to_json(crosswalk("tdf-2012", "com-b")))["steps"]
    1
    """
    found: dict[str, Any] = {
        "source": walk.source,
        "target": walk.target,
        "steps": walk.steps,
        "paths": [_path_dict(path) for path in walk.paths],
        "lost": [
            {"construct": lost.iri, "label": lost.label, "below": lost.below} for lost in walk.lost
        ],
        "without_target": [
            {"construct": m.source, "label": m.source_label, **_none_dict(m)}
            for m in walk.without_target
        ],
        "hint": walk.hint or None,
    }
    if walk.codings is not None:
        found["codings"] = [_coding_dict(coded) for coded in walk.codings]
        found["elsewhere"] = dict(walk.elsewhere or {})
    return json.dumps(found, ensure_ascii=False, indent=2)


def _path_dict(path: Path) -> dict[str, Any]:
    """Return a path as plain values; only a path of one link has a kind of match."""
    weakest = path.weakest
    return {
        "from": path.start,
        "from_label": path.start_label,
        "to": path.end,
        "to_label": path.end_label,
        "match": path.match,
        "links": [_link_dict(link) for link in path.links],
        "weakest": {
            "match": weakest.match,
            "status": weakest.status,
            "confidence": float(weakest.confidence),
        },
    }


def _link_dict(link: Link) -> dict[str, Any]:
    """Return a link as plain values."""
    return {
        "from": link.start,
        "to": link.end,
        "to_label": link.end_label,
        "match": link.match,
        "read_backwards": link.is_reversed,
        **_mapping_dict(link.mapping),
    }


def _none_dict(mapping: Mapping) -> dict[str, Any]:
    """Return a mapping as plain values, with what the other framework has no construct for."""
    return {"names": mapping.target_label, **_mapping_dict(mapping)}


def _mapping_dict(mapping: Mapping) -> dict[str, Any]:
    """Return a mapping itself as plain values."""
    percent = mapping.endorsement
    return {
        "mapping": mapping.iri,
        "set": mapping.set_name,
        "status": mapping.status,
        "confidence": float(mapping.confidence),
        "endorsement": None if percent is None else float(percent),
        "justification": mapping.justification,
        "authors": list(mapping.authors),
        "publication": mapping.publication or None,
        "comment": mapping.comment or None,
    }


def _coding_dict(coded: CodedThrough) -> dict[str, Any]:
    """Return a coding as plain values."""
    return {
        "record": coded.coding.iri,
        "kind": coded.coding.kind,
        "says": coded.coding.label or None,
        "rating": coded.coding.rating or None,
        "construct": coded.coding.construct,
        "construct_label": coded.label,
        "passages": list(coded.coding.passages),
        "paths": [_path_dict(path) for path in coded.paths],
        "without_target": [_none_dict(mapping) for mapping in coded.without_target],
    }
