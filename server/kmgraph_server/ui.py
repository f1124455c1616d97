"""The bundled scripts of pages, which a checkout has only once they were built."""

from __future__ import annotations

from pathlib import Path
from typing import Final

#: Where the bundler writes to.
FOLDER: Final = Path(__file__).with_name("static") / "ui"


def has_ui(name: str) -> bool:
    """Say whether a bundled script was built; pages are whole without it.

    :param name: name of its entry, such as ``query``.

    >>> has_ui("none")
    False
    """
    return (FOLDER / f"{name}.js").is_file()
