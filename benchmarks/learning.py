"""Speed of learners in the market beside their floor, bare NumPy, beside one world at a time, and beside a plain Mesa model.

Run it with ``make bench-learning`` or ``python benchmarks/learning.py``. Three bidders with five values each and a
correlated prior all learn what to announce: every value with the belief of every one of their types, 25 reports a type.
Every learner has its own feedback. What the market's recorder writes down, for shares and regrets, is in the time.

The floor draws the same states and, for each seat, looks up a row of what its reports are worth, makes a mix of it and
draws from that. "One world" is the same market with a single world. The plain model is `plain_learners`: Python
agents; what every report would have earned is remembered for all announcements there are, or ("anew") worked out each
round by those who learn from it. All contenders play by turns; times are medians, ratios medians of paired ratios.
Start-up and tables are left out.

The plain model must say the same as the market: what every report earns, exactly; revenue and the share of truthful
reports over whole runs, within four standard errors. If not the exit code is 1.

After that a whole run, by `scenarios.learning`, is timed: Hedge in as many worlds and rounds as it says, in one process
and in two.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from time import perf_counter

import mesa
import numpy as np
from contest import Contender, race
from market import optimum
from plain_learners import MODELS, RULES, Learning
from setups import DELTA, DISCOUNT, EPSILON, Setup, affiliated

from agents.learning import LEARNERS
from agents.learning import learning as strategy
from analysis.emergence.course import Course
from scenarios.learning import casts, learn
from scenarios.market import Market
from scenarios.recorder import Recorder
from scenarios.scenario import parse

KINDS = ("L", "M")
REPORTS, ROUNDS, SLOW = 25, 1_000, 10
TARGET, ERRORS, EXACT = 100.0, 4.0, 1e-10
COLUMNS = ("floor", "market", "one world", "plain", "anew", "market/floor", "one/market", "plain/market", "anew/market")


@dataclass(frozen=True)
class Row:
    """Nanoseconds of a round in one world, by learner, and how they compare; NaN where not measured."""

    mechanism: str
    learner: str
    feedback: str
    figures: tuple[float, ...]


@dataclass(frozen=True)
class Check:
    """A figure of the market and of the plain model; for means over worlds, the standard error of their difference."""

    mechanism: str
    learner: str
    figure: str
    market: float
    plain: float
    standard_error: float

    @property
    def off(self) -> float:
        """How many standard errors they are apart."""
        return (self.market - self.plain) / self.standard_error

    @property
    def holds(self) -> bool:
        """Whether that is within bounds."""
        return abs(self.off) <= ERRORS


class Run:
    """A market of learners with its record, of which some rounds are played at a time."""

    def __init__(self, setup: Setup, kind: str, learner: str, worlds: int, seed: int) -> None:
        seats = [
            strategy.Learning(LEARNERS[learner](), values=["every"], beliefs=["every"]) for _ in range(len(setup.values))
        ]
        self.market = Market(setup.game(kind), seats, worlds=worlds, seed=seed)
        assert {int(seat.options.allowed.sum(axis=1).max()) for seat in seats} == {REPORTS}
        self.feedback = seats[0].feedback
        self._restart()

    def _restart(self) -> None:
        self.recorder, self.left = Recorder(self.market, ROUNDS), ROUNDS

    def play(self, rounds: int) -> None:
        """Play some rounds; the record begins anew when it is full."""
        for _ in range(rounds):
            if not self.left:
                self._restart()
            self.market.step()
            self.recorder.record(self.market)
            self.left -= 1

    def close(self) -> None:
        """Let go of the market, which Mesa would keep alive, worlds and all."""
        mesa.Agent._ids.pop(self.market, None)


def floor(setup: Setup, worlds: int, seed: int) -> Callable[[int], None]:
    """Return bare NumPy that draws states and, for each seat, looks up payoffs, makes a mix and draws from it."""
    rng = np.random.default_rng(seed)
    edges = np.cumsum(setup.space.weights)
    edges[-1] = 1.0
    columns = list(np.ascontiguousarray(setup.space.profiles.T))
    tables = [rng.random((int(column.max() + 1) * REPORTS**2, REPORTS)) for column in columns]
    others = rng.integers(REPORTS**2, size=worlds)

    def play(rounds: int) -> None:
        for _ in range(rounds):
            states = np.searchsorted(edges, rng.random(worlds), side="right")
            for column, table in zip(columns, tables, strict=True):
                mix = table.take(column[states] * REPORTS**2 + others, axis=0)
                mix -= mix.max(axis=1, keepdims=True)
                np.exp(mix, out=mix)
                mix /= mix.sum(axis=1, keepdims=True)
                picks = mix.T.copy()
                for option in range(1, REPORTS):
                    picks[option] += picks[option - 1]
                (picks <= rng.random(worlds)).sum(axis=0)

    return play


def plain(setup: Setup, kind: str, market: Market, seed: int) -> Learning:
    """Return the plain model, its payoffs bounded as the market's learners are told."""
    money = [tuple(grid[k] for grid, k in zip(setup.values, profile, strict=True)) for profile in setup.profiles]
    prior = dict(zip(money, setup.weights.tolist(), strict=True))
    assert market.arena is not None
    stakes = [market.arena.stakes[i] for i in range(len(setup.values))]
    pairs = [zip(one.low.tolist(), one.high.tolist(), strict=True) for one in stakes]
    bounds = [dict(zip(grid, pair, strict=True)) for grid, pair in zip(setup.values, pairs, strict=True)]
    more = {"solve": partial(optimum, setup)} if kind == "M" else {}
    rules = {"epsilon": EPSILON, "delta": DELTA, "discount": DISCOUNT, "seed": seed}
    return MODELS[kind](prior, [(i,) for i in range(len(stakes))], **rules, bounds=bounds, **more)


