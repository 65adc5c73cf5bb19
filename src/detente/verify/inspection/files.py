"""What is to be inspected, from files: sites with their visits and channels, or strata with their items.

Whatever is wrong with a file comes back as Findings with its line; `docs/howto/plan-inspections.md` and
`docs/howto/plan-samples.md` explain the fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from detente.dossier.places import Path, Places, nearest
from detente.dossier.quantities import ZERO, Discount, Duration, Flow, Hazard, Number, Scalar, Share
from detente.dossier.schema import Day, Id, Part, Texts
from detente.dossier.text.contents import Unread, which_name
from detente.dossier.text.documents import model_of, read_document
from detente.dossier.text.sheet_files import Sheet, is_table, read_sheet
from detente.dossier.text.yaml import FileKind, Parsed, plain_scalar
from detente.errors import Finding
from detente.verify.inspection.plan import Inspections, Timely, ViolationSite, problems
from detente.verify.inspection.sampling import Method, Sample, Stratum
from detente.verify.inspection.timing import Channel, Delay, constant, independent, periodic

_CASES = FilePath(__file__).parent.with_name("cases")
BUNDLED = ("yongbyon-2018",)
"""Sites that come with the program."""
STRATA = ("practice-store",)
"""Strata that come with the program."""
_MASS = {"kg": 1.0, "g": 1e-3, "t": 1e3}


def _kilograms(number: Number) -> Number:
    """A mass above 0, in kg."""
    factor = _MASS.get((number.unit or "kg").strip())
    if factor is None or number.value <= 0:
        said = "this is not above 0" if factor else f"{number.unit!r} is no unit of mass"
        raise PydanticCustomError("detente.number", "{message}", {"message": said, "remedy": "write it as 8 kg"})
    return number.model_copy(update={"value": number.value * factor, "unit": "kg"})


def _points(number: Number) -> Number:
    if number.value < 0:
        said = {"message": f"this is below 0: {number.text}", "remedy": "write what it is worth as 0 or more"}
        raise PydanticCustomError("detente.number", "{message}", said)
    return number


_Mass = Annotated[Scalar, AfterValidator(_kilograms)]
_Points = Annotated[
    Flow,
    AfterValidator(_points),
    WithJsonSchema({"anyOf": [{"type": "string", "examples": ["6 /year"]}, {"type": "number", "minimum": 0}]}),
]
SiteName = Annotated[str, Field(pattern=r"^\S(.*\S)?$")]
"""As a case may name a site: with blanks, too."""
_Whole = Annotated[int, Field(strict=True, ge=1)]


# --- what may be written -----------------------------------------------------------------------------------------


class MethodPart(Part):
    """A way to measure some of the items."""

    drawn: Annotated[int, Field(strict=True, ge=0)] = Field(description="How many items a visit measures so")
    sd: Share = Field(ZERO, description="Relative standard deviation (default 0: it sees every loss)")
    reject_at: float = Field(3.0, description="Standard deviations beyond which an item is rejected")
    sees_from: Share = Field(ZERO, description="The least share that can be missing and be seen")


class SamplePart(Part):
    """Like items of which each visit measures some."""

    items: _Whole = Field(description="How many there are")
    mean: _Mass = Field(description="What one of them holds (2 kg)")
    goal: _Mass = Field(description="The quantity whose loss is to be seen (8 kg)")
    methods: tuple[MethodPart, ...] = Field(description="How they are measured")


class EveryPart(Part):
    """Visits of a channel at equal intervals."""

    every: Duration = Field(description="Time from one to the next")
    detects: Share = Field(description="Chance that one of them sees a violation")


class ChannelPart(Part):
    """Whatever watches beside the visits."""

    title: str | None = Field(None, description="Name for people")
    detects: Hazard = Field(ZERO, description="Chance within a year that it sees a violation, at any time")
    visits: EveryPart | None = Field(None, description="Looks at equal intervals: images, flights, samples of air")
    false_alarms: Hazard = Field(
        ZERO, description="Chance within a year of an alarm without a cause, at each site that it watches"
    )
    group: str | None = Field(None, description="What it shares with others: an instrument, a laboratory, the access")
    source: str | None = Field(None, description="Where these judgements come from")


class TimelyPart(Part):
    """How soon a violation is to be seen."""

    within: Duration = Field(description="Time from when it is complete (the IAEA's goals: 1, 3 or 12 months)")
    detects: Share = Field(description="Chance with which it is to be seen by then")


class SitePart(Part):
    """Where a violation may happen."""

    title: str | None = Field(None, description="Name for people")
    gain: _Points = Field(description="What a violation is worth to the violator a year, unseen, in its own points")
    caught: _Points = Field(description="What being seen costs it, once")
    days: _Whole = Field(description="Inspector-days of one visit")
    detects: Share | None = Field(None, description="Chance that one visit sees a violation under way")
    sample: SamplePart | None = Field(None, description="In place of `detects`: what a visit measures")
    false_alarms: Share = Field(ZERO, description="Chance of a false alarm at a visit, beside those of the sample")
    group: str | None = Field(None, description="What the visits share with channels")
    channels: Texts = Field((), description="The channels that watch it, too")
    timely: TimelyPart | None = Field(
        None, description="How soon a violation is to be seen: met first, where there is effort"
    )
    source: str | None = Field(None, description="Where these judgements come from")


class InspectionsFile(Part):
    """Sites to be inspected, and the effort there is."""

    inspections: Literal[1] = Field(description="Version of the format: 1")
    title: str = Field(description="What is inspected")
    start: Day | None = Field(None, description="First day of the calendar (default: 2019-01-01)")
    days: Annotated[int, Field(strict=True, ge=0)] | None = Field(None, description="Inspector-days a year")
    discount: Discount = Field(description="How the violator discounts time (8 %/year)")
    schedule: Literal["periodic", "random"] = Field("periodic", description="Equal intervals, or unforeseeable days")
    patterns: tuple[_Whole, ...] = Field(
        (1, 2, 4), description="Over how many visits a violation may be spread; at once, 1, is always reckoned with"
    )
    channels: Mapping[Id, ChannelPart] = Field({}, description="What watches beside the visits")
    sites: Mapping[SiteName, SitePart] = Field(
        description="The sites, under the names that `verify.sites` of a case gives them: `hall`, or `lower gates`"
    )


class StratumPart(Part):
    """Like items that are sampled together."""

    items: _Whole = Field(description="How many there are")
    mean: _Mass = Field(description="What one of them holds (2 kg)")
    share: Share = Field(
        Number(value=1.0, text="100 %"), description="What is taken from each item that is tampered with"
    )
    effort: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(1.0, description="Effort to measure one item")


class StrataFile(Part):
    """Strata that share one budget of effort."""

    strata_of: Literal[1] = Field(1, alias="sample", description="Version of the format: 1")
    title: str = Field("Strata", description="What is sampled")
    goal: _Mass | None = Field(None, description="The quantity whose loss is to be seen")
    budget: float | None = Field(None, ge=0, allow_inf_nan=False, description="Effort there is")
    strata: Mapping[Id, StratumPart] = Field(description="The strata")


# --- what comes of it --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Assignment:
    """An inspection task that was read from a file, with what its sites are called and where it comes from."""

    title: str
    start: date
    task: Inspections
    """Its `days` are those of the file, 0 where it states none."""
    stated_days: int | None
    written: InspectionsFile
    places: Places

    def title_of(self, site: str) -> str:
        """A site's name for people."""
        part = self.written.sites.get(site)
        return (part.title if part else None) or site.replace("_", " ")


