"""Best responses: truth where truth is dominant, overbidding in L as printed, and a memory that is counted by hand."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.strategies import BestResponse, EmpiricalBestResponse, Feedback, View, belief_menu
from mechanisms import MECHANISMS
from tests import oracle
from tests.priors import KINDS, TIE_RULES, cases, iid, money_belief, options_of, random_case


@settings(max_examples=30)
@given(cases(kinds=KINDS, most=3), st.sampled_from(["L", "M"]), st.sampled_from(TIE_RULES))
def test_in_m_and_in_l_repaired_truth_is_the_best_response(case, name, ties):
    game = case.game(name, **options_of(MECHANISMS[name], epsilon=0.2, delta=0.1, ties=ties))
    for seat in game.seats:
        plan = BestResponse().plan(seat)
        np.testing.assert_array_equal(plan.pure_values, seat.types)
        np.testing.assert_array_equal(plan.pure_beliefs, seat.posteriors)


@pytest.mark.parametrize("name", ["vickrey", "lookahead", "optimal"])
def test_truth_is_taken_where_it_is_as_good_as_the_best(name):
    for seed in range(3):
        game = random_case(seed, 2, "graph").game(name)
        for seat in game.seats:
            np.testing.assert_array_equal(BestResponse().plan(seat).pure_values, seat.types)


def best_gain(case, player, **options):
    """The most that any value with any belief of the seat's own menu gains, by the oracle, per cell."""
    game, slow = case.game("L-printed", **options), case.oracle(**options)
    seat = game.seats[player]
    menu = list(belief_menu(seat).values())
    gains = []
    for cell, own in enumerate(seat.types):
        found = [
            oracle.interim_gain(
                slow,
                "L-printed",
                player,
                (case.values[player][own],),
                case.values[player][told],
                money_belief(case, player, game.book[int(ids[cell, told])]),
            )
            for told, ids in product(range(seat.menu_size), menu)
        ]
        gains.append(float(max(found)))
    plan = BestResponse().plan(seat)
    told = seat.surface(plan.beliefs[:, :, None])[np.arange(len(seat.types)), plan.pure_values, 0]
    return plan, told - game.truth(player), gains


@pytest.mark.parametrize("player", [0, 1])
def test_in_l_as_printed_the_lowest_bidder_overbids(player):
    """Values {1, 2, 5}, epsilon = .1, delta = .05: 1 says 2, in the hope of being i*."""
    case = iid((1, 2, 5), [1 / 3] * 3, 2)
    plan, gain, best = best_gain(case, player, epsilon=0.1, delta=0.05)
    assert plan.pure_values.tolist() == [1, 1, 2]
    assert gain == pytest.approx(best, abs=1e-9)
    assert gain[0] >= 0.1 * 2 / 9 - 0.05 / 12 - 1e-9
    honest, small, _ = best_gain(case, player, epsilon=0.01, delta=0.05)
    assert honest.pure_values.tolist() == [0, 1, 2]
    assert small.max() <= 0.01 / 18 + 1e-9  # what is left is that being asked is news


def test_the_best_of_the_menu_is_found_on_a_correlated_prior():
    case = random_case(2, 2, "own-value", most=3, labelled=False)
    for player in (0, 1):
        _, gain, best = best_gain(case, player, epsilon=1.0, delta=0.01)
        assert gain == pytest.approx(best, abs=1e-9)


def announcements(game, rng, worlds):
    values = np.column_stack([rng.integers(0, size, worlds) for size in game.environment.shape])
    ids = [np.unique(np.concatenate([table.ravel() for table in belief_menu(s).values()])) for s in game.seats]
    beliefs = np.column_stack([own[rng.integers(0, len(own), worlds)] for own in ids])
    return values, beliefs


