"""Selling at what others say it is worth: revenue from players who know each other's values [ChenHassidimMicali2010]_.

The paper is about players who know everybody's valuation exactly, a seller who knows none, and any quasi-linear
setting: any fraction below one of the largest welfare can be had as revenue. Its mechanism is of extensive form. What
is built here has the same assumption and aim and is played in one stage, in which each player announces her type and a
belief; it was chosen for that, and is not the paper's own.

- A uniform player proposes. What she *claims* is the most likely profile of her belief, the first of equals in
  row-major order; a belief that is a point is a claim without doubt.
- The allocation of largest welfare is chosen, she being of the type that she announces and the others of those that she
  claims; the lowest number among equals.
- Everybody who gets something is priced at (1 - c) times what it is worth to the type that is claimed of her: by the
  proposer, and for the proposer by her *witness*, the next player.
- A player accepts if it is worth her price to the type that she announces. Who declines gets and pays nothing, and the
  others keep theirs; where that is not feasible nobody gets anything.
- For each price that is accepted the player who named it receives c times the claimed worth.

If all players know all types, a proposer's utility from the truth is c times the largest welfare, and no report gives
her more: a price above the worth is declined, as c is below one over the largest worth. Truth is an equilibrium, and
no truthful player ever loses, whatever the others say. The paper's stages are there to rule other equilibria out, and
to withstand collusion. Here equilibria are left in which a player announces less than her worth and others name what
she accepts, and a ring of two can keep all it likes.

References
----------
.. [ChenHassidimMicali2010] J. Chen, A. Hassidim, S. Micali, Robust perfect revenue from perfectly informed players,
   ICS 2010.
"""

from __future__ import annotations

import numpy as np

from mechanisms.about import About
from mechanisms.beliefs import Joint, Product
from mechanisms.distinct import distinct_rows
from mechanisms.environment import BoolArray, FloatArray, IntArray
from mechanisms.mechanism import Mechanism, Part, Setting, Settled
from mechanisms.outcomes import Reports

_EQUAL = 1e-12


class PerfectInformation(Mechanism):
    """A random player proposes; each pays nearly what another claims that her bundle is worth to her.

    Parameters
    ----------
    epsilon : the most of the welfare that the seller forgoes, money: c is epsilon over twice the largest welfare of any
        types. Below 2, so that a claim above a player's worth is never accepted by her.
    delta, discount : of Lemma 1. Commissions are what they are on average where its lottery may be run instead.

    Raises
    ------
    ValueError : for an epsilon out of bounds, or with one player, of whom nobody could claim anything.
    """

    name = "perfect-information"
    summary = "each buys at what another player claims it is worth to her; needs players who know each other's values"
    about = About(
        source="Chen, Hassidim, Micali 2010 (its aim; the rules are ours)",
        seller="nothing",
        players="everybody's values, exactly",
        promises="(1 - delta) of the largest welfare, less epsilon, in any environment, in the truthful equilibrium",
        fails="players who know less: claims are guesses, and lying pays; rings; equilibria in dominated reports",
    )
    solution = "equilibrium"
    elicits_beliefs = True
    has_role = False

    def __init__(self, setting: Setting, *, epsilon: float, delta: float = 0.0, discount: float = 0.5) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        if setting.environment.players < 2:
            raise ValueError(f"{self.name} needs at least two players, one to know the other")
        if not 0.0 <= epsilon < 2.0:
            raise ValueError(f"epsilon must be a number from 0 up and below 2, not {epsilon}")
        self.epsilon = epsilon
        tops = [table.max(axis=0) for table in self.environment.worth_of_allocation]
        self.commission = epsilon / (2.0 * max(1.0, float(np.sum(tops, axis=0).max())))
        self._rows = {tuple(row): k for k, row in enumerate(self.environment.allocations.tolist())}

    @property
    def random_role(self) -> bool:
        """The proposer is drawn uniformly."""
        return True

    def role_probabilities(self, values: IntArray) -> FloatArray:
        """Return ``1 / n`` for everybody."""
        return np.full(values.shape, 1.0 / values.shape[1])

    def witness(self, player: int) -> int:
        """Return who names a player's price when she proposes: the next player."""
        return (player + 1) % self.environment.players

    def parts(self, player: int) -> tuple[Part, ...]:
        """Return a term for each proposer: only her claims and her witness's count."""
        n = self.environment.players
        everybody = tuple(range(n))
        return tuple(Part(everybody, (j, self.witness(j)), role=j, chance=1.0 / n) for j in everybody)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Let `role` propose, and those who are offered something accept or decline."""
        everybody, witness = range(self.environment.players), self.witness(role)
        told = self.claims(reports, role)
        chosen = self._welfare(told).argmax(axis=1)
        told[:, role] = self.claims(reports, witness)[:, role]
        named = np.stack([self.environment.worth_to(i, told[:, i], chosen) for i in everybody], axis=1)
        worth = np.stack([self.environment.worth_to(i, reports.values[:, i], chosen) for i in everybody], axis=1)
        prices = (1.0 - self.commission) * named
        allocation = self._kept(chosen, worth >= prices)
        sold = self.environment.served[allocation]
        commission = (1.0 - self.delta) * self.commission * named * sold
        rewards = np.zeros_like(prices)
        rewards[:, witness] = commission[:, role]
        rewards[:, role] = np.delete(commission, role, axis=1).sum(axis=1)
        return Settled(allocation, prices * sold, rewards, np.zeros(len(reports)))

    def claims(self, reports: Reports, player: int) -> IntArray:
        """Return ``(rounds, players)``: the types that a player claims, and announces of herself."""
        ids, inverse = np.unique(reports.beliefs[:, player], return_inverse=True)
        likeliest = np.zeros((len(ids), self.environment.players - 1), dtype=np.int64)
        for k, number in enumerate(ids.tolist()):
            belief = self.book[number]
            likeliest[k] = _likeliest(belief if isinstance(belief, Product) else self.listed(belief))
        claimed: IntArray = np.insert(likeliest[inverse], player, reports.values[:, player], axis=1)
        return claimed

    def _welfare(self, types: IntArray) -> IntArray:
        """Return ``(rounds, allocations)``: the welfare of each allocation for those types."""
        tables = self.environment.worth_of_allocation
        welfare: IntArray = np.sum([table[types[:, i]] for i, table in enumerate(tables)], axis=0)
        return welfare

    def _kept(self, chosen: IntArray, accepts: BoolArray) -> IntArray:
        """Return ``(rounds,)``: the allocation without those who decline; the empty one where that is not feasible."""
        first, inverse = distinct_rows(np.column_stack([chosen, accepts]))
        bundles = self.environment.allocations[chosen[first]] * accepts[first]
        left = [self._rows.get(tuple(row), 0) for row in bundles.tolist()]
        return np.array(left, dtype=np.int64)[inverse]


def _likeliest(belief: Product | Joint) -> IntArray:
    """Return the likeliest profile, the first of equals."""
    if isinstance(belief, Product):
        return np.array([_first_highest(factor) for factor in belief.factors], dtype=np.int64)
    return belief.atoms[_first_highest(belief.weights)]


def _first_highest(weights: FloatArray) -> int:
    return int((weights >= weights.max() * (1.0 - _EQUAL)).argmax())
