"""Erase a person or a record from a store: from every generation, with all that follows from it.

The engine keeps deleted data in its files, and later generations share files with earlier ones.
So every generation is written from nothing: a new current one first, then those before it, each
put in the place of the old one in one step. An erasure that was interrupted is finished by asking
for it again, or by :func:`finish`, which needs no IRI: what is erased is known by its tombstone.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.errors import InputError, RecordNotFoundError
from kmgraph.facets import FACETED
from kmgraph.pipeline.erasable import (
    check_reason,
    check_texts,
    refuse_term,
    require_texts,
    targets_of,
)
from kmgraph.pipeline.erased_snapshots import holding, remove_holding, seen_in
from kmgraph.pipeline.leftovers import Leftover, search
from kmgraph.pipeline.publication import staging
from kmgraph.pipeline.rewriting import Rewriting
from kmgraph.pipeline.sweeping import Matcher, Mention, Mentions, Sweep
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.search import forget_indexes
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.previews import forget_previews
from kmgraph.stores.tombstones import Tombstones, append_to_log
from kmgraph.validation import Report

#: Folder of the change feeds, whose older versions of entities may hold what is erased.
FEED_FOLDER: Final = "feed"


@dataclass(frozen=True, slots=True)
class Swept:
    """What an erasure takes from one generation.

    :ivar generation: id of the generation.
    :ivar statements: number of statements that go, derived ones not counted.
    :ivar pointing: property to the number of statements elsewhere that pointed to what goes.
    :ivar texts: property to the number of statements that go for a text they hold.
    :ivar dependents: sheet to the number of records that cannot stand without what goes.
    """

    generation: int
    statements: int
    pointing: Mapping[str, int]
    texts: Mapping[str, int]
    dependents: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as plain values."""
        return {
            "generation": self.generation,
            "statements": self.statements,
            "pointing": dict(self.pointing),
            "texts": dict(self.texts),
            "dependents": dict(self.dependents),
        }


