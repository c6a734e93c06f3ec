"""What every learner promises, run over the registry with every kind of feedback that it accepts."""

import inspect
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
import pytest

from agents.learning import LEARNERS, Learner, Lesson, Task
from agents.learning.learner import FeedbackKind, choose

FEEDBACK = get_args(FeedbackKind)
CASES = [(kind, feedback) for kind in LEARNERS.values() for feedback in kind.accepts]
NAMES = [f"{kind.name}-{feedback}" for kind, feedback in CASES]
ROWS, OPTIONS, ROUNDS = 10, 7, 60

every_learner = pytest.mark.parametrize("kind", LEARNERS.values(), ids=LEARNERS)
every_case = pytest.mark.parametrize(("kind", "feedback"), CASES, ids=NAMES)


@dataclass(frozen=True, eq=False)
class World:
    """Payoffs ``(rounds, rows, options)`` that do not react, which rows meet each round, and draws."""

    task: Task
    payoffs: np.ndarray
    met: np.ndarray
    draws: np.ndarray

    def part(self, rows: slice) -> "World":
        """Some rows of it."""
        task = self.task
        first = None if task.first is None else task.first[rows]
        part = Task(task.allowed[rows], task.low[rows], task.high[rows], first=first, horizon=task.horizon)
        return World(part, self.payoffs[:, rows], self.met[:, rows], self.draws[:, rows])


@dataclass(frozen=True, eq=False)
class Course:
    """All mixes before each round ``(rounds + 1, rows, options)`` and all choices ``(rounds, rows)``."""

    mixes: np.ndarray
    chosen: np.ndarray


def make_world(*, horizon=None, start=False, rounds=ROUNDS, seed=11) -> World:
    """Random payoffs of rows that have different bounds, options and occasions; one has a single option."""
    rng = np.random.default_rng(seed)
    allowed = rng.random((ROWS, OPTIONS)) < 0.7
    allowed[:, 2] = True
    allowed[0], allowed[1] = True, np.arange(OPTIONS) == 2
    low = rng.normal(size=ROWS)
    high = low + rng.uniform(0.5, 4, ROWS)
    means = rng.random((ROWS, OPTIONS))
    units = np.clip(means + rng.normal(scale=0.2, size=(rounds, ROWS, OPTIONS)), 0, 1)
    first = None
    if start:
        first = rng.exponential(size=(ROWS, OPTIONS)) * allowed
        first /= first.sum(axis=1, keepdims=True)
    task = Task(allowed, low, high, first=first, horizon=horizon)
    return World(
        task, low[:, None] + (high - low)[:, None] * units, rng.random((rounds, ROWS)) < 0.8, rng.random((rounds, ROWS))
    )


def play(
    learner: Learner, world: World, feedback: str, *, chosen=None, blocks: Sequence[slice] = (slice(None),)
) -> Course:
    """Let a learner meet a world, block after block, choosing by the world's draws unless `chosen` says what."""
    learner.begin(world.task)
    everything, mixes, picks = np.arange(world.task.rows), [], np.zeros(world.draws.shape, dtype=np.int64)
    for turn, payoffs in enumerate(world.payoffs):
        mixes.append(learner.mix(everything))
        for block in blocks:
            rows = everything[block][world.met[turn, block]]
            mix = learner.mix(rows)
            pick = choose(mix, world.draws[turn, rows]) if chosen is None else chosen[turn, rows]
            shown = payoffs[rows, pick] if feedback == "bandit" else payoffs[rows]
            for array in (mix, shown):
                array.setflags(write=False)
            learner.learn(rows, Lesson(mix, None if feedback == "mean" else pick, shown))
            picks[turn, rows] = pick
    return Course(np.stack([*mixes, learner.mix(everything)]), picks)


# --- what a mix is


@every_case
@pytest.mark.parametrize("horizon", [None, ROUNDS])
@pytest.mark.parametrize("start", [False, True])
def test_mixes_are_probabilities_of_what_is_allowed(kind, feedback, horizon, start):
    world = make_world(horizon=horizon, start=start)
    mixes = play(kind(), world, feedback).mixes
    assert mixes.dtype == np.float64
    assert (mixes >= 0).all()
    assert np.abs(mixes.sum(axis=2) - 1).max() < 1e-12
    assert (mixes[:, ~world.task.allowed] == 0).all()
    assert (mixes[:, 1, 2] == 1).all()


