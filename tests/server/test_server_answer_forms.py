"""Answers in the forms that spreadsheets and linked data take."""

from __future__ import annotations

import io

import openpyxl
import pytest
import rdflib
from flask.testing import FlaskClient

import kmgraph
from kmgraph_server import ServerConfig, create_app

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def forms_client(example: kmgraph.EvidenceDataset) -> FlaskClient:
    """Return a client of a server of the example."""
    return create_app(ServerConfig(store=None), dataset=example).test_client()


def test_a_workbook_by_ending_and_by_accept(forms_client: FlaskClient) -> None:
    """Both ways give the same file, which a spreadsheet program opens."""
    by_ending = forms_client.get("/questions/cq-031.xlsx")
    by_accept = forms_client.get("/questions/cq-031", headers={"Accept": XLSX})
    assert by_ending.data == by_accept.data
    assert by_ending.content_type == XLSX
    book = openpyxl.load_workbook(io.BytesIO(by_ending.data))
    assert book.sheetnames == ["answer", "passages", "about"]
    about = dict(row[:2] for row in book["about"].values if row[0] != "column")
    assert "cq-031" in about["cite"]


def test_linked_data_of_an_answer(forms_client: FlaskClient) -> None:
    """A harvester that takes JSON-LD gets the rows with the IRIs of what they are about."""
    answer = forms_client.get("/questions/20?thin=1", headers={"Accept": "application/ld+json"})
    assert answer.content_type == "application/ld+json"
    graph = rdflib.Graph().parse(data=answer.data, format="json-ld")
    study = rdflib.URIRef("https://w3id.org/kmgraph/id/study/ndl-CYP3")
    assert (None, None, study) in graph


def test_pages_of_answers_offer_all_forms(forms_client: FlaskClient) -> None:
    """People find them as links, programs as Link headers."""
    page = forms_client.get("/questions/cq-031", headers={"Accept": "text/html"})
    text = page.get_data(as_text=True)
    for name in ("xlsx", "jsonld", "csv", "json"):
        assert f'href="/questions/cq-031.{name}"' in text
        assert any(f"cq-031.{name}>" in one for one in page.headers.getlist("Link"))
