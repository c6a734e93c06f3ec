"""Auctions to compare with, against hand examples and the program's own Vickrey and optimal auctions."""

import numpy as np
import pytest

from analysis.claims import Instance
from analysis.claims.auctions import (
    critical_vickrey,
    monopoly_prices,
    reserve_revenue,
    vcg_revenue,
    winner,
)
from analysis.claims.generate import common_value, correlated, iid_values, independent_values, of_values, product_states
from analysis.claims.generate_goods import groups
from tests import oracle


def product(values, margins) -> Instance:
    states, odds = product_states(margins)
    return Instance(of_values(values), states, odds)


def test_all_monopoly_prices_are_found():
    """Pr(theta >= k) = 1/k makes every price a monopoly price."""
    assert monopoly_prices(product([(1, 2, 3, 4)], [(6, 2, 1, 3)])) == ((1, 2, 3, 4),)
    assert monopoly_prices(product([(1, 10)], [(1, 1)])) == ((10,),)


def test_lazy_and_eager_reserves_differ():
    assert winner([5, 4], [6, 1], eager=False) is None
    assert winner([5, 4], [6, 1], eager=True) == 1


def test_reserves_on_the_paper_s_care_point():
    """theta_1 = 3 theta_2 with Pr(theta_2 >= k) = 1/k on {1..4}: at most 3.75, while lookahead earns 6.25."""
    triple = Instance(of_values([(3, 6, 9, 12), (1, 2, 3, 4)]), tuple((k, k) for k in range(4)), (6, 2, 1, 3))
    assert reserve_revenue(triple) == pytest.approx(3.75)
    assert triple.revenue("lookahead").prices == pytest.approx(6.25)
    assert vcg_revenue(triple) == pytest.approx(25 / 12)


def test_critical_payments_by_hand():
    """Values 1 and 10: the four profiles pay 1, 1, 10 and 10, against 1, 1, 1 and 10 in Vickrey's auction."""
    pair = product([(1, 10)] * 2, [(1, 1)] * 2)
    assert critical_vickrey(pair) == pytest.approx(22 / 4)
    assert vcg_revenue(pair) == pytest.approx(13 / 4)


@pytest.mark.parametrize("family", [independent_values, correlated, common_value])
def test_vcg_of_one_good_is_vickrey(family):
    rng = np.random.default_rng(5)
    for _ in range(15):
        instance = family(rng)
        weights = instance.weights.tolist()
        profiles = [tuple(instance.values[i][k] for i, k in enumerate(s)) for s in instance.states]
        states = list(zip(profiles, weights, strict=True))
        game = oracle.Game(list(map(list, instance.values)), states, [tuple(profile) for profile in profiles])
        assert vcg_revenue(instance) == pytest.approx(oracle.vickrey(game))


def test_vcg_of_groups_by_hand():
    """Values 2 and 1 against a lone 2: the pair wins, and pays what each is pivotal for: 1 and 0."""
    rows = ((0, 0, 0), (0, 0, 3), (0, 2, 0), (1, 0, 0), (1, 2, 0))
    worths = tuple(tuple((v,) * 3 for v in grid) for grid in ((2,), (1,), (2,)))
    team = Instance(worths, ((0, 0, 0),), (1,), bundles=((0,), (1,), (2,)), allocations=rows)
    assert vcg_revenue(team) == pytest.approx(1.0)


def test_vcg_never_beats_opt():
    rng = np.random.default_rng(6)
    for family in (groups, iid_values):
        for _ in range(10):
            instance = family(rng)
            assert vcg_revenue(instance) <= instance.opt + 1e-9


def test_critical_payments_leave_the_optimal_auction_for_regular_identical_values():
    """With two uniform players on {1..4} Vickrey with reserve and critical payments is optimal: 2.375."""
    uniform = product([(1, 2, 3, 4)] * 2, [(1, 1, 1, 1)] * 2)
    assert reserve_revenue(uniform, critical=True) == pytest.approx(2.375)
    assert uniform.opt == pytest.approx(2.375)
