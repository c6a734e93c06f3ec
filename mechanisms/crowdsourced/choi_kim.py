"""A public good for a planner who knows no distribution: each player's is announced by somebody else [ChoiKim1999]_.

The paper shows that the efficient decision can be had without knowing the distribution, where values are
independent and each player's distribution is known to another. The rule here is a construction of that kind:
the expected-externality mechanism [dAspremontGerardVaret1979]_, with announced beliefs in place of the prior, so
arranged that nobody's own money depends on the belief she announces. Players sit in a circle, and each announces what
she believes; of that, what she believes of the player before her is used.

The good is provided where announced values exceed its cost, of which each bears an equal share. Player i is paid what
the others expect to have of the decision, their shares taken off, given what she and the player before her
announce, with the other values drawn from the announced beliefs. The player after her pays that. It depends neither on
a belief that one of these two announces nor on the payer's value. So the budget balances whatever is announced; truth
about values is a best reply where the announced beliefs are right; and beliefs cost their announcers nothing. A
proper score of at most ``epsilon / n``, paid from outside the budget, makes the true belief strictly best.

References
----------
.. [ChoiKim1999] J. Choi, T. Kim, A nonparametric, efficient public good decision mechanism: undominated Bayesian
   implementation, Games and Economic Behavior 27.
.. [dAspremontGerardVaret1979] C. d'Aspremont, L.-A. Gerard-Varet, Incentives and incomplete information, Journal of
   Public Economics 11.
"""

from __future__ import annotations

import math

import numpy as np

from mechanisms.about import About
from mechanisms.beliefs import Belief
from mechanisms.classical.monopoly import marginal_weights
from mechanisms.classical.public_good import PublicGoodMechanism
from mechanisms.crowdsourced.rewards import belief_reward
from mechanisms.distinct import distinct_rows
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.mechanism import Part, Setting, Settled
from mechanisms.outcomes import Reports
from mechanisms.scoring import reward_rule


class ChoiKim(PublicGoodMechanism):
    """Efficient, balanced, and free of the prior: beliefs about a player come from the player after her.

    Parameters
    ----------
    cost : what the good costs, money.
    epsilon : the most that beliefs are paid, money, from outside the budget; 0 leaves their announcers indifferent.
    score : "brier", "spherical" or "logarithmic".
    """

    name = "choi-kim"
    summary = "public good: the expected externality by what others announce of each player; the budget balances"
    solution = "equilibrium"
    participation = "none"
    elicits_beliefs = True
    about = About(
        source="Choi, Kim 1999 (its aim; the rules are ours); d'Aspremont, Gerard-Varet 1979",
        seller="nothing",
        players="their own value, and the distribution of the player before them",
        promises="efficient in equilibrium, the budget balanced in every case but for epsilon paid for beliefs",
        fails="correlated values; a wrong belief about one misleads the others; any player may lose by taking part",
    )

    def __init__(self, setting: Setting, *, cost: int = 0, epsilon: float = 0.0, score: str = "brier") -> None:
        super().__init__(setting, cost=cost)
        if not 0.0 <= epsilon < math.inf:
            raise ValueError(f"epsilon must be a number from 0 up, not {epsilon}")
        self.epsilon = epsilon
        self.score = reward_rule(score)

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why it does not work in an environment."""
        if environment.players < 3:
            return "needs three players, of whom one says what she believes of another, and a third is paid by it"
        return super().unfit(environment)

    def parts(self, player: int) -> tuple[Part, ...]:
        """Return the trade, which the player's own belief does not enter, and the reward for that belief."""
        everybody = tuple(range(self.environment.players))
        others = tuple(j for j in everybody if j != player)
        return (Part(everybody, others, rewards=False), Part(others, (player,), trade=False))

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Decide, share the cost, and let each be paid her expected externality by the player after her."""
        n, shape = self.environment.players, self.environment.shape
        provided = self.provided(self.bids(reports.values))
        payments = np.tile((provided * self.cost / n)[:, None], (1, n))
        for i in range(n):
            externality = self._externality(reports, i)
            payments[:, i] -= externality
            payments[:, (i + 1) % n] += externality
        scores = [belief_reward(self.book, shape, self.score, reports, j, scale=self.epsilon / n) for j in range(n)]
        return Settled(provided, payments, np.stack(scores, axis=1), np.zeros(len(reports)))

    def _externality(self, reports: Reports, player: int) -> FloatArray:
        """Return ``(rounds,)``: what the others expect of the decision, given the player and the one before her."""
        n = self.environment.players
        before = (player - 1) % n
        unknown = [(player + step) % n for step in range(1, n - 1)]
        announcers = [(j + 1) % n for j in unknown]
        first, inverse = distinct_rows(reports.beliefs[:, announcers])
        own, other = (self.environment.values[i][reports.values[:, i]] for i in (player, before))
        externality = np.zeros(len(reports))
        for number, row in enumerate(reports.beliefs[first]):
            sums, chances = self._sums(unknown, [self.book[int(row[k])] for k in announcers])
            rounds = inverse == number
            others = other[rounds, None] + sums
            decided = own[rounds, None] + others > self.cost
            externality[rounds] = (decided * (others - self.cost * (n - 1) / n)) @ chances
        return externality

    def _sums(self, unknown: list[int], told: list[Belief]) -> tuple[IntArray, FloatArray]:
        """Return what the values of some players may add up to, and how likely each sum is by what is told of them."""
        sums, chances = np.zeros(1, dtype=np.int64), np.ones(1)
        for j, belief in zip(unknown, told, strict=True):
            announcer = (j + 1) % self.environment.players
            grid = self.environment.values[j]
            weights = marginal_weights(belief, j if j < announcer else j - 1)
            sums = np.add.outer(sums, grid).ravel()
            chances = np.multiply.outer(chances, weights).ravel()
        return sums, chances
