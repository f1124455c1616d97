"""Metadata say what is true of the view: each number is asked of SPARQL, each query is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from rdflib import Graph

from kmgraph import artefacts
from kmgraph.cli import cli
from kmgraph.dataset import EvidenceDataset
from kmgraph.metadata import (
    Publication,
    catalogue_of,
    counts_of,
    examples_of,
    keep_counts,
    publication_of,
    validate_metadata,
    void_of,
)
from kmgraph.namespaces import RDF, VOID
from kmgraph.pipeline import load_rdf
from kmgraph.questions import load_catalogue
from kmgraph.results import Triples
from kmgraph.snapshots import Snapshot, write_snapshot
from kmgraph.snapshots.model import SnapshotFile, sha256_of
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.oxigraph import MemoryStore

PREFIXES = f"""PREFIX void: <{VOID}> PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dcterms: <http://purl.org/dc/terms/> PREFIX spdx: <http://spdx.org/rdf/terms#>
PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/> PREFIX void-ext: <http://ldf.fi/void-ext#>"""
DATASET = "https://w3id.org/kmgraph/id/dataset/clahrc-ndl"
GRAPH = "https://w3id.org/kmgraph/id/graph/clahrc-ndl"
TYPE = f"{RDF}type"
WHOLE = "https://w3id.org/kmgraph/id/catalog#data"


def stored(triples: Iterable[ox.Triple]) -> ox.Store:
    """Return metadata in a store of their own."""
    store = ox.Store()
    store.extend(ox.Quad(*triple) for triple in triples)
    return store


def ask(metadata: Iterable[ox.Triple] | ox.Store, where: str) -> list[tuple[str, ...]]:
    """Return what a query finds in metadata, as texts."""
    store = metadata if isinstance(metadata, ox.Store) else stored(metadata)
    found = store.query(f"{PREFIXES} {where}")
    return [tuple("" if term is None else term.value for term in row) for row in found]


@pytest.fixture(scope="module")
def counts(example: EvidenceDataset) -> list[ox.Triple]:
    """The counts of the shipped example."""
    return void_of(example.store, Publication(base=example.base))


@pytest.fixture(scope="module")
def counted(counts: list[ox.Triple]) -> ox.Store:
    """The same, to be asked."""
    return stored(counts)


@pytest.mark.parametrize(("dataset", "graph"), [(WHOLE, None), (DATASET, GRAPH)])
def test_totals_are_what_sparql_counts(
    counted: ox.Store, example: EvidenceDataset, dataset: str, graph: str | None
) -> None:
    """Of the merge of all graphs, and of the graph of a dataset."""
    counting = {
        "triples": "COUNT(*)",
        "distinctSubjects": "COUNT(DISTINCT ?s)",
        "entities": "COUNT(DISTINCT ?s)",
        "distinctObjects": "COUNT(DISTINCT ?o)",
        "properties": "COUNT(DISTINCT ?p)",
    }
    graphs = None if graph is None else [graph]
    for name, count in counting.items():
        text = f"SELECT ({count} AS ?n) WHERE {{ ?s ?p ?o }}"
        ((number,),) = example.store.query(text, default_graphs=graphs)
        said = ask(counted, f"SELECT ?n WHERE {{ <{dataset}> void:{name} ?n }}")
        assert said == [(number.value,)], name
    text = "SELECT (COUNT(DISTINCT ?c) AS ?n) WHERE { ?s a ?c }"
    ((number,),) = example.store.query(text, default_graphs=graphs)
    assert ask(counted, f"SELECT ?n WHERE {{ <{dataset}> void:classes ?n }}") == [(number.value,)]


