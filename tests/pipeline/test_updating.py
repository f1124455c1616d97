"""Writes to a store: what they change, for whom, and what they may not."""

from __future__ import annotations

import shutil

import pyoxigraph as ox
import pytest

from kmgraph import errors, formats
from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.pipeline.purging import purge
from kmgraph.pipeline.updating import delete_graph, put_graph, update, write
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.skolem import deskolemised
from kmgraph.updates import Document, WriteRequest

#: Which frameworks the first write brings along does not matter to what writes change.
pytestmark = pytest.mark.usefixtures("with_few_frameworks")
START = f"{DEFAULT_BASE}graph/"
DEFAULT, A, H, K = (f"{START}{name}" for name in ("default", "a", "h", "k"))
EVERYTHING = "public+north+south"
MINE = "<urn:mine> <urn:p>"


def make_seed(folder, graphs):
    """Return a store with numbered data."""
    store = GenerationStore.create(folder / "store")
    with store.begin(reason="seed") as writer:
        for name, (visibility, numbers) in graphs.items():
            path = folder / f"{name}.nq"
            lines = (f'<urn:s{n}> <urn:p> "{n}" <{START}{name}> .\n' for n in numbers)
            path.write_text("".join(lines), encoding="utf-8")
            writer.replace_graph(name, path, visibility=visibility)
        writer.publish()
    # The first write brings the vocabulary along.
    update(store, "INSERT DATA { GRAPH <urn:g> { <urn:s1> <urn:p> '1' } }", validate=False)
    return store


@pytest.fixture(scope="module")
def seed(tmp_path_factory, with_few_frameworks):
    """Return a store with public data."""
    return make_seed(tmp_path_factory.mktemp("seed"), {"a": ("public", (1, 2))})


@pytest.fixture(scope="module")
def shared_seed(tmp_path_factory, with_few_frameworks):
    """Return a store with public data, and with data of two groups."""
    graphs = {"a": ("public", (1, 2)), "h": ("north", (2, 7)), "k": ("south", (8,))}
    return make_seed(tmp_path_factory.mktemp("seed"), graphs)


@pytest.fixture
def store(seed, tmp_path):
    """Return a copy of the store with public data."""
    shutil.copytree(seed.path, tmp_path / "store")
    return GenerationStore(tmp_path / "store")


@pytest.fixture
def shared(shared_seed, tmp_path):
    """Return a copy of the store of two groups."""
    shutil.copytree(shared_seed.path, tmp_path / "shared")
    return GenerationStore(tmp_path / "shared")


def do(store, text, **options):
    """Update without running the shapes."""
    return update(store, text, validate=False, **options)


def put(store, graph, content, *, replace=True, fmt=formats.TURTLE, **options):
    """Write Turtle without running the shapes."""
    return put_graph(
        store, graph, content.encode(), fmt, replace=replace, validate=False, **options
    )


def data(store, graph, view=EVERYTHING):
    """Return the triples of a graph, without spaces and brackets around them."""
    with store.open_view(view) as opened:
        name = ox.NamedNode(graph)
        return sorted(f"{q.subject.value} {q.object.value}" for q in opened.quads(graph_name=name))


def numbers(store, view="public"):
    """Return the subjects of the data in the default graph of a view."""
    with store.open_view(view) as opened:
        answer = opened.query("SELECT ?s { ?s <urn:p> ?o } ORDER BY ?s")
        return [row[0].value.removeprefix("urn:") for row in answer]


def check_merges(store):
    """Fail unless the default graph of each view is the merge of its graphs."""
    for view in store.generation().views:
        store.digest(view)
    assert store.digest(None) == store.generation().digest


def test_statements_that_name_no_graph_go_to_the_default_graph(store):
    summary = do(store, f"INSERT DATA {{ {MINE} 1 }}")
    assert ({DEFAULT: (1, 0)}, (DEFAULT,), True) == (
        summary.graphs,
        summary.created,
        summary.changed,
    )
    assert summary.generation == store.generation()
    assert "update (1 graph, +1 -0)" == store.generation().reason
    assert ["urn:mine 1"] == data(store, DEFAULT)
    assert "mine" in numbers(store)
    check_merges(store)


