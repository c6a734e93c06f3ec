"""UCB1: its choices by definition, and its bound on regret where payoffs are independent draws."""

import math

import numpy as np
import pytest

from agents.learning import Lesson, Task, Ucb1
from agents.learning.learner import choose

LOW, HIGH = -2.0, 3.0


def coins(learner, means, *, rounds, worlds, seed=1):
    """Let a learner toss coins that show HIGH with these probabilities, else LOW: how often it chose each."""
    means, rng, rows = np.array(means), np.random.default_rng(seed), np.arange(worlds)
    low, high = np.full(worlds, LOW), np.full(worlds, HIGH)
    learner.begin(Task(np.ones((worlds, len(means)), dtype=bool), low, high))
    counts = np.zeros((worlds, len(means)))
    for _ in range(rounds):
        mix = learner.mix(rows)
        chosen = choose(mix, rng.random(worlds))
        heads = rng.random(worlds) < means[chosen]
        learner.learn(rows, Lesson(mix, chosen, np.where(heads, HIGH, LOW)))
        counts[rows, chosen] += 1
    return counts


@pytest.mark.parametrize("means", [[0.9, 0.6], [0.9, 0.8, 0.8], [0.55, 0.45], [0.7, 0.5, 0.3, 0.1]])
def test_regret_is_within_the_bound(means):
    """Theorem 1 of [AuerCesaBianchiFischer2002], and its bound on how often a worse option is chosen."""
    rounds, worlds = 3000, 200
    counts = coins(Ucb1(), means, rounds=rounds, worlds=worlds)
    gaps = max(means) - np.array(means)
    worse = gaps > 0
    often = 8 * math.log(rounds) / gaps[worse] ** 2 + 1 + math.pi**2 / 3
    error = counts[:, worse].std(axis=0, ddof=1) / math.sqrt(worlds)
    assert (counts[:, worse].mean(axis=0) + 3 * error <= often).all()
    regret = counts @ gaps
    bound = (8 * math.log(rounds) / gaps[worse]).sum() + (1 + math.pi**2 / 3) * gaps.sum()
    assert regret.mean() + 3 * regret.std(ddof=1) / math.sqrt(worlds) <= bound


def test_the_bound_rules_out_choosing_evenly():
    """So the test of the bound can fail."""
    gap, rounds = 0.4, 3000
    assert rounds * gap / 2 > 8 * math.log(rounds) / gap + (1 + math.pi**2 / 3) * gap


def test_regret_grows_like_the_logarithm():
    """Four times the rounds: twice the regret of a rule whose regret grows like the root, far less here."""
    early, late = (coins(Ucb1(), [0.9, 0.4], rounds=n, worlds=100)[:, 1].mean() for n in (1000, 4000))
    assert early < late < 1.6 * early


@pytest.mark.parametrize("width", [1.0, 0.3])
def test_choices_by_definition(width):
    """The rule of Figure 1, one number at a time, in units of the range."""
    rng, rows, options = np.random.default_rng(4), np.arange(1), 5
    learner = Ucb1(width=width)
    learner.begin(Task(np.ones((1, options), dtype=bool), np.full(1, LOW), np.full(1, HIGH)))
    seen = [[] for _ in range(options)]
    for turn in range(400):
        mix = learner.mix(rows)
        untried = [option for option in range(options) if not seen[option]]
        if untried:
            winners = untried
        else:
            bounds = [sum(s) / len(s) + width * math.sqrt(2 * math.log(turn) / len(s)) for s in seen]
            winners = [option for option in range(options) if bounds[option] >= max(bounds) - 1e-9]
        assert mix[0].tolist() == [(option in winners) / len(winners) for option in range(options)]
        chosen, paid = choose(mix, rng.random(1)), rng.random(1)
        learner.learn(rows, Lesson(mix, chosen, LOW + (HIGH - LOW) * paid))
        seen[chosen[0]].append(float(paid[0]))


def test_everything_is_tried_once_first_in_any_order():
    counts = coins(Ucb1(), [1.0, 0.0, 0.0, 0.0], rounds=4, worlds=50)
    assert (counts == 1).all()
    first = coins(Ucb1(), [1.0, 0.0, 0.0, 0.0], rounds=1, worlds=4000).mean(axis=0)
    assert first == pytest.approx(np.full(4, 0.25), abs=4 * math.sqrt(0.25 * 0.75 / 4000))


def test_what_is_equally_good_is_chosen_evenly():
    """Both coins show heads always: in a tie neither is favoured."""
    learner, rows = Ucb1(), np.arange(1)
    learner.begin(Task(np.ones((1, 2), dtype=bool), np.full(1, LOW), np.full(1, HIGH)))
    for turn in range(40):
        mix = learner.mix(rows)
        assert mix.tolist() == [[0.5, 0.5]] or turn % 2
        learner.learn(rows, Lesson(mix, choose(mix, np.array([0.7])), np.full(1, HIGH)))
