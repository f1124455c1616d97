"""The files of a snapshot hold what the view shows, and what the manifest says of them."""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pyoxigraph as ox
import pytest
import rdflib
import yaml
from helpers.publishing import LABEL, Publish

import kmgraph
from kmgraph.namespaces import DEFAULT_BASE as BASE
from kmgraph.namespaces import graph_iri
from kmgraph.pipeline import load_rdf
from kmgraph.snapshots import Snapshot, load_tables, snapshots_in, write_snapshot
from kmgraph.snapshots.tables import rows_of
from kmgraph.stores.digest import store_digest
from kmgraph.stores.generations import GenerationStore

RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"
needs_rapper = pytest.mark.skipif(
    shutil.which("rapper") is None, reason="rapper (Debian: raptor2-utils) is not installed"
)


def unpacked(snapshot: Snapshot, name: str) -> bytes:
    """Return the content of a gzipped file."""
    return gzip.decompress((snapshot.folder / name).read_bytes())


def count(view: Any, query: str) -> int:
    """Return the number that a query counts."""
    return int(next(iter(view.query(query)))[0].value)


#: What rapper calls the media types of the dumps; it has no parser for JSON-LD, which rdflib reads.
RAPPER = {"application/n-quads": "nquads", "application/trig": "trig", "text/turtle": "turtle"}


def test_each_dump_is_read_by_another_toolkit(snapshot: Snapshot) -> None:
    """There is no syntax of RDF among the files that neither rapper nor rdflib is asked to read."""
    written = {file.media_type for file in snapshot.files if file.statements is not None}
    assert written == {*RAPPER, "application/ld+json"}


@needs_rapper
@pytest.mark.parametrize("media_type", sorted(RAPPER))
def test_an_independent_toolkit_reads_each_file(
    snapshot: Snapshot, tmp_path: Path, media_type: str
) -> None:
    """rapper finds as many statements as the manifest says."""
    files = [file for file in snapshot.files if file.media_type == media_type]
    assert files
    for file in files:
        path = tmp_path / "file"
        path.write_bytes(unpacked(snapshot, file.name))
        done = subprocess.run(
            ["rapper", "-c", "-i", RAPPER[media_type], str(path)],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found = re.search(r"returned (\d+) triples", done.stderr)
        assert found is not None and file.statements == int(found[1])


@pytest.mark.parametrize(
    ("name", "syntax"), [("all.trig.gz", "trig"), ("all.jsonld.gz", "json-ld")]
)
def test_rdflib_reads_the_same_dataset_from_each_format(
    store: GenerationStore, publish: Publish, name: str, syntax: str
) -> None:
    """Numbers, languages, escapes and empty prefixes come through every format."""
    decimal = "^^<http://www.w3.org/2001/XMLSchema#decimal>"
    lines = (
        f'<{BASE}study/a> {LABEL} "caf\\u00E9 \\"x\\"\\nnext"@en',
        f'<{BASE}study/a> <https://w3id.org/kmgraph/ontology#score> "0"{decimal}',
        f'<{BASE}study/a> <https://w3id.org/kmgraph/ontology#score> "0.25"{decimal}',
        f"<{BASE}study/a.b-c> <urn:odd:p> <https://x.org/a(b)?c=d&e#f>",
    )
    publish({"odd": ("public", lines), "even": ("public", lines[:1])})
    made = write_snapshot(store).snapshot

    def read(file: str, fmt: str) -> set[tuple[str, ...]]:
        dataset = rdflib.Dataset()
        dataset.parse(data=unpacked(made, file), format=fmt)
        return {tuple(term.n3() for term in quad if term) for quad in dataset.quads()}  # type: ignore[union-attr]

    expected = read("all.nq.gz", "nquads")
    assert len(expected) == made.statements == 5
    assert expected == read(name, syntax)


def test_counts_are_those_of_sparql(snapshot: Snapshot, built_example: Path) -> None:
    """Each number of statements and of rows is what a query counts."""
    with kmgraph.open_store(built_example) as evidence:
        whole = count(evidence, "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }")
        assert whole == snapshot.statements > 0
        for file in snapshot.files:
            if file.graph is not None:
                query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{file.graph}> {{ ?s ?p ?o }} }}"
                assert count(evidence, query) == file.statements
            elif file.statements is not None:
                assert whole == file.statements
        for table in load_tables():
            query = f"SELECT (COUNT(DISTINCT ?r) AS ?n) {{ ?r a <{table.class_iri}> }}"
            assert count(evidence, query) == snapshot.file(f"tables/{table.name}.parquet").rows


def files_in(snapshot: Snapshot) -> list[Path]:
    """Return the files on the disk."""
    return [path for path in snapshot.folder.rglob("*") if path.is_file()]


