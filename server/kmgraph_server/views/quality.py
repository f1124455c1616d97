"""Data quality: what was checked, what is recorded, what disagrees, what to collect next."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, render_template

from kmgraph.figures import can_draw
from kmgraph.figures.coverage import SCHEME
from kmgraph.validation.result import Severity
from kmgraph_server.pages.quality_page import PARTS, SHOWN, QualityFacts, quality_facts, rows_of
from kmgraph_server.state import settings, snapshot
from kmgraph_server.table_files import TABLE_FORMS, table_file
from kmgraph_server.views.figures import picture_response
from kmgraph_server.views.responses import page

blueprint = Blueprint("quality", __name__)

_PICTURE_FORMS: Final = ("svg", "png")
_WORDS: Final = {
    Severity.VIOLATION: ("violation", "violations"),
    Severity.WARNING: ("warning", "warnings"),
    Severity.INFO: ("remark", "remarks"),
}


@blueprint.get("/quality")
def quality() -> Response:
    """Show how good the data are."""
    served, facts = snapshot(), _facts()
    counts = []
    if facts.report:
        counts = [
            (severity, facts.report.count(severity), *words) for severity, words in _WORDS.items()
        ]
    return page(
        render_template(
            "quality.html",
            facts=facts,
            counts=counts,
            severities={severity: words[0] for severity, words in _WORDS.items()},
            names=served.names,
            shown=SHOWN,
            limit=settings().group_limit,
            is_in_memory=settings().store is None,
            scheme=SCHEME,
            can_draw=can_draw(),
        )
    )


@blueprint.get("/quality/<part>.<form>")
def table(part: str, form: str) -> Response:
    """Send a part of the page as a table, or the coverage as a picture."""
    if part not in PARTS:
        abort(404, f"A part of the page is one of {', '.join(PARTS)}.")
    facts = _facts()
    if part == "coverage" and form in _PICTURE_FORMS:
        return picture_response(form, ("coverage",), lambda: facts.coverage.picture)
    if form not in TABLE_FORMS:
        abort(404, f"A table ends in one of {', '.join(f'.{name}' for name in TABLE_FORMS)}.")
    return table_file(rows_of(facts, part), form, f"quality-{part}")


def _facts() -> QualityFacts:
    """Return what is told of the data that the caller may see."""
    return quality_facts(snapshot(), settings().store)
