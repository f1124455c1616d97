"""Changing the record that an answer about the network rests on changes the answer."""

from collections.abc import Callable
from typing import Any

from kmgraph.dataset import EvidenceDataset

Edit = Callable[..., EvidenceDataset]


def _by(found: EvidenceDataset, question: str, name: str) -> dict[str, dict[str, Any]]:
    """Return the rows of an answer by one of their names."""
    return {row[name]: row for row in found.ask(question).rows}


def test_136_follows_the_ties_of_a_post(edited_network: Edit) -> None:
    """A liaison who works with one study is no way between two, and study 1 becomes a leaf."""
    rows = _by(edited_network("posts", "liaison", aligned_with="s2"), "136", "recordLabel")
    assert (0, 1) == (rows["Liaison"]["betweenness"], rows["Liaison"]["ties"])
    assert "yes" == rows["Community 1"]["holdsTogether"]


def test_136_counts_no_ties_of_a_vacant_post(edited_network: Edit) -> None:
    """A broker's post that falls vacant is listed with its status, and its parts are apart."""
    rows = _by(edited_network("posts", "broker", status="vacant"), "136", "recordLabel")
    assert ("vacant", 0, 1) == tuple(
        rows["Broker"][name] for name in ("postStatus", "ties", "partSize")
    )
    assert (9, 2) == (rows["Study 2"]["partSize"], rows["Study 3"]["partSize"])


def test_136_keeps_the_ties_of_a_post_of_unknown_status(edited_network: Edit) -> None:
    """Not to know whether a post is filled is not to know that it is vacant."""
    rows = _by(edited_network("posts", "broker", status="unknown"), "136", "recordLabel")
    assert 3 == rows["Broker"]["ties"]
    assert "unknown" in rows["Broker"]["postStatus"]


def test_137_loses_a_bridge_where_there_is_another_way(edited_network: Edit) -> None:
    """When a fellow works with studies 1 and 3, only the trust hangs on the broker."""
    found = edited_network("posts", "fellow", status="filled", aligned_with="s1;s3")
    pairs = {(row["firstLabel"], row["secondLabel"]) for row in found.ask("137").rows}
    assert {
        ("Trust", "Broker"),
        ("University", "Study 1"),
        ("Community 3", "Study 3"),
    } == pairs


def test_137_lists_the_larger_bridges_alone_where_asked(edited_network: Edit) -> None:
    """A smaller side that grows by a record counts it."""
    found = edited_network("studies", "s3", lead="uni")
    assert [] == found.ask("137", least="2").rows
    found = edited_network("studies", "s3", lead="trust")
    rows = found.ask("137", least="2").rows
    assert [("Broker", "Study 2", 4)] == [
        (row["firstLabel"], row["secondLabel"], row["smallerSide"]) for row in rows
    ]


def test_138_follows_the_memberships(edited_network: Edit) -> None:
    """Person C in both communities is shared too, and a kind of people never is."""
    rows = edited_network("memberships", "m1", member="cat").ask("138").rows
    assert [2, 2] == [row["shared"] for row in rows if row["relation"] == "members shared"]
    rows = edited_network("memberships", "m2", member="", member_kind="nurses").ask("138").rows
    assert [1, 1] == [row["shared"] for row in rows if row["relation"] == "members shared"]
    found = edited_network("memberships", "m1", member="", member_kind="nurses")
    rows = _by(found, "138", "communityLabel")
    assert "members recorded only as kinds of people" == rows["Community 1"]["relation"]
    assert "no recorded member shared" == rows["Community 2"]["relation"]


def test_138_says_where_no_member_is_recorded(edited_network: Edit) -> None:
    """A community without a membership is listed, and is not said to share nothing."""
    found = edited_network("memberships", "m7", group="c2")
    assert "no member recorded" == _by(found, "138", "communityLabel")["Community 3"]["relation"]


def test_139_follows_a_second_post(edited_network: Edit) -> None:
    """With another way to study 3, only the trust still hangs on the broker."""
    found = edited_network("posts", "liaison", aligned_with="s1;s2;s3")
    lost = [row["lostLabel"] for row in found.ask("139", post="post/fx-broker").rows]
    assert ["Trust"] == lost


def test_139_says_which_post_is_vacant_already(edited_network: Edit) -> None:
    """A post that is vacant cuts nothing off, because it ties nothing."""
    rows = _by(edited_network("posts", "broker", status="vacant"), "139", "postLabel")
    assert "vacant already, and ties nothing" == rows["Broker"]["outcome"]
    assert "nothing is cut off" == rows["Liaison"]["outcome"]


def test_136_says_which_ties_are_inferred(edited_network: Edit) -> None:
    """All ties of an inferred post are, and one of three of a study that it works with."""
    rows = _by(edited_network("posts", "broker", assertion_kind="inferred"), "136", "recordLabel")
    assert "3 of 3 ties inferred" == rows["Broker"]["basis"]
    assert "1 of 3 ties inferred" == rows["Study 2"]["basis"]
    assert "all ties stated" == rows["Study 1"]["basis"]
    rows = _by(edited_network("posts", "broker", assertion_kind="computed"), "136", "recordLabel")
    assert "no tie inferred, 2 of 3 ties stated" == rows["Study 2"]["basis"]


def test_137_says_what_a_bridge_rests_on(edited_network: Edit) -> None:
    """Bridges of an inferred post are inferred, others are not."""
    rows = edited_network("posts", "broker", assertion_kind="inferred").ask("137").rows
    assert {"Broker": {"inferred"}, "Trust": {"inferred"}, "Community 3": {"stated"}} == {
        name: {row["basis"] for row in rows if row["firstLabel"] == name}
        for name in ("Broker", "Trust", "Community 3")
    }


def test_139_says_what_the_ties_of_a_post_rest_on(edited_network: Edit) -> None:
    """An inferred post cuts off what it does by inference."""
    found = edited_network("posts", "broker", assertion_kind="inferred").ask("139")
    assert {
        "Broker": "3 of 3 ties inferred",
        "Liaison": "all ties stated",
        "Fellow": "no ties",
    } == {row["postLabel"]: row["basis"] for row in found.rows}


def test_139_does_not_say_nothing_where_a_person_is_cut_off(edited_network: Edit) -> None:
    """Person C, in no community any more, hangs on the liaison's post, and is counted alone."""
    edited_network("memberships", "m5", member="", member_kind="nurses")
    rows = _by(edited_network("posts", "liaison", held_by="cat"), "139", "postLabel")
    assert (
        "1 record is cut off, but no study, community or organisation"
        == (rows["Liaison"]["outcome"])
    )
