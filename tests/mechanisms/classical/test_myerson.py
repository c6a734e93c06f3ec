"""Myerson's auction: OPT of the linear program for independent values, ironing in fractions, prices by brute force."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from mechanisms import joint, optimal_mechanism
from mechanisms.classical.myerson import ironed_virtual_values, is_product
from tests.mechanisms.classical.checks import (
    announced,
    assert_play_is_expect_in_the_mean,
    assert_truth_is_dominant,
    assert_uniform_ties_are_a_drawn_order,
    money,
)
from tests.priors import TIE_RULES, build, iid, independent_case, random_case, table, truthful_figures


def random_margin(rng, most: int = 5) -> tuple[tuple[int, ...], list[int]]:
    """A grid with gaps and integer odds, zeros among them."""
    size = int(rng.integers(1, most + 1))
    grid = np.sort(rng.choice(np.arange(1, 16), size, replace=False))
    odds = rng.integers(0, 7, size)
    odds[rng.integers(size)] += 1
    return tuple(grid.tolist()), odds.tolist()


def ironed_in_fractions(grid, odds) -> list[Fraction | None]:
    """The slope of the least concave majorant of the revenue curve, by the min-max formula; None below all values.

    The slope over a pool from value a to b is the revenue difference over the difference in quantile; the
    ironed one at k is the largest over pools' lower ends of the smallest over their upper ends.
    """
    values = [v for v, odd in zip(grid, odds, strict=True) if odd]
    total = sum(odds)
    above = [Fraction(sum(o for w, o in zip(grid, odds, strict=True) if w >= v), total) for v in values] + [Fraction(0)]
    curve = [v * q for v, q in zip(values, above, strict=False)] + [Fraction(0)]

    def slope(a: int, b: int) -> Fraction:
        return (curve[a] - curve[b + 1]) / (above[a] - above[b + 1])

    known = range(len(values))
    ironed = [max(min(slope(a, b) for b in known[k:]) for a in known[: k + 1]) for k in known]
    return [ironed[sum(w <= v for w in values) - 1] if v >= values[0] else None for v in grid]


def test_ironed_virtual_values_are_the_slopes_of_the_concave_majorant():
    rng, pooled = np.random.default_rng(1), 0
    for _ in range(300):
        grid, odds = random_margin(rng, most=7)
        found = ironed_virtual_values(np.array(grid), np.array(odds) / sum(odds))
        expected = ironed_in_fractions(grid, odds)
        np.testing.assert_allclose(found, [-np.inf if v is None else float(v) for v in expected], atol=1e-12)
        pooled += len({v for v, odd in zip(expected, odds, strict=True) if odd}) < sum(map(bool, odds))
    assert pooled > 60  # ironing mattered


def opt_in_fractions(grids, margins) -> float:
    """The mean of the highest virtual value, if positive: OPT of independent values, in exact arithmetic."""
    odds = [[Fraction(chance) for chance in margin] for margin in margins]
    virtual = [ironed_in_fractions(grid, odd) for grid, odd in zip(grids, odds, strict=True)]
    total = Fraction(0)
    for kinds in product(*[range(len(grid)) for grid in grids]):
        chance = np.prod([odd[k] / sum(odd) for odd, k in zip(odds, kinds, strict=True)])
        total += chance * max(0, *(table[k] or 0 for table, k in zip(virtual, kinds, strict=True))) if chance else 0
    return float(total)


def assert_opt_is_earned(grids, margins) -> None:
    """What the truth earns is OPT, however far apart values are, and ranks do not fall when a value rises."""
    case, opt = independent_case(grids, margins), opt_in_fractions(grids, margins)
    for ties in TIE_RULES:
        mechanism = build("myerson", case.environment, case.prior, ties=ties)
        earned = case.prior.prob(case.environment.grid) @ mechanism.expect(announced(mechanism)).prices
        assert earned == pytest.approx(opt, rel=1e-9)
        assert mechanism.guarantee(opt) in (None, opt)
        assert all((np.diff(ranks) >= 0).all() for ranks in mechanism.ranks)


@pytest.mark.parametrize(
    ("grids", "margins", "opt"),
    [
        ([(1, 10**12)], [[1.0, 0.0]], 1.0),
        ([(1, 10**12)], [[1 - 1e-13, 1e-13]], 1.0),
        ([(1, 10**12), (1, 2, 10**12)], [[1.0, 0.0], [0.5, 0.5, 0.0]], 1.5),
        # virtual values of about .2 and .35, the latter of 5 * 10**11: far above zero for 1, too near it for the other
        ([(1, 5 * 10**11, 10**12)], [[1 - 1.6e-12, 8e-13, 8e-13 * (1 - 7e-13)]], 1.0),
    ],
)
def test_a_value_far_above_the_rest_leaves_opt_earned(grids, margins, opt):
    assert opt_in_fractions(grids, margins) == pytest.approx(opt, rel=1e-9)
    assert_opt_is_earned(grids, margins)


def test_opt_is_earned_on_grids_of_many_scales():
    rng = np.random.default_rng(5)
    for _ in range(150):
        grids, margins = [], []
        for _ in range(int(rng.integers(1, 3))):
            grid = np.unique((10 ** rng.uniform(0, 12, int(rng.integers(1, 5)))).astype(int))
            weights = rng.choice([0.0, 1.0, 1.0, *10.0 ** -np.arange(1, 16)], len(grid))
            weights[rng.integers(len(grid))] = 1.0
            grids.append(tuple(grid.tolist()))
            margins.append((weights / weights.sum()).tolist())
        assert_opt_is_earned(grids, margins)


def test_a_virtual_value_of_zero_buys_nothing_whatever_rounding_makes_of_it():
    """Odds 5, 2 and 3 on 1, 3 and 5: 3 has the virtual value ``3 - 2 * 3 / 2``, which comes out above zero."""
    case = iid((1, 3, 5), [0.5, 0.2, 0.3], 1)
    mechanism = build("myerson", case.environment, case.prior)
    assert mechanism.virtual_values[0][1] > 0
    assert mechanism.expect(announced(mechanism)).payments.tolist() == [[0], [0], [5]]


def test_a_chance_next_to_nothing_has_a_virtual_value_below_all():
    assert ironed_virtual_values(np.array([1, 10**12]), np.array([1e-300, 1.0])).tolist() == [-np.inf, 1e12]


@pytest.mark.parametrize("ties", TIE_RULES)
@pytest.mark.parametrize(("players", "most", "cases"), [(1, 8, 60), (2, 5, 150), (3, 4, 60)])
def test_it_earns_opt_where_values_are_independent(players, most, cases, ties):
    """Regular or not, alike or not, with values that never occur."""
    rng = np.random.default_rng(players)
    for _ in range(cases):
        margins = [random_margin(rng, most) for _ in range(players)]
        if rng.random() < 0.3:
            margins = margins[:1] * players
        case = independent_case([grid for grid, _ in margins], [np.array(odds) / sum(odds) for _, odds in margins])
        mechanism = build("myerson", case.environment, case.prior, ties=ties)
        opt = optimal_mechanism(case.environment, case.prior).revenue
        earned = case.prior.prob(case.environment.grid) @ mechanism.expect(announced(mechanism)).prices
        assert earned == pytest.approx(opt, abs=1e-9)
        assert mechanism.guarantee(opt) == opt


def test_every_winner_pays_the_least_with_which_she_wins():
    """By the definition: highest positive virtual value, ties to the lowest index, whatever the others say."""
    rng = np.random.default_rng(2)
    for _ in range(40):
        margins = [random_margin(rng, 4) for _ in range(int(rng.integers(1, 4)))]
        grids = [grid for grid, _ in margins]
        virtual = [dict(zip(grid, ironed_in_fractions(grid, odds), strict=True)) for grid, odds in margins]

        def winner(bids, virtual=virtual):
            scores = [
                table[bid] if table[bid] is not None else Fraction(-1) for table, bid in zip(virtual, bids, strict=True)
            ]
            return scores.index(max(scores)) if max(scores) > 0 else None

        case = independent_case(grids, [np.array(odds) / sum(odds) for _, odds in margins])
        mechanism = build("myerson", case.environment, case.prior)
        outcomes = mechanism.expect(announced(mechanism))
        for row, bids in enumerate(money(case.environment)):
            won, paid = winner(bids), np.zeros(len(bids))
            if won is not None:
                paid[won] = min(v for v in grids[won] if winner((*bids[:won], v, *bids[won + 1 :])) == won)
            np.testing.assert_array_equal(outcomes.payments[row], paid)
            assert outcomes.allocation[row, 0 if won is None else won + 1] == 1.0


@pytest.mark.parametrize("players", [1, 2, 3])
def test_uniform_ties_are_the_mean_over_orders_of_the_players(players):
    """Winning probabilities inside a pool give Myerson's sum, which is linear in them."""
    for seed in range(6):
        assert_uniform_ties_are_a_drawn_order("myerson", random_case(seed, players, most=3))
    assert_uniform_ties_are_a_drawn_order("myerson", iid((5, 6, 20), [0.6, 0.3, 0.1], players))


