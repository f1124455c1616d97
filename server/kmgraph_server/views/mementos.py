"""Time travel: what was said of something at an earlier time, as far as it is kept.

::

    /doc/study/a  with Accept-Datetime    redirects to what was current then
    /memento/7/doc/study/a                what generation 7 says; see kmgraph_server.history
    /timemap/doc/study/a                  which states are kept

Source: https://www.rfc-editor.org/rfc/rfc7089
"""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from flask import Blueprint, Response, g, request

from kmgraph.errors import NotFoundError
from kmgraph.namespaces import DOCUMENTED
from kmgraph.stores.generations import GenerationStore
from kmgraph_server.access import caller
from kmgraph_server.addresses import iri_tails, rooted, sent_path, to_path
from kmgraph_server.caching import depends_on_more
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.headers import link
from kmgraph_server.history import PAST, PREFIX, State, state_at, states_of
from kmgraph_server.keeping import generations_of, store_folder
from kmgraph_server.past_things import refuse_erased, said_in, says_of, things_at
from kmgraph_server.state import settings, snapshot
from kmgraph_server.views.responses import varying

blueprint = Blueprint("mementos", __name__)

#: What can be asked for as it was at an earlier time.
_DATED: Final = frozenset(
    {
        "resources.document",
        "resources.framework",
        "resources.mapping",
        "sparql.sparql",
        "questions.ask",
    }
)
#: What there is of an earlier state; the rest is of the present alone.
_PAST_BLUEPRINTS: Final = frozenset(
    {
        "accounts",
        "explanation",
        "figures",
        "home",
        "ontology",
        "questions",
        "resources",
        "sparql",
        "vocabulary",
    }
)
#: Status from which on an answer is a refusal.
_REFUSED: Final = 400
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LINKS_TYPE: Final = "application/link-format"


@blueprint.before_app_request
def choose_time() -> Response | None:
    """Lead a client that asks for an earlier time to what was current then."""
    if PAST in request.environ:
        _refuse_present()
        return None
    wanted = request.headers.get("Accept-Datetime")
    is_asked = wanted is not None and request.endpoint in _DATED and settings().store is not None
    if wanted is None or not is_asked or request.method not in ("GET", "HEAD"):
        return None
    try:
        moment = parsedate_to_datetime(wanted[:64])
    except (ValueError, TypeError, OverflowError) as error:
        raise MalformedRequestError(
            "Accept-Datetime is no date: write it like 'Sun, 22 Nov 2026 18:00:00 GMT'"
        ) from error
    states = _states()
    if not states:
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    chosen = state_at(states, zoned)
    path = _path()
    response = Response(status=302, headers={"Location": _memento(chosen, path)})
    _link_states(response, states, path)
    response.vary.add("Accept-Datetime")
    return depends_on_more(response)


@blueprint.after_app_request
def describe_time(response: Response) -> Response:
    """Say of an earlier state when it was current, and of the present that there are others."""
    past = request.environ.get(PAST)
    if past is None:
        if request.endpoint in _DATED and settings().store is not None:
            # Nothing here may depend on the address: answers of one shape share their headers.
            response.vary.add("Accept-Datetime")
        return response
    seen = g.get("snapshot")
    if seen is None or seen.described is None or response.status_code >= _REFUSED:
        # What is not there has no state to tell of.
        return response
    since = dt.datetime.fromisoformat(seen.described.content_since[1])
    response.headers["Memento-Datetime"] = format_datetime(since.astimezone(dt.UTC), usegmt=True)
    _link_states(response, _states(), _path().removeprefix(f"{PREFIX}/{past}"), past)
    return response


@blueprint.get("/timemap/<path:path>")
def timemap(path: str) -> Response:
    """List the states that are kept, each with the address that something has in it.

    :raises NotFoundError: nothing of it is kept of any time.
    :raises GoneError: it was erased.
    """
    states = _states()
    _require_known(path, states)
    target = _path().removeprefix("/timemap")
    here = _absolute(_path())
    lines = [
        f'<{_absolute(target)}>; rel="original timegate"',
        f'<{here}>; rel="self"; type="{_LINKS_TYPE}"'
        + (f'; from="{_date(states[0])}"; until="{_date(states[-1])}"' if states else ""),
    ]
    for number, state in enumerate(states):
        ends = [name for name, at in (("first", 0), ("last", len(states) - 1)) if at == number]
        relation = " ".join([*ends, "memento"])
        address = f"{_origin()}{_memento(state, target)}"
        lines.append(f'<{address}>; rel="{relation}"; datetime="{_date(state)}"')
    response = Response(",\n".join(lines) + "\n", content_type=_LINKS_TYPE)
    return depends_on_more(varying(response))


