"""The stakeholder network as its page and its files show it."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

import pyoxigraph as ox
from flask import url_for

from kmgraph.errors import InputError, RecordNotFoundError
from kmgraph.figures.asking import iri_of
from kmgraph.figures.network_picture import KIND_MARKS, NetworkPicture
from kmgraph.figures.style import shortened
from kmgraph.namespaces import expand
from kmgraph.network import BridgeLoss, NetworkNode, Position, Reading, StakeholderNetwork, Tie
from kmgraph.network.around import read_around
from kmgraph.network.hanging import WhatHangs, what_hangs
from kmgraph.network.layout import ringed, sprung
from kmgraph.stores.views import PUBLIC
from kmgraph_server.snapshots import Snapshot

#: With more studies than these, only what stands around something is read.
WHOLE_STUDIES: Final = 300
#: Most records that are drawn, and that the table lists.
DRAWN: Final = 140
#: Posts that the form offers by name.
OFFERED: Final = 300
#: Kinds of ties in words, in the order of the form.
TIES: Final = {
    "alignment": "works with",
    "community": "community of",
    "membership": "member of",
    "secondment": "seconded from",
    "holding": "holds the post",
    "employment": "employed by",
    "panel": "panel of",
    "review": "reviews",
    "lead": "leads",
    "funding": "funds",
    "site": "site of",
    "origin": "grew from",
    "participation": "took part in",
}
WIDTH, HEIGHT = 1000, 700
_KEPT: Final = 8
_DEFAULT: Final = ox.DefaultGraph()
_NETWORKS: WeakKeyDictionary[Snapshot, OrderedDict[tuple[str, str], Whole]] = WeakKeyDictionary()
_LOCK: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for.

    :ivar record: what the picture is about, by IRI or by what stands after the base.
    :ivar ties: kinds of ties that are shown; all where there are none.
    """

    record: str = ""
    programme: str = ""
    theme: str = ""
    ties: tuple[str, ...] = ()

    @property
    def query(self) -> dict[str, Any]:
        """The parameters of its address."""
        given = {"record": self.record, "programme": self.programme, "theme": self.theme}
        return {k: v for k, v in given.items() if v} | (
            {"tie": list(self.ties)} if self.ties else {}
        )


@dataclass(frozen=True, slots=True)
class Whole:
    """A network with its measures.

    :ivar positions: where each record stands, the one that most ways lead over first.
    :ivar open: IRIs of records that may have further ties; none where all of it was read.
    """

    network: StakeholderNetwork
    positions: tuple[Position, ...]
    open: frozenset[str] = frozenset()
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class ShownNetwork:
    """What the page shows.

    :ivar hangs: what hangs on the record that it is about; None without one.
    :ivar loss: what is cut off without it; None where not all was read, or of a person in a view
        without measures of people.
    :ivar is_example: whether the record was not asked for, but shown for a beginning.
    """

    whole: Whole
    picture: NetworkPicture
    middle: NetworkNode | None = None
    hangs: WhatHangs | None = None
    loss: BridgeLoss | None = None
    is_example: bool = False


def shown_network(served: Snapshot, choice: Choice, *, view: str) -> ShownNetwork:
    """Return the network of a choice.

    :param view: name of the view, which decides whether measures may be of people.
    :raises InputError: there is no such kind of tie.
    :raises RecordNotFoundError: there is no such record, programme or theme.
    """
    if unknown := set(choice.ties) - TIES.keys():
        raise InputError(f"no kind of tie '{min(unknown)[:40]}': take some of {', '.join(TIES)}")
    whole, middle, is_example = _read(served, choice, view)
    node = whole.network.node(middle) if middle else None
    picture = _picture(served, whole, node)
    if node is None:
        return ShownNetwork(whole, picture)
    is_measured = whole.is_whole and whole.network.is_shown(node)
    return ShownNetwork(
        whole,
        picture,
        node,
        what_hangs(whole.network, node.iri, unread=whole.open),
        whole.network.if_gone(node.iri) if is_measured else None,
        is_example,
    )


