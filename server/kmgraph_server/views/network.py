"""The stakeholder network: a page, a picture, tables and files."""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Blueprint, Response, abort, render_template, request

from kmgraph.figures import can_draw
from kmgraph.figures.network_picture import KIND_MARKS
from kmgraph.network.rendering import loss_text, to_graphml
from kmgraph_server.access import caller
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.pages.figures_page import programmes
from kmgraph_server.pages.network_page import (
    HEIGHT,
    OFFERED,
    TIES,
    WIDTH,
    Choice,
    ShownNetwork,
    drawn,
    key_marks,
    record_href,
    shown_network,
)
from kmgraph_server.pages.network_tables import as_graph, node_rows, tie_rows
from kmgraph_server.state import settings, snapshot
from kmgraph_server.table_files import table_file
from kmgraph_server.ui import has_ui
from kmgraph_server.views.figures import picture_response
from kmgraph_server.views.responses import as_file, page

blueprint = Blueprint("network", __name__)

_ONCE: Final = ("record", "programme", "theme", "table")
_FILES: Final = ("csv", "xlsx", "json", "graphml")


@blueprint.get("/network")
def network() -> Response:
    """Show who is tied to whom, and what hangs on one of them."""
    choice = _choice()
    served, shown = snapshot(), _shown(choice)
    nodes, ties = drawn(shown.picture, choice)
    limit = settings().page_row_limit
    offered = [node for node in shown.whole.network.nodes if node.kind == "post"]
    return page(
        render_template(
            "network.html",
            shown=shown,
            picture=shown.picture,
            nodes=nodes,
            ties=ties,
            size=(WIDTH, HEIGHT),
            choice=choice,
            query=choice.query,
            kinds=[
                (kind, mark[2])
                for kind, mark in KIND_MARKS.items()
                if any(one.node.kind == kind for one in nodes)
            ],
            tie_kinds=TIES,
            posts=offered[:OFFERED] if shown.whole.is_whole else [],
            programmes=programmes(served.dataset),
            themes=[one for one in served.facts.themes if one.iri],
            names=served.names,
            rows=node_rows(shown)[:limit],
            tie_rows=tie_rows(shown, limit),
            record_href=lambda iri: record_href(iri, choice),
            can_draw=can_draw(),
            has_script=has_ui("network"),
            key_marks=key_marks(),
            loss_text=loss_text(shown.loss) if shown.loss else "",
        )
    )


@blueprint.get("/network.<form>")
def network_file(form: str) -> Response:
    """Send the network as a table or as a graph."""
    if form not in _FILES:
        abort(404, f"The network ends in {', '.join(f'.{name}' for name in _FILES)}.")
    choice, table = _choice(), _once("table") or "records"
    if table not in ("records", "ties"):
        raise MalformedRequestError("table is records or ties")
    shown = _shown(choice)
    if form == "graphml":
        body = to_graphml(shown.whole.network)
        return as_file(Response(body, content_type="application/graphml+xml"), "network.graphml")
    if form == "json":
        body = json.dumps(as_graph(shown, choice), ensure_ascii=False)
        return as_file(Response(body, content_type="application/json"), "network.json")
    rows: list[dict[str, Any]] = node_rows(shown) if table == "records" else tie_rows(shown)
    return table_file(rows, form, f"network-{table}")


@blueprint.get("/figures/network.<form>")
def network_figure(form: str) -> Response:
    """Send the network as a picture."""
    choice = _choice()
    key = ("network", repr(choice.query), caller().read_view)
    return picture_response(form, key, lambda: _shown(choice).picture)


def _shown(choice: Choice) -> ShownNetwork:
    """Return the network of a choice in the view of the caller."""
    return shown_network(snapshot(), choice, view=caller().read_view)


def _choice() -> Choice:
    """Return what is asked for.

    :raises MalformedRequestError: a parameter is given twice.
    """
    given = {name: _once(name) for name in _ONCE if name != "table"}
    kinds = tuple(dict.fromkeys(kind for kind in request.args.getlist("tie") if kind))
    return Choice(**given, ties=kinds)


def _once(name: str) -> str:
    """Return a parameter of the request; empty where it is not given.

    :raises MalformedRequestError: it is given twice.
    """
    given = request.args.getlist(name)
    if len(given) > 1:
        raise MalformedRequestError(f"the parameter '{name}' is given twice: give it once")
    return given[0].strip() if given else ""
