"""Folding exchangeable bidders: the same revenue as the whole program, without ever listing the grid."""

from itertools import permutations

import numpy as np
import pytest

from mechanisms import joint, optimal_mechanism, single_good
from mechanisms.beliefs import mixture, product
from mechanisms.environment import full_grid
from mechanisms.optimal import folded_program, programs, single_good_program
from mechanisms.optimal.orbits import Multisets, exchangeable


def symmetric(seed: int, players: int, size: int, *, more: int = 0):
    """Exchangeable bidders with independent values given a state, and some others with grids of their own."""
    rng = np.random.default_rng([seed, players, size, more])
    grids = [np.sort(rng.choice(np.arange(1, 30), size, replace=False)).tolist()] * players
    grids += [np.sort(rng.choice(np.arange(1, 30), 2, replace=False)).tolist() for _ in range(more)]
    components = []
    for factor in rng.dirichlet(np.ones(size), 3):
        components.append(product([factor] * players + [rng.dirichlet(np.ones(2)) for _ in range(more)]))
    return single_good(grids), mixture(rng.dirichlet(np.ones(3)), components)


def shuffled(seed: int, players: int, size: int):
    """A table that is the same under all orders of the players, and sparse."""
    rng = np.random.default_rng([seed, players, size])
    shape = (size,) * players
    odds = np.zeros(shape)
    for profile in full_grid(shape):
        if (np.diff(profile) >= 0).all():
            weight = rng.integers(0, 4)
            for order in permutations(profile.tolist()):
                odds[order] = weight
    odds += 1.0 * (not odds.any())
    belief = joint(shape, full_grid(shape), (odds / odds.sum()).ravel())
    return single_good([list(range(2, 2 + size))] * players), belief


@pytest.mark.parametrize(("players", "size", "more"), [(3, 2, 0), (3, 4, 0), (4, 3, 0), (3, 3, 1), (3, 2, 2)])
def test_folded_and_whole_programs_agree(players, size, more):
    for seed in range(8):
        environment, belief = symmetric(seed, players, size, more=more)
        folded, whole = optimal_mechanism(environment, belief), single_good_program(environment, belief)
        listed = optimal_mechanism(environment, belief.table)
        assert (folded.route, whole.route, listed.route) == ("folded lp", "lp", "folded lp")
        for found in (folded, whole, listed):
            assert found.certificate.sound
            assert found.revenue == pytest.approx(whole.revenue, rel=1e-9)
        density = belief.prob(environment.grid)
        assert density @ folded.payments.sum(axis=1) == pytest.approx(folded.revenue, rel=1e-9)


@pytest.mark.parametrize(("players", "size"), [(3, 2), (3, 3), (4, 2)])
def test_sparse_tables_fold_too(players, size):
    for seed in range(10):
        environment, belief = shuffled(seed, players, size)
        alike = exchangeable(environment, belief)
        assert alike.groups == (tuple(range(players)),)
        folded = folded_program(environment, belief, alike)
        assert folded.certificate.sound
        assert folded.revenue == pytest.approx(single_good_program(environment, belief).revenue, rel=1e-9)


def test_the_mechanism_is_symmetric_truthful_and_rational(monkeypatch):
    """Looked up in the folded form, where the grid need not be listed."""
    monkeypatch.setattr(programs, "_TABLED", 0)
    environment, belief = symmetric(4, 3, 3, more=1)
    found, grid = optimal_mechanism(environment, belief), environment.grid
    assert isinstance(found, programs.FoldedOptimum)
    swapped = found.at(grid[:, [2, 0, 1, 3]])
    sale = found.at(grid)
    np.testing.assert_array_equal(sale.allocation[:, [0, 3, 1, 2, 4]], swapped.allocation)
    np.testing.assert_array_equal(sale.payments[:, [2, 0, 1, 3]], swapped.payments)
    np.testing.assert_allclose(sale.allocation.sum(axis=1), 1.0)
    for i, values in enumerate(environment.values):
        won = np.moveaxis(sale.allocation[:, i + 1].reshape(environment.shape), i, -1)
        paid = np.moveaxis(sale.payments[:, i].reshape(environment.shape), i, -1)
        for k, value in enumerate(values):
            utility = value * won - paid
            assert (utility[..., k : k + 1] >= utility - 1e-9).all()
            assert (utility[..., k] >= -1e-9).all()


def test_bidders_who_differ_are_told_apart():
    rng = np.random.default_rng(0)
    same, other = rng.dirichlet(np.ones(3), 2)
    grids = [[1, 2, 3], [1, 2, 3], [1, 2, 4], [1, 2, 3]]
    belief = mixture([0.4, 0.6], [product([same, same, same, other]), product([other, other, other, same])])
    assert exchangeable(single_good(grids), belief).groups == ((0, 1), (2,), (3,))
    assert exchangeable(single_good(grids), belief.table).groups == ((0, 1), (2,), (3,))


@pytest.mark.parametrize(("kinds", "size"), [(1, 3), (3, 0), (4, 1), (3, 4), (5, 3)])
def test_multisets_are_numbered_one_by_one(kinds, size):
    sets = Multisets(kinds, size)
    assert len(sets.rows) == sets.count
    assert (np.diff(sets.rows, axis=1) >= 0).all()
    np.testing.assert_array_equal(sets.number(sets.rows[:, ::-1]), np.arange(sets.count))
    assert sets.orders.sum() == kinds**size


def test_forty_bidders_on_a_grid_that_cannot_be_listed():
    """3^40 profiles are some 900 multisets."""
    environment, belief = symmetric(1, 40, 3)
    found = optimal_mechanism(environment, belief)
    assert found.route == "folded lp"
    assert found.certificate.sound
    sale = found.at(belief.sample(np.random.default_rng(1), 4000))
    earned = sale.payments.sum(axis=1)
    assert earned.mean() == pytest.approx(found.revenue, abs=5 * earned.std() / 60)
    with pytest.raises(ValueError, match="some 10"):
        _ = found.payments
