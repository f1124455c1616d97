"""Build a bundle and be killed on the way, in a process that is forked for each build.

A fork server imports kmgraph once, so a build costs no more than the build.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from unittest import mock

from kmgraph.pipeline import BuildOptions, build, vocabulary_graphs
from kmgraph.progress import ProgressEvent

#: Frameworks in which the bundle of a few rows is coded; the shapes refuse what is in none of them.
FRAMEWORKS = ("ferlie-shortell-2001", "km-davies-2015", "li-cop-2009", "parihs-2004", "queri")
SMALL_VOCABULARY = {
    "frameworks": tuple(f"frameworks/{name}.ttl" for name in FRAMEWORKS),
    "mappings": (),
}


def small_vocabulary() -> mock._patch_dict:
    """Return what makes builds publish few frameworks: how a build ends does not depend on them."""
    return mock.patch.dict(vocabulary_graphs._FILES, SMALL_VOCABULARY)  # type: ignore[arg-type]


def start(store: Path, bundle: Path, phase: str, event: int, delay_ms: int) -> tuple[int, object]:
    """Build in another process; return its exit code, and the number of events of each phase.

    :param phase: phase in which the process is killed; ``none`` lets the build run through.
    :param event: the event of the phase that kills it, from 1.
    :param delay_ms: how much later it is killed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["kmgraph.pipeline", "kmgraph.validation"])
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, store, bundle, phase, event, delay_ms))
    process.start()
    sender.close()
    process.join(120)
    try:
        assert process.exitcode is not None, "the build does not end"
        return process.exitcode, receiver.recv() if process.exitcode == 0 else None
    finally:
        receiver.close()
        process.kill()
        process.join()
        process.close()


def _run(
    sender: Connection, store: Path, bundle: Path, phase: str, event_number: int, delay_ms: int
) -> None:
    """Run the build, in the other process."""
    seen: Counter[str] = Counter()

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def watch(event: ProgressEvent) -> None:
        seen[event.phase] += 1
        if event.phase == phase and seen[phase] == event_number:
            if delay_ms:
                # Fires inside whatever runs then, engine calls included.
                threading.Timer(delay_ms / 1000, die).start()
            else:
                die()

    with small_vocabulary():
        build([bundle], store, BuildOptions(progress=watch))
    sender.send(dict(seen))
