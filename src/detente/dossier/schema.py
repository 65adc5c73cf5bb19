"""The dossier: what an analyst writes about one situation. Field names are DESIGN §3; everything is frozen.

These models judge each field by itself; what must hold between fields is in `checks`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, PrivateAttr, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from detente.dossier.grid import Grid, years_between
from detente.dossier.places import NOWHERE, Places
from detente.dossier.quantities import (
    NUMBER_FIELDS,
    ZERO,
    Amount,
    Capacity,
    Discount,
    Duration,
    Flow,
    Hazard,
    Number,
    Scalar,
    Share,
)

Id = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")]
Changes = Mapping[str, Any]
"""An overlay: dotted path → the raw value to stand there. DESIGN §2."""


def _bad(code: str, message: str, remedy: str = "") -> PydanticCustomError:
    """An error whose type becomes the Finding's code, `dossier.<code>`, with its remedy."""
    return PydanticCustomError(f"detente.{code}", "{message}", {"message": message, "remedy": remedy})


_WRITE_A_DATE = "write a date as 2025-12-31"


def _one_or_many(raw: Any) -> Any:
    return [raw] if isinstance(raw, str) else raw


Ids = Annotated[
    tuple[Id, ...],
    BeforeValidator(_one_or_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]

Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


def _day(raw: Any) -> Any:
    """A calendar date written YYYY-MM-DD, and nothing else (pydantic would take 0 for 1970-01-01)."""
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if isinstance(raw, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", raw):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            raise _bad("date", f"{raw!r} is not a day of the calendar", _WRITE_A_DATE) from None
    raise _bad("date", f"expected a date such as 2018-06-12, found {raw!r}", _WRITE_A_DATE)


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"})]


def _by_shape(text: str | None, mapping: str | None, expected: str) -> Discriminator:
    """Choose the branch of a union by whether text or a mapping was written, so that errors name one branch only."""

    def choose(raw: Any) -> str | None:
        if isinstance(raw, Mapping | BaseModel):
            return mapping
        return text if isinstance(raw, str) else None

    return Discriminator(choose, custom_error_type="detente.type", custom_error_message=f"expected {expected}")


class Part(BaseModel):
    """A part of a dossier: frozen, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class PeriodBlock(Part):
    """So many periods of equal length: "12 x 3 months"."""

    count: int = Field(ge=1, le=1000)
    months: int = Field(ge=1, le=12_000)


_BLOCK = re.compile(r"^\s*(\d+)\s*[x×*]\s*(\d+)\s*(month|year|quarter)s?\s*$")


def _period_block(raw: Any) -> Any:
    if isinstance(raw, str):
        found = _BLOCK.match(raw)
        if not found:
            message = f"expected periods such as '12 x 3 months' (whole months or years), found {raw!r}"
            raise _bad("periods", message, "write how many of what length: 12 x 3 months")
        if max(len(found[1]), len(found[2])) > 9:
            message = f"more or longer periods than can be: {raw[:60]!r}"
            raise _bad("periods", message, "write at most 1000 periods, of at most 12,000 months each")
        months = int(found[2]) * {"month": 1, "quarter": 3, "year": 12}[found[3]]
        return {"count": int(found[1]), "months": months}
    return raw


_Block = Annotated[
    PeriodBlock, BeforeValidator(_period_block), WithJsonSchema({"type": "string", "examples": ["12 x 3 months"]})
]


class Interest(Part):
    """A measurable thing that parties care about."""

    title: str | None = Field(None, description="Name for people")
    unit: str = Field(description="Unit of its amounts (warheads, USD/yr)")
    worst: Scalar = Field(description="One end of the swing: the scale, not a bound")
    best: Scalar = Field(description="The other end of the swing")
    course: tuple[tuple[Day, Scalar], ...] = Field((), description="Its level without a deal: dates and levels")
    least: Scalar | None = Field(None, description="What it can physically not fall below")
    most: Scalar | None = Field(None, description="What it can physically not rise above")
    source: str | None = Field(None, description="Where the scale comes from")


class NoDealCourse(Part):
    """Losses without a deal that change: linear from date to date, constant before the first and after the last."""

    course: tuple[tuple[Day, Flow], ...] = Field(min_length=1, description="Dates and losses a year (negative)")
    source: str | None = Field(None, description="Where these judgements come from")


def _no_deal_shape(raw: Any) -> str:
    """A number, or a course: whatever has a list in it is meant for one, so that errors name its fields."""
    if isinstance(raw, Mapping):
        return "<course>" if "course" in raw or any(isinstance(v, list) for v in raw.values()) else "<flow>"
    return "<course>" if isinstance(raw, list | NoDealCourse) else "<flow>"


NoDeal = Annotated[
    Annotated[Flow, Tag("<flow>")] | Annotated[NoDealCourse, Tag("<course>")], Discriminator(_no_deal_shape)
]


class Party(Part):
    """Whoever acts or must consent."""

    name: str | None = Field(None, description="Name for people")
    description: str | None = Field(None, description="Who it is, in a sentence")
    consents: bool | None = Field(None, description="Whether its walk-away value binds (default: where it has stakes)")
    discount: Discount | None = Field(None, description="How fast later counts for less (8 %/year)")
    stakes: Mapping[Id, Scalar] = Field(
        {}, description="Swing weights: what a full swing is worth to it, points a year"
    )
    no_deal: NoDeal = Field(
        ZERO, description="What it loses a year without a deal, beyond its interests (negative): a flow, or a course"
    )
    walk_away: Amount = Field(ZERO, description="The margin above no deal that its politics ask for")
    collapse_cost: Amount = Field(ZERO, description="What its own breach costs it, once, when answered")
    exposure_limit: Amount | None = Field(
        None,
        description="The most it may have lost, against never having signed, if another party breaks out or cheats; "
        "losses of `no_deal`, spared or returned, count on neither side",
    )
    response_time: Duration | None = Field(None, description="From seeing a breach to answering it")
    talks_discount: Share | None = Field(
        None,
        description="What a deal reached at the very end of the talks is still worth to it, as GENIUS's discount "
        "factor; never read when designing",
    )
    value_ceiling: Scalar | None = Field(
        None,
        description="Points above which more is worth no more to it, as in GENIUS's hyper-rectangle domains; read by "
        "`frontier` where a case is nothing but choices",
    )
    influence: Scalar | None = Field(
        None, description="Its weight in a collective decision, 0 to 100, as in KTAB; never read when designing"
    )
    source: str | None = Field(None, description="Where these judgements come from")

    @property
    def must_consent(self) -> bool:
        return bool(self.stakes) if self.consents is None else self.consents

    @property
    def loses(self) -> bool:
        """Whether being without a deal costs it, or brings it, something beyond its interests."""
        return any(flow for _, flow in self.no_deal_course(date.min))

    def no_deal_course(self, start: date) -> tuple[tuple[float, float], ...]:
        """(years from `start`, points a year) of its losses without a deal: linear between, constant outside."""
        if isinstance(self.no_deal, Number):
            return ((0.0, self.no_deal.value),)
        return tuple(sorted((years_between(start, day), flow.value) for day, flow in self.no_deal.course))


class PerYear(Part):
    """Growth while in force; with `for`, growth stops that long after signature."""

    rate: Scalar = Field(description="Units of the interest a year")
    lasts: Duration | None = Field(None, alias="for", description="Growth stops this long after signature")


def _per_year(raw: Any) -> Any:
    return raw if isinstance(raw, PerYear) or (isinstance(raw, Mapping) and "rate" in raw) else {"rate": raw}


PerYearField = Annotated[
    PerYear,
    BeforeValidator(_per_year),
    WithJsonSchema({"anyOf": [{"type": ["number", "string"]}, {"type": "object"}]}),
]


class Effect(Part):
    """What a measure does to one interest while, or once, it is in force. DESIGN §4."""

    level: Scalar = Field(ZERO, description="Units from where it would be without a deal, while in force")
    once: Scalar = Field(ZERO, description="A single shift at entry that no one can take back")
    per_year: PerYearField | None = Field(None, description="Growth a year while in force; what has built up stays")


class Lasting(Part):
    """What a measure does to one interest once the deal is over, while it is still in force. ANSWERS §3."""

    level: Scalar = Field(description="Units from where it would be without a deal")


def _undone(raw: Any) -> Any:
    if raw == "never":
        message = "what is never undone does not fall with the deal, and keeps all of its effect"
        raise _bad("number", message, "write 'undo: never' by itself, or how long undoing takes, such as 6 months")
    return raw


class Undo(Part):
    """How fast a measure can be undone, what share of its effect is kept, and whether it needs the deal to live."""

    within: Annotated[Duration, BeforeValidator(_undone)] = Field(
        ZERO, alias="in", description="From stopping to undone (default: at once)"
    )
    keeps: Share = Field(ZERO, description="Share of the effect that stays")
    falls: Literal["minded", "always"] = Field(
        "minded",
        description="What takes it down after a breach: a performer that minds it (minded), or the breach itself "
        "(always), as with statements, offices, talks and treaties",
    )


class Visits(Part):
    """Visits that may see cheating, counted from its worst start: just after a visit, or as a computed plan says."""

    every: Duration | None = Field(None, description="Time from visit to visit; with `times`, after which they repeat")
    random: Hazard | None = Field(None, description="Visits at random moments, so many a year (4 /year)")
    detects: Share | None = Field(None, description="Chance that one visit sees it")
    times: tuple[tuple[Duration, Share], ...] = Field(
        (), description="When visits fall after the cheating starts, and the chance that they have seen it by then"
    )


class Regime(Part):
    """One way to inspect a measure: what it says stands in place of what the `verify` around it says."""

    title: str | None = Field(None, description="Name for people")
    days: Capacity | None = Field(None, description="Inspector-days that it takes (40 /year)")
    cost: Capacity | None = Field(None, description="Money that it takes (2 million USD/year)")
    detects: Hazard | None = Field(None, description="Chance within a year that cheating is seen (90 %/year)")
    visits: Visits | None = Field(None, description="Visits that see it as well, each by itself")
    delay: Duration | None = Field(None, description="From seeing to saying so")
    confirms_in: Duration | None = Field(None, description="From entry to counting as verified")
    false_alarms: Hazard | None = Field(None, description="Chance within a year of an alarm without a cause")
    effects: Mapping[Id, Effect] = Field(
        {}, description="What inspecting it this way does to interests besides; cheating does not spare it"
    )
    source: str | None = Field(None, description="Where these judgements come from")


class Verify(Part):
    """How cheating on a measure would be seen."""

    by: str | None = Field(None, description="Who verifies: a party or a name")
    detects: Hazard | None = Field(None, description="Chance within a year that cheating is seen (90 %/year)")
    visits: Visits | None = Field(None, description="Visits that see it as well, each by itself")
    delay: Duration = Field(ZERO, description="From seeing to saying so")
    confirms_in: Duration | None = Field(None, description="From entry to counting as verified (default: delay)")
    false_alarms: Hazard = Field(ZERO, description="Chance within a year of an alarm without a cause")
    covert: bool = Field(True, description="Whether it could be faked in secret at all")
    regimes: Mapping[Id, Regime] = Field({}, description="Ways to inspect it, of which one is chosen")
    regime: Id | None = Field(None, description="The one that is chosen (default: none, what stands here counts)")
    sites: Texts = Field((), description="Where it is inspected")
    channels: Texts = Field((), description="What sees cheating: cameras, samples, satellites")
    source: str | None = Field(None, description="Where these judgements come from")

    @property
    def chosen(self) -> Verify:
        """What counts: this, with what the chosen regime says in its place."""
        return self.under(self.regime)

    def under(self, regime: str | None) -> Verify:
        """As `chosen`, were that regime chosen; None for none."""
        said = self.regimes.get(regime) if regime is not None else None
        if said is None:
            return self
        over = {name: value for name in OVERRIDDEN if (value := getattr(said, name)) is not None}
        return self.model_copy(update=over)

    @property
    def intrusion(self) -> Mapping[str, Effect]:
        """What inspecting under the chosen regime does to interests."""
        said = self.regimes.get(self.regime) if self.regime is not None else None
        return {} if said is None else said.effects

    def effort(self, regime: str | None, kind: Literal["days", "cost"] | None) -> float:
        """Days or cost a year of a regime; 0 for none, and where it does not say."""
        said = self.regimes.get(regime) if regime is not None else None
        amount = getattr(said, kind) if said is not None and kind is not None else None
        return 0.0 if amount is None else float(amount.value)


OVERRIDDEN = ("detects", "visits", "delay", "confirms_in", "false_alarms")
"""Fields of `verify` that a regime may say otherwise."""

UndoField = Annotated[
    Annotated[Literal["never"], Tag("<never>")] | Annotated[Undo, Tag("<undo>")],
    _by_shape("<never>", "<undo>", "'never' or {in: 3 months, keeps: 0 %}"),
]
VerifyField = Annotated[
    Annotated[Literal["open"], Tag("<open>")] | Annotated[Verify, Tag("<verify>")],
    _by_shape("<open>", "<verify>", "'open' or {by: ..., detects: 90 %/year, delay: 1 month}"),
]


class Needs(Part):
    """What must be in force, or verified, before work on a measure starts."""

    in_force: Ids = Field((), description="Measures that must be in force")
    verified: Ids = Field((), description="Measures that must be verified")


class Measure(Part):
    """A commitment that one party, or several jointly, perform."""

    title: str | None = Field(None, description="Name for people")
    by: Ids = Field(min_length=1, description="Who performs it; a list makes it joint")
    conditional_on: Ids | None = Field(None, description="Whose breach it answers (default: every party not in `by`)")
    takes: Duration = Field(ZERO, description="Work from what it needs to entry into force")
    effects: Mapping[Id, Effect] = Field({}, description="What it does to interests")
    if_over: Mapping[Id, Lasting] = Field(
        {}, description="What it does to interests besides once the deal is over, from the first answer on"
    )
    undo: UndoField = Field("never", description="How it can be undone")
    verify: VerifyField | None = Field(None, description="Seen by everyone, or how cheating is detected")
    after: Ids = Field((), description="Measures that must be in force first")
    needs: Needs = Field(Needs(), description="Measures that must be in force or verified first")
    divisible: bool = Field(False, description="Whether it can be in force in part")
    terms: Ids = Field((), description="Terms its wording rests on")
    phase: str | None = Field(None, description="Heading in the roadmap")
    source: str | None = Field(None, description="Where it comes from")
    note: str | None = Field(None, description="Anything else worth saying")

    @property
    def fakeable(self) -> bool:
        """Whether a performer can claim it and not do it, until detected. DESIGN §3."""
        return isinstance(self.verify, Verify) and self.verify.covert and not self.divisible

    @property
    def verification(self) -> Verify | None:
        """How it is verified under the regime that is chosen; None where everyone sees it."""
        return self.verify.chosen if isinstance(self.verify, Verify) else None

    @property
    def intrusion(self) -> Mapping[str, Effect]:
        """What its inspection, under the regime that is chosen, does to interests. ANSWERS §6."""
        return self.verify.intrusion if isinstance(self.verify, Verify) else {}

    def effects_on(self, interest: str) -> tuple[Effect, ...]:
        """Its effects on an interest while it is in force, that of its inspection included."""
        return tuple(e for effects in (self.effects, self.intrusion) if (e := effects.get(interest)) is not None)

    @property
    def falls(self) -> bool:
        """Whether any breach that it answers takes it down, minded or not. ANSWERS R3."""
        return isinstance(self.undo, Undo) and self.undo.falls == "always"

    @property
    def confirms_in(self) -> float:
        """Years from entry to counting as verified; 0 where everyone sees it."""
        verification = self.verification
        return (verification.confirms_in or verification.delay).value if verification else 0.0

    @property
    def joint(self) -> bool:
        return len(self.by) > 1


class OneOf(Part):
    """Alternatives, of which one excludes the others' measures."""

    exactly: bool = Field(False, description="Whether one of them must be chosen")
    of: tuple[Ids, ...] = Field(min_length=1, description="The alternatives, each a list of measures")


class Condition(Part):
    """A condition on measures in force: a name, {all: [...]} or {any: [...]}."""

    measure: Id | None = Field(None, description="A measure in force")
    all: tuple[ConditionField, ...] | None = Field(None, description="Conditions that all hold")
    any: tuple[ConditionField, ...] | None = Field(None, description="Conditions of which one holds")

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions that it is made of; none for a measure."""
        return self.all or self.any or ()

    @property
    def measures(self) -> tuple[str, ...]:
        if self.measure is not None:
            return (self.measure,)
        return tuple(m for part in self.parts for m in part.measures)


def _condition(raw: Any) -> Any:
    if isinstance(raw, str):
        return {"measure": raw}
    if isinstance(raw, Mapping) and len(raw) == 1 and ("all" in raw or "any" in raw):
        return raw
    if isinstance(raw, Condition):
        return raw
    raise _bad("condition", f"expected a measure, {{all: [...]}} or {{any: [...]}}, found {raw!r}", "name a measure")


ConditionField = Annotated[
    Condition,
    BeforeValidator(_condition),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
]


def _interaction(raw: Any) -> Any:
    """Lift {all: ..., effects: ...} into {when: {all: ...}, effects: ...}."""
    if isinstance(raw, Mapping) and "when" not in raw:
        when = {k: raw[k] for k in ("all", "any") if k in raw}
        return {"when": when, **{k: v for k, v in raw.items() if k not in when}}
    return raw


class InteractionBody(Part):
    """Effects that are present while a condition on measures holds."""

    when: ConditionField = Field(description="The condition on measures")
    effects: Mapping[Id, Effect] = Field(min_length=1)
    source: str | None = Field(None, description="Where it comes from")


Interaction = Annotated[
    InteractionBody, BeforeValidator(_interaction), WithJsonSchema({"type": "object", "required": ["effects"]})
]


class Resource(Part):
    """A limit on what can be used at a time."""

    limit: Capacity = Field(description="The most that can be used at a time (300 days/year)")
    uses: Mapping[Id, Capacity] = Field({}, description="What each measure uses while it is in force")
    inspections: Literal["days", "cost"] | None = Field(
        None, description="Effort of the chosen inspection regimes that is used as well"
    )
    source: str | None = Field(None, description="Where it comes from")


class InForce(Part):
    """{in_force: m, by: DATE}: all of m in force on or before a date."""

    kind: ClassVar[Literal["in_force"]] = "in_force"
    in_force: Id = Field(description="The measure that is to be in force, all of it")
    by: Day | None = Field(None, description="The last day on which it may enter")


class Never(Part):
    """{never: m}: m is not in the plan."""

    kind: ClassVar[Literal["never"]] = "never"
    never: Id = Field(description="The measure that is not to be in the plan")


class Before(Part):
    """{before: [a, b]}: b only if a is in the plan, and a's date is not after b's."""

    kind: ClassVar[Literal["before"]] = "before"
    before: tuple[Id, Id] = Field(description="Two measures: the second only after, or with, the first")


class InterestBound(Part):
    """{interest: i, at_most: 5, from: DATE}: the interest's level is bounded from a date on."""

    kind: ClassVar[Literal["interest"]] = "interest"
    interest: Id = Field(description="The interest whose level is bounded")
    at_most: Scalar | None = Field(None, description="Its greatest level, in its unit")
    at_least: Scalar | None = Field(None, description="Its least level, in its unit")
    since: Day | None = Field(
        None, alias="from", description="The day from which on the bound holds (default: the start)"
    )


class ProgressBy(Part):
    """{progress: p, at_least: 60 %, by: DATE}: verified progress on a scale reached by a date."""

    kind: ClassVar[Literal["progress"]] = "progress"
    progress: Id = Field(description="The progress scale")
    at_least: Share = Field(description="The share of verified progress to be reached")
    by: Day | None = Field(None, description="The last day for reaching it")


REQUIRE_KINDS = ("in_force", "never", "before", "interest", "progress")


def _require_kind(raw: Any) -> str | None:
    if isinstance(raw, Part):
        return f"<{getattr(raw, 'kind', None)}>"
    kinds = [k for k in REQUIRE_KINDS if k in raw] if isinstance(raw, Mapping) else []
    return f"<{kinds[0]}>" if len(kinds) == 1 else None


Require = InForce | Never | Before | InterestBound | ProgressBy
RequireField = Annotated[
    Annotated[InForce, Tag("<in_force>")]
    | Annotated[Never, Tag("<never>")]
    | Annotated[Before, Tag("<before>")]
    | Annotated[InterestBound, Tag("<interest>")]
    | Annotated[ProgressBy, Tag("<progress>")],
    Discriminator(
        _require_kind,
        custom_error_type="detente.require",
        custom_error_message=f"expected a mapping with exactly one of {', '.join(REQUIRE_KINDS)}",
    ),
]


class Demand(Part):
    """A condition that a party puts on any deal."""

    title: str | None = Field(None, description="Name for people")
    by: Id = Field(description="Whose demand it is")
    firmness: Literal["red_line", "opening", "preference"] = Field(description="How firmly it binds")
    price: Amount | None = Field(
        None, description="What giving it up would cost its party; without one a red line is not for sale"
    )
    require: RequireField = Field(description="What it asks of the plan")
    source: str | None = Field(None, description="Where it comes from")


Scale = Annotated[
    Annotated[Id, Tag("<name>")] | Annotated[Mapping[Id, Scalar], Tag("<shares>")],
    _by_shape("<name>", "<shares>", "the name of a progress scale, or measures and their shares"),
]


class Link(Part):
    """One scale follows another: relief no further than verified progress."""

    share: Scale = Field(description="Measures and their shares of this scale, counted when in force")
    at_most: Scale | None = Field(None, description="The scale of verified progress it may not exceed")
    at_least: Scale | None = Field(None, description="The scale of verified progress it may not fall behind")
    ahead_by: Share = Field(ZERO, description="By how much it may run ahead (or behind)")
    source: str | None = Field(None, description="Where it comes from")


def _prior_shape(raw: Any) -> str:
    """One share, or a share for each observer: a mapping whose keys are those of a number is a number."""
    return "<by_observer>" if isinstance(raw, Mapping) and not set(raw) <= NUMBER_FIELDS else "<share>"


_Prior = Annotated[
    Annotated[Share, Tag("<share>")] | Annotated[Mapping[Id, Share], Tag("<by_observer>")],
    Discriminator(_prior_shape),
    WithJsonSchema({"anyOf": [{"type": ["number", "string"]}, {"type": "object"}]}),
]


class TypeOf(Part):
    """What a party may really be: an overlay, and how likely others think it."""

    title: str | None = Field(None, description="Name for people")
    prior: _Prior | None = Field(None, description="How likely: one share, or one for each observer")
    changes: Changes = Field({}, description="The overlay that makes the party this type: dotted path → value")
    source: str | None = Field(None, description="Where it comes from")


class Shock(Part):
    """Something that may happen, at a date with a chance or at a rate: numbers change, or a party leaves the deal."""

    title: str | None = Field(None, description="Name for people")
    ends: Id | None = Field(
        None, description="The party that leaves the deal, as in a breakout but at no cost; in place of `changes`"
    )
    at: Day | None = Field(None, description="The date at which it may happen")
    chance: Share | None = Field(None, description="How likely it happens at that date")
    rate: Hazard | None = Field(None, description="How likely it happens within a year (5 %/year)")
    changes: Changes = Field({}, description="What it changes: dotted path → value")
    source: str | None = Field(None, description="Where it comes from")


class Lengths(Part):
    """A menu of lengths, of which one is chosen with the plan."""

    one_of: tuple[Duration, ...] = Field(min_length=1, description="The lengths to choose from")


class Suspensions(Part):
    """A menu of lists of measures, of which one is chosen with the plan."""

    one_of: tuple[Ids, ...] = Field(min_length=1, description="The lists of measures to choose from")


def _menu_shape(raw: Any) -> str:
    """What stands there, or a menu of it."""
    menu = isinstance(raw, Lengths | Suspensions) or (isinstance(raw, Mapping) and "one_of" in raw)
    return "<menu>" if menu else "<one>"


class Answer(Part):
    """What a breach of some measures suspends, for how long, until cured: in place of ending the deal. ANSWERS §4."""

    title: str | None = Field(None, description="Name for people")
    to: Ids = Field(min_length=1, description="Measures that, not performed or faked, draw it")
    stops: Annotated[
        Annotated[Ids, Tag("<one>")] | Annotated[Suspensions, Tag("<menu>")], Discriminator(_menu_shape)
    ] = Field(description="Measures that their performers suspend, minded or not; or {one_of: [[...], [...]]}")
    lasts: Annotated[
        Annotated[Duration, Tag("<one>")] | Annotated[Lengths, Tag("<menu>")], Discriminator(_menu_shape)
    ] = Field(
        alias="for", description="How long from the answer on, at least, and until cured; or {one_of: [3 months, ...]}"
    )
    cure: Duration = Field(ZERO, description="From being known to being performed again")
    then: Literal["stays", "end"] = Field(
        "stays",
        description="What comes of a breach that is not cured: the suspension lasts (stays), or the deal ends (end)",
    )
    cost: Amount = Field(ZERO, description="What it costs the breacher, once, when answered; instead of collapse_cost")
    credible: bool = Field(False, description="Whether carrying it out must hurt nobody who does (else it is reported)")
    source: str | None = Field(None, description="Where it comes from")

    @property
    def stopped(self) -> tuple[str, ...]:
        """What it suspends; of a menu the first list."""
        return self.stops.one_of[0] if isinstance(self.stops, Suspensions) else self.stops

    @property
    def length(self) -> Number:
        """For how long, years; of a menu the first."""
        return self.lasts.one_of[0] if isinstance(self.lasts, Lengths) else self.lasts


class Coding(Part):
    """Who wrote a case, and what they knew: a case written by somebody who knew the end forecasts nothing."""

    coder: str | None = Field(None, description="Who wrote it")
    seen: Literal["facts", "facts and outcome"] = Field(description="What was known when it was written")
    frozen: str | None = Field(None, description="The commit from which on it has not been changed")


class Scenario(Part):
    """A named overlay."""

    title: str | None = Field(None, description="Name for people")
    changes: Changes = Field({}, description="What it changes: dotted path → value")
    source: str | None = Field(None, description="Where it comes from")


class SideCondition(Part):
    """A condition off the text: something that must be in force before a measure, written down or not."""

    needs: str = Field(description="The measure that must be in force first")
    before: Id = Field(description="The measure that waits for it")
    written: bool = Field(False, description="Whether the text of the deal says so")
    source: str | None = Field(None, description="Where it comes from")


class Standing(Part):
    """A measure that is already in force."""

    since: Day = Field(description="Since when it is in force")
    share: Share = Field(Number(value=1.0, text="100 %"), description="How much of it is in force")
    verified: Day | None = Field(None, description="When it was verified")


class State(Part):
    """What is already done: entries before the grid."""

    as_of: Day | None = Field(None, description="The day of this record")
    in_force: Mapping[Id, Standing] = Field({}, description="Measures in force before the grid begins")


class Event(Part):
    """What really happened. Never read by a solver."""

    model_config = ConfigDict(frozen=True, extra="allow")
    date: str = Field(description="When: a date, or as much of it as is known (2012-02)")
    what: str = Field(description="What happened")
    measure: str | None = Field(None, description="The measure that it concerns")
    source: str | None = Field(None, description="Where it comes from")
    confidence: str | None = Field(None, description="How sure this is")


class Correlation(Part):
    """Two uncertain numbers that go together, as the rank correlation of their draws."""

    between: tuple[str, str] = Field(description="Dotted paths of the two numbers")
    rho: float = Field(ge=-1, le=1, description="Rank correlation, -1 to 1")
    source: str | None = Field(None, description="Where it comes from")


@dataclass(frozen=True)
class Exit:
    """A party leaves the deal: at a rate a year, or `at` years from signature with a chance."""

    party: str
    rate: float
    at: float | None
    chance: float
    day: date | None


class Success(Part):
    """What would count as success: lists of requirements."""

    minimal: tuple[RequireField, ...] = Field((), description="The least that counts as success")
    full: tuple[RequireField, ...] = Field((), description="What was really wanted")


class Dossier(Part):
    """One situation, in one file. DESIGN §3."""

    detente: Literal[1] = Field(description="Format version")
    id: Id | None = Field(None, description="Short name of the case")
    title: str = Field(description="What the case is called")
    summary: str | None = Field(None, description="What the case is about, for the report")
    sources: Mapping[str, str] = Field({}, description="Short names of sources, spelt out")
    coding: Coding | None = Field(None, description="Who wrote it, and whether they knew how it ended")
    start: Day = Field(description="Signature")
    periods: tuple[_Block, ...] = Field(min_length=1, description="The time grid: fine first, coarse later")
    interests: Mapping[Id, Interest] = Field({}, description="The measurable things that parties care about")
    parties: Mapping[Id, Party] = Field(min_length=1, description="Who acts or must consent")
    measures: Mapping[Id, Measure] = Field({}, description="What could be agreed")
    one_of: Mapping[Id, OneOf] = Field({}, description="Alternatives of which one excludes the others")
    interactions: Mapping[Id, Interaction] = Field(
        {}, description="Effects that are present only while measures are in force together"
    )
    capacity: Mapping[Id, Resource] = Field({}, description="What can only be used so much at a time")
    demands: Mapping[Id, Demand] = Field({}, description="Conditions that parties put on any deal")
    progress: Mapping[Id, Mapping[Id, Scalar]] = Field(
        {}, description="Scales of verified progress: measures and their shares"
    )
    links: Mapping[Id, Link] = Field({}, description="Scales that follow other scales: relief and progress")
    views: Mapping[Id, Changes] = Field({}, description="What each party believes of the others, as overlays")
    types: Mapping[Id, Mapping[Id, TypeOf]] = Field({}, description="What each party may really be, as overlays")
    shocks: Mapping[Id, Shock] = Field({}, description="What may happen, as overlays")
    answers: Mapping[Id, Answer] = Field({}, description="What breaches suspend, for how long, until cured")
    disagreement: Literal["walk_away", "no_deal"] = Field(
        "walk_away",
        description="What gains are counted from in bargaining rules: walk-away values, or no deal, with walk-away "
        "values as a condition only",
    )
    correlations: tuple[Correlation, ...] = Field((), description="Uncertain numbers that go together")
    terms: Mapping[Id, Mapping[str, str]] = Field({}, description="What each side takes a word to mean")
    side_conditions: tuple[SideCondition, ...] = Field((), description="Conditions off the text")
    scenarios: Mapping[Id, Scenario] = Field({}, description="Named overlays")
    success: Success = Field(Success(), description="What would count as success")
    state: State = Field(State(), description="What is already done")
    history: tuple[Event, ...] = Field((), description="What really happened; no solver reads it")

    _document: dict[str, Any] = PrivateAttr(default_factory=dict)
    _file: str | None = PrivateAttr(default=None)
    _overlays: tuple[dict[str, Any], ...] = PrivateAttr(default=())
    _places: Places = PrivateAttr(default=NOWHERE)

    def __eq__(self, other: object) -> bool:
        """Two dossiers are equal where they say the same, whatever file they came from."""
        if not isinstance(other, Dossier):
            return NotImplemented
        return self._document == other._document and (bool(self._document) or super().__eq__(other))

    def __hash__(self) -> int:
        return hash((self.title, self.start, *self.measures))

    @property
    def document(self) -> Mapping[str, Any]:
        """What was written, overlays included, before parsing. Not to be changed: `overlays.apply` makes another."""
        return self._document

    @property
    def file(self) -> str | None:
        return self._file

    @property
    def overlays(self) -> tuple[dict[str, Any], ...]:
        """What was applied to the file's dossier, in order: {name, changes}."""
        return self._overlays

    @property
    def places(self) -> Places:
        """Where in the file each field stands."""
        return self._places

    @property
    def exits(self) -> tuple[Exit, ...]:
        """The shocks by which a party leaves the deal, in the dossier's order. ANSWERS §2."""
        return tuple(
            Exit(
                party=shock.ends,
                rate=shock.rate.value if shock.rate else 0.0,
                at=None if shock.at is None else years_between(self.start, shock.at),
                chance=shock.chance.value if shock.chance else 0.0,
                day=shock.at,
            )
            for shock in self.shocks.values()
            if shock.ends is not None
        )

    @property
    def performers(self) -> tuple[str, ...]:
        """The parties that perform some measure, in the dossier's order of parties."""
        acting = {p for m in self.measures.values() for p in m.by}
        return tuple(p for p in self.parties if p in acting)

    def uses(self, resource: Resource) -> dict[str, float]:
        """What each measure uses of a resource in force, in its unit; inspections as their chosen regimes have it."""
        found = {m: amount.value for m, amount in resource.uses.items()}
        for m, measure in self.measures.items():
            verify = measure.verify
            if isinstance(verify, Verify) and (effort := verify.effort(verify.regime, resource.inspections)):
                found[m] = found.get(m, 0.0) + effort
        return found

    @cached_property
    def grid(self) -> Grid:
        """Entry dates and lengths of the periods."""
        return Grid.of(self.start, [(b.count, b.months) for b in self.periods])

    def breachers(self, answer: str) -> tuple[str, ...]:
        """The parties that perform all of what an answer is to: it is to the breach of any one of them."""
        first, *others = (self.measures[m].by for m in self.answers[answer].to)
        return tuple(p for p in first if all(p in by for by in others))

    def conditional_on(self, measure: str) -> tuple[str, ...]:
        """The parties whose breach a measure answers (default: every party not performing it)."""
        m = self.measures[measure]
        return tuple(p for p in self.parties if p not in m.by) if m.conditional_on is None else m.conditional_on

    def prerequisites(self, measure: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What must be (in force, verified) before work on a measure starts, side conditions included."""
        m = self.measures[measure]
        side = [s.needs for s in self.side_conditions if s.before == measure and s.needs in self.measures]
        return tuple(dict.fromkeys([*m.after, *m.needs.in_force, *side])), m.needs.verified
