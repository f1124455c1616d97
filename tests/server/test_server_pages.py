"""The pages: what people see, where it leads, and that nothing in the data is executed."""

from __future__ import annotations

import csv
import html.parser
import io
import re
from urllib.parse import urlencode

import pytest
import rdflib
from rdflib.compare import isomorphic

from kmgraph.errors import QueryEvaluationError
from kmgraph.namespaces import FRAMEWORK, KM, PROV
from kmgraph.pipeline import DatasetBuilder
from kmgraph.records import (
    Claim,
    Community,
    Dataset,
    Discrepancy,
    Document,
    Passage,
    Post,
    Programme,
    Study,
    Theme,
)
from kmgraph_server import ServerConfig, create_app

HTML = {"Accept": "text/html"}
STUDY = "/doc/study/ndl-CYP3"


class Reader(html.parser.HTMLParser):
    """Collects what a page holds: elements, links, texts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.links, self.ids, self.text = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note an element."""
        found = dict(attrs)
        self.elements.append((tag, found))
        self.links += [found["href"]] if tag == "a" and "href" in found else []
        self.ids += [found["id"]] if "id" in found else []

    def handle_data(self, data):
        """Note text."""
        self.text += data + " "


def read(client, path):
    """Return a page that must be there."""
    response = client.get(path, headers=HTML)
    assert response.status_code == 200, path
    assert response.mimetype == "text/html"
    return Reader(response.text)


def words(page):
    """Return the text of a page with single spaces."""
    return " ".join(page.text.split())


