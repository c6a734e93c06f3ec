"""Drawing by inversion: the guide table gives what a search gives, at every uniform and at the edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms.draws import Inversion, draw
from tests.priors import distributions

LAST = np.nextafter(1.0, 0.0)


def searched(weights, uniforms):
    edges = np.cumsum(weights)
    edges[-1] = np.inf
    return np.searchsorted(edges, uniforms, side="right")


@given(distributions(most=12), st.integers(0, 999))
def test_inversion_is_a_search(weights, seed):
    edges = np.cumsum(weights)
    uniforms = np.concatenate([np.random.default_rng(seed).random(200), edges, np.nextafter(edges, 0), [0.0, LAST]])
    uniforms = uniforms[uniforms < 1]
    np.testing.assert_array_equal(Inversion(weights)(uniforms), searched(weights, uniforms))


@pytest.mark.parametrize("size", [1, 5, 4096, 50_000])
def test_many_outcomes_and_crowded_buckets(size):
    """Beyond some outcomes a bucket of the guide needs many corrections, and a search is done instead."""
    rng = np.random.default_rng(size)
    for concentration in (0.01, 1.0):
        weights = rng.dirichlet(np.full(size, concentration))
        uniforms = np.append(rng.random(5_000), [0.0, LAST])
        np.testing.assert_array_equal(Inversion(weights)(uniforms), searched(weights, uniforms))


def test_tiny_outcomes_together():
    weights = np.append(np.full(30, 1e-9), 1 - 30e-9)
    uniforms = np.append(np.cumsum(weights)[:-1], [0.0, 5e-10, 0.5, LAST])
    np.testing.assert_array_equal(Inversion(weights)(uniforms), searched(weights, uniforms))


@given(st.lists(distributions(4), min_size=1, max_size=6), st.integers(0, 99))
def test_draws_by_row_are_searches_by_row(rows, seed):
    edges = np.cumsum(np.array(rows), axis=1)
    for uniforms in (np.random.default_rng(seed).random(len(rows)), np.zeros(len(rows)), edges[:, 0] * 0.999):
        found = draw(edges, uniforms)
        expected = [min(int(np.searchsorted(row, u, side="right")), 3) for row, u in zip(edges, uniforms, strict=True)]
        assert found.tolist() == expected
        assert all(weights[k] > 0 for weights, k in zip(rows, found, strict=True))
