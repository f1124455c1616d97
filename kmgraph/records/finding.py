"""What is found about a case: assessments, determinants, strategies and outcomes."""

from __future__ import annotations

from decimal import Decimal

from kmgraph.records import columns as c
from kmgraph.records.base import SourcedRecord, table

#: What a finding may be about; a programme where the document speaks of the whole of it.
CASES = ("cases", "programmes")


@table("assessments", "assessment", "km:Assessment")
class Assessment(SourcedRecord):
    """One rating of one construct, for one case, by one rater at one time."""

    id: str = c.record_id("Id of the assessment.", "a-1")
    about: str = c.ref("Case that is rated.", "SR1-case", "km:about", CASES, required=True)
    construct: str = c.construct(
        "Construct that is rated.", "PARIHS.C.culture", "km:construct", required=True
    )
    rating_status: str | None = c.code(
        "Whether it was rated; only 'rated' may have a rating.",
        "rated",
        "km:ratingStatus",
        "km:RatingStatus",
        default="rated",
    )
    score: Decimal | None = c.decimal(
        "Place between the low (0) and the high (1) pole.",
        "0.75",
        "km:score",
        minimum="0",
        maximum="1",
    )
    raw_score: Decimal | None = c.decimal("Score as the instrument gives it.", "4", "km:rawScore")
    scale_low: Decimal | None = c.decimal(
        "Lowest score of the instrument's scale.", "1", "km:scaleLow"
    )
    scale_high: Decimal | None = c.decimal(
        "Highest score of the instrument's scale.", "5", "km:scaleHigh"
    )
    instrument: str | None = c.name("Instrument used.", "ORCA", "km:instrument")
    band: str | None = c.code(
        "Band judged by the rater, where there is no score.", "high", "km:band", "km:Band"
    )
    approach_position: Decimal | None = c.decimal(
        "Facilitation only: from task (0) to enabling (1); neither is better.",
        "0.5",
        "km:approachPosition",
        minimum="0",
        maximum="1",
    )
    appropriateness: str | None = c.code(
        "Facilitation only: how well it suits the case.",
        "appropriate",
        "km:appropriateness",
        "km:Appropriateness",
    )
    rater: str | None = c.ref(
        "Who rates.", "person-1", "km:rater", ("people", "posts", "organisations", "panels")
    )
    rater_role: str | None = c.term("Role of the rater.", "ward manager", "km:raterRole", "role")
    rating_round: str | None = c.code(
        "Independent or reconciled.", "independent", "km:ratingRound", "km:RatingRound"
    )
    outcome_known: bool | None = c.boolean(
        "Whether the rater knew the outcome.", "no", "km:outcomeKnown"
    )
    construct_level: str | None = c.construct(
        "Level that the construct belongs to.", "FS.3", "km:constructLevel"
    )
    informant_level: str | None = c.construct(
        "Level of the person who spoke.", "FS.1", "km:informantLevel"
    )
    date: str | None = c.date("When it was rated.", "2011-03", "dcterms:date")
    descriptor: str | None = c.text(
        "What the rating rests on, in a few words.", "Staff meet weekly.", "km:descriptor"
    )
    eligible: int | None = c.integer(
        "Surveys only: people who could have answered.", "20", "km:eligibleCount", minimum=0
    )
    responding: int | None = c.integer(
        "Surveys only: people whose answers the score rests on; at most those eligible.",
        "12",
        "km:respondingCount",
        minimum=0,
    )
    aggregates: tuple[str, ...] = c.ref(
        "Finer ratings that this one sums up, which are then not counted beside it.",
        "a-2",
        "km:aggregates",
        ("assessments",),
        many=True,
    )


