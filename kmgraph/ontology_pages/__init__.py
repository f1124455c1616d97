"""Pages for people about the ontology, the shapes and the frameworks, made of their Turtle.

The files are all that is read, so the pages say what the Turtle says and nothing else. The same
pages are written as a folder of files, by :func:`write_site`, and served at the IRIs of the files.
The templates need jinja2, which ``pip install kmgraph[docs]`` brings.
"""

from __future__ import annotations

from kmgraph.ontology_pages.documents import Documents, Kind, Term, TurtleDocument, read_documents
from kmgraph.ontology_pages.site import render_body, write_site

__all__ = [
    "Documents",
    "Kind",
    "Term",
    "TurtleDocument",
    "read_documents",
    "render_body",
    "write_site",
]
