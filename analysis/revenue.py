"""Exact revenue, and what it is measured against: OPT, the paper's bound, Vickrey and ℒ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from agents.game import BLOCK, Game
from agents.plan import Plan, Play, play_blocks
from mechanisms.classical.lookahead import Lookahead
from mechanisms.classical.vickrey import Vickrey
from mechanisms.environment import FloatArray
from mechanisms.mechanism import Mechanism, Setting
from mechanisms.optimal import Optimum, optimal_mechanism
from mechanisms.outcomes import Reports
from mechanisms.ties import Ties

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Revenue:
    """A seller's exact expected income, in units of value.

    Attributes
    ----------
    prices : what the players pay for goods.
    rewards : what they are paid for beliefs.
    fallback : probability that a price falls back to the second price for want of a posterior.
    """

    prices: float
    rewards: float
    fallback: float

    @property
    def total(self) -> float:
        """Prices less rewards."""
        return self.prices - self.rewards


@dataclass(frozen=True, eq=False)
class Benchmarks:
    """What a revenue is measured against; Vickrey and ℒ are None where there are several goods.

    Attributes
    ----------
    optimum : OPT under D, with its certificate.
    by_state : ``(states,)`` expected revenue of each benchmark in each state, under truthful bids.
    """

    optimum: Optimum
    by_state: dict[str, FloatArray]
    weights: FloatArray

    def mean(self, name: str) -> float | None:
        """Return a benchmark's expected revenue, or None where it does not apply."""
        return float(self.weights @ self.by_state[name]) if name in self.by_state else None

    @property
    def opt(self) -> float:
        """OPT."""
        return self.optimum.revenue


def exact_revenue(game: Game, play: Play) -> Revenue:
    """Return the exact expected revenue of what is played, under D and over all coins."""
    outcomes = game.mechanism.expect(play.reports)
    weights = game.space.weights[play.states] * play.chances
    return Revenue(
        prices=float(weights @ outcomes.prices),
        rewards=float(weights @ outcomes.rewards.sum(axis=1)),
        fallback=float(weights @ outcomes.fallback),
    )


def revenue_of(game: Game, plans: Sequence[Plan] | None = None) -> Revenue:
    """Return the exact revenue of plans, or of truthful play, worked out in blocks of states."""
    blocks = play_blocks(game.space, game.truthful_plans if plans is None else plans, BLOCK)
    parts = [exact_revenue(game, play) for play in blocks]
    return Revenue(*(sum(getattr(part, name) for part in parts) for name in ("prices", "rewards", "fallback")))


def benchmarks(game: Game, *, ties: Ties = "lowest-index") -> Benchmarks:
    """Return OPT, and for a single good Vickrey and ℒ by truthful bids under D."""
    setting = Setting(game.environment, game.book, game.space.prior)
    optimum = optimal_mechanism(game.environment, game.space.prior)
    by_state = {"opt": optimum.at(game.space.profiles).payments.sum(axis=1)}
    if game.environment.single_good:
        rivals: dict[str, Mechanism] = {
            "vickrey": Vickrey(setting, ties=ties),
            "lookahead": Lookahead(setting, ties=ties),
        }
        nobody = np.zeros_like(game.space.profiles)
        for name, rival in rivals.items():
            by_state[name] = rival.expect(Reports(game.space.profiles, nobody)).prices
    return Benchmarks(optimum, by_state, game.space.weights)


def bound_holds(revenue: float, bound: float | None) -> bool | None:
    """Return whether a revenue reaches a bound, up to rounding; None where there is no bound."""
    return None if bound is None else revenue >= bound - _ROUNDING * max(1.0, abs(bound))


def knowledge_table(entries: Iterable[tuple[str, str, Game]], opt: float) -> pd.DataFrame:
    """Return truthful revenue under several knowledge structures.

    Parameters
    ----------
    entries : knowledge structure, mechanism and game.

    Returns
    -------
    Columns knowledge, mechanism, revenue, prices, rewards, opt.
    """
    rows = []
    for knowledge, mechanism, game in entries:
        figures = revenue_of(game)
        rows.append((knowledge, mechanism, figures.total, figures.prices, figures.rewards, opt))
    columns = ["knowledge", "mechanism", "revenue", "prices", "rewards", "opt"]
    return pd.DataFrame(rows, columns=columns)