def test_statements_that_name_no_graph_are_deleted_wherever_they_are_seen(shared):
    summary = do(shared, "DELETE WHERE { <urn:s1> <urn:p> ?o }")
    assert {A: (0, 1), "urn:g": (0, 1)} == summary.graphs
    assert ["s2"] == numbers(shared)
    # What is hidden stays, and what was seen goes for everybody.
    do(shared, "DELETE DATA { <urn:s2> <urn:p> '2' }")
    assert [] == numbers(shared)
    assert ["s2", "s7"] == numbers(shared, "public+north")
    assert ["urn:s2 2", "urn:s7 7"] == data(shared, H)
    check_merges(shared)


def test_all_operations_or_none(store):
    before = store.digest(None), store.current_id()
    for text in (
        f"INSERT DATA {{ {MINE} 1 }} ; CLEAR GRAPH <urn:none>",
        f"CLEAR GRAPH <{A}> ; INSERT {{ {MINE} ?x }} WHERE {{ BIND(<urn:f>(1) AS ?x) }}",
        f"DROP GRAPH <{A}> ; CREATE GRAPH <urn:g>",
    ):
        with pytest.raises(errors.KmGraphError):
            do(store, text)
    assert before == (store.digest(None), store.current_id())
    do(
        store,
        f"INSERT DATA {{ {MINE} 1 }} ; DELETE DATA {{ <urn:s1> <urn:p> '1' }} ;"
        f"INSERT {{ GRAPH <urn:n> {{ ?s ?p ?o }} }} WHERE {{ ?s <urn:p> ?o . ?s ?p ?o }}",
    )
    assert ["urn:mine 1", "urn:s2 2"] == data(store, "urn:n")


def test_a_write_that_changes_nothing_publishes_nothing(store):
    before = store.current_id()
    for text in (
        "",
        f"INSERT DATA {{ GRAPH <{A}> {{ <urn:s1> <urn:p> '1' }} }}",
        f"INSERT DATA {{ {MINE} 1 }} ; DELETE DATA {{ {MINE} 1 }} ; DROP GRAPH <{DEFAULT}>",
        "DELETE DATA { GRAPH <urn:none> { <urn:s1> <urn:p> '1' } }",
    ):
        summary = do(store, text)
        assert (False, before) == (summary.changed, summary.generation.id)
    assert not put(store, A, "<urn:s1> <urn:p> '1' .", replace=False).changed
    assert not put(store, A, "<urn:s1> <urn:p> '1' . <urn:s2> <urn:p> '2', '2' .").changed
    assert before == store.current_id()


def test_the_merge_is_neither_cleared_nor_replaced(store):
    for text in (
        "CLEAR DEFAULT",
        "DROP DEFAULT",
        f"COPY <{A}> TO DEFAULT",
        "MOVE DEFAULT TO <urn:x>",
    ):
        with pytest.raises(errors.GraphConflictError, match="merge"):
            do(store, text)
    with pytest.raises(errors.GraphConflictError, match="merge"):
        put(store, None, "<urn:a> <urn:b> 1 .")
    with pytest.raises(errors.GraphConflictError, match="merge"):
        delete_graph(store, None, validate=False)
    assert put(store, None, "<urn:a> <urn:b> 1 .", replace=False).graphs == {DEFAULT: (1, 0)}
    do(store, f"ADD <{A}> TO DEFAULT")
    assert ["urn:a 1", "urn:s1 1", "urn:s2 2"] == data(store, DEFAULT)


def test_a_default_graph_of_its_own_is_a_graph_like_others(store):
    own = {"union_default_graph": False}
    do(store, f"INSERT DATA {{ {MINE} 1 }}", **own)
    assert not do(store, "DELETE WHERE { <urn:s1> ?p ?o }", **own).changed
    do(store, "INSERT { GRAPH <urn:n> { ?s ?p ?o } } WHERE { ?s ?p ?o }", **own)
    assert ["urn:mine 1"] == data(store, "urn:n")
    do(store, f"COPY <{A}> TO DEFAULT ; MOVE <urn:n> TO DEFAULT", **own)
    assert ["urn:mine 1"] == data(store, DEFAULT)
    put(store, None, "<urn:a> <urn:b> 1 .", **own)
    assert ["urn:a 1"] == data(store, DEFAULT)
    assert (DEFAULT,) == delete_graph(store, None, validate=False, **own).removed
    assert not delete_graph(store, None, validate=False, **own).changed
    assert not do(store, "CLEAR DEFAULT", **own).changed


