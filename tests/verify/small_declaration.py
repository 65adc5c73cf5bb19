"""A small declaration in which everything closes; tests break one thing at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from detente.dossier.setting import plain
from detente.dossier.text.yaml import parse
from detente.errors import Finding
from detente.verify.declaration.closure import RuleResult, closure
from detente.verify.declaration.files import loads, reads
from detente.verify.declaration.statement import Declaration

SMALL = """
declaration: 1
title: Ruritania's nuclear material
by: ruritania
actors: {ruritania: {}, agency: {name: The Agency}, court: {}, others: {}}
verifiers: [agency]
arbiter: court
statements:
  initial: {by: ruritania, to: agency, on: 2020-03-01, source: INF/1}
claims:
  pu: {statement: initial, material: plutonium, counts: produced, total: {mean: 12, sd: 1.2}, operations: [run]}
  sep: {statement: initial, material: plutonium, counts: separated, total: {mean: 10, sd: 1}, operations: [run]}
  heu: {statement: initial, material: heu, assay: 90 %, total: {mean: 10, sd: 0.1}, operations: [cascade]}
materials:
  metal: {claim: pu, role: stock, form: metal, mass: {mean: 8, sd: 0.1}, at: store}
  cans: {claim: pu, role: waste, mass: {mean: 500 g, sd: 50 g}, at: store}
  gone: {claim: pu, role: lost, mass: {mean: 0.5, sd: 0.2}}
  rods: {claim: pu, role: stock, form: spent fuel, mass: {mean: 3, sd: 0.3}, at: reactor}
  solution: {claim: sep, role: stock, form: nitrate, mass: {mean: 10, sd: 0.3}, at: plant}
  product: {claim: heu, role: stock, mass: {mean: 10, sd: 0.1}, at: hall}
sites: {hill: {name: The Hill}}
facilities:
  reactor: {site: hill, kind: reactor, begun: 2009-01-01}
  plant: {site: hill, kind: reprocessing, begun: 2010-01-01}
  hall: {site: hill, kind: enrichment, begun: 2015-01-01}
  store: {site: hill, kind: store}
operations:
  run:
    reactor: reactor
    begun: 2010-01-01
    ended: 2012-01-01
    power: {mean: 22.5 MW, sd: 1.5}
    capacity_factor: {mean: 75 %, sd: 8 %}
    grams_per_mwd: {mean: 0.95, sd: 0.05}
    discharged: 2012-03-01
    separated: 2013-03-01
    separated_at: plant
    recovered: {mean: 85 %, sd: 3 %}
    am241_pu241: {mean: 0.406, sd: 0.01}
    sampled: 2020-03-01
    source: logs
  cascade:
    plant: hall
    begun: 2016-01-01
    ended: 2017-01-01
    capacity: {mean: 2500, sd: 100}
    availability: 90 %
    feed: {mass: {mean: 2182.5, sd: 5}, assay: 0.711 %}
    product: {mass: {mean: 10, sd: 0.1}, assay: 90 %}
    tails: {mass: {mean: 2172.5, sd: 5}, assay: 0.3 %}
    source: logs
transfers:
  shipped: {claim: pu, material: plutonium, from: plant, to: store, sent: 2013-05-01, received: 2013-05-03, mass: 8 kg}
items:
  - {id: "1", at: store, of: metal, mass: {mean: 4, sd: 0.01}}
  - {id: "2", at: store, of: metal, mass: {mean: 4, sd: 0.01}}
estimates:
  others: {by: others, material: plutonium, amount: {mean: 12, sd: 1}, as_of: 2020-01-01, source: a study}
"""


def changed(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The small declaration as a raw document, with dotted paths set anew (None takes the field out)."""
    document: dict[str, Any] = plain(parse(SMALL).document)
    for path, value in changes.items():
        node: Any = document
        *way, last = path.split(".")
        for step in way:
            node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
        key: Any = int(last) if isinstance(node, list) else last
        if value is None:
            del node[key]
        else:
            node[key] = value
    return document


def small(**changes: Any) -> Declaration:
    """The small declaration; `a__b=value` sets a.b."""
    return loads(json.dumps(changed({k.replace("__", "."): v for k, v in changes.items()})))


def findings(**changes: Any) -> list[Finding]:
    return reads(json.dumps(changed({k.replace("__", "."): v for k, v in changes.items()})), "small.json")[1]


def results(rule: str, path: str = "", **changes: Any) -> list[RuleResult]:
    """The results of one rule on the changed declaration."""
    return [r for r in closure(small(**changes)) if r.rule == rule and r.path.startswith(path)]
