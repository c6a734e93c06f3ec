"""Given marginals tied by a copula: Gaussian with one factor, or Clayton's.

Both are mixtures: given a common factor the types are independent, and the probability of a profile is the mean, over
the factor, of a product of cells. Where a table of profiles fits, that mean is worked out by a rule that is refined
until it stands. Elsewhere the prior is a `Mixture` over a few nodes of the factor; its marginals are then scaled to
those given, and what that leaves of the difference between two players' joint distributions is measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mechanisms import Environment
from mechanisms.beliefs import Joint, Mixture, Product, joint, mixture
from mechanisms.environment import FloatArray, full_grid
from scenarios.errors import BadInput
from scenarios.priors.factors import Clayton, Factor, Gaussian, Rule
from scenarios.priors.marginals import each
from scenarios.priors.prior import MAX_STATES, Prior
from scenarios.schema import CopulaPrior

STANDS = 1e-13
_HALVINGS = 12
_BLOCK = 4096
_SCALINGS = 1000
_PARTNERS = 20
_ROUGH = 1e-3


def copula_prior(spec: CopulaPrior, environment: Environment, *, listed: bool | None = None) -> Prior:
    """Return the table where it fits, unless `listed` says otherwise, or the mixture over `nodes` of the factor."""
    marginals = each(spec.marginals, environment.shape, field="prior.marginals")
    copula = Copula(_factor(spec, environment.players), marginals)
    if listed is None:
        listed = math.prod(environment.shape) <= MAX_STATES
    if listed:
        return Prior(copula.table(), None)
    found = copula.mixture(spec.nodes)
    return Prior(found, None, (copula.told(found, spec.nodes),))


def _factor(spec: CopulaPrior, players: int) -> Factor:
    own = {"gaussian": ("correlation", "loadings"), "clayton": ("theta",)}[spec.family]
    given = [name for name in ("correlation", "loadings", "theta") if getattr(spec, name) is not None]
    if len(given) != 1 or given[0] not in own:
        asked = " or ".join(f"prior.{name}" for name in own)
        raise BadInput(f"prior.family = {spec.family!r} takes {asked}, not {', '.join(given) or 'none of them'}")
    if spec.theta is not None:
        return Clayton(spec.theta)
    if spec.loadings is not None:
        if len(spec.loadings) != players:
            raise BadInput(f"prior.loadings has {len(spec.loadings)} entries for {players} players")
        return Gaussian(tuple(spec.loadings))
    rho = spec.correlation or 0.0
    root = math.sqrt(abs(rho))
    if rho < 0 and players > 2:
        raise BadInput(f"prior.correlation = {rho} goes with two players; for {players} of them give prior.loadings")
    return Gaussian((root, math.copysign(root, rho)) if players == 2 else (root,) * players)


@dataclass(frozen=True, eq=False)
class Copula:
    """Marginals tied by a common factor.

    Attributes
    ----------
    factor : what the players' ranks are independent given.
    marginals : per player, ``(types,)``; types are in order of rank.
    """

    factor: Factor
    marginals: tuple[FloatArray, ...]

    @cached_property
    def _kinds(self) -> tuple[int, ...]:
        """Per player, the first player of the same marginal and loading."""
        loadings = self.factor.loadings if isinstance(self.factor, Gaussian) else (0.0,) * len(self.marginals)
        first: dict[tuple[float, int], int] = {}
        keys = zip(loadings, map(id, self.marginals), strict=True)
        return tuple(first.setdefault(key, i) for i, key in enumerate(keys))

    def cells(self, player: int, points: FloatArray) -> FloatArray:
        """Return ``(points, types)``: the distribution of a player's type given each value of the factor."""
        ranks = np.cumsum(self.marginals[player])
        below = self.factor.below(player, ranks / ranks[-1], points)
        return np.maximum(np.diff(below, axis=1, prepend=0.0), 0.0)

    def over(self, players: Sequence[int]) -> FloatArray:
        """Return the distribution of some players' types on their grid, flat, with the factor averaged out.

        The step is halved until the table changes by no more than `STANDS` in all.
        """
        last = self._averaged(players, self.factor.fine(0))
        for halvings in range(1, _HALVINGS):
            table = self._averaged(players, self.factor.fine(halvings))
            if np.abs(table - last).sum() <= STANDS:
                return table
            last = table
        raise ValueError(f"the copula's integral does not stand after {_HALVINGS} halvings of its step")

    def _averaged(self, players: Sequence[int], rule: Rule) -> FloatArray:
        half = next(k for k in range(len(players) + 1) if 2 * k >= len(players))
        total: FloatArray = np.zeros((1, 1))
        for start in range(0, len(rule.points), _BLOCK):
            block = slice(start, start + _BLOCK)
            sides = [
                self._product(side, rule.points[block], weights)
                for side, weights in ((players[:half], rule.weights[block]), (players[half:], None))
            ]
            total = total + sides[0].T @ sides[1]
        return total.ravel()

    def _product(self, players: Sequence[int], points: FloatArray, weights: FloatArray | None) -> FloatArray:
        """Return ``(points, profiles)``: the probability of some players' profile given the factor, times a weight."""
        rows = np.ones((len(points), 1)) if weights is None else weights[:, None]
        for i in players:
            rows = (rows[:, :, None] * self.cells(i, points)[:, None, :]).reshape(len(points), -1)
        return rows

    def table(self) -> Joint:
        """Return the joint distribution of all players' types."""
        shape = tuple(map(len, self.marginals))
        return joint(shape, full_grid(shape), self.over(range(len(shape))))

    def mixture(self, nodes: int) -> Mixture:
        """Return the mixture over a few nodes of the factor, scaled so that its marginals are those given."""
        rule = self.factor.coarse(nodes)
        kept = rule.weights > 0
        points, weights = rule.points[kept], rule.weights[kept] / rule.weights[kept].sum()
        made = {kind: _scaled(weights, self.cells(kind, points), self.marginals[kind]) for kind in set(self._kinds)}
        rows = {kind: list(cells) for kind, cells in made.items()}
        parts = [Product(tuple(rows[kind][s] for kind in self._kinds)) for s in range(len(points))]
        return mixture(weights, parts)

    def told(self, found: Mixture, nodes: int) -> str:
        """Return a sentence on how far a mixture's marginals and pairs are from those of the copula."""
        kinds = sorted(set(self._kinds))
        loadings = self.factor.loadings if isinstance(self.factor, Gaussian) else (1.0,) * len(self._kinds)
        sizes = [int((marginal > 0).sum()) for marginal in self.marginals]
        lead = max(kinds, key=lambda k: (sizes[k] > 1, abs(loadings[k]), sizes[k]))
        seen = [next((i for i in range(len(self._kinds)) if self._kinds[i] == k and i != lead), None) for k in kinds]
        partners = [i for i in seen if i is not None][:_PARTNERS]
        off = max(self._off(found, kind) for kind in kinds)
        apart = max((self._apart(found, lead, partner) for partner in partners), default=0.0)
        more = "; more of prior.nodes would bring that down" if apart > _ROUGH else ""
        return (
            f"the copula is a mixture over {nodes} values of its common factor: single players' distributions are off "
            f"by {off:.1e} at most, and those of player {lead} and another (of {len(partners)} kinds) by {apart:.1e} "
            f"in total variation{more}"
        )

    def _off(self, found: Mixture, player: int) -> float:
        rows = np.stack([part.factors[player] for part in found.components])
        return float(np.abs(found.weights @ rows - self.marginals[player]).max())

    def _apart(self, found: Mixture, one: int, other: int) -> float:
        sides = [np.stack([part.factors[i] for part in found.components]) for i in (one, other)]
        pair = (found.weights[:, None] * sides[0]).T @ sides[1]
        return float(np.abs(pair.ravel() - self.over([one, other])).sum() / 2)


def _scaled(weights: FloatArray, cells: FloatArray, marginal: FloatArray) -> FloatArray:
    """Return distributions near `cells` whose mean is the marginal, by iterated proportional fitting."""
    mass = weights[:, None] * cells
    for _ in range(_SCALINGS):
        there = mass.sum(axis=0)
        mass = mass * np.divide(marginal, there, out=np.ones_like(marginal), where=there > 0)
        mass = mass * (weights / mass.sum(axis=1))[:, None]
        if np.abs(mass.sum(axis=0) - marginal).max() <= 1e-15:
            break
    return mass / weights[:, None]