@pytest.mark.parametrize(("dataset", "graph"), [(WHOLE, None), (DATASET, GRAPH)])
def test_parts_are_what_sparql_counts(
    counted: ox.Store, example: EvidenceDataset, dataset: str, graph: str | None
) -> None:
    """Each class with its members, each property with its triples, and one within the other."""
    asked = {
        "SELECT ?c (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s a ?c } GROUP BY ?c": (
            "?d void:classPartition [ void:class ?a ; void:entities ?n ]",
            "SELECT ?a ?n",
        ),
        "SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?k) WHERE { ?s ?p ?o } GROUP BY ?p": (
            "?d void:propertyPartition"
            " [ void:property ?a ; void:triples ?n ; void:distinctSubjects ?k ]",
            "SELECT ?a ?n ?k",
        ),
        "SELECT ?c ?p (COUNT(*) AS ?n) WHERE { ?s a ?c ; ?p ?o } GROUP BY ?c ?p": (
            "?d void:classPartition [ void:class ?a ;"
            " void:propertyPartition [ void:property ?b ; void:triples ?n ] ]",
            "SELECT ?a ?b ?n",
        ),
    }
    for text, (pattern, shown) in asked.items():
        rows = example.store.query(text, default_graphs=None if graph is None else [graph])
        real = sorted(tuple(term.value for term in row) for row in rows)
        said = ask(counted, f"{shown} WHERE {{ VALUES ?d {{ <{dataset}> }} {pattern} }}")
        assert real == sorted(said)
        assert real


def test_values_of_a_class_are_counted_by_what_they_are(
    counted: ox.Store, example: EvidenceDataset
) -> None:
    """Things by class and literals by datatype, of the whole; no part is of anything else."""
    asked = {
        "SELECT ?c ?p ?k (COUNT(*) AS ?n) { ?s a ?c ; ?p ?o . ?o a ?k } GROUP BY ?c ?p ?k": (
            "void:classPartition [ void:class ?k ; void:triples ?n ]"
        ),
        "SELECT ?c ?p ?k (COUNT(*) AS ?n) { ?s a ?c ; ?p ?o FILTER (isLiteral(?o)) } "
        "GROUP BY ?c ?p (DATATYPE(?o) AS ?k)": (
            "void-ext:datatypePartition [ void-ext:datatype ?k ; void:triples ?n ]"
        ),
    }
    ways = "?d void:classPartition [ void:class ?c ; void:propertyPartition ?part ]"
    for text, pattern in asked.items():
        real = sorted(tuple(term.value for term in row) for row in example.store.query(text))
        said = ask(
            counted,
            f"SELECT ?d ?c ?p ?k ?n {{ {ways} . ?part void:property ?p ; {pattern} }}",
        )
        assert {WHOLE} == {row[0] for row in said}
        assert real == sorted(row[1:] for row in said)
    vocabularies = ask(counted, "SELECT ?d { ?d void:vocabulary ?v ; void:property ?p }")
    assert vocabularies == []


def test_links_between_frameworks_are_counted(counted: ox.Store, example: EvidenceDataset) -> None:
    """Each exact match whose ends are in frameworks is in one set of links."""
    match = "http://www.w3.org/2004/02/skos/core#exactMatch"
    said = ask(counted, f"SELECT ?n WHERE {{ ?l void:linkPredicate <{match}> ; void:triples ?n }}")
    pairs = list(
        example.store.query(
            "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> SELECT ?a ?b WHERE "
            "{ ?a skos:exactMatch ?b . ?a skos:inScheme ?x . ?b skos:inScheme ?y }"
        )
    )
    assert sum(int(number) for (number,) in said) == len(pairs) > 0


def test_counts_follow_the_data() -> None:
    """One more triple is one more in the whole, in its property and in its class."""
    store = MemoryStore()
    store.load_nquads(b"<urn:a> a <urn:C> <urn:g> .\n<urn:a> <urn:p> <urn:b> <urn:h> .".replace(
        b" a ", b" <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "))  # fmt: skip
    before = void_of(store, Publication(base=store.base))
    store.load_nquads(b"<urn:a> <urn:p> <urn:c> <urn:h> .")
    after = void_of(store, Publication(base=store.base))
    of_whole = f"<{WHOLE}> void:propertyPartition [ void:property <urn:p> ; void:triples ?n ]"
    part = f"SELECT ?n WHERE {{ {of_whole} }}"
    whole = f"SELECT ?n WHERE {{ <{WHOLE}> void:triples ?n }}"
    assert [ask(found, part) for found in (before, after)] == [[("1",)], [("2",)]]
    assert [ask(found, whole) for found in (before, after)] == [[("2",)], [("3",)]]


