"""Counts, catalogue and example queries of a view, as triples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast
from urllib.parse import quote

import pyoxigraph as ox

from kmgraph.described import Described, described
from kmgraph.metadata.counting import COUNTED, LINKED, Counts, count
from kmgraph.metadata.files import file_rows
from kmgraph.metadata.model import Publication
from kmgraph.metadata.rows import Row, Rows, literals, moment, query, summed
from kmgraph.namespaces import PREFIXES
from kmgraph.questions import Question
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore

_VOID: Final = tuple(
    f"made/{name}.rq"
    for name in (
        "void",
        "sizes",
        "triples",
        "properties",
        "classes",
        "class-properties",
        "class-objects",
        "class-datatypes",
        "linksets",
    )
)
_CATALOGUE: Final = tuple(
    f"made/{name}.rq"
    for name in (
        "catalogue",
        "datasets",
        "undescribed",
        "languages",
        "modified",
        "publishers",
        "keywords",
        "licence",
        "contact",
        "access",
        "files",
        "feed",
    )
)
_EXAMPLES: Final = ("made/questions.rq", "made/prefixes.rq")
_SUMMED: Final = ("summed/totals.rq", "summed/vocabularies.rq")
#: What everybody may read, in the list of the Publications Office of the European Union.
_OPEN: Final = "http://publications.europa.eu/resource/authority/access-right/PUBLIC"
#: Name of the dataset of everything in IRIs; no dataset has it, for a dataset begins with a letter.
_ALL: Final = "-all"


def void_of(
    view: QuadStore,
    publication: Publication,
    counts: Mapping[str | None, Counts] | None = None,
) -> list[ox.Triple]:
    """Count a view and each of its datasets, and return the counts in VoID.

    Each number is what SPARQL counts in the view: of the merge of all graphs for the whole, of its
    own graph for a dataset.

    :param view: what to count.
    :param publication: where it is published.
    :param counts: IRI of a graph, or None for the whole, to what is known to be in it. Of a graph
        that is not among them, the number of triples is told and no more. None counts everything.

    Source: https://www.w3.org/TR/void/

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> any("void#triples" in str(each) for each in void_of(MemoryStore(), Publication()))
    True
    """
    rows = _rows_of(view, publication)
    rows.ask(view, "linksets.rq")
    whole: Row = {"dataset": ox.NamedNode(publication.data), "name": ox.Literal(_ALL)}
    parts: list[tuple[str | None, Row]] = [(None, whole), *datasets_in(view), *_others_in(view)]
    for graph, more in parts:
        known = count(view, graph) if counts is None else counts.get(graph)
        for name in (*COUNTED, *LINKED) if known else ():
            rows.take(name, known.rows(name) if known else (), more)
        if known is None:
            rows.add("triples", {**more, "triples": ox.Literal(view.count(graph))})
        if graph is not None:
            rows.ask(view, "first-study.rq", more, graph)
    return summed(rows.make(_VOID), _SUMMED)


def catalogue_of(view: QuadStore, publication: Publication) -> list[ox.Triple]:
    """Return a view, its datasets, their files and its endpoint as a catalogue in DCAT 3.

    :param view: what is published.
    :param publication: where it is published, and with which files.

    Source: https://www.w3.org/TR/vocab-dcat-3/

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> any("Catalog" in str(each) for each in catalogue_of(MemoryStore(), Publication()))
    True
    """
    rows = _rows_of(view, publication)
    rows.ask(view, "publishers.rq")
    whole = ox.NamedNode(publication.data)
    rows.add("sizes", {"dataset": whole, "name": ox.Literal(_ALL)})
    for graph, more in [*datasets_in(view), *_others_in(view)]:
        rows.add("sizes", more)
        rows.ask(view, "themes.rq", more, graph)
        modified = moment(publication.changed.get(graph, ""))
        rows.add("changes", {**more, "modified": modified})
    return summed(rows.make(_CATALOGUE), ("summed/kinds.rq",))


def examples_of(questions: Iterable[Question], publication: Publication) -> list[ox.Triple]:
    """Return saved questions as queries that programs can find and run.

    :param questions: the questions.
    :param publication: where they are answered.

    Source: https://github.com/sib-swiss/sparql-examples, https://www.w3.org/TR/shacl/

    >>> from kmgraph.questions import load_catalogue
    >>> made = examples_of(load_catalogue().values(), Publication())
    >>> sum("shacl#select" in str(each.predicate) for each in made) == len(load_catalogue())
    True
    """
    rows = Rows()
    rows.add("publication", _publication_row(publication))
    for asked in questions:
        texts = {name: getattr(asked, name) for name in ("id", "title", "question", "query")}
        rows.add("question", {**literals(texts), "tag": [*map(ox.Literal, asked.tags)]})
    for prefix, namespace in PREFIXES.items():
        rows.add("prefix", literals({"prefix": prefix, "namespace": namespace}))
    return summed(rows.make(_EXAMPLES), ())


def _rows_of(view: QuadStore, publication: Publication) -> Rows:
    """Return what both documents are made of."""
    rows, found = Rows(), described(view)
    rows.add("publication", {**_publication_row(publication), **_common_row(found)})
    rows.ask(view, "datasets.rq")
    for name, graph in found.undescribed.items():
        rows.add("undescribed", {"dataset": ox.NamedNode(graph), "name": ox.Literal(name)})
    datasets: dict[str | None, Any] = {
        graph: ox.NamedNode(graph) for graph in found.undescribed.values()
    }
    datasets |= {graph: more["dataset"] for graph, more in datasets_in(view)}
    if (snapshot := publication.snapshot) is not None:
        datasets[None] = ox.NamedNode(publication.data)
        for row in file_rows(snapshot, publication.files_at, datasets):
            rows.add("file", row)
    return rows


def _publication_row(publication: Publication) -> Row:
    """Return what is known of a publication."""
    iris = {
        "catalogue": publication.catalogue,
        "void": publication.void,
        "data": publication.data,
        "service": publication.service,
        "endpoint": publication.endpoint_iri,
        "description": publication.description or publication.endpoint_iri,
        "previous": publication.previous,
        "mail": publication.mail,
        "home": publication.home,
        "feed": publication.feed,
        "rights": _OPEN if publication.is_open else "",
    }
    texts = {
        "base": publication.base,
        "identifier": publication.data,
        "version": publication.version or "not reported",
    }
    return {
        **{name: ox.NamedNode(iri) for name, iri in iris.items() if iri},
        **literals(texts),
        "issued": moment(publication.issued),
        "modified": moment(publication.modified),
    }


def _common_row(found: Described) -> Row:
    """Return what is true of all data: their licence, and that it is known who publishes them."""
    return {
        "licence": ox.NamedNode(found.licence) if found.licence else None,
        "published": ox.Literal(True) if found.is_published else None,
    }


def _others_in(view: QuadStore) -> list[tuple[str, Row]]:
    """Return each graph of data that no record describes, as :func:`datasets_in` does the others.

    It is a dataset whose IRI is that of the graph.
    """
    return [
        (graph, {"dataset": ox.NamedNode(graph), "name": ox.Literal(f"-graph-{quote(name)}")})
        for name, graph in described(view).undescribed.items()
    ]


def datasets_in(view: QuadStore) -> list[tuple[str, Row]]:
    """Return the graph of each dataset of a view, with the columns that say which it is.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> datasets_in(MemoryStore())
    []
    """
    found = cast(Solutions, view.query(query("datasets.rq")))
    places = [found.variables.index(name) for name in ("graph", "dataset", "identifier")]
    known = {tuple(getattr(row[place], "value", "") for place in places) for row in found}
    return [
        (graph, {"dataset": ox.NamedNode(dataset), "name": ox.Literal(identifier)})
        for graph, dataset, identifier in sorted(known)
    ]
