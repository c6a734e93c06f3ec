"""Speed of the market beside its floor, bare NumPy, and beside a plain Mesa model with Python agents.

Run it with ``make bench-market`` or ``python benchmarks/market.py``. Three truthful bidders with five values each play
under two correlated priors. The floor draws the same states in the same blocks and makes one gather per player, by
whichever of NumPy's two ways is faster. The plain model remembers what can be remembered; L is also timed with its
price worked out anew each round. All contenders play by turns; times are medians, ratios medians of paired ratios.

Start-up (imports, posteriors, optimal mechanisms, the plain model's tables) and one untimed repetition, in which
memos fill, are left out. Mean revenues are checked against the exact ones; the exit code is 1 if one is more than
four standard errors off.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version

import mesa
import numpy as np
import plain_mesa
from contest import Contender, race
from setups import DELTA, DISCOUNT, EPSILON, Setup, affiliated, sparse

from agents.strategies import Truthful
from analysis.revenue import revenue_of
from mechanisms import joint, optimal_mechanism
from scenarios.market import Market
from scenarios.simulation import Played

KINDS = ("L", "L-printed", "M", "vickrey")
PLAIN = ("L", "M", "L anew")
FLOOR_TARGET, PLAIN_TARGET, ERRORS = 3.0, 200.0, 4.0
COLUMNS = ("floor", "market", "plain", "anew", "market/floor", "plain/market", "anew/market")


@dataclass(frozen=True)
class Row:
    """Nanoseconds a round of one mechanism in one number of worlds, and how they compare; NaN where not measured."""

    setup: str
    mechanism: str
    worlds: int
    figures: tuple[float, ...]


@dataclass(frozen=True)
class Check:
    """A mean revenue beside the exact one."""

    setup: str
    mechanism: str
    model: str
    rounds: int
    mean: float
    standard_error: float
    exact: float

    @property
    def off(self) -> float:
        """How many standard errors the mean is off."""
        return (self.mean - self.exact) / self.standard_error

    @property
    def holds(self) -> bool:
        """Whether that is within bounds."""
        return abs(self.off) <= ERRORS


def floors(setup: Setup, worlds: int, steps: int, seed: int) -> list[Contender]:
    """Return bare NumPy drawing states and gathering every player's type: by bisection, and by `Generator.choice`."""
    rng, weights = np.random.default_rng(seed), setup.space.weights
    columns = list(np.ascontiguousarray(setup.space.profiles.T))
    edges = np.cumsum(weights)
    edges[-1] = 1.0

    def bisect() -> None:
        for _ in range(steps):
            states = np.searchsorted(edges, rng.random(worlds), side="right")
            for column in columns:
                column[states]

    def choose() -> None:
        for _ in range(steps):
            states = rng.choice(len(weights), size=worlds, p=weights)
            for column in columns:
                column[states]

    return [Contender("searchsorted", worlds * steps, bisect), Contender("choice", worlds * steps, choose)]


def market(setup: Setup, kind: str, worlds: int, seed: int) -> Market:
    """Return the market with truthful seats."""
    strategies = [Truthful() for _ in range(len(setup.values))]
    return Market(setup.game(kind), strategies, worlds=worlds, seed=seed)


def plain(setup: Setup, kind: str, seed: int) -> plain_mesa.Auction:
    """Return the plain Mesa model of the same scenario."""
    money = [tuple(grid[k] for grid, k in zip(setup.values, profile, strict=True)) for profile in setup.profiles]
    prior = dict(zip(money, setup.weights.tolist(), strict=True))
    seen = [(i, *known) for i, known in enumerate(setup.known)]
    rules = {"epsilon": EPSILON, "delta": DELTA, "discount": DISCOUNT, "seed": seed}
    if kind == "M":
        return plain_mesa.Informant(prior, seen, **rules, solve=partial(optimum, setup))
    return plain_mesa.CrowdLookahead(prior, seen, **rules, remember=kind == "L")


