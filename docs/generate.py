"""Write the generated parts of the documentation: ``python docs/generate.py [--check]``.

A generated part stands between ``<!-- begin: name -->`` and ``<!-- end: name -->``. Everything
else on a page is written by hand and left alone.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import click

from kmgraph import errors, formats, sparql
from kmgraph.bundles.problems import CODES
from kmgraph.bundles.template import tables_markdown
from kmgraph.cli import cli
from kmgraph.derivation import load_rules
from kmgraph.errors import KmGraphError
from kmgraph.namespaces import PREFIXES
from kmgraph.questions import Question, load_catalogue
from kmgraph_server import ServerConfig, create_app, problems, state
from kmgraph_server import errors as server_errors
from kmgraph_server.cli import serve, written
from kmgraph_server.config import ENVIRONMENT_PREFIX

DOCS: Final = Path(__file__).resolve().parent
ROOT: Final = DOCS.parent
_SECTION: Final = re.compile(
    r"(?P<begin><!-- begin: (?P<name>[^>]+?) -->\n)(?P<body>.*?)(?P<end><!-- end: (?P=name) -->)",
    re.DOTALL,
)
_HELP_WIDTH: Final = 92
#: Parts between markers that other programs write, such as measurements that take minutes.
WRITTEN_ELSEWHERE: Final = frozenset({"conformance", "measurements"})


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are out of date; return the exit code."""
    check = arguments == ["--check"]
    if arguments and not check:
        click.echo("usage: python docs/generate.py [--check]", err=True)
        return 2
    stale = []
    for path in sorted(DOCS.glob("*.md")):
        old = path.read_text(encoding="utf-8")
        new = regenerated(old)
        if new != old:
            stale.append(path.name)
            if not check:
                path.write_text(new, encoding="utf-8")
    if check and stale:
        click.echo(f"out of date: {', '.join(stale)}: run 'python docs/generate.py'", err=True)
        return 1
    click.echo(f"written: {', '.join(stale) or 'nothing, all is up to date'}")
    return 0


def regenerated(text: str) -> str:
    """Return a page with its generated parts written anew."""

    def section(match: re.Match[str]) -> str:
        name, _, argument = match["name"].partition(" ")
        if name in WRITTEN_ELSEWHERE:
            return match[0]
        maker = SECTIONS[name]
        body = maker(argument) if argument else maker()
        return f"{match['begin']}\n{body.strip()}\n\n{match['end']}"

    return _SECTION.sub(section, text)


def error_classes() -> dict[str, type[KmGraphError]]:
    """Return every class of error by its code, in the order of the files that define them."""
    found = {}
    for module in (errors, server_errors):
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if issubclass(cls, KmGraphError) and cls.__module__ == module.__name__:
                found[cls.code] = (module.__name__, inspect.getsourcelines(cls)[1], cls)
    ordered = sorted(found.items(), key=lambda item: item[1][:2])
    return {code: cls for code, (_, _, cls) in ordered}


def error(code: str) -> str:
    """Return what the docstring of an error says, its parents, its attributes and its status."""
    cls = error_classes()[code]
    first, *rest = inspect.cleandoc(cls.__doc__ or "").split("\n\n", 1)
    facts = re.findall(r":[ic]var (\w+): (.*?)(?=\n:[ic]var|\Z)", "\n".join(rest), re.DOTALL)
    parents = [f"`{base.__name__}`" for base in cls.__mro__[1:] if issubclass(base, KmGraphError)]
    below = f", below {' and '.join(parents)}" if parents else ""
    lines = [
        f"**{' '.join(first.split())}**",
        "",
        f"Class: `{cls.__module__}.{cls.__name__}`{below}.",
    ]
    if facts:
        named = "; ".join(
            f"`{name}` ({' '.join(text.split()).rstrip('.')})" for name, text in facts
        )
        lines.append(f"Attributes: {named}.")
    if status := _status(cls):
        lines.append(f"HTTP status: {status}.")
    return "\n".join(lines)


def _status(cls: type[KmGraphError]) -> str:
    """Return the status that the server answers an error with; nothing if it cannot meet it."""
    if issubclass(cls, server_errors.RequestFaultError):
        return str(cls.status)
    for kind, status, _ in problems._TABLE:
        if issubclass(cls, kind):
            return f"{status}{_special(cls)}"
    return ""


