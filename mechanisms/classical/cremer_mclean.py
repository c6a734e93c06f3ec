r"""Full surplus extraction from correlated values: the second-price auction with side bets [CremerMcLean1988]_.

Every player takes part in a second-price auction and, whatever happens in it, pays a bet ``b_i(v_-i)`` that depends
on what the *others* announce. Her own announcement cannot move it, so truth stays a weakly dominant strategy. The bets
solve

    sum over v_-i of D(v_-i | theta_i) b_i(v_-i)  =  what type theta_i gains from the second-price auction on average

for each of her types, which takes the whole gain away: the seller earns the expected largest value. There are such
bets for every auction if the beliefs ``D(. | theta_i)`` of a player's types are linearly independent, that is, their
matrix has full row rank. A type is then indifferent about taking part, as long as she knows no more than her own value.

The rank is numerical: singular values below `RANK` times the largest count as zero. Of all bets that solve the
equations those of least norm are taken. They grow without bound as the correlation vanishes.

A weaker condition suffices for full extraction in Bayesian equilibrium: no type's belief is a mixture of the other
types' [CremerMcLean1988]_. Bets on one's own announcement are then needed, and truth is no longer dominant; that
version is not built.

References
----------
.. [CremerMcLean1988] J. Cremer, R. McLean, Full extraction of the surplus in Bayesian and dominant strategy auctions,
   Econometrica 56.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from mechanisms.about import About
from mechanisms.classical.vickrey import Vickrey
from mechanisms.environment import FloatArray, IntArray, flat_index, full_grid
from mechanisms.mechanism import Setting, Settled
from mechanisms.outcomes import Reports
from mechanisms.ties import Ties

RANK = 1e-9
RESIDUAL = 1e-9


class CremerMcLean(Vickrey):
    """The second-price auction, with a bet for each player on what the others announce.

    Bets are booked as payments, and may be negative. Where Lemma 1's lottery is run there are none.

    Raises
    ------
    ValueError : if the beliefs of some player's types are linearly dependent, or so nearly that their bets do not take
        each type's gain away to 1e-9 of the largest value.
    """

    name = "cremer-mclean"
    summary = "second price with side bets that leave no type anything on average; the seller knows D"
    solution = "dominant"
    participation = "interim"
    uses_prior = True
    about = About(
        source="Cremer, McLean 1988",
        seller="D, of full rank",
        players="their own value and D, and no more",
        promises="the expected largest value: all there is to earn",
        fails="players lose in some states, without bound as correlation vanishes; who knows more stays out",
    )

    def __init__(
        self, setting: Setting, *, ties: Ties = "lowest-index", delta: float = 0.0, discount: float = 0.5
    ) -> None:
        super().__init__(setting, ties=ties, delta=delta, discount=discount)
        self.bets = tuple(self._bets_of(i) for i in range(self.environment.players))

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell to `role` at the highest other bid, and let everybody pay her bet."""
        settled = super().settle(reports, role, of=of)
        return Settled(
            settled.allocation, settled.payments + self.paid_bets(reports.values), settled.rewards, settled.fallback
        )

    def paid_bets(self, values: IntArray) -> FloatArray:
        """Return ``(rounds, players)``: what each player pays for her bet when those types are announced."""
        points = [flat_index(np.delete(values, i, axis=1), self._rivals(i)) for i in range(self.environment.players)]
        return np.stack([bet[point] for bet, point in zip(self.bets, points, strict=True)], axis=1)

    def guarantee(self, opt: float) -> float:
        """Return ``(1 - delta)`` times the expected largest value, which is at least OPT."""
        prior = self.listed(self._setting.prior)
        return (1.0 - self.delta) * float(prior.weights @ self.bids(prior.atoms).max(axis=1))

    def _rivals(self, player: int) -> tuple[int, ...]:
        """Return the others' numbers of types."""
        return (*self.environment.shape[:player], *self.environment.shape[player + 1 :])

    def _bets_of(self, player: int) -> FloatArray:
        """Return ``(profiles of the others,)``: what a player pays for her bet beside each of them."""
        weights = self.listed(self._setting.prior).conditional(player, full_grid(self._rivals(player))).T
        kinds = np.flatnonzero(weights.sum(axis=1))
        beliefs = weights[kinds] / weights[kinds].sum(axis=1, keepdims=True)
        self._check_rank(player, kinds, beliefs)
        gains = (beliefs * self._gains(player)[kinds]).sum(axis=1)
        bets: FloatArray = np.linalg.lstsq(beliefs, gains, rcond=RANK)[0]
        left = float(abs(beliefs @ bets - gains).max())
        top = float(max(grid[-1] for grid in self.environment.values))
        if left > RESIDUAL * top:
            raise ValueError(
                f"{self.name} needs conditional beliefs further from linear dependence; player {player}'s bets, "
                f"up to {abs(bets).max():.3g}, miss her gain by {left:.3g}"
            )
        return bets

    def _gains(self, player: int) -> FloatArray:
        """Return ``(types, profiles of the others)``: what a player gains from the second-price auction."""
        others = full_grid(self._rivals(player))
        grids = [grid for i, grid in enumerate(self.environment.values) if i != player]
        best = np.zeros(len(others), dtype=np.int64)
        for grid, column in zip(grids, others.T, strict=True):
            best = np.maximum(best, grid[column])
        return np.maximum(self.environment.values[player][:, None] - best, 0).astype(float)

    def _check_rank(self, player: int, kinds: IntArray, beliefs: FloatArray) -> None:
        rank = int(np.linalg.matrix_rank(beliefs, rtol=RANK))
        if rank == len(kinds):
            return
        named = [f"type {self.environment.type_name(player, int(kind))}" for kind in kinds]
        mixed = [name for k, name in enumerate(named) if _is_mixture(beliefs, k)]
        reason = (
            f"{mixed[0]}'s belief is a mixture of the others'"
            if mixed
            else "no type's belief is a mixture of the others', which would do in Bayesian equilibrium alone"
        )
        raise ValueError(
            f"{self.name} needs conditional beliefs of full rank; player {player}'s {len(kinds)} types "
            f"have rank {rank}: {reason}"
        )


def _is_mixture(beliefs: FloatArray, row: int) -> bool:
    """Return whether a row is a non-negative combination of the others; as rows sum to one, so do its weights."""
    left = nnls(np.delete(beliefs, row, axis=0).T, beliefs[row])[1]
    return bool(left <= RANK)
