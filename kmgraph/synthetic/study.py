"""One synthetic study: its records, its people, its reports and its cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from kmgraph.synthetic import model, words
from kmgraph.synthetic.chance import Stream
from kmgraph.synthetic.coproduction import StudyPeople, coproduction_rows, people_of
from kmgraph.synthetic.findings import FoundCase, finding_rows
from kmgraph.synthetic.programme import (
    DOCUMENT_BASE,
    FUNDER,
    PROGRAMME,
    THEME_SITES,
    Region,
    Row,
    SiteState,
)
from kmgraph.synthetic.ratings import Framework, RatedCase, draw_framework, rating_rows
from kmgraph.synthetic.surveys import survey_rows
from kmgraph.synthetic.systems import RecordedStudy, Systems, draw_systems, system_rows

#: Most cases of a study.
MAX_CASES: Final = THEME_SITES
#: Most raters of a case.
MAX_RATERS: Final = 3
_LATER_ROUND_PROBABILITY: Final = 0.15
_AFTER_OUTCOME_PROBABILITY: Final = 0.12
#: Months of a study, and of the earliest and latest start after January 2008.
_MONTHS: Final = (18, 48)
_STARTS: Final = (0, 180)
#: Lines of a report that is quoted by lines, and lines of a passage at most.
_REPORT_LINES: Final = 900
_PASSAGE_LINES: Final = 12
_REPORT_PAGES: Final = 40
#: Probability that places in a report are given by lines.
_LINES_PROBABILITY: Final = 0.3
_POSTS_MEAN: Final = 0.9
_POST_STATES: Final = (("filled", 0.75), ("vacant", 0.15), ("unknown", 0.10))
#: Probability that a filled post has a holder on record.
_HOLDER_PROBABILITY: Final = 0.2
#: Probability of a community in a study without a fellow in post.
_COMMUNITY_PROBABILITY: Final = 0.3
_CHARACTERISTICS: Final = ("LICOP.1", "LICOP.2", "LICOP.3", "LICOP.4")
#: Probability that a community lists a second kind of members.
_SECOND_KIND_PROBABILITY: Final = 0.3
_PANEL_PROBABILITY: Final = 0.06
_ACTIVITY_PROBABILITY: Final = 0.3
_QUESTION_PROBABILITY: Final = 0.3
#: Probability that the report counts the fellows of a study, and that its table disagrees.
_CLAIM_PROBABILITY: Final = 0.3
_DISAGREEMENT_PROBABILITY: Final = 0.15
#: Probability that the theme of a study is known by the position of its row alone.
_BY_POSITION_PROBABILITY: Final = 0.06


@dataclass(frozen=True, slots=True)
class Report:
    """A report of a study.

    :ivar by_lines: whether places in it are given by lines instead of pages.
    """

    id: str
    by_lines: bool

    def row(self, seed: int, title: str, published: str) -> Row:
        """Return the row of the document; nobody can look it up, and its hash is of its IRI."""
        iri = f"{DOCUMENT_BASE}{seed}/{self.id}"
        cells = {"id": self.id, "title": title, "iri": iri, "published": published}
        if self.by_lines:
            cells["sha256"] = sha256(iri.encode()).hexdigest()
        return "documents", cells

    def passage(self, stream: Stream, name: str, section: str, gist: str) -> Row:
        """Return the row of a place in the report."""
        cells = {"id": f"{self.id}-{name}", "document": self.id, "section": section, "gist": gist}
        if self.by_lines:
            line = 1 + stream.below(_REPORT_LINES)
            cells["line_from"] = str(line)
            cells["line_to"] = str(line + stream.below(_PASSAGE_LINES))
        else:
            cells["page"] = str(1 + stream.below(_REPORT_PAGES))
        return "passages", cells


@dataclass(frozen=True, slots=True)
class StudyState:
    """What the parts of a study share.

    :ivar start: month of its start, counted from January 2008.
    :ivar months: months that it takes.
    :ivar sites: site of each case; no two cases of a study share one.
    :ivar systems: systems that its work is recorded by, beside its framework.
    """

    seed: int
    id: str
    number: int
    region: Region
    theme: words.Theme
    framework: Framework
    latent: model.LatentStudy
    start: int
    months: int
    report: Report
    sites: tuple[SiteState, ...]
    mean_raters: float
    systems: Systems

    @property
    def about_passage(self) -> dict[str, str]:
        """Cell that points to what its report says of the study as a whole."""
        return {"passages": f"{self.report.id}-about"}


def study_rows(
    seed: int, number: int, region: Region, mean_cases: float, mean_raters: float
) -> Iterator[Row]:
    """Yield all rows of a study; they depend on the arguments alone.

    :param number: number of the study, from 1.
    :param region: region that the study works in.
    :param mean_cases: cases of a study on average, from 1 to 4.
    :param mean_raters: raters of a case on average, from 1 to 3.

    >>> from kmgraph.synthetic.programme import draw_region
    >>> rows = list(study_rows(7, 12, draw_region(7, 1), 1.5, 1.5))
    >>> [cells["id"] for sheet, cells in rows if sheet == "studies"]
    ['S12']
    """
    stream = Stream(seed, f"study/{number}")
    # What was added later has a stream of its own, and leaves the rest as it is.
    aside = Stream(seed, f"systems/{number}")
    theme = stream.pick(words.THEMES)
    study = StudyState(
        seed=seed,
        id=f"S{number}",
        number=number,
        region=region,
        theme=theme,
        framework=draw_framework(stream),
        latent=model.latent_study(stream),
        start=_STARTS[0] + stream.below(_STARTS[1]),
        months=_MONTHS[0] + stream.below(_MONTHS[1] - _MONTHS[0]),
        report=Report(f"S{number}-report", stream.chance(_LINES_PROBABILITY)),
        sites=_draw_sites(stream, region.sites_for(theme), mean_cases),
        mean_raters=mean_raters,
        systems=draw_systems(aside),
    )
    yield from _head_rows(stream, study)
    people = list(_people_rows(stream, study))
    around = list(_around_rows(stream, study))
    yield from (*people, *around)
    yield from _all_case_rows(stream, study)
    yield from _system_rows(aside, study, around)
    yield from _coproduction_rows(aside, study, [*people, *around])


def _all_case_rows(stream: Stream, study: StudyState) -> Iterator[Row]:
    """Yield the cases of a study, and its second report where one of them is rated again."""
    later = False
    for case in range(1, len(study.sites) + 1):
        has_later = stream.chance(_LATER_ROUND_PROBABILITY)
        yield from _case_rows(stream, study, case, has_later)
        later = later or has_later
    if later:
        title = f"Second report of synthetic study {study.number}"
        yield _second_report(study).row(
            study.seed, title, words.MONTHS[study.start + study.months + 6]
        )


def _draw_sites(stream: Stream, sites: list[SiteState], mean_cases: float) -> tuple[SiteState, ...]:
    """Draw how many cases a study has, and the sites of these."""
    cases = 1 + stream.successes(MAX_CASES - 1, mean_cases - 1)
    first = stream.below(len(sites))
    return tuple([sites[(first + case) % len(sites)] for case in range(cases)])


def _second_report(study: StudyState) -> Report:
    """Return the report on a second round of rating."""
    return Report(f"{study.id}-report2", by_lines=False)


def _head_rows(stream: Stream, study: StudyState) -> Iterator[Row]:
    """Yield the study, what it implements, and its report."""
    name, components, recipients = stream.pick(study.theme.innovations)
    condition = stream.pick(study.theme.conditions)
    end = study.start + study.months
    yield study.report.row(
        study.seed, f"Report of synthetic study {study.number}", words.MONTHS[end + 3]
    )
    gist = f"Says how {name.lower()} was set up and who took part."
    yield study.report.passage(stream, "about", "Setting", gist)
    cells = {"id": study.id, "title": f"Synthetic study {study.number}: {name} in {condition}"}
    cells |= {"programme": PROGRAMME, "themes": study.theme.id, "conditions": condition}
    settings = dict.fromkeys(site.setting for site in study.sites)
    cells |= {"design": stream.weighted(words.DESIGNS), "settings": ";".join(settings)}
    cells |= {"lead": study.region.university, "funders": FUNDER}
    cells |= {"frameworks": ";".join((study.framework.name, *study.systems.frameworks))}
    cells |= {"start": words.MONTHS[study.start], "end": words.MONTHS[end]}
    if stream.chance(0.25):
        cells["registry_ids"] = f"SYNTHETIC-{study.number:08d}"
    yield "studies", cells | study.about_passage
    innovation = {"id": f"{study.id}-innovation", "label": name, "recipients": recipients}
    yield "innovations", innovation | {"components": ";".join(components)} | study.about_passage
    if stream.chance(_BY_POSITION_PROBABILITY):
        note = {"id": f"{study.id}-note", "subject": study.id, "property": "km:theme"}
        note |= {"object": study.theme.id, "assertion_kind": "by_position"}
        yield "statement_notes", note | study.about_passage


def _people_rows(stream: Stream, study: StudyState) -> Iterator[Row]:
    """Yield posts, their holders, the community of practice, and the count of fellows."""
    posts = stream.successes(3, _POSTS_MEAN)
    filled = 0
    for number in range(1, posts + 1):
        status = stream.weighted(_POST_STATES)
        filled += status == "filled"
        yield from _post_rows(stream, study, number, status)
    if filled or stream.chance(_COMMUNITY_PROBABILITY):
        yield from _community_rows(stream, study, filled)
    if posts and stream.chance(_CLAIM_PROBABILITY):
        yield from _claim_rows(stream, study, filled)


def _post_rows(stream: Stream, study: StudyState, number: int, status: str) -> Iterator[Row]:
    """Yield a diffusion fellow's post, and its holder where there is one on record."""
    trust = study.region.trust(stream)
    cells = {"id": f"{study.id}-df{number}", "label": f"Diffusion fellow {number}"}
    cells |= {"kind": "diffusion_fellow", "status": status, "aligned_with": study.id}
    cells |= {"programme": PROGRAMME, "full_time_equivalent": stream.pick(("0.1", "0.2", "0.4"))}
    cells |= {"seconded_from": trust, "start": words.MONTHS[study.start]}
    if status == "filled" and stream.chance(_HOLDER_PROBABILITY):
        holder = {"id": f"{study.id}-fellow{number}", "organisations": trust}
        holder |= {"pseudonym": f"Diffusion fellow {study.number}.{number}"}
        yield "people", holder | study.about_passage
        cells["held_by"] = holder["id"]
    yield "posts", cells | study.about_passage


