"""What the pages of studies and cases can be taken away as: tables, and a picture of cycles."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from flask import Blueprint, Response, abort, request

from kmgraph.errors import NotFoundError, RecordNotFoundError
from kmgraph.figures.profile import Profile
from kmgraph.figures.timeline import Timeline, read_timeline
from kmgraph.questions.workbook import to_book
from kmgraph.readings.account_tables import TABLES, Row, rating_rows
from kmgraph.readings.accounts import read_account
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.snapshots import Snapshot
from kmgraph_server.state import snapshot
from kmgraph_server.views.figures import picture_response
from kmgraph_server.views.responses import as_file

blueprint = Blueprint("accounts", __name__)

_FORMS: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
_PICTURES: Final = ("svg", "png")
_PARTS: Final = (*TABLES, "profile", "ratings", "cycles")
#: Most characters of an IRI in the name of a file.
_LONGEST_NAME: Final = 60


@blueprint.get("/account/<part>.<form>")
def table(part: str, form: str) -> Response:
    """Send a table of the page of a study or a case, or the picture of its cycles."""
    if part not in _PARTS:
        abort(404, f"A table is one of {', '.join(_PARTS)}.")
    served, iri = snapshot(), record_asked_for()
    if form in _PICTURES and part == "cycles":
        key = ("cycles", iri)
        return picture_response(form, key, lambda: _timeline(served, iri))
    if form not in _FORMS:
        abort(404, f"A table ends in {' or '.join(f'.{name}' for name in _FORMS)}.")
    rows = _rows(served, part, iri)
    response = Response(_written(rows, part, form), content_type=_FORMS[form])
    tail = iri.removeprefix(served.dataset.base)
    stem = re.sub("[^A-Za-z0-9.]+", "-", tail).strip("-.")[-_LONGEST_NAME:]
    return as_file(response, f"{part}-{stem}.{form}")


def record_asked_for() -> str:
    """Return the IRI of what is asked for.

    :raises MalformedRequestError: nothing is, or several things are.
    """
    given = [one.strip() for one in request.args.getlist("of")]
    if len(given) != 1 or not given[0]:
        raise MalformedRequestError("say of which study or case, once: add ?of= with its IRI")
    if "://" in given[0] or given[0].startswith("urn:"):
        iri = given[0]
    else:
        iri = snapshot().dataset.base + given[0]
    if re.search(r'[\x00-\x20<>"{}|\\^`]', iri):
        raise NotFoundError("no record has such an IRI")
    return iri


def _rows(served: Snapshot, part: str, iri: str) -> Sequence[Row]:
    """Return the rows of a table.

    :raises RecordNotFoundError: there is no such study or case.
    """
    if not served.names.types(iri):
        raise RecordNotFoundError(f"nothing is known of <{iri}>")
    store = served.dataset.store
    if part in TABLES:
        return TABLES[part](read_account(store, iri))
    if part == "cycles":
        return _timeline(served, iri).to_table()
    cases = [one.iri for one in read_account(store, iri).cases]
    readings = [served.dataset.cases[case] for case in cases]
    if part == "ratings":
        return [row for one in readings for row in rating_rows(one)]
    return [{"case": one.label, **row} for one in readings for row in Profile(one).to_table()]


def _timeline(served: Snapshot, iri: str) -> Timeline:
    """Return the cycles of a study or a case as a picture.

    :raises RecordNotFoundError: there are none.
    """
    name = served.names.name(iri)
    store = served.dataset.store
    return read_timeline(store, iri, name, is_synthetic=served.is_synthetic)


def _written(rows: Sequence[Row], title: str, form: str) -> bytes:
    """Return rows as CSV, as a workbook or as JSON."""
    heads = list(rows[0]) if rows else ["nothing is recorded"]
    if form == "xlsx":
        return to_book([(title, [heads, *([_plain(row[head]) for head in heads] for row in rows)])])
    if form == "json":
        return (json.dumps(rows, ensure_ascii=False, indent=1, default=float) + "\n").encode()
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(heads)
    writer.writerows([row[head] for head in heads] for row in rows)
    return buffer.getvalue().encode()


def _plain(value: str | int | Decimal | None) -> str | int | float | None:
    """Return a value as a workbook holds it."""
    return float(value) if isinstance(value, Decimal) else value
