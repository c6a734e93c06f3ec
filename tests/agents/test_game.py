"""The induced game: what reports are worth, against the oracle's sums over states, and the golden figures."""

import json
import tomllib
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.game import Game
from agents.misinformation import misinform
from agents.plan import Plan
from mechanisms import MECHANISMS, BeliefBook, Setting, optimal_mechanism, single_good
from tests import oracle
from tests.priors import (
    KINDS,
    SELLERS,
    TIE_RULES,
    Case,
    belief_menus,
    cases,
    iid,
    money_belief,
    options_of,
    random_case,
    truthful_figures,
)

GOLDEN = Path(__file__).parents[2].parent / "shared" / "golden"


def menu_of(game, player, seed, size=3):
    """Some random beliefs, and the table of ids that offers them in every cell beside every value."""
    seat = game.seats[player]
    ids = belief_menus(game.mechanism, seed, size)[player]
    return ids, np.broadcast_to(ids, (len(seat.types), seat.menu_size, size))


def check_surface(case, name, **options):
    game, slow = case.game(name, **options), case.oracle(**options)
    for i in range(case.players):
        ids, beliefs = menu_of(game, i, i)
        surface = game.surface(i, beliefs)
        truth = game.truth(i)
        for cell, value, k in product(*map(range, surface.interim.shape)):
            states = np.flatnonzero(game.knowledge.cells[:, i] == cell)
            told = case.values[i][value], money_belief(case, i, game.book[int(ids[k])])
            gain = oracle.interim_gain(slow, name, i, case.seen(i, states[0]), *told)
            assert surface.interim[cell, value, k] - truth[cell] == pytest.approx(float(gain), abs=1e-9)
            expost = []
            for s in states:
                honest = oracle.truthful_reports(slow, s)
                lie = [*honest[:i], told, *honest[i + 1 :]]
                profile = case.profiles[s]
                expost.append(
                    oracle.utility(slow, name, profile, lie, i) - oracle.utility(slow, name, profile, honest, i)
                )
            assert surface.expost_gain[cell, value, k] == pytest.approx(float(max(expost)), abs=1e-9)


@pytest.mark.parametrize("name", ["L", "L-printed"])
@pytest.mark.parametrize("kind", KINDS)
def test_deviation_surfaces_are_the_oracles(kind, name):
    for players in (2, 3):
        case = random_case(7, players, kind, most=3 if players == 2 else 2)
        check_surface(case, name, epsilon=0.3, delta=0.1, ties=TIE_RULES[players - 2])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["L", "L-printed"])
@pytest.mark.parametrize("kind", KINDS)
def test_deviation_surfaces_are_the_oracles_on_more_priors(kind, name):
    for seed in range(20, 26):
        case = random_case(seed, 2 + seed % 2, kind, most=4 - seed % 2 * 2)
        check_surface(case, name, epsilon=0.3, delta=0.1, ties=TIE_RULES[seed % 2])


@settings(max_examples=25)
@given(cases(kinds=KINDS), st.sampled_from(["M", "L"]), st.integers(0, 99))
def test_a_false_belief_costs_its_squared_distance_from_the_posterior(case, name, seed):
    """In M and in L repaired, by epsilon / 2n: two-step strictness, second step, to the last digit."""
    game = case.game(name, epsilon=0.8, delta=0.1)
    for i in range(case.players):
        seat = game.seats[i]
        ids, beliefs = menu_of(game, i, seed)
        loss = game.truth(i)[:, None] - game.surface(i, beliefs).interim[np.arange(len(seat.types)), seat.types]
        grid = np.indices(seat.belief_shape).reshape(case.players - 1, -1).T
        for cell, k in product(range(len(seat.types)), range(3)):
            gap = seat.posterior(cell).prob(grid) - game.book[int(ids[k])].prob(grid)
            assert loss[cell, k] == pytest.approx(0.8 / (2 * case.players) * (gap @ gap), abs=1e-9)