@dataclass(slots=True)
class PurgeSummary:
    """What an erasure did, or would do.

    :ivar swept: what goes from each generation, the oldest first.
    :ivar generation: the published generation; None where none was.
    :ivar log_ids: what stands in the log for what was erased.
    :ivar mentions: statements that stay although they hold a text of an erased record.
    :ivar leftovers: files elsewhere that hold it still.
    :ivar report: the validation report of what is left, or None where nothing was validated.
    :ivar changed: whether anything had to be done.
    :ivar texts_due: number of texts that were erased before and were not given again; a backup
        that was restored may hold them.
    :ivar snapshots: IRIs of the snapshots that go. A preview names only those of generations that
        are no longer kept; of the others all go whose generation loses anything.
    """

    swept: list[Swept] = field(default_factory=list)
    generation: Generation | None = None
    log_ids: tuple[str, ...] = ()
    mentions: list[Mention] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    report: Report | None = None
    changed: bool = True
    texts_due: int = 0
    snapshots: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain values, for machine-readable output."""
        return {
            "changed": self.changed,
            "generation": self.generation.id if self.generation else None,
            "log_ids": list(self.log_ids),
            "swept": [swept.to_dict() for swept in self.swept],
            "mentions": [
                {
                    "text": m.text,
                    "property": m.property,
                    "statements": m.statements,
                    "subjects": m.subjects,
                }
                for m in self.mentions
            ],
            "leftovers": [
                {"file": str(found.file), "holds": found.holds} for found in self.leftovers
            ],
            "violations": len(self.report.violations) if self.report else None,
            "texts_due": self.texts_due,
            "snapshots": list(self.snapshots),
        }


def preview(
    store: str | Path | GenerationStore, iri: str, *, texts: Sequence[str] = ()
) -> PurgeSummary:
    """Say what :func:`purge` would take away, and change nothing.

    :raises RecordNotFoundError: no generation names the IRI.
    :raises InputError: the IRI or a text cannot be erased.
    """
    target = store if isinstance(store, GenerationStore) else GenerationStore(store)
    check_texts(texts)
    iris = targets_of(target.base, iri)
    stones = Tombstones.of(target.path)
    matcher = Matcher(stones.with_erased(iris, ()), texts, base=target.base)
    with _sweeps(target, matcher) as sweeps:
        held = holding(target, matcher)
        _require_named(sweeps, iris, stones, texts, is_held=bool(held))
        mentions = Mentions(_own_texts(sweeps), base=target.base)
        for sweep in sweeps:
            sweep.count(mentions)
        return PurgeSummary(
            [_swept(sweep) for sweep in sweeps],
            mentions=mentions.found,
            snapshots=tuple(snapshot.iri for snapshot in held),
        )


def purge(
    store: str | Path | GenerationStore,
    iri: str,
    *,
    reason: str | None = None,
    texts: Sequence[str] = (),
    also: Sequence[str | Path] = (),
    validate: bool = True,
    progress: Progress = silent,
) -> PurgeSummary:
    """Erase a person or a record from every generation of a store.

    What names the IRI goes, and so does what lies below it, what hangs on it by blank nodes,
    records that cannot stand without it, and what was derived from any of these. Readers that
    have a generation open go on with it until they close.

    :param iri: IRI of the record; that of a dataset or of its graph erases the whole graph.
    :param reason: what the log says of why; it must hold no personal data.
    :param texts: texts that are erased wherever they stand, such as a name.
    :param also: folders with bundles or exports, which are searched and left as they are.
    :param validate: whether to validate what is left; violations are reported and stop nothing.
    :raises RecordNotFoundError: no generation names the IRI.
    :raises InputError: the IRI or a text cannot be erased, or the reason holds it.
    :raises StoreLockedError: another process is writing to the store; nothing was done.
    """
    target = store if isinstance(store, GenerationStore) else GenerationStore(store)
    check_texts(texts)
    iris = targets_of(target.base, iri)
    check_reason(reason, [iri, *texts])
    with target.writing(progress=progress):
        stones = Tombstones.of(target.path)
        require_texts(stones, iris, texts)
        wanted = stones.with_erased(iris, (), texts=len(texts))
        matcher = Matcher(wanted, texts, base=target.base)
        with _sweeps(target, matcher) as sweeps:
            held = holding(target, matcher)
            ids = _identifiers(sweeps, target.base, iri)
            is_known = _require_named(sweeps, iris, stones, texts, is_held=bool(held))
            is_left = bool(stones.unfinished or texts or held or any(map(_hits, sweeps)))
            if is_known and not is_left:
                summary = PurgeSummary(changed=False)
            else:
                seen = {visibility for sweep in sweeps for visibility in sweep.visibilities}
                seen = seen or seen_in(held)
                wanted = stones.with_erased(iris, seen, texts=len(texts))
                wanted.save(target.path)
                found = {stone.log_id for stone in wanted.unfinished}
                entry = {"ids": sorted(found), "reason": reason, "texts": len(texts)}
                summary = _rewrite(target, sweeps, wanted, entry, validate, progress)
    summary.log_ids = tuple(stone.log_id for i in iris if (stone := wanted.find(i)))
    summary.leftovers = search(also, iris, sorted(ids), texts)
    return summary


def finish(
    store: str | Path | GenerationStore,
    *,
    texts: Sequence[str] = (),
    validate: bool = True,
    progress: Progress = silent,
) -> PurgeSummary:
    """Erase again whatever was ever erased, such as after a crash or after a backup was restored.

    :param texts: the texts that were erased before, of which a store keeps only the number.
    :returns: a summary; its ``texts_due`` tells of texts that earlier erasures had.
    :raises InputError: an interrupted erasure had texts, and fewer are given.
    """
    target = store if isinstance(store, GenerationStore) else GenerationStore(store)
    check_texts(texts)
    with target.writing(progress=progress):
        stones = Tombstones.of(target.path)
        require_texts(stones, (), texts)
        matcher = Matcher(stones, texts, base=target.base)
        with _sweeps(target, matcher) as sweeps:
            held = holding(target, matcher)
            is_left = bool(stones.unfinished or texts or held or any(map(_hits, sweeps)))
            if not is_left or target.current_id() is None:
                summary = PurgeSummary(changed=False)
            else:
                found = matcher.found | {stone.log_id for stone in stones.unfinished}
                ids = sorted(found)
                entry = {"ids": ids, "reason": "finished later", "texts": len(texts)}
                summary = _rewrite(target, sweeps, stones, entry, validate, progress)
                summary.log_ids = tuple(ids)
    summary.texts_due = max(sum(s.texts for s in stones.stones.values()) - len(texts), 0)
    return summary


def _identifiers(sweeps: Sequence[Sweep], base: str, iri: str) -> set[str]:
    """Return the ids by which bundles know a record; the end of its IRI is one if no other is."""
    known = {identifier for sweep in sweeps for identifier in sweep.identifiers}
    is_ours = iri.startswith(base)
    return known or ({iri.rstrip("/#").rpartition("/")[2]} if is_ours else set())


@contextmanager
def _sweeps(target: GenerationStore, matcher: Matcher) -> Iterator[list[Sweep]]:
    """Give the surveyed sweep of each generation, the oldest first."""
    sweeps: list[Sweep] = []
    try:
        for generation in target.generations():
            view = target.open_view(generation.master, generation.id)
            sweeps.append(Sweep(view, generation, matcher))
            sweeps[-1].survey()
        yield sweeps
    finally:
        for sweep in sweeps:
            sweep.store.close()


def _require_named(
    sweeps: Sequence[Sweep],
    iris: Sequence[str],
    stones: Tombstones,
    texts: Sequence[str],
    *,
    is_held: bool,
) -> bool:
    """Raise unless some generation names one of the IRIs; say whether it was erased before.

    :param is_held: whether a snapshot of a generation that is no longer kept names it.
    :raises RecordNotFoundError: none does.
    :raises InputError: it is a term of the vocabulary, or only what lies below it is named.
    """
    if any(stones.is_gone(iri) for iri in iris):
        return True
    for sweep in sweeps:
        refuse_term(sweep, ox.NamedNode(iris[0]))
    if any(_names(sweep, iri) for sweep in sweeps for iri in iris):
        return False
    if any(sweep.pointing or sweep.own_statements for sweep in sweeps):
        raise InputError(
            f"<{iris[0]}> itself is no record, but others lie below it: give the IRI of one"
        )
    if not texts and (is_held or any(sweep.texts_found for sweep in sweeps)):
        return False
    raise RecordNotFoundError(f"no generation of the store names <{iris[0]}>")


def _names(sweep: Sweep, iri: str) -> bool:
    """Say whether a generation names an IRI itself, as a term or a graph."""
    node = ox.NamedNode(iri.rstrip("/#"))
    patterns = ((node, None, None), (None, node, None), (None, None, node))
    found = (next(sweep.store.quads(*pattern), None) for pattern in patterns)
    is_graph = any(graph.iri == iri for graph in sweep.generation.graphs)
    return is_graph or any(found)


def _hits(sweep: Sweep) -> bool:
    """Say whether anything goes from a generation."""
    return bool(sweep.visibilities)


def _own_texts(sweeps: Sequence[Sweep]) -> set[str]:
    """Return the texts of the erased records in all generations."""
    return {text for sweep in sweeps for text in sweep.own_texts}


def _swept(sweep: Sweep) -> Swept:
    """Return the numbers of a sweep."""
    return Swept(
        sweep.generation.id,
        sweep.statements,
        dict(sweep.pointing),
        dict(sweep.texts_found),
        dict(sweep.dependents),
    )


def _rewrite(
    target: GenerationStore,
    sweeps: list[Sweep],
    stones: Tombstones,
    entry: dict[str, Any],
    validate: bool,
    progress: Progress,
) -> PurgeSummary:
    """Publish a swept generation, put swept ones in the place of the old ones, and log it."""
    summary = PurgeSummary()
    shutil.rmtree(target.path / FEED_FOLDER, ignore_errors=True)
    forget_indexes(target)
    FACETED.forget(target)
    forget_previews(target)
    mentions = Mentions(_own_texts(sweeps), base=target.base)
    with staging(target) as directory:
        rewriting = Rewriting(target, directory, mentions, progress)
        if sweeps:
            summary.generation = rewriting.publish(sweeps[-1], validate=validate)
            summary.report = rewriting.report
            summary.swept = [_swept(sweeps[-1])]
        for sweep in sweeps:
            sweep.statements = 0
            rewriting.replace(sweep)
    # An index may have been made of the old content while it was rewritten.
    forget_indexes(target)
    FACETED.forget(target)
    if sweeps:
        summary.snapshots = remove_holding(target, sweeps[0].matcher)
    summary.swept = [_swept(sweep) for sweep in sweeps]
    summary.mentions = mentions.found
    append_to_log(target.path, _log_entry(entry, summary))
    stones.with_all_finished().save(target.path)
    progress(ProgressEvent("log", "the erasure is finished"))
    return summary


def _log_entry(entry: dict[str, Any], summary: PurgeSummary) -> dict[str, Any]:
    """Return what the log says of an erasure: when, why and how much, and not what."""
    return {
        "when": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        **entry,
        "published": summary.generation.id if summary.generation else None,
        "statements": {str(swept.generation): swept.statements for swept in summary.swept},
        "dependents": dict(sum((Counter(s.dependents) for s in summary.swept), Counter())),
    }
