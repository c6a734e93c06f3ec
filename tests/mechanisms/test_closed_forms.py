"""Closed forms for independent values: enumeration, the mechanisms themselves, and calculus in the limit."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms import assignment, optimal_mechanism, single_good
from mechanisms.beliefs import joint, mixture, product
from mechanisms.closed_forms import expected_welfare, lookahead_revenue, myerson_revenue, vickrey_revenue
from mechanisms.optimal import single_good_program
from mechanisms.ties import TIES
from tests.priors import independent_case, independents, truthful_figures

FORMS = (expected_welfare, vickrey_revenue, lookahead_revenue, myerson_revenue)


@settings(max_examples=60)
@given(independents(), st.sampled_from(TIES))
def test_what_auctions_earn_is_what_they_are_seen_to_earn(drawn, ties):
    values, marginals = drawn
    environment, belief = single_good(values), product(marginals)
    case = independent_case(values, marginals)
    vickrey = truthful_figures(case, "vickrey", ties=ties)[0]
    assert vickrey_revenue(environment, belief) == pytest.approx(vickrey, abs=1e-9)
    lookahead = truthful_figures(case, "lookahead", ties=ties)[0]
    assert lookahead_revenue(environment, belief, ties=ties) == pytest.approx(lookahead, abs=1e-9)
    myerson = truthful_figures(case, "myerson", ties=ties)[0]
    assert myerson_revenue(environment, belief) == pytest.approx(myerson, abs=1e-9)


@settings(max_examples=60)
@given(independents())
def test_welfare_and_the_second_price_by_enumeration(drawn):
    values, marginals = drawn
    environment, belief = single_good(values), product(marginals)
    bids = np.stack([grid[environment.grid[:, i]] for i, grid in enumerate(environment.values)], axis=1)
    ranked, weights = np.sort(np.column_stack([np.zeros(len(bids)), bids]), axis=1), belief.prob(environment.grid)
    assert expected_welfare(environment, belief) == pytest.approx(weights @ ranked[:, -1], abs=1e-9)
    assert vickrey_revenue(environment, belief) == pytest.approx(weights @ ranked[:, -2], abs=1e-9)
    for form in (expected_welfare, vickrey_revenue, lookahead_revenue):
        assert form(environment, belief.table) == pytest.approx(form(environment, belief), abs=1e-9)


def test_a_mixture_has_the_mean_of_its_components():
    rng = np.random.default_rng(2)
    environment = single_good([[1, 2, 5], [2, 3, 4], [1, 4, 6]])
    belief = mixture([0.3, 0.7], [product(rng.dirichlet(np.ones(3), 3)) for _ in range(2)])
    for form in (expected_welfare, vickrey_revenue):
        assert form(environment, belief) == pytest.approx(form(environment, belief.table), abs=1e-12)
    assert lookahead_revenue(environment, belief) == pytest.approx(lookahead_revenue(environment, belief.table))


def uniform(players: int, size: int):
    """Independent values, uniform on 1/size, 2/size, ..., 1, in units of 1/size."""
    return single_good([list(range(1, size + 1))] * players), product([np.full(size, 1 / size)] * players)


@pytest.mark.parametrize("players", range(1, 11))
def test_uniform_values_by_grid_refinement(players):
    """The error falls as 1/size, so twice the finer figure less the coarser one is close to the integral."""
    limits = {
        expected_welfare: players / (players + 1),
        vickrey_revenue: (players - 1) / (players + 1),
        lookahead_revenue: (players - 1) / (players + 1) + 1 / (2**players * (players + 1)),
        myerson_revenue: (players - 1) / (players + 1) + 1 / (2**players * (players + 1)),
    }
    for form, limit in limits.items():
        coarse, fine = (form(*uniform(players, size)) / size for size in (400, 800))
        assert abs(fine - limit) <= 0.6 * abs(coarse - limit) + 1e-12
        assert 2 * fine - coarse == pytest.approx(limit, abs=players**2 / 400**2)


@pytest.mark.parametrize("players", [2, 3])
def test_regular_values_sold_to_the_highest_have_myersons_revenue(players):
    environment, belief = uniform(players, 6)
    assert lookahead_revenue(environment, belief) == pytest.approx(myerson_revenue(environment, belief))
    assert single_good_program(environment, belief).revenue == pytest.approx(myerson_revenue(environment, belief))


def test_a_thousand_bidders_and_a_hundred_values():
    """Identical bidders have the distribution of one to the power of their number."""
    environment, belief = uniform(1000, 100)
    levels = np.arange(1, 101) / 100
    highest = 1.0 - levels**1000
    second = 1.0 - 1000 * levels**999 * (1 - levels) - levels**1000
    assert expected_welfare(environment, belief) == pytest.approx(1.0 + highest.sum(), rel=1e-12)
    assert vickrey_revenue(environment, belief) == pytest.approx(1.0 + second.sum(), rel=1e-12)
    revenue = myerson_revenue(environment, belief)
    assert vickrey_revenue(environment, belief) <= revenue <= expected_welfare(environment, belief)
    assert lookahead_revenue(environment, belief) == pytest.approx(revenue, rel=1e-12)
    assert optimal_mechanism(environment, belief).certificate.sound


def test_where_no_closed_form_holds_one_sentence_says_so():
    goods = assignment(["a", "b"], [[[1, 2, 3]], [[1, 1, 2]]])
    for form in FORMS:
        with pytest.raises(ValueError, match="closed form for one good only"):
            form(goods, product([[1.0], [1.0]]))
    size, players = 10, 40
    environment = single_good([list(range(1, size + 1))] * players)
    factors = np.random.default_rng(1).dirichlet(np.ones(size), 2)
    belief = mixture([0.5, 0.5], [product([factor] * players) for factor in factors])
    for form in (lookahead_revenue, myerson_revenue):
        with pytest.raises(ValueError, match="independent values only"):
            form(environment, belief)
    correlated = joint((2, 2), [[0, 0], [1, 1]], [0.5, 0.5])
    with pytest.raises(ValueError, match="independent values only"):
        myerson_revenue(single_good([[1, 2], [1, 2]]), correlated)
    assert prod(environment.shape) == size**players
