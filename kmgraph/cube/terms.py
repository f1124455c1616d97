"""IRIs of the cube, and the codes that stand for what units are counted by.

A code is a concept of the cube's own and not the record itself: a theme, a status of a post and a
construct are of kinds that exclude each other, while the members of a code list are all concepts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from kmgraph.cube.groupings import Grouping
from kmgraph.cube.tally import ALL, Cell
from kmgraph.namespaces import KM, expand
from kmgraph.stores.base import QuadStore

#: What the codes for all values, and for no value, stand for.
ALL_VALUES: Final = expand("km:AllValues")
NOT_REPORTED: Final = expand("km:ValueNotReported")
#: Spelling of a value in a cell to the slug of its code, where the value is not a term.
_FIXED: Final = {ALL: "all", "": "not-reported"}
_ODD: Final = re.compile(r"[^A-Za-z0-9.-]+")
_WORD_BREAK: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: Properties that name the values of a cube.
NAMING: Final = tuple(
    ox.NamedNode(expand(name)) for name in ("skos:prefLabel", "rdfs:label", "dcterms:title")
)
#: Characters of a name that a slug repeats, and digits of the hash that makes it unique.
_NAME_LENGTH: Final = 40
_HASH_BYTES: Final = 6


def dimension_iri(name: str) -> str:
    """Return the IRI of the property of a dimension.

    >>> dimension_iri("evidenceBand")
    'https://w3id.org/kmgraph/ontology#evidenceBandDimension'
    """
    return f"{KM}{name}Dimension"


def cube_iri(base: str, path: str) -> str:
    """Return the IRI of a thing of the cube.

    >>> cube_iri("https://x.org/", "cases-by-place")
    'https://x.org/cube/cases-by-place'
    """
    return f"{base}cube/{path}"


def list_iri(base: str, dimension: str) -> str:
    """Return the IRI of the code list of a dimension.

    >>> list_iri("https://x.org/", "evidenceBand")
    'https://x.org/cube/codes/evidence-band'
    """
    return cube_iri(base, f"codes/{list_name(dimension)}")


def list_name(dimension: str) -> str:
    """Return the name of a dimension in words.

    >>> list_name("evidenceBand")
    'evidence-band'
    """
    return _WORD_BREAK.sub("-", dimension).lower()


def slug(value: str) -> str:
    """Return the part of an IRI that stands for a value of a cell.

    Terms of our own ontology are called by their names; others by the end of theirs and a hash of
    the whole, so that no two of a list are called alike.

    :param value: a term as N-Triples spells it, nothing, or the mark for all values.

    >>> slug(f"<{KM}Filled>"), slug("*"), slug("")
    ('Filled', 'all', 'not-reported')
    >>> slug("<https://x.org/theme/mental health>")
    'mental_health-5bb07e87668d'
    """
    if value in _FIXED:
        return _FIXED[value]
    text = value[1:-1] if value.startswith("<") else value
    if value.startswith(f"<{KM}"):
        return text.removeprefix(KM)
    end = re.split(r"[/#]", text.rstrip("/"))[-1] if value.startswith("<") else text
    name = _ODD.sub("_", end).strip("_")[:_NAME_LENGTH]
    digest = hashlib.blake2b(value.encode(), digest_size=_HASH_BYTES).hexdigest()
    return f"{name}-{digest}"


def code_iri(base: str, dimension: str, value: str) -> str:
    """Return the IRI of the code of a value.

    >>> code_iri("https://x.org/", "postStatus", "*")
    'https://x.org/cube/codes/post-status/all'
    """
    return f"{list_iri(base, dimension)}/{slug(value)}"


def observation_iri(base: str, grouping: Grouping, cell: Cell) -> str:
    """Return the IRI of the observation of a cell.

    >>> from kmgraph.cube.groupings import load_grouping
    >>> observation_iri("https://x.org/", load_grouping("cases-by-setting"), ("*", ""))
    'https://x.org/cube/cases-by-setting/all~not-reported'
    """
    return cube_iri(base, f"{grouping.id}/{'~'.join(map(slug, cell))}")


def level_of(grouping: Grouping, cell: Cell) -> tuple[str, ...]:
    """Return the dimensions that a cell tells apart.

    >>> from kmgraph.cube.groupings import load_grouping
    >>> level_of(load_grouping("cases-by-setting"), ("*", ""))
    ('design',)
    """
    pairs = zip(grouping.dimensions, cell, strict=True)
    return tuple(name for name, value in pairs if value != ALL)


def slice_iri(base: str, grouping: Grouping, level: Iterable[str]) -> str:
    """Return the IRI of the slice of the observations of one level.

    >>> from kmgraph.cube.groupings import load_grouping
    >>> slice_iri("https://x.org/", load_grouping("cases-by-setting"), ["design"])
    'https://x.org/cube/cases-by-setting/by/design'
    """
    return cube_iri(base, f"{grouping.id}/by/{'~'.join(map(list_name, level)) or 'nothing'}")


def label_of(store: QuadStore, value: str) -> ox.Literal:
    """Return what a value is called: an English name if there is one, else the first in order.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> label_of(MemoryStore(), "*")
    <Literal value=all values language=en>
    """
    if value in _FIXED:
        text = "all values" if value == ALL else "not reported"
        return ox.Literal(text, language="en")
    if not value.startswith("<"):
        return next(iter(_literals(value)))
    term = ox.NamedNode(value[1:-1])
    for naming in NAMING:
        found = store.quads(term, naming, None, ox.DefaultGraph())
        names = [quad.object for quad in found if isinstance(quad.object, ox.Literal)]
        if names:
            return min(names, key=lambda name: (not _is_english(name), name.value, str(name)))
    return ox.Literal(value[1:-1])


def _is_english(name: ox.Literal) -> bool:
    """Say whether a name is in English."""
    return (name.language or "").split("-")[0] == "en"


def _literals(spelled: str) -> Iterable[ox.Literal]:
    """Yield the literal that N-Triples spells so."""
    line = f"<urn:s> <urn:p> {spelled} .".encode()
    for quad in ox.parse(line, ox.RdfFormat.N_TRIPLES):
        if isinstance(quad.object, ox.Literal):
            yield quad.object
