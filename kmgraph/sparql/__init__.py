"""What a SPARQL query or update asks for, found before it runs.

The embedded engine would answer ``SERVICE`` and ``LOAD`` with a request to another host, and a
text that is nested or long enough would overflow its native stack, which ends the process. It has
no switch for either, so both are refused here.

Decisions rest on the tokens of the grammar, not on words found in the text: ``FROM`` in a string,
a comment, an IRI or a prefixed name such as ``prov:wasDerivedFrom`` is not a keyword.

Source: https://www.w3.org/TR/sparql11-query/#sparqlGrammar
"""

from __future__ import annotations

from kmgraph.sparql.facts import QueryFacts, analyse, normalise
from kmgraph.sparql.limits import MAX_LENGTH, MAX_NESTING, MAX_TOKENS, MAX_UPDATE_LENGTH
from kmgraph.sparql.messages import engine_syntax_error
from kmgraph.sparql.tokens import Token, decode_escapes, tokenise, without_mark
from kmgraph.sparql.updates import check_update

__all__ = [
    "MAX_LENGTH",
    "MAX_NESTING",
    "MAX_TOKENS",
    "MAX_UPDATE_LENGTH",
    "QueryFacts",
    "Token",
    "analyse",
    "check_update",
    "decode_escapes",
    "engine_syntax_error",
    "normalise",
    "tokenise",
    "without_mark",
]
