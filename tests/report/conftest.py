"""Assessments to report on: one that has everything, one that has next to nothing, and some without a plan."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from detente.design.questions.assessment import Assessment, assess
from detente.dossier import load, loads
from detente.errors import Finding

NASTY = '</script><script>alert(1)</script> & "quotes" \' {{ 7*7 }} <!--'
EVERYTHING = f"""
detente: 1
title: {json.dumps(NASTY)}
summary: "Every section has something to say: <b>bold</b>"
sources: {{memo: "A memo, https://example.org/memo?a=1&b=<2>"}}
start: 2024-03-31
periods: [6 x 3 months, 2 x 6 months]
interests:
  guns: {{title: Guns, unit: guns, worst: 40, best: 0, course: [[2024-03-31, 30], [2027-03-31, 60]], source: "census"}}
  money: {{title: "=cmd()|'/c calc'!A1", unit: million USD/yr, worst: 0, best: 100, source: "assumption: budget"}}
  talks: {{unit: rounds, worst: 0, best: 4, course: [[2024-03-31, 1]]}}
parties:
  east:
    name: East <i>
    discount: {{low: 4 %/year, mode: 6 %/year, high: 9 %/year, source: "assumption: patient", confidence: low}}
    stakes: {{guns: -10, money: {{value: 40, source: "memo, https://example.org/money"}}, talks: 5}}
    no_deal: -3 /year
    collapse_cost: 5
    response_time: 1 month
  west:
    name: West & Co
    discount: 8 %/year
    stakes: {{guns: 40, money: -10, talks: 5}}
    walk_away: 1 /year
    collapse_cost: 5
    exposure_limit: 30
    response_time: 1 month
  watcher: {{name: Watcher, consents: false, discount: 5 %/year, stakes: {{talks: 1}}}}
measures:
  freeze:
    title: {json.dumps("Freeze " + NASTY)}
    by: east
    takes: 3 months
    effects: {{guns: {{level: -5, per_year: {{rate: -4, for: 2 years}}}}}}
    undo: {{in: 2 months}}
    verify: {{by: watcher, detects: 95 %/year, delay: 1 month, confirms_in: 3 months}}
    terms: [freeze]
  scrap:
    title: -Scrap half
    by: east
    takes: 6 months
    effects: {{guns: {{level: -10}}}}
    undo: never
    verify: {{by: "a stranger", detects: 95 %/year, delay: 1 month}}
    after: [freeze]
  pay: {{title: "@Pay", by: west, effects: {{money: {{level: 60}}}}, undo: {{in: 1 month}}, verify: open,
         divisible: true, takes: 9 months}}
  meet: {{by: [east, west], effects: {{talks: {{level: 2, once: 1}}}}, undo: {{in: 1 month}}, verify: open}}
  hotline: {{title: Hotline, by: [east, west], effects: {{talks: {{level: 1}}}}, undo: {{in: 1 week}}, verify: open}}
  surrender: {{title: Surrender, by: east, effects: {{guns: {{level: -30}}}}, verify: open}}
interactions: {{both: {{all: [freeze, meet], effects: {{talks: {{level: 1}}}}}}}}
demands:
  all_now: {{title: All now, by: west, firmness: opening, price: 5, require: {{in_force: surrender, by: 2024-03-31}}}}
  never_that: {{by: east, firmness: red_line, require: {{never: surrender}}}}
  few_guns: {{by: west, firmness: preference, price: 2 /year,
              require: {{interest: guns, at_most: 5, from: 2025-03-31}}}}
  order: {{by: east, firmness: opening, price: 1, require: {{before: [meet, scrap]}}}}
progress: {{disarmament: {{freeze: 40, scrap: 60}}}}
links: {{pay_as_you_go: {{share: {{pay: 100}}, at_most: disarmament, ahead_by: 10 %}}}}
terms: {{freeze: {{east: nothing new is built, west: nothing moves}}}}
side_conditions: [{{needs: meet, before: freeze, written: false, source: "said in the corridor"}}]
success:
  minimal: [{{in_force: freeze, by: 2025-03-31}}]
  full: [{{progress: disarmament, at_least: 100 %, by: 2027-03-31}}, {{interest: guns, at_most: 1}}]
state: {{as_of: 2024-03-31, in_force: {{hotline: {{since: 2020-01-15}}}}}}
history: [{{date: 2024-06, what: "It <em>failed</em>", measure: freeze, source: papers, confidence: high}}]
"""
BARE = """
detente: 1
title: Bare
start: 2024-01-01
periods: [2 x 1 year]
interests: {x: {unit: u, worst: 0, best: 1}}
parties: {a: {discount: 5 %/year, stakes: {x: 1}, response_time: 1 month}}
measures: {do: {by: a, effects: {x: {level: 1}}, verify: open}}
"""
FINDINGS = (
    Finding("dossier.term", "warning", "a term with <two> readings", "cases/case.yaml", 3, 5, "terms.x", "=fix it"),
)
PROVENANCE = {
    "run": "0123456789ab",
    "dossier": "sha256:feed",
    "options": {"rule": "nash", "gap": 0.005, "openings": []},
    "versions": {"detente": "0.1.0"},
    "overlays": [],
    "seed": None,
    "cached": False,
}


@pytest.fixture(scope="session")
def everything() -> Assessment:
    return assess(loads(EVERYTHING), time_limit=60)


@pytest.fixture(scope="session")
def starter() -> Assessment:
    return assess(load("starter"), time_limit=60)


@pytest.fixture(scope="session")
def bare() -> Assessment:
    return assess(loads(BARE), time_limit=60)


@pytest.fixture(scope="session")
def nothing(everything: Assessment) -> Assessment:
    """As where every question was answered: none exists."""
    verdicts = {
        name: replace(v, status="none_exists", plan=None, verdict=None, objective=None, bound=None, gap=None)
        for name, v in everything.verdicts.items()
    }
    without = {
        "shown": None,
        "plan": None,
        "proof": None,
        "values": {},
        "dangerous": None,
        "exposure": (),
        "footing": None,
    }
    return replace(everything, verdicts=verdicts, **without)


@pytest.fixture(scope="session")
def stopped(nothing: Assessment) -> Assessment:
    """As where the search stopped before any plan was found."""
    verdicts = {name: replace(v, status="undecided", bound=12.5) for name, v in nothing.verdicts.items()}
    return replace(nothing, verdicts=verdicts)
