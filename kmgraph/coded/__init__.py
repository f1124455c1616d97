"""What is coded to the constructs of frameworks: counts, records, and matrices of them.

A matrix has cases as its rows and the constructs of one framework as its columns; a crossing has
what a review of approaches and agencies sets against each other.
"""

from __future__ import annotations

from kmgraph.coded.counting import ConstructCounts, count_codings
from kmgraph.coded.crossing import CROSSINGS, Crossed, CrossedRecord, read_crossing
from kmgraph.coded.mappings import MappedTo, read_mapped
from kmgraph.coded.matrix import (
    LARGE,
    CaseList,
    Matrix,
    MatrixRow,
    coded_cases,
    narrowing,
    read_matrix,
)
from kmgraph.coded.records import CodedRecord, coded_to
from kmgraph.coded.tables import crossed_rows, long_rows, wide_rows
from kmgraph.coded.tree import ConstructNode, FrameworkTree, framework_names, read_tree

__all__ = [
    "CROSSINGS",
    "LARGE",
    "CaseList",
    "CodedRecord",
    "ConstructCounts",
    "ConstructNode",
    "Crossed",
    "CrossedRecord",
    "FrameworkTree",
    "MappedTo",
    "Matrix",
    "MatrixRow",
    "coded_cases",
    "coded_to",
    "count_codings",
    "crossed_rows",
    "framework_names",
    "long_rows",
    "narrowing",
    "read_crossing",
    "read_mapped",
    "read_matrix",
    "read_tree",
    "wide_rows",
]
