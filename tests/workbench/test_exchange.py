"""`import` and `export` as notebooks call them."""

import json

import pytest

import detente as dt
from detente.errors import DossierError, UsageError

DOMAIN = """<negotiation_template><utility_space><objective index="0" name="root" type="objective">
<issue index="1" name="Price" type="discrete" vtype="discrete">
<item index="1" value="low"/><item index="2" value="high"/></issue>
<issue index="2" name="When" type="discrete" vtype="discrete">
<item index="1" value="now"/><item index="2" value="later"/></issue>
</objective></utility_space></negotiation_template>"""
PROFILE = """<utility_space><objective index="0" name="root" type="objective">
<issue index="1" name="Price" type="discrete" vtype="discrete">
<item index="1" value="low" evaluation="{0}"/><item index="2" value="high" evaluation="{1}"/></issue>
<issue index="2" name="When" type="discrete" vtype="discrete">
<item index="1" value="now" evaluation="{2}"/><item index="2" value="later" evaluation="{3}"/></issue>
<weight index="1" value="0.6"/><weight index="2" value="0.4"/></objective></utility_space>"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sale").mkdir()
    (tmp_path / "sale" / "domain.xml").write_text(DOMAIN, encoding="utf-8")
    (tmp_path / "sale" / "buyer.xml").write_text(PROFILE.format(4, 1, 2, 4), encoding="utf-8")
    (tmp_path / "sale" / "seller.xml").write_text(PROFILE.format(1, 5, 3, 1), encoding="utf-8")
    return tmp_path / "sale"


def test_a_domain_becomes_a_case_that_every_verb_takes(folder, tmp_path, monkeypatch):
    """buyer: 0.6·(1 | ¼) + 0.4·(½ | 1); seller: 0.6·(⅕ | 1) + 0.4·(1 | ⅓)."""
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path / "home"))
    made = dt.import_genius(folder, tmp_path / "sale.yaml")
    assert made.file == tmp_path / "sale.yaml"
    found = dt.frontier(made.file).to_json()
    assert found["complete"] is True
    values = sorted((p["values"]["buyer"], p["values"]["seller"]) for p in found["points"])
    assert values == [
        pytest.approx(v) for v in [(0.35, 1.0), (0.55, 0.6 + 0.4 / 3), (0.8, 0.52), (1.0, 0.12 + 0.4 / 3)]
    ]
    assert found["nash"]["outcome"] == ["low", "now"]
    assert dt.design(made.file, rule="nash").values["buyer"].present == pytest.approx(0.8)
    assert dt.assess(made.file).verdicts["none"].status == "satisfactory"
    with pytest.raises(UsageError, match="overwrite it with ‘force’"):
        dt.import_genius(folder, tmp_path / "sale.yaml")
    profiles = dt.import_genius(folder, profiles="seller,buyer")
    assert list(profiles.dossier.parties) == ["seller", "buyer"]


def test_what_cannot_be_read_is_refused_with_its_line(folder):
    (folder / "seller.xml").write_text("<utility_space>\n<objective>", encoding="utf-8")
    with pytest.raises(DossierError) as refused:
        dt.import_genius(folder)
    assert all(f.file and f.line and f.remedy for f in refused.value.findings)


def test_scenarios_go_to_negmas_and_back(folder, tmp_path):
    made = dt.import_genius(folder, tmp_path / "sale.yaml")
    dt.export_negmas(made.file, tmp_path / "scenario")
    again = dt.import_negmas(tmp_path / "scenario")
    for case in (made.dossier, again.dossier):
        assert [len(g.of) for g in case.one_of.values()] == [2, 2]


def test_a_plan_goes_to_a_spreadsheet_a_calendar_and_a_game(tmp_path, monkeypatch):
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    dt.new("river.yaml")
    found = dt.design("river.yaml", success="minimal")
    plan = found.save("plan.json")
    for export, name in ((dt.export_xlsx, "p.xlsx"), (dt.export_ics, "p.ics"), (dt.export_efg, "p.efg")):
        assert export("river.yaml", plan, name).written == (tmp_path / name,) or (tmp_path / name).is_file()
    assert dt.check("river.yaml", "p.xlsx", success="minimal").ok
    named = json.loads(plan.read_text(encoding="utf-8"))
    named["provenance"]["case"] = "river.yaml"
    plan.write_text(json.dumps(named), encoding="utf-8")
    assert dt.export_ics(plan, None, "again.ics").written
    assert (tmp_path / "again.ics").read_bytes() == (tmp_path / "p.ics").read_bytes()
    assert dt.export_xlsx("river.yaml", None, "case.xlsx").written
    with pytest.raises(UsageError, match="name a plan"):
        dt.export_efg("river.yaml")
