"""Timing of several contenders by turns, so that what else the machine does strikes them all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter


@dataclass
class Contender:
    """Something to be timed: `play` plays `rounds` rounds."""

    name: str
    rounds: int
    play: Callable[[], object]
    seconds: list[float] = field(default_factory=list)

    @property
    def nanoseconds(self) -> float:
        """Median time of a round."""
        return 1e9 * median(self.seconds) / self.rounds

    def ratio(self, other: Contender) -> float:
        """Return the median, over the repetitions, of its time a round over the other's."""
        pairs = zip(self.seconds, other.seconds, strict=True)
        return median(mine / theirs for mine, theirs in pairs) * other.rounds / self.rounds


def race(contenders: Sequence[Contender], repetitions: int) -> None:
    """Let everybody play once untimed, then `repetitions` times by turns."""
    for contender in contenders:
        contender.play()
    for _ in range(repetitions):
        for contender in contenders:
            start = perf_counter()
            contender.play()
            contender.seconds.append(perf_counter() - start)