def test_everything_is_cleared_but_what_the_store_fills_itself(shared):
    vocabulary = {g.name: g.triples for g in shared.generation().graphs if g.kind == "vocabulary"}
    assert vocabulary
    do(shared, "CLEAR ALL", view=EVERYTHING)
    left = {g.name: g.triples for g in shared.generation().graphs}
    assert {**vocabulary, "a": 0, "h": 0, "k": 0, "urn:g": 0} == left
    do(shared, "DROP NAMED", view="public+north")
    assert {*vocabulary, "k"} == {g.name for g in shared.generation().graphs}
    check_merges(shared)


def test_a_writer_changes_what_it_sees_in_every_view(shared):
    summary = do(
        shared,
        f"INSERT DATA {{ GRAPH <{A}> {{ <urn:s9> <urn:p> '9' }} GRAPH <{H}> {{ {MINE} 1 }} }} ;"
        f"DELETE DATA {{ GRAPH <{A}> {{ <urn:s2> <urn:p> '2' }} }}",
        view="public+north",
    )
    assert {A: (1, 1), H: (1, 0)} == summary.graphs
    assert ["s1", "s9"] == numbers(shared)
    assert ["mine", "s1", "s2", "s7", "s9"] == numbers(shared, "public+north")
    assert ["s1", "s8", "s9"] == numbers(shared, "public+south")
    assert ["mine", "s1", "s2", "s7", "s8", "s9"] == numbers(shared, EVERYTHING)
    check_merges(shared)


def test_what_is_hidden_is_neither_found_nor_changed(shared):
    hidden = data(shared, H)
    do(
        shared,
        "INSERT { GRAPH <urn:n> { ?s ?p ?o } } WHERE { { GRAPH ?g { ?s ?p ?o } } UNION "
        "{ ?s <urn:p> ?o . ?s ?p ?o } FILTER(?p = <urn:p>) }",
    )
    assert ["urn:s1 1", "urn:s2 2"] == data(shared, "urn:n")
    for text in (
        f"INSERT {{ GRAPH <urn:n> {{ ?s ?p ?o }} }} USING <{H}> WHERE {{ ?s ?p ?o }}",
        f"INSERT {{ GRAPH <urn:n> {{ ?s ?p ?o }} }} USING NAMED <{H}> "
        "WHERE { GRAPH ?g { ?s ?p ?o } }",
        f"WITH <{H}> DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}",
        f"DELETE DATA {{ GRAPH <{H}> {{ <urn:s7> <urn:p> '7' }} }}",
        f"DELETE WHERE {{ GRAPH <{H}> {{ ?s ?p ?o }} }}",
        f"COPY SILENT <{H}> TO <urn:n>",
        f"CLEAR SILENT GRAPH <{H}>",
        "DELETE DATA { <urn:s7> <urn:p> '7' }",
    ):
        assert not do(shared, text).changed
    assert not do(
        shared, "INSERT { GRAPH <urn:n> { ?s ?p ?o } } WHERE { ?s ?p ?o }", using_graphs=[H]
    ).changed
    do(shared, "CLEAR ALL")
    assert hidden == data(shared, H)


def test_a_hidden_graph_is_a_missing_one_or_a_name_that_cannot_be_used(shared):
    def told(change, graph):
        with pytest.raises(errors.KmGraphError) as caught:
            change(graph)
        return type(caught.value), str(caught.value).replace(graph, "G")

    missing = [
        lambda graph: do(shared, f"CLEAR GRAPH <{graph}>"),
        lambda graph: do(shared, f"DROP GRAPH <{graph}>"),
        lambda graph: do(shared, f"ADD <{graph}> TO <urn:n>"),
        lambda graph: delete_graph(shared, graph, validate=False),
    ]
    for change in missing:
        assert told(change, f"{START}none") == told(change, H)
        assert errors.GraphNotFoundError is told(change, H)[0]
    unusable = [
        lambda graph: do(shared, f"CREATE GRAPH <{graph}>"),
        lambda graph: do(shared, f"INSERT DATA {{ GRAPH <{graph}> {{ {MINE} 1 }} }}"),
        lambda graph: do(shared, f"COPY <{A}> TO <{graph}>"),
        lambda graph: put(shared, graph, f"{MINE} 1 ."),
        lambda graph: put(shared, graph, f"{MINE} 1 .", replace=False),
    ]
    for change in unusable:
        expected = told(change, H)
        for own in ("ontology", "derived", "a/derived", "questions"):
            assert expected == told(change, START + own)
        assert errors.GraphConflictError is expected[0]
    assert 2 == shared.current_id()


