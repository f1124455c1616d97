"""One preview that a server holds: what builds it, and what came of it so far."""

from __future__ import annotations

import json
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kmgraph.pipeline.preview_process import ANSWERS_FILE, OUTCOME_FILE, PROGRESS_FILE
from kmgraph_server.comparing import end


@dataclass(slots=True)
class Held:
    """A preview.

    :ivar folder: where it lies.
    :ivar token: name of the token that it was made with.
    :ivar began: reading of the monotonic clock when it was made.
    :ivar name: what the upload is called.
    :ivar passed_over: files of the upload that hold no table.
    :ivar process: what builds it.
    :ivar fault: what ended the process early, as code and message; empty while nothing did.
    :ivar published: id of the generation that it became; None while it did not.
    :ivar outcome: what came of it, once that was read.
    """

    folder: Path
    token: str
    began: float
    name: str = ""
    passed_over: tuple[str, ...] = ()
    append: bool = False
    process: subprocess.Popen[bytes] | None = None
    fault: tuple[str, str] | None = None
    published: int | None = None
    outcome: dict[str, Any] | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_running(self) -> bool:
        """Say whether it is being built."""
        return bool(self.told()["state"] == "running")

    def told(self) -> dict[str, Any]:
        """Return what came of it, or what is being done."""
        if self.outcome is None:
            self.outcome = self._read(OUTCOME_FILE)
        if self.outcome is not None:
            self._compare()
            return self.outcome
        nothing: dict[str, Any] = {"report": [], "comparison": None}
        if self.fault is not None:
            code, message = self.fault
            return {"state": "failed", "code": code, "message": message, **nothing}
        return {"state": "running", "step": self._step(), **nothing}

    def _compare(self) -> None:
        """Take in which answers were compared since, and whether the process still compares."""
        compared = (self.outcome or {}).get("comparison")
        if compared and compared["comparing"]:
            # Looked at before the file, which may be written once more at the end.
            is_over = self.process is None or self.process.poll() is not None
            compared |= self._read(ANSWERS_FILE) or {}
            compared["comparing"] = compared["comparing"] and not is_over

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            end(self.process)

    def _read(self, name: str) -> dict[str, Any] | None:
        """Return a file that the process left."""
        try:
            found: dict[str, Any] = json.loads((self.folder / name).read_bytes())
        except (OSError, ValueError):
            return None
        return found

    def _step(self) -> str:
        """Return what the process is at."""
        try:
            return str(json.loads((self.folder / PROGRESS_FILE).read_bytes())["step"])
        except (OSError, ValueError, KeyError):
            return "Starting"
