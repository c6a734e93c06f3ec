"""What a reported belief earns: a proper score of it against what the others announced."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mechanisms.book import BeliefBook
from mechanisms.environment import FloatArray, flat_index
from mechanisms.outcomes import Reports
from mechanisms.scoring import Score


def belief_reward(
    book: BeliefBook, shape: Sequence[int], score: Score, reports: Reports, player: int, *, scale: float
) -> FloatArray:
    """Return ``(rounds,)``: `scale` times the score of one player's belief at the others' announced values.

    Nothing is paid at scale 0, even where the score is minus infinity.
    """
    if scale == 0.0:
        return np.zeros(len(reports))
    others = tuple(np.delete(np.array(shape), player).tolist())
    point = flat_index(np.delete(reports.values, player, axis=1), others)
    ids = reports.beliefs[:, player]
    return scale * score(book.prob(others, ids, point), book.squared_norm(others, ids))
