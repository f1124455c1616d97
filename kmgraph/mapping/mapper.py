"""Turn checked rows into N-Triples statements.

The mapping of a column is in the column's definition; what is beyond that (types that depend on
values, dependent nodes, computed bands) is in the functions at the end of this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from kmgraph.bundles.rules import rescale
from kmgraph.mapping import terms
from kmgraph.namespaces import KM, graph_iri, record_iri
from kmgraph.records import SEGMENTS, TABLES, Column, Kind, Table
from kmgraph.vocabulary import Vocabulary

#: Segment of a dataset's own terms to their class.
TERM_CLASSES: Final[dict[str, str]] = {
    "condition": "km:Condition",
    "setting": "km:Setting",
    "place": "km:Place",
    "participant-kind": "km:ParticipantKind",
    "role": "org:Role",
    "method": "km:Method",
    "expertise": "km:Expertise",
    "challenge-topic": "km:ChallengeTopic",
}
#: Scores below are low, and scores above the second are high.
BAND_EDGES: Final = (Decimal("0.4"), Decimal("0.6"))
#: Branch of a PARIHS scheme to the class of its assessments.
_ASSESSMENT_CLASSES: Final = {
    "PARIHS.E": "km:EvidenceAssessment",
    "PARIHS.C": "km:ContextAssessment",
    "PARIHS.F": "km:FacilitationAssessment",
    "P98.E": "km:EvidenceAssessment",
    "P98.C": "km:ContextAssessment",
    "P98.F": "km:FacilitationAssessment",
}

Values = Mapping[str, Any]


def band_of(score: Decimal) -> str:
    """Return the local name of the band of a score.

    >>> band_of(Decimal("0.4")), band_of(Decimal("0.61"))
    ('Mixed', 'High')
    """
    return "Low" if score < BAND_EDGES[0] else "High" if score > BAND_EDGES[1] else "Mixed"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the records of a dataset live.

    :ivar base: base IRI of the store.
    :ivar dataset: id of the dataset.
    :ivar id_prefix: put before each id of the dataset.
    :ivar language: language tag of its texts.
    :ivar other_prefixes: id of another dataset to its id prefix.
    """

    base: str
    dataset: str
    id_prefix: str
    language: str
    other_prefixes: Mapping[str, str]

    def iri(self, segment: str, record_id: str) -> str:
        """Return the IRI of a record of this dataset, or of another as ``dataset:id``.

        >>> Place("https://x.org/", "d", "p-", "en", {"e": "q-"}).iri("study", "e:S1")
        'https://x.org/study/q-S1'
        """
        dataset, colon, local = record_id.partition(":")
        if colon:
            return record_iri(self.base, segment, self.other_prefixes[dataset] + local)
        if segment == "dataset":
            return record_iri(self.base, segment, record_id)
        return record_iri(self.base, segment, self.id_prefix + record_id)