@every_case
def test_mixes_are_fresh(kind, feedback):
    """Whoever gets one may write on it."""
    learner, rows = kind(), np.arange(ROWS)
    for start in (False, True):
        play(learner, make_world(start=start), feedback)
        for ask in (learner.mix, learner.policy):
            given = ask(rows)
            kept = given.copy()
            given[:] = -1.0
            assert np.array_equal(ask(rows), kept)


@every_case
def test_the_first_mix_is_the_one_given(kind, feedback):
    world = make_world(start=True)
    assert np.array_equal(play(kind(), world, feedback).mixes[0], world.task.first)


@every_learner
def test_nothing_is_favoured_before_anything_is_known(kind):
    """The truthful report has no hidden advantage, wherever it is in the table."""
    learner, world = kind(), make_world()
    learner.begin(world.task)
    assert learner.mix(np.arange(ROWS)) == pytest.approx(world.task.even, abs=1e-12)


@pytest.mark.parametrize(("kind", "feedback"), [case for case in CASES if case[1] != "bandit"])
def test_what_is_equally_good_stays_equally_likely(kind, feedback):
    """Where all options are shown, and pay the same."""
    world = make_world()
    same = np.repeat(world.payoffs[:, :, :1], OPTIONS, axis=2)
    mixes = play(kind(), replace(world, payoffs=same), feedback).mixes
    assert np.abs(mixes - world.task.even).max() < 1e-9


# --- what does not matter


@every_case
def test_a_run_can_be_repeated_and_begun_anew(kind, feedback):
    world, learner = make_world(), kind()
    first = play(learner, world, feedback)
    assert (first.mixes[1:] != first.mixes[:-1]).any()
    assert np.array_equal(play(learner, world, feedback).mixes, first.mixes)
    play(learner, make_world(seed=12), feedback)
    assert np.array_equal(play(learner, world, feedback).mixes, first.mixes)


@every_case
@pytest.mark.parametrize("horizon", [None, ROUNDS])
def test_payoffs_of_what_is_not_allowed_do_not_matter(kind, feedback, horizon):
    world = make_world(horizon=horizon)
    plain = play(kind(), world, feedback).mixes
    for garbage in (1e6, -1e6):
        payoffs = np.where(world.task.allowed, world.payoffs, garbage)
        assert np.array_equal(play(kind(), replace(world, payoffs=payoffs), feedback).mixes, plain)


@every_case
@pytest.mark.parametrize("horizon", [None, ROUNDS])
def test_room_for_options_that_no_row_has_does_not_matter(kind, feedback, horizon):
    """Only what is allowed counts, in rates too."""
    world = make_world(horizon=horizon)
    plain = play(kind(), world, feedback)
    task = replace(world.task, allowed=np.pad(world.task.allowed, ((0, 0), (0, 9))))
    wide = replace(world, task=task, payoffs=np.pad(world.payoffs, ((0, 0), (0, 0), (0, 9))))
    found = play(kind(), wide, feedback, chosen=plain.chosen).mixes
    assert np.abs(found[:, :, :OPTIONS] - plain.mixes).max() < 1e-9


@every_case
@pytest.mark.parametrize("start", [False, True])
def test_any_split_of_rows_gives_the_same_bits(kind, feedback, start):
    """Whether blocks of worlds have a learner each, or one learner takes the rows in turns."""
    world = make_world(start=start)
    whole = play(kind(), world, feedback).mixes
    for cuts in ((0, 5, 10), (0, 1, 2, 4, 10)):
        blocks = [slice(a, b) for a, b in itertools.pairwise(cuts)]
        parts = [play(kind(), world.part(block), feedback).mixes for block in blocks]
        assert np.array_equal(np.concatenate(parts, axis=1), whole)
        assert np.array_equal(play(kind(), world, feedback, blocks=blocks).mixes, whole)


@every_case
@pytest.mark.parametrize("horizon", [None, ROUNDS])
@pytest.mark.parametrize(("factor", "shift"), [(8.0, 0.0), (3.7, -11.0), (1e-3, 0.0), (1e4, 1e4)])
def test_the_unit_of_payoffs_does_not_matter(kind, feedback, horizon, factor, shift):
    world = make_world(horizon=horizon)
    plain = play(kind(), world, feedback)
    task = replace(world.task, low=factor * world.task.low + shift, high=factor * world.task.high + shift)
    other = replace(world, task=task, payoffs=factor * world.payoffs + shift)
    found = play(kind(), other, feedback, chosen=plain.chosen).mixes
    assert np.abs(found - plain.mixes).max() < 1e-7