def _community_rows(stream: Stream, study: StudyState, filled: int) -> Iterator[Row]:
    """Yield the community of practice of a study and who belongs to it."""
    cells = {"id": f"{study.id}-cop", "label": f"Community of study {study.number}"}
    cells |= {"studies": study.id, "pre_existing": "yes" if stream.chance(0.25) else "no"}
    if stream.chance(0.5):
        cells["self_sustaining"] = "yes" if stream.chance(0.4) else "no"
    shown = [name for name in _CHARACTERISTICS if stream.chance(0.5)]
    cells["exhibits"] = ";".join(shown)
    if cells["pre_existing"] == "yes":
        cells["builds_on"] = study.region.network
    yield "communities", cells | study.about_passage
    group = {"group": f"{study.id}-cop", "start": words.MONTHS[study.start]}
    kinds = stream.below(len(words.MEMBER_KINDS))
    for number in range(1, 2 + stream.chance(_SECOND_KIND_PROBABILITY)):
        kind = words.MEMBER_KINDS[(kinds + number) % len(words.MEMBER_KINDS)]
        row = {"id": f"{study.id}-cop-m{number}", "member_kind": kind, "role": "member"}
        yield "memberships", row | group | study.about_passage
    if filled and stream.chance(0.2):
        row = {"id": f"{study.id}-cop-m0", "member": study.region.university, "role": "host"}
        yield "memberships", row | group | study.about_passage


