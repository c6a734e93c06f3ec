"""Fitting mixtures of categoricals: the climb, brute-force likelihoods, planted mixtures, held-out figures."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms.beliefs import Product, mixture
from scenarios.priors.categorical import FOLDS, Counted, fit, held_out

PLANTED = mixture(
    [0.3, 0.7],
    [
        Product((np.array([0.7, 0.2, 0.1]), np.array([0.8, 0.2]), np.array([0.6, 0.3, 0.1]))),
        Product((np.array([0.1, 0.2, 0.7]), np.array([0.1, 0.9]), np.array([0.05, 0.15, 0.8]))),
    ],
)


def sample(belief, size, seed=5):
    return belief.sample(np.random.default_rng(seed), size)


def fitted(types, shape, components, *, smoothing=1.0, exchangeable=False, seed=0):
    seen = Counted.of(types, shape, exchangeable=exchangeable)
    return seen, fit(seen, components, smoothing=smoothing, rng=np.random.default_rng(seed))


def split(row, shape):
    return np.split(row, np.cumsum(shape)[:-1])


samples = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 2)), min_size=2, max_size=12)


@settings(max_examples=30, deadline=None)
@given(samples, st.integers(1, 4), st.sampled_from([0.0, 0.5, 3.0]))
def test_the_likelihood_never_falls_and_marginals_stay(draws, components, smoothing):
    types = np.array(draws)
    seen, found = fitted(types, (3, 2, 3), components, smoothing=smoothing)
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(found.path))
    assert found.weights.sum() == pytest.approx(1)
    for row in found.factors:
        assert [part.sum() for part in split(row, (3, 2, 3))] == pytest.approx([1, 1, 1])
    assert found.weights @ found.factors == pytest.approx(seen.base, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=2, max_size=12), st.integers(1, 3))
def test_exchangeable_seats_have_one_distribution_and_the_likelihood_never_falls(draws, components):
    seen, found = fitted(np.array(draws), (3, 3, 3), components, exchangeable=True)
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(found.path))
    for row in found.factors:
        first, *others = split(row, (3, 3, 3))
        assert all((other == first).all() for other in others)
    assert found.weights @ found.factors == pytest.approx(seen.base, abs=1e-12)


def test_the_likelihood_is_that_of_the_mixture():
    types = sample(PLANTED, 60)
    seen, found = fitted(types, PLANTED.shape, 2)
    belief = mixture(found.weights, [Product(tuple(split(row, PLANTED.shape))) for row in found.factors])
    brute = sum(
        np.log(sum(w * np.prod([part.factors[i][k] for i, k in enumerate(profile)]) for w, part in pairs))
        for profile in types.tolist()
        for pairs in [list(zip(belief.weights, belief.components, strict=True))]
    )
    assert seen.counts @ found.log_probabilities(seen.flags) == pytest.approx(brute, rel=1e-12)
    pseudo = 0.5 * sum(np.log(found.weights)) + 0.5 * sum(np.log(row) @ seen.base for row in found.factors)
    assert found.path[-1] == pytest.approx(brute + pseudo, rel=1e-12)


def test_one_component_is_the_product_of_the_marginals():
    types = sample(PLANTED, 40)
    seen, found = fitted(types, PLANTED.shape, 1, smoothing=7.0)
    assert found.factors[0] == pytest.approx(seen.base, abs=1e-15)
    assert found.factors[0][:3] == pytest.approx(np.bincount(types[:, 0], minlength=3) / 40)


def test_a_local_maximum_cannot_be_bettered_nearby():
    """The fit beats a thousand mixtures near it: a second way to see that it is one."""
    seen, found = fitted(sample(PLANTED, 80), PLANTED.shape, 2, smoothing=0.0)
    best = seen.counts @ found.log_probabilities(seen.flags)
    rng = np.random.default_rng(1)
    for _ in range(1000):
        moved = [
            np.concatenate([part / part.sum() for part in split(row * np.exp(0.05 * rng.normal(size=8)), (3, 2, 3))])
            for row in found.factors
        ]
        weights = found.weights * np.exp(0.05 * rng.normal(size=2))
        other = type(found)(weights / weights.sum(), np.array(moved), ())
        assert seen.counts @ other.log_probabilities(seen.flags) <= best + 1e-6


def test_a_planted_mixture_is_found_again():
    found = fitted(sample(PLANTED, 40_000), PLANTED.shape, 2)[1]
    order = np.argsort(found.weights)
    assert found.weights[order] == pytest.approx([0.3, 0.7], abs=0.02)
    for s, part in zip(order, PLANTED.components, strict=True):
        assert found.factors[s] == pytest.approx(np.concatenate(part.factors), abs=0.03)


def test_held_out_likelihood_finds_the_planted_number():
    seen = Counted.of(sample(PLANTED, 1500), PLANTED.shape, exchangeable=False)
    tried = [held_out(seen, count, smoothing=1.0, seed=3) for count in (1, 2, 3)]
    assert max(tried, key=lambda one: one.mean).components == 2
    assert tried[1].mean - tried[0].mean > 5 * tried[0].standard_error
    # the best that can be held out is the negative entropy of the truth
    table = PLANTED.table
    entropy = -table.weights @ np.log(table.weights)
    assert tried[1].mean == pytest.approx(-entropy, abs=4 * tried[1].standard_error)


def test_held_out_means_not_fitted_to():
    """Each auction alone in its profile is told by the marginals alone, whatever the fit says of itself."""
    types = np.array([[k, k] for k in range(FOLDS)])
    seen = Counted.of(types, (FOLDS, FOLDS), exchangeable=False)
    found = held_out(seen, FOLDS - 1, smoothing=1.0, seed=1)
    inside = fit(seen, FOLDS - 1, smoothing=1.0, rng=np.random.default_rng(1))
    assert (seen.counts @ inside.log_probabilities(seen.flags)) / FOLDS > found.mean + 1


def test_the_same_seed_is_the_same_fit():
    types = sample(PLANTED, 100)
    one, two, other = (fitted(types, PLANTED.shape, 3, seed=seed)[1] for seed in (4, 4, 5))
    assert one.path == two.path
    assert (one.factors == two.factors).all()
    assert not np.array_equal(one.factors, other.factors)
