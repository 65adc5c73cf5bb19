"""Write a case as a NegMAS scenario folder, so that NegMAS gives every outcome our value. INTEROP."""

from __future__ import annotations

import io
from pathlib import Path as FilePath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString as Quoted

from detente.dossier.foreign.imported import Names
from detente.dossier.foreign.negmas import ADDITIVE, BOXED
from detente.dossier.foreign.outcomes import Outcomes
from detente.dossier.schema import Dossier
from detente.errors import UsageError

_SPACE = "DiscreteCartesianOutcomeSpace"


def write_negmas(dossier: Dossier, folder: str | FilePath) -> tuple[FilePath, ...]:
    """Write one YAML file for the issues and one for each party; returns their paths.

    Raises UsageError where the case does not separate into issues and values, or the folder holds other YAML files
    (NegMAS would take them for parties).
    """
    outcomes, folder = Outcomes.of(dossier), FilePath(folder)
    names = Names()
    texts = {folder / f"{names.of(party)}.yml": _function(outcomes, party) for party in outcomes.worth}
    texts = {folder / f"{names.of(dossier.title, otherwise='domain')}.yml": _space(dossier, outcomes), **texts}
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: name a folder")
    strangers = [p.name for p in folder.glob("*.y*ml") if p not in texts] if folder.is_dir() else []
    if strangers:
        raise UsageError(f"{folder} holds other YAML files, which NegMAS would read too: {', '.join(strangers[:5])}")
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in texts.items():
        path.write_text(_yaml(content), encoding="utf-8")
    return tuple(texts)


def _space(dossier: Dossier, outcomes: Outcomes) -> dict[str, Any]:
    issues = [{"name": c.name, "type": "CategoricalIssue", "values": list(c.texts())} for c in outcomes.choices]
    return {"name": dossier.title, "type": _SPACE, "issues": issues}


def _function(outcomes: Outcomes, party: str) -> dict[str, Any]:
    """Tables with largest entry 1 and weights that restore the points; boxes where values count together."""
    reserved = float(outcomes.reserved[party])
    if outcomes.corners[party]:
        return {"type": BOXED, "name": party, "reserved_value": reserved, **_rectangles(outcomes, party)}
    weights, tables = [], []
    for choice, worth in zip(outcomes.choices, outcomes.worth[party], strict=True):
        weight = max(abs(w) for w in worth)
        mapping = {t: float(w / weight) if weight else 0.0 for t, w in zip(choice.texts(), worth, strict=True)}
        weights.append(float(weight))
        tables.append({"type": "TableFun", "mapping": mapping})
    return {"type": ADDITIVE, "name": party, "reserved_value": reserved, "weights": weights, "values": tables}


def _rectangles(outcomes: Outcomes, party: str) -> dict[str, Any]:
    """Every value with points of its own is a rectangle too."""
    ranges: list[dict[int, list[str]]] = []
    points: list[float] = []
    for i, (choice, worth) in enumerate(zip(outcomes.choices, outcomes.worth[party], strict=True)):
        for text, own in zip(choice.texts(), worth, strict=True):
            if own:
                ranges.append({i: [text]})
                points.append(float(own))
    for corner in outcomes.corners[party]:
        order = {i: outcomes.choices[i].texts() for i in sorted(corner.values)}
        ranges.append({i: [t for t in texts if t in corner.values[i]] for i, texts in order.items()})
        points.append(float(corner.points))
    return {"outcome_ranges": ranges, "utilities": points, "weights": [1.0] * len(points)}


def _yaml(content: dict[str, Any]) -> str:
    """YAML in which every text is quoted, since NegMAS reads YAML 1.1, where no is false and 18:00 is 1080."""

    def quoted(node: Any) -> Any:
        if isinstance(node, dict):
            return {quoted(k) if k not in content else k: quoted(v) for k, v in node.items()}
        return [quoted(n) for n in node] if isinstance(node, list) else Quoted(node) if isinstance(node, str) else node

    yaml, stream = YAML(), io.StringIO()
    yaml.default_flow_style, yaml.allow_unicode, yaml.width = False, True, 10_000
    yaml.dump(quoted(content), stream)
    return stream.getvalue()
