"""What a mechanism says of itself is so: who does best by the truth, and who never loses by it, tried exhaustively.

Every profile of announcements on a small grid, every true type, every lie; priors are random, and are full, sparse or
independent as the mechanism can take them.
"""

import numpy as np
import pytest

from mechanisms import MECHANISMS, Mechanism, assignment, digital_goods, public_good, services, single_good
from tests.priors import belief_menus, build, every_report, options_of, suitable, value_lie_losses, variant_id, variants

ENVIRONMENTS = {
    "one bidder": single_good([[1, 3, 4]]),
    "pair": single_good([[1, 2, 4], [1, 3, 4]]),
    "trio": single_good([[1, 2], [1, 2, 4], [2, 3]]),
    "four": single_good([[1, 3], [2, 3], [1, 2, 3], [2, 4]]),
    "goods": assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6], [1, 1, 1]]]),
    "copies": digital_goods([[1, 2, 4], [2, 3], [1, 3]]),
    "groups": services([[1, 2], [1, 3], [2, 3]], [[0], [1], [2], [1, 2]]),
    "bridge": public_good([[1, 2, 5], [2, 4], [1, 3]]),
}
SEEDS = range(3)


def built(where: str, name: str, options: dict, seed: int) -> Mechanism | None:
    """The mechanism there on a random prior, or None where it does not work."""
    try:
        prior = suitable(MECHANISMS[name], ENVIRONMENTS[where], seed, **options)
    except ValueError:
        return None
    return None if prior is None else build(name, ENVIRONMENTS[where], prior, **options)


def everywhere(name: str, options: dict):
    """The mechanism in every environment that it works in, on several priors."""
    for where in ENVIRONMENTS:
        for seed in SEEDS:
            mechanism = built(where, name, options, seed)
            if mechanism is not None:
                yield where, seed, mechanism


def kinds(*solutions: str):
    """Every mechanism of those solutions, with each of its sets of options."""
    found = [(n, o) for n, kind in MECHANISMS.items() for o in variants(kind) if kind.solution in solutions]
    return pytest.mark.parametrize(("name", "options"), found, ids=[variant_id(pair) for pair in found])


@kinds("dominant")
def test_truth_is_dominant(name, options):
    """Whatever the others announce, no lie of any type gains."""
    tried = 0
    for where, seed, mechanism in everywhere(name, options):
        losses = value_lie_losses(mechanism, nothing_told(mechanism))
        assert losses.min(initial=0.0) >= -1e-9, (where, seed)
        tried += len(losses)
    assert tried


@kinds("two-step")
def test_truth_about_values_is_dominant_whatever_is_told_of_beliefs(name, options):
    """The first step; the second, for the true beliefs, is in the tests of the induced game."""
    tried = 0
    for where in ("pair", "trio", "goods"):
        mechanism = built(where, name, options, 0)
        if mechanism is not None:
            losses = value_lie_losses(mechanism, belief_menus(mechanism, 3, 3))
            assert losses.min() >= -1e-9, where
            tried += len(losses)
    assert tried


@pytest.mark.parametrize("name", [name for name, kind in MECHANISMS.items() if kind.solution != "dominant"])
def test_where_truth_is_not_dominant_some_lie_gains(name):
    """Against some announcements of the others, by value or by belief, under some of its options."""
    best = 0.0
    for options in variants(MECHANISMS[name]):
        for where in ENVIRONMENTS:
            mechanism = built(where, name, options, 0)
            if mechanism is not None and mechanism.environment.players < 4:
                best = max(best, largest_gain(mechanism))
    assert best > 1e-4


def nothing_told(mechanism: Mechanism) -> list[np.ndarray]:
    return [np.zeros(1, dtype=int)] * mechanism.environment.players


def largest_gain(mechanism: Mechanism) -> float:
    """The most that any type of anybody gains by some report, the others' announcements given.

    Over her true value with any belief of the menu, which may be her true one.
    """
    environment = mechanism.environment
    menus = belief_menus(mechanism, 1, 3) if mechanism.elicits_beliefs else nothing_told(mechanism)
    outcomes = mechanism.expect(every_report(mechanism, menus))
    shape, n = (*environment.shape, *map(len, menus)), environment.players
    best = -np.inf
    for i in range(n):
        for kind in range(environment.shape[i]):
            rows = np.full(int(np.prod(shape)), kind)
            utility = np.moveaxis(outcomes.utility_of(environment, i, rows).reshape(shape), (i, n + i), (0, 1))
            honest = utility[kind][None, None, :]  # by the belief told
            best = max(best, float((utility[:, :, None] - honest).max()))
    return best


@pytest.mark.parametrize("name", MECHANISMS)
def test_a_truthful_player_loses_as_the_mechanism_says(name):
    """Ex post: in no profile. Otherwise somewhere she does."""
    options = options_of(MECHANISMS[name], epsilon=0.3)
    worst = np.inf
    for where, seed, mechanism in everywhere(name, options):
        told = belief_menus(mechanism, seed, 3) if mechanism.elicits_beliefs else nothing_told(mechanism)
        reports = every_report(mechanism, told)
        utility = mechanism.expect(reports).utility(mechanism.environment, reports.values)
        if mechanism.participation == "ex post":
            assert utility.min() >= -1e-9, (where, seed)
        worst = min(worst, float(utility.min()))
    assert mechanism.participation == "ex post" or worst < -1e-4


@pytest.mark.parametrize("name", MECHANISMS)
def test_only_a_mechanism_that_says_so_reads_the_prior(name):
    """Two priors, the same announcements: what happens differs, for one of several pairs, or never."""
    options = options_of(MECHANISMS[name], epsilon=0.3)
    differs = False
    for where in ENVIRONMENTS:
        pair = [built(where, name, options, seed) for seed in SEEDS]
        if any(mechanism is None for mechanism in pair):
            continue
        asks = pair[0].elicits_beliefs
        told = [every_report(m, belief_menus(m, 1, 1) if asks else nothing_told(m)) for m in pair]
        paid = [m.expect(reports).payments for m, reports in zip(pair, told, strict=True)]
        differs |= any(not np.allclose(payments, paid[0]) for payments in paid)
    assert differs == MECHANISMS[name].uses_prior
