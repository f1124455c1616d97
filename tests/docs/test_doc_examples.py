"""The examples of the documentation and of the README run, and give what the pages show."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNNABLE = re.compile(r"^(```(python|sparql)\s*|\$ (kmgraph|curl) .*)$", re.MULTILINE)
PAGES = [
    path
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if path.is_file() and RUNNABLE.search(path.read_text(encoding="utf-8"))
]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_examples_of_a_page(
    page: Path,
    examples: ModuleType,
    example_store: Path,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each example runs, and its output is the one on the page."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    text = page.read_text(encoding="utf-8")
    session = examples.Session(url)
    with examples.page_folder(text, example_store):
        outcomes = session.run(text)
    wrong = [outcome for outcome in outcomes if not outcome.is_right]
    assert not wrong, "\n\n".join(_explained(page, outcome) for outcome in wrong)
    if left := [command for command in session.skipped if command.startswith("curl ")]:
        pytest.skip(f"curl is not installed: {len(left)} command(s) of {page.name} were not run")


def _explained(page: Path, outcome: object) -> str:
    """Return what an example should have given and what it gave."""
    expected, actual = ("\n".join(getattr(outcome, name)) for name in ("expected", "actual"))
    error = getattr(outcome, "error", "")
    return (
        f"{page.name}, {getattr(outcome, 'name', '')}: {error}\n--- on the page\n{expected}\n"
        f"--- given\n{actual}\n(right? then: python docs/examples.py {page.name})"
    )


def test_every_shown_command_of_kmgraph_is_run_or_is_in_a_shell_block() -> None:
    """A console block that shows an output can be trusted: it has a command that is run."""
    for page in PAGES:
        for block in re.findall(
            r"^```console\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.M
        ):
            commands = [line for line in block.splitlines() if line.startswith("$ ")]
            assert commands, f"{page.name}: a console block without a command"
            assert all(line.startswith(("$ kmgraph ", "$ curl ")) for line in commands), page.name


def test_ten_queries_are_worked() -> None:
    """The page on SPARQL has at least ten queries, each with its answer."""
    text = (ROOT / "docs" / "sparql.md").read_text(encoding="utf-8")
    worked = re.findall(r"^```sparql\n.*?^```\n\n```text\n.+?^```$", text, re.DOTALL | re.MULTILINE)
    assert len(worked) == text.count("```sparql\n")
    assert len(worked) >= 10


def test_a_wrong_output_is_noticed(
    examples: ModuleType, example_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runner fails a page that shows another output, and one whose example fails."""
    pages = {
        "```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n": ("2",),
        "```python\nprint(undefined)\n```\n": (),
        "```sparql\nASK { ?s ?p ?o }\n```\n\n```text\nfalse\n```\n": ("true",),
        "```console\n$ kmgraph log --store nowhere\n```\n": None,
    }
    for text, given in pages.items():
        with examples.page_folder(text, example_store):
            (outcome,) = examples.Session().run(text)
        assert not outcome.is_right
        assert given is None or given == outcome.actual


def test_the_runner_does_as_its_docstrings_say(examples: ModuleType) -> None:
    """The doctests of the runner pass."""
    assert 0 == doctest.testmod(examples).failed


def test_outputs_are_written_into_a_page(examples: ModuleType, example_store: Path) -> None:
    """An output that differs is replaced, one that agrees is kept with its dots."""
    text = (
        "```python\nprint('a', 'b', sep='\\n')\n```\n\n```text\n...\nb\n```\n"
        "```python\nprint('new')\n```\n\n```text\nold\n```\n"
    )
    with examples.page_folder(text, example_store):
        outcomes = examples.Session().run(text)
    assert text.replace("old", "new") == examples.corrected(text, outcomes)
