"""A build that is killed leaves the old or the new generation, and the next one works."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from helpers import full_bundle as fb
from helpers.crash_driver import start

import kmgraph
from kmgraph.stores.generations import GenerationStore

#: Fifty builds are killed, and which frameworks they publish does not matter to how they end.
pytestmark = pytest.mark.usefixtures("with_few_frameworks")
PHASES = ("mapping", "bulk_load", "checkpoint", "validation", "sync", "pointer")
#: Kills in each of the phases, and kills anywhere.
IN_EACH, ANYWHERE, SEED, PARTS = 7, 8, 2012, 10
#: Longest delay after an event, by phase, in milliseconds: about as long as the phase takes.
DELAYS_MS = {"mapping": 15, "bulk_load": 10, "checkpoint": 5, "validation": 150, "sync": 5}


def old_bundle() -> fb.Sheets:
    """Return what is published before the crash: a small part of the full bundle.

    Each phase of a build is there, and each build and each hash of a store is short.
    """
    return fb.enough_for("outcomes")


def new_bundle() -> fb.Sheets:
    """Return what the killed build would publish: changed, fewer and more records."""
    sheets = old_bundle()
    for row in sheets["studies"]:
        row["title"] = f"Anew: {row['title']}"
    del sheets["outcomes"][-1]
    sheets["themes"] += [dict(sheets["themes"][-1], id=f"theme-{n}") for n in range(60)]
    return sheets


def drive(store: Path, bundle: Path, phase: str, event: int, delay_ms: int) -> tuple[int, object]:
    """Build in another process; return its exit code and, where it went through, its events."""
    code, events = start(store, bundle, phase, event, delay_ms)
    assert code in (0, -9)
    return code, events


@pytest.fixture(scope="module")
def ground(
    tmp_path_factory: pytest.TempPathFactory, with_few_frameworks: None
) -> dict[str, object]:
    """Return the bundle, a store with the old generation, its hash and the new one's."""
    folder = tmp_path_factory.mktemp("ground")
    old = fb.write_csv(old_bundle(), folder / "old")
    new = fb.write_csv(new_bundle(), folder / "new")
    store = GenerationStore.create(folder / "store")
    kmgraph.build([old], store)
    shutil.copytree(store.path, folder / "done")
    _, events = drive(folder / "done", new, "none", 0, 0)
    return {
        "bundle": new,
        "store": store.path,
        "old": store.digest(None),
        "new": GenerationStore(folder / "done").digest(None),
        "events": events,
    }


def points(events: dict[str, int]) -> list[tuple[str, int, int]]:
    """Return the points at which builds are killed, drawn by seed."""
    chance = random.Random(SEED)
    phases = [phase for phase in PHASES for _ in range(IN_EACH)]
    phases += chance.choices(sorted(events), weights=[events[p] for p in sorted(events)],
                             k=ANYWHERE)  # fmt: skip
    drawn = []
    for phase in phases:
        delayed = phase in DELAYS_MS and chance.random() < 0.5
        delay_ms = chance.randint(1, DELAYS_MS[phase]) if delayed else 0
        drawn.append((phase, chance.randint(1, events[phase]), delay_ms))
    return drawn


def test_the_points_cover_the_phases(ground: dict[str, object]) -> None:
    """Fifty points, at least five in each phase that matters."""
    drawn = points(ground["events"])  # type: ignore[arg-type]
    counts = Counter(phase for phase, _, _ in drawn)
    assert len(drawn) >= 50
    assert all(counts[phase] >= 5 for phase in PHASES)


@pytest.mark.crash
@pytest.mark.parametrize("part", range(PARTS))
def test_a_killed_build_leaves_the_old_or_the_new(
    part: int, ground: dict[str, object], tmp_path: Path
) -> None:
    """After kill -9 the store has the hash of one of the two, and can be built anew."""
    drawn = points(ground["events"])[part::PARTS]  # type: ignore[arg-type]
    for number, (phase, event, delay_ms) in enumerate(drawn):
        where = f"killed in {phase}, event {event}, {delay_ms} ms later"
        path = tmp_path / str(number)
        shutil.copytree(str(ground["store"]), path)
        code, _ = drive(path, Path(str(ground["bundle"])), phase, event, delay_ms)
        assert code == -9 or delay_ms, where
        store = GenerationStore(path)
        expected = {1: ground["old"], 2: ground["new"]}
        current = store.current_id()
        assert current in expected, where
        assert expected[current] == store.digest(None), where
        assert [g.id for g in store.generations()] == list(range(1, current + 1)), where
        with kmgraph.open_store(path) as evidence:
            assert len(old_bundle()["studies"]) == len(list(evidence.studies())), where

        summary = kmgraph.build([Path(str(ground["bundle"]))], store)
        assert (current + 1, ground["new"]) == (summary.generation.id, store.digest(None)), where
        left = {p.name for p in path.iterdir()} - {"generations", "staging"}
        assert {"current", "store.json", "writer.lock"} == left, where
        assert not list((path / "generations").glob("*.part")), where