def _special(cls: type[KmGraphError]) -> str:
    """Return how the status of an error depends on what it holds."""
    if not issubclass(cls, errors.RemoteServiceError):
        return ""
    late = cls("")
    late.timed_out = True
    return f", or {problems.to_problem(late).status} where `timed_out` is true"


def problem_codes() -> str:
    """Return the table of the problems that a bundle can have."""
    lines = ["| code | what it means and what to do |", "|---|---|"]
    lines += [f'| <a id="{code}"></a>`{code}` | {_cell(text)} |' for code, text in CODES.items()]
    return "\n".join(lines)


def tables() -> str:
    """Return the tables of sheets and columns, one level below the page's headings."""
    body = tables_markdown().split("\n## ", 1)[1]
    return "### " + body.replace("\n## ", "\n### ")


def questions() -> str:
    """Return the saved questions with their parameters and columns."""
    return "\n\n".join(_question(question) for question in load_catalogue().values())


def _question(question: Question) -> str:
    """Return one saved question."""
    lines = [f"### {question.id}", "", f"**{question.title}.** {question.question}", ""]
    if question.parameters:
        lines += ["| parameter | kind | needed | default | example | what it does |"]
        lines += ["|---|---|---|---|---|---|"]
        for p in question.parameters:
            values = (
                f"`{p.name}`", p.kind, "yes" if p.required else "", _code(p.default),
                _code(p.example), f"{p.label}. {p.help}".strip(),
            )  # fmt: skip
            lines.append("| " + " | ".join(_cell(value) for value in values) + " |")
        lines.append("")
    lines += ["| column | kind | meaning |", "|---|---|---|"]
    for column in question.returns:
        unit = f" Unit: {column.unit}." if column.unit else ""
        lines.append(f"| `{column.name}` | {column.kind} | {_cell(column.meaning + unit)} |")
    facts = f"Status: {question.status}. Framework: {question.framework}. Source: {question.source}"
    lines += ["", facts.rstrip(".") + "."]
    if question.unverified:
        lines.append(f"Not verified: {question.unverified}")
    return "\n".join(lines)


def commands() -> str:
    """Return the help of every command."""
    return "\n\n".join(
        f"### kmgraph {name}\n\n```text\n{_help(name, command)}\n```"
        for name, command in sorted(all_commands().items())
    )


def all_commands() -> dict[str, click.Command]:
    """Return the commands by name, whether or not the server is installed as a plug-in.

    A group stands before its commands, which are named with it, such as ``token create``.
    """
    return dict(_named({**cli.commands, "serve": serve}))


def _named(
    commands: Mapping[str, click.Command], group: str = ""
) -> Iterator[tuple[str, click.Command]]:
    """Yield commands and those below them with their full names."""
    for name, command in commands.items():
        yield f"{group}{name}", command
        if isinstance(command, click.Group):
            yield from _named(command.commands, f"{group}{name} ")


def _help(name: str, command: click.Command) -> str:
    """Return what ``--help`` says."""
    context = click.Context(
        command,
        info_name=f"kmgraph {name}",
        terminal_width=_HELP_WIDTH,
        help_option_names=["-h", "--help"],
    )
    lines = command.get_help(context).splitlines()
    return "\n".join(line.rstrip() for line in lines).strip()


def command_list() -> str:
    """Return the commands with what each does, in one line."""
    lines = ["| command | what it does |", "|---|---|"]
    for name, command in sorted(all_commands().items()):
        first = (command.help or "").replace("\b", "").split("\n\n")[0]
        does = _cell(" ".join(first.split()))
        anchor = name.replace(" ", "-")
        lines.append(f"| [`{name}`](#kmgraph-{anchor}) | {does} |")
    return "\n".join(lines)


def settings() -> str:
    """Return the settings of the server: option, variable, default and least value of each."""
    lines = ["| setting | option | variable | default | what it is |", "|---|---|---|---|---|"]
    for setting in dataclasses.fields(ServerConfig):
        name, default = setting.name, setting.default
        option = f"--{(setting.metadata['flag'] or name).replace('_', '-')}"
        if isinstance(default, bool):
            option += f"` or `--no-{option.removeprefix('--')}"
        shown = "none" if default in (None, (), "") else f"`{written(default)}`"
        text = setting.metadata["help"]
        if (minimum := setting.metadata["minimum"] or 0) > 1:
            text += f" At least {minimum:,}."
        lines.append(
            f'| <a id="{name}"></a>`{name}` | `{option}` | `{ENVIRONMENT_PREFIX}{name.upper()}` '
            f"| {shown} | {_cell(text)} |"
        )
    return "\n".join(lines)


