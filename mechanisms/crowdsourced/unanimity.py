"""Unanimity: the seller believes a distribution on which all players agree [AzarChenMicali2012, appendix F]_.

Everybody announces her value and the distribution D of all values. If all announced distributions are equal, the
revenue-optimal mechanism for it runs; otherwise nothing is sold and everybody is fined. Where D is common knowledge,
truth is an equilibrium and earns OPT. So is every common lie, which is why the paper rejects the mechanism: it
selects no equilibrium, and a player who is wrong about what the others believe does best to announce that.
"""

from __future__ import annotations

import math

import numpy as np

from mechanisms.about import About
from mechanisms.mechanism import Mechanism, Setting, Settled
from mechanisms.optimal import optimal_mechanism
from mechanisms.outcomes import Reports


class Unanimity(Mechanism):
    """The optimal mechanism for a unanimous belief, and a fine for everybody where there is none.

    A truthful player is fined when another is not, so it is not ex-post individually rational. Nothing is guaranteed.

    Parameters
    ----------
    penalty : what each player loses in a disagreement, money; the largest worth of anything to anybody unless given.
        The paper says "large"; the default is more than any gain that a player can hope for. Any positive penalty
        makes each common belief an equilibrium, as agreement costs nobody anything. It is booked as a negative reward:
        a fine is not a price, and prices stay what goods are sold for. Prices less rewards count it as income.
    delta, discount : of Lemma 1, applied to the optimal mechanism. A disagreement ends without the lottery.

    Raises
    ------
    ValueError : with one player, for a penalty that is not a positive number, or a belief not about all players.
    """

    name = "unanimity"
    summary = "all announce D; if all agree the optimal mechanism for it runs, otherwise everybody is fined"
    solution = "equilibrium"
    participation = "interim"
    about = About(
        source="Azar, Chen, Micali 2012, appendix F",
        seller="nothing",
        players="D, as common knowledge",
        promises="(1 - delta) OPT in one of its equilibria, the truthful one",
        fails="every common lie is an equilibrium too; one dissenter costs everybody the fine",
    )
    elicits_beliefs = True
    asks_for_prior = True
    has_role = False
    random_allocation = True
    fines = True

    def __init__(
        self, setting: Setting, *, penalty: float | None = None, delta: float = 0.0, discount: float = 0.5
    ) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        if setting.environment.players < 2:
            raise ValueError("unanimity needs at least two players, one to agree with the other")
        if penalty is None:
            penalty = float(max(table.max() for table in setting.environment.worth))
        if not 0.0 < penalty < math.inf:
            raise ValueError(f"penalty must be a positive number, not {penalty}")
        self.penalty = penalty
        self._rules: dict[int, Settled] = {}

    @property
    def lottery_chance(self) -> float:
        """Return 0: the lottery is part of what is settled, as a disagreement ends without it."""
        return 0.0

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Run the optimal mechanism for the belief that all share, or fine everybody."""
        rounds, n = reports.values.shape
        self._check_beliefs(reports)
        agreed = (reports.beliefs == reports.beliefs[:, :1]).all(axis=1)
        allocation, payments = np.zeros((rounds, len(self.environment.allocations))), np.zeros((rounds, n))
        allocation[~agreed, 0] = 1.0
        point = self.environment.flat(reports.values)
        for belief in np.unique(reports.beliefs[agreed, 0]):
            rows = np.flatnonzero(agreed & (reports.beliefs[:, 0] == belief))
            rule = self.rule(int(belief))
            allocation[rows], payments[rows] = rule.allocation[point[rows]], rule.payments[point[rows]]
        rewards = np.repeat(np.where(agreed, 0.0, -self.penalty)[:, None], n, axis=1)
        return Settled(allocation, payments, rewards, np.zeros(rounds))

    def rule(self, belief: int) -> Settled:
        """Return what the optimal mechanism for a belief, made strict by Lemma 1, does on every profile of the grid."""
        if belief not in self._rules:
            optimum = optimal_mechanism(self.environment, self.book[belief])
            allocation, payments = optimum.allocation, optimum.payments
            if self.delta:
                sold, paid = self.lottery(0).expect(self.environment.grid)
                allocation = (1.0 - self.delta) * allocation + self.delta * sold
                payments = (1.0 - self.delta) * payments + self.delta * paid
            self._rules[belief] = Settled(allocation, payments, np.zeros_like(payments), np.zeros(len(payments)))
        return self._rules[belief]

    def _check_beliefs(self, reports: Reports) -> None:
        for belief in np.unique(reports.beliefs):
            shape = self.book[int(belief)].shape
            if shape != self.environment.shape:
                raise ValueError(
                    f"a reported belief is about types of shape {shape}; unanimity asks about all players, "
                    f"of shape {self.environment.shape}"
                )
