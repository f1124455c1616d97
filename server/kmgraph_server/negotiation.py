"""Choose what to send by what a client says it accepts. Pure functions.

Source: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from kmgraph import formats
from kmgraph.formats import Format
from kmgraph_server.errors import MalformedRequestError, NotAcceptableError

#: Most characters of a name that a message repeats.
_QUOTED: Final = 60
_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE: Final = re.compile(rf"({_WORD})/({_WORD})")
_WEIGHT: Final = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?", re.ASCII)
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
    """

    name: str
    media_type: str
    format: Format | None
    also: tuple[str, ...] = ()
    sent: str = ""

    @property
    def content_type(self) -> str:
        """Return the value of the Content-Type header; all text is UTF-8."""
        media_type = self.sent or self.media_type
        return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


@dataclass(frozen=True, slots=True)
class MediaRange:
    """An element of an Accept header, such as ``text/*;q=0.5``.

    Other parameters than the weight, such as a profile of JSON-LD, are wishes that nothing on
    offer depends on, so they are not kept.
    """

    type: str
    subtype: str
    weight: float

    def matches(self, media_type: str) -> bool:
        """Say whether a media type without parameters is in the range."""
        kind, _, subtype = media_type.partition("/")
        return self.type in ("*", kind) and self.subtype in ("*", subtype)

    @property
    def specificity(self) -> int:
        """Return how much the range says: 0 for ``*/*``, 1 for ``text/*``, 2 for a type."""
        return (self.type != "*") + (self.subtype != "*")


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
#: Media types of graphs, the default first.
GRAPH: Final = (
    Offer("ttl", formats.TURTLE.media_type, formats.TURTLE, ("turtle", "n3")),
    Offer("nt", formats.NTRIPLES.media_type, formats.NTRIPLES, ("ntriples", "n-triples")),
    Offer("rdf", formats.RDFXML.media_type, formats.RDFXML, ("rdfxml", "rdf+xml", "xml")),
    Offer("jsonld", formats.JSONLD.media_type, formats.JSONLD, ("json-ld", "ld+json", "json")),
    HTML,
    Offer("jsonld", "application/json", formats.JSONLD, sent=formats.JSONLD.media_type),
    Offer("rdf", "application/xml", formats.RDFXML, sent=formats.RDFXML.media_type),
)
#: Media types of a page about something that is described in RDF, the default first.
DOCUMENT: Final = (HTML, *(offer for offer in GRAPH if offer is not HTML))
#: Media types of the answer to a saved question, the default first.
ANSWER: Final = (HTML, Offer("json", "application/json", None), Offer("csv", "text/csv", None))
#: Media types of the list of saved questions, the default first.
LISTING: Final = ANSWER[:2]

_ALL: Final = (*SOLUTIONS, *GRAPH)


def forms(offers: Sequence[Offer]) -> list[Offer]:
    """Return the forms that can be downloaded, each once, without the page.

    >>> [offer.name for offer in forms(GRAPH)]
    ['ttl', 'nt', 'rdf', 'jsonld']
    """
    found: dict[str, Offer] = {}
    for offer in offers:
        if offer is not HTML:
            found.setdefault(offer.name, offer)
    return list(found.values())


def choose(accept: str | None, offers: Sequence[Offer]) -> Offer:
    """Return what to send to a client.

    The most specific range that matches a media type gives its weight. Of the media types of the
    highest weight the one that is offered first is sent.

    :param accept: value of the Accept header; None or empty means anything.
    :param offers: what can be sent, the default first.
    :raises NotAcceptableError: nothing on offer is acceptable.

    >>> choose("text/csv;q=.2, application/sparql-results+xml;q=0.9", SOLUTIONS).name
    'xml'
    """
    if accept is None or not accept.strip():
        return offers[0]
    ranges = list(parse_accept(accept))
    weights = [weight_of(offer.media_type, ranges) for offer in offers]
    best = max(weights)
    if best <= 0:
        raise NotAcceptableError(list(dict.fromkeys(offer.media_type for offer in offers)))
    return offers[weights.index(best)]


def by_name(name: str, offers: Sequence[Offer]) -> Offer:
    """Return the offer of a short name or of a media type, as ``?format=`` gives it.

    :raises MalformedRequestError: nothing of this name is on offer.

    >>> by_name("ttl", GRAPH).media_type
    'text/turtle'
    >>> by_name("application/rdf+xml", GRAPH).name
    'rdf'
    """
    offer = _named(name, offers)
    if offer is None:
        names = ", ".join(dict.fromkeys(offer.name for offer in offers))
        raise MalformedRequestError(
            f"'{name[:_QUOTED]}' is no format for this: use format= with one of {names}"
        )
    return offer


def _named(name: str, offers: Sequence[Offer]) -> Offer | None:
    """Return the offer of a short name or of a media type, or None."""
    # A plus that was not encoded comes as a space.
    wanted = name.strip().lower().replace(" ", "+")
    for offer in offers:
        if wanted == offer.name or wanted in offer.also:
            return offer
    if "/" in wanted:
        with suppress(NotAcceptableError):
            return choose(wanted, offers)
    return None


def by_names(names: Sequence[str], offers: Sequence[Offer]) -> Offer | None:
    """Return the offer of the first name that has one, as some clients repeat ``format``.

    :returns: None where there are only names of formats that this result cannot be had in, so
        that the Accept header decides.
    :raises MalformedRequestError: none of the names is that of any format.

    >>> by_names(["tsv", "text/turtle"], GRAPH).name
    'ttl'
    >>> by_names(["csv"], GRAPH) is None
    True
    """
    found = next((offer for name in names if (offer := _named(name, offers))), None)
    if found is None and names and not any(_named(name, _ALL) for name in names):
        return by_name(names[0], offers)
    return found


def parse_accept(header: str) -> Iterator[MediaRange]:
    """Yield the elements of an Accept header; what is no media range is passed over.

    >>> [(r.type, r.subtype, r.weight) for r in parse_accept("text/*;q=.5, nonsense, */*;q=0")]
    [('text', '*', 0.5), ('*', '*', 0.0)]
    """
    for element in _ELEMENTS.findall(header):
        # An element of semicolons alone has no first part.
        first, *rest = (part.strip() for part in _PARAMETERS.findall(element) or [""])
        match = _RANGE.fullmatch(first)
        if match is None or (match[1] == "*" and match[2] != "*"):
            continue
        weight: float | None = 1.0
        for parameter in rest:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                weight = _weight(value.strip())
                # What follows the weight was an extension of the header, and means nothing now.
                break
        if weight is not None:
            yield MediaRange(match[1].lower(), match[2].lower(), weight)


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
