"""Surveys of staff: scores of a team, with who could answer and who did; small ones withheld.

The rows are as ``kmgraph score`` writes them for a team whose people all have the role staff.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kmgraph.instruments import find_instrument
from kmgraph.synthetic import model
from kmgraph.synthetic.chance import Stream, clamp
from kmgraph.synthetic.programme import Row
from kmgraph.synthetic.ratings import RatedCase, two_places

#: Framework whose studies may survey staff.
_SURVEYED_FRAMEWORK: Final = "parihs-2004"
#: Probability that the staff of a case are surveyed.
_SURVEY_PROBABILITY: Final = 0.08
#: Probability that the answers of each person are on record beside the score of the team.
_PERSONS_PROBABILITY: Final = 0.10
_INSTRUMENT: Final = "ORCA"
#: Scales of the instrument: part and index of the latent sub-element that each shows.
_SCALES: Final = (
    ("ORCA.E.2", "E", 0),
    ("ORCA.E.3", "E", 1),
    ("ORCA.E.4", "E", 2),
    ("ORCA.C.1", "C", 1),
    ("ORCA.C.3", "C", 2),
    ("ORCA.C.4", "C", 3),
)
_SCALE: Final = {"scale_low": "1", "scale_high": "5"}
#: People in a team, and the share of them who answer.
_TEAM: Final = (6, 40)
_RESPONSE: Final = (0.3, 0.9)
_ROLE: Final = {"rater_role": "staff"}
#: Levels of what is rated and of who answers, for the score of a team and of a person.
_TEAM_LEVELS: Final = {"construct_level": "FS.2", "informant_level": "FS.1"}
_PERSON_LEVELS: Final = {"construct_level": "FS.1", "informant_level": "FS.1"}
#: Scores that rest on fewer answers are withheld.
SUPPRESSED_BELOW: Final = 5
#: Standard deviation between the people of a team.
_PERSON_SD: Final = 0.15


def survey_rows(stream: Stream, case: RatedCase) -> Iterator[Row]:
    """Yield what a survey of the staff of a case gives, where there is one."""
    if case.framework.name != _SURVEYED_FRAMEWORK or not stream.chance(_SURVEY_PROBABILITY):
        return
    eligible = _TEAM[0] + stream.below(_TEAM[1] - _TEAM[0])
    responding = int(eligible * stream.between(*_RESPONSE))
    shared = {"about": case.id, "instrument": find_instrument(_INSTRUMENT).cell}
    shared |= {"date": case.date, "passages": case.passage, "assertion_kind": "computed"}
    withheld = responding < SUPPRESSED_BELOW
    team = shared | {"rater": f"{case.id}-team"} | _TEAM_LEVELS
    if not withheld:
        team |= _ROLE | {"eligible": str(eligible), "responding": str(responding)}
    by_person = not withheld and responding < 3 * SUPPRESSED_BELOW
    by_person = by_person and stream.chance(_PERSONS_PROBABILITY)
    yield from _rater_rows(case, responding if by_person else 0)
    first = stream.below(len(_SCALES))
    for number in range(1, 4):
        notation, part, index = _SCALES[(first + number) % len(_SCALES)]
        cells = {"id": f"{case.id}-q{number}", "construct": notation} | team
        if withheld:
            yield "assessments", cells | {"rating_status": "suppressed"}
            continue
        level = (case.latent.evidence if part == "E" else case.latent.context)[index]
        if by_person:
            answers = _answers(stream, level, responding)
            yield from _person_rows(shared, cells, answers)
            cells["aggregates"] = ";".join(
                f"{cells['id']}-p{person}" for person in range(1, responding + 1)
            )
            # The team's score is that of the people as they are recorded.
            raw = two_places(sum(answers) / responding / 100.0)
        else:
            seen = clamp(level + model.RATER_SD * stream.normal())
            raw = two_places(1.0 + 4.0 * seen)
        yield "assessments", cells | _SCALE | {"raw_score": raw}


def _rater_rows(case: RatedCase, people: int) -> Iterator[Row]:
    """Yield the team, and the people of it whose scores are on record, without names."""
    cells = {"id": f"{case.id}-team", "name": f"Team of case {case.id}"}
    rests = {"passages": case.passage}
    yield "organisations", cells | {"part_of": case.organisation} | rests
    for number in range(1, people + 1):
        pseudonym = f"Respondent {number} of case {case.id}"
        yield "people", {"id": _person(case.id, number), "pseudonym": pseudonym} | rests


def _person(case: str, number: int) -> str:
    """Return the id of a person who answered."""
    return f"{case}-respondent{number}"


def _answers(stream: Stream, level: float, count: int) -> list[int]:
    """Draw the scores of the people of a team, in hundredths of a point."""
    seen = [clamp(level + _PERSON_SD * stream.normal()) for _ in range(count)]
    return [int(100.0 + 400.0 * value + 0.5) for value in seen]


def _person_rows(shared: dict[str, str], team: dict[str, str], answers: list[int]) -> Iterator[Row]:
    """Yield the scores of the people whom a score of a team sums up."""
    for person, hundredths in enumerate(answers, start=1):
        cells = {"id": f"{team['id']}-p{person}", "construct": team["construct"]} | shared
        cells |= _SCALE | _ROLE | _PERSON_LEVELS | {"rater": _person(shared["about"], person)}
        cells["raw_score"] = two_places(hundredths / 100.0)
        yield "assessments", cells
