"""The English auction: against a clock that ticks, by hand, between Vickrey's payments and critical ones."""

import numpy as np
import pytest

from analysis.claims.auctions import critical_vickrey
from analysis.claims.generate import correlated, iid_values, independent_values
from mechanisms import Reports, single_good
from tests.mechanisms.classical.checks import (
    announced,
    assert_play_is_expect_in_the_mean,
    assert_truth_is_dominant,
    assert_uniform_ties_are_a_drawn_order,
    money,
)
from tests.priors import TIE_RULES, build, iid, random_case, truthful_figures

CLOCKS = [{}, {"reserve": 3}, {"increment": 1}, {"increment": 2}, {"increment": 3, "reserve": 2}, {"increment": 50}]
clocks = pytest.mark.parametrize("clock", CLOCKS, ids=str)


def tick(leave, grids, increment=None, reserve=0):
    """Run the clock: the last holder and the level, or None if nobody accepts the first; ties to the lowest index."""
    if increment is None:
        levels = [reserve, *sorted({v for grid in grids for v in grid if v > reserve})]
    else:
        levels = list(range(reserve, max(map(max, grids)) + 2 * increment, increment))
    holder = next((i for i, v in enumerate(leave) if v >= levels[0]), None)
    if holder is None:
        return None
    level = levels[0]
    for call in levels[1:]:
        accept = [i for i, v in enumerate(leave) if v >= call]
        if not [i for i in accept if i != holder]:
            break
        holder, level = accept[0], call
    return holder, level


@clocks
@pytest.mark.parametrize("players", [1, 2, 3])
def test_every_profile_has_the_outcome_of_a_clock_that_ticks(players, clock):
    for seed in range(6):
        case = random_case(seed, players)
        mechanism = build("english", case.environment, **clock)
        outcomes = mechanism.expect(announced(mechanism))
        for row, leave in enumerate(money(case.environment)):
            end, paid = tick(leave, case.values, **clock), np.zeros(players)
            if end is not None:
                paid[end[0]] = end[1]
            np.testing.assert_array_equal(outcomes.payments[row], paid)
            assert outcomes.allocation[row, 0 if end is None else end[0] + 1] == 1.0


@clocks
def test_uniform_ties_are_the_mean_over_orders_of_the_players(clock):
    for seed in range(3):
        assert_uniform_ties_are_a_drawn_order("english", random_case(seed, 3, most=3), **clock)


@clocks
@pytest.mark.parametrize("ties", TIE_RULES)
def test_truth_is_dominant_however_coarse_the_clock(ties, clock):
    for seed in range(6):
        case = random_case(20 + seed, 2 + seed % 2, most=4 - seed % 2)
        mechanism = build("english", case.environment, ties=ties, **clock)
        assert_truth_is_dominant(mechanism)
        assert_play_is_expect_in_the_mean(mechanism, rounds=3_000)


@pytest.mark.parametrize("family", [independent_values, iid_values, correlated])
def test_it_earns_between_the_second_bid_and_the_least_winning_value(family):
    """And exactly the latter where all have the same values, so that every one of them is a level."""
    rng, alike = np.random.default_rng(1), 0
    for _ in range(15):
        instance = family(rng)
        mechanism = build("english", instance.environment)
        reports = announced(mechanism).take(instance.environment.flat(np.array(instance.states)))
        earned = mechanism.expect(reports).prices
        assert (earned >= build("vickrey", instance.environment).expect(reports).prices).all()
        assert instance.weights @ earned <= critical_vickrey(instance) + 1e-9
        if len(set(instance.values)) == 1:
            alike += 1
            assert instance.weights @ earned == pytest.approx(critical_vickrey(instance), abs=1e-9)
    assert alike or family is not iid_values


def test_by_hand():
    """Levels 0, 4, 8 and so on; 9 and 5 leave after 8 and 4."""
    mechanism = build("english", single_good([[5, 7, 9], [5, 9]]), increment=4)
    told = Reports(np.array([[2, 0], [0, 1], [0, 0], [2, 1]]), np.zeros((4, 2), dtype=int))
    outcomes = mechanism.expect(told)
    assert outcomes.payments.tolist() == [[4, 0], [0, 8], [4, 0], [8, 0]]
    fair = build("english", single_good([[5, 7, 9], [5, 9]]), increment=4, ties="uniform").expect(told)
    assert fair.payments.tolist() == [[6, 0], [0, 6], [2, 2], [4, 4]]


def test_nobody_accepts_a_start_above_all_values():
    mechanism = build("english", single_good([[1, 2], [2, 3]]), reserve=9, increment=2)
    outcomes = mechanism.expect(announced(mechanism))
    assert (outcomes.allocation[:, 0] == 1).all()
    assert not outcomes.payments.any()


@pytest.mark.parametrize("players", [2, 3, 4])
def test_neemans_effectiveness_of_uniform_values(players):
    """Revenue over surplus tends to ``(n - 1) / n`` for values uniform on 1..k."""
    gaps = []
    for k in (4, 8):
        case = iid(tuple(range(1, k + 1)), [1 / k] * k, players)
        surplus = case.prior.weights @ case.environment.values[0][case.prior.atoms].max(axis=1)
        gaps.append(truthful_figures(case, "english", ties="uniform")[0] / surplus - (players - 1) / players)
    assert abs(gaps[1]) < 0.6 * abs(gaps[0])
    assert abs(gaps[1]) < 1 / 8


def test_what_is_no_clock_is_refused():
    environment = single_good([[1, 2]])
    for increment in (0, -2, 10**30, 1.5):
        with pytest.raises(ValueError, match=rf"increment must be a whole number from 1 to [\d,]+, not {increment}"):
            build("english", environment, increment=increment)
    for reserve in (-2, 10**12 + 1):
        with pytest.raises(ValueError, match=rf"reserve must be a whole number from 0 to [\d,]+, not {reserve}"):
            build("english", environment, reserve=reserve)
    assert build("english", environment).guarantee(1.0) is None
