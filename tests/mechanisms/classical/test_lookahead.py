"""The 1-lookahead auction: against the oracle, Ronen's half, and prices by hand."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms import Reports, joint, optimal_mechanism, single_good
from mechanisms.classical.lookahead import CONDITIONINGS as KNOWN_CONDITIONINGS
from mechanisms.classical.lookahead import lookahead_offer
from mechanisms.environment import full_grid
from tests import oracle
from tests.priors import (
    CONDITIONINGS,
    KINDS,
    TIE_RULES,
    build,
    cases,
    distributions,
    iid,
    random_case,
    truthful_figures,
)

both = pytest.mark.parametrize(
    ("ties", "conditioning"), [(ties, event) for ties in TIE_RULES for event in CONDITIONINGS]
)


def test_every_conditioning_is_tested():
    assert KNOWN_CONDITIONINGS == CONDITIONINGS


@both
@pytest.mark.parametrize("players", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_revenue_is_the_oracles(kind, players, ties, conditioning):
    for seed in range(3):
        case = random_case(seed, players, kind)
        expected = oracle.lookahead(case.oracle(ties=ties), conditioning)
        prices, rewards = truthful_figures(case, "lookahead", ties=ties, conditioning=conditioning)
        assert prices == pytest.approx(float(expected), abs=1e-9)
        assert rewards == 0.0


@both
@pytest.mark.parametrize("players", [2, 3])
def test_every_bid_has_the_oracles_outcome_possible_or_not(players, ties, conditioning):
    """Off the support too, where the price falls back to the second bid."""
    for seed in range(6):
        case = random_case(40 + seed, players, most=3)
        game = case.oracle(ties=ties, conditioning=conditioning)
        mechanism = build("lookahead", case.environment, case.prior, ties=ties, conditioning=conditioning)
        grid = case.environment.grid
        outcomes = mechanism.expect(Reports(grid, grid))
        for row, kinds in enumerate(grid):
            bids = tuple(case.values[i][k] for i, k in enumerate(kinds))
            expected = oracle.outcome_of(game, "lookahead", [(bid, None) for bid in bids])
            for i, (win, pay, _) in enumerate(expected):
                assert outcomes.allocation[row, i + 1] == pytest.approx(float(win), abs=1e-9)
                assert outcomes.payments[row, i] == pytest.approx(float(pay), abs=1e-9)


@both
@settings(max_examples=25)
@given(case=cases())
def test_ronens_half(ties, conditioning, case):
    opt = optimal_mechanism(case.environment, case.prior).revenue
    prices, _ = truthful_figures(case, "lookahead", ties=ties, conditioning=conditioning)
    assert opt / 2 - 1e-9 <= prices <= opt + 1e-9


@settings(max_examples=40)
@given(case=cases(), ties=st.sampled_from(TIE_RULES))
def test_conditioning_on_the_event_itself_earns_at_least_as_much(case, ties):
    chosen, at_least = (
        truthful_figures(case, "lookahead", ties=ties, conditioning=event)[0] for event in CONDITIONINGS
    )
    assert chosen >= at_least - 1e-9


@settings(max_examples=40)
@given(case=cases(), ties=st.sampled_from(TIE_RULES))
def test_it_earns_at_least_the_second_price(case, ties):
    """The price may always be the other bid, at which the chosen bidder buys for certain."""
    lookahead, _ = truthful_figures(case, "lookahead", ties=ties)
    vickrey, _ = truthful_figures(case, "vickrey", ties=ties)
    assert lookahead >= vickrey - 1e-9


@settings(max_examples=60)
@given(st.data(), st.integers(2, 3))
def test_identical_independent_regular_bidders_lose_nothing(data, players):
    """Section 4.4: virtual values that increase leave the optimal auction to the highest bidder."""
    grid = np.array(sorted(data.draw(st.sets(st.integers(1, 12), min_size=1, max_size=4))))
    chances = data.draw(distributions(len(grid)).filter(lambda row: (row > 0).all()))
    above = np.append(np.cumsum(chances[::-1])[::-1][1:], 0.0)
    virtual = grid - np.append(np.diff(grid), 0) * above / chances
    case = iid(tuple(grid.tolist()), chances, players)
    opt = optimal_mechanism(case.environment, case.prior).revenue
    prices, _ = truthful_figures(case, "lookahead")
    if (np.diff(virtual) >= 0).all():
        assert prices == pytest.approx(opt, abs=1e-9)
    assert prices <= opt + 1e-9


def offer(weights, others, *, player=0, ties="lowest-index", conditioning="chosen", grid=(1, 2, 3)):
    weights, others = np.array([weights], dtype=float), np.array([others])
    found = lookahead_offer(weights, player, np.array(grid), others, ties, conditioning)
    return found.price[0], found.fallback[0]


def test_prices_by_hand():
    assert offer([1, 1, 1], [1]) == (2.0, 0.0)  # 1, 4/3 or 1
    assert offer([4, 1, 1], [1]) == (1.0, 0.0)  # 6, 4 or 3
    assert offer([4, 1, 1], [1], player=1) == (2.0, 0.0)  # a value of 1 would not be chosen
    assert offer([4, 1, 1], [1], player=1, conditioning="at-least") == (1.0, 0.0)
    assert offer([3, 1, 1], [1], ties="uniform") == (2.0, 0.0)  # 3.5, 4 or 3: a tie counts half
    assert offer([3, 1, 1], [1], ties="uniform", conditioning="at-least") == (1.0, 0.0)


@pytest.mark.parametrize("scale", [1.0, 0.3, 1e-6])
def test_among_equal_incomes_the_lowest_price_is_taken(scale):
    """Every price earns the same but for rounding, which by itself would often favour another grid point."""
    for grid in combinations(range(1, 11), 3):
        weights = scale * (1 / np.array(grid) - np.append(1 / np.array(grid[1:]), 0.0))
        assert offer(weights, [1], grid=grid) == (grid[0], 0.0)
        assert offer(weights, [grid[0] + 1], grid=grid) == (grid[1], 0.0)
        weights[-1] *= 1 + 1e-9
        assert offer(weights, [1], grid=grid) == (grid[2], 0.0)


def test_without_a_posterior_the_price_is_the_second_bid_and_the_outcome_says_so():
    assert offer([1, 0, 0], [2]) == (2.0, 1.0)
    assert offer([0, 0, 0], [3]) == (3.0, 1.0)
    prior = joint((3, 3), [[0, 0], [2, 1]], [0.5, 0.5])
    mechanism = build("lookahead", single_good([[1, 2, 3]] * 2), prior, delta=0.2)
    grid = full_grid((3, 3))
    outcomes = mechanism.expect(Reports(grid, grid))
    fallback = dict(zip(map(tuple, grid.tolist()), outcomes.fallback.tolist(), strict=True))
    # player 0's price rests on her rival's 1 or 2; player 1's only on her rival's 1, where she cannot win
    assert {profile for profile, chance in fallback.items() if chance == 0} == {(0, 0), (1, 0), (2, 0), (1, 1), (2, 1)}
    assert set(fallback.values()) == {0.0, 0.8}
