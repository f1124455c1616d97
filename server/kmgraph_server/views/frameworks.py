"""Frameworks with what is coded to them, and matrices of cases and of a review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Blueprint, Response, abort, render_template, request, url_for

from kmgraph.bundles.cells import is_iri
from kmgraph.coded import (
    CROSSINGS,
    Crossed,
    FrameworkTree,
    Matrix,
    coded_cases,
    coded_to,
    count_codings,
    crossed_rows,
    framework_names,
    long_rows,
    narrowing,
    read_crossing,
    read_matrix,
    read_tree,
    wide_rows,
)
from kmgraph.coded.records import KINDS, SIGNS, read_record
from kmgraph.errors import NotFoundError, RecordNotFoundError
from kmgraph.questions.workbook import to_book
from kmgraph.readings.frameworks import DEFAULT_SCHEME
from kmgraph_server.caching import precheck, query_tag, tagged
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.pages.frameworks_page import (
    construct_lines,
    crossed_page,
    framework_lines,
    mapping_lines,
    mark_of,
    matrix_rows,
    places_of,
)
from kmgraph_server.pages.shown import Shown
from kmgraph_server.paging import page_number
from kmgraph_server.snapshots import Snapshot
from kmgraph_server.state import snapshot
from kmgraph_server.table_files import TABLE_FORMS, table_file
from kmgraph_server.views.responses import as_file, page

blueprint = Blueprint("frameworks", __name__)
_T = TypeVar("_T")

_PAGE_CASES: Final = 30
_PAGE_RECORDS: Final = 30
#: Cases that one file holds.
_FILE_CASES: Final = 2_000
#: Rows of a crossed table that a page shows.
_PAGE_ROWS: Final = 200
#: Most themes and programmes that are offered to narrow a matrix to.
_CHOICES: Final = 200
#: What stands in a matrix, to say its signs.
_LEGEND: Final = (
    ("barrier", "barrier"),
    ("enabler", "enabler"),
    ("both", "hinders and helps"),
    ("high", "rated high"),
    ("mixed", "rated mixed"),
    ("low", "rated low"),
    ("rated", "rated without a band"),
    ("not rated", "not rated: the words say why"),
    ("strategy", "strategy"),
    ("outcome", "outcome"),
    ("step", "step"),
)


@blueprint.get("/frameworks")
def index() -> Response:
    """List the frameworks with how much is coded by each."""
    tag = query_tag("frameworks")
    if unchanged := precheck(tag):
        return unchanged
    lines = framework_lines(snapshot())
    shown = render_template(
        "frameworks.html",
        used=[line for line in lines if line.codings],
        others=[line for line in lines if not line.codings],
        crossings=CROSSINGS.values(),
    )
    return tagged(page(shown), tag)


@blueprint.get("/frameworks/<name>")
def one(name: str) -> Response:
    """Show a framework as a tree with what is coded to each construct."""
    tree = _tree(name)
    tag = query_tag("framework", tree.name)
    if unchanged := precheck(tag):
        return unchanged
    lines = construct_lines(snapshot(), tree)
    shown = render_template(
        "framework.html",
        tree=tree,
        lines=lines,
        codings=sum(line.counts.codings for line in lines),
        names={name: read_tree(name).label for line in lines for name in line.mapped},
    )
    return tagged(page(shown), tag)


@blueprint.get("/frameworks/<name>/<slug>")
def construct(name: str, slug: str) -> Response:
    """Show what is coded to a construct, and where mappings lead from it."""
    tree = _tree(name)
    node, number = _found(lambda: tree.construct(slug)), page_number()
    kind = _once("kind")
    if kind and kind not in KINDS.values():
        raise MalformedRequestError(f"'kind' is one of {', '.join(KINDS.values())}")
    tag = query_tag("construct", node.iri, kind, str(number))
    if unchanged := precheck(tag):
        return unchanged
    served = snapshot()
    coded = coded_to(served.dataset.store, node.iri)
    listed = coded.get(kind, []) if kind else [one for nodes in coded.values() for one in nodes]
    start = (number - 1) * _PAGE_RECORDS
    found = (read_record(served.dataset.store, one) for one in listed[start:][:_PAGE_RECORDS])
    records = [record for record in found if record is not None]
    places = places_of(served, {passage for record in records for passage in record.passages})
    rows = [
        (
            record.kind,
            mark_of(record, served.names, places),
            [Shown(served.names.name(iri), served.names.link(iri)) for iri in record.about],
        )
        for record in records
    ]
    query: dict[str, Any] = {"kind": kind} if kind else {}
    where: Callable[..., str] = lambda **more: url_for(  # noqa: E731
        "frameworks.construct", name=tree.name, slug=node.slug, **query, **more
    )
    shown = render_template(
        "framework_construct.html",
        tree=tree,
        node=node,
        kinds=[(word, len(nodes)) for word, nodes in coded.items()],
        kind=kind,
        rows=rows,
        first=start + 1,
        total=len(listed),
        mappings=mapping_lines(served, node),
        turns=_turns(number, _PAGE_RECORDS, len(listed), where),
    )
    return tagged(page(shown), tag)


@blueprint.get("/matrix")
def matrix() -> Response:
    """Show cases by the constructs of a framework."""
    served, tree, chosen, number = snapshot(), _asked(), _chosen(), page_number()
    tag = query_tag("matrix", tree.name, *chosen.values(), str(number))
    if unchanged := precheck(tag):
        return unchanged
    found, is_whole = _matrix(served, tree, chosen, number, _PAGE_CASES)
    counts = count_codings(served.dataset.store)
    used = [
        name
        for name in framework_names()
        if name == tree.name or any(one.iri in counts for one in read_tree(name).constructs)
    ]
    query: dict[str, Any] = {key: value for key, value in chosen.items() if value}
    query["framework"] = tree.name
    tones = {r.tone for row in found.rows for records in row.cells.values() for r in records}
    shown = render_template(
        "matrix.html",
        matrix=found,
        rows=matrix_rows(found, served),
        is_whole=is_whole,
        first=(number - 1) * _PAGE_CASES + 1,
        frameworks=[(name, read_tree(name).label) for name in used],
        programmes=narrowing(served.dataset.store, "programme")[:_CHOICES],
        themes=narrowing(served.dataset.store, "theme")[:_CHOICES],
        chosen=chosen,
        legend=[(tone, SIGNS[tone], words) for tone, words in _LEGEND if tone in tones],
        files=[(form, url_for("frameworks.matrix_file", form=form, **query)) for form in _FORMS],
        file_cases=_FILE_CASES,
        crossings=CROSSINGS.values(),
        turns=_turns(
            number,
            _PAGE_CASES,
            found.total,
            lambda **more: url_for("frameworks.matrix", **query, **more),
        ),
    )
    return tagged(page(shown), tag)


_FORMS: Final = tuple(TABLE_FORMS)


@blueprint.get("/matrix.<any(csv, xlsx, json):form>")
def matrix_file(form: str) -> Response:
    """Send cases by constructs as a file."""
    served, tree, chosen, number = snapshot(), _asked(), _chosen(), page_number()
    tag = query_tag("matrix", form, tree.name, *chosen.values(), str(number))
    if unchanged := precheck(tag):
        return unchanged
    found, _ = _matrix(served, tree, chosen, number, _FILE_CASES)
    rows = long_rows(found, places_of(served, found.passages))
    name = f"matrix-{tree.name}" + (f"-{number}" if number > 1 else "")
    if form != "xlsx":
        return tagged(table_file(rows, form, name), tag)
    wide = wide_rows(found)
    sheets = [("matrix", wide), ("records", rows)]
    body = to_book(
        [(title, [list(held[0]), *map(_values, held)]) for title, held in sheets if held]
        or [("matrix", [["nothing is coded"]])]
    )
    return tagged(as_file(Response(body, content_type=TABLE_FORMS[form]), f"{name}.xlsx"), tag)


@blueprint.get("/matrix/<name>")
def crossed(name: str) -> Response:
    """Show a crossed table of a review."""
    tag = query_tag("crossed", name)
    found = _crossed(name)
    if unchanged := precheck(tag):
        return unchanged
    shown = render_template(
        "crossed.html",
        crossed=found,
        crossing=found.crossing,
        rows=crossed_page(found, snapshot(), _PAGE_ROWS),
        files=[(form, url_for("frameworks.crossed_file", name=name, form=form)) for form in _FORMS],
        crossings=CROSSINGS.values(),
    )
    return tagged(page(shown), tag)


@blueprint.get("/matrix/<name>.<any(csv, xlsx, json):form>")
def crossed_file(name: str, form: str) -> Response:
    """Send a crossed table of a review as a file."""
    found = _crossed(name)
    passages = {
        passage for records in found.cells.values() for one in records for passage in one.passages
    }
    rows = crossed_rows(found, places_of(snapshot(), passages))
    return tagged(table_file(rows, form, name), query_tag("crossed", name, form))


def _values(row: dict[str, Any]) -> list[Any]:
    """Return the cells of a row of a sheet."""
    return [float(value) if hasattr(value, "quantize") else value for value in row.values()]


def _matrix(
    served: Snapshot, tree: FrameworkTree, chosen: dict[str, str], number: int, size: int
) -> tuple[Matrix, bool]:
    """Return a page of a matrix, and whether cases that nothing is coded about are among them."""
    store = served.dataset.store
    cases = coded_cases(store, tree, **chosen)
    part = cases.page((number - 1) * size, size)
    return read_matrix(store, tree, part, cases.total), cases.is_whole


def _crossed(name: str) -> Crossed:
    """Return a crossed table.

    :raises HTTPException: there is none of this name.
    """
    if name not in CROSSINGS:
        abort(404, f"There is no such matrix: there are {', '.join(CROSSINGS)}.")
    return read_crossing(snapshot().dataset.store, name)


def _tree(name: str) -> FrameworkTree:
    """Return a framework.

    :raises RecordNotFoundError: there is none of this name.
    """
    return _found(lambda: read_tree(name))


def _found(read: Callable[[], _T]) -> _T:
    """Return what is read.

    :raises RecordNotFoundError: there is none.
    """
    try:
        return read()
    except NotFoundError as error:
        raise RecordNotFoundError(str(error)) from error


def _asked() -> FrameworkTree:
    """Return the framework that a matrix is asked by.

    :raises MalformedRequestError: there is none of this name.
    """
    name = _once("framework") or DEFAULT_SCHEME
    if name not in framework_names():
        raise MalformedRequestError(
            f"'{name[:60]}' is no framework: take one of {', '.join(framework_names())}"
        )
    return read_tree(name)


def _chosen() -> dict[str, str]:
    """Return the theme and the programme that a matrix is narrowed to; empty for all.

    :raises MalformedRequestError: one of them is no IRI.
    """
    found = {name: _once(name) for name in ("theme", "programme")}
    base = snapshot().dataset.base
    for name, value in found.items():
        if not value:
            continue
        if "://" not in value and not value.startswith("urn:"):
            value = f"{base}{name}/{value.removeprefix(f'{name}/')}"
        if not is_iri(value):
            raise MalformedRequestError(f"'{name}' is the IRI or the id of a {name}")
        found[name] = value
    return found


def _once(name: str) -> str:
    """Return a parameter of the request; empty where it is not given.

    :raises MalformedRequestError: it is given twice.
    """
    given = request.args.getlist(name)
    if len(given) > 1:
        raise MalformedRequestError(f"the parameter '{name}' is given twice: give it once")
    return given[0].strip() if given else ""


def _turns(number: int, size: int, total: int, where: Callable[..., str]) -> dict[str, str]:
    """Return the addresses of the pages before and after one."""
    found = {}
    if number > 1:
        found["prev"] = where(page=number - 1) if number > 2 else where()
    if number * size < total:
        found["next"] = where(page=number + 1)
    return found
