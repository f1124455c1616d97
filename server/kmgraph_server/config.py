"""What a server is told when it starts."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from kmgraph.errors import ConfigError

#: Beginning of the environment variables, such as ``KMGRAPH_STORE``.
ENVIRONMENT_PREFIX: Final = "KMGRAPH_"
#: Where a store can be mounted; names with dots are left to files such as ``/robots.txt``.
MOUNT_PATH: Final = re.compile(r"/[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Settings of a server.

    :ivar store: folder of the store.
    :ivar view: view of the store that is served.
    :ivar body_limit_bytes: longest body of a request.
    :ivar page_row_limit: most rows of a result that a page shows; downloads hold all of them.
    :ivar group_limit: most links that a page shows in one group.
    """

    store: Path | None = None
    view: str = "public"
    body_limit_bytes: int = 1_000_000
    page_row_limit: int = 1_000
    group_limit: int = 100

    def __post_init__(self) -> None:
        for name in ("body_limit_bytes", "page_row_limit", "group_limit"):
            if getattr(self, name) < 1:
                raise ConfigError(f"the setting '{name}' must be at least 1")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> ServerConfig:
        """Return the settings that environment variables give.

        :param environment: variables by name; those of the process where none are given.
        :raises ConfigError: a value is not of the kind that its setting needs.

        >>> ServerConfig.from_environment({"KMGRAPH_PAGE_ROW_LIMIT": "50"}).page_row_limit
        50
        """
        variables = os.environ if environment is None else environment
        given: dict[str, str | int | Path] = {}
        for field in fields(cls):
            text = variables.get(ENVIRONMENT_PREFIX + field.name.upper())
            if text is None:
                continue
            if field.name == "store":
                given["store"] = Path(text)
            elif isinstance(field.default, int):
                given[field.name] = _number(field.name, text)
            else:
                given[field.name] = text
        return cls(**given)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Mount:
    """A further store of the same process.

    :ivar path: path that it is served below, such as ``/synthetic``.
    :ivar store: folder of the store.
    """

    path: str
    store: Path

    @classmethod
    def parse(cls, text: str) -> Mount:
        """Return what ``PATH=FOLDER`` says.

        :raises ConfigError: a part is missing.

        >>> Mount.parse("/synthetic/=generated").path
        '/synthetic'
        """
        path, _, store = text.partition("=")
        if not path or not store:
            raise ConfigError(
                f"'{text}' does not say what to mount where: write it like /synthetic=FOLDER"
            )
        # A slash at the end says nothing, but '/' alone has to stay wrong.
        return cls(path.removesuffix("/") or path, Path(store))


def _number(name: str, text: str) -> int:
    """Return the value of a setting that is a whole number."""
    try:
        return int(text)
    except ValueError as error:
        raise ConfigError(
            f"{ENVIRONMENT_PREFIX}{name.upper()} is '{text}', and a whole number is needed"
        ) from error
