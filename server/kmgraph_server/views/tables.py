"""Studies, cases, ratings, barriers and enablers, and outcomes as tables for spreadsheets."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, current_app, render_template

from kmgraph.snapshots.tables import rows_of
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.pages.tables_page import MOST_ROWS, TITLES, flat, offered_tables
from kmgraph_server.state import snapshot
from kmgraph_server.table_files import TABLE_FORMS, table_file
from kmgraph_server.views.responses import page

blueprint = Blueprint("tables", __name__)

_ENDINGS: Final = ", ".join(f".{name}" for name in TABLE_FORMS)


@blueprint.get("/tables")
def index() -> Response:
    """Show which tables there are, and what their columns hold."""
    return page(
        render_template(
            "tables.html",
            tables=offered_tables(snapshot().facts.numbers),
            forms={"csv": "CSV", "xlsx": "Excel", "json": "JSON"},
            most_rows=MOST_ROWS,
            endpoints=current_app.view_functions,
        )
    )


@blueprint.get("/tables/<name>.<form>")
def table(name: str, form: str) -> Response:
    """Send a table.

    :raises MalformedRequestError: it has so many rows that nobody would wait for it.
    """
    if name not in TITLES:
        abort(404, f"A table is one of {', '.join(TITLES)}.")
    if form not in TABLE_FORMS:
        abort(404, f"A table ends in {_ENDINGS}.")
    served = snapshot()
    found = next(one for one in offered_tables(served.facts.numbers) if one.table.name == name)
    if found.total > MOST_ROWS:
        raise MalformedRequestError(
            f"the table has {found.total:,} rows, and one of more than {MOST_ROWS:,} is not made "
            "while you wait: take the file from a snapshot, or the list of what you need"
        )
    rows = rows_of(found.table, served.dataset.store)
    ordered = sorted(rows, key=lambda row: str(row["iri"]))
    return table_file(ordered if form == "json" else list(map(flat, ordered)), form, name)
