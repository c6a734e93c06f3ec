"""Whether the market and the plain model of learners say the same: payoffs exactly, what is learnt in the mean."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import mesa
import numpy as np
from market import optimum
from plain_learners import MODELS, Learning
from plain_rules import RULES, Rule
from setups import DELTA, DISCOUNT, EPSILON, Setup

from analysis.emergence.course import Course
from mechanisms.environment import FloatArray
from scenarios.market import Market

ERRORS, EXACT = 4.0, 1e-10


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

    def __str__(self) -> str:
        wrong = "" if self.holds else "  WRONG"
        if self.learner == "any":
            return f"  {self.mechanism}: what reports earn differs by {self.market:.1e} at most{wrong}"
        return (
            f"  {self.mechanism}, {self.learner}: {self.figure} {self.market:.4f}, plain {self.plain:.4f}, "
            f"{self.off:+.2f} standard errors{wrong}"
        )


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


def compare(course: Course, kind: str, learner: str, naive: Learning, worlds: int) -> Iterator[Check]:
    """Play worlds of the plain model as long as a market was recorded, and compare their means."""
    mine = by_world(course)
    theirs = np.array([naive_world(naive, RULES[learner], course.rounds) for _ in range(worlds)]).T
    for figure, a, b in zip(("revenue", "truthful reports"), mine, theirs, strict=True):
        error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        yield Check(kind, learner, figure, float(a.mean()), float(b.mean()), error)


def by_world(course: Course) -> tuple[FloatArray, FloatArray]:
    """Return each world's mean revenue and share of reports that were true in value and belief."""
    truths = sum(seat.truths.sum(axis=(0, 2)) for seat in course.seats.values())
    return course.revenue.sum(axis=0) / course.rounds, truths / course.rounds / len(course.seats)


def naive_world(naive: Learning, rule: type[Rule], rounds: int) -> tuple[float, float]:
    """Play a world of the plain model; return the same."""
    naive.restart(rule)
    repeat(naive, rounds)
    return naive.revenue / rounds, sum(bidder.truths for bidder in naive.agents) / rounds / naive.n
