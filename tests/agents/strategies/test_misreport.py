"""Misreports: any value rule with any belief rule, by name, and helpful errors."""

import numpy as np
import pytest

from agents.strategies import BELIEF_RULES, VALUE_RULES, Misreport
from tests.priors import random_case

CASE = random_case(4, 2, "graph")


@pytest.mark.parametrize("value", [name for name in VALUE_RULES if name != "fixed"])
@pytest.mark.parametrize("belief", sorted(BELIEF_RULES))
def test_any_value_rule_goes_with_any_belief_rule(value, belief):
    seat = CASE.game("L-printed", epsilon=0.1).seats[1]
    plan = Misreport(value=value, belief=belief).plan(seat)
    np.testing.assert_array_equal(plan.information, seat.information)
    np.testing.assert_array_equal(plan.values, VALUE_RULES[value](seat))
    np.testing.assert_array_equal(plan.beliefs, BELIEF_RULES[belief](seat))


def test_parameters_reach_the_rules():
    seat = CASE.game("L", epsilon=0.1).seats[0]
    value = CASE.values[0][-1]
    plan = Misreport(value={"rule": "fixed", "value": value}, belief={"rule": "sharpened", "power": 5.0}).plan(seat)
    assert (plan.pure_values == seat.menu_size - 1).all()
    np.testing.assert_array_equal(plan.beliefs, BELIEF_RULES["sharpened"](seat, power=5.0))


def test_by_default_it_tells_the_truth():
    seat = CASE.game("L", epsilon=0.1).seats[0]
    plan = Misreport().plan(seat)
    np.testing.assert_array_equal(plan.pure_values, seat.types)
    np.testing.assert_array_equal(plan.pure_beliefs, seat.posteriors)


def plan_of(**options):
    return Misreport(**options).plan(CASE.game("L", epsilon=0.1).seats[0])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Misreport(value="overbit"), "value rule.*'overbit'.*did you mean 'overbid'"),
        (lambda: Misreport(belief="zzz"), "belief rule.*'zzz'.*truthful, role-aware"),
        (lambda: Misreport(value={"steps": 2}), "value rule.*unknown"),
        (
            lambda: plan_of(value={"rule": "shade", "stepz": 2}),
            "shade.*stepz.*2",
        ),
        (lambda: plan_of(value="fixed"), "fixed.*value"),
        (lambda: plan_of(belief={"rule": "sharpened", "power": -2.0}), r"power.*-2\.0"),
        (lambda: plan_of(value={"rule": "fixed", "value": 99}), " 99"),
    ],
)
def test_errors_show_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_a_rules_parameters_are_not_used_up():
    given = {"rule": "shade", "steps": 2}
    Misreport(value=given)
    assert given == {"rule": "shade", "steps": 2}
