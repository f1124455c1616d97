"""Which queries are asked of the metadata of a view, and not of its data.

Metadata are a graph of their own beside the view: they count the view, so they are no part of what
is counted. A query is asked of that graph where it names it. Editors and harvesters ask for VoID
and SHACL without naming a graph, so a query is asked of it too where it names terms of these that
the data do not use: of the data it could find nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from kmgraph.namespaces import DCAT, KM, SH, VOID, graph_iri
from kmgraph.sparql import tokenise

#: Name of the reserved graph.
METADATA: Final = "metadata"
_VOID_MORE: Final = "http://ldf.fi/void-ext#"
#: Namespaces that only descriptions of data use.
_TELLING: Final = (VOID, _VOID_MORE, SH)


def is_about_metadata(query: str, *, base: str, is_used: Callable[[str], bool]) -> bool:
    """Say whether a query is to be asked of the metadata.

    :param query: a query that :func:`kmgraph.sparql.analyse` takes.
    :param base: base IRI of the store.
    :param is_used: says of a property or class whether the data use it.

    >>> def unused(term): return False
    >>> text = "PREFIX void: <http://rdfs.org/ns/void#> SELECT * { ?set void:triples ?n }"
    >>> is_about_metadata(text, base="urn:b/", is_used=unused)
    True
    >>> is_about_metadata(text, base="urn:b/", is_used=lambda term: True)
    False
    >>> is_about_metadata("SELECT * { GRAPH <urn:b/graph/metadata> { ?s ?p ?o } }",
    ...     base="urn:b/", is_used=unused)
    True
    """
    if not any(sign in query for sign in (METADATA, *_TELLING, DCAT)):
        return False
    graph = graph_iri(base, METADATA)
    names = set(_names(query))
    if graph in names:
        return True
    if any(token.kind == "word" and token.text.upper() == "SERVICE" for token in tokenise(query)):
        return False
    telling = {name for name in names if name.startswith(_TELLING)}
    if not any(name.startswith(KM) for name in names):
        # A catalogue is in words that data use too, as here for what may be said of a dataset.
        telling |= {name for name in names if name.startswith(DCAT)}
    return any(not is_used(name) for name in telling)


def _names(query: str) -> Iterator[str]:
    """Yield the IRIs that a query names outside of its declarations."""
    prefixes: dict[str, str] = {}
    tokens = iter(tokenise(query))
    for token in tokens:
        word = token.text.upper() if token.kind == "word" else ""
        if word == "PREFIX":
            prefix, namespace = next(tokens, None), next(tokens, None)
            if prefix is not None and namespace is not None:
                prefixes[prefix.text] = namespace.text[1:-1]
        elif word == "BASE":
            next(tokens, None)
        elif token.kind == "iri":
            yield token.text[1:-1]
        elif token.kind == "name":
            start, _, local = token.text.partition(":")
            yield prefixes.get(f"{start}:", "") + local.replace("\\", "")


def may_be_metadata(iris: Iterable[str]) -> bool:
    """Say whether one of some IRIs is of those that lead queries to metadata.

    >>> may_be_metadata(["http://rdfs.org/ns/void#triples"]), may_be_metadata(["urn:a"])
    (True, False)
    """
    return any(iri.startswith((*_TELLING, DCAT)) or iri.endswith(f"/{METADATA}") for iri in iris)
