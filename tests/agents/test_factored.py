"""Factored knowledge is the listed knowledge of the same prior; at size it stays small, or refuses with numbers."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import factored
from agents.factored import FactoredSpace
from agents.knowledge import KNOWLEDGE, StateSpace, partition
from agents.misinformation import MISINFORMATION, misinform
from agents.nature import Drawn
from agents.sights import NotListed, Sights, counted
from mechanisms import assignment, single_good
from mechanisms.beliefs import Mixture, Product, mixture, product
from tests.agents.factored_cases import Twin, twins

BOOM = mixture([0.25, 0.75], [product([[0.5, 0.5], [0.0, 1.0]]), product([[0.2, 0.8], [0.4, 0.6]])])
TWO = Twin(((1, 2), (3, 5)), BOOM, ("boom", "bust"), "state", {"insiders": [1]})


# --- the same as listed


@given(twins())
def test_cells_are_those_of_the_list_and_go_by_the_same_names(twin):
    for i in range(twin.players):
        pairs = {pair[1:] for pair in twin.pairs(i)}
        assert len(pairs) == twin.knowledge.count(i) == len(twin.listed.names[i])
        assert {mine for mine, _ in pairs} == set(range(twin.knowledge.count(i)))
        names, types = twin.knowledge.names_of(i), twin.knowledge.types(i)
        for mine, listed in pairs:
            assert names[mine] == twin.listed.names[i][listed]
            assert types[mine] == twin.listed.types(i)[listed]


@given(twins())
def test_posteriors_and_chances_are_those_of_the_list(twin):
    space = twin.listed_space[0]
    for i in range(twin.players):
        others = [j for j in range(twin.players) if j != i]
        for mine, listed in {pair[1:] for pair in twin.pairs(i)}:
            inside = twin.listed.cells[:, i] == listed
            np.testing.assert_allclose(twin.knowledge.chances(i)[mine], space.weights[inside].sum(), atol=1e-12)
            same(twin.knowledge.posterior(i, mine), twin.listed.posterior(i, listed))
            given = twin.knowledge.given(i, mine)
            assert given.chance == twin.knowledge.chances(i)[mine]
            same(given.belief, twin.listed.belief(i, inside, range(twin.players)))
            same(given.belief.marginal(others), twin.listed.posterior(i, listed))
            assert given.components.tolist() == sorted(set(twin.listed_space[1][inside].tolist()))
            assert isinstance(given.belief, Product) == (len(given.components) == 1)


@given(
    twins(), st.sampled_from([{"tempered": {"power": 0.0}}, {"tempered": {"power": 1.7}}, {"shifted": {"shift": 2.0}}])
)
def test_wrong_opinions_are_those_of_the_list(twin, wrong):
    """A mixture's states are pairs of component and profile; the list has one only where there are labels."""
    (how, parameters), rng = *wrong.items(), np.random.default_rng(1)
    if how == "tempered" and isinstance(twin.prior, Mixture) and twin.labels is None:
        with pytest.raises(NotListed, match="a tempered opinion of a mixture whose components are no states"):
            MISINFORMATION[how](twin.space, 0, rng, **parameters)
        return
    mine = misinform(twin.knowledge, 0, MISINFORMATION[how](twin.space, 0, rng, **parameters))
    listed = misinform(twin.listed, 0, MISINFORMATION[how](twin.listed_space[0], 0, rng, **parameters))
    for i in range(twin.players):
        everybody = range(twin.players)
        same(mine.prior(i, everybody), listed.belief(i, np.ones(len(twin.listed_space[0]), dtype=bool), everybody))
        for cell, other in {pair[1:] for pair in twin.pairs(i)}:
            same(mine.posterior(i, cell), listed.posterior(i, other))
    np.testing.assert_array_equal(mine.chances(0), twin.knowledge.chances(0))


