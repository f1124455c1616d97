"""The pages: what people see, where it leads, and that nothing in the data is executed."""

from __future__ import annotations

import csv
import html
import html.parser
import io
import re
from collections import Counter
from urllib.parse import urlencode

import pytest
import rdflib
from helpers.crawling import kind_of
from rdflib.compare import isomorphic

from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import QueryEvaluationError
from kmgraph.execution.pool import WorkerPool
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
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.pages.names import Names
from kmgraph_server.state import holder

HTML = {"Accept": "text/html"}
STUDY = "/doc/study/ndl-CYP3"


#: What a script element has that holds data, which no browser runs.
BLOCK = {"type": "application/ld+json"}


class Reader(html.parser.HTMLParser):
    """Collects what a page holds: elements, links, texts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.links, self.ids, self.text = [], [], [], ""
        self._is_shown = True
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note an element."""
        found = dict(attrs)
        self.elements.append((tag, found))
        self.links += [found["href"]] if tag == "a" and "href" in found else []
        self.ids += [found["id"]] if "id" in found else []
        self._is_shown = tag != "script"

    def handle_endtag(self, tag):
        """Note that a block of data is over."""
        self._is_shown = True

    def handle_data(self, data):
        """Note text that people see."""
        self.text += data + " " if self._is_shown else ""

    @property
    def scripts(self):
        """Return what would run but for the server's own modules; blocks of data do not run."""
        own = [e for e in self.elements if e[1].get("src", "").startswith("/static/")]
        return [e for e in self.elements if e[0] == "script" and e[1] != BLOCK and e not in own]


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
    assert page.scripts == []
    assert "style" not in tags
    assert len(page.ids) == len(set(page.ids))
    assert page.links[0] == "#main"
    labelled = {found.get("for") for tag, found in page.elements if tag == "label"}
    for tag, found in page.elements:
        assert not {"style", "onclick", "onload"} & set(found)
        if tag in ("select", "textarea") or (tag == "input" and found.get("type") != "hidden"):
            assert found["id"] in labelled
        if tag in ("link", "img"):
            assert (found.get("href") or found.get("src")).startswith("/")
    assert tags.count("table") == tags.count("caption")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'self';" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_every_local_link_leads_somewhere(client):
    """From the home page two steps in any direction there is no dead end, and no dead anchor.

    Of addresses that differ only in what they name, some of each kind are followed.
    """
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
    kinds = Counter()
    for target in sorted(seen):
        kinds[kind_of(target)] += 1
        if kinds[kind_of(target)] <= 6:
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
    assert "Synthetic data" not in text


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
    assert "The fellow post of CYP3 stands vacant" in words(page)


def test_the_picker_of_numbers_offers_only_records_that_have_some(client):
    """No choice leads to an empty answer."""
    page = read(client, "/questions/cq-102")
    offered = [found["value"] for tag, found in page.elements if tag == "option" and found["value"]]
    assert {"programme/ndl-ndl", "study/ndl-CYP3"} <= set(offered)
    for record in offered:
        assert client.get(f"/questions/cq-102.json?record={record}").json["rows"], record


def test_the_list_of_questions_comes_as_json(client, evidence):
    """By parameter and by header, with what a form needs."""
    by_name = client.get("/questions?format=json")
    by_accept = client.get("/questions", headers={"Accept": "application/json"})
    assert by_name.json == by_accept.json
    assert by_name.mimetype == by_accept.mimetype == "application/json"
    assert [one["id"] for one in by_name.json] == list(evidence.questions)
    first = next(one for one in by_name.json if one["id"] == "cq-102")
    assert [one["name"] for one in first["parameters"]] == ["record"]
    for one in by_name.json:
        assert client.get(one["address"], headers=HTML).status_code == 200


def test_links_of_a_question_keep_what_was_chosen(client):
    """Each form in the Link header is that of the same answer."""
    response = client.get("/questions/cq-032?study=study/ndl-MH1", headers=HTML)
    links = response.headers.getlist("Link")
    csv_link = next(link for link in links if "text/csv" in link).split(">")[0][1:]
    rows = list(csv.DictReader(io.StringIO(client.get(csv_link).text)))
    assert {row["study"].rpartition("/")[2] for row in rows} == {"ndl-MH1"}
    assert '</questions/cq-032?study=study%2Fndl-MH1>; rel="canonical"' in links


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