def repeat(model: mesa.Model, steps: int) -> None:
    """Step a model."""
    for _ in range(steps):
        model.step()


def measure(setup: Setup, kind: str, options: argparse.Namespace) -> Iterator[Row | Check]:
    """Time every learner in a mechanism; compare those that the plain model has."""
    naive: Learning | None = None
    for learner in options.learners:
        run, one = (Run(setup, kind, learner, worlds, options.seed) for worlds in (options.worlds, 1))
        if learner in RULES:
            if naive is None:
                naive = plain(setup, kind, run.market, options.seed)
                yield Check(kind, "any", "payoffs apart", payoffs_apart(setup, run.market, naive), 0.0, EXACT)
            naive.restart(RULES[learner])
        row = timed(setup, kind, learner, run, one, naive if learner in RULES else None, options)
        run.close()
        one.close()
        yield row
        if naive is not None and learner in RULES:
            yield from compare(setup, kind, learner, naive, options)


def timed(
    setup: Setup, kind: str, learner: str, run: Run, one: Run, naive: Learning | None, options: argparse.Namespace
) -> Row:
    """Let floor, market, one world and plain model play by turns."""
    few = options.rounds if run.feedback != "mean" else max(options.rounds // SLOW, 2)
    singles = 10 * few
    bare = Contender("floor", options.worlds * few, partial(floor(setup, options.worlds, options.seed), few))
    ours = Contender("market", options.worlds * few, partial(run.play, few))
    single = Contender("one world", singles, partial(one.play, singles))
    slow = plain_contenders(naive, run.feedback == "full", 10 * options.rounds) if naive else []
    race([bare, ours, single, *slow], options.repetitions)
    filled = [*slow, None, None][:2]
    times = [entry.nanoseconds if entry else math.nan for entry in (bare, ours, single, *filled)]
    ratios = [entry.ratio(ours) if entry else math.nan for entry in (single, *filled)]
    return Row(kind, learner, run.feedback, (*times, ours.ratio(bare), *ratios))


def plain_contenders(naive: Learning, full: bool, rounds: int) -> list[Contender]:
    """Return the plain model with its tables, and without them where they save anything."""

    def play(remember: bool, steps: int) -> None:
        naive.remember = remember
        repeat(naive, steps)
        naive.remember = True

    found = [Contender("plain", rounds, partial(play, True, rounds))]
    anew = max(rounds // SLOW, 1)
    return found + ([Contender("anew", anew, partial(play, False, anew))] if full else [])


def payoffs_apart(setup: Setup, market: Market, naive: Learning) -> float:
    """Return by how much the two models differ, at most, on what any report earns against any announcements."""
    assert market.arena is not None
    arena, seats = market.arena, market.game.seats
    bidders = list(naive.agents)
    kinds = [{value: kind for kind, value in enumerate(grid)} for grid in setup.values]
    cells = [{belief: cell for cell, belief in enumerate(bidder.posteriors.values())} for bidder in bidders]
    places = [menu.beliefs.tolist().index for menu in arena.induced.menus]
    apart = 0.0
    for i, seat in enumerate(seats):
        others = [j for j in range(len(seats)) if j != i]
        keys = list(naive.payoffs[i])
        values, told = np.zeros((2, len(keys), len(seats)), dtype=np.int64)
        for place, j in enumerate(others):
            spots = [places[j](belief) for belief in seats[j].posteriors.tolist()]
            values[:, j] = [kinds[j][bids[place]] for _, bids, _ in keys]
            told[:, j] = [spots[cells[j][beliefs[place]]] for _, _, beliefs in keys]
        own = np.array([kinds[i][value] for value, _, _ in keys])
        options = arena.learners[i].options
        cell_of = {belief: cell for cell, belief in enumerate(seat.posteriors.tolist())}
        believed = np.vectorize(cell_of.__getitem__)(options.beliefs)
        theirs = np.array(list(naive.payoffs[i].values()))
        matched = np.take_along_axis(theirs, (options.values * len(seat.types) + believed)[own], axis=1)
        differ = abs(arena.stakes[i].payoffs(own, values, told) - matched)
        apart = max(apart, float(differ[options.allowed[own]].max()))
    return apart


def compare(setup: Setup, kind: str, learner: str, naive: Learning, options: argparse.Namespace) -> Iterator[Check]:
    """Play whole runs and compare the two models' means."""
    rounds = options.check_rounds
    run = Run(setup, kind, learner, options.worlds, options.seed)
    run.recorder = Recorder(run.market, rounds)
    run.play(rounds)
    run.close()
    mine = by_world(run.recorder.course(), rounds)
    theirs = np.array([naive_world(naive, RULES[learner], rounds) for _ in range(options.check_worlds)]).T
    for figure, a, b in zip(("revenue", "truthful reports"), mine, theirs, strict=True):
        error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        yield Check(kind, learner, figure, float(a.mean()), float(b.mean()), error)


def by_world(course: Course, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each world's mean revenue and share of reports that were true in value and belief."""
    truths = sum(seat.truths.sum(axis=(0, 2)) for seat in course.seats.values())
    return course.revenue.sum(axis=0) / rounds, truths / rounds / len(course.seats)


def naive_world(naive: Learning, rule: type, rounds: int) -> tuple[float, float]:
    """Play a world of the plain model; return the same."""
    naive.restart(rule)
    repeat(naive, rounds)
    return naive.revenue / rounds, sum(bidder.truths for bidder in naive.agents) / rounds / naive.n


def whole(setup: Setup, kind: str, worlds: int, rounds: int, workers: int, blocks: int, seed: int) -> float:
    """Return the seconds that a run of Hedge takes from scenario to record."""
    data = {
        "name": "benchmark",
        "environment": {"kind": "single-good", "values": [list(grid) for grid in setup.values]},
        "prior": {
            "kind": "table",
            "profiles": [[grid[k] for grid, k in zip(setup.values, p, strict=True)] for p in setup.profiles.tolist()],
            "probabilities": setup.weights.tolist(),
        },
        "knowledge": {"kind": "own-value"},
        "mechanism": {"kind": kind, "epsilon": EPSILON, "delta": DELTA, "discount": DISCOUNT},
        "seats": [{"strategy": "hedge", "values": ["every"], "beliefs": ["every"]}],
        "run": {"worlds": worlds, "rounds": rounds, "seed": seed},
    }
    cast = casts(parse(data, source="benchmark"))[0]
    start = perf_counter()
    learn(cast, workers=workers, blocks=blocks)
    return perf_counter() - start


def line(row: Row) -> str:
    """Return a row of the table."""
    texts = ("-" if math.isnan(x) else f"{x:,.1f}" if x < 100 else f"{x:,.0f}" for x in row.figures)
    return f"{row.mechanism:<3}{row.learner:<24}{row.feedback:<9}" + "".join(f"{text:>14}" for text in texts)


def report_check(check: Check) -> str:
    """Return a check as text."""
    wrong = "" if check.holds else "  WRONG"
    if check.learner == "any":
        return f"  {check.mechanism}: what reports earn differs by {check.market:.1e} at most{wrong}"
    return (
        f"  {check.mechanism}, {check.learner}: {check.figure} {check.market:.4f}, plain {check.plain:.4f}, "
        f"{check.off:+.2f} standard errors{wrong}"
    )


def whole_runs(setup: Setup, options: argparse.Namespace) -> dict[str, float]:
    """Return the seconds of whole runs, each the best of its turns."""
    found: dict[str, float] = {}
    for _ in range(options.whole):
        for kind in KINDS:
            for workers, blocks in ((1, 1), (1, 4), (2, 2)):
                name = f"{kind}, {workers} process{'es' if workers > 1 else ''}, {blocks} block{'s' if blocks > 1 else ''}"
                taken = whole(setup, kind, options.worlds, ROUNDS, workers, blocks, options.seed)
                found[name] = min(taken, found.get(name, math.inf))
    return found


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--worlds", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=20, help="rounds of the market in one repetition")
    parser.add_argument("--check-rounds", type=int, default=100, help="rounds of the runs that are compared")
    parser.add_argument("--check-worlds", type=int, default=100, help="worlds of the plain model that are compared")
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--whole", type=int, default=1, help="how often whole runs are timed")
    parser.add_argument("--learners", nargs="+", choices=LEARNERS, default=list(LEARNERS))
    parser.add_argument("--seed", type=int, default=2012)
    parser.add_argument("--json", metavar="FILE", help="write everything there too")
    options = parser.parse_args(argv)
    if min(options.worlds, options.check_worlds) < 2:
        parser.error("--worlds and --check-worlds must be at least 2 for a standard error")
    if min(options.rounds, options.check_rounds, options.repetitions) < 1:
        parser.error("--rounds, --check-rounds and --repetitions must be at least 1")
    return options


def main() -> int:
    """Measure, print, and say whether the models agree."""
    options, setup = arguments(), affiliated((5, 5, 5))
    print(f"ns a round in one of {options.worlds:,} worlds; target: plain/market at least {TARGET:g}")
    print(" " * 36 + "".join(f"{name:>14}" for name in COLUMNS))
    rows: list[Row] = []
    checks: list[Check] = []
    for kind in KINDS:
        for found in measure(setup, kind, options):
            if isinstance(found, Row):
                rows.append(found)
                print(line(found), flush=True)
            else:
                checks.append(found)
    print(f"the plain model beside the market, {options.check_rounds:,} rounds:")
    print("\n".join(map(report_check, checks)))
    runs = whole_runs(setup, options)
    print(f"whole runs: Hedge in three seats, {options.worlds:,} worlds x {ROUNDS:,} rounds, seconds")
    print("\n".join(f"  {name}: {seconds:.1f}" for name, seconds in runs.items()), flush=True)
    if options.json:
        data = {"options": vars(options), "rows": [asdict(r) for r in rows], "checks": [asdict(c) for c in checks]}
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({**data, "columns": COLUMNS, "seconds": runs}, file, indent=2)
    return 0 if all(check.holds for check in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
