"""Myerson's auction for a seller who does not know D, where D is common knowledge [CaillaudRobert2005]_.

The paper shows how such a seller earns what a seller who knows D would, if values are independent. Only that
statement, as [AzarChenMicali2012]_ gives it, is taken from it here: the mechanism is a direct one with the same
assumptions and the same revenue, and not the paper's own.

- Everybody announces her value and the distribution D of all values.
- Each player's virtual values are worked out from what *another* player, her witness (the next one), says of her
  marginal. Myerson's auction [Myerson1981]_ is run with them, ties to the lowest index.
- A player is fined if what she says of some other's marginal is not what that other says of it herself.

What a player says of herself moves nothing of her own, so that the truth costs her nothing, and what she says of
others must agree with it. Whatever is announced about distributions, the true value is a dominant strategy, and, fines
apart, no truthful player loses. If D is common knowledge truth is an equilibrium in beliefs too: the fine exceeds any
gain.

It fails where unanimity does, though the auction is always run: a lie on which all agree is an equilibrium, as nobody
leaves it alone without a fine, and one who is wrong about D is fined, as are those whom she contradicts. Without a fine
that matters a lie about a rival pays: a bidder whom it makes look weak loses the good to its author. Of correlated
values only the marginals are used.

References
----------
.. [CaillaudRobert2005] B. Caillaud, J. Robert, Implementation of the revenue-maximizing auction by an ignorant seller,
   Review of Economic Design 9.
.. [Myerson1981] R. Myerson, Optimal auction design, Mathematics of Operations Research 6.
"""

from __future__ import annotations

import math

import numpy as np

from mechanisms.about import About
from mechanisms.beliefs import Product
from mechanisms.classical.monopoly import marginal_weights
from mechanisms.classical.myerson import Myerson
from mechanisms.distinct import distinct_rows
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.mechanism import Mechanism, Setting, Settled
from mechanisms.optimal.ironing import is_product
from mechanisms.outcomes import Reports

_DECIMALS = 12


class CaillaudRobert(Mechanism):
    """Myerson's auction for the marginals that others announce, and a fine for who contradicts a player about herself.

    Parameters
    ----------
    penalty : the fine, money; the largest value of anybody unless given, more than any gain from a lie. It is booked as
        a negative reward.
    delta, discount : of Lemma 1, applied to the auction.

    Raises
    ------
    ValueError : with one player, for a penalty that is not a positive number, or a belief not about all players.
    """

    name = "caillaud-robert"
    summary = "all announce D; Myerson's auction for what others say of each, and a fine for contradicting her"
    about = About(
        source="Caillaud, Robert 2005 (its aim; the rules are ours)",
        seller="that values are independent",
        players="D, as common knowledge",
        promises="(1 - delta) OPT for independent values, in the truthful equilibrium",
        fails="common lies are equilibria too; wrong beliefs are fined; correlated values",
    )
    solution = "equilibrium"
    participation = "interim"
    elicits_beliefs = True
    asks_for_prior = True
    has_role = False
    fines = True

    def __init__(
        self, setting: Setting, *, penalty: float | None = None, delta: float = 0.0, discount: float = 0.5
    ) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        if setting.environment.players < 2:
            raise ValueError(f"{self.name} needs at least two players, one to know the other's distribution")
        if penalty is None:
            penalty = float(max(grid[-1] for grid in setting.environment.values))
        if not 0.0 < penalty < math.inf:
            raise ValueError(f"penalty must be a positive number, not {penalty}")
        self.penalty = penalty
        self._auctions: dict[tuple[int, ...], Myerson] = {}

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why it does not work in an environment."""
        return Myerson.unfit(environment)

    def witness(self, player: int) -> int:
        """Return whose announcement a player's virtual values are worked out from: the next player's."""
        return (player + 1) % self.environment.players

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Run Myerson's auction for what the witnesses say, and fine those who contradict somebody about herself."""
        rounds, n = reports.values.shape
        fined = self._contradicts(reports.beliefs)
        said = reports.beliefs[:, [self.witness(i) for i in range(n)]]
        first, inverse = distinct_rows(said)
        groups = np.split(np.argsort(inverse, kind="stable"), np.cumsum(np.bincount(inverse))[:-1])
        allocation, payments = np.zeros(rounds, dtype=np.int64), np.zeros((rounds, n))
        for row, at in zip(said[first].tolist(), groups, strict=False):
            outcomes = self.auction(tuple(row)).expect(Reports(reports.values[at], reports.beliefs[at]))
            allocation[at], payments[at] = outcomes.allocation.argmax(axis=1), outcomes.payments
        return Settled(allocation, payments, -self.penalty * fined, np.zeros(rounds))

    def auction(self, said: tuple[int, ...]) -> Myerson:
        """Return Myerson's auction in which each player's marginal is that of a belief, given by its id."""
        if said not in self._auctions:
            margins = [marginal_weights(self.book[belief], i) for i, belief in enumerate(said)]
            self._auctions[said] = Myerson(Setting(self.environment, self.book, Product(tuple(margins))))
        return self._auctions[said]

    def guarantee(self, opt: float) -> float | None:
        """Return ``(1 - delta) OPT`` where values are independent under D [CaillaudRobert2005]_."""
        return (1.0 - self.delta) * opt if is_product(self._setting.prior) else None

    def _contradicts(self, beliefs: IntArray) -> FloatArray:
        """Return ``(rounds, players)``: 1 for who says of some other's marginal what that other does not."""
        ids, inverse = np.unique(beliefs, return_inverse=True)
        told = inverse.reshape(beliefs.shape)
        wrong = np.zeros(beliefs.shape, dtype=bool)
        for i in range(self.environment.players):
            said = self._same_margin(ids, i)[told]
            wrong |= said != said[:, [i]]
        return wrong.astype(float)

    def _same_margin(self, ids: IntArray, player: int) -> IntArray:
        """Number the marginals that beliefs give a player, equal ones (to 12 decimals) alike."""
        known: dict[bytes, int] = {}
        numbers = []
        for number in ids.tolist():
            belief = self.book[number]
            if belief.shape != self.environment.shape:
                raise ValueError(
                    f"a reported belief is about types of shape {belief.shape}; {self.name} asks about all players, "
                    f"of shape {self.environment.shape}"
                )
            margin = np.round(marginal_weights(belief, player), _DECIMALS) + 0.0
            numbers.append(known.setdefault(margin.tobytes(), len(known)))
        return np.array(numbers, dtype=np.int64)
