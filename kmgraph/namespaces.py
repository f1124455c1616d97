"""Namespaces, prefixes and the IRIs of graphs and records.

The table :data:`PREFIXES` is the one list of prefixes: queries, exports, pages and the saved
questions all use it.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

KM: Final = "https://w3id.org/kmgraph/ontology#"
FRAMEWORK: Final = "https://w3id.org/kmgraph/framework/"
MAPPING: Final = "https://w3id.org/kmgraph/mapping/"
#: Where the IRIs of shared vocabulary begin that servers have documents of, by the path there.
DOCUMENTED: Final = {"framework": FRAMEWORK, "mapping": MAPPING}
#: Base IRI of a store's records where none is chosen.
DEFAULT_BASE: Final = "https://w3id.org/kmgraph/id/"

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
SSSOM: Final = "https://w3id.org/sssom/"
PROV: Final = "http://www.w3.org/ns/prov#"
ORG: Final = "http://www.w3.org/ns/org#"
FOAF: Final = "http://xmlns.com/foaf/0.1/"
DCTERMS: Final = "http://purl.org/dc/terms/"
DCAT: Final = "http://www.w3.org/ns/dcat#"
VOID: Final = "http://rdfs.org/ns/void#"
SD: Final = "http://www.w3.org/ns/sparql-service-description#"
OA: Final = "http://www.w3.org/ns/oa#"
SCHEMA: Final = "https://schema.org/"
QB: Final = "http://purl.org/linked-data/cube#"
SH: Final = "http://www.w3.org/ns/shacl#"
VANN: Final = "http://purl.org/vocab/vann/"
IAO: Final = "http://purl.obolibrary.org/obo/IAO_"

#: Prefix to namespace, in the order in which they are offered to users.
PREFIXES: Final[dict[str, str]] = {
    "km": KM,
    "parihs1998": f"{FRAMEWORK}parihs-1998/",
    "parihs2004": f"{FRAMEWORK}parihs-2004/",
    "iparihs2016": f"{FRAMEWORK}i-parihs-2016/",
    "levels": f"{FRAMEWORK}ferlie-shortell-2001/",
    "licop2009": f"{FRAMEWORK}li-cop-2009/",
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "sssom": SSSOM,
    "prov": PROV,
    "org": ORG,
    "foaf": FOAF,
    "dcterms": DCTERMS,
    "dcat": DCAT,
    "void": VOID,
    "sd": SD,
    "oa": OA,
    "schema": SCHEMA,
    "qb": QB,
    "sh": SH,
    "vann": VANN,
    "iao": IAO,
}

#: Graphs that the store fills itself.
RESERVED_GRAPHS: Final = frozenset(
    {
        "ontology",
        "frameworks",
        "mappings",
        "derived",
        "provenance",
        "questions",
        "cube",
        "metadata",
    }
)
#: Name of the graph that updates fill where they name none.
OWN_DEFAULT_GRAPH: Final = "default"
#: Names that no dataset and no file may take.
TAKEN_NAMES: Final = RESERVED_GRAPHS | {OWN_DEFAULT_GRAPH}


def expand(curie: str) -> str:
    """Return the IRI of a prefixed name.

    :param curie: a prefixed name such as ``km:Study``, with a prefix of :data:`PREFIXES`.
    :raises KeyError: the prefix is not in the table.

    >>> expand("km:Study")
    'https://w3id.org/kmgraph/ontology#Study'
    """
    prefix, _, local = curie.partition(":")
    return PREFIXES[prefix] + local


def compact(iri: str) -> str:
    """Return the shortest prefixed name of an IRI, or the IRI itself where no prefix fits.

    >>> compact("http://www.w3.org/ns/prov#wasDerivedFrom")
    'prov:wasDerivedFrom'
    >>> compact("https://example.org/x")
    'https://example.org/x'
    """
    matches = [(ns, prefix) for prefix, ns in PREFIXES.items() if iri.startswith(ns) and iri != ns]
    if not matches:
        return iri
    namespace, prefix = max(matches)
    local = iri[len(namespace) :]
    return f"{prefix}:{local}" if "/" not in local and "#" not in local else iri


def record_iri(base: str, segment: str, record_id: str) -> str:
    """Return the IRI of a record: base, kind of record, id.

    :param base: base IRI of the store, ending in ``/``.
    :param segment: path segment of the kind of record, such as ``study``.
    :param record_id: the record's id with the id prefix of its dataset.

    >>> record_iri(DEFAULT_BASE, "study", "ndl-MH1")
    'https://w3id.org/kmgraph/id/study/ndl-MH1'
    """
    return f"{base}{segment}/{quote(record_id, safe='-._~')}"


def graph_iri(base: str, name: str) -> str:
    """Return the IRI of a named graph of the store.

    >>> graph_iri(DEFAULT_BASE, "clahrc-ndl")
    'https://w3id.org/kmgraph/id/graph/clahrc-ndl'
    """
    return f"{base}graph/{quote(name, safe='-._~/')}"
