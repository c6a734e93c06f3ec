"""What `table` measures: a function for each row of the design's table of figures."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import growth
import learning
import market
import numpy as np
import optimum
from apart import apart, peak
from contest import Contender, Spread, race, spread
from curves import Fit, fitted
from deviations import SOLVE_TARGET, SURFACE_TARGET, solve_figure, stopwatch, surface_figure, timed
from dominance import missing
from setups import Setup, affiliated, as_scenario

from analysis.revenue import revenue_of
from mechanisms import joint, optimal_mechanism, single_good
from mechanisms.beliefs import Joint
from mechanisms.optimal import single_good_program
from scenarios.experiment import assemble
from scenarios.scenario import parse
from scenarios.simulation import simulate

HERE = Path(__file__).parent
WORLDS, SIDE, MANY = 10_000, 200, "L, product prior"
CUT, LINEAR, FLAT, HELP, LIMIT = 1.0, 1.1, 1.2, 0.4, 10.0


@dataclass(frozen=True)
class Line:
    """A figure of the table, or a sentence in its place.

    Attributes
    ----------
    seconds : the time measured.
    yardstick, ratio : what the ratio is of, and the ratio; of times, or of memory where there are no seconds.
    target : for the ratio, or for the seconds where there is none.
    memory : MiB; None for that of the process that makes the line, negative if not measured.
    """

    work: str
    seconds: Spread | None = None
    yardstick: str = ""
    ratio: Spread | None = None
    target: float | None = None
    at_least: bool = False
    memory: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the median meets the target; None without one."""
        judged = self.ratio or self.seconds
        if self.target is None or judged is None:
            return None
        return judged.median >= self.target if self.at_least else judged.median <= self.target


def one(value: float) -> Spread:
    """Return the spread of a single figure."""
    return Spread(value, value, value)


def markets(quick: bool, seed: int) -> Iterator[Line]:
    """L and M beside bare NumPy and plain Mesa."""
    setup, kinds = affiliated((5, 5, 5)), ("L", "M")
    options = market.arguments(["--rounds", "100000"] if quick else ["--repetitions", "15"])
    options.seed, repetitions = seed, 3 if quick else options.repetitions
    contest = {kind: market.market(setup, kind, WORLDS, seed) for kind in kinds}
    naive = {kind: market.plain(setup, kind, seed) for kind in market.PLAIN}
    raced = market.entrants(setup, WORLDS, contest, naive, options)
    raced.race(repetitions)
    for kind in kinds:
        _check(kind, market.check_market(setup, kind, contest[kind], revenue_of(setup.game(kind)).total))
    for kind in kinds:
        ours, name = raced.fast[kind], f"a round of {kind}, 3 bidders x 5 values, 10,000 worlds"
        yield Line(name, ours.round, "ours / bare NumPy", ours.against(raced.floor), market.FLOOR_TARGET)
        for other, words in ((kind, "Mesa, remembering / ours"), (f"{kind} anew", "plain Mesa, anew / ours")):
            if other in raced.slow:
                ratio = raced.slow[other].against(ours)
                yield Line(name, ours.round, words, ratio, market.PLAIN_TARGET, at_least=True)


def learners(quick: bool, seed: int) -> Iterator[Line]:
    """Hedge in 1,000 worlds, beside one world at a time."""
    setup, rounds, worlds = affiliated((5, 5, 5)), 5 if quick else 20, 1_000
    for kind in learning.KINDS:
        many, single = (learning.Run(setup, kind, "hedge", each, seed) for each in (worlds, 1))
        ours = Contender("market", worlds * rounds, partial(many.play, rounds))
        alone = Contender("one world", 10 * rounds, partial(single.play, 10 * rounds))
        race([ours, alone], 3 if quick else 9)
        many.close()
        single.close()
        name = f"a round of Hedge in {kind}, 3 seats x 25 reports, 1,000 worlds"
        yield Line(name, ours.round, "one world at a time / ours", alone.against(ours), learning.TARGET, at_least=True)


def surfaces(quick: bool, seed: int) -> Iterator[Line]:
    """Deviation gains of three seats."""
    for kind in ("L", "M"):
        found = surface_figure(affiliated((10, 10, 10)), kind, 2 if quick else 7)
        yield Line(f"{found.name}, 1,000 atoms x 20 beliefs", found.seconds, target=SURFACE_TARGET)


