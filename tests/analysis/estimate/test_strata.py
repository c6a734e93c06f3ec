"""Strata: their probabilities against sums over profiles, and draws within them against the conditional table."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.estimate import Strata
from mechanisms.beliefs import mixture, product
from mechanisms.environment import full_grid


def random_belief(seed: int, *, players=(1, 2, 3), components: int = 3, most: int = 4):
    """A Product or Mixture with zeros, equal marginals and bids in any order on grids of their own."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice(players))
    shape = rng.integers(1, most + 1, n)
    bids = [rng.choice(9, size, replace=False) for size in shape]
    if n > 1 and rng.random() < 0.5:
        shape[1], bids[1] = shape[0], bids[0]

    def factor(size):
        odds = rng.integers(0, 4, size).astype(float)
        odds[rng.integers(size)] += 1.0
        return odds / odds.sum()

    parts = [product([factor(size) for size in shape]) for _ in range(int(rng.integers(1, components + 1)))]
    belief = parts[0] if rng.random() < 0.4 else mixture(rng.dirichlet(np.ones(len(parts))), parts)
    ranked = [i for i in range(n) if rng.random() < 0.7]
    return belief, bids, ranked, rng


def drawn(strata, seed, counts, rows=1000):
    parts = list(strata.draw(np.random.SeedSequence(seed), counts, rows=rows))
    return [np.concatenate([getattr(part, name) for part in parts]) for name in ("strata", "components", "types")]


def joint_table(belief):
    """The chance of every component and profile, by definition."""
    grid = full_grid(belief.shape)
    parts = getattr(belief, "components", (belief,))
    weights = getattr(belief, "weights", np.ones(1))
    return grid, np.stack([w * part.prob(grid) for w, part in zip(weights, parts, strict=True)])


