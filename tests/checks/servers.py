"""Start servers with the data of the checks: ours, and two from the Python package index."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox

from checks.exchange import send
from checks.model import BASE, DATA, G1, G2, Endpoint, MissingSettingError

ROOT = Path(__file__).resolve().parents[2]
#: How long a server may take to start or to stop, in seconds.
START_S = 60.0
GRAPHS = {G1: DATA / "g1.ttl", G2: DATA / "g2.ttl"}
HOST = "127.0.0.1"


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.create_server((HOST, 0)) as found:
        return int(found.getsockname()[1])


def write_nquads(path: Path) -> Path:
    """Write the graphs of the checks into one file of N-Quads."""
    quads = [
        ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(name))
        for name, file in GRAPHS.items()
        for quad in ox.parse(path=str(file), format=ox.RdfFormat.TURTLE)
    ]
    ox.serialize(quads, output=str(path), format=ox.RdfFormat.N_QUADS)
    return path


class StartError(AssertionError):
    """A server does not start."""


class Process:
    """A process that is started and ended here, with its output in a file."""

    def __init__(
        self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        variables = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_PROXY": "*", **(environment or {})}
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=output, env=variables, start_new_session=True
            )
        self.pid = self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def told(self) -> str:
        """Return what the process has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """End the process, by force where it does not listen."""
        if self.is_running:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(8)
        # What it has started is in its session, and ends with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait(START_S)


def announced(process: Process) -> str:
    """Return the URL that one of our processes says it listens at.

    :raises StartError: it ends, or says none in time.
    """
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.is_running:
        for line in process.told().splitlines():
            if line.startswith("Serving at "):
                return line.split()[2]
        time.sleep(0.05)
    process.stop()
    raise StartError(f"kmgraph does not start:\n{process.told()[-2_000:]}")


def our_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that give our server its settings and let it be imported."""
    variables = {f"KMGRAPH_{name.upper()}": value for name, value in settings.items()}
    return variables | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "server")])}


class Server(ABC):
    """A server of one kind, with as many processes of other settings as checks ask for."""

    name: str

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="checks-"))
        self._processes: dict[str, Process] = {}
        self._endpoints: dict[str, Endpoint] = {}
        self._failures: dict[str, StartError] = {}
        self._count = 0

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all processes and remove their files."""
        for process in self._processes.values():
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def endpoint(self, kind: str = "", settings: Mapping[str, str] | None = None) -> Endpoint:
        """Return a running server of a kind; it is started where it does not run or answer.

        :raises MissingSettingError: the server has no such setting.
        :raises StartError: it does not start.
        """
        key = " ".join([kind, *(f"{k}={v}" for k, v in sorted((settings or {}).items()))])
        if key in self._failures:
            raise self._failures[key]
        if key not in self._endpoints:
            self._count += 1
            try:
                self._processes[key], found = self.start(kind, settings or {})
            except StartError as error:
                # It would not start the next time either, and each time costs some seconds.
                self._failures[key] = error
                raise
            self._endpoints[key] = replace(found, sibling=self.endpoint)
        return self._endpoints[key]

    def end_lost(self, is_lost: Callable[[Endpoint], bool] | None = None) -> None:
        """End the servers that do not answer any more; they are started again when needed.

        :param is_lost: says of others whether they are lost too.
        """
        for key, found in list(self._endpoints.items()):
            if not self._answers(key, found) or (is_lost is not None and is_lost(found)):
                self._processes.pop(key).stop()
                del self._endpoints[key]

    def _answers(self, key: str, endpoint: Endpoint) -> bool:
        """Say whether a server is alive."""
        if not self._processes[key].is_running:
            return False
        if key.startswith(("rationed", "empty")):
            return True
        with contextlib.suppress(AssertionError):
            return endpoint.query("ASK {}", timeout_s=4).status == 200
        return False

    def wait(self, process: Process, url: str) -> None:
        """Wait until a server answers.

        :raises StartError: it does not start.
        """
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and process.is_running:
            with contextlib.suppress(AssertionError):
                send(url, timeout_s=2)
                return
            time.sleep(0.1)
        raise StartError(f"{self.name} does not start:\n{process.told()[-2_000:]}")

    def log(self) -> Path:
        """Return a file for the output of the next process."""
        return self.folder / f"log{self._count}.txt"

    @abstractmethod
    def start(self, kind: str, settings: Mapping[str, str]) -> tuple[Process, Endpoint]:
        """Start a process."""


