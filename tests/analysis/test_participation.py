"""Participation: who expects to lose by the truth, and what is earned when she stays out."""

from collections import defaultdict
from itertools import product

import numpy as np
import pytest

from agents.game import Game
from agents.misinformation import misinform, shifted
from analysis.participation import COLUMNS, Participation, participation
from analysis.revenue import revenue_of
from mechanisms import BeliefBook, Setting
from mechanisms.classical.cremer_mclean import CremerMcLean
from mechanisms.classical.vickrey import Vickrey
from tests.full_rank import full_rank_case
from tests.priors import KINDS, random_case

RING = {"edges": [[0, 1], [1, 2], [2, 0]]}
KNOWN = [("own-value", {}), ("graph", {"edges": [[0, 1]]}), ("graph", RING), ("complete", {})]


def game_of(case, kind=CremerMcLean, **options) -> Game:
    return Game(kind(Setting(case.environment, BeliefBook(), case.prior), **options), case.knowledge)


def by_loops(case, bets) -> dict:
    """The second price and each player's bet, state by state; then by what each player sees. Ties cost nothing."""
    gain, paid = [], []
    for profile in case.profiles:
        winner = profile.index(max(profile))
        price = max(v for i, v in enumerate(profile) if i != winner)
        prices = [
            bets[i][(*profile[:i], *profile[i + 1 :])] + (price if i == winner else 0) for i in range(len(profile))
        ]
        paid.append(prices)
        gain.append([(profile[i] if i == winner else 0) - prices[i] for i in range(len(profile))])
    utility: dict = {}
    for i in range(case.players):
        mass, worth = defaultdict(float), defaultdict(float)
        for s, weight in enumerate(case.weights):
            mass[case.seen(i, s)] += weight
            worth[case.seen(i, s)] += weight * gain[s][i]
        utility |= {(i, cell): worth[cell] / mass[cell] for cell in mass}
    revenue = sum(
        weight * paid[s][i]
        for s, weight in enumerate(case.weights)
        for i in range(case.players)
        if utility[i, case.seen(i, s)] >= -1e-8
    )
    return {"utility": utility, "revenue": revenue}


def money_bets(case, mechanism) -> list[dict]:
    rest = [[v for j, v in enumerate(case.values) if j != i] for i in range(case.players)]
    return [dict(zip(product(*others), bet, strict=True)) for others, bet in zip(rest, mechanism.bets, strict=True)]


@pytest.mark.parametrize(("kind", "parameters"), KNOWN)
@pytest.mark.parametrize("seed", range(4))
def test_by_loops_over_profiles(seed, kind, parameters):
    case = full_rank_case(seed, 3, kind, **parameters)
    game = game_of(case)
    found, expected = participation(game), by_loops(case, money_bets(case, game.mechanism))
    assert found.revenue == pytest.approx(expected["revenue"], abs=1e-7)
    assert found.worst_interim == pytest.approx(min(expected["utility"].values()), abs=1e-7)
    assert len(found.table) == len(expected["utility"])
    np.testing.assert_allclose(sorted(found.table["utility"]), sorted(expected["utility"].values()), atol=1e-7)


def test_the_table():
    case = full_rank_case(0, 3, "graph", **RING)
    table = participation(game_of(case)).table
    assert list(table.columns) == COLUMNS
    np.testing.assert_allclose(table.groupby("seat")["probability"].sum(), 1.0)
    assert (table["stays"] == (table["utility"] >= -1e-8)).all()
    assert not table["stays"].all()
    assert table["type"].tolist() == [name for seat in game_of(case).seats for name in seat.names]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["vickrey", "lookahead", "L", "M"])
def test_nobody_stays_out_of_what_never_hurts(name, kind):
    options = {"epsilon": 0.2, "delta": 0.1} if name in "LM" else {}
    game = random_case(3, 3, kind, most=3).game(name, **options)
    found = participation(game)
    assert found.table["stays"].all()
    assert found.worst_interim >= -1e-9
    assert found.revenue == pytest.approx(revenue_of(game).total, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_cremer_mclean_keeps_everybody_who_knows_her_own_value_alone(seed):
    game = game_of(full_rank_case(seed, 3))
    found = participation(game)
    assert found.table["stays"].all()
    assert found.worst_interim == pytest.approx(0.0, abs=1e-8)
    assert found.revenue == pytest.approx(revenue_of(game).total, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("kind", "parameters"), KNOWN[2:])
def test_who_knows_more_stays_out_of_cremer_mclean_and_the_seller_loses(kind, parameters, seed):
    found = participation(game_of(full_rank_case(seed, 3, kind, **parameters)))
    kept = participation(game_of(full_rank_case(seed, 3))).revenue
    assert not found.table["stays"].all()
    assert found.worst_interim < -0.1
    assert found.revenue < kept - 0.1


def test_the_truthful_revenue_does_not_depend_on_knowledge_if_all_take_part():
    totals = [revenue_of(game_of(full_rank_case(1, 3, kind, **p))).total for kind, p in KNOWN]
    assert totals == pytest.approx([totals[0]] * len(totals), abs=1e-9)


def tilted(case, shift: float) -> Game:
    """One bidder expects too much of the others, or too little."""
    game = game_of(case)
    opinion = shifted(case.space, 1, np.random.default_rng(0), shift=shift)
    return Game(game.mechanism, misinform(case.knowledge, 1, opinion))


def test_a_misinformed_bidder_stays_out_although_she_would_lose_nothing():
    case = full_rank_case(2, 3)
    found = participation(tilted(case, 4.0))
    seat = found.table["seat"] == 1
    assert not found.table.loc[seat, "stays"].all()
    assert found.table.loc[~seat, "stays"].all()
    assert found.revenue < revenue_of(game_of(case)).total - 0.1
    np.testing.assert_allclose(game_of(case).truth(1), 0.0, atol=1e-8)


def test_a_misinformed_bidder_stays_for_a_gain_that_she_does_not_make():
    case = full_rank_case(2, 3)
    found = participation(tilted(case, -4.0))
    assert found.table["stays"].all()
    assert found.table.loc[found.table["seat"] == 1, "utility"].max() > 0.1
    assert found.revenue == pytest.approx(revenue_of(game_of(case)).total, abs=1e-9)


def test_fines_of_infinite_size_keep_nobody_in():
    """A player with a logarithmic score that rules out what happens cannot be paid."""
    case = full_rank_case(0, 2)
    game = game_of(case, Vickrey)
    settle = game.mechanism.expect

    def ruined(reports, of=None):
        outcomes = settle(reports, of=of)
        outcomes.rewards[:, 0] = -np.inf
        return outcomes

    game.mechanism.expect = ruined  # type: ignore[method-assign]
    found = participation(game)
    assert not found.table.loc[found.table["seat"] == 0, "stays"].any()
    assert np.isfinite(found.revenue)
    assert isinstance(found, Participation)
    assert found.worst_interim == -np.inf
