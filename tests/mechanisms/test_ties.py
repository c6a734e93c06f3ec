"""Tie rules: who is chosen, and that prices are conditioned on exactly that."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms.ties import TIES, chosen_probabilities, win_weights
from tests import oracle
from tests.priors import TIE_RULES

bid_rows = st.lists(st.integers(1, 4), min_size=1, max_size=5)


def test_every_rule_is_tested():
    assert TIES == TIE_RULES


@given(bid_rows, st.sampled_from(TIES))
def test_chosen_by_hand(bids, ties):
    chances = oracle.chosen(bids, ties)
    expected = [float(chances.get(i, 0)) for i in range(len(bids))]
    assert chosen_probabilities(np.array([bids]), ties)[0].tolist() == expected
    assert sum(expected) == pytest.approx(1.0)


@given(bid_rows, st.data(), st.sampled_from(TIES))
def test_the_price_is_conditioned_on_the_event_that_decides_who_is_chosen(bids, data, ties):
    player = data.draw(st.integers(0, len(bids) - 1))
    grid = np.array(sorted(data.draw(st.sets(st.integers(1, 5), min_size=1))))
    others = np.array([bids[:player] + bids[player + 1 :]])
    expected = []
    for value in grid:
        whole = np.array([[*bids[:player], value, *bids[player + 1 :]]])
        expected.append(chosen_probabilities(whole, ties)[0, player])
    assert win_weights(player, grid, others, ties)[0].tolist() == expected


def test_three_way_tie():
    bids = np.array([[2, 2, 2], [1, 2, 2]])
    np.testing.assert_allclose(chosen_probabilities(bids, "uniform"), [[1 / 3] * 3, [0, 0.5, 0.5]])
    assert chosen_probabilities(bids, "lowest-index").tolist() == [[1, 0, 0], [0, 1, 0]]