def loaded(text):
    """Return a client of a site that serves these statements, given in N-Triples."""
    store = MemoryStore(base="https://x.org/id/")
    lines = [line for line in text.splitlines() if line.strip()]
    store.load_nquads("".join(f"{line.strip(' .')} <urn:g> .\n" for line in lines).encode())
    return create_app(dataset=EvidenceDataset(store)).test_client()


RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
TITLE = "<http://purl.org/dc/terms/title>"
TAILS = [
    "condition/ndl-Crohn%27s_disease",
    "condition/Crohn's",
    "condition/a%2Fb%3A_%28c%29%2C_d%26e",
    "condition/a%5F%25b",
    "thing?a=b&c",
    "thing#part",
    "caf\u00e9",
    "caf%C3%A9",
    "a//b",
    "study/a.b",
]


@pytest.mark.parametrize("tail", TAILS)
def test_an_iri_with_encoded_characters_is_found(tail):
    """The path is taken as it was sent, by the link of a page and by the redirect from /id/."""
    iri = f"https://x.org/id/{tail}"
    client = loaded(f'<{iri}> {TITLE} "Named" .\n<urn:a> <urn:b> <{iri}> .')
    address = Names(holder(client.application).acquire("public").dataset.store).link(iri)
    page = client.get(address, headers=HTML)
    assert page.status_code == 200
    assert f"<code>{html.escape(iri).replace('&#x27;', '&#39;')}</code>" in page.text
    redirect = client.get(address.replace("/doc/", "/id/", 1))
    assert redirect.headers["Location"] == address
    links = page.headers.getlist("Link")
    assert f'<{address}>; rel="canonical"' in links
    turtle = next(link for link in links if "text/turtle" in link).split(">")[0][1:]
    graph = rdflib.Graph().parse(data=client.get(turtle, headers=HTML).data, format="turtle")
    assert rdflib.URIRef(iri) in set(graph.subjects())


def test_an_iri_is_found_over_a_socket_however_it_is_encoded(serve_app):
    """Some clients encode an apostrophe, some do not; the IRI has it encoded."""
    client = loaded(f'<https://x.org/id/condition/Crohn%27s> {TITLE} "Crohn" .')
    with serve_app(client.application) as site:
        for path in ("/doc/condition/Crohn%27s", "/doc/condition/Crohn's"):
            assert site.get(path, Accept="text/html").status == 200
        assert site.get("/id/condition/Crohn%27s").headers["Location"].endswith("Crohn%27s")
        assert site.get("/doc/condition/Crohns").status == 404


def test_forms_describe_the_same_resource_as_the_page():
    """After a slash, and where an extension makes another IRI, the format is a parameter."""
    client = loaded(
        f"""<https://x.org/id/study/a> {TITLE} "One" .
        <https://x.org/id/study/a.ttl> {TITLE} "Two" .
        <https://x.org/id/all/> {TITLE} "Three" .
        <https://x.org/id/all> {TITLE} "Four" ."""
    )
    for tail in ("study/a", "study/a.ttl", "all/", "all"):
        page = client.get(f"/doc/{tail}", headers=HTML)
        subject = rdflib.URIRef(f"https://x.org/id/{tail}")
        heads = [found for tag, found in Reader(page.text).elements if tag == "link"]
        alternates = [one["href"] for one in heads if one["rel"] == "alternate"]
        shown = [link for link in Reader(page.text).links if link.startswith("/doc/")]
        listed = [link[1:].split(">")[0] for link in page.headers.getlist("Link")]
        nt = [link for link in {*alternates, *shown, *listed} if link.endswith(("nt", "nt/"))]
        assert len(nt) == 1
        graph = rdflib.Graph().parse(data=client.get(nt[0]).data, format="nt")
        assert set(graph.subjects()) == {subject}
        assert f'<{subject}>; rel="describes"' in page.headers.getlist("Link")


