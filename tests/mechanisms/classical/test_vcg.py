"""VCG: efficient, truthful and never at a loss in any environment; Vickrey on one good; two groups that shut out."""

from itertools import combinations, product

import numpy as np
import pytest

from analysis.claims.auctions import vcg_revenue
from analysis.claims.instance import Instance
from mechanisms import (
    BeliefBook,
    Environment,
    Mechanism,
    Reports,
    Setting,
    assignment,
    digital_goods,
    independent,
    optimal_mechanism,
    public_good,
    services,
    single_good,
)
from mechanisms.classical.vcg import VCG
from mechanisms.classical.vickrey import Vickrey
from tests.mechanisms.classical.checks import announced, assert_play_is_expect_in_the_mean, assert_truth_is_dominant


def groups(sizes: tuple[int, ...], values: list[int]) -> Environment:
    """Return the environment in which any players of one group can be served, and never two groups at once."""
    firsts = np.cumsum([0, *sizes])
    sets = [
        who
        for first, size in zip(firsts, sizes, strict=False)
        for k in range(1, size + 1)
        for who in combinations(range(first, first + size), k)
    ]
    return services([values] * sum(sizes), sets)


def random_goods(seed: int) -> Environment:
    """Return three players and two goods, with random worths that need not be monotone."""
    rng = np.random.default_rng(seed)
    valuations = []
    for _ in range(3):
        table = np.unique(rng.integers(0, 6, (int(rng.integers(2, 4)), 3)), axis=0)
        valuations.append(table.tolist())
    return assignment(["a", "b"], valuations)


ENVIRONMENTS = {
    "one good": single_good([[1, 2, 4], [1, 3], [2, 4]]),
    "unit demand": assignment(["a", "b"], [[[2, 1, 2], [4, 3, 4]], [[1, 3, 3], [2, 2, 2]], [[3, 1, 3], [1, 4, 4]]]),
    "any goods": random_goods(1),
    "more goods": random_goods(2),
    "groups": groups((2, 2), [1, 2]),
    "copies": digital_goods([[1, 3], [2, 5], [1, 2, 4]]),
    "all or nobody": public_good([[1, 3, 6], [2, 5], [1, 4]]),
    "chain": services([[1, 3], [2, 4], [1, 5]], [[0], [0, 1], [0, 1, 2], [2]]),
}
everywhere = pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
costs = pytest.mark.parametrize("cost", [0, 4])


def built(environment: Environment, kind: type[Mechanism] = VCG, **options) -> Mechanism:
    uniform = independent([np.full(k, 1 / k) for k in environment.shape])
    return kind(Setting(environment, BeliefBook(), uniform), **options)


def by_hand(environment: Environment, cost: int, profile: tuple[int, ...]) -> tuple[int, list[int]]:
    """Return VCG's allocation and payments in one profile, with plain loops."""

    def worth(i: int, a: int) -> int:
        return int(environment.worth[i][profile[i], environment.allocations[a, i]])

    def expense(a: int) -> int:
        return cost if environment.allocations[a].any() else 0

    players, allocations = range(environment.players), range(len(environment.allocations))
    chosen = 0
    for a in allocations:
        gain = sum(worth(i, a) for i in players) - expense(a)
        if gain > sum(worth(i, chosen) for i in players) - expense(chosen):
            chosen = a
    paid = []
    for i in players:
        others = [sum(worth(j, a) for j in players if j != i) - expense(a) for a in allocations]
        paid.append(max(others) - others[chosen])
    return chosen, paid


@costs
@everywhere
def test_it_is_the_definition_in_every_profile(environment, cost):
    mechanism = built(environment, cost=cost)
    settled = mechanism.settle(announced(mechanism), 0)
    for row, profile in enumerate(product(*map(range, environment.shape))):
        chosen, paid = by_hand(environment, cost, profile)
        assert settled.allocation[row] == chosen
        assert settled.payments[row].tolist() == paid


@costs
@everywhere
def test_truth_is_dominant_and_nobody_loses_or_is_paid(environment, cost):
    mechanism = built(environment, cost=cost)
    assert_truth_is_dominant(mechanism)
    assert mechanism.expect(announced(mechanism)).payments.min() >= 0


@pytest.mark.parametrize("name", [name for name, e in ENVIRONMENTS.items() if e.downward_closed])
def test_where_sets_shrink_each_pays_what_the_others_would_have_without_her(name):
    environment = ENVIRONMENTS[name]
    mechanism = built(environment)
    settled = mechanism.settle(announced(mechanism), 0)
    for profile, chosen, paid in zip(environment.grid, settled.allocation, settled.payments, strict=True):
        for i in range(environment.players):
            rest, others = environment.without(i), [j for j in range(environment.players) if j != i]
            alone = sum(rest.worth_of_allocation[at][profile[j]] for at, j in enumerate(others)).max()
            now = sum(environment.worth_of_allocation[j][profile[j], chosen] for j in others)
            assert paid[i] == alone - now


