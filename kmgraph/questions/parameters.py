"""Parameters of saved questions: from what people type to RDF terms.

A value becomes a term, and the term is bound to the query's variable. No text of a caller is
ever put into a query.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.errors import ParameterError
from kmgraph.namespaces import FRAMEWORK, PREFIXES, XSD, compact, record_iri
from kmgraph.terms import Term
from kmgraph.vocabulary import load_vocabulary

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(urn|tag|info|did):", re.ASCII)
#: Kind of record and id, such as ``study/ndl-MH1``.
_RECORD: Final = re.compile(r"([a-z][a-z-]*)/([A-Za-z0-9][A-Za-z0-9._~-]*)", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_DATES: Final = (
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII), "date", ""),
    (re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII), "gYearMonth", "-01"),
    (re.compile(r"[0-9]{4}", re.ASCII), "gYear", "-01-01"),
)
#: Kinds of parameters that may have a least and a greatest value.
NUMBERS: Final = frozenset({"integer", "decimal"})
_BOOLEANS: Final = {
    **dict.fromkeys(("true", "yes", "1"), "true"),
    **dict.fromkeys(("false", "no", "0"), "false"),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that the caller of a question may choose.

    :ivar name: name of the query's variable, without the question mark.
    :ivar kind: a key of :data:`KINDS`.
    :ivar label: what forms call it.
    :ivar help: a sentence for forms.
    :ivar example: a legal value.
    :ivar default: value where none is given; empty for none.
    :ivar required: whether the question has no answer without it.
    :ivar of: prefixed names of the classes whose instances are fitting values.
    :ivar choices: the legal values, where they are few.
    :ivar options: name of a query in ``queries/support`` that finds the fitting values among the
        instances of a class; empty where all of them fit.
    :ivar minimum: least legal number, as text; empty where there is none.
    :ivar maximum: greatest legal number, as text; empty where there is none.
    """

    name: str
    kind: str
    label: str
    help: str
    example: str
    default: str = ""
    required: bool = False
    of: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    options: str = ""
    minimum: str = ""
    maximum: str = ""

    def to_term(self, text: str, *, base: str) -> Term:
        """Return the term that a text stands for.

        :param text: what the caller gave.
        :param base: base IRI of the store's records.
        :raises ParameterError: the text is no value of this kind.

        >>> thin = Parameter("thin", "integer", "Thin cover", "", "1")
        >>> thin.to_term("2", base="https://example.org/").value
        '2'
        """
        expected, read = _FRAMEWORKS if _SCHEME in self.of else KINDS[self.kind]
        try:
            term = read(text, base)
        except ValueError as error:
            reason = f" ({error})" if str(error) else ""
            raise ParameterError(
                f"parameter '{self.name}': '{text}' is not {expected}{reason}; "
                f"for example {self.name}={self.example}"
            ) from error
        if self.choices and term not in [read(choice, base) for choice in self.choices]:
            raise ParameterError(
                f"parameter '{self.name}': '{text}' is not one of {', '.join(self.choices)}; "
                f"for example {self.name}={self.example}"
            )
        if self._is_out_of_range(term):
            bounds = [f"{self.minimum} or more"] if self.minimum else []
            bounds += [f"{self.maximum} or less"] if self.maximum else []
            raise ParameterError(
                f"parameter '{self.name}': {text} is not {' and '.join(bounds)}; "
                f"for example {self.name}={self.example}"
            )
        return term

    def _is_out_of_range(self, term: Term) -> bool:
        """Say whether a term is a number below the least or above the greatest legal one."""
        if self.kind not in NUMBERS or not isinstance(term, ox.Literal):
            return False
        number = Decimal(term.value)
        too_small = bool(self.minimum) and number < Decimal(self.minimum)
        return too_small or (bool(self.maximum) and number > Decimal(self.maximum))


def bind(
    question_id: str, parameters: Sequence[Parameter], params: Mapping[str, Any], *, base: str
) -> dict[str, Term]:
    """Return variable name to term for the parameters that have a value.

    :param question_id: named in messages.
    :param params: parameter name to value; None and empty texts count as not given.
    :raises ParameterError: a parameter is unknown, missing or of the wrong kind.

    >>> bind("cq-0", [Parameter("n", "integer", "n", "", "1", default="3")], {}, base="urn:")
    {'n': <Literal value=3 datatype=<NamedNode value=http://www.w3.org/2001/XMLSchema#integer>>}
    """
    names = [parameter.name for parameter in parameters]
    for name in params:
        if name not in names:
            known = ", ".join(names) or "none"
            raise ParameterError(
                f"question {question_id} has no parameter '{name}'; its parameters: {known}"
            )
    terms = {}
    for parameter in parameters:
        given = params.get(parameter.name)
        text = "" if given is None else str(given).strip()
        text = text or parameter.default
        if text:
            terms[parameter.name] = parameter.to_term(text, base=base)
        elif parameter.required:
            raise ParameterError(
                f"question {question_id} needs the parameter '{parameter.name}' "
                f"({KINDS[parameter.kind][0]}); for example {parameter.name}={parameter.example}"
            )
    return terms


