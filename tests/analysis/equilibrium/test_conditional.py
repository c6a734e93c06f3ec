"""What is struck out is beaten whatever is left, and in no pure equilibrium; what is left is beaten by nothing."""

from itertools import product

import numpy as np
import pytest

from agents.agent_form import from_arrays
from agents.agent_types import agent_types
from agents.induced import Induced
from analysis.equilibrium.conditional import Left, strike
from tests.priors import random_case


def random_payoffs(seed: int, shape) -> list[np.ndarray]:
    rng = np.random.default_rng([seed, *shape])
    return [rng.integers(-2, 3, shape).astype(float) for _ in shape]


def by_brute_force(payoffs, alive) -> list[set[int]]:
    """Iterated strict elimination by pure strategies, a profile of the others at a time."""
    left = [set(mine) for mine in alive]
    while True:
        fallen = [
            {
                r
                for r in mine
                for better in range(payoffs[i].shape[i])
                if all(
                    np.take(payoffs[i], better, i)[rest] > np.take(payoffs[i], r, i)[rest]
                    for rest in product(*(left[j] for j in range(len(left)) if j != i))
                )
            }
            for i, mine in enumerate(left)
        ]
        if not any(fallen):
            return left
        left = [mine - gone for mine, gone in zip(left, fallen, strict=True)]
        if not all(left):
            return left


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (3, 3, 3), (2, 2, 2, 3)])
@pytest.mark.parametrize("seed", range(10))
def test_among_single_types_it_is_iterated_elimination(shape, seed: int):
    payoffs = random_payoffs(seed, shape)
    form = from_arrays(payoffs)
    left = strike(form)
    assert [set(np.flatnonzero(mask[0]).tolist()) for mask in left.alive] == by_brute_force(payoffs, map(range, shape))
    assert left.work > 0
    assert not left.impossible


@pytest.mark.parametrize("seed", range(20))
def test_reports_that_are_not_alive_may_still_beat_others(seed: int):
    """As in a branch of a search: one player is held to one report, the other may deviate to anything."""
    payoffs = random_payoffs(seed, (4, 4))
    form = from_arrays(payoffs)
    whole = strike(form)
    held = int(np.flatnonzero(whole.alive[0][0])[0])
    left = strike(form, whole.only(0, 0, held), changed=(0, 0))
    anew = strike(form, Left(whole.only(0, 0, held).alive, form.everything()))
    expected = by_brute_force(payoffs, [[held], np.flatnonzero(whole.alive[1][0]).tolist()])
    assert left.impossible == anew.impossible == (not all(expected))
    if not left.impossible:
        for found in (left, anew):
            assert [set(np.flatnonzero(mask[0]).tolist()) for mask in found.alive] == expected


def test_a_best_reply_that_is_not_a_candidate_leaves_nothing():
    form = from_arrays([np.array([[3.0, 0.0], [5.0, 1.0]]), np.array([[3.0, 5.0], [0.0, 1.0]])])
    assert [mask.tolist() for mask in strike(form).alive] == [[[False, True]]] * 2
    cooperate = tuple(np.array([[True, False]]) for _ in range(2))
    assert strike(form, Left(cooperate, form.everything())).impossible


@pytest.mark.parametrize("mechanism", ["M", "L"])
def test_truth_is_all_that_is_left_of_m_and_l(mechanism: str):
    types = agent_types(Induced(random_case(2, 3, "buckets", most=3).game(mechanism, epsilon=0.2, delta=0.1)))
    left = strike(types.form)
    for mask, truth in zip(left.alive, types.truth, strict=True):
        assert mask.sum() == len(truth)
        assert mask[np.arange(len(truth)), truth].all()
