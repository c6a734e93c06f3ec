"""Speed of exact deviation gains, and of OPT by linear program beside HiGHS's own time.

Run it with ``python benchmarks/deviations.py``. The surface is that of three bidders with ten values each, a thousand
atoms, own value known, twenty belief reports for every type: every report of all three seats, against truthful play.
Each repetition takes a fresh game and book, whose making is left out; M's optimal mechanisms are solved in the time.
HiGHS's own time is that of its `run` alone, measured within the very same solve.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import numpy as np
from contest import Spread, spread
from scipy.optimize._highspy import _highs_wrapper
from setups import Setup, affiliated

from agents.game import Game, Seat
from agents.strategies import belief_menu
from mechanisms import joint, optimal_mechanism, single_good
from mechanisms.environment import IntArray

REPORTS = 20
SURFACE_TARGET, SOLVE_TARGET = 1.0, 1.5
GRIDS = {"3 bidders, 20 each": ((20, 20, 20), SOLVE_TARGET)}


@dataclass(frozen=True)
class Figure:
    """Times, and how many times HiGHS's own they are; the target is for the latter where there is one."""

    name: str
    seconds: Spread
    ratio: Spread | None
    target: float


def menu(seat: Seat, count: int) -> IntArray:
    """Return so many belief reports, ``(types, value reports, count)``: the usual menu, filled up or cut.

    It is filled up with certainty of single profiles.
    """
    return np.stack(list(belief_menu(seat, points=count).values())[:count], axis=2)


def surfaces(game: Game, menus: list[IntArray]) -> float:
    """Return the best interim gain of any seat."""
    best = -np.inf
    for seat, beliefs in zip(game.seats, menus, strict=True):
        gain = game.surface(seat.index, beliefs).interim - game.truth(seat.index)[:, None, None]
        best = max(best, float(gain.max()))
    return best


def surface_figure(setup: Setup, kind: str, repetitions: int) -> Figure:
    """Time the surfaces of all seats."""
    taken = []
    for _ in range(repetitions):
        game = setup.game(kind)
        menus = [menu(seat, REPORTS) for seat in game.seats]
        taken.append(timed(lambda game=game, menus=menus: surfaces(game, menus))[0])
    return Figure(f"deviation gains of {kind}, three seats", spread(taken), None, SURFACE_TARGET)


def solve_figure(name: str, repetitions: int, seed: int) -> Figure:
    """Time OPT on an affiliated prior that is made irregular, compared to HiGHS's own time within it."""
    sizes, target = GRIDS[name]
    setup, rng = affiliated(sizes), np.random.default_rng(seed)
    weights = setup.weights * rng.exponential(size=len(setup.weights))
    belief = joint(sizes, setup.profiles, weights / weights.sum())
    environment = single_good(setup.values)
    taken = []
    for _ in range(repetitions):
        with stopwatch() as own:
            whole, _ = timed(lambda: optimal_mechanism(environment, belief))
        taken.append((whole, whole / sum(own)))
    whole, ratio = (spread(column) for column in zip(*taken, strict=True))
    return Figure(f"OPT by LP, {name}", whole, ratio, target)


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """Collect the seconds that HiGHS's `run` takes, called from SciPy's `linprog`."""
    core, found = _highs_wrapper._h, []
    plain = core._Highs

    class Timed(plain):  # type: ignore[misc, valid-type]
        def run(self) -> Any:
            seconds, status = timed(super().run)
            found.append(seconds)
            return status

    core._Highs = Timed
    try:
        yield found
    finally:
        core._Highs = plain


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long some work took, and what came of it."""
    start = perf_counter()
    result = work()
    return perf_counter() - start, result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seed", type=int, default=2012)
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args()
    setup = affiliated((10, 10, 10))
    figures = [surface_figure(setup, kind, options.repetitions) for kind in ("L", "M")]
    figures += [solve_figure(name, options.repetitions, options.seed) for name in GRIDS]
    if options.json:
        print(json.dumps([asdict(figure) for figure in figures], indent=2))
        return
    print(f"{'medians':<38}{'seconds':>9}{'x HiGHS':>9}{'target':>9}")
    for figure in figures:
        ratio = f"{figure.ratio.median:9.2f}" if figure.ratio else f"{'-':>9}"
        print(f"{figure.name:<38}{figure.seconds.median:9.3f}{ratio}{figure.target:9.2f}")


if __name__ == "__main__":
    main()
