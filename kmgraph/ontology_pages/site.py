"""Render documents: the body of one page, and a folder of pages that needs no server."""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from kmgraph.errors import InputError, MissingExtraError
from kmgraph.namespaces import KM
from kmgraph.ontology_pages.documents import Documents, Kind, TurtleDocument, read_documents

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES: Final = Path(__file__).parent / "templates"
_TURTLE: Final = "text/turtle"
_HEADINGS: Final = {
    Kind.MODULE: "Ontology",
    Kind.SHAPES: "Shapes",
    Kind.FRAMEWORK: "Frameworks",
}
#: Text, address and media type of a form of a page.
Download = tuple[str, str, str]


def render_body(
    document: TurtleDocument, href: Callable[[str], str], downloads: Sequence[Download]
) -> str:
    """Return what stands on the page of a document, as HTML without a frame.

    :param href: gives the address of the page about an IRI; empty where there is none.
    :param downloads: the other forms of the page.
    :raises MissingExtraError: jinja2 is not installed.

    >>> document = read_documents().get("https://w3id.org/kmgraph/ontology/actor")
    >>> "<h1>Organisations, people, posts and panels</h1>" in render_body(
    ...     document, lambda iri: "", [])
    True
    """
    template = _environment().get_template("body.html")
    elsewhere = read_documents().elsewhere(document)
    return template.render(document=document, href=href, downloads=downloads, elsewhere=elsewhere)


def write_site(folder: Path) -> int:
    """Write the pages of all documents into a folder, with the Turtle beside each page.

    Links within the folder are relative, so that it can be read from a disk or put anywhere on
    the web. No page has a script.

    :param folder: a folder that does not exist yet or is empty.
    :returns: number of pages.
    :raises InputError: there is something in the folder.
    :raises MissingExtraError: jinja2 is not installed.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     write_site(Path(name)) == len(read_documents().all) + 1
    True
    """
    environment = _environment()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"'{folder}' is not empty: name a folder that does not exist yet")
    documents = read_documents()
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_TEMPLATES / "site.css", folder / "site.css")
    for document in documents.all:
        _write_page(folder, document, documents)
    index = environment.get_template("index.html").render(
        parts=[(heading, documents.of_kind(kind)) for kind, heading in _HEADINGS.items()],
        terms=_terms(documents),
    )
    _write(folder / "index.html", "Ontology, shapes and frameworks", index, "", ())
    return len(documents.all) + 1


def _write_page(folder: Path, document: TurtleDocument, documents: Documents) -> None:
    """Write the page of a document and its Turtle."""
    page = folder / f"{document.name}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    turtle = page.with_name(f"{page.stem}.ttl")
    shutil.copyfile(document.path, turtle)
    above = posixpath.dirname(document.name)

    def href(iri: str) -> str:
        """Return the address of the page about an IRI, from this page."""
        if iri not in documents.places:
            return iri if iri.startswith(("http://", "https://")) else ""
        name, anchor = documents.places[iri]
        target = quote(posixpath.relpath(f"{name}.html", above))
        return f"{target}#{quote(anchor)}" if anchor else target

    downloads = (("Turtle", quote(turtle.name), _TURTLE),)
    root = "../" * (document.name.count("/"))
    body = render_body(document, href, downloads)
    _write(page, document.title, body, root, downloads, document.iri)


def _write(
    path: Path,
    title: str,
    body: str,
    root: str,
    downloads: Sequence[Download],
    canonical: str = "",
) -> None:
    """Write a page with its frame."""
    from markupsafe import Markup

    text = (
        _environment()
        .get_template("frame.html")
        # The body was escaped when it was made.
        .render(
            title=title,
            body=Markup(body),  # noqa: S704
            root=root,
            downloads=downloads,
            canonical=canonical,
        )
    )
    path.write_text(text, encoding="utf-8")


def _terms(documents: Documents) -> list[tuple[str, str]]:
    """Return label and address of each term of the ontology, by label."""
    found = [
        (term.label, f"{quote(one.name)}.html#{quote(term.anchor)}")
        for one in documents.of_kind(Kind.MODULE)
        for term in one.terms
        if documents.places[term.iri] == (one.name, term.anchor) and term.iri.startswith(KM)
    ]
    return sorted(found, key=lambda entry: entry[0].casefold())


@cache
def _environment() -> Environment:
    """Return what renders the templates.

    :raises MissingExtraError: jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise MissingExtraError("jinja2", "docs") from error
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