def spots(belief, components, types):
    return components, np.ravel_multi_index(tuple(types.T), belief.shape) if types.shape[1] else components * 0


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 2, 3, 5, 64]))
def test_strata_partition_the_profiles_and_their_chances_are_sums_over_them(seed, most):
    belief, bids, ranked, _ = random_belief(seed)
    strata = Strata(belief, bids, players=ranked, most=most)
    assert 1 <= len(strata) <= max(most, 1)
    assert strata.chances.sum() == pytest.approx(1.0, abs=1e-12)
    where, component, types = drawn(strata, seed, np.full(len(strata), 300))
    grid, table = joint_table(belief)
    seen = np.zeros((len(strata), *table.shape), dtype=bool)
    seen[(where, *spots(belief, component, types))] = True
    assert (seen.sum(axis=0) <= 1).all()  # no profile in two strata
    assert (table[seen.any(axis=0)] > 0.0).all()
    for h in range(len(strata)):
        top = np.stack([np.asarray(bids[i])[grid[:, i]] for i in ranked]).max(axis=0) if ranked else np.zeros(len(grid))
        rows, found = np.nonzero(seen[h])
        inside = np.zeros_like(seen[h])
        for s in np.unique(rows):
            mine = top[found[rows == s]]
            inside[s] = (top >= mine.min()) & (top <= mine.max())
        assert table[inside].sum() <= strata.chances[h] + 1e-12


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("most", [3, 64])
def test_the_chance_of_a_range_of_the_highest_bid_is_in_closed_form(seed, most):
    """Where each component's ranges are found from the draws' extremes, with every level seen."""
    belief, bids, _, _ = random_belief(seed, players=(2, 3), components=1)
    strata = Strata(belief, bids, most=most)
    grid, table = joint_table(belief)
    top = np.stack([np.asarray(bid)[grid[:, i]] for i, bid in enumerate(bids)]).max(axis=0)
    where, _, types = drawn(strata, seed, np.full(len(strata), 4000))
    tops = np.stack([np.asarray(bid)[types[:, i]] for i, bid in enumerate(bids)]).max(axis=0)
    ends = [tops[where == h].max() for h in range(len(strata))]
    assert all(low < high for low, high in pairwise(ends))
    for h, (low, high) in enumerate(pairwise([-1, *ends])):
        assert strata.chances[h] == pytest.approx(table[0][(top > low) & (top <= high)].sum(), abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("most", [1, 2, 4, 64])
def test_draws_have_the_conditional_distribution(seed, most):
    """Weighted by the strata's chances, all profiles come as often as they should; chi-square, within strata too."""
    belief, bids, ranked, _ = random_belief(seed)
    strata = Strata(belief, bids, players=ranked, most=most)
    size = 4000
    where, component, types = drawn(strata, seed + 1, np.full(len(strata), size))
    _, table = joint_table(belief)
    counts = np.zeros((len(strata), *table.shape))
    np.add.at(counts, (where, *spots(belief, component, types)), 1)
    owner = counts.argmax(axis=0)
    total, freedom = 0.0, 0
    for h, chance in enumerate(strata.chances):
        expected = np.where(owner == h, table, 0.0)[counts[h] > 0] / chance * size
        total += ((counts[h][counts[h] > 0] - expected) ** 2 / expected).sum()
        freedom += (counts[h] > 0).sum() - 1
        assert expected.sum() == pytest.approx(size, rel=0.02)
    assert stats.chi2.sf(total, max(freedom, 1)) > 1e-4 or total < 1e-6


@pytest.mark.parametrize("rows", [1, 7, 10_000])
def test_draws_do_not_depend_on_the_block(rows):
    belief, bids, ranked, _ = random_belief(5)
    strata = Strata(belief, bids, players=ranked)
    counts = strata.proportional(200)
    for mine, whole in zip(drawn(strata, 3, counts, rows), drawn(strata, 3, counts, 100), strict=True):
        np.testing.assert_array_equal(mine, whole)
    again = drawn(strata, 4, counts)
    assert not np.array_equal(again[2], drawn(strata, 3, counts)[2])


def test_a_thousand_players_with_underflowing_probabilities():
    """The highest of a thousand is nearly sure to be at the top; ranges far below have chances of 1e-300 and less."""
    n, size = 1000, 100
    rng = np.random.default_rng(0)
    marginals = [rng.dirichlet(np.ones(size)) for _ in range(3)]
    belief = product([marginals[i % 3] for i in range(n)])
    bids = [np.arange(1, size + 1) * (1 + i % 2) for i in range(n)]
    strata = Strata(belief, bids, most=32, at=[50])
    assert strata.chances.sum() == pytest.approx(1.0, abs=1e-12)
    where, _, types = drawn(strata, 1, strata.proportional(500), rows=128)
    top = np.max([bids[i][types[:, i]] for i in range(n)], axis=0)
    highest = [top[where == h].max() for h in range(len(strata))]
    assert all(low < high for low, high in pairwise(highest))
    even = np.array([types[:, i].mean() for i in range(0, n, 3)])
    truth = marginals[0] @ np.arange(size)
    assert even.mean() == pytest.approx(truth, abs=0.5)


def test_every_bid_is_a_stratum_where_there_is_room_and_wanted_ones_where_not():
    belief = product([np.full(40, 1 / 40)] * 5)
    bids = [np.arange(40)] * 5
    assert len(Strata(belief, bids, most=40)) == 40
    where, _, types = drawn(Strata(belief, bids, most=9, at=[12]), 0, np.full(9, 400))
    tops = [types[where == h].max(axis=1) for h in range(9)]
    assert any(set(top.tolist()) == {12} for top in tops)


def test_more_components_than_strata_are_merged():
    parts = [product([np.eye(3)[k % 3], [0.5, 0.5]]) for k in range(50)]
    strata = Strata(mixture(np.full(50, 0.02), parts), [np.arange(3), np.arange(2)], most=8)
    assert len(strata) == 8
    where, component, types = drawn(strata, 0, np.full(8, 500))
    np.testing.assert_array_equal(types[:, 0], component % 3)
    assert len(np.unique(component)) == 50
    assert [len(np.unique(component[where == h])) for h in range(8)] == pytest.approx([6.25] * 8, abs=1)


def test_counts():
    strata = Strata(product([[0.9, 0.1]] * 2), [np.arange(2)] * 2)
    np.testing.assert_allclose(strata.chances, [0.81, 0.19])
    np.testing.assert_array_equal(strata.proportional(100), [81, 19])
    np.testing.assert_array_equal(strata.proportional(4), [3, 2])
    np.testing.assert_array_equal(strata.neyman(100, np.array([0.0, 1.0])), [40, 59])
    np.testing.assert_array_equal(strata.neyman(100, np.zeros(2)), [81, 19])


def test_refusals():
    belief = product([[0.5, 0.5]] * 2)
    with pytest.raises(ValueError, match="3 samples are too few for 2 strata, which take 4"):
        Strata(belief, [np.arange(2)] * 2).proportional(3)
    with pytest.raises(ValueError, match=r"types of shape \(2, 3\), the belief of \(2, 2\)"):
        Strata(belief, [np.arange(2), np.arange(3)])
    with pytest.raises(ValueError, match="at least one stratum, not 0"):
        Strata(belief, [np.arange(2)] * 2, most=0)
