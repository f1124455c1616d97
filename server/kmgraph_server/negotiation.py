"""Choose what to send by what a client says it accepts. Pure functions.

Terms that are new in RDF 1.2 are sent only to clients that ask for them, by a range such as
``text/turtle;version=1.2`` or by the parameter ``version`` of their request; what is sent then
says so in its Content-Type.

Source: https://www.rfc-editor.org/rfc/rfc9110#section-12.5,
https://www.w3.org/TR/rdf12-concepts/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from kmgraph import formats
from kmgraph.formats import Format
from kmgraph_server.errors import MalformedRequestError, NotAcceptableError
from kmgraph_server.protocol import VERSIONS

#: Most characters of a name that a message repeats.
_QUOTED: Final = 60
#: Elements of a header that are looked at; no honest client sends more.
_MOST_ELEMENTS: Final = 200
#: Version of RDF that a client takes which names none.
_PLAIN: Final = VERSIONS[0]
_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TOKEN: Final = re.compile(_WORD)
_RANGE: Final = re.compile(rf"({_WORD})/({_WORD})")
_WEIGHT: Final = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?", re.ASCII)
#: Name of the coding that leaves everything as it is.
_UNCODED: Final = "identity"
_OLD_NAMES: Final = {"x-gzip": "gzip"}
#: Elements of a list, or parameters of an element; quoted strings may hold the separators.
_ELEMENTS: Final = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
_PARAMETERS: Final = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*"?)+')


@dataclass(frozen=True, slots=True)
class Offer:
    """A media type that can be sent.

    :ivar name: short name, as in ``?format=``.
    :ivar media_type: media type without parameters.
    :ivar format: the library's format, or None for a page.
    :ivar also: further names in ``?format=``.
    :ivar sent: media type that is sent, where ``media_type`` is only a looser name for it.
    :ivar version: newest version of RDF whose terms may be in it.
    """

    name: str
    media_type: str
    format: Format | None
    also: tuple[str, ...] = ()
    sent: str = ""
    version: str = _PLAIN

    @property
    def content_type(self) -> str:
        """Return the value of the Content-Type header; all text is UTF-8."""
        media_type = self.sent or self.media_type
        charset = "; charset=utf-8" if media_type.startswith("text/") else ""
        version = f"; version={self.version}" if self.version != _PLAIN else ""
        return media_type + charset + version

    @property
    def is_versioned(self) -> bool:
        """Return whether it can hold terms that are new in RDF 1.2; JSON-LD 1.1 cannot."""
        return self.format not in (None, formats.JSONLD)

    def in_version(self, version: str) -> Offer:
        """Return the offer with a version of RDF, where it can be had in that.

        >>> by_name("ttl", GRAPH).in_version("1.2").content_type
        'text/turtle; charset=utf-8; version=1.2'
        >>> by_name("jsonld", GRAPH).in_version("1.2").version
        '1.1'
        """
        return replace(self, version=version) if self.is_versioned else self


@dataclass(frozen=True, slots=True)
class MediaRange:
    """An element of an Accept header, such as ``text/*;q=0.5``.

    Other parameters than weight and version, such as a profile of JSON-LD, are wishes that nothing
    on offer depends on, so they are not kept.
    """

    type: str
    subtype: str
    weight: float
    version: str | None = None

    def matches(self, media_type: str) -> bool:
        """Say whether a media type without parameters is in the range."""
        kind, _, subtype = media_type.partition("/")
        return self.type in ("*", kind) and self.subtype in ("*", subtype)

    @property
    def specificity(self) -> tuple[int, bool]:
        """Return how much the range says: of the type 0 for ``*/*`` to 2, and of the version."""
        return (self.type != "*") + (self.subtype != "*"), self.version is not None


HTML: Final = Offer("html", "text/html", None)

#: Media types of solutions, the default first.
SOLUTIONS: Final = (
    Offer("json", formats.JSON.media_type, formats.JSON, ("srj",)),
    Offer("xml", formats.XML.media_type, formats.XML, ("srx",)),
    Offer("csv", formats.CSV.media_type, formats.CSV),
    Offer("tsv", formats.TSV.media_type, formats.TSV),
    Offer("json", "application/json", formats.JSON),
    Offer("xml", "application/xml", formats.XML),
    HTML,
)
#: Media types of the answer to ASK, the default first.
BOOLEAN: Final = tuple(
    offer for offer in SOLUTIONS if offer.format is None or "boolean" in offer.format.kinds
)
_TRIPLES: Final = (
    Offer("ttl", formats.TURTLE.media_type, formats.TURTLE, ("turtle", "n3")),
    Offer("nt", formats.NTRIPLES.media_type, formats.NTRIPLES, ("ntriples", "n-triples")),
    Offer("rdf", formats.RDFXML.media_type, formats.RDFXML, ("rdfxml", "rdf+xml", "xml")),
    Offer("jsonld", formats.JSONLD.media_type, formats.JSONLD, ("json-ld", "ld+json", "json")),
)
_QUADS: Final = (
    Offer("trig", formats.TRIG.media_type, formats.TRIG),
    Offer("nq", formats.NQUADS.media_type, formats.NQUADS, ("nquads", "n-quads")),
)
_LOOSER: Final = (
    Offer("jsonld", "application/json", formats.JSONLD, sent=formats.JSONLD.media_type),
    Offer("rdf", "application/xml", formats.RDFXML, sent=formats.RDFXML.media_type),
)
#: Media types of graphs, the default first; those of datasets can hold one graph too.
GRAPH: Final = (*_TRIPLES, HTML, *_QUADS, *_LOOSER)
#: Media types of a graph that is sent to programs alone, the default first.
RDF: Final = (*_TRIPLES, *_QUADS, *_LOOSER)
#: Media types of several named graphs at once, the default first.
DATASET: Final = (*_QUADS, _TRIPLES[3], _LOOSER[0])
#: Media types of a page about something that is described in RDF, the default first.
DOCUMENT: Final = (HTML, *_TRIPLES, *_LOOSER)
#: Media types of the answer to a saved question, the default first.
ANSWER: Final = (
    HTML,
    Offer("json", "application/json", None),
    Offer("csv", "text/csv", None),
    Offer("jsonld", formats.JSONLD.media_type, None),
    Offer("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", None),
)
#: Media types of the chart of an answer, the default first; they are sent to whoever names them.
CHARTS: Final = (Offer("svg", "image/svg+xml", None), Offer("png", "image/png", None))
#: Media types of the list of saved questions, the default first.
LISTING: Final = ANSWER[:2]

_ALL: Final = (*SOLUTIONS, *GRAPH)


def forms(offers: Sequence[Offer]) -> list[Offer]:
    """Return the forms that can be downloaded, each once, without the page.

    >>> [offer.name for offer in forms(GRAPH)]
    ['ttl', 'nt', 'rdf', 'jsonld', 'trig', 'nq']
    """
    found: dict[str, Offer] = {}
    for offer in offers:
        if offer is not HTML:
            found.setdefault(offer.name, offer)
    return list(found.values())


def choose(accept: str | None, offers: Sequence[Offer], version: str = _PLAIN) -> Offer:
    """Return what to send to a client.

    The most specific range that matches a media type gives its weight. Of the media types of the
    highest weight the one that is offered first is sent, in the newest version of that weight.

    :param accept: value of the Accept header; None or empty means anything.
    :param offers: what can be sent, the default first.
    :param version: version of RDF that ranges mean which name none.
    :raises NotAcceptableError: nothing on offer is acceptable.

    >>> choose("text/csv;q=.2, application/sparql-results+xml;q=0.9", SOLUTIONS).name
    'xml'
    >>> choose("text/turtle;version=1.2", GRAPH).version
    '1.2'
    """
    if accept is None or not accept.strip():
        return offers[0].in_version(version)
    ranges = list(parse_accept(accept))
    variants = [variant for offer in offers for variant in _variants(offer)]
    weights = [_weight_of_variant(variant, ranges, version) for variant in variants]
    best = max(weights)
    if best <= 0:
        raise NotAcceptableError(list(dict.fromkeys(offer.media_type for offer in offers)))
    return variants[weights.index(best)]


def _variants(offer: Offer) -> list[Offer]:
    """Return an offer in each version of RDF that it can be had in, the newest first."""
    if not offer.is_versioned:
        return [offer]
    return [offer.in_version(version) for version in reversed(VERSIONS)]


def _weight_of_variant(offer: Offer, ranges: Sequence[MediaRange], version: str) -> float:
    """Return the weight of an offer in its version.

    :param version: version of RDF that ranges mean which name none.
    """
    if offer.format is None:
        return weight_of(offer.media_type, ranges)
    meant = version if offer.is_versioned else _PLAIN
    fitting = [entry for entry in ranges if (entry.version or meant) == offer.version]
    return weight_of(offer.media_type, fitting)


def by_name(name: str, offers: Sequence[Offer], version: str = _PLAIN) -> Offer:
    """Return the offer of a short name or of a media type, as ``?format=`` gives it.

    :param version: version of RDF, where the name says none.
    :raises MalformedRequestError: nothing of this name is on offer.

    >>> by_name("ttl", GRAPH).media_type
    'text/turtle'
    >>> by_name("application/rdf+xml", GRAPH).name
    'rdf'
    """
    offer = _named(name, offers, version)
    if offer is None:
        names = ", ".join(dict.fromkeys(offer.name for offer in offers))
        raise MalformedRequestError(
            f"'{name[:_QUOTED]}' is no format for this: use format= with one of {names}"
        )
    return offer


def _named(name: str, offers: Sequence[Offer], version: str = _PLAIN) -> Offer | None:
    """Return the offer of a short name or of a media type, or None."""
    # A plus that was not encoded comes as a space.
    wanted = name.strip().lower().replace(" ", "+")
    for offer in offers:
        if wanted == offer.name or wanted in offer.also:
            return offer.in_version(version)
    if "/" in wanted:
        with suppress(NotAcceptableError):
            return choose(wanted, offers, version)
    return None


def by_names(names: Sequence[str], offers: Sequence[Offer], version: str = _PLAIN) -> Offer | None:
    """Return the offer of the first name that has one, as some clients repeat ``format``.

    :param version: version of RDF, where a name says none.
    :returns: None where there are only names of formats that this result cannot be had in, so
        that the Accept header decides.
    :raises MalformedRequestError: none of the names is that of any format.

    >>> by_names(["tsv", "text/turtle"], GRAPH).name
    'ttl'
    >>> by_names(["csv"], GRAPH) is None
    True
    """
    found = next((offer for name in names if (offer := _named(name, offers, version))), None)
    if found is None and names and not any(_named(name, _ALL) for name in names):
        return by_name(names[0], offers)
    return found


def parse_accept(header: str) -> Iterator[MediaRange]:
    """Yield the elements of an Accept header; what is no media range is passed over.

    >>> [(r.type, r.subtype, r.weight) for r in parse_accept("text/*;q=.5, nonsense, */*;q=0")]
    [('text', '*', 0.5), ('*', '*', 0.0)]
    >>> next(parse_accept("text/turtle;version=1.2")).version
    '1.2'
    """
    for first, parameters in _elements(header):
        match = _RANGE.fullmatch(first)
        if match is None or (match[1] == "*" and match[2] != "*"):
            continue
        weight = _weight(parameters.get("q", "1"))
        if weight is not None:
            yield MediaRange(match[1].lower(), match[2].lower(), weight, parameters.get("version"))


def _elements(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the elements of a list, each with its parameters; of two of one name, the first."""
    for found in islice(_ELEMENTS.finditer(header), _MOST_ELEMENTS):
        # An element of semicolons alone has no first part.
        first, *rest = (part.strip() for part in _PARAMETERS.findall(found[0]) or [""])
        parameters: dict[str, str] = {}
        for parameter in rest:
            name, _, value = parameter.partition("=")
            parameters.setdefault(name.strip().lower(), value.strip().strip('"'))
        yield first, parameters


