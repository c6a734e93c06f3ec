"""The second-belief mechanism: the good is sold at the second-highest value that anybody is sure of [ChenMicali2011]_.

A belief is a set of profiles that its owner thinks possible; an announced distribution stands for its support. Her
*sure value* is the most that somebody, she or another, values the good at in every one of them,
``min over possible profiles of the highest value``: she need not know whose it is. The highest announcement of a sure
value wins the good and pays the second-highest one, which is never below the second-highest value and can be as high
as the highest. Everybody is paid a little, more for a higher sure value.

To announce less than her own value is strictly dominated, because of that payment. Once nobody does, a player who is
sure of more than her own value can announce it safely: someone else outbids her, or ties with her by a value of her own
and then goes first. What survives these two rounds earns the second-highest sure value, less epsilon. It need not be
the truth: one who knows that no value lies between hers and another announces a little more and is paid a little more.
Truth is therefore an equilibrium for epsilon 0, and the guarantee is about what survives, not about truth.

The outcome rule and the payment were chosen for these properties; the papers' own may differ in detail. The payment
rises with the announcement, and is less for a belief than for the same value of one's own, as in [ChenMicaliPass2015]_.
Here a player announces her value and a belief, so that her sure value is hers if it equals the value that she
announced. Remaining ties go to the lowest index.

References
----------
.. [ChenMicali2011] J. Chen, S. Micali, Mechanism design with set-theoretic beliefs, FOCS 2011.
.. [ChenMicaliPass2015] J. Chen, S. Micali, R. Pass, Tight revenue bounds with possibilistic beliefs and level-k
   rationality, Econometrica 83.
"""

from __future__ import annotations

import math

import numpy as np

from mechanisms.about import About
from mechanisms.beliefs import Belief, Mixture, Product
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.mechanism import Mechanism, Setting, Settled
from mechanisms.outcomes import Reports


def surely_among_others(environment: Environment, player: int, belief: Belief) -> int:
    """Return the money that some other player surely has the good worth, by a belief about all others.

    Raises
    ------
    ValueError : if the belief is about other grids than theirs.
    """
    others = [j for j in range(environment.players) if j != player]
    shape = tuple(environment.shape[j] for j in others)
    if belief.shape != shape:
        raise ValueError(f"player {player}'s belief is about types of shape {belief.shape}, not the others' {shape}")
    if isinstance(belief, Mixture):
        return min(surely_among_others(environment, player, part) for part in belief.components)
    if isinstance(belief, Product):
        return int(max(environment.values[j][f > 0.0].min() for j, f in zip(others, belief.factors, strict=True)))
    money = np.stack([environment.values[j][belief.support[:, k]] for k, j in enumerate(others)], axis=1)
    return int(money.max(axis=1).min())


def second_highest(sure: IntArray) -> IntArray:
    """Return the second-belief benchmark of sure values ``(rounds, players)``.

    >>> second_highest(np.array([[3, 7, 7], [1, 4, 2]]))
    array([7, 2])
    """
    return np.sort(sure, axis=1)[:, -2]


class SecondBelief(Mechanism):
    """The highest sure value wins and pays the second-highest.

    Parameters
    ----------
    epsilon : the most that announcements are paid in all, money; nobody is paid less than ``epsilon / 2n``.

    Raises
    ------
    ValueError : with one player, who has nobody to know anything about.
    """

    name = "second-belief"
    summary = "the good is sold at the second-highest value that any player is sure somebody has"
    solution = "none"
    participation = "interim"
    about = About(
        source="Chen, Micali 2011 (its benchmark; details are ours)",
        seller="nothing",
        players="their own value, and profiles that they rule out",
        promises="(1 - delta) of the second-highest sure value, less epsilon, from whatever survives elimination",
        fails="a false belief, or a rival who bids below her value, makes a player buy above her own value",
    )
    elicits_beliefs = True
    has_role = False

    def __init__(self, setting: Setting, *, epsilon: float, delta: float = 0.0, discount: float = 0.5) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        if not 0.0 <= epsilon < math.inf:
            raise ValueError(f"epsilon must be a number from 0 up, not {epsilon}")
        if setting.environment.players < 2:
            raise ValueError(f"{self.name} needs at least two players, one to know something of the other")
        self.epsilon = epsilon
        self._known: dict[tuple[int, int], int] = {}

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why it does not work in an environment."""
        return None if environment.single_good else "sells a single good, and this environment is not built as one"

    def sure_values(self, reports: Reports) -> IntArray:
        """Return ``(rounds, players)``: the most that each is sure somebody has the good worth, money."""
        return np.stack([self._sure_value(reports, i) for i in range(self.environment.players)], axis=1)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell to the highest sure value, one's own value before another's, at the second-highest."""
        sure, own = self.sure_values(reports), self.bids(reports.values)
        order = 2 * sure + (sure == own)
        winner = order.argmax(axis=1)
        payments = np.zeros(sure.shape)
        payments[np.arange(len(sure)), winner] = second_highest(sure)
        return Settled(winner + 1, payments, self._rewards(sure, own), np.zeros(len(sure)))

    def _rewards(self, sure: IntArray, own: IntArray) -> FloatArray:
        share = self.epsilon / (2 * self.environment.players)
        return share * (1.0 + sure / (1.0 + sure) - (sure > own) / (2.0 * (1.0 + sure) ** 2))

    def _sure_value(self, reports: Reports, player: int) -> IntArray:
        ids, inverse = np.unique(reports.beliefs[:, player], return_inverse=True)
        known = np.array([self._known_of(player, int(belief)) for belief in ids], dtype=np.int64)
        own = self.environment.values[player][reports.values[:, player]]
        return np.maximum(own, known[inverse])

    def _known_of(self, player: int, belief: int) -> int:
        key = (player, belief)
        if key not in self._known:
            self._known[key] = surely_among_others(self.environment, player, self.book[belief])
        return self._known[key]
