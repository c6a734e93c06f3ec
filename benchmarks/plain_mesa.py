"""M and L as a plain Mesa model: Python agents, one round a step, no arrays.

It is written the way a careful Mesa user would: beliefs are dictionaries built once for each thing that a bidder can
see, prices are remembered by bidder, beliefs and bids, and M's optimal mechanisms are solved beforehand. Nothing
is collected but running sums. Only that last table comes from the package; all else is written anew, so that its
revenue is also a check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import itemgetter

import mesa

Profile = tuple[int, ...]


@dataclass(eq=False)
class Belief:
    """A distribution of the others' values in a dictionary; each is made once and told apart by identity."""

    chances: dict[Profile, float]
    norm: float = field(init=False)

    def __post_init__(self) -> None:
        self.norm = sum(p * p for p in self.chances.values())


@dataclass(frozen=True)
class Sale:
    """One lot of an optimal mechanism's lottery: up to which coin `buyer` is served, and for what."""

    edge: float
    buyer: int
    payment: float


Optimum = Mapping[Profile, Sequence[Sale]]


def without(profile: Profile, seat: int) -> Profile:
    """Return a profile without one seat."""
    return profile[:seat] + profile[seat + 1 :]


class Bidder(mesa.Agent):
    """A bidder who tells the truth.

    Parameters
    ----------
    seat : her number.
    seen : the seats whose values she knows, her own first.
    posteriors : her belief by what she sees.
    """

    def __init__(self, model: mesa.Model, seat: int, seen: Sequence[int], posteriors: dict[object, Belief]) -> None:
        super().__init__(model)
        self.seat = seat
        self.look = itemgetter(*seen)
        self.posteriors = posteriors
        self.wealth = 0.0

    def observe(self, profile: Profile) -> None:
        """Learn her value and what she knows of the others."""
        self.value = profile[self.seat]
        self.posterior = self.posteriors[self.look(profile)]

    def report(self) -> tuple[int, Belief]:
        """Announce value and belief."""
        return self.value, self.posterior

    def settle(self, buyer: int, payment: float, reward: float) -> None:
        """Take the good, pay and be paid."""
        if self.seat == buyer:
            self.wealth += self.value - payment
        self.wealth += reward


class Auction(mesa.Model):
    """What M and L share: nature, Lemma 1's lottery and the books.

    Parameters
    ----------
    prior : the probability of each profile of values.
    seen : per bidder, the seats whose values she knows, her own first.
    """

    def __init__(
        self,
        prior: Mapping[Profile, float],
        seen: Sequence[Sequence[int]],
        *,
        epsilon: float,
        delta: float,
        discount: float,
        seed: int,
    ) -> None:
        super().__init__(rng=seed)
        self.n = len(seen)
        self.epsilon, self.delta, self.discount = epsilon, delta, discount
        self.profiles = list(prior)
        self.edges = list(accumulate(prior.values()))
        self.grids = [sorted({profile[i] for profile in prior}) for i in range(self.n)]
        beliefs = [posteriors(prior, i, look) for i, look in enumerate(seen)]
        Bidder.create_agents(self, self.n, list(range(self.n)), list(seen), beliefs)
        self.rounds = 0
        self.revenue = self.revenue_squared = 0.0

    def step(self) -> None:
        """Play one round."""
        profile = self.random.choices(self.profiles, cum_weights=self.edges)[0]
        self.agents.do("observe", profile)
        bids, beliefs = zip(*self.agents.map("report"), strict=True)
        buyer, payment, rewards = self.run(bids, beliefs)
        for bidder, reward in zip(self.agents, rewards, strict=True):
            bidder.settle(buyer, payment, reward)
        revenue = payment - sum(rewards)
        self.rounds += 1
        self.revenue += revenue
        self.revenue_squared += revenue * revenue

    def run(self, bids: Profile, beliefs: tuple[Belief, ...]) -> tuple[int, float, list[float]]:
        """Return who buys (-1 for nobody), for what, and everybody's reward."""
        raise NotImplementedError

    def score(self, seat: int, bids: Profile, belief: Belief) -> float:
        """Return a belief's Brier reward, between 0 and 1."""
        return 0.5 * (1.0 + 2.0 * belief.chances.get(without(bids, seat), 0.0) - belief.norm)

    def lottery(self, players: Sequence[int], prices: Sequence[int], bids: Profile) -> tuple[int, float]:
        """Run Lemma 1's lottery: a random player may buy at a random price, less the discount."""
        player, price = self.random.choice(players), self.random.choice(prices)
        return (player, price - self.discount) if bids[player] >= price else (-1, 0.0)

    def price_set(self, players: Sequence[int]) -> list[int]:
        """Return the lottery's prices."""
        return sorted({value for i in players for value in self.grids[i]})


