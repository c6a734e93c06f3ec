"""Best-response dynamics: those who revise switch to what is best against the rivals' present play.

References
----------
.. [Cournot1838] A. Cournot, Recherches sur les principes mathematiques de la theorie des richesses, Hachette.
.. [GilboaMatsui1991] I. Gilboa and A. Matsui, Social stability and equilibrium, Econometrica 59.
"""

from __future__ import annotations

from typing import ClassVar

from agents.learning.learner import Learner, Lesson, Memory, best, proportional
from mechanisms.environment import FloatArray, IntArray


class BestResponseDynamics(Learner):
    """Switch, at once or by and by, to a best response to the rivals' present mixes [GilboaMatsui1991]_.

    It needs their expectation: what one round's rivals happened to announce is no estimate of their mixes. Whoever
    plays a best response already stays with it, so every equilibrium, pure or mixed, is a rest point.

    Parameters
    ----------
    inertia : the share of a large population behind the seat that keeps its report in a round; the rest revises. With 0
        all revise at once, which is the myopic adjustment of [Cournot1838]_.
    """

    name = "best-response-dynamics"
    summary = "the report that is best against what the others do right now"
    guarantee = "none: where it rests is an equilibrium, and what is strictly dominated dies out, but it may cycle"
    accepts = ("mean",)
    memory: ClassVar[Memory] = {"_mix": "mix"}
    random_start = True

    def __init__(self, *, inertia: float = 0.0) -> None:
        if not 0 <= inertia < 1:
            raise ValueError(f"inertia must be a number from 0 to below 1, not {inertia}")
        self._inertia = inertia

    def prepare(self) -> None:
        """Start from the first mix."""
        self._mix = (self.task.even if self.task.first is None else self.task.first).copy()

    def policy(self, rows: IntArray) -> FloatArray:
        """Return the present mix."""
        return self._mix[rows]

    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Move those who revise to the best options: where they are among these already, in present proportions."""
        mix = self._mix[rows]
        winners = best(lesson.payoffs, self.task.allowed[rows], self.task.span[rows]) > 0.0
        self._mix[rows] = self._inertia * mix + (1.0 - self._inertia) * proportional(mix, winners)
