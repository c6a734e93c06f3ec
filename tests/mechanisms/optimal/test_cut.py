"""The two-bidder optimum by minimum cut: the linear program's revenue, the largest optimum, sound certificates."""

from itertools import product as every

import numpy as np
import pytest

from mechanisms import joint, optimal_mechanism, single_good
from mechanisms.environment import full_grid
from mechanisms.optimal import cut_optimum, on_grid, single_good_program, virtual_gains

KINDS = ("dense", "sparse", "tied", "slices", "point", "one value", "huge", "diagonal")


def random_pair(seed: int, kind: str):
    """An environment of two bidders and a prior of some kind."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    sizes = [1 if kind == "one value" and k == seed % 2 else int(rng.integers(1, 7)) for k in range(2)]
    most = 10**12 if kind == "huge" else 15
    grids = [np.unique(rng.integers(1, most + 1, size)).tolist() for size in sizes]
    shape = tuple(map(len, grids))
    odds = rng.exponential(size=shape)
    if kind == "sparse":
        odds *= rng.random(shape) < 0.3
    elif kind == "tied":
        odds = rng.integers(0, 3, shape).astype(float)
    elif kind == "slices":
        odds[rng.integers(shape[0])] = 0.0
        odds[:, rng.integers(shape[1])] = 0.0
    elif kind == "point":
        odds[:] = 0.0
    elif kind == "diagonal":
        odds *= np.eye(*shape) + 1e-6
    odds.ravel()[rng.integers(odds.size)] += 1.0
    return single_good(grids), joint(shape, full_grid(shape), (odds / odds.sum()).ravel())


@pytest.mark.parametrize("kind", KINDS)
def test_the_cut_earns_what_the_linear_program_does(kind):
    for seed in range(45):
        environment, belief = random_pair(seed, kind)
        cut, program = cut_optimum(environment, belief), single_good_program(environment, belief)
        assert cut.route == "cut"
        assert cut.certificate.sound
        assert cut.certificate.infeasibility == 0.0
        assert cut.revenue <= cut.certificate.dual * (1.0 + 1e-12)
        assert cut.revenue == pytest.approx(program.revenue, rel=1e-9)
        density = on_grid(belief, environment.shape).ravel()
        assert density @ cut.payments.sum(axis=1) == pytest.approx(cut.revenue, rel=1e-12)


@pytest.mark.parametrize("kind", ["dense", "tied", "slices", "diagonal"])
def test_truth_is_dominant_and_nobody_loses(kind):
    for seed in range(15):
        environment, belief = random_pair(seed, kind)
        shape, found = environment.shape, cut_optimum(environment, belief)
        assert set(np.unique(found.allocation)) <= {0.0, 1.0}
        for i, grid in enumerate(environment.values):
            won = np.moveaxis(found.allocation[:, i + 1].reshape(shape), i, -1)
            paid = np.moveaxis(found.payments[:, i].reshape(shape), i, -1)
            for k, value in enumerate(grid):
                utility = value * won - paid
                assert (utility[..., k : k + 1] >= utility).all()
                assert (utility[..., k] >= 0.0).all()


def closures(shape):
    """All pairs of x_1, non-decreasing in the first value, and x_2, in the second, of which at most one is 1."""
    rows, columns = shape
    for first in every(range(rows + 1), repeat=columns):
        x = np.arange(rows)[:, None] >= np.array(first)
        for second in every(range(columns + 1), repeat=rows):
            y = np.arange(columns) >= np.array(second)[:, None]
            if not (x & y).any():
                yield x, y


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 2), (3, 3), (1, 3)])
def test_the_closure_is_the_largest_of_all_optima(shape):
    """By brute force in whole numbers: player 0 buys wherever she does in some optimum, player 1 where all let her."""
    several = 0
    for seed in range(12):
        rng = np.random.default_rng([seed, *shape])
        grids = [np.sort(rng.choice(np.arange(1, 6), size, replace=False)) for size in shape]
        odds = rng.integers(0, 3, shape)
        odds.ravel()[rng.integers(odds.size)] += 1
        gains = [virtual_gains(grid, odds.astype(float), i) for i, grid in enumerate(grids)]
        tried = [((x * gains[0] + y * gains[1]).sum(), x, y) for x, y in closures(shape)]
        most = max(worth for worth, _, _ in tried)
        best = [(x, y) for worth, x, y in tried if worth == most]
        several += len(best) > 1
        belief = joint(shape, full_grid(shape), odds.ravel() / odds.sum())
        found = cut_optimum(single_good([grid.tolist() for grid in grids]), belief).allocation
        np.testing.assert_array_equal(found[:, 1], np.any([x for x, _ in best], axis=0).ravel())
        np.testing.assert_array_equal(found[:, 2], np.all([y for _, y in best], axis=0).ravel())
    assert several >= 3


def test_prices_are_the_least_winning_values():
    environment, belief = random_pair(3, "dense")
    found, (first, second) = cut_optimum(environment, belief), environment.values
    for a, b in full_grid(environment.shape):
        sale = found.at(np.array([[a, b]]))
        if sale.allocation[0] == 1:
            wins = found.at(np.array([[k, b] for k in range(len(first))])).allocation == 1
            assert sale.payments[0].tolist() == [first[wins.argmax()], 0.0]
        elif sale.allocation[0] == 2:
            wins = found.at(np.array([[a, k] for k in range(len(second))])).allocation == 2
            assert sale.payments[0].tolist() == [0.0, second[wins.argmax()]]
        else:
            assert not sale.payments.any()


def test_two_hundred_values_each_are_certified():
    rng = np.random.default_rng(5)
    odds = rng.exponential(size=(200, 200))
    environment = single_good([list(range(1, 201)), list(range(3, 603, 3))])
    belief = joint((200, 200), environment.grid, (odds / odds.sum()).ravel())
    found = optimal_mechanism(environment, belief)
    assert found.route == "cut"
    assert found.certificate.sound


def test_three_bidders_have_no_cut():
    environment = single_good([[1, 2]] * 3)
    belief = joint((2, 2, 2), environment.grid, np.full(8, 1 / 8))
    with pytest.raises(ValueError, match=r"two bidders, not 3"):
        cut_optimum(environment, belief)
