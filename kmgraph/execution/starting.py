"""Start processes of our own that have a socket to this one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, Final

import pyoxigraph

import kmgraph
from kmgraph.errors import ConfigError

#: Started without the site module, which these processes have no use for: they look for modules
#: where their parent does.
_START: Final = (
    "import sys; number, memory, name, *rest = sys.argv[1:]; "
    "told = int(rest[0]); sys.path[:] = rest[1 + told:]; "
    "from importlib import import_module; "
    "import_module(name).main(int(number), int(memory), *rest[1:1 + told])"
)
#: What such a process is told of the environment; tokens and passwords are none of its business.
_ENVIRONMENT: Final = (
    "TMPDIR",
    "TZ",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)


def start(
    module: str, theirs: socket.socket, memory_bytes: int, errors: IO[bytes] | None, *told: str
) -> subprocess.Popen[bytes]:
    """Start a module of ours as a process.

    :param module: full name of the module, whose ``main`` is called with the number of the socket,
        the memory and what else is told.
    :param theirs: its end of the socket.
    :param memory_bytes: most memory that any query may take.
    :param errors: where its error output goes; None for where that of this process goes.
    :raises ConfigError: the system cannot hand sockets to processes.
    """
    if not hasattr(socket, "send_fds"):  # pragma: no cover - not on Linux and macOS
        raise ConfigError("queries run in processes of their own, which needs Linux or macOS")
    arguments = [str(theirs.fileno()), str(memory_bytes), module, str(len(told)), *told]
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-ISc", _START, *arguments, *_search_path(module)],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        env=_environment(),
        # Ctrl+C in a terminal reaches the pool's process alone. A session of its own would be
        # weighed against others as a whole, whatever the priority of its threads.
        process_group=0,
    )


def _search_path(module: str) -> list[str]:
    """Return where the process finds modules: where this one does.

    :param module: name of the module that is started.

    An editable installation may be found by a hook that the process does not have.
    """
    inherited = [entry or os.getcwd() for entry in sys.path]
    needed = (kmgraph, pyoxigraph, sys.modules.get(module.partition(".")[0], kmgraph))
    own = [str(Path(package.__file__ or "").parents[1]) for package in needed]
    return list(dict.fromkeys([*inherited, *own]))


def _environment() -> dict[str, str]:
    """Return the environment of the process."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    # What an aborting query would say of its stack takes seconds to find out.
    return kept | {"RUST_BACKTRACE": "0"}
