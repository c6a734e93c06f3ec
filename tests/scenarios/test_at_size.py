"""Scenarios whose profiles are not listed: their figures against the same scenario listed, and what refuses."""

import json

import pytest
import tomli_w
from click.testing import CliRunner

from analysis.deviation import deviations
from mechanisms.optimal import limits
from scenarios import pictures
from scenarios.at_size import deviations_at_size
from scenarios.cli import main
from scenarios.errors import BadInput
from scenarios.experiment import Experiment, assemble
from scenarios.figures import deviation_figures, revenue_figures
from scenarios.priors import prior
from scenarios.runner import run
from scenarios.scenario import parse
from scenarios.store import to_json
from tests.scenarios.test_figures import KEYS

STATES = {
    "kind": "mixture",
    "components": [
        {"weight": 0.4, "name": "low", "marginals": [[0.6, 0.3, 0.1]]},
        {"weight": 0.6, "name": "high", "marginals": [[0.1, 0.4, 0.5]]},
    ],
}
BASE = {
    "name": "four",
    "environment": {"players": 4, "values": [[1, 2, 5]]},
    "prior": {"kind": "independent", "marginals": [[0.5, 0.3, 0.2]]},
    "mechanism": {"kind": "L", "epsilon": 0.2, "delta": 0.1},
    "run": {"rounds": 20, "worlds": 70},
}
PRIORS = {"product": {}, "mixture": {"prior": STATES, "knowledge": {"kind": "state", "insiders": [1]}}}
HUGE = {
    **BASE,
    "environment": {"players": 1000, "grid": {"from": 1, "to": 100, "step": 1}},
    "prior": {"kind": "independent", "marginals": "uniform"},
    "run": {"rounds": 2, "worlds": 3},
}


@pytest.fixture
def never_listed(monkeypatch):
    """Priors made of factors are not listed, however small."""
    monkeypatch.setattr(prior, "MAX_STATES", 0)


def made(which: str, kind: str = "L", *, score: str = "brier", **changes) -> Experiment:
    mechanism = BASE["mechanism"] | {"kind": kind} | ({} if score == "brier" else {"score": score})
    return assemble(parse({**BASE, **PRIORS[which], "mechanism": mechanism, **changes}))


def both(monkeypatch, which: str, kind: str, **changes) -> tuple[Experiment, Experiment]:
    """The scenario listed, and not."""
    listed = made(which, kind, **changes)
    monkeypatch.setattr(prior, "MAX_STATES", 0)
    factored = made(which, kind, **changes)
    assert listed.game.listed
    assert not factored.game.listed
    return listed, factored


@pytest.mark.parametrize("kind", ["L", "L-printed", "M", "M-lookahead", "vickrey", "lookahead", "first-price"])
@pytest.mark.parametrize("which", PRIORS)
def test_revenue_is_that_of_the_listed_game(monkeypatch, which, kind):
    listed, factored = both(monkeypatch, which, kind)
    exact, found = revenue_figures(listed), revenue_figures(factored)
    errors = found["standard_errors"]
    for name in ("revenue", "prices", "rewards", "truthful_revenue", "vickrey", "lookahead"):
        error = errors.get(name, 0.0)
        assert abs(found[name] - exact[name]) <= 4 * error + 1e-9, name
        assert error < 0.1
    assert found["opt_lower"] - 1e-9 <= exact["opt"] <= found["opt_upper"] + 1e-9
    assert found["opt_upper"] - found["opt_lower"] < (1e-9 if which == "product" else 2.0)
    assert found["bound_holds"] in (None, exact["bound_holds"])
    assert set(found) == KEYS | {"opt_lower", "opt_upper", "samples"}
    assert json.loads(to_json(found)) == found
    assert found["estimated"] == bool(errors) == any("estimated" in note for note in found["notes"])


def test_closed_forms_leave_nothing_to_estimate(never_listed):
    found = revenue_figures(made("product", "vickrey"))
    assert found["revenue"] == pytest.approx(found["vickrey"], abs=1e-12)
    assert "revenue" not in found["standard_errors"]
    assert found["opt_route"] == "myerson"


@pytest.mark.parametrize("which", PRIORS)
def test_deviations_are_those_of_the_listed_game(monkeypatch, which):
    listed, factored = both(monkeypatch, which, "L")
    found = deviations_at_size(factored, samples=600, seats=None, types=None, values=None, other_types=0)
    exact = deviations(listed.game, other_types=0).table
    keys = ["seat", "type", "value_report", "belief_report"]
    merged = exact.merge(found.table, on=keys, suffixes=("_exact", ""), validate="one_to_one")
    assert len(merged) > 40
    missed = abs(merged["gain"] - merged["gain_exact"]) > 4.5 * merged["standard_error"] + 1e-9
    assert not missed.any()
    figures = deviation_figures(factored, found)
    assert figures["estimated"]
    assert (
        figures["max_gain_bounds"]["lower"] <= exact["gain"].max() + 1e-9 <= figures["max_gain_bounds"]["upper"] + 2e-9
    )


