"""Matrices and crossed tables as rows for files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kmgraph.coded.crossing import Crossed
from kmgraph.coded.matrix import Matrix


def wide_rows(matrix: Matrix) -> list[dict[str, str]]:
    """Return a matrix with a row a case and a column a construct.

    >>> from kmgraph.coded.tree import read_tree
    >>> wide_rows(Matrix(read_tree("parihs-2004"), (), (), 0))
    []
    """
    return [
        {
            "case": row.label,
            "case_iri": row.iri,
            **{
                f"{column.notation} {column.label}": "; ".join(
                    record.words for record in row.cells.get(column.iri, ())
                )
                for column in matrix.columns
            },
        }
        for row in matrix.rows
    ]


def long_rows(matrix: Matrix, places: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a matrix with a row for each record in each cell, and its passages.

    :param places: IRI of each passage to its place in words.

    >>> from kmgraph.coded.tree import read_tree
    >>> long_rows(Matrix(read_tree("parihs-2004"), (), (), 0), {})
    []
    """
    return [
        {
            "case": row.label,
            "case_iri": row.iri,
            "study_iri": row.study,
            "framework": matrix.framework.name,
            "construct": column.notation,
            "construct_label": column.label,
            "kind": record.kind,
            "value": record.words,
            "valence": record.valence,
            "score": record.score,
            "statement": record.statement or "not reported",
            "record_iri": record.iri,
            "passages": "; ".join(places.get(one, one) for one in record.passages)
            or "no passage recorded",
            "passage_iris": " ".join(record.passages),
        }
        for row in matrix.rows
        for column in matrix.columns
        for record in row.cells.get(column.iri, ())
    ]


def crossed_rows(crossed: Crossed, places: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a crossed table with a row for each record in each cell.

    :param places: IRI of each passage to its place in words.

    >>> from kmgraph.coded.crossing import read_crossing
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> crossed_rows(read_crossing(MemoryStore(), "archetype-by-sector"), {})
    []
    """
    down, across = crossed.crossing.heads
    return [
        {
            down.lower(): row_label,
            across.lower(): column_label,
            "record": record.label,
            "record_iri": record.iri,
            "passages": "; ".join(places.get(one, one) for one in record.passages)
            or "no passage recorded",
            "passage_iris": " ".join(record.passages),
        }
        for row, row_label in crossed.rows
        for column, column_label in crossed.columns
        for record in crossed.cells.get((row, column), ())
    ]
