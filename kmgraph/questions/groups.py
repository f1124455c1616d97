"""What people want to know: the groups that questions are listed in, in this order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kmgraph.questions.model import Question

OTHER: Final = "other"
#: Name of a group, as headers give it, to what people ask.
GROUPS: Final = {
    "took-hold": "Did it take hold, and why?",
    "evidence-context": "How strong are the evidence and the context?",
    "barriers": "What hinders, what helps, and what was done about it?",
    "facilitation": "Which facilitation was used, and does it fit?",
    "people": "Who does the work, and who has a say?",
    "connections": "Who is connected with whom?",
    "progress": "How far has the work come?",
    "what-if": "What would change the picture?",
    "views": "Who sees it differently?",
    "approaches": "How do others mobilise knowledge?",
    "frameworks": "What does another framework say?",
    "unsure": "What is missing or unsure?",
    OTHER: "Other questions",
}


def grouped(questions: Iterable[Question]) -> dict[str, list[Question]]:
    """Return the groups that have a question, in their order, each with its questions.

    >>> from kmgraph.questions import load_catalogue
    >>> [one.id for one in grouped(load_catalogue().values())["what-if"]]
    ['cq-007', 'cq-103']
    """
    found: dict[str, list[Question]] = {name: [] for name in GROUPS}
    for question in questions:
        found[question.group].append(question)
    return {name: members for name, members in found.items() if members}
