"""What the SPARQL constraints look at, kept in a file so that nobody waits for it to be read."""

from __future__ import annotations

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.validation import pattern_reading
from kmgraph.validation.patterns import PATTERNS_FILE, patterns
from kmgraph.validation.shapes import Query, read_shapes


def test_the_file_says_what_the_constraints_say():
    """If not: python -m kmgraph.validation.pattern_reading."""
    assert artefacts.read_text("queries", PATTERNS_FILE) == pattern_reading.written()


def test_what_is_kept_is_what_would_be_read():
    shapes = read_shapes(artefacts.files("shapes", "*.ttl"))
    rules = [rule for shape in shapes for part in shape.parts for rule in part.queries]
    assert len(rules) > 50
    for rule in rules[::7]:
        assert patterns(rule) == pattern_reading.read_patterns(rule)


def test_a_constraint_that_is_not_in_the_file_is_read():
    rule = Query(ox.BlankNode("q"), "", "SELECT $this { ?other ^<urn:new> $this }", ())
    assert [item.text() for item in patterns(rule)] == ["?this <urn:new> ?other ."]