PAGES = [
    "/",
    "/questions",
    "/questions/cq-031",
    "/questions/cq-102",
    "/questions/cq-102?record=study/ndl-CYP3",
    "/sparql",
    "/sparql?query=" + "SELECT * { ?s ?p ?o } LIMIT 20".replace(" ", "+"),
    "/ontology",
    STUDY,
    "/doc/programme/ndl-ndl",
    "/doc/post/ndl-CYP3-df-1",
    "/doc/claim/ndl-c-fellows-table",
    "/doc/passage/ndl-p-l430",
    "/doc/document/ndl-s1",
    "/doc/dataset/clahrc-ndl",
    "/framework/parihs-2004/",
    "/framework/parihs-2004/PARIHS.C.culture",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_well_made(client, path):
    """Landmarks, labels and captions are there; scripts and foreign files are not."""
    response = client.get(path, headers=HTML)
    page = read(client, path)
    tags = [tag for tag, _ in page.elements]
    assert [tags.count(tag) for tag in ("h1", "main", "header", "footer")] == [1, 1, 1, 1]
    assert "script" not in tags
    assert "style" not in tags
    assert len(page.ids) == len(set(page.ids))
    assert page.links[0] == "#main"
    labelled = {found.get("for") for tag, found in page.elements if tag == "label"}
    for tag, found in page.elements:
        assert not {"style", "onclick", "onload"} & set(found)
        if tag in ("select", "textarea") or (tag == "input" and found.get("type") != "hidden"):
            assert found["id"] in labelled
        if tag in ("link", "img", "script"):
            assert (found.get("href") or found.get("src")).startswith("/")
    assert tags.count("table") == tags.count("caption")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_every_local_link_leads_somewhere(client):
    """From the home page two steps in any direction there is no dead end, and no dead anchor."""
    seen, pending = set(), ["/"]
    for _ in range(2):
        found = []
        for path in pending:
            page = read(client, path)
            for link in page.links:
                target, _, anchor = link.partition("#")
                if not target and anchor:
                    assert anchor in page.ids, (path, link)
                if target.startswith("/") and target not in seen:
                    seen.add(target)
                    found.append(target)
        pending = [link for link in found if not re.search(r"\.\w+$|[?]", link)][:120]
    assert len(seen) > 100
    for target in sorted(seen):
        assert client.get(target, headers=HTML).status_code == 200, target


def test_the_home_page_says_what_is_here(client):
    """Numbers, questions, studies by theme, datasets with licence, and ways to use it."""
    page = read(client, "/")
    text = words(page)
    for phrase in ("16 studies", "20 knowledge-broker posts filled", "1 post vacant", "CC BY 4.0"):
        assert phrase in text
    assert "/questions/cq-031" in page.links
    assert STUDY in page.links
    for theme in ("Mental Health", "Primary Care", "Stroke Rehabilitation"):
        assert theme in text
    assert "Made-up data" not in text


def test_a_study_page_shows_what_is_recorded_of_it(client):
    """Programme, theme, posts, community, panels, claims, disagreements and where it stands."""
    text = words(read(client, STUDY))
    for phrase in (
        "Group parenting programme",
        "Children and Young People",
        "CLAHRC-NDL",
        "0 filled posts 1 vacant",
        "Diffusion fellow 1, CYP3",
        "inferred: not stated in the document",
        "CYP3 community of practice",
        "Scientific committee committee yes annual external",
        "The fellow post of CYP3 stands vacant.",
        "Fellows for every study contradictory",
        "Rests on",
        "Table 1, lines 468-470",
    ):
        assert phrase in text, phrase


def test_the_answer_to_question_31_is_a_table_with_its_passages(client):
    """Filled posts by theme, the vacant one, and the claim that disagrees."""
    page = read(client, "/questions/cq-031")
    text = words(page)
    for phrase in (
        "Children and Young People 4 5 1",
        "Mental Health 4 6 0",
        "Primary Care 4 5 0",
        "Stroke Rehabilitation 4 4 0",
        "All themes 16 20 1",
        "24 people are seconded as fellows",
        "contradictory",
        "Situated learning, lines 515-517",
    ):
        assert phrase in text, phrase
    cited = [link for link in page.links if link.startswith("#passage-")]
    assert cited
    assert {link[1:] for link in cited} == {one for one in page.ids if one.startswith("passage-")}


def test_an_answer_comes_as_csv_and_json_by_extension_and_by_accept(client, evidence):
    """What the library writes, by every route."""
    answer = evidence.ask("31")
    for options in ({"path": "/questions/cq-031.csv"}, {"path": "/questions/31?format=csv"}):
        response = client.get(**options)
        assert response.mimetype == "text/csv"
        assert response.text == answer.to_csv()
    by_accept = client.get("/questions/cq-031", headers={"Accept": "application/json"})
    assert by_accept.json == answer.to_dict()
    chosen = client.get("/questions/cq-032.csv?study=study/ndl-MH1").text
    assert {row["study"] for row in csv.DictReader(io.StringIO(chosen))} == {
        f"{evidence.base}study/ndl-MH1"
    }


def test_forms_offer_what_is_in_the_graph(client):
    """A picker lists records by name; what is chosen stays chosen."""
    page = read(client, "/questions/cq-102?record=study/ndl-CYP3")
    options = [found for tag, found in page.elements if tag == "option"]
    chosen = [found["value"] for found in options if "selected" in found]
    assert chosen == ["study/ndl-CYP3"]
    assert len(options) > 60
    assert "The fellow post of CYP3 stands vacant" in words(page)


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/questions/cq-999", 404, "cq-999"),
        ("/questions/cq-020?thin=many", 400, "whole number"),
        ("/questions/cq-020?nonsense=1", 400, "nonsense"),
        ("/questions/cq-020?thin=1&thin=2", 400, "twice"),
    ],
)
def test_wrong_questions_and_parameters_are_explained(client, path, status, word):
    """To people on a page and to programs in a problem document."""
    page = client.get(path, headers=HTML)
    problem = client.get(path, headers={"Accept": "application/json"})
    assert page.status_code == problem.status_code == status
    assert word in page.text
    assert problem.mimetype == "application/problem+json"
    assert word in problem.json["detail"]


def test_an_iri_is_looked_up_in_two_steps(client, evidence):
    """303 from the thing to the document, which comes in the form that was asked for."""
    first = client.get("/id/study/ndl-CYP3", headers={"Accept": "text/turtle"})
    assert (first.status_code, first.headers["Location"]) == (303, STUDY)
    assert 'rel="describedby"' in first.headers["Link"]
    second = client.get(STUDY, headers={"Accept": "text/turtle"})
    assert second.mimetype == "text/turtle"
    links = second.headers.getlist("Link")
    assert f'<{STUDY}.jsonld>; rel="alternate"; type="application/ld+json"' in links
    assert f'<{evidence.base}study/ndl-CYP3>; rel="describes"' in links
    graph = rdflib.Graph().parse(data=second.data, format="turtle")
    study = rdflib.URIRef(f"{evidence.base}study/ndl-CYP3")
    assert (study, rdflib.RDF.type, rdflib.URIRef(f"{KM}Study")) in graph
    assert list(graph.objects(study, rdflib.URIRef(f"{PROV}wasDerivedFrom")))


