"""Speed of iterated elimination of strictly dominated strategies, mixtures included, beside two other libraries.

Run it with ``python benchmarks/dominance.py``. QuantEcon's `dominated_actions` is called round by round, all players at
once; OpenSpiel's `iterated_dominance` as it is. Neither says what dominates what, and neither can be asked to prove it;
our time includes the trace and its weights. Every cell runs in a process of its own, warmed up on small games of every
family, with linear algebra on one thread; a cell is the best of nine runs if the first takes less than a second.
Survivors must agree, and our trace must pass its exact check, outside the timing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import numpy as np
from apart import ONE_THREAD
from games import FAMILIES, SIZES, Payoffs

Survivors = list[list[int]]
WARM, START_UP, SHORT, REPEATS = 6, 240.0, 1.0, 9
PACKAGES = {"crowdbayes": "analysis", "QuantEcon": "quantecon", "OpenSpiel": "pyspiel"}


def ours(payoffs: Payoffs) -> Survivors:
    """Eliminate with this library."""
    from analysis.dominance.elimination import eliminate
    from analysis.dominance.normal_form import normal_form

    return [list(left) for left in eliminate(normal_form(*payoffs)).survivors]


def quantecon(payoffs: Payoffs) -> Survivors:
    """Eliminate with QuantEcon, round by round."""
    from quantecon.game_theory import Player

    alive = [np.arange(size) for size in payoffs[0].shape]
    while True:
        tables = [np.moveaxis(table[np.ix_(*alive)], i, 0) for i, table in enumerate(payoffs)]
        fallen = [Player(np.ascontiguousarray(table)).dominated_actions() for table in tables]
        if not any(fallen):
            return [left.tolist() for left in alive]
        alive = [np.delete(left, out) for left, out in zip(alive, fallen, strict=True)]


def openspiel(payoffs: Payoffs) -> Survivors:
    """Eliminate with OpenSpiel."""
    from open_spiel.python.algorithms.lp_solver import DominanceType, iterated_dominance

    with redirect_stdout(sys.stderr):
        _, live = iterated_dominance(np.stack(payoffs), DominanceType.DOMINANCE_STRICT)
    return [np.flatnonzero(left).tolist() for left in live]


TOOLS: dict[str, Callable[[Payoffs], Survivors]] = {"crowdbayes": ours, "QuantEcon": quantecon, "OpenSpiel": openspiel}


def missing(tool: str) -> str | None:
    """Return what must be installed for a tool to run, if anything."""
    needed = [PACKAGES[tool]] + (["cvxpy", "ecos"] if tool == "OpenSpiel" else [])
    return next((package for package in needed if find_spec(package) is None), None)


def cell(tool: str, family: str, size: int) -> None:
    """Time one cell in this process, and print what came of it as JSON."""
    for make in FAMILIES.values():
        TOOLS[tool](make(WARM))
    payoffs = FAMILIES[family](size)
    print("ready", flush=True)
    times: list[float] = []
    while not times or (len(times) < REPEATS and times[0] < SHORT):
        start = perf_counter()
        survivors = TOOLS[tool](payoffs)
        times.append(perf_counter() - start)
    print(json.dumps({"seconds": min(times), "survivors": survivors}), flush=True)
    if tool == "crowdbayes":
        from analysis.dominance.elimination import eliminate
        from analysis.dominance.normal_form import normal_form

        print(json.dumps(eliminate(normal_form(*payoffs)).certified()), flush=True)


@dataclass(frozen=True)
class Cell:
    """How long a tool took, None if it was stopped, and what survived."""

    seconds: float | None
    survivors: Survivors | None


def run(tool: str, family: str, size: int, limit: float) -> Cell:
    """Time one cell in a process of its own, which is stopped after `limit` seconds of work."""
    command = [sys.executable, __file__, "--cell", tool, family, str(size)]
    # unbuffered, since `communicate` would lose what `readline` had read ahead
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, env={**os.environ, **ONE_THREAD}
    )
    assert child.stdout is not None
    if child.stdout.readline().strip() != b"ready":
        raise RuntimeError(f"{tool} failed on small games: {child.communicate()[1].decode()[-2000:]}")
    try:
        out, errors = child.communicate(timeout=limit + (START_UP if tool == "crowdbayes" else REPEATS * SHORT))
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return Cell(None, None)
    if child.returncode:
        raise RuntimeError(f"{tool} failed on {family} {size}: {errors.decode()[-2000:]}")
    answer, *check = map(json.loads, out.splitlines())
    if check not in ([], [True]):
        raise RuntimeError(f"the trace of {family} {size} fails its exact check")
    return Cell(answer["seconds"], answer["survivors"])


def measure(tools: list[str], sizes: dict[str, tuple[int, ...]], limit: float) -> list[dict[str, Any]]:
    """Return a row for each family and size."""
    rows = []
    for family, of_family in sizes.items():
        slow: set[str] = set()
        for size in of_family:
            cells = {tool: run(tool, family, size, limit) for tool in tools if tool not in slow}
            slow |= {tool for tool, one in cells.items() if one.seconds is None}
            left = cells["crowdbayes"].survivors
            if any(one.survivors not in (None, left) for one in cells.values()):
                raise RuntimeError(f"survivors differ in {family} {size}")
            seconds = {tool: cells[tool].seconds if tool in cells else None for tool in tools}
            rows.append({"family": family, "size": size, "left": [len(kept) for kept in left or []], **seconds})
            print(line(rows[-1], tools, limit), flush=True)
    return rows


def line(row: dict[str, Any], tools: list[str], limit: float) -> str:
    """Return a row as text, with how many times ours the best other time is."""
    times = [row[tool] for tool in tools]
    peers = [time if time is not None else limit for time in times[1:]]
    more = ">" if peers and all(time is None for time in times[1:]) else ""
    ratio = f"{more}{min(peers) / times[0]:.1f}" if peers and times[0] else "-"
    texts = [f"{time:.4f}" if time is not None else f"> {limit:g}" for time in times]
    return f"{row['family']:<18}{row['size']:>5}{row['left']!s:>16}" + "".join(f"{t:>12}" for t in [*texts, ratio])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the smallest size of each family only")
    parser.add_argument("--limit", type=float, default=30.0, help="seconds after which a cell is stopped")
    parser.add_argument("--json", metavar="FILE", help="write the rows there too")
    parser.add_argument("--cell", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cell:
        cell(options.cell[0], options.cell[1], int(options.cell[2]))
        return
    for tool in TOOLS:
        if need := missing(tool):
            print(f"{tool} is left out: {need} is not installed")
    tools = [tool for tool in TOOLS if not missing(tool)]
    print(f"{'seconds':<18}{'size':>5}{'left':>16}" + "".join(f"{tool:>12}" for tool in [*tools, "x ours"]))
    sizes = {family: of_family[:1] for family, of_family in SIZES.items()} if options.quick else SIZES
    rows = measure(tools, sizes, options.limit)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=2)


if __name__ == "__main__":
    main()
