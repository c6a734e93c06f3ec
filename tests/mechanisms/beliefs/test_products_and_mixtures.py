"""Products and mixtures: every answer is that of the same distribution as a table, and holds where no table fits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from mechanisms import independent, joint
from mechanisms.beliefs import LISTED, Mixture, mixture, product, weights_of
from mechanisms.environment import full_grid

SHAPES = st.sampled_from([(), (3,), (1, 2), (2, 3, 2), (3, 1, 2, 2)])


def factor(rng, types):
    weights = rng.random(types) * (rng.random(types) < 0.7)
    weights[rng.integers(types)] += 0.1
    return weights / weights.sum()


@st.composite
def pairs(draw):
    """A product or a mixture, and the table that plain arithmetic makes of it."""
    shape, rng = draw(SHAPES), np.random.default_rng(draw(st.integers(0, 10**6)))
    parts = [[factor(rng, types) for types in shape] for _ in range(draw(st.integers(1, 3)))]
    grid = full_grid(shape)
    tables = [independent(factors).prob(grid) for factors in parts]
    if len(parts) == 1 and draw(st.booleans()):
        return product(parts[0]), joint(shape, grid, tables[0])
    weights = rng.dirichlet(np.ones(len(parts)))
    return mixture(weights, [product(factors) for factors in parts]), joint(shape, grid, weights @ np.array(tables))


def same(found, expected):
    grid = full_grid(expected.shape)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.prob(grid), expected.prob(grid), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(found.possible(grid), expected.possible(grid))


@settings(max_examples=150)
@given(pairs())
def test_probabilities_supports_and_norms_are_those_of_the_table(pair):
    belief, table = pair
    same(belief, table)
    same(belief.table, table)
    np.testing.assert_array_equal(belief.support, table.support)
    assert belief.squared_norm == pytest.approx(table.squared_norm, abs=1e-12)
    for i in range(len(table.shape)):
        np.testing.assert_allclose(weights_of(belief, i), weights_of(table, i), rtol=0, atol=1e-12)


@settings(max_examples=100)
@given(pairs(), st.data())
def test_marginals_are_those_of_the_table(pair, data):
    belief, table = pair
    kept = data.draw(st.permutations(range(len(table.shape))))[: data.draw(st.integers(0, len(table.shape)))]
    same(belief.marginal(kept), table.marginal(kept))


@settings(max_examples=100)
@given(pairs(), st.data())
def test_conditions_are_those_of_the_table(pair, data):
    """On some players' types one by one, and on any event, atom by atom."""
    belief, table = pair
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    players = data.draw(st.sets(st.sampled_from(range(len(table.shape))))) if table.shape else set()
    event = {i: rng.random(table.shape[i]) * (rng.random(table.shape[i]) < 0.8) for i in players}
    if np.prod([event[i][table.atoms[:, i]] for i in players], axis=0, initial=1.0).max() > 0:
        same(belief.given_types(event), table.given_types(event))
    else:
        with pytest.raises(ValueError, match="event of probability zero"):
            belief.given_types(event)
    atoms = rng.random(len(table.atoms))
    same(belief.given(atoms), table.given(atoms))


@settings(max_examples=100)
@given(pairs(), st.data())
def test_conditionals_are_proportional_to_the_tables(pair, data):
    belief, table = pair
    if not table.shape:
        return
    player = data.draw(st.integers(0, len(table.shape) - 1))
    others = full_grid(table.shape[:player] + table.shape[player + 1 :])
    found, expected = belief.conditional(player, others), table.conditional(player, others)
    sums = expected.sum(axis=1, keepdims=True)
    np.testing.assert_array_equal(found.any(axis=1), sums[:, 0] > 0)
    expected = expected / np.where(sums > 0, sums, 1.0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("components", [1, 2])
def test_draws_have_the_frequencies_of_the_distribution(components):
    rng = np.random.default_rng(2)
    parts = [product([factor(rng, types) for types in (2, 3, 3)]) for _ in range(components)]
    belief = parts[0] if components == 1 else mixture([0.3, 0.7], parts)
    drawn = belief.sample(np.random.default_rng(5), 50_000)
    assert belief.possible(drawn).all()
    expected = 50_000 * belief.table.weights
    counts = np.array([(drawn == atom).all(axis=1).sum() for atom in belief.support])
    assert ((counts - expected) ** 2 / expected).sum() < chi2.isf(1e-4, len(counts) - 1)


@pytest.mark.parametrize("components", [1, 2])
def test_a_thousand_players_with_a_hundred_values(components):
    """Every probability is below all floats, and none of it is taken for impossible."""
    rng = np.random.default_rng(4)
    parts = [product(rng.dirichlet(np.ones(100), size=1000)) for _ in range(components)]
    belief = parts[0] if components == 1 else Mixture(np.array([0.5, 0.5]), tuple(parts))
    drawn = belief.sample(rng, 5)
    assert not belief.prob(drawn).any()
    assert belief.possible(drawn).all()
    rows = belief.conditional(3, np.delete(drawn, 3, axis=1))
    np.testing.assert_allclose(rows.sum(axis=1), 1.0)
    seen = belief.given_types({i: np.arange(100) == drawn[0, i] for i in range(500)})
    np.testing.assert_allclose(weights_of(seen, 0), np.arange(100) == drawn[0, 0])
    assert all(a is b for a, b in zip(parts[0].marginal(range(999)).factors, parts[0].factors, strict=False))
    with pytest.raises(ValueError, match=rf"some 10\^2000 profiles.*{LISTED:,}"):
        _ = belief.table
