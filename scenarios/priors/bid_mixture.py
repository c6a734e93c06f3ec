"""A prior of bids as a mixture: a few hidden components, given which bids are independent."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any, Literal

import numpy as np

from mechanisms.environment import FloatArray
from scenarios.bid_levels import BidLevels, listed, read_levels
from scenarios.bids import CAUTION
from scenarios.errors import BadInput
from scenarios.priors.categorical import FOLDS, MOST, RESTARTS, Counted, HeldOut, fit, held_out
from scenarios.schema import ComponentSpec, MixturePrior

_MOST_COMPONENTS = 100


@dataclass(frozen=True, eq=False)
class BidMixture:
    """A mixture over grids of values; ``money = value * unit``.

    Attributes
    ----------
    levels : the bids that it is fitted to, on their grids.
    weights : ``(components,)``, the components in order of the mean value.
    marginals : per component and seat, the distribution on the seat's grid; where seats are exchangeable, one for all.
    log_likelihood : of the bids under the mixture, in nats.
    held_out : what was found for each number of components that was tried; none where the number was given.
    """

    levels: BidLevels
    weights: FloatArray
    marginals: tuple[tuple[FloatArray, ...], ...]
    log_likelihood: float
    held_out: tuple[HeldOut, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the components."""
        return tuple(f"component {s + 1}" for s in range(len(self.weights)))

    @property
    def prior(self) -> MixturePrior:
        """The prior as a scenario writes it, with one distribution for all seats where they are exchangeable."""
        parts = zip(self.names, self.weights.tolist(), self.marginals, strict=True)
        return MixturePrior(
            kind="mixture",
            components=[
                ComponentSpec(name=name, weight=weight, marginals=[row.tolist() for row in rows])
                for name, weight, rows in parts
            ],
        )

    def notes(self) -> list[str]:
        """Plain sentences on how the components were found."""
        auctions = len(self.levels.draws)
        mean = self.log_likelihood / auctions
        found = (
            f"{len(self.weights)} component{'s' * (len(self.weights) > 1)} fitted to {auctions} auctions, the best of "
            f"{RESTARTS if len(self.weights) > 1 else 1} from random beginnings: log-likelihood {mean:.4f} per auction"
        )
        if not self.held_out:
            return [found]
        tried = "; ".join(f"{one.components}: {one.mean:.4f} ± {one.standard_error:.4f}" for one in self.held_out)
        return [
            found,
            f"log-likelihood per auction held out, in {FOLDS} folds, by number of components: {tried}, and no more",
        ]

    def summary(self) -> list[str]:
        """Plain lines for a terminal or a report."""
        levels = self.levels
        lines = [
            f"Prior from the bids in {levels.source}",
            f"options: {levels.options}",
            f"auctions used: {len(levels.draws)}; dropped: {listed(levels.dropped)}",
            f"money = value * unit; unit: {levels.unit!r}",
            *(
                f"seat {seat}, {name}: {len(grid)} level{'s' * (len(grid) > 1)}: {', '.join(map(str, grid))}"
                for seat, (name, grid) in enumerate(zip(levels.seats, levels.grids, strict=True))
            ),
            *self.notes(),
            *(
                f"{name}: weight {weight:.4f}, mean values {', '.join(f'{mean:.4g}' for mean in means)}"
                for name, weight, means in zip(self.names, self.weights, self.means, strict=True)
            ),
            CAUTION,
        ]
        return ["".join(c if c.isprintable() else "?" for c in line) for line in lines]

    def as_data(self) -> dict[str, Any]:
        """Return all that the summary tells, and the prior, as plain data."""
        levels = self.levels
        return {
            "values": levels.grids,
            "unit": levels.unit,
            "seats": levels.seats,
            "used": len(levels.draws),
            "dropped": dict(levels.dropped),
            "source": levels.source,
            "options": levels.options,
            "prior": self.prior.model_dump(exclude_none=True),
            "means": self.means,
            "log_likelihood": self.log_likelihood,
            "held_out": [asdict(one) for one in self.held_out],
        }

    @property
    def means(self) -> list[list[float]]:
        """Per component, each seat's mean value."""
        grids = [np.array(grid, dtype=float) for grid in self.levels.grids]
        return [[float(g @ row) for g, row in zip(grids, rows, strict=False)] for rows in self.marginals]

    def to_toml(self) -> str:
        """The ``[environment]`` and ``[prior]`` of a scenario, below comments on where they come from."""
        comments = "".join(f"# {line}\n" for line in self.summary())
        parts = "".join(map(_part, self.names, self.weights.tolist(), self.marginals))
        return f"""{comments}
[environment]
kind = "single-good"
values = {[list(grid) for grid in self.levels.grids]}
unit = {float(self.levels.unit)!r}

[prior]
kind = "mixture"
{parts}"""