def routes() -> str:
    """Return the addresses that the server answers at."""
    app = create_app(ServerConfig(store=Path("store")))
    rows = []
    for rule in app.url_map.iter_rules():
        methods = ", ".join(sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}))
        doc = inspect.getdoc(app.view_functions[rule.endpoint]) or ""
        does = "Style sheet and other files of the pages." if rule.endpoint == "static" else doc
        rows.append((rule.rule, methods, _cell(_first_sentence(does))))
    state.close(app)
    lines = ["| address | methods | what it does |", "|---|---|---|"]
    lines += [f"| `{_cell(rule)}` | {methods} | {does} |" for rule, methods, does in sorted(rows)]
    return "\n".join(lines)


def media_types() -> str:
    """Return the formats with their media types and what they can hold."""
    lines = ["| format | media type | file ending | holds |", "|---|---|---|---|"]
    for fmt in formats.FORMATS:
        endings = ", ".join(f"`{ending}`" for ending in fmt.extensions)
        holds = ", ".join(sorted(fmt.kinds))
        lines.append(f"| {fmt.name} | `{fmt.media_type}` | {endings} | {holds} |")
    return "\n".join(lines)


def rules() -> str:
    """Return the rules of readings, in the order in which they run."""
    lines = ["| rule | what it says | unverified |", "|---|---|---|"]
    for rule in (*load_rules("framework"), *load_rules("readings")):
        lines.append(f"| `{rule.id}` | {_cell(rule.summary)} | {_cell(rule.unverified)} |")
    return "\n".join(lines)


def prefixes() -> str:
    """Return the prefixes as lines of a query."""
    lines = [f"PREFIX {name}: <{iri}>" for name, iri in PREFIXES.items()]
    return "\n".join(["```text", *lines, "```"])


def query_limits() -> str:
    """Return the bounds of queries."""
    return (
        f"- Brackets may be nested {sparql.MAX_NESTING} deep.\n"
        f"- A query may be {sparql.MAX_LENGTH:,} characters long.\n"
        f"- A query may have {sparql.MAX_TOKENS:,} words and signs; "
        "the rows of `VALUES` do not count.\n"
        f"- An update may be {sparql.MAX_UPDATE_LENGTH:,} characters long, and what it has "
        "outside of `INSERT DATA` and `DELETE DATA` is bounded as a query is."
    )


def layers() -> str:
    """Return the layers, as the test of the layers has them."""
    tree = ast.parse((ROOT / "tests" / "test_layering.py").read_text(encoding="utf-8"))
    found: tuple[tuple[str, ...], ...] = ()
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LAYERS":
            found = ast.literal_eval(node.value)
    lines = ["| layer | parts of `kmgraph` |", "|---|---|"]
    for number, names in reversed(list(enumerate(found))):
        lines.append(f"| {number} | {', '.join(f'`{name}`' for name in names)} |")
    return "\n".join(lines)


def modules() -> str:
    """Return every module with the first sentence of its docstring."""
    lines = ["| module | what it is |", "|---|---|"]
    for root in (ROOT / "kmgraph", ROOT / "server" / "kmgraph_server"):
        for path in sorted(root.rglob("*.py")):
            doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            name = path.relative_to(root.parent).as_posix()
            lines.append(f"| `{name}` | {_cell(_first_sentence(doc))} |")
    return "\n".join(lines)


def _first_sentence(doc: str) -> str:
    """Return the first paragraph of a docstring as one line."""
    return " ".join(doc.split("\n\n")[0].split())


def _cell(text: str) -> str:
    """Return a text as a cell of a table."""
    return " ".join(str(text).replace("|", "\\|").split())


def _code(text: str) -> str:
    """Return a value as code, or nothing."""
    return f"`{text}`" if text else ""


def section_names() -> Iterator[str]:
    """Yield the names of all generated parts."""
    yield from (name for name in SECTIONS if name != "error")
    yield from (f"error {code}" for code in error_classes())


#: Name of a generated part to what makes it.
SECTIONS: Final[dict[str, Callable[..., str]]] = {
    "command-list": command_list,
    "commands": commands,
    "error": error,
    "layers": layers,
    "media-types": media_types,
    "modules": modules,
    "prefixes": prefixes,
    "problem-codes": problem_codes,
    "query-limits": query_limits,
    "questions": questions,
    "routes": routes,
    "rules": rules,
    "settings": settings,
    "tables": tables,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
