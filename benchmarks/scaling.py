"""How time and memory grow with rounds, worlds, bidders, values, atoms of the prior and the size of the menu.

Run it with ``make bench-scaling`` or ``python benchmarks/scaling.py --out scaling.png``. Two things are measured in L:
a market of truthful bidders, and one in which all learn by Hedge and are recorded. One figure varies at a time, from
three bidders with five values each in 1,000 worlds, every value and every type's belief on the menu.

Every point is a process of its own with linear algebra on one thread. Time is the processor's, so that other work on
the machine counts less: of the rounds, the best of some repetitions, and of what comes before them. Memory is the
process's peak resident set, less what it was once everything was imported and the prior was there. Exponents are
fitted by least squares to the logarithms, with 95 % intervals.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from time import process_time
from typing import Any

import numpy as np
from setups import Setup, affiliated

KINDS = ("truthful", "hedge")
BASE: dict[str, int] = {"rounds": 100, "worlds": 1_000, "bidders": 3, "values": 5, "atoms": 0, "rules": -1}
AXES: dict[str, tuple[int, ...]] = {
    "rounds": (100, 200, 400, 800, 1_600),
    "worlds": (250, 1_000, 4_000, 16_000),
    "bidders": (2, 3, 4, 5),
    "values": (2, 3, 4, 6, 8),
    "atoms": (30, 60, 120, 240, 343),
    "rules": (0, 1, 2, 4, 8),
}
FIXED: dict[str, dict[str, int]] = {"bidders": {"values": 3}, "atoms": {"values": 7}, "rounds": {"worlds": 200}}
TRUTHFUL_ONLY = ("rules",)
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Point:
    """What one process measured.

    Attributes
    ----------
    x : the figure that varies; for the menu, how many reports it has.
    start, seconds : processor time before the first round, and of all rounds.
    mebibytes : peak memory above that of the bare process.
    """

    axis: str
    kind: str
    x: int
    rounds: int
    worlds: int
    start: float
    seconds: float
    mebibytes: float

    @property
    def nanoseconds(self) -> float:
        """Time of a round in one world."""
        return 1e9 * self.seconds / self.rounds / self.worlds


@dataclass(frozen=True)
class Fit:
    """An exponent with the half-width of its 95 % interval, by what was measured."""

    axis: str
    kind: str
    measure: str
    exponent: float
    half_width: float


def thinned(setup: Setup, atoms: int, seed: int) -> Setup:
    """Return a setup with only some of its atoms, among them one for every value of every bidder."""
    size = len(setup.values[0])
    diagonal = (setup.profiles == setup.profiles[:, :1]).all(axis=1)
    others = np.random.default_rng(seed).permutation(np.flatnonzero(~diagonal))[: atoms - size]
    kept = np.sort(np.concatenate([np.flatnonzero(diagonal), others]))
    weights = setup.weights[kept]
    return Setup("thinned", setup.values, setup.profiles[kept], weights / weights.sum(), setup.known)


def child(kind: str, figures: dict[str, int], repetitions: int, seed: int) -> dict[str, Any]:
    """Measure one point in this process."""
    from agents.learning.hedge import Hedge
    from agents.learning.learning import Learning
    from agents.strategies import BELIEF_RULES, Truthful
    from scenarios.market import Market
    from scenarios.recorder import Recorder

    setup = affiliated((figures["values"],) * figures["bidders"])
    if figures["atoms"]:
        setup = thinned(setup, figures["atoms"], seed)
    beliefs = ["every"] if figures["rules"] < 0 else [r for r in BELIEF_RULES if r != "truthful"][: figures["rules"]]
    rounds = figures["rounds"]
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, process_time()
    seats = [
        Truthful() if kind == "truthful" else Learning(Hedge(), values=["every"], beliefs=beliefs) for _ in setup.values
    ]
    market = Market(setup.game("L"), seats, worlds=figures["worlds"], seed=seed)
    start, taken = process_time() - began, []
    for _ in range(repetitions):
        recorder = Recorder(market, rounds) if kind == "hedge" else None
        began = process_time()
        for _ in range(rounds):
            market.step()
            if recorder is not None:
                recorder.record(market)
        taken.append(process_time() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    menu = int(seats[0].options.allowed.sum(axis=1).max()) if isinstance(seats[0], Learning) else 1
    return {"menu": menu, "start": start, "seconds": min(taken), "mebibytes": (peak - before) * 1024 / MEBIBYTE}


def measure(axis: str, kind: str, value: int, options: argparse.Namespace) -> Point:
    """Measure one point in a process of its own."""
    figures = {**BASE, **FIXED.get(axis, {}), axis: value}
    if options.quick and axis != "rounds":
        figures["rounds"] //= 4
    one = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    repetitions = 1 if axis == "rounds" else options.repetitions
    job = json.dumps({"kind": kind, "figures": figures, "repetitions": repetitions, "seed": options.seed})
    command = [sys.executable, __file__, "--child", job]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **one}, check=False)
    if done.returncode:
        raise RuntimeError(f"{axis} {value} failed: {done.stderr[-2000:]}")
    found = json.loads(done.stdout)
    x = found.pop("menu") if axis == "rules" else value
    found.pop("menu", None)
    return Point(axis, kind, x, figures["rounds"], figures["worlds"], **found)


def fits(points: Sequence[Point]) -> list[Fit]:
    """Return the exponents of time a round and of memory for the points of an axis and kind."""
    first = points[0]
    total = first.axis in ("rounds", "worlds")
    ys = {
        "seconds in all" if total else "seconds a round": [p.seconds if total else p.nanoseconds for p in points],
        "memory": [p.mebibytes for p in points],
    }
    xs = [p.x for p in points]
    fitted = {name: exponent(xs, y) for name, y in ys.items() if len(xs) > 2 and min(y) > 0}
    return [Fit(first.axis, first.kind, name, *slope) for name, slope in fitted.items()]


def exponent(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float]:
    """Return the slope between the logarithms, and the half-width of its 95 % interval."""
    from scipy.stats import linregress, t

    line = linregress(np.log(xs), np.log(ys))
    return float(line.slope), float(line.stderr * t.ppf(0.975, len(xs) - 2))


def plot(points: Sequence[Point], path: str) -> None:
    """Draw time a round and memory against every figure that varies."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    axes = list(dict.fromkeys(point.axis for point in points))
    figure, panels = pyplot.subplots(2, len(axes), figsize=(2.6 * len(axes), 5.2), squeeze=False, sharey="row")
    for column, axis in enumerate(axes):
        for kind, mark in zip(KINDS, ("o-", "s--"), strict=True):
            mine = [point for point in points if (point.axis, point.kind) == (axis, kind)]
            style: dict[str, Any] = {"label": kind, "color": "black"}
            if mine:
                xs = [point.x for point in mine]
                panels[0, column].loglog(xs, [point.nanoseconds for point in mine], mark, **style)
                panels[1, column].loglog(xs, [point.mebibytes for point in mine], mark, **style)
        for panel in panels[:, column]:
            panel.minorticks_off()
            panel.set_xticks(xs, [f"{x:,}" for x in xs], rotation=45)
        panels[1, column].set_xlabel("menu (reports)" if axis == "rules" else axis)
    panels[0, 0].set_ylabel("ns a round and world")
    panels[1, 0].set_ylabel("peak memory (MiB)")
    panels[0, 0].legend()
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a quarter of the rounds, one repetition")
    parser.add_argument("--axes", nargs="+", choices=AXES, default=list(AXES))
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seed", type=int, default=2012)
    parser.add_argument("--out", metavar="FILE", help="draw a plot there, PNG or SVG")
    parser.add_argument("--json", metavar="FILE", help="write everything there too")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.repetitions = 1
    return options


def main() -> None:
    """Measure, print and draw."""
    options = arguments()
    if options.child:
        print(json.dumps(child(**json.loads(options.child))))
        return
    print(f"{'':<10}{'':<10}{'x':>8}{'start, s':>10}{'rounds, s':>11}{'ns a round and world':>22}{'peak, MiB':>11}")
    points: list[Point] = []
    found: list[Fit] = []
    for axis in options.axes:
        for kind in KINDS[1:] if axis in TRUTHFUL_ONLY else KINDS:
            mine = [measure(axis, kind, value, options) for value in AXES[axis]]
            points += mine
            for p in mine:
                row = f"{p.start:>10.2f}{p.seconds:>11.3f}{p.nanoseconds:>22,.0f}{p.mebibytes:>11.1f}"
                print(f"{'menu' if axis == 'rules' else axis:<10}{kind:<10}{p.x:>8,}{row}", flush=True)
            for fit in fits(mine):
                found.append(fit)
                print(f"{'':<10}{fit.measure} grows with exponent {fit.exponent:.2f} +- {fit.half_width:.2f}")
    if options.out:
        plot(points, options.out)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"points": [asdict(p) for p in points], "fits": [asdict(f) for f in found]}, file, indent=2)


if __name__ == "__main__":
    main()
