"""The change feed of a store: a Linked Data Event Stream of versions of entities.

::

    STORE/feed/VIEW/feed.json        which generation was told last, and how many members there are
    STORE/feed/VIEW/000001.jsonl     a page: members, one a line

The feed tells of what was recorded: the graphs of datasets and loaded graphs. What is derived of
them, and the vocabulary, are not in it. It is written by :func:`kmgraph.versions.update_feed`, from
the generations that are kept by then; what is written stays when generations are collected. A
page that is full never changes again.

An erasure removes the feed, since older versions may hold what is erased. The next one begins
anew, from the generations as the erasure left them, under another IRI, and says first what was
erased.

Source: https://w3id.org/ldes/specification
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import NotFoundError, StoreCorruptError
from kmgraph.namespaces import DCTERMS, RDF, XSD
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.tombstones import TOMBSTONES_FILE
from kmgraph.stores.views import PUBLIC
from kmgraph.versions.members import ADDED, CHANGED, CLASSES, REMOVED, Member, generation_of

#: Folder of the feeds in that of a store.
FOLDER: Final = "feed"
#: File of a feed that says how far it has come.
STATE_FILE: Final = "feed.json"
#: How often it is worth looking whether there is more, in seconds.
POLLING_S: Final = 60
_LDES: Final = "https://w3id.org/ldes#"
_TREE: Final = "https://w3id.org/tree#"
_TYPE: Final = ox.NamedNode(f"{RDF}type")


@dataclass(frozen=True, slots=True)
class FeedState:
    """How far a feed has come.

    :ivar epoch: tells this feed from those before an erasure.
    :ivar generation: id of the generation that was told last.
    :ivar created: the time that its members have; empty where none was told.
    :ivar members: number of members; lines beyond them were never finished.
    :ivar page_size: members on a full page.
    :ivar erasures: hash of what is known of erasures.
    """

    epoch: str
    generation: int
    created: str
    members: int
    page_size: int
    erasures: str


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A page of a feed.

    :ivar number: which, from 1.
    :ivar members: its members, in order.
    :ivar is_complete: whether it is full, and so will never change.
    """

    number: int
    members: tuple[Member, ...]
    is_complete: bool