@given(twins(components=(1, 2)))
def test_a_listing_is_the_same_prior_and_keeps_the_states(twin):
    space = StateSpace.listing(twin.space)
    same(twin.prior, space.prior)
    assert (space.labels is None) == (twin.labels is None)
    size = np.prod(twin.environment.shape)
    np.testing.assert_array_equal(space.listed % size, twin.environment.flat(space.profiles))
    if twin.labels is not None:
        assert [twin.labels[row // size] for row in space.listed] == list(space.labels)
        keys = zip(space.labels, space.profiles.tolist(), strict=True)
        odds = {}
        for (label, profile), weight in zip(keys, space.weights, strict=True):
            odds[label, *profile] = odds.get((label, *profile), 0.0) + weight
        for label, *profile in odds:
            there = [s for s, mine in enumerate(twin.labels) if mine == label]
            chance = sum(twin.space.weights[s] * twin.space.parts[s].prob(np.array(profile)) for s in there)
            assert odds[label, *profile] == pytest.approx(float(chance))


def same(factored_belief, table):
    assert factored_belief.shape == table.shape
    grid = np.array(list(np.ndindex(table.shape)), dtype=int).reshape(np.prod(table.shape, dtype=int), len(table.shape))
    np.testing.assert_allclose(factored_belief.prob(grid), table.prob(grid), atol=1e-12)


# --- by hand


def test_cells_by_hand():
    """Player 1 is an insider, and 3 cannot be hers in a boom."""
    assert TWO.knowledge.names_of(0) == ("1", "2")
    assert TWO.knowledge.names_of(1) == ("3 | state=bust", "5 | state=boom", "5 | state=bust")
    np.testing.assert_allclose(TWO.knowledge.chances(1), [0.3, 0.25, 0.45])
    drawn = Drawn(np.array([[0, 1], [1, 0], [0, 1]]), None, np.array([0, 1, 1]))
    assert TWO.knowledge.cells(1, drawn).tolist() == [1, 0, 2]
    boom, bust = (TWO.knowledge.posterior(1, cell) for cell in (1, 2))
    assert isinstance(boom, Product)
    assert boom.factors[0].tolist() == [0.5, 0.5]
    assert bust is TWO.knowledge.posterior(1, 0)
    outsider = TWO.knowledge.posterior(0, 0)
    np.testing.assert_allclose(outsider.weights, [0.125 / 0.275, 0.15 / 0.275])


def test_under_a_product_the_posterior_does_not_depend_on_the_own_type():
    twin = Twin(((1, 2, 3),) * 3, product([[0.2, 0.3, 0.5]] * 3), kind="graph", parameters={"edges": [[0, 2]]})
    beliefs = [twin.knowledge.posterior(0, cell) for cell in range(9)]
    assert len({id(belief) for belief in beliefs}) == 3
    assert beliefs[0] is beliefs[3]
    assert beliefs[0].factors[0] is twin.prior.factors[1]
    assert len({id(twin.knowledge.posterior(1, cell)) for cell in range(3)}) == 1


def test_cells_of_a_mixture_share_products():
    other = TWO.knowledge.posterior(0, 1)
    assert [a is b for a, b in zip(TWO.knowledge.posterior(0, 0).components, other.components, strict=True)] == [
        True
    ] * 2


def test_draws_carry_the_component():
    twin = Twin(((1, 2), (3, 5)), BOOM)
    drawn = twin.space.draw(np.random.default_rng(1), 50_000)
    assert drawn.states is None
    assert np.bincount(drawn.components).tolist() == pytest.approx([12_500, 37_500], abs=500)
    assert (drawn.types[drawn.components == 0, 1] == 1).all()
    alone = FactoredSpace(BOOM.components[0]).draw(np.random.default_rng(1), 3)
    assert alone.components is None


def test_equal_labels_are_one_state():
    twin = Twin(((1, 2), (3, 5)), BOOM, ("x", "x"), "state", {"insiders": [0, 1]})
    assert twin.knowledge.names_of(0) == ("1 | state=x", "2 | state=x")


def test_several_goods():
    environment = assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6]]])
    space = FactoredSpace(product([[0.5, 0.5], [0.25, 0.75]]))
    knowledge = partition(space, environment, KNOWLEDGE["buckets"](environment, space, cuts=[4]))
    assert knowledge.names_of(1) == ("(2, 2, 2) | 0<4", "(2, 2, 2) | 0>=4", "(0, 5, 6) | 0<4", "(0, 5, 6) | 0>=4")
    assert knowledge.posterior(1, 1).factors[0].tolist() == [1.0, 0.0]


# --- refusals


MANY = single_good([range(1, 101)] * 1000)
MANY_SPACE = FactoredSpace(product([np.full(100, 0.01)] * 1000))


