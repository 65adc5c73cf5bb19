"""Figures draw the assessment's own numbers, name their run, and make files of every kind."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from detente.dossier import loads
from detente.dossier.quantities import Number
from detente.report.assessment.charts import figures
from detente.report.roadmap.progress import KEPT, LEAST, MOST, NO_DEAL, interest_rows
from tests.report.conftest import BARE

ALL = ["roadmap", "values", "temptation", "exposure", "detection", "progress", "interests"]


def test_each_figure_is_there_where_it_has_data(everything, starter, bare, nothing):
    assert list(figures(everything)) == ALL
    assert list(figures(starter)) == ["roadmap", "values", "temptation", "exposure", "detection"]
    assert list(figures(bare)) == ["roadmap", "values", "temptation"]
    assert figures(nothing) == {}


def test_every_caption_names_the_run(everything):
    drawn = figures(everything, "0123456789ab")
    assert all("run 0123456789ab" in f.caption for f in drawn.values())
    assert all("minimal success" in f.caption for f in drawn.values())
    for figure in drawn.values():
        assert "0123456789ab" in json.dumps(figure.spec(titled=True))


def test_every_figure_makes_a_picture_and_a_table(everything):
    for figure in figures(everything, "r").values():
        assert figure.svg().startswith("<svg")
        assert len(figure.table.rows) == len(figure.rows) > 0
    assert figures(everything)["values"].png(scale=1).startswith(b"\x89PNG")


def test_pictures_do_not_share_ids(everything):
    import re

    seen = [set(re.findall(r'id="([^"]+)"', f.inline_svg())) for f in figures(everything).values()]
    assert len(set().union(*seen)) == sum(len(ids) for ids in seen)


def test_the_roadmap_has_a_row_for_each_measure(everything):
    rows = figures(everything)["roadmap"].rows
    assert sorted(r["measure"] for r in rows) == sorted(m for m, d in everything.plan.entry.items() if d)
    lanes = list(dict.fromkeys(r["lane"] for r in rows))
    assert lanes == ["East <i>", "West & Co", "Together"]


def test_a_long_roadmap_grows(bare):
    from dataclasses import replace

    from detente.model.plan import Plan

    more = ", ".join(
        f"m{i}: {{title: Measure {i}, by: a, effects: {{x: {{level: 1}}}}, verify: open}}" for i in range(60)
    )
    dossier = loads(BARE.replace("measures: {", f"measures: {{{more}, "))
    plan = Plan(dict.fromkeys(dossier.measures, dossier.start))
    chart = figures(replace(bare, dossier=dossier, plan=plan))["roadmap"]
    assert len(chart.rows) == 61
    assert chart.spec()["height"] >= 61 * 18
    svg = chart.svg()
    assert all(f"Measure {i}<" in svg for i in range(60))


def test_temptation_draws_the_least_slack_of_every_moment(everything):
    rows = figures(everything)["temptation"].rows
    names = {p.name: p_id for p_id, p in everything.dossier.parties.items()}
    kinds = {"breaking out": "breakout", "cheating in secret": "covert"}
    for r in rows:
        here = [
            s.slack
            for s in everything.proof.slacks
            if (s.party, s.kind, s.date, s.moment)
            == (names[r["party"]], kinds[r["tempted_to"]], r["date"], r["moment"])
        ]
        assert r["margin"] == min(here)
    assert min(r["margin"] for r in rows) == pytest.approx(everything.dangerous.slack, abs=1e-9)
    assert sum(r["tightest"] for r in rows) == len({r["party"] for r in rows})


def test_exposure_draws_the_tightest_of_every_kind_and_moment_of_the_proof(everything):
    rows = figures(everything)["exposure"].rows
    least: dict[tuple[object, ...], float] = {}
    for s in (s for s in everything.proof.slacks if s.kind in ("exposure", "secret_exposure")):
        key = (s.kind, s.party, s.other, s.measure, s.years, s.moment)
        least[key] = min(s.keep, least.get(key, s.keep))
    assert sorted(-r["loss"] for r in rows) == pytest.approx(sorted(least.values()))
    assert {r["limit"] for r in rows} == {30.0}
    assert max(r["loss"] for r in rows if r["tightest"]) == pytest.approx(-everything.exposure[0].keep)


def test_lines_over_time_run_in_order_of_the_moments(everything):
    turn = ("before", "after", "between")
    for name, by in (("temptation", ("party", "tempted_to")), ("exposure", ("party", "if_broken_by", "by"))):
        lines: dict[tuple[object, ...], list[tuple[float, int]]] = {}
        for r in figures(everything)[name].rows:
            lines.setdefault(tuple(r[k] for k in by), []).append((r["years"], turn.index(r["moment"])))
        assert all(line == sorted(line) for line in lines.values())
        assert any(side == 2 for line in lines.values() for _, side in line)


def test_charts_are_the_same_each_time(starter):
    once, again = figures(starter, "r"), figures(starter, "r")
    assert [f.svg() for f in once.values()] == [f.svg() for f in again.values()]
    assert [f.spec() for f in once.values()] == [f.spec() for f in again.values()]


def test_a_legend_names_only_what_is_drawn(everything, bare):
    drawn = {name: json.dumps(figures(a)["temptation"].spec()) for name, a in (("all", everything), ("bare", bare))}
    assert "cheating in secret" in drawn["all"]
    assert "cheating in secret" not in drawn["bare"]


def test_a_bound_is_drawn_where_the_level_comes_near_it(everything):
    def lines(**bounds):
        guns = everything.dossier.interests["guns"].model_copy(
            update={side: Number(value=value) for side, value in bounds.items()}
        )
        dossier = everything.dossier.model_copy(update={"interests": {**everything.dossier.interests, "guns": guns}})
        return {r["line"]: r["level"] for r in interest_rows(replace(everything, dossier=dossier))}

    assert {KEPT, NO_DEAL} == set(lines())
    assert lines(least=20, most=1000)[LEAST] == 20
    assert MOST not in lines(least=20, most=1000)
    assert MOST in lines(most=50)