def _read(served: Snapshot, choice: Choice, view: str) -> tuple[Whole, str, bool]:
    """Return the network that is read, what it is about, and whether that is an example."""
    store, people = served.dataset.store, view != PUBLIC
    theme = iri_of(store, "theme", choice.theme) if choice.theme else ""
    programme = iri_of(store, "programme", choice.programme) if choice.programme else ""
    if served.facts.numbers.get("km:Study", 0) <= WHOLE_STUDIES:
        whole = _kept(served, programme, people=people)
        whole = _narrowed(whole, _studies_of(served, theme) if theme else None, choice.ties, people)
        return whole, whole.network.node(choice.record).iri if choice.record else "", False
    if choice.record:
        starts = [_full(choice.record, store.base)]
    else:
        of = theme or programme
        starts = _studies_of(served, of)[:12] if of else _first_of(served)
    around = read_around(store, starts)
    network = StakeholderNetwork(around.reading, people=people, base=store.base)
    if choice.record:
        network.node(choice.record)
    middle = choice.record or (starts[0] if starts and not (theme or programme) else "")
    whole = Whole(network, (), around.open, is_whole=False)
    return _narrowed(whole, None, choice.ties, people), middle, not choice.record


def _kept(served: Snapshot, programme: str, *, people: bool) -> Whole:
    """Return the whole network of a view or programme, read once for each generation."""
    key = (programme, str(people))
    with _LOCK:
        kept = _NETWORKS.setdefault(served, OrderedDict())
        if key not in kept:
            network = served.dataset.network(programme=programme or None, people=people)
            kept[key] = Whole(network, tuple(network.positions()))
            while len(kept) > _KEPT:
                kept.popitem(last=False)
        return kept[key]


def _narrowed(
    whole: Whole, studies: Iterable[str] | None, kinds: tuple[str, ...], people: bool
) -> Whole:
    """Return what is left of a network with some studies, or with some kinds of ties."""
    if studies is None and not kinds:
        return whole
    network = whole.network
    ties = [tie for tie in network.ties if not kinds or set(kinds) & set(tie.kinds)]
    if studies is not None:
        kept = set(studies)
        kept |= {end for tie in ties for end in _ends(tie) if kept & set(_ends(tie))}
        ties = [tie for tie in ties if kept.issuperset(_ends(tie))]
        nodes = tuple(node for node in network.nodes if node.iri in kept)
    else:
        tied = {end for tie in ties for end in _ends(tie)}
        nodes = tuple(node for node in network.nodes if node.iri in tied or node.kind == "post")
    left = StakeholderNetwork(
        Reading(nodes, tuple(ties), network.datasets), people=people, base=network._base
    )
    return Whole(
        left, tuple(left.positions()) if whole.is_whole else (), whole.open, whole.is_whole
    )


def _picture(served: Snapshot, whole: Whole, middle: NetworkNode | None) -> NetworkPicture:
    """Return the picture of a network, or of what stands around one record."""
    network = whole.network
    degrees = {node.iri: len(network.ties_of(node.iri)) for node in network.nodes}
    order = {one.node.iri: number for number, one in enumerate(whole.positions)}
    first = sorted(
        network.nodes,
        key=lambda node: (order.get(node.iri, len(order)), -degrees[node.iri], node.iri),
    )
    notes = []
    if middle is not None:
        near = _near(network, middle.iri)
        first = [node for node in first if node.iri in near]
        first.sort(key=lambda node: near[node.iri])
        subject = f"The network around {middle.label}"
    else:
        subject = "The network"
    if len(first) > DRAWN:
        by = "betweenness" if order else "ties"
        notes.append(f"Only the {DRAWN} records with most {by} of {len(first):,} are drawn.")
    if not whole.is_whole:
        notes.append(
            "The network is large: the records nearest to the chosen one are read, and of those "
            "further away not every tie."
        )
    nodes = tuple(first[:DRAWN])
    shown = {node.iri for node in nodes}
    ties = tuple(tie for tie in network.ties if shown.issuperset(_ends(tie)))
    places = ringed(nodes, ties, middle.iri) if middle else sprung(nodes, ties)
    return NetworkPicture(
        subject,
        nodes,
        ties,
        places,
        middle.iri if middle else "",
        tuple(notes),
        served.is_synthetic,
        degrees,
    )


def _near(network: StakeholderNetwork, iri: str) -> dict[str, int]:
    """Return what is at most two ties away from a record, with how far."""
    near = {iri: 0}
    for steps in (1, 2):
        for one in [found for found, far in near.items() if far == steps - 1]:
            for tie in network.ties_of(one):
                for end in _ends(tie):
                    near.setdefault(end, steps)
    return near


