"""Linear programs in exact arithmetic, for decisions that rounding may not touch.

A simplex on integers: every entry of the tableau is a minor of the data, so that divisions leave no remainder and no
fraction is ever reduced [Edmonds1967]_. Ties in the ratio test and runs of degenerate pivots follow Bland's rule
[Bland1977]_, so that it ends.

References
----------
.. [Edmonds1967] J. Edmonds, Systems of distinct representatives and linear algebra, J. Res. NBS 71B.
.. [Bland1977] R. Bland, New finite pivoting rules for the simplex method, Mathematics of Operations Research 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mechanisms.environment import FloatArray

ObjectArray = NDArray[np.object_]
_MANTISSA = 53


@dataclass(frozen=True, eq=False)
class Solution:
    """An optimum ``value / scale`` at ``primal / scale`` with multipliers ``dual / scale``, all integers."""

    primal: ObjectArray
    dual: ObjectArray
    value: int
    scale: int


def maximise(objective: ObjectArray, matrix: ObjectArray, limit: ObjectArray) -> Solution:
    """Maximise ``objective @ x`` over ``x >= 0`` with ``matrix @ x <= limit``, in integers.

    Parameters
    ----------
    objective : ``(variables,)`` integers.
    matrix : ``(constraints, variables)`` integers.
    limit : ``(constraints,)`` non-negative integers, so that zero is feasible.

    Raises
    ------
    ValueError : if a limit is negative, or the program is unbounded.

    >>> whole = lambda *rows: np.array(rows, dtype=object)
    >>> best = maximise(whole(1, 1), whole([2, 1], [1, 3]), whole(4, 6))
    >>> best.value, best.scale
    (14, 5)
    """
    if any(bound < 0 for bound in limit):
        raise ValueError(f"limits must not be negative, but the least is {min(limit)}")
    rows, columns = matrix.shape
    tableau = np.empty((rows + 1, columns + 1), dtype=object)
    tableau[:-1, :-1], tableau[:-1, -1] = matrix, limit
    tableau[-1, :-1], tableau[-1, -1] = -objective, 0
    basic, free = np.arange(columns, columns + rows), np.arange(columns)
    scale, stalled = 1, False
    while (enter := _entering(tableau[-1, :-1], free, stalled)) is not None:
        leave = _leaving(tableau, enter, basic)
        stalled = tableau[leave, -1] == 0
        scale = _pivot(tableau, leave, enter, scale)
        basic[leave], free[enter] = free[enter], basic[leave]
    primal, dual = (np.full(size, 0, dtype=object) for size in (columns, rows))
    inside, tight = basic < columns, free >= columns
    primal[basic[inside]] = tableau[:-1, -1][inside]
    dual[free[tight] - columns] = tableau[-1, :-1][tight]
    return Solution(primal, dual, tableau[-1, -1], scale)


def _entering(costs: ObjectArray, free: NDArray[np.int64], stalled: bool) -> int | None:
    """Return the column with the steepest cost, or by Bland's rule after a pivot that gained nothing."""
    useful = np.flatnonzero(costs < 0)
    if not len(useful):
        return None
    return int(useful[free[useful].argmin()] if stalled else useful[costs[useful].argmin()])


def _leaving(tableau: ObjectArray, enter: int, basic: NDArray[np.int64]) -> int:
    """Return the row that limits the entering variable; the lowest variable of those that tie."""
    best = -1
    for row in np.flatnonzero(tableau[:-1, enter] > 0):
        if best >= 0:
            here, least = tableau[row, -1] * tableau[best, enter], tableau[best, -1] * tableau[row, enter]
            if here > least or (here == least and basic[row] > basic[best]):
                continue
        best = int(row)
    if best < 0:
        raise ValueError(f"the program is unbounded along variable {enter}")
    return best


def _pivot(tableau: ObjectArray, row: int, column: int, scale: int) -> int:
    """Exchange a basic and a free variable in place, and return the new common denominator."""
    pivot: int = tableau[row, column]
    kept, crossed = tableau[row].copy(), tableau[:, column].copy()
    tableau *= pivot
    tableau -= np.multiply.outer(crossed, kept)
    tableau //= scale
    tableau[row], tableau[:, column] = kept, -crossed
    tableau[row, column] = scale
    return pivot


def last_bit(values: FloatArray) -> int:
    """Return an exponent such that every value is a whole multiple of two to its power."""
    if (values == np.rint(values)).all():
        return 0
    _, exponents = np.frexp(values[values != 0])
    return int(exponents.min()) - _MANTISSA


def whole(values: FloatArray, exponent: int) -> ObjectArray:
    """Return the values as exact integers, in units of two to the power `exponent`."""
    if exponent == 0 and abs(values).max(initial=0.0) < 2.0**62:
        return values.astype(np.int64).astype(object)
    mantissa, exponents = np.frexp(values)
    digits = np.ldexp(mantissa, _MANTISSA).astype(np.int64).astype(object)
    shifts = np.where(values == 0, 0, exponents - _MANTISSA - exponent)
    down = np.minimum(shifts, 0)
    return (digits << (shifts - down).astype(object)) >> (-down).astype(object)