def test_it_is_vickrey_on_a_single_good():
    environment = single_good([[1, 2, 4], [1, 3, 4], [2, 4]])
    vcg, vickrey = (
        mechanism.expect(announced(mechanism)) for mechanism in (built(environment), built(environment, Vickrey))
    )
    np.testing.assert_array_equal(vcg.allocation, vickrey.allocation)
    np.testing.assert_array_equal(vcg.payments, vickrey.payments)


@pytest.mark.parametrize("seed", range(6))
def test_its_revenue_is_that_of_the_claims_own_vcg(seed):
    rng = np.random.default_rng(seed)
    worths = tuple(tuple((v,) for v in sorted(rng.choice(range(1, 9), 3, replace=False).tolist())) for _ in range(3))
    odds = rng.integers(0, 4, 27)
    kept = np.flatnonzero(odds)
    states = tuple(map(tuple, np.indices((3, 3, 3)).reshape(3, -1).T[kept].tolist()))
    instance = Instance(worths=worths, states=states, odds=tuple(odds[kept].tolist()))
    profiles = np.array(states)
    setting = Setting(instance.environment, BeliefBook(), instance.prior)
    prices = VCG(setting).expect(Reports(profiles, np.zeros_like(profiles))).prices
    assert instance.weights @ prices == pytest.approx(vcg_revenue(instance), abs=1e-12)


@pytest.mark.parametrize(
    ("sizes", "vcg", "opt", "less_a_share", "less_a_player"),
    [((2, 2), 1.875, 2.75, 2.0625, 2.25), ((1, 3), 0.0, 3.125, 2.34375, 2.4375)],
)
def test_two_groups_of_which_one_is_served(sizes, vcg, opt, less_a_share, less_a_player):
    """Values 1 or 2, each 1/2: what VCG earns, OPT, (1 - 1/n) OPT, and the mean OPT without one player."""
    environment = groups(sizes, [1, 2])
    even = [[0.5, 0.5]]
    best = optimal_mechanism(environment, independent(even * 4)).revenue
    fewer = [optimal_mechanism(environment.without(i), independent(even * 3)).revenue for i in range(4)]
    assert built(environment).expect(announced(built(environment))).prices.mean() == vcg
    assert best == pytest.approx(opt, abs=1e-9)
    assert 0.75 * best == pytest.approx(less_a_share, abs=1e-9)
    assert np.mean(fewer) == pytest.approx(less_a_player, abs=1e-9)


def test_two_groups_by_hand():
    """Two groups of two: each winner pays what the losers' total is above her partner's value."""
    total = 0.0
    for a, b, c, d in product([1, 2], repeat=4):
        (one, two), rivals = ((a, b), c + d) if a + b >= c + d else ((c, d), a + b)
        total += max(0, rivals - two) + max(0, rivals - one)
    assert total / 16 == 1.875


def test_a_cost_that_payments_do_not_cover():
    """Values 6 and 6, cost 10: each pays 10 - 6; where one of them alone is worth the cost she has nothing to pay."""
    environment = public_good([[6, 12], [6]])
    mechanism = built(environment, cost=10)
    outcomes = mechanism.expect(announced(mechanism))
    assert outcomes.payments.tolist() == [[4, 4], [4, 0]]
    assert mechanism.expenses.tolist() == [0, 10]
    assert (outcomes.payments.sum(axis=1) < 10).all()


def test_equal_welfare_goes_to_the_first_allocation_in_the_list():
    for environment, cost, allocation in [
        (public_good([[2], [2]]), 4, 0),
        (services([[3], [3]], [[0], [1]]), 0, 1),
        (single_good([[3], [3]]), 0, 1),
    ]:
        mechanism = built(environment, cost=cost)
        assert mechanism.settle(announced(mechanism), 0).allocation.tolist() == [allocation]
    assert services([[3], [3]], [[0], [1]]).served[1].tolist() == [False, True]


@pytest.mark.parametrize("name", ["groups", "unit demand", "copies"])
def test_expected_outcomes_are_the_mean_of_played_ones_with_the_lottery(name):
    assert_play_is_expect_in_the_mean(built(ENVIRONMENTS[name], delta=0.3))


@pytest.mark.parametrize("cost", [-3, 10**400, 0.5])
def test_a_cost_that_is_no_amount_of_money_is_refused(cost):
    with pytest.raises(ValueError, match=rf"cost must be a whole number from 0 to 1,000,000,000,000, not {cost}"):
        built(single_good([[1], [2]]), cost=cost)