@settings(max_examples=25)
@given(cases(kinds=KINDS), st.sampled_from(TIE_RULES), st.integers(0, 99))
def test_in_l_repaired_no_report_at_all_beats_truth(case, ties, seed):
    game = case.game("L", epsilon=0.5, delta=0.1, ties=ties)
    for i in range(case.players):
        seat = game.seats[i]
        surface = game.surface(i, menu_of(game, i, seed)[1]).interim
        assert (surface <= game.truth(i)[:, None, None] + 1e-9).all()
        lies = np.ones(surface.shape[:2], dtype=bool)
        lies[np.arange(len(seat.types)), seat.types] = False
        if lies.any():
            assert (surface - game.truth(i)[:, None, None])[lies].max() < 0


@pytest.mark.parametrize("rows", [1, 7])
def test_blocks_change_nothing(rows):
    case = iid((1, 2, 5), [0.2, 0.3, 0.5], 3, "graph", edges=[[1, 0]])
    game = case.game("L-printed", epsilon=0.3, delta=0.1)
    _, beliefs = menu_of(game, 1, 5)
    whole, truth = game.surface(1, beliefs), game.truth(1)
    parts = game.surface(1, beliefs, rows=rows)
    np.testing.assert_allclose(parts.interim, whole.interim, rtol=0, atol=1e-14)
    np.testing.assert_allclose(parts.expost_gain, whole.expost_gain, rtol=0, atol=1e-14)
    np.testing.assert_allclose(game.truth(1, rows=rows), truth, rtol=0, atol=1e-14)


def test_chosen_value_reports_are_columns_of_the_whole_surface():
    case = random_case(2, 2, "buckets")
    game = case.game("L", epsilon=0.3, delta=0.1)
    _, beliefs = menu_of(game, 0, 5)
    whole = game.surface(0, beliefs)
    last = case.environment.shape[0] - 1
    part = game.surface(0, beliefs[:, :2], values=np.array([last, 0]))
    np.testing.assert_array_equal(part.interim, whole.interim[:, [last, 0]])
    np.testing.assert_array_equal(part.expost_gain, whole.expost_gain[:, [last, 0]])


def second_price_with_lottery(value, told, other):
    """Utility of the player of lower index when prices 1, 2, 3 are drawn with chance 1/5."""
    sale = value - other if told >= other else 0
    lottery = sum(value - price + 0.5 for price in (1, 2, 3) if price <= told) / 6
    return 0.8 * sale + 0.2 * lottery


def test_against_rivals_who_mix():
    game = iid((1, 2, 3), [0.5, 0.25, 0.25], 2).game("vickrey", delta=0.2)
    odds = np.array([[0.5, 0.5, 0], [0, 1, 0], [0.25, 0, 0.75]])
    mixed = Plan(game.seats[1].information, odds, np.zeros((3, 3), dtype=np.int64))
    play = game.play([game.truthful_plans[0], mixed])
    told = np.array([0.5, 0.25, 0.25]) @ odds  # how often player 1 announces 1, 2, 3
    expected = np.array(
        [
            [told @ [second_price_with_lottery(value, report, other) for other in (1, 2, 3)] for report in (1, 2, 3)]
            for value in (1, 2, 3)
        ]
    )
    found = game.surface(0, np.zeros((3, 3, 1), dtype=np.int64), play=play).interim[:, :, 0]
    np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(game.truth(0, play=play), np.diag(expected))
    share = game.knowledge.within(0)[play.states] * play.chances
    by_cell = np.bincount(game.seats[0].information[play.states], share * game.utilities(play, 0))
    np.testing.assert_allclose(by_cell, np.diag(expected))


def test_the_players_own_columns_are_ignored():
    case = random_case(3, 2)
    game = case.game("L", epsilon=0.3, delta=0.1)
    _, beliefs = menu_of(game, 0, 1)
    whole = game.surface(0, beliefs)
    stuck = Plan(
        game.seats[0].information,
        np.eye(1, case.environment.shape[0]).repeat(len(game.seats[0].types), axis=0),
        game.truthful_plans[0].beliefs,
    )
    other = game.surface(0, beliefs, play=game.play([stuck, game.truthful_plans[1]]))
    np.testing.assert_array_equal(other.interim, whole.interim)


def test_a_misinformed_player_reckons_by_her_own_opinion():
    """She thinks 1 certain (nearly) where D says even; in a second-price auction her value of 2 is worth 1 to her."""
    case = iid((1, 2), (0.5, 0.5), 2)
    wrong = misinform(case.knowledge, 0, np.array([0.45, 0.05, 0.45, 0.05]))
    game = Game(case.game("vickrey").mechanism, wrong)
    assert game.truth(0).tolist() == pytest.approx([0.0, 0.9])
    assert game.truth(1).tolist() == pytest.approx([0.0, 0.5])
    np.testing.assert_allclose(game.seats[0].posterior(1).weights, [0.9, 0.1])
    np.testing.assert_allclose(game.seats[0].prior.weights, [0.9, 0.1])


