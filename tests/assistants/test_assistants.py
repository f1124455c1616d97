"""The tools, tried by the client of the protocol's own library against the real command."""

from __future__ import annotations

import json
import sys

import anyio
import pytest
from mcp import Client, MCPError, StdioServerParameters, stdio_client

from kmgraph.assistants import Toolbox, input_schema
from kmgraph.errors import InputError, MissingExtraError
from kmgraph.namespaces import SH, VOID
from kmgraph.questions import load_catalogue

COUNT = "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/kmgraph/ontology#Study> }"


NO_IRIS = ("> <", "a b", "http://[bad", "urn:a b", "km:a b", "\\", "{x}")
_METADATA_GRAPH = "https://w3id.org/kmgraph/id/graph/metadata"
_WHOLE = "<https://w3id.org/kmgraph/id/catalog#data>"
METADATA = {
    "from": f"SELECT ?n FROM <{_METADATA_GRAPH}> {{ {_WHOLE} <{VOID}triples> ?n }}",  # noqa: S608
    "graph": f"SELECT ?n {{ GRAPH <{_METADATA_GRAPH}> {{ {_WHOLE} <{VOID}triples> ?n }} }}",
    "examples": f"SELECT ?q {{ ?q a <{SH}SPARQLExecutable> }}",
}


@pytest.fixture(scope="module")
def session(built_example):
    """What a client gets in one session with the command."""
    told = {}

    async def talk():
        command = ["-m", "kmgraph", "mcp", "--store", str(built_example)]
        transport = stdio_client(StdioServerParameters(command=sys.executable, args=command))
        with anyio.fail_after(60):
            async with Client(transport) as client:
                told["tools"] = {one.name: one for one in (await client.list_tools()).tools}
                told["resources"] = [one.uri for one in (await client.list_resources()).resources]
                for address in told["resources"]:
                    found = await client.read_resource(address)
                    told[str(address)] = json.loads(found.contents[0].text)
                for name, arguments in (
                    ("cq_031", {}),
                    ("cq_020", {"thin": "few"}),
                    ("find", {"words": "stroke"}),
                    ("describe", {"iri": "study/ndl-MH1"}),
                    ("select", {"query": COUNT}),
                    ("select ", {"query": COUNT}),
                ):
                    told[name] = await client.call_tool(name, arguments)
                try:
                    await client.read_resource("kmgraph://secrets")
                except MCPError as error:
                    told["unknown"] = str(error)
                for iri in NO_IRIS:
                    told[f"iri {iri}"] = await client.call_tool("describe", {"iri": iri})
                for name, query in METADATA.items():
                    told[f"metadata {name}"] = await client.call_tool("select", {"query": query})
                told["update"] = await client.call_tool("select", {"query": "CLEAR ALL"})

    anyio.run(talk)
    return told


def test_each_question_is_a_tool_that_only_reads(session):
    """With what it takes as JSON Schema."""
    names = {one.id.replace("-", "_") for one in load_catalogue().values()}
    assert names | {"find", "describe", "select"} == set(session["tools"])
    assert all(one.annotations.read_only_hint for one in session["tools"].values())
    assert session["tools"]["cq_020"].input_schema == input_schema(load_catalogue()["20"])


def test_an_answer_says_what_it_rests_on(session, example):
    """Rows as in Python, passages, query, version, and how to cite it."""
    found = session["cq_031"].structured_content
    expected = example.ask("31").to_dict()
    assert found["rows"] == expected["rows"]
    assert found["passages"] == expected["passages"]
    assert found["query"] == expected["query"]
    assert load_catalogue()["31"].query in found["query"]
    assert found["version"] == {"generation": 1, "content_since": 1}
    assert "generation 1. Answer to cq-031" in found["cite"]
    assert json.loads(session["cq_031"].content[0].text) == found


def test_things_are_found_described_and_queried(session):
    """By words in labels, by id, and by SPARQL."""
    assert any(
        "stroke" in one["label"].lower() for one in session["find"].structured_content["found"]
    )
    described = session["describe"].structured_content
    assert described["iri"].endswith("study/ndl-MH1")
    assert described["statements_in_all"] >= len(described["statements"]) > 5
    counted = {one["iri"]: one["records"] for one in session["kmgraph://vocabulary"]}
    (row,) = session["select"].structured_content["rows"]
    study = "https://w3id.org/kmgraph/ontology#Study"
    assert f'"{counted[study]}"' in row[0]
    (told,) = [one for one in session["kmgraph://vocabulary"] if one["iri"] == study]
    properties = {one["iri"]: one for one in told["properties"]}
    theme = properties["https://w3id.org/kmgraph/ontology#theme"]
    assert (theme["label"], theme["triples"]) == ("theme", counted[study])
    assert told["definition"]


def test_what_is_wrong_is_said_and_nothing_is_changed(session):
    """A wrong value, an update and an unknown tool are errors that a client can read."""
    for name, word in (("cq_020", "thin=1"), ("update", "only queries"), ("select ", "no tool")):
        assert session[name].is_error
        assert word in session[name].content[0].text.lower()


def test_what_is_no_iri_is_an_error_of_the_tool(session):
    """The client can read it, and the session goes on."""
    for iri in NO_IRIS:
        found = session[f"iri {iri}"]
        assert found.is_error
        assert iri in found.content[0].text and "find" in found.content[0].text


def test_metadata_are_asked_as_at_the_endpoint(session, example):
    """By the name of their graph, and by words that only they use."""
    for name in ("from", "graph"):
        ((number,),) = session[f"metadata {name}"].structured_content["rows"]
        assert number.startswith(f'"{len(example)}"')
    assert session["metadata examples"].structured_content["rows_in_all"] > 20


def test_resources_tell_what_there_is(session):
    """The questions, the vocabulary with counts, and the datasets with their version."""
    assert "there is no resource 'kmgraph://secrets'" in session["unknown"]
    assert len(session["kmgraph://questions"]) == len(load_catalogue())
    assert session["kmgraph://datasets"]["version"]["generation"] == 1
    assert session["kmgraph://datasets"]["datasets"][0]["title"]


@pytest.mark.parametrize("arguments", [{}, {"words": 3}, {"words": "a", "more": "b"}])
def test_a_tool_is_called_as_it_says(example, arguments):
    """What it does not take is refused."""
    with pytest.raises(InputError, match="takes 'words'"):
        Toolbox(example, example.query).call("find", arguments)


def test_without_the_library_it_says_what_to_install(monkeypatch, example):
    """The library is optional."""
    from kmgraph.assistants import server_for

    monkeypatch.setitem(sys.modules, "mcp.server.lowlevel", None)
    with pytest.raises(MissingExtraError, match="kmgraph\\[mcp\\]"):
        server_for(Toolbox(example, example.query))
