"""Q-learning: estimates and choices by definition, where it converges, and where it settles too early."""

import math

import numpy as np
import pytest

from agents.learning import BoltzmannQ, Lesson, QLearning, Task
from agents.learning.learner import choose
from tests.agents.learning.games import softmax_of

LOW, HIGH = -2.0, 3.0
SPAN = HIGH - LOW


def begin(learner, *, worlds=1, options=4):
    allowed = np.ones((worlds, options), dtype=bool)
    learner.begin(Task(allowed, np.full(worlds, LOW), np.full(worlds, HIGH)))
    return np.arange(worlds)


def coins(learner, means, *, rounds, worlds, seed=1):
    """Let a learner toss coins that show HIGH with these probabilities, else LOW: its mixes at the end."""
    means, rng = np.array(means), np.random.default_rng(seed)
    rows = begin(learner, worlds=worlds, options=len(means))
    for _ in range(rounds):
        mix = learner.mix(rows)
        chosen = choose(mix, rng.random(worlds))
        heads = rng.random(worlds) < means[chosen]
        learner.learn(rows, Lesson(mix, chosen, np.where(heads, HIGH, LOW)))
    return learner.mix(rows)


def follow(learner, expected, *, rate, start, rounds=200, options=4, seed=2):
    """Check every mix against what `expected` makes of estimates in units of the range, kept one number at a time."""
    rng, rows = np.random.default_rng(seed), begin(learner, options=options)
    estimates, tried = [start] * options, [0] * options
    for turn in range(1, rounds + 1):
        mix = learner.mix(rows)
        assert mix[0] == pytest.approx(expected(estimates, turn), abs=1e-10)
        chosen, paid = int(choose(mix, rng.random(1))[0]), float(rng.random())
        learner.learn(rows, Lesson(mix, np.array([chosen]), np.array([LOW + SPAN * paid])))
        tried[chosen] += 1
        step = 1 / tried[chosen] if rate is None else rate
        estimates[chosen] += step * (paid - estimates[chosen])


@pytest.mark.parametrize(
    ("parameters", "explore"),
    [
        ({}, lambda t: 1 / math.sqrt(t)),
        ({"rate": 0.2, "explore": 0.1, "anneal": 0.0}, lambda t: 0.1),
        ({"explore": 0.8, "anneal": 1.0, "start": 0.0}, lambda t: 0.8 / t),
    ],
)
def test_epsilon_greedy_by_definition(parameters, explore):
    def expected(estimates, turn):
        winners = [e >= max(estimates) - 1e-9 for e in estimates]
        return [explore(turn) / 4 + (1 - explore(turn)) * w / sum(winners) for w in winners]

    follow(QLearning(**parameters), expected, rate=parameters.get("rate"), start=parameters.get("start", 1.0))


@pytest.mark.parametrize(
    ("parameters", "temperature"),
    [
        ({}, lambda t: t**-0.4),
        ({"rate": 0.2, "temperature": 0.3, "anneal": 0.0}, lambda t: 0.3),
        ({"temperature": 2.0, "anneal": 1.0, "start": 0.5}, lambda t: 2.0 / t),
    ],
)
def test_boltzmann_by_definition(parameters, temperature):
    def expected(estimates, turn):
        return softmax_of([e / temperature(turn) for e in estimates])

    follow(BoltzmannQ(**parameters), expected, rate=parameters.get("rate"), start=parameters.get("start", 1.0))


@pytest.mark.parametrize("learner", [QLearning, BoltzmannQ])
def test_the_best_coin_is_found(learner):
    """Means far apart, and the defaults: most play is on the best, in nearly every world."""
    mix = coins(learner(), [0.2, 0.8, 0.3, 0.1], rounds=3000, worlds=200)
    assert mix[:, 1].mean() > 0.95


def test_the_greedy_settle_on_what_was_lucky():
    """A coin of 0.9 that shows tails at once is never tossed again while one of 0.5 is good enough: one in ten."""
    mix = coins(QLearning(explore=0.0), [0.5, 0.9], rounds=2000, worlds=2000)
    lucky = (mix[:, 0] == 1).mean()
    assert 0.04 < lucky < 0.2
    assert coins(QLearning(explore=1.0), [0.5, 0.9], rounds=2000, worlds=2000)[:, 1].mean() > 0.95


def test_optimism_tries_everything_once_and_pessimism_does_not():
    """With payoffs between the bounds, and without exploring."""
    for start, untried in ((1.0, 0), (0.0, 5)):
        learner, rng, tried = QLearning(explore=0.0, start=start), np.random.default_rng(0), set()
        rows = begin(learner, options=6)
        for _ in range(20):
            mix = learner.mix(rows)
            chosen = choose(mix, rng.random(1))
            tried.add(int(chosen[0]))
            learner.learn(rows, Lesson(mix, chosen, np.zeros(1)))
        assert 6 - len(tried) == untried


def test_estimates_are_the_means_of_what_was_received():
    """At a constant temperature play ends at the logit mix of the true means, as every option is tried for ever."""
    means = np.array([0.2, 0.5, 0.6])
    mix = coins(BoltzmannQ(temperature=0.5, anneal=0.0), means, rounds=4000, worlds=300)
    assert mix.mean(axis=0) == pytest.approx(softmax_of((means / 0.5).tolist()), abs=0.005)


def test_a_constant_rate_keeps_estimates_noisy():
    """The stationary variance of an estimate that moves by a share r of the surprise: r / (2 - r) of a coin's."""
    learner = QLearning(rate=0.2, explore=1.0, anneal=0.0)
    coins(learner, [0.5], rounds=300, worlds=4000)
    variance = learner._estimates.var() / SPAN**2
    assert variance == pytest.approx(0.25 * 0.2 / 1.8, rel=0.1)


@pytest.mark.parametrize(
    ("learner", "name", "value"),
    [
        (QLearning, "rate", 0.0),
        (QLearning, "rate", 1.5),
        (BoltzmannQ, "rate", math.nan),
        (QLearning, "explore", 1.2),
        (QLearning, "anneal", 1.01),
        (BoltzmannQ, "temperature", 0.0),
        (BoltzmannQ, "start", -0.1),
    ],
)
def test_parameters_in_their_ranges(learner, name, value):
    with pytest.raises(ValueError, match=rf"{name} must be .*, not {value}"):
        learner(**{name: value})