class Feed:
    """The feed of one view, as it was last written.

    :param store: the store.
    :param view: key of the view.
    :raises NotFoundError: nothing was written yet, or something was erased since.
    """

    def __init__(self, store: GenerationStore, view: str = PUBLIC) -> None:
        self.folder = store.path / FOLDER / view
        self.base, self.view = store.base, view
        state = read_state(self.folder)
        if state is None or state.erasures != erasures_of(store):
            raise NotFoundError(
                f"{store.path}: the feed of the view '{view}' has to be written: run 'kmgraph feed'"
            )
        self._state = state

    @property
    def iri(self) -> str:
        """IRI of the stream; a feed that begins anew after an erasure has another one."""
        return f"{self.base}feed/{self.view}/{self.epoch}"

    @property
    def epoch(self) -> str:
        """What tells this stream from those before an erasure."""
        return self._state.epoch

    @property
    def generation(self) -> int:
        """Id of the generation that was told last."""
        return self._state.generation

    @property
    def pages(self) -> int:
        """Number of pages; the last one is not full, and may be empty."""
        return self._state.members // self._state.page_size + 1

    def __len__(self) -> int:
        """Return the number of members."""
        return self._state.members

    def page_iri(self, number: int) -> str:
        """Return the IRI of a page."""
        return f"{self.iri}/{number}"

    def page(self, number: int) -> FeedPage:
        """Return a page.

        :param number: from 1.
        :raises NotFoundError: there is no such page.
        """
        if not 1 <= number <= self.pages:
            raise NotFoundError(f"the feed has no page {number}: there are {self.pages}")
        size = self._state.page_size
        due = min(size, self._state.members - (number - 1) * size)
        path = page_path(self.folder, number)
        lines = path.read_bytes().splitlines()[:due] if due else []
        if len(lines) < due:
            raise StoreCorruptError(f"{path}: members are missing: remove the folder of the feed")
        return FeedPage(number, tuple(map(Member.from_line, lines)), due == size)

    def members(self) -> Iterator[Member]:
        """Yield all members, the oldest first."""
        for number in range(1, self.pages + 1):
            yield from self.page(number).members

    def page_of(self, iris: Iterable[str]) -> int | None:
        """Return the number of the page that holds one of some members; None where none does.

        Members are in the order of their generations, so the pages of one generation are read.

        :param iris: IRIs that the member may have, of one generation.
        """
        named = set(iris)
        wanted = next((generation_of(self.base, iri) for iri in named), None)
        if wanted is None:
            return None
        filled = range(1, -(-self._state.members // self._state.page_size) + 1)
        first = max(bisect_left(filled, wanted, key=self._first_generation) - 1, 0)
        end = bisect_right(filled, wanted, key=self._first_generation)
        lines = [Member(iri, "", "", "").to_line() for iri in named]
        # Quotes within a text are marked, so that a line can only begin like this.
        starts = [line.partition(b', "entity"')[0] + b"," for line in lines]
        for number in filled[first:end]:
            content = page_path(self.folder, number).read_bytes()
            left = self._state.members - (number - 1) * self._state.page_size
            places = [place for start in starts if (place := content.find(start)) >= 0]
            if any(content.count(b"\n", 0, place) < left for place in places):
                return number
        return None

    def _first_generation(self, number: int) -> int:
        """Return the generation of the first member of a page that is not empty."""
        with page_path(self.folder, number).open("rb") as lines:
            start = lines.readline().partition(b', "graphs": ')[0] + b"}"
        return generation_of(self.base, json.loads(start)["iri"]) or 0

    def last_changes(self) -> dict[str, str]:
        """Return when each entity of the feed last changed: its IRI to a time in ISO 8601.

        What its members say of entities is passed over, so that long feeds are read quickly.
        """
        changes: dict[str, str] = {}
        left = self._state.members
        for number in range(1, self.pages + 1):
            due = min(left, self._state.page_size)
            if not due:
                break
            left -= due
            for line in page_path(self.folder, number).read_bytes().splitlines()[:due]:
                start = line.partition(b', "graphs": ')[0] + b"}"
                fields = json.loads(start)
                changes[fields["entity"]] = fields["created"]
        return changes

    def page_quads(
        self,
        number: int,
        *,
        root: str | None = None,
        address: Callable[[int], str] | None = None,
    ) -> Iterator[ox.Quad]:
        """Yield a page as RDF: the stream, the way to the next page, and the members.

        :param root: where reading begins, if not at the first page.
        :param address: where a page is, if not at its IRI.
        :raises NotFoundError: there is no such page.
        """
        page = self.page(number)
        where = address or self.page_iri
        stream, here = ox.NamedNode(self.iri), ox.NamedNode(where(number))
        yield from _stream_quads(stream, ox.NamedNode(root or where(1)))
        yield ox.Quad(here, _TYPE, _tree("Node"))
        if page.is_complete:
            yield from _relation(here, where(number + 1), page.members[-1])
        for member in page.members:
            yield ox.Quad(stream, _tree("member"), ox.NamedNode(member.iri))
            yield from member.quads()

    def root_quads(self, root: str, address: Callable[[int], str]) -> Iterator[ox.Quad]:
        """Yield the document that reading begins with: the stream, and the way to its first page.

        Nothing is ever left out of the stream, so no policy of retention is named.

        :param root: address of that document.
        :param address: where a page is.
        """
        here = ox.NamedNode(root)
        yield from _stream_quads(ox.NamedNode(self.iri), here)
        yield ox.Quad(here, _TYPE, _tree("Node"))
        polling = ox.Literal(str(POLLING_S), datatype=ox.NamedNode(f"{XSD}integer"))
        yield ox.Quad(ox.NamedNode(self.iri), ox.NamedNode(f"{_LDES}pollingInterval"), polling)
        first = self.page(1)
        if first.members:
            yield from _relation(here, address(1), first.members[0])
        else:
            link = ox.NamedNode(f"{root}#next")
            yield ox.Quad(here, _tree("relation"), link)
            yield ox.Quad(link, _TYPE, _tree("Relation"))
            yield ox.Quad(link, _tree("node"), ox.NamedNode(address(1)))


def _tree(name: str) -> ox.NamedNode:
    """Return a term of the TREE vocabulary."""
    return ox.NamedNode(_TREE + name)


def _relation(here: ox.NamedNode, target: str, least: Member) -> Iterator[ox.Quad]:
    """Yield that nothing on a page and those after it is older than a member."""
    link = ox.NamedNode(f"{here.value}#next")
    yield ox.Quad(here, _tree("relation"), link)
    yield ox.Quad(link, _TYPE, _tree("GreaterThanOrEqualToRelation"))
    yield ox.Quad(link, _tree("node"), ox.NamedNode(target))
    yield ox.Quad(link, _tree("path"), ox.NamedNode(f"{DCTERMS}created"))
    value = ox.Literal(least.created, datatype=ox.NamedNode(f"{XSD}dateTime"))
    yield ox.Quad(link, _tree("value"), value)


def _stream_quads(stream: ox.NamedNode, root: ox.NamedNode) -> Iterator[ox.Quad]:
    """Yield what is said of the stream as a whole."""
    yield ox.Quad(stream, _TYPE, ox.NamedNode(f"{_LDES}EventStream"))
    yield ox.Quad(stream, _tree("view"), root)
    for name, value in (
        ("timestampPath", f"{DCTERMS}created"),
        ("versionOfPath", f"{DCTERMS}isVersionOf"),
        ("versionCreateObject", CLASSES[ADDED]),
        ("versionUpdateObject", CLASSES[CHANGED]),
        ("versionDeleteObject", CLASSES[REMOVED]),
    ):
        yield ox.Quad(stream, ox.NamedNode(_LDES + name), ox.NamedNode(value))


def feeds_in(store_path: Path) -> list[str]:
    """Return the keys of the views that a store has a feed of.

    >>> feeds_in(Path("/nowhere"))
    []
    """
    return sorted(path.parent.name for path in (store_path / FOLDER).glob(f"*/{STATE_FILE}"))


def read_state(folder: Path) -> FeedState | None:
    """Return how far a feed has come; None where there is none.

    :raises StoreCorruptError: the file is not as kmgraph writes it.

    >>> read_state(Path("/nowhere"))
    """
    try:
        return FeedState(**json.loads((folder / STATE_FILE).read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise StoreCorruptError(
            f"{folder / STATE_FILE} cannot be read ({error}): remove the folder of the feed"
        ) from error


def erasures_of(store: GenerationStore) -> str:
    """Return a hash of what a store knows of erasures; empty where nothing was erased."""
    try:
        return hashlib.sha256((store.path / TOMBSTONES_FILE).read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def page_path(folder: Path, number: int) -> Path:
    """Return the file of a page.

    >>> page_path(Path("feed"), 1).name
    '000001.jsonl'
    """
    return folder / f"{number:06}.jsonl"