class CrowdLookahead(Auction):
    """L, repaired: the highest bidder is offered the lookahead price for the others' beliefs put together.

    Parameters
    ----------
    remember : keep every price by bidder, bids and beliefs; False works it out anew each round.
    """

    def __init__(self, *arguments: object, remember: bool = True, **options: object) -> None:
        super().__init__(*arguments, **options)
        self.remember = remember
        self.everybody = range(self.n)
        self.prices = self.price_set(self.everybody)
        self.offers: dict[tuple, float] = {}

    def run(self, bids: Profile, beliefs: tuple[Belief, ...]) -> tuple[int, float, list[float]]:
        """Pay everybody the score, and sell by the lottery or to the highest bidder."""
        share = self.epsilon / self.n
        rewards = [share * self.score(i, bids, belief) for i, belief in enumerate(beliefs)]
        if self.random.random() < self.delta:
            return *self.lottery(self.everybody, self.prices, bids), rewards
        top = bids.index(max(bids))
        price = self.recall(top, bids, beliefs) if self.remember else self.offer(top, bids, beliefs)
        return (top, price, rewards) if bids[top] >= price else (-1, 0.0, rewards)

    def recall(self, top: int, bids: Profile, beliefs: tuple[Belief, ...]) -> float:
        """Return the offer, worked out at first need."""
        key = (top, bids, beliefs)
        if key not in self.offers:
            self.offers[key] = self.offer(top, bids, beliefs)
        return self.offers[key]

    def offer(self, top: int, bids: Profile, beliefs: tuple[Belief, ...]) -> float:
        """Return the price that earns most, given that `top` is the chosen highest bidder; the lowest of several."""
        weights = self.aggregate(top, bids, beliefs)
        weights = [w if self.would_win(top, v, bids) else 0.0 for v, w in zip(self.grids[top], weights, strict=True)]
        if sum(weights) <= 0.0:
            return max(without(bids, top))
        incomes = [price * sum(weights[k:]) for k, price in enumerate(self.grids[top])]
        best = max(incomes) * (1.0 - 1e-12)
        return next(price for price, income in zip(self.grids[top], incomes, strict=True) if income >= best)

    def aggregate(self, top: int, bids: Profile, beliefs: tuple[Belief, ...]) -> list[float]:
        """Return the first reporter's weights of `top`'s values, where all the others think them possible."""
        profiles = [(*bids[:top], value, *bids[top + 1 :]) for value in self.grids[top]]
        rows = [[beliefs[j].chances.get(without(p, j), 0.0) for p in profiles] for j in range(self.n) if j != top]
        agreed = [all(column) for column in zip(*rows, strict=True)]
        return [w if ok or not any(agreed) else 0.0 for w, ok in zip(rows[0], agreed, strict=True)]

    def would_win(self, top: int, value: int, bids: Profile) -> bool:
        """Return whether `top` would be chosen with another value, ties going to the lowest seat."""
        profile = (*bids[:top], value, *bids[top + 1 :])
        return profile.index(max(profile)) == top


class Informant(Auction):
    """M: a random bidder informs, and the optimal mechanism for her belief runs on the others.

    Parameters
    ----------
    solve : gives the optimal mechanism of the others for a seat's belief; asked once for each, beforehand.
    """

    def __init__(self, *arguments: object, solve: Callable[[int, Belief], Optimum], **options: object) -> None:
        super().__init__(*arguments, **options)
        self.optima = {b: solve(bidder.seat, b) for bidder in self.agents for b in bidder.posteriors.values()}
        self.others = [[j for j in range(self.n) if j != i] for i in range(self.n)]
        self.prices = [self.price_set(players) for players in self.others]

    def run(self, bids: Profile, beliefs: tuple[Belief, ...]) -> tuple[int, float, list[float]]:
        """Pay the informant the score, and sell to the others by the lottery or the optimum."""
        informant = self.random.randrange(self.n)
        rewards = [0.0] * self.n
        rewards[informant] = self.epsilon * self.score(informant, bids, beliefs[informant])
        if self.random.random() < self.delta:
            return *self.lottery(self.others[informant], self.prices[informant], bids), rewards
        coin = self.random.random()
        for sale in self.optima[beliefs[informant]][without(bids, informant)]:
            if coin < sale.edge:
                return sale.buyer, sale.payment, rewards
        return -1, 0.0, rewards


def posteriors(prior: Mapping[Profile, float], seat: int, seen: Sequence[int]) -> dict[object, Belief]:
    """Return a bidder's belief about the others' values, by what she sees."""
    look, found = itemgetter(*seen), {}
    for profile, weight in prior.items():
        cell = found.setdefault(look(profile), {})
        others = without(profile, seat)
        cell[others] = cell.get(others, 0.0) + weight
    totals = {view: sum(cell.values()) for view, cell in found.items()}
    return {view: Belief({p: w / totals[view] for p, w in cell.items()}) for view, cell in found.items()}