def test_every_saved_question_is_an_example(example: EvidenceDataset) -> None:
    """The query by which editors look for examples finds each, with its text as it is."""
    made = examples_of(load_catalogue().values(), Publication(base=example.base))
    listed = (
        "SELECT DISTINCT ?sq ?comment ?query WHERE { ?sq a sh:SPARQLExecutable ; "
        "rdfs:comment ?comment ; sh:select|sh:ask|sh:construct|sh:describe ?query ; "
        "schema:target <https://w3id.org/kmgraph/id/sparql> }"
    )
    found = ask(made, listed)
    assert len(found) == len(load_catalogue())
    catalogue = {one.question: one.query for one in load_catalogue().values()}
    assert {comment: text for _, comment, text in found} == catalogue
    prefixes = dict(
        ask(made, "SELECT ?p ?n WHERE { ?x sh:declare [ sh:prefix ?p ; sh:namespace ?n ] }")
    )
    assert prefixes["km"] == "https://w3id.org/kmgraph/ontology#"


def test_metadata_of_the_example_conform(example: EvidenceDataset, counts: list[ox.Triple]) -> None:
    """Nothing that a catalogue must say is missing, and what should be there is there too."""
    publication = Publication(
        base=example.base,
        version="1",
        modified="2026-11-22T10:00:00+00:00",
        mail="mailto:someone@example.org",
    )
    catalogue = catalogue_of(example.store, publication)
    report = validate_metadata(
        [*counts, *catalogue, *examples_of(load_catalogue().values(), publication)]
    )
    assert report.conforms
    assert {result.severity.name.lower() for result in report.results} <= {"info"}
    missing = [triple for triple in catalogue if "description" not in str(triple.predicate)]
    assert not validate_metadata(missing).conforms


def test_the_catalogue_lists_the_files_of_a_snapshot(
    example_copy: Callable[[Path], GenerationStore], tmp_path: Path
) -> None:
    """Media type, size and checksum are those of the files; RDF tools read the sizes as DCAT's."""
    store = example_copy(tmp_path / "store")
    with store.open_view() as view:
        before = catalogue_of(view, publication_of(store))
        assert not ask(before, "SELECT ?f WHERE { ?f dcat:downloadURL ?a }")
        written = write_snapshot(store).snapshot
        publication = publication_of(store)
        files = catalogue_of(view, publication)
        found = stored([*void_of(view, publication), *files])
    rows = ask(
        found,
        "SELECT ?d ?a ?m ?c ?b ?s WHERE { ?d dcat:distribution ?f . ?f dcat:downloadURL ?a ;"
        " dcat:mediaType ?m ; dcat:byteSize ?b ; spdx:checksum/spdx:checksumValue ?s ."
        " OPTIONAL { ?f dcat:compressFormat ?c } }",
    )
    assert publication.version == "1"
    assert {row[0] for row in rows} == {WHOLE, DATASET}
    for dataset, address, media, packing, size, checksum in rows:
        file = written.file(address.removeprefix(f"{written.iri}/"))
        assert media.endswith(f"/media-types/{file.media_type}")
        assert packing.endswith("/gzip") == (file.compression == "gzip")
        assert int(size) == (written.folder / file.name).stat().st_size
        assert checksum == sha256_of(written.folder / file.name)
        assert (dataset == DATASET) == (file.graph == GRAPH)
    dumps = ask(found, f"SELECT ?a WHERE {{ <{WHOLE}> void:dataDump ?a }}")
    assert (f"{written.iri}/all.nq.gz",) in dumps
    graph = Graph().parse(data=Triples(files).serialize("ttl"), format="turtle")
    sizes = graph.query("SELECT ?b WHERE { ?f <http://www.w3.org/ns/dcat#byteSize> ?b }")
    assert {str(b.datatype).rpartition("#")[2] for (b,) in sizes} == {"nonNegativeInteger"}
    report = CliRunner().invoke(
        cli, ["validate", "--store", str(store.path), "--metadata", "--quiet"]
    )
    assert report.exit_code == 0, report.output
    assert "conforms" in report.output


