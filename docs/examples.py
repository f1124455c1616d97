"""Run the examples of a page, and compare what they give with what the page shows.

``python docs/examples.py PAGE...`` writes the output of the examples into the pages where it
differs. The tests run the same examples and fail instead.

A ``python`` or ``sparql`` block is run, and a ``text`` block that follows it is its output. In a
``console`` block, lines that begin with ``$ kmgraph`` or ``$ curl`` are run, and what follows is
their output. A line ``...`` in an output stands for any lines, and times, dates, ids of requests
and numbers of triples may differ from run to run. The examples of a page share a folder, in which
``store`` holds the CLAHRC-NDL example, and the Python ones share their names.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click
from click.testing import CliRunner

import kmgraph
from kmgraph.bundles.files import example_path

#: Address of the server in the pages; the examples use that of a server of their own.
SHOWN_URL: Final = "http://127.0.0.1:8000"
_FENCE: Final = re.compile(r"^(?P<ticks>`{3,})(?P<language>\w*)[ \t]*$")
_ANY: Final = "..."
#: What differs from run to run, or with each change to the ontology or the example.
_VOLATILE: Final = (
    (re.compile(r"\b\d+\.\d+ s\b"), "0.0 s"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*"), "2000-01-01T00:00:00"),
    (re.compile(r"\b(clahrc-ndl|cube|frameworks|mappings|ontology) \d[\d,]*"), r"\1 0"),
    (re.compile(r"\bwrote \d[\d,]* bytes\b"), "wrote 0 bytes"),
    (re.compile(r"\burn:uuid:[0-9a-f-]{36}\b"), "urn:uuid:0"),
)
_TIMEOUT_S: Final = 60


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page.

    :ivar first: index of its first line of content.
    :ivar last: index of the line after its content.
    """

    language: str
    lines: tuple[str, ...]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an example gave.

    :ivar name: the example, for messages.
    :ivar first: index of the first line of the output that the page shows.
    :ivar last: index of the line after it.
    :ivar error: why the example failed; empty where it did not.
    """

    name: str
    first: int
    last: int
    expected: tuple[str, ...]
    actual: tuple[str, ...]
    error: str = ""

    @property
    def is_right(self) -> bool:
        """Return whether the example ran and gave what the page shows, if that shows anything."""
        return not self.error and (not self.expected or matches(self.expected, self.actual))


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    found, opened, lines = [], None, text.splitlines()
    for number, line in enumerate(lines):
        match = _FENCE.match(line)
        if opened is None and match:
            opened = (match["ticks"], match["language"], number + 1)
        elif opened is not None and line.rstrip() == opened[0]:
            _, language, first = opened
            found.append(Block(language, tuple(lines[first:number]), first, number))
            opened = None
    return found


def matches(expected: tuple[str, ...], actual: tuple[str, ...]) -> bool:
    """Return whether lines are as expected, where a line ``...`` stands for any lines.

    >>> matches(("a", "...", "d"), ("a", "b", "c", "d")), matches(("a",), ("b",))
    (True, False)
    """
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == _ANY else re.escape(_steady(line)) + r"\n"
        for line in expected
    )
    return re.fullmatch(pattern, "".join(f"{_steady(line)}\n" for line in actual)) is not None


def _steady(line: str) -> str:
    """Return a line without what differs from run to run.

    >>> _steady("times: load 0.4 s ")
    'times: load 0.0 s'
    """
    for pattern, replacement in _VOLATILE:
        line = pattern.sub(replacement, line)
    return line.rstrip()


def make_store(path: Path) -> None:
    """Make a store that holds the CLAHRC-NDL example."""
    kmgraph.GenerationStore.create(path)
    kmgraph.build([example_path("clahrc-ndl")], path)


@contextlib.contextmanager
def serving(store: Path) -> Iterator[str]:
    """Serve a store at a free port of this machine; give the address."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    from kmgraph_server import ServerConfig, create_app

    class Quiet(WSGIRequestHandler):
        """Writes no log."""

        def log(self, type: str, message: str, *args: Any) -> None:
            """Write nothing."""

    with kmgraph.open_store(store) as evidence:
        app = create_app(ServerConfig(), dataset=evidence)
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(_TIMEOUT_S)
            server.server_close()