def test_the_graphs_of_the_vocabulary_are_not_edited(store):
    text = "DELETE { ?s ?p ?o } WHERE { ?s a <http://www.w3.org/2002/07/owl#Ontology> ; ?p ?o }"
    with pytest.raises(errors.GraphConflictError, match="graph/ontology"):
        do(store, text)
    with pytest.raises(errors.GraphConflictError, match="graph/ontology"):
        delete_graph(store, f"{START}ontology", validate=False)
    assert not do(store, f"CLEAR SILENT GRAPH <{START}frameworks>").changed


def test_who_sees_a_new_graph(shared):
    def visibility(graph):
        return {g.iri: g.visibility for g in shared.generation().graphs}[graph]

    def insert(graph, **options):
        do(shared, f"INSERT DATA {{ GRAPH <{graph}> {{ {MINE} 1 }} }}", **options)
        return visibility(graph)

    assert "public" == insert("urn:1")
    assert "north" == insert("urn:2", view="public+north")
    assert "public" == insert("urn:3", view="public+north", visibility="public")
    with pytest.raises(errors.InputError, match="north, south"):
        insert("urn:4", view=EVERYTHING)
    assert "south" == insert("urn:4", view=EVERYTHING, visibility="south")
    with pytest.raises(errors.AccessDeniedError):
        insert("urn:5", visibility="north")
    # A group that had no graph so far gets its view.
    assert "west" == insert("urn:6", view="public+west")
    assert "mine" in numbers(shared, "public+west")
    with pytest.raises(errors.GraphConflictError, match="'south'"):
        put(shared, "urn:4", f"{MINE} 2 .", view=f"{EVERYTHING}+west", visibility="public")
    check_merges(shared)


def test_the_default_graph_is_public_and_a_group_says_that_it_knows(shared):
    text = f"INSERT DATA {{ {MINE} 1 }}"
    for options in ({}, {"visibility": "north"}, {"union_default_graph": False}):
        with pytest.raises(errors.InputError, match="public"):
            do(shared, text, view="public+north", **options)
    do(shared, text, view="public+north", visibility="public")
    assert "mine" in numbers(shared)
    assert do(shared, f"DELETE DATA {{ {MINE} 1 }}", view="public+north").changed


def test_a_write_can_depend_on_what_was_read(store):
    digest = next(g.digest for g in store.generation().graphs if g.iri == A)
    with pytest.raises(errors.StaleGenerationError, match="generation 2"):
        do(store, f"INSERT DATA {{ {MINE} 1 }}", expected_generation=1)
    assert do(store, f"INSERT DATA {{ {MINE} 1 }}", expected_generation=2).changed
    assert put(store, A, f"{MINE} 1 .", expected_digests={A: digest}).changed
    with pytest.raises(errors.StaleGenerationError, match="graph/a"):
        put(store, A, f"{MINE} 2 .", expected_digests={A: digest})
    with pytest.raises(errors.StaleGenerationError, match="graph/a"):
        put(store, A, f"{MINE} 2 .", expected_digests={A: ""})
    assert put(store, "urn:n", f"{MINE} 2 .", expected_digests={"urn:n": ""}).created


def test_a_graph_is_replaced_added_to_and_deleted(store):
    iri = "http://example.org/some/graph?x=1"
    summary = put(store, iri, "<r> <urn:p> 1, 2 .")
    assert ((iri,), {iri: (2, 0)}) == (summary.created, summary.graphs)
    assert ["http://example.org/some/r 1", "http://example.org/some/r 2"] == data(store, iri)
    summary = put(store, iri, "<r> <urn:p> 2, 3 .", base_iri="http://example.org/some/other")
    assert ((), {iri: (1, 1)}) == (summary.created, summary.graphs)
    assert {iri: (1, 0)} == put(store, iri, "<r> <urn:p> 2, 4 .", replace=False).graphs
    info = next(g for g in store.generation().graphs if g.iri == iri)
    assert (iri, "updates", 3) == (info.name, info.kind, info.triples)
    assert not info.info
    do(store, f"CLEAR GRAPH <{iri}>")
    with store.open_view() as view:
        assert iri in view.graph_names()
    assert (iri,) == delete_graph(store, iri, validate=False).removed
    with pytest.raises(errors.GraphNotFoundError):
        delete_graph(store, iri, validate=False)
    assert put(store, "urn:empty", "").created
    check_merges(store)


