"""A plan: what a seat reports in each of its information sets, as tables; and what all plans together produce.

Most strategies are plans. A plan can be played by look-up in any number of worlds at once, and its consequences
can be computed exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from agents.knowledge import StateSpace
from mechanisms.environment import FloatArray, IntArray
from mechanisms.outcomes import Reports


@dataclass(frozen=True, eq=False)
class Plan:
    """A behaviour strategy.

    Attributes
    ----------
    information : ``(states,)`` the information set that the seat finds itself in: its cell, or its ring's.
    values : ``(information sets, types)`` probability of announcing each type.
    beliefs : ``(information sets, types)`` id of the belief announced beside each announced type.
    """

    information: IntArray
    values: FloatArray
    beliefs: IntArray

    @cached_property
    def pure_values(self) -> IntArray | None:
        """The announced type in each information set, ``(information sets,)``, if no coin is needed."""
        return self.values.argmax(axis=1) if (self.values.max(axis=1) == 1.0).all() else None

    @cached_property
    def pure_beliefs(self) -> IntArray | None:
        """The id of the belief announced in each information set, if no coin is needed for the value."""
        pure = self.pure_values
        return None if pure is None else self.beliefs[np.arange(len(pure)), pure]

    @cached_property
    def value_edges(self) -> FloatArray:
        """Cumulative probabilities of the announced types."""
        return np.cumsum(self.values, axis=1)


def pure_plan(information: IntArray, values: IntArray, beliefs: IntArray, types: int) -> Plan:
    """Return the plan that announces `values` ``(sets,)`` with `beliefs` ``(sets,)`` or ``(sets, types)``."""
    table = np.zeros((len(values), types))
    table[np.arange(len(values)), values] = 1.0
    if beliefs.ndim == 1:
        beliefs = np.repeat(beliefs[:, None], types, axis=1)
    return Plan(information, table, beliefs)


@dataclass(frozen=True, eq=False)
class Play:
    """Report profiles that plans produce, with the states they occur in.

    Attributes
    ----------
    states : ``(rows,)`` state of each row; a state has as many rows as its seats' coins can decide.
    chances : ``(rows,)`` probability of the row given its state.
    reports : the announcements.
    """

    states: IntArray
    chances: FloatArray
    reports: Reports


def play_blocks(space: StateSpace, plans: Sequence[Plan], rows: int) -> Iterator[Play]:
    """Yield what the plans produce in blocks of states, each of about `rows` rows at most."""
    fan = math.prod(int((plan.values > 0).sum(axis=1).max()) for plan in plans)
    step = max(1, rows // fan)
    for start in range(0, len(space), step):
        yield joint_play(space, plans, np.arange(start, min(start + step, len(space))))


def joint_play(space: StateSpace, plans: Sequence[Plan], states: IntArray | None = None) -> Play:
    """Return every report profile that the plans can produce, state by state, in all states or the given ones."""
    states = np.arange(len(space)) if states is None else states
    chances = np.ones(len(states))
    values = np.zeros((len(states), 0), dtype=np.int64)
    for plan in plans:
        odds = plan.values[plan.information[states]]
        rows, told = np.nonzero(odds)
        states, chances = states[rows], chances[rows] * odds[rows, told]
        values = np.column_stack([values[rows], told])
    beliefs = np.column_stack([plan.beliefs[plan.information[states], values[:, i]] for i, plan in enumerate(plans)])
    return Play(states, chances, Reports(values, beliefs))


def weighted(share: FloatArray, worth: FloatArray) -> FloatArray:
    """Return worths times their shares: nothing where the share is 0, even of a worth of minus infinity."""
    total: FloatArray = np.zeros(np.broadcast_shapes(share.shape, worth.shape))
    return np.multiply(share, worth, out=total, where=share > 0)