@pytest.mark.parametrize("weight", [0.01, 0.1])
def test_the_empirical_best_response_counts_what_every_report_would_have_earned(weight):
    """Six worlds, five rounds of arbitrary play by the rival, every figure by the oracle."""
    options, worlds = {"epsilon": 0.1, "delta": 0.05}, 6
    case = iid((1, 2, 5), [1 / 3] * 3, 2)
    game, slow = case.game("L-printed", **options), case.oracle(**options)
    seat, rng = game.seats[0], np.random.default_rng(4)
    strategy = EmpiricalBestResponse(weight=weight)
    strategy.prepare(seat, worlds)
    menu = list(belief_menu(seat).values())
    reports = list(product(range(seat.menu_size), range(len(menu))))
    surface = seat.surface(np.stack(menu, axis=2)).reshape(len(seat.types), -1)
    sums = weight * np.tile(surface, (worlds, 1, 1))

    def told(cell, value, k):
        return case.values[0][value], money_belief(case, 0, game.book[int(menu[k][cell, value])])

    def check(cell):
        view = View(seat, np.full(worlds, cell))
        view.announced = strategy.report_value(view, rng)
        beliefs = strategy.report_belief(view, rng)
        honest = reports.index((int(seat.types[cell]), 0))
        for world, earned in enumerate(sums[:, cell]):
            best = honest if earned[honest] >= earned.max() - 1e-9 else int(earned.argmax())
            value, k = reports[best]
            assert view.announced[world] == value
            assert beliefs[world] == menu[k][cell, value]
        return view.announced.tolist()

    chosen = []
    for _ in range(5):
        cells = seat.information[rng.integers(0, len(game.space), worlds)]
        values, beliefs = announcements(game, rng, worlds)
        strategy.learn(View(seat, cells), Feedback(values, beliefs, np.zeros(worlds)))
        for world, cell in enumerate(cells):
            rival = case.values[1][values[world, 1]], money_belief(case, 1, game.book[int(beliefs[world, 1])])
            profile = (case.values[0][seat.types[cell]], 0)
            for number, report in enumerate(reports):
                lie = [told(cell, *report), rival]
                sums[world, cell, number] += float(oracle.utility(slow, "L-printed", profile, lie, 0))
        chosen += [check(cell) for cell in range(3)]
    assert any(len(set(row)) > 1 for row in chosen)  # worlds have come to differ


def test_the_weight_of_truth_decides_how_soon_it_is_forgotten():
    """One round with a rival who bids 1, whom 1 beats by the tie rule: no reason any more to say 2 for 1."""
    game = iid((1, 2, 5), [1 / 3] * 3, 2).game("L-printed", epsilon=0.1, delta=0.05)
    seat, told = game.seats[0], []
    for weight in (1e-3, 1e3):
        strategy = EmpiricalBestResponse(weight=weight)
        strategy.prepare(seat, 1)
        view = View(seat, np.array([0]))
        low = Feedback(np.array([[0, 0]]), game.truthful_play.reports.beliefs[:1], np.zeros(1))
        strategy.learn(view, low)
        told.append(int(strategy.report_value(view, np.random.default_rng(0))[0]))
    assert told == [0, 1]


def test_the_empirical_best_response_starts_from_the_best_response_to_truth():
    case = iid((1, 2, 5), [1 / 3] * 3, 2)
    game = case.game("L-printed", epsilon=0.1, delta=0.05)
    for seat in game.seats:
        plan, strategy = BestResponse().plan(seat), EmpiricalBestResponse()
        strategy.prepare(seat, 3)
        view = View(seat, np.arange(3))
        np.testing.assert_array_equal(strategy.report_value(view, np.random.default_rng(0)), plan.pure_values)
        np.testing.assert_array_equal(strategy.report_belief(view, np.random.default_rng(0)), plan.pure_beliefs)
        assert strategy.plan(seat) is None


@pytest.mark.parametrize("weight", [0.0, -1.0])
def test_the_weight_of_truth_must_be_positive(weight):
    with pytest.raises(ValueError, match=f"weight.*{weight}"):
        EmpiricalBestResponse(weight=weight)
