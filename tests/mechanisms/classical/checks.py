"""What several tests of classical mechanisms check, each for options of their own."""

from itertools import permutations

import numpy as np

from mechanisms import Environment, Mechanism, Reports, joint, single_good
from tests.priors import Case, build, every_report, random_reports, value_lie_losses


def announced(mechanism: Mechanism) -> Reports:
    """Every profile of values, in row-major order."""
    return every_report(mechanism, [np.zeros(1, dtype=int)] * mechanism.environment.players)


def money(environment: Environment) -> list[tuple[int, ...]]:
    """Every profile as money, in row-major order."""
    return [tuple(int(environment.values[i][k]) for i, k in enumerate(row)) for row in environment.grid]


def assert_truth_is_dominant(mechanism: Mechanism) -> None:
    """No lie gains against any announcements of the others, and a truthful player never loses."""
    losses = value_lie_losses(mechanism, [np.zeros(1, dtype=int)] * mechanism.environment.players)
    assert losses.min(initial=0.0) >= -1e-9
    reports = announced(mechanism)
    assert mechanism.expect(reports).utility(mechanism.environment, reports.values).min() >= -1e-9


def assert_play_is_expect_in_the_mean(mechanism: Mechanism, *, kinds: int = 5, rounds: int = 6_000) -> None:
    """Some random reports, each in many rounds, within four standard errors; and no toss charges beyond a worth."""
    few = random_reports(mechanism, 3, kinds)
    number = np.arange(rounds) % kinds
    expected, played = mechanism.expect(few), mechanism.play(few.take(number), np.random.default_rng(4))
    shares = np.eye(len(mechanism.environment.allocations))[played.allocation]
    for drawn, mean in ((shares, expected.allocation), (played.payments, expected.payments)):
        for k in range(kinds):
            rows = drawn[number == k]
            error = rows.std(axis=0) / np.sqrt(len(rows))
            assert (abs(rows.mean(axis=0) - mean[k]) <= 4 * error + 1e-9).all()
    if mechanism.participation == "ex post":
        assert played.utility(mechanism.environment, few.values[number]).min() >= -1e-9


def average_over_orders(name: str, case: Case, **options) -> tuple[np.ndarray, np.ndarray]:
    """What each player gets and pays on the grid when ties go to the first in a uniformly drawn order.

    A second way to break ties uniformly: the players are renumbered in every order, ties going to the lowest number.
    """
    n, shape, grid = case.players, case.environment.shape, case.environment.grid
    won, paid = np.zeros((len(grid), n)), np.zeros((len(grid), n))
    orders = list(permutations(range(n)))
    for order in map(list, orders):
        environment = single_good([case.values[i] for i in order])
        prior = joint([shape[i] for i in order], case.prior.atoms[:, order], case.prior.weights)
        outcomes = build(name, environment, prior, **options).expect(Reports(grid[:, order], grid))
        won[:, order] += outcomes.allocation[:, 1:] / len(orders)
        paid[:, order] += outcomes.payments / len(orders)
    return won, paid


def assert_uniform_ties_are_a_drawn_order(name: str, case: Case, **options) -> None:
    """The same outcomes by the uniform tie rule as on average over orders of the players."""
    mechanism = build(name, case.environment, case.prior, ties="uniform", **options)
    outcomes = mechanism.expect(announced(mechanism))
    won, paid = average_over_orders(name, case, **options)
    np.testing.assert_allclose(outcomes.allocation[:, 1:], won, atol=1e-12)
    np.testing.assert_allclose(outcomes.payments, paid, atol=1e-12)
