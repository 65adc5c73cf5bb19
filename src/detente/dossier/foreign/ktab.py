"""KTAB's spatial model of politics, and other expected-utility models: actors with influence, positions, salience.

    name, description, nActors, nDims
    Actor, Description, Influence, Policy Position, Policy Salience
    XJ, Xi Jinping, 100, 30, 30

One row an actor, numbers from 0 to 100; what stands after these cells is not read, as in KTAB.
Format: github.com/KAPSARC/KTAB (MIT), example scenarios of its `smp` program.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path as FilePath
from typing import Any

from detente.dossier.foreign.imported import Imported, Names, Reading, broken, is_number, plain
from detente.dossier.schema import Dossier, Party
from detente.dossier.text.contents import Unread
from detente.dossier.text.sheet_files import Sheet, read_sheet
from detente.errors import Finding, UsageError

UNIT = "position from 0 to 100"
MAX_ACTORS, MAX_DIMS = 1_000, 50
_COLUMN = re.compile(r"(?i)\s*(.*?)\s*(?:position|pstn|pos|psn)\s*(\d*)\s*")
_FILLED_IN = "not in the file: change it to what this party's patience is"


Body = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class _Actor:
    name: str
    description: str
    influence: Fraction
    positions: tuple[Fraction, ...]
    saliences: tuple[Fraction, ...]


def read_ktab(file: str | FilePath) -> tuple[Imported | None, list[Finding]]:
    """A dossier with the parties and stakes of a KTAB file, and no measures. None where a finding is an error."""
    path = FilePath(file)
    reading = Reading(str(path))
    try:
        rows = _rows(read_sheet(path).with_points(lambda column: column >= 2), reading)
    except Unread as problem:
        return None, [problem.finding("foreign", str(path), "check the name")]
    scenario = _scenario(rows, reading) if rows else None
    if scenario is None:
        return None, reading.findings
    title, summary, dims, body = scenario
    actors = [a for line, cells in body if (a := _actor(cells, dims, line, reading)) is not None]
    _say_who_stands_twice(body, [a.name for a in actors], reading)
    if broken(reading.findings):
        return None, reading.findings
    _say_what_is_not_read(body, 3 + 2 * len(dims), reading)
    message = "parties and their stakes only: a KTAB file says nothing of measures, dates or walk-away values"
    reading.say("foreign.no_measures", message, 1, "write what could be agreed under `measures`", severity="note")
    return Imported(_document(title, summary, dims, actors, path.name), (path,)), reading.findings


def _rows(sheet: Sheet, reading: Reading) -> Body:
    """(line, cells) of every row; what is empty at the end of one makes no cell."""
    found = [(line.line, _without_empty_ends(line.cells)) for line in sheet.lines]
    if len(found) > MAX_ACTORS + 2:
        line = found[MAX_ACTORS + 2][0]
        reading.say("foreign.size", f"more than {MAX_ACTORS} actors", line, "this is hardly such a model")
        return []
    if not found:
        reading.say("foreign.missing", "nothing is written here", 1, "begin with: name, description, nActors, nDims")
    return found


def _say_who_stands_twice(body: Body, names: Sequence[str], reading: Reading) -> None:
    for (line, _), name in zip(body, names, strict=False):
        if names.count(name) > 1:
            said = f"the actor {name!r} stands more than once"
            reading.say("foreign.duplicate", said, line, "give each its own name")
            return


def _say_what_is_not_read(body: Body, width: int, reading: Reading) -> None:
    for line, cells in body:
        if len(cells) > width:
            said = f"what stands after an actor's cells is not read: {cells[width][:40]!r}"
            reading.say("foreign.ignored", said, line, "right if it is a note", severity="note")
            return


def _without_empty_ends(cells: Sequence[str]) -> list[str]:
    stripped = list(cells)
    while stripped and not stripped[-1]:
        stripped.pop()
    return stripped


def _scenario(rows: Body, reading: Reading) -> tuple[str, str, tuple[str, ...], Body] | None:
    """Title, summary, names of the dimensions, and the rows of the actors."""
    head = _head(*rows[0], reading)
    if head is None:
        return None
    title, summary, actors, dims = head
    line, body = rows[0][0], rows[2:]
    if not 1 <= dims <= MAX_DIMS:
        reading.say("foreign.size", f"expected 1 to {MAX_DIMS} dimensions, found {dims}", line, "correct the number")
        return None
    if len(body) != actors or not body:
        said = f"{actors} actors are announced, {len(body)} rows follow"
        reading.say("foreign.mismatch", said, line, "correct the number")
        return None
    names = [reading.name(d, "a dimension", rows[1][0]) for d in _dimensions(rows[1][1], dims)]
    return None if None in names else (title, summary, tuple(n for n in names if n is not None), body)


def _head(line: int, cells: list[str], reading: Reading) -> tuple[str, str, int, int] | None:
    """Title, summary, and how many actors and dimensions the first row announces."""
    if len(cells) == 3 and ";" in cells[0]:
        cells = [*(part.strip() for part in cells[0].split(";", 1)), *cells[1:]]
    if len(cells) < 4:
        message = f"expected name, description, number of actors and of dimensions, found {len(cells)} cells"
        reading.say("foreign.table", message, line, "write: name, description, nActors, nDims")
        return None
    title = reading.name(cells[0], "the scenario", line)
    actors = reading.whole(cells[2], "the number of actors", line)
    dims = reading.whole(cells[3], "the number of dimensions", line)
    summary = reading.name(cells[1], "the description", line) if cells[1] else ""
    if title is None or actors is None or dims is None or summary is None:
        return None
    return title, summary, actors, dims


def _dimensions(header: Sequence[str], dims: int) -> tuple[str, ...]:
    """Names from the headings "Policy Position"; "Dimension 1" for headings such as Pstn1."""
    names = []
    for n in range(dims):
        cell = header[3 + 2 * n] if len(header) > 3 + 2 * n else ""
        found = _COLUMN.fullmatch(cell)
        names.append((found[1] if found else cell) or f"Dimension {n + 1}")
    return tuple(n if names.count(n) == 1 else f"{n} {i}" for i, n in enumerate(names, 1))


def _actor(cells: list[str], dims: Sequence[str], line: int, reading: Reading) -> _Actor | None:
    width = 3 + 2 * len(dims)
    shifted = len(cells) > width and not all(is_number(text) for text in cells[2:width])
    if len(cells) < width or shifted:
        message = f"expected {width} cells (actor, description, influence, position and salience of each dimension)"
        reading.say("foreign.table", f"{message}, found {len(cells)}", line, "put quotes round texts with commas")
        return None
    name = reading.name(cells[0], "an actor", line)
    description = reading.name(cells[1], "the description of an actor", line) if cells[1] else ""
    heads = ["the influence", *(f"the {what} on {d}" for d in dims for what in ("position", "salience"))]
    texts = dict(zip(heads, cells[2:width], strict=True))
    numbers = {head: reading.number(text, f"{head} of {cells[0]}", line) for head, text in texts.items()}
    given = {head: number for head, number in numbers.items() if number is not None}
    if name is None or description is None or len(given) != len(numbers):
        return None
    _say_what_is_off_the_scale(name, given, line, reading)
    influence, *rest = given.values()
    return _Actor(name, description, influence, tuple(rest[0::2]), tuple(rest[1::2]))


def _say_what_is_off_the_scale(name: str, given: Mapping[str, Fraction], line: int, reading: Reading) -> None:
    """A position must lie on the scale; influence and salience above it are kept, since KTAB takes them."""
    remedy = "write a number from 0 to 100"
    for head, number in given.items():
        said = f"{head} of {name} is {plain(number)}"
        if number < 0 or (number > 100 and "position" in head):
            reading.say("foreign.range", said, line, remedy)
        elif number > 100:
            reading.say("foreign.range", f"{said}, above 100; kept as it is", line, remedy, severity="warning")


def _document(title: str, summary: str, dims: Sequence[str], actors: Sequence[_Actor], source: str) -> dict[str, Any]:
    """One interest for each actor and dimension: worst the farther end of the scale, best the actor's position."""
    parties, interests = Names(), Names()
    document: dict[str, Any] = {"detente": 1, "title": title, "summary": summary, "start": "2000-01-01"}
    document |= {"periods": ["1 x 1 year"], "interests": {}, "parties": {}}
    for n, actor in enumerate(actors, 1):
        party = parties.of(actor.name, otherwise=f"party{n}")
        stakes = {}
        for dim, position, salience in zip(dims, actor.positions, actor.saliences, strict=True):
            name = interests.of(party, dim, otherwise=f"{party}_interest")
            worst = 0 if position >= 50 else 100
            scale = {"title": dim, "unit": UNIT, "worst": worst, "best": plain(position), "source": source}
            document["interests"][name] = scale
            stakes[name] = plain(salience)
        document["parties"][party] = {
            "name": actor.name,
            **({"description": actor.description} if actor.description else {}),
            "influence": plain(actor.influence),
            "discount": {"value": "5 %/year", "source": _FILLED_IN},
            "stakes": stakes,
            "source": source,
        }
    return {k: v for k, v in document.items() if v != ""}