def test_blank_nodes_come_back_and_are_kept_apart(store):
    text = "_:x <urn:p> [ <urn:q> _:x , (1 2) ] ."

    def read():
        with store.open_view() as view:
            quads = view.quads(graph_name=ox.NamedNode("urn:b"))
            triples = list(deskolemised((quad.triple for quad in quads), DEFAULT_BASE))
            assert not any(isinstance(q.subject, ox.BlankNode) for q in view.quads())
        return triples

    def canonical(triples):
        dataset = ox.Dataset(ox.Quad(*triple) for triple in triples)
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        return dataset

    expected = [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]
    put(store, "urn:b", text)
    first = read()
    assert canonical(expected) == canonical(first)
    assert first == read()
    put(store, "urn:b", text, replace=False)
    request = WriteRequest(
        "post", documents=(Document(text.encode(), "turtle"),) * 2, graph="urn:b", validate=False
    )
    write(store, request)
    assert 4 * len(expected) == len(read())
    # What was read can be sent again, and gives the same graph.
    content = ox.serialize(read(), format=ox.RdfFormat.N_TRIPLES).decode()
    before = canonical(read())
    put(store, "urn:b", content)
    assert before == canonical(read())


@pytest.mark.parametrize(
    ("content", "fmt", "error", "match"),
    [
        ("<urn:a> <urn:b> 1 .\n<urn:a> broken .", formats.TURTLE, errors.RdfParseError, "line 2"),
        ("<urn:a> <urn:b> 1 <urn:other> .", formats.TRIG, errors.RdfParseError, "request"),
        ("<urn:x> { <urn:a> <urn:b> 1 }", formats.TRIG, errors.InputError, "own address"),
        ("<urn:a> <urn:b> <<( <urn:a> <urn:b> 1 )>> .", formats.TURTLE, errors.InputError, "1.2"),
        ("{", formats.JSONLD, errors.RdfParseError, "request"),
    ],
)
def test_a_document_that_cannot_be_taken(store, content, fmt, error, match):
    with pytest.raises(error, match=match):
        put(store, "urn:n", content, fmt=fmt)
    assert 2 == store.current_id()


def test_the_graph_of_a_document_may_be_named_in_it(store):
    put(store, "urn:n", "<urn:n> { <urn:a> <urn:b> 1 } <urn:a> <urn:b> 2 .", fmt=formats.TRIG)
    assert ["urn:a 1", "urn:a 2"] == data(store, "urn:n")


def test_patterns_that_fail_are_told(store):
    with pytest.raises(errors.QueryError, match="urn:f"):
        do(store, "INSERT { <urn:a> <urn:b> ?x } WHERE { BIND(<urn:f>(1) AS ?x) }")
    with pytest.raises(errors.QuerySyntaxError):
        do(store, "INSERT { <urn:a> <urn:b> }")
    with pytest.raises(errors.InputError, match="using-graph-uri"):
        do(store, f"WITH <{A}> DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}", using_named=[A])


def test_a_write_can_be_called_off_before_it_is_published(store):
    def leave():
        raise KeyboardInterrupt

    request = WriteRequest("update", text=f"INSERT DATA {{ {MINE} 1 }}", validate=False)
    with pytest.raises(KeyboardInterrupt):
        write(store, request, before_publish=leave)
    assert 2 == store.current_id()
    assert do(store, request.text).changed


def test_what_was_erased_is_not_written_again(store):
    person = f"{DEFAULT_BASE}person/P1"
    do(store, f"INSERT DATA {{ GRAPH <{A}> {{ <{person}> <urn:p> 'x' }} }}")
    purge(store, person)
    for text in (
        f"INSERT DATA {{ <{person}/quote> <urn:p> 1 }}",
        f"INSERT DATA {{ <urn:a> <urn:b> <{person}> }}",
        f"CREATE GRAPH <{person}>",
    ):
        with pytest.raises(errors.GoneError):
            do(store, text)
