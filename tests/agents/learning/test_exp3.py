"""EXP3 and EXP3-IX: their weights by definition, and their bounds on regret on sequences made to hurt."""

import math

import numpy as np
import pytest

from agents.learning import Exp3, Exp3IX, Lesson, QLearning, Task
from agents.learning.learner import choose
from tests.agents.learning.games import HIGH, LOW, SEQUENCES, softmax_of

ROUNDS, WORLDS = 2000, 100


def grudge(mix, turn, rng):
    """The likeliest option, and only one of several, earns nothing; all others one."""
    return (np.arange(mix.shape[1]) != mix.argmax(axis=1)[:, None]).astype(float)


OBLIVIOUS = {name: SEQUENCES[name] for name in ("coins", "leader_breaker", "reversal")}  # whatever is chosen
ADAPTIVE = {"rare": SEQUENCES["rare"], "grudge": grudge}  # these see the mix
E1 = math.e - 1


def bandit(learner, sequence, *, rounds, options, worlds, known=False, seed=1):
    """Let a learner meet a sequence and see its own payoffs.

    Returns per world what it earned and ``(worlds, options)`` what every option would have, in units of the range.
    """
    rng, rows = np.random.default_rng(seed), np.arange(worlds)
    low, high = np.full(worlds, LOW), np.full(worlds, HIGH)
    learner.begin(Task(np.ones((worlds, options), dtype=bool), low, high, horizon=rounds if known else None))
    earned, could = np.zeros(worlds), np.zeros((worlds, options))
    for turn in range(rounds):
        mix = learner.mix(rows)
        paid = sequence(mix, turn, rng)
        chosen = choose(mix, rng.random(worlds))
        learner.learn(rows, Lesson(mix, chosen, LOW + (HIGH - LOW) * paid[rows, chosen]))
        earned += paid[rows, chosen]
        could += paid
    return earned, could


def surely_below(samples, bound):
    """Whether a mean over worlds is below a bound, by more than three standard errors."""
    return samples.mean() + 3 * samples.std(ddof=1) / math.sqrt(len(samples)) <= bound


def exp3_bound(options, *, known):
    return (1 if known else math.sqrt(2)) * 2 * math.sqrt(E1 * ROUNDS * options * math.log(options))


def exp3_ix_bound(options, *, known, doubt):
    """Theorem 1 of [Neu2015], which holds with probability 1 - doubt."""
    logs, scale = math.log(options), math.sqrt(2) if known else 2
    lead = scale * math.sqrt(options * ROUNDS)
    return 2 * lead * math.sqrt(logs) + (lead / math.sqrt(logs) + 1) * math.log(2 / doubt)


# --- regret


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("options", [2, 10])
@pytest.mark.parametrize("sequence", OBLIVIOUS.values(), ids=OBLIVIOUS)
def test_exp3_expects_no_more_regret_than_its_bound(sequence, options, known):
    earned, could = bandit(Exp3(), sequence, rounds=ROUNDS, options=options, worlds=WORLDS, known=known)
    assert surely_below(could.max(axis=1) - earned, exp3_bound(options, known=known))


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("options", [2, 10])
@pytest.mark.parametrize("sequence", ADAPTIVE.values(), ids=ADAPTIVE)
def test_exp3_withstands_those_who_react(sequence, options, known):
    """No fixed option is better in expectation by more than the bound."""
    earned, could = bandit(Exp3(), sequence, rounds=ROUNDS, options=options, worlds=WORLDS, known=known)
    for option in could.T:
        assert surely_below(option - earned, exp3_bound(options, known=known))


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("options", [2, 10])
@pytest.mark.parametrize("sequence", (OBLIVIOUS | ADAPTIVE).values(), ids=OBLIVIOUS | ADAPTIVE)
def test_exp3_ix_is_within_its_bound_in_nearly_every_world(sequence, options, known):
    earned, could = bandit(Exp3IX(), sequence, rounds=ROUNDS, options=options, worlds=WORLDS, known=known)
    regret = could.max(axis=1) - earned
    for doubt in (0.5, 0.05, 0.005):
        beyond = (regret > exp3_ix_bound(options, known=known, doubt=doubt)).mean()
        assert beyond <= doubt


def test_those_who_trust_their_estimates_break_both_bounds():
    """What the bounds rule out happens to the greedy."""
    earned, could = bandit(QLearning(explore=0), SEQUENCES["reversal"], rounds=ROUNDS, options=2, worlds=WORLDS)
    regret = could.max(axis=1) - earned
    assert (regret > 1300).all()
    assert exp3_bound(2, known=False) < 200
    assert exp3_ix_bound(2, known=False, doubt=0.05) < 800


@pytest.mark.parametrize("learner", [Exp3, Exp3IX])
def test_regret_falls_from_round_to_round(learner):
    """A rate of regret of one over the square root: over sixteen times as many rounds, a quarter of it, or so."""
    rates = []
    for rounds in (500, 8000):
        earned, could = bandit(learner(), _better, rounds=rounds, options=5, worlds=100)
        rates.append((could.max(axis=1) - earned).mean() / rounds)
    assert rates[1] < 0.4 * rates[0]


