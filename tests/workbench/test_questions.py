"""`explain`, `gap`, `critical` and `frontier` as notebooks call them: on the small case, with two demands added."""

import json

import pytest

import detente as dt
from detente.errors import UsageError

OPPOSED = {
    "demands": {
        "no_gauges": {"by": "south", "firmness": "opening", "price": 3, "require": {"never": "gauges"}},
        "gauges_first": {"by": "north", "firmness": "opening", "price": 8, "require": {"in_force": "gauges"}},
    }
}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path / "home"))


@pytest.fixture
def river(tmp_path):
    dt.new(tmp_path / "river.yaml")
    return dt.load(tmp_path / "river.yaml")


def plain(result):
    """A result's JSON, as a program would read it."""
    return json.loads(json.dumps(result.to_json(), allow_nan=False))


def test_explain_says_what_excludes_what_and_the_ways_out(river, tmp_path):
    why = dt.explain(dt.apply(river, OPPOSED))
    said = plain(why)
    assert said["status"] == "none_exists"
    assert said["conflicts"] == [{"members": ["demands.no_gauges", "demands.gauges_first"], "proven_minimal": True}]
    assert said["complete"] is True
    assert [(c["give_up"], c["price"]) for c in said["concessions"]] == [
        (["demands.no_gauges"], 3.0),
        (["demands.gauges_first"], 8.0),
    ]
    for way in said["concessions"]:
        eased = dt.apply(dt.apply(river, OPPOSED), way["overlay"])
        assert dt.check(eased, way["plan"], openings=("north", "south")).ok
    files = why.write(tmp_path / "why")
    assert {"explain.html", "concession-1.json", "concession-2.json"} <= {f.name for f in files}
    overlay, _ = dt.read_overlay(tmp_path / "why" / "concession-1.json")
    assert overlay == said["concessions"][0]["overlay"]
    assert str(why).count("\n") >= 1


def test_explain_binds_all_openings_unless_told_otherwise(river):
    opposed = dt.apply(river, OPPOSED)
    assert dt.explain(opposed).found.question.openings == ("south", "north")
    assert dt.explain(opposed, openings="north").status == "satisfactory"
    assert dt.explain(opposed, openings="none").status == "satisfactory"
    with pytest.raises(UsageError, match="nobody"):
        dt.explain(opposed, openings="nobody")


def test_gap_compares_hopes_with_what_can_be_had(river, tmp_path):
    found = dt.gap(river)
    said = plain(found)
    for row in said["parties"].values():
        got = [v for v in row["gets"].values() if v is not None]
        assert row["can"]["proved"]
        assert max(got) <= row["can"]["bound"] + 1e-6
    assert {f.suffix for f in found.write(tmp_path / "gap")} >= {".html", ".png", ".csv"}
    assert found.tables()["gap"]


def test_critical_finds_the_flip_in_the_units_of_the_case(river):
    best = dt.gap(river, beliefs=False, gap=0).found.parties
    most = {row.party: row.can.value for row in best}
    changed = dt.apply(river, {"parties.north.walk_away": {"low": 0, "mode": 1, "high": 10 * most["north"]}})
    found = dt.critical(changed, success="none", only="parties.north.walk_away", jobs=1)
    (flip,) = plain(found)["numbers"]
    assert flip["status"] == "flips"
    assert flip["stated"] == 1
    assert (flip["from"], flip["to"]) == (0, 10 * most["north"])
    assert flip["flips_at"] == pytest.approx(most["north"], abs=6e-4 * 10 * most["north"])


def test_critical_names_the_numbers_that_it_knows(river):
    with pytest.raises(UsageError, match="no_deal"):
        dt.critical(river, only="parties.north.no_dael", jobs=1)


def test_frontier_of_a_roadmap_holds_checked_plans(river, tmp_path):
    found = dt.frontier(river, points=3)
    said = plain(found)
    assert said["distinct"] == len(said["points"]) >= 1
    for point in said["points"]:
        assert dt.check(river, point["plan"]).ok
    for rule in ("nash", "kalai_smorodinsky", "egalitarian", "utilitarian"):
        assert set(said[rule]["values"]) == set(said["parties"])
    assert "frontier.html" in {f.name for f in found.write(tmp_path / "frontier")}
    with pytest.raises(UsageError, match="walk-away"):
        dt.frontier(river, ignore_walk_away=True)


def test_runs_are_kept_and_told_again(river):
    why = dt.explain(dt.apply(river, OPPOSED))
    again = dt.show(why.provenance.run)
    assert again.to_json() == plain(why)
    assert again.sentences() == why.sentences()
    assert dt.show().runs[0].verb == "explain"


def test_an_assessment_carries_expectations_through_the_cache(river):
    first = dt.assess(river)
    again = dt.assess(river)
    assert again.provenance.cached
    assert first.expectations is not None
    assert plain(again)["gap"] == plain(first)["gap"]
    assert dt.assess(river, hopes=False).expectations is None


def test_a_design_with_its_inspections_names_the_regimes(tmp_path):
    """A fakes what B pays for unless it is inspected: only with the dearer regime is there a deal."""
    case = dt.from_dict(
        {
            "detente": 1,
            "title": "Worth inspecting",
            "start": "2020-01-01",
            "periods": ["2 x 1 year"],
            "interests": {
                "stock": {"unit": "t", "worst": 10, "best": 0},
                "money": {"unit": "m", "worst": 0, "best": 10},
            },
            "parties": {
                "a": {"discount": "0.05 /year", "stakes": {"stock": -4, "money": 10}, "response_time": 0},
                "b": {"discount": "0.05 /year", "stakes": {"stock": 10, "money": -4}, "response_time": 0},
            },
            "measures": {
                "destroy": {
                    "by": "a",
                    "effects": {"stock": {"level": -10}},
                    "undo": {"in": 0},
                    "verify": {
                        "by": "inspectors",
                        "detects": "0 %/year",
                        "regimes": {
                            "light": {"days": "10 /year", "detects": "1 %/year"},
                            "full": {"days": "90 /year", "detects": "90 %/year"},
                        },
                    },
                },
                "pay": {"by": "b", "effects": {"money": {"level": 10}}, "undo": {"in": 0}, "verify": "open"},
            },
            "demands": {"stock_gone": {"by": "b", "firmness": "red_line", "require": {"in_force": "destroy"}}},
        }
    )
    assert dt.design(case).status == "none_exists"
    found = dt.design(case, with_inspections=True)
    assert found.inspections == {"measures.destroy.verify.regime": "full"}
    assert dt.check(dt.apply(case, found.inspections), found.plan).ok
    assert dt.design(case, with_inspections=True).to_json()["entry"] == found.to_json()["entry"]
    assert dt.design(case, with_inspections=True, days=50).status == "none_exists"
    found.save(tmp_path / "plan.json")
    assert json.loads((tmp_path / "plan-inspections.json").read_text()) == found.inspections
    with pytest.raises(UsageError, match="with_inspections"):
        dt.design(case, days=5)
