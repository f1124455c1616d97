"""Search in a browser and by programs, over a store and over a dataset in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import kmgraph
from kmgraph.search import MARKS
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.state import close

JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def client(example: kmgraph.EvidenceDataset) -> FlaskClient:
    """Return a client of a server of the example."""
    return create_app(ServerConfig(store=None), dataset=example).test_client()


@pytest.fixture(scope="module")
def of_store(
    tmp_path_factory: pytest.TempPathFactory,
    example_copy: Callable[[Path], kmgraph.GenerationStore],
) -> Iterator[FlaskClient]:
    """Return a client of a server of a store that holds the example."""
    store = example_copy(tmp_path_factory.mktemp("search") / "store")
    app = create_app(ServerConfig(store=store.path))
    yield app.test_client()
    close(app)


def test_a_page_shows_records_with_their_kinds_and_words(client: FlaskClient) -> None:
    """Records lead to their pages, the words are marked, and slips are told."""
    text = client.get("/search?q=strooke+visits", headers=HTML).get_data(as_text=True)
    assert "Nobody wrote <q>strooke</q>" in text
    assert '<a href="/doc/study/ndl-SR2">Home visits after Stroke</a>' in text
    assert "<mark>visits</mark>" in text
    assert 'href="?q=strooke+visits&amp;kind=' in text


def test_what_is_typed_is_text_and_never_markup(client: FlaskClient) -> None:
    """The words come back escaped wherever they are shown."""
    text = client.get('/search?q=<script>x</script>"stroke', headers=HTML).get_data(as_text=True)
    assert "<script>x" not in text
    assert "&lt;script&gt;" in text


def test_programs_get_the_same_as_json_with_pages(client: FlaskClient) -> None:
    """All pages joined are all records, and each leads to the next."""
    found, path = [], "/search?q=health&format=json"
    while path:
        answer = client.get(path)
        assert answer.json is not None
        found += [hit["iri"] for hit in answer.json["hits"]]
        assert not any(mark in answer.get_data(as_text=True) for mark in MARKS)
        following = [one for one in answer.headers.getlist("Link") if 'rel="next"' in one]
        path = following[0][1:].partition(">")[0] + "&format=json" if following else ""
    assert len(found) == len(set(found)) == answer.json["total"] > 20


def test_an_empty_search_is_a_page_with_the_box(client: FlaskClient) -> None:
    """Nothing was asked, so nothing is wrong."""
    text = client.get("/search", headers=HTML).get_data(as_text=True)
    assert 'role="search"' in text
    assert client.get("/search", headers=JSON).json == {
        "words": "", "page": 1, "page_size": 20, "hits": [], "total": 0, "kinds": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    "query", ["q=a&page=0", "q=a&page=x", "q=%22%22", f"q={'x' * 400}", "q=a&kind=cat"]
)
def test_what_cannot_be_searched_is_a_fault_of_the_request(client: FlaskClient, query: str) -> None:
    """The answer says what is wrong, with the status of a wrong request."""
    answer = client.get(f"/search?{query}", headers=JSON)
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["detail"]


def test_every_page_leads_to_search_and_home_has_its_box(client: FlaskClient) -> None:
    """Whoever comes can search at once."""
    assert 'action="/search"' in client.get("/", headers=HTML).get_data(as_text=True)


def test_the_index_of_a_store_is_made_beside_the_server(of_store: FlaskClient) -> None:
    """The first search makes it in a process of its own, and it is kept; answers have a tag."""
    first = of_store.get("/search?q=stroke", headers=JSON)
    assert first.status_code == 200
    assert first.json is not None
    assert first.json["total"] > 3
    again = of_store.get(
        "/search?q=stroke", headers=JSON | {"If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304