_File = TypeVar("_File", InspectionsFile, StrataFile)


def read_inspections(case: str | FilePath) -> tuple[Assignment | None, list[Finding]]:
    """The inspection task of a bundled example or of a file; None where there are errors."""
    file, places, findings = _read(case, InspectionsFile, BUNDLED)
    if file is None:
        return None, findings
    findings += _unknown_channels(file, places)
    if findings:
        return None, findings
    task = Inspections(
        tuple(_site(file, name) for name in file.sites),
        file.days or 0,
        file.discount.value,
        file.schedule,
        file.patterns,
    )
    findings += [_placed(f, places) for f in problems(task)]
    if any(f.severity == "error" for f in findings):
        return None, findings
    return Assignment(file.title, file.start or date(2019, 1, 1), task, file.days, file, places), findings


def read_strata(case: str | FilePath) -> tuple[StrataFile | None, list[Finding]]:
    """The strata of a bundled example, a YAML file or a CSV table; None where there are errors."""
    file, _, findings = _read(case, StrataFile, STRATA)
    return file, findings


def strata_of(file: StrataFile) -> dict[str, Stratum]:
    """Each stratum as the sampling rules take it."""
    return {n: Stratum(s.items, s.mean.value * s.share.value, s.effort) for n, s in file.strata.items()}


def _placed(finding: Finding, places: Places) -> Finding:
    path: Path = tuple(finding.path.split(".")) if finding.path else ()
    line, column = places.of(path)
    return replace(finding, file=places.file, line=line, column=column)


