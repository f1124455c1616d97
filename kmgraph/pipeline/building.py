"""Build bundles into a store.

The stages, in order: read and check every bundle, map it to quads, load the quads into the next
generation, derive what follows, check who describes what, validate, publish. What is derived is
validated too. Whatever fails before the last stage leaves the store as it was.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.files import write_rejects
from kmgraph.bundles.opening import open_bundle
from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import Source
from kmgraph.errors import BundleError, InputError, NonConformanceError
from kmgraph.namespaces import graph_iri
from kmgraph.pipeline import workers
from kmgraph.pipeline.elsewhere import StoreElsewhere
from kmgraph.pipeline.erased_rows import without_erased
from kmgraph.pipeline.following import RULES, follow, following_digest
from kmgraph.pipeline.options import BuildOptions, BuildSummary, Clock
from kmgraph.pipeline.publication import (
    holds_all,
    put_dataset,
    put_vocabulary,
    refuse_described_twice,
    refuse_edited,
    refuse_pooling,
    staging,
)
from kmgraph.pipeline.staging import (
    Rejection,
    StagedDataset,
    find_rejections,
    place_of,
    rejected_rows,
    stage,
)
from kmgraph.pipeline.telling import entities_of, tell_feeds
from kmgraph.pipeline.validating import validate_prepared
from kmgraph.stores.base import QuadStore
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.tombstones import Tombstones
from kmgraph.stores.triple_files import TripleFile
from kmgraph.validation import Report


def build(
    bundles: Sequence[str | Path | Source],
    store: str | Path | GenerationStore,
    options: BuildOptions | None = None,
) -> BuildSummary:
    """Build bundles into a store and publish them as its next generation.

    :param bundles: bundles, each with a dataset of its own; one that extends another comes later.
    :param store: the store or its folder.
    :returns: what was done. The graphs of these datasets are replaced and no other.
    :raises BundleError: a bundle has problems (all are attached); nothing was built.
    :raises NonConformanceError: the shapes are violated; nothing was published.
    :raises PublicationError: two datasets describe one IRI, or real and synthetic data meet.
    :raises EditedGraphError: updates changed one of the graphs, and the edits would be lost.
    """
    options = options or BuildOptions()
    target = store if isinstance(store, GenerationStore) else GenerationStore(store)
    if not bundles:
        raise InputError("give at least one bundle to build")
    if options.keep_going and options.rejects is None:
        raise InputError("to keep going, name a folder for the rejected rows")
    if options.rejects is not None and options.rejects.exists():
        if any(options.rejects.rglob("*.csv")):
            raise InputError(f"{options.rejects} has CSV files already: name an empty folder")
    sources = [
        open_bundle(b, encoding=options.encoding) if isinstance(b, str | Path) else b
        for b in bundles
    ]
    digests = [_digest(source, options) for source in sources]
    if options.if_changed and holds_all(target, digests):
        return BuildSummary(target.generation(), changed=False)
    refused: dict[str, list[str]] = {}
    while True:
        try:
            return _build_once(sources, digests, target, options, refused)
        except NonConformanceError as error:
            if not (options.keep_going and _refuse(error.report, refused)):
                raise


def _refuse(report: Report, refused: dict[str, list[str]]) -> bool:
    """Note the records that violate a shape; say whether there is a new one among them.

    Leaving rows out can violate shapes, so that further records have to be set aside.
    """
    before = len(refused)
    for result in report.violations:
        if result.location is not None:
            node = str(getattr(result.focus_node, "value", result.focus_node))
            # What hangs on a record, such as its quote, goes with the record.
            for iri in (node, node.rpartition("/")[0]):
                refused.setdefault(iri, []).append(f"violates a shape: {result.message}")
    return len(refused) > before


def _build_once(
    sources: list[Source],
    digests: list[str],
    target: GenerationStore,
    options: BuildOptions,
    refused: dict[str, list[str]],
) -> BuildSummary:
    """Build, leaving out the records that the shapes were seen to refuse."""
    clock = Clock()
    reason = options.reason or "build " + ", ".join(source.name for source in sources)
    scratch, progress = options.from_scratch, options.progress
    with (
        target.begin(reason=reason, from_scratch=scratch, progress=progress) as writer,
        staging(target) as directory,
        _current(target, options) as current,
    ):
        staged = _stage_all(target, sources, current, options, refused, directory, clock)
        refuse_edited(
            target,
            staged,
            append=options.append,
            discard_edits=options.discard_edits,
            from_scratch=scratch,
        )
        refuse_pooling(target, staged, from_scratch=scratch)
        with clock.phase("load"):
            for dataset, digest in zip(staged, digests, strict=True):
                put_dataset(target, writer, dataset, digest, append=options.append)
            is_new = put_vocabulary(target, writer, directory, from_scratch=scratch)
            writer.prepare()
        with clock.phase("derive"):
            change = _appended(target, staged) if options.append and not is_new else None
            followed = follow(
                target, writer, directory, progress, change=change, flips=options.flips
            )
        with clock.phase("validate"):
            for dataset in staged:
                new = dataset.quads if options.append else None
                refuse_described_twice(target, writer, dataset.name, appended=new)
            report = validate_prepared(
                target, writer, staged, directory, progress, changes=followed.changes
            )
        with clock.phase("publish"):
            records: Counter[str] = sum((d.records for d in staged), Counter())
            # Before anything is published without them, so that no crash can lose them.
            rejected = sum(_write_rejected(d, options, several=len(staged) > 1) for d in staged)
            generation = writer.publish(
                counts={"records": dict(records)}, extra={RULES: following_digest()}
            )
            tell_feeds(target, changed=entities_of(change), progress=progress)
    return BuildSummary(
        generation,
        records=records,
        rejected=rejected,
        left_out=sum(d.left_out for d in staged),
        problems=[problem for d in staged for problem in d.problems],
        unread=[file for d in staged for file, _ in sorted(d.check.blocked)],
        report=report,
        seconds=clock.seconds,
        rule_seconds=followed.seconds,
        missing_documents=[name for d in staged for name in d.missing_documents],
        quotes_beyond=[name for d in staged for name in d.quotes_beyond],
    )


def _appended(target: GenerationStore, staged: Sequence[StagedDataset]) -> list[TripleFile]:
    """Return what is added to datasets."""
    return [TripleFile(one.quads, graph_iri(target.base, one.name)) for one in staged]


def _digest(source: Source, options: BuildOptions) -> str:
    """Return what tells whether a bundle would give the same graph again."""
    if options.documents is None:
        return f"{source.digest()}{options.encoding or ''}"
    copies = sorted(path for path in options.documents.rglob("*") if path.is_file())
    digests = (hashlib.sha256(path.read_bytes()).hexdigest() for path in copies)
    return "+".join([source.digest(), options.encoding or "", *digests])


@contextmanager
def _current(target: GenerationStore, options: BuildOptions) -> Iterator[QuadStore | None]:
    """Give read access to all of the current generation, or None where a build starts anew.

    Rows are checked against it up to the end, when the rejected ones are written.
    """
    if target.current_id() is None or options.from_scratch:
        yield None
        return
    with target.open_view(target.generation().master) as view:
        yield view


def _stage_all(
    target: GenerationStore,
    sources: list[Source],
    current: QuadStore | None,
    options: BuildOptions,
    refused: dict[str, list[str]],
    directory: Path,
    clock: Clock,
) -> list[StagedDataset]:
    """Check and map all bundles; the problems of all of them are reported together."""
    staged: list[StagedDataset] = []
    problems: list[Problem] = []
    messages: list[str] = []
    checks: dict[str, BundleCheck] = {}
    for source in sources:
        with clock.phase("read and check"):
            check = _check(source, current, checks, options)
            place = place_of(check, StoreElsewhere(current, dict(checks)), target.base)
            kept = without_erased(check, place, Tombstones.of(target.path))
            if kept is not None:
                check = _check(kept, current, checks, options)
        name = str(check.dataset.get("id") or "")
        if name and name in checks:
            raise BundleError(f"two of the bundles hold the dataset '{name}': merge them")
        elsewhere = StoreElsewhere(current, dict(checks))
        try:
            with clock.phase("map"):
                base = target.base
                staged.append(_stage_one(check, elsewhere, base, directory, options, refused))
        except BundleError as error:
            messages.append(str(error))
            problems.extend(error.problems)
        checks[name] = check
    if messages:
        raise BundleError("\n".join(messages), problems)
    return staged


def _check(
    source: Source,
    current: QuadStore | None,
    checks: dict[str, BundleCheck],
    options: BuildOptions,
) -> BundleCheck:
    """Return the check of a bundle, which may point to what is there already."""
    elsewhere = StoreElsewhere(current, dict(checks))
    check = BundleCheck(
        source, elsewhere=elsewhere, progress=options.progress, workers=workers.count()
    )
    if options.append:
        name = str(check.dataset.get("id") or "")
        if not elsewhere.has_dataset(name):
            raise InputError(f"the store has no dataset '{name}' to append to: build it first")
        check.use_elsewhere(StoreElsewhere(current, dict(checks), appended=name))
    return check


def _stage_one(
    check: BundleCheck,
    elsewhere: StoreElsewhere,
    base: str,
    directory: Path,
    options: BuildOptions,
    refused: dict[str, list[str]],
) -> StagedDataset:
    """Map one bundle, setting rows aside where that is wanted."""
    rejection: Rejection | None = None
    if options.keep_going:
        rejection = find_rejections(check, place_of(check, elsewhere, base), refused)
    staged = stage(
        check,
        elsewhere,
        base,
        directory,
        documents=options.documents,
        rejection=rejection,
        progress=options.progress,
    )
    if rejection is not None:
        staged.problems = rejection.problems
    return staged


def _write_rejected(dataset: StagedDataset, options: BuildOptions, *, several: bool) -> int:
    """Write the rows of a dataset that were not built, and return how many they are.

    They can be corrected and appended. Several datasets have a folder each.
    """
    if dataset.rejection is None or options.rejects is None or not dataset.is_partial:
        return 0
    directory = options.rejects / dataset.name if several else options.rejects
    count = write_rejects(rejected_rows(dataset.check, dataset.rejection), directory)
    for file, sheet in sorted(dataset.check.blocked):
        dataset.check.source.copy_sheet(file, sheet, directory)
    return count
