"""Lists of studies and cases, narrowed by theme, design, bands, barriers, outcomes and more."""

from __future__ import annotations

import json
from typing import Final

from flask import Blueprint, Response, abort, current_app, render_template, request, url_for

from kmgraph.facets import ORDERS, FacetIndex, Listed, load_facets
from kmgraph.namespaces import expand
from kmgraph_server.access import caller
from kmgraph_server.addresses import rooted
from kmgraph_server.caching import precheck, query_tag, tagged
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.headers import link
from kmgraph_server.pages.lists_page import (
    PAGE_UNITS,
    PATHS,
    ListChoice,
    file_rows,
    grid_choice,
    shown_facets,
    shown_rows,
    told,
)
from kmgraph_server.paging import neighbours, page_number
from kmgraph_server.searching import Indexes
from kmgraph_server.state import FACETS, snapshot
from kmgraph_server.table_files import TABLE_FORMS, table_file
from kmgraph_server.views.responses import as_file, page

blueprint = Blueprint("lists", __name__)

#: Most rows of a file; more are had from a snapshot.
_FILE_ROWS: Final = 25_000
_WORDS: Final = {"study": ("study", "studies"), "case": ("case", "cases")}
#: Class of a thing to the facet that it is a value of.
_FACET_OF: Final = {
    expand("km:Theme"): "theme",
    expand("km:Programme"): "programme",
    expand("km:Condition"): "condition",
    expand("km:Setting"): "setting",
}
_ORDERS: Final = {"name": "by name", "recent": "most recent first"}


@blueprint.get("/studies")
def studies() -> Response:
    """List studies, narrowed by what is chosen."""
    return _list("study")


@blueprint.get("/cases")
def cases() -> Response:
    """List cases, narrowed by what is chosen."""
    return _list("case")


@blueprint.get("/studies.<form>")
def studies_file(form: str) -> Response:
    """Send studies as a file."""
    return _file("study", form)


@blueprint.get("/cases.<form>")
def cases_file(form: str) -> Response:
    """Send cases as a file."""
    return _file("case", form)


@blueprint.app_template_global("list_url")
def list_url(iri: str) -> str:
    """Return the address of the studies that have a thing as a value; empty where none can."""
    facets = [_FACET_OF[one] for one in snapshot().names.types(iri) if one in _FACET_OF]
    if not facets:
        return ""
    return rooted(PATHS["study"]) + ListChoice("study", {facets[0]: (iri,)}).query()


def _list(kind: str) -> Response:
    """Show a page of a list."""
    choice = _choice(kind)
    tag = query_tag("list", kind, choice.query(page=choice.page))
    if unchanged := precheck(tag):
        return unchanged
    listed = _listed(choice)
    ways = _ways(choice, listed)
    one, many = _WORDS[kind]
    on_grid, is_on_grid = grid_choice(choice, listed.facets)
    shown = page(
        render_template(
            "lists.html",
            choice=choice,
            listed=listed,
            one=one,
            many=many,
            path=rooted(PATHS[kind]),
            facets=shown_facets(listed.facets),
            chosen=[
                (
                    found.facet.label,
                    value.value.label,
                    choice.without(found.facet.name, value.value.code),
                )
                for found in listed.facets
                for value in found.chosen
            ],
            rows=shown_rows(listed, snapshot().names),
            first=(choice.page - 1) * PAGE_UNITS + 1,
            orders=_ORDERS,
            turns=ways,
            files=[(form, f"{rooted(PATHS[kind])}.{form}{choice.query()}") for form in TABLE_FORMS],
            query="" if choice.words else _index().query(kind, choice.chosen),
            is_long=listed.total > _FILE_ROWS,
            most_rows=_FILE_ROWS,
            other=url_for("lists.cases" if kind == "study" else "lists.studies"),
            grid=url_for("figures.grid_page", **on_grid) if kind == "case" else "",
            is_on_grid=is_on_grid,
            endpoints=current_app.view_functions,
        )
    )
    for relation, href in ways.items():
        shown.headers.add("Link", link(href, relation))
    return tagged(shown, tag)


def _file(kind: str, form: str) -> Response:
    """Send all that fits a choice; as JSON a page at a time, with the counts."""
    if form not in TABLE_FORMS:
        abort(404, f"A list ends in {', '.join(f'.{name}' for name in TABLE_FORMS)}.")
    choice = _choice(kind)
    tag = query_tag("list", kind, form, choice.query(page=choice.page))
    if unchanged := precheck(tag):
        return unchanged
    if form == "json":
        listed = _listed(choice)
        ways = _ways(choice, listed, ".json")
        body = json.dumps(told(listed, choice, ways.get("next")), ensure_ascii=False)
        response = as_file(
            Response(body, content_type="application/json"), f"{PATHS[kind][1:]}.json"
        )
        for relation, href in ways.items():
            response.headers.add("Link", link(href, relation))
        return tagged(response, tag)
    found = _index().listed(kind, choice.chosen, words=choice.words, limit=0)
    if found.total > _FILE_ROWS:
        raise MalformedRequestError(
            f"{found.total:,} fit, and a file has at most {_FILE_ROWS:,} rows: choose more, or "
            "take the table of a snapshot"
        )
    listed = _index().listed(
        kind, choice.chosen, words=choice.words, order=choice.order, limit=None
    )
    return tagged(table_file(file_rows(listed), form, PATHS[kind][1:]), tag)


def _index() -> FacetIndex:
    """Return the facets of the view of the caller.

    :raises NotYetError: they are being read.
    """
    found: Indexes[FacetIndex] = current_app.extensions[FACETS]
    return found.of(caller().read_view, snapshot().dataset)


def _listed(choice: ListChoice) -> Listed:
    """Return a page of a list.

    :raises InputError: there is no such value.
    :raises RecordNotFoundError: there are not as many pages.
    """
    first = (choice.page - 1) * PAGE_UNITS
    listed = _index().listed(
        choice.kind,
        choice.chosen,
        words=choice.words,
        order=choice.order,
        first=first,
        limit=PAGE_UNITS,
    )
    if first and first >= listed.total:
        abort(404, f"There is no page {choice.page} of this list.")
    return listed


def _choice(kind: str) -> ListChoice:
    """Return what is asked for.

    :raises MalformedRequestError: there is no such order, or a word is given twice.
    """
    order = _once("order") or "name"
    if order not in ORDERS:
        raise MalformedRequestError(f"'order' is {' or '.join(ORDERS)}")
    chosen = {
        facet.name: tuple(dict.fromkeys(text for text in request.args.getlist(facet.name) if text))
        for facet in load_facets()
    }
    given = {name: codes for name, codes in chosen.items() if codes}
    return ListChoice(kind, given, " ".join(_once("q").split())[:200], order, page_number())


def _once(name: str) -> str:
    """Return a parameter of the request; empty where it is not given.

    :raises MalformedRequestError: it is given twice.
    """
    given = request.args.getlist(name)
    if len(given) > 1:
        raise MalformedRequestError(f"the parameter '{name}' is given twice: give it once")
    return given[0] if given else ""


def _ways(choice: ListChoice, listed: Listed, ending: str = "") -> dict[str, str]:
    """Return the addresses of the first, the last and the neighbouring pages."""
    path = f"{rooted(PATHS[choice.kind])}{ending}"
    pages = max(1, -(-listed.total // PAGE_UNITS))
    return {
        relation: path + choice.query(page=number)
        for relation, number in neighbours(choice.page, pages).items()
    }
