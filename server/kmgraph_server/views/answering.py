"""Queries of callers, evaluated by processes that can be stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urljoin

from flask import Response, g, request

from kmgraph import formats
from kmgraph.errors import TermError
from kmgraph.execution.lookups import small
from kmgraph.execution.messages import Job, Outcome
from kmgraph.namespaces import OWN_DEFAULT_GRAPH, graph_iri
from kmgraph.search import MEANINGS, SEARCH_TERMS
from kmgraph.sparql import QueryFacts, normalise
from kmgraph.stores.base import Answer
from kmgraph_server.access import is_read_only
from kmgraph_server.addresses import rooted
from kmgraph_server.caching import depends_on_more, not_stored, precheck, tag_maker, tagged
from kmgraph_server.errors import NotAcceptableError, PayloadError
from kmgraph_server.learning import LEARNING, Learning, TagMaker
from kmgraph_server.metadata_graph import metadata_for
from kmgraph_server.negotiation import Offer, forms
from kmgraph_server.observing import hash_of, notes_of
from kmgraph_server.pools import limits_of
from kmgraph_server.protocol import VERSIONS, ProtocolRequest
from kmgraph_server.service_description import GraphFacts, ServiceFacts
from kmgraph_server.state import evaluate, served, services, settings, snapshot
from kmgraph_server.views.responses import from_file

#: Longest result that a page shows; downloads may be longer.
_PAGE_BYTES: Final = 4_000_000
#: Most characters of a query that is read once more to tell it from others, in characters.
_LONGEST_READ_AGAIN: Final = 20_000


def body_of_query() -> bytes:
    """Return the body of a request that asks a query.

    :raises PayloadError: it is too long.
    """
    most = settings().body_limit_bytes
    if (request.content_length or 0) > most:
        raise PayloadError(f"the body of a query may have {most:,} bytes: send a shorter one")
    return request.get_data(cache=False)


def answered(
    asked: ProtocolRequest, offer: Offer, offers: Sequence[Offer], facts: QueryFacts
) -> Response:
    """Return the result of a query in the media type of an offer, whole.

    :param offers: what could be sent instead.
    :raises QueryTimeoutError: the query took longer than it may.
    :raises ResultLimitError: the result is larger than it may be.
    :raises NotAcceptableError: the format has no way to write the result.
    """
    notes = notes_of(request.environ)
    normal = _key(asked.query)
    notes.form = facts.form
    notes.facts["query"] = hash_of(normal)
    tags = _tags(asked, offer.content_type)
    tag = tags.of(normal)
    if not facts.is_volatile and (unchanged := precheck(tag)):
        return unchanged
    held = served()
    limits = limits_of(held.config).lowered(asked.timeout_s)
    try:
        outcome = evaluate(held.pool, _job(asked, offer), limits)
    except TermError as error:
        others = [other.media_type for other in forms(offers) if other.format != offer.format]
        raise NotAcceptableError(others, str(error)) from error
    notes.query_s, notes.facts["rows"] = outcome.seconds, outcome.rows
    if (said := request.environ.get(LEARNING)) is not None:
        _say(said, asked, offer, facts, normal, tags)
    response = from_file(outcome.body, outcome.length, offer)
    if metadata_for(asked) is not None:
        # They tell of files as well, which are written after the generation is published.
        depends_on_more(response)
    return not_stored(response) if facts.is_volatile else tagged(response, tag)


def _key(query: str) -> str:
    """Return what stands for a query: the same for queries that differ in white space only."""
    # Reading a long list of values again costs more than another answer kept.
    return normalise(query) if len(query) <= _LONGEST_READ_AGAIN else query


def tag_of(asked: ProtocolRequest, normal: str, kind: str) -> str:
    """Return the tag of the answer to a query that is not volatile.

    :param normal: the query, normalised.
    :param kind: what is sent, such as a media type.
    """
    return _tags(asked, kind).of(normal)


def _tags(asked: ProtocolRequest, kind: str) -> TagMaker:
    """Return what makes the tags of answers to queries that are asked in the same way.

    :param kind: what is sent, such as a media type.
    """
    graphs = [f"default {iri}" for iri in sorted(set(asked.default_graphs))]
    graphs += [f"named {iri}" for iri in sorted(set(asked.named_graphs))]
    if (metadata := metadata_for(asked)) is not None:
        graphs.append(f"metadata {metadata.digest}")
    return tag_maker("sparql", kind, endpoint(), *graphs)


def _say(
    said: Learning,
    asked: ProtocolRequest,
    offer: Offer,
    facts: QueryFacts,
    normal: str,
    tags: TagMaker,
) -> None:
    """Say what was answered, where the answer depends on the query and the view alone."""
    is_plain = (
        not (asked.default_graphs or asked.named_graphs or asked.draft)
        and asked.timeout_s is None
        and offer.version == VERSIONS[0]
        and offer.format is formats.JSON
        and not facts.is_volatile
        and settings().union_default_graph
        and metadata_for(asked) is None
    )
    if not is_plain or g.is_plain_refused:
        return
    seen = snapshot()
    said.query, said.normal, said.facts = asked.query, normal, facts
    said.tags, said.limits, said.coding = tags, small(limits_of(settings())), g.coding
    said.view, said.generation = seen.key, seen.generation


def endpoint() -> str:
    """Return the address of the endpoint, by which relative IRIs of queries are resolved.

    A slash at the end of it says nothing.
    """
    return request.base_url.rstrip("/")


def _job(asked: ProtocolRequest, offer: Offer) -> Job:
    """Return what a worker is asked to do."""
    seen, metadata = snapshot(), metadata_for(asked)
    return Job(
        view_path=metadata.path if metadata else seen.view_path,
        base=seen.dataset.base,
        query=asked.query,
        format=offer.format.name if offer.format else None,
        base_iri=endpoint(),
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        union_default_graph=settings().union_default_graph or metadata is not None,
        rdf_version=offer.version,
        view=seen.key,
        services=services(),
    )


def ask_for_page(asked: ProtocolRequest) -> tuple[Answer, int | None]:
    """Return the beginning of an answer, as a page shows it, and the number of all its rows."""
    held = served()
    limits = limits_of(held.config).lowered(asked.timeout_s)
    # The page is made in this process, which has no limit of its own.
    small = replace(limits, result_bytes=min(limits.result_bytes, _PAGE_BYTES))

    def run(job: Job) -> Outcome:
        """Evaluate the query within the limits of a page."""
        return evaluate(held.pool, replace(job, services=services()), small)

    metadata = metadata_for(asked)
    return (metadata.store if metadata else snapshot().endpoint).beginning(
        asked.query,
        held.config.page_row_limit,
        base_iri=endpoint(),
        default_graphs=asked.default_graphs or None,
        named_graphs=asked.named_graphs or None,
        run=run,
    )


def service_facts() -> ServiceFacts:
    """Return what the endpoint says of itself to the caller of the running request."""
    config, seen = settings(), snapshot()
    store = seen.dataset.store
    own = graph_iri(store.base, OWN_DEFAULT_GRAPH)
    names = [name for name in store.graph_names() if config.union_default_graph or name != own]
    default = store.count() if config.union_default_graph else _count(store, own)
    return ServiceFacts(
        endpoint=endpoint(),
        default_triples=default,
        graphs=tuple(GraphFacts(name, store.count(name)) for name in names),
        union_default_graph=config.union_default_graph,
        federated=bool(config.service_allow),
        properties=tuple((SEARCH_TERMS + name, said) for name, said in MEANINGS.items()),
        update_endpoint=None if is_read_only() else urljoin(endpoint(), rooted("/update")),
    )


def _count(store: object, name: str) -> int:
    """Return the size of a graph that there may be none of."""
    return store.count(name) if name in store.graph_names() else 0  # type: ignore[attr-defined]