def _better(mix, turn, rng):
    """Option 3 pays more often than the others."""
    means = np.full(mix.shape[1], 0.4)
    means[3] = 0.6
    return (rng.random(mix.shape) < means).astype(float)


# --- weights


def record(learner, *, rounds, options, known=False, seed=5):
    """One world's mixes, choices and payoffs in units of the range, payoffs anything between."""
    rng, rows, one = np.random.default_rng(seed), np.arange(1), np.ones(1)
    learner.begin(Task(np.ones((1, options), dtype=bool), LOW * one, HIGH * one, horizon=rounds if known else None))
    course = []
    for _ in range(rounds):
        mix = learner.mix(rows)
        chosen, paid = choose(mix, rng.random(1)), rng.random(1)
        learner.learn(rows, Lesson(mix, chosen, LOW + (HIGH - LOW) * paid))
        course.append((mix[0], int(chosen[0]), float(paid[0])))
    return course


@pytest.mark.parametrize("parameters", [{}, {"mixing": 0.2}])
def test_exp3_as_it_is_printed(parameters):
    """Figure 1 of [Auer2002]: weights multiplied from round to round, at a constant share of even play."""
    options, rounds = 4, 300
    share = parameters.get("mixing", math.sqrt(options * math.log(options) / (E1 * rounds)))
    weights = [1.0] * options
    for mix, chosen, paid in record(Exp3(**parameters), rounds=rounds, options=options, known=True):
        odds = [(1 - share) * w / sum(weights) + share / options for w in weights]
        assert mix == pytest.approx(odds, abs=1e-10)
        weights[chosen] *= math.exp(share * paid / odds[chosen] / options)


@pytest.mark.parametrize(
    ("parameters", "share"),
    [
        ({}, lambda t: min(1, math.sqrt(4 * math.log(4) / (2 * E1 * t)))),
        ({"mixing": 0.5, "anneal": 0.5}, lambda t: 0.5 / math.sqrt(t)),
    ],
)
def test_exp3_with_a_falling_share(parameters, share):
    gains = [0.0] * 4
    for turn, (mix, chosen, paid) in enumerate(record(Exp3(**parameters), rounds=300, options=4), start=1):
        weights = softmax_of([share(turn) / 4 * g for g in gains])
        odds = [(1 - share(turn)) * w + share(turn) / 4 for w in weights]
        assert mix == pytest.approx(odds, abs=1e-10)
        gains[chosen] += paid / odds[chosen]


@pytest.mark.parametrize(
    ("parameters", "known", "rate"),
    [
        ({}, True, lambda t: math.sqrt(2 * math.log(4) / (4 * 300))),
        ({}, False, lambda t: math.sqrt(math.log(4) / (4 * t))),
        ({"rate": 0.3}, True, lambda t: 0.3),
        ({"rate": 0.3, "anneal": 0.5}, False, lambda t: 0.3 / math.sqrt(t)),
    ],
)
def test_exp3_ix_by_definition(parameters, known, rate):
    losses = [0.0] * 4
    course = record(Exp3IX(**parameters), rounds=300, options=4, known=known)
    for turn, (mix, chosen, paid) in enumerate(course, start=1):
        odds = softmax_of([-rate(turn) * loss for loss in losses])
        assert mix == pytest.approx(odds, abs=1e-10)
        losses[chosen] += (1 - paid) / (odds[chosen] + rate(turn) / 2)


def test_estimates_of_exp3_are_right_on_average():
    """One round of a fixed table, in many worlds: what was estimated is the table, from a mix that is not even."""
    worlds, paid, mix = 200_000, np.array([0.2, 0.9, 0.5]), np.array([0.1, 0.3, 0.6])
    learner, rows = Exp3(mixing=0.1), np.arange(200_000)
    first = np.tile(mix, (worlds, 1))
    learner.begin(Task(np.ones((worlds, 3), dtype=bool), np.zeros(worlds), np.ones(worlds), first=first))
    chosen = choose(learner.mix(rows), np.random.default_rng(3).random(worlds))
    learner.learn(rows, Lesson(first, chosen, paid[chosen]))
    after = learner.policy(rows)
    weights = (after - 0.1 / 3) / 0.9
    ratios = np.log(weights[rows, chosen] / weights[rows, (chosen + 1) % 3])
    for option in range(3):
        found = (ratios * (chosen == option)) * 3 / 0.1
        assert found.mean() == pytest.approx(paid[option], abs=4 * found.std() / math.sqrt(worlds))


def test_an_only_option_is_chosen():
    for learner in (Exp3(), Exp3IX()):
        for mix, *_ in record(learner, rounds=5, options=1):
            assert mix.tolist() == [1.0]


@pytest.mark.parametrize("learner", [Exp3, Exp3IX])
def test_annealing_needs_something_to_anneal(learner):
    with pytest.raises(ValueError, match=r"anneal \(= 0.5\) goes with a"):
        learner(anneal=0.5)


@pytest.mark.parametrize("mixing", [0.0, 1.5, math.nan])
def test_a_share_of_even_play_is_a_share(mixing):
    with pytest.raises(ValueError, match=f"mixing must be above 0 and at most 1, not {mixing}"):
        Exp3(mixing=mixing)
