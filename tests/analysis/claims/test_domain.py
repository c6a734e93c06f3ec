"""What distributions are like, decided in integers."""

from fractions import Fraction

import pytest

from analysis.claims import Instance, domain
from analysis.claims.generate import of_values, product_states


def product(values, margins) -> Instance:
    states, odds = product_states(margins)
    return Instance(of_values(values), states, odds)


def test_a_product_is_independent_and_a_small_change_is_not():
    plain = product([(1, 2), (1, 3)], [(2, 3), (1, 4)])
    assert domain.independent(plain)
    assert not domain.alike(plain)
    assert domain.marginal_odds(plain) == ((10, 15), (5, 20))
    changed = Instance(plain.worths, plain.states, (*plain.odds[:-1], plain.odds[-1] + 1))
    assert not domain.independent(changed)


def test_a_missing_profile_breaks_independence():
    plain = product([(1, 2)] * 2, [(1, 1)] * 2)
    assert domain.iid(plain)
    assert not domain.independent(Instance(plain.worths, plain.states[1:], plain.odds[1:]))


def test_same_distribution_on_other_values_is_not_identical():
    assert not domain.iid(product([(1, 2), (1, 3)], [(1, 1)] * 2))


def test_a_common_value_is_symmetric_and_not_independent():
    common = Instance(of_values([(1, 2)] * 2), ((0, 0), (1, 1)), (1, 2))
    assert domain.symmetric(common)
    assert not domain.independent(common)
    assert not domain.symmetric(Instance(of_values([(1, 2)] * 2), ((0, 1), (1, 0)), (1, 2)))


@pytest.mark.parametrize(
    ("values", "odds", "weak", "strict"),
    [
        ((1, 2, 3), (1, 1, 1), True, True),  # virtual values -1, 1, 3
        ((5, 6, 20), (6, 3, 1), False, False),  # 13/3, 4/3, 20
        ((1, 10), (1, 1), True, True),
        ((1, 2, 4), (2, 1, 1), True, False),  # 0, 0, 4
    ],
)
def test_regularity_by_hand(values, odds, weak, strict):
    instance = product([values] * 2, [odds] * 2)
    assert domain.regular(instance) is weak
    assert domain.strictly_regular(instance) is strict


def test_virtual_values_by_hand():
    assert domain.virtual_values((1, 3), (1, 1)) == [-1, 3]
    assert domain.virtual_values((5, 6, 20), (6, 3, 1)) == [Fraction(13, 3), Fraction(4, 3), 20]


def test_a_value_that_never_occurs_makes_a_grid_irregular():
    """Critical payments would see it: on {3, 4, 5} without 4 a rival's 3 can be beaten at 4."""
    assert not domain.regular(Instance(of_values([(3, 4, 5)]), ((0,), (2,)), (1, 1)))
    assert domain.regular(Instance(of_values([(3, 5)]), ((0,), (1,)), (1, 1)))


def test_a_state_may_carry_more_than_its_profile():
    twice = Instance(of_values([(1,), (1,)]), ((0, 0), (0, 0)), (1, 1), labels=("a", "b"))
    assert not domain.plain_states(twice)
    assert domain.joint_odds(twice) == {(0, 0): 2}


def test_types_that_differ_only_in_what_is_never_given_are_not_servable():
    worths = (((1, 0, 0), (1, 0, 5)), ((1, 1, 1),))
    bundles = ((0,), (1,), (0, 1))
    one = Instance(worths, ((0, 0),), (1,), bundles=bundles, allocations=((0, 0), (1, 0), (0, 2), (1, 2)))
    assert not domain.servable(one)
    assert domain.servable(Instance(worths, ((0, 0),), (1,), bundles=bundles))