def optimum(setup: Setup, informant: int, belief: plain_mesa.Belief) -> plain_mesa.Optimum:
    """Return the optimal mechanism for a belief as tuples: a list of sales for every profile of the others."""
    environment = setup.environment.without(informant)
    others = [i for i in range(len(setup.values)) if i != informant]
    index = [[setup.values[i].index(v) for i, v in zip(others, p, strict=True)] for p in belief.chances]
    best = optimal_mechanism(environment, joint(environment.shape, index, list(belief.chances.values())))
    table = {}
    for profile, chances, payments in zip(environment.grid, best.allocation[:, 1:], best.payments, strict=True):
        money = tuple(setup.values[i][k] for i, k in zip(others, profile, strict=True))
        table[money] = tuple(sales(others, chances.tolist(), payments.tolist()))
    return table


def sales(others: Sequence[int], chances: Sequence[float], payments: Sequence[float]) -> Iterator[plain_mesa.Sale]:
    """Return who is served up to which coin."""
    edge = 0.0
    for buyer, chance, payment in zip(others, chances, payments, strict=True):
        if chance > 0.0:
            edge += chance
            yield plain_mesa.Sale(edge, buyer, payment / chance)


def repeat(model: mesa.Model, steps: int) -> None:
    """Step a model."""
    for _ in range(steps):
        model.step()


def check_market(setup: Setup, kind: str, played: Market | Played, exact: float) -> Check:
    """Compare the market's mean revenue over its worlds."""
    means = played.totals["revenue"] / played.rounds_played
    error = float(means.std(ddof=1)) / math.sqrt(played.worlds)
    rounds = played.rounds_played * played.worlds
    return Check(setup.name, kind, f"market, {played.worlds:,} worlds", rounds, float(means.mean()), error, exact)


def check_plain(setup: Setup, kind: str, played: plain_mesa.Auction, exact: float) -> Check:
    """Compare the plain model's mean revenue over its rounds."""
    mean = played.revenue / played.rounds
    variance = played.revenue_squared / played.rounds - mean**2
    return Check(setup.name, kind, "plain Mesa", played.rounds, mean, math.sqrt(variance / played.rounds), exact)


def measure(setup: Setup, options: argparse.Namespace) -> tuple[list[Row], list[Check]]:
    """Return times and checks for one scenario, in every number of worlds."""
    exact = {kind: revenue_of(setup.game(kind)).total for kind in KINDS}
    naive = {kind: plain(setup, kind, options.seed) for kind in PLAIN}
    rows, checks = [], []
    for worlds in options.worlds:
        markets = {kind: market(setup, kind, worlds, options.seed) for kind in KINDS}
        raced = entrants(setup, worlds, markets, naive, options)
        raced.race(options.repetitions)
        rows += rows_of(setup, worlds, raced)
        checks += [check_market(setup, kind, played, exact[kind]) for kind, played in markets.items()]
        for played in markets.values():
            mesa.Agent._ids.pop(played, None)  # Mesa would keep it, worlds and all, alive to the end
    return rows, checks + [check_plain(setup, kind, model, exact[kind.split()[0]]) for kind, model in naive.items()]


@dataclass(frozen=True)
class Entrants:
    """Who plays by turns: bare NumPy in two ways, markets and plain models by name."""

    bare: list[Contender]
    fast: dict[str, Contender]
    slow: dict[str, Contender]

    def race(self, repetitions: int) -> None:
        """Let them play."""
        race([*self.bare, *self.fast.values(), *self.slow.values()], repetitions)

    @property
    def floor(self) -> Contender:
        """The faster of the two ways."""
        return min(self.bare, key=lambda contender: contender.nanoseconds)