def placed(assignment: Assignment, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Findings about the plan of a file with the lines of that file."""
    return tuple(_placed(f, assignment.places) for f in findings)


def _site(file: InspectionsFile, name: str) -> ViolationSite:
    part = file.sites[name]
    return ViolationSite(
        name=name,
        gain=part.gain.value,
        caught=part.caught.value,
        days=part.days,
        detects=None if part.detects is None else part.detects.value,
        sample=_sample(part.sample),
        false_alarms=part.false_alarms.value,
        group=part.group,
        channels=tuple(_channel(c, file.channels[c]) for c in part.channels),
        timely=None if part.timely is None else Timely(part.timely.within.value, part.timely.detects.value),
    )


def _sample(part: SamplePart | None) -> Sample | None:
    if part is None:
        return None
    methods = tuple(Method(m.drawn, m.sd.value, m.reject_at, m.sees_from.value) for m in part.methods)
    return Sample(part.items, part.mean.value, part.goal.value, methods)


def _channel(name: str, part: ChannelPart) -> Channel:
    """At its worst and its average start."""
    return Channel(name, _seen(part, "worst"), _seen(part, "average"), part.group, part.false_alarms.value)


def _seen(part: ChannelPart, start: Literal["worst", "average"]) -> Delay:
    watching = constant(part.detects.value)
    if part.visits is None or part.visits.every.value == 0:
        return watching
    return independent(watching, periodic(part.visits.every.value, part.visits.detects.value, start))


def _unknown_channels(file: InspectionsFile, places: Places) -> list[Finding]:
    found = []
    for name, site in file.sites.items():
        for i, channel in enumerate(site.channels):
            if channel not in file.channels:
                said, remedy = f"there is no channel {channel!r}", nearest(channel, file.channels)
                path: Path = ("sites", name, "channels", i)
                found.append(places.finding("inspect.unknown_channel", said, path, remedy=remedy))
    for name, part in file.channels.items():
        if part.visits is not None and part.visits.every.value == 0:
            said, remedy = "looks that follow each other at once", "write the time between, or 'detects: 90 %/year'"
            path = ("channels", name, "visits", "every")
            found.append(places.finding("inspect.channel", said, path, remedy=remedy))
    return found


# --- reading -----------------------------------------------------------------------------------------------------


def _read(
    case: str | FilePath, root: type[_File], bundled: tuple[str, ...]
) -> tuple[_File | None, Places, list[Finding]]:
    name = str(case)
    subject = FileKind("inspect", "such a file", f"see `{bundled[0]}`, an example that comes with the program")
    path = _CASES / f"{name}.yaml" if name in bundled and not FilePath(name).is_file() else FilePath(case)
    if is_table(path) and root is InspectionsFile:
        message = "sites are written in YAML, not as a table"
        return None, Places(str(path)), [Finding("inspect.file", "error", message, str(path), remedy=subject.start)]
    parsed = _table(path) if is_table(path) else read_document(path, subject, bundled)
    file, found = model_of(parsed, root, subject)
    found = [replace(f, remedy=f.remedy or subject.start) for f in found]
    return (None if found else file), parsed.places, found


def _table(path: FilePath) -> Parsed:
    """A table with one stratum a row as the document that would say the same, with the line of each stratum."""
    try:
        sheet = read_sheet(path)
    except Unread as problem:
        return Parsed(None, Places(str(path)), (problem.finding("inspect", str(path), which_name(path, STRATA)),))
    head = [name.casefold() for name in sheet.header()]
    named = [name for name in head if name]
    if "stratum" not in head or len(set(named)) < len(named):
        said = "the first row names the columns stratum, items, mean, and if needed share and effort, once each"
        line = sheet.lines[0].line if sheet.lines else 1
        finding = Finding("inspect.column", "error", said, str(path), line, remedy="add the missing column")
        return Parsed(None, Places(str(path)), (finding,))
    return _strata(sheet.with_points(lambda c: head[c : c + 1] != ["stratum"]), head, str(path))


def _strata(sheet: Sheet, head: list[str], file: str) -> Parsed:
    strata: dict[str, dict[str, Any]] = {}
    keys: dict[Path, tuple[int, int]] = {}
    found = []
    for line in sheet.lines[1:]:
        for stray in (text for c, text in enumerate(line.cells) if text and not (c < len(head) and head[c])):
            said = f"{stray[:40]!r} stands in a column without a name"
            found.append(Finding("inspect.column", "error", said, file, line.line, remedy="name it, or empty it"))
        row = {name: text for name, text in zip(head, line.cells, strict=False) if text and name}
        name = row.pop("stratum", "")
        if name in strata or not name:
            said = f"two strata are called {name}" if name else "this stratum has no name"
            found.append(Finding("inspect.column", "error", said, file, line.line, remedy="name each stratum once"))
        keys[("strata", name)] = (line.line, 1)
        strata[name] = {column: _cell(text) for column, text in row.items()}
    return Parsed({"title": FilePath(file).stem, "strata": strata}, Places(file, keys), tuple(found))


def _cell(text: str) -> Any:
    try:
        return plain_scalar(text)
    except ValueError:
        return text
