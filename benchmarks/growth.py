"""How time and memory grow with rounds, worlds, bidders, values, atoms of the prior and the size of the menu.

Run it with ``make bench`` or ``PYTHONPATH=. python benchmarks/growth.py --out runs/growth``. One figure varies
at a time. All is measured in L: a market of truthful bidders whose prior is listed, one whose prior is a product that
is not, the rule alone on drawn reports of the latter, a market in which all learn by Hedge and are recorded, and the
deviation-gain surface of one seat.

Every point is a process of its own with linear algebra on one thread. Time is the processor's, so that other work on
the machine counts less: the best of some repetitions, each after its own start, which is timed apart; in markets a
first round, in which memos fill, belongs to the start. Memory is the process's peak resident set during the first
repetition, start included, less what it was once everything was imported. Exponents are fitted as `curves.fitted`
says, with standard errors, and a fixed cost where one can be told.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import process_time

import mesa
import numpy as np
from apart import FLAG, apart, peak
from curves import Curve, plot
from deviations import menu
from setups import Setup, affiliated, independent, thinned

from agents.game import Game
from agents.learning.hedge import Hedge
from agents.learning.learning import Learning
from agents.strategies import BELIEF_RULES, Truthful
from scenarios.market import Market
from scenarios.recorder import Recorder

Figures = dict[str, int]


@dataclass(frozen=True)
class Ready:
    """Work that can start, and what lets go of it; `size` is that of the axis where it is known only now."""

    play: Callable[[], object]
    close: Callable[[], object] = lambda: None
    size: int | None = None


@dataclass(frozen=True)
class Work:
    """Something to measure: how to get ready for it, its usual figures, and those that vary."""

    prepare: Callable[[Figures, int], Ready]
    usual: Figures
    axes: dict[str, tuple[int, ...]]
    instead: dict[str, Figures]


def _listed(figures: Figures, seed: int) -> Setup:
    setup = affiliated((figures["values"],) * figures["bidders"])
    return thinned(setup, figures["atoms"], seed) if figures.get("atoms") else setup


def _market(game: Game, figures: Figures, seed: int) -> Ready:
    seats = [Truthful() for _ in range(game.players)]
    market = Market(game, seats, worlds=figures["worlds"], seed=seed, rounds=figures["rounds"] + 1)
    market.step()

    def play() -> None:
        for _ in range(figures["rounds"]):
            market.step()

    return Ready(play, lambda: mesa.Agent._ids.pop(market, None))


def listed_market(figures: Figures, seed: int) -> Ready:
    """Get ready to play a market of truthful bidders under a listed prior."""
    return _market(_listed(figures, seed).game("L"), figures, seed)


def factored_market(figures: Figures, seed: int) -> Ready:
    """Get ready to play a market of truthful bidders with independent values."""
    return _market(independent("L", figures["bidders"], figures["values"], seed), figures, seed)


def rule(figures: Figures, seed: int) -> Ready:
    """Get ready to work outcomes out of truthful reports of bidders with independent values."""
    game, rng = independent("L", figures["bidders"], figures["values"], seed), np.random.default_rng(seed)
    reports = game.truthful_reports(game.draw(rng, figures["rounds"]))
    game.mechanism.play(reports.take(np.arange(1)), rng)
    return Ready(lambda: game.mechanism.play(reports, rng))


def learners(figures: Figures, seed: int) -> Ready:
    """Get ready to play and record a market of learners with the beliefs of some rules, or every type's."""
    rules = [name for name in BELIEF_RULES if name != "truthful"][: figures["menu"]] if "menu" in figures else ["every"]
    setup = _listed(figures, seed)
    seats = [Learning(Hedge(), values=["every"], beliefs=rules) for _ in setup.values]
    market = Market(setup.game("L"), seats, worlds=figures["worlds"], seed=seed)
    recorder = Recorder(market, figures["rounds"])

    def play() -> None:
        for _ in range(figures["rounds"]):
            market.step()
            recorder.record(market)

    reports = int(seats[0].options.allowed.sum(axis=1).max())
    return Ready(play, lambda: mesa.Agent._ids.pop(market, None), reports if "menu" in figures else None)


def surface(figures: Figures, seed: int) -> Ready:
    """Get ready to work out what every report of a seat is worth, on a fresh game."""
    game = _listed(figures, seed).game("L")
    beliefs = menu(game.seats[0], figures["menu"])
    return Ready(lambda: game.surface(0, beliefs))


