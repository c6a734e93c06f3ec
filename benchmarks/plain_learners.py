"""Bidders who learn in M and L as a plain Mesa model: Python agents, one world, one round a step, no arrays.

What every report would have earned against each announcement of the rivals is worked out once, beforehand, by the rules
of `plain_mesa`, and looked up in a dictionary; or anew each round, where that is asked for. The learning rules are in
`plain_rules`. Nothing is shared with the package, so that what comes of it is a check too. Each bidder sees her own
value only, and can announce every value with the belief of every one of her types.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import plain_mesa
from plain_mesa import Belief, Profile, without
from plain_rules import Rule

Announced = tuple[int, Belief]


class Learner(plain_mesa.Bidder):
    """A bidder who learns what to announce, by her type.

    Parameters
    ----------
    bounds : the least and the most that each of her types can earn.
    """

    def __init__(
        self, model: Learning, seat: int, posteriors: dict[int, Belief], bounds: dict[int, tuple[float, float]]
    ) -> None:
        super().__init__(model, seat, (seat,), posteriors)
        self.options: list[Announced] = list(product(posteriors, posteriors.values()))
        self.numbers = range(len(self.options))
        self.bounds = bounds
        self.truths = 0

    def restart(self, rule: type[Rule]) -> None:
        """Forget everything."""
        self.rules = {value: rule(len(self.options), *bounds) for value, bounds in self.bounds.items()}
        self.truths = 0

    def report(self) -> Announced:
        """Draw a report from the mix."""
        self.rule = self.rules[self.value]
        self.mix = self.rule.mix()
        self.chosen = self.model.random.choices(self.numbers, self.mix)[0]
        told = self.options[self.chosen]
        self.truths += told[0] == self.value and told[1] is self.posterior
        return told

    def settle(self, buyer: int, payment: float, reward: float) -> None:
        """Note what the round earned."""
        before = self.wealth
        super().settle(buyer, payment, reward)
        self.earned = self.wealth - before

    def learn(self, bids: Profile, beliefs: tuple[Belief, ...]) -> None:
        """Learn from the round."""
        seen = self.model.seen(self, without(bids, self.seat), without(beliefs, self.seat)) if self.rule.full else ()
        self.rule.learn(self.mix, self.chosen, self.earned, seen)


class Learning(plain_mesa.Auction):
    """What M and L with learners share: the table of payoffs.

    Parameters
    ----------
    bounds : per seat, by value, the least and the most that can be earned.

    Attributes
    ----------
    payoffs : per seat, what every report earns, by own value and by the others' bids and beliefs.
    remember : whether it is looked up there.
    """

    remember = True

    def __init__(self, *arguments: object, bounds: Sequence[dict[int, tuple[float, float]]], **options: object) -> None:
        super().__init__(*arguments, **options)
        truthful = list(self.agents)
        for bidder, of_seat in zip(truthful, bounds, strict=True):
            bidder.remove()
            Learner(self, bidder.seat, bidder.posteriors, of_seat)
        self.payoffs = [self.table(bidder) for bidder in self.agents]

    def restart(self, rule: type[Rule]) -> None:
        """Begin a new world."""
        self.agents.do("restart", rule)
        self.rounds = 0
        self.revenue = self.revenue_squared = 0.0

    def step(self) -> None:
        """Play one round, and learn from it."""
        super().step()
        self.agents.do("learn", *self.told)

    def run(self, bids: Profile, beliefs: tuple[Belief, ...]) -> tuple[int, float, list[float]]:
        """Run the auction, and keep what was announced."""
        self.told = bids, beliefs
        return super().run(bids, beliefs)

    def table(self, bidder: Learner) -> dict[object, list[float]]:
        """Return a bidder's payoffs."""
        others = [other.options for other in self.agents if other is not bidder]
        announced = [tuple(zip(*told, strict=True)) for told in product(*others)]
        return {
            (value, bids, beliefs): self.row(bidder, value, bids, beliefs)
            for bids, beliefs in announced
            for value in bidder.posteriors
        }

    def row(self, bidder: Learner, value: int, bids: Profile, beliefs: tuple[Belief, ...]) -> list[float]:
        """Return what every report of a bidder earns against the others'."""
        seat = bidder.seat
        return [
            self.worth(seat, value, with_seat(bids, seat, bid), with_seat(beliefs, seat, belief))
            for bid, belief in bidder.options
        ]

    def seen(self, bidder: Learner, bids: Profile, beliefs: tuple[Belief, ...]) -> list[float]:
        """Return the same, looked up if that is allowed."""
        if self.remember:
            return self.payoffs[bidder.seat][bidder.value, bids, beliefs]
        return self.row(bidder, bidder.value, bids, beliefs)

    def worth(self, seat: int, value: int, bids: Profile, beliefs: tuple[Belief, ...]) -> float:
        """Return what a bidder earns in expectation over the coins."""
        raise NotImplementedError

    def gamble(self, seat: int, value: int, bid: int, players: Sequence[int], prices: Sequence[int]) -> float:
        """Return what Lemma 1's lottery is worth."""
        if seat not in players:
            return 0.0
        return sum(value - price + self.discount for price in prices if bid >= price) / len(prices) / len(players)


def with_seat(others: tuple, seat: int, own: object) -> tuple:
    """Return a profile with a seat's own entry put in."""
    return (*others[:seat], own, *others[seat:])


class CrowdLookahead(Learning, plain_mesa.CrowdLookahead):
    """L, repaired, with learners."""

    def worth(self, seat: int, value: int, bids: Profile, beliefs: tuple[Belief, ...]) -> float:
        """Return what a bidder earns in expectation over the coins."""
        reward = self.epsilon / self.n * self.score(seat, bids, beliefs[seat])
        chance = self.gamble(seat, value, bids[seat], self.everybody, self.prices)
        top = bids.index(max(bids))
        sale = 0.0
        if top == seat:
            price = self.recall(top, bids, beliefs) if self.remember else self.offer(top, bids, beliefs)
            sale = value - price if bids[top] >= price else 0.0
        return reward + self.delta * chance + (1.0 - self.delta) * sale


class Informant(Learning, plain_mesa.Informant):
    """M with learners."""

    def worth(self, seat: int, value: int, bids: Profile, beliefs: tuple[Belief, ...]) -> float:
        """Return what a bidder earns in expectation over the coins."""
        total = self.epsilon * self.score(seat, bids, beliefs[seat])
        for informant, belief in enumerate(beliefs):
            if informant == seat:
                continue
            total += self.delta * self.gamble(seat, value, bids[seat], self.others[informant], self.prices[informant])
            below = 0.0
            for sale in self.optima[belief][without(bids, informant)]:
                if sale.buyer == seat:
                    total += (1.0 - self.delta) * (sale.edge - below) * (value - sale.payment)
                below = sale.edge
        return total / self.n


MODELS: dict[str, Callable[..., Learning]] = {"L": CrowdLookahead, "M": Informant}
