"""The prologue of a query or update: its base and its prefixes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urljoin

import pyoxigraph as ox

from kmgraph.sparql.messages import no_iri, undeclared_prefix
from kmgraph.sparql.places import error_at, shortened
from kmgraph.sparql.tokens import Token, decode_escapes


class Names:
    """The prologue of a query: its base and its prefixes.

    :param base_iri: what relative IRIs are resolved against before a base is declared.

    >>> Names("https://example.org/x/").base
    'https://example.org/x/'
    """

    def __init__(self, base_iri: str | None) -> None:
        self.base = base_iri or ""
        self.prefixes: dict[str, str] = {}

    def declare(self, query: str, tokens: Sequence[Token]) -> None:
        """Take in the declarations among the tokens of a query.

        :raises QuerySyntaxError: one of them declares no IRI.
        """
        for index, token in enumerate(tokens):
            if token.kind != "word":
                continue
            word = token.text.upper()
            following = tokens[index + 1 : index + 3]
            if word == "BASE" and following:
                self.base = self.resolve_whole(query, following[0])
            elif word == "PREFIX" and len(following) == 2:
                self.prefixes[following[0].text] = self.resolve(query, following[1])

    def resolve(self, query: str, token: Token) -> str:
        """Return the IRI that a token names."""
        if token.kind == "iri":
            iri = decode_escapes(token.text[1:-1])
            try:
                resolved = urljoin(self.base, iri) if self.base else iri
            except ValueError as error:
                raise no_iri(query, token) from error
            # urljoin drops an empty fragment, and namespaces end in one.
            return resolved + "#" if iri.endswith("#") and not resolved.endswith("#") else resolved
        if token.kind == "name":
            prefix, _, local = token.text.partition(":")
            if f"{prefix}:" not in self.prefixes:
                raise undeclared_prefix(query, token.start, prefix)
            return self.prefixes[f"{prefix}:"] + re.sub(r"\\(.)", r"\1", local)
        raise error_at(query, token.start, f"an IRI is expected, not '{shortened(token.text)}'")

    def resolve_whole(self, query: str, token: Token) -> str:
        """Return the IRI that a token names; it must be a whole one."""
        iri = self.resolve(query, token)
        try:
            return ox.NamedNode(iri).value
        except ValueError as error:
            raise no_iri(query, token) from error