def write_ktab(dossier: Dossier, file: str | FilePath) -> FilePath:
    """Write parties as actors: influence as stated, the end of each interest that a party wants as its position.

    Interests of one title are one dimension. Stakes become salience: as they stand where positions came from KTAB, else
    as shares of 100 of the party's stakes. Raises UsageError for a party with stakes and no influence.
    """
    parties = _actors(dossier)
    staked = dict.fromkeys(name for p in parties.values() for name in p.stakes)
    dims = list(dict.fromkeys(_title(dossier, name) for name in staked))
    header = ["Actor", "Description", "Influence", *(f"{d} {what}" for d in dims for what in ("Position", "Salience"))]
    rows: list[list[Any]] = [[dossier.title, dossier.summary or "", len(parties), len(dims)], header]
    rows += [_row(dossier, name, party, dims) for name, party in parties.items()]
    path, stream = FilePath(file), io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(stream.getvalue(), encoding="utf-8")
    return path


def _actors(dossier: Dossier) -> dict[str, Party]:
    """The parties with stakes. Raises UsageError where there are none, or the influence of one is not stated."""
    parties = {name: p for name, p in dossier.parties.items() if p.stakes}
    if not parties:
        raise UsageError("nobody has a stake in anything, so there are no actors to write")
    if unknown := [name for name, p in parties.items() if p.influence is None]:
        fields = ", ".join(f"parties.{name}.influence" for name in unknown)
        raise UsageError(f"nothing says how much these parties weigh: set {fields}, from 0 to 100")
    return parties


