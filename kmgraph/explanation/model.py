"""An explanation: a tree of what something rests on, as text, data and HTML."""

from __future__ import annotations

import html
import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_INDENT: Final = 2
_SHORTEST_LINE: Final = 40


@dataclass(frozen=True, slots=True)
class Explanation:
    """One thing, what is known of it, by which rule, and what it rests on.

    :ivar iri: IRI of the thing; empty for what has none, such as a part that nobody rated.
    :ivar path: its IRI below the base of the store, or the whole IRI.
    :ivar kind: what it is, in words, such as ``element summary``.
    :ivar relation: how it stands to what it is listed below, such as ``used`` or why it was not.
    :ivar facts: what is known of it, one sentence each; arithmetic is written out.
    :ivar rule: the rule by which it was made; empty for what was recorded.
    :ivar status: how far the rule was checked.
    :ivar children: what it rests on, and what was left out.
    """

    iri: str
    path: str
    label: str
    kind: str
    relation: str = ""
    facts: tuple[str, ...] = ()
    rule: str = ""
    status: str = ""
    children: tuple[Explanation, ...] = ()

    def walk(self) -> Iterator[Explanation]:
        """Yield this and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def heading(self) -> str:
        """Return its kind and label, and how it stands to what it is listed below."""
        text = f"{self.kind}: {self.label}"
        return f"{text} ({self.relation})" if self.relation else text

    @property
    def lines(self) -> tuple[str, ...]:
        """Return its facts and its rule, one sentence each."""
        rule = (f"rule: {self.rule}",) if self.rule else ()
        status = (f"how far that was checked: {self.status}",) if self.status else ()
        return (*self.facts, *rule, *status)

    def to_text(self, width: int = 100) -> str:
        """Return the tree as indented text.

        :param width: most characters of a line; long lines go on in the next, further in.

        >>> passage = Explanation("urn:p", "p", "A report, line 3", "passage", "rests on")
        >>> print(Explanation("urn:a", "a", "Culture", "assessment", children=(passage,)).to_text())
        assessment: Culture [a]
          - passage: A report, line 3 (rests on) [p]
        """
        return "\n".join(self._text_lines("", width, set()))

    def _text_lines(self, bullet: str, width: int, told: set[tuple[str, str]]) -> Iterator[str]:
        """Yield the lines of the tree; a rule is told where it first comes up.

        :param told: the rules that were told already, each with how far it was checked.
        """
        margin = " " * len(bullet)
        head = f"{self.heading} [{self.path}]" if self.path else self.heading
        yield from _wrapped(head, bullet, f"{margin}    ", width)
        lines = self.facts if (self.rule, self.status) in told else self.lines
        told.add((self.rule, self.status))
        for line in lines:
            yield from _wrapped(line, f"{margin}  ", f"{margin}      ", width)
        for child in self.children:
            yield from child._text_lines(f"{margin}{' ' * _INDENT}- ", width, told)

    def to_dict(self) -> dict[str, Any]:
        """Return the tree as plain values, for JSON."""
        return {
            "iri": self.iri,
            "kind": self.kind,
            "label": self.label,
            "relation": self.relation,
            "facts": list(self.facts),
            "rule": self.rule,
            "status": self.status,
            "children": [child.to_dict() for child in self.children],
        }

    def to_json(self) -> str:
        """Return the tree as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    def _repr_html_(self) -> str:
        """Return the tree for a notebook."""
        return f"<ul>{self._html_item()}</ul>"

    def _html_item(self) -> str:
        """Return the tree as an item of a list."""
        kind, label = html.escape(self.kind), html.escape(self.label)
        relation = f" <em>({html.escape(self.relation)})</em>" if self.relation else ""
        path = f" <small><code>{html.escape(self.path)}</code></small>" if self.path else ""
        facts = "".join(f"<div>{html.escape(line)}</div>" for line in self.lines)
        below = "".join(child._html_item() for child in self.children)
        children = f"<ul>{below}</ul>" if below else ""
        return f"<li>{kind}: <strong>{label}</strong>{relation}{path}{facts}{children}</li>"

    def __str__(self) -> str:
        return self.to_text()


def _wrapped(text: str, first: str, further: str, width: int) -> list[str]:
    """Return a text in lines, the first and the further ones with their margins."""
    room = max(width, len(further) + _SHORTEST_LINE)
    return textwrap.wrap(
        text,
        room,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )
