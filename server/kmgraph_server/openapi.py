"""The description of the server by OpenAPI, as programs read it.

Source: https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

import kmgraph


def description(root: str) -> dict[str, Any]:
    """Return the description.

    :param root: path that the application is mounted at, with a slash at its end.

    >>> description("/synthetic/")["servers"]
    [{'url': '/synthetic'}]
    >>> "/sparql" in description("/")["paths"]
    True
    """
    read: dict[str, Any] = _read()
    # The paths begin with a slash each.
    return {**read, "servers": [{"url": root.rstrip("/") or "/"}]}


@cache
def _read() -> dict[str, Any]:
    """Return the description as it is written, with the version of the package."""
    text = files("kmgraph_server").joinpath("openapi.yaml").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.safe_load(text)
    read["info"]["version"] = kmgraph.__version__
    return read
