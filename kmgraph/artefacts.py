"""Find the shipped Turtle, SPARQL and example files, in a checkout and in an installed wheel.

This is the only module that knows where ``ontology/``, ``shapes/``, ``queries/`` and the example
bundles are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from kmgraph.errors import ArtefactNotFoundError

_PACKAGE: Final = Path(__file__).resolve().parent
#: A wheel carries the folders inside the package; a checkout has them beside it.
_ROOTS: Final = (_PACKAGE / "_artefacts", _PACKAGE.parent)
#: The reader in C is ten times as quick, and is not in every build of PyYAML.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def folder(name: str) -> Path:
    """Return the folder of one kind of artefact.

    :param name: ``ontology``, ``shapes``, ``queries`` or ``examples``.
    :raises ArtefactNotFoundError: the installation lacks the folder.

    >>> folder("ontology").name
    'ontology'
    """
    candidates = [_PACKAGE / name] if name == "examples" else [root / name for root in _ROOTS]
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise ArtefactNotFoundError(
        f"the folder '{name}' is missing from this installation of kmgraph: reinstall it"
    )


def files(name: str, pattern: str) -> list[Path]:
    """Return the files of one kind of artefact, sorted by path.

    :param name: see :func:`folder`.
    :param pattern: glob below the folder, such as ``competency/*.rq``.

    >>> [path.name for path in files("ontology", "kmgraph.ttl")]
    ['kmgraph.ttl']
    """
    return sorted(folder(name).glob(pattern))


def read_text(name: str, relative: str) -> str:
    """Return the text of one artefact.

    :param relative: path below the folder.
    :raises ArtefactNotFoundError: there is no such file.

    >>> read_text("ontology", "kmgraph.ttl").startswith("@prefix")
    True
    """
    path = folder(name) / relative
    if not path.is_file():
        raise ArtefactNotFoundError(f"no file '{relative}' among the shipped {name} files")
    return path.read_text(encoding="utf-8")


def read_header(text: str) -> Any:
    """Return what the YAML in the header of a file says.

    >>> read_header("keys: 1")
    {'keys': 1}
    """
    return yaml.load(text, _LOADER)  # noqa: S506 - both are safe loaders
