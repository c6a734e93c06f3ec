"""What learners are built of: the task, first mixes, and the rules that they share."""

import numpy as np
import pytest

from agents.learning import LEARNERS
from agents.learning.learner import Learner, Lesson, Task, best, choose, positive, proportional, share, softmax

CASES = [(name, feedback) for name, kind in LEARNERS.items() for feedback in kind.accepts]


@pytest.mark.parametrize(("name", "feedback"), CASES)
def test_rows_that_sit_out_are_left_alone(name, feedback):
    """A row that is not met keeps its mix, and beginning anew forgets everything."""
    learner, every, options = LEARNERS[name](), np.arange(10), 6
    task = Task(np.ones((10, options), dtype=bool), np.zeros(10), np.ones(10))
    learner.begin(task)
    start = learner.mix(every)
    met, rest = every[::2], every[1::2]
    for _ in range(5):
        mix = learner.mix(met)
        chosen = None if feedback == "mean" else choose(mix, np.full(len(met), 0.5))
        worth = np.tile(np.arange(options) / options, (5, 1))
        learner.learn(met, Lesson(mix, chosen, worth[:, 1] if feedback == "bandit" else worth))
    assert (learner.mix(rest) == start[rest]).all()
    assert learner.visits.tolist() == [5, 0] * 5
    learner.begin(task)
    assert (learner.mix(every) == start).all()


@pytest.mark.parametrize("name", LEARNERS)
def test_rules_that_need_expectations_start_at_random(name):
    """They have no noise of their own, so worlds that started alike would stay alike."""
    assert LEARNERS[name].random_start == (LEARNERS[name].accepts == ("mean",))


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


@pytest.mark.parametrize("value", [1e-300, 1e308])
def test_what_sums_would_overflow_with_is_refused(value):
    with pytest.raises(ValueError, match=f"x must lie between 1e-12 and 1e9, not {value}".replace("+", r"\+")):
        positive("x", value)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_shares_are_shares(value):
    with pytest.raises(ValueError, match=f"x must be a number from 0 to 1, not {value}"):
        share("x", value)


# --- going on with another task


def played(name, feedback, task, rounds, seed):
    """A learner that has met a task for some rounds of random payoffs."""
    learner, rng, every = LEARNERS[name](), np.random.default_rng(seed), np.arange(task.rows)
    learner.begin(task)
    for _ in range(rounds):
        mix = learner.mix(every)
        chosen = None if feedback == "mean" else choose(mix, rng.random(task.rows))
        worth = rng.random((task.rows, task.options))
        learner.learn(every, Lesson(mix, chosen, worth[every, chosen] if feedback == "bandit" else worth))
    return learner


@pytest.mark.parametrize(("name", "feedback"), CASES)
def test_what_is_learnt_is_carried_by_row_and_option(name, feedback):
    """Rows and options in another order, and a row that is new."""
    task = Task(np.ones((3, 4), dtype=bool), np.zeros(3), np.ones(3))
    learner = played(name, feedback, task, 30, 8)
    before = learner.mix(np.arange(3))
    order = np.array([2, 0, 3, 1])
    learner.resume(Task(np.ones((4, 4), dtype=bool), np.zeros(4), np.ones(4)), np.array([1, -1, 2, 0]), order)
    after = learner.mix(np.arange(4))
    np.testing.assert_allclose(after[[3, 0, 2]], before[:, order], atol=1e-12)
    assert learner.visits.tolist() == [30, 0, 30, 30]
    fresh = LEARNERS[name]()
    fresh.begin(Task(np.ones((1, 4), dtype=bool), np.zeros(1), np.ones(1)))
    np.testing.assert_array_equal(after[1], fresh.mix(np.zeros(1, dtype=int))[0])


@pytest.mark.parametrize(("name", "feedback"), CASES)
def test_a_new_range_of_payoffs_replaces_the_old_one(name, feedback):
    """What is remembered is what was earned, not what was possible: the same as if the range had always been so."""
    narrow, wide = (Task(np.ones((2, 3), dtype=bool), np.zeros(2), np.full(2, top)) for top in (1.0, 4.0))
    learner = played(name, feedback, narrow, 1, 3)
    learner.resume(wide, np.arange(2), np.arange(3))
    assert learner.task is wide
    for own in ("_span", "_even", "_options", "_spread"):
        if hasattr(learner, own):
            fresh = LEARNERS[name]()
            fresh.begin(wide)
            np.testing.assert_array_equal(getattr(learner, own), getattr(fresh, own))


