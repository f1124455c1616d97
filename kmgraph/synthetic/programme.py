"""What studies share: the programme, its themes and panels, and the regions that they work in.

A region serves a fixed number of studies, so that a study of any number finds its organisations,
sites and raters without the other studies being made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kmgraph.synthetic import model, words
from kmgraph.synthetic.chance import Stream

#: Sheet and cells of a row.
Row = tuple[str, dict[str, str]]

PROGRAMME: Final = "programme"
FUNDER: Final = "funder"
PLAN: Final = "plan"
PLAN_PASSAGE: Final = "plan-p1"
REVIEW: Final = "review"
BOARD: Final = "board"
ADVISERS: Final = "advisers"
#: Studies that share a region.
REGION_STUDIES: Final = 40
#: Sites of a region in the settings of each theme: as many as a study has cases at most.
THEME_SITES: Final = 4
#: IRIs of the documents, which nobody can look up.
DOCUMENT_BASE: Final = "https://example.org/synthetic/"
_TRUSTS: Final = 3


@dataclass(frozen=True, slots=True)
class SiteState:
    """A site and what it adds to the context of every case there."""

    id: str
    organisation: str
    setting: str
    effect: float


@dataclass(frozen=True, slots=True)
class Region:
    """What the studies of a region share.

    :ivar number: counted from 1.
    """

    number: int
    sites: tuple[SiteState, ...]

    @property
    def prefix(self) -> str:
        """First part of the ids of its records."""
        return f"R{self.number}"

    @property
    def university(self) -> str:
        """Id of its university."""
        return f"{self.prefix}-university"

    @property
    def network(self) -> str:
        """Id of its clinical network."""
        return f"{self.prefix}-network"

    @property
    def panel(self) -> str:
        """Id of the panel that reconciles ratings."""
        return f"{self.prefix}-panel"

    @property
    def community(self) -> str:
        """Id of the community that fellows of several of its studies belong to."""
        return f"{self.prefix}-cop"

    def sites_for(self, theme: words.Theme) -> list[SiteState]:
        """Return its sites in a setting of a theme, whichever theme they were drawn for."""
        return [site for site in self.sites if site.setting in theme.settings]

    def trust(self, stream: Stream) -> str:
        """Draw one of its trusts."""
        return f"{self.prefix}-trust-{1 + stream.below(_TRUSTS)}"


def region_of(study: int) -> int:
    """Return the number of the region of a study.

    >>> region_of(1), region_of(40), region_of(41)
    (1, 1, 2)
    """
    return (study - 1) // REGION_STUDIES + 1


def draw_region(seed: int, number: int) -> Region:
    """Draw the sites of a region.

    >>> len(draw_region(1, 2).sites), draw_region(1, 2).sites[0].id
    (24, 'R2-site-1')
    """
    stream = Stream(seed, f"region/{number}")
    themes = [theme for theme in words.THEMES for _ in range(THEME_SITES)]
    sites = tuple(
        SiteState(
            f"R{number}-site-{index}",
            f"R{number}-trust-{1 + stream.below(_TRUSTS)}",
            stream.pick(theme.settings),
            model.CONTEXT_SITE_SD * stream.normal(),
        )
        for index, theme in enumerate(themes, start=1)
    )
    return Region(number, sites)


def programme_rows(seed: int, studies: int) -> Iterator[Row]:
    """Yield what there is once: the programme, its funder, themes, panels, plan and review.

    >>> [sheet for sheet, _ in programme_rows(1, 20)][:3]
    ['documents', 'passages', 'organisations']
    """
    rests = {"passages": PLAN_PASSAGE}
    iri = f"{DOCUMENT_BASE}{seed}/{PLAN}"
    plan = {"id": PLAN, "title": "Plan of the synthetic programme", "iri": iri}
    yield "documents", plan | {"published": "2008"}
    gist = "Says what the programme is for and who takes part."
    yield "passages", _page(PLAN_PASSAGE, PLAN, 1, "Aims") | {"gist": gist}
    funder = {"id": FUNDER, "name": "Synthetic research funder", "kind": "funder"}
    yield "organisations", funder | rests
    programme = {"id": PROGRAMME, "label": "Synthetic programme", "funders": FUNDER}
    programme |= {"start": "2008", "end": "2030", "frameworks": "parihs-2004"}
    yield "programmes", programme | {"approach": "Organisational learning"} | rests
    for theme in words.THEMES:
        cells = {"id": theme.id, "label": theme.label, "programme": PROGRAMME}
        yield "themes", cells | {"kind": "research"} | rests
    name, label = words.IMPLEMENTATION_THEME
    cells = {"id": name, "label": label, "programme": PROGRAMME, "kind": "implementation"}
    yield "themes", cells | rests
    yield from _oversight_rows(rests)
    yield from _size_claim_rows(studies, rests)


def _oversight_rows(rests: dict[str, str]) -> Iterator[Row]:
    """Yield the panels and the review of the programme, with what they do."""
    board = {"id": BOARD, "label": "Programme board", "kind": "board", "panel_of": PROGRAMME}
    board |= {"frequency": "quarterly", "appointed": "internal", "reviews": PROGRAMME}
    yield "panels", board | rests
    panel = {"id": ADVISERS, "label": "External advisers", "kind": "committee"}
    panel |= {"panel_of": PROGRAMME, "reviews": PROGRAMME, "frequency": "annual"}
    panel |= {"appointed": "external", "expertise": "statistics;implementation;patient experience"}
    yield "panels", panel | rests
    chair = {"id": "board-funder", "group": BOARD, "member": FUNDER, "role": "observer"}
    yield "memberships", chair | {"start": "2008"} | rests
    review = {"id": REVIEW, "title": "Synthetic review of what helps", "commissioner": FUNDER}
    review |= {"duration_months": "18", "methods": "desk research;interviews"}
    yield "reviews", review | {"sectors": "health_care;social_care"} | rests
    search = {"id": "review-search", "label": "Search of the literature", "part_of": REVIEW}
    search |= {"kind": "desk_research", "start": "2008-03", "project_month": "1"}
    yield "activities", search | rests
    question = {"id": "review-q1", "text": "Which ways of sharing knowledge are in use?"}
    yield "questions", question | {"asked_by": REVIEW} | rests


def _size_claim_rows(studies: int, rests: dict[str, str]) -> Iterator[Row]:
    """Yield two counts of studies, how they go together, and what is only inferred."""
    planned = {"id": "claim-planned", "about": PROGRAMME, "quantity_kind": "studies"}
    planned |= {"statement": "The plan was for a round number of studies.", "approximate": "yes"}
    planned |= {"value": str(studies // 10 * 10 + 10), "unit": "studies", "date": "2008"}
    yield "claims", planned | rests
    listed = {"id": "claim-listed", "about": PROGRAMME, "quantity_kind": "studies"}
    listed |= {"statement": f"The list has {studies} studies.", "value": str(studies)}
    yield "claims", listed | {"unit": "studies"} | rests
    cells = {"id": "claim-difference", "label": "Number of studies", "kind": "compatible"}
    cells |= {"claims": "claim-planned;claim-listed"}
    yield "discrepancies", cells | {"explanation": "One is rounded up."} | rests
    note = {"id": "programme-note", "subject": PROGRAMME, "property": "km:approach"}
    note |= {"value": "Organisational learning", "assertion_kind": "inferred"}
    yield "statement_notes", note | rests


def region_rows(seed: int, region: Region) -> Iterator[Row]:
    """Yield the organisations, sites, people, panel and review of a region.

    >>> rows = list(region_rows(1, draw_region(1, 1)))
    >>> sum(sheet == "sites" for sheet, _ in rows)
    24
    """
    stream = Stream(seed, f"region-rows/{region.number}")
    name = region.prefix
    passage = f"{name}-p"
    rests = {"passages": passage}
    county = words.COUNTIES[region.number % len(words.COUNTIES)]
    area = {"area": f"{county} {region.number}"}
    cells = _page(passage, PLAN, region.number + 1, "Regions")
    yield "passages", cells | {"gist": f"Lists the partners in region {region.number}."}
    yield from _organisation_rows(region, area, rests)
    panel = {"id": region.panel, "label": f"Rating panel {region.number}", "kind": "panel"}
    panel |= {"panel_of": PROGRAMME, "frequency": "each_stage", "appointed": "internal"}
    yield "panels", panel | rests
    seat = {"id": f"{region.panel}-m1", "group": region.panel, "member": region.university}
    yield "memberships", seat | {"role": "chair", "start": "2008"} | rests
    yield from _community_rows(region, rests)
    review = {"id": f"{name}-review", "title": f"Synthetic evidence review {region.number}"}
    review |= {"commissioner": FUNDER, "duration_months": str(6 + stream.below(19))}
    yield "reviews", review | {"methods": "desk research", "sectors": "health_care"} | area | rests
    for index, site in enumerate(region.sites, start=1):
        cells = {"id": site.id, "label": f"Site {index} of region {region.number}"}
        cells |= {"organisation": site.organisation, "setting": site.setting}
        yield "sites", cells | area | rests
        yield from _rater_rows(site, rests)


def _organisation_rows(
    region: Region, area: dict[str, str], rests: dict[str, str]
) -> Iterator[Row]:
    """Yield the trusts, university, network and others of a region."""
    name, number = region.prefix, region.number
    for index in range(1, _TRUSTS + 1):
        trust = {"id": f"{name}-trust-{index}", "name": f"Synthetic trust {number}.{index}"}
        yield "organisations", trust | {"kind": "hospital_trust"} | area | rests
    for record, kind, label in (
        (region.university, "university", f"Synthetic university {number}"),
        (region.network, "network", f"Clinical network {number}"),
        (f"{name}-commissioner", "commissioner", f"Commissioner of services {number}"),
    ):
        yield "organisations", {"id": record, "name": label, "kind": kind} | area | rests


def _community_rows(region: Region, rests: dict[str, str]) -> Iterator[Row]:
    """Yield the community of a region, which began with the first of its studies."""
    first = (region.number - 1) * REGION_STUDIES + 1
    cells = {"id": region.community, "label": f"Community of region {region.number}"}
    cells |= {"studies": f"S{first}", "builds_on": region.network, "self_sustaining": "yes"}
    yield "communities", cells | {"pre_existing": "no", "exhibits": "LICOP.1;LICOP.3"} | rests
    seat = {"id": f"{region.community}-m1", "group": region.community}
    yield "memberships", seat | {"member": region.network, "role": "host"} | rests


def _rater_rows(site: SiteState, rests: dict[str, str]) -> Iterator[Row]:
    """Yield those who rate at a site, by role and without names; patients are never records."""
    for role in ("manager", "staff"):
        label = "Manager" if role == "manager" else "Member of staff"
        cells = {"id": f"{site.id}-{role}", "pseudonym": f"{label} at {site.id}"}
        yield "people", cells | {"organisations": site.organisation} | rests


def _page(passage: str, document: str, page: int, section: str) -> dict[str, str]:
    """Return the cells of a passage on a page."""
    return {"id": passage, "document": document, "page": str(page), "section": section}
