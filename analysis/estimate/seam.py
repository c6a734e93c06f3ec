"""What an estimate needs of a factored game: conditional beliefs, bids, and figures with the coins averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agents.game import Seat
from agents.nature import Drawn
from mechanisms.beliefs import Mixture, Product
from mechanisms.book import BeliefBook
from mechanisms.environment import Environment, IntArray
from mechanisms.mechanism import Mechanism
from mechanisms.outcomes import Reports


class Given(Protocol):
    """What a player believes about everybody in one of her cells.

    Attributes
    ----------
    belief : over all players, herself included.
    components : which of the prior's components the parts of the belief are; ``[0]`` where it is a `Product`.
    chance : probability of the cell under D.
    """

    @property
    def belief(self) -> Product | Mixture: ...  # noqa: D102
    @property
    def components(self) -> IntArray: ...  # noqa: D102
    @property
    def chance(self) -> float: ...  # noqa: D102


class FactoredSpace(Protocol):
    """A prior that is not listed."""

    @property
    def prior(self) -> Product | Mixture: ...  # noqa: D102


class FactoredKnowledge(Protocol):
    """Knowledge over a prior that is not listed."""

    @property
    def space(self) -> FactoredSpace: ...  # noqa: D102

    def given(self, player: int, cell: int) -> Given:
        """Return what a player believes in a cell."""
        ...


class FactoredGame(Protocol):
    """A mechanism, a factored prior and everybody's knowledge."""

    @property
    def mechanism(self) -> Mechanism: ...  # noqa: D102
    @property
    def environment(self) -> Environment: ...  # noqa: D102
    @property
    def book(self) -> BeliefBook: ...  # noqa: D102
    @property
    def factored(self) -> FactoredKnowledge: ...  # noqa: D102
    @property
    def seats(self) -> Sequence[Seat]: ...  # noqa: D102

    def truthful_reports(self, drawn: Drawn) -> Reports:
        """Return what everybody announces in those draws of nature, telling the truth."""
        ...


def bids_of(environment: Environment) -> tuple[IntArray, ...]:
    """Return per player, ``(types,)``, the money that she would give for what she likes best."""
    return tuple(table.max(axis=1) for table in environment.worth)
