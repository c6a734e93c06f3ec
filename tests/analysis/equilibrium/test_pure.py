"""Pure equilibria: brute force over all profiles, and what is known of auctions on small grids."""

from itertools import product

import numpy as np
import pytest

from agents.agent_form import from_arrays
from agents.agent_types import agent_types
from agents.induced import Induced
from analysis.equilibrium.checks import verify
from analysis.equilibrium.pure import COLUMNS, SUMMARY, find_pure, is_strict, pure_equilibria
from analysis.equilibrium.pure_search import dynamics
from analysis.revenue import revenue_of
from scenarios import assemble, load
from tests.priors import Case, iid, independent_case, random_case, table


def by_brute_force(payoffs) -> set[tuple[int, ...]]:
    """All pure equilibria of a normal form, one profile at a time."""
    found = set()
    for profile in product(*map(range, payoffs[0].shape)):
        lines = [table[(*profile[:i], slice(None), *profile[i + 1 :])] for i, table in enumerate(payoffs)]
        if all(line[profile[i]] >= line.max() - 1e-12 for i, line in enumerate(lines)):
            found.add(profile)
    return found


def flat(profiles) -> set[tuple[int, ...]]:
    return {tuple(int(place) for mine in chosen for place in mine) for chosen in profiles}


def random_payoffs(seed: int, shape) -> list[np.ndarray]:
    """Small integers, so that best replies tie."""
    rng = np.random.default_rng([seed, *shape])
    return [rng.integers(-2, 3, shape).astype(float) for _ in shape]


@pytest.mark.parametrize("shape", [(5, 5), (2, 7), (3, 4, 3), (2, 3, 2, 3), (1, 4), (1, 1)])
@pytest.mark.parametrize("seed", range(6))
def test_all_are_found_in_random_games(shape, seed: int):
    payoffs = random_payoffs(seed, shape)
    form = from_arrays(payoffs)
    found = find_pure(form)
    assert found.exhaustive
    assert len(found.chosen) == len(flat(found.chosen))
    assert flat(found.chosen) == by_brute_force(payoffs)
    for chosen in found.chosen:
        profile = tuple(int(mine[0]) for mine in chosen)
        lines = [table[(*profile[:i], slice(None), *profile[i + 1 :])] for i, table in enumerate(payoffs)]
        assert is_strict(form, chosen) == all((line == line.max()).sum() == 1 for line in lines)


@pytest.mark.parametrize("seed", range(6))
def test_branching_finds_what_enumeration_does(seed: int, monkeypatch):
    payoffs = random_payoffs(seed, (4, 4, 4))
    monkeypatch.setattr("analysis.equilibrium.pure_search.LEAF", 3)
    monkeypatch.setattr("analysis.equilibrium.pure_search.BLOCK", 5)
    found = find_pure(from_arrays(payoffs))
    assert found.exhaustive
    assert flat(found.chosen) == by_brute_force(payoffs)


@pytest.mark.parametrize("seed", range(8))
def test_a_search_cut_short_says_so_and_invents_nothing(seed: int):
    payoffs = random_payoffs(seed, (6, 6, 6))
    everything = by_brute_force(payoffs)
    found = find_pure(from_arrays(payoffs), limit=10)
    assert not found.exhaustive
    assert flat(found.chosen) <= everything
    if len(everything) > 1:
        few = find_pure(from_arrays(payoffs), most=1)
        assert not few.exhaustive
        assert len(few.chosen) == 1
    again = find_pure(from_arrays(payoffs), limit=10)
    assert flat(again.chosen) == flat(found.chosen)


def test_dynamics_reach_a_strict_equilibrium_and_not_a_cycle():
    prisoners = [np.array([[3.0, 0.0], [5.0, 1.0]]), np.array([[3.0, 5.0], [0.0, 1.0]])]
    pennies = [np.array([[1.0, -1.0], [-1.0, 1.0]]), np.array([[-1.0, 1.0], [1.0, -1.0]])]
    for payoffs, expected in ((prisoners, {(1, 1)}), (pennies, set())):
        form = from_arrays(payoffs)
        assert flat(dynamics(form, form.everything(), np.random.default_rng(1), starts=20)) == expected
        assert flat(find_pure(form).chosen) == expected


