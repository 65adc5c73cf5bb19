"""The bundled case with the plan that the whole room is tried on."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from detente import design, load
from detente.dossier.schema import Dossier
from detente.model.judge.check import Verdict, check
from detente.model.plan import Plan


class Designed(NamedTuple):
    dossier: Dossier
    plan: Plan
    verdict: Verdict


@pytest.fixture(scope="session")
def korea(tmp_path_factory: pytest.TempPathFactory) -> Designed:
    """The bundled case, and its best plan for minimal success."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DETENTE_HOME", str(tmp_path_factory.mktemp("home")))
        dossier = load("korea-2018")
        plan = design(dossier, success="minimal").plan
    assert plan is not None
    return Designed(dossier, plan, check(dossier, plan, success="minimal"))
