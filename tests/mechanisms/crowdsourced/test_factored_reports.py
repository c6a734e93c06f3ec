"""Reports of products and mixtures: rewards and AGG equal those of the same beliefs as tables, and hold at size."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms import BeliefBook, Reports
from mechanisms.beliefs import Mixture, mixture, product
from mechanisms.crowdsourced.aggregate import aggregate_conditional
from mechanisms.crowdsourced.rewards import belief_reward, belief_rewards
from mechanisms.environment import full_grid
from mechanisms.scoring import SCORES, reward_rule
from tests.priors import drop

SHAPES = st.sampled_from([(2, 3), (2, 3, 2), (2, 2, 3, 2, 2), (1, 2, 2), (2,) * 8])


def factor(rng, types):
    weights = rng.random(types) * (rng.random(types) < 0.75)
    weights[rng.integers(types)] += 0.1
    return weights / weights.sum()


def shared_reports(rng, shape, rounds):
    """Rounds in which most products share their factors and some are like nobody else's; ids of tables beside."""
    roots = [[factor(rng, types) for types in shape] for _ in range(2)]
    book, listed, ids, tables = BeliefBook(), BeliefBook(), [], []
    for j in range(len(shape)):
        pool = []
        for _ in range(5):
            parts = []
            for root in roots[: rng.integers(1, 3)]:
                factors = list(root)
                for k in rng.choice(len(shape), rng.choice([0, 0, 1, len(shape)]), replace=False):
                    factors[k] = factor(rng, shape[k])
                parts.append(product(drop(tuple(factors), j)))
            belief = parts[0] if len(parts) == 1 else mixture([0.3, 0.7], parts)
            pool.append((book.add(belief if rng.random() < 0.8 else belief.table), listed.add(belief.table)))
        drawn = np.array(pool)[rng.integers(len(pool), size=rounds)]
        ids.append(drawn[:, 0])
        tables.append(drawn[:, 1])
    values = np.stack([rng.integers(types, size=rounds) for types in shape], axis=1)
    return book, Reports(values, np.stack(ids, axis=1)), listed, Reports(values, np.stack(tables, axis=1))


@settings(max_examples=25, deadline=None)
@given(SHAPES, st.integers(0, 10**6), st.sampled_from(sorted(SCORES)))
def test_rewards_are_those_of_the_tables(shape, seed, score):
    book, told, listed, there = shared_reports(np.random.default_rng(seed), shape, 40)
    found = belief_rewards(book, shape, reward_rule(score), told, scale=0.6)
    for j in range(len(shape)):
        expected = belief_reward(listed, shape, reward_rule(score), there, j, scale=0.6)
        np.testing.assert_allclose(found[:, j], expected, rtol=0, atol=1e-12)
        alone = belief_reward(book, shape, reward_rule(score), told, j, scale=0.6)
        np.testing.assert_allclose(alone, expected, rtol=0, atol=1e-12)


def scaled(rows):
    top = rows.max(axis=1, keepdims=True)
    return rows / np.where(top > 0, top, 1.0)


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.integers(0, 10**6))
def test_the_aggregate_is_that_of_the_tables(shape, seed):
    rng = np.random.default_rng(seed)
    book, told, listed, there = shared_reports(rng, shape, 60)
    chosen = rng.integers(len(shape), size=60)
    expected = np.zeros((60, max(shape)))
    for one in range(len(shape)):
        rows = chosen == one
        slow = aggregate_conditional(listed, shape, one, there.values[rows], there.beliefs[rows])
        expected[rows, : shape[one]] = slow
        fast = aggregate_conditional(book, shape, one, told.values[rows], told.beliefs[rows])
        np.testing.assert_allclose(scaled(fast), scaled(slow), rtol=0, atol=1e-12)
    found = aggregate_conditional(book, shape, chosen, told.values, told.beliefs)
    assert ((found > 0) == (expected > 0)).all()
    np.testing.assert_allclose(scaled(found), scaled(expected), rtol=0, atol=1e-12)
    same = aggregate_conditional(listed, shape, chosen, there.values, there.beliefs)
    np.testing.assert_array_equal(same, expected)


