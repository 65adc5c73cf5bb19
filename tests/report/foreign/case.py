"""A small case in which a plan has every kind of step: in parts, jointly, verified later, already done, seen by all."""

from __future__ import annotations

from detente.dossier import loads
from detente.model.plan import Plan

CASE = """
detente: 1
title: "River – 강 = water; more, or less"
start: 2024-01-31
periods: [6 x 3 months]
interests: {water: {unit: m3, worst: 0, best: 10}, guns: {unit: guns, worst: 10, best: 0}}
parties:
  up: {name: "=Up", discount: 5 %/year, stakes: {water: -2, guns: 6}, response_time: 1 month, no_deal: -1 /year}
  down: {name: Down, discount: 5 %/year, stakes: {water: 8, guns: -2}, response_time: 1 month}
measures:
  release:
    {title: "+Release water", by: up, takes: 2 months, effects: {water: {level: 6}}, undo: {in: 1 month}, phase: First,
     verify: {by: "Gauge, Ltd", detects: 90 %/year, delay: 1 month, confirms_in: 2 months}}
  scrap: {by: down, takes: 9 months, effects: {guns: {level: -5}}, divisible: true, verify: open,
          needs: {verified: [release]}}
  meet: {title: Meet, by: [up, down], effects: {}, verify: open}
  survey: {by: up, effects: {water: {level: 1}}, undo: {in: 1 month}, after: [meet],
           verify: {by: down, detects: 50 %/year, confirms_in: 1 year}}
  never: {by: up, effects: {water: {level: 1}}, verify: open}
state: {in_force: {meet: {since: 2023-05-01}, survey: {since: 2023-08-31}}}
demands:
  soon: {by: down, firmness: opening, require: {in_force: release, by: 2024-04-30}}
  vain: {by: down, firmness: preference, require: {in_force: never, by: 2024-04-30}}
  half: {by: up, firmness: preference, require: {progress: disarmament, at_least: 40 %, by: 2025-01-01}}
progress: {disarmament: {scrap: 1}}
links: {step_by_step: {share: {release: 1}, at_most: disarmament, ahead_by: 20 %}}
success: {minimal: [{in_force: release, by: 2024-04-30}], full: [{progress: disarmament, at_least: 100 %}]}
"""
DOSSIER = loads(CASE)
THIRD = 0.30000000000000004
"""A share that a cell with 16 digits would round."""
PLAN = Plan.read(
    DOSSIER,
    {
        "entry": {"release": "2024-04-30"},
        "share": {"scrap": [["2024-07-31", THIRD], ["2024-10-31", 0.5], ["2025-01-31", 1.0]]},
    },
)
