"""What tests that publish small graphs by hand share."""

from __future__ import annotations

from collections.abc import Callable

#: Publishes graphs as the next generation: name to visibility and lines without their graph.
Publish = Callable[[dict[str, tuple[str, tuple[str, ...]]]], int]

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
