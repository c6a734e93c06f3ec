"""Learning dynamics on matrix games beside QuantEcon, Nashpy and OpenSpiel, from the same start, to equal results.

Run it with ``PYTHONPATH=. python benchmarks/peers.py``; packages that are missing are left out, and it says so. Every
contest is a random zero-sum game of 10 actions each, unless told otherwise. Times are per iteration of one world: ours
in many worlds at once, and in one. All play by turns in one process, compiled code warmed up.

Where a dynamic is the very same, results must agree to rounding. Where it is not, this is what differs:

- Smooth fictitious play: QuantEcon's draws payoff shocks, ours draws from the logit rule that they make. The same in
  distribution, so means over worlds are compared.
- Replicator dynamics: Nashpy and OpenSpiel give the differential equation, which SciPy's `odeint` solves in steps of
  its own choice, longer than ours; Euler's are also taken. All end points are compared to a precise solution.
- Regret matching: OpenSpiel's starts from regrets of 1e-6. Ours is made to start from the same here.
- Nashpy's regret minimisation adds positive payoffs, not regrets, to the mix, so it is another dynamic and left out; so
  are QuantEcon's logit and best-response dynamics, in which single agents revise in turn.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from contest import Contender, race
from dynamics import PACKAGES, Dynamic, fictitious, have, nash_conv, regrets, replicator, smooth

from mechanisms.environment import FloatArray

CONTESTS: tuple[Callable[..., Dynamic], ...] = (fictitious, smooth, regrets, replicator, nash_conv)
ROUNDING, ERRORS, OFTEN = 1e-9, 4.0, 0.02


@dataclass(frozen=True)
class Row:
    """Microseconds an iteration in one world, how many times our time in many worlds, and how far off results are."""

    dynamic: str
    who: str
    microseconds: float
    times_ours: float
    apart: float
    bound: float
    unit: str


def contest(make: Callable[..., Dynamic], options: argparse.Namespace) -> list[Row]:
    """Let everybody play a dynamic by turns and compare results to ours, or to a precise solution."""
    dynamic = make(options)
    entries = dynamic.entries
    contenders = [Contender(entry.name, entry.iterations * entry.worlds, entry.play) for entry in entries]
    race(contenders, options.repetitions)
    figures = [entry.figure(entry.play()) for entry in entries]
    rows = []
    for contender, figure in zip(contenders, figures, strict=True):
        if dynamic.drawn:
            apart, bound, unit = _errors(figure, figures[0]), ERRORS, "errors"
        elif dynamic.precise is not None:
            apart, bound, unit = float(abs(figure - dynamic.precise).max()), float("inf"), "off"
        else:
            apart, bound, unit = float(abs(figure - figures[0]).max()), ROUNDING, "apart"
        times = contender.ratio(contenders[0])
        rows.append(Row(dynamic.name, contender.name, contender.nanoseconds / 1e3, times, apart, bound, unit))
    return rows


def _errors(theirs: FloatArray, ours: FloatArray) -> float:
    """Return by how many standard errors the means over worlds differ, for the worst of the actions often played.

    The spread is that of our worlds, which are many: of a few it is small just when a mean is far off.
    """
    if len(theirs) < 2:
        return 0.0
    often = ours.mean(axis=0) > OFTEN
    error = ours.std(axis=0, ddof=1) * np.sqrt(1.0 / len(ours) + 1.0 / len(theirs))
    return float((abs(theirs.mean(axis=0) - ours.mean(axis=0)) / error)[often].max())


def main() -> int:
    """Measure, print, and say whether results agree."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=10, help="actions of each player")
    parser.add_argument("--rounds", type=int, default=2_000, help="iterations of a deterministic dynamic")
    parser.add_argument("--smooth-rounds", type=int, default=200, help="iterations of smooth fictitious play")
    parser.add_argument("--smooth-worlds", type=int, default=200, help="worlds in which QuantEcon plays that")
    parser.add_argument("--worlds", type=int, default=1_000, help="worlds that we play at once")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seed", type=int, default=2012)
    parser.add_argument("--json", metavar="FILE", help="write the rows there too")
    options = parser.parse_args()
    for peer in PACKAGES:
        if not have(peer):
            print(f"{peer} is left out: {PACKAGES[peer]} is not installed")
    print(f"{'':<46}{'us an iteration':>16}{'x ours':>10}{'results':>12}")
    rows: list[Row] = []
    for make in CONTESTS:
        for row in contest(make, options):
            rows.append(row)
            wrong = "" if row.apart <= row.bound else "  WRONG"
            print(
                f"{row.dynamic:<25}{row.who:<21}{row.microseconds:>16.3f}{row.times_ours:>10.1f}"
                f"{row.apart:>12.1e} {row.unit}{wrong}",
                flush=True,
            )
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump([asdict(row) for row in rows], file, indent=2)
    return 0 if all(row.apart <= row.bound for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
