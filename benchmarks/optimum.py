"""Speed of OPT beside the plain linear program, built by loops from the definition and solved by the same HiGHS.

Run it with ``python benchmarks/optimum.py``. The plain program has a chance and a payment for every bidder and profile,
and a row for every bidder, profile and lie. Priors are affiliated and made irregular. Both must find the same revenue.
HiGHS's own time is that of its `run` alone, within the very same solve; all are medians of some repetitions by turns.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from statistics import median

import numpy as np
from deviations import stopwatch, timed
from scipy import sparse
from scipy.optimize import linprog
from setups import affiliated

from mechanisms import joint, optimal_mechanism, single_good

GRIDS = ((20, 20), (30, 30), (5, 5, 5), (8, 8, 8), (10, 10, 10))
TARGET, EQUAL = 1.5, 1e-7
Profile = tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """Median seconds: ours, HiGHS's part of it, the plain program, HiGHS's part of that."""

    sizes: tuple[int, ...]
    ours: float
    own: float
    plain: float
    plain_own: float
    ratio: float
    apart: float


def plain_revenue(values: Sequence[Sequence[int]], prior: dict[Profile, float]) -> float:
    """Return OPT for one good by the program that its definition is."""
    players, profiles = range(len(values)), list(product(*values))
    chance, payment, number = {}, {}, 0
    for profile in profiles:
        for i in players:
            chance[i, profile], payment[i, profile] = number, number + 1
            number += 2
    rows: list[dict[int, float]] = []
    limits: list[float] = []
    for profile in profiles:
        rows.append({chance[i, profile]: 1.0 for i in players})
        limits.append(1.0)
        for i in players:
            worth, x, p = profile[i], chance[i, profile], payment[i, profile]
            rows.append({x: -worth, p: 1.0})
            limits.append(0.0)
            for lie in values[i]:
                if lie != worth:
                    told = (*profile[:i], lie, *profile[i + 1 :])
                    rows.append({chance[i, told]: worth, payment[i, told]: -1.0, x: -worth, p: 1.0})
                    limits.append(0.0)
    aim = np.zeros(number)
    for profile in profiles:
        for i in players:
            aim[payment[i, profile]] = -prior.get(profile, 0.0)
    entries = [(r, column, entry) for r, row in enumerate(rows) for column, entry in row.items()]
    where, column, entry = zip(*entries, strict=True)
    matrix = sparse.csr_matrix((entry, (where, column)), shape=(len(rows), number))
    bounds = [(0.0, 1.0), (0.0, None)] * (number // 2)
    solved = linprog(aim, A_ub=matrix, b_ub=limits, bounds=bounds, method="highs")
    if solved.status:
        raise RuntimeError(f"the plain program was not solved: {solved.message}")
    return float(-solved.fun)


def measure(sizes: tuple[int, ...], repetitions: int, seed: int) -> Row:
    """Time both on a grid."""
    setup, rng = affiliated(sizes), np.random.default_rng(seed)
    weights = setup.weights * rng.exponential(size=len(setup.weights))
    weights /= weights.sum()
    environment, belief = single_good(setup.values), joint(sizes, setup.profiles, weights)
    money = [tuple(grid[k] for grid, k in zip(setup.values, p, strict=True)) for p in setup.profiles.tolist()]
    prior = dict(zip(money, weights.tolist(), strict=True))
    taken = []
    for _ in range(repetitions):
        with stopwatch() as own:
            ours, best = timed(lambda: optimal_mechanism(environment, belief))
        with stopwatch() as theirs:
            plain, revenue = timed(lambda: plain_revenue(setup.values, prior))
        apart = abs(best.revenue - revenue) / max(1.0, abs(revenue))
        taken.append((ours, sum(own), plain, sum(theirs), ours / sum(theirs), apart))
    return Row(sizes, *(median(column) for column in zip(*taken, strict=True)))


def main() -> int:
    """Measure, print, and say whether revenues agree."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seed", type=int, default=2012)
    options = parser.parse_args()
    print(f"seconds; target: OPT at most {TARGET:g} x the solve of the plain program")
    names = ("OPT", "HiGHS in it", "plain", "HiGHS in it", "OPT/solve", "plain/OPT", "apart")
    print(f"{'values':<16}" + "".join(f"{name:>13}" for name in names))
    holds = True
    for sizes in GRIDS:
        row = measure(sizes, options.repetitions, options.seed)
        figures = (row.ours, row.own, row.plain, row.plain_own, row.ratio, row.plain / row.ours)
        holds &= row.apart <= EQUAL
        wrong = "" if row.apart <= EQUAL else "  WRONG"
        text = " x ".join(map(str, sizes))
        print(f"{text:<16}" + "".join(f"{x:>13.3f}" for x in figures) + f"{row.apart:>13.0e}{wrong}", flush=True)
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