def test_metadata_are_of_a_store_alone(tmp_path: Path) -> None:
    """A bundle has no catalogue."""
    found = CliRunner().invoke(cli, ["validate", str(tmp_path), "--metadata"])
    assert found.exit_code == 2
    assert "give --store" in found.output


def _constraints() -> list[tuple[str, str, str, str]]:
    """Return name, class and property of what a catalogue has to say, and how bad it is if not."""
    shapes = Graph()
    for path in artefacts.files("shapes", "metadata/*.ttl"):
        if path.name in ("catalogue.ttl", "dcat-ap.ttl"):
            shapes.parse(path)
    asked = """PREFIX sh: <http://www.w3.org/ns/shacl#>
        SELECT ?shape ?class ?path ?severity WHERE {
          ?node sh:targetClass ?class ; sh:property ?shape .
          ?shape sh:path ?path ; sh:severity ?severity ; sh:minCount 1 .
        }"""
    return sorted(tuple(map(str, row)) for row in shapes.query(asked))  # type: ignore[union-attr]


def test_each_thing_that_dcat_ap_asks_for_is_in_the_catalogue(example: EvidenceDataset) -> None:
    """It conforms without a warning, and no longer does when that statement is taken away."""
    file = SnapshotFile("all.nq.gz", "Everything", "application/n-quads", "gzip", 12, "ab" * 32)
    snapshot = Snapshot(
        Path(), f"{example.base}snapshot/1/public", 1, "public", 1, "", "", "", example.base, "", 1,
        (file,), (),
    )  # fmt: skip
    publication = Publication(
        base=example.base,
        version="1",
        issued="2026-11-20T10:00:00+00:00",
        modified="2026-11-22T10:00:00+00:00",
        changed={GRAPH: "2026-11-21T10:00:00+00:00"},
        mail="mailto:data@example.org",
        home="https://example.org/",
        feed="https://example.org/feed",
        snapshot=snapshot,
    )
    catalogue = catalogue_of(example.store, publication)
    report = validate_metadata(catalogue)
    assert report.conforms
    assert {result.severity.name for result in report.results} <= {"INFO"}
    constraints = _constraints()
    assert len(constraints) > 20
    for shape, cls, path, severity in constraints:
        members = {
            triple.subject for triple in catalogue
            if triple.predicate.value == TYPE and str(triple.object) == f"<{cls}>"
        }  # fmt: skip
        assert members, cls
        less = [t for t in catalogue if t.subject not in members or t.predicate.value != path]
        assert len(less) < len(catalogue), shape
        results = validate_metadata(less).results
        found = {(str(one.source_shape), one.severity.name) for one in results}
        assert (f"<{shape}>", severity.rpartition("#")[2].upper()) in found


