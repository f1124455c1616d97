"""Saved questions: the catalogue, their parameters and their answers.

>>> [parameter.name for parameter in load_catalogue()["cq-031"].parameters]
['programme']
"""

from __future__ import annotations

from kmgraph.questions.answer import Answer, answer
from kmgraph.questions.catalogue import Catalogue, load_catalogue
from kmgraph.questions.functions import Questions
from kmgraph.questions.groups import GROUPS, grouped
from kmgraph.questions.header import parse_question, read_question
from kmgraph.questions.model import Charted, Question, Returned
from kmgraph.questions.options import Option, options
from kmgraph.questions.parameters import Parameter
from kmgraph.questions.passages import PassageView, find_passages

__all__ = [
    "GROUPS",
    "Answer",
    "Catalogue",
    "Charted",
    "Option",
    "Parameter",
    "PassageView",
    "Question",
    "Questions",
    "Returned",
    "answer",
    "find_passages",
    "grouped",
    "load_catalogue",
    "options",
    "parse_question",
    "read_question",
]
