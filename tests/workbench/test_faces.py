"""Every verb's result is typed JSON: as its schema says, and read back it says the same."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import detente as dt
from detente.workbench.faces.face import JsonFace
from tests.dossier.foreign.test_ktab import TWO
from tests.faces import GOOD_PLAN
from tests.workbench.test_cache import ASKED
from tests.workbench.test_exchange import DOMAIN, PROFILE


def _genius(folder):
    (folder / "domain.xml").write_text(DOMAIN, encoding="utf-8")
    (folder / "buyer.xml").write_text(PROFILE.format(4, 1, 2, 4), encoding="utf-8")
    (folder / "seller.xml").write_text(PROFILE.format(1, 5, 3, 1), encoding="utf-8")
    return dt.import_genius(folder, folder / "sale.yaml")


def _negmas(folder):
    dt.export_negmas(_genius(folder).file, folder / "scenario")
    return dt.import_negmas(folder / "scenario")


def _ktab(folder):
    (folder / "actors.csv").write_text(TWO, "utf-8")
    return dt.import_ktab(folder / "actors.csv", folder / "actors.yaml")


def _sheets(case, folder):
    dt.export_sheets(case, folder / "case.xlsx")
    return dt.import_sheets(folder / "case.xlsx", folder / "case.yaml")


def _shown(case):
    """Runs of every kind; those that are told again as they were, too."""
    dt.design(case)
    dt.verify_sample("practice-store")
    return [dt.show(), *(dt.show(r.run) for r in dt.show().runs)]


MORE = {
    "check": lambda case, to: [dt.check(case), dt.check(case, {"entry": {"gauges": "2025-07-02"}})],
    "diff": lambda case, to: [dt.diff(case, set="parties.north.walk_away=3")],
    "cases": lambda case, to: [dt.cases()],
    "new": lambda case, to: [dt.new(), dt.new(to / "new.yaml")],
    "schema": lambda case, to: [dt.schema(), dt.schema("verbs")],
    "show": lambda case, to: _shown(case),
    "forget": lambda case, to: [dt.forget(dt.design(case).provenance.run)],
    "sheets export": lambda case, to: [dt.export_sheets(case, to / "sheets")],
    "sheets import": lambda case, to: [_sheets(case, to)],
    "import genius": lambda case, to: [_genius(to)],
    "import negmas": lambda case, to: [_negmas(to)],
    "import ktab": lambda case, to: [_ktab(to)],
    "export negmas": lambda case, to: [dt.export_negmas(_genius(to).file, to / "scenario")],
    "export ktab": lambda case, to: [dt.export_ktab(_ktab(to).file, to / "again.csv")],
    "export efg": lambda case, to: [dt.export_efg(case, GOOD_PLAN, to / "plan.efg")],
    "export ics": lambda case, to: [dt.export_ics(case, GOOD_PLAN, to / "plan.ics")],
    "export xlsx": lambda case, to: [dt.export_xlsx(case, GOOD_PLAN, to / "plan.xlsx")],
    "verify sample": lambda case, to: [dt.verify_sample("practice-store"), dt.verify_sample(items=120, mean_kg=2.0)],
    "verify declaration": lambda case, to: [dt.verify_declaration("dprk-2008"), dt.verify_declaration("dprk-2018")],
}


@pytest.mark.parametrize("row", dt.VERBS, ids=lambda row: row.name)
def test_a_result_is_as_its_schema_says_and_reads_back_equal(row, case, tmp_path: Path):
    results = MORE[row.name](case, tmp_path) if row.name in MORE else [ASKED[row.name](case)]
    kind = row.result_type()
    schema = jsonschema.Draft202012Validator(kind.json_schema())
    for result in results:
        told = json.loads(json.dumps(result.to_json(), allow_nan=False))
        schema.validate(told)
        read = kind.read(told)
        assert (read.to_json() if isinstance(read, JsonFace) else read) == told
        with pytest.raises(jsonschema.ValidationError):
            schema.validate([told])


def test_a_schema_asks_for_every_key_that_is_always_there():
    """Keys of a design that are left out where there is nothing are the only ones not required."""
    schema = dt.schema("verbs").to_json()["verbs"]
    design = next(row["result"] for row in schema if row["name"] == "design")
    assert set(design["properties"]) - set(design["required"]) == {"share", "inspections"}
