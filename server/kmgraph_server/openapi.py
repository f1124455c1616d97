"""The description of the server by OpenAPI, as programs read it.

Source: https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

import kmgraph
from kmgraph.questions import Question
from kmgraph_server.question_operations import question_paths


def description(root: str, questions: Iterable[Question] = ()) -> dict[str, Any]:
    """Return the description.

    :param root: path that the application is mounted at, with a slash at its end.
    :param questions: saved questions that get an operation of their own.

    >>> description("/synthetic/")["servers"]
    [{'url': '/synthetic'}]
    >>> "/sparql" in description("/")["paths"]
    True
    """
    read: dict[str, Any] = _read()
    paths = {**read["paths"], **question_paths(questions)}
    # The paths begin with a slash each.
    return {**read, "paths": paths, "servers": [{"url": root.rstrip("/") or "/"}]}


@cache
def _read() -> dict[str, Any]:
    """Return the description as it is written, with the version of the package."""
    text = files("kmgraph_server").joinpath("openapi.yaml").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.safe_load(text)
    read["info"]["version"] = kmgraph.__version__
    return read
