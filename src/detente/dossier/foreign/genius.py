"""GENIUS XML: one `negotiation_template` (domain) and a `utility_space` (profile) for each party. INTEROP.

Semantics are those of GENIUS's own program: http://ii.tudelft.nl/genius (Lin, Kraus, Baarslag, Tykhonov, Hindriks,
Jonker 2014, Computational Intelligence 30(1), doi:10.1111/j.1467-8640.2012.00463.x).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from detente.dossier.foreign.domain import Domain, Profile
from detente.dossier.foreign.genius_issues import XmlIssue, issues_of
from detente.dossier.foreign.genius_profiles import profile_of
from detente.dossier.foreign.imported import Imported, Reading, broken, file_bytes
from detente.dossier.foreign.xml_text import Element, parse
from detente.dossier.places import nearest
from detente.errors import Finding, UsageError

DOMAIN, PROFILE = "negotiation_template", "utility_space"
REAL_STEPS = 20
"""Into how many steps the range of a real issue is cut, unless told otherwise."""
_MOST_STEPS = 1_000


@dataclass(frozen=True)
class _File:
    path: FilePath
    root: Element | None
    findings: list[Finding]
    is_other: bool = False
    """Whether it says nowhere that it is a domain or a profile."""

    @property
    def kind(self) -> str | None:
        return None if self.root is None else self.root.tag


def read_genius(
    source: str | FilePath, profiles: Sequence[str] = (), *, steps: int = REAL_STEPS
) -> tuple[Imported | None, list[Finding]]:
    """The dossier of a GENIUS domain: of a folder with its profiles, or of a domain file with profiles named.

    `profiles` chooses by file name, with or without .xml, in that order; `steps` cuts the range of real issues.
    None where a finding is an error. Raises UsageError for impossible `steps`.
    """
    if not 1 <= steps <= _MOST_STEPS:
        raise UsageError(f"real issues can be cut into 1 to {_MOST_STEPS} steps, not {steps}")
    path = FilePath(source)
    domain, chosen, findings = _chosen(path, tuple(profiles))
    if domain is None or domain.root is None or broken(findings):
        return None, findings
    reading = Reading(str(domain.path))
    issues = issues_of(domain.root, reading, steps)
    findings += reading.findings
    parties = [_profile(file, issues, findings) for file in chosen] if issues and not broken(findings) else []
    if broken(findings):
        return None, findings
    title = _title(domain)
    read = Domain(title, domain.path.name, tuple(i.issue for i in issues), tuple(p for p in parties if p))
    return Imported(read.document(), (domain.path, *(f.path for f in chosen))), findings


def _profile(file: _File, issues: Sequence[XmlIssue], findings: list[Finding]) -> Profile | None:
    if file.root is None:
        return None
    reading = Reading(str(file.path))
    name = reading.name(file.path.stem, "the profile", None) or ""
    profile = profile_of(file.root, name, file.path.name, issues, reading)
    findings += reading.findings
    return profile


def _title(domain: _File) -> str:
    """The domain's own name where it says one, else that of its file, or of the folder of a plain domain.xml."""
    assert domain.root is not None
    root = next(domain.root.all("objective"), None)
    name = ((root.get("name") if root else None) or "").strip()
    if name.casefold() not in ("", "root"):
        return Reading("").name(name, "the domain", None) or domain.path.stem
    return domain.path.resolve().parent.name if domain.path.stem.casefold() == "domain" else domain.path.stem


def _chosen(path: FilePath, names: tuple[str, ...]) -> tuple[_File | None, list[_File], list[Finding]]:
    """The domain and the profiles that are asked for, with what is wrong with those files."""
    if path.is_dir():
        files = [_opened(p) for p in sorted(path.iterdir(), key=_natural) if p.suffix.lower() == ".xml"]
        return _from_folder(path, files, names)
    domain, reading = _opened(path), Reading(str(path))
    findings = list(domain.findings)
    if domain.kind not in (None, DOMAIN):
        message = f"expected a domain, whose root is <{DOMAIN}>, found <{domain.kind}>"
        reading.say(
            "foreign.root", message, domain.root.line if domain.root else None, "name the domain file or its folder"
        )
    elif domain.root and not names:
        reading.say("foreign.profiles", "no profiles are named", None, "name them (‘profiles’ A,B), or name the folder")
    chosen = _named({p.name: p for p in _beside(path)}, names, reading)
    files = [_opened(p) for p in chosen]
    findings += reading.findings + [f for file in files for f in file.findings] + _not_profiles(files)
    return domain, files, findings


