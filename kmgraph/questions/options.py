"""What a person may choose for a parameter, for pickers and lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.namespaces import compact, expand
from kmgraph.questions.parameters import Parameter, to_text
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore

#: Properties that name a choice, best first: terms have labels, frameworks have titles.
_NAMING: Final = tuple(
    ox.NamedNode(expand(name)) for name in ("rdfs:label", "skos:prefLabel", "dcterms:title")
)


@dataclass(frozen=True, slots=True)
class Option:
    """A value that a parameter may take.

    :ivar value: as it is given to the question, such as ``study/ndl-MH1``.
    :ivar label: what people call it.
    """

    value: str
    label: str


def options(parameter: Parameter, store: QuadStore) -> list[Option]:
    """Return the values that fit a parameter, by label; none where any value may be typed.

    :param parameter: a parameter of a question.
    :param store: whose records are offered.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> kind = Parameter("kind", "iri", "Kind", "", "km:Barrier", choices=("km:Barrier",))
    >>> options(kind, MemoryStore())
    [Option(value='km:Barrier', label='Barrier')]
    """
    if parameter.choices:
        return [Option(choice, _label(store, choice)) for choice in parameter.choices]
    name = parameter.options or "instances"
    query = artefacts.read_text("queries", f"support/{name}.rq")
    found: dict[str, str] = {}
    for class_name in parameter.of:
        answer = store.query(query, bindings={"class": ox.NamedNode(expand(class_name))})
        for row in answer if isinstance(answer, Solutions) else ():
            _, record, label = row
            if isinstance(record, ox.NamedNode):
                value = to_text(record, base=store.base)
                found[value] = label.value if isinstance(label, ox.Literal) else value
    listed = [Option(value, label) for value, label in found.items()]
    return sorted(listed, key=lambda option: (option.label.casefold(), option.value))


def _label(store: QuadStore, choice: str) -> str:
    """Return what the store calls a name or IRI; else its last part, or its prefix alone."""
    if ":" in choice:
        term = ox.NamedNode(choice if "://" in choice else expand(choice))
        for naming in _NAMING:
            found = [
                quad.object.value
                for quad in store.quads(subject=term, predicate=naming)
                if isinstance(quad.object, ox.Literal) and quad.object.value.strip()
            ]
            if found:
                return min(found)
    prefix, _, rest = compact(choice).rpartition(":")
    return rest or prefix
