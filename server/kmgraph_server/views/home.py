"""The home page and what goes with it."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from kmgraph_server.addresses import rooted
from kmgraph_server.caching import depends_on_more
from kmgraph_server.headers import link
from kmgraph_server.mounts import neighbours, roots
from kmgraph_server.pages import schema_org
from kmgraph_server.state import snapshot
from kmgraph_server.views.responses import page

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def home() -> Response:
    """Show what is here."""
    served, others = snapshot(), neighbours()
    response = page(
        render_template(
            "home.html",
            facts=served.facts,
            names=served.names,
            questions=list(served.catalogue.values()),
            address=request.url_root.rstrip("/"),
            neighbours=others,
            structured=schema_org.about_catalogue(served.cards, request.url_root),
        )
    )
    described = link(rooted("/openapi.json"), "service-desc", "application/json")
    response.headers.add("Link", described)
    response.headers.add("Link", link(rooted("/catalog"), "describedby"))
    response.headers.add("Link", link(rooted("/void"), "describedby"))
    return depends_on_more(response) if others else response


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Let crawlers read the pages and keep them from running queries."""
    lines = ["User-agent: *"]
    for root in roots():
        lines += [f"Disallow: {root}/sparql", f"Disallow: {root}/questions/*?"]
        lines += [f"Disallow: {root}/{part}" for part in ("fragments", "memento", "versions")]
    host = request.host_url.rstrip("/")
    lines += [f"Sitemap: {host}{root}/sitemap.xml" for root in roots()]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
