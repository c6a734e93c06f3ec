"""Common shocks: sums of parts, and affiliation by brute force."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms import single_good
from mechanisms.beliefs import Mixture
from scenarios.priors.common_shock import common_shock_prior, not_log_concave
from scenarios.schema import CommonShockPrior

HUMP, GAP, VALLEY = [0.25, 0.5, 0.25], [0.5, 0.0, 0.5], [0.45, 0.1, 0.45]


def prior_of(own, shock, players=3, **options):
    size = len(own[0]) + len(shock) - 1
    spec = CommonShockPrior(kind="common-shock", own=own, shock=shock, **options)
    return common_shock_prior(spec, single_good([list(range(1, size + 1))] * players))


def affiliated(belief) -> bool:
    """Whether f(x or y) f(x and y) >= f(x) f(y) for all profiles [MilgromWeber1982]_."""
    grid = np.array(list(product(*map(range, belief.shape))))
    chances = dict(zip(map(tuple, grid.tolist()), belief.prob(grid).tolist(), strict=True))
    return all(
        chances[tuple(map(max, x, y))] * chances[tuple(map(min, x, y))] >= chances[x] * chances[y] - 1e-15
        for x in chances
        for y in chances
    )


def test_types_are_sums_of_parts():
    own, shock = [HUMP, [1 / 3] * 3], [0.75, 0.25]
    belief = prior_of(own, shock, players=2).belief
    expected = np.zeros((4, 4))
    for (i, p), (j, q), (s, r) in product(enumerate(own[0]), enumerate(own[1]), enumerate(shock)):
        expected[i + s, j + s] += p * q * r
    grid = np.array(list(product(range(4), repeat=2)))
    assert belief.prob(grid) == pytest.approx(expected.ravel(), abs=1e-15)


def test_shocks_are_named_and_those_that_cannot_happen_left_out():
    assert prior_of([HUMP], [0.5, 0.0, 0.5]).labels == ("shock 0", "shock 2")
    assert prior_of([HUMP], [0.5, 0.5], names=["bust", "boom"]).labels == ("bust", "boom")


@pytest.mark.parametrize("shock", [[0.5, 0.5], [0.5, 0.0, 0.5], [0.2, 0.1, 0.7]])
def test_log_concave_parts_make_affiliated_types(shock):
    prior = prior_of([HUMP], shock)
    assert prior.notes == ("types are affiliated, as every own part is log-concave",)
    assert affiliated(prior.belief)


@pytest.mark.parametrize("own", [GAP, VALLEY])
def test_other_parts_are_noted_and_need_not(own):
    prior = prior_of([own], [0.5, 0.5])
    assert prior.notes == ("types may not be affiliated: the own part is not log-concave at step 1",)
    assert not affiliated(prior.belief)


def test_the_player_whose_part_it_is_is_named():
    assert "own part of player 1 is not log-concave at step 1" in prior_of([HUMP, GAP], [0.5, 0.5], players=2).notes[0]


@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=4).filter(any),
    st.lists(st.integers(0, 6), min_size=1, max_size=3).filter(any),
)
def test_the_note_never_promises_too_much(own, shock):
    row, common = (np.array(counts) / sum(counts) for counts in (own, shock))
    prior = prior_of([row.tolist()], common.tolist(), players=2)
    assert isinstance(prior.belief, Mixture)
    assert not_log_concave(row) is not None or affiliated(prior.belief)
