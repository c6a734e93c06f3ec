"""Small games, sequences of payoffs that are hard to learn from, and equilibria by definition."""

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import linprog

from agents.learning.learner import Learner, Lesson, Task

Payoffs = Sequence[np.ndarray]


def zero_sum(table) -> Payoffs:
    """Both players' payoffs."""
    return [np.array(table, dtype=float), -np.array(table, dtype=float)]


RPS = zero_sum([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
PENNIES = zero_sum([[1, -1], [-1, 1]])
SHAPLEY = [np.eye(3), np.eye(3)[:, [2, 0, 1]]]
CHICKEN = [np.array([[6.0, 2.0], [7.0, 0.0]]), np.array([[6.0, 7.0], [2.0, 0.0]])]
DILEMMA = [np.array([[3.0, 0.0], [4.5, 1.5]]), np.array([[3.0, 4.5], [0.0, 1.5]])]
STAG_HUNT = [np.array([[4.0, 0.0], [3.0, 2.0]]), np.array([[4.0, 3.0], [0.0, 2.0]])]
GAMES = {"rps": RPS, "shapley": SHAPLEY, "chicken": CHICKEN, "dilemma": DILEMMA}


def value(table: np.ndarray) -> float:
    """The value of a zero-sum game to the row player, by linear programming."""
    rows, columns = table.shape
    solved = linprog(
        np.append(np.zeros(rows), -1.0),
        A_ub=np.column_stack([-table.T, np.ones(columns)]),
        b_ub=np.zeros(columns),
        A_eq=np.append(np.ones(rows), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, 1)] * rows + [(None, None)],
    )
    return float(solved.x[-1])


def exploitability(payoffs: Payoffs, mixes: Sequence[np.ndarray]) -> float:
    """The sum of what each of two players can gain against the other's mix."""
    x, y = mixes
    against = (payoffs[0] @ y, x @ payoffs[1])
    return float(against[0].max() - x @ against[0] + against[1].max() - y @ against[1])


def coarse_gap(payoffs: Payoffs, joint: np.ndarray) -> float:
    """What any player gains at most by a fixed action instead of what is drawn from `joint`."""
    return max(_gain(payoffs, joint, i, lambda _, to=to: to) for i, to in _actions(payoffs))


def correlated_gap(payoffs: Payoffs, joint: np.ndarray) -> float:
    """What any player gains at most by one action in place of another that is drawn from `joint`."""
    swaps = ((i, told, to) for i, told in _actions(payoffs) for to in range(payoffs[0].shape[i]))
    return max(_gain(payoffs, joint, i, lambda a, told=told, to=to: to if a == told else a) for i, told, to in swaps)


def _actions(payoffs: Payoffs) -> list[tuple[int, int]]:
    return [(i, a) for i, size in enumerate(payoffs[0].shape) for a in range(size)]


def _gain(payoffs: Payoffs, joint: np.ndarray, player: int, swap: Callable[[int], int]) -> float:
    total = 0.0
    for profile in itertools.product(*(range(size) for size in joint.shape)):
        instead = (*profile[:player], swap(profile[player]), *profile[player + 1 :])
        total += joint[profile] * (payoffs[player][instead] - payoffs[player][profile])
    return total


# --- sequences: from a mix (worlds, options), the round and a generator to payoffs between 0 and 1


def coins(mix, turn, rng):
    """Every payoff is the toss of a coin."""
    return rng.integers(2, size=mix.shape).astype(float)


def leader_breaker(mix, turn, rng):
    """Two options take turns after half a step, so that whoever leads earns nothing; others earn nothing."""
    paid = np.zeros(mix.shape)
    paid[:, turn % 2] = 0.5 if turn == 0 else 1.0
    return paid


def spite(mix, turn, rng):
    """The likeliest option earns nothing, all others one."""
    return (mix < mix.max(axis=1, keepdims=True)).astype(float)


def reversal(mix, turn, rng):
    """Option 0 pays for a while, then the last does."""
    paid = np.zeros(mix.shape)
    paid[:, 0 if turn < 300 else -1] = 1.0
    return paid


def rare(mix, turn, rng):
    """Whatever is played less than evenly earns one."""
    return (mix * mix.shape[1] < 1.0 + 1e-9).astype(float)


SEQUENCES = {f.__name__: f for f in (coins, leader_breaker, spite, reversal, rare)}
LOW, HIGH = -2.0, 3.0


def learn_from(
    learner: Learner, sequence, *, rounds: int, options: int, worlds: int = 3, known: bool = False, seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Let a learner meet a sequence, its payoffs stretched to LOW and HIGH.

    Returns its mixes ``(rounds, worlds, options)`` and what all options paid.
    """
    rng, rows = np.random.default_rng(seed), np.arange(worlds)
    low, high = np.full(worlds, LOW), np.full(worlds, HIGH)
    learner.begin(Task(np.ones((worlds, options), dtype=bool), low, high, horizon=rounds if known else None))
    mixes, paid = [], []
    for turn in range(rounds):
        mix = learner.mix(rows)
        payoffs = LOW + (HIGH - LOW) * sequence(mix, turn, rng)
        learner.learn(rows, Lesson(mix, None, payoffs))
        mixes.append(mix)
        paid.append(payoffs)
    return np.stack(mixes), np.stack(paid)


def external_regret(mixes: np.ndarray, paid: np.ndarray) -> np.ndarray:
    """Running regret ``(rounds, worlds)`` against the best fixed option, in units of the range."""
    earned = (mixes * paid).sum(axis=2).cumsum(axis=0)
    return (paid.cumsum(axis=0).max(axis=2) - earned) / (HIGH - LOW)


def swap_regret(mixes: np.ndarray, paid: np.ndarray) -> np.ndarray:
    """Final regret ``(worlds,)`` against the best function from options to options, in units of the range."""
    taken = np.einsum("twj,twk->wjk", mixes, paid)
    return (taken.max(axis=2) - np.diagonal(taken, axis1=1, axis2=2)).sum(axis=1) / (HIGH - LOW)


def softmax_of(scores: Sequence[float]) -> list[float]:
    """The exponential weights, one number at a time."""
    odds = [math.exp(score - max(scores)) for score in scores]
    return [odd / sum(odds) for odd in odds]
