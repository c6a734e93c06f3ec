"""What every learner must be: its tables, its masks, its independence of how rows are split; and the rules they share."""

import re

import numpy as np
import pytest

from agents.learning import LEARNERS
from agents.learning.learner import Learner, Lesson, Task, best, choose, positive, proportional, share, softmax

CASES = [(name, feedback) for name, kind in LEARNERS.items() for feedback in kind.accepts]
ROWS, OPTIONS, ROUNDS = 10, 9, 40
ALL = np.arange(ROWS)


def task(*, rows=ALL, garbage_at=None, first=False, horizon=None) -> Task:
    rng = np.random.default_rng(7)
    allowed = rng.random((ROWS, OPTIONS)) < 0.7
    allowed[:, 4] = True
    allowed[3] = np.arange(OPTIONS) == 4
    mixes = rng.random((ROWS, OPTIONS)) * allowed
    mixes /= mixes.sum(axis=1, keepdims=True)
    low = rng.normal(size=ROWS)
    return Task(allowed[rows], low[rows], low[rows] + 2.0, first=mixes[rows] if first else None, horizon=horizon)


def play(kind, feedback, *, rows=ALL, garbage=0.0, shift=0.0, first=False, horizon=None, sit_out=False):
    """Mixes ``(rounds, rows, options)`` of a fresh learner on payoffs that are fixed by round and row."""
    rng, learner, about = np.random.default_rng(3), kind(), task(rows=rows, first=first, horizon=horizon)
    learner.begin(about)
    mine, path = np.arange(len(rows)), []
    for turn in range(ROUNDS):
        payoffs = task().low[:, None] + 2.0 * rng.random((ROWS, OPTIONS))
        uniforms = rng.random(ROWS)
        payoffs, uniforms = np.where(about.allowed, payoffs[rows], garbage), uniforms[rows]
        met = mine[(mine + turn) % 3 > 0] if sit_out else mine
        mix = learner.mix(met)
        chosen = None if feedback == "mean" else choose(mix, uniforms[met])
        shown = payoffs[met, chosen] if feedback == "bandit" else payoffs[met]
        learner.learn(met, Lesson(mix, chosen, shown))
        path.append(learner.mix(mine))
    return np.stack(path)


@pytest.mark.parametrize(("name", "feedback"), CASES)
def test_mixes_are_mixes_of_what_is_allowed(name, feedback):
    path = play(LEARNERS[name], feedback)
    assert (path >= 0).all()
    assert path.sum(axis=2) == pytest.approx(1.0, abs=1e-12)
    assert (path[:, ~task().allowed] == 0).all()
    assert (path[:, 3, 4] == 1.0).all()


@pytest.mark.parametrize(("name", "feedback"), [case for case in CASES if case[1] != "bandit"])
def test_what_is_not_allowed_does_not_matter(name, feedback):
    plain, other = (play(LEARNERS[name], feedback, garbage=garbage) for garbage in (0.0, -1e6))
    assert (plain == other).all()


@pytest.mark.parametrize(("name", "feedback"), CASES)
@pytest.mark.parametrize("blocks", [[ALL[:5], ALL[5:]], [ALL[i : i + 1] for i in range(ROWS)], [ALL[::2], ALL[1::2]]])
def test_any_split_of_the_rows_gives_the_same_bits(name, feedback, blocks):
    together = play(LEARNERS[name], feedback, first=True)
    for block in blocks:
        assert (play(LEARNERS[name], feedback, rows=block, first=True) == together[:, block]).all()


