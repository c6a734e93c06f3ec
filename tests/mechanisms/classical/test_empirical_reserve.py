"""Reserves from the rivals' bids: against the definition in fractions, against Vickrey, and where it fails."""

import re
from fractions import Fraction
from itertools import combinations, product
from math import comb

import numpy as np
import pytest

from mechanisms import Environment, Reports, digital_goods, joint, public_good, services, single_good
from mechanisms.beliefs import Joint
from mechanisms.classical.empirical_reserve import EmpiricalReserve
from tests.mechanisms.classical.checks import (
    announced,
    assert_play_is_expect_in_the_mean,
    assert_truth_is_dominant,
    money,
)
from tests.priors import build, random_case

GRIDS = [[1, 3, 4], [2, 3], [1, 4, 6], [3, 5]]


def copies(grids, most: int) -> Environment:
    """Any set of at most so many players can be served."""
    return services(grids, [g for size in range(1, most + 1) for g in combinations(range(len(grids)), size)])


def settle(bids, grids, most, smoothing) -> list[Fraction | None]:
    """What each player pays, or None where she is not served: the definition, one profile at a time."""
    order = sorted(range(len(bids)), key=lambda i: (-bids[i], i))
    paid: list[Fraction | None] = []
    for i, bid in enumerate(bids):
        others = [b for j, b in enumerate(bids) if j != i]
        income = {}
        for p in sorted({v for grid in grids for v in grid}):
            imagined = smoothing * Fraction(sum(v >= p for v in grids[i]), len(grids[i]))
            income[p] = p * (sum(b >= p for b in others) + imagined)
        best = max(income.values())
        reserve = min(p for p in income if income[p] == best) if best else 0
        cutoff = sorted(others, reverse=True)[most - 1] if len(others) >= most else 0
        price = max(reserve, cutoff)
        paid.append(price if i in order[:most] and bid >= price else None)
    return paid


@pytest.mark.parametrize("smoothing", [Fraction(0), Fraction(1), Fraction(5, 2)])
@pytest.mark.parametrize(("players", "most"), [(1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3), (4, 2)])
def test_every_profile_is_settled_by_the_definition(players, most, smoothing):
    grids = GRIDS[:players]
    for environment in [copies(grids, most), *([single_good(grids)] if most == 1 else [])]:
        mechanism = build("empirical-reserve", environment, smoothing=float(smoothing))
        outcomes = mechanism.expect(announced(mechanism))
        for row, bids in enumerate(money(environment)):
            paid = settle(bids, grids, most, smoothing)
            served = environment.served[outcomes.allocation[row].argmax()]
            assert served.tolist() == [price is not None for price in paid]
            assert outcomes.payments[row].tolist() == [float(price or 0) for price in paid]


def test_with_one_good_and_no_smoothing_it_is_vickreys_auction():
    """No price above the second bid is in the empirical distribution of the others' bids."""
    for seed in range(10):
        case = random_case(seed, 1 + seed % 3)
        mechanism = build("empirical-reserve", case.environment)
        outcomes, vickrey = (m.expect(announced(m)) for m in (mechanism, build("vickrey", case.environment)))
        np.testing.assert_array_equal(outcomes.payments, vickrey.payments)
        np.testing.assert_array_equal(outcomes.allocation, vickrey.allocation)


@pytest.mark.parametrize("smoothing", [0.0, 1.5])
@pytest.mark.parametrize("most", [1, 2, 3])
def test_truth_is_dominant_and_play_agrees(most, smoothing):
    for delta in (0.0, 0.3):
        mechanism = build("empirical-reserve", copies(GRIDS[:3], most), smoothing=smoothing, delta=delta)
        assert_truth_is_dominant(mechanism)
        assert_play_is_expect_in_the_mean(mechanism)


def test_two_bidders_with_a_copy_each_are_offered_each_others_bids():
    mechanism = build("empirical-reserve", digital_goods([[1, 2, 3]] * 2))
    told = Reports(np.array([[0, 2], [1, 1], [2, 1]]), np.zeros((3, 2), dtype=int))
    assert mechanism.expect(told).payments.tolist() == [[0, 1], [2, 2], [2, 0]]


