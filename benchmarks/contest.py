"""Timing of several contenders by turns, so that what else the machine does strikes them all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter


@dataclass(frozen=True)
class Spread:
    """The median of several measurements, the lowest and the highest."""

    median: float
    low: float
    high: float

    def times(self, factor: float) -> Spread:
        """Return the same in another unit."""
        return Spread(factor * self.median, factor * self.low, factor * self.high)


def spread(measured: Sequence[float]) -> Spread:
    """Return the spread of some measurements."""
    return Spread(median(measured), min(measured), max(measured))


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
        return 1e9 * self.round.median

    @property
    def round(self) -> Spread:
        """Seconds of a round."""
        return spread(self.seconds).times(1.0 / self.rounds)

    def against(self, other: Contender) -> Spread:
        """Return its time a round over the other's, pair by pair of repetitions."""
        pairs = zip(self.seconds, other.seconds, strict=True)
        return spread([mine / theirs for mine, theirs in pairs]).times(other.rounds / self.rounds)

    def ratio(self, other: Contender) -> float:
        """Return the median, over the repetitions, of its time a round over the other's."""
        return self.against(other).median


def race(contenders: Sequence[Contender], repetitions: int) -> None:
    """Let everybody play once untimed, then `repetitions` times by turns."""
    for contender in contenders:
        contender.play()
    for _ in range(repetitions):
        for contender in contenders:
            start = perf_counter()
            contender.play()
            contender.seconds.append(perf_counter() - start)
