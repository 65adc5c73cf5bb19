"""Reading declarations: a bundled one, a file or a text → a Declaration, or all that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel

from detente.dossier.places import Path, Places, at, nearest
from detente.dossier.quantities import Number
from detente.dossier.text.documents import model_of, read_document
from detente.dossier.text.yaml import FileKind, Parsed, parse
from detente.dossier.validation import what_can_be
from detente.errors import DossierError, Finding
from detente.verify.declaration.statement import Declaration, Enrichment, Irradiation, Look, Prior, Unseen

_CASES = FilePath(__file__).parent.with_name("cases")
_DECLARATION = FileKind("declaration", "a declaration", "see `dprk-2008`, a declaration that comes with the program")


def bundled() -> tuple[str, ...]:
    """The names of the declarations that come with the program."""
    return tuple(sorted(p.stem for p in _CASES.glob("*.yaml") if _is_declaration(p)))


def _is_declaration(path: FilePath) -> bool:
    with path.open(encoding="utf-8") as text:
        return any(line.startswith("declaration:") for line in text)


def load(case: str | FilePath) -> Declaration:
    """The declaration of that name that comes with the program, or of a file. Raises DossierError with all findings."""
    return _or_raise(*read(case))


def loads(text: str | bytes, file: str | None = None) -> Declaration:
    """The declaration of a YAML or JSON text. Raises DossierError with all findings."""
    return _or_raise(*reads(text, file))


def read(case: str | FilePath) -> tuple[Declaration | None, list[Finding]]:
    """As `load`, but returns the findings; None where the declaration cannot be used."""
    return _of(read_document(path_of(case), _DECLARATION, bundled()))


def path_of(case: str | FilePath) -> FilePath:
    """The file of a name: one that is there, else that of the declaration that comes with the program."""
    name = str(case)
    return _CASES / f"{name}.yaml" if name in bundled() and not FilePath(name).is_file() else FilePath(case)


def reads(text: str | bytes, file: str | None = None) -> tuple[Declaration | None, list[Finding]]:
    """As `read`, from a text."""
    return _of(parse(text, file, _DECLARATION))


def _of(parsed: Parsed) -> tuple[Declaration | None, list[Finding]]:
    declaration, found = model_of(parsed, Declaration, _DECLARATION)
    if parsed.document is None:
        return None, found
    between = list(_unknown_names(parsed.document, parsed.places)) if isinstance(parsed.document, dict) else []
    whole = declaration or what_can_be(parsed.document, Declaration)
    if whole is not None:
        whole._places = parsed.places
        between += check(whole)
    spoilt = [f.path for f in found]
    found += [f for f in between if not any(_touch(f.path, s) for s in spoilt)]
    broken = any(f.severity == "error" for f in found)
    return (None if broken else declaration), _in_order(found)


def _touch(path: str, spoilt: str) -> bool:
    return not spoilt or path == spoilt or path.startswith(f"{spoilt}.") or spoilt.startswith(f"{path}.")


def _in_order(findings: list[Finding]) -> list[Finding]:
    rank = {"error": 0, "warning": 1, "note": 2}
    return sorted(dict.fromkeys(findings), key=lambda f: (rank[f.severity], f.line or 0, f.column or 0))


def _or_raise(declaration: Declaration | None, findings: list[Finding]) -> Declaration:
    if declaration is None:
        raise DossierError(findings)
    return declaration


def check(declaration: Declaration) -> list[Finding]:
    """What must hold between the fields, and (as notes) figures without source or range."""
    return [
        *_operations(declaration),
        *_claims(declaration),
        *_estimates(declaration),
        *_bare_figures(declaration),
    ]


_SECTION = {
    "actor": "actors",
    "statement": "statements",
    "claim": "claims",
    "material": "materials",
    "site": "sites",
    "facility": "facilities",
    "operation": "operations",
    "site_list": "site_lists",
}


_FIELDS: dict[str, dict[str, str]] = {
    "statements": {"by": "actor", "to": "actor"},
    "claims": {"statement": "statement", "operations": "operation", "verified_by": "actor", "arbitrated_by": "actor"},
    "materials": {"claim": "claim", "at": "facility"},
    "facilities": {"site": "site"},
    "operations": {"by": "actor", "reactor": "facility", "plant": "facility", "separated_at": "facility"},
    "transfers": {"claim": "claim", "from": "facility", "to": "facility"},
    "items": {"at": "facility", "of": "material"},
    "estimates": {"by": "actor", "operations": "operation"},
    "site_lists": {"by": "actor", "sites": "site"},
}
"""What the entries of each section name."""


def _unknown_names(document: Any, places: Places) -> Iterator[Finding]:
    """Names that are used and not defined, read from the raw document, so that one fault hides no other."""
    for path, kind in _naming(document):
        section, name = _SECTION[kind], at(document, path)
        defined = document.get(section)
        known = list(defined) if isinstance(defined, dict) else []
        if isinstance(name, str) and name not in known:
            words, code = kind.replace("_", " "), f"declaration.unknown_{kind}"
            yield places.finding(code, f"there is no {words} {name!r}", path, remedy=nearest(name, known))


def _naming(document: Any) -> Iterator[tuple[Path, str]]:
    """Every place that names something, and the kind of thing meant."""
    yield from _each(document, ("by",), "actor")
    yield from _each(document, ("arbiter",), "actor")
    yield from _each(document, ("verifiers",), "actor")
    yield from _each(document, ("completeness", "lists"), "site_list")
    for section, kinds in _FIELDS.items():
        entries = document.get(section)
        names = list(entries) if isinstance(entries, dict) else range(len(entries)) if isinstance(entries, list) else ()
        for name in names:
            for field, kind in kinds.items():
                yield from _each(document, (section, name, field), kind)


def _each(document: Any, path: Path, kind: str) -> Iterator[tuple[Path, str]]:
    value = at(document, path)
    yield from (((*path, i), kind) for i in range(len(value))) if isinstance(value, list) else [(path, kind)]


def _operations(d: Declaration) -> Iterator[Finding]:
    for name, run in d.operations.items():
        where = ("operations", name)
        if run.ended < run.begun:
            message = f"it ends on {run.ended}, before it begins on {run.begun}"
            yield d.places.finding("declaration.dates", message, (*where, "ended"), remedy="put the days in order")
        elif isinstance(run, Irradiation) and not d.own(run):
            days = [(what, day) for what, day in run.steps() if day is not None]
            for (first, a), (second, b) in pairwise(days):
                if b < a:
                    message = f"{second} on {b}, before {first} on {a}"
                    yield d.places.finding("declaration.dates", message, where, remedy="put the days in order",
                                           severity="warning")  # fmt: skip
        if isinstance(run, Irradiation) and run.am241_pu241 is not None and run.sampled is None:
            message = "a ratio of atoms says when only together with the day of the sample"
            yield d.places.finding("declaration.sampled", message, where, remedy="add 'sampled: DATE'")
        if isinstance(run, Enrichment):
            yield from _assays_in_order(d, where, run)


def _assays_in_order(d: Declaration, where: Path, run: Enrichment) -> Iterator[Finding]:
    for low, high in (("tails", "feed"), ("feed", "product"), ("tails", "product")):
        a, b = getattr(run, low).assay, getattr(run, high).assay
        if a is not None and b is not None and a.value >= b.value:
            message = f"the {low} ({a.text}) are not below the {high} ({b.text}): enriching cannot do that"
            path = (*where, low, "assay")
            yield d.places.finding("declaration.assays", message, path, remedy="tails < feed < product")


def _claims(d: Declaration) -> Iterator[Finding]:
    """Claims that say one thing twice, or lean on what others think of a plant."""
    first: dict[tuple[str, str, str], str] = {}
    for name, claim in d.claims.items():
        key = (claim.statement, claim.material, claim.counts)
        if first.setdefault(key, name) != name:
            message = f"{first[key]} speaks of the same thing, and each is compared with all that is estimated"
            remedy = "make them one claim, with an entry of 'materials' for each part"
            yield d.places.finding("declaration.repeated", message, ("claims", name), remedy=remedy, severity="warning")
        for i, run in enumerate(claim.operations):
            if run in d.operations and not d.own(d.operations[run]):
                message = f"{run} is an account of {d.name_of(d.operations[run].by or '')}, no part of what is declared"
                yield d.places.finding("declaration.not_declared", message, ("claims", name, "operations", i),
                                       remedy="compare with it: name it in an entry of 'estimates'",
                                       severity="warning")  # fmt: skip


def _estimates(d: Declaration) -> Iterator[Finding]:
    for name, e in d.estimates.items():
        if (e.amount is None) == (not e.operations):
            message = "an estimate has either an amount or runs to compute it from"
            path = ("estimates", name)
            yield d.places.finding("declaration.estimate", message, path, remedy="write one of 'amount', 'operations'")
        elif e.amount is not None and e.amount.shape is None:
            message = "an outside estimate without a range cannot be weighed"
            remedy = "write a range, such as {min: 40, max: 50}, and how much it covers"
            yield d.places.finding("declaration.no_uncertainty", message, ("estimates", name, "amount"), remedy=remedy,
                                   severity="warning")  # fmt: skip
        if e.covers and (e.amount is None or e.amount.shape not in ("pert", "uniform")):
            message = "'covers' says how much a range holds, and here is none"
            remedy = "write min and max, or leave 'covers' out"
            yield d.places.finding("declaration.covers", message, ("estimates", name, "covers"), remedy=remedy,
                                   severity="warning")  # fmt: skip
    if d.completeness.lists and d.completeness.lists[0] == d.completeness.lists[1]:
        message = "capture and recapture needs two different lists"
        path = ("completeness", "lists")
        yield d.places.finding("declaration.lists", message, path, remedy="name two lists")


def _bare_figures(d: Declaration) -> Iterator[Finding]:
    """Warnings of figures without a source, notes on declared figures without an uncertainty."""
    for path, entry, inherited in (*_declared(d), *_believed(d)):
        source = getattr(entry, "source", None) or inherited
        for field in type(entry).model_fields:
            number = getattr(entry, field)
            if not isinstance(number, Number) or field not in entry.model_fields_set:
                continue
            if not (source or number.source):
                message, remedy = "a figure without a source", "add 'source: ...' to it or to its entry"
                yield d.places.finding("declaration.no_source", message, (*path, field), remedy=remedy,
                                       severity="warning")  # fmt: skip
            if number.shape is None and not isinstance(entry, _BELIEVED):
                message, remedy = (
                    "a figure without an uncertainty",
                    "write {mean: ..., sd: ...} or {min: ..., max: ...}",
                )
                yield d.places.finding("declaration.no_uncertainty", message, (*path, field), remedy=remedy,
                                       severity="note")  # fmt: skip


_Entry = tuple[Path, BaseModel, str | None]
"""Where figures stand, what holds them, and the source that they inherit."""
_BELIEVED = (Look, Unseen, Prior)


def _declared(d: Declaration) -> Iterator[_Entry]:
    said = {name: s.source for name, s in d.statements.items()}
    of_claim = {name: c.source or said.get(c.statement) for name, c in d.claims.items()}
    of_entry = {name: h.source or of_claim.get(h.claim) for name, h in d.materials.items()}
    yield from ((("claims", n), c, of_claim[n]) for n, c in d.claims.items())
    yield from ((("materials", n), h, of_entry[n]) for n, h in d.materials.items())
    for name, run in d.operations.items():
        yield ("operations", name), run, None
        if isinstance(run, Enrichment):
            streams = {"feed": run.feed, "product": run.product, "tails": run.tails}
            yield from ((("operations", name, n), s, run.source) for n, s in streams.items())
    yield from ((("transfers", n), t, of_claim.get(t.claim or "")) for n, t in d.transfers.items())
    yield from ((("items", n), i, of_entry.get(i.of or "")) for n, i in enumerate(d.items))


def _believed(d: Declaration) -> Iterator[_Entry]:
    yield from ((("completeness", "looks", n), k, None) for n, k in d.completeness.looks.items())
    yield from ([(("completeness", "unseen"), d.completeness.unseen, None)] if d.completeness.unseen else [])
    yield from ((("prior", m), p, None) for m, p in d.prior.items())