def _studies_of(served: Snapshot, of: str) -> list[str]:
    """Return the studies of a theme or programme, sorted."""
    found: set[str] = set()
    for name in ("km:theme", "km:partOfProgramme"):
        quads = served.dataset.store.quads(
            None, ox.NamedNode(expand(name)), ox.NamedNode(of), _DEFAULT
        )
        found |= {quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)}
    study = expand("km:Study")
    some = sorted(found)[: WHOLE_STUDIES * 2]
    return [iri for iri in some if study in served.names.types(iri)]


def _first_of(served: Snapshot) -> list[str]:
    """Return a post to begin with, or else a study."""
    for name in ("km:FilledPost", "km:DiffusionFellowPost", "org:Post", "km:Study"):
        quads = served.dataset.store.quads(
            None, ox.NamedNode(expand("rdf:type")), ox.NamedNode(expand(name)), _DEFAULT
        )
        found = next((q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode)), "")
        if found:
            return [found]
    return []


def _full(name: str, base: str) -> str:
    """Return the IRI of a record that is given whole or from the base on.

    :raises RecordNotFoundError: it is none.
    """
    iri = name if "://" in name or name.startswith("urn:") else base + name
    try:
        return ox.NamedNode(iri).value
    except ValueError:
        raise RecordNotFoundError(f"the network holds no record '{name[:80]}'") from None


def _ends(tie: Tie) -> tuple[str, str]:
    """Return both ends of a tie."""
    return tie.first, tie.second


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A record as the template draws it."""

    node: NetworkNode
    x: float
    y: float
    size: float
    points: str
    label: str
    href: str
    words: str


@dataclass(frozen=True, slots=True)
class DrawnTie:
    """A tie as the template draws it."""

    x1: float
    y1: float
    x2: float
    y2: float
    is_inferred: bool
    is_chosen: bool


def drawn(picture: NetworkPicture, choice: Choice) -> tuple[list[DrawnNode], list[DrawnTie]]:
    """Return what the template draws."""
    at = {
        iri: (round(50 + x * (WIDTH - 100), 1), round(40 + y * (HEIGHT - 90), 1))
        for iri, (x, y) in picture.places.items()
    }
    named = picture.named()
    nodes = []
    for node in picture.nodes:
        ties = picture.degrees.get(node.iri, 0)
        size = round(8 + min(9.0, 2 * math.sqrt(ties)), 1)
        label = shortened(node.label, 30) if node.iri in named else ""
        state = f", {node.status}" if node.status else ""
        words = f"{node.label} ({node.kind}{state}), {ties} {'tie' if ties == 1 else 'ties'}"
        href = record_href(node.iri, choice)
        outline = _outline(node.kind, *at[node.iri], size)
        nodes.append(DrawnNode(node, *at[node.iri], size, outline, label, href, words))
    ties_drawn = [
        DrawnTie(
            *at[tie.first], *at[tie.second], tie.basis == "inferred", picture.middle in _ends(tie)
        )
        for tie in picture.ties
    ]
    return nodes, ties_drawn


def key_marks() -> dict[str, dict[str, Any]]:
    """Return the mark of each kind as the key of the picture has it."""
    return {
        kind: {"points": _outline(kind, 12, 12, 8), "x": 12, "y": 12, "size": 9}
        for kind in KIND_MARKS
    }


def record_href(iri: str, choice: Choice) -> str:
    """Return where the network around a record is shown."""
    return url_for("network.network", **{**choice.query, "record": iri})


def _outline(kind: str, x: float, y: float, size: float) -> str:
    """Return the corners of the shape of a kind; empty for a circle."""
    shape = KIND_MARKS[kind][0]
    corners, turn = {
        "D": (4, 0.0), "s": (4, 0.25), "h": (6, 0.0), "p": (5, 0.0), "^": (3, 0.0), "v": (3, 1.0),
        "P": (8, 0.0), "*": (7, 0.0),
    }.get(shape, (0, 0.0))  # fmt: skip
    angles = [2 * math.pi * (number / corners) - math.pi / 2 for number in range(corners)]
    return " ".join(
        f"{x + 1.15 * size * math.cos(angle + turn * math.pi):.1f},"
        f"{y + 1.15 * size * math.sin(angle + turn * math.pi):.1f}"
        for angle in angles
    )