@dataclass(slots=True)
class Session:
    """The examples of one page, run in the current folder.

    :ivar url: address of the server that stands for the one of the page.
    :ivar names: the names of the Python blocks.
    :ivar skipped: commands that were not run because their program is not installed.
    """

    url: str = ""
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "page"})
    skipped: list[str] = field(default_factory=list)

    def run(self, text: str) -> list[Outcome]:
        """Run the examples of a page in their order."""
        outcomes: list[Outcome] = []
        found = blocks(text)
        lines = text.splitlines()
        for number, block in enumerate(found):
            following = found[number + 1] if number + 1 < len(found) else None
            if following is not None and (
                following.language != "text"
                or any(line.strip() for line in lines[block.last + 1 : following.first - 1])
            ):
                following = None
            if block.language == "console":
                outcomes.extend(self._console(block))
            elif block.language in ("python", "sparql"):
                outcomes.append(self._block(block, following))
        return outcomes

    def _block(self, block: Block, following: Block | None) -> Outcome:
        """Run a Python block or a query."""
        run = self._python if block.language == "python" else self._sparql
        source = "\n".join(block.lines)
        name = f"{block.language} block at line {block.first + 1}"
        first, last = (following.first, following.last) if following else (block.last, block.last)
        expected = following.lines if following else ()
        try:
            actual = self._shown(run(source, name))
        except Exception as error:
            return Outcome(name, first, last, expected, (), f"{type(error).__name__}: {error}")
        return Outcome(name, first, last, expected, actual)

    def _python(self, source: str, name: str) -> str:
        """Return what a Python block prints."""
        output = io.StringIO()
        code = compile(self._real(source), f"<{name}>", "exec")
        with contextlib.redirect_stdout(output):
            exec(code, self.names)  # noqa: S102 - running the page is the purpose
        return output.getvalue()

    def _sparql(self, source: str, name: str) -> str:
        """Return the answer to a query as a table."""
        with kmgraph.open_store("store") as evidence:
            return evidence.query(source).to_table()

    def _console(self, block: Block) -> Iterator[Outcome]:
        """Run the commands of a console block."""
        number = 0
        while number < len(block.lines):
            line = block.lines[number]
            if not line.startswith("$ "):
                number += 1
                continue
            command = line[2:]
            number += 1
            while command.endswith("\\") and number < len(block.lines):
                command = command[:-1] + block.lines[number]
                number += 1
            start = number
            while number < len(block.lines) and not block.lines[number].startswith("$ "):
                number += 1
            outcome = self._command(command, block.first + start, block.lines[start:number])
            if outcome is not None:
                yield outcome

    def _command(self, command: str, first: int, expected: tuple[str, ...]) -> Outcome | None:
        """Run one command, if it is one that is run."""
        words = shlex.split(self._real(command))
        name = f"'{command}' at line {first}"
        last = first + len(expected)
        if words[0] == "kmgraph":
            output, code = _kmgraph(words[1:])
        elif words[0] == "curl" and shutil.which("curl"):
            output, code = _curl(words)
        else:
            self.skipped.append(command)
            return None
        # A command that is shown to fail says so in its output, which is then compared.
        error = f"exit code {code}: {output}" if code and not expected else ""
        return Outcome(name, first, last, expected, self._shown(output), error)

    def _real(self, text: str) -> str:
        """Return a text with the address of the server that runs."""
        return text.replace(SHOWN_URL, self.url) if self.url else text

    def _shown(self, output: str) -> tuple[str, ...]:
        """Return the lines of an output as a page shows them."""
        text = output.replace(self.url, SHOWN_URL) if self.url else output
        return tuple(line.rstrip() for line in text.rstrip().splitlines())


def _kmgraph(words: list[str]) -> tuple[str, int]:
    """Run the command line in this process."""
    from kmgraph.cli import cli

    result = CliRunner().invoke(cli, words, prog_name="kmgraph")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output, result.exit_code


def _curl(words: list[str]) -> tuple[str, int]:
    """Run curl."""
    done = subprocess.run(  # noqa: S603 - the command stands in our own page
        words, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    return done.stdout, done.returncode


def corrected(text: str, outcomes: list[Outcome]) -> str:
    """Return a page with the outputs that its examples gave."""
    lines = text.splitlines()
    for outcome in reversed(outcomes):
        if outcome.expected and not outcome.is_right and not outcome.error:
            lines[outcome.first : outcome.last] = outcome.actual
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def page_folder(text: str, store: Path) -> Iterator[Path]:
    """Give a folder with a copy of the store, as the current folder.

    A page that makes its store itself finds none.
    """
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="kmgraph-docs-") as name:
        folder = Path(name)
        if "$ kmgraph init --store store\n" not in text:
            shutil.copytree(store, folder / "store")
        os.chdir(folder)
        try:
            yield folder
        finally:
            os.chdir(before)


def main(names: list[str]) -> int:
    """Write the outputs of the examples into pages; return the exit code."""
    failed = 0
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    with tempfile.TemporaryDirectory(prefix="kmgraph-docs-") as folder:
        store = Path(folder) / "store"
        make_store(store)
        with serving(store) as url:
            for path in [Path(name).resolve() for name in names]:
                text = path.read_text(encoding="utf-8")
                with page_folder(text, store):
                    outcomes = Session(url).run(text)
                for outcome in outcomes:
                    if outcome.error:
                        failed += 1
                        click.echo(f"{path.name}: {outcome.name}: {outcome.error}", err=True)
                path.write_text(corrected(text, outcomes), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
