"""Two-step strict dominance-strategy truthfulness [AzarChenMicali2012, definition 6]_, with its smallest margins.

Step 1: whatever everybody else reports, and whatever belief a player announces, her true value earns her strictly
more than any other, in expectation over the coins. Step 2: when the others announce their true values, and
whatever beliefs, her true belief earns her strictly more than any other, in expectation by her own posterior.
Beliefs are those of the seats' menus.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.induced import Induced
from mechanisms.environment import FloatArray, IntArray


@dataclass(frozen=True)
class Witness:
    """Where truth has its smallest advantage.

    Attributes
    ----------
    seat, type : whose.
    truth, lie : the two reports.
    others : what the others report there; in step 2, one of their profiles.
    margin : what truth earns more, in units of value.
    """

    seat: int
    type: str
    truth: str
    lie: str
    others: str
    margin: float


@dataclass(frozen=True)
class Step:
    """One of the two steps.

    Attributes
    ----------
    holds : whether truth is strictly better than every lie.
    margin : its smallest advantage; None where nobody has anything to lie about.
    witness : where that is.
    """

    holds: bool
    margin: float | None
    witness: Witness | None

    def figures(self) -> dict[str, Any]:
        """Return the step as plain data."""
        witness = None if self.witness is None else vars(self.witness)
        return {"holds": self.holds, "margin": self.margin, "witness": witness}


@dataclass(frozen=True)
class TwoStep:
    """Both steps."""

    step1: Step
    step2: Step

    @property
    def holds(self) -> bool:
        """Whether the mechanism is two-step strictly truthful on these menus."""
        return self.step1.holds and self.step2.holds


def two_step(induced: Induced) -> TwoStep:
    """Return whether each step holds, and where truth's advantage is smallest."""
    return TwoStep(_step(induced, _value_witnesses(induced)), _step(induced, _belief_witnesses(induced)))


def _step(induced: Induced, found: Iterator[Witness]) -> Step:
    least = min(found, key=lambda witness: witness.margin, default=None)
    if least is None:
        return Step(True, None, None)
    margin = 0.0 if abs(least.margin) <= induced.rounding else least.margin
    return Step(margin > 0.0, margin, Witness(**{**vars(least), "margin": margin}))


def _value_witnesses(induced: Induced) -> Iterator[Witness]:
    """Yield, for each seat and true value, the value lie that costs least."""
    for seat, menu in enumerate(induced.menus):
        reports = np.arange(len(menu)).reshape(len(menu.value_names), -1)
        rivals = _rival_reports(induced, seat)
        for kind in np.unique(induced.game.seats[seat].types):
            lies = np.delete(reports, kind, axis=0)
            if not lies.size:
                continue
            honest = np.broadcast_to(reports[kind], lies.shape)
            least = _least(induced, seat, int(kind), honest.ravel(), lies.ravel(), rivals)
            name = menu.value_names[kind]
            yield _witness(induced, seat, name, least)


def _belief_witnesses(induced: Induced) -> Iterator[Witness]:
    """Yield, for each type, the belief lie that costs least while the others' values are true."""
    game = induced.game
    for seat, menu in enumerate(induced.menus):
        if len(menu.beliefs) < 2:
            continue
        others = [j for j in range(game.players) if j != seat]
        share = game.knowledge.within(seat)
        for cell, truth in enumerate(menu.truth):
            kind = int(game.seats[seat].types[cell])
            lies = kind * len(menu.beliefs) + np.arange(len(menu.beliefs))
            lies = lies[lies != truth]
            states = np.flatnonzero((game.seats[seat].information == cell) & (share > 0))
            profiles, place = np.unique(game.space.profiles[states][:, others], axis=0, return_inverse=True)
            weights = np.bincount(place.reshape(-1), share[states])
            total, last = np.zeros(len(lies)), None
            for profile, weight in zip(profiles, weights, strict=True):
                told = [_with_value(induced, seat, j, int(k)) for j, k in zip(others, profile, strict=True)]
                last = _least(induced, seat, kind, np.full(len(lies), truth), lies, told)
                total += weight * last.by_lie
            worst = int(total.argmin())
            yield Witness(
                seat,
                game.seats[seat].names[cell],
                menu.name(int(truth), cell),
                menu.name(int(lies[worst]), cell),
                "true values, whatever beliefs" if others else "",
                float(total[worst]),
            )


@dataclass(frozen=True, eq=False)
class _Least:
    """The smallest advantage of each truth over its lie, and where the smallest of all is."""

    by_lie: FloatArray
    truth: int
    lie: int
    others: tuple[int, ...]


def _least(induced: Induced, seat: int, kind: int, honest: IntArray, lies: IntArray, rivals: list[IntArray]) -> _Least:
    """Return truth's smallest advantage over each lie among all profiles of the rivals' reports, in blocks."""
    sizes = tuple(map(len, rivals))
    columns = math.prod(sizes)
    step = max(1, induced.memory // (32 * len(lies)))
    by_lie, where = np.full(len(lies), np.inf), np.zeros(len(lies), dtype=np.int64)
    for start in range(0, columns, step):
        block = np.arange(start, min(start + step, columns))
        told = [reports[k] for reports, k in zip(rivals, np.unravel_index(block, sizes), strict=True)] if sizes else []
        advantage = _payoffs(induced, seat, kind, honest, told) - _payoffs(induced, seat, kind, lies, told)
        spot = advantage.argmin(axis=1)
        least = advantage[np.arange(len(lies)), spot]
        lower = least < by_lie
        by_lie, where = np.where(lower, least, by_lie), np.where(lower, block[spot], where)
    worst = int(by_lie.argmin())
    at = np.unravel_index(int(where[worst]), sizes) if sizes else ()
    others = tuple(int(reports[k]) for reports, k in zip(rivals, at, strict=True))
    return _Least(by_lie, int(honest[worst]), int(lies[worst]), others)


def _payoffs(induced: Induced, seat: int, kind: int, own: IntArray, told: list[IntArray]) -> FloatArray:
    profiles = [reports[None, :] for reports in told]
    profiles.insert(seat, own[:, None])
    return induced.payoffs(seat, kind, profiles)


def _rival_reports(induced: Induced, seat: int) -> list[IntArray]:
    """Return, for each rival, the reports that differ to this seat."""
    return [np.unique(induced.classes(seat, j)) for j in range(induced.players) if j != seat]


def _with_value(induced: Induced, seat: int, rival: int, kind: int) -> IntArray:
    """Return the rival's reports of one value that differ to this seat."""
    size = len(induced.menus[rival].beliefs)
    return np.unique(induced.classes(seat, rival)[kind * size : (kind + 1) * size])


def _witness(induced: Induced, seat: int, name: str, least: _Least) -> Witness:
    menu = induced.menus[seat]
    rivals = [j for j in range(induced.players) if j != seat]
    said = [f"{j}: {induced.menus[j].name(told)}" for j, told in zip(rivals, least.others, strict=True)]
    margin = float(least.by_lie.min())
    return Witness(seat, name, menu.name(least.truth), menu.name(least.lie), "; ".join(said), margin)