def _from_folder(
    path: FilePath, files: list[_File], names: tuple[str, ...]
) -> tuple[_File | None, list[_File], list[Finding]]:
    reading = Reading(str(path))
    domains = _of_kind(DOMAIN, files)
    profiles = _profiles_named(files, names, reading) if names else _of_kind(PROFILE, files)
    unread = [f for f in _of_kind(None, files) if not f.is_other]
    if not unread:
        _say_what_is_missing(domains, any_profile=bool(profiles or names), reading=reading)
    if not names:
        _say_what_is_ignored(files, reading)
    asked = [*profiles, *domains, *([] if names and domains else unread)]
    about = [finding for f in files if f in asked for finding in f.findings]
    return next(iter(domains), None), profiles, reading.findings + about + _not_profiles(profiles)


def _of_kind(kind: str | None, files: Sequence[_File]) -> list[_File]:
    return [f for f in files if f.kind == kind]


def _say_what_is_missing(domains: Sequence[_File], *, any_profile: bool, reading: Reading) -> None:
    remedy = "name the folder of a GENIUS domain"
    if len(domains) != 1:
        found = ", ".join(f.path.name for f in domains) or "none"
        remedy = "name the domain file and its profiles" if domains else remedy
        reading.say("foreign.root", f"expected one domain (<{DOMAIN}>) in the folder, found {found}", None, remedy)
    elif not any_profile:
        reading.say("foreign.profiles", f"no profile (<{PROFILE}>) in the folder", None, remedy)


def _profiles_named(files: Sequence[_File], names: tuple[str, ...], reading: Reading) -> list[_File]:
    by_path = {f.path: f for f in files}
    return [by_path[path] for path in _named({p.name: p for p in by_path}, names, reading)]


def _say_what_is_ignored(files: Sequence[_File], reading: Reading) -> None:
    for file in files:
        if file.is_other or file.kind not in (None, DOMAIN, PROFILE):
            what = "no such XML" if file.kind is None else f"<{file.kind}>"
            message = f"{file.path.name} is neither a domain nor a profile ({what}) and is not read"
            reading.say("foreign.ignored", message, None, severity="note")


def _named(paths: dict[str, FilePath], names: tuple[str, ...], reading: Reading) -> list[FilePath]:
    """The files that are named, with or without .xml; each once."""
    chosen: list[FilePath] = []
    for name in names:
        found = paths.get(name) or paths.get(f"{name}.xml")
        if found is None:
            reading.say("foreign.profiles", f"there is no profile {name!r}", None, nearest(name, paths))
        elif found in chosen:
            reading.say(
                "foreign.duplicate", f"the profile {name!r} is named twice", None, "name each party's profile once"
            )
        else:
            chosen.append(found)
    return chosen


def _beside(path: FilePath) -> list[FilePath]:
    folder = path.parent
    return [p for p in sorted(folder.iterdir()) if p.suffix.lower() == ".xml" and p != path] if folder.is_dir() else []


def _not_profiles(files: Sequence[_File]) -> list[Finding]:
    reading = [Reading(str(f.path)) for f in files]
    for file, said in zip(files, reading, strict=True):
        if file.root is not None and file.kind != PROFILE:
            message = f"expected a profile, whose root is <{PROFILE}>, found <{file.kind}>"
            said.say("foreign.root", message, file.root.line, "name a profile")
    return [f for said in reading for f in said.findings]


def _opened(path: FilePath) -> _File:
    data, findings = file_bytes(path)
    if data is None:
        return _File(path, None, findings)
    root, findings = parse(data, str(path))
    plain = data.replace(b"\0", b"")
    is_other = root is None and not any(f"<{tag}".encode() in plain for tag in (DOMAIN, PROFILE))
    return _File(path, root, findings, is_other)


def _natural(path: FilePath) -> list[tuple[int, str]]:
    """profile2 before profile10."""
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d{1,9})", path.name)]