@table("determinants", "determinant", "km:Determinant")
class Determinant(SourcedRecord):
    """Something that hindered or helped, coded to constructs."""

    id: str = c.record_id("Id of the determinant.", "b-trusts")
    about: tuple[str, ...] = c.ref(
        "Cases or programmes concerned.", "ndl", "km:about", CASES, required=True, many=True
    )
    kind: str | None = c.record_type("Barrier or enabler.", "barrier", "km:Determinant")
    statement: str = c.text(
        "What hindered or helped, in your own words.",
        "Some trusts never joined.",
        "km:statement",
        required=True,
    )
    constructs: tuple[str, ...] = c.construct(
        "Constructs it is coded to.", "PARIHS.C.receptive", "km:construct", many=True
    )
    valence: int | None = c.integer(
        "From -2 (strongly hindering) to 2 (strongly helping).",
        "-1",
        "km:valence",
        minimum=-2,
        maximum=2,
    )
    mixed_valence: bool | None = c.boolean(
        "Whether it both hindered and helped.", "no", "km:mixedValence"
    )
    construct_level: str | None = c.construct(
        "Level that the construct belongs to.", "FS.3", "km:constructLevel"
    )
    informant_level: str | None = c.construct(
        "Level of the person who spoke.", "FS.1", "km:informantLevel"
    )
    informant_role: str | None = c.term(
        "Role of the person who spoke.", "authors", "km:informantRole", "role"
    )
    date: str | None = c.date("When it was so.", "2011", "dcterms:date")


@table("strategies", "strategy", "km:Strategy")
class Strategy(SourcedRecord):
    """An implementation strategy that was used."""

    id: str = c.record_id("Id of the strategy.", "s-secondment")
    label: str = c.text("Name.", "Secondment", "skos:prefLabel", required=True)
    about: tuple[str, ...] = c.ref(
        "Cases or programmes concerned.", "ndl", "km:about", CASES, required=True, many=True
    )
    constructs: tuple[str, ...] = c.construct(
        "Constructs it is coded to.", "PARIHS.F.role", "km:construct", many=True
    )
    actor: tuple[str, ...] = c.term(
        "Who acts.", "diffusion fellows", "km:actor", "participant-kind", many=True
    )
    action: str | None = c.text("What they do.", "Bridge research and practice.", "km:action")
    target: tuple[str, ...] = c.term(
        "Whom it reaches.", "clinical teams", "km:target", "participant-kind", many=True
    )
    dose: str | None = c.text("How much of it.", "One day a week", "km:dose")
    timing: str | None = c.text("When in the process.", "Throughout", "km:timing")
    cost: str | None = c.text("What it costs and who pays.", "Matched funding", "km:cost")
    start: str | None = c.date("When it starts.", "2009", "schema:startDate")
    end: str | None = c.date("When it ends.", "2013", "schema:endDate")


@table("outcomes", "outcome", "km:Outcome")
class Outcome(SourcedRecord):
    """An implementation, service or client outcome."""

    id: str = c.record_id("Id of the outcome.", "o-1")
    label: str = c.text("Name.", "Return to work", "skos:prefLabel", required=True)
    about: tuple[str, ...] = c.ref(
        "Cases or programmes concerned.", "SR1-case", "km:about", CASES, required=True, many=True
    )
    constructs: tuple[str, ...] = c.construct(
        "Outcome constructs it is coded to.", "PARIHS.SI", "km:construct", many=True
    )
    measurement: str | None = c.code(
        "Whether it was measured.",
        "measured",
        "km:measurementStatus",
        "km:MeasurementStatus",
        default="measured",
    )
    direction: str | None = c.code(
        "What happened to it.", "improved", "km:direction", "km:Direction"
    )
    benefit: str | None = c.code(
        "Which direction is benefit.", "higher", "km:benefitDirection", "km:BenefitDirection"
    )
    effect_measure: str | None = c.name("Effect measure.", "odds ratio", "km:effectMeasure")
    estimate: Decimal | None = c.decimal("Point estimate.", "1.4", "km:estimate")
    standard_error: Decimal | None = c.decimal(
        "Standard error.", "0.2", "km:standardError", minimum="0"
    )
    interval_low: Decimal | None = c.decimal("Lower end of the interval.", "1.0", "km:intervalLow")
    interval_high: Decimal | None = c.decimal(
        "Upper end of the interval.", "1.9", "km:intervalHigh"
    )
    comparator: str | None = c.text("Compared with what.", "Usual care", "km:comparator")
    participants: int | None = c.integer(
        "People measured.", "120", "km:participantCount", minimum=0
    )
    clusters: int | None = c.integer("Clusters measured.", "12", "km:clusterCount", minimum=0)
    certainty: str | None = c.code(
        "Certainty of the finding (GRADE).", "low", "km:certainty", "km:Certainty"
    )
    timepoint_months: Decimal | None = c.decimal(
        "Months after the start.", "12", "km:timepointMonths", minimum="0"
    )
    date: str | None = c.date("When it was measured.", "2012-06", "dcterms:date")
