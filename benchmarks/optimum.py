"""Speed of OPT by each of its routes, and beside the plain linear program, built by loops from the definition.

Run it with ``python benchmarks/optimum.py``. The plain program has a chance and a payment for every bidder and profile,
and a row for every bidder, profile and lie; the same HiGHS solves it. Priors are affiliated and made irregular. Both
must find the same revenue. HiGHS's own time is that of its `run` alone, within the very same solve; all are medians of
some repetitions by turns.

Routes are then taken to the sizes that they are for, each in a process of its own: seconds, those of HiGHS's `run`,
growth of the process's peak memory, and the certificate's gap, which must be sound.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median

import numpy as np
from apart import peak
from deviations import stopwatch, timed
from scipy import sparse
from scipy.optimize import linprog
from setups import affiliated

from mechanisms import joint, optimal_mechanism, single_good
from mechanisms.beliefs import Belief, mixture, product
from mechanisms.environment import Environment

GRIDS = ((20, 20), (30, 30), (5, 5, 5), (8, 8, 8), (10, 10, 10))
TARGET, EQUAL = 1.5, 1e-7
ROUTES = {
    "cut, 200 x 200": ("correlated", 2, 200, 1.0),
    "cut, 500 x 500": ("correlated", 2, 500, None),
    "cut, 1,000 x 1,000": ("correlated", 2, 1000, None),
    "lp, 3 x 20": ("correlated", 3, 20, None),
    "lp, 3 x 40": ("correlated", 3, 40, None),
    "folded lp, 3 x 40": ("exchangeable", 3, 40, None),
    "folded lp, 6 x 8": ("exchangeable", 6, 8, None),
    "folded lp, 40 x 4": ("exchangeable", 40, 4, None),
    "myerson, 10 x 1,000": ("independent", 10, 1000, None),
    "myerson, 1,000 x 100": ("independent", 1000, 100, 1.0),
}
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
    players, profiles = range(len(values)), list(itertools.product(*values))
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


@dataclass(frozen=True)
class Route:
    """One solve: seconds, those of HiGHS's run, MB, gap, and whether the certificate is sound and the route is it."""

    seconds: float
    own: float
    memory: float
    gap: float
    right: bool


def _case(kind: str, bidders: int, values: int, seed: int) -> tuple[Environment, Belief]:
    """Return an environment, and a random prior of that kind."""
    rng = np.random.default_rng(seed)
    environment = single_good([list(range(1, values + 1))] * bidders)
    if kind == "independent":
        return environment, product(rng.dirichlet(np.ones(values), bidders))
    if kind == "exchangeable":
        factors = rng.dirichlet(np.ones(values), 3)
        return environment, mixture([0.2, 0.3, 0.5], [product([factor] * bidders) for factor in factors])
    weights = rng.exponential(size=values**bidders) ** 2
    return environment, joint(environment.shape, environment.grid, weights / weights.sum())


def route(name: str, seed: int) -> Route:
    """Solve one case in this process."""
    kind, bidders, values, _ = ROUTES[name]
    environment, belief = _case(kind, bidders, values, seed)
    before = peak()
    with stopwatch() as own:
        seconds, found = timed(lambda: optimal_mechanism(environment, belief))
    memory = peak() - before
    right = found.certificate.sound and name.startswith(found.route + ",")
    return Route(seconds, sum(own), memory, found.certificate.gap, right)


def alone(work: Callable[..., Route], *arguments: object) -> Route:
    """Do some work in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def print_routes(repetitions: int, seed: int) -> bool:
    """Measure all routes, and return whether all certificates are sound."""
    print(f"\n{'route':<24}" + "".join(f"{name:>11}" for name in ("seconds", "HiGHS", "ratio", "MB", "gap", "target")))
    holds = True
    for name, (*_, target) in ROUTES.items():
        runs = [alone(route, name, seed) for _ in range(repetitions)]
        seconds, own = median(run.seconds for run in runs), median(run.own for run in runs)
        ratio = f"{seconds / own:>11.2f}" if own else f"{'-':>11}"
        wanted = f"{target:>11g}" if target else f"{'-':>11}"
        right = all(run.right for run in runs)
        holds &= right
        figures = (
            f"{seconds:>11.3f}{own:>11.3f}{ratio}{max(run.memory for run in runs):>11.0f}{runs[0].gap:>11.0e}{wanted}"
        )
        print(f"{name:<24}{figures}{'' if right else '  WRONG'}", flush=True)
    return holds


def main() -> int:
    """Measure, print, and say whether revenues agree and certificates are sound."""
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
    holds &= print_routes(options.repetitions, options.seed)
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
