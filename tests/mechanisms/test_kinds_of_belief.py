"""A prior, and reported beliefs, may be tables, products or mixtures: every mechanism does the same with all."""

import numpy as np
import pytest

from mechanisms import MECHANISMS, BeliefBook, Reports, Setting, assignment, public_good, single_good
from mechanisms.beliefs import mixture, product
from mechanisms.posteriors import conditional_each, padded
from tests.priors import belief_shape, random_reports, variant_id, variants

ENVIRONMENTS = {
    "trio": single_good([[1, 2, 5], [1, 2, 4], [2, 3]]),
    "goods": assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6], [1, 1, 1]]]),
    "bridge": public_good([[1, 2, 5], [2, 4], [1, 3]]),
}


def structured(shape, kind, seed, *, sparse=False):
    rng = np.random.default_rng(seed)

    def one():
        factors = [rng.dirichlet(np.ones(size)) for size in shape]
        if sparse:
            for factor in factors:
                factor[int(rng.integers(len(factor)))] = 0.0
        return product([factor / factor.sum() for factor in factors])

    return one() if kind == "product" else mixture([0.3, 0.5, 0.2], [one(), one(), one()])


def built(name, environment, prior, options):
    """The mechanism, or the reason why there is none."""
    try:
        return MECHANISMS[name](Setting(environment, BeliefBook(), prior), **options)
    except ValueError as error:
        return str(error)


def every_mechanism():
    found = []
    for name, kind in MECHANISMS.items():
        fits = [where for where, environment in ENVIRONMENTS.items() if kind.unfit(environment) is None]
        found += [(where, name, options) for options in variants(kind) for where in fits[:2]]
    names = [f"{where}-{variant_id((name, options))}" for where, name, options in found]
    return pytest.mark.parametrize(("where", "name", "options"), found, ids=names)


def assert_equal_outcomes(one, other):
    for field in ("allocation", "payments", "rewards", "fallback"):
        np.testing.assert_allclose(getattr(one, field), getattr(other, field), rtol=1e-12, atol=1e-12)


@every_mechanism()
@pytest.mark.parametrize("kind", ["product", "mixture"])
def test_a_prior_is_the_same_as_its_table(where, name, options, kind):
    environment = ENVIRONMENTS[where]
    prior = structured(environment.shape, kind, 3)
    one, other = (built(name, environment, each, options) for each in (prior, prior.table))
    if isinstance(other, str):
        assert one == other
        return
    reports, same_reports = (random_reports(mechanism, 5, 100) for mechanism in (one, other))
    assert_equal_outcomes(one.expect(reports), other.expect(same_reports))
    played, again = (m.play(r, np.random.default_rng(6)) for m, r in ((one, reports), (other, same_reports)))
    np.testing.assert_array_equal(played.allocation, again.allocation)
    assert_equal_outcomes(played, again)


ELICITING = [name for name, kind in MECHANISMS.items() if kind.elicits_beliefs]


@pytest.mark.parametrize("name", ELICITING)
@pytest.mark.parametrize("kind", ["product", "mixture"])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_reported_belief_is_the_same_as_its_table(name, kind, sparse):
    fits = [e for e in ENVIRONMENTS.values() if MECHANISMS[name].unfit(e) is None]
    environment, options = fits[0], variants(MECHANISMS[name])[0]
    prior = structured(environment.shape, "product", 8)
    mechanism = built(name, environment, prior.table, options)
    rng, rounds = np.random.default_rng(9), 150
    values = np.column_stack([rng.integers(0, size, rounds) for size in environment.shape])
    pick, outcomes = rng.integers(0, 3, values.shape), []
    for listed in (False, True):
        ids = np.zeros_like(values)
        for i in range(environment.players):
            menu = [structured(belief_shape(mechanism, i), kind, 10 + i + 5 * k, sparse=sparse) for k in range(3)]
            ids[:, i] = np.array([mechanism.book.add(b.table if listed else b) for b in menu])[pick[:, i]]
        outcomes.append(mechanism.expect(Reports(values, ids)))
    assert_equal_outcomes(*outcomes)


@pytest.mark.parametrize("kind", ["product", "mixture", "table"])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_posterior_for_each_round_is_the_posterior_of_each_player(kind, sparse):
    shape = (3, 2, 4, 3)
    belief = structured(shape, "mixture" if kind == "table" else kind, 11, sparse=sparse)
    belief = belief.table if kind == "table" else belief
    rng = np.random.default_rng(12)
    values, chosen = np.column_stack([rng.integers(0, size, 300) for size in shape]), rng.integers(0, 4, 300)
    found = conditional_each(belief, chosen, values)
    for player, size in enumerate(shape):
        at = np.flatnonzero(chosen == player)
        expected = belief.conditional(player, np.delete(values[at], player, axis=1))
        np.testing.assert_allclose(found[at, :size], expected, rtol=1e-12, atol=1e-15)
        assert not found[at, size:].any()


def test_rows_are_filled_up_with_zeros():
    assert padded([np.array([1, 2]), np.array([3])]).tolist() == [[1, 2], [3, 0]]