@pytest.mark.parametrize(("name", "feedback"), CASES)
def test_rows_that_sit_out_are_left_alone(name, feedback):
    """A row that is not met keeps its mix, and beginning anew forgets everything."""
    learner = LEARNERS[name]()
    learner.begin(task())
    start = learner.mix(ALL)
    met, rest = ALL[::2], ALL[1::2]
    for _ in range(5):
        mix = learner.mix(met)
        chosen = None if feedback == "mean" else choose(mix, np.full(len(met), 0.5))
        worth = np.where(feedback == "bandit", 0.5, np.arange(OPTIONS) / OPTIONS) + task().low[met, None]
        learner.learn(met, Lesson(mix, chosen, worth[:, 0] if feedback == "bandit" else worth))
    assert (learner.mix(rest) == start[rest]).all()
    assert learner.visits.tolist() == [5, 0] * (ROWS // 2)
    learner.begin(task())
    assert (learner.mix(ALL) == start).all()


@pytest.mark.parametrize(("name", "feedback"), CASES)
def test_the_first_mix_is_the_one_that_is_given(name, feedback):
    learner, about = LEARNERS[name](), task(first=True)
    learner.begin(about)
    assert (learner.mix(ALL) == about.first).all()
    learner.begin(task())
    assert learner.mix(ALL) == pytest.approx(task().even, abs=1e-15)


@pytest.mark.parametrize(("name", "feedback"), CASES)
def test_a_policy_may_be_written_to(name, feedback):
    learner = LEARNERS[name]()
    learner.begin(task())
    before = learner.mix(ALL)
    learner.mix(ALL)[:] = -1.0
    assert (learner.mix(ALL) == before).all()


@pytest.mark.parametrize(("name", "feedback"), [case for case in CASES if case[1] != "bandit"])
def test_what_is_always_much_better_wins(name, feedback):
    learner, worth = LEARNERS[name](), np.zeros((ROWS, OPTIONS))
    worth[:, 4] = 1.0
    learner.begin(Task(np.ones(worth.shape, dtype=bool), np.zeros(ROWS), np.ones(ROWS)))
    for _ in range(400):
        mix = learner.mix(ALL)
        learner.learn(ALL, Lesson(mix, None if feedback == "mean" else choose(mix, np.full(ROWS, 0.5)), worth))
    assert (learner.mix(ALL)[:, 4] > 0.95).all()


@pytest.mark.parametrize(("name", "feedback"), [case for case in CASES if case[1] != "bandit"])
def test_equals_are_treated_equally(name, feedback):
    """No option has an advantage by its number: renumbering options renumbers mixes."""
    order = np.random.default_rng(2).permutation(OPTIONS)
    worth = np.random.default_rng(4).integers(3, size=(ROUNDS, ROWS, OPTIONS)).astype(float)
    plain, mixed = LEARNERS[name](), LEARNERS[name]()
    for learner in (plain, mixed):
        learner.begin(Task(np.ones((ROWS, OPTIONS), dtype=bool), np.zeros(ROWS), np.full(ROWS, 2.0)))
    for payoffs in worth:
        a, b = plain.mix(ALL), mixed.mix(ALL)
        assert b == pytest.approx(a[:, order], abs=1e-9)
        plain.learn(ALL, Lesson(a, None, payoffs))
        mixed.learn(ALL, Lesson(b, None, payoffs[:, order]))


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_explains_itself(name):
    kind = LEARNERS[name]
    assert kind.name == name
    assert re.fullmatch(r"[a-z][a-z0-9-]*", name)
    assert kind.summary
    assert "\n" not in kind.summary + kind.guarantee
    assert kind.guarantee
    assert kind.accepts
    assert set(kind.accepts) <= {"bandit", "full", "mean"}
    assert kind.random_start == (kind.accepts == ("mean",))


# --- the task


def test_a_row_without_options_is_refused():
    with pytest.raises(ValueError, match="row 1 has no option"):
        Task(np.array([[True], [False]]), np.zeros(2), np.ones(2))


def test_payoffs_upside_down_are_refused():
    with pytest.raises(ValueError, match=r"row 0 has its highest payoff, 1\.0, below its lowest, 2\.0"):
        Task(np.array([[True]]), np.array([2.0]), np.array([1.0]))


def test_a_row_without_stakes_has_span_one():
    about = Task(np.ones((2, 3), dtype=bool), np.zeros(2), np.array([0.0, 4.0]))
    assert about.span.tolist() == [1.0, 4.0]
    assert (about.rows, about.options) == (2, 3)


def test_the_first_mix_is_for_rows_that_have_not_learnt():
    class Last(Learner):
        name = summary = guarantee = "last"
        accepts = ("full",)

        def prepare(self):
            pass

        def policy(self, rows):
            return np.tile([0.0, 1.0], (len(rows), 1))

        def update(self, rows, lesson):
            pass

    learner = Last()
    learner.begin(Task(np.ones((3, 2), dtype=bool), np.zeros(3), np.ones(3), first=np.full((3, 2), 0.5)))
    learner.learn(np.array([1]), Lesson(np.full((1, 2), 0.5), None, np.zeros((1, 2))))
    assert learner.mix(np.arange(3)).tolist() == [[0.5, 0.5], [0.0, 1.0], [0.5, 0.5]]


# --- the rules that learners share


def test_softmax_survives_large_scores():
    shown = softmax(np.array([[1e4, 1e4 - 1.0, 1e9]]), np.array([[True, True, False]]))
    assert shown[0] == pytest.approx([1 / (1 + np.exp(-1)), 1 / (1 + np.e), 0.0])


def test_the_best_share_evenly_up_to_rounding():
    scores = np.array([[0.1 + 0.2, 0.3, 0.0, 9.0]])
    assert best(scores, np.array([[True, True, True, False]])).tolist() == [[0.5, 0.5, 0.0, 0.0]]
    assert best(scores, np.ones((1, 4), dtype=bool)).tolist() == [[0.0, 0.0, 0.0, 1.0]]
    assert best(np.array([[1.0, 1.0 + 1e-9]]), np.ones((1, 2), dtype=bool)).tolist() == [[0.0, 1.0]]


def test_proportions_of_nothing_are_even():
    weights, allowed = np.array([[1.0, 3.0, 5.0], [0.0, 0.0, 7.0]]), np.array([[True, True, False]] * 2)
    assert proportional(weights, allowed).tolist() == [[0.25, 0.75, 0.0], [0.5, 0.5, 0.0]]


def test_draws_have_their_probabilities_and_never_none():
    mix = np.array([[0.0, 0.25, 0.0, 0.75, 0.0]])
    uniforms = np.array([0.0, 0.2499, 0.25, 1.0 - 2**-53])
    assert choose(np.repeat(mix, 4, axis=0), uniforms).tolist() == [1, 1, 3, 3]
    rng = np.random.default_rng(0)
    counts = np.bincount(choose(np.repeat(mix, 40_000, axis=0), rng.random(40_000)), minlength=5)
    assert counts[1] / 40_000 == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / 40_000))


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan")])
def test_what_must_be_positive_is(value):
    with pytest.raises(ValueError, match=f"x must be a positive number, not {value}"):
        positive("x", value)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_shares_are_shares(value):
    with pytest.raises(ValueError, match=f"x must be a number from 0 to 1, not {value}"):
        share("x", value)
