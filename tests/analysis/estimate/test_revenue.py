"""Estimated revenue against exact sums on small priors, closed forms, and its own standard error."""

import numpy as np
import pytest
from scipy import stats

from analysis.estimate.revenue import Rival, estimated_revenue
from analysis.revenue import revenue_of
from mechanisms import MECHANISMS, Setting
from mechanisms.beliefs import mixture, product
from mechanisms.classical.lookahead import Lookahead
from mechanisms.strict import PriceLottery
from tests.analysis.estimate.standin import StandIn, random_standin

NAMES = ["L", "L-printed", "vickrey", "first-price", "lookahead", "M", "all-pay"]


def options_of(name):
    if name in ("L", "L-printed", "M"):
        return {"epsilon": 0.3, "delta": 0.2}
    return {}


def seed(*numbers):
    return np.random.SeedSequence(list(numbers))


def z(estimate, truth):
    """Return the standardised error; 0 where both are the same and nothing varies."""
    error = estimate.mean - truth
    return 0.0 if abs(error) < 1e-9 else error / estimate.standard_error


@pytest.mark.parametrize("most", [1, 5, 64])
def test_standardised_errors_are_standard_normal(most):
    """Over hundreds of random priors, mechanisms and kinds of knowledge: chi-square of the z-scores from both sides."""
    scores = []
    for k in range(210):
        game = random_standin(k, NAMES[k % 3], components=1 + k % 3, **options_of(NAMES[k % 3]))
        exact = revenue_of(game.listed)
        found = estimated_revenue(game, samples=max(600, 2 * most), seed=seed(1, k), most=most)
        scores += [z(found.total, exact.total), z(found.prices, exact.prices)]
        assert found.rewards.mean == pytest.approx(exact.rewards, abs=5 * found.rewards.standard_error + 1e-9)
        assert found.fallback.mean == pytest.approx(exact.fallback, abs=5 * found.fallback.standard_error + 1e-9)
    scores = np.array(scores)[np.array(scores) != 0.0]
    assert len(scores) > (150 if most < 64 else 30)
    assert abs(scores).max() < 5.0
    total = (scores[::2] ** 2).sum()  # prices and total go together, so every other one
    freedom = len(scores[::2])
    assert 1e-3 < stats.chi2.sf(total, freedom) < 1 - 1e-3
    assert abs(scores[::2].mean()) < 4 / np.sqrt(freedom)


@pytest.mark.parametrize("name", NAMES)
def test_every_mechanism_within_its_error(name):
    for k in range(12):
        game = random_standin(100 + k, name, components=1 + k % 2, **options_of(name))
        exact = revenue_of(game.listed)
        found = estimated_revenue(game, samples=800, seed=seed(2, k), most=6)
        assert abs(z(found.total, exact.total)) < 4.5


def test_vickrey_is_exact_where_every_bid_is_a_stratum_of_two_equal_bidders_who_tie():
    game = StandIn("vickrey", [[3]] * 2, product([[1.0]] * 2))
    found = estimated_revenue(game, samples=10, seed=seed(3))
    assert (found.total.mean, found.total.standard_error) == (3.0, 0.0)