@every_case
@pytest.mark.parametrize("start", [False, True])
def test_the_order_of_options_does_not_matter(kind, feedback, start):
    world = make_world(start=start)
    plain = play(kind(), world, feedback)
    order = np.random.default_rng(3).permutation(OPTIONS)
    first = None if world.task.first is None else world.task.first[:, order]
    task = replace(world.task, allowed=world.task.allowed[:, order], first=first)
    moved = replace(world, task=task, payoffs=world.payoffs[:, :, order])
    found = play(kind(), moved, feedback, chosen=np.argsort(order)[plain.chosen]).mixes
    assert np.abs(found - plain.mixes[:, :, order]).max() < 1e-9


# --- what is learnt


@every_case
@pytest.mark.parametrize("horizon", [None, 1200])
def test_what_is_clearly_best_is_learnt(kind, feedback, horizon):
    """Coins that pay in 8 of 10 cases against 3 of 10, beside one that always pays and is not allowed."""
    rounds, worlds = 1200, 60
    rng, rows, best = np.random.default_rng(2), np.arange(worlds), np.arange(worlds) % 5
    means = np.where(np.arange(6) == best[:, None], 0.8, 0.3)
    means[:, 5] = 1.0
    allowed = np.tile(np.arange(6) < 5, (worlds, 1))
    first = rng.exponential(size=(worlds, 6)) * allowed
    first /= first.sum(axis=1, keepdims=True)
    learner = kind()
    learner.begin(Task(allowed, np.zeros(worlds), np.ones(worlds), first=first, horizon=horizon))
    shares = []
    for _ in range(rounds):
        mix = learner.mix(rows)
        paid = means if feedback == "mean" else (rng.random(means.shape) < means).astype(float)
        chosen = choose(mix, rng.random(worlds))
        shown = paid[rows, chosen] if feedback == "bandit" else paid
        learner.learn(rows, Lesson(mix, None if feedback == "mean" else chosen, shown))
        shares.append(mix[rows, best])
    late = np.stack(shares[-rounds // 10 :]).mean(axis=0)
    assert late.mean() > (0.8 if feedback == "bandit" else 0.95)


@every_case
def test_a_row_that_cannot_gain_is_no_trouble(kind, feedback):
    """All its payoffs are one number, so that its range is nothing."""
    world = make_world()
    task = replace(world.task, low=np.full(ROWS, 2.0), high=np.full(ROWS, 2.0))
    mixes = play(kind(), replace(world, task=task, payoffs=np.full_like(world.payoffs, 2.0)), feedback).mixes
    assert np.isfinite(mixes).all()
    assert np.abs(mixes.sum(axis=2) - 1).max() < 1e-12


# --- what it says of itself


@every_learner
def test_every_learner_explains_itself(kind):
    assert LEARNERS[kind.name] is kind
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.name)
    assert 20 < len(kind.summary) < 110
    assert kind.summary[0].islower() or kind.summary[:2].isupper()
    assert not kind.summary.endswith(".")
    assert len(kind.guarantee) > 20
    assert kind.accepts
    assert len(set(kind.accepts)) == len(kind.accepts)
    assert set(kind.accepts) <= set(FEEDBACK)
    assert {k.summary for k in LEARNERS.values() if k is not kind}.isdisjoint({kind.summary})


@every_learner
def test_the_page_of_a_learner_says_where_it_comes_from(kind):
    module = inspect.getdoc(inspect.getmodule(kind))
    assert "References\n----------" in module
    cited = set(re.findall(r"\[(\w+)\]_", inspect.getdoc(kind)))
    assert cited
    assert cited <= set(re.findall(r"^\.\. \[(\w+)\]", module, flags=re.MULTILINE))


@every_learner
def test_parameters_are_named_typed_and_described(kind):
    for name, parameter in parameters(kind).items():
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert parameter.default is not inspect.Parameter.empty
        assert parameter.annotation is not inspect.Parameter.empty
        assert re.search(rf"^{name} : ", inspect.getdoc(kind), flags=re.MULTILINE)


@every_learner
def test_bad_parameters_are_refused_with_their_value(kind):
    for name, parameter in parameters(kind).items():
        for value in (-1, float("nan")) if "float" in str(parameter.annotation) else (-1,):
            with pytest.raises(ValueError, match=f"{name}.*{value}"):
                kind(**{name: value})


def test_every_kind_of_feedback_has_a_learner():
    assert {feedback for kind in LEARNERS.values() for feedback in kind.accepts} == set(FEEDBACK)


def parameters(kind):
    if kind.__init__ is object.__init__:
        return {}
    return dict(list(inspect.signature(kind.__init__).parameters.items())[1:])
