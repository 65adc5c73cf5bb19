"""`tools/figures.py` counts what it says, on a package made up so that each number is known."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import REPO
from tools.figures import Figure, Report, report

FILES = {
    "__init__.py": "from toy.ships.hull import Hull\n",
    "ships/__init__.py": "",
    "ships/hull.py": """
        from __future__ import annotations
        from typing import TYPE_CHECKING
        from toy.harbour.quay import _secret, berth
        if TYPE_CHECKING:
            from toy.ships.sail import Sail
        SLIGHT = 1e-9
        class Hull:
            draught: float = 1e-8
        class _Keel:
            pass
        def near(a, b=1e-7):
            slight = 1e-12
            return abs(a - b) < 1e-9 * max(1.0, a) + 1e-5
        """,
    "ships/sail.py": """
        import math
        from . import hull
        from .hull import Hull
        Row = dict[int, float]
        Wind = str | None
        Copy = Hull
        class Sail(Hull):
            def __init__(self): pass
            def set_all(self):
                from ..harbour import quay
                import json
                return hull.near(1, 2, 3, 4, 5, 6, 7) + hull.near(1, 2, 3, 4, 5, 6, b=7)
        """,
    "harbour/__init__.py": "",
    "harbour/quay.py": """
        Row = list[str]
        def _secret(x):
            return [y for y in x if y and y > 1 or y < 0] if x else []
        def berth():
            import toy.ships.sail
        """,
    "harbour/inner/__init__.py": "",
    "harbour/inner/a.py": "from toy.harbour.outer.b import B\n",
    "harbour/outer/__init__.py": "",
    "harbour/outer/b.py": "class B: pass\n",
}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("figures") / "toy"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = text.strip("\n").splitlines()
        indent = min((len(x) - len(x.lstrip()) for x in lines if x.strip()), default=0)
        path.write_text("".join(f"{x[indent:]}\n" for x in lines), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def found(toy: Path) -> Report:
    return report(toy)


def row(found: Report, name: str) -> Figure:
    (figure,) = [f for f in found.figures if name in f.row]
    return figure


def places(figure: Figure) -> list[tuple[str, int]]:
    return [(p.file, p.line) for p in figure.worst]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("modules", 10),
        ("functions", 5),
        ("median", 2),
        ("longest", 4),
        ("over 50", 0),
        ("inside functions", 3),
        ("positional", 1),
        ("bare literals", 4),
        ("private imports", 1),
        ("circles", 1),
        ("public type names", 5),
        ("two or more modules", 1),
        ("one word", 75.0),
        ("over 12 methods", 0),
        ("largest class", 2),
    ],
)
def test_each_row(found: Report, name: str, value: float) -> None:
    """Bare: a field's default, a parameter's, a local name, one in an expression; 1e-5 is no tolerance, SLIGHT is
    declared."""
    matching = [f for f in found.figures if name == f.row] or [row(found, name)]
    assert matching[0].value == pytest.approx(value)


def test_places_are_where_things_are(found: Report) -> None:
    assert places(row(found, "positional")) == [("toy/ships/sail.py", 12)]
    assert places(row(found, "private imports")) == [("toy/ships/hull.py", 3)]
    assert places(row(found, "two or more")) == [("toy/harbour/quay.py", 1), ("toy/ships/sail.py", 4)]
    assert sorted(line for _, line in places(row(found, "bare literals"))) == [8, 11, 12, 13]


def test_a_circle_runs_through_functions_but_not_through_types(found: Report) -> None:
    """hull reads quay, quay reads sail inside a function, sail reads hull; hull names sail for its types alone."""
    (ring,) = row(found, "circles").worst
    assert ring.what == "toy.harbour.quay - toy.ships.hull - toy.ships.sail"


def test_no_circle_without_that_function(toy: Path, tmp_path: Path) -> None:
    copy = tmp_path / "toy"
    for path in toy.rglob("*.py"):
        target = copy / path.relative_to(toy)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text(encoding="utf-8").replace("import toy.ships.sail", "pass"), encoding="utf-8")
    assert row(report(copy), "circles").value == 0


def test_branches_are_counted_by_mccabe(tmp_path: Path) -> None:
    """1, and 1 more for each decision: here 10, which is not many, and with one `or` more 11, which is."""
    parts = ["for x in y: pass", "while y: pass", "z = 1 if x else 2", "z = x and y or z", "z = [x for x in y if x]"]
    parts += ["try: pass\n  except ValueError: pass", "if z: pass\n  elif x: pass"]
    for more, many in (("", 0), ("assert z or x", 1)):
        (tmp_path / "much").mkdir(exist_ok=True)
        body = "\n  ".join([*parts[:-1], "if z: pass", *([more] if more else [])])
        (tmp_path / "much" / "m.py").write_text(f"def f(x, y, z):\n  {body}\n", encoding="utf-8")
        assert row(report(tmp_path / "much"), "branches").value == 100 * many


def test_rooms_and_what_crosses_between_them(found: Report) -> None:
    assert {room.name: (room.files, room.arrows) for room in found.rooms} == {
        "toy": (0, 0),
        "toy.ships": (2, 1),
        "toy.harbour": (1, 0),
        "toy.harbour.inner": (1, 0),
        "toy.harbour.outer": (1, 0),
    }
    assert [(c.importer, c.imported, c.arrows) for c in found.crossings] == [
        ("toy.harbour.inner", "toy.harbour.outer", 1)
    ]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", REPO / "tools" / "figures.py", *arguments]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True)


def test_as_anyone_runs_it(toy: Path) -> None:
    """Alone, without this package or any other: -I shuts out what is around it."""
    shown = run(toy, "--worst", "1")
    assert shown.returncode == 0, shown.stderr
    assert "toy/ships/sail.py:12  hull.near(…)  7" in shown.stdout
    assert "Fava" in shown.stdout
    told = json.loads(run(toy, "--json").stdout)
    assert {f["row"]: f["value"] for f in told["figures"]}["modules"] == 10
    assert run().returncode == 0


def test_a_folder_without_python_is_said(tmp_path: Path) -> None:
    shown = run(tmp_path)
    assert shown.returncode == 2
    assert "holds no Python files" in shown.stderr
