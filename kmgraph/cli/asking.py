"""Commands that get answers: questions, ask, query."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from kmgraph.cli.common import command_errors, echo_json, json_option, store_option, view_option
from kmgraph.dataset import open_store
from kmgraph.errors import ParameterError
from kmgraph.questions import Answer, Question, load_catalogue
from kmgraph.questions.groups import GROUPS, grouped

_TABLE = "table"
#: Format to what writes an answer in it.
_WRITERS: Final[dict[str, Callable[[Answer], str | bytes]]] = {
    "csv": Answer.to_csv,
    "json": Answer.to_json,
    "jsonld": Answer.to_jsonld,
    "xlsx": Answer.to_xlsx,
    "svg": Answer.to_svg,
    "png": Answer.to_png,
}


@click.command(epilog="Example: kmgraph questions 31")
@click.argument("question_id", required=False)
@json_option
@command_errors
def questions(question_id: str | None, as_json: bool) -> None:
    """List the saved questions, or show one: its parameters, columns and query."""
    catalogue = load_catalogue()
    chosen = [catalogue[question_id]] if question_id else list(catalogue.values())
    if as_json:
        echo_json([_question_dict(question) for question in chosen])
    elif question_id:
        click.echo(_question_text(chosen[0]))
    else:
        for name, members in grouped(chosen).items():
            click.echo(f"{GROUPS[name]}\n")
            for question in members:
                click.echo(f"  {question.id}  {question.title}\n          {question.question}")
            click.echo()


def _question_dict(question: Question) -> dict[str, object]:
    """Return a question as plain values."""
    return {
        "id": question.id,
        "title": question.title,
        "question": question.question,
        "group": question.group,
        "chart": question.chart and question.chart.kind,
        "parameters": [
            {
                "name": p.name,
                "kind": p.kind,
                "label": p.label,
                "example": p.example,
                "required": p.required,
            }
            for p in question.parameters
        ],
        "returns": [{"name": r.name, "meaning": r.meaning} for r in question.returns],
        "query": question.query,
    }


def _question_text(question: Question) -> str:
    """Return a question in words."""
    lines = [f"{question.id}  {question.title}", "", question.question, ""]
    if question.parameters:
        lines.append("Parameters (-p name=value):")
        for p in question.parameters:
            needed = "needed" if p.required else "optional"
            lines.append(f"  {p.name}  {p.label} ({p.kind}, {needed}; example: {p.example})")
        lines.append("")
    lines.append("Columns:")
    lines += [f"  {r.name}  {r.meaning}" for r in question.returns]
    if question.chart:
        lines += ["", f"Chart (--format svg or png): {question.chart.shows}."]
    return "\n".join([*lines, "", question.query])


@click.command(epilog="Example: kmgraph ask 31 --store store --format csv")
@click.argument("question_id")
@store_option
@view_option
@click.option("-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter.")
@click.option("--page", type=int, help="Page of the answer, from 1.")
@click.option("--page-size", type=int, help="How many records a page is about; 20 by default.")
@click.option("--whole", is_flag=True, help="All rows, with whole lists, however long it takes.")
@click.option(
    "--format",
    "fmt",
    type=click.Choice([_TABLE, *_WRITERS]),
    default=_TABLE,
    show_default=True,
    help="svg and png are the chart of the answer, where the question has one.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; standard output by default.",
)
@command_errors
def ask(
    question_id: str,
    store: Path,
    view: str,
    parameters: tuple[str, ...],
    page: int | None,
    page_size: int | None,
    whole: bool,
    fmt: str,
    output: Path | None,
) -> None:
    """Answer a saved question, with the passages that the answer rests on.

    Of a store with more than a thousand records to list or to count, a page is given at a time.
    """
    values = {}
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not equals:
            raise ParameterError(f"'{parameter}' is no parameter: write -p name=value")
        if name in values:
            raise ParameterError(f"the parameter '{name}' is given twice")
        values[name] = value
    with open_store(store, view=view) as evidence:
        answer = evidence.ask(question_id, values, page=page, page_size=page_size, whole=whole)
        body = _WRITERS[fmt](answer) if fmt in _WRITERS else f"{answer.to_table()}\n"
    if output is None:
        click.echo(body, nl=fmt == "json")
    else:
        output.write_bytes(body if isinstance(body, bytes) else body.encode())


@click.command(epilog="Example: kmgraph query --store store 'SELECT * { ?s ?p ?o } LIMIT 5'")
@click.argument("sparql")
@store_option
@view_option
@click.option(
    "--format",
    "fmt",
    type=click.Choice([_TABLE, "csv", "tsv", "json", "xml", "ttl", "nt", "rdf", "jsonld"]),
    help="table by default; ttl for a graph.",
)
@command_errors
def query(sparql: str, store: Path, view: str, fmt: str | None) -> None:
    """Answer a SPARQL query ('-' reads it from standard input)."""
    text = sys.stdin.read() if sparql == "-" else sparql
    with open_store(store, view=view) as evidence:
        found = evidence.query(text)
        if fmt is None or fmt == _TABLE:
            click.echo(found.to_table())
            return
        found.write(sys.stdout.buffer, fmt)


COMMANDS = (questions, ask, query)
