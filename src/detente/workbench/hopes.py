"""Gaps and critical numbers as JSON, and back: an assessment carries them, so the cache has to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from detente.dossier import Dossier
from detente.workbench.results import finite

if TYPE_CHECKING:
    from detente.design.questions.critical import Critical
    from detente.design.questions.gap import Claims, Gap, Hope

Json = dict[str, Any]


def gap_json(g: Gap) -> Json:
    """The gap table; values are present values in each party's points."""
    return {
        "status": g.status,
        "success": g.question.success,
        "parties": {
            row.party: {
                "consents": row.consents,
                "walk_away": row.walk_away,
                "asks": _hope(row.asks),
                "thinks": _hope(row.thinks),
                "can": _hope(row.can),
                "gets": {rule: finite(v) for rule, v in row.gets.items()},
                "belief_less_reality": finite(row.illusion),
                "hopeless": list(row.hopeless),
                "unsettled": list(row.unsettled),
                "without": None if row.without is None else asdict(row.without),
            }
            for row in g.parties
        },
        "rules": dict(g.rules),
        "hopes_together": g.together,
        "share_of_hopes": finite(g.share),
        "beliefs": [_renamed(asdict(b), RANGE) for b in g.beliefs],
        "finished": g.finished,
        "claims": None if g.claims is None else _claims(g.claims),
    }


def _claims(c: Claims) -> Json:
    return {
        "together": c.together,
        "there_is": finite(c.there_is),
        "at_most": finite(c.most),
        "exceed": finite(c.exceed),
        "proved": c.proved,
    }


RANGE = {"low": "from", "high": "to"}


def _renamed(data: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    return {names.get(k, k): v for k, v in data.items()}


def _hope(hope: Hope | None) -> Json | None:
    if hope is None:
        return None
    return {
        "value": finite(hope.value),
        "bound": finite(hope.bound),
        "in_truth": {p: finite(v) for p, v in hope.values.items()},
        "breaks": list(hope.breaks),
        "proved": hope.proved,
    }


def gap_of(dossier: Dossier, data: Mapping[str, Any]) -> Gap:
    """The gap table that was stored."""
    from detente.design.plan.problem import Question
    from detente.design.questions.gap import Belief, Claims, Gap, PartyGap, Without

    rows = tuple(
        PartyGap(
            party=party,
            consents=row["consents"],
            walk_away=row["walk_away"],
            asks=_hope_of(row["asks"]),
            thinks=_hope_of(row["thinks"]),
            can=_known(_hope_of(row["can"])),
            gets=dict(row["gets"]),
            hopeless=tuple(row["hopeless"]),
            unsettled=tuple(row["unsettled"]),
            without=None if row["without"] is None else Without(**row["without"]),
        )
        for party, row in data["parties"].items()
    )
    claims = data["claims"]
    return Gap(
        dossier,
        Question(data["success"]),
        data["status"],
        rows,
        dict(data["rules"]),
        data["hopes_together"],
        data["share_of_hopes"],
        tuple(Belief(**_renamed(b, {v: k for k, v in RANGE.items()})) for b in data["beliefs"]),
        data["finished"],
        None if claims is None else Claims(claims["together"], claims["there_is"], claims["at_most"]),
    )


def _hope_of(data: Mapping[str, Any] | None) -> Hope | None:
    from detente.design.questions.gap import Hope

    if data is None:
        return None
    return Hope(data["value"], data["bound"], dict(data["in_truth"]), tuple(data["breaks"]), data["proved"])


def _known(hope: Hope | None) -> Hope:
    if hope is None:
        raise ValueError("a party's best deal is missing")
    return hope


def critical_json(c: Critical) -> Json:
    """The numbers, the nearest to a flip first; `from` and `to` are the range searched, in the number's unit."""
    return {
        "verdict": c.verdict,
        "success": c.question.success,
        "numbers": [_renamed(asdict(f), RANGE) for f in c.numbers],
        "pairs": [asdict(p) for p in c.pairs],
        "finished": c.finished,
    }


def critical_of(dossier: Dossier, data: Mapping[str, Any]) -> Critical:
    """The critical numbers that were stored."""
    from detente.design.plan.problem import Question
    from detente.design.questions.critical import Critical, Flip, PairFlip

    back = {v: k for k, v in RANGE.items()}
    pairs = tuple(
        PairFlip(**p | {"paths": tuple(p["paths"]), "flips_at": p["flips_at"] and tuple(p["flips_at"])})
        for p in data["pairs"]
    )
    flips = tuple(Flip(**_renamed(f, back)) for f in data["numbers"])
    return Critical(dossier, Question(data["success"]), data["verdict"], flips, pairs, data["finished"])