def _weight(text: str) -> float | None:
    """Return a weight, or None for what is no weight; ``.5`` is taken although it lacks its 0."""
    padded = f"0{text}" if text.startswith(".") else text
    return float(padded) if _WEIGHT.fullmatch(padded) else None


def weight_of(media_type: str, ranges: Sequence[MediaRange]) -> float:
    """Return the weight that a header's ranges give a media type; 0 where none matches.

    >>> weight_of("text/csv", list(parse_accept("text/*;q=0.3, text/csv;q=0.7")))
    0.7
    """
    matching = [entry for entry in ranges if entry.matches(media_type)]
    if not matching:
        return 0.0
    most = max(entry.specificity for entry in matching)
    return max(entry.weight for entry in matching if entry.specificity == most)


def choose_coding(header: str | None, offered: Sequence[str]) -> str | None:
    """Return the content coding in which to send something, or None for none.

    Of the codings of the highest weight the one that is offered first is taken. A client that
    names no coding gets none, and one that names several without weights gets one of them.

    :param header: value of the Accept-Encoding header.
    :param offered: names of the codings on offer, the best first.
    :raises NotAcceptableError: the client takes neither a coding on offer nor none.

    >>> choose_coding("gzip, zstd;q=0.5", ("zstd", "gzip"))
    'gzip'
    >>> choose_coding("br;q=1", ("zstd", "gzip")) is None
    True

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
    """
    weights = _coding_weights(header or "")
    others = weights.get("*", 0.0)
    best = max((weights.get(name, others) for name in offered), default=0.0)
    # Where nothing is said of it, sending something as it is remains the last resort.
    plain = weights.get(_UNCODED, weights.get("*"))
    if best > 0 and (plain is None or best >= plain):
        return next(name for name in offered if weights.get(name, others) == best)
    if plain == 0:
        raise NotAcceptableError(
            [*offered, _UNCODED], "none of the codings in the Accept-Encoding header is on offer"
        )
    return None


def _coding_weights(header: str) -> dict[str, float]:
    """Return coding to weight as a header gives them; what is no coding is passed over."""
    weights: dict[str, float] = {}
    for first, parameters in _elements(header):
        weight = _weight(parameters.get("q", "1"))
        if weight is not None and _TOKEN.fullmatch(first):
            name = _OLD_NAMES.get(first.lower(), first.lower())
            weights[name] = max(weight, weights.get(name, 0.0))
    return weights
