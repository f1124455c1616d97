"""The questions hold for any programme, not only for the shipped one."""

from kmgraph.questions import answer, load_catalogue
from kmgraph.stores.oxigraph import MemoryStore

QUESTIONS = load_catalogue()


def test_031_shows_every_theme_and_every_study_once_in_the_total(
    other_programme: MemoryStore,
) -> None:
    """A study of two themes counts in both and once in all; nothing without a theme is lost."""
    rows = answer(QUESTIONS["31"], other_programme).rows
    assert [
        ("Falls", 1, 2, 0),
        ("Sleep", 1, 2, 0),
        ("Wounds", 0, 0, 0),
        ("No theme reported", 1, 0, 1),
        ("All themes", 2, 2, 1),
    ] == [
        (row["themeLabel"], row["studies"], row["filledPosts"], row["unknownPosts"]) for row in rows
    ]


def test_020_tells_unknown_from_vacant_and_lists_vacancies_without_a_study(
    other_programme: MemoryStore,
) -> None:
    """A post of unknown status is not vacant, and a vacancy needs no study to be one."""
    rows = answer(QUESTIONS["20"], other_programme).rows
    assert [("vacant post, no study named", None), ("no post known to be filled", "Balance")] == [
        (row["coverage"], row["studyTitle"]) for row in rows
    ]
    wide = answer(QUESTIONS["20"], other_programme, {"thin": "2"}).rows
    assert ["Alarm"] == [row["studyTitle"] for row in wide if row["filledPosts"] == 2]
    assert [1] == [row["filledFte"] for row in wide if row["studyTitle"] == "Alarm"]


def test_033_tells_a_missing_community_from_an_unreported_one(
    other_programme: MemoryStore,
) -> None:
    """No community recorded is neither no nor not reported."""
    rows = answer(QUESTIONS["33"], other_programme).rows
    assert [("Alarm", "yes", "Falls; Sleep"), ("Balance", "no community recorded", None)] == [
        (row["studyTitle"], row["preExisting"], row["themes"]) for row in rows
    ]


def test_038_compares_dates_at_the_precision_of_the_document(other_programme: MemoryStore) -> None:
    """A guide valid until 2015 has expired in 2016 and not in December 2015."""
    for day, studies in (("2015-12-31", set()), ("2016-01-01", {"Alarm"})):
        rows = answer(QUESTIONS["38"], other_programme, {"kind": "km:Study", "asOf": day}).rows
        expired = {row["recordLabel"] for row in rows if row["reason"] == "expired document"}
        assert studies == expired


def test_questions_without_anything_to_tell_give_no_rows(other_programme: MemoryStore) -> None:
    """Where no claims disagree and nothing is coded, the answers are empty."""
    assert [] == answer(QUESTIONS["37"], other_programme).rows
    assert [] == answer(QUESTIONS["101"], other_programme).rows
    assert [] == answer(QUESTIONS["102"], other_programme, {"record": "programme/isle"}).rows


def test_an_answer_does_not_depend_on_where_it_is_asked(other_programme: MemoryStore) -> None:
    """Asking twice gives the same rows and passages in the same order."""
    for question in QUESTIONS.values():
        parameters = {"record": "programme/isle"} if question.id == "cq-102" else {}
        first = answer(question, other_programme, parameters)
        assert first.to_json() == answer(question, other_programme, parameters).to_json()
