"""Search by words: a page with results by kind, and the same as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, render_template, request
from markupsafe import Markup, escape

from kmgraph.search import MARKS, Found, SearchIndex
from kmgraph_server.access import caller
from kmgraph_server.addresses import rooted
from kmgraph_server.caching import precheck, query_tag, tagged
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.negotiation import HTML, LISTING
from kmgraph_server.searching import Indexes
from kmgraph_server.state import INDEXES, snapshot
from kmgraph_server.views.responses import (
    add_alternates,
    data,
    forms_by_parameter,
    negotiated,
    page,
)

blueprint = Blueprint("search", __name__)

_PAGE_SIZE: Final = 20
#: Nobody turns further, and each page before it is ranked again.
_LAST_PAGE: Final = 500


@blueprint.get("/search")
def search() -> Response:
    """Find records by words."""
    words = request.args.get("q", "").strip()
    kinds = [kind for kind in request.args.getlist("kind") if kind]
    number = _page_number()
    offer = negotiated(LISTING, request.args.getlist("format"))
    tag = query_tag("search", words, str((kinds, number)), offer.content_type)
    if unchanged := precheck(tag):
        return unchanged
    served = snapshot()
    index = _indexes().of(caller().read_view, served.dataset)
    offset = (number - 1) * _PAGE_SIZE
    found = None
    if words:
        chosen = [index.kind(kind) for kind in kinds]
        found = index.search(words, kinds=chosen, limit=_PAGE_SIZE, offset=offset)
    address = rooted("/search") + _query(words, kinds, number)
    if offer is HTML:
        shown = page(_page(words, kinds, number, found))
        return tagged(add_alternates(shown, address, _forms(words, kinds, number)), tag)
    body = json.dumps(_told(words, number, found), ensure_ascii=False, indent=2)
    response = add_alternates(data(f"{body}\n", offer), address, _forms(words, kinds, number))
    for relation, near in _neighbours(found, number).items():
        there = rooted("/search") + _query(words, kinds, near)
        response.headers.add("Link", f'<{there}>; rel="{relation}"')
    return tagged(response, tag)


def _indexes() -> Indexes[SearchIndex]:
    """Return the indexes of the running application."""
    found: Indexes[SearchIndex] = current_app.extensions[INDEXES]
    return found


def _page_number() -> int:
    """Return which page is asked for.

    :raises MalformedRequestError: it is no number of a page.
    """
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _LAST_PAGE):
        raise MalformedRequestError(f"page is a whole number from 1 to {_LAST_PAGE}")
    return int(text)


def _query(words: str, kinds: list[str], number: int, **more: str) -> str:
    """Return the query of the address of a search."""
    pairs = [("q", words), *(("kind", kind) for kind in kinds)]
    pairs += [("page", str(number))] if number > 1 else []
    return f"?{urlencode([*pairs, *more.items()])}"


def _forms(words: str, kinds: list[str], number: int) -> list[Any]:
    """Return the forms in which a search is sent."""
    path = rooted("/search") + _query(words, kinds, number)
    return [
        type(form)(form.offer, form.href.replace("?format=", "&format="))
        for form in forms_by_parameter(path, LISTING)
    ]


def _neighbours(found: Found | None, number: int) -> dict[str, int]:
    """Return the pages before and after a page, by their relation to it."""
    last = 1 if found is None else min(_LAST_PAGE, max(1, -(-found.total // _PAGE_SIZE)))
    near = {"prev": number - 1, "next": number + 1}
    return {relation: other for relation, other in near.items() if 1 <= other <= last}


def _told(words: str, number: int, found: Found | None) -> dict[str, Any]:
    """Return what was found as JSON has it; excerpts are plain text."""
    told: dict[str, Any] = {"words": words, "page": number, "page_size": _PAGE_SIZE}
    if found is None:
        return told | {"hits": [], "total": 0, "kinds": []}
    told |= asdict(found)
    for hit in told["hits"]:
        hit["excerpt"] = hit["excerpt"].translate({ord(mark): None for mark in MARKS})
    return told


def _page(words: str, kinds: list[str], number: int, found: Found | None) -> str:
    """Return the page."""
    names = {kind.iri: kind.label for kind in found.kinds} if found else {}
    turns = {
        relation: _query(words, kinds, near)
        for relation, near in _neighbours(found, number).items()
    }
    hits = [
        {
            "iri": hit.iri,
            "label": hit.label,
            "kind": names[hit.kind],
            "excerpt": marked(hit.excerpt),
        }
        for hit in (found.hits if found else ())
    ]
    by_kind = [
        (kind.label, kind.count, _query(words, [kind.iri], 1), kinds == [kind.iri])
        for kind in (found.kinds if found else ())
    ]
    return render_template(
        "search.html",
        words=words,
        found=found,
        hits=hits,
        by_kind=by_kind,
        turns=turns,
        is_narrowed=bool(kinds),
        everything=_query(words, [], 1),
        first=(number - 1) * _PAGE_SIZE + 1,
    )


def marked(excerpt: str) -> Markup:
    """Return an excerpt with the words that were looked for marked, and all else escaped.

    >>> str(marked(f"a <b> {MARKS[0]}c{MARKS[1]}"))
    'a &lt;b&gt; <mark>c</mark>'
    """
    text = str(escape(excerpt))
    return Markup(text.replace(MARKS[0], "<mark>").replace(MARKS[1], "</mark>"))  # noqa: S704
