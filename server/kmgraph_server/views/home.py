"""The home page and what goes with it."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, current_app, render_template, request

from kmgraph.figures import can_draw
from kmgraph_server.addresses import rooted
from kmgraph_server.caching import depends_on_more
from kmgraph_server.headers import link
from kmgraph_server.mounts import neighbours, roots
from kmgraph_server.pages import schema_org
from kmgraph_server.pages.facts import asked_first
from kmgraph_server.pages.ways import ways
from kmgraph_server.state import snapshot
from kmgraph_server.table_files import TABLE_FORMS, table_file
from kmgraph_server.views.figures import picture_response
from kmgraph_server.views.responses import page

blueprint = Blueprint("home", __name__)

PICTURE_FORMS: Final = ("svg", "png")


@blueprint.get("/")
def home() -> Response:
    """Show what is here."""
    served, others = snapshot(), neighbours()
    questions, question_count = asked_first(served.facts.questions)
    response = page(
        render_template(
            "home.html",
            facts=served.facts,
            names=served.names,
            questions=questions,
            question_count=question_count,
            ways=ways(served.facts.numbers, current_app.view_functions),
            endpoints=current_app.view_functions,
            can_draw=can_draw(),
            address=request.url_root.rstrip("/"),
            neighbours=others,
            structured=schema_org.about_catalogue(served.cards, request.url_root),
        )
    )
    described = link(rooted("/openapi.json"), "service-desc", "application/json")
    response.headers.add("Link", described)
    for path in ("/catalog", "/void"):
        response.headers.add("Link", link(rooted(path), "describedby"))
    response.headers.add("Link", link(rooted("/sitemap.xml"), "sitemap", "application/xml"))
    return depends_on_more(response) if others else response


@blueprint.get("/overview.<form>")
def overview(form: str) -> Response:
    """Send the picture of the home page, or its table."""
    picture = snapshot().facts.overview
    if picture is None:
        abort(404, "Nothing is counted here that could be shown.")
    if form in TABLE_FORMS:
        return table_file(picture.to_table(), form, "overview")
    if form not in PICTURE_FORMS:
        abort(
            404, f"It ends in {', '.join(f'.{name}' for name in (*PICTURE_FORMS, *TABLE_FORMS))}."
        )
    return picture_response(form, ("overview",), lambda: picture)


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