def _part(name: str, weight: float, marginals: Iterable[FloatArray]) -> str:
    rows = "".join(f"    {row.tolist()},\n" for row in marginals)
    return f"""
[[prior.components]]
name = "{name}"
weight = {weight!r}
marginals = [
{rows}]
"""


def mixture_from_bids(
    path: str | PathLike[str],
    *,
    components: int | Literal["auto"],
    seed: int = 1,
    smoothing: float = 1.0,
    exchangeable: bool = False,
    **options: Any,
) -> BidMixture:
    """Turn a CSV with one row per auction and bidder into a mixture of independent bids.

    Parameters
    ----------
    components : how many, or "auto": the number of 1 to 6 that gives auctions held out the highest likelihood.
    seed : of the random beginnings, and of which auctions are held out together.
    smoothing : weight, in auctions, of pseudo-observations in which every seat bids as it does on the whole, shared
        among the components. Each seat's marginal is as in the data, whatever it is.
    options : as in `scenarios.bid_levels.read_levels`.

    Raises
    ------
    BadInput : in one sentence that names the file, the field and the offending value.
    """
    levels = read_levels(path, smoothing=smoothing, exchangeable=exchangeable, **options)
    auctions = len(levels.draws)
    if components != "auto" and not 1 <= components <= min(auctions, _MOST_COMPONENTS):
        most = min(auctions, _MOST_COMPONENTS)
        raise BadInput(f"{path}: components must be from 1 to {most} for {auctions} auctions, not {components}.")
    if components == "auto" and (auctions < 2 or not smoothing):
        lacks = f"smoothing above 0, not {smoothing!r}" if not smoothing else f"two auctions or more, not {auctions}"
        raise BadInput(f"{path}: components = 'auto' needs {lacks}.")
    shape = tuple(map(len, levels.grids))
    types = np.stack(
        [np.searchsorted(grid, column) for grid, column in zip(levels.grids, levels.draws.T, strict=True)], axis=1
    )
    seen = Counted.of(types, shape, exchangeable=exchangeable)
    tried: tuple[HeldOut, ...] = ()
    if components == "auto":
        counts = range(1, min(MOST, auctions - math.ceil(auctions / FOLDS)) + 1)
        tried = tuple(held_out(seen, count, smoothing=smoothing, seed=seed) for count in counts)
        components = max(tried, key=lambda one: (one.mean, -one.components)).components
    found = fit(seen, components, smoothing=smoothing, rng=np.random.default_rng([seed, components]))
    cuts = np.cumsum(shape)[:-1]
    rows = [np.split(row, cuts) for row in found.factors]
    means = [sum(float(np.dot(g, p)) for g, p in zip(levels.grids, row, strict=True)) for row in rows]
    order = np.argsort(means, kind="stable")
    return BidMixture(
        levels,
        found.weights[order],
        tuple(tuple(p / p.sum() for p in rows[s][: 1 if exchangeable else None]) for s in order),
        float(seen.counts @ found.log_probabilities(seen.flags)),
        tried,
    )
