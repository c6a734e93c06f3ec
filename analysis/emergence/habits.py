"""What the types of the learning seats mostly report, and one word for all of it.

Reports that no payoff tells apart are one report, and one that is equivalent to the truth is no lie. A type's report is
its *habit* if it makes more than half of its play. Types are weighted by their seat's own opinion of them, and seats
count alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agents.learning.arena import Arena
from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.environment import FloatArray

Claim = tuple[tuple[tuple[int, ...], float], ...]
TRUTHFUL, NOTED = 0.95, 0.05 - 1e-12
WORDS = (
    "truthful",
    "ring",
    "common lie",
    "mixed",
    "overbidding for the role",
    "overbidding",
    "shading",
    "misreporting",
    "truthful values, other beliefs",
    "mostly truthful",
)


@dataclass(frozen=True)
class Habit:
    """What one type of a seat, or one thing that its ring knows, reports most.

    Attributes
    ----------
    mass : how likely the seat thinks it is.
    option : the likeliest of its options among those equivalent to its commonest report.
    report : what the report is called.
    share : of its play; above one half it is a habit.
    honest : whether it is the truth, or equivalent to it.
    raised : 1 if its value is above the true one, by total worth, -1 below, 0 if it is true or no higher or lower.
    value_lie, belief_lie : in which halves it is false; neither where it is honest.
    truth : the share of play that is the truth or equivalent to it.
    """

    seat: int
    name: str
    mass: float
    option: int
    report: str
    share: float
    honest: bool
    raised: int
    value_lie: bool
    belief_lie: bool
    truth: float

    @property
    def firm(self) -> bool:
        """Whether it is reported more than half of the time."""
        return self.share > 0.5


def masses_of(arena: Arena, seat: int) -> FloatArray:
    """Return ``(contexts,)``: how likely a learning seat thinks each of its types, or what its ring may know."""
    information = arena.learners[seat].information(arena.game.seats[seat])
    return np.bincount(information, arena.game.knowledge.opinions[seat]).astype(float)


def habits(arena: Arena, play: Mapping[int, FloatArray]) -> list[Habit]:
    """Return the habits of all learning seats, given their play ``(contexts, options)``."""
    return [habit for seat, mixes in play.items() for habit in _of_seat(arena, seat, mixes)]


def _of_seat(arena: Arena, seat: int, mixes: FloatArray) -> list[Habit]:
    learner, types = arena.learners[seat], arena.types
    options, groups = learner.options, arena.groups(seat)
    together = arena.merged(seat, mixes[None])[0]
    worth = arena.game.environment.worth[seat].sum(axis=1)
    own = arena.game.seats[seat].types
    found = []
    for c, (name, mass) in enumerate(zip(learner.names, masses_of(arena, seat), strict=True)):
        cell = int(learner.contexts[c])
        group = int(together[c].argmax())
        honest_group = int(types.truth[seat][cell])
        honest = group == honest_group
        weights = np.where((groups[c] == group) & options.allowed[cell], mixes[c], -1.0)
        option = int(options.truth[cell]) if honest else int(weights.argmax())
        said = int(options.values[cell, option])
        found.append(
            Habit(
                seat=seat,
                name=name,
                mass=float(mass),
                option=option,
                report=types.induced.menus[seat].name(int(arena.stakes[seat].reports[c, option]), cell),
                share=float(together[c, group]),
                honest=honest,
                raised=int(np.sign(worth[said] - worth[own[cell]])),
                value_lie=not options.true_value[cell, option],
                belief_lie=not options.true_belief[cell, option],
                truth=float(together[c, honest_group]),
            )
        )
    return found


def average(habits: Sequence[Habit], figures: Sequence[float]) -> float:
    """Return a figure per habit, averaged by the masses of types in each seat, then over seats."""
    by_seat: dict[int, float] = {}
    for habit, figure in zip(habits, figures, strict=True):
        by_seat[habit.seat] = by_seat.get(habit.seat, 0.0) + habit.mass * figure
    return float(np.mean(list(by_seat.values())))


def word(arena: Arena, habits: Sequence[Habit]) -> str:
    """Return the first of these that holds.

    - *truthful*: at least 95 % of play is the truth or equivalent to it.
    - *ring*: some seat that learns in a declared ring lies in more than half of its play.
    - *common lie*: in more than half of the states, by probability, two seats or more have the habit of announcing the
      same distribution of everybody's values, and one that none of them holds true. What a seat announces about
      everybody is its belief, and its own value where the belief leaves that out.
    - *mixed*: less than half of the types, by mass, have a habit.
    - *overbidding for the role* (*overbidding* where no role goes to the highest value), *shading*, *misreporting*:
      types that make at least 5 % of a seat have the habit of a false value; by mass, more of these say more than they
      have than less, or less than more, or as many.
    - *truthful values, other beliefs*: types that make at least 5 % of a seat have the habit of a false belief.
    - *mostly truthful*: more than half of play is the truth or equivalent to it; otherwise *mixed* again.
    """
    truth = average(habits, [habit.truth for habit in habits])
    if truth >= TRUTHFUL:
        return "truthful"
    if _ring_lies(arena, habits):
        return "ring"
    if arena.game.mechanism.elicits_beliefs and common_lie(arena, habits) > 0.5:
        return "common lie"
    if average(habits, [float(habit.firm) for habit in habits]) < 0.5:
        return "mixed"
    if _noted(habits, half="value_lie"):
        raised = [float(habit.raised * _lies(habit, "value_lie")) for habit in habits]
        return _direction(arena, average(habits, raised))
    if _noted(habits, half="belief_lie"):
        return "truthful values, other beliefs"
    return "mostly truthful" if truth > 0.5 else "mixed"


def common_lie(arena: Arena, habits: Sequence[Habit]) -> float:
    """Return the probability of the states in which two seats or more have the habit of one and the same lie."""
    found: dict[Claim, int] = {}
    lies = []
    for seat, learner in arena.learners.items():
        mine = zip(learner.contexts.tolist(), _mine(habits, seat), strict=True)
        told = [_lie(arena, seat, cell, habit) for cell, habit in mine]
        numbers = np.array([-1 if lie is None else found.setdefault(lie, len(found)) for lie in told])
        lies.append(numbers[learner.information(arena.game.seats[seat])])
    common = [(np.array(lies) == number).sum(axis=0) > 1 for number in range(len(found))]
    return float(arena.game.space.weights @ np.any(common, axis=0)) if common else 0.0


def _lie(arena: Arena, seat: int, cell: int, habit: Habit) -> Claim | None:
    """Return what a type has the habit of announcing about everybody, if it does not hold it true."""
    if not habit.firm or habit.honest:
        return None
    told = _claim(arena, seat, cell, habit.option)
    return None if told == _claim(arena, seat, cell, int(arena.learners[seat].options.truth[cell])) else told


def _claim(arena: Arena, seat: int, cell: int, option: int) -> Claim:
    """Return the distribution of everybody's types that a seat announces, as sorted atoms with their probabilities."""
    options = arena.learners[seat].options
    belief = arena.game.book[int(options.beliefs[cell, option])]
    atoms = belief.support
    if seat not in arena.game.seats[seat].subjects:
        atoms = np.insert(atoms, seat, options.values[cell, option], axis=1)
    odds = np.round(belief.prob(belief.support), 9).tolist()
    return tuple(sorted(zip(map(tuple, atoms.tolist()), odds, strict=True)))


def _ring_lies(arena: Arena, habits: Sequence[Habit]) -> bool:
    members = [seat for seat, learner in arena.learners.items() if len(learner.ring) > 1]
    return any(average(mine, [1.0 - h.truth for h in mine]) > 0.5 for mine in (_mine(habits, m) for m in members))


def _mine(habits: Sequence[Habit], seat: int) -> list[Habit]:
    return [habit for habit in habits if habit.seat == seat]


def _noted(habits: Sequence[Habit], *, half: str) -> bool:
    """Return whether the habit of a false half makes up enough of some seat."""
    return any(sum(h.mass for h in _mine(habits, s) if _lies(h, half)) >= NOTED for s in {h.seat for h in habits})


def _lies(habit: Habit, half: str) -> bool:
    false: bool = getattr(habit, half)
    return habit.firm and not habit.honest and false


def _direction(arena: Arena, balance: float) -> str:
    if balance > 0.0:
        by_role = arena.game.mechanism.has_role and isinstance(arena.game.mechanism, SingleGoodMechanism)
        return "overbidding for the role" if by_role else "overbidding"
    return "shading" if balance < 0.0 else "misreporting"