# --- auctions


def bids_of(found) -> set[tuple[tuple[int, ...], ...]]:
    """The announced values of each equilibrium, by seat and type, in money."""
    types = found.types
    grids = types.induced.game.environment.values
    return {
        tuple(
            tuple(int(grids[i][types.report(i, c, int(p))]) for c, p in enumerate(mine))
            for i, mine in enumerate(chosen)
        )
        for chosen in found.chosen
    }


def first_price_by_brute_force(values, bids, ties: str) -> set:
    """Equilibria of two bidders with independent, uniform values, every pair of bid functions tried."""
    functions = np.array(list(product(bids, repeat=len(values))))

    def wins(mine, other, first: bool):
        tie = {"lowest-index": float(first), "uniform": 0.5}[ties]
        return (mine > other) + tie * (mine == other)

    def best(first: bool):
        """Whether the bid of each value in each function is best against each function of the other."""
        rows = []
        for other in functions:
            worth = np.array([[(v - b) * wins(b, other, first).mean() for b in bids] for v in values])
            top = worth >= worth.max(axis=1, keepdims=True) - 1e-12
            rows.append(top[np.arange(len(values)), functions - bids[0]].all(axis=1))
        return np.array(rows)  # (the other's function, one's own)

    pairs = np.argwhere(best(True).T & best(False))
    return {(tuple(functions[a].tolist()), tuple(functions[b].tolist())) for a, b in pairs}


@pytest.mark.parametrize("ties", ["lowest-index", "uniform"])
def test_first_price_equilibria_of_two_uniform_bidders(ties: str):
    """They bid half their value, as on a continuum [Krishna2010, chapter 2], or a step of the grid more or less."""
    values, bids = (2, 4, 6), (1, 2, 3, 4, 5, 6)
    case = iid(bids, [1 / 3 if bid in values else 0.0 for bid in bids], 2)
    found = pure_equilibria(Induced(case.game("first-price", ties=ties)))
    assert found.exhaustive
    equilibria = bids_of(found)
    assert equilibria == first_price_by_brute_force(values, bids, ties)
    assert ((1, 2, 3), (1, 2, 3)) in equilibria
    assert all(
        abs(bid - v / 2) <= 1 for pair in equilibria for mine in pair for bid, v in zip(mine, values, strict=True)
    )


