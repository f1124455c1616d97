"""The description of the server is right: complete, valid, and kept to by a running server."""

from __future__ import annotations

import json
import re
from pathlib import Path

import hypothesis
import pytest
import requests
import schemathesis
from helpers.serving import make_store, serving
from hypothesis import HealthCheck
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import kmgraph
from kmgraph.access.tokens import TokenRegister
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.openapi import description

DESCRIPTION = description("/")
METHODS = ("get", "put", "post", "delete")
OPERATIONS = [
    (path, method) for path, item in DESCRIPTION["paths"].items() for method in METHODS
    if method in item
]  # fmt: skip
#: What a server may say that is asked too much of, as the description says.
ALLOWED_CODES = ("query-timeout", "busy", "store-locked")
#: Requests that are tried of each operation; a write publishes a generation.
TRIES = {"get": 15, "post": 12, "put": 6, "delete": 6}


def routes():
    """Return the path, as OpenAPI writes it, and the method of everything that is served."""
    app = create_app(ServerConfig(store=Path("store")))
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule.rule)
        # What answers to these is the same everywhere; OpenAPI 3.1 has no QUERY.
        for method in rule.methods - {"HEAD", "OPTIONS", "QUERY"}:
            yield path, method.lower()


def test_every_route_is_described_and_nothing_else():
    """By path and method, with all parameters of the path."""
    assert sorted(routes()) == sorted(OPERATIONS)
    for path, method in OPERATIONS:
        item = DESCRIPTION["paths"][path]
        given = [*item.get("parameters", ()), *item[method].get("parameters", ())]
        named = {one["name"] for one in given if one["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))


def test_075_it_is_valid_by_the_specification():
    """Also the examples in it are of the types that they are examples of."""
    loaded = schemathesis.openapi.from_dict(DESCRIPTION)
    loaded.validate()
    ids = [
        item[m]["operationId"]
        for item in DESCRIPTION["paths"].values()
        for m in METHODS
        if m in item
    ]
    assert len(ids) == len(set(ids))


def test_what_is_referred_to_is_there_and_used():
    """No reference leads nowhere, and no component stands for nothing."""
    used = set(re.findall(r'"#/components/([^"]+)"', json.dumps(DESCRIPTION)))
    there = {
        f"{kind}/{name}" for kind, named in DESCRIPTION["components"].items() for name in named
    }
    assert used == there - {"securitySchemes/token"}


def test_it_is_served_where_programs_look(client):
    """As JSON, with the address of the application, led to from the home page."""
    reply = client.get("/openapi.json", base_url="http://localhost/synthetic")
    assert reply.content_type == "application/json"
    assert reply.json["openapi"] == "3.1.0"
    assert reply.json["servers"] == [{"url": "/synthetic"}]
    assert reply.json["info"]["version"] == kmgraph.__version__
    home = client.get("/")
    assert '</openapi.json>; rel="service-desc"' in ", ".join(home.headers.getlist("Link"))
    assert 'href="/openapi.json"' in home.text
    kept = client.get(
        "/openapi.json", headers={"If-None-Match": client.get("/openapi.json").headers["ETag"]}
    )
    assert kept.status_code == 304


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """A description with a real server behind it, and what sends requests as its keeper."""
    store = make_store(tmp_path_factory.mktemp("openapi") / "store", 20)
    token = TokenRegister(store.path).create("keeper", {"read", "write", "admin"})
    options = ("--no-validate-writes", "--query-timeout-s", "5")
    with serving("--store", str(store.path), *options) as server, requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {token}"
        loaded = schemathesis.openapi.from_dict(DESCRIPTION)
        loaded.config.update(base_url=f"http://127.0.0.1:{server.port}")
        yield loaded, session


def no_server_error(context, response, case):
    """Fail for an answer that says that the server failed."""
    if response.status_code == 503:
        code = response.json()["type"].partition("#")[2]
        assert code in ALLOWED_CODES, response.text
        return None
    return not_a_server_error(context, response, case)


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda part: part)
def test_075_the_server_keeps_to_it(api, path, method):
    """Whatever is sent, the answer is of a described kind, and the server does not fail."""
    loaded, session = api

    @hypothesis.given(case=loaded[path][method].as_strategy())
    @hypothesis.settings(
        max_examples=TRIES[method],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def check(case):
        response = case.call(session=session, timeout=20, allow_redirects=False)
        case.validate_response(
            response,
            checks=[
                no_server_error,
                status_code_conformance,
                content_type_conformance,
                response_schema_conformance,
            ],
        )

    check()