def test_a_redirect_does_not_depend_on_the_host_header(client):
    """Whoever puts a wrong host into a request is not sent there."""
    response = client.get("/id/study/ndl-MH1?format=ttl", headers={"Host": "evil.example"})
    assert response.headers["Location"] == "/doc/study/ndl-MH1?format=ttl"
    assert "evil" not in response.headers.get("Location", "")


@pytest.mark.parametrize(
    ("accept", "sent"),
    [
        ("application/json", "application/ld+json"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"',
         "application/ld+json"),
        ("application/xml", "application/rdf+xml"),
    ],
)  # fmt: skip
def test_loose_names_of_media_types_get_the_exact_ones(client, accept, sent):
    """What is sent says what it is."""
    assert client.get(STUDY, headers={"Accept": accept}).mimetype == sent


def test_an_odd_address_is_only_not_found(client):
    """The graph that says so is written whatever was asked for; what is no host is refused."""
    for path in ("/doc/[x]{}|%20%ff<>", "/doc/a b", "/nothing\\^`"):
        response = client.get(path, headers={"Accept": "text/turtle", "Host": "x"})
        assert (response.status_code, response.mimetype) == (404, "text/turtle")
        assert rdflib.Graph().parse(data=response.data, format="turtle")
        refused = client.get(path, headers={"Accept": "text/turtle", "Host": "a b[:"})
        assert (refused.status_code, refused.mimetype) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "phrase"),
    [
        ("/doc/study/ndl-CYP4",
         "Theme Children and Young People ( worked out from where it stands in the document : "),
        ("/doc/study/ndl-CYP4", "innovation. no ( inferred: not stated in the document : "),
        ("/doc/strategy/ndl-s-local-priorities",
         "Local data/information ( inferred: not stated in the document : "),
        ("/doc/programme/ndl-ndl",
         "interventions, version of 2008 ( inferred: not stated in the document : "),
        ("/framework/parihs-2004/PARIHS.E.local",
         "Choosing topics by local priorities ( inferred: not stated in the document )"),
    ],
)  # fmt: skip
def test_a_value_says_how_it_is_known_where_a_note_does(client, path, phrase):
    """What the document does not state in words does not look as if it did."""
    page = read(client, path)
    assert phrase in words(page)
    assert any(link.startswith("/doc/statement-note/") for link in page.links)
    for link in page.links:
        if link.startswith(("/doc/statement-note/", "/doc/passage/")):
            assert client.get(link, headers=HTML).status_code == 200


def test_a_note_is_shown_beside_its_own_value_and_no_other(client, evidence):
    """A study's theme has one; its programme and its title have none."""
    text = words(read(client, "/doc/study/ndl-CYP4"))
    assert "Programme CLAHRC-NDL Theme" in text
    stated = words(read(client, "/doc/community/ndl-CYP3-cop"))
    assert "Community of Group parenting programme" in stated
    note = "/doc/statement-note/ndl-n-s-local-priorities-e-local"
    assert "coded to, PARIHS.E.local" in words(read(client, note))


def test_names_of_notes_can_be_told_apart(evidence):
    """A record with several notes on one property lists each with its value."""
    names = Names(evidence.store)
    named = [names.name(record.iri) for record in evidence.records("statement_notes")]
    assert len(named) > 100
    assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ('"1E5000"^^<http://www.w3.org/2001/XMLSchema#decimal>', "1.000000E+5000"),
        ('"INF"^^<http://www.w3.org/2001/XMLSchema#double>', "infinity"),
        ('"NaN"^^<http://www.w3.org/2001/XMLSchema#double>', "not a number"),
        (f'"{"9" * 5000}"^^<http://www.w3.org/2001/XMLSchema#integer>', "9" * 40 + "…"),
        (f'"{"9" * 3000}"^^<http://www.w3.org/2001/XMLSchema#integer>', "1.000000E+3000"),
    ],
    ids=lambda value: value[:20],
)
def test_extreme_numbers_stay_short(literal, text):
    """A page shows what a number is and not thousands of digits."""
    page = words(read(loaded(f"<https://x.org/id/a> <https://x.org/p> {literal} ."), "/doc/a"))
    assert f" {text} " in page
    assert "9" * 100 not in page


