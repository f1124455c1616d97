"""Headings of columns in words."""

from __future__ import annotations

import re

from kmgraph.questions.model import Returned


def heading(column: Returned) -> str:
    """Return the heading of a column in words.

    >>> heading(Returned("filledPosts", "number", "Posts that are filled."))
    'Filled posts'
    """
    spaced = re.sub("(?<=[a-z])(?=[A-Z])", " ", column.of or column.name).lower()
    text = spaced.removesuffix(" label")
    return text[:1].upper() + text[1:]
