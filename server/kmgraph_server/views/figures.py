"""Pictures: profile of a case, grid of cases, progress; each with a page that has its table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from flask import Blueprint, Response, abort, render_template, request, url_for

from kmgraph.entity import Entity
from kmgraph.errors import InputError
from kmgraph.figures import (
    GRID_SCHEMES,
    Grid,
    Picture,
    Profile,
    Progress,
    can_draw,
    profile,
    read_progress,
    recorded_schemes,
)
from kmgraph.figures.progress_scheme import CYCLES, load_scheme
from kmgraph.namespaces import FRAMEWORK, expand
from kmgraph.readings.frameworks import DEFAULT_SCHEME, load_frameworks
from kmgraph_server.drawing import Drawings
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.pages.entity_page import EntityPage
from kmgraph_server.pages.figures_page import (
    grid_rows,
    profile_rows,
    programmes,
    progress_rows,
)
from kmgraph_server.pages.grid_page import ShownGrid, cell_href, list_href, plan, shown_grid
from kmgraph_server.snapshots import Snapshot
from kmgraph_server.state import settings, snapshot
from kmgraph_server.table_files import TABLE_FORMS, table_file
from kmgraph_server.views.responses import page

blueprint = Blueprint("figures", __name__)

_MEDIA_TYPES: Final = {"svg": "image/svg+xml", "png": "image/png"}
_PNG_DPI: Final = 120
#: An SVG that is opened by itself needs the styles that stand in it, and nothing else.
_SVG_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_CYCLE: Final = expand("km:ImprovementCycle")
_WORKED: Final = frozenset({_CYCLE, expand("km:StepRecord")})
_CASE: Final = expand("km:ImplementationCase")
#: What progress is shown by where nothing is chosen and nothing is recorded.
_FIRST_SCHEME: Final = "ward-kta-2009"
_FILTERS: Final = ("programme", "theme", "study")
_BANDS: Final = ("evidence", "context", "fit")
DRAWINGS: Final = Drawings()


@blueprint.get("/figures/profile.<form>")
def profile_figure(form: str) -> Response:
    """Send the profile of a case as a picture."""
    served, case, scheme = snapshot(), _case(), _scheme()
    # The id, the path and the IRI of a case stand for one picture.
    key = ("profile", served.dataset.cases.iri(case), scheme)
    return picture_response(form, key, lambda: _profile(served, case, scheme))


@blueprint.get("/figures/grid.<form>")
def grid_figure(form: str) -> Response:
    """Send cases by evidence and context as a picture."""
    served, scheme, chosen = snapshot(), _scheme(), {**_chosen(), **_bands()}
    of = (_iri(served, name, chosen.get(name, "")) for name in _FILTERS)
    key = ("grid", scheme, *of, *(chosen.get(name, "") for name in _BANDS))
    return picture_response(form, key, lambda: _grid(served, scheme, chosen).picture)


@blueprint.get("/figures/progress.<form>")
def progress_figure(form: str) -> Response:
    """Send how far work has come by a framework as a picture."""
    served, chosen = snapshot(), _chosen()
    scheme = _process(served)
    key = ("progress", scheme, *(_iri(served, name, chosen.get(name, "")) for name in _FILTERS))
    return picture_response(form, key, lambda: _progress(served, scheme, chosen))


@blueprint.get("/profile")
def profile_page() -> Response:
    """Show the profile of a case with its table."""
    served, case, scheme = snapshot(), _case(), _scheme()
    found = _profile(served, case, scheme)
    limit = settings().page_row_limit
    return page(
        render_template(
            "profile.html",
            picture=found,
            reading=found.reading,
            rows=profile_rows(found, served.names)[:limit],
            schemes=[(one.name, one.label) for one in load_frameworks().by_name.values()],
            query={"case": found.reading.iri, "scheme": scheme},
            can_draw=can_draw(),
        )
    )


@blueprint.get("/grid")
def grid_page() -> Response:
    """Show cases by evidence and context with their table."""
    served, scheme, chosen = snapshot(), _scheme(), {**_chosen(), **_bands()}
    shown = _grid(served, scheme, chosen)
    found = shown.picture
    return page(
        render_template(
            "grid.html",
            picture=found,
            shown=shown,
            plan=plan(found, served.names) if isinstance(found, Grid) else None,
            rows=grid_rows(found, settings().page_row_limit) if isinstance(found, Grid) else [],
            cell_href=partial(cell_href, scheme=scheme, chosen=chosen),
            cases_href=list_href(chosen),
            scheme=scheme,
            schemes=[(name, load_frameworks()[name].label) for name in GRID_SCHEMES],
            programmes=programmes(served.dataset),
            themes=[one for one in served.facts.themes if one.iri],
            chosen=chosen,
            names=served.names,
            query={"scheme": scheme, **chosen},
            can_draw=can_draw(),
        )
    )


@blueprint.get("/grid.<form>")
def grid_file(form: str) -> Response:
    """Send cases by evidence and context, or their numbers, as a table."""
    if form not in TABLE_FORMS:
        abort(404, f"A table ends in {', '.join(f'.{name}' for name in TABLE_FORMS)}.")
    chosen = {**_chosen(), **_bands()}
    return table_file(_grid(snapshot(), _scheme(), chosen).picture.to_table(), form, "grid")


@blueprint.get("/progress")
def progress_page() -> Response:
    """Show how far work has come by a framework with its table."""
    served, chosen = snapshot(), _chosen()
    scheme = _process(served)
    found = _progress(served, scheme, chosen)
    offered = dict.fromkeys((*recorded_schemes(served.dataset.store), scheme))
    return page(
        render_template(
            "progress.html",
            picture=found,
            rows=progress_rows(found, served.names, settings().page_row_limit),
            scheme=scheme,
            schemes=[(name, load_scheme(name).label) for name in offered],
            programmes=programmes(served.dataset),
            themes=[one for one in served.facts.themes if one.iri],
            chosen=chosen,
            names=served.names,
            query={"scheme": scheme, **chosen},
            can_draw=can_draw(),
        )
    )


@blueprint.app_template_test("pictured")
def is_pictured(entity: EntityPage) -> bool:
    """Say whether an entity has a profile."""
    return _CASE in snapshot().names.types(entity.iri)


@blueprint.app_template_test("worked")
def is_worked(entity: EntityPage) -> bool:
    """Say whether an entity is a step or a cycle, which progress is drawn of."""
    return not _WORKED.isdisjoint(snapshot().names.types(entity.iri))


@blueprint.app_template_global("progress_url")
def progress_url(record: str) -> str:
    """Return the address of the page of progress that shows a step or a cycle."""
    if _CYCLE in snapshot().names.types(record):
        return url_for("figures.progress_page", scheme=CYCLES)
    constructs = Entity(snapshot().dataset.store, record).linked("km:construct")
    named = [one.iri.removeprefix(FRAMEWORK).partition("/")[0] for one in constructs]
    return url_for("figures.progress_page", scheme=named[0] if named else None)


@blueprint.app_template_global("picture_url")
def picture_url(kind: str, form: str, query: dict[str, Any]) -> str:
    """Return the address of a picture, wherever the application is mounted."""
    return url_for(f"figures.{kind}_figure", form=form, **query)


def _once(name: str) -> str:
    """Return a parameter of the request; empty where it is not given.

    :raises MalformedRequestError: it is given twice.
    """
    given = request.args.getlist(name)
    if len(given) > 1:
        raise MalformedRequestError(f"the parameter '{name}' is given twice: give it once")
    return given[0].strip() if given else ""


def _case() -> str:
    """Return the case that is asked for.

    :raises MalformedRequestError: none is.
    """
    if case := _once("case"):
        return case
    raise MalformedRequestError("say which case: add ?case= with its IRI or its id")


def _scheme() -> str:
    """Return the framework that is asked for.

    :raises InputError: cases are not read under it.
    """
    scheme = _once("scheme") or DEFAULT_SCHEME
    known = load_frameworks().by_name
    if scheme not in known:
        raise InputError(f"'{scheme[:60]}' is no framework: take one of {', '.join(known)}")
    return scheme


def _process(served: Snapshot) -> str:
    """Return the framework that progress is asked by; without one, the first that has records."""
    return _once("scheme") or next(iter(recorded_schemes(served.dataset.store)), _FIRST_SCHEME)


def _chosen() -> dict[str, str]:
    """Return what narrows the cases of a grid, or the work of progress."""
    return {name: value for name in _FILTERS if (value := _once(name))}


def _iri(served: Snapshot, kind: str, name: str) -> str:
    """Return the IRI that an id, a path below the base or an IRI stands for, known or not."""
    if not name or "://" in name or name.startswith("urn:"):
        return name
    return f"{served.dataset.base}{kind}/{name.removeprefix(f'{kind}/')}"


def _profile(served: Snapshot, case: str, scheme: str) -> Profile:
    """Return the profile of a case.

    :raises RecordNotFoundError: there is no such case.
    """
    return profile(served.dataset.cases.by(scheme)[case])


def _bands() -> dict[str, str]:
    """Return the bands and the fit that cases of a grid are narrowed to."""
    return {name: value for name in _BANDS if (value := _once(name))}


def _grid(served: Snapshot, scheme: str, chosen: dict[str, str]) -> ShownGrid:
    """Return cases by evidence and context, or their numbers.

    :raises InputError: the framework has no evidence and context.
    :raises RecordNotFoundError: there is no such programme, theme or study.
    """
    return shown_grid(served.dataset.store, scheme, chosen)


def _progress(served: Snapshot, scheme: str, chosen: dict[str, str]) -> Progress:
    """Return how far work has come by a framework.

    :raises InputError: there is no such framework.
    :raises RecordNotFoundError: there is no such programme, theme or study.
    """
    return read_progress(served.dataset.store, scheme, **chosen)


def picture_response(form: str, key: tuple[str, ...], make: Callable[[], Picture]) -> Response:
    """Return a picture, drawn anew or kept from before.

    :raises BusyError: too many pictures are asked for at once.
    """
    if form not in _MEDIA_TYPES:
        abort(404, f"A picture ends in {' or '.join(f'.{name}' for name in _MEDIA_TYPES)}.")
    if not can_draw():
        abort(501, "No pictures are drawn here: matplotlib is not installed on the server.")

    def draw() -> bytes:
        made = make()
        return made.to_svg().encode() if form == "svg" else made.to_png(_PNG_DPI)

    body = DRAWINGS.get(snapshot(), (form, *key), draw)
    response = Response(body, content_type=_MEDIA_TYPES[form])
    if form == "svg":
        response.headers["Content-Security-Policy"] = _SVG_POLICY
    return response
