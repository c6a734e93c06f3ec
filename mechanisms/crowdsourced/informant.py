"""M: a random player informs, the optimal mechanism for her belief runs on the others.

The informant gets nothing, and is paid ``(eps / 2)(2 + BSR)`` for her belief about the others' values
[AzarChenMicali2012, section 3]_. Works in any downward-closed assignment environment. Any other truthful mechanism may
stand in for the optimal one (the paper's remarks in appendices B and F): `recipes.crowdsource_by_informant`.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from mechanisms.about import About
from mechanisms.beliefs import Uniforms, independent
from mechanisms.classical.optimal_auction import OptimalAuction
from mechanisms.crowdsourced.rewards import belief_reward
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.mechanism import Mechanism, Part, Setting, Settled
from mechanisms.outcomes import Outcomes, Reports
from mechanisms.scoring import reward_rule


class Informant(Mechanism):
    """M over any assignment environment, its classical mechanism worked out once for each distinct reported belief.

    Parameters
    ----------
    epsilon : the most that the informant is paid, money.
    delta, discount : of Lemma 1, applied to the mechanism that the others play.
    score : "brier", "spherical" or "logarithmic".
    options : of the classical mechanism.

    Raises
    ------
    ValueError : with one player, or where the environment is not downward closed: taking the informant out
        would then not be feasible.
    """

    name = "M"
    summary = "a random player informs and is paid the score; the others play the optimal mechanism for her belief"
    classical: ClassVar[type[Mechanism]] = OptimalAuction
    about = About(
        source="Azar, Chen, Micali 2012, section 3",
        seller="nothing",
        players="their own value, and any fact about the rest",
        promises="(1 - delta)(1 - 1/n) OPT - epsilon, downward-closed environments; second-order beliefs may be wrong",
        fails="two bidders, where it may earn half of OPT; rings; environments that are not downward closed",
    )
    solution = "two-step"
    stage = "before-values"
    elicits_beliefs = True
    random_allocation = True

    def __init__(
        self,
        setting: Setting,
        *,
        epsilon: float,
        delta: float = 0.0,
        discount: float = 0.5,
        score: str = "brier",
        **options: Any,
    ) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        if not 0.0 <= epsilon < math.inf:
            raise ValueError(f"epsilon must be a number from 0 up, not {epsilon}")
        if setting.environment.players < 2:
            raise ValueError(f"{self.name} needs at least two players, one to inform about the others")
        self.epsilon = epsilon
        self.score = reward_rule(score)
        players = range(setting.environment.players)
        self._rest = [setting.environment.without(i) for i in players]
        self._rows = [self._allocation_rows(i) for i in players]
        self._options = options
        self._rules: dict[tuple[int, int], Outcomes] = {}

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why it does not work in an environment."""
        if not environment.downward_closed:
            return "takes the informant out, and this environment is not downward closed"
        return cls.classical.unfit(environment)

    @property
    def random_role(self) -> bool:
        """The informant is drawn uniformly."""
        return True

    def role_probabilities(self, values: IntArray) -> FloatArray:
        """Return ``1 / n`` for everybody."""
        return np.full(values.shape, 1.0 / values.shape[1])

    def draw_role(self, values: IntArray, rng: Uniforms) -> IntArray:
        """Return the informant in each round, ``(rounds,)``."""
        n = self.environment.players
        return np.minimum((rng.random(len(values)) * n).astype(np.int64), n - 1)

    def lottery_players(self, role: int) -> tuple[int, ...]:
        """Return everybody but the informant."""
        return tuple(i for i in range(self.environment.players) if i != role)

    def parts(self, player: int) -> tuple[Part, ...]:
        """Return a term for each informant: only the others' values and her own belief matter."""
        n = self.environment.players
        return tuple(Part(self.lottery_players(role), (role,), role=role, chance=1.0 / n) for role in range(n))

    def rule(self, informant: int, belief: int) -> Outcomes:
        """Return what the others' mechanism for one reported belief does on every profile of theirs, in expectation."""
        key = (informant, belief)
        if key not in self._rules:
            setting = Setting(self._rest[informant], self.book, self.book[belief])
            grid = setting.environment.grid
            inner = self.classical(setting, **self._options)
            self._rules[key] = inner.expect(Reports(grid, np.zeros_like(grid)))
        return self._rules[key]

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Run the classical mechanism for `role`'s belief on the others, and pay her the score."""
        rounds, n = reports.values.shape
        rewards = np.zeros((rounds, n))
        if of is None or of == role:
            shape = self.environment.shape
            rewards[:, role] = belief_reward(self.book, shape, self.score, reports, role, scale=self.epsilon)
        allocation, payments = np.zeros((rounds, len(self.environment.allocations))), np.zeros((rounds, n))
        if of == role:
            allocation[:, 0] = 1.0
        else:
            self._run_on_others(reports, role, allocation, payments)
        return Settled(allocation, payments, rewards, np.zeros(rounds))

    def _run_on_others(self, reports: Reports, informant: int, allocation: FloatArray, payments: FloatArray) -> None:
        others = [i for i in range(self.environment.players) if i != informant]
        ids, inverse = np.unique(reports.beliefs[:, informant], return_inverse=True)
        point = self._rest[informant].flat(reports.values[:, others])
        rules = [self.rule(informant, int(belief)) for belief in ids]
        allocation[:, self._rows[informant]] = np.stack([r.allocation for r in rules])[inverse, point]
        payments[:, others] = np.stack([r.payments for r in rules])[inverse, point]

    def _allocation_rows(self, informant: int) -> IntArray:
        """Return which allocation of the whole environment each allocation of the others is."""
        whole = {tuple(row): k for k, row in enumerate(self.environment.allocations.tolist())}
        return np.array(
            [whole[(*row[:informant], 0, *row[informant:])] for row in self._rest[informant].allocations.tolist()]
        )

    def guarantee(self, opt: float) -> float | None:
        """Return ``(1 - delta)(1 - 1/n) b OPT - epsilon``, b being the classical share with a player fewer.

        Theorem 1, with Lemma 1's factor, where b is 1. For another mechanism: what the others pay in OPT is no more
        than their own OPT once the informant's value is known, and that no more than their OPT in her cells. So what
        earns a share b of OPT whatever the distribution is keeps that share of the others' part.
        """
        rest = self._rest[0]
        uniform = independent([np.full(size, 1.0 / size) for size in rest.shape])
        share = self.classical(Setting(rest, self.book, uniform), **self._options).share
        if share is None:
            return None
        return (1.0 - self.delta) * (1.0 - 1.0 / self.environment.players) * share * opt - self.epsilon
