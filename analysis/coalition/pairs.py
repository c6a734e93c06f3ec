"""What the joint reports of two players bring them, the seller and the others, exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.game import Game
from mechanisms.environment import FloatArray, IntArray


def joint_worth(
    game: Game, ring: tuple[int, int], values: Sequence[IntArray], beliefs: Sequence[IntArray]
) -> FloatArray:
    """Return ``(sets, 3, options, options)``: what two players' joint reports bring them, the seller and the others.

    The others are truthful and the house's coins in expectation. What happens in an information set of what the two
    know together counts with its probability under D, so that sums over sets are expectations.

    Parameters
    ----------
    values, beliefs : per member, ``(sets, options)`` types and ids of beliefs that each of her options announces.
    """
    information = game.pool(ring).information
    first, second = values[0].shape[1], values[1].shape[1]
    rows = np.arange(len(game.space) * first * second)
    state, pair = rows // (first * second), rows % (first * second)
    reports = game.truthful_play.reports.take(state)
    for seat, option, kinds, ids in zip(ring, (pair // second, pair % second), values, beliefs, strict=True):
        reports.values[:, seat] = kinds[information[state], option]
        reports.beliefs[:, seat] = ids[information[state], option]
    outcomes = game.mechanism.expect(reports)
    earned = [outcomes.utility_of(game.environment, i, game.space.profiles[state, i]) for i in range(game.players)]
    rest = np.sum([np.zeros(len(rows)), *(worth for i, worth in enumerate(earned) if i not in ring)], axis=0)
    parts = np.stack([np.sum([earned[i] for i in ring], axis=0), outcomes.revenue, rest])
    by_state = parts.reshape(3, len(game.space), first, second).swapaxes(0, 1)
    found = np.zeros((len(values[0]), *by_state.shape[1:]))
    np.add.at(found, information, by_state * game.space.weights[:, None, None, None])
    return found