@pytest.mark.parametrize("epsilon", [0.0, 0.5])
@pytest.mark.parametrize("delta", [0.0, 0.3, 1.0])
def test_l_on_independent_values_is_lookahead_and_lottery_less_rewards(epsilon, delta):
    """Own values known, a product prior: ``(1 - delta) lookahead + delta lottery - epsilon (1 + mean |F|^2) / 2``."""
    rng = np.random.default_rng(8)
    values = [[1, 2, 4, 7], [2, 3, 5], [1, 6, 8]]
    prior = product([rng.dirichlet(np.ones(len(row))) for row in values])
    game = StandIn("L", values, prior, epsilon=epsilon, delta=delta)
    lookahead = Lookahead(Setting(game.environment, game.book, prior.table))
    lottery = PriceLottery(game.environment, (0, 1, 2), 0.5)
    sold = sum(prior.factors[i] @ lottery.expected[i][1] for i in range(3))
    sale = lookahead.expect(game.truthful_reports_on_the_grid()).prices @ prior.prob(game.environment.grid)
    norms = [np.prod([prior.factors[j] @ prior.factors[j] for j in range(3) if j != i]) for i in range(3)]
    rewards = epsilon / 3 * sum(0.5 * (1 + norm) for norm in norms)
    exact = (1 - delta) * sale + delta * sold - rewards
    found = estimated_revenue(
        game,
        samples=4000,
        seed=seed(4),
        most=1,
        rivals={"lookahead": Rival(lookahead, sale), "vickrey": _vickrey(game)},
    )
    assert found.total.mean == pytest.approx(exact, abs=4 * found.total.standard_error + 1e-9)
    assert found.rewards.mean == pytest.approx(rewards, abs=4 * found.rewards.standard_error + 1e-9)
    assert found.rivals["lookahead"].mean == pytest.approx(sale, abs=4 * found.rivals["lookahead"].standard_error)
    controlled = found.controlled["lookahead"]
    assert controlled.mean == pytest.approx(exact, abs=4 * controlled.standard_error + 1e-9)
    assert set(found.controlled) == {"lookahead"}
    lead = found.total.mean - found.rivals["vickrey"].mean
    assert found.leads["vickrey"].mean == pytest.approx(lead, abs=1e-9)
    if delta == 0.0:
        assert controlled.standard_error < 0.2 * found.total.standard_error
        assert epsilon > 0.0 or controlled.standard_error < 1e-9


def _vickrey(game):
    return Rival(MECHANISMS["vickrey"](Setting(game.environment, game.book, game.prior.table)))


UNIFORM = StandIn("vickrey", [[1, 2, 3, 4, 5, 6, 7, 8]] * 3, product([np.full(8, 1 / 8)] * 3))


def by_order_statistic(rank):
    """Mean of the highest (1) or second-highest (2) of three uniform draws from 1 to 8: sums of chances to reach k."""
    reach = [(9 - k) / 8 for k in range(1, 9)]
    if rank == 1:
        return sum(1 - (1 - p) ** 3 for p in reach)
    return sum(3 * p**2 * (1 - p) + p**3 for p in reach)


def test_vickrey_and_first_price_in_closed_form():
    """What is decided by the stratum alone, such as the highest bid, has no error at all."""
    first = StandIn("first-price", [[1, 2, 3, 4, 5, 6, 7, 8]] * 3, UNIFORM.prior)
    found = estimated_revenue(first, samples=100, seed=seed(5))
    assert found.total.mean == pytest.approx(by_order_statistic(1), abs=1e-12)
    assert found.total.standard_error < 1e-12
    second = estimated_revenue(UNIFORM, samples=20_000, seed=seed(5))
    assert second.total.mean == pytest.approx(by_order_statistic(2), abs=4 * second.total.standard_error)


def test_strata_help():
    """The same number of profiles gives a smaller error by strata than without."""
    plain, strata = (estimated_revenue(UNIFORM, samples=20_000, seed=seed(5), most=most) for most in (1, 8))
    assert strata.total.standard_error < 0.87 * plain.total.standard_error


def test_the_memory_changes_nothing_but_rounding():
    game = random_standin(7, "L", kind="state", epsilon=0.3, delta=0.2)
    whole = estimated_revenue(game, samples=500, seed=seed(6))
    small = estimated_revenue(game, samples=500, seed=seed(6), memory=1)
    for name in ("prices", "rewards", "total", "fallback"):
        mine, theirs = getattr(small, name), getattr(whole, name)
        assert mine.mean == pytest.approx(theirs.mean, abs=1e-12)
        assert mine.standard_error == pytest.approx(theirs.standard_error, abs=1e-9)
    assert whole.samples == small.samples


def test_equal_seeds_and_components_of_a_mixture():
    prior = mixture([0.3, 0.7], [product([[0.2, 0.8]] * 2), product([[0.9, 0.1]] * 2)])
    game = StandIn("L", [[1, 3]] * 2, prior, "state", {"insiders": [1]}, epsilon=0.1)
    first, again, other = (estimated_revenue(game, samples=60, seed=seed(k), most=2) for k in (1, 1, 2))
    assert first == again
    assert first != other
    assert first.total.mean == pytest.approx(revenue_of(game.listed).total, abs=5 * first.total.standard_error + 1e-9)
