"""Read the header of a query file.

The header is the block of lines at the top that begin with ``#+``; together they are one YAML
mapping. ``queries/README.md`` describes its keys.

Source: https://github.com/CLARIAH/grlc (the decorator notation)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from kmgraph import artefacts
from kmgraph.errors import InputError
from kmgraph.questions.chart_header import read_charted
from kmgraph.questions.groups import GROUPS, OTHER
from kmgraph.questions.model import RETURN_KINDS, Charted, Listed, Question, Returned
from kmgraph.questions.parameters import KINDS, NUMBERS, Parameter

_MARK: Final = "#+"
_ID: Final = re.compile(r"cq-[0-9]{3}", re.ASCII)
_VARIABLE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)
#: Keys of a header, in the order in which they are written, and whether each must be there.
KEYS: Final[dict[str, bool]] = {
    "id": True,
    "title": True,
    "question": True,
    "group": False,
    "framework": True,
    "status": True,
    "since": True,
    "graphs": True,
    "entailment": True,
    "parameters": False,
    "returns": True,
    "order": True,
    "listing": False,
    "chart": False,
    "source": True,
    "tags": True,
    "unverified": False,
}
#: Keys of parameters that need not be text.
_FREE: Final = frozenset({"required", "of", "choices", "minimum", "maximum"})
_LISTS: Final = frozenset({"graphs", "parameters", "returns", "tags"})
_LISTING: Final = "listing"
_CHART: Final = "chart"
#: Names that requests and functions use for something else.
RESERVED: Final = frozenset({"page", "page_size", "whole", "format"})
_STATUSES: Final = frozenset({"stable", "draft"})


def read_question(path: Path) -> Question:
    """Read a question from a ``.rq`` file.

    :param path: a file whose name begins with the question's id.
    :raises InputError: the header is wrong; the message names the file and the key.

    >>> from kmgraph import artefacts
    >>> read_question(artefacts.files("queries", "competency/cq-031-*.rq")[0]).id
    'cq-031'
    """
    return parse_question(path.read_text(encoding="utf-8"), path)


def parse_question(text: str, path: Path) -> Question:
    """Read a question from the text of its file.

    :param text: header and query.
    :param path: file that messages name.
    :raises InputError: the header is wrong; the message names the file and the key.
    """
    lines = text.splitlines()
    size = next((i for i, line in enumerate(lines) if not line.startswith(_MARK)), len(lines))
    header = _mapping([line[len(_MARK) :] for line in lines[:size]], path)
    query = "\n".join(lines[size:]).strip() + "\n"
    if not query.strip():
        raise _problem(path, "query", "no query follows the header")
    question_id = header["id"]
    if not _ID.fullmatch(question_id) or not path.name.startswith(f"{question_id}-"):
        raise _problem(
            path, "id", f"'{question_id}' must look like cq-031 and begin the file's name"
        )
    if header["status"] not in _STATUSES:
        raise _problem(path, "status", f"'{header['status']}' is neither stable nor draft")
    returned = _returns(header["returns"], path)
    return Question(
        **{
            **header,
            "group": _group(header["group"], path),
            "parameters": _parameters(header["parameters"], path),
            "returns": returned,
            "chart": _charted(header["chart"], returned, path),
        },
        query=query,
        path=path,
    )


def _problem(path: Path, key: str, message: str) -> InputError:
    """Return the error for a wrong header."""
    return InputError(f"{path.name}: header key '{key}': {message}")


def _mapping(lines: Sequence[str], path: Path) -> dict[str, Any]:
    """Return the header's keys, each of the right shape, with what is missing filled in."""
    if not lines:
        raise _problem(path, "id", "the file has no header: begin it with lines of '#+ key: value'")
    try:
        header = artefacts.read_header("\n".join(lines))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "cannot be read"
        raise InputError(f"{path.name}: {where}the header is not YAML: {problem}") from error
    if not isinstance(header, dict):
        raise _problem(path, "id", "the header is no list of 'key: value' lines")
    for key in header:
        if key not in KEYS:
            raise _problem(path, str(key), f"unknown; the keys are {', '.join(KEYS)}")
    return {key: _value(header.get(key), key, path) for key in KEYS}


def _value(value: Any, key: str, path: Path) -> Any:
    """Return the value of a key of the header."""
    if value is None and KEYS[key]:
        raise _problem(path, key, "is missing")
    if key == _LISTING:
        return _listed(value, path)
    if key == _CHART:
        return value
    if key not in _LISTS:
        if value is not None and not isinstance(value, str):
            raise _problem(path, key, f"must be text, put it in quotes: {value!r}")
        return " ".join((value or "").split())
    if value is not None and not isinstance(value, list):
        raise _problem(path, key, f"must be a list, not {value!r}")
    return tuple(value or ())


def _group(value: str, path: Path) -> str:
    """Return the group of a question."""
    if value and value not in GROUPS:
        raise _problem(path, "group", f"'{value}' is none of {', '.join(GROUPS)}")
    return value or OTHER


def _charted(value: Any, returned: Sequence[Returned], path: Path) -> Charted | None:
    """Return what the chart of the answer shows."""
    try:
        return read_charted(value, returned)
    except ValueError as error:
        raise _problem(path, _CHART, str(error)) from error


