"""What a server is told when it starts: its settings, each with a default, a unit and a help text.

The settings are one table. The command line, the environment and the configuration file are read
by it (see :mod:`kmgraph_server.configuring`), and the documentation lists it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from kmgraph.errors import ConfigError
from kmgraph.execution.memory import MODES

#: Beginning of the environment variables, such as ``KMGRAPH_STORE``.
ENVIRONMENT_PREFIX: Final = "KMGRAPH_"
#: Where a store can be mounted; names with dots are left to files such as ``/robots.txt``.
MOUNT_PATH: Final = re.compile(r"/[a-z0-9]+(?:-[a-z0-9]+)*")
#: Only this machine reaches the server unless its keeper says otherwise.
LOOPBACK: Final = "127.0.0.1"
_LAST_PORT: Final = 65_535
#: A mail address that can stand in an IRI as it is.
_MAIL: Final = re.compile(r"[A-Za-z0-9._+~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


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


def _setting(default: Any, text: str, minimum: float | None = None, *, flag: str = "") -> Any:
    """Return a field with what the command line and the documentation say of it.

    :param flag: name of the option, where it differs from that of the field.
    """
    return field(default=default, metadata={"help": text, "minimum": minimum, "flag": flag})


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Settings of a server; what each one means is its help text.

    :raises ConfigError: a value is out of range.
    """

    store: Path | None = _setting(None, "Folder of the store.")
    host: str = _setting(LOOPBACK, "Address to listen at; 0.0.0.0 lets other machines in.")
    port: int = _setting(8000, "Port to listen at; 0 takes a free one.", 0)
    threads: int = _setting(
        256, "Most requests answered at a time, waiting ones included; each has a thread.", 1
    )
    mounts: tuple[Mount, ...] = _setting(
        (), "Serve a further store below /NAME/, apart from the first; may be repeated.",
        flag="mount",
    )  # fmt: skip
    view: str = _setting("public", "View of the store that callers without a token see.")
    union_default_graph: bool = _setting(
        True, "Have the default graph be the merge of the named graphs, not a graph of its own."
    )
    read_only: bool = _setting(False, "Refuse all writes, whoever asks.")
    validate_writes: bool = _setting(
        True, "Refuse writes that leave data that do not fit the shapes."
    )
    query_timeout_s: float = _setting(30.0, "Longest time of a query, in seconds.", 0.001)
    query_memory_bytes: int = _setting(
        1_500_000_000, "Most memory of a query, in bytes.", 200_000_000
    )
    row_limit: int = _setting(1_000_000, "Most rows or triples of a result.", 1)
    result_limit_bytes: int = _setting(250_000_000, "Longest result, in bytes.", 1)
    workers: int = _setting(
        2, "Queries evaluated at the same time, each in its own process, beside a short one.", 1
    )
    serving_processes: int = _setting(
        1,
        "Processes that answer look-ups while these are many; 0 takes one for each core, four at "
        "most.",
        0,
    )
    memory_mode: str = _setting(
        "auto",
        "Where queries are evaluated: 'disk', 'memory' once the view is loaded, or 'auto' for "
        "memory where all workers have room for it.",
    )
    most_waiting: int = _setting(200, "Queries that may wait for a worker; more are refused.", 0)
    wait_s: float = _setting(20.0, "Longest wait of a query for a worker, in seconds.", 0)
    write_timeout_s: float = _setting(600.0, "Longest time of a write, in seconds.", 0.001)
    keep_generations: int = _setting(
        0,
        "Generations to keep after a write over HTTP, the older ones are removed; 0 keeps all.",
        0,
    )
    snapshots_after_s: float = _setting(
        0.0,
        "Seconds that a generation is current before it is written as a snapshot; 0 writes none.",
        0,
    )
    feed: bool = _setting(False, "Begin the change feed, and keep it up to date.")
    contact: str = _setting(
        "", "Mail address of whoever answers for the data, as the catalogue gives it."
    )
    body_limit_bytes: int = _setting(1_000_000, "Longest body of a query, in bytes.", 1)
    upload_limit_bytes: int = _setting(50_000_000, "Longest body of a write, in bytes.", 1)
    records_unpacked_bytes: int = _setting(
        500_000_000, "Most bytes of the tables of an upload, once they are unpacked.", 1
    )
    records_compare_s: float = _setting(
        60.0,
        "Longest time to compare the answers to the saved questions of a preview, in seconds; 0 "
        "compares none.",
        0,
    )
    records_previews: int = _setting(
        5, "Previews of uploaded records that are kept; the oldest goes for a new one.", 1
    )
    records_kept_s: float = _setting(
        3600.0, "How long a preview of uploaded records is kept, in seconds.", 0.001
    )
    cache_bytes: int = _setting(
        64_000_000, "Memory for answers that are kept, in bytes, in each serving process.", 0
    )
    service_allow: tuple[str, ...] = _setting(
        (), "Origin or endpoint that SERVICE may ask, such as https://example.org; may be repeated."
    )
    service_allow_private: bool = _setting(
        False, "Let SERVICE reach allowed hosts at private addresses too."
    )
    trusted_proxies: int = _setting(
        0, "Number of reverse proxies whose X-Forwarded headers are believed.", 0
    )
    rate_limit_per_minute: int = _setting(
        0, "Most requests a minute of one caller, by token or address; 0 sets no limit.", 0
    )
    shutdown_s: float = _setting(10.0, "Time for running requests to end at a stop, in seconds.", 0)
    log_addresses: bool = _setting(False, "Write the addresses of clients to the access log.")
    access_log: bool = _setting(False, "Write a line of JSON for each request to standard error.")
    page_row_limit: int = _setting(
        1_000, "Most rows of a result that a page shows; downloads hold all of them.", 1
    )
    group_limit: int = _setting(100, "Most links that a page shows in one group.", 1)

    def __post_init__(self) -> None:
        for setting in fields(self):
            check_range(setting.name, getattr(self, setting.name))
        if self.contact and not _MAIL.fullmatch(self.contact):
            raise ConfigError(
                f"the setting 'contact' must be a mail address such as data@example.org, not "
                f"'{self.contact}'"
            )
        if self.memory_mode not in MODES:
            raise ConfigError(
                f"the setting 'memory_mode' must be one of {', '.join(MODES)}, "
                f"not '{self.memory_mode}'"
            )


def check_range(name: str, value: Any) -> None:
    """Raise where the number that a setting is given is out of its range.

    :param name: name of the setting.
    :raises ConfigError: says what the range is.

    >>> check_range("port", 8000)
    >>> check_range("query_timeout_s", float("nan"))
    Traceback (most recent call last):
    kmgraph.errors.ConfigError: the setting 'query_timeout_s' must be a number that is not infinite
    """
    (minimum,) = (each.metadata["minimum"] for each in fields(ServerConfig) if each.name == name)
    if minimum is None:
        return
    if not math.isfinite(value):
        raise ConfigError(f"the setting '{name}' must be a number that is not infinite")
    if value < minimum:
        raise ConfigError(f"the setting '{name}' must be at least {minimum:,}")
    if name == "port" and value > _LAST_PORT:
        raise ConfigError(f"the setting 'port' must be at most {_LAST_PORT:,}")
