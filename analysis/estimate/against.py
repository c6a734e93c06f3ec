"""What a revenue is measured against where profiles are not listed: OPT by the route that fits, Vickrey and ℒ."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.estimate.revenue import Rival
from analysis.estimate.seam import FactoredGame
from mechanisms.beliefs import Product
from mechanisms.classical.lookahead import Lookahead
from mechanisms.classical.vickrey import Vickrey
from mechanisms.closed_forms import lookahead_revenue, vickrey_revenue
from mechanisms.mechanism import Setting
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


def factored_benchmarks(game: FactoredGame, *, ties: Ties = "lowest-index") -> FactoredBenchmarks:
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
