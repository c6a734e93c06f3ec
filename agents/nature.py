"""What nature drew in some rounds."""

from __future__ import annotations

from dataclasses import dataclass

from mechanisms.environment import IntArray


@dataclass(frozen=True, eq=False)
class Drawn:
    """Draws of nature.

    Attributes
    ----------
    types : ``(rounds, players)`` everybody's type.
    states : ``(rounds,)`` the states drawn, where states are listed; None where they are too many.
    components : ``(rounds,)`` the components drawn of a prior that mixes some and is not listed; else None.
    """

    types: IntArray
    states: IntArray | None = None
    components: IntArray | None = None

    def __len__(self) -> int:
        return len(self.types)
