"""Courses of learning made by hand: who reported what, in how many rounds."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from agents.game import Game
from agents.learning.arena import Arena
from agents.learning.hedge import Hedge
from agents.learning.learning import Learning
from agents.strategies import Strategy
from analysis.emergence.course import Course, SeatCourse

PER_WINDOW = 20


def learners(game: Game, others: Mapping[int, Strategy] | None = None, **rules) -> list[Strategy]:
    """Hedge in every seat but those of `others`, prepared."""
    seated = [(others or {}).get(i) or Learning(Hedge(), **rules) for i in range(game.players)]
    for seat, strategy in zip(game.seats, seated, strict=True):
        strategy.prepare(seat, 1)
    return seated


def arena_of(game: Game, others: Mapping[int, Strategy] | None = None, **rules) -> Arena:
    return Arena(game, learners(game, others, **rules))


def option(arena: Arena, seat: int, cell: int, value: int | None = None, belief: int | None = None) -> int:
    """The option of a type that announces a value (by number) and a belief (by id), the true ones unless given."""
    options = arena.learners[seat].options
    truth = options.truth[cell]
    value = options.values[cell, truth] if value is None else value
    belief = options.beliefs[cell, truth] if belief is None else belief
    found = options.allowed[cell] & (options.values[cell] == value) & (options.beliefs[cell] == belief)
    assert found.sum() == 1
    return int(found.argmax())


def pure(arena: Arena, choose: Callable[[int, int], int], worlds: int = 1) -> dict[int, np.ndarray]:
    """Play ``(worlds, contexts, options)``: in all worlds each context's option for sure."""
    play = {}
    for i, learner in arena.learners.items():
        mix = np.zeros((worlds, len(learner.contexts), len(learner.options)))
        for c in range(len(learner.contexts)):
            mix[:, c, choose(i, c)] = 1.0
        play[i] = mix
    return play


def honest(arena: Arena, worlds: int = 1) -> dict[int, np.ndarray]:
    return pure(arena, lambda i, c: int(arena.learners[i].options.truth[arena.learners[i].contexts[c]]), worlds)


def joined(*plays: Mapping[int, np.ndarray]) -> dict[int, np.ndarray]:
    """The worlds of several plays side by side."""
    return {i: np.concatenate([play[i] for play in plays]) for i in plays[0]}


def course_of(arena: Arena, windows: Sequence[Mapping[int, np.ndarray]], revenue: float = 1.0) -> Course:
    """A course in which every context occurs `PER_WINDOW` times a window, with those frequencies of reports."""
    worlds = len(next(iter(windows[0].values())))
    ends = PER_WINDOW * np.arange(1, len(windows) + 1)
    late = np.arange(len(windows)) >= 0.9 * len(windows)
    late[-1] = True
    seats = {i: _seat(arena, i, np.stack([w[i] for w in windows]), late) for i in windows[0]}
    paid = np.full((len(windows), worlds), revenue * PER_WINDOW)
    return Course(ends, late, paid, np.zeros_like(paid), seats)


def steady(arena: Arena, play: Mapping[int, np.ndarray], windows: int = 10) -> Course:
    return course_of(arena, [play] * windows)


def _seat(arena: Arena, seat: int, play: np.ndarray, late: np.ndarray) -> SeatCourse:
    learner = arena.learners[seat]
    counts = np.round(play * PER_WINDOW).astype(np.int64)
    assert np.allclose(counts, play * PER_WINDOW)
    value = learner.options.true_value[learner.contexts]
    belief = learner.options.true_belief[learner.contexts]
    return SeatCourse(
        visits=counts.sum(axis=3),
        true_values=(counts * value).sum(axis=3),
        true_beliefs=(counts * belief).sum(axis=3),
        truths=(counts * (value & belief)).sum(axis=3),
        reports=counts.sum(axis=1),
        total=counts.sum(axis=0),
        late=counts[late].sum(axis=0),
        hindsight=np.zeros(counts.shape[1:]),
        earned=np.zeros(counts.shape[1:3]),
        external=np.zeros(counts.shape[:2]),
        to_truth=np.zeros(counts.shape[:2]),
        final=play[-1],
    )
