"""The figures that the design promises, each beside its target or a yardstick measured in the same run.

Run it with ``make bench`` or ``PYTHONPATH=. python benchmarks/table.py [--quick] [--only ROW]... [--out DIR]``. Every
row is a process of its own with linear algebra on one thread. Its figures are medians of several measurements, with
the lowest and the highest in brackets; ratios are taken pair by pair of measurements by turns. Memory is the peak of
the process that did the work, less what it was once everything was imported. A target that is missed is no failure of
the script; an answer that is wrong is.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apart import FLAG, apart, peak
from contest import Spread
from promises import ROWS, Line, played

HEAD = f"{'work':<62}{'measured':>30}{'yardstick':>26}{'ratio':>24}{'target':>10}{'':>8}{'peak, MiB':>11}"


def child(row: str, *, quick: bool, seed: int) -> list[dict[str, Any]]:
    """Measure one row in this process; lines that do not say otherwise get its memory so far."""
    before, lines = peak(), []
    for line in ROWS[row](quick, seed):
        lines.append(asdict(line) | ({"memory": peak() - before} if line.memory is None else {}))
    return lines


def lines_of(row: str, *, quick: bool, seed: int) -> Iterator[Line]:
    """Measure one row in a process of its own."""
    for found in apart(__file__, {"row": row, "quick": quick, "seed": seed}):
        for name in ("seconds", "ratio"):
            found[name] = found[name] and Spread(**found[name])
        yield Line(**found)


def duration(seconds: float) -> str:
    """Return a time in a unit that suits it."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def between(found: Spread | None, show: Any) -> str:
    """Return a spread as text."""
    if found is None:
        return "-"
    low, middle, high = (show(x) for x in (found.low, found.median, found.high))
    return middle if low == high else f"{middle} [{low}, {high}]"


def text(line: Line) -> str:
    """Return a line of the table."""
    if line.note:
        return f"{line.work:<62}{line.note}"
    target = "-" if line.target is None else f"{'>=' if line.at_least else '<='} {line.target:g}"
    verdict = {None: "", True: "met", False: "MISSED"}[line.met]
    memory = "-" if line.memory is None or line.memory < 0.0 else f"{line.memory:,.1f}"
    ratio = between(line.ratio, lambda x: f"{x:,.3g}" if x < 1_000 else f"{x:,.0f}")
    return (
        f"{line.work:<62}{between(line.seconds, duration):>30}{line.yardstick:>26}{ratio:>24}{target:>10}"
        f"{verdict:>8}{memory:>11}"
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes and few repetitions")
    parser.add_argument("--only", action="append", choices=ROWS, metavar="ROW", help=f"one of {', '.join(ROWS)}")
    parser.add_argument("--seed", type=int, default=2012)
    parser.add_argument("--out", metavar="DIR", type=Path, help="write table.txt and table.json there")
    parser.add_argument(FLAG, dest="child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        job = json.loads(options.child)
        print(json.dumps(child(**job) if "row" in job else played(**job)))
        return 0
    print(HEAD)
    found: list[Line] = []
    for row in options.only or ROWS:
        for line in lines_of(row, quick=options.quick, seed=options.seed):
            found.append(line)
            print(text(line), flush=True)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        whole = "\n".join([HEAD, *map(text, found)]) + "\n"
        (options.out / "table.txt").write_text(whole, encoding="utf-8")
        data = [asdict(line) | {"met": line.met} for line in found]
        (options.out / "table.json").write_text(json.dumps(data, indent=2), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