@pytest.mark.parametrize("address", [STUDY, "/framework/parihs-2004/PARIHS.C.culture"])
def test_extensions_give_the_same_graph_in_exact_types(client, address):
    """One form an extension, whatever the client accepts."""
    types = {
        "ttl": ("text/turtle", "turtle"),
        "nt": ("application/n-triples", "nt"),
        "rdf": ("application/rdf+xml", "xml"),
        "jsonld": ("application/ld+json", "json-ld"),
        "json": ("application/ld+json", "json-ld"),
    }
    graphs = []
    for extension, (media_type, parser) in types.items():
        response = client.get(f"{address}.{extension}", headers=HTML)
        assert (response.status_code, response.mimetype) == (200, media_type)
        graphs.append(rdflib.Graph().parse(data=response.data, format=parser))
    assert len(graphs[0]) > 5
    assert all(isomorphic(graphs[0], other) for other in graphs[1:])
    assert client.get(f"{address}.html", headers={"Accept": "text/turtle"}).mimetype == "text/html"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/html", "text/html"),
        ("text/turtle", "text/turtle"),
        ("application/ld+json", "application/ld+json"),
        ("*/*", "application/problem+json"),
    ],
)
def test_what_is_unknown_is_404_in_the_type_that_was_asked_for(client, accept, media_type):
    """And a graph that says so for clients of linked data."""
    response = client.get("/doc/study/nobody", headers={"Accept": accept})
    assert (response.status_code, response.mimetype) == (404, media_type)
    assert "404" in response.text
    assert client.get("/framework/nothing", headers={"Accept": accept}).status_code == 404


def test_the_whole_vocabulary_has_a_page_and_anchors(client):
    """Each class and property has its place with label and definition, in HTML and RDF."""
    page = read(client, "/ontology")
    graph = rdflib.Graph().parse(data=client.get("/ontology.ttl").data, format="turtle")
    terms = {
        str(term).removeprefix(KM)
        for kind in (rdflib.OWL.Class, rdflib.OWL.ObjectProperty, rdflib.OWL.DatatypeProperty)
        for term in graph.subjects(rdflib.RDF.type, kind)
        if str(term).startswith(KM)
    }
    assert len(terms) > 100
    assert terms <= set(page.ids)
    assert "/framework/parihs-2004/" in page.links
    by_accept = client.get("/ontology", headers={"Accept": "application/n-triples"})
    assert by_accept.mimetype == "application/n-triples"
    assert len(rdflib.Graph().parse(data=by_accept.data, format="nt")) == len(graph)


def test_a_concept_of_a_framework_links_back_to_what_is_coded_to_it(client):
    """Frameworks and records lead to each other."""
    page = read(client, "/framework/parihs-2004/PARIHS.C.receptive")
    assert any(link.startswith("/doc/determinant/") for link in page.links)
    determinant = read(client, "/doc/determinant/ndl-b-trusts")
    assert "/framework/parihs-2004/PARIHS.C.receptive" in determinant.links
    assert FRAMEWORK not in " ".join(determinant.links)