@pytest.mark.parametrize("score", sorted(SCORES))
def test_a_reward_does_not_depend_on_ones_own_value_in_any_bit(score):
    shape = (2, 3, 2)
    book, told, _, _ = shared_reports(np.random.default_rng(3), shape, 12)
    beliefs = np.tile(told.beliefs[0], (12, 1))
    found = belief_rewards(book, shape, reward_rule(score), Reports(full_grid(shape), beliefs), scale=0.6)
    for j in range(3):
        cube = found[:, j].reshape(shape)
        np.testing.assert_array_equal(cube, np.broadcast_to(np.take(cube, [0], axis=j), shape))


def test_what_is_below_all_floats_is_neither_impossible_nor_ignored():
    """One component is hopelessly unlikely by the others' values, and only it allows what the last reporter does."""
    players = 1000
    likely, unlikely = np.array([0.9, 0.1]), np.array([1e-3, 1 - 1e-3])
    ends = [np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])]
    parts = [product([f] * (players - 1) + [end]) for f, end in zip((likely, unlikely), ends, strict=True)]
    whole = mixture([0.5, 0.5], parts)
    beliefs = [whole.marginal(drop(tuple(range(players)), j)) for j in range(players - 1)]
    sure = product([*[likely] * (players - 2), ends[1]])
    book = BeliefBook()
    ids = np.array([[*map(book.add, beliefs[:-1]), book.add(sure), 0]])
    values = np.zeros((1, players), dtype=np.int64)
    shape = (2,) * (players - 1) + (3,)
    assert beliefs[0].components[1].prob(values[:, 1:]) == 0.0
    assert aggregate_conditional(book, shape, players - 1, values, ids).tolist() == [[0.0, 0.0, 1.0]]


@pytest.mark.parametrize("components", [1, 3])
def test_a_thousand_players_by_hand(components):
    """Against plain sums of logarithms in Python, the logarithmic score being far below what a product can show."""
    rng = np.random.default_rng(8)
    players, types, rounds = 1000, 6, 4
    roots = [[factor(rng, types) for _ in range(players)] for _ in range(components)]
    whole = [product(root) for root in roots]
    parts = [[p.marginal(drop(tuple(range(players)), j)) for p in whole] for j in range(players)]
    weights = rng.dirichlet(np.ones(components), size=players)
    book = BeliefBook()
    beliefs = [p[0] if components == 1 else Mixture(w, tuple(p)) for w, p in zip(weights, parts, strict=True)]
    ids = np.tile([book.add(belief) for belief in beliefs], (rounds, 1))
    drawn = [[rng.choice(types, p=f) for f in roots[r % components]] for r in range(rounds)]
    values, shape = np.array(drawn), (types,) * players
    found = belief_rewards(book, shape, reward_rule("logarithmic", a=0.0, b=1.0), Reports(values, ids), scale=1.0)
    for r in range(rounds):
        for j in (0, 17, 999):
            logs = [
                math.log(w) + math.fsum(math.log(f[k]) if f[k] else -math.inf for f, k in _others(root, values[r], j))
                for w, root in zip(weights[j], roots, strict=True)
            ]
            top = max(logs)
            expected = top + math.log(sum(math.exp(log - top) for log in logs))
            assert found[r, j] == pytest.approx(expected, abs=1e-9)
    spherical = belief_rewards(book, shape, reward_rule("spherical"), Reports(values, ids), scale=1.0)
    assert np.isfinite(spherical).all()
    assert (spherical > 0).any()


def _others(root, row, left_out):
    return [(f, k) for i, (f, k) in enumerate(zip(root, row, strict=True)) if i != left_out]