@pytest.mark.parametrize("ties", TIE_RULES)
def test_truth_is_dominant_and_play_agrees(ties):
    """On correlated priors too, where it plays by the marginals."""
    for seed in range(8):
        case = random_case(70 + seed, 1 + seed % 3, most=4 if seed % 3 < 2 else 3)
        mechanism = build("myerson", case.environment, case.prior, ties=ties, delta=0.25 * (seed % 2))
        assert_truth_is_dominant(mechanism)
        assert_play_is_expect_in_the_mean(mechanism)


@pytest.mark.parametrize("ties", TIE_RULES)
def test_an_ironed_interval_by_hand(ties):
    """Values 5, 6, 20 with .6, .3, .1: virtual values 13/3, 4/3 and 20, of which the first two pool at 10/3."""
    case = iid((5, 6, 20), [0.6, 0.3, 0.1], 2)
    mechanism = build("myerson", case.environment, case.prior, ties=ties)
    np.testing.assert_allclose(mechanism.virtual_values[0], [10 / 3, 10 / 3, 20])
    assert truthful_figures(case, "myerson", ties=ties)[0] == pytest.approx(6.5)
    assert truthful_figures(case, "lookahead")[0] == pytest.approx(5.96)


def test_two_uniform_bidders_by_hand():
    """Values 1..4 have virtual values -2, 0, 2, 4; the highest, if positive, earns 2 and 4 in 5 and 7 of 16 cases."""
    case = iid((1, 2, 3, 4), [0.25] * 4, 2)
    assert truthful_figures(case, "myerson")[0] == pytest.approx((5 * 2 + 7 * 4) / 16)