def test_one_bidder_teaches_nothing_and_pays_nothing():
    """Unless bids are imagined: three of them, 1, 3 and 4, have the monopoly price 3."""
    told = Reports(np.array([[0], [2]]), np.zeros((2, 1), dtype=int))
    free = build("empirical-reserve", single_good([[1, 3, 4]])).expect(told)
    assert free.payments.tolist() == [[0], [0]]
    assert free.allocation.tolist() == [[0, 1], [0, 1]]
    priced = build("empirical-reserve", single_good([[1, 3, 4]]), smoothing=0.5).expect(told)
    assert priced.payments.tolist() == [[0], [3]]


def test_bids_made_to_measure_earn_next_to_nothing():
    """One bid of 10 among nine of 1: she is offered 1, the others 10; one price for all would earn 10."""
    n = 10
    mechanism = build("empirical-reserve", digital_goods([[1, 10]] * n), prior=point_of(2, n))
    told = np.zeros((1, n), dtype=int)
    told[0, 3] = 1
    outcomes = mechanism.expect(Reports(told, told))
    assert outcomes.payments[0].tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]


def point_of(kinds: int, n: int) -> Joint:
    """The mechanism reads no prior; this one is small."""
    return joint((kinds,) * n, [[0] * n], [1.0])


def a_head(n: int) -> Fraction:
    """The revenue a bidder with copies for all, values 1 and 5, the latter with chance .4: offers follow a binomial."""
    high, rest = Fraction(2, 5), n - 1
    chance = [comb(rest, k) * high**k * (1 - high) ** (rest - k) for k in range(n)]
    return sum((5 * high if 5 * k > rest else 1) * chance[k] for k in range(n))


def test_with_more_bidders_the_price_is_learnt():
    """The monopoly price 5 earns 2 a bidder; after the same binomial formula 200 bidders come close."""
    for n in range(2, 9):
        mechanism = build("empirical-reserve", digital_goods([[1, 5]] * n), prior=point_of(2, n))
        profiles = np.array(list(product(range(2), repeat=n)))
        earned = mechanism.expect(Reports(profiles, profiles)).prices
        chances = np.array([0.6, 0.4])[profiles].prod(axis=1)
        assert chances @ earned / n == pytest.approx(float(a_head(n)), abs=1e-12)
    assert 1.0 < a_head(2) < a_head(8) < 2 - Fraction(1, 100)
    assert abs(a_head(200) - 2) < Fraction(1, 10**6)


def test_a_few_kinds_of_environment_are_not_copies():
    assert EmpiricalReserve.unfit(copies(GRIDS, 3)) is None
    for environment in (public_good(GRIDS[:2]), services(GRIDS[:3], [[0], [1], [2], [1, 2]])):
        assert "copies" in EmpiricalReserve.unfit(environment)
        with pytest.raises(ValueError, match="empirical-reserve serves any players up to a number of copies"):
            build("empirical-reserve", environment)


@pytest.mark.parametrize("smoothing", [-1.0, 1.1e9, 1e308, float("inf"), float("nan")])
def test_smoothing_is_a_number_of_bids_that_leaves_the_others_a_say(smoothing):
    said = re.escape(f"smoothing must be a number from 0 to 1,000,000,000, not {smoothing}")
    with pytest.raises(ValueError, match=said):
        build("empirical-reserve", single_good([[1, 2]]), smoothing=smoothing)


def test_one_bid_breaks_the_tie_of_a_thousand_million_imagined_ones():
    """Each price of the grid of 1 and 2 earns the same from bids spread evenly over it."""
    mechanism = build("empirical-reserve", digital_goods([[1, 2]] * 2), smoothing=1e9)
    told = Reports(np.array([[1, 1], [1, 0]]), np.zeros((2, 2), dtype=int))
    assert mechanism.expect(told).payments.tolist() == [[2, 2], [1, 0]]
