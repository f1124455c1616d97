"""The command that turns answers to a questionnaire into rows of a bundle: score."""

from __future__ import annotations

import sys
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from kmgraph.bundles.problems import problems_to_text
from kmgraph.cli.common import EXIT_PROBLEMS, command_errors, echo_json, json_option
from kmgraph.errors import BundleError, InputError
from kmgraph.instruments import (
    DEFAULT_MINIMUM_N,
    Answer,
    Cell,
    Instrument,
    Level,
    ScoringOptions,
    find_instrument,
    read_eligible,
    read_responses,
    to_records,
    write_scores,
)
from kmgraph.instruments import score as score_answers

#: Status of what needs no warning.
_CHECKED: Final = "verified"
#: Problems that are listed on a terminal.
_SHOWN_PROBLEMS: Final = 20


@click.command(
    epilog="Example: kmgraph score answers.csv --instrument ORCA --eligible eligible.csv "
    "--level unit --level facility --to scores"
)
@click.argument("responses", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--instrument",
    "name",
    required=True,
    help="Which questionnaire it is: ACT, CAI or ORCA.",
)
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the rows: assessments.csv and who rates.",
)
@click.option(
    "--eligible",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV file with the columns unit and eligible, and where wanted date, facility and case.",
)
@click.option(
    "--level",
    "levels",
    multiple=True,
    type=click.Choice([level.value for level in Level]),
    default=(Level.UNIT.value,),
    show_default=True,
    help="Whose scores are written; may be given several times.",
)
@click.option("--by-role", is_flag=True, help="Score each role of a unit or facility by itself.")
@click.option(
    "--minimum-n",
    type=int,
    default=DEFAULT_MINIMUM_N,
    show_default=True,
    help="Scores that rest on fewer people are suppressed.",
)
@click.option(
    "--minimum-answered",
    default="0",
    show_default=True,
    help="Share of a scale's items that a person has to have answered; 0 asks for one answer.",
)
@click.option("--version", help="Version or form of the questionnaire, where it is another.")
@click.option(
    "--items",
    multiple=True,
    metavar="SCALE=N",
    help="Number of items of a scale in that version; may be given several times.",
)
@click.option(
    "--passage", "passages", multiple=True, help="Id of the passage that the rows rest on."
)
@click.option("--encoding", help="Encoding of CSV files that are not UTF-8 or UTF-16.")
@json_option
@command_errors
def score(
    responses: Path,
    name: str,
    target: Path,
    eligible: Path | None,
    levels: tuple[str, ...],
    by_role: bool,
    minimum_n: int,
    minimum_answered: str,
    version: str | None,
    items: tuple[str, ...],
    passages: tuple[str, ...],
    encoding: str | None,
    as_json: bool,
) -> None:
    """Score the answers in RESPONSES and write the scores as rows of a bundle.

    RESPONSES is a CSV file with a row for each respondent and item and the columns respondent,
    case, unit, scale, item and answer, and where wanted facility, role and date. A unit's score is
    the mean of its people's scores, a facility's the mean of its units' scores.
    """
    options = ScoringOptions(
        levels=frozenset(map(Level, levels)),
        minimum_n=minimum_n,
        minimum_answered=_share(minimum_answered),
        by_role=by_role,
    )
    instrument = _in_version(find_instrument(name), version, items)
    by_facility = Level.FACILITY in options.levels
    try:
        answers = read_responses(
            responses, instrument, with_facility=by_facility, encoding=encoding
        )
        people = read_eligible(eligible, answers, encoding=encoding) if eligible else []
    except BundleError as error:
        if as_json or len(error.problems) <= _SHOWN_PROBLEMS:
            raise
        _fail_in_short(error)
    cells = score_answers(answers, instrument, options, eligible=people)
    written = write_scores(to_records(cells, instrument, passages=passages), target)
    facts = _facts(answers, cells, instrument) | {"directory": str(target), "rows": written}
    if as_json:
        echo_json(facts)
    else:
        click.echo(_text(facts))


def _fail_in_short(error: BundleError) -> NoReturn:
    """Write the first problems and how many there are of each kind, and leave."""
    more = len(error.problems) - _SHOWN_PROBLEMS
    summary = problems_to_text(error.problems).rpartition("\n")[2]
    lines = [str(problem) for problem in error.problems[:_SHOWN_PROBLEMS]]
    lines += [f"and {more:,} more (all with --json)", summary, f"Error [{error.code}]: {error}"]
    click.echo("\n".join(lines), err=True)
    sys.exit(EXIT_PROBLEMS)


def _share(text: str) -> Decimal:
    """Return a share as a number."""
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InputError(f"'{text}' is no share: give a number from 0 to 1") from None


def _in_version(instrument: Instrument, version: str | None, items: tuple[str, ...]) -> Instrument:
    """Return the instrument in the version asked for."""
    if version is None:
        if items:
            raise InputError("other numbers of items are another version: name it with --version")
        return instrument
    counts = {}
    for item in items:
        scale, equals, number = item.partition("=")
        if not equals or not number.isdecimal():
            raise InputError(f"'{item}' is no number of items: write it as ACT.5=10")
        counts[scale] = int(number)
    return instrument.in_version(version, item_counts=counts)


def _facts(answers: list[Answer], cells: list[Cell], instrument: Instrument) -> dict[str, Any]:
    """Return what was read, left out and made."""
    used = {cell.scale for cell in cells}
    return {
        "instrument": instrument.cell,
        "respondents": len({answer.respondent for answer in answers}),
        "answers": len(answers),
        "dont_know": sum(answer.value is None for answer in answers),
        "scores": dict(Counter(cell.level.value for cell in cells)),
        "suppressed": sum(cell.is_suppressed for cell in cells),
        "unchecked": [
            scale.notation
            for scale in instrument.scales.values()
            if scale.notation in used and scale.scoring_status != _CHECKED
        ],
    }


def _text(facts: dict[str, Any]) -> str:
    """Return the facts in words."""
    scores = ", ".join(f"{level} {count:,}" for level, count in facts["scores"].items())
    rows = ", ".join(f"{sheet} {count:,}" for sheet, count in facts["rows"].items())
    lines = [
        f"{facts['instrument']}: {facts['answers']:,} answers of {facts['respondents']:,} people, "
        f"{facts['dont_know']:,} of them do not know and left out",
        f"scores: {scores or 'none'}; {facts['suppressed']:,} suppressed",
        f"rows in {facts['directory']}: {rows or 'none'}",
    ]
    if facts["unchecked"]:
        lines.append(
            "range and scoring are from general knowledge and not yet checked for: "
            + ", ".join(facts["unchecked"])
        )
    return "\n".join(lines)


COMMANDS = (score,)
