"""Pages in the words of schema.org, for search engines.

Source: https://developers.google.com/search/docs/appearance/structured-data/dataset
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from kmgraph.namespaces import SCHEMA
from kmgraph_server.pages.entity_page import EntityPage
from kmgraph_server.signposting import Signpost

if TYPE_CHECKING:
    from kmgraph.dataset import DatasetCard

_CONTEXT: Final = "https://schema.org/"
#: Where the ontology names no class of schema.org.
_ANYTHING: Final = "Thing"

Node = dict[str, Any]


def about_catalogue(cards: Iterable[DatasetCard], root: str) -> Node:
    """Return what the home page is about: a catalogue of datasets.

    :param root: address of the home page, absolute.

    >>> about_catalogue([], "https://x.org/")["@type"]
    'DataCatalog'
    """
    return {
        "@context": _CONTEXT,
        "@type": "DataCatalog",
        "@id": root,
        "url": root,
        "name": "Implementation evidence",
        "dataset": [dataset_node(card) for card in cards],
    }


def about_entity(
    shown: EntityPage,
    found: Sequence[Signpost],
    cards: Iterable[DatasetCard],
    address: str,
    root: str,
) -> Node:
    """Return what the page of a thing is about.

    :param found: the signposts of the page.
    :param cards: what the datasets say of themselves.
    :param address: address of the page.
    :param root: address that paths are of, absolute.
    """
    by_iri = {card.iri: card for card in cards}
    page = urljoin(root, address)
    if shown.iri in by_iri:
        return {
            "@context": _CONTEXT,
            **dataset_node(by_iri[shown.iri]),
            "url": page,
            "distribution": [
                {
                    "@type": "DataDownload",
                    "contentUrl": urljoin(root, one.target),
                    "encodingFormat": one.media_type,
                }
                for one in found
                if one.relation == "item"
            ],
        }
    names = [one.target.removeprefix(SCHEMA) for one in found if one.relation == "type"][1:]
    thing = {"@type": names or _ANYTHING, "@id": shown.iri, "name": shown.title, "url": page}
    if shown.lede:
        thing["description"] = shown.lede
    licences = [one.target for one in found if one.relation == "license"]
    targets = [one.target for one in found if one.relation == "collection"]
    return {
        "@context": _CONTEXT,
        "@type": "WebPage",
        "@id": page,
        "url": page,
        "name": shown.title,
        "about": thing,
        **({"license": licences} if licences else {}),
        "isPartOf": [dataset_node(by_iri[iri]) for iri in targets if iri in by_iri],
    }


def dataset_node(card: DatasetCard) -> Node:
    """Return a dataset; what it is silent on is left out."""
    given = {
        "name": card.title,
        "description": card.description,
        "identifier": card.identifier,
        "license": card.licence,
        "version": card.version,
        "datePublished": card.issued,
    }
    node: Node = {"@type": "Dataset", "@id": card.iri}
    node |= {name: value for name, value in given.items() if value}
    if card.publisher:
        node["publisher"] = {"@type": "Organization", "name": card.publisher}
    return node