def two_bidders(quick: bool, seed: int) -> Iterator[Line]:
    """OPT by cut on 200 x 200, and by linear programs, under priors of one kind."""
    cut = spread([_cut(SIDE, seed) for _ in range(3 if quick else 9)])
    yield Line(f"OPT, 2 x {SIDE}, minimum cut", cut, target=CUT)
    for words, solve, few, all_of_them in (
        ("LP as it is shrunk here", _shrunk, (50, 71, 100), (50, 71, 100, 141, SIDE)),
        ("LP of the definition", _plain, (12, 16, 20), (16, 20, 25, 30, 40)),
    ):
        sizes = few if quick else all_of_them
        taken = [solve(size, seed) for size in sizes]
        law = fitted(sizes, taken)
        yield Line(f"OPT, 2 x {sizes[-1]}, {words}; growth in values", one(taken[-1]), *_exponent(law))
        if sizes[-1] < SIDE:
            powers = (law.exponent, law.exponent - law.error, law.exponent + law.error)
            there = Spread(*(taken[-1] * (SIDE / sizes[-1]) ** power for power in powers))
            yield Line(f"OPT, 2 x {SIDE}, {words}, by that law", there, "this / the cut", there.times(1.0 / cut.median))


def _exponent(law: Fit) -> tuple[str, Spread]:
    """Return the exponent with its standard error to either side, as the columns of a line."""
    return "exponent", Spread(law.exponent, law.exponent - law.error, law.exponent + law.error)


def _two(values: int, seed: int) -> tuple[Setup, Joint]:
    """Return two bidders' grids, and a correlated irregular prior on them."""
    setup = affiliated((values, values))
    weights = setup.weights * np.random.default_rng(seed).exponential(size=len(setup.weights))
    return setup, joint((values, values), setup.profiles, weights / weights.sum())


def _cut(values: int, seed: int) -> float:
    """Return the seconds of OPT by the route that fits two bidders, certificate included."""
    setup, belief = _two(values, seed)
    environment = single_good(setup.values)
    seconds, found = timed(lambda: optimal_mechanism(environment, belief))
    if found.route != "cut" or not found.certificate.sound:
        raise RuntimeError(f"2 x {values}: route {found.route}, gap {found.certificate.gap}")
    return seconds


def _shrunk(values: int, seed: int) -> float:
    """Return the seconds of this library's own linear program."""
    setup, belief = _two(values, seed)
    environment = single_good(setup.values)
    seconds, found = timed(lambda: single_good_program(environment, belief))
    _agree(setup, belief, found.revenue)
    return seconds


def _plain(values: int, seed: int) -> float:
    """Return HiGHS's own seconds for the program that the definition is, built row by row."""
    setup, belief = _two(values, seed)
    money = [tuple(grid[k] for grid, k in zip(setup.values, p, strict=True)) for p in setup.profiles.tolist()]
    with stopwatch() as own:
        revenue = optimum.plain_revenue(setup.values, dict(zip(money, belief.weights.tolist(), strict=True)))
    _agree(setup, belief, revenue)
    return sum(own)


def _agree(setup: Setup, belief: Joint, revenue: float) -> None:
    """Raise a RuntimeError if the cut finds another revenue."""
    cut = optimal_mechanism(single_good(setup.values), belief).revenue
    if abs(revenue - cut) > optimum.EQUAL * max(1.0, cut):
        raise RuntimeError(f"{belief.shape}: the program earns {revenue}, the cut {cut}")


def three_bidders(quick: bool, seed: int) -> Iterator[Line]:
    """OPT by linear program on 20 x 20 x 20, beside HiGHS's own time."""
    found = solve_figure("3 bidders, 20 each", 3 if quick else 9, seed)
    yield Line(found.name, found.seconds, "ours / HiGHS's own", found.ratio, SOLVE_TARGET)


