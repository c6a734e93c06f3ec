"""Types that are independent given a common state: `Mixture`, a weighted sum of products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from mechanisms.beliefs.belief import Uniforms
from mechanisms.beliefs.joint import SUM_TOLERANCE, Joint, joint
from mechanisms.beliefs.product import Product, check_listed, reweighted
from mechanisms.draws import Inversion
from mechanisms.environment import BoolArray, FloatArray, IntArray, full_grid


@dataclass(frozen=True, eq=False)
class Mixture:
    """A distribution under which types are independent given a component, which nobody need see.

    Parameters
    ----------
    weights : ``(components,)`` positive probabilities that sum to one.
    components : a `Product` each, of one shape. Beliefs share them: what a player's own value says about the
        component changes the weights alone.

    Use `mixture` to build one from numbers that a user gave.
    """

    weights: FloatArray
    components: tuple[Product, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of types of each player."""
        return self.components[0].shape

    @cached_property
    def squared_norm(self) -> float:
        """``sum_st w_s w_t prod_j <F_sj, F_tj>``."""
        gram = np.ones((len(self.weights), len(self.weights)))
        for factors in zip(*(component.factors for component in self.components), strict=True):
            rows = np.stack(factors)
            gram *= rows @ rows.T
        return float(self.weights @ gram @ self.weights)

    @property
    def support(self) -> IntArray:
        """Profiles of positive probability, a union of boxes, in row-major order."""
        return self.table.support

    @cached_property
    def table(self) -> Joint:
        """The same distribution as a table.

        Raises
        ------
        ValueError : if its grid has more than `LISTED` profiles.
        """
        check_listed(self.shape)
        grid = full_grid(self.shape)
        return joint(self.shape, grid, self.prob(grid))

    @cached_property
    def _inversion(self) -> Inversion:
        return Inversion(self.weights)

    def prob(self, profiles: IntArray) -> FloatArray:
        """Return the probability of each profile ``(..., players)``."""
        chances = [w * component.prob(profiles) for w, component in zip(self.weights, self.components, strict=True)]
        total: FloatArray = np.sum(chances, axis=0)
        return total

    def possible(self, profiles: IntArray) -> BoolArray:
        """Return whether each profile ``(..., players)`` can happen."""
        can: BoolArray = np.any([component.possible(profiles) for component in self.components], axis=0)
        return can

    def sample(self, rng: Uniforms, size: int) -> IntArray:
        """Return ``(size, players)`` independent draws, one uniform draw for the component and one a player each."""
        return self.draw(rng, size)[1]

    def draw(self, rng: Uniforms, size: int) -> tuple[IntArray, IntArray]:
        """Return ``(size,)`` components and ``(size, players)`` profiles."""
        drawn = self._inversion(rng.random(size))
        profiles = np.empty((len(self.shape), size), dtype=np.int64)
        rows = [np.flatnonzero(drawn == s) for s in range(len(self.weights))]
        for i in range(len(self.shape)):
            uniforms = rng.random(size)
            for component, at in zip(self.components, rows, strict=True):
                profiles[i, at] = component._inversions[i](uniforms[at])
        return drawn, profiles.T

    def marginal(self, players: Sequence[int]) -> Mixture:
        """Return the distribution of some of the players (positions in this belief)."""
        return Mixture(self.weights, tuple(component.marginal(players) for component in self.components))

    def given(self, event: FloatArray | BoolArray) -> Joint:
        """Return the distribution conditioned on an event, or re-weighted by a likelihood, per atom: a table."""
        return self.table.given(event)

    def given_types(self, likelihoods: Mapping[int, FloatArray | BoolArray]) -> Mixture:
        """Return the distribution re-weighted by a likelihood ``(types,)`` of some players' types each.

        Raises
        ------
        ValueError : if the event has probability zero.
        """
        logs, kept = [], []
        for weight, component in zip(self.weights, self.components, strict=True):
            factors, log = list(component.factors), float(np.log(weight))
            try:
                for i, likelihood in likelihoods.items():
                    factors[i], total = reweighted(factors[i], likelihood)
                    log += float(np.log(total))
            except ValueError:
                continue
            logs.append(log)
            kept.append(Product(tuple(factors)))
        if not kept:
            raise ValueError("cannot condition on an event of probability zero")
        weights = np.exp(np.array(logs) - max(logs))
        return Mixture(weights / weights.sum(), tuple(kept))

    def conditional(self, player: int, others: IntArray) -> FloatArray:
        """Return ``(rounds, types of player)``: her distribution beside the others; zeros where they cannot be."""
        rest = [i for i in range(len(self.shape)) if i != player]
        with np.errstate(divide="ignore"):
            logs = np.log(self.weights)[:, None] + np.zeros(len(others))
            for s, component in enumerate(self.components):
                for place, i in enumerate(rest):
                    logs[s] += np.log(component.factors[i])[others[:, place]]
        top = logs.max(axis=0)
        can = np.isfinite(top)
        shares = np.where(can, np.exp(logs - np.where(can, top, 0.0)), 0.0)
        shares /= np.where(can, shares.sum(axis=0), 1.0)
        return shares.T @ np.stack([component.factors[player] for component in self.components])


def mixture(weights: ArrayLike, components: Sequence[Product]) -> Mixture:
    """Return a `Mixture`; components of weight zero are dropped.

    Raises
    ------
    ValueError : if weights are no probabilities, or the components differ in shape.
    """
    given = np.asarray(weights, dtype=float)
    if len(given) != len(components):
        raise ValueError(f"{len(components)} components but {len(given)} weights")
    for wrong in given[~(np.isfinite(given) & (given >= 0))][:1]:
        raise ValueError(f"weights must be non-negative numbers, but one is {wrong}")
    if abs(given.sum() - 1.0) > SUM_TOLERANCE:
        raise ValueError(f"weights sum to {given.sum():.12g}, not 1")
    shapes = {component.shape for component in components}
    if len(shapes) != 1:
        raise ValueError(f"components must be about the same types, not of shapes {sorted(shapes)}")
    kept = given > 0
    chosen = tuple(component for component, keep in zip(components, kept, strict=True) if keep)
    return Mixture(given[kept] / given[kept].sum(), chosen)