def told(kind, environment=MANY, space=MANY_SPACE, **parameters):
    return partition(space, environment, KNOWLEDGE[kind](environment, space, **parameters))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: told("complete"),
            "player 0 has some 10^2000 cells, her own 100 types and 999 things that she sees, and the limit is "
            "200,000: the first 1 of those things would fit",
        ),
        (
            lambda: told("graph", edges=[[7, j] for j in (1, 2, 3)]),
            "player 7 has 100,000,000 cells, her own 100 types and 3 things that she sees, and the limit is 200,000: "
            "the first 1 of those things would fit",
        ),
        (lambda: told("buckets", cuts=[50]), "player 0 has some 10^303 cells"),
        (
            lambda: told("graph", edges=[[i, (i + 1) % 1000] for i in range(1000)]),
            "the 1,000 players have 10,000,000 cells in all, and the limit is 2,000,000: 2,000 each would fit",
        ),
        (
            lambda: told("labels", labels=[]),
            "knowledge by labels needs a list of all profiles of types, and with some 10^2000 of them there is none; "
            "run, revenue and deviations do without one",
        ),
        (lambda: told("graph", edges=[[0, 1000]]), "an edge joins two different players out of 0..999, not [0, 1000]"),
        (lambda: told("buckets", cuts=[3, 3]), "cuts must be one or more increasing values, not [3, 3]"),
        (lambda: told("state", insiders=[0]), "knowledge of the state needs a prior whose profiles carry states"),
        (
            lambda: TWO._known(FactoredSpace(BOOM, ("a",))),
            "2 components but 1 labels",
        ),
        (lambda: FactoredSpace(BOOM.components[0], ("a",)), "a product has no components that ['a'] could name"),
        (
            lambda: KNOWLEDGE["state"](TWO.environment, TWO.space, insiders=[2]),
            "an insider must be one of the players 0..1, not 2",
        ),
        (lambda: partition(TWO.space, TWO.environment, [["", ""]] * 2), "knowledge told state by state needs a list"),
        (
            lambda: MISINFORMATION["sampled"](TWO.space, 0, np.random.default_rng(1), size=3),
            "an opinion estimated from a sample needs a list of all profiles of types, and with 4 of them",
        ),
        (
            lambda: misinform(TWO.knowledge, 0, BOOM.components[0]),
            "player 0's opinion has 1 components, and the prior has 2",
        ),
        (
            lambda: misinform(TWO.knowledge, 0, mixture([0.5, 0.5], [product([[1.0, 0.0], [0.0, 1.0]])] * 2)),
            "player 0's opinion rules out her own type 2, which can occur",
        ),
        (
            lambda: TWO.knowledge.cells(1, Drawn(np.array([[0, 1]]))),
            "a player sees the common state, but the draws do not say which it is",
        ),
    ],
)
def test_errors(build, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        build()


def test_the_limit_on_posteriors(monkeypatch):
    monkeypatch.setattr(factored, "FACTORS", 11)
    message = (
        "the 3 players' posteriors hold 12 distributions of single types, and the limit is 11: 3 cells each would fit"
    )
    twin = Twin(
        ((1, 2),) * 3,
        product([[0.5, 0.5]] * 3),
        kind="graph",
        parameters={"edges": [[i, (i + 1) % 3] for i in range(3)]},
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        twin.knowledge.count(0)
    monkeypatch.setattr(factored, "FACTORS", 12)
    assert [twin.knowledge.count(i) for i in range(3)] == [4] * 3


def test_numbers_of_any_size_can_be_told():
    assert counted(100**100_000) == "some 10^200000"
    assert "some 10^200000" in str(NotListed((100,) * 100_000))


# --- at size


@pytest.mark.slow
@pytest.mark.parametrize("components", [1, 3])
def test_a_thousand_players_with_a_hundred_values(components):
    rng = np.random.default_rng(1)
    parts = [product([rng.dirichlet(np.ones(100))] * 1000) for _ in range(components)]
    space = FactoredSpace(parts[0] if components == 1 else mixture(np.full(components, 1 / components), parts))
    knowledge = told("own-value", space=space)
    beliefs = [knowledge.posterior(i, cell) for i in range(1000) for cell in range(100)]
    assert len({id(belief) for belief in beliefs}) == (1000 if components == 1 else 100_000)
    assert beliefs[0].shape == (100,) * 999
    drawn = space.draw(rng, 100)
    np.testing.assert_array_equal(knowledge.cells(999, drawn), drawn.types[:, 999])


def test_many_players_who_see_nothing_share_one_account_of_it():
    assert len(set(map(id, KNOWLEDGE["own-value"](MANY, MANY_SPACE)))) == 1
    assert isinstance(KNOWLEDGE["own-value"](MANY, MANY_SPACE)[0], Sights)