def many_bidders(quick: bool, seed: int) -> Iterator[Line]:
    """L with a thousand independent bidders of a hundred values: 10,000 rounds, and how they grow."""
    how = {"repetitions": 1 if quick else 2, "seed": seed}
    bidders, steps = (200, 5) if quick else (1_000, 100)
    whole = growth.point(MANY, "rounds", {"bidders": bidders, "rounds": steps, "worlds": 100}, repetitions=1, seed=seed)
    title = f"L, {bidders:,} independent bidders x 100 values"
    yield Line(f"{title}, start", one(whole.start), memory=-1.0)
    yield Line(f"{title}, {100 * steps:,} rounds", one(whole.seconds), memory=whole.mebibytes)
    for axis, least, usual in (("bidders", bidders // 4, {"rounds": 5}), ("rounds", 5, {"bidders": bidders})):
        sizes = [least * 2**k for k in range(4)]
        points = [growth.point(MANY, axis, {"worlds": 100, **usual, axis: size}, **how) for size in sizes]
        seconds, memory = ([getattr(found, name) for found in points] for name in ("seconds", "mebibytes"))
        name = f"L x 100 values, {sizes[0]:,} to {sizes[-1]:,} {axis if axis == 'bidders' else 'steps'}"
        yield Line(name, one(seconds[-1]), *_exponent(fitted(sizes, seconds)), LINEAR, memory=memory[-1])
    ratio = one(memory[-1] / memory[0])
    yield Line(f"{name}, memory", None, "this / at an eighth", ratio, FLAT, memory=memory[-1])


def elimination(quick: bool, seed: int) -> Iterator[Line]:
    """Iterated elimination beside the best peer, in the cells of the table in `dominance`."""
    absent = {tool: need for tool in ("QuantEcon", "OpenSpiel") if (need := missing(tool))}
    if absent:
        yield Line("elimination", note="; ".join(f"{tool} left out: {need} missing" for tool, need in absent.items()))
    if len(absent) == 2:
        return
    with TemporaryDirectory() as folder:
        kept = Path(folder) / "rows.json"
        command = [sys.executable, str(HERE / "dominance.py"), "--json", str(kept), "--limit", str(LIMIT)]
        subprocess.run(command + ["--quick"] * quick, check=True, stdout=subprocess.DEVNULL)
        rows = json.loads(kept.read_text(encoding="utf-8"))
    ratios = []
    for row in rows:
        peers = [row[tool] for tool in ("QuantEcon", "OpenSpiel") if tool in row]
        ratios.append(min(LIMIT if peer is None else peer for peer in peers) / row["crowdbayes"])
    names = [f"{row['family']} {row['size']}" for row in rows]
    worst = ratios.index(min(ratios))
    ours = one(rows[worst]["crowdbayes"])
    title = f"elimination, {len(rows)} games, worst: {names[worst]}"
    yield Line(title, ours, "best peer / ours", one(ratios[worst]), 1.0, at_least=True, memory=-1.0)
    last = {row["family"]: k for k, row in enumerate(rows)}
    if not quick:
        worst = min(last.values(), key=ratios.__getitem__)
        title, ours = f"elimination, large games, worst: {names[worst]}", one(rows[worst]["crowdbayes"])
        yield Line(title, ours, "best peer / ours", one(ratios[worst]), 2.0, at_least=True, memory=-1.0)


def start_up(quick: bool, seed: int) -> Iterator[Line]:
    """The command line's help."""
    script = str(Path(sys.executable).parent / "crowdbayes")
    ours, bare = (
        Contender(words[-1], 1, partial(subprocess.run, words, check=True, stdout=subprocess.DEVNULL))
        for words in ([script, "--help"], [sys.executable, "-c", "pass"])
    )
    race([ours, bare], 3 if quick else 11)
    yield Line("crowdbayes --help", ours.round, target=HELP, memory=-1.0)
    yield Line("crowdbayes --help", ours.round, "ours / an empty Python", ours.against(bare), memory=-1.0)


def long_run(quick: bool, seed: int) -> Iterator[Line]:
    """A hundred million rounds, record and quantiles included.

    The record has 4,096 windows at the most: 3,334 of three rounds each here, and as many of a single round for a third
    of the rounds, which the memory is set beside.
    """
    steps = 100 if quick else 10_000
    third, whole, two = (
        apart(str(HERE / "table.py"), {"steps": rounds, "workers": workers, "seed": seed})
        for rounds, workers in ((-(-steps // 3), 1), (steps, 1), (steps, 2))
    )
    title = f"L, 3 bidders x 5 values, {WORLDS * steps:,} rounds"
    yield Line(title, one(whole["seconds"]), memory=whole["memory"])
    ratio = one(whole["memory"] / third["memory"])
    yield Line(f"{title}, memory", None, "this / at a third of them", ratio, FLAT, memory=whole["memory"])
    ratio = one(whole["seconds"] / two["seconds"])
    yield Line(f"{title}, two processes", one(two["seconds"]), "one process / two", ratio, memory=-1.0)


def played(steps: int, workers: int, seed: int) -> dict[str, float]:
    """Play a run in this process, or from it, and return its seconds and memory."""
    run = {"worlds": WORLDS, "rounds": steps, "seed": seed}
    setup = affiliated((5, 5, 5))
    data = as_scenario(setup, "L", {"strategy": "truthful"}, run)
    experiment = assemble(parse(data, source="benchmark"))
    before = peak()
    seconds, found = timed(lambda: simulate(experiment, {}, workers=workers))
    memory = peak() - before
    if found.revenue.rounds != WORLDS * steps:
        raise RuntimeError(f"{found.revenue.rounds:,} rounds are on record, not {WORLDS * steps:,}")
    _check("L", market.check_market(setup, "L", found, revenue_of(experiment.game).total))
    return {"seconds": seconds, "memory": memory}


def _check(kind: str, found: market.Check) -> None:
    """Raise a RuntimeError if a mean revenue is not the exact one."""
    if not found.holds:
        raise RuntimeError(f"{kind} earns {found.mean}, {found.off:.1f} standard errors off {found.exact}")


ROWS: dict[str, Callable[[bool, int], Iterator[Line]]] = {
    "market": markets,
    "learners": learners,
    "surface": surfaces,
    "cut": two_bidders,
    "lp": three_bidders,
    "many": many_bidders,
    "elimination": elimination,
    "help": start_up,
    "long": long_run,
}
