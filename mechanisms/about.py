"""What a reader has to know of a mechanism before its figures mean anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Stage = Literal["before-values", "before-beliefs", "never"]
Solution = Literal["dominant", "two-step", "equilibrium", "none"]
Participation = Literal["ex post", "interim", "none"]


@dataclass(frozen=True)
class About:
    """A mechanism in five short texts.

    Attributes
    ----------
    source : the paper or papers, as author and year.
    seller : what the seller has to know, beside what is announced.
    players : what the players have to know, of each other or of the distribution.
    promises : what is guaranteed under those assumptions.
    fails : where it fails.
    """

    source: str = "not said"
    seller: str = "not said"
    players: str = "not said"
    promises: str = "not said"
    fails: str = "not said"
