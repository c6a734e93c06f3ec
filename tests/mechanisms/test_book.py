"""The book of beliefs: one number per distribution, and answers about arrays of numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms import BeliefBook, joint
from mechanisms import book as module
from mechanisms.environment import full_grid
from tests.priors import beliefs, random_belief

SHAPE = (2, 3)
POINTS = np.arange(6)


@given(st.lists(beliefs(SHAPE), min_size=1, max_size=8))
def test_the_same_number_means_the_same_distribution(found):
    book = BeliefBook()
    ids = [book.add(belief) for belief in found]
    tables = [belief.prob(full_grid(SHAPE)) for belief in found]
    for i, mine in zip(ids, tables, strict=True):
        for j, other in zip(ids, tables, strict=True):
            assert (i == j) == np.allclose(mine, other, rtol=0, atol=1e-11)
    assert len(book) == len(set(ids))
    assert [book.add(belief) for belief in found] == ids
    for i, mine in zip(ids, tables, strict=True):
        np.testing.assert_allclose(book[i].prob(full_grid(SHAPE)), mine)


def test_distributions_equal_up_to_rounding_share_a_number_and_others_do_not():
    book = BeliefBook()
    third = joint((3,), [[0], [1], [2]], [1 / 3] * 3)
    again = joint((3,), [[2], [1], [0]], [0.1 + 0.7 / 3, 1 / 3, 1 - 1 / 3 - 0.1 - 0.7 / 3])
    near = joint((3,), [[0], [1], [2]], [1 / 3 + 1e-10, 1 / 3, 1 / 3 - 1e-10])
    assert book.add(third) == book.add(again)
    assert book.add(near) != book.add(third)


def test_the_shape_is_part_of_a_belief():
    book = BeliefBook()
    assert book.add(joint((2,), [[0]], [1.0])) != book.add(joint((3,), [[0]], [1.0]))
    assert book.add(joint((2, 3), [[0, 0]], [1.0])) != book.add(joint((3, 2), [[0, 0]], [1.0]))


@pytest.mark.parametrize("entries", [module.DENSE_ENTRIES, 0])
def test_probabilities_and_norms_are_those_of_each_belief(monkeypatch, entries):
    """With a dense table, with sorted keys, and with tables that grow between two questions."""
    monkeypatch.setattr(module, "DENSE_ENTRIES", entries)
    rng = np.random.default_rng(5)
    book = BeliefBook()
    stored = {}
    for _ in range(4):
        for shape in (SHAPE, (4,)):
            for _ in range(5):
                belief = random_belief(rng, shape)
                stored[book.add(belief)] = belief
        for shape in (SHAPE, (4,)):
            ids = np.array([i for i, belief in stored.items() if belief.shape == shape])
            points = full_grid(shape)
            expected = np.array([stored[i].prob(points) for i in ids])
            got = book.prob(shape, ids[:, None], np.arange(len(points)))
            np.testing.assert_array_equal(got, expected)
            norms = book.squared_norm(shape, ids)
            np.testing.assert_allclose(norms, (expected**2).sum(axis=1), rtol=0, atol=1e-12)


def test_questions_keep_the_shape_of_what_is_asked():
    book = BeliefBook()
    book.add(joint((2,), [[0]], [1.0]))
    second = book.add(joint((2,), [[0], [1]], [0.25, 0.75]))
    ids = np.array([[0, second], [second, 0]])
    assert book.prob((2,), ids, np.array([0, 1])).tolist() == [[1.0, 0.75], [0.25, 0.0]]
    assert book.squared_norm((2,), ids).shape == (2, 2)


def test_a_belief_about_another_grid_is_an_error():
    book = BeliefBook()
    small, large = book.add(joint((2,), [[0]], [1.0])), book.add(joint((2, 3), [[0, 0]], [1.0]))
    with pytest.raises(ValueError, match=r"no belief in the book is about types of shape \(5,\)"):
        book.prob((5,), np.array([small]), np.array([0]))
    with pytest.raises(ValueError, match="not about the others' 6 profiles"):
        book.prob((2, 3), np.array([large, small]), np.array([0, 0]))
    with pytest.raises(ValueError, match="not about the others' 2 profiles"):
        book.squared_norm((2,), np.array([large]))
