"""The integrity constraints of the RDF Data Cube hold of every cube, and find what breaks them."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from helpers.cubes import BUNDLES, Cubes

from kmgraph import artefacts
from kmgraph.namespaces import PREFIXES
from kmgraph.results import Solutions

CHECKS = {path.stem: path for path in artefacts.files("queries", "checks/cube/*.rq")}
SOUND = Path(__file__).parent / "data" / "sound.ttl"
_EX = "https://example.org/"
_PREFIXES = "".join(
    f"PREFIX {prefix}: <{iri}> "
    for prefix, iri in {
        **{k: PREFIXES[k] for k in ("qb", "rdfs", "skos", "owl", "xsd")},
        "": _EX,
    }.items()
)
#: Constraint to an update that breaks it, and the local name of what it then finds.
BREAKS = {
    0: ("DELETE DATA { :o1 :count 3 } ; INSERT DATA { :o1 :count 'three'^^xsd:integer }", "o1"),
    1: ("INSERT DATA { :o1 qb:dataSet :shares }", "o1"),
    2: ("DELETE DATA { :posts qb:structure :postStructure }", "posts"),
    3: ("DELETE DATA { :postStructure qb:component :countComponent }", "postStructure"),
    4: ("DELETE DATA { :status rdfs:range skos:Concept }", "status"),
    5: ("DELETE DATA { :theme qb:codeList :themes }", "theme"),
    6: ("INSERT DATA { :countComponent qb:componentRequired false }", "countComponent"),
    7: ("DELETE DATA { :postStructure qb:sliceKey :byTheme }", "byTheme"),
    8: ("INSERT DATA { :byTheme qb:componentProperty :share }", "byTheme"),
    9: ("DELETE DATA { :strokePosts qb:sliceStructure :byTheme }", "strokePosts"),
    10: ("DELETE DATA { :strokePosts :theme :stroke }", "strokePosts"),
    11: ("DELETE DATA { :o2 :status :vacant }", "o2"),
    12: ("DELETE DATA { :o2 :status :vacant } ; INSERT DATA { :o2 :status :filled }", "o1"),
    13: ("DELETE DATA { :o1 :unit :post }", "o1"),
    14: ("DELETE DATA { :o1 :count 3 }", "o1"),
    15: ("DELETE DATA { :o4 :share 0.75 }", "o4"),
    16: ("INSERT DATA { :o3 :share 0.5 }", "o3"),
    17: ("DELETE WHERE { :o4 ?p ?o }", "o3"),
    18: ("INSERT DATA { :strokePosts qb:observation :o3 }", "o3"),
    19: ("DELETE DATA { :vacant skos:inScheme :statuses }", "vacant"),
    20: (
        "INSERT DATA { :themes a qb:HierarchicalCodeList ; qb:hierarchyRoot :health ; "
        "qb:parentChildProperty skos:narrower }",
        "stroke",
    ),
    21: (
        "INSERT DATA { :themes a qb:HierarchicalCodeList ; qb:hierarchyRoot :health ; "
        "qb:parentChildProperty :down . :down owl:inverseOf skos:broader }",
        "stroke",
    ),
}


def found(store: ox.Store, check: str) -> list[str]:
    """Return the local names of what a check finds."""
    answer = store.query(CHECKS[check].read_text(encoding="utf-8"))
    assert isinstance(answer, ox.QuerySolutions)
    return sorted(str(row["entity"].value).removeprefix(_EX) for row in answer)  # type: ignore[union-attr]


def number(check: str) -> int:
    """Return the number of a constraint."""
    return int(check.split("-")[1])


@pytest.fixture
def sound() -> ox.Store:
    """Return a store with datasets that keep every rule."""
    store = ox.Store()
    store.load(SOUND.read_bytes(), ox.RdfFormat.TURTLE)
    return store


def test_there_is_a_check_for_every_constraint() -> None:
    """The recommendation has 22 of them, from 0 to 21."""
    assert list(range(22)) == sorted(map(number, CHECKS)) == sorted(BREAKS)


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_finds_what_breaks_its_constraint_and_nothing_else(
    sound: ox.Store, check: str
) -> None:
    """Datasets that keep the rules pass; one change, and it is named."""
    assert [] == found(sound, check)
    update, entity = BREAKS[number(check)]
    sound.update(_PREFIXES + update)
    assert entity in found(sound, check)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", BUNDLES)
def test_cubes_keep_the_constraints(cubes: Cubes, name: str, check: str) -> None:
    """So whoever reads our cubes as the recommendation says can rely on them."""
    answer = cubes(name).query(CHECKS[check].read_text(encoding="utf-8"))
    assert isinstance(answer, Solutions)
    assert [] == list(answer)


def test_the_order_of_dimensions_is_stated(cubes: Cubes) -> None:
    """The check for duplicates puts the values in this order, and has room for six of them."""
    answer = cubes("systems").query(
        "PREFIX qb: <http://purl.org/linked-data/cube#> SELECT ?c ?order "
        "{ ?c qb:dimension ?d OPTIONAL { ?c qb:order ?order } }"
    )
    orders = [row["order"] for row in answer.to_dicts()]  # type: ignore[union-attr]
    assert orders
    assert all(order is not None and order <= 6 for order in orders)
