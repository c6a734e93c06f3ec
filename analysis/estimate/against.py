"""What a revenue is measured against where profiles are not listed: OPT by the route that fits, Vickrey and ℒ."""

from __future__ import annotations

from dataclasses import dataclass

from agents.game import Game
from analysis.estimate.revenue import Rival
from mechanisms.beliefs import Product
from mechanisms.classical.lookahead import Lookahead
from mechanisms.classical.myerson import Myerson
from mechanisms.classical.optimal_auction import OptimalAuction
from mechanisms.classical.vickrey import Vickrey
from mechanisms.closed_forms import lookahead_revenue, vickrey_revenue
from mechanisms.mechanism import Mechanism, Setting
from mechanisms.optimal import Optimum, OptimumBounds, TooLarge, optimal_mechanism, optimum_bounds
from mechanisms.ties import Ties


@dataclass(frozen=True, eq=False)
class FactoredBenchmarks:
    """OPT or bounds on it, and the rivals of a single good.

    Attributes
    ----------
    optimum : OPT under D; None where no route to it fits.
    bounds : what is known of OPT then; None where it is known itself.
    refusal : why no route fits, a sentence; empty where one does.
    rivals : Vickrey and ℒ, with their exact revenue where there is a closed form.
    """

    optimum: Optimum | None
    bounds: OptimumBounds | None
    refusal: str
    rivals: dict[str, Rival]

    @property
    def lowest(self) -> float:
        """The least that OPT can be."""
        if self.optimum is not None:
            return self.optimum.revenue
        assert self.bounds is not None
        return self.bounds.lower

    @property
    def highest(self) -> float:
        """The most that OPT can be."""
        if self.optimum is not None:
            return self.optimum.revenue
        assert self.bounds is not None
        return self.bounds.upper


def exact_total(game: Game, against: FactoredBenchmarks) -> float | None:
    """Return the exact revenue of truthful play where the mechanism is one with a closed form, else None."""
    mechanism = game.mechanism
    if mechanism.lottery_chance:
        return None
    if type(mechanism) is Vickrey:
        return against.rivals["vickrey"].revenue
    if is_benchmark_lookahead(mechanism):
        return against.rivals["lookahead"].revenue
    is_optimal = type(mechanism) is OptimalAuction
    if type(mechanism) is Myerson:
        is_optimal = isinstance(game.factored.space.prior, Product)
    return against.optimum.revenue if is_optimal and against.optimum is not None else None


def is_benchmark_lookahead(mechanism: Mechanism) -> bool:
    """Return whether a mechanism is the lookahead auction that revenues are measured against."""
    return type(mechanism) is Lookahead and mechanism.conditioning == "chosen" and not mechanism.lottery_chance


def factored_benchmarks(game: Game, *, ties: Ties = "lowest-index") -> FactoredBenchmarks:
    """Return OPT, or bounds on it where every route to it is too large, and what Vickrey and ℒ earn."""
    environment, prior = game.environment, game.factored.space.prior
    optimum, bounds, refusal = None, None, ""
    try:
        optimum = optimal_mechanism(environment, prior)
    except TooLarge as error:
        bounds, refusal = optimum_bounds(environment, prior), str(error)
    rivals = {}
    if environment.single_good:
        setting = Setting(environment, game.book, prior)
        exact = isinstance(prior, Product)
        rivals["vickrey"] = Rival(Vickrey(setting, ties=ties), vickrey_revenue(environment, prior))
        rivals["lookahead"] = Rival(
            Lookahead(setting, ties=ties), lookahead_revenue(environment, prior, ties=ties) if exact else None
        )
    return FactoredBenchmarks(optimum, bounds, refusal, rivals)
