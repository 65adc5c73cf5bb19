"""What strangers did to the command line: it answers, or says what is wrong, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from detente.dossier import starter

DETENTE = [sys.executable, "-m", "detente"]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "DETENTE_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "ours.yaml"
    path.write_text(starter("Ours"), encoding="utf-8")
    return path


def run(*arguments: str | bytes | Path, home: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [*DETENTE, *arguments]
    return subprocess.run(command, env=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100)


def test_a_file_whose_name_is_no_text_is_answered_and_kept(case: Path, home: dict[str, str]) -> None:
    strange = os.fsencode(case.parent) + b"/b\xff.yaml"
    with open(strange, "wb") as file:
        file.write(case.read_bytes())
    done = run("design", strange, home=home)
    assert done.returncode == 0, done.stderr
    assert "Run " in done.stdout
    again = run("design", strange, home=home)
    assert again.returncode == 0, again.stderr


def test_a_closed_standard_output_is_no_fault_of_ours(home: dict[str, str]) -> None:
    command = f"{sys.executable} -m detente cases >&-"
    done = subprocess.run(["sh", "-c", command], env=home, stderr=subprocess.PIPE, text=True, timeout=100)
    assert "fault of détente" not in done.stderr
    assert "AttributeError" not in done.stderr


def test_a_whole_dossier_as_an_overlay_is_warned_of(case: Path, home: dict[str, str]) -> None:
    done = run("check", case, "--overlay", case, "--json", home=home)
    assert "dossier.whole_overlay" in {f["code"] for f in json.loads(done.stdout)["findings"]}


def test_a_record_without_what_it_must_have_is_no_run(case: Path, home: dict[str, str]) -> None:
    assert run("design", case, home=home).returncode == 0
    (record,) = Path(home["DETENTE_HOME"]).rglob("*.json")
    told = json.loads(record.read_text(encoding="utf-8"))
    del told["title"]
    record.write_text(json.dumps(told), encoding="utf-8")
    done = run("show", record.stem, home=home)
    assert done.returncode == 2
    assert "fault of détente" not in done.stderr


def test_a_calendar_written_again_has_its_revision(case: Path, tmp_path: Path, home: dict[str, str]) -> None:
    plan, out = tmp_path / "plan.json", tmp_path / "plan.ics"
    assert run("design", case, "--out", plan, home=home).returncode == 0
    assert run("export", "ics", case, plan, "--out", out, home=home).returncode == 0
    assert b"SEQUENCE:1" not in out.read_bytes()
    told = json.loads(plan.read_text(encoding="utf-8"))
    moved = dict.fromkeys(told["entry"])
    plan.write_text(json.dumps({**told, "entry": moved, "share": {}}), encoding="utf-8")
    assert run("export", "ics", case, plan, "--out", out, home=home).returncode == 0
    assert b"STATUS:CANCELLED" in out.read_bytes()


def children(of: int) -> set[int]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        if int(text.rpartition(")")[2].split()[1]) == of:
            found.add(int(stat.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see processes")
def test_no_worker_outlives_its_parent(home: dict[str, str]) -> None:
    command = [*DETENTE, "assess", "korea-2018", "--no-cache", "--no-keep", "--jobs", "3"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=home, stdin=quiet, stdout=quiet, stderr=quiet) as parent:
        workers: set[int] = set()
        for _ in range(600):
            workers = children(parent.pid)
            if len(workers) >= 3:  # two workers beside it, and who watches over their resources
                break
            time.sleep(0.1)
        assert len(workers) >= 3
        parent.send_signal(signal.SIGTERM)
        parent.wait(60)
    for _ in range(600):
        left = {pid for pid in workers if Path(f"/proc/{pid}").exists()}
        if not left:
            break
        time.sleep(0.1)
    assert left == set()
