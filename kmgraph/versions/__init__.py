"""What changed between generations of a store: in triples, in records, and in answers.

:func:`diff` compares two generations that are kept. :mod:`kmgraph.versions.feed` keeps what
changed from each to the next as a stream of versions of entities, for whoever harvests it.
"""

from __future__ import annotations

from kmgraph.versions.answers import AnswerChange, AnswerReport, RowChange, answer_changes
from kmgraph.versions.difference import Difference, diff
from kmgraph.versions.feed import Feed, FeedPage
from kmgraph.versions.feed_writing import update_feed
from kmgraph.versions.graphs import ComparedGraph, TripleChange
from kmgraph.versions.members import Member, read_members
from kmgraph.versions.records import PropertyChange, RecordChange
from kmgraph.versions.replay import replay

__all__ = [
    "AnswerChange",
    "AnswerReport",
    "ComparedGraph",
    "Difference",
    "Feed",
    "FeedPage",
    "Member",
    "PropertyChange",
    "RecordChange",
    "RowChange",
    "TripleChange",
    "answer_changes",
    "diff",
    "read_members",
    "replay",
    "update_feed",
]
