"""Messages that say where a query or update is wrong, and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from kmgraph.errors import QuerySyntaxError
from kmgraph.namespaces import PREFIXES
from kmgraph.sparql.places import QUOTED, error_at, shortened
from kmgraph.sparql.tokens import Token, tokenise, without_mark

_ENGINE_ERROR: Final = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)


def engine_syntax_error(query: str, error: SyntaxError) -> QuerySyntaxError:
    """Return our error for one of the engine's parser.

    The engine lists what it would have taken at the furthest place it came to; where that says
    nothing to a reader, the message names the place and what stands there.

    >>> text = "SELECT * { ?s prov:agent ?o }"
    >>> print(engine_syntax_error(text, SyntaxError("error at 1:24: expected one of Prefix ...")))
    line 1, column 15: the prefix 'prov' is not declared: put this line first:
    PREFIX prov: <http://www.w3.org/ns/prov#>
    """
    query = without_mark(query)
    if undeclared := first_undeclared(query, tokenise(query)):
        return undeclared
    match = _ENGINE_ERROR.match(str(error))
    if match is None:
        return QuerySyntaxError(shortened(str(error), 3 * QUOTED))
    line, column, details = int(match[1]), int(match[2]), match[3]
    for phrase in ("Duplicated variable name", "overrides an existing", "not authorized", "scope"):
        found = re.search(rf"[^,]*{phrase}[^,]*", details)
        if found:
            problem = found.group().strip().removeprefix("expected one of ")
            problem = shortened(problem, 3 * QUOTED)
            return QuerySyntaxError(
                f"line {line}, column {column}: {problem}", line=line, column=column
            )
    lines = re.split(r"\r\n|\n|\r", query)
    rest = lines[line - 1][column - 1 :].strip() if line <= len(lines) else ""
    problem = f"the query cannot be read from here: '{rest[:40]}'" if rest else "the query ends"
    if not rest:
        problem += " too early, or its last word is wrong: is a bracket, a '.' or a term missing?"
    return QuerySyntaxError(f"line {line}, column {column}: {problem}", line=line, column=column)


def first_undeclared(query: str, tokens: Sequence[Token]) -> QuerySyntaxError | None:
    """Return an error for the first prefix that is used and not declared.

    >>> first_undeclared("ASK { ?s x:a 1 }", tokenise("ASK { ?s x:a 1 }")).column
    10
    >>> first_undeclared("PREFIX x: <urn:> ASK { }", tokenise("PREFIX x: <urn:> ASK { }"))
    """
    declared: set[str] = {"_"}
    previous = ""
    for token in tokens:
        if token.kind == "name":
            prefix = token.text.partition(":")[0]
            if previous == "PREFIX":
                declared.add(prefix)
            elif prefix not in declared:
                return undeclared_prefix(query, token.start, prefix)
        previous = token.text.upper()
    return None


def undeclared_prefix(query: str, start: int, prefix: str) -> QuerySyntaxError:
    """Return the error for a prefix that is not declared.

    >>> undeclared_prefix("ASK { ?s x:a 1 }", 9, "x").column
    10
    """
    problem = f"the prefix '{shortened(prefix)}' is not declared"
    if prefix in PREFIXES:
        problem += f": put this line first:\nPREFIX {prefix}: <{PREFIXES[prefix]}>"
    else:
        problem += f": put a line 'PREFIX {shortened(prefix)}: <...>' with its namespace first"
    return error_at(query, start, problem)


def no_iri(query: str, token: Token) -> QuerySyntaxError:
    """Return the error for a token that looks like an IRI and is none.

    >>> print(no_iri("FROM <[>", Token("iri", "<[>", 5)))
    line 1, column 6: '<[>' is not a whole IRI
    """
    return error_at(query, token.start, f"'{shortened(token.text)}' is not a whole IRI")
