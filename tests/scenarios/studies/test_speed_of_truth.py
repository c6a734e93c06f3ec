"""The speed of truth: paces beside theory, the fit beside NumPy's, and the page that ships."""

import re

import numpy as np
import pandas as pd
import pytest

from scenarios.experiment import assemble
from scenarios.learning import casts
from scenarios.library.studies import speed_of_truth
from scenarios.market import Market
from scenarios.scenario import load
from tests.scenarios.studies.shipped import check_page, check_regenerated


def page() -> str:
    return check_page("speed-of-truth", speed_of_truth)


def times(label: str, epsilons, rounds) -> pd.DataFrame:
    parts = [
        speed_of_truth._times(speed_of_truth._played(label, e, n, 10)).assign(epsilon=e)
        for e, n in zip(epsilons, rounds, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def test_the_signal_is_a_sixth_of_epsilon_times_a_distance() -> None:
    """The uninformed: posteriors .68 and .32 mixes of 4:1 and 1:4 pairs; her gap is epsilon / 6 by 0.2592."""
    one = times("fictitious-play", (1.5,), (10,)).set_index(["seat", "type"])
    boom, bust = np.outer([0.2, 0.8], [0.2, 0.8]), np.outer([0.8, 0.2], [0.8, 0.2])
    high, low = 0.8 * boom + 0.2 * bust, 0.2 * boom + 0.8 * bust
    assert one["gap"][0, "2"] == pytest.approx(1.5 / 6 * ((high - low) ** 2).sum())
    assert one["gap"][1, "2 | state=boom"] == pytest.approx(1.5 / 6 * ((boom - bust) ** 2).sum())


def test_fictitious_play_is_as_fast_at_any_epsilon() -> None:
    found = times("fictitious-play", (6.0, 0.75), (300, 300))
    fast, faint = (found[found["epsilon"] == e]["round"].to_numpy() for e in (6.0, 0.75))
    assert abs(fast - faint).max() <= 6
    assert fast.max() < 150


def test_hedge_slows_down_about_with_the_square_of_the_signal() -> None:
    found = times("hedge", (1.5, 0.75), (2400, 5000))
    fit = speed_of_truth._fit("hedge", found)
    assert fit["never"] == 0
    assert 1.4 < fit["exponent"] < 2.6


def test_the_fit_is_that_of_a_regression_with_a_constant_for_each_type() -> None:
    rng = np.random.default_rng(3)
    rows = [
        {"seat": 0, "type": kind, "faintness": x, "visits": 2.0 ** len(kind) * x**1.5 * rng.uniform(0.9, 1.1)}
        for kind in ("a", "bb", "ccc")
        for x in (1.0, 2.0, 4.0, 8.0)
    ]
    found = speed_of_truth._fit("hedge", pd.DataFrame(rows))
    constants = np.array([[row["type"] == kind for kind in ("a", "bb", "ccc")] for row in rows], dtype=float)
    design = np.column_stack([np.log([row["faintness"] for row in rows]), constants])
    logs = np.log([row["visits"] for row in rows])
    solution, squares, *_ = np.linalg.lstsq(design, logs)
    error = np.sqrt(squares[0] / 8 * np.linalg.inv(design.T @ design)[0, 0])
    assert found["exponent"] == pytest.approx(solution[0])
    assert found["half"] == pytest.approx(2.306004 * error)
    assert abs(found["exponent"] - 1.5) < found["half"] + 0.05


def test_the_page_that_ships_finds_the_paces_of_theory() -> None:
    row = r"\| ([\w-]+) \| -?\d\.\d\d ± \d\.\d\d \| (-?\d\.\d\d) ± (\d\.\d\d) \| ([^|]+) \|"
    fitted = {name: (float(e), float(h), theory) for name, e, h, theory in re.findall(row, page())}
    assert set(fitted) == set(speed_of_truth._LEARNERS)
    assert abs(fitted["fictitious-play"][0]) < 0.3
    assert abs(fitted["replicator"][0] - 1) < 0.5
    assert abs(fitted["hedge"][0] - 2) < 0.5
    assert all(theory == speed_of_truth._LEARNERS[name].theory for name, (_, _, theory) in fitted.items())
    assert "(speed-of-truth-rounds.svg)" in page()


def test_theory_is_within_the_intervals_of_small_epsilon_but_not_of_the_whole_grid() -> None:
    number = r"(-?\d\.\d\d) ± (\d\.\d\d)"
    for name, theory in (("replicator", 1), ("hedge", 2)):
        whole, half, faint, faint_half = map(
            float, re.search(rf"\| {name} \| {number} \| {number} \|", page()).groups()
        )
        assert whole + half < theory
        assert abs(faint - theory) <= faint_half


@pytest.mark.parametrize("label", ["fictitious-play", "hedge"])
def test_the_bill_is_what_was_paid_before_beliefs_are_true(label) -> None:
    """Rewards are prices less net revenue, of a market of one's own that is stopped there."""
    phase = speed_of_truth._played(label, 1.5, 200, 6)
    last = 81.0
    changes = ["mechanism.epsilon=1.5", "run.rounds=80", "run.worlds=6"]
    told = casts(load("learn-l", overrides=changes), [f'{label}(beliefs=["every"])'])[0].scenario
    experiment = assemble(told)
    market = Market(experiment.game, experiment.strategies(), worlds=6, seed=told.run.seed)
    for _ in range(80):
        market.step()
    paid = market.totals["prices"] - market.totals["revenue"]
    bill = speed_of_truth._bill(phase, last)
    assert bill["in all"] == pytest.approx(paid.mean())
    assert bill["half"] == pytest.approx(1.959964 * paid.std(ddof=1) / 6**0.5)
    assert bill["in all"] < 80 * 1.5
    assert bill["truthful"] == pytest.approx(1.0392)
    assert np.isnan(speed_of_truth._bill(phase, np.nan)["in all"])


@pytest.mark.page
@pytest.mark.slow
def test_the_page_is_what_the_study_makes() -> None:
    check_regenerated("speed-of-truth", speed_of_truth)