def _claim_rows(stream: Stream, study: StudyState, filled: int) -> Iterator[Row]:
    """Yield how many fellows the report counts, and where its table says otherwise."""
    counted = {"about": study.id, "quantity_kind": "fellows_per_study", "unit": "fellows"}
    counted |= study.about_passage
    text = {"id": f"{study.id}-claim1", "value": str(filled)}
    yield "claims", text | {"statement": f"The study has {filled} fellow(s) in post."} | counted
    if not stream.chance(_DISAGREEMENT_PROBABILITY):
        return
    table = {"id": f"{study.id}-claim2", "value": str(filled + 1)}
    yield "claims", table | {"statement": f"The table lists {filled + 1} fellow(s)."} | counted
    row = {"id": f"{study.id}-discrepancy", "label": f"Fellows of study {study.number}"}
    row |= {"kind": stream.pick(("contradictory", "different_date"))}
    row |= {"claims": f"{text['id']};{table['id']}"}
    yield "discrepancies", row | study.about_passage


def _around_rows(stream: Stream, study: StudyState) -> Iterator[Row]:
    """Yield a panel, an activity and a question of a study, where it has them."""
    if stream.chance(_PANEL_PROBABILITY):
        panel = {"id": f"{study.id}-panel", "label": f"Steering group of study {study.number}"}
        panel |= {"kind": "management_group", "panel_of": study.id, "reviews": study.id}
        panel |= {"frequency": stream.pick(("monthly", "quarterly")), "appointed": "internal"}
        yield "panels", panel | study.about_passage
    if stream.chance(_ACTIVITY_PROBABILITY):
        label, kind = stream.pick(words.ACTIVITIES)
        month = 1 + stream.below(study.months)
        row = {"id": f"{study.id}-activity", "label": label, "kind": kind, "part_of": study.id}
        row |= {"project_month": str(month), "start": words.MONTHS[study.start + month - 1]}
        row |= {"participants": stream.pick(words.MEMBER_KINDS)}
        yield "activities", row | study.about_passage
    if stream.chance(_QUESTION_PROBABILITY):
        row = {"id": f"{study.id}-question", "text": stream.pick(words.QUESTIONS)}
        yield "questions", row | {"asked_by": study.id} | study.about_passage