def _listed(value: Any, path: Path) -> Listed | None:
    """Return what an answer is given in pages of; None for pages of rows."""
    if value is None:
        return None
    known = {field.name for field in fields(Listed)}
    if not isinstance(value, Mapping) or not {"of", "driver"} <= set(value) <= known:
        raise _problem(path, _LISTING, f"is a mapping with of and driver, not {value!r}")
    if value["of"] not in {one.stem for one in artefacts.files("queries", "listings/*.rq")}:
        raise _problem(path, _LISTING, f"queries/listings holds no '{value['of']}'")
    paths = {key: tuple(value.get(key) or ()) for key in ("through", "led_by", "reads")}
    wider = value.get("wider", False)
    if not isinstance(wider, bool):
        raise _problem(path, _LISTING, f"wider is true or false, not {wider!r}")
    counted = value.get("counted") or {}
    if not isinstance(counted, dict):
        raise _problem(path, _LISTING, f"counted maps a column to a variable, not {counted!r}")
    return Listed(
        value["of"], value["driver"], **paths, wider=wider, counted=tuple(counted.items())
    )


def _parameters(items: Sequence[Any], path: Path) -> tuple[Parameter, ...]:
    """Return the parameters of a header, each with legal example, default and choices."""
    parameters = []
    for item in items:
        facts = _facts(item, Parameter, "parameters", path)
        if facts["kind"] not in KINDS:
            raise _problem(
                path, "parameters", f"{facts['name']}: kind is one of {', '.join(KINDS)}"
            )
        for key in ("minimum", "maximum"):
            facts[key] = _bound(facts, key, path)
        for key in ("of", "choices"):
            listed = facts.get(key) or ()
            facts[key] = (listed,) if isinstance(listed, str) else tuple(listed)
        parameter = Parameter(**facts)
        if parameter.options and not _is_support_query(parameter.options):
            raise _problem(
                path,
                "parameters",
                f"{parameter.name}: options names '{parameter.options}', and queries/support "
                "holds no such query",
            )
        try:
            for text in (parameter.example, parameter.default):
                if text:
                    parameter.to_term(text, base="https://example.org/")
        except ValueError as error:
            raise _problem(path, "parameters", str(error)) from error
        parameters.append(parameter)
        if parameter.name in RESERVED:
            raise _problem(path, "parameters", f"'{parameter.name}' is taken: call it otherwise")
    _refuse_repeats([parameter.name for parameter in parameters], "parameters", path)
    return tuple(parameters)


def _bound(facts: Mapping[str, Any], key: str, path: Path) -> str:
    """Return the least or greatest legal value of a parameter as text; empty for none."""
    value = facts.get(key, "")
    if value == "":
        return ""
    if facts["kind"] not in NUMBERS or isinstance(value, bool):
        raise _problem(path, "parameters", f"{facts['name']}: only numbers have a {key}")
    try:
        return str(Decimal(str(value)))
    except ArithmeticError as error:
        raise _problem(path, "parameters", f"{facts['name']}: {key} is no number") from error


def _is_support_query(name: str) -> bool:
    """Say whether a name is that of a query in ``queries/support``."""
    found = artefacts.files("queries", "support/*.rq")
    return name in {path.stem for path in found}


def _returns(items: Sequence[Any], path: Path) -> tuple[Returned, ...]:
    """Return the returned variables of a header."""
    returns = [Returned(**_facts(item, Returned, "returns", path)) for item in items]
    names = [variable.name for variable in returns]
    _refuse_repeats(names, "returns", path)
    for variable in returns:
        if variable.kind not in RETURN_KINDS:
            kinds = ", ".join(sorted(RETURN_KINDS))
            raise _problem(path, "returns", f"{variable.name}: kind is one of {kinds}")
        if variable.of and variable.of not in names:
            raise _problem(
                path, "returns", f"{variable.name}: of names '{variable.of}', which is not returned"
            )
    return tuple(returns)


def _facts(item: Any, kind: type, key: str, path: Path) -> dict[str, Any]:
    """Return one item of a list of the header, checked against the fields of a dataclass."""
    if not isinstance(item, Mapping) or "name" not in item:
        raise _problem(path, key, f"each item is a mapping with a name, not {item!r}")
    name = item["name"]
    if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
        raise _problem(path, key, f"{name!r} is no name of a variable: letters and digits only")
    known = {field.name: field for field in fields(kind)}
    for fact, value in item.items():
        if fact not in known:
            raise _problem(path, key, f"{name}: unknown '{fact}'; known: {', '.join(known)}")
        if fact not in _FREE and not isinstance(value, str):
            raise _problem(path, key, f"{name}: '{fact}' must be text, put it in quotes: {value!r}")
    for fact, field in known.items():
        if field.default is MISSING and fact not in item:
            raise _problem(path, key, f"{name}: '{fact}' is missing")
    return dict(item)


def _refuse_repeats(names: Sequence[str], key: str, path: Path) -> None:
    """Raise an error where a name stands twice."""
    for name in names:
        if names.count(name) > 1:
            raise _problem(path, key, f"'{name}' stands twice")