def test_sha256sum_checks_every_file(snapshot: Snapshot, tmp_path: Path) -> None:
    """Without a program of ours; it notices a file that has changed."""
    checking = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    done = subprocess.run(checking, cwd=snapshot.folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = {line.removesuffix(": OK") for line in done.stdout.splitlines()}
    assert said == {file.name for file in snapshot.files} - {"SHA256SUMS"}
    copy = tmp_path / "copy"
    shutil.copytree(snapshot.folder, copy)
    (copy / "citation.txt").write_text("Somebody else.\n")
    done = subprocess.run(checking, cwd=copy, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "citation.txt: FAILED" in done.stdout


def test_the_manifest_says_size_and_checksum_of_every_file(snapshot: Snapshot) -> None:
    """Each file on the disk is in the manifest, with its size and SHA-256."""
    there = {p.relative_to(snapshot.folder).as_posix() for p in files_in(snapshot)}
    assert there - {"snapshot.json"} == {file.name for file in snapshot.files}
    for file in snapshot.files:
        content = (snapshot.folder / file.name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size_bytes, file.sha256)
    assert snapshot.damaged() == []


def test_nquads_give_the_same_digest_again(snapshot: Snapshot, built_example: Path) -> None:
    """What is loaded from the N-Quads is the view, by its digest."""
    loaded = ox.Store()
    loaded.bulk_load(unpacked(snapshot, "all.nq.gz"), ox.RdfFormat.N_QUADS)
    digest, _ = store_digest(loaded)
    assert snapshot.digest == digest == GenerationStore(built_example).digest("public")


def test_the_same_generation_gives_the_same_bytes(
    snapshot: Snapshot, built_example: Path, tmp_path: Path
) -> None:
    """A second snapshot, written elsewhere, has the same manifest: every checksum is the same."""
    again = write_snapshot(built_example, to=tmp_path / "again").snapshot
    assert snapshot.to_json() == again.to_json()


def test_parquet_holds_ids_iris_labels_and_passages(snapshot: Snapshot) -> None:
    """Cells are those of the sheets of the example; several values are lists side by side."""
    table = pyarrow.parquet.read_table(snapshot.folder / "tables/studies.parquet")
    rows = {row["id"]: row for row in table.to_pylist()}
    study = rows["MH1"]
    assert study["iri"] == f"{BASE}study/ndl-MH1"
    assert (study["theme_ids"], study["dataset_id"]) == (["mental-health"], "clahrc-ndl")
    assert study["themes"] == ["Mental Health"]
    assert study["theme_iris"] == [f"{BASE}theme/ndl-mental-health"]
    assert len(study["passage_iris"]) == len(study["passage_ids"]) > 0
    assert study["synthetic"] is False
    assert study["statement_note_ids"] != []
    assert all(row["not_shown"] == [] for row in rows.values())
    assert table.schema.field("title").metadata[b"meaning"] == b"title"
    assert table.schema.metadata[b"citation"].decode() == snapshot.citation


def test_what_is_not_reported_is_told_from_what_is_not_recorded() -> None:
    """A rating that the document does not report has a status; a missing cell is null."""
    tables = {table.name: table for table in load_tables()}
    with kmgraph.build_in_memory(RATED) as evidence:
        rows = list(rows_of(tables["assessments"], evidence.store))
        outcomes = list(rows_of(tables["outcomes"], evidence.store))
        determinants = list(rows_of(tables["determinants"], evidence.store))
    by_status: dict[str, set[bool]] = {}
    for row in rows:
        by_status.setdefault(row["rating_status_code"], set()).add(row["score"] is None)
    assert by_status["not_reported"] == {True} and False in by_status["rated"]
    assert {row["synthetic"] for row in rows} == {True}
    assert {"measured"} < {row["measurement_status_code"] for row in outcomes}
    assert all(row["study_ids"] and row["case_ids"] for row in outcomes)
    kinds = {row["id"]: (row["kind"], row["mixed_valence"], row["valence"]) for row in determinants}
    assert kinds["b-12"] == ("barrier", None, -1)
    assert kinds["b-11"] == (None, True, None)


def test_a_cell_that_cannot_show_all_says_so(store: GenerationStore, publish: Publish) -> None:
    """Two titles where one is expected: one is shown, and the column is named."""
    study, km = f"<{BASE}study/a>", "<https://w3id.org/kmgraph/ontology#Study>"
    title = "<http://purl.org/dc/terms/title>"
    kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    lines = (f"{study} {kind} {km}", f'{study} {title} "Deux"@fr', f'{study} {title} "Two"@en')
    publish({"odd": ("public", lines)})
    made = write_snapshot(store).snapshot
    path = made.folder / "tables/studies.parquet"
    (row,) = pyarrow.parquet.read_table(path).to_pylist()
    assert (row["title"], row["not_shown"]) == ("Two", ["title"])
    assert (row["id"], row["themes"], row["dataset"]) == (None, [], None)


def test_a_view_of_a_group_holds_what_the_group_may_see(
    store: GenerationStore, publish: Publish
) -> None:
    """No file of the public snapshot, and none of another group's, holds a word of a group."""
    graphs = {
        "open": ("public", (f'<{BASE}ward/a> {LABEL} "Ward open"',)),
        "north-only": ("north", (f'<{BASE}ward/n> {LABEL} "Ward secretnorth"',)),
        "south-only": ("south", (f'<{BASE}ward/s> {LABEL} "Ward secretsouth"',)),
    }
    publish(graphs)
    words = {}
    for view in ("public", "public+north", "public+south"):
        made = write_snapshot(store, view=view).snapshot
        content = b"".join(
            gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            for path in made.folder.rglob("*.*")
        )
        words[view] = {w for w in ("open", "secretnorth", "secretsouth") if w.encode() in content}
        assert store.digest(view) == made.digest
    assert words == {
        "public": {"open"},
        "public+north": {"open", "secretnorth"},
        "public+south": {"open", "secretsouth"},
    }
    assert [found.view for found in snapshots_in(store)] == sorted(words)


def test_without_pyarrow_the_tables_are_left_out_and_named(
    store: GenerationStore, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot without tables says that it has none, and what to install."""
    publish({"open": ("public", (f'<{BASE}ward/a> {LABEL} "Ward"',))})
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    made = write_snapshot(store).snapshot
    assert made.is_whole() and not [f for f in made.files if f.rows is not None]
    assert len(made.left_out) == 1 and "kmgraph[parquet]" in made.left_out[0]


def test_the_citation_says_what_the_dataset_records_say(snapshot: Snapshot) -> None:
    """Publisher, title, version, licence and IRI come from the records and the generation."""
    facts = yaml.safe_load((snapshot.folder / "CITATION.cff").read_text())
    required = {"cff-version", "message", "title", "authors"}
    assert required < facts.keys() and facts["type"] == "dataset"
    (dataset,) = facts["references"]
    assert dataset["url"] == f"{BASE}dataset/clahrc-ndl"
    assert facts["authors"] == dataset["authors"] == [{"name": "The kmgraph authors"}]
    assert facts["version"] == "generation 1" and facts["url"] == snapshot.iri
    assert facts["date-released"] == snapshot.created[:10]
    assert facts["license-url"] == dataset["license-url"]
    text = (snapshot.folder / "citation.txt").read_text().strip()
    assert text == snapshot.citation
    for part in ("generation 1", facts["title"], facts["license-url"], snapshot.iri):
        assert part in text


def test_nothing_is_invented_where_records_are_silent(
    store: GenerationStore, publish: Publish
) -> None:
    """A view without a dataset has no author, and the citation says so."""
    publish({"open": ("public", (f'<{BASE}ward/a> {LABEL} "Ward"',))})
    made = write_snapshot(store).snapshot
    assert made.citation.startswith("publisher not stated (")
    assert "Licence" not in made.citation
    facts = yaml.safe_load((made.folder / "CITATION.cff").read_text())
    assert facts["authors"] == [{"name": "publisher not stated"}]
    assert "license-url" not in facts and "references" not in facts
    assert made.file("datasets/open.ttl.gz").graph == graph_iri(BASE, "open")


def test_a_citation_claims_nothing_of_a_graph_that_no_record_describes(
    example_copy: Callable[[Path], GenerationStore], tmp_path: Path
) -> None:
    """Its title, publisher and licence are those of the datasets; of the graph none are stated."""
    store = example_copy(tmp_path / "store")
    before = write_snapshot(store, to=tmp_path / "before").snapshot
    licence = "https://creativecommons.org/licenses/by/4.0/"
    assert f" Licence: {licence}. " in before.citation
    path = tmp_path / "big.nt"
    path.write_text("<urn:one> <urn:more> <urn:triple> .\n")
    load_rdf(path, "big", store)
    after = write_snapshot(store).snapshot
    who, _, rest = after.citation.partition(" (")
    assert who == "The kmgraph authors; publisher not stated"
    assert "; graph big without a description. Data set" in rest
    assert f" Licences: clahrc-ndl {licence}, graph big not stated. " in rest
    assert " Licence: " not in rest
    file = yaml.safe_load((after.folder / "CITATION.cff").read_text())
    assert [one["name"] for one in file["authors"]] == who.split("; ")
    assert "license-url" not in file and "big" in file["title"] and "big" in file["message"]
    (reference,) = file["references"]
    assert reference["license-url"] == licence