def _system_rows(stream: Stream, study: StudyState, around: list[Row]) -> Iterator[Row]:
    """Yield how far the study has come by the systems that it is recorded by.

    :param around: rows of what is around the study.
    """
    if not study.systems.frameworks:
        return
    gist = "Says how far the work has come, and what was tried on the way."
    passage = study.report.passage(stream, "progress", "Progress", gist)
    yield passage
    activities = [cells["id"] for sheet, cells in around if sheet == "activities"]
    recorded = RecordedStudy(
        id=study.id,
        cases=tuple([f"{study.id}-c{number}" for number in range(1, len(study.sites) + 1)]),
        site=study.sites[0].id,
        activity=activities[0] if activities else "",
        start=study.start,
        months=study.months,
        passages={"passages": passage[1]["id"]},
    )
    yield from system_rows(stream, study.systems, recorded)


def _coproduction_rows(stream: Stream, study: StudyState, around: list[Row]) -> Iterator[Row]:
    """Yield who took part in the study and what came of that.

    :param around: rows of its people and of what is around it.
    """
    posts, community = people_of(around)
    panels = [cells["id"] for sheet, cells in around if sheet == "panels"]
    people = StudyPeople(
        id=study.id,
        posts=posts,
        community=community,
        regional=study.region.community,
        panel=panels[0] if panels else "",
        outcome=f"{study.id}-c1-o1",
        start=study.start,
        months=study.months,
        passages=study.about_passage,
    )
    yield from coproduction_rows(stream, people)


def _case_rows(stream: Stream, study: StudyState, number: int, has_later: bool) -> Iterator[Row]:
    """Yield a case: itself, its passages, its ratings and its findings."""
    site = study.sites[number - 1]
    latent = model.latent_case(stream, study.latent, site.effect)
    start = study.start + stream.below(6)
    end = study.start + study.months - stream.below(4)
    record = f"{study.id}-c{number}"
    ratings, findings = f"{study.report.id}-r{number}", f"{study.report.id}-f{number}"
    gist = f"Gives the ratings of case {number}."
    yield study.report.passage(stream, f"r{number}", "Ratings", gist)
    gist = f"Tells what happened in case {number} and what came of it."
    yield study.report.passage(stream, f"f{number}", "Findings", gist)
    cells = {"id": record, "label": f"Case {number} of study {study.number}", "study": study.id}
    cells |= {"innovation": f"{study.id}-innovation", "site": site.id, "passages": findings}
    yield "cases", cells | {"start": words.MONTHS[start], "end": words.MONTHS[end]}
    later_passage = ""
    if has_later:
        gist = f"Gives the second ratings of case {number}."
        row = _second_report(study).passage(stream, f"r{number}", "Ratings", gist)
        later_passage = row[1]["id"]
        yield row
    after = stream.chance(_AFTER_OUTCOME_PROBABILITY) and not has_later
    rated = RatedCase(
        id=record,
        latent=latent,
        framework=study.framework,
        site=site.id,
        organisation=site.organisation,
        panel=study.region.panel,
        passage=ratings,
        later_passage=later_passage,
        date=words.MONTHS[end + 2 if after else start + (end - start) // 2],
        later_date=words.MONTHS[end],
        after_outcome=after,
    )
    yield from rating_rows(stream, rated, study.mean_raters)
    yield from survey_rows(stream, rated)
    found = FoundCase(record, latent, findings, words.MONTHS[start], words.MONTHS[end], end - start)
    yield from finding_rows(stream, found)
