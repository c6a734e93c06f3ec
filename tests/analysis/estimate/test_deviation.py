"""Estimated deviation gains against the exact surface of the same game listed, and their own standard errors."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.deviation import deviations
from analysis.estimate.deviation import estimated_deviations
from analysis.estimate.findings import COLUMNS, Bounds, EstimatedDeviations, Tried
from analysis.estimate.scores import paid_score
from mechanisms.beliefs import mixture, product
from tests.analysis.estimate.standin import StandIn, random_standin

KEYS = ["seat", "type", "value_report", "belief_report"]
ELICITING = {"epsilon": 0.5, "delta": 0.2}
OPTIONS = {"L": ELICITING, "L-printed": ELICITING, "M": ELICITING, "unanimity": {}, "vickrey": {}, "first-price": {}}


def seed(*numbers):
    return np.random.SeedSequence(list(numbers))


def both(game, **options):
    """Return a table of exact and estimated gains of the same reports, side by side."""
    options = {"samples": 400, "seed": seed(0), "most": 4, "other_types": 3, **options}
    found = estimated_deviations(game, **options)
    exact = deviations(game.listed, other_types=options["other_types"]).table
    assert len(exact) == len(found.table)
    return found, exact.merge(found.table, on=KEYS, suffixes=("_exact", ""), validate="one_to_one")


@pytest.mark.parametrize("name", OPTIONS)
def test_every_gain_within_its_error(name):
    """Over random priors and kinds of knowledge, all reports of all types; the exact ones to rounding."""
    options, scores = OPTIONS[name], []
    for k in range(15):
        game = random_standin(k, name, components=1 + k % 3, **options)
        found, table = both(game, seed=seed(k))
        assert len(table) == len(found.table)
        np.testing.assert_allclose(table["probability"], table["probability_exact"], atol=1e-12)
        np.testing.assert_array_equal(table["value"], table["value_exact"])
        error = (table["gain"] - table["gain_exact"]).to_numpy()
        still = (table["standard_error"] < 1e-9).to_numpy()
        scores.append(error[~still] / table["standard_error"].to_numpy()[~still])
        if name in ("L", "M"):
            honest = (table["value_report"] == table["value"]).to_numpy()
            assert (table["stage"][honest] == "exact").all()
            np.testing.assert_allclose(error[honest], 0.0, atol=1e-12)
        missed = abs(error[still]) > 1e-9
        assert missed.mean() < 0.05 if len(missed) else True  # a sample can miss what is rare
    means = np.array([each.mean() for each in scores if len(each)])  # a game's errors depend on each other
    assert abs(means.mean()) < 3.3 / np.sqrt(len(means))
    assert np.quantile(abs(np.concatenate(scores)), 0.95) < 2.6


@pytest.mark.parametrize("name", ["first-price", "L-printed"])
def test_standardised_errors_of_the_best_gain_are_standard_normal(name):
    """The figure for the report that looked best is not biased by having been chosen; chi-square from both sides."""
    fresh, chosen = [], []
    for k in range(150):
        game = random_standin(1000 + k, name, kind="own-value", components=1 + k % 2, most=4, **OPTIONS[name])
        found, table = both(game, samples=60, fresh=600, seed=seed(1, k), other_types=0, most=1)
        if not len(table):
            continue
        row = table.loc[table["first_gain"].idxmax()]
        assert row["stage"] == "fresh" or not row["standard_error"]
        assert found.max_gain.mean == row["gain"]
        if row["standard_error"] > 1e-9:
            fresh.append((row["gain"] - row["gain_exact"]) / row["standard_error"])
            chosen.append(row["first_gain"] - row["gain_exact"])
    fresh = np.array(fresh)
    assert len(fresh) > 60
    assert 1e-3 < stats.chi2.sf((fresh**2).sum(), len(fresh)) < 1 - 1e-3
    assert abs(fresh.mean()) < 3.3 / np.sqrt(len(fresh))
    assert np.mean(chosen) > 0.0  # what the second stage is for


@pytest.mark.parametrize("name", ["first-price", "L"])
def test_bounds_hold_the_exact_maximum(name):
    missed = 0
    for k in range(60):
        game = random_standin(2000 + k, name, **OPTIONS[name])
        found, table = both(game, samples=200, seed=seed(2, k), other_types=1)
        bounds = found.bounds(0.9)
        if not len(table):
            assert np.isnan(bounds.upper)
            continue
        assert bounds.lower <= bounds.upper
        assert found.bounds(0.99).upper >= bounds.upper
        top = table["gain_exact"].max()
        missed += not bounds.lower - 1e-9 <= top <= bounds.upper + 1e-9
    assert missed <= 60 * 0.1 + 3 * np.sqrt(60 * 0.1 * 0.9)


def test_the_gains_of_over_reporting_in_l_as_printed():
    """THEORY 6.2: two ninths of epsilon without the lottery, one half thousandth less than nothing with it."""
    prior = product([np.full(3, 1 / 3)] * 2)
    game = StandIn("L-printed", [[1, 2, 3]] * 2, prior, epsilon=1.0, conditioning="at-least")
    found = estimated_deviations(game, samples=2000, seed=seed(3))
    assert found.max_gain_value.mean == pytest.approx(2 / 9, abs=1e-9)  # the rival's bid is the stratum
    assert found.max_gain_belief.mean == pytest.approx(1 / 18, abs=1e-9)
    row = found.best().loc[1]
    assert (row["value"], row["value_report"]) == (2, 3)


def test_nothing_is_sampled_for_a_score_in_closed_form():
    game = random_standin(5, "L", components=2, **ELICITING)
    found, table = both(game)
    own = table[table["value_report"] == table["value"]]
    assert len(own)
    assert (own["stage"] == "exact").all()
    assert (own["samples"] == 0).all()
    np.testing.assert_allclose(own["gain"], own["gain_exact"], atol=1e-12)
    assert found.max_gain_belief.standard_error == 0.0


@pytest.mark.parametrize("score", ["brier", "spherical", "logarithmic"])
@pytest.mark.parametrize("name", ["L", "L-printed", "M"])
def test_every_score(name, score):
    """The logarithmic score is sampled: minus infinity where a report calls something possible impossible."""
    game = random_standin(3, name, kind="own-value", score=score, **ELICITING)
    assert (paid_score(game.mechanism) is None) == (score == "logarithmic" or name == "L-printed")
    _, table = both(game, samples=4000)
    endless = np.isinf(table["gain_exact"].to_numpy())
    assert endless.any() == (score == "logarithmic")
    np.testing.assert_array_equal(np.isinf(table["gain"]), endless)
    close = table[~endless]
    assert (abs(close["gain"] - close["gain_exact"]) <= 5 * close["standard_error"] + 1e-9).all()


def test_memory_and_the_other_seats_change_nothing():
    """A row at a time, or columns in parts, or one seat only: the same profiles, so the same figures to rounding."""
    game = random_standin(12, "L-printed", kind="state", **ELICITING)
    whole = estimated_deviations(game, samples=40, seed=seed(6), other_types=2).table
    numeric = ["gain", "standard_error", "first_gain", "samples"]
    for memory in (1, 20_000):
        part = estimated_deviations(game, samples=40, seed=seed(6), other_types=2, memory=memory).table
        pd.testing.assert_frame_equal(part[KEYS], whole[KEYS])
        np.testing.assert_allclose(part[numeric].to_numpy(float), whole[numeric].to_numpy(float), atol=1e-9)
    few = estimated_deviations(game, samples=40, seed=seed(6), other_types=2, seats=1)
    mine = whole[whole["seat"] == 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(few.table, mine)
    assert not estimated_deviations(game, samples=40, seed=seed(7), other_types=2).table.equals(whole)


def test_what_was_tried_is_said():
    game = StandIn("vickrey", [[1, 2, 3, 4, 5]] * 3, product([np.full(5, 0.2)] * 3))
    found = estimated_deviations(game, samples=50, seed=seed(8), seats=2, types=3)
    assert found.scope == "2 of 3 seats, 6 of 10 of their types, every value report, 1 belief report"
    assert sorted(set(found.table["seat"])) == [0, 2]
    assert sorted(set(found.table["value"])) == [1, 3, 5]
    assert list(found.table.columns) == COLUMNS
    assert found.max_gain.mean <= 0.0


def test_nothing_to_report_is_no_error():
    game = StandIn("vickrey", [[3], [3]], product([[1.0]] * 2))
    found = estimated_deviations(game, samples=50, seed=seed(9))
    assert list(found.table.columns) == COLUMNS
    assert not len(found.table)
    assert np.isnan(found.max_gain.mean)
    assert np.isnan(found.bounds().upper)


def test_bounds_by_hand():
    rows = {"gain": [1.0, 2.0, 0.5], "standard_error": [0.0, 1.0, 0.1], "stage": ["exact", "first", "fresh"]}
    found = EstimatedDeviations(pd.DataFrame(rows), Tried(1, 1), Tried(1, 1))
    bounds = found.bounds(0.95)
    assert isinstance(bounds, Bounds)
    assert bounds.lower == 1.0  # 0.5 - 1.96 * 0.1 and the exact 1
    assert bounds.upper == pytest.approx(2.0 + stats.norm.isf(0.025 / 2), abs=1e-6)


def test_refusals():
    game = StandIn("vickrey", [[1, 2]] * 2, product([[0.5, 0.5]] * 2))
    with pytest.raises(ValueError, match="at least one report is tried again, not 0"):
        estimated_deviations(game, samples=50, seed=seed(0), finalists=0)
    with pytest.raises(ValueError, match="at least one is looked at, not 0"):
        estimated_deviations(game, samples=50, seed=seed(0), seats=0)
    with pytest.raises(ValueError, match="1 samples are too few for 2 strata, which take 4"):
        estimated_deviations(game, samples=1, seed=seed(0))


def test_components_reach_the_insiders():
    """Insiders' reports depend on the component; a cell that rules components out keeps the numbers of the rest."""
    parts = [product([[1.0, 0.0], [0.5, 0.5]]), product([[0.3, 0.7], [0.2, 0.8]]), product([[0.4, 0.6], [0.9, 0.1]])]
    game = StandIn("L", [[1, 3]] * 2, mixture([0.2, 0.3, 0.5], parts), "state", {"insiders": [1]}, **ELICITING)
    _, table = both(game, samples=3000)
    assert (abs(table["gain"] - table["gain_exact"]) <= 5 * table["standard_error"] + 1e-9).all()
