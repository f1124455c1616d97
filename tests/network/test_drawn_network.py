"""The drawn network: what was worked out on paper, and what another library finds."""

from __future__ import annotations

from decimal import Decimal

import networkx as nx
import pytest

from kmgraph.bundles.files import example_path
from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import AccessDeniedError, InputError, RecordNotFoundError
from kmgraph.network import KINDS, BridgeLoss
from kmgraph.pipeline.in_memory import build_in_memory
from tests.network.conftest import as_networkx

#: Pairs of records whose shortest ways lead over each, in sixths; see the README of the bundle.
SIXTHS = {
    "study/fx-s2": 218,
    "post/fx-broker": 174,
    "community/fx-c2": 155,
    "study/fx-s1": 88,
    "post/fx-liaison": 78,
    "study/fx-s3": 66,
    "community/fx-c1": 49,
    "person/fx-ann": 24,
    "person/fx-bob": 24,
}


def test_betweenness_is_that_of_the_drawing(drawn: EvidenceDataset) -> None:
    """Each share is the number of pairs that was counted, divided by 78."""
    found = drawn.network(people=True).betweenness()
    wanted = {
        node.iri: (Decimal(SIXTHS.get(node.iri.removeprefix(drawn.base), 0)) / 6 / 78).quantize(
            Decimal("0.000001")
        )
        for node in drawn.network().nodes
    }
    assert wanted == found


def test_measures_agree_with_networkx(drawn: EvidenceDataset) -> None:
    """An independent calculation finds the same on the same graph."""
    network = drawn.network(people=True)
    graph = as_networkx(network)
    theirs = nx.betweenness_centrality(graph)
    assert {iri: round(share, 6) for iri, share in theirs.items()} == {
        iri: float(share) for iri, share in network.betweenness().items()
    }
    assert set(nx.articulation_points(graph)) == {
        node.iri for node in network.articulation_points()
    }
    assert {frozenset(edge) for edge in nx.bridges(graph)} == {
        frozenset((found.tie.first, found.tie.second)) for found in network.bridges()
    }


def test_the_public_measures_have_no_person_as_their_subject(drawn: EvidenceDataset) -> None:
    """People tie others as before, and are measured only where that is asked for."""
    public, all_of_it = drawn.network(), drawn.network(people=True)
    assert public.ties == all_of_it.ties
    with_people = all_of_it.betweenness()
    assert {iri: share for iri, share in with_people.items() if "/person/" not in iri} == (
        public.betweenness()
    )
    assert not any("/person/" in p.node.iri for p in public.positions())
    assert not any("/person/" in b.tie.first + b.tie.second for b in public.bridges())
    with pytest.raises(AccessDeniedError, match="is a person"):
        public.if_gone("person/fx-ann")
    assert (12,) == all_of_it.if_gone("person/fx-ann").parts


def lost(found: BridgeLoss, base: str) -> dict[str, tuple[int, int]]:
    """Return what is lost: record to what it could and can reach."""
    return {
        loss.node.iri.removeprefix(base): (loss.reach_before, loss.reach_after)
        for loss in found.losses
    }


def test_a_vacancy_cuts_off_what_the_drawing_shows(drawn: EvidenceDataset) -> None:
    """Without the broker three records lose their bridge; without the liaison, none does."""
    network = drawn.network()
    found = network.if_vacant("post/fx-broker")
    assert (9, 2, 1) == found.parts
    assert {
        "study/fx-s3": (11, 1),
        "community/fx-c3": (11, 1),
        "organisation/fx-trust": (11, 0),
    } == lost(found, drawn.base)
    assert (12,) == network.if_vacant("post/fx-liaison").parts
    vacant = network.if_vacant("post/fx-fellow")
    assert ((), (), True) == (vacant.parts, vacant.losses, vacant.gone.is_vacant)


def test_any_record_may_go(drawn: EvidenceDataset) -> None:
    """Without study 2, the broker's side is cut off; the broker is no study and not listed."""
    found = drawn.network().if_gone("study/fx-s2")
    assert (8, 4) == found.parts
    assert {"study/fx-s3", "community/fx-c3", "organisation/fx-trust"} == set(
        lost(found, drawn.base)
    )


def test_where_parts_are_equally_large_all_of_them_lose(drawn: EvidenceDataset) -> None:
    """Of posts and studies alone, each post cuts off one study, and study 2 parts two from two."""
    network = drawn.network(kinds=["post", "study"])
    found = network.if_vacant("post/fx-broker")
    assert (3, 1) == found.parts
    found = network.if_vacant("post/fx-liaison")
    assert (3, 1) == found.parts
    tied = network.if_gone("study/fx-s2")
    assert (2, 2) == tied.parts
    assert {"study/fx-s1": (3, 1), "study/fx-s3": (3, 1)} == lost(tied, drawn.base)


def test_what_cannot_be_asked_is_refused(drawn: EvidenceDataset) -> None:
    """A post that is not there, a study that cannot fall vacant and a kind that does not exist."""
    network = drawn.network()
    with pytest.raises(RecordNotFoundError, match="post/fx-nobody"):
        network.if_vacant("post/fx-nobody")
    with pytest.raises(InputError, match="no post but of the kind 'study'"):
        network.if_vacant("study/fx-s1")
    with pytest.raises(InputError, match=r"no kind of record 'posts'.*organisation"):
        drawn.network(kinds=["posts"])


def test_every_tie_leads_to_records_and_passages(drawn: EvidenceDataset) -> None:
    """What ties two records stands in records, and these in passages."""
    ties = drawn.network().ties
    assert 14 == len(ties)
    assert all(tie.records and tie.passages and tie.kinds for tie in ties)
    (tie,) = (t for t in ties if "fx-ann" in t.second and "fx-c1" in t.first)
    assert [drawn.base + "membership/fx-m1"] == list(tie.records)
    assert [drawn.base + "passage/fx-p-m1"] == list(tie.passages)


def test_what_is_found_in_the_shipped_example() -> None:
    """The paper ties posts to studies alone: with panels all hangs together, else hardly."""
    shipped = build_in_memory(example_path("clahrc-ndl"))
    network = shipped.network()
    posts = [node for node in network.nodes if node.kind == "post"]
    assert not any(network.if_vacant(post.iri).losses for post in posts)
    assert ["post/ndl-CYP3-df-1"] == [
        post.iri.removeprefix(shipped.base) for post in posts if post.is_vacant
    ]
    # The panels review all studies, so most studies have the same part around them.
    sizes = {p.part_size for p in network.positions() if p.node.kind == "study"}
    assert 1 == len(sizes)
    alone = shipped.network(kinds=[kind for kind in KINDS if kind != "panel"])
    assert len({p.part_size for p in alone.positions() if p.node.kind == "study"}) > 2
