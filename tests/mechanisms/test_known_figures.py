"""Figures that were worked out by hand: small examples, and each place where the paper's text needs care.

Numbers in names of tests are the sections of THEORY, part 6.
"""

import numpy as np
import pytest

from mechanisms import optimal_mechanism
from tests import oracle
from tests.priors import iid, independent_case, table, truthful_figures

PAIRED = table([(1, 2), (1, 2)], {(1, 1): 1 / 3, (1, 2): 1 / 6, (2, 1): 1 / 6, (2, 2): 1 / 3})


def opt(case):
    return optimal_mechanism(case.environment, case.prior).revenue


def harmonic(top, scale=1):
    """theta_2 = k with Pr(theta_2 >= k) = 1/k on {1..top}, and theta_1 = scale * theta_2."""
    chances = {(scale * k, k): 1 / k - (1 / (k + 1) if k < top else 0) for k in range(1, top + 1)}
    return table([tuple(scale * k for k in range(1, top + 1)), tuple(range(1, top + 1))], chances)


def without(case, player):
    prior = case.prior.marginal([j for j in range(case.players) if j != player])
    return optimal_mechanism(case.environment.without(player), prior).revenue


def value_lies(case, player, **options):
    """Gain of each value report over truth in L as printed, by own value, plain posteriors throughout."""
    game = case.game("L-printed", **options)
    seat = game.seats[player]
    ids = np.repeat(seat.posteriors[:, None, None], seat.menu_size, axis=1)
    return game.surface(player, ids).interim[:, :, 0] - game.truth(player)[:, None]


def test_two_paired_bidders():
    assert truthful_figures(PAIRED, "vickrey")[0] == pytest.approx(4 / 3)
    assert truthful_figures(PAIRED, "lookahead")[0] == pytest.approx(3 / 2)
    assert opt(PAIRED) == pytest.approx(3 / 2)
    assert truthful_figures(PAIRED, "L", epsilon=0.0)[0] == pytest.approx(3 / 2)
    # M: either informs, the other's posterior is (2/3, 1/3) or (1/3, 2/3), worth 1 or 4/3
    assert truthful_figures(PAIRED, "M", epsilon=0.0)[0] == pytest.approx((1 + 4 / 3) / 2)


@pytest.mark.parametrize("players", [2, 3, 4])
def test_1_rewards_of_l_as_printed_reach_two_less_one_nth_of_epsilon(players):
    case = iid((1, 2), (0.5, 0.5), players, "complete")
    assert truthful_figures(case, "L-printed", epsilon=0.3)[1] == pytest.approx((2 - 1 / players) * 0.3)
    assert truthful_figures(case, "L", epsilon=0.3)[1] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("values", "conditioning", "liar", "own", "told"),
    [((1, 2, 3), "at-least", 1, 1, 2), ((1, 2, 5), "chosen", 0, 0, 1), ((1, 2, 5), "chosen", 1, 0, 1)],
)
def test_2_overbidding_pays_in_l_as_printed_unless_epsilon_is_small(values, conditioning, liar, own, told):
    """The price conditioned as the paper prints it on {1,2,3}, and as this program does on {1,2,5}."""
    case = iid(values, [1 / 3] * 3, 2)
    for epsilon, delta, gain in [(1.0, 0.0, 2 / 9), (0.1, 0.05, 0.01806), (0.01, 0.05, -0.00194)]:
        lies = value_lies(case, liar, epsilon=epsilon, delta=delta, conditioning=conditioning)
        assert lies[own, told] == pytest.approx(gain, abs=5e-6)
        others = np.delete(lies.ravel(), [own * 3 + told, *(kind * 3 + kind for kind in range(3))])
        assert others.max() < 0


def test_2_no_lie_gains_in_the_first_example_once_ties_are_conditioned_on():
    case = iid((1, 2, 3), [1 / 3] * 3, 2)
    for player in (0, 1):
        assert value_lies(case, player, epsilon=1.0).max() <= 1e-12


