"""OPT by linear program: certified, and found again by other programs, by brute force, by formula and by calculus."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms import assignment, independent, joint, optimal_mechanism, single_good
from mechanisms.environment import full_grid
from mechanisms.optimal import TooLarge, general, general_program, highs, limits, programs, single_good_program
from tests import oracle
from tests.priors import build, cases, distributions, iid, random_case, truthful_figures, value_lie_losses

SEEDS = [(players, block) for players in (1, 2, 3) for block in range(4)]


def random_goods(seed, types, goods=2):
    """Several goods with free disposal or not, and a prior over types, sometimes sparse."""
    rng = np.random.default_rng(seed)
    names = [f"g{k}" for k in range(goods)]
    valuations = [np.unique(rng.integers(0, 7, (size, 2**goods - 1)), axis=0).tolist() for size in types]
    environment = assignment(names, valuations)
    odds = rng.integers(0, 4, len(environment.grid)) + np.eye(1, len(environment.grid))[0]
    return environment, joint(environment.shape, environment.grid, odds / odds.sum())


def as_oracle(environment, belief):
    worth = [tuple(map(tuple, table.tolist())) for table in environment.worth]
    allocations = [tuple(row) for row in environment.allocations.tolist()]
    dist = {tuple(a): float(w) for a, w in zip(belief.atoms.tolist(), belief.weights, strict=True)}
    return worth, allocations, dist


def ironed(values, chances):
    """Myerson's ironed virtual values: slopes of the least concave function above revenue at each quantile."""
    quantiles, revenues = [0.0], [0.0]
    for k in range(len(values) - 1, -1, -1):
        if chances[k] > 0:
            quantiles.append(quantiles[-1] + chances[k])
            revenues.append(values[k] * quantiles[-1])
    hull = [0]
    while hull[-1] < len(quantiles) - 1:
        here = hull[-1]
        slopes = [
            (revenues[k] - revenues[here]) / (quantiles[k] - quantiles[here]) for k in range(here + 1, len(quantiles))
        ]
        steepest = max(k for k, slope in enumerate(slopes) if slope >= max(slopes) - 1e-12)
        hull.append(here + 1 + steepest)
    kinds = [k for k in range(len(values) - 1, -1, -1) if chances[k] > 0]
    virtual = np.zeros(len(values))
    for left, right in pairwise(hull):
        slope = (revenues[right] - revenues[left]) / (quantiles[right] - quantiles[left])
        virtual[kinds[left:right]] = slope
    return virtual


def myerson(values, marginals):
    """Revenue of the optimal auction for independent values."""
    virtual = [ironed(v, c) for v, c in zip(values, marginals, strict=True)]
    total = 0.0
    for point in full_grid([len(v) for v in values]):
        chance = np.prod([c[k] for c, k in zip(marginals, point, strict=True)])
        total += chance * max(0.0, *(w[k] for w, k in zip(virtual, point, strict=True)))
    return total


@pytest.mark.parametrize(("players", "block"), SEEDS)
def test_certificates_of_random_priors(players, block):
    """Three hundred in all; the general program must agree, and the mechanism found must be truthful."""
    for seed in range(25 * block, 25 * (block + 1)):
        case = random_case(seed, players, most=4 if players < 3 else 3)
        found = single_good_program(case.environment, case.prior)
        other = general_program(case.environment, case.prior)
        for optimum in (found, other):
            assert optimum.certificate.gap < 1e-9
            assert optimum.certificate.infeasibility < 1e-9
            assert optimum.revenue <= optimum.certificate.dual + 1e-9
        assert found.revenue == pytest.approx(other.revenue, abs=1e-9)

        density = case.prior.prob(case.environment.grid)
        assert density @ found.payments.sum(axis=1) == pytest.approx(found.revenue, abs=1e-9)
        np.testing.assert_allclose(found.allocation.sum(axis=1), 1.0, atol=1e-9)
        assert found.allocation.min() >= 0.0


@pytest.mark.parametrize("program", [single_good_program, general_program])
@pytest.mark.parametrize("players", [1, 2])
def test_any_multipliers_make_an_upper_bound(monkeypatch, program, players):
    """Weak duality: the certificate holds even where the solver's multipliers are wrong."""
    solve, rng = highs.highs, np.random.default_rng(players)

    def disturbed(*arguments):
        solved = solve(*arguments)
        solved.ineqlin.marginals = solved.ineqlin.marginals + rng.normal(0, 0.1, len(solved.ineqlin.marginals))
        return solved

    for seed in range(15):
        case = random_case(seed, players, most=3)
        opt = program(case.environment, case.prior).revenue
        with monkeypatch.context() as patch:
            patch.setattr(programs, "highs", disturbed)
            patch.setattr(general, "highs", disturbed)
            certificate = program(case.environment, case.prior).certificate
        assert certificate.dual >= opt - 1e-9
        assert certificate.primal == pytest.approx(opt, abs=1e-9)
        assert certificate.gap == pytest.approx((certificate.dual - opt) / max(1.0, certificate.dual))


