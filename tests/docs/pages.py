"""The pages that people read, taken apart: fenced blocks, inline code, links, headings."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.checkout import REPO

DOCS = REPO / "docs"
FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
ROOTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")


class Block(NamedTuple):
    language: str
    text: str


def pages() -> list[Path]:
    """Every page of the documentation, and those at the root."""
    ours = [path for path in DOCS.rglob("*.md") if "_build" not in path.parts]
    return sorted([*ours, *(REPO / name for name in ROOTS)])


def named(path: Path) -> str:
    return path.relative_to(REPO).as_posix()


def blocks(path: Path, *languages: str) -> list[Block]:
    """The fenced blocks of a page in some languages, without their indentation."""
    found = FENCE.finditer(path.read_text(encoding="utf-8"))
    return [Block(m[2].strip(), textwrap.dedent(m[3])) for m in found if m[2].strip() in languages]


def prose(path: Path) -> str:
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def links(path: Path) -> list[str]:
    """Where a page points to within the repository."""
    return [to for to in LINK.findall(prose(path)) if not re.match(r"[a-z]+:", to)]


def anchors(path: Path) -> set[str]:
    """What links can point to on a page: a heading in lower case, with hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def command_lines(path: Path) -> Iterator[list[str]]:
    """The arguments of every `detente ...` or `./run ...` that a page shows."""
    shown = [line for block in blocks(path, "", "sh", "bash", "console") for line in block.text.splitlines()]
    shown += re.findall(r"`([^`\n]+)`", prose(path))
    for line in shown:
        if not re.match(r"\s*(\$ )?(detente|\./run)( |$)", line) or "COMMAND" in line:
            continue
        words = shlex.split(re.split(r"[>|]", line)[0], comments=True)
        if arguments := [w for w in words if w not in ("$", "...")][1:]:
            yield arguments
