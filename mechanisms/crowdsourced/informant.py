"""M: a random player informs, the optimal mechanism for her belief runs on the others.

The informant gets nothing, and is paid ``(eps / 2)(2 + BSR)`` for her belief about the others' values
[AzarChenMicali2012, section 3]_. Works in any downward-closed assignment environment. Any other truthful mechanism may
stand in for the optimal one (the paper's remarks in appendices B and F): `recipes.crowdsource_by_informant`.
"""

from __future__ import annotations

import math
from math import prod
from typing import Any, ClassVar

import numpy as np

from mechanisms import direct
from mechanisms.about import About
from mechanisms.beliefs import Uniforms
from mechanisms.beliefs.product import check_listed
from mechanisms.classical.optimal_auction import OptimalAuction
from mechanisms.crowdsourced.rewards import belief_reward
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.kept import Kept
from mechanisms.mechanism import Mechanism, Part, Setting, Settled
from mechanisms.optimal.optimum import TooLarge
from mechanisms.outcomes import Outcomes, Reports
from mechanisms.scoring import reward_rule

TABULATED = 1 << 22
KEPT = 1 << 17
SOLVED = 20_000_000


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
        players, kinds = setting.environment.players, max(setting.environment.shape)
        work = players**2 * kinds * self.classical.solves_prior
        if work > SOLVED:
            raise ValueError(
                f"{self.name} solves an auction of the others for each of {players:,} informants with up to {kinds:,} "
                f"types a player, some {work:,} steps, and the limit is {SOLVED:,}; M-lookahead solves none"
            )
        self.epsilon = epsilon
        self.score = reward_rule(score)
        self._options = options
        most = max(64, KEPT // setting.environment.players)
        self._rest: Kept[int, Environment] = Kept(most)
        self._rows: Kept[int, IntArray] = Kept(most)
        self._rules: dict[tuple[int, int], Outcomes] = {}
        self._inner: Kept[tuple[int, int], Mechanism] = Kept(most)

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

    def rest(self, informant: int) -> Environment:
        """Return the environment of everybody but the informant."""
        return self._rest.get(informant, lambda: self.environment.without(informant))

    def inner(self, informant: int, belief: int) -> Mechanism:
        """Return the others' mechanism for one reported belief.

        Raises
        ------
        ValueError : where it does not fit, naming what would do instead.
        """
        return self._inner.get((informant, belief), lambda: self._build(informant, belief))

    def _build(self, informant: int, belief: int) -> Mechanism:
        setting = Setting(self.rest(informant), self.book, self.book[belief])
        return self.classical(setting, **self._options)

    def rule(self, informant: int, belief: int) -> Outcomes:
        """Return what the others' mechanism for one reported belief does on every profile of theirs, in expectation.

        Raises
        ------
        ValueError : where their profiles are too many to list.
        """
        key = (informant, belief)
        if key not in self._rules:
            check_listed(self.rest(informant).shape)
            grid = self.rest(informant).grid
            self._rules[key] = self._on(informant, belief, grid)
        return self._rules[key]

    def _on(self, informant: int, belief: int, values: IntArray, *, sure: bool = False) -> Outcomes:
        """Return what the others' mechanism does at their announced types ``(rounds, players - 1)``, in expectation.

        With `sure` its allocations come as numbers where it tosses no coin.
        """
        reports = Reports(values, np.zeros_like(values))
        try:
            inner = self.inner(informant, belief)
            if not sure or inner.random_role or inner.random_allocation:
                return inner.expect(reports)
            settled = inner.settle_each(reports, direct.roles(inner, values, None))
            return Outcomes(settled.allocation, settled.payments, settled.rewards, None, settled.fallback)
        except TooLarge as error:
            instead = "M-lookahead, or M-myerson for independent values,"
            if not self.environment.single_good:
                instead = "M-vcg-reserves"
            raise ValueError(f"{self.name} needs OPT for a reported belief: {error}; {instead} needs none") from error

    def _tabulated(self, informant: int) -> bool:
        """Whether the others' mechanism is worked out on all their profiles."""
        rest = self.rest(informant)
        return prod(rest.shape) * len(rest.allocations) <= TABULATED

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Run the classical mechanism for `role`'s belief on the others, and pay her the score."""
        rounds, n = reports.values.shape
        rewards = np.zeros((rounds, n))
        if of is None or of == role:
            shape = self.environment.shape
            rewards[:, role] = belief_reward(self.book, shape, self.score, reports, role, scale=self.epsilon)
        if of == role:
            return Settled(np.zeros(rounds, dtype=np.int64), np.zeros((rounds, n)), rewards, np.zeros(rounds))
        found = self._tabled(reports, role) if self._tabulated(role) else self._worked_out(reports, role)
        payments = np.insert(found.payments, role, 0.0, axis=1)
        rows = self._allocation_rows(role)
        if found.allocation.ndim == 1:
            return Settled(rows[found.allocation.astype(np.int64)], payments, rewards, found.fallback)
        allocation = np.zeros((rounds, len(self.environment.allocations)))
        allocation[:, rows] = found.allocation
        return Settled(allocation, payments, rewards, found.fallback)

    def _tabled(self, reports: Reports, informant: int) -> Outcomes:
        """Look up what the others' mechanism does."""
        ids, inverse = np.unique(reports.beliefs[:, informant], return_inverse=True)
        point = self.rest(informant).flat(np.delete(reports.values, informant, axis=1))
        rules = [self.rule(informant, int(belief)) for belief in ids]
        allocation, payments, fallback = (
            np.stack([getattr(rule, name) for rule in rules])[inverse, point]
            for name in ("allocation", "payments", "fallback")
        )
        return Outcomes(allocation, payments, np.zeros_like(payments), None, fallback)

    def _worked_out(self, reports: Reports, informant: int) -> Outcomes:
        """Run the others' mechanism on the reported profiles."""
        told = np.delete(reports.values, informant, axis=1)
        ids, inverse = np.unique(reports.beliefs[:, informant], return_inverse=True)
        if len(ids) == 1:
            return self._on(informant, int(ids[0]), told, sure=True)
        places = [np.flatnonzero(inverse == k) for k in range(len(ids))]
        parts = [self._on(informant, int(k), told[at], sure=True) for k, at in zip(ids, places, strict=True)]
        back = np.argsort(np.concatenate(places))
        allocation, payments, rewards, fallback = (
            np.concatenate([getattr(part, name) for part in parts])[back]
            for name in ("allocation", "payments", "rewards", "fallback")
        )
        return Outcomes(allocation, payments, rewards, None, fallback)

    def _allocation_rows(self, informant: int) -> IntArray:
        """Return which allocation of the whole environment each allocation of the others is."""
        return self._rows.get(informant, lambda: self._matched(informant))

    def _matched(self, informant: int) -> IntArray:
        if self.environment.single_good:
            return np.delete(np.arange(self.environment.players + 1), informant + 1)
        whole = {tuple(row): k for k, row in enumerate(self.environment.allocations.tolist())}
        rest = self.rest(informant).allocations.tolist()
        return np.array([whole[(*row[:informant], 0, *row[informant:])] for row in rest])

    def guarantee(self, opt: float) -> float | None:
        """Return ``(1 - delta)(1 - 1/n) b OPT - epsilon``, b being the classical share with a player fewer.

        Theorem 1, with Lemma 1's factor, where b is 1. For another mechanism: what the others pay in OPT is no more
        than their own OPT once the informant's value is known, and that no more than their OPT in her cells. So what
        earns a share b of OPT whatever the distribution is keeps that share of the others' part.
        """
        about = self._setting.prior.marginal(range(1, self.environment.players))
        share = self.classical(Setting(self.rest(0), self.book, about), **self._options).share
        if share is None:
            return None
        return (1.0 - self.delta) * (1.0 - 1.0 / self.environment.players) * share * opt - self.epsilon