@pytest.mark.parametrize("program", [single_good_program, general_program])
@pytest.mark.parametrize("players", [1, 2, 3])
def test_the_mechanism_found_is_truthful_and_rational_at_every_profile(monkeypatch, program, players):
    monkeypatch.setattr("mechanisms.classical.optimal_auction.optimal_mechanism", program)
    for seed in range(8):
        case = random_case(seed, players, most=3)
        mechanism = build("optimal", case.environment, case.prior)
        losses = value_lie_losses(mechanism, [np.zeros(1, dtype=np.int64)] * players)
        assert losses.min() >= -1e-9
        optimum, grid = mechanism.optimum, case.environment.grid
        for i in range(players):
            worth = case.environment.worth_of_allocation[i][grid[:, i]]
            assert (np.einsum("ra,ra->r", optimum.allocation, worth) >= optimum.payments[:, i] - 1e-9).all()


@pytest.mark.parametrize("players", [1, 2, 3])
def test_the_oracle_finds_the_same_revenue(players):
    for seed in range(10):
        case = random_case(100 + seed, players, most=3)
        prior = oracle.gather(case.oracle().states)
        found = optimal_mechanism(case.environment, case.prior).revenue
        assert found == pytest.approx(oracle.opt(case.values, prior), abs=1e-9)


@pytest.mark.parametrize("types", [(1,), (2,), (3,), (2, 2), (1, 3)])
def test_two_goods_against_brute_force(types):
    """Never below the best deterministic mechanism, equal where lotteries do not help, and equal to the oracle."""
    lotteries_are_idle = 0
    for seed in range(2 if len(types) == 2 else 8):
        environment, belief = random_goods(seed, types)
        worth, allocations, dist = as_oracle(environment, belief)
        found = general_program(environment, belief)
        assert found.certificate.gap < 1e-9
        assert found.certificate.infeasibility < 1e-9
        best = oracle.opt_assignment(worth, allocations, dist)
        deterministic = oracle.brute_force_deterministic(worth, allocations, dist)
        assert found.revenue == pytest.approx(best, abs=1e-9)
        assert found.revenue >= deterministic - 1e-9
        lotteries_are_idle += deterministic == pytest.approx(best, abs=1e-9)
    assert lotteries_are_idle >= 1


def test_two_goods_by_hand():
    """One buyer, additive values 1 or 2, independent and even: the bundle at 3 sells with chance 3/4."""
    environment = assignment(["a", "b"], [[[1, 1, 2], [1, 2, 3], [2, 1, 3], [2, 2, 4]]])
    belief = joint((4,), np.arange(4)[:, None], np.full(4, 0.25))
    assert optimal_mechanism(environment, belief).revenue == pytest.approx(2.25)


def test_a_lottery_can_beat_every_deterministic_menu():
    """A buyer who wants one of two goods: a coin toss between them serves the indifferent type."""
    environment = assignment(["a", "b"], [[[6, 1, 6], [1, 6, 6], [3, 3, 3]]])
    belief = joint((3,), np.arange(3)[:, None], np.full(3, 1 / 3))
    worth, allocations, dist = as_oracle(environment, belief)
    deterministic = oracle.brute_force_deterministic(worth, allocations, dist)
    found = optimal_mechanism(environment, belief)
    assert deterministic == pytest.approx(4.0)  # 6 to two of three types
    assert found.revenue > deterministic + 0.1
    assert found.revenue == pytest.approx(oracle.opt_assignment(worth, allocations, dist), abs=1e-9)


@settings(max_examples=60)
@given(st.data(), st.integers(1, 3))
def test_independent_values_have_myersons_revenue(data, players):
    values, marginals = [], []
    for _ in range(players):
        grid = sorted(data.draw(st.sets(st.integers(1, 20), min_size=1, max_size=4)))
        values.append(grid)
        marginals.append(data.draw(distributions(len(grid))))
    environment = single_good(values)
    found = optimal_mechanism(environment, independent(marginals))
    assert found.revenue == pytest.approx(myerson(values, marginals), abs=1e-9)


@settings(max_examples=40)
@given(distributions(4))
def test_one_bidder_pays_the_best_posted_price(chances):
    values = np.array([2, 3, 5, 9])
    found = optimal_mechanism(single_good([values.tolist()]), independent([chances]))
    posted = [price * chances[values >= price].sum() for price in values]
    assert found.revenue == pytest.approx(max(posted), abs=1e-9)