def test_a_seat_knows_its_own_types_and_posteriors():
    case = random_case(4, 3, "graph", most=3)
    game = case.game("L", epsilon=0.1)
    for i, seat in enumerate(game.seats):
        assert seat.index == i
        assert seat.menu_size == case.environment.shape[i]
        assert seat.belief_shape == case.environment.shape[:i] + case.environment.shape[i + 1 :]
        np.testing.assert_array_equal(seat.types[seat.information], case.space.profiles[:, i])
        assert len(seat.names) == len(seat.types)
        rest = case.prior.marginal([j for j in range(3) if j != i])
        np.testing.assert_allclose(seat.prior.weights, rest.weights)
        for cell in range(len(seat.types)):
            np.testing.assert_allclose(seat.posterior(cell).weights, case.knowledge.posterior(i, cell).weights)
        _, beliefs = menu_of(game, i, 2)
        np.testing.assert_array_equal(seat.surface(beliefs), game.surface(i, beliefs).interim)


@settings(max_examples=25)
@given(cases(kinds=KINDS), st.sampled_from(SELLERS))
def test_truthful_worths_and_revenue_share_the_surplus(case, name):
    """What the players get and what the seller keeps is what the allocation is worth."""
    game = case.game(name, **options_of(MECHANISMS[name], epsilon=0.3, delta=0.1))
    outcomes = game.mechanism.expect(game.truthful_play.reports)
    utilities = np.stack([game.utilities(game.truthful_play, i) for i in range(case.players)], axis=1)
    worth = outcomes.worth(case.environment, case.space.profiles)
    np.testing.assert_allclose(utilities.sum(axis=1) + outcomes.revenue, worth.sum(axis=1), atol=1e-9)
    for i in range(case.players):
        cells = game.seats[i].information
        mean = np.bincount(cells, game.knowledge.within(i) * utilities[:, i])
        np.testing.assert_allclose(game.truth(i), mean, atol=1e-12)


def test_a_game_of_one():
    environment, case = single_good([[1, 2, 3]]), iid((1, 2, 3), (0.2, 0.5, 0.3), 1)
    game = Game(MECHANISMS["lookahead"](Setting(environment, BeliefBook(), case.prior)), case.knowledge)
    assert game.truth(0).tolist() == pytest.approx([0.0, 0.0, 1.0])


def golden_names():
    return sorted(path.stem for path in GOLDEN.glob("*.toml"))


@pytest.mark.skipif(not GOLDEN.is_dir(), reason="the golden cases are not here")
@pytest.mark.parametrize("name", golden_names())
def test_golden_figures(name):
    given_case = tomllib.loads((GOLDEN / f"{name}.toml").read_text())
    expected = json.loads((GOLDEN / "expected.json").read_text())[name]
    knowledge = dict(given_case["knowledge"])
    case = Case(
        tuple(map(tuple, given_case["environment"]["values"])),
        tuple(map(tuple, given_case["prior"]["profiles"])),
        tuple(given_case["prior"]["probabilities"]),
        knowledge.pop("kind"),
        knowledge,
    )
    options = {key: expected[key] for key in ("epsilon", "delta", "discount")}
    found = {
        "opt": optimal_mechanism(case.environment, case.prior).revenue,
        "vickrey": truthful_figures(case, "vickrey")[0],
        "lookahead": truthful_figures(case, "lookahead")[0],
        "M_prices_delta0": truthful_figures(case, "M", epsilon=expected["epsilon"])[0],
        "M_rewards": truthful_figures(case, "M", **options)[1],
        "L_prices": truthful_figures(case, "L", **options)[0],
        "L_rewards": truthful_figures(case, "L", **options)[1],
        "L_printed_prices": truthful_figures(case, "L-printed", **options)[0],
        "L_printed_rewards": truthful_figures(case, "L-printed", **options)[1],
    }
    for figure, value in found.items():
        assert value == pytest.approx(expected[figure], abs=1e-9), figure
