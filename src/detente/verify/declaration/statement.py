"""What a party declares, who said it, and what others know: the file that a verifier checks. Everything is frozen.

These models judge each field by itself; names and figures across fields are judged in `declaration_files`, and whether
the declaration adds up in `closure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, PrivateAttr, Tag
from pydantic_core import PydanticCustomError

from detente.dossier.places import NOWHERE, Places
from detente.dossier.quantities import Number, Scalar, Share, written_as
from detente.dossier.schema import Day, Id, Ids, Part
from detente.verify.declaration.kinds import Material
from detente.verify.declaration.production import MOST_GRAMS_PER_MWD

Counts = Literal["produced", "separated"]
Role = Literal["stock", "used", "waste", "lost", "sent", "received"]
_Kind = Literal[
    "reactor", "reprocessing", "enrichment", "fuel_fabrication", "conversion", "mine", "mill", "store", "waste",
    "weapons", "test_site", "research", "critical_assembly", "other",
]  # fmt: skip

LEAST_ASSAY = 1e-6
"""A share of U-235 is at least so much, and at least so much below 1."""
_PARTS = ("value", "low", "mode", "high", "mean", "sd", "min", "max")
_MASS_UNITS = {"kg": 1.0, "kilogram": 1.0, "g": 1e-3, "gram": 1e-3, "t": 1e3, "ton": 1e3, "tonne": 1e3}
_POWER_UNITS = {"mw": 1.0, "mwth": 1.0, "mwt": 1.0, "mw(th)": 1.0, "kw": 1e-3, "gw": 1e3}
_SWU_UNITS = {"swu/year": 1.0, "swu/yr": 1.0, "kgswu/year": 1.0, "swu": 1.0, "kgswu": 1.0}
_GRAM_UNITS = {"g/mwd": 1.0, "g/mwthd": 1.0, "g/mw-day": 1.0}


def _refused(code: str, message: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError(f"detente.{code}", "{message}", {"message": message, "remedy": remedy})


def _amount(what: str, units: Mapping[str, float], most: float) -> AfterValidator:
    """An amount in the first of some units, between 0 and the most that can be meant."""

    def convert(number: Number) -> Number:
        unit = (number.unit or next(iter(units))).replace(" ", "").casefold()
        factor = units.get(unit, units.get(unit.removesuffix("s"), 0.0))
        if not factor:
            raise _refused("unit", f"{number.unit!r} is no unit of {what}", f"write it in {next(iter(units))}")
        parts = {p: value * factor for p in _PARTS if (value := getattr(number, p)) is not None}
        for part, value in parts.items():
            if not 0 <= value <= most:
                why = "cannot be negative" if value < 0 else f"cannot be above {most:g} {next(iter(units))}"
                raise _refused("impossible", f"{what} {why}, found {part} = {value:g}", "check the number and its unit")
        return number.model_copy(update={**parts, "unit": next(iter(units))})

    return AfterValidator(convert)


def _assay(number: Number) -> Number:
    if not LEAST_ASSAY <= number.value <= 1 - LEAST_ASSAY:
        raise _refused(
            "impossible", f"this lies strictly between 0 % and 100 %, found {number.text}", "write it as 90 %"
        )
    return number


def _some(number: Number) -> Number:
    if number.value <= 0:
        raise _refused("impossible", "this must be above zero", "leave it out if it is not known")
    return number


Mass = Annotated[Scalar, _amount("mass", _MASS_UNITS, 1e12), written_as("30 kg")]
Power = Annotated[Scalar, _amount("thermal power", _POWER_UNITS, 1e5), AfterValidator(_some), written_as("22.5 MW")]
GramsPerMwd = Annotated[
    Scalar, _amount("grams a MW-day", _GRAM_UNITS, MOST_GRAMS_PER_MWD), AfterValidator(_some), written_as("0.95 g/MWd")
]
Swu = Annotated[Scalar, _amount("separative work", _SWU_UNITS, 1e9), written_as("8000 SWU/year")]
Ratio = Annotated[Scalar, _amount("a ratio of atoms", {"": 1.0}, 1e3), written_as("0.41")]
Expected = Annotated[Scalar, _amount("a number of sites", {"": 1.0, "site": 1.0}, 1e6), written_as("2 sites")]
Assay = Annotated[Share, AfterValidator(_assay), written_as("90 %")]
_Covered = Annotated[Share, AfterValidator(_assay), written_as("90 %")]


class Actor(Part):
    """Whoever speaks, verifies, estimates or arbitrates."""

    name: str | None = Field(None, description="Name for people")
    note: str | None = Field(None, description="Anything worth knowing about its part")


class Statement(Part):
    """One act of saying: who said it to whom, when, and where that was reported."""

    by: Id = Field(description="Who said it")
    to: Id | None = Field(None, description="To whom it was said")
    on: Day = Field(description="When it was said")
    reported: Day | None = Field(None, description="When it became public")
    form: Literal["document", "spoken", "press"] = Field("document", description="How it was said")
    source: str = Field(description="Where it can be read")
    note: str | None = Field(None, description="Anything else worth saying")


class Claim(Part):
    """What a statement says of one material: how much there ever was; its `materials` say what became of it."""

    statement: Id = Field(description="The statement that makes this claim")
    material: Material = Field(description="The material")
    counts: Counts = Field("produced", description="All that was made, or only what was separated from fuel")
    total: Mass | None = Field(None, description="All that was made (or separated), in kg")
    assay: Assay | None = Field(None, description="Share of U-235, for enriched uranium")
    as_of: Day | None = Field(None, description="The day it speaks of (default: the statement's)")
    operations: Ids = Field((), description="The declared runs that made it")
    verified_by: Ids = Field((), description="Who checks it (default: the file's verifiers)")
    arbitrated_by: Id | None = Field(None, description="Who decides a dispute about it (default: the file's arbiter)")
    source: str | None = Field(None, description="Where it can be read, if not in the statement's source")
    note: str | None = Field(None, description="Anything else worth saying")


class Holding(Part):
    """A part of what a claim accounts for: a stock, a use, waste, a loss, or material sent or received."""

    claim: Id = Field(description="The claim it belongs to")
    role: Role = Field(description="What became of it")
    form: str | None = Field(None, description="Metal, oxide, spent fuel, liquid waste, ...")
    mass: Mass | None = Field(None, description="How much, in kg of the claim's material")
    assay: Assay | None = Field(None, description="Share of U-235, for enriched uranium")
    at: Id | None = Field(None, description="The facility that holds it")
    source: str | None = Field(None, description="Where it can be read, if not in the statement's source")
    note: str | None = Field(None, description="Anything else worth saying")


class Site(Part):
    """A place. Those that only others name are written too, with declared: false."""

    name: str | None = Field(None, description="Name for people")
    declared: bool = Field(True, description="Whether the declaring party names it")
    since: Day | None = Field(None, description="When it was first named")
    source: str | None = Field(None, description="Where that can be read")
    note: str | None = Field(None, description="Anything else worth saying")


class Facility(Part):
    """Something at a site that makes, uses or keeps material."""

    name: str | None = Field(None, description="Name for people")
    site: Id | None = Field(None, description="Where it stands")
    kind: _Kind = Field("other", description="What it does")
    begun: Day | None = Field(None, description="When it began to operate")
    ended: Day | None = Field(None, description="When it ceased to operate")
    source: str | None = Field(None, description="Where that can be read")
    note: str | None = Field(None, description="Anything else worth saying")


class Irradiation(Part):
    """A run of a reactor, and what became of its fuel."""

    by: Id | None = Field(None, description="Who says so (default: the declaring party)")
    reactor: Id = Field(description="The facility")
    begun: Day = Field(description="First day")
    ended: Day = Field(description="Last day")
    power: Power = Field(description="Thermal power (MW)")
    capacity_factor: Share = Field(description="Share of full power, over the whole run")
    grams_per_mwd: GramsPerMwd = Field(description="Grams of plutonium made a MW-day of heat")
    discharged: Day | None = Field(None, description="When the fuel left the reactor")
    separated: Day | None = Field(None, description="When the plutonium was separated")
    separated_at: Id | None = Field(None, description="The facility that separated it")
    recovered: Share | None = Field(None, description="Share of the plutonium that separation recovered")
    am241_pu241: Ratio | None = Field(
        None, description="Measured Am-241/Pu-241 ratio of atoms in the separated plutonium"
    )
    sampled: Day | None = Field(None, description="When that was measured")
    source: str | None = Field(None, description="Where these figures come from")
    note: str | None = Field(None, description="Anything else worth saying")

    def steps(self) -> list[tuple[str, date | None]]:
        """What happens to the fuel, in the order in which it can only happen."""
        after = [("discharged", self.discharged), ("separated", self.separated), ("sampled", self.sampled)]
        return [("ended", self.ended), *after]


class Stream(Part):
    """Material that goes into or comes out of enrichment."""

    mass: Mass | None = Field(None, description="Uranium, in kg")
    assay: Assay | None = Field(None, description="Share of U-235")


class Enrichment(Part):
    """A run of an enrichment plant."""

    by: Id | None = Field(None, description="Who says so (default: the declaring party)")
    plant: Id = Field(description="The facility")
    begun: Day = Field(description="First day")
    ended: Day = Field(description="Last day")
    capacity: Swu | None = Field(None, description="Installed separative work (SWU/year)")
    availability: Share | None = Field(None, description="Share of the time at full capacity (default: all of it)")
    feed: Stream = Field(Stream(), description="What went in (assay: natural uranium's if not stated)")
    product: Stream = Field(Stream(), description="What came out enriched")
    tails: Stream = Field(Stream(), description="What came out depleted")
    source: str | None = Field(None, description="Where these figures come from")
    note: str | None = Field(None, description="Anything else worth saying")


def _operation_kind(raw: Any) -> str | None:
    if isinstance(raw, Irradiation | Enrichment):
        return "<reactor>" if isinstance(raw, Irradiation) else "<plant>"
    kinds = [k for k in ("reactor", "plant") if k in raw] if isinstance(raw, Mapping) else []
    return f"<{kinds[0]}>" if len(kinds) == 1 else None


Operation = Annotated[
    Annotated[Irradiation, Tag("<reactor>")] | Annotated[Enrichment, Tag("<plant>")],
    Discriminator(
        _operation_kind,
        custom_error_type="detente.operation",
        custom_error_message="expected a run with either 'reactor: ...' or 'plant: ...'",
        custom_error_context={"remedy": "write one of the two: what was run is a facility"},
    ),
]


class Transfer(Part):
    """Material on its way: out of one facility and into another, or abroad."""

    claim: Id | None = Field(None, description="The claim it belongs to")
    material: Material = Field(description="The material")
    origin: Id | None = Field(None, alias="from", description="The facility it left (none: from abroad)")
    to: Id | None = Field(None, description="The facility it went to (none: abroad)")
    sent: Day = Field(description="When it left")
    received: Day | None = Field(None, description="When it arrived")
    mass: Mass = Field(description="How much left, in kg")
    mass_received: Mass | None = Field(None, description="How much arrived, in kg (default: as much as left)")
    source: str | None = Field(None, description="Where it can be read")


class Item(Part):
    """A thing that can be counted, tagged and weighed."""

    id: str = Field(min_length=1, max_length=80, description="Its number; no two items share one")
    at: Id = Field(description="The facility that holds it")
    of: Id | None = Field(None, description="The entry of `materials` that it is part of")
    mass: Mass | None = Field(None, description="Material in it, in kg")
    form: str | None = Field(None, description="What it is")
    as_of: Day | None = Field(None, description="When it was there")
    source: str | None = Field(None, description="Where it can be read, if not in its entry's source")


class OutsideEstimate(Part):
    """What somebody else thinks, independently of the declaration."""

    by: Id = Field(description="Who estimates")
    material: Material = Field(description="The material")
    counts: Counts = Field("produced", description="All that was made, or only what was separated from fuel")
    amount: Mass | None = Field(None, description="How much, in kg, with its range")
    operations: Ids = Field((), description="Compute it from these runs instead of stating an amount")
    covers: _Covered | None = Field(None, description="How much of the belief its range holds (90 %)")
    as_of: Day = Field(description="The day it speaks of")
    group: Id | None = Field(None, description="Estimates that share a method or a source; not independent evidence")
    source: str = Field(description="Where it can be read")
    note: str | None = Field(None, description="Anything else worth saying")


class SiteList(Part):
    """The sites that somebody else counts."""

    by: Id = Field(description="Whose list")
    as_of: Day = Field(description="The day it speaks of")
    sites: Ids = Field(min_length=1, description="The sites on it")
    source: str = Field(description="Where it can be read")


class Look(Part):
    """Looking for an undeclared site where one might be."""

    site: str = Field(description="What is looked for, in words or as a site's name")
    prior: Share = Field(description="Chance, before looking, that it is there")
    detects: Share = Field(description="Chance that one look finds it if it is")
    looks: int = Field(1, ge=0, le=100_000, description="How many independent looks found nothing")
    source: str | None = Field(None, description="Where these judgements come from")


class Unseen(Part):
    """How many undeclared sites there may be."""

    expected: Expected = Field(description="Mean number of undeclared sites, before looking")
    detects: Share = Field(description="Chance that each would have been found by now")
    source: str | None = Field(None, description="Where these judgements come from")


class Completeness(Part):
    """How complete the list of sites is."""

    looks: Mapping[Id, Look] = Field({}, description="Searches that found nothing")
    unseen: Unseen | None = Field(None, description="Undeclared sites of which nobody knows")
    lists: tuple[Id, Id] | None = Field(None, description="Two lists made independently, for capture and recapture")


class Prior(Part):
    """What is believed of the material that it is named after, before the figures are compared."""

    undeclared_up_to: Mass = Field(
        description="If something is undeclared, at most so much (kg), each amount as likely"
    )
    complete: Share = Field(Number(value=0.5, text="50 %"), description="Chance that nothing is undeclared")
    source: str | None = Field(None, description="Where this comes from")


class Declaration(Part):
    """A declaration, who made and who checks it, and what others know."""

    version: Literal[1] = Field(alias="declaration", description="Version of the format")
    title: str = Field(description="One line that says what was declared, by whom, when")
    by: Id = Field(description="The declaring party")
    actors: Mapping[Id, Actor] = Field(min_length=1, description="Whoever speaks, verifies, estimates or arbitrates")
    verifiers: Ids = Field((), description="Who checks the declaration")
    arbiter: Id | None = Field(None, description="Who decides a dispute about it")
    statements: Mapping[Id, Statement] = Field({}, description="Who said what, to whom, when")
    claims: Mapping[Id, Claim] = Field({}, description="What the statements say of materials")
    materials: Mapping[Id, Holding] = Field(
        {}, description="What became of the material of each claim, by role and form"
    )
    sites: Mapping[Id, Site] = Field({}, description="Places, declared or only known to others")
    facilities: Mapping[Id, Facility] = Field({}, description="What stands at them")
    operations: Mapping[Id, Operation] = Field({}, description="How reactors and enrichment plants were run")
    transfers: Mapping[Id, Transfer] = Field({}, description="Material on its way")
    items: tuple[Item, ...] = Field((), description="Things that can be counted")
    estimates: Mapping[Id, OutsideEstimate] = Field({}, description="What others think, each as of a day")
    site_lists: Mapping[Id, SiteList] = Field({}, description="The sites that others count")
    completeness: Completeness = Field(Completeness(), description="How complete the list of sites is")
    prior: Mapping[Material, Prior] = Field(
        {}, description="What is believed of a material before the figures are compared"
    )
    comparable_within_days: float = Field(
        500, ge=0, le=40_000, description="An estimate is compared with a claim if their days are no further apart"
    )

    _places: Places = PrivateAttr(default=NOWHERE)

    @property
    def places(self) -> Places:
        """Where each field stands in the file, for findings."""
        return self._places

    def name_of(self, actor: str) -> str:
        """An actor's name for people."""
        known = self.actors.get(actor)
        return (known.name if known else None) or actor

    def own(self, run: Irradiation | Enrichment) -> bool:
        """Whether a run is the declaring party's own account, and so part of what it declares."""
        return (run.by or self.by) == self.by

    def day_of(self, claim: Claim) -> date | None:
        """The day a claim speaks of; None where its statement is not known either."""
        said = self.statements.get(claim.statement)
        return claim.as_of or (said.on if said else None)


def years_of(operation: Irradiation | Enrichment) -> float:
    """Length of a run in years of 365.25 days, its last day not counted."""
    return days_of(operation) / 365.25


def days_of(operation: Irradiation | Enrichment) -> float:
    return max(0, (operation.ended - operation.begun).days)
