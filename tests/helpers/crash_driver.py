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

from helpers.vocabulary import few_frameworks
from kmgraph.pipeline import BuildOptions, build
from kmgraph.progress import ProgressEvent


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

    with few_frameworks():
        build([bundle], store, BuildOptions(progress=watch))
    sender.send(dict(seen))
