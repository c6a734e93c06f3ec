"""Linear programs by HiGHS through SciPy, their limit of size, and the rounding of what comes out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import linprog

from mechanisms.environment import FloatArray
from mechanisms.optimal.optimum import TooLarge

_SNAP = 1e-9
_OPTIONS = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


def check_size(variables: int, route: str, limit: int, *, fits: Callable[[int], str] | None = None) -> None:
    """Raise `TooLarge` if a program has more variables than the limit; `fits` says, given the limit, what would."""
    if variables > limit:
        size = f"{variables:,}" if variables < 10**12 else f"some 10^{math.log10(variables):.0f}"
        hint = "" if fits is None else f"; {fits(limit)}"
        raise TooLarge(
            f"OPT by {route} on this grid of profiles has {size} variables; the limit is {limit:,}{hint}",
            route=route,
            size=variables,
            limit=limit,
        )


def highs(
    cost: FloatArray,
    rows: Any,
    limits: FloatArray,
    equal: Any = None,
    level: FloatArray | None = None,
) -> Any:
    """Return SciPy's solution of the least cost under ``rows x <= limits`` and ``equal x = level``, x non-negative.

    Raises
    ------
    ValueError : if HiGHS reports no optimum.
    """
    solve: Any = linprog  # its stubs refuse sparse matrices, which it takes
    solved = solve(cost, A_ub=rows, b_ub=limits, A_eq=equal, b_eq=level, method="highs", options=dict(_OPTIONS))
    if solved.status != 0:
        raise ValueError(f"HiGHS found no optimum of a program of {len(cost)} variables: {solved.message}")
    return solved


def snap(x: FloatArray) -> FloatArray:
    """Round entries within 1e-9 of an integer to it, so that a deterministic optimum is one exactly."""
    near = np.round(x)
    return np.where(abs(x - near) < _SNAP, near, x)
