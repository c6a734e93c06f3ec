"""The route to OPT that fits, what is refused, and what is known of OPT then."""

import numpy as np
import pytest

from mechanisms import assignment, independent, joint, optimal_mechanism, single_good
from mechanisms.beliefs import mixture, product
from mechanisms.optimal import OptimumBounds, TooLarge, limits, optimum_bounds, single_good_program
from tests.priors import random_case


def correlated(players: int, size: int, components: int = 2, *, alike: bool = False):
    rng = np.random.default_rng([players, size])
    environment = single_good([list(range(1, size + 1))] * players)
    parts = [
        product([factor] * players if alike else rng.dirichlet(np.ones(size), players))
        for factor in rng.dirichlet(np.ones(size), components)
    ]
    return environment, mixture(np.full(components, 1 / components), parts)


def test_each_route_is_taken_where_it_fits():
    goods = assignment(["a", "b"], [[[1, 2, 3], [2, 1, 3]], [[1, 1, 2]]])
    found = {
        optimal_mechanism(single_good([[1, 2]] * 3), product([[0.5, 0.5]] * 3)).route: "a product",
        optimal_mechanism(*correlated(2, 3)).route: "two bidders",
        optimal_mechanism(*correlated(3, 3)).route: "three",
        optimal_mechanism(*correlated(3, 3, alike=True)).route: "three exchangeable",
        optimal_mechanism(goods, independent([[0.5, 0.5], [1.0]])).route: "two goods",
    }
    assert list(found) == ["myerson", "cut", "lp", "folded lp", "general lp"]


@pytest.mark.parametrize("players", [1, 2, 3])
def test_a_table_of_independent_values_is_seen_to_be_one(players):
    rng = np.random.default_rng(players)
    environment = single_good([[1, 3, 4]] * players)
    factors = rng.dirichlet(np.ones(3), players)
    listed = optimal_mechanism(environment, independent(factors))
    assert listed.route == "myerson"
    assert listed.revenue == pytest.approx(optimal_mechanism(environment, product(factors)).revenue, rel=1e-12)
    if players > 1:
        weights = independent(factors).weights * (1.0 + 1e-8 * rng.standard_normal(3**players))
        nearly = joint(environment.shape, environment.grid, weights / weights.sum())
        found = optimal_mechanism(environment, nearly)
        assert found.route != "myerson"
        assert found.certificate.sound


def test_a_mixture_of_one_kind_is_seen_to_be_a_product():
    rng = np.random.default_rng(6)
    environment = single_good([list(range(1, 11))] * 50)
    factors = rng.dirichlet(np.ones(10), 50)
    for belief in (
        mixture([1.0], [product(factors)]),
        mixture([0.5, 0.5], [product(factors), product(factors.copy())]),
    ):
        assert optimal_mechanism(environment, belief).route == "myerson"


def test_refusals_carry_the_numbers_and_say_what_would_fit(monkeypatch):
    environment, belief = correlated(5, 30)
    with pytest.raises(TooLarge, match=r"by lp .* 121,500,000 variables; the limit is 1,000,000; 11 values") as refused:
        optimal_mechanism(environment, belief)
    assert (refused.value.route, refused.value.size, refused.value.limit) == ("lp", 121_500_000, 1_000_000)
    with pytest.raises(TooLarge, match=r"81 variables; the limit is 80; 2 values"):
        optimal_mechanism(*correlated(3, 3), most_variables=80)
    monkeypatch.setattr(limits, "MAX_PROFILES", 8)
    with pytest.raises(TooLarge, match=r"minimum cut on 9 profiles here; the limit is 8"):
        optimal_mechanism(*correlated(2, 3))
    with pytest.raises(TooLarge, match=r"some 10\^") as refused:
        optimal_mechanism(*correlated(200, 100))
    assert refused.value.route == "lp"


@pytest.mark.parametrize("players", [1, 2, 3])
def test_bounds_hold(players):
    for seed in range(25):
        case = random_case(seed, players, most=3)
        bounds = optimum_bounds(case.environment, case.prior)
        opt = single_good_program(case.environment, case.prior).revenue
        assert bounds.lower - 1e-9 <= opt <= bounds.upper + 1e-9


@pytest.mark.parametrize(("players", "size"), [(2, 4), (3, 3)])
def test_bounds_of_mixtures_hold_listed_or_not(players, size):
    for components in (1, 2, 3):
        environment, belief = correlated(players, size, components)
        opt = single_good_program(environment, belief).revenue
        for bounds in (optimum_bounds(environment, belief), optimum_bounds(environment, belief.table)):
            assert bounds.lower - 1e-9 <= opt <= bounds.upper + 1e-9


def test_bounds_where_nothing_else_fits():
    environment, belief = correlated(200, 50, 3)
    bounds = optimum_bounds(environment, belief)
    assert bounds.below == "the second-price auction"
    assert bounds.above == "OPT where the component is known"
    assert 0 < bounds.lower < bounds.upper < 50
    assert str(bounds).startswith("it is at least ")


def test_several_goods_are_bounded_by_welfare():
    goods = assignment(["a", "b"], [[[1, 2, 3], [2, 1, 3]], [[1, 1, 2]]])
    belief = independent([[0.5, 0.5], [1.0]])
    bounds = optimum_bounds(goods, belief)
    assert (bounds.lower, bounds.upper) == (0.0, 3.0)
    assert optimal_mechanism(goods, belief).revenue <= bounds.upper + 1e-9


def test_bounds_in_the_wrong_order_are_an_error():
    with pytest.raises(ValueError, match=r"2\.0, is above the upper one, 1\.0"):
        OptimumBounds(2.0, 1.0, "one thing", "another")
