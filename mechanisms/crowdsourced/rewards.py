"""What a reported belief earns: a proper score of it against what the others announced."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mechanisms.book import BeliefBook
from mechanisms.environment import FloatArray, flat_index
from mechanisms.outcomes import Reports
from mechanisms.scoring import Score


def belief_reward(book: BeliefBook, shape: Sequence[int], score: Score, reports: Reports, player: int) -> FloatArray:
    """Return ``(rounds,)``: the score of one player's belief about the others at their announced values."""
    others = tuple(np.delete(np.array(shape), player).tolist())
    point = flat_index(np.delete(reports.values, player, axis=1), others)
    ids = reports.beliefs[:, player]
    return score(book.prob(others, ids, point), book.squared_norm(others, ids))
