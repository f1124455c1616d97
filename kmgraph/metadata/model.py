"""Where and as what a view is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Publication:
    """Where and as what a view is published.

    :ivar base: base IRI of the store.
    :ivar endpoint: address of the endpoint; empty where it is ``sparql`` below the base.
    :ivar description: address of the endpoint's own description; empty where that is the endpoint.
    :ivar version: version of the data; empty where they have none.
    :ivar previous: IRI of the version before; empty where there is none.
    :ivar issued: when data were first published, in ISO 8601; empty where unknown.
    :ivar modified: when these data were published, in ISO 8601; empty where unknown.
    :ivar changed: IRI of a graph to when it last changed, in ISO 8601, where that is known.
    :ivar mail: address of whoever answers for the data, such as ``mailto:a@example.org``.
    :ivar home: address of the site that shows the data; empty where none does.
    :ivar feed: address of the change feed; empty where there is none.
    :ivar is_open: whether anybody may read the view.
    :ivar snapshot: the files that hold the view; None where none are written.
    :ivar files_at: where these are on the web, ending in a slash; empty where that is the
        snapshot's own IRI.

    >>> Publication().endpoint_iri
    'https://w3id.org/kmgraph/id/sparql'
    """

    base: str = DEFAULT_BASE
    endpoint: str = ""
    description: str = ""
    version: str = ""
    previous: str = ""
    issued: str = ""
    modified: str = ""
    changed: Mapping[str, str] = field(default_factory=dict)
    mail: str = ""
    home: str = ""
    feed: str = ""
    is_open: bool = True
    snapshot: Snapshot | None = None
    files_at: str = ""

    @property
    def catalogue(self) -> str:
        """Return the IRI of the catalogue."""
        return f"{self.base}catalog"

    @property
    def void(self) -> str:
        """Return the IRI of the document of counts."""
        return f"{self.base}void"

    @property
    def data(self) -> str:
        """Return the IRI of the dataset of everything that the view shows."""
        return f"{self.catalogue}#data"

    @property
    def service(self) -> str:
        """Return the IRI of the endpoint as a service."""
        return f"{self.catalogue}#service"

    @property
    def endpoint_iri(self) -> str:
        """Return the address of the endpoint."""
        return self.endpoint or f"{self.base}sparql"