@pytest.mark.parametrize("size", [4, 6])
def test_half_the_value_is_an_equilibrium_on_larger_grids(size: int):
    values, bids = range(2, 2 * size + 1, 2), tuple(range(1, 2 * size + 1))
    case = iid(bids, [1 / size if bid in values else 0.0 for bid in bids], 2)
    found = pure_equilibria(Induced(case.game("first-price")))
    half = tuple(v // 2 for v in values)
    assert found.exhaustive
    assert (half, half) in bids_of(found)


@pytest.mark.slow
def test_the_first_price_scenario_has_half_the_value_among_its_equilibria():
    """Twenty bids and ten values: 10 ** 26 profiles, searched to the end by branching."""
    experiment = assemble(load("first-price"))
    found = pure_equilibria(Induced(experiment.game))
    assert found.exhaustive
    half = tuple(int(name) // 2 for name in experiment.game.seats[0].names)
    assert (half, half) in bids_of(found)
    for k in range(len(found)):
        assert verify(experiment.game, found.plans(k)).epsilon == 0.0


def test_first_price_under_complete_information_sells_to_the_first_at_about_the_second_value():
    """Worth 6 and 3 and known to be so: seat 0 wins at 2 to 6; she bids what the other bids, and wins the tie."""
    case = table([(1, 2, 3, 4, 5, 6)] * 2, {(6, 3): 1.0}, "complete")
    found = pure_equilibria(Induced(case.game("first-price")))
    assert found.exhaustive
    assert bids_of(found) == {((b,), (b,)) for b in (2, 3, 4, 5, 6)}
    assert sorted(found.summary["revenue"]) == [2, 3, 4, 5, 6]


def test_vickrey_has_bullies():
    """The weaker bidder may win by overbidding, the stronger one giving way: revenue can be as low as the grid."""
    case = independent_case([(1, 2, 3), (1, 2, 3)], [(0, 0, 1), (0, 1, 0)])
    found = pure_equilibria(Induced(case.game("vickrey")))
    bids = bids_of(found)
    assert ((3,), (2,)) in bids
    assert ((1,), (3,)) in bids
    assert found.summary["revenue"].min() == 1.0


@pytest.mark.parametrize("kind", ["own-value", "graph", "buckets", "complete"])
@pytest.mark.parametrize("mechanism", ["M", "L"])
@pytest.mark.parametrize("players", [2, 3])
def test_truth_is_the_only_equilibrium_of_m_and_l(kind: str, mechanism: str, players: int):
    game = random_case(2, players, kind, most=3).game(mechanism, epsilon=0.2, delta=0.1)
    found = pure_equilibria(Induced(game))
    assert found.exhaustive
    assert len(found) == 1
    assert found.summary["truthful_share"].tolist() == [1.0]
    assert found.summary["revenue"][0] == pytest.approx(revenue_of(game).total)


def small() -> Case:
    return iid((1, 2, 3), (1 / 3, 1 / 3, 1 / 3), 2)


@pytest.mark.parametrize("name", ["first-price", "vickrey", "lookahead", "L-printed"])
def test_each_is_an_equilibrium_and_has_its_revenue(name: str):
    game = small().game(name, **({"epsilon": 0.5} if name == "L-printed" else {}))
    found = pure_equilibria(Induced(game))
    assert found.exhaustive
    assert len(found) > 0
    for k in range(len(found)):
        assert verify(game, found.plans(k)).epsilon == 0.0
        assert found.summary["revenue"][k] == pytest.approx(revenue_of(game, found.plans(k)).total)
        rows = found.table[found.table["equilibrium"] == k]
        assert rows["truthful"].mean() == pytest.approx(found.summary["truthful_share"][k])
        assert rows["equivalent"].prod() == found.summary["profiles"][k]
    assert list(found.table) == COLUMNS
    assert list(found.summary) == SUMMARY


def test_candidates_narrow_the_profiles_but_not_the_deviations():
    induced = Induced(small().game("vickrey"))
    whole = pure_equilibria(induced)
    low = [np.tile(np.arange(len(menu)) < 2, (3, 1)) for menu in induced.menus]
    found = pure_equilibria(induced, candidates=low)
    within = {chosen for chosen in flat(whole.chosen) if max(chosen) < 2}
    assert flat(found.chosen) == within
    high = [np.tile(np.arange(len(menu)) == 2, (3, 1)) for menu in induced.menus]
    assert len(pure_equilibria(Induced(small().game("first-price")), candidates=high)) == 0


def test_a_search_cut_short_stays_within_the_candidates():
    """Best replies may lead out of the candidates; what they find there is not reported."""
    form = from_arrays([np.eye(2), np.eye(2)])
    first = tuple(np.array([[True, False]]) for _ in range(2))
    assert flat(dynamics(form, first, np.random.default_rng(1), starts=5)) == {(0, 0)}
    mixed = (np.array([[True, True]]), np.array([[True, False]]))
    assert flat(dynamics(form, mixed, np.random.default_rng(1), starts=50)) == {(0, 0)}


def test_an_agent_form_may_be_given_and_shared():
    types = agent_types(Induced(small().game("vickrey")))
    assert pure_equilibria(types).types is types


@pytest.mark.parametrize("name", ["insiders", "timber", "two-goods"])
def test_the_larger_scenarios_are_searched_to_the_end(name: str):
    found = pure_equilibria(Induced(assemble(load(name)).game))
    assert found.exhaustive
    assert found.summary["truthful_share"].tolist() == [1.0]
    assert found.summary["strict"].tolist() == [True]
