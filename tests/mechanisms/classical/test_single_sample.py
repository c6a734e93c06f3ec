"""The single-sample auction: against the definition, closed forms, and the paper's bound on uniform grids."""

from fractions import Fraction

import numpy as np
import pytest

from mechanisms import optimal_mechanism, single_good
from mechanisms.classical.single_sample import SingleSample
from tests.mechanisms.classical.checks import (
    announced,
    assert_play_is_expect_in_the_mean,
    assert_truth_is_dominant,
    assert_uniform_ties_are_a_drawn_order,
    money,
)
from tests.priors import TIE_RULES, build, iid, random_case, truthful_figures


def test_every_profile_has_the_outcome_of_the_definition():
    """Set each player aside in turn; the first of the highest others buys if she reaches the sample."""
    for seed in range(8):
        case = random_case(seed, 2 + seed % 2)
        mechanism = build("single-sample", case.environment)
        outcomes = mechanism.expect(announced(mechanism))
        for row, bids in enumerate(money(case.environment)):
            won, paid = [Fraction(0)] * len(bids), [Fraction(0)] * len(bids)
            for aside in range(len(bids)):
                rest = [i for i in range(len(bids)) if i != aside]
                best = max(rest, key=lambda i: bids[i])
                second = max([bids[i] for i in rest if i != best], default=0)
                if bids[best] >= bids[aside]:
                    won[best] += Fraction(1, len(bids))
                    paid[best] += Fraction(max(second, bids[aside]), len(bids))
            np.testing.assert_allclose(outcomes.allocation[row, 1:], np.array(won, dtype=float), atol=1e-12)
            np.testing.assert_allclose(outcomes.payments[row], np.array(paid, dtype=float), atol=1e-12)


@pytest.mark.parametrize("ties", TIE_RULES)
def test_truth_is_dominant_and_play_agrees(ties):
    for seed in range(6):
        case = random_case(30 + seed, 2 + seed % 2, most=3)
        mechanism = build("single-sample", case.environment, ties=ties, delta=0.2 * (seed % 2))
        assert_truth_is_dominant(mechanism)
        assert_play_is_expect_in_the_mean(mechanism)


@pytest.mark.parametrize("ties", TIE_RULES)
@pytest.mark.parametrize("players", [2, 3, 4])
def test_it_earns_vickreys_revenue_less_one_part_in_n_unless_the_highest_bids_tie(players, ties):
    environment = single_good([[1, 2, 4], [1, 3, 4], [2, 3], [1, 4]][:players])
    mechanism, vickrey = build("single-sample", environment, ties=ties), build("vickrey", environment, ties=ties)
    earned, second = (m.expect(announced(m)).prices for m in (mechanism, vickrey))
    tied = np.array([bids.count(max(bids)) > 1 for bids in money(environment)])
    assert tied.any()
    np.testing.assert_allclose(earned, np.where(tied, 1, 1 - 1 / players) * second, atol=1e-12)
    assert mechanism.cases == players


def test_uniform_ties_are_the_mean_over_orders_of_the_players():
    for seed in range(5):
        assert_uniform_ties_are_a_drawn_order("single-sample", random_case(seed, 3, most=3))


def test_each_toss_sets_one_player_aside():
    """Bids 4, 2, 3: without the first nobody reaches 4; without another the first pays the highest of the rest."""
    mechanism = build("single-sample", single_good([[2, 3, 4]] * 3))
    told = announced(mechanism).take(np.full(3_000, mechanism.environment.flat(np.array([2, 0, 1]))))
    played = mechanism.play(told, np.random.default_rng(1))
    seen, counts = np.unique(np.column_stack([played.allocation, played.payments]), axis=0, return_counts=True)
    assert seen.tolist() == [[0, 0, 0, 0], [1, 3, 0, 0]]
    np.testing.assert_allclose(counts / 3_000, [1 / 3, 2 / 3], atol=0.04)
    assert played.role is None


@pytest.mark.parametrize("k", [2, 5, 10])
def test_a_sample_as_the_price_of_one_uniform_bidder(k):
    """On 1..k a price p earns p (k - p + 1) / k: in the mean (k + 1)(k + 2) / 6k, a sixth of k in the limit."""
    mean = Fraction(sum(p * (k - p + 1) for p in range(1, k + 1)), k * k)
    assert mean == Fraction((k + 1) * (k + 2), 6 * k)
    case = iid(tuple(range(1, k + 1)), [1 / k] * k, 2)
    assert truthful_figures(case, "single-sample")[0] == pytest.approx(float(mean))


@pytest.mark.parametrize("players", [2, 3, 4])
def test_the_papers_share_of_opt_on_uniform_grids(players):
    """``(1 / 2) ((n - 1) / n) OPT``, which is proven for regular densities, with the ties of a grid to spare."""
    for k in (2, 4, 6):
        case = iid(tuple(range(1, k + 1)), [1 / k] * k, players)
        opt = optimal_mechanism(case.environment, case.prior).revenue
        assert truthful_figures(case, "single-sample")[0] >= (1 - 1 / players) * opt / 2


def test_somebody_must_be_left():
    assert SingleSample.unfit(single_good([[1, 2]])) is not None
    with pytest.raises(ValueError, match="single-sample sets one player aside"):
        build("single-sample", single_good([[1, 2]]))
    assert build("single-sample", single_good([[1, 2]] * 2)).guarantee(1.0) is None