EVIL = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def hostile():
    """A client of a site whose every text tries to be executed."""
    dataset = Dataset(
        id="evil", title=EVIL, publisher=EVIL, version="1<b>", description=EVIL, synthetic=True,
        licence="https://example.org/licence",
    )  # fmt: skip
    builder = DatasetBuilder(dataset)
    rest = {"passages": ("p1",)}
    builder.add(
        Document(id="d1", title=EVIL, citation=EVIL, note=EVIL),
        Passage(
            id="p1", document="d1", section=EVIL, line_from=1, line_to=2, column=EVIL, gist=EVIL,
            quote=EVIL, quote_basis="published",
        ),
        Programme(id="pr1", label=EVIL, description=EVIL, **rest),
        Theme(id="t1", label=EVIL, programme="pr1", **rest),
        Study(
            id="s1", title=EVIL, acronym=EVIL, description=EVIL, programme="pr1", themes=("t1",),
            note=EVIL, **rest,
        ),
        Post(id="post1", label=EVIL, status="vacant", kind="diffusion_fellow",
             aligned_with=("s1",), **rest),
        Community(id="c1", label=EVIL, description=EVIL, studies=("s1",), **rest),
        Claim(id="cl1", about=("s1", "pr1"), statement=EVIL, unit=EVIL, value="1",
              quantity_kind="fellows_in_post", **rest),
        Claim(id="cl2", about=("s1", "pr1"), statement=EVIL, unit=EVIL, value="2",
              quantity_kind="fellows_in_post", **rest),
        Discrepancy(id="di1", label=EVIL, kind="contradictory", claims=("cl1", "cl2"),
                    explanation=EVIL, **rest),
    )  # fmt: skip
    with builder.build() as evidence:
        yield create_app(ServerConfig(), dataset=evidence).test_client()


def assert_harmless(text):
    """Say that a page shows the text and executes none of it."""
    page = Reader(text)
    assert not [tag for tag, _ in page.elements if tag in ("script", "img")]
    assert not [found for _, found in page.elements if any(n.startswith("on") for n in found)]


@pytest.mark.parametrize(
    "path",
    [
        "/", "/questions", "/sparql", "/doc/study/s1", "/doc/theme/t1", "/doc/programme/pr1",
        "/doc/post/post1", "/doc/community/c1", "/doc/claim/cl1", "/doc/discrepancy/di1",
        "/doc/passage/p1", "/doc/document/d1", "/doc/dataset/evil",
        "/sparql?query=SELECT+*+{+?s+?p+?o+}",
        "/questions/cq-102?record=programme/pr1",
        *(f"/questions/{number}" for number in (20, 31, 32, 33, 37, 38, 101)),
    ],
)  # fmt: skip
def test_no_text_of_the_data_is_executed(hostile, path):
    """Whatever a record says is shown as text."""
    response = hostile.get(path, headers=HTML)
    assert response.status_code == 200
    assert_harmless(response.text)
    if path.startswith("/doc/"):
        assert "&lt;script&gt;" in response.text


@pytest.mark.parametrize("name", ["query", "draft", "format", "default-graph-uri"])
def test_no_text_of_a_request_is_executed(hostile, name):
    """What a link puts into the address is shown as text too."""
    values = {"query": "ASK {}", name: EVIL}
    assert_harmless(hostile.get("/sparql?" + urlencode(values), headers=HTML).text)
    assert_harmless(hostile.get(f"/doc/{EVIL}", headers=HTML).text)
    assert_harmless(hostile.get(f"/questions/{EVIL}", headers=HTML).text)
    typed = hostile.get("/questions/cq-020?" + urlencode({"thin": EVIL}), headers=HTML)
    assert_harmless(typed.text)


def test_made_up_data_are_marked_on_every_page(hostile):
    """Nobody takes generated records for real ones."""
    for path in ("/", "/questions/cq-031", "/doc/study/s1", "/nothing"):
        assert "Made-up data" in hostile.get(path, headers=HTML).text


def test_long_lists_are_cut_and_say_so(evidence):
    """A page shows so many links of a group and how many there are."""
    client = create_app(ServerConfig(group_limit=3), dataset=evidence).test_client()
    panel = words(read(client, "/doc/panel/ndl-service-user-panel"))
    assert "and 13 more" in panel
    assert "Only 3 of 4 are listed here" in words(read(client, "/doc/theme/ndl-mental-health"))


def test_a_failure_tells_nothing_of_the_inside(evidence, monkeypatch, caplog):
    """The page and the problem are plain; the log has the rest."""
    app = create_app(ServerConfig(), dataset=evidence)

    def fail(*args, **kwargs):
        raise QueryEvaluationError("cannot read /srv/store/000001/CURRENT")

    monkeypatch.setattr(type(evidence.store), "query", fail)
    response = app.test_client().get("/sparql?query=ASK{}")
    assert response.status_code == 500
    assert "/srv" not in response.text
    assert "/srv/store" in caplog.text


def test_robots_are_kept_from_queries(client):
    """Pages may be read, queries not run."""
    assert "Disallow: /sparql" in client.get("/robots.txt").text
