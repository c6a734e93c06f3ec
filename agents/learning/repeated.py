"""Learners on a repeated game in normal form: where their theory is checked, and others' programs compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.learning.learner import FeedbackKind, Learner, Lesson, Task, choose
from mechanisms.environment import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Repeated:
    """A course of repeated play.

    Attributes
    ----------
    average : per player, ``(worlds, actions)`` mean of the mixes.
    joint : ``(worlds, actions_0, .., actions_n-1)`` mean of the products of the mixes, or under bandit and full
        feedback how often each profile was drawn.
    mixes : per player, ``(kept rounds, worlds, actions)`` the mixes of every `keep`-th round.
    regret : per player, ``(worlds,)`` what the best fixed action would have earned more, summed over rounds.
    """

    average: tuple[FloatArray, ...]
    joint: FloatArray
    mixes: tuple[FloatArray, ...]
    regret: tuple[FloatArray, ...]


def play_repeated(
    payoffs: Sequence[FloatArray],
    learners: Sequence[Learner],
    rounds: int,
    *,
    feedback: FeedbackKind,
    rng: np.random.Generator,
    worlds: int = 1,
    first: Sequence[FloatArray | None] | None = None,
    keep: int = 1,
) -> Repeated:
    """Play a game in normal form again and again.

    Parameters
    ----------
    payoffs : per player, an array with an axis for each player's actions.
    learners : one a player, each an object of its own.
    feedback : what all of them are shown; each must accept it.
    worlds : independent repetitions, played at once.
    first : per player, ``(worlds, actions)`` the mixes of the first round, or None for even ones.
    keep : every how many rounds the mixes are kept.

    Raises
    ------
    ValueError : if a learner does not take that feedback.
    """
    for learner in learners:
        if feedback not in learner.accepts:
            raise ValueError(f"{learner.name} learns from {' or '.join(learner.accepts)} feedback, not {feedback}")
    sizes, rows = payoffs[0].shape, np.arange(worlds)
    moved = [np.ascontiguousarray(np.moveaxis(np.asarray(t, dtype=float), i, -1)) for i, t in enumerate(payoffs)]
    for i, learner in enumerate(learners):
        low, high = np.full(worlds, payoffs[i].min()), np.full(worlds, payoffs[i].max())
        allowed = np.ones((worlds, sizes[i]), dtype=bool)
        learner.begin(Task(allowed, low, high, first=None if first is None else first[i], horizon=rounds))
    total = [np.zeros((worlds, size)) for size in sizes]
    earned, could = [np.zeros(worlds) for _ in sizes], [np.zeros((worlds, size)) for size in sizes]
    joint = np.zeros((worlds, *sizes))
    kept: list[list[FloatArray]] = [[] for _ in sizes]
    for number in range(rounds):
        mixes = [learner.mix(rows) for learner in learners]
        drawn = None if feedback == "mean" else [choose(mix, rng.random(worlds)) for mix in mixes]
        joint += _joint(mixes, drawn)
        worths = [_worth(table, i, mixes, drawn) for i, table in enumerate(moved)]
        for i, learner in enumerate(learners):
            mine = worths[i]
            got = (mixes[i] * mine).sum(axis=1) if drawn is None else mine[rows, drawn[i]]
            total[i] += mixes[i]
            earned[i] += got
            could[i] += mine
            if number % keep == 0:
                kept[i].append(mixes[i])
            shown = got if feedback == "bandit" else mine
            learner.learn(rows, Lesson(mixes[i], None if drawn is None else drawn[i], shown))
    return Repeated(
        tuple(t / rounds for t in total),
        joint / rounds,
        tuple(np.stack(path) for path in kept),
        tuple(c.max(axis=1) - e for c, e in zip(could, earned, strict=True)),
    )


def _worth(table: FloatArray, player: int, mixes: Sequence[FloatArray], drawn: Sequence[IntArray] | None) -> FloatArray:
    """Return ``(worlds, own actions)``: what every action is worth against the others; own actions come last."""
    others = [j for j in range(len(mixes)) if j != player]
    if drawn is not None:
        worth: FloatArray = table[tuple(drawn[j] for j in others)]
        return worth if others else np.tile(table, (len(mixes[0]), 1))
    expected = np.broadcast_to(table, (len(mixes[0]), *table.shape))
    for j in others:
        weights = mixes[j].reshape(len(mixes[j]), -1, *(1,) * (expected.ndim - 2))
        expected = (expected * weights).sum(axis=1)
    return expected.copy()


def _joint(mixes: Sequence[FloatArray], drawn: Sequence[IntArray] | None) -> FloatArray:
    """Return ``(worlds, actions_0, ..)``: the probability of each profile, or 1 where it was drawn."""
    if drawn is not None:
        hit = np.zeros((len(mixes[0]), *(mix.shape[1] for mix in mixes)))
        hit[(np.arange(len(hit)), *drawn)] = 1.0
        return hit
    joint = mixes[0]
    for mix in mixes[1:]:
        joint = joint[..., None] * mix.reshape(len(mix), *(1,) * (joint.ndim - 1), -1)
    return joint