def test_3_being_asked_is_news():
    """The posterior given that one is not i* scores 1/18 of epsilon more, at most; the price stays as it is."""
    case = iid((1, 2, 3), [1 / 3] * 3, 2)
    slow = case.oracle(epsilon=1)
    gains = []
    for player, kind in [(i, k) for i in range(2) for k in range(3)]:
        game = case.game("L-printed", epsilon=1.0)
        cell = (case.values[player][kind],)
        aware = oracle.role_aware_posterior(slow, player, cell, cell[0])
        profiles = [[case.values[1 - player].index(other)] for (other,) in aware]
        from_dict = game.book.add(game.seats[player].prior.__class__((3,), *sorted_atoms(profiles, aware)))
        ids = np.full((3, 3, 1), from_dict)
        surface = game.surface(player, ids).interim[kind, kind, 0]
        gains.append(surface - game.truth(player)[kind])
        assert gains[-1] == pytest.approx(
            float(oracle.interim_gain(slow, "L-printed", player, cell, cell[0], aware)), abs=1e-9
        )
    assert max(gains) == pytest.approx(1 / 18)
    assert min(gains) >= -1e-12


def sorted_atoms(profiles, weights):
    order = np.argsort([row[0] for row in profiles])
    return np.array(profiles)[order], np.array(list(map(float, weights.values())))[order]


def test_4_ties_priced_as_printed_cost_revenue():
    case = iid((1, 2, 3, 4), [0.25] * 4, 2)
    assert truthful_figures(case, "lookahead", conditioning="at-least")[0] == pytest.approx(2.1875)
    assert truthful_figures(case, "lookahead")[0] == pytest.approx(2.375)
    assert opt(case) == pytest.approx(2.375)


def test_5_irregular_values_need_ties_between_unequal_bids():
    case = iid((5, 6, 20), (0.6, 0.3, 0.1), 2)
    assert opt(case) == pytest.approx(6.5)
    assert truthful_figures(case, "lookahead")[0] == pytest.approx(5.96)


def test_6_grids_with_gaps():
    chances = (0.5, 0.5)
    assert opt(iid((1, 10), chances, 1)) == pytest.approx(5.0)
    assert truthful_figures(iid((1, 10), chances, 2), "vickrey")[0] == pytest.approx(3.25)


def test_7_a_common_value():
    case = harmonic(4)
    assert truthful_figures(case, "vickrey")[0] == pytest.approx(25 / 12)
    assert opt(case) == pytest.approx(25 / 12)
    assert 2 * without(case, 0) == pytest.approx(2)


@pytest.mark.parametrize("top", [2, 4, 8, 16])
def test_7_the_ratio_grows_like_a_logarithm(top):
    case = harmonic(top)
    assert truthful_figures(case, "vickrey")[0] == pytest.approx(sum(1 / k for k in range(1, top + 1)))
    assert without(case, 1) == pytest.approx(1.0)


def test_7_and_8_one_value_three_times_the_other():
    case = harmonic(4, 3)
    assert truthful_figures(case, "vickrey")[0] == pytest.approx(25 / 12)
    assert opt(case) / 2 == pytest.approx(3.125)
    assert (without(case, 0) + without(case, 1)) / 2 == pytest.approx(2.0)
    assert truthful_figures(case, "lookahead")[0] == pytest.approx(6.25)
    assert truthful_figures(case, "L", epsilon=0.1)[0] == pytest.approx(6.25)
    strict, rewards = truthful_figures(case, "L", epsilon=0.1, delta=0.05)
    assert strict >= 0.95 * 6.25
    assert rewards <= 0.1
    # M survives the correlation: its informant conditions on her own value
    assert truthful_figures(case, "M", epsilon=0.0)[0] >= opt(case) / 2 - 1e-9


def test_theorem_2_in_the_regular_case():
    """Section 4.4: identical, independent, regular bidders; L is OPT but for delta and epsilon."""
    case = iid((1, 2, 3, 4), [0.25] * 4, 3)
    prices, rewards = truthful_figures(case, "L", epsilon=0.1, delta=0.1)
    assert truthful_figures(case, "L", epsilon=0.1)[0] == pytest.approx(opt(case))
    assert prices - rewards >= 0.9 * opt(case) - 0.1


def test_independent_bidders_with_different_values_by_hand():
    """Virtual values 0 and 3 against 1 and 5: the second buys at 5 when high; else a high first buys at 3."""
    case = independent_case([(1, 3), (3, 5)], [(2 / 3, 1 / 3), (1 / 2, 1 / 2)])
    assert opt(case) == pytest.approx(1 / 2 * 5 + 1 / 2 * (1 / 3 * 3 + 2 / 3 * 1))