def test_only_addresses_of_the_web_become_links():
    """A licence that a browser would run as a script is shown as text."""
    title = f'{TITLE} "Odd"'
    client = loaded(
        f"""<https://x.org/id/dataset/odd> {RDF_TYPE} <{KM}Dataset> .
        <https://x.org/id/dataset/odd> <http://purl.org/dc/terms/identifier> "odd" .
        <https://x.org/id/dataset/odd> {title} .
        <https://x.org/id/dataset/odd> <http://purl.org/dc/terms/license> <javascript:alert(1)> ."""
    )
    for path in ("/", "/doc/dataset/odd", "/questions"):
        page = read(client, path)
        assert "javascript:alert(1)" in page.text
        assert not [link for link in page.links if link.startswith("javascript")]


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
    assert page.scripts == []
    pictures = [found for tag, found in page.elements if tag == "img"]
    assert not [one for one in pictures if not (one.get("src") or "").startswith("/")]
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
        assert (
            "Synthetic data:</strong> generated, describes nothing real"
            in hostile.get(path, headers=HTML).text
        )


def test_long_lists_are_cut_and_say_so(evidence):
    """A page shows so many links of a group and how many there are."""
    client = create_app(ServerConfig(group_limit=3), dataset=evidence).test_client()
    panel = words(read(client, "/doc/panel/ndl-service-user-panel"))
    assert "and 13 more" in panel
    assert "Only 3 of 4 are listed here" in words(read(client, "/doc/theme/ndl-mental-health"))


def test_long_lists_go_on_from_page_to_page(evidence):
    """Whoever follows the links finds each link once, as on a page that is long enough."""
    short = create_app(ServerConfig(group_limit=1), dataset=evidence).test_client()
    long = create_app(ServerConfig(group_limit=1000), dataset=evidence).test_client()
    for path in (
        "/doc/panel/ndl-service-user-panel",
        "/doc/theme/ndl-mental-health",
        "/framework/parihs-2004",
    ):
        found, address, numbers = [], path, []
        while address:
            answer = short.get(address, headers=HTML)
            assert answer.status_code == 200
            links = re.findall(r'<(/[^>]*)>; rel="(first|last|prev|next)"', str(answer.headers))
            ways = {relation: target for target, relation in links}
            numbers.append(address)
            found += listed(answer.text)
            address = ways.get("next")
            assert (f'rel="next" href="{address}"' in answer.text) == (address is not None)
        assert len(numbers) > 1
        assert ways["last"] == numbers[-1]
        assert f"?page={len(numbers) + 1}" not in answer.text
        assert sorted(found) == sorted(listed(long.get(path, headers=HTML).text))
        assert short.get(f"{path}?page={len(numbers) + 1}", headers=HTML).status_code == 404
    assert short.get("/doc/study/ndl-MH1?page=0", headers=HTML).status_code == 400


def listed(text):
    """Return the links of what points to a thing."""
    parts = re.findall(r'<section class="incoming">(.*?)</section>', text, re.DOTALL)
    return [href for part in parts for href in re.findall(r'<li><a href="([^"]+)"', part)]


def test_a_failure_tells_nothing_of_the_inside(evidence, monkeypatch, caplog):
    """The page and the problem are plain; the log has the rest."""
    app = create_app(ServerConfig(), dataset=evidence)

    def fail(*args, **kwargs):
        raise QueryEvaluationError("cannot read /srv/store/000001/CURRENT")

    monkeypatch.setattr(WorkerPool, "run", fail)
    response = app.test_client().get("/sparql?query=ASK{}")
    assert response.status_code == 500
    assert "/srv" not in response.text
    assert "/srv/store" in caplog.text


def test_robots_are_kept_from_queries(client):
    """Pages may be read, queries not run."""
    assert "Disallow: /sparql" in client.get("/robots.txt").text
