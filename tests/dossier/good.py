"""A small dossier that uses everything that DESIGN §3 and ANSWERS §1–§3 offer, as text with lines to break."""

GOOD = """\
detente: 1
title: Two neighbours and a dam
start: 2020-01-31
periods: [4 x 3 months, 2 x 1 year]
sources: {gauge: River gauge records}
interests:
  arms: {unit: t, worst: 10, best: 0, least: 0, most: 20, course: [[2020-01-31, 5], [2022-01-31, 8]]}
  money:
    unit: USD/yr
    worst: 0
    best: 100
parties:
  east:
    name: East
    discount: 8 %/year
    stakes: {arms: -10, money: {low: 10, mode: 20, high: 30, source: survey}}
    no_deal: -2 /year
    exposure_limit: 40
    response_time: 3 months
  west:
    discount: {value: 5 %/year, source: guess, confidence: low}
    stakes: {arms: 30, money: -5}
    response_time: 1 month
  agency: {consents: false, discount: 6 %/year, no_deal: {course: [[2020-01-31, -1], [2021-06-30, -2]], source: guess}}
measures:
  cut:
    title: Cut arms to the ceiling
    by: east
    takes: 3 months
    effects: {arms: {level: -5, per_year: {rate: -0.1, for: 5 years}}}
    undo: {in: 6 months, keeps: 10 %}
    verify: {by: agency, detects: 90 %/year, delay: 1 month, false_alarms: 2 %/year}
    if_over: {arms: {level: -1 t}}
    terms: [ceiling]
  pay:
    by: [west]
    effects: {money: {level: 40}}
    undo: {in: 0}
    verify: open
    after: [cut]
  pay_more:
    by: west
    effects: {money: {level: 20}}
    undo: {in: 1 month, falls: always}
    verify: {covert: false, regimes: {close: {effects: {money: {once: -1}}}}, regime: close, by: agency}
    needs: {verified: [cut]}
one_of: {how: {exactly: false, of: [[pay], [pay_more]]}}
interactions: {both: {all: [cut, {any: [pay, pay_more]}], effects: {money: {level: 1}}}}
capacity: {inspectors: {limit: 300 days/year, uses: {cut: 120}}}
demands:
  soon: {by: west, firmness: opening, price: 3, require: {in_force: cut, by: 2021-01-31}}
  no_more: {by: west, firmness: preference, require: {never: pay_more}}
  first: {by: west, firmness: red_line, price: 5, require: {before: [cut, pay]}}
  ceiling: {by: west, firmness: preference, require: {interest: arms, at_most: 5, from: 2021-01-31}}
  half: {by: west, firmness: preference, require: {progress: done, at_least: 50 %, by: 2021-01-31}}
progress: {done: {cut: 100}}
links: {follows: {share: {pay: 40, pay_more: 60}, at_most: done, ahead_by: 50 %}}
views: {west: {parties.east.no_deal: -5 /year}}
types: {east: {serious: {prior: {west: 30 %}, changes: {}}, not: {changes: {parties.east.stakes.arms: -60}}}}
shocks: {election: {at: 2020-11-03, chance: 50 %, changes: {parties.west.stakes.money: -20}},
  fall: {ends: east, rate: 2 %/year}, vote: {ends: west, at: 2020-11-03, chance: 10 %}}
terms: {ceiling: {east: five tonnes, west: five tonnes}}
side_conditions: [{needs: cut, before: pay_more, written: true}]
scenarios:
  patient:
    title: A patient East
    changes: {parties.east.discount: 2 %/year}
success: {minimal: [{in_force: cut, by: 2021-01-31}], full: [{in_force: pay}]}
state: {as_of: 2020-01-31}
history: [{date: 2019-05, what: Talks open}]
disagreement: no_deal
"""


ANSWERED = f"""{GOOD}\
answers:
  pause: {{title: Pay stops, to: cut, stops: [pay_more], for: {{one_of: [6 months, 1 year]}}, cure: 3 months, cost: 4}}
"""
"""The same with answers, of which it is said that they are menus, and touch an interaction."""


def broken(before: str, after: str, text: str = GOOD) -> str:
    """The good dossier, or another, with one passage replaced."""
    assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times in the good dossier"
    return text.replace(before, after)
