"""What the pages show is true: examples run, dossiers load, commands parse, links lead somewhere, the book builds."""

from __future__ import annotations

import ast
import doctest
import importlib.util
import inspect
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from cyclopts import CycloptsError

import detente as dt
from detente import workbench
from detente.cli.app import app
from detente.dossier import starter
from detente.dossier.checks import names
from detente.dossier.text.yaml import parse
from detente.model.judge.timing import Kind
from detente.verify.declaration import files as declaration_files
from tests.checkout import REPO
from tests.docs.pages import DOCS, anchors, blocks, command_lines, links, named, pages, prose

PAGES = {named(path): path for path in pages()}


def having(*languages: str) -> list[str]:
    return [name for name, path in PAGES.items() if blocks(path, *languages)]


@pytest.fixture(scope="module")
def generate() -> Any:
    """docs/generate.py, which makes the reference."""
    spec = importlib.util.spec_from_file_location("generate_reference", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- examples --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", having("python"))
def test_python_runs(page, tmp_path, monkeypatch):
    """The blocks of a page, one after the other. The large bundled case is replaced by the small one, for speed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path / "home"))
    (tmp_path / "korea-2018").write_text(starter(), encoding="utf-8")
    for block in blocks(PAGES[page], "yaml"):
        if saved := re.match(r"# (\S+\.yaml)\n", block.text):
            (tmp_path / saved[1]).write_text(block.text, encoding="utf-8")
    known: dict[str, Any] = {}
    for block in blocks(PAGES[page], "python"):
        if ">>>" not in block.text:
            exec(compile(block.text, page, "exec"), known)
            continue
        example = doctest.DocTestParser().get_doctest(block.text, known, page, page, 0)
        said: list[str] = []
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(example, out=said.append, clear_globs=False)
        known = example.globs
        assert runner.failures == 0, "".join(said)


def documents(page: Path) -> Iterator[dict[str, Any]]:
    for block in blocks(page, "yaml"):
        parsed = parse(block.text, named(page))
        assert not parsed.findings, [str(f) for f in parsed.findings]
        yield parsed.document


def merged(into: Any, more: Any) -> Any:
    """A document with a fragment laid over it."""
    if not (isinstance(into, dict) and isinstance(more, dict)):
        return more
    return {**into, **{k: merged(into.get(k), v) for k, v in more.items()}}


def whole(page: Path) -> tuple[dt.Dossier, list[dict[str, Any]]]:
    """The dossier that a page's examples make together (the starter, where they make none), and its overlays."""
    document: dict[str, Any] = dict(dt.loads(starter()).document)
    overlays = []
    for fragment in documents(page):
        if any("." in key for key in fragment):
            overlays.append(fragment)
        else:
            document = fragment if "detente" in fragment else merged(document, fragment)
    return dt.from_dict(document), overlays


@pytest.mark.parametrize("page", having("yaml"))
def test_yaml_loads(page):
    dossier, overlays = whole(PAGES[page])
    for overlay in overlays:
        assert dt.apply(dossier, overlay) != dossier
    assert dt.check(dossier).ok


def test_the_page_on_the_format_shows_every_section():
    dossier, _ = whole(DOCS / "dossier.md")
    left_out = {"id", "summary", "sources", "correlations"}
    assert set(type(dossier).model_fields) - set(dossier.document) <= left_out


@pytest.mark.parametrize("page", having("json"))
def test_plans_are_good(page):
    dossier, _ = whole(PAGES[page])
    for block in blocks(PAGES[page], "json"):
        assert dt.check(dossier, json.loads(block.text)).ok


@pytest.mark.parametrize("page", [name for name, path in PAGES.items() if list(command_lines(path))])
def test_commands_are_known(page):
    """A command's bare name, as in `detente assess`, is that command."""
    bare = [row.name.split() for row in dt.VERBS]
    for arguments in command_lines(PAGES[page]):
        if arguments in bare:
            continue
        try:
            app.parse_args(arguments, print_error=False, exit_on_error=False)
        except CycloptsError as wrong:
            pytest.fail(f"{page}: detente {' '.join(arguments)}: {wrong}", pytrace=False)


def test_a_command_that_is_not_known_is_found():
    with pytest.raises(CycloptsError):
        app.parse_args(["asess", "korea-2018"], print_error=False, exit_on_error=False)
    with pytest.raises(CycloptsError):
        app.parse_args(["assess", "korea-2018", "--rules", "nash"], print_error=False, exit_on_error=False)


# --- links and findings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for link in links(PAGES[page]):
        file, _, anchor = link.partition("#")
        to = (PAGES[page].parent / file).resolve() if file else PAGES[page]
        assert to.exists(), link
        assert not anchor or anchor in anchors(to), link


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_short(page):
    if page.startswith("docs/") and "reference" not in page:
        assert len(PAGES[page].read_text(encoding="utf-8").splitlines()) <= 160


CARRIED = {"dossier.type", "dossier.number", "dossier.require"}
"""Codes that pydantic carries as `detente.…`; modules are named alike, so these are listed."""
CODE = re.compile(r"(?:dossier|lesson|plan|sheets|run|foreign|declaration|balance|inspect)\.[a-z][a-z_]+")
FILES = {"plan.efg", "plan.ics", "plan.xlsx"}
"""Names of files that look like codes."""
PUT_TOGETHER = {
    "dossier/text/yaml.py": ("dossier", {"_Stop", "_note"}),
    "verify/declaration/statement.py": ("declaration", {"_refused"}),
    "verify/balance/files.py": ("balance", {"add", "bad"}),
    "verify/balance/checks.py": ("balance", {"_finding"}),
    "verify/inspection/plan.py": ("inspect", {"_error"}),
}
"""Modules whose functions put the beginning of a code before the first text that they are given."""
OF_FILES = {f"{kind}.file" for kind in ("dossier", "sheets", "foreign", "declaration", "inspect", "balance")}
OF_FILES |= {"foreign.size", "declaration.top_level", "inspect.top_level"}
"""Said of files that cannot be read or hold no fields (`dossier.text.contents`, `documents`)."""


def codes_of_the_source() -> set[str]:
    """Every finding code in the program: texts that look like one, and those that are put together."""
    found: set[str] = set()
    for path in (REPO / "src").rglob("*.py"):
        if path.parent.name == "faces":  # what stands in a result: paths that look like codes
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} & set(CODE.findall(node.value))
                found |= {f"dossier.{kind}" for kind in re.findall(r"^detente\.(\w+)$", node.value)} & CARRIED
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_bad":
                found.add(f"dossier.{ast.literal_eval(node.args[0])}")
        name = path.relative_to(REPO / "src" / "detente").as_posix()
        if name == "verify/declaration/statement.py":
            found |= {f"declaration.{kind}" for kind in re.findall(r'"detente\.(\w+)"', path.read_text("utf-8"))}
        if name in PUT_TOGETHER:
            found |= set(put_together(path, *PUT_TOGETHER[name]))
    found = {code for code in found if not code.endswith("_")}  # the beginnings of those that are put together
    found |= {f"dossier.unknown_{kind}" for kind in get_args(names.Referent)}
    found |= {f"declaration.unknown_{kind}" for kind in declaration_files._SECTION}
    return found - FILES | OF_FILES | {f"plan.{kind}" for kind in get_args(Kind)}


