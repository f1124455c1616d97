"""Every numbered check of an endpoint, on our server over a real socket."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.exchange import send_raw
from checks.formats import terms_survive
from checks.model import EX
from checks.running import CHECKS
from checks.servers import Process, announced, our_environment

#: Numbers that the endpoint is held to.
OWED = {str(number) for number in (*range(1, 67), 68, 69, 75, *range(87, 91))}
_STRING = "http://www.w3.org/2001/XMLSchema#string"
#: Texts that every format can hold: XML has no other control characters than these.
_TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn"), include_characters="\t\n\r"), max_size=12
)
_TERMS = st.one_of(
    _TEXTS.map(lambda text: ("literal", text, _STRING)),
    st.tuples(_TEXTS, st.sampled_from(["@de", "@en-gb", f"{EX}datatype"])).map(
        lambda pair: ("literal", *pair)
    ),
    st.text("abc-._~!$&'()*+,;=:@%20é漢", max_size=8)
    .filter(lambda text: "%" not in text)
    .map(lambda text: ("uri", f"{EX}{text}", "")),
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.label}-{check.group}")
def test_check(checked_server, check):
    """The endpoint passes the check; why it does not is the message of the failure."""
    check.run(checked_server.endpoint())


def test_every_number_has_a_check():
    """No number is passed over."""
    assert {check.number for check in CHECKS} == OWED


@settings(max_examples=15)
@given(terms=st.lists(_TERMS, min_size=1, max_size=8))
def test_check_30_for_any_terms(checked_server, terms):
    """Whatever a literal holds, it comes back from every format as it was."""
    terms_survive(checked_server.endpoint(), terms)


#: An application that fails after its first bytes: alone, and below all the layers of ours.
_FAILING = """
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response
from kmgraph_server import create_app, read_config, serving

def rows():
    for index in range(20_000):
        yield b"row %d\\r\\n" % index
    raise RuntimeError("the engine died after the first rows")

def chunked():
    return Response(rows(), mimetype="text/csv")

def counted():
    return Response(rows(), mimetype="text/csv", headers={"Content-Length": "1000000"})

config = read_config()
app = create_app(config)
for name, view in (("chunked", chunked), ("counted", counted)):
    app.add_url_rule(f"/ours/{name}", name, view)
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {
    "/alone/chunked": lambda e, s: chunked()(e, s), "/alone/counted": lambda e, s: counted()(e, s)})
serving.run(app, config, announce=lambda url: print("Serving at", url, flush=True))
"""


@pytest.fixture(scope="module")
def failing(checked_server, tmp_path_factory):
    """The URL of a server whose answers break off."""
    checked_server.endpoint()
    settings = {"store": str(checked_server.folder / "store"), "port": "0"}
    log = tmp_path_factory.mktemp("failing") / "log.txt"
    process = Process([sys.executable, "-c", _FAILING], log, our_environment(settings))
    try:
        yield announced(process)
    finally:
        process.stop()


@pytest.mark.parametrize("layers", ["alone", "ours"])
@pytest.mark.parametrize("length", ["chunked", "counted"])
def test_check_36_a_body_that_breaks_off_is_left_without_an_end(failing, layers, length):
    """An answer that fails after its first bytes does not seem to be whole."""
    request = f"GET /{layers}/{length} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    head, _, body = send_raw(failing, request.encode(), timeout_s=10).partition(b"\r\n\r\n")
    status = int(head.split()[1])
    if layers == "ours" and status == 500:
        # Nothing was sent before it was clear that it fails, which is better still.
        assert b"row 1" not in body
        return
    assert status == 200
    assert body.count(b"row ") > 10_000
    assert b"Internal Server Error" not in body
    if length == "counted":
        assert len(body) < 1_000_000
    else:
        assert b"chunked" in head.lower()
        assert not body.endswith(b"0\r\n\r\n")
