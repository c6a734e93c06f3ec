"""The tree of random streams: branches of their own, and blocks that draw what the whole would draw."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.streams import Block, Stream, seed_sequence

BRANCHES = ("nature", "house", "seat", "opinion")


def draws(block: Block, *, seed: int = 1, calls: int = 4) -> np.ndarray:
    """What a block draws in some calls, ``(calls, worlds)``."""
    stream = Stream(seed_sequence(seed, "nature"), block)
    return np.stack([stream.random(block.count) for _ in range(calls)])


def whole(worlds: int) -> Block:
    return Block(0, worlds, worlds)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(0, 2**64), st.integers(1, 5))
def test_blocks_draw_the_columns_of_the_whole(sizes, seed, calls):
    edges = np.cumsum([0, *sizes]).tolist()
    together = draws(whole(edges[-1]), seed=seed, calls=calls)
    parts = [draws(Block(a, b - a, edges[-1]), seed=seed, calls=calls) for a, b in pairwise(edges)]
    np.testing.assert_array_equal(together, np.concatenate(parts, axis=1))


def test_a_block_need_not_be_drawn_in_order():
    late, early = draws(Block(70, 30, 100)), draws(Block(0, 70, 100))
    np.testing.assert_array_equal(draws(whole(100)), np.concatenate([early, late], axis=1))


def test_every_branch_and_index_and_seed_has_numbers_of_its_own():
    keys = [*product(BRANCHES, range(3), (0, 1)), ("seat", 1_000, 1), ("nature", 0, 2**70)]
    drawn = {key: Stream(seed_sequence(key[2], key[0], key[1]), whole(50)).random(50).tobytes() for key in keys}
    assert len(set(drawn.values())) == len(keys)


def test_the_same_branch_gives_the_same_numbers():
    np.testing.assert_array_equal(draws(whole(30)), draws(whole(30)))


def test_draws_are_uniform_and_do_not_repeat():
    drawn = draws(whole(20_000)).ravel()
    assert len(np.unique(drawn)) == len(drawn)
    assert 0.0 <= drawn.min() < drawn.max() < 1.0
    counts = np.histogram(drawn, bins=20, range=(0, 1))[0]
    assert ((counts - 4_000) ** 2 / 4_000).sum() < 60  # chi-square of 19 degrees of freedom


def test_the_numbers_are_those_of_numpy_s_generator():
    """So that a run can be reproduced without this program."""
    bits = np.random.PCG64DXSM(np.random.SeedSequence(7, spawn_key=(2, 1)))
    stream = Stream(seed_sequence(7, "seat", 1), whole(10))
    np.testing.assert_array_equal(stream.random(10), np.random.Generator(bits).random(10))


@pytest.mark.parametrize("size", [0, 9, 11])
def test_a_stream_draws_for_all_its_worlds_at_once(size):
    stream = Stream(seed_sequence(1, "house"), whole(10))
    with pytest.raises(ValueError, match=f"draws for 10 worlds at a time, not {size}"):
        stream.random(size)
