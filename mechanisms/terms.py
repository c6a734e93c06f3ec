"""What a mechanism is built on, and what it settles and is analysed in."""

from __future__ import annotations

from dataclasses import dataclass

from mechanisms.beliefs import Belief
from mechanisms.book import BeliefBook
from mechanisms.environment import Environment, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Setting:
    """What a mechanism may be built on: the environment, the book of beliefs, and the prior D.

    Only a classical Bayesian mechanism, whose seller knows D, reads the prior: a table, a product or a mixture.
    """

    environment: Environment
    book: BeliefBook
    prior: Belief


@dataclass(frozen=True, eq=False)
class Settled:
    """A round's main stage given the role, before Lemma 1's lottery.

    Attributes
    ----------
    allocation : ``(rounds,)`` an allocation, or ``(rounds, allocations)`` a lottery over them.
    payments : ``(rounds, players)`` expected over that lottery; a player pays in proportion to the worth
        (as reported) of what she gets, so that no toss leaves a truthful player worse off.
    rewards : ``(rounds, players)``.
    fallback : ``(rounds,)`` whether the price fell back to the second price.
    """

    allocation: IntArray | FloatArray
    payments: FloatArray
    rewards: FloatArray
    fallback: FloatArray


@dataclass(frozen=True)
class Part:
    """A term of one player's expected utility, and the announcements that it depends on.

    Exact analysis tabulates each part on what it reads, so that no table over all announcements is needed.

    Attributes
    ----------
    values, beliefs : the players whose announced value, or belief, the term depends on.
    role : who has the role in it; None where the values decide.
    chance : probability of that role.
    trade, rewards : whether it holds what the player gets and pays, and what her belief is paid.
    """

    values: tuple[int, ...]
    beliefs: tuple[int, ...]
    role: int | None = None
    chance: float = 1.0
    trade: bool = True
    rewards: bool = True
