"""A synthetic registry: very many studies, of each of which little is known.

A full synthetic programme has every table and some 40 records a study; a registry has about ten,
as where entries of a public register were rated from one report each. It is what is measured
with at a hundred thousand studies and more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kmgraph.synthetic.chance import Stream, clamp
from kmgraph.synthetic.programme import PLAN, PLAN_PASSAGE, PROGRAMME, Row

ORGANISATIONS: Final = 200
SITES: Final = 500
#: Year that the first studies start in, and of how many years the starts are.
_FIRST_YEAR: Final = 2005
_YEARS: Final = 18
#: Standard deviation of a rating around the middle.
_RATING_SD: Final = 0.22
#: Probability that a second part of context is rated too.
_THIRD_RATING_PROBABILITY: Final = 0.25
#: Probability that staff spoke of a second part of context.
_SECOND_TALK_PROBABILITY: Final = 0.4
#: Probability that what was said of the context agrees with how it was rated.
_TALK_AGREES_PROBABILITY: Final = 0.7
#: Probability of improvement at the lowest ratings, and what each rating adds to it at most.
_IMPROVED_AT_LEAST: Final = 0.1
_EVIDENCE_ADDS: Final = 0.3
_CONTEXT_ADDS: Final = 0.5
_OTHER_DIRECTIONS: Final = (("unchanged", 0.6), ("worsened", 0.25), ("uncertain", 0.15))

STATEMENT: Final = (
    f"P(improved) = {_IMPROVED_AT_LEAST} + {_EVIDENCE_ADDS} E + {_CONTEXT_ADDS} C, where E and C "
    f"are the first rating of evidence and of context of the case"
)

#: Theme and the conditions that its studies are about.
THEMES: Final = (
    ("heart", ("heart failure", "atrial fibrillation", "high blood pressure")),
    ("lungs", ("asthma", "chronic bronchitis", "pneumonia")),
    ("stroke", ("stroke", "aphasia", "transient ischaemic attack")),
    ("diabetes", ("type 1 diabetes", "type 2 diabetes", "foot ulcer")),
    ("kidneys", ("chronic kidney disease", "dialysis", "kidney stones")),
    ("cancer", ("breast cancer", "bowel cancer", "lung cancer")),
    ("mental health", ("depression", "anxiety", "psychosis")),
    ("dementia", ("dementia", "delirium", "mild memory loss")),
    ("children", ("self-harm", "attention deficit", "eczema")),
    ("maternity", ("preterm birth", "breastfeeding", "low mood after birth")),
    ("surgery", ("hip replacement", "hernia", "wound infection")),
    ("intensive care", ("sepsis", "ventilation", "pressure sores")),
    ("pain", ("back pain", "migraine", "pain after surgery")),
    ("joints", ("osteoarthritis", "gout", "osteoporosis")),
    ("infection", ("influenza", "hepatitis C", "tuberculosis")),
    ("skin", ("psoriasis", "leg ulcer", "burns")),
    ("eyes and ears", ("glaucoma", "hearing loss", "cataract")),
    ("older people", ("falls", "frailty", "incontinence")),
    ("substance use", ("smoking", "alcohol use", "opioid use")),
    ("end of life", ("palliative care", "grief", "breathlessness")),
)
_SETTINGS: Final = ("general practice", "acute ward", "community clinic", "care home", "pharmacy")
_DESIGNS: Final = (
    ("rct", 0.3),
    ("cluster_rct", 0.15),
    ("quasi_experimental", 0.2),
    ("cohort", 0.15),
    ("qualitative", 0.2),
)
_EVIDENCE: Final = (
    "PARIHS.E.research",
    "PARIHS.E.clinical",
    "PARIHS.E.patient",
    "PARIHS.E.local",
)
#: For each part of context: what staff say where it helps, and where it hinders.
_CONTEXT: Final = (
    ("PARIHS.C.culture", "The team liked to try things.", "New ways were seen as a burden."),
    ("PARIHS.C.leadership", "The manager stood behind it.", "Managers changed halfway."),
    ("PARIHS.C.evaluation", "Figures came back each month.", "Nobody saw how it was going."),
    ("PARIHS.C.receptive", "Time was set aside for it.", "There was no time for it."),
)
_ROLES: Final = (("staff", 0.7), ("manager", 0.3))

#: The columns of each sheet, in the order of the file.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "programmes": ("id", "label", "passages"),
    "themes": ("id", "label", "programme", "passages"),
    "organisations": ("id", "name", "kind", "passages"),
    "sites": ("id", "label", "organisation", "setting", "passages"),
    "studies": ("id", "title", "programme", "themes", "design", "conditions", "lead",
                "registry_ids", "start", "end", "passages"),
    "cases": ("id", "label", "study", "site", "start", "end", "passages"),
    "assessments": ("id", "about", "construct", "rating_status", "score", "rater_role", "date",
                    "passages"),
    "determinants": ("id", "about", "kind", "statement", "constructs", "valence",
                     "informant_role", "passages"),
    "outcomes": ("id", "label", "about", "constructs", "measurement", "direction", "benefit",
                 "date", "passages"),
    "documents": ("id", "title", "published"),
    "passages": ("id", "document", "page", "gist"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SyntheticRegistry:
    """A synthetic registry, of which any study can be had by its number.

    :ivar seed: what all random numbers follow from.

    >>> rows = list(SyntheticRegistry(seed=7).study(3))
    >>> [sheet for sheet, _ in rows][:4]
    ['documents', 'passages', 'studies', 'cases']
    >>> rows == list(SyntheticRegistry(seed=7).study(3))
    True
    """

    seed: int

    def rows(self, studies: int) -> Iterator[Row]:
        """Yield sheet and cells of every row but that of the dataset.

        :param studies: number of studies.
        """
        yield from self._shared_rows()
        for number in range(1, studies + 1):
            yield from self.study(number)

    def study(self, number: int) -> Iterator[Row]:
        """Yield the rows of one study, the same whether others are made or not.

        :param number: number of the study, from 1.

        >>> rows = SyntheticRegistry(seed=7).study(1)
        >>> {sheet for sheet, _ in rows} >= {"studies", "cases", "assessments"}
        True
        """
        stream = Stream(self.seed, f"registry/{number}")
        name = f"S{number}"
        year = _FIRST_YEAR + stream.below(_YEARS)
        rests = {"passages": f"{name}-p1"}
        report = {"id": f"{name}-r", "title": f"Report of study {number}"}
        yield "documents", report | {"published": str(year + 3)}
        page = {"id": rests["passages"], "document": report["id"]}
        page |= {"page": str(1 + stream.below(90)), "gist": "Says what was done and found."}
        yield "passages", page
        yield "studies", _study_cells(stream, number, year) | rests
        case = {"id": f"{name}-c1", "label": f"Case of study {number}", "study": name}
        case |= {"site": f"site-{1 + stream.below(SITES)}"}
        case |= {"start": str(year), "end": str(year + 1)}
        yield "cases", case | rests
        yield from _finding_rows(stream, name, year, rests)

    def _shared_rows(self) -> Iterator[Row]:
        """Yield what there is once, and does not grow with the studies."""
        rests = {"passages": PLAN_PASSAGE}
        yield "documents", {"id": PLAN, "title": "Plan of the registry", "published": "2004"}
        gist = "Says what is registered and who takes part."
        yield "passages", {"id": PLAN_PASSAGE, "document": PLAN, "page": "1", "gist": gist}
        yield "programmes", {"id": PROGRAMME, "label": "Synthetic registry"} | rests
        for name, _ in THEMES:
            cells = {"id": name.replace(" ", "-"), "label": name.capitalize()}
            yield "themes", cells | {"programme": PROGRAMME} | rests
        for number in range(1, ORGANISATIONS + 1):
            cells = {"id": f"org-{number}", "name": f"Synthetic trust {number}"}
            yield "organisations", cells | {"kind": "hospital_trust"} | rests
        stream = Stream(self.seed, "registry/sites")
        for number in range(1, SITES + 1):
            setting = stream.pick(_SETTINGS)
            cells = {"id": f"site-{number}", "label": f"Site {number}: {setting}"}
            cells |= {"organisation": _organisation(stream), "setting": setting}
            yield "sites", cells | rests


def _organisation(stream: Stream) -> str:
    """Draw the id of an organisation."""
    return f"org-{1 + stream.below(ORGANISATIONS)}"


def _study_cells(stream: Stream, number: int, year: int) -> dict[str, str]:
    """Draw the cells of a study but its passages."""
    theme, conditions = stream.pick(THEMES)
    condition = stream.pick(conditions)
    return {
        "id": f"S{number}",
        "title": f"Synthetic study {number} of {condition}",
        "programme": PROGRAMME,
        "themes": theme.replace(" ", "-"),
        "design": stream.weighted(_DESIGNS),
        "conditions": condition,
        "lead": _organisation(stream),
        "registry_ids": f"SYN{number:08d}",
        "start": f"{year}-{1 + stream.below(12):02d}",
        "end": str(year + 2),
    }


def _finding_rows(stream: Stream, name: str, year: int, rests: dict[str, str]) -> Iterator[Row]:
    """Yield two or three ratings of a case, one or two determinants and an outcome."""
    case = f"{name}-c1"
    part = stream.below(len(_CONTEXT))
    evidence, context = _rating(stream), _rating(stream)
    rated = [(stream.pick(_EVIDENCE), evidence), (_CONTEXT[part][0], context)]
    if stream.chance(_THIRD_RATING_PROBABILITY):
        rated.append((_CONTEXT[(part + 1) % len(_CONTEXT)][0], _rating(stream)))
    date = f"{year + 1}-{1 + stream.below(12):02d}"
    role = stream.weighted(_ROLES)
    for index, (construct, hundredths) in enumerate(rated, start=1):
        cells = {"id": f"{name}-a{index}", "about": case, "construct": construct}
        cells |= {"rating_status": "rated", "score": str(hundredths / 100)}
        yield "assessments", cells | {"rater_role": role, "date": date} | rests
    for index in range(1 + stream.chance(_SECOND_TALK_PROBABILITY)):
        cells = _talk_cells(stream, _CONTEXT[(part + index) % len(_CONTEXT)], context)
        cells |= {"id": f"{name}-d{index + 1}", "about": case, "informant_role": role}
        yield "determinants", cells | rests
    cells = {"id": f"{name}-o1", "label": "Implementation as planned", "about": case}
    cells |= {"constructs": "PARIHS.SI", "measurement": "measured", "benefit": "higher"}
    cells |= {"direction": _direction(stream, evidence, context), "date": str(year + 2)}
    yield "outcomes", cells | rests


def _talk_cells(stream: Stream, part: tuple[str, str, str], context: int) -> dict[str, str]:
    """Draw what was said of a part of the context, which was rated in hundredths."""
    construct, good, bad = part
    if (context >= 50) == stream.chance(_TALK_AGREES_PROBABILITY):
        kind, statement, sign = "enabler", good, ""
    else:
        kind, statement, sign = "barrier", bad, "-"
    cells = {"kind": kind, "statement": statement, "constructs": construct}
    return cells | {"valence": f"{sign}{1 + stream.below(2)}"}


def _rating(stream: Stream) -> int:
    """Draw a rating in hundredths, bell-shaped around the middle."""
    return int(100 * clamp(0.5 + _RATING_SD * stream.normal()) + 0.5)


def _direction(stream: Stream, evidence: int, context: int) -> str:
    """Draw what became of a case, from its ratings in hundredths."""
    improved = _IMPROVED_AT_LEAST + (_EVIDENCE_ADDS * evidence + _CONTEXT_ADDS * context) / 100
    return "improved" if stream.chance(improved) else stream.weighted(_OTHER_DIRECTIONS)