def test_the_catalogue_says_what_dcat_ap_recommends(example: EvidenceDataset) -> None:
    """Themes and languages from the lists of the European Union, access, and times of change."""
    publication = Publication(
        base=example.base,
        issued="2026-11-20T10:00:00+00:00",
        changed={GRAPH: "2026-11-21T10:00:00+00:00"},
        home="https://example.org/",
    )
    found = stored(catalogue_of(example.store, publication))
    authority = "http://publications.europa.eu/resource/authority"
    for dataset in (WHOLE, DATASET):
        for name, value in (
            ("dcat:theme", "data-theme/HEAL"),
            ("dcterms:language", "language/ENG"),
            ("dcterms:accessRights", "access-right/PUBLIC"),
        ):
            rows = ask(found, f"SELECT ?v WHERE {{ <{dataset}> {name} ?v }}")
            assert rows == [(f"{authority}/{value}",)]
    (when,) = ask(found, f"SELECT ?v WHERE {{ <{DATASET}> dcterms:modified ?v }}")
    assert when[0].startswith("2026-11-21T10:00:00")
    home = "SELECT ?h WHERE { ?c a dcat:Catalog ; <http://xmlns.com/foaf/0.1/homepage> ?h }"
    assert ask(found, home) == [("https://example.org/",)]
    hidden = catalogue_of(example.store, Publication(base=example.base, is_open=False))
    assert not ask(hidden, "SELECT ?d WHERE { ?d dcterms:accessRights ?r }")


def test_a_dataset_without_a_description_is_still_described() -> None:
    """A catalogue needs one of each dataset, so it says that there is none."""
    store = MemoryStore()
    km, graph = "https://w3id.org/kmgraph/ontology#", f"<{store.base}graph/a>"
    dcterms = "http://purl.org/dc/terms/"
    lines = [f"<{TYPE}> <{km}Dataset>", f"<{km}graph> {graph}", f'<{dcterms}identifier> "a"',
             f'<{dcterms}title> "A"', f'<{dcterms}language> "cy-GB"']  # fmt: skip
    store.load_nquads("".join(f"<{store.base}dataset/a> {x} {graph} .\n" for x in lines).encode())
    found = catalogue_of(store, Publication(base=store.base))
    rows = f"<{store.base}dataset/a> dcterms:description ?d ; dcterms:language ?l"
    ((description, language),) = ask(found, f"SELECT ?d ?l WHERE {{ {rows} }}")
    assert "does not describe" in description
    assert language.endswith("/authority/language/CYM")
    assert validate_metadata(found).conforms


def described(name: str, *more: str) -> str:
    """Return the N-Quads of the record of a dataset, which says what is given."""
    base, km = "https://w3id.org/kmgraph/id/", "https://w3id.org/kmgraph/ontology#"
    lines = [f"<{TYPE}> <{km}Dataset>", f"<{km}graph> <{base}graph/{name}>",
             f'<http://purl.org/dc/terms/identifier> "{name}"',
             f'<http://purl.org/dc/terms/title> "{name}"', *more]  # fmt: skip
    return "".join(f"<{base}dataset/{name}> {line} <{base}graph/{name}> .\n" for line in lines)


CC_BY, OGL = "https://creativecommons.org/licenses/by/4.0/", "https://example.org/ogl"
LICENSED = "<http://purl.org/dc/terms/license> <{}>".format
PUBLISHED = "<http://purl.org/dc/terms/publisher> <urn:publisher>"
NAMED = '<urn:publisher> <http://xmlns.com/foaf/0.1/name> "A trust" <urn:b> .\n'.replace(
    "<urn:b>", "<https://w3id.org/kmgraph/id/graph/a>"
)


