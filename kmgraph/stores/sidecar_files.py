"""The files beside the views of a generation that is being written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from kmgraph.errors import InputError


class SidecarFiles:
    """Puts files beside the views of a generation.

    :param folder: where they go.
    :ivar graphs: name of each file to the name of the graph that it is about, or None.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.graphs: dict[str, str | None] = {}

    def put(self, name: str, content: str | Path | bytes, graph: str | None) -> None:
        """Put a file there.

        :param name: relative name, which may have folders.
        :param content: path of a file to copy, or bytes.
        :param graph: name of the graph that the file is about.
        :raises InputError: the name leads out of the generation.
        """
        relative = PurePosixPath(name)
        if relative.is_absolute() or ".." in relative.parts or not relative.parts:
            raise InputError(f"'{name}' cannot be the name of a file of a generation")
        target = self._target(str(relative))
        if isinstance(content, bytes):
            target.write_bytes(content)
        else:
            shutil.copyfile(content, target)
        self.graphs[str(relative)] = graph

    def carry(
        self,
        folder: Path,
        files: Mapping[str, str | None],
        is_kept: Callable[[str | None], bool],
    ) -> None:
        """Take over the files of another generation that were not put anew.

        :param folder: where they are.
        :param files: name of each to the name of the graph that it is about.
        :param is_kept: whether the files of a graph are taken over.
        """
        for name, graph in files.items():
            if name in self.graphs or not is_kept(graph):
                continue
            target = self._target(name)
            try:
                os.link(folder / name, target)
            except OSError:
                shutil.copyfile(folder / name, target)
            self.graphs[name] = graph

    def _target(self, name: str) -> Path:
        """Return where a file goes, in a folder that is there."""
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target
