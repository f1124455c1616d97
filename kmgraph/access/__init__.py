"""Who may see and do what: tokens, their scopes and the groups that they open."""

from __future__ import annotations

from kmgraph.access.tokens import SCOPES, Token, TokenRegister

__all__ = ["SCOPES", "Token", "TokenRegister"]