def test_a_run_says_what_is_estimated(never_listed, tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_VARIABLES", 1)
    result = run(parse({**BASE, **PRIORS["mixture"]}), out=tmp_path / "four")
    revenue = result.tables["revenue"].set_index("figure")
    assert revenue["exact"].isna()["L as played"]
    assert revenue["estimated_error"]["L as played"] > 0
    assert revenue["exact"].notna()["Vickrey"]
    assert {"OPT, at least", "OPT, at most"} <= set(revenue.index)
    assert (
        abs(revenue["estimated"] - revenue["simulated"])["L as played"] < 4.5 * revenue["standard_error"]["L as played"]
    )
    assert "knowledge" not in result.tables
    report = (tmp_path / "four" / "report.html").read_text()
    assert "OPT is not solved" in report
    assert "estimated" in report
    again = run(tmp_path / "four" / "scenario.toml", write=False)
    assert to_json(again.figures) == to_json(result.figures)


def test_processes_leave_the_same_bits():
    changes = {"environment": {"players": 16, "values": [[1, 2, 5]]}, "run": {"rounds": 4, "worlds": 70}}
    lies = {"seats": [{"strategy": "misreport", "value": "shade"}]}
    scenario = parse({**BASE, **PRIORS["mixture"], **changes, **lies})
    one, two = (run(scenario, write=False, workers=workers) for workers in (1, 2))
    assert to_json(one.figures) == to_json(two.figures)
    for name, table in one.tables.items():
        assert table.equals(two.tables[name]), name


def test_lies_are_simulated_and_that_is_said(never_listed):
    found = revenue_figures(made("product", seats=[{"strategy": "misreport", "value": "shade"}]))
    assert found["revenue"] is found["bound_holds"] is None
    assert any("simulated only" in note for note in found["notes"])


@pytest.fixture
def huge(tmp_path, monkeypatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pictures, "draw", lambda *arguments: None)
    (tmp_path / "huge.toml").write_text(tomli_w.dumps(HUGE))
    return "huge.toml"


@pytest.mark.parametrize(
    "command", ["dominance", "equilibria", "coalitions", "second-order", "drift", "learn", "compare", "export"]
)
def test_what_needs_a_list_refuses_in_one_sentence(huge, tmp_path, command):
    more = ["--format", "gambit", "--out", "game.nfg"] if command == "export" else []
    result = CliRunner().invoke(main, [command, huge, *more], catch_exceptions=False)
    assert result.exit_code == 2
    (said,) = [line for line in result.stderr.splitlines() if line.startswith("crowdbayes:")]
    assert said.startswith("crowdbayes: huge.toml:")
    assert "needs a list of all profiles of types, and with some 10^2000 of them there is none" in said
    assert "run, revenue and deviations" in said
    assert [path.name for path in tmp_path.iterdir()] == ["huge.toml"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('mechanism.kind="M"', "M-lookahead solves none"),
        ('mechanism.kind="cremer-mclean"', "10^2000 profiles"),
        ('knowledge.kind="complete"', "player 0 has"),
        ('seats=[{strategy="best-response"}]', "seats[0]"),
    ],
)
def test_what_does_not_fit_refuses_in_one_sentence(huge, change, said):
    result = CliRunner().invoke(main, ["revenue", huge, "--set", change], catch_exceptions=False)
    assert result.exit_code == 2
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("crowdbayes:")]
    assert said in line


def test_learners_do_not_play_at_size(huge):
    with pytest.raises(BadInput, match="needs a list of all profiles"):
        run(huge, overrides=['seats=[{strategy="hedge"}]'], write=False)


def test_a_thousand_bidders_on_one_screen(huge):
    result = CliRunner().invoke(main, ["revenue", huge, "--samples", "130"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "±" in result.stdout
    assert "Myerson's closed form, certified" in result.stdout
    assert "estimated" in result.stdout


@pytest.mark.parametrize(("score", "told"), [("brier", True), ("logarithmic", False)])
def test_beliefs_that_a_score_cannot_tell_apart_are_counted(score, told):
    changes = {"environment": {"players": 40, "values": [[1, 2, 5]]}, "prior": STATES}
    experiment = made("product", knowledge={"kind": "state", "insiders": [0]}, **changes, score=score)
    found = deviations_at_size(experiment, samples=50, seats=1, types=1, values=1, other_types=2)
    assert any("cannot tell" in note for note in deviation_figures(experiment, found)["notes"]) == told
