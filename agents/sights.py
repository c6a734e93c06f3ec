"""What players see of each other: classes of single players' types, and the common state.

Such knowledge is told player by player, so that it needs no list of states; where there is one, it is told state by
state from the same account.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mechanisms.environment import IntArray


@dataclass(frozen=True, eq=False)
class Sight:
    """What is seen of one player's type: the class that it falls in.

    Attributes
    ----------
    subject : whose type it is.
    classes : ``(types,)`` the class of each type.
    names : what seeing each class is called.
    """

    subject: int
    classes: IntArray
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Sights:
    """All that a player sees besides her own type.

    Attributes
    ----------
    parts : of whom she sees what, by subject.
    state : whether she sees the common state.
    joiner : what stands between two things seen, in the name of a cell.
    """

    parts: tuple[Sight, ...] = ()
    state: bool = False
    joiner: str = ", "

    def told(self, profiles: IntArray, labels: Sequence[str] | None) -> list[str]:
        """Return in words what she sees at each profile ``(states, players)``, the common states being given."""
        columns: list[Iterable[str]] = [
            np.array(part.names, dtype=object)[part.classes[profiles[:, part.subject]]] for part in self.parts
        ]
        if self.state and labels is not None:
            columns.append(state_name(label) for label in labels)
        return [self.joiner.join(row) for row in zip(*columns, strict=True)] if columns else [""] * len(profiles)


def state_name(label: str) -> str:
    """Return what seeing a common state is called."""
    return f"state={label}"


def counted(number: int) -> str:
    """Return a whole number of any size in a few letters.

    >>> counted(200_000), counted(100**1000)
    ('200,000', 'some 10^2000')
    """
    return f"{number:,}" if number < 10**12 else f"some 10^{math.log10(number):.0f}"


class NotListed(ValueError):
    """What needs a list of profiles is asked of a prior whose profiles are not listed.

    Parameters
    ----------
    shape : number of types of each player.
    what : what needs the list, as the subject of a sentence.
    """

    def __init__(self, shape: Sequence[int], *, what: str = "this") -> None:
        size = counted(math.prod(shape))
        super().__init__(
            f"{what} needs a list of all profiles of types, and with {size} of them there is none; "
            "run, revenue and deviations do without one"
        )
