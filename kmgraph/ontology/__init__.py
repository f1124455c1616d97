"""The ontology: its files, its terms as Python objects, its classification.

The functions on files need neither Java nor owlready2. :func:`load_ontology` needs owlready2, and
:meth:`Ontology.classify` a Java runtime; ``pip install kmgraph[owl]`` brings both.
"""

from __future__ import annotations

from kmgraph.ontology.contradictions import Contradiction, find_contradictions
from kmgraph.ontology.loaded import Classification, Ontology, load_ontology
from kmgraph.ontology.modules import (
    Module,
    import_closure,
    iter_triples,
    merged_graph,
    merged_ntriples,
    module_files,
)
from kmgraph.ontology.reasoner import find_java

__all__ = [
    "Classification",
    "Contradiction",
    "Module",
    "Ontology",
    "find_contradictions",
    "find_java",
    "import_closure",
    "iter_triples",
    "load_ontology",
    "merged_graph",
    "merged_ntriples",
    "module_files",
]