def put_together(path: Path, beginning: str, functions: set[str]) -> Iterator[str]:
    """Codes of a module that names them without their beginning."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if name in functions and texts:
                yield f"{beginning}.{texts[0]}"


def test_every_finding_is_explained():
    explained = set(CODE.findall(" ".join(re.findall(r"`([^`]+)`", prose(DOCS / "findings.md")))))
    assert sorted(explained ^ codes_of_the_source()) == []


# --- the reference ---------------------------------------------------------------------------------------------


def test_the_reference_is_what_the_program_says(generate):
    for name, text in generate.pages().items():
        there = (DOCS / "reference" / name).read_text(encoding="utf-8")
        assert there == text, "run `.venv/bin/python docs/generate.py`"


def test_every_verb_is_in_the_reference():
    sections = re.findall(r"^## (.+)$", (DOCS / "reference" / "verbs.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sections == [row.name for row in dt.VERBS]
    assert all(callable(getattr(dt, row.python)) for row in dt.VERBS)


def listed(words: str) -> dict[str, str]:
    """The flags and keywords that the reference lists for a verb."""
    text = (DOCS / "reference" / "verbs.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", text.partition(f"\n## {words}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return dict(re.findall(r"^\| `(--[\w-]+)`[^|]*\| (?:`(\w+)`)? *\|", section, re.MULTILINE))


@pytest.mark.parametrize("row", dt.VERBS, ids=lambda row: row.name)
def test_flags_options_and_reference_agree(generate, row):
    command = app
    for word in row.name.split():
        command = command[word]
    flags = {n for a in command.assemble_argument_collection() for n in a.names if n.startswith("--")}
    flags = {f for f in flags - set(generate.PRINTING) if not f.startswith(("--no-", "--empty-"))}
    assert set(listed(row.name)) == flags
    options = set(row.options_model().model_fields)
    assert {k for k in listed(row.name).values() if k} == options
    signature = inspect.signature(getattr(workbench, row.python))
    keywords = {p.name for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY}
    assert keywords - {"say", "cancelled", "progress", "cancel"} == options


# --- the book --------------------------------------------------------------------------------------------------


def test_the_book_builds_without_a_warning(tmp_path):
    source = tmp_path / "docs"
    shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", source, tmp_path / "html"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "html" / "howto" / "read-the-report.html").is_file()
