"""Tables as files: CSV, a workbook, JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from flask import Response

from kmgraph.questions.workbook import to_book
from kmgraph_server.views.responses import as_file

#: Extension of a table to its media type.
TABLE_FORMS: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def table_file(rows: Sequence[Mapping[str, Any]], form: str, name: str) -> Response:
    """Return rows as a file to save.

    :param form: a key of :data:`TABLE_FORMS`.
    :param name: name of the file without its extension.
    """
    heads = list(rows[0]) if rows else ["nothing is recorded"]
    if form == "xlsx":
        lines = [[_plain(row[head]) for head in heads] for row in rows]
        body = to_book([(name, [heads, *lines])])
    elif form == "json":
        body = (
            json.dumps(list(rows), ensure_ascii=False, indent=1, default=_plain) + "\n"
        ).encode()
    else:
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        writer.writerow(heads)
        writer.writerows([row[head] for head in heads] for row in rows)
        body = buffer.getvalue().encode()
    return as_file(Response(body, content_type=TABLE_FORMS[form]), f"{name}.{form}")


def _plain(value: Any) -> Any:
    """Return a value as a workbook holds it."""
    return float(value) if isinstance(value, Decimal) else value
