"""Response oracles: play within a few options, to which best responses are added until none gains.

References
----------
.. [McMahanGordonBlum2003] H. McMahan, G. Gordon and A. Blum, Planning in the presence of cost functions controlled by
   an adversary, ICML 2003: the double oracle.
.. [Lanctot2017] M. Lanctot et al., A unified game-theoretic approach to multiagent reinforcement learning, NIPS 2017:
   policy-space response oracles.
.. [Tammelin2014] O. Tammelin, Solving large imperfect information games using CFR+, arXiv 1407.5042.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from agents.learning.learner import Learner, Lesson, Memory, best, positive, proportional
from agents.learning.regret_matching import gains
from mechanisms.environment import FloatArray, IntArray


class ResponseOracles(Learner):
    """Policy-space response oracles [Lanctot2017]_ with regret matching+ as the rule within [Tammelin2014]_.

    Rounds come in epochs. At the end of each the best response to what the rivals did in it joins the options in play,
    if it earns more than all of these; several that are equally good join together. The first option is the likeliest
    of the first mix, or where none is given the best response to the rivals' first round.

    Parameters
    ----------
    epoch : rounds of the first epoch.
    growth : each epoch is longer than the one before by this share, and by a round at least, so that later ones find
        the rivals more at rest.
    tolerance : the least gain, in units of the row's range of payoffs, for which an option joins.
    """

    name = "response-oracles"
    summary = "plays few reports, and adds the best response to the others' play while there is one that gains"
    guarantee = (
        "at the ends of epochs regret per round tends to the tolerance x range or less, between them to at most "
        "growth / (1 + growth) x range more; once no option joins any more, play is regret matching plus among few"
    )
    accepts = ("mean",)
    memory: ClassVar[Memory] = dict.fromkeys(("_playing", "_regrets", "_offered", "_length", "_played"), "fresh")
    random_start = True

    def __init__(self, *, epoch: int = 10, growth: float = 0.1, tolerance: float = 1e-9) -> None:
        if epoch < 1:
            raise ValueError(f"epoch must be at least one round, not {epoch}")
        positive("growth", growth)
        positive("tolerance", tolerance)
        self._epoch, self._growth, self._tolerance = epoch, growth, tolerance

    def prepare(self) -> None:
        """Start with one option in play, or none yet."""
        task = self.task
        none = np.zeros_like(task.allowed)
        self._playing = none if task.first is None else best(task.first, task.allowed) > 0.0
        self._regrets, self._offered = np.zeros(task.allowed.shape), np.zeros(task.allowed.shape)
        self._length = np.where(self._playing.any(axis=1), float(self._epoch), 1.0)
        self._played = np.zeros(task.rows)

    def size(self, rows: IntArray) -> IntArray:
        """Return ``(n,)`` how many options are in play."""
        count: IntArray = self._playing[rows].sum(axis=1)
        return count

    def policy(self, rows: IntArray) -> FloatArray:
        """Return the mix of the options in play in proportion to their regrets."""
        playing = self._playing[rows]
        shown = np.where(playing.any(axis=1, keepdims=True), playing, self.task.allowed[rows])
        return proportional(self._regrets[rows], shown)

    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Add to regrets and to the epoch's account; where the epoch ends, let best responses join."""
        self._regrets[rows] = np.where(self._playing[rows], np.maximum(self._regrets[rows] + gains(lesson), 0.0), 0.0)
        self._offered[rows] += lesson.payoffs
        self._played[rows] += 1.0
        ended = rows[self._played[rows] >= self._length[rows]]
        if len(ended):
            self._extend(ended)

    def _extend(self, rows: IntArray) -> None:
        """Let best responses to the epoch join, and start the next."""
        allowed, playing, span = self.task.allowed[rows], self._playing[rows], self.task.span[rows]
        average = self._offered[rows] / self._played[rows][:, None]
        top = np.where(allowed, average, -np.inf).max(axis=1)
        inside = np.where(playing, average, -np.inf).max(axis=1)
        short = top - inside > self._tolerance * span
        self._playing[rows] = playing | (short[:, None] & (best(average, allowed, span) > 0.0))
        started = playing.any(axis=1)
        longer = np.maximum(np.floor(self._length[rows] * (1.0 + self._growth)), self._length[rows] + 1.0)
        self._length[rows] = np.where(started, longer, self._epoch)
        self._offered[rows], self._played[rows] = 0.0, 0.0