def _iri(text: str, base: str) -> Term:
    """Return the IRI that an absolute IRI, a prefixed name or a record id stands for."""
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1]
    if _ABSOLUTE.match(text):
        return ox.NamedNode(text)
    prefix, colon, local = text.partition(":")
    if colon:
        if prefix not in PREFIXES:
            near = difflib.get_close_matches(prefix, PREFIXES, 3)
            hint = f", did you mean {' or '.join(near)}?" if near else ""
            raise ValueError(f"unknown prefix '{prefix}'{hint}")
        return ox.NamedNode(PREFIXES[prefix] + local)
    if record := _RECORD.fullmatch(text):
        return ox.NamedNode(record_iri(base, *record.groups()))
    raise ValueError


def _framework(text: str, base: str) -> Term:
    """Return the IRI of a framework, given by its short name or as an IRI."""
    schemes = load_vocabulary().schemes
    term = _iri(text, base) if ":" in text else ox.NamedNode(FRAMEWORK + text)
    address = term.value if isinstance(term, ox.NamedNode) else ""
    name = address.removeprefix(FRAMEWORK).removesuffix("/")
    if name in schemes:
        return ox.NamedNode(schemes[name])
    # Somebody's own framework has an address of its own.
    if not address.startswith(FRAMEWORK):
        return term
    raise ValueError(f"there are {', '.join(sorted(schemes))}")


def _construct(text: str, base: str) -> Term:
    """Return the IRI of a construct, given as an IRI or by its id."""
    constructs = load_vocabulary().constructs
    if text in constructs:
        return ox.NamedNode(constructs[text].iri)
    if ":" in text:
        return _iri(text, base)
    near = difflib.get_close_matches(text, constructs, 3)
    raise ValueError(f"did you mean {' or '.join(near)}?" if near else "no framework has it")


def _matching(pattern: re.Pattern[str], datatype: str) -> Callable[[str, str], Term]:
    """Return a reader of literals of one datatype."""

    def read(text: str, base: str) -> Term:
        if not pattern.fullmatch(text):
            raise ValueError
        return ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))

    return read


def _date(text: str, base: str) -> Term:
    """Return a day, month or year that exists in the calendar."""
    for pattern, datatype, rest in _DATES:
        if pattern.fullmatch(text):
            dt.date.fromisoformat(text + rest)
            return ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))
    raise ValueError


def _boolean(text: str, base: str) -> Term:
    """Return a yes or a no."""
    if text.lower() not in _BOOLEANS:
        raise ValueError
    return ox.Literal(_BOOLEANS[text.lower()], datatype=ox.NamedNode(XSD + "boolean"))


def _string(text: str, base: str) -> Term:
    """Return a plain string."""
    return ox.Literal(text)


#: Kind of parameter to what messages call its values, and to what reads them.
KINDS: Final[dict[str, tuple[str, Callable[[str, str], Term]]]] = {
    "iri": ("an IRI, a prefixed name or a record such as study/ndl-MH1", _iri),
    "construct": ("a construct of a framework, by id, prefixed name or IRI", _construct),
    "string": ("text", _string),
    "integer": ("a whole number", _matching(_INTEGER, "integer")),
    "decimal": ("a number such as 0.5", _matching(_DECIMAL, "decimal")),
    "date": ("a date: a day, month or year such as 2012-05-29, 2012-05 or 2012", _date),
    "boolean": ("yes or no", _boolean),
}

#: Prefixed name of the class of frameworks; a parameter of this class takes their short names.
_SCHEME: Final = "skos:ConceptScheme"
_FRAMEWORKS: Final = ("a framework, by short name or IRI", _framework)


def to_text(term: Term, *, base: str) -> str:
    """Return a parameter's term as people would type it.

    >>> to_text(ox.NamedNode("https://example.org/study/a"), base="https://example.org/")
    'study/a'
    """
    if isinstance(term, ox.NamedNode):
        rest = term.value.removeprefix(base)
        return rest if _RECORD.fullmatch(rest) else compact(term.value)
    return term.value if isinstance(term, ox.Literal) else str(term)
