"""The exact figures as plain data, against the independent oracle and against each other."""

import json

import pytest

from analysis.deviation import deviations
from analysis.revenue import benchmarks
from scenarios.experiment import Experiment, assemble
from scenarios.figures import NO_PLAN, deviation_figures, revenue_figures
from scenarios.scenario import parse
from scenarios.store import to_json
from tests import oracle
from tests.priors import SELLERS

KEYS = {
    *("scenario", "mechanism", "revenue", "prices", "rewards", "opt", "vickrey", "lookahead", "bound", "bound_holds"),
    *("truthful", "truthful_revenue", "opt_dual", "opt_gap", "opt_sound", "opt_route"),
    *("unit", "estimated", "standard_errors", "notes"),
}
VALUES = [[1, 3, 4], [2, 3, 6]]
TABLE = {(1, 2): 0.05, (1, 3): 0.05, (1, 6): 0.05, (3, 2): 0.1, (3, 3): 0.3, (3, 6): 0.05, (4, 3): 0.25, (4, 6): 0.15}
PAIR = {
    "name": "pair",
    "environment": {"values": VALUES},
    "prior": {"kind": "table", "profiles": list(map(list, TABLE)), "probabilities": list(TABLE.values())},
}
GOODS = {
    "environment": {"kind": "assignment", "goods": ["a", "b"], "valuations": [[[1, 2, 3]], [[2, 1, 3]]]},
    "prior": {"kind": "table", "profiles": [[0, 0]], "probabilities": [1.0]},
}


def made(kind: str = "L", base: dict = PAIR, seats=({"strategy": "truthful"},), **parameters) -> Experiment:
    mechanism = {"kind": kind, "epsilon": 0.06, "delta": 0.1, **parameters}
    return assemble(parse({**base, "mechanism": mechanism, "seats": list(seats)}))


def judge(**options) -> oracle.Game:
    """The same scenario for the oracle."""
    return oracle.Game(VALUES, list(TABLE.items()), list(TABLE), epsilon=0.06, delta=0.1, **options)


def test_the_benchmarks_are_the_oracle_s():
    figures = revenue_figures(made())
    assert figures["opt"] == pytest.approx(oracle.opt(VALUES, TABLE), abs=1e-9)
    assert figures["vickrey"] == pytest.approx(oracle.vickrey(judge()), abs=1e-12)
    assert figures["lookahead"] == pytest.approx(oracle.lookahead(judge()), abs=1e-12)
    assert figures["opt_dual"] == pytest.approx(figures["opt"], abs=1e-9)
    assert figures["opt_gap"] <= 1e-9


@pytest.mark.parametrize("ties", ["lowest-index", "uniform"])
@pytest.mark.parametrize("kind", ["M", "L", "L-printed"])
def test_truthful_prices_and_rewards_are_the_oracle_s(kind, ties):
    figures = revenue_figures(made(kind, ties=ties))
    exact = oracle.figures(judge(ties=ties), kind)
    if kind == "M":  # whose prices off the belief's support depend on the optimum found, and these are on it
        assert figures["rewards"] == pytest.approx(exact["rewards"], abs=1e-12)
    else:
        assert figures["prices"] == pytest.approx(exact["prices"], abs=1e-12)
        assert figures["rewards"] == pytest.approx(exact["rewards"], abs=1e-12)
    assert figures["revenue"] == figures["prices"] - figures["rewards"] == figures["truthful_revenue"]


@pytest.mark.parametrize("kind", SELLERS)
def test_figures_have_all_keys_and_are_plain(kind):
    figures = revenue_figures(made(kind))
    assert set(figures) == KEYS
    assert json.loads(to_json(figures)) == figures
    assert (figures["scenario"], figures["mechanism"], figures["truthful"]) == ("pair", kind, True)
    assert figures["notes"] == []


@pytest.mark.parametrize(
    ("kind", "bound"),
    [
        ("M", lambda opt: 0.9 * opt / 2 - 0.06),
        ("L", lambda opt: 0.9 * opt / 2 - 0.06),
        ("L-printed", lambda opt: 0.9 * opt / 2 - 0.06),
        ("lookahead", lambda opt: opt / 2),
        ("optimal", lambda opt: opt),
        ("vickrey", None),
    ],
)
def test_bounds_are_the_paper_s(kind, bound):
    figures = revenue_figures(made(kind))
    if bound is None:
        assert figures["bound"] is figures["bound_holds"] is None
    else:
        assert figures["bound"] == pytest.approx(bound(figures["opt"]), abs=1e-12)
        assert figures["bound_holds"] is True


def test_a_bound_can_be_missed():
    """With every seat announcing her lowest value nothing reaches half of OPT."""
    figures = revenue_figures(made("L", seats=[{"strategy": "misreport", "value": {"rule": "shade", "steps": 9}}]))
    assert figures["bound_holds"] is False
    assert not figures["truthful"]
    assert figures["revenue"] < figures["bound"] < figures["truthful_revenue"]


def test_several_goods_have_no_single_good_benchmarks():
    figures = revenue_figures(made("M", GOODS))
    assert figures["vickrey"] is figures["lookahead"] is None
    assert figures["opt"] == pytest.approx(4.0)  # b to the first for 2, a to the second for 2


def test_a_learner_has_no_exact_revenue_and_that_is_said():
    figures = revenue_figures(made(seats=[{"strategy": "empirical-best-response"}]))
    assert [figures[key] for key in ("revenue", "prices", "rewards", "bound_holds")] == [None] * 4
    assert figures["notes"] == [NO_PLAN]
    assert figures["truthful_revenue"] == pytest.approx(revenue_figures(made())["revenue"])


def test_a_price_that_falls_back_is_said():
    liar = {"strategy": "misreport", "value": "random", "belief": "mode"}
    figures = revenue_figures(made(seats=[liar]))
    (note,) = figures["notes"]
    assert "second bid" in note
    assert 0 < float(note.split()[2]) < 1


def test_benchmarks_can_be_handed_in():
    experiment = made()
    against = benchmarks(experiment.game)
    assert revenue_figures(experiment, against) == revenue_figures(experiment)


def test_deviations_come_with_every_row():
    experiment = made("L-printed")
    found = deviations(experiment.game)
    figures = deviation_figures(experiment, found)
    assert set(figures) == {
        *("scenario", "mechanism", "max_gain", "max_gain_value", "max_gain_belief", "unit", "notes", "rows"),
    }
    assert len(figures["rows"]) == len(found.table)
    assert figures["max_gain"] == max(row["gain"] for row in figures["rows"])
    assert {"seat", "type", "value_report", "belief_report", "gain"} <= set(figures["rows"][0])


def test_fines_are_told_apart_from_what_the_good_earns():
    lies = ({"strategy": "truthful"}, {"strategy": "misreport", "belief": "uniform"})
    found = revenue_figures(made("unanimity", seats=lies, penalty=7.0))
    assert found["prices"] == 0.0
    assert found["revenue"] == -found["rewards"] == 14.0
    assert any("fines of 14" in note for note in found["notes"])
    assert not any("fines" in note for note in revenue_figures(made("unanimity"))["notes"])