@pytest.mark.parametrize(
    ("quads", "licence", "publishers"),
    [
        (described("a", LICENSED(CC_BY), PUBLISHED), [(CC_BY,)], [("A trust",)]),
        (described("a", LICENSED(CC_BY), PUBLISHED) + described("b"), [], []),
        (described("a", LICENSED(CC_BY)) + described("b", LICENSED(OGL)), [], []),
        (
            described("a", LICENSED(CC_BY), PUBLISHED)
            + "<urn:one> <urn:more> <urn:triple> <https://w3id.org/kmgraph/id/graph/big> .\n",
            [],
            [],
        ),
    ],
    ids=["one dataset", "one without a licence", "two licences", "a graph without a record"],
)
def test_nothing_is_claimed_of_everything_that_is_not_true_of_each_part(
    quads: str, licence: list[tuple[str]], publishers: list[tuple[str]]
) -> None:
    """Licence and publisher of the whole, of its forms and of the service; those of a part stay."""
    store = MemoryStore()
    store.load_nquads((quads + NAMED).encode())
    found = stored(catalogue_of(store, Publication(base=store.base, version="1")))
    for subject in (WHOLE, WHOLE.replace("data", "service"), WHOLE.replace("data", "access--all")):
        assert ask(found, f"SELECT ?l WHERE {{ <{subject}> dcterms:license ?l }}") == licence
    agent = "dcterms:publisher/<http://xmlns.com/foaf/0.1/name> ?n"
    assert ask(found, f"SELECT ?n WHERE {{ <{WHOLE}> {agent} }}") == publishers
    named = publishers or [("not reported",)]
    assert ask(found, f"SELECT ?n WHERE {{ ?c a dcat:Catalog ; {agent} }}") == named
    part = "<https://w3id.org/kmgraph/id/dataset/a> dcterms:license ?l"
    assert ask(found, f"SELECT ?l WHERE {{ {part} }}") == [(CC_BY,)]
    form = "<https://w3id.org/kmgraph/id/dataset/b> dcat:distribution/dcterms:license ?l"
    own = ask(found, f"SELECT ?l WHERE {{ {form} }}")
    assert own == ([(OGL,)] if OGL in quads else [])


def test_a_graph_without_a_record_is_a_dataset_of_which_nothing_is_known(
    example_copy: Callable[[Path], GenerationStore], tmp_path: Path
) -> None:
    """Its file is a form of it, without a licence; the checks say what is missing and no more."""
    store = example_copy(tmp_path / "store")
    path = tmp_path / "big.nt"
    path.write_text("<urn:one> <urn:more> <urn:triple> .\n")
    load_rdf(path, "big", store)
    written = write_snapshot(store).snapshot
    publication = publication_of(store)
    with store.open_view() as view:
        catalogue = catalogue_of(view, publication)
        counts = void_of(view, publication)
    found = stored([*catalogue, *counts])
    big = "https://w3id.org/kmgraph/id/graph/big"
    listed = {
        row[0] for row in ask(found, "SELECT ?d WHERE { ?c a dcat:Catalog ; dcat:dataset ?d }")
    }
    assert listed == {WHOLE, DATASET, big}
    files = ask(
        found,
        f"SELECT ?a ?b ?l WHERE {{ <{big}> dcat:distribution ?f . ?f dcat:downloadURL ?a ;"
        " dcat:byteSize ?b . OPTIONAL { ?f dcterms:license ?l } }",
    )
    size = written.file("datasets/big.ttl.gz").size_bytes
    assert files == [(f"{written.iri}/datasets/big.ttl.gz", str(size), "")]
    licences = ask(
        found,
        f"SELECT ?l WHERE {{ <{WHOLE}> dcat:distribution*/dcterms:license ?l }}",
    )
    assert licences == []
    own = f"<{DATASET}> dcat:distribution [ dcat:downloadURL ?a ; dcterms:license ?l ]"
    assert ask(found, f"SELECT ?l WHERE {{ {own} }}") == [(CC_BY,)]
    ((said,),) = ask(found, f"SELECT ?d WHERE {{ <{WHOLE}> dcterms:description ?d }}")
    assert said.endswith("graph big.")
    counted = f"<{WHOLE}> void:subset <{big}> . <{big}> void:triples ?n"
    assert ask(found, f"SELECT ?n WHERE {{ {counted} }}") == [("1",)]
    report = validate_metadata([*catalogue, *counts])
    assert report.conforms
    missing = {(str(one.focus_node), str(one.source_shape).rpartition("#")[2].strip(">"))
               for one in report.results if one.severity.name == "WARNING"}  # fmt: skip
    assert (f"<{big}>", "Listed-publisher") in missing
    assert (f"<{WHOLE}>", "Listed-publisher") in missing
    with store.open_view() as view:
        kept = keep_counts(store, store.generation(), "public", view)
        assert big in kept.counts and kept.counts == counts_of(view).counts