class Mapper:
    """Maps the rows of one dataset.

    :param place: where its records live.
    :param sheet_of: gives the sheet of a record's id.
    :param quote_of: gives the quote of a passage from the reader's own copies, or None.
    """

    def __init__(
        self,
        place: Place,
        vocabulary: Vocabulary,
        sheet_of: Callable[[str], str | None],
        quote_of: Callable[[Values], str | None] = lambda values: None,
    ) -> None:
        self.place = place
        self.vocabulary = vocabulary
        self._sheet_of = sheet_of
        self._quote_of = quote_of
        self._minted: set[str] = set()
        self._writers = {table.sheet: self._compile(table) for table in TABLES.values()}

    def _compile(self, table: Table) -> list[tuple[Column, str]]:
        """Return the columns that map to a property of their own, with the property."""
        return [(c, terms.name(c.predicate)) for c in table.columns if c.predicate]

    def record_iri(self, sheet: str, record_id: str) -> str:
        """Return the IRI of a record of a sheet."""
        return self.place.iri(TABLES[sheet].segment, record_id)

    def statements(self, sheet: str, values: Values) -> Iterator[str]:
        """Yield the statements of a row: subject, predicate and object, without the final dot.

        What a row says once is said once, and so is what several rows say.
        """
        yield from dict.fromkeys(self._statements(sheet, values))

    def _statements(self, sheet: str, values: Values) -> Iterator[str]:
        """Yield the statements of a row, in which one may stand twice."""
        table = TABLES[sheet]
        subject = terms.iri(self.record_iri(sheet, values["id"]))
        extension = ":" in values["id"]
        for class_name in () if extension else (table.class_name, *table.also):
            yield f"{subject} {terms.name('rdf:type')} {terms.name(class_name)}"
        for column, predicate in self._writers[sheet]:
            if extension and column.kind is Kind.ID:
                continue
            value = values.get(column.name)
            if value in (None, ()):
                if not column.default or extension:
                    continue
                value = self.default(column)
            for item in value if isinstance(value, tuple) else (value,):
                yield f"{subject} {predicate} {self.object(column, item)}"
                if column.kind is Kind.TERM:
                    yield from self.mint(column.segment, item)
        if sheet in EXTRAS:
            yield from EXTRAS[sheet](self, subject, values)

    def default(self, column: Column) -> Any:
        """Return the typed value of a column's default."""
        return column.default == "yes" if column.kind is Kind.BOOLEAN else column.default

    def object(self, column: Column, item: Any) -> str:
        """Return the object term of one item of a cell."""
        kind = column.kind
        if kind is Kind.TEXT:
            return terms.text(item, self.place.language)
        if kind in (Kind.NAME, Kind.ID, Kind.SHA256):
            return terms.string(item)
        if kind is Kind.REF:
            sheet = self._sheet_of(item) or column.targets[0]
            return terms.iri(self.record_iri(sheet, item))
        if kind is Kind.DATE:
            return terms.date(item)
        if kind is Kind.DECIMAL:
            return terms.decimal(item)
        if kind is Kind.INTEGER:
            return terms.integer(item)
        if kind is Kind.BOOLEAN:
            return terms.boolean(item)
        if kind is Kind.TERM:
            return terms.iri(self._term_iri(column.segment, item))
        if kind in (Kind.CODE, Kind.TYPE):
            return terms.iri(self.vocabulary.codes[column.codes][item])
        if kind is Kind.CONSTRUCT:
            return terms.iri(self.vocabulary.constructs[item].iri)
        if kind is Kind.SCHEME:
            return terms.iri(self.vocabulary.schemes[item])
        if kind is Kind.PROPERTY:
            return terms.name(item)
        return terms.iri(item)

    def _term_iri(self, segment: str, words: str) -> str:
        """Return the IRI of a term of the dataset's own."""
        return f"{self.place.base}{segment}/{self.place.id_prefix}{terms.slug(words)}"

    def mint(self, segment: str, words: str) -> Iterator[str]:
        """Yield the description of a term of the dataset's own, once.

        :param segment: path segment of its IRI, which tells its class.
        """
        term = self._term_iri(segment, words)
        if term in self._minted:
            return
        self._minted.add(term)
        subject = terms.iri(term)
        class_name = TERM_CLASSES[segment]
        yield f"{subject} {terms.name('rdf:type')} {terms.name(class_name)}"
        label = terms.text(words, self.place.language)
        yield f"{subject} {terms.name('skos:prefLabel')} {label}"

    def _dataset(self, subject: str, values: Values) -> Iterator[str]:
        """A dataset has a publisher, a graph, and the datasets it extends."""
        publisher = terms.iri(f"{subject[1:-1]}/publisher")
        yield f"{subject} {terms.name('dcterms:publisher')} {publisher}"
        yield f"{publisher} {terms.name('rdf:type')} {terms.name('foaf:Agent')}"
        yield f"{publisher} {terms.name('foaf:name')} {terms.string(values['publisher'])}"
        graph = terms.iri(graph_iri(self.place.base, values["id"]))
        yield f"{subject} {terms.name('km:graph')} {graph}"
        for other in values.get("extends") or ():
            extended = terms.iri(record_iri(self.place.base, "dataset", other))
            yield f"{subject} {terms.name('km:extends')} {extended}"

    def _passage(self, subject: str, values: Values) -> Iterator[str]:
        """A passage shows its words where the bundle or the reader's own copy has them."""
        words = values.get("quote")
        if not words:
            words = self._quote_of(values)
            if words:
                basis = terms.iri(self.vocabulary.codes["km:QuoteBasis"]["published"])
                yield f"{subject} {terms.name('km:quoteBasis')} {basis}"
        if words:
            quote = terms.iri(f"{subject[1:-1]}/quote")
            yield f"{subject} {terms.name('oa:hasSelector')} {quote}"
            yield f"{quote} {terms.name('rdf:type')} {terms.name('oa:TextQuoteSelector')}"
            yield f"{quote} {terms.name('oa:exact')} {terms.text(words, self.place.language)}"

    def _membership(self, subject: str, values: Values) -> Iterator[str]:
        """A named member of a community is its foaf:member too."""
        group, member = values["group"], values.get("member")
        if member and self._sheet_of(group) == "communities":
            person = terms.iri(self.record_iri(self._sheet_of(member) or "people", member))
            community = terms.iri(self.record_iri("communities", group))
            statement = f"{community} {terms.name('foaf:member')} {person}"
            # Someone may join a community twice, and the statement is made once.
            if statement not in self._minted:
                self._minted.add(statement)
                yield statement

    def _claim(self, subject: str, values: Values) -> Iterator[str]:
        """A claim with a number is a quantity claim."""
        if values.get("value") is not None:
            yield f"{subject} {terms.name('rdf:type')} {terms.name('km:QuantityClaim')}"

    def _assessment(self, subject: str, values: Values) -> Iterator[str]:
        """An assessment has the class of its element; a scored one has a computed band."""
        construct = self.vocabulary.constructs.get(values.get("construct") or "")
        if construct and construct.top in _ASSESSMENT_CLASSES:
            class_name = _ASSESSMENT_CLASSES[construct.top]
            yield f"{subject} {terms.name('rdf:type')} {terms.name(class_name)}"
        score, raw = values.get("score"), values.get("raw_score")
        low, high = values.get("scale_low"), values.get("scale_high")
        if construct and construct.raw_only:
            return
        if score is None and raw is not None and low is not None and high is not None:
            score = rescale(raw, low, high)
            yield f"{subject} {terms.name('km:score')} {terms.decimal(score)}"
        if score is not None:
            yield f"{subject} {terms.name('km:band')} <{KM}{band_of(score)}>"
            yield f"{subject} {terms.name('km:bandKind')} {terms.name('km:Computed')}"
        elif values.get("band"):
            yield f"{subject} {terms.name('km:bandKind')} {terms.name('km:Stated')}"


#: Sheet to what its rows become beyond their columns.
EXTRAS: Final[dict[str, Callable[[Mapper, str, Values], Iterator[str]]]] = {
    "dataset": Mapper._dataset,
    "passages": Mapper._passage,
    "memberships": Mapper._membership,
    "claims": Mapper._claim,
    "assessments": Mapper._assessment,
}


def split_record_iri(base: str, iri: str) -> tuple[str, str] | None:
    """Return the sheet and the id (with its prefix) of a record's IRI, or None for other IRIs.

    >>> split_record_iri("https://x.org/", "https://x.org/study/S1")
    ('studies', 'S1')
    """
    if not iri.startswith(base):
        return None
    segment, slash, rest = iri[len(base) :].partition("/")
    table = SEGMENTS.get(segment)
    return (table.sheet, rest) if table and slash and "/" not in rest else None