def _row(dossier: Dossier, name: str, party: Party, dims: Sequence[str]) -> list[Any]:
    assert party.influence is not None
    row = [party.name or name, party.description or "", _number(party.influence.value)]
    return [*row, *(cell for dim in dims for cell in _position_and_salience(dossier, name, party, dim))]


def _position_and_salience(dossier: Dossier, name: str, party: Party, dim: str) -> list[int | float]:
    """Where on the scale from 0 (worst) to 100 (best) a party wants a dimension, and how much it cares."""
    here = [i for i in party.stakes if _title(dossier, i) == dim]
    if not here:
        return [50, 0]
    if len(here) > 1:
        raise UsageError(f"{name} has stakes in several interests titled {dim!r}: give them titles of their own")
    interest, stake = dossier.interests[here[0]], party.stakes[here[0]].value
    if interest.unit == UNIT:
        return [_number((interest.best if stake >= 0 else interest.worst).value), _number(abs(stake))]
    total = sum(abs(s.value) for s in party.stakes.values()) or 1.0
    return [100 if stake > 0 else 0, _number(round(100 * abs(stake) / total, 6))]


def _title(dossier: Dossier, interest: str) -> str:
    return dossier.interests[interest].title or interest


def _number(value: float) -> int | float:
    return int(value) if value == int(value) else value
