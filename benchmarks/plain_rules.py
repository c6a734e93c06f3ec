"""Learning rules for one type of one bidder in plain Python, written from their definitions."""

from __future__ import annotations

from collections.abc import Sequence
from math import e, exp, log, sqrt


class Rule:
    """A learner for one type of one bidder.

    Parameters
    ----------
    options : how many reports there are.
    low, high : bounds of the payoffs.

    Attributes
    ----------
    full : whether it is shown what every report would have earned.
    """

    full = False

    def __init__(self, options: int, low: float, high: float) -> None:
        self.everything = range(options)
        self.low, self.span = low, high - low
        self.scores = [0.0] * options
        self.turn = 1
        self.prepare()

    def prepare(self) -> None:
        """Make what else is remembered."""

    def mix(self) -> list[float]:
        """Return the probability of every report."""
        raise NotImplementedError

    def best(self, scores: Sequence[float]) -> list[float]:
        """Return the even mix of the reports whose scores are the highest."""
        edge = max(scores) - 1e-12 * self.span
        winners = [score >= edge for score in scores]
        share = 1.0 / sum(winners)
        return [share if wins else 0.0 for wins in winners]

    def softmax(self, scores: Sequence[float]) -> list[float]:
        """Return the mix in proportion to the exponential of scores."""
        top = max(scores)
        weights = [exp(score - top) for score in scores]
        total = sum(weights)
        return [weight / total for weight in weights]


class Full(Rule):
    """A learner that is shown what every report would have earned."""

    full = True

    def learn(self, mix: list[float], chosen: int, payoff: float, payoffs: Sequence[float]) -> None:
        """Add it up."""
        self.scores = [score + more for score, more in zip(self.scores, payoffs, strict=True)]
        self.turn += 1


class Hedge(Full):
    """Exponential weights at the rate for an unknown horizon."""

    def mix(self) -> list[float]:
        """Return the weights."""
        rate = sqrt(8.0 * log(len(self.scores)) / self.turn) / self.span
        return self.softmax([rate * score for score in self.scores])


class FictitiousPlay(Full):
    """The best response to the past."""

    def mix(self) -> list[float]:
        """Return it."""
        return self.best([score / self.turn for score in self.scores])


class RegretMatching(Full):
    """Reports in proportion to regret."""

    def mix(self) -> list[float]:
        """Return positive regrets, scaled."""
        regrets = [max(score, 0.0) for score in self.scores]
        total = sum(regrets)
        return [regret / total for regret in regrets] if total > 0.0 else [1.0 / len(regrets)] * len(regrets)

    def learn(self, mix: list[float], chosen: int, payoff: float, payoffs: Sequence[float]) -> None:
        """Add what every report would have earned more than the mix."""
        earned = sum(map(float.__mul__, mix, payoffs))
        super().learn(mix, chosen, payoff, [worth - earned for worth in payoffs])


class Exp3(Rule):
    """Exponential weights of estimated gains."""

    def mix(self) -> list[float]:
        """Return the weights, mixed with even play."""
        options = len(self.scores)
        share = min(1.0, sqrt(options * log(options) / ((e - 1.0) * 2.0 * self.turn)))
        even = share / options
        return [(1.0 - share) * weight + even for weight in self.softmax([even * score for score in self.scores])]

    def learn(self, mix: list[float], chosen: int, payoff: float, payoffs: Sequence[float]) -> None:
        """Add the estimate."""
        self.scores[chosen] += (payoff - self.low) / self.span / mix[chosen]
        self.turn += 1


class Ucb1(Rule):
    """The highest upper confidence bound."""

    def prepare(self) -> None:
        """Start with nothing tried."""
        self.tried = [0] * len(self.scores)

    def mix(self) -> list[float]:
        """Return an even mix of what is untried, or else of the highest bounds."""
        if not all(self.tried):
            share = 1.0 / self.tried.count(0)
            return [0.0 if tried else share for tried in self.tried]
        doubt = self.span * sqrt(2.0 * log(self.turn - 1))
        return self.best([s / n + doubt / sqrt(n) for s, n in zip(self.scores, self.tried, strict=True)])

    def learn(self, mix: list[float], chosen: int, payoff: float, payoffs: Sequence[float]) -> None:
        """Add the payoff."""
        self.scores[chosen] += payoff
        self.tried[chosen] += 1
        self.turn += 1


RULES: dict[str, type[Rule]] = {
    "hedge": Hedge,
    "fictitious-play": FictitiousPlay,
    "regret-matching": RegretMatching,
    "exp3": Exp3,
    "ucb1": Ucb1,
}