MANY = {"bidders": (125, 250, 500, 1_000, 2_000), "values": (25, 50, 100, 200, 400)}
ATOMS = (100, 316, 1_000, 3_162, 10_000)
WORKS = {
    "L, listed prior": Work(
        listed_market,
        {"rounds": 100, "worlds": 1_000, "bidders": 3, "values": 5},
        {
            "rounds": (250, 500, 1_000, 2_000, 4_000),
            "worlds": (1_000, 4_000, 16_000, 64_000),
            "bidders": (2, 3, 4, 5, 6),
            "values": (3, 6, 12, 18, 24),
            "atoms": ATOMS,
        },
        {
            "rounds": {"worlds": 200},
            "worlds": {"rounds": 50},
            "bidders": {"values": 4, "rounds": 50, "worlds": 4_000},
            "values": {"rounds": 50, "worlds": 4_000},
            "atoms": {"values": 22, "rounds": 50, "worlds": 4_000},
        },
    ),
    "L, product prior": Work(
        factored_market,
        {"rounds": 5, "worlds": 400, "bidders": 250, "values": 100},
        {"rounds": (5, 10, 20, 40, 80), "worlds": (100, 200, 400, 800, 1_600), **MANY},
        {"rounds": {"worlds": 100}},
    ),
    "L's rule alone": Work(
        rule,
        {"rounds": 2_000, "bidders": 250, "values": 100},
        {"rounds": (500, 1_000, 2_000, 4_000, 8_000), **MANY},
        {},
    ),
    "learners": Work(
        learners,
        {"rounds": 50, "worlds": 1_000, "bidders": 3, "values": 5},
        {
            "rounds": (100, 200, 400, 800, 1_600),
            "worlds": (250, 1_000, 4_000, 16_000),
            "bidders": (2, 3, 4, 5),
            "values": (2, 3, 4, 6, 8),
            "atoms": (30, 60, 120, 240, 343),
            "menu": (0, 1, 2, 4, 8),
        },
        {"rounds": {"worlds": 200}, "bidders": {"values": 3}, "atoms": {"values": 7}, "worlds": {"rounds": 20}},
    ),
    "surface": Work(
        surface,
        {"bidders": 3, "values": 10, "menu": 20},
        {"values": (3, 6, 9, 12, 15), "atoms": ATOMS, "menu": (5, 10, 20, 40, 80)},
        {"atoms": {"values": 22, "menu": 5}},
    ),
}


@dataclass(frozen=True)
class Point:
    """What one process measured: processor seconds of the start and of the work, and peak memory."""

    work: str
    axis: str
    size: int
    start: float
    seconds: float
    mebibytes: float


def child(work: str, figures: Figures, axis: str, repetitions: int, seed: int) -> Point:
    """Measure one point in this process."""
    before, size, memory = peak(), figures[axis], 0.0
    starts, taken = [], []
    for repetition in range(repetitions):
        began = process_time()
        ready = WORKS[work].prepare(figures, seed)
        starts.append(process_time() - began)
        began = process_time()
        ready.play()
        taken.append(process_time() - began)
        if repetition == 0:
            memory = peak() - before
        size = size if ready.size is None else ready.size
        ready.close()
    return Point(work, axis, size, min(starts), min(taken), memory)


def point(work: str, axis: str, changes: Figures, *, repetitions: int, seed: int) -> Point:
    """Measure one point, the usual figures with some changes, in a process of its own."""
    figures = {**WORKS[work].usual, **WORKS[work].instead.get(axis, {}), **changes}
    job = {"work": work, "figures": figures, "axis": axis, "repetitions": repetitions, "seed": seed}
    return Point(**apart(__file__, job))


def curves(points: Sequence[Point]) -> list[Curve]:
    """Return how start, work and memory grow in the points of one work and axis."""
    work, axis, sizes = points[0].work, points[0].axis, tuple(float(point.size) for point in points)
    measures = {"work": "seconds", "start": "start", "peak memory": "mebibytes"}
    ys = {measure: tuple(getattr(point, name) for point in points) for measure, name in measures.items()}
    return [Curve(work, axis, measure, sizes, values) for measure, values in ys.items()]


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the three smallest sizes, one repetition")
    parser.add_argument("--works", nargs="+", choices=WORKS, default=list(WORKS), metavar="WORK")
    parser.add_argument("--axes", nargs="+", metavar="AXIS", help="only these figures vary")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seed", type=int, default=2012)
    parser.add_argument("--out", metavar="DIR", type=Path, help="write growth.png, growth.svg and growth.json there")
    parser.add_argument(FLAG, dest="child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.repetitions = 1
    return options


def main() -> int:
    """Measure, print and draw."""
    options = arguments()
    if options.child:
        print(json.dumps(asdict(child(**json.loads(options.child)))))
        return 0
    print(f"{'work':<18}{'figure':<10}{'size':>8}{'start, s':>10}{'work, s':>10}{'peak, MiB':>11}")
    points: list[Point] = []
    found: list[Curve] = []
    how = {"repetitions": options.repetitions, "seed": options.seed}
    for work in options.works:
        for axis in WORKS[work].axes:
            if options.axes and axis not in options.axes:
                continue
            sizes = WORKS[work].axes[axis][: 3 if options.quick else None]
            mine = [point(work, axis, {axis: size}, **how) for size in sizes]
            points += mine
            found += curves(mine)
            for p in mine:
                print(f"{work:<18}{axis:<10}{p.size:>8,}{p.start:>10.2f}{p.seconds:>10.3f}{p.mebibytes:>11.1f}")
            print("\n".join(f"  {curve}" for curve in found[-3:]), flush=True)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        plot(found, options.out, "growth")
        fits = [{**asdict(curve), "fit": curve.fit and asdict(curve.fit)} for curve in found]
        data = json.dumps({"points": [asdict(point) for point in points], "curves": fits}, indent=2)
        (options.out / "growth.json").write_text(data, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
