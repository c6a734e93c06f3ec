"""What reported beliefs earn: a proper score of each against what the others announced."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mechanisms.book import BeliefBook
from mechanisms.environment import BoolArray, FloatArray, flat_index
from mechanisms.outcomes import Reports
from mechanisms.scoring import Score, from_logs
from mechanisms.spoken import blocks


def belief_rewards(
    book: BeliefBook, shape: Sequence[int], score: Score, reports: Reports, *, scale: float
) -> FloatArray:
    """Return ``(rounds, players)``: `scale` times the score of everybody's belief at the others' announced values.

    Nothing is paid at scale 0, even where the score is minus infinity.
    """
    if scale == 0.0:
        return np.zeros(reports.values.shape)
    factored = book.factored(reports.beliefs)
    scores = np.empty(reports.values.shape)
    for j in np.flatnonzero(~factored.all(axis=0)).tolist():
        rows = np.flatnonzero(~factored[:, j])
        scores[rows, j] = belief_reward(book, shape, score, reports.take(rows), j, scale=scale)
    if factored.any():
        spoken = book.spoken(len(shape))
        for block in blocks(len(scores), len(shape)):
            uses = spoken.uses(reports.beliefs[block])
            if (uses < 0).all():
                continue
            logs = spoken.log_probs(uses, np.ascontiguousarray(reports.values[block].T))
            found = scale * from_logs(score, logs, spoken.log_norms(uses))
            scores[block] = np.where(uses >= 0, found, scores[block].T).T
    return scores


def belief_reward(
    book: BeliefBook, shape: Sequence[int], score: Score, reports: Reports, player: int, *, scale: float
) -> FloatArray:
    """Return ``(rounds,)``: `scale` times the score of one player's belief at the others' announced values.

    Nothing is paid at scale 0, even where the score is minus infinity.
    """
    if scale == 0.0:
        return np.zeros(len(reports))
    ids = reports.beliefs[:, player]
    factored = book.factored(ids)
    if factored.any():
        return _of_products(book, shape, score, reports, player, factored, scale=scale)
    others = tuple(np.delete(np.array(shape), player).tolist())
    point = flat_index(np.delete(reports.values, player, axis=1), others)
    return scale * score(book.prob(others, ids, point), book.squared_norm(others, ids))


def _of_products(
    book: BeliefBook,
    shape: Sequence[int],
    score: Score,
    reports: Reports,
    player: int,
    factored: BoolArray,
    *,
    scale: float,
) -> FloatArray:
    scores = np.empty(len(reports))
    if not factored.all():
        rows = np.flatnonzero(~factored)
        scores[rows] = belief_reward(book, shape, score, reports.take(rows), player, scale=scale)
    spoken, rows = book.spoken(len(shape)), np.flatnonzero(factored)
    uses = spoken.uses_of(player, reports.beliefs[rows, player])
    logs = spoken.log_probs_of(uses, np.ascontiguousarray(reports.values[rows].T))
    scores[rows] = scale * from_logs(score, logs, spoken.log_norms(uses))
    return scores