class Kmgraph(Server):
    """Our server, as a process of its own.

    :param python: interpreter to run it with.
    :param union: whether the default graph is the merge of the named graphs.
    """

    name = "kmgraph"
    #: Settings of each kind, besides those that a check names itself.
    KINDS: Mapping[str, Mapping[str, str]] = {
        "": {},
        "read-only": {"read_only": "true"},
        "validating": {"validate_writes": "true"},
        "patient": {"query_timeout_s": "60"},
        "narrow": {"query_timeout_s": "4", "workers": "1", "most_waiting": "1", "wait_s": "1"},
        "rationed": {},
        "federated": {"service_allow_private": "true"},
        "behind a proxy": {},
        "empty": {},
    }
    LIMITS: Mapping[str, str] = {
        "query_timeout_s": "1.5",
        "row_limit": "1000",
        "validate_writes": "false",
        "access_log": "true",
        "workers": "2",
    }

    def __init__(self, python: str = sys.executable, *, union: bool = True) -> None:
        super().__init__()
        self._python, self._union = python, union
        self._token = ""

    def start(self, kind: str, settings: Mapping[str, str]) -> tuple[Process, Endpoint]:
        """Start a process over the one store; the kind "empty" has an empty one of its own."""
        if kind not in self.KINDS:
            raise MissingSettingError(kind)
        store = self._empty() if kind == "empty" else self._store()
        given = {**self.LIMITS, **self.KINDS[kind], **settings, "store": str(store), "port": "0"}
        given["union_default_graph"] = "true" if self._union else "false"
        program = _EMPTY if kind == "empty" else _SERVING
        process = Process([self._python, "-c", program], self.log(), our_environment(given))
        root = announced(process)
        limit_s = float(given["query_timeout_s"])
        return process, Endpoint(
            self.name,
            root,
            f"{root}sparql",
            f"{root}update",
            f"{root}graph-store",
            token=self._token,
            timeout_s=limit_s,
            row_limit=int(given["row_limit"]),
            body_limit_bytes=1_000_000,
            pid=process.pid,
            log=process.log,
            backup=self._backup,
        )

    def _store(self) -> Path:
        """Return the folder of the store, made at the first call."""
        from kmgraph.access.tokens import TokenRegister
        from kmgraph.pipeline import load_rdf
        from kmgraph.stores.generations import GenerationStore

        path = self.folder / "store"
        if not path.exists():
            store = GenerationStore.create(path, base=BASE)
            for name, file in GRAPHS.items():
                load_rdf(file, name.rpartition("/")[2], store)
            scopes = ("read", "write", "admin")
            self._token = TokenRegister(path).create("checks", scopes)
        return path

    def _empty(self) -> Path:
        """Return the folder of a store in which nothing is published."""
        from kmgraph.stores.generations import GenerationStore

        path = self.folder / "empty"
        GenerationStore.create(path, base=BASE)
        return path

    def _backup(self, target: Path, graph: str) -> int:
        """Back the store up, restore it, and count the triples of a graph in it."""
        from kmgraph.dataset import open_store

        file = f"{target}.tar.gz"
        for arguments in (
            ["backup", file, "--store", str(self._store())],
            ["restore", file, "--store", f"{target}-restored"],
        ):
            command = [self._python, "-m", "kmgraph", *arguments]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=START_S, cwd=ROOT, check=False
            )
            assert done.returncode == 0, f"{' '.join(arguments[:1])}: {done.stderr[-500:]}"
        with open_store(f"{target}-restored") as evidence:
            return sum(1 for _ in evidence.store.quads(None, None, None, ox.NamedNode(graph)))


#: Serves what the environment says.
_SERVING = "from kmgraph_server import read_config, serve; serve(read_config())"
#: Serves a store that holds nothing, which ``kmgraph serve`` refuses to begin with.
_EMPTY = """
from kmgraph_server import create_app, read_config, serving
config = read_config()
serving.run(create_app(config), config, announce=lambda url: print("Serving at", url, flush=True))
"""


class Oxigraph(Server):
    """``oxigraph serve``.

    :param program: path of the program.
    """

    name = "oxigraph serve"

    def __init__(self, program: str) -> None:
        super().__init__()
        self._program = program

    def start(self, kind: str, settings: Mapping[str, str]) -> tuple[Process, Endpoint]:
        """Start it on a folder of its own; its time limits are whole seconds."""
        if kind not in ("", "read-only", "patient"):
            raise MissingSettingError(kind)
        location = self.folder / f"data{self._count}"
        file = write_nquads(self.folder / "data.nq")
        loading = [self._program, "load", "--location", str(location), "--file", str(file)]
        subprocess.run(loading, check=True, capture_output=True, timeout=START_S)
        port = free_port()
        root = f"http://{HOST}:{port}/"
        command = [self._program, "serve-read-only" if kind == "read-only" else "serve"]
        command += ["--location", str(location), "--bind", f"{HOST}:{port}", "--cors"]
        command += [] if kind == "patient" else ["--timeout-s", "2"]
        process = Process(command, self.log())
        self.wait(process, root)
        return process, Endpoint(
            self.name,
            root,
            f"{root}query",
            f"{root}update",
            f"{root}store",
            timeout_s=2.0,
            pid=process.pid,
            backup=lambda target, graph: self._backup(location, target, graph),
        )

    def _backup(self, location: Path, target: Path, graph: str) -> int:
        """Back the data up while they are served, and count the triples of a graph."""
        command = [self._program, "backup", "--location", str(location)]
        done = subprocess.run(
            [*command, "--destination", str(target)],
            capture_output=True,
            text=True,
            timeout=START_S,
        )
        assert done.returncode == 0, f"backup: {done.stderr.strip()[-300:]}"
        copy = ox.Store.read_only(str(target))
        return sum(1 for _ in copy.quads_for_pattern(None, None, None, ox.NamedNode(graph)))


class RdflibEndpoint(Server):
    """``rdflib-endpoint serve``, over the store that it takes by default.

    :param program: path of the program.
    """

    name = "rdflib-endpoint"

    def __init__(self, program: str) -> None:
        super().__init__()
        self._program = program

    def start(self, kind: str, settings: Mapping[str, str]) -> tuple[Process, Endpoint]:
        """Start it on the file of the data; it has no limits that could be set."""
        if kind not in ("", "read-only", "patient"):
            raise MissingSettingError(kind)
        port = free_port()
        root = f"http://{HOST}:{port}/"
        file = write_nquads(self.folder / "data.nq")
        command = [self._program, "serve", "--host", HOST, "--port", str(port)]
        command += [] if kind == "read-only" else ["--enable-update"]
        process = Process([*command, str(file)], self.log())
        self.wait(process, root)
        return process, Endpoint(self.name, root, root, root, None, timeout_s=2.0, pid=process.pid)
