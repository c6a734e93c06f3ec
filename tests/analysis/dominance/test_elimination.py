"""Iterated elimination: survivors against brute force and QuantEcon, traces by hand, certificates that can fail."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.dominance.elimination import COLUMNS, Eliminated, eliminate
from analysis.dominance.judge import judge
from analysis.dominance.normal_form import normal_form
from tests.analysis.dominance.games import flat, fractions, random_payoffs, survivors

NOTIONS = [(mixed, weak) for mixed in (True, False) for weak in (False, True)]
EXAMPLES = range(80)


def cournot(size):
    own, other = np.indices((size, size))
    profit = own * (size - 1 - own - other)
    return [profit, profit.T]


def beauty(size):
    own, other = np.indices((size, size))
    return [-((11 * own - 9 * other) ** 2), -((11 * other - 9 * own) ** 2)]


def ladder(size):
    first, second = np.indices((size, size))
    return [-abs(first - second + 1), -abs(second - first)]


def mixtures(size, seed=0):
    """The last strategies of each player are worth a little less than the mean of two others."""
    rng = np.random.default_rng(seed)
    tables = []
    for _ in range(2):
        good = 60 * np.eye(size, dtype=int) + rng.integers(0, 4, (size, size))
        bad = [(good[k] + good[k - 1]) // 2 - 1 for k in range(size // 2)]
        tables.append(np.pad(np.vstack([good, *bad]), ((0, 0), (0, size // 2)), constant_values=7))
    return [tables[0], tables[1].T]


FAMILIES = {"cournot": cournot, "beauty": beauty, "ladder": ladder, "mixtures": mixtures}


@pytest.mark.parametrize(("mixed", "weak"), NOTIONS)
@pytest.mark.parametrize("seed", EXAMPLES)
def test_survivors_are_those_of_brute_force(seed, mixed, weak):
    payoffs = random_payoffs(seed)
    found = eliminate(normal_form(*payoffs), mixed=mixed, weak=weak)
    assert found.survivors == survivors(payoffs, mixed=mixed, weak=weak)
    assert found.certified()


@pytest.mark.parametrize("weak", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_survivors_in_families_of_games(family, weak):
    payoffs = FAMILIES[family](12)
    found = eliminate(normal_form(*payoffs), weak=weak)
    assert found.survivors == survivors(payoffs, weak=weak)
    assert found.certified()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1300))
def test_many_more_games(seed):
    payoffs = random_payoffs(seed)
    for mixed, weak in NOTIONS:
        found = eliminate(normal_form(*payoffs), mixed=mixed, weak=weak)
        assert found.survivors == survivors(payoffs, mixed=mixed, weak=weak)
        assert found.certified()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_survivors_are_those_of_quantecon():
    theory = pytest.importorskip("quantecon.game_theory")
    games = [random_payoffs(seed) for seed in range(300)]
    games += [make(size) for make in FAMILIES.values() for size in (5, 20)]
    for payoffs in games:
        alive = [list(range(size)) for size in payoffs[0].shape]
        while True:
            players = [np.moveaxis(table[np.ix_(*alive)], i, 0).astype(float) for i, table in enumerate(payoffs)]
            fallen = [theory.Player(np.ascontiguousarray(table)).dominated_actions() for table in players]
            if not any(fallen):
                break
            alive = [
                [k for row, k in enumerate(left) if row not in out] for left, out in zip(alive, fallen, strict=True)
            ]
        assert eliminate(normal_form(*payoffs)).survivors == tuple(map(tuple, alive))


def test_the_trace_of_a_small_game():
    """D is worse than half U and half M; without D the column L is best; against L alone, U is."""
    row = [[3, 0, 0], [0, 3, 0], [1, 1, -1]]
    column = [[2, 1, 0], [2, 1, 0], [0, 5, 9]]
    game = normal_form(row, column, players=["Row", "Column"], strategies=[["U", "M", "D"], ["L", "C", "R"]])
    found = eliminate(game)
    assert found.survivors == ((0,), (0,))
    assert [(fall.round, fall.player, fall.strategy) for fall in found.rounds] == [
        (1, 0, 2),
        (2, 1, 1),
        (2, 1, 2),
        (3, 0, 1),
    ]
    assert [set(fall.mixture) for fall in found.rounds] == [{0, 1}, {0}, {0}, {0}]
    assert [fall.margin for fall in found.rounds[1:]] == [1.0, 2.0, 3.0]


def test_dominators_are_alive_when_the_round_begins():
    """All three fall to the fourth or to each other at once, though two of them are gone when the round ends."""
    found = eliminate(normal_form([[0], [1], [2], [3]], [[0], [0], [0], [0]]))
    assert found.survivors == ((3,), (0,))
    assert [fall.round for fall in found.rounds] == [1, 1, 1]


def test_weak_dominance_drops_all_at_once():
    """One at a time, either player's second strategy could be saved by dropping the other's first."""
    payoffs = [[1, 0], [0, 0]]
    found = eliminate(normal_form(payoffs, payoffs), weak=True)
    assert found.survivors == ((0,), (0,))
    assert [(fall.round, fall.margin) for fall in found.rounds] == [(1, 0.0), (1, 0.0)]


def test_the_ladder_falls_one_rung_a_round():
    found = eliminate(normal_form(*ladder(9)))
    assert [(fall.round, fall.player, fall.strategy) for fall in found.rounds] == [
        (2 * step + 1 + player, player, 8 - step) for step in range(8) for player in (0, 1)
    ]
    assert all(fall.margin == 1.0 for fall in found.rounds)


def test_the_table_names_everything():
    game = normal_form(
        [[4, 0], [0, 4], [1, 1]], [[0, 0]] * 3, players=["Ann", "Bob"], strategies=[["a", "b", "c"], "LR"]
    )
    table = eliminate(game).table()
    assert list(table.columns) == COLUMNS
    assert table.loc[0, ["round", "player", "strategy"]].tolist() == [1, "Ann", "c"]
    assert table.loc[0, "dominated_by"].endswith(" b")
    assert " a + " in table.loc[0, "dominated_by"]
    table = eliminate(normal_form([[3, 0], [5, 1]], [[3, 5], [0, 1]])).table()
    assert table.to_numpy().tolist() == [[1, "Player 1", "1", "2", 1.0], [1, "Player 2", "1", "2", 1.0]]
    assert eliminate(normal_form([[0]], [[0]])).table().empty


@pytest.mark.parametrize("factor", [1, 10**30])
@pytest.mark.parametrize("seed", range(12))
def test_exact_payoffs_are_decided_exactly(seed, factor):
    """Thirds, and thirds so large that floats cannot tell them apart from their neighbours."""
    payoffs = random_payoffs(seed, most=6)
    exact = [fractions(table) * factor + factor for table in payoffs]
    for mixed, weak in NOTIONS:
        found = eliminate(normal_form(*exact), mixed=mixed, weak=weak)
        assert found.survivors == survivors(payoffs, mixed=mixed, weak=weak)
        assert found.certified()


def test_margins_are_in_units_of_payoff():
    third = Fraction(1, 3)
    found = eliminate(normal_form([[third], [third + Fraction(1, 7)]], [[third], [third]]))
    assert found.rounds[0].margin == pytest.approx(1 / 7)


def test_one_player_maximises():
    found = eliminate(normal_form([1, 3, 3, 2]))
    assert found.survivors == ((1, 2),)
    assert found.certified()


def test_false_traces_are_refused():
    found = eliminate(normal_form(*ladder(4)))
    assert found.certified()
    first, *rest = found.rounds
    for lie in (
        replace(found, survivors=((0, 1), (0,))),
        replace(found, rounds=found.rounds[1:]),
        replace(found, rounds=(replace(first, strategy=2, mixture={1: 1.0}), *rest)),
        replace(found, rounds=(replace(first, mixture={0: 1.0}), *rest)),
        replace(found, rounds=(replace(first, round=2), *rest)),
        replace(found, rounds=(*found.rounds[:-1], replace(found.rounds[-1], mixture={3: 1.0}))),
        replace(found, conjectures=({}, found.conjectures[1])),
        replace(found, conjectures=({0: {}}, found.conjectures[1])),
        replace(found, conjectures=({0: {2: 1.0}}, found.conjectures[1])),
        Eliminated(found.game, True, False, ((0, 1, 2, 3),) * 2, (), ({k: {k: 1.0} for k in range(4)},) * 2),
    ):
        assert not lie.certified()


def test_what_does_not_fit_is_refused():
    game = normal_form(np.zeros((30, 30)), np.zeros((30, 30)))
    with pytest.raises(ValueError, match=r"shape .30, 30. needs 28800 bytes, more than 1000"):
        eliminate(game, memory=1000)
    payoffs = [table.astype(float) for table in beauty(30)]
    small, large = (eliminate(normal_form(*payoffs), memory=size) for size in (30_000, 1 << 30))
    assert small.survivors == large.survivors
    assert [fall.strategy for fall in small.rounds] == [fall.strategy for fall in large.rounds]


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(-9, 9), st.booleans())
def test_names_and_units_do_not_matter(seed, factor, shift, weak):
    payoffs = random_payoffs(seed, most=5)
    order = [np.random.default_rng(seed + i).permutation(size) for i, size in enumerate(payoffs[0].shape)]
    moved = [factor * table[np.ix_(*order)] + shift for table in payoffs]
    plain = eliminate(normal_form(*payoffs), weak=weak).survivors
    found = eliminate(normal_form(*moved), weak=weak).survivors
    for left, kept, places in zip(found, plain, order, strict=True):
        assert sorted(places[list(left)]) == list(kept)


@given(st.integers(0, 10**6))
def test_the_order_does_not_matter_for_strict_dominance(seed):
    """One strategy at a time, drawn at random, instead of all at once."""
    payoffs, rng = random_payoffs(seed, most=5), np.random.default_rng(seed)
    alive = [list(range(size)) for size in payoffs[0].shape]
    while True:
        verdicts = [judge(flat(payoffs, player, alive)) for player in range(len(alive))]
        bad = [(i, row) for i, found in enumerate(verdicts) for row, verdict in enumerate(found) if verdict.dominated]
        if not bad:
            break
        player, row = bad[rng.integers(len(bad))]
        del alive[player][row]
    assert eliminate(normal_form(*payoffs)).survivors == tuple(map(tuple, alive))