def test_on_a_correlated_prior_it_can_earn_less_than_vickrey():
    """One common value with ``Pr(theta >= k) = 1 / k``: only the top has a positive virtual value."""
    common = table([(1, 2, 3, 4)] * 2, {(1, 1): 1 / 2, (2, 2): 1 / 6, (3, 3): 1 / 12, (4, 4): 1 / 4})
    assert truthful_figures(common, "myerson")[0] == pytest.approx(1.0)
    assert truthful_figures(common, "vickrey")[0] == pytest.approx(25 / 12)
    assert build("myerson", common.environment, common.prior).guarantee(25 / 12) is None


def test_opt_is_guaranteed_for_products_alone():
    case = independent_case([(1, 2), (1, 3)], [[0.4, 0.6], [0.1, 0.9]])
    assert build("myerson", case.environment, case.prior, delta=0.25).guarantee(2.0) == 1.5
    for weights, is_one in (([0.04, 0.36, 0.06, 0.54], True), ([0.05, 0.35, 0.05, 0.55], False), ([1, 0, 0, 0], True)):
        assert is_product(joint((2, 2), [[0, 0], [0, 1], [1, 0], [1, 1]], weights)) == is_one
    assert not is_product(joint((2, 2), [[0, 0], [1, 1]], [0.5, 0.5]))
    assert not is_product(joint((2, 2), [[0, 0], [0, 1], [1, 0]], [0.25, 0.25, 0.5]))
    few = 1e-10  # every state that occurs has nearly the product's probability, and one does not occur
    assert not is_product(joint((2, 2), [[0, 0], [0, 1], [1, 0]], [1 - 2 * few, few, few]))


def test_a_correlated_prior_never_earns_beyond_opt():
    for seed in range(15):
        case = random_case(seed, 2)
        assert truthful_figures(case, "myerson")[0] <= optimal_mechanism(case.environment, case.prior).revenue + 1e-9