def test_full_correlation_lets_the_seller_take_everything():
    profiles = np.array([[0, 2], [1, 1], [2, 0], [3, 3]])
    belief = joint((4, 4), profiles, [0.1, 0.2, 0.3, 0.4])
    values = np.array([1, 2, 5, 7])
    found = optimal_mechanism(single_good([values.tolist()] * 2), belief)
    surplus = belief.weights @ values[profiles].max(axis=1)
    assert found.revenue == pytest.approx(surplus)


def opt_on_the_unit_interval(players, size):
    chances = [np.full(size, 1 / size)] * players
    environment = single_good([list(range(1, size + 1))] * players)
    return optimal_mechanism(environment, independent(chances)).revenue / size


def second_price_on_the_unit_interval(players, size):
    case = iid(tuple(range(1, size + 1)), [1 / size] * size, players)
    return truthful_figures(case, "vickrey")[0] / size


@pytest.mark.parametrize(("players", "size", "limit"), [(1, 16, 1 / 4), (2, 8, 5 / 12), (3, 4, 17 / 32)])
def test_uniform_values_by_grid_refinement(players, size, limit):
    """The error falls as 1/size, so twice the finer figure less the coarser one is close to the integral."""
    coarse, fine = (opt_on_the_unit_interval(players, size * times) for times in (1, 2))
    assert abs(fine - limit) < 0.6 * abs(coarse - limit)
    assert 2 * fine - coarse == pytest.approx(limit, abs=0.2 / size**2)


@pytest.mark.slow
def test_three_uniform_bidders_on_a_finer_grid():
    coarse, fine = opt_on_the_unit_interval(3, 10), opt_on_the_unit_interval(3, 20)
    assert 2 * fine - coarse == pytest.approx(17 / 32, abs=0.002)


@pytest.mark.parametrize(("players", "size"), [(2, 20), (3, 8)])
def test_second_price_of_uniform_values_by_grid_refinement(players, size):
    coarse, fine = (second_price_on_the_unit_interval(players, size * times) for times in (1, 2))
    limit = (players - 1) / (players + 1)
    assert abs(fine - limit) < 0.6 * abs(coarse - limit)
    assert 2 * fine - coarse == pytest.approx(limit, abs=0.2 / size**2 + 1e-9)
    assert fine >= opt_on_the_unit_interval(players - 1, 2 * size)  # Corollary 1, left side


@settings(max_examples=30)
@given(cases())
def test_knowing_a_players_value_never_hurts_the_seller(case):
    """OPT is convex in D: conditioning on anything and averaging can only raise it."""
    whole = optimal_mechanism(case.environment, case.prior).revenue
    split = 0.0
    for kind in range(case.environment.shape[0]):
        event = case.prior.atoms[:, 0] == kind
        if event.any():
            belief = case.prior.given(event)
            split += case.prior.weights[event].sum() * optimal_mechanism(case.environment, belief).revenue
    assert split >= whole - 1e-9


@pytest.mark.parametrize("unit", [1, 1_000, 10**9])
@pytest.mark.parametrize("program", [single_good_program, general_program])
def test_revenue_grows_with_the_unit_of_money_and_stays_certified(program, unit):
    for seed in range(5):
        case = random_case(seed, 2, most=3)
        opt = optimal_mechanism(case.environment, case.prior).revenue
        dear = program(single_good([[unit * v for v in row] for row in case.values]), case.prior)
        assert dear.revenue == pytest.approx(unit * opt, rel=1e-9)
        assert dear.certificate.gap < 1e-9
        assert dear.certificate.infeasibility <= 1e-9 * unit


def test_a_program_that_is_too_large_is_an_error(monkeypatch):
    monkeypatch.setattr(limits, "MAX_VARIABLES", 1000)
    case = iid(tuple(range(1, 31)), [1 / 30] * 30, 2)
    with pytest.raises(TooLarge, match=r"1,800.* 1,000") as refused:
        single_good_program(case.environment, case.prior)
    assert (refused.value.route, refused.value.size, refused.value.limit) == ("lp", 1800, 1000)
    monkeypatch.setattr(limits, "MAX_GENERAL", 1000)
    with pytest.raises(TooLarge, match=r"4,500.* 1,000"):
        general_program(case.environment, case.prior)


def test_a_solver_that_gives_up_is_an_error(monkeypatch):
    monkeypatch.setitem(highs._OPTIONS, "maxiter", 0)
    monkeypatch.setitem(highs._OPTIONS, "presolve", False)
    case = iid((1, 2, 5), (0.2, 0.3, 0.5), 2)
    with pytest.raises(ValueError, match=r"no optimum.* variables"):
        single_good_program(case.environment, case.prior)
