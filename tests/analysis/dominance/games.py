"""Random games, and dominance decided the slow way: by one linear program over every configuration."""

from fractions import Fraction
from itertools import product

import numpy as np
from scipy.optimize import linprog

_CLEAR = 1e-7


def advantages(payoffs, blocks, action):
    """What each other action gains over one, by configuration: one column from each block."""
    choices = [np.flatnonzero(blocks == block) for block in np.unique(blocks)]
    worth = np.stack([payoffs[:, list(pick)].sum(axis=1) for pick in product(*choices)], axis=1)
    return np.delete(worth - worth[action], action, axis=0)


def is_dominated(payoffs, action, blocks=None, *, mixed=True, weak=False):
    """Whether an action is dominated; payoffs are small integers, so that margins are clear."""
    blocks = np.zeros(payoffs.shape[1], dtype=int) if blocks is None else blocks
    gains = advantages(payoffs, blocks, action)
    if not len(gains):
        return False
    if not mixed:
        better = (gains.min(axis=1) >= 0) & (gains.max(axis=1) > 0) if weak else gains.min(axis=1) > 0
        return bool(better.any())
    actions, columns = gains.shape
    if weak:
        solved = linprog(-gains.sum(axis=1), -gains.T, np.zeros(columns), np.ones((1, actions)), [1.0])
        return solved.status == 0 and -solved.fun > _CLEAR
    solved = linprog(
        np.append(np.zeros(actions), -1.0),
        np.column_stack([-gains.T, np.ones(columns)]),
        np.zeros(columns),
        np.append(np.ones(actions), 0.0)[None],
        [1.0],
        bounds=[(0, None)] * actions + [(None, None)],
    )
    assert solved.status == 0
    return -solved.fun > _CLEAR


def flat(payoffs, player, alive):
    """A player's payoffs against what is alive, own strategies as rows."""
    return np.moveaxis(payoffs[player][np.ix_(*alive)], player, 0).reshape(len(alive[player]), -1)


def survivors(payoffs, *, mixed=True, weak=False):
    """What is left when all that is dominated falls, round by round."""
    alive = [list(range(size)) for size in payoffs[0].shape]
    while True:
        left = []
        for player, own in enumerate(alive):
            table = flat(payoffs, player, alive)
            left.append([k for row, k in enumerate(own) if not is_dominated(table, row, mixed=mixed, weak=weak)])
        if left == alive:
            return tuple(map(tuple, alive))
        alive = left


def random_payoffs(seed, most=12, span=3):
    """Two players or three, integer payoffs with many ties."""
    rng = np.random.default_rng(seed)
    players = 2 + seed % 2
    shape = tuple(rng.integers(1, (most if players == 2 else 5) + 1, players))
    return [rng.integers(-span, span + 1, shape) for _ in range(players)]


def fractions(array):
    """The same numbers as exact thirds of them."""
    exact = np.empty(array.shape, dtype=object)
    exact.ravel()[:] = [Fraction(int(entry), 3) for entry in array.ravel()]
    return exact
