"""Saved questions, as their files describe them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.questions.parameters import Parameter, bind
from kmgraph.terms import Term

#: What a returned variable may hold. ``label`` names the IRI of another variable; ``texts`` are
#: several texts, which the query separates by newlines; ``passages`` are the IRIs of passages,
#: which it separates by spaces.
RETURN_KINDS: Final = frozenset(
    {"iri", "label", "number", "text", "texts", "date", "boolean", "passages"}
)


@dataclass(frozen=True, slots=True)
class Returned:
    """A variable that a question returns.

    :ivar name: name without the question mark.
    :ivar kind: one of :data:`RETURN_KINDS`.
    :ivar meaning: what it holds, in plain words.
    :ivar unit: unit of a number.
    :ivar of: for a label, the variable whose IRI it names.
    """

    name: str
    kind: str
    meaning: str
    unit: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """What an answer is given in pages of.

    :ivar of: name of the listing, a file of ``queries/listings``.
    :ivar driver: the variable whose records the listing lists.
    :ivar through: properties by which a record leads to what belongs to it too.
    :ivar led_by: properties by which other records lead to what the record leads to, and are read.
    :ivar reads: classes of what belongs to a record that the query reads; all where none is given.
    :ivar wider: whether records without a row are listed too, so that a total counts what was
        looked at.
    :ivar counted: a column, and the variable of the query by whose value the listing counts its
        records for it.
    """

    of: str
    driver: str
    through: tuple[str, ...] = ()
    led_by: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    wider: bool = False
    counted: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Charted:
    """What the chart of an answer shows.

    :ivar kind: a key of :data:`kmgraph.figures.chart.CHART_KINDS`.
    :ivar shows: what its numbers are, in words.
    :ivar by: returned variables that name a row of the chart; those with one value in all rows
        are left out of the name, where there are several.
    :ivar values: returned variables with its numbers; where there are none, rows are counted.
    :ivar series: returned variable by whose value the numbers of a row are told apart.
    :ivar leaves_out: returned variables, each with a text whose rows are left out, such as totals.
    :ivar most_first: whether rows are put in the order of their numbers.
    :ivar least: where the scale begins, as text; empty where the numbers decide.
    :ivar greatest: where the scale ends, as text; empty where the numbers decide.
    """

    kind: str
    shows: str
    by: tuple[str, ...]
    values: tuple[str, ...] = ()
    series: str = ""
    leaves_out: tuple[tuple[str, str], ...] = ()
    most_first: bool = False
    least: str = ""
    greatest: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A saved question: its header and its query.

    :ivar id: such as ``cq-031``.
    :ivar title: a few words for lists.
    :ivar question: the question in plain words.
    :ivar framework: framework that it asks about, or ``none``.
    :ivar status: ``stable`` or ``draft``.
    :ivar since: version that it appeared in.
    :ivar graphs: kinds of graph that it reads.
    :ivar entailment: entailment regime that it relies on.
    :ivar parameters: what can be chosen, in order.
    :ivar returns: the variables of the answer, in order.
    :ivar order: what the rows are ordered by.
    :ivar listing: what its answer is given in pages of; None for pages of rows.
    :ivar source: who asked, or where it comes from.
    :ivar tags: words to find it by.
    :ivar unverified: what in the answer rests on unchecked knowledge; empty where nothing does.
    :ivar query: the SPARQL query.
    :ivar path: the file that it was read from.
    :ivar group: what people want to know, a key of :data:`kmgraph.questions.groups.GROUPS`.
    :ivar chart: what the chart of its answer shows; None where it has none.
    """

    id: str
    title: str
    question: str
    framework: str
    status: str
    since: str
    graphs: tuple[str, ...]
    entailment: str
    parameters: tuple[Parameter, ...]
    returns: tuple[Returned, ...]
    order: str
    listing: Listed | None
    source: str
    tags: tuple[str, ...]
    unverified: str
    query: str
    path: Path
    group: str = "other"
    chart: Charted | None = None

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of this name.

        :raises KeyError: the question has no such parameter.
        """
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)

    def bindings(
        self, params: Mapping[str, Any] | None = None, *, base: str = DEFAULT_BASE
    ) -> dict[str, Term]:
        """Return the terms that the query's variables are bound to.

        What is not given takes its default; an optional parameter without one stays free.

        :param params: parameter name to its value as text; an empty text means not given.
        :param base: base IRI against which record ids such as ``study/ndl-MH1`` are read.
        :raises ParameterError: a parameter is unknown, missing or of the wrong kind.

        >>> from kmgraph.questions import load_catalogue
        >>> load_catalogue()["cq-020"].bindings({"thin": "2"})["thin"].value
        '2'
        """
        return bind(self.id, self.parameters, params or {}, base=base)
