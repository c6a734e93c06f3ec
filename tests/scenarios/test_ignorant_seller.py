"""The page of `ignorant-seller`: every figure on it, and what it says of them."""

import re
from functools import cache

import numpy as np
import pytest

from scenarios.comparison import compare
from scenarios.experiment import assemble
from scenarios.scenario import load, shipped
from tests import oracle

OWN, HERE, ALL = 'knowledge={kind="own-value"}', "run.seed=1", 'knowledge={kind="complete"}'
PAGE = shipped()["ignorant-seller"].read_text(encoding="utf-8")
QUOTED = [
    *[(HERE, kind, "revenue", "139.81") for kind in ("optimal", "deterministic", "k-lookahead")],
    (HERE, "lookahead", "revenue", "136.09"),
    (HERE, "vickrey", "revenue", "121.16"),
    *[(HERE, kind, "revenue", "124.74") for kind in ("lazy-reserves", "eager-reserves")],
    (HERE, "english", "revenue", "123.04"),
    (HERE, "myerson", "revenue", "137.24"),
    (HERE, "posted-prices", "revenue", "108.83"),
    (HERE, "L", "revenue", "134.94"),
    (HERE, "M", "revenue", "129.9"),
    (HERE, "L-lazy-reserves", "revenue", "133.46"),
    (HERE, "cremer-mclean", "revenue", "143.39"),
    (HERE, "cremer-mclean", "worst_interim", "-30.868"),
    (HERE, "cremer-mclean", "worst_ex_post", "-39.008"),
    (HERE, "cremer-mclean", "revenue_if_losers_stay_out", "74.803"),
    (HERE, "first-price", "revenue", "143.39"),
    (HERE, "first-price", "max_gain", "39"),
    (HERE, "unanimity", "revenue", "138.14"),
    (HERE, "perfect-information", "revenue", "115.61"),
    (OWN, "L", "revenue", "134.17"),
    (OWN, "M", "revenue", "127.55"),
    (OWN, "cremer-mclean", "revenue_if_losers_stay_out", "143.39"),
    (OWN, "perfect-information", "revenue", "103.56"),
    (ALL, "L", "revenue", "141.14"),
    (ALL, "M", "revenue", "133.93"),
    (ALL, "cremer-mclean", "revenue_if_losers_stay_out", "79.485"),
    (ALL, "perfect-information", "revenue", "141.27"),
]


@cache
def compared(change: str) -> dict:
    """The comparison on the scenario with one change, and its rows by name."""
    names = list(dict.fromkeys(kind for _, kind, _, _ in QUOTED))
    figures = compare(assemble(load("ignorant-seller", overrides=[change])), names)
    return figures | {"rows": {row["mechanism"]: row for row in figures["mechanisms"]}}


@pytest.mark.parametrize(("change", "kind", "field", "figure"), QUOTED)
def test_the_page_quotes_what_compare_prints(change, kind, field, figure):
    digits = len(figure.partition(".")[2])
    assert compared(change)["rows"][kind][field] == pytest.approx(float(figure), abs=0.5 * 10.0**-digits * (1 + 1e-9))
    assert re.search(rf"(?<![\d.]){re.escape(figure.lstrip('-'))}(?![\d]|\.\d)", PAGE)


def test_opt_and_the_largest_welfare():
    figures = compared(HERE)
    assert figures["opt"] == pytest.approx(139.81, abs=0.005)
    assert figures["largest_welfare"] == pytest.approx(143.39, abs=0.005)
    assert figures["opt_sound"]


def test_the_two_that_take_all_there_is_take_the_expected_highest_value():
    experiment = assemble(load("ignorant-seller"))
    grids, space = experiment.environment.values, experiment.space
    highest = [max(grid[k] for grid, k in zip(grids, row, strict=True)) for row in space.profiles]
    for kind in ("cremer-mclean", "first-price"):
        assert compared(HERE)["rows"][kind]["revenue"] == pytest.approx(float(space.weights @ np.array(highest)))


def test_where_truth_lasts():
    assert not compared(HERE)["rows"]["first-price"]["truthful_is_equilibrium"]
    assert not compared(HERE)["rows"]["perfect-information"]["truthful_is_equilibrium"]
    assert not compared(OWN)["rows"]["perfect-information"]["truthful_is_equilibrium"]
    assert compared(ALL)["rows"]["perfect-information"]["truthful_is_equilibrium"]
    assert all(
        compared(change)["rows"][kind]["truthful_is_equilibrium"] for change in (OWN, HERE, ALL) for kind in "LM"
    )


def test_only_those_that_ask_for_beliefs_earn_another_sum_when_the_mills_know_more():
    rows = [compared(change)["rows"] for change in (OWN, HERE, ALL)]
    for kind, row in rows[0].items():
        moved = [other[kind]["revenue"] != pytest.approx(row["revenue"]) for other in rows[1:]]
        assert any(moved) == (kind in ("L", "M", "L-lazy-reserves", "perfect-information")), kind


def test_l_and_m_as_the_oracle_has_them():
    """Prices and rewards of truthful play, worked out by code of its own."""
    experiment = assemble(load("ignorant-seller"))
    grids, space = experiment.environment.values, experiment.space
    states = [
        (tuple(int(grid[k]) for grid, k in zip(grids, row, strict=True)), float(weight))
        for row, weight in zip(space.profiles, space.weights, strict=True)
    ]
    cells = [((v[0], v[1]), (v[1], v[2]), (v[2],)) for v, _ in states]
    slow = oracle.Game([grid.tolist() for grid in grids], states, cells, epsilon=0.5, delta=0.02)
    for kind in ("L", "M"):
        exact = oracle.figures(slow, kind)
        row = compared(HERE)["rows"][kind]
        assert row["prices"] == pytest.approx(exact["prices"], abs=1e-9)
        assert row["rewards"] == pytest.approx(exact["rewards"], abs=1e-9)
