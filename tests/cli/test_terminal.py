"""What a person at a terminal sees: 80 columns, readable without colour, help that teaches, quiet endings."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from detente import cli
from detente.cli.app import app
from detente.workbench import options, solving
from tests.faces import write_plan


def verbs(within=app, path=()):
    """(path of names, command) of every verb."""
    for name in within:
        if not name.startswith("-"):
            below = within[name]
            if below.default_command is None:
                yield from verbs(below, (*path, name))
            else:
                yield (*path, name), below


VERBS = dict(verbs())
FACE = {"--json", "--verbose", "-v"}
ASKED = {
    ("assess",): (options.AssessOptions, {"--out"}),
    ("design",): (options.DesignOptions, {"--out"}),
    ("explain",): (options.ExplainOptions, {"--out"}),
    ("gap",): (options.GapOptions, {"--out"}),
    ("answers",): (options.AnswersOptions, {"--out"}),
    ("critical",): (options.CriticalOptions, {"--out"}),
    ("frontier",): (options.FrontierOptions, {"--out"}),
    ("check",): (options.CheckOptions, set()),
    ("evaluate",): (options.EvaluateOptions, set()),
    ("compare",): (options.CompareOptions, set()),
    ("diff",): (options.DiffOptions, set()),
    ("new",): (options.NewOptions, set()),
    ("cases",): (options.Options, set()),
    ("schema",): (options.Options, set()),
    ("show",): (options.Options, {"--out"}),
    ("forget",): (options.ForgetOptions, set()),
    ("sheets", "export"): (options.SheetsOptions, set()),
    ("sheets", "import"): (options.ImportOptions, set()),
    ("import", "genius"): (options.ImportGeniusOptions, {"--out"}),
    ("import", "negmas"): (options.ImportCaseOptions, {"--out"}),
    ("import", "ktab"): (options.ImportCaseOptions, {"--out"}),
    **{("export", kind): (options.ExportOptions, {"--out"}) for kind in ("negmas", "ktab", "efg", "ics", "xlsx")},
    ("verify", "declaration"): (options.VerifyDeclarationOptions, {"--out"}),
    ("verify", "balance"): (options.VerifyBalanceOptions, {"--out"}),
    ("verify", "sample"): (options.VerifySampleOptions, {"--out"}),
    ("verify", "inspect"): (options.VerifyInspectOptions, {"--out"}),
    ("verify", "needs"): (options.NeedsOptions, {"--out"}),
}


def test_values_that_hang_on_exits_are_said_to_be_expectations(detente, case, plan):
    tired = case.read_text("utf-8") + "\nshocks: {tired: {ends: north, rate: 5 %/year}}\n"
    case.write_text(tired, "utf-8")
    for verb in (("design", case), ("assess", case), ("evaluate", case, plan)):
        assert "the deal may end by itself, where North (at any time) walks out" in " ".join(detente(*verb).out.split())


def test_every_verb_is_listed_here():
    assert set(VERBS) == set(ASKED)


@pytest.mark.parametrize("verb", ASKED, ids=" ".join)
def test_flags_are_the_options_and_nothing_more(verb):
    model, own = ASKED[verb]
    flags = {n for a in VERBS[verb].assemble_argument_collection() for n in a.names if n.startswith("-")}
    fields = {f"--{name.replace('_', '-')}": field for name, field in model.model_fields.items()}
    negated = {n.replace("--", "--no-", 1) for n, field in fields.items() if field.annotation is bool}
    emptied = {n.replace("--", "--empty-", 1) for n in fields}  # the app switches these off
    assert set(fields) | own | FACE <= flags
    assert flags - negated - emptied == set(fields) | own | FACE


@pytest.mark.parametrize("verb", ASKED, ids=" ".join)
def test_help_gives_a_sentence_and_an_example(detente, verb):
    said = detente(*verb, "--help")
    assert said.code == 0
    assert f"Example: detente {' '.join(verb)}" in said.out
    assert widest(said.out) <= 80
    assert "--empty-" not in said.out
    model, _ = ASKED[verb]
    text = re.sub(r"[\s│]+", " ", said.out)
    for field in model.model_fields.values():
        assert field.description in text


def test_help_and_version(detente):
    for argv in (["--help"], []):
        said = detente(*argv)
        assert said.code == 0
        assert "Exit codes" in said.out
        assert all(path[0] in said.out for path in VERBS)
        assert widest(said.out) <= 80
    assert detente("--version").out.startswith("detente 0.")


# --- answers ----------------------------------------------------------------------------------------------------


def widest(text):
    return max(len(line) for line in text.splitlines())


def test_assess(detente, case, monkeypatch):
    monkeypatch.chdir(case.parent)
    said = detente("assess", case.name)
    assert said.code == 0
    assert widest(said.out) <= 80
    assert not re.search(r"[\U0001F000-\U0001FAFF\x1b]", said.out)
    for heading in (
        "A river",
        "satisfactory deal",
        "Roadmap: full success, rule nash",
        "worth",
        "dangerous",
        "exposure",
    ):
        assert heading in said.out
    assert re.search(r"All opening positions together +none +no +none exists, proved", said.out)
    assert re.search(r"Full success +full +yes +deal found and checked", said.out)
    assert re.search(r"2025-04-01 +North +Free the fishermen +everyone", said.out)
    assert re.search(r"(On|Just after) \d+ \w+ \d{4}.*, North is closest to", " ".join(said.out.split()))
    assert re.search(r"Run [0-9a-f]{12}, .* detente show [0-9a-f]{12}", said.out)


@pytest.mark.slow
def test_assess_writes_its_report(detente, case, tmp_path):
    said = detente("assess", case, "--out", tmp_path / "report")
    assert said.code == 0
    assert f"Report: {tmp_path / 'report' / 'report.html'}" in said.out
    assert (tmp_path / "report" / "report.html").read_text("utf-8").startswith("<!")


def test_where_nothing_can_be_had(detente, case):
    said = detente("assess", case, "--set", "parties.north.walk_away=100000")
    assert said.code == 0
    assert "There is no roadmap to show" in said.out
    assert "proved" in said.out


def test_short_answers_fit(detente, case, plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DETENTE_HOME", "home")
    write_plan(tmp_path, "bad.json", release_water=None, gauges="2025-02-01")
    for argv in (
        ["design", case.name],
        ["design", case.name, "--openings", "south"],
        ["evaluate", case.name, "plan.json"],
        ["evaluate", case.name, "bad.json"],
        ["check", case.name, "bad.json"],
        ["compare", case.name, "plan.json", "bad.json"],
        ["diff", case.name, "--set", "parties.north.no_deal=-3 /year"],
        ["cases"],
        ["show"],
    ):
        said = detente(*argv)
        assert said.out, argv
        assert widest(said.out) <= 80, argv
        assert all(line == line.rstrip() for line in said.out.splitlines()), argv


def test_show_prints_what_the_verb_printed(detente, case):
    first = detente("assess", case).out
    run = re.search(r"Run ([0-9a-f]{12})", first)[1]
    again = detente("show", run[:5]).out
    assert again.splitlines()[:-2] == first.splitlines()[:-2]


def test_verbose_says_what_is_done_on_stderr(detente, case):
    said = detente("assess", case, "-v", "--json")
    assert said.json["verdicts"]
    assert "Minimal success" in said.err


def test_a_home_that_cannot_be_written_is_said_on_stderr(detente, case, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path / "file"))
    said = detente("design", case, "--json")
    assert said.code == 0
    assert said.json["status"] == "satisfactory"
    assert said.err.startswith("warning: this run is not kept")


def test_a_fault_is_one_line_and_a_way_to_report_it(detente, case, monkeypatch):
    def fail(*args: Any, **given: Any) -> None:
        raise ZeroDivisionError("a\nb")

    monkeypatch.setattr(solving, "design", fail)
    said = detente("design", case, "--json")
    assert (said.code, said.out) == (1, "")
    assert "unexpected ZeroDivisionError: a b" in said.err
    assert "report" in said.err
    monkeypatch.setenv("DETENTE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        detente("design", case)


def test_an_interrupt_is_quiet(detente, case, monkeypatch):
    def stop(*args: Any, **given: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(solving, "design", stop)
    said = detente("design", case)
    assert (said.code, said.out) == (130, "")
    assert "Nothing of this run was kept" in said.err


def test_what_a_terminal_without_unicode_shows():
    def spelt(text: str) -> str:
        return text.encode("ascii", errors="detente").decode()

    import codecs

    codecs.register_error("detente", cli._spelt)
    assert spelt("−3 – “a” détente 北") == '-3 - "a" detente ?'


# --- as a process -----------------------------------------------------------------------------------------------


def process(*argv: str | Path, **environment: str) -> list[Any]:
    command = [sys.executable, "-m", "detente", *map(str, argv)]
    return [command, {"env": os.environ | environment, "text": True}]


def test_stdout_is_json_and_nothing_else(case):
    """The solver's library prints a banner on stdout of its own accord; it must not get there."""
    command, how = process("design", case, "--json", "--no-cache")
    done = subprocess.run(command, capture_output=True, timeout=100, **how)
    assert done.returncode == 0
    assert __import__("json").loads(done.stdout)["status"] == "satisfactory"
    assert done.stderr == ""


def test_exit_codes_of_a_process(broken, case):
    for argv, code in ((["check", broken], 2), (["check", case], 0), (["design", case, "--time-limit", "1e-9"], 3)):
        command, how = process(*argv)
        assert subprocess.run(command, capture_output=True, timeout=100, **how).returncode == code


def test_a_reader_that_goes_away():
    command, how = process("schema")
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)
    child.stdout.close()
    said = child.stderr.read()
    child.stderr.close()
    assert child.wait(60) == 141
    assert said == ""


def test_an_ascii_terminal(case):
    command, how = process("assess", case, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    done = subprocess.run(command, capture_output=True, timeout=100, **how)
    assert done.returncode == 0
    assert done.stdout.isascii()


@pytest.mark.slow
def test_ctrl_c_in_the_middle_of_a_solve(tmp_path):
    command, how = process("assess", "korea-2018", "--no-cache", "-v")
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}  # where tests ignore it
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how, **heard)
    first = child.stderr.readline()
    time.sleep(1)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert "Assessing" in first
    assert child.returncode == 4
    assert "what has been found is kept" in err
    assert "Traceback" not in err
    assert "not decided" in out or "undecided" in out.lower()
