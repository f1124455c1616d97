"""Build a bundle and be killed on the way: ``crash_driver.py STORE BUNDLE PHASE EVENT DELAY_MS``.

With PHASE ``none`` the build runs through and the number of progress events of each phase is
printed as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import Counter

from kmgraph.pipeline import BuildOptions, build
from kmgraph.progress import ProgressEvent


def main() -> None:
    """Run the build."""
    store, bundle, phase, event_number, delay_ms = sys.argv[1:]
    seen: Counter[str] = Counter()

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def watch(event: ProgressEvent) -> None:
        seen[event.phase] += 1
        if event.phase == phase and seen[phase] == int(event_number):
            if int(delay_ms):
                # Fires inside whatever runs then, engine calls included.
                threading.Timer(int(delay_ms) / 1000, die).start()
            else:
                die()

    build([bundle], store, BuildOptions(progress=watch))
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
