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
    by_state : ``(states,)`` the information set that the seat finds itself in: its cell, or its ring's. None where
        states are too many to list; it is then the cell.
    values : ``(information sets, types)`` probability of announcing each type.
    beliefs : ``(information sets, types)`` id of the belief announced beside each announced type.
    """

    by_state: IntArray | None
    values: FloatArray
    beliefs: IntArray

    @property
    def information(self) -> IntArray:
        """The information set in each state; a ValueError where states are not listed."""
        if self.by_state is None:
            raise ValueError("a plan over states that are not listed has no list of information sets")
        return self.by_state

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

    def compact(self) -> Plan:
        """Return the same plan, without its table of probabilities if it takes no coin."""
        pure = self.pure_values
        return self if pure is None else PurePlan(self.by_state, pure, self.beliefs, self.values.shape[1])


class PurePlan(Plan):
    """A plan that takes no coin: one type is announced in each information set, and its table is made when asked for.

    Parameters
    ----------
    told : ``(information sets,)`` the announced types.
    beliefs : ``(information sets, types)``, which may be a view that repeats a column.
    types : how many types there are to announce.
    """

    _told: IntArray
    _types: int

    def __init__(self, by_state: IntArray | None, told: IntArray, beliefs: IntArray, types: int) -> None:
        vars(self).update(by_state=by_state, beliefs=beliefs, _told=told, _types=types)

    @cached_property
    def values(self) -> FloatArray:
        """Ones and zeros, ``(information sets, types)``."""
        table = np.zeros((len(self._told), self._types))
        table[np.arange(len(self._told)), self._told] = 1.0
        return table

    @property
    def pure_values(self) -> IntArray:
        """The announced type in each information set, ``(information sets,)``."""
        return self._told


def pure_plan(by_state: IntArray | None, values: IntArray, beliefs: IntArray, types: int) -> Plan:
    """Return the plan that announces `values` ``(sets,)`` with `beliefs` ``(sets,)`` or ``(sets, types)``."""
    if beliefs.ndim == 1:
        beliefs = np.broadcast_to(beliefs[:, None], (len(beliefs), types))
    return PurePlan(by_state, values, beliefs, types)


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