def entrants(
    setup: Setup,
    worlds: int,
    markets: dict[str, Market],
    naive: dict[str, plain_mesa.Auction],
    options: argparse.Namespace,
) -> Entrants:
    """Return floors, markets and plain models ready to play."""
    steps, few = max(options.rounds // worlds, 1), options.plain_rounds
    return Entrants(
        floors(setup, worlds, steps, options.seed),
        {kind: Contender(kind, worlds * steps, partial(repeat, model, steps)) for kind, model in markets.items()},
        {kind: Contender(kind, few, partial(repeat, model, few)) for kind, model in naive.items()},
    )


def rows_of(setup: Setup, worlds: int, raced: Entrants) -> list[Row]:
    """Return a row for every market."""
    rows, floor = [], raced.floor
    for kind, played in raced.fast.items():
        naives = (raced.slow.get(kind), raced.slow.get(f"{kind} anew"))
        times = (model.nanoseconds if model else math.nan for model in naives)
        ratios = (model.ratio(played) if model else math.nan for model in naives)
        figures = (floor.nanoseconds, played.nanoseconds, *times, played.ratio(floor), *ratios)
        rows.append(Row(setup.name, kind, worlds, figures))
    return rows


def report(rows: Sequence[Row], checks: Sequence[Check]) -> Iterator[str]:
    """Return the lines of the table."""
    yield f"ns a round; targets: market/floor at most {FLOOR_TARGET:g}, plain/market at least {PLAIN_TARGET:g}"
    yield f"{'prior':<11}{'rule':<10}{'worlds':>8}" + "".join(f"{name:>13}" for name in COLUMNS)
    for row in rows:
        figures = ("-" if math.isnan(x) else f"{x:,.2f}" if x < 100 else f"{x:,.0f}" for x in row.figures)
        yield f"{row.setup:<11}{row.mechanism:<10}{row.worlds:>8,}" + "".join(f"{text:>13}" for text in figures)
    worst = max(checks, key=lambda check: abs(check.off))
    yield f"mean revenue against the exact one, {len(checks)} checks: at most {abs(worst.off):.2f} standard errors off"
    for check in checks:
        if check.model == "plain Mesa" or not check.holds:
            yield (
                f"  {check.setup}, {check.mechanism}, {check.model}: {check.mean:.4f} in {check.rounds:,} rounds, "
                f"exact {check.exact:.4f}, {check.off:+.2f} errors{'' if check.holds else '  WRONG'}"
            )


def as_json(rows: Sequence[Row], checks: Sequence[Check], options: argparse.Namespace) -> str:
    """Return everything as JSON."""
    measured = []
    for row in rows:
        figures = {name: None if math.isnan(x) else x for name, x in zip(COLUMNS, row.figures, strict=True)}
        measured.append({"setup": row.setup, "mechanism": row.mechanism, "worlds": row.worlds, **figures})
    data = {
        "options": vars(options),
        "versions": {name: version(name) for name in ("numpy", "mesa", "crowdbayes")},
        "nanoseconds": measured,
        "checks": [asdict(check) | {"holds": check.holds} for check in checks],
    }
    return json.dumps(data, indent=2)


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--worlds", type=int, nargs="+", default=[100, 1_000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=200_000, help="rounds of a market or floor in one repetition")
    parser.add_argument("--plain-rounds", type=int, default=2_000, help="rounds of a plain model in one repetition")
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--seed", type=int, default=2012)
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args(argv)
    if min(options.worlds) < 2:
        parser.error("--worlds must be at least 2 for a standard error")
    if min(options.rounds, options.plain_rounds, options.repetitions) < 1:
        parser.error("--rounds, --plain-rounds and --repetitions must be at least 1")
    return options


def main() -> int:
    """Measure, print, and say whether the revenues agree."""
    options = arguments()
    rows: list[Row] = []
    checks: list[Check] = []
    for setup in (affiliated((5, 5, 5)), sparse()):
        found = measure(setup, options)
        rows += found[0]
        checks += found[1]
    print(as_json(rows, checks, options) if options.json else "\n".join(report(rows, checks)))
    return 0 if all(check.holds for check in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
