"""The pages about the ontology, the shapes and the frameworks, as a folder of files."""

from __future__ import annotations

import filecmp
import html
import html.parser
import os
from dataclasses import replace
from urllib.parse import quote, unquote, urldefrag, urlsplit

import pytest
from click.testing import CliRunner

from kmgraph.cli import cli
from kmgraph.namespaces import FRAMEWORK, KM
from kmgraph.ontology_pages import Kind, read_documents, render_body


class Page(html.parser.HTMLParser):
    """What a page loads, links to, and can be linked to at."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loaded, self.ids, self.tags = [], [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.add(tag)
        self.ids += [found["id"]] if "id" in found else []
        if tag == "a":
            self.links.append(found["href"])
        elif found.get("rel") == "stylesheet" or "src" in found:
            self.loaded.append(found.get("href") or found["src"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The site, as the command writes it."""
    path = tmp_path_factory.mktemp("pages") / "a site"
    done = CliRunner().invoke(cli, ["docs", str(path)], catch_exceptions=False)
    assert f"{len(read_documents().all) + 1} pages in {path}" in done.output
    return path


@pytest.fixture(scope="module")
def crawled(folder):
    """All pages that links lead to from the first one, by their files."""
    pages, pending = {}, [folder / "index.html"]
    while pending:
        path = pending.pop()
        if path in pages:
            continue
        pages[path] = page = Page(path.read_text(encoding="utf-8"))
        for link in page.links:
            target = urldefrag(link).url
            if target.endswith(".html") and not urlsplit(link).scheme:
                pending.append((path.parent / unquote(target)).resolve())
    return pages


def test_every_page_is_reached_and_every_link_leads_somewhere(folder, crawled):
    """From the first page, by relative links, to files and to ids that are in them."""
    assert set(crawled) == set(folder.resolve().rglob("*.html"))
    internal = 0
    for path, page in crawled.items():
        assert len(page.ids) == len(set(page.ids)), path
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme in ("http", "https")
                continue
            assert not parts.path.startswith("/")
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), (path, link)
            internal += 1
            if parts.fragment:
                assert unquote(parts.fragment) in crawled[target].ids, (path, link)
    assert internal > 5_000


def test_pages_need_no_script_and_nothing_from_elsewhere(folder, crawled):
    """So they can be read from a disk without a network."""
    for path, page in crawled.items():
        assert not page.tags & {"script", "iframe", "object", "embed", "base", "form"}
        for loaded in page.loaded:
            assert not urlsplit(loaded).scheme
            assert os.path.exists(path.parent / loaded)


def test_each_term_has_its_place_and_each_page_its_turtle(folder):
    """Every class, property, value, shape and construct that is ours."""
    documents = read_documents()
    for document in documents.all:
        page = folder / f"{document.name}.html"
        text = page.read_text(encoding="utf-8")
        shown = html.unescape(text)
        assert filecmp.cmp(document.path, page.with_suffix(".ttl"), shallow=False)
        assert document.version_iri in text
        for term in document.terms:
            assert f'id="{html.escape(term.anchor)}"' in text
            assert term.definition in shown
    kinds = {kind: len(documents.of_kind(kind)) for kind in Kind}
    assert kinds[Kind.FRAMEWORK] == 33
    # A term is defined in one place.
    terms = [term.iri for document in documents.all for term in document.terms]
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize("kind", [Kind.SHAPES, Kind.MODULE])
def test_the_iri_of_each_term_leads_to_where_it_is_told(folder, crawled, kind):
    """On the page of what stands before the ``#``, it is told or linked to."""
    documents = read_documents()
    terms = [term.iri for one in documents.of_kind(kind) for term in one.terms]
    assert len(terms) > 300
    for iri in terms:
        before, anchor = iri.split("#")
        name, own = documents.places[iri]
        page = (folder / f"{documents.get(before).name}.html").resolve()
        assert anchor in crawled[page].ids, iri
        told = (folder / f"{name}.html").resolve()
        leading = [link for link in crawled[page].links if link.endswith(f"#{quote(own)}")]
        leading = {(page.parent / unquote(urldefrag(link).url)).resolve() for link in leading}
        assert told == page or told in leading, iri


def facts_of(iri):
    """Return what the page of a term says of it, in words."""
    documents = read_documents()
    term = next(t for one in documents.all for t in one.terms if t.iri == iri)
    return {
        fact.property.text: ["".join(piece.text for piece in value) for value in fact.values]
        for fact in term.facts
    }


def test_what_has_no_iri_is_said_in_words():
    """Restrictions, the members of lists, and ranges of numbers."""
    assert ["(post and status of the post is vacant)"] == facts_of(f"{KM}VacantPost")["the same as"]
    assert ["held by some owl:Thing"] == facts_of(f"{KM}VacantPost")["excludes"]
    (values,) = facts_of(f"{KM}fullTimeEquivalent")["values are"]
    assert "xsd:decimal" in values
    assert "1.0" in values


def test_a_construct_and_a_shape_say_what_they_are_part_of():
    """By the names of other terms, which are links."""
    assert ["Evidence"] == facts_of(f"{FRAMEWORK}parihs-2004/PARIHS.E.research")["part of"]
    shape = facts_of("https://w3id.org/kmgraph/shapes#Study-programme")
    assert (["programme"], ["1"]) == (shape["values are of the kind"], shape["at most"])


def test_what_the_turtle_says_is_escaped():
    """Titles, queries and addresses can hold what HTML would take for tags."""
    document = read_documents().get("https://w3id.org/kmgraph/shapes/actor")
    hostile = replace(document, title="<b>&", description='"<script>')
    body = render_body(hostile, lambda iri: f"x?a&b={iri}", [])
    assert "<h1>&lt;b&gt;&amp;</h1>" in body
    assert "<script>" not in body
    assert 'href="x?a&amp;b=' in body
    assert '<pre tabindex="0"><code>' in body


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    """The message names it."""
    (tmp_path / "mine").write_text("kept")
    done = CliRunner().invoke(cli, ["docs", str(tmp_path)])
    assert (1, "kept") == (done.exit_code, (tmp_path / "mine").read_text())
    assert f"'{tmp_path}' is not empty" in done.output
