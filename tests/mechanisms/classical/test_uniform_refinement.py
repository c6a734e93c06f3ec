"""Values uniform on [0, 1] as the limit of grids 1/k, 2/k, .., 1: closed forms for one good and n bidders."""

from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement, pairwise
from math import factorial, prod

import numpy as np
import pytest

from mechanisms import Reports, joint, single_good
from tests.priors import build

SIZES = (4, 8, 16)
players = pytest.mark.parametrize("n", [1, 2, 3, 4, 5])


@cache
def earned(name: str, n: int, k: int) -> float:
    """A mechanism's exact revenue on the grid, in units of k, from profiles in increasing order and their numbers.

    Ties are uniform, so that revenue does not depend on the order. The prior has the right marginals, which is all that
    these mechanisms read of it.
    """
    profiles = np.array(list(combinations_with_replacement(range(k), n)))
    times = [factorial(n) // prod(map(factorial, np.unique(row, return_counts=True)[1].tolist())) for row in profiles]
    prior = joint((k,) * n, [[v] * n for v in range(k)], [1 / k] * k)
    mechanism = build(name, single_good([range(1, k + 1)] * n), prior, ties="uniform")
    prices = mechanism.expect(Reports(profiles, profiles)).prices
    return float(np.array(times) @ prices / k**n / k)


def survival(n: int, k: int, order: int) -> list[Fraction]:
    """``Pr(the highest, or second-highest, of n uniform values on 1..k >= v)`` for v = 1..k."""
    below = [Fraction(v - 1, k) for v in range(1, k + 1)]
    if order == 1:
        return [1 - f**n for f in below]
    return [1 - f**n - n * f ** (n - 1) * (1 - f) for f in below]


def opt_on_the_grid(n: int, k: int) -> Fraction:
    """The mean of the highest virtual value ``2 v - k``, where positive, over k."""
    chances = [a - b for a, b in zip(survival(n, k, 1), [*survival(n, k, 1)[1:], Fraction(0)], strict=True)]
    return sum(chance * max(2 * v - k, 0) for v, chance in enumerate(chances, start=1)) / k


def opt_in_the_limit(n: int) -> Fraction:
    """The integral of ``n v^(n - 1) (2 v - 1)`` from 1/2 to 1."""
    half = Fraction(1, 2)
    return 2 * Fraction(n, n + 1) * (1 - half ** (n + 1)) - (1 - half**n)


def assert_tends_to(name: str, n: int, limit: Fraction) -> None:
    """The error falls as 1 / k, and what is left without its first term faster."""
    found = [earned(name, n, k) for k in SIZES]
    errors = [abs(f - float(limit)) for f in found]
    assert all(error <= 1.0 / k for error, k in zip(errors, SIZES, strict=True)), errors
    left = [abs(2 * fine - coarse - float(limit)) for coarse, fine in pairwise(found)]
    assert all(rest <= 1.0 / k**2 for rest, k in zip(left, SIZES, strict=False)), left


@players
def test_on_each_grid_order_statistics_give_the_same(n):
    for k in SIZES:
        assert earned("vickrey", n, k) == pytest.approx(float(sum(survival(n, k, 2)) / k), abs=1e-12)
        assert earned("myerson", n, k) == pytest.approx(float(opt_on_the_grid(n, k)), abs=1e-12)


@players
def test_vickrey_tends_to_n_minus_1_over_n_plus_1(n):
    assert_tends_to("vickrey", n, Fraction(n - 1, n + 1))


@players
def test_myerson_tends_to_opt(n):
    assert_tends_to("myerson", n, opt_in_the_limit(n))
    assert [opt_in_the_limit(m) for m in (1, 2, 3)] == [Fraction(1, 4), Fraction(5, 12), Fraction(17, 32)]


@players
def test_one_bidder_more_is_worth_more_than_the_optimal_reserve(n):
    """Bulow and Klemperer's ``n / (n + 2) >= OPT(n)``, in the limit and on the grids."""
    assert_tends_to("vickrey", n + 1, Fraction(n, n + 2))
    assert Fraction(n, n + 2) >= opt_in_the_limit(n)


@players
def test_monopoly_reserves_and_the_clock_tend_to_their_limits(n):
    """Reserves to OPT, as values are regular and alike; the English auction to Vickrey."""
    for name in ("lazy-reserves", "eager-reserves"):
        assert_tends_to(name, n, opt_in_the_limit(n))
    assert_tends_to("english", n, Fraction(n - 1, n + 1))


def test_a_single_sample_earns_a_sixth_of_two_bidders():
    """The mean of ``p (1 - p)``, against OPT 1/4 from the one bidder who is left."""
    assert_tends_to("single-sample", 2, Fraction(1, 6))