def _require_known(path: str, states: list[State]) -> None:
    """Raise unless something is there at a path, or was in one of the states that are kept.

    :raises NotFoundError: it never was, as far as the caller sees.
    :raises GoneError: it was erased.
    """
    kind, _, rest = path.partition("/")
    if kind in ("sparql", "questions") and not rest:
        return
    if kind == "questions":
        catalogue, name = snapshot().catalogue, rest.partition("/")[0]
        known = name in catalogue or name.rpartition(".")[0] in catalogue
    elif rest and kind in ("doc", *DOCUMENTED):
        known = _is_or_was_known(kind, rest, states)
    else:
        raise NotFoundError(
            "what is kept of earlier times lies below doc, framework, mapping, sparql and questions"
        )
    if not known:
        raise NotFoundError("nothing is known of this at any time that is kept")


def _is_or_was_known(kind: str, rest: str, states: list[State]) -> bool:
    """Say whether anything is known of what a path of documents names, in any state.

    :raises GoneError: it was erased.
    """
    present = snapshot()
    namespace = DOCUMENTED.get(kind, present.dataset.base)
    iris = things_at(namespace, iri_tails(request.environ, f"/timemap/{kind}/", rest))
    if any(says_of(present.dataset.store, iri) for iri in iris):
        return True
    store, view = GenerationStore(store_folder()), caller().read_view
    refuse_erased(store.path, view, iris)
    # The newest first: what is looked for is likelier to have been there of late.
    found = (said_in(store, view, one.generation, iris) for one in reversed(states))
    return any(iri is not None for iri in found)


def _refuse_present() -> None:
    """Raise where something is asked of an earlier state that it does not have.

    :raises NotFoundError: it does not.
    """
    is_reading = request.method in _READING or request.endpoint == "sparql.sparql"
    is_there = request.endpoint == "static" or request.blueprint in _PAST_BLUEPRINTS
    if request.endpoint is not None and not (is_reading and is_there):
        raise NotFoundError("earlier states can be read and asked, and have no more than that")


def _states() -> list[State]:
    """Return the states that are kept of what the caller sees."""
    store = GenerationStore(store_folder())
    return states_of(generations_of(store, caller().read_view))


def _path() -> str:
    """Return the path of the running request below the application, with its query, encoded."""
    sent = sent_path(request.environ) or to_path(request.path)
    past = request.environ.get(PAST)
    shown = f"{PREFIX}/{past}{sent}" if past is not None else sent
    query = request.query_string.decode("latin-1")
    return f"{shown}?{query}" if query else shown


def _root() -> str:
    """Return what the application is mounted below in the present."""
    past = request.environ.get(PAST)
    return rooted("") if past is None else rooted("").removesuffix(f"{PREFIX}/{past}")


def _origin() -> str:
    """Return scheme and host of the running request."""
    return request.host_url.rstrip("/")


def _absolute(path: str) -> str:
    """Return the address of a path of the present."""
    return f"{_origin()}{_root()}{path}"


def _memento(state: State, path: str) -> str:
    """Return the path that something has in an earlier state."""
    return f"{_root()}{PREFIX}/{state.generation}{path}"


def _date(state: State) -> str:
    """Return when a state began, as a header has it."""
    return format_datetime(state.since, usegmt=True)


def _link_states(
    response: Response, states: list[State], path: str, past: int | None = None
) -> None:
    """Add links to the present and to the states that are kept.

    :param path: path of what is asked for, in the present.
    :param past: the generation that the answer is of.
    """
    add = response.headers.add
    add("Link", link(f"{_root()}{path}", "original timegate"))
    add("Link", link(f"{_root()}/timemap{path}", "timemap", _LINKS_TYPE))
    ids = [state.generation for state in states]
    at = ids.index(past) if past in ids else None
    named = [("first", 0), ("last", len(states) - 1)]
    if at is not None:
        named += [("prev", at - 1), ("next", at + 1)]
    for name, number in named:
        if 0 <= number < len(states):
            text = link(_memento(states[number], path), f"{name} memento")
            add("Link", f'{text}; datetime="{_date(states[number])}"')
