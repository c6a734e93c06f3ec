"""Speed of learners in the market beside bare NumPy, one world at a time, and a plain Mesa model.

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
from learning_checks import EXACT, Check, compare, payoffs_apart, plain, repeat
from plain_learners import Learning
from plain_rules import RULES
from setups import Setup, affiliated, as_scenario

from agents.learning import LEARNERS
from agents.learning import learning as strategy
from analysis.emergence.course import Course
from scenarios.learning import casts, learn
from scenarios.market import Market
from scenarios.recorder import Recorder
from scenarios.scenario import parse

KINDS = ("L", "M")
REPORTS, ROUNDS, SLOW = 25, 1_000, 10
TARGET = 100.0
COLUMNS = ("floor", "market", "one world", "plain", "anew", "market/floor", "one/market", "plain/market", "anew/market")


@dataclass(frozen=True)
class Row:
    """Nanoseconds of a round in one world, by learner, and how they compare; NaN where not measured."""

    mechanism: str
    learner: str
    feedback: str
    figures: tuple[float, ...]


class Run:
    """A market of learners with its record, of which some rounds are played at a time."""

    def __init__(self, setup: Setup, kind: str, learner: str, worlds: int, seed: int) -> None:
        menu = {"values": ["every"], "beliefs": ["every"]}
        seats = [strategy.Learning(LEARNERS[learner](), **menu) for _ in setup.values]
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
            course = recorded(setup, kind, learner, options)
            yield from compare(course, kind, learner, naive, options.check_worlds)


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


def recorded(setup: Setup, kind: str, learner: str, options: argparse.Namespace) -> Course:
    """Play a run to be compared."""
    run = Run(setup, kind, learner, options.worlds, options.seed)
    recorder = Recorder(run.market, options.check_rounds)
    for _ in range(options.check_rounds):
        run.market.step()
        recorder.record(run.market)
    run.close()
    return recorder.course()


def whole(setup: Setup, kind: str, worlds: int, rounds: int, workers: int, blocks: int, seed: int) -> float:
    """Return the seconds that a run of Hedge takes from scenario to record."""
    seat = {"strategy": "hedge", "values": ["every"], "beliefs": ["every"]}
    data = as_scenario(setup, kind, seat, {"worlds": worlds, "rounds": rounds, "seed": seed})
    cast = casts(parse(data, source="benchmark"))[0]
    start = perf_counter()
    learn(cast, workers=workers, blocks=blocks)
    return perf_counter() - start


def line(row: Row) -> str:
    """Return a row of the table."""
    texts = ("-" if math.isnan(x) else f"{x:,.1f}" if x < 100 else f"{x:,.0f}" for x in row.figures)
    return f"{row.mechanism:<3}{row.learner:<24}{row.feedback:<9}" + "".join(f"{text:>14}" for text in texts)


def whole_runs(setup: Setup, options: argparse.Namespace) -> dict[str, float]:
    """Return the seconds of whole runs, each the best of its turns."""
    found: dict[str, float] = {}
    for _ in range(options.whole):
        for kind in KINDS:
            for workers, blocks in ((1, 1), (1, 4), (2, 2)):
                name = f"{kind}, processes {workers}, blocks {blocks}"
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
    print("\n".join(map(str, checks)))
    runs = whole_runs(setup, options)
    if runs:
        print(f"whole runs: Hedge in three seats, {options.worlds:,} worlds x {ROUNDS:,} rounds, seconds")
        print("\n".join(f"  {name}: {seconds:.1f}" for name, seconds in runs.items()), flush=True)
    if options.json:
        data = {"options": vars(options), "rows": [asdict(r) for r in rows], "checks": [asdict(c) for c in checks]}
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({**data, "columns": COLUMNS, "seconds": runs}, file, indent=2)
    return 0 if all(check.holds for check in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
