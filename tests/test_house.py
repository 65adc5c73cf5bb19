"""The house is in order: style, types, floors, what is packed, what is written where, and what help does without."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.checkout import REPO

PACKAGE = REPO / "src" / "detente"
PYPROJECT = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))
VERSION = PYPROJECT["project"]["version"]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=REPO, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600
    )


def python(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, *arguments)


def files_of_the_repository() -> list[Path]:
    """What git tracks, and what it would track if asked: everything that .gitignore does not name."""
    if not (shutil.which("git") and (REPO / ".git").exists()):
        pytest.skip("needs git and a checkout, to know which files belong to the repository")
    # A checkout that belongs to someone else (root, in a container) is read all the same.
    listed = run("git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    assert listed.returncode == 0, listed.stderr
    return [path for name in listed.stdout.split("\0") if name and (path := REPO / name).is_file()]


def succeeds(tool: str, done: subprocess.CompletedProcess[str]) -> None:
    """Fail with what the tool said, not with how it was called."""
    if done.returncode != 0:
        pytest.fail(f"{tool} complains:\n{done.stdout}{done.stderr}", pytrace=False)


def test_style():
    succeeds("ruff check", python("-m", "ruff", "check", "--output-format=concise"))


def test_format():
    succeeds("ruff format --check", python("-m", "ruff", "format", "--check", "--output-format=concise"))


@pytest.mark.timeout(600)
def test_types():
    succeeds("mypy", python("-m", "mypy"))


def test_a_floor_imports_only_floors_below_it():
    lint = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True, no_logo=True))"
    succeeds("import-linter", python("-c", lint))


def test_every_module_is_on_a_floor():
    contract, *_ = PYPROJECT["tool"]["importlinter"]["contracts"]
    floors = set(re.findall(r"detente\.(\w+)", " ".join(contract["layers"])))
    rooms = {path.stem for path in PACKAGE.glob("*.py")} | {path.parent.name for path in PACKAGE.glob("*/*.py")}
    assert "model" in rooms
    assert sorted(rooms - floors - {"__init__", "__main__"}) == []


def test_the_changelog_begins_with_this_version():
    versions = re.findall(r"^## \[(.+?)\]", (REPO / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [v for v in versions if v.lower() != "unreleased"][:1] == [VERSION]


def test_the_citation_names_this_version():
    assert f"\nversion: {VERSION}\n" in (REPO / "CITATION.cff").read_text(encoding="utf-8")


# Spelt in pieces, so that this file does not fail its own test.
ONE_MACHINE_ONLY = {
    "a package registry's host": r"pypi\." r"org|python" r"hosted\.org|registry\." r"npmjs|deb\." r"debian\.org",
    "a package index": r"index" r"-url|find" r"-links",
    "a local file's address": r"file:" r"///\w",
    "a path of one machine": r"(?<![\w.~$}/-])/(?:work|opt|root|home/\w+)" r"/",
}


@pytest.mark.parametrize("what", ONE_MACHINE_ONLY)
def test_no_file_names(what):
    named = []
    for path in files_of_the_repository():
        text = path.read_bytes().decode("utf-8", errors="replace")
        named += [f"{path.relative_to(REPO)}: {found[0]}" for found in re.finditer(ONE_MACHINE_ONLY[what], text)]
    assert named == []


def test_this_search_would_find_them():
    samples = {
        "a package registry's host": "https://pypi." + "org/simple",
        "a package index": "pip install --extra-index" + "-url=x",
        "a local file's address": "file:" + "///srv/simple",
        "a path of one machine": "cd /wor" + "k/main",
    }
    assert all(re.search(ONE_MACHINE_ONLY[what], sample) for what, sample in samples.items())


def test_the_wheel_holds_all_that_the_package_does(tmp_path):
    built = python("-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path)
    succeeds("hatchling", built)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    ours = {
        path.relative_to(PACKAGE.parent).as_posix() for path in files_of_the_repository() if PACKAGE in path.parents
    }
    assert "detente/errors.py" in ours
    assert ours <= names
    assert any(name.endswith("/LICENSE") for name in names)


HEAVY = {"scipy", "highspy", "ortools", "altair", "vl_convert", "pandas", "openpyxl"}


def test_help_imports_nothing_heavy():
    """What there is in `sys.modules` once help is shown; how long that takes, `benchmarks.help_speed` says."""
    code = "try: main(['--help'])\nfinally: print(*sys.modules, file=sys.stderr)"
    shown = python("-c", f"import sys; from detente.cli import main\n{code}")
    assert shown.returncode == 0, shown.stderr
    assert "assess" in shown.stdout
    imported = {name.partition(".")[0] for name in shown.stderr.split()}
    assert {"detente", "cyclopts"} <= imported
    assert sorted(imported & HEAVY) == []


def test_a_public_type_name_means_one_thing():
    """See tools/figures.py, whose row on them tells where any is defined twice; nor are there circles of imports."""
    rows = {row["row"]: row for row in json.loads(python("tools/figures.py", "--json").stdout)["figures"]}
    twice, circles = rows["of these, defined in two or more modules"], rows["import circles at run time"]
    assert (twice["value"], twice["note"]) == (0, "")
    assert circles["value"] == 0