@pytest.mark.parametrize(("name", "feedback"), CASES)
def test_a_row_that_loses_what_it_played_still_has_a_mix(name, feedback):
    task = Task(np.ones((4, 3), dtype=bool), np.zeros(4), np.ones(4))
    learner = played(name, feedback, task, 40, 4)
    gone = int(learner.mix(np.arange(4))[0].argmax())
    allowed = np.ones((4, 3), dtype=bool)
    allowed[0, gone] = False
    learner.resume(Task(allowed, np.zeros(4), np.ones(4)), np.arange(4), np.arange(3))
    mix = learner.mix(np.arange(4))
    np.testing.assert_allclose(mix.sum(axis=1), 1.0)
    assert mix[0, gone] == 0.0


def joined(name, feedback, shift):
    """The mixes of two options before and after a third joins between them, all payoffs shifted by a constant."""
    learner, every, rng = LEARNERS[name](), np.arange(50), np.random.default_rng(2)
    low, high = np.full(50, -2.0), np.full(50, 2.0)
    learner.begin(Task(np.ones((50, 2), dtype=bool), low, high))
    for _ in range(60):
        mix = learner.mix(every)
        chosen = None if feedback == "mean" else choose(mix, rng.random(50))
        worth = rng.random((50, 2)) - 0.5 + shift
        learner.learn(every, Lesson(mix, chosen, worth[every, chosen] if feedback == "bandit" else worth))
    before = learner.mix(every)
    learner.resume(Task(np.ones((50, 3), dtype=bool), low, high), every, np.array([0, -1, 1]))
    return before, learner.mix(every), learner.visits


@pytest.mark.parametrize(("name", "feedback"), CASES)
def test_a_newcomer_is_neither_favoured_nor_shut_out(name, feedback):
    """What the others have earned in all, for better or worse, is not held against it."""
    shares = []
    for shift in (-1.0, 0.0, 1.0):
        _, after, visits = joined(name, feedback, shift)
        assert (visits == 60).all()
        np.testing.assert_allclose(after.sum(axis=1), 1.0)
        shares.append(after[:, 1].mean())
    if feedback != "bandit":
        assert max(shares) - min(shares) < 1e-6
    elif name.startswith("exp3"):
        assert min(shares) > 0.2
        assert max(shares) < 0.5


@pytest.mark.parametrize("name", ["hedge", "smooth-fictitious-play", "replicator"])
def test_a_newcomer_starts_level_where_sums_are_kept(name):
    """Its score is the mean of the others', so that its weight is the geometric mean of theirs."""
    _, after, _ = joined(name, LEARNERS[name].accepts[0], 0.0)
    np.testing.assert_allclose(after[:, 1] ** 2, after[:, 0] * after[:, 2], rtol=1e-9)


@pytest.mark.parametrize("name", ["best-response-dynamics", "logit-response", "fictitious-play"])
def test_a_newcomer_gets_nothing_of_a_mix_until_it_has_earned_it(name):
    before, after, _ = joined(name, LEARNERS[name].accepts[0], 0.0)
    np.testing.assert_allclose(after[:, [0, 2]], before, atol=1e-12)


def test_a_double_that_becomes_an_option_is_news_to_bandits_only():
    """Under full information it has earned what its twin has; a bandit has never tried it."""
    every = np.arange(2)
    masked = np.array([[True, True, False]] * 2)
    for name, fresh in (("hedge", False), ("exp3", True)):
        learner = LEARNERS[name]()
        learner.begin(Task(masked, np.zeros(2), np.ones(2)))
        for _ in range(20):
            mix = learner.mix(every)
            worth = np.array([[0.2, 0.8, 0.8]] * 2)
            chosen = choose(mix, np.array([0.3, 0.7]))
            learner.learn(every, Lesson(mix, chosen, worth[every, chosen] if name == "exp3" else worth))
        learner.resume(Task(np.ones((2, 3), dtype=bool), np.zeros(2), np.ones(2)), every, np.arange(3))
        after = learner.mix(every)
        others = np.sort(after[:, :2], axis=1)
        if fresh:
            assert ((others[:, 0] < after[:, 2]) & (after[:, 2] < others[:, 1])).all()
        else:
            np.testing.assert_array_equal(after[:, 2], after[:, 1])
