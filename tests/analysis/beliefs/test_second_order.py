"""Wrong second-order beliefs: what is imagined, what is best against it, and that M and L do not care."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.game import Game
from agents.misinformation import misinform
from agents.plan import pure_plan
from agents.strategies import belief_menu
from analysis.beliefs.opinions import OPINIONS, with_error
from analysis.beliefs.second_order import ERRORS, played, second_order
from analysis.revenue import revenue_of
from mechanisms import MECHANISMS, Reports, joint, optimal_mechanism
from tests.priors import KINDS, cases, iid, independent_case, options_of, random_case, table

SKEWED = table([(1, 4), (2, 3)], {(1, 2): 0.4, (1, 3): 0.15, (4, 2): 0.2, (4, 3): 0.25})  # correlated, of full support


def game_of(case, name, **options):
    return case.game(name, **options_of(MECHANISMS[name], **{"epsilon": 0.3, "delta": 0.1} | options))


def imagine(game, error, strength, seat=0, seed=0):
    return ERRORS[error](game, seat, np.random.default_rng(seed), strength)


def rng():
    return np.random.default_rng(5)


# --- what is imagined


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", ["M", "unanimity"])
def test_without_strength_nothing_is_imagined(error, name):
    game = game_of(random_case(3, 3, "graph", most=3), name)
    for seat in range(3):
        imagined, truth = imagine(game, error, 0.0, seat), game.truthful_play
        np.testing.assert_array_equal(imagined.reports.beliefs, truth.reports.beliefs)
        np.testing.assert_array_equal(imagined.reports.values, truth.reports.values)


@pytest.mark.parametrize("error", ERRORS)
def test_only_the_rivals_beliefs_are_imagined(error):
    game = game_of(SKEWED, "L")
    for seat in range(2):
        imagined, truth = imagine(game, error, 1.0, seat), game.truthful_play
        np.testing.assert_array_equal(imagined.reports.values, truth.reports.values)
        np.testing.assert_array_equal(imagined.reports.beliefs[:, seat], truth.reports.beliefs[:, seat])
        if error != "ignorant":  # all players are as ignorant as that here
            assert (imagined.reports.beliefs[:, 1 - seat] != truth.reports.beliefs[:, 1 - seat]).any()


def test_a_tempered_rival_by_hand():
    """D^2 on player 1's cell 2 is (.16, .04), on 3 it is (.0225, .0625); D^2 itself is what she has of all."""
    game = game_of(SKEWED, "M")
    told = imagine(game, "tempered", 1.0).reports.beliefs[:, 1]
    found = [game.book[int(k)].prob(np.array([[0], [1]])) for k in told[:2]]  # states (1, 2) and (1, 3)
    np.testing.assert_allclose(found, [[0.8, 0.2], [0.0225 / 0.085, 0.0625 / 0.085]])
    game = game_of(SKEWED, "unanimity")
    told = imagine(game, "tempered", 1.0).reports.beliefs[0, 1]
    squares = np.array([0.16, 0.0225, 0.04, 0.0625])
    np.testing.assert_allclose(game.book[int(told)].weights, squares / squares.sum())


def test_a_common_shift_is_of_everybodys_types():
    game = game_of(SKEWED, "unanimity")
    told = imagine(game, "shifted", 1.0).reports.beliefs[0, 1]
    odds = np.array([0.4, 0.15 * np.e**0.5, 0.2 * np.e**0.5, 0.25 * np.e])
    np.testing.assert_allclose(game.book[int(told)].weights, odds / odds.sum())


def test_an_ignorant_rival_has_the_beliefs_of_own_value_knowledge():
    case = random_case(8, 3, "complete", most=3, labelled=False)
    plain = type(case)(case.values, case.profiles, case.weights)
    game, ignorant = game_of(case, "L"), game_of(plain, "L")
    imagined = imagine(game, "ignorant", 1.0, seat=1).reports.beliefs
    for j in (0, 2):
        for state, told in enumerate(imagined[:, j]):
            expected = ignorant.book[int(ignorant.truthful_play.reports.beliefs[state, j])]
            found = game.book[int(told)]
            np.testing.assert_array_equal(found.atoms, expected.atoms)
            np.testing.assert_allclose(found.weights, expected.weights)


@pytest.mark.parametrize("strength", [0.25, 1.0])
def test_a_uniform_rival_is_a_mixture(strength):
    game = game_of(SKEWED, "unanimity")
    told = imagine(game, "uniform", strength).reports.beliefs[0, 1]
    np.testing.assert_allclose(
        game.book[int(told)].weights, (1 - strength) * np.array([0.4, 0.15, 0.2, 0.25]) + strength / 4
    )


def test_rivals_are_imagined_to_have_one_and_the_same_sample():
    game = game_of(random_case(2, 3, most=3), "unanimity")
    told = imagine(game, "sampled", 0.2, seat=0).reports.beliefs[0]
    assert told[1] == told[2] != told[0]


def test_a_misinformed_rival_errs_from_where_she_is():
    opinion = np.array([0.1, 0.2, 0.3, 0.4])
    game = game_of(SKEWED, "unanimity")
    game = Game(game.mechanism, misinform(SKEWED.knowledge, 1, opinion))
    told = imagine(game, "tempered", 1.0).reports.beliefs[0, 1]
    np.testing.assert_allclose(game.book[int(told)].weights, opinion**2 / (opinion**2).sum())


# --- M and L


@settings(max_examples=8)
@given(cases(kinds=KINDS), st.integers(0, 99))
def test_in_m_and_l_truth_is_best_whatever_is_imagined(case, seed):
    """Remark (c) of section 2.2: errors about the others' beliefs change nothing."""
    games = {name: game_of(case, name) for name in ("M", "L")}
    found = second_order(games, strengths=(0.5, 1.0), rng=np.random.default_rng(seed), other_types=3)
    assert found.types["truth_best"].all()
    assert (found.types["perceived_gain"].dropna() <= 0.0).all()
    assert (found.types["belief_report"] == "truthful").all()
    assert (found.summary["truth_best"] == 1.0).all()
    for name, game in games.items():
        rows = found.summary[found.summary["mechanism"] == name]
        assert rows["revenue"].tolist() == pytest.approx([revenue_of(game).total] * len(rows), abs=1e-9)
        assert rows["disagreement"].isna().all()


# --- unanimity


def unanimous(case, belief, **options):
    """Revenue and players' utility when all announce a belief, from the optimal mechanism for it alone."""
    optimum = optimal_mechanism(case.environment, belief)
    point = case.environment.flat(case.space.profiles)
    worth = sum(optimum.allocation[point, i + 1] * case.environment.values[i][case.space.profiles[:, i]]
                for i in range(case.players))  # fmt: skip
    prices = optimum.payments[point].sum(axis=1)
    return float(case.space.weights @ prices), float(case.space.weights @ (worth - prices))


def test_in_unanimity_each_announces_what_she_imagines():
    """The perceived gain is the fine and what the optimum for the imagined belief leaves her, by hand and in full."""
    game = game_of(SKEWED, "unanimity", delta=0.0, penalty=2.0)
    found = second_order({"U": game}, errors=["uniform"], strengths=[1.0], rng=rng())
    optimum = optimal_mechanism(SKEWED.environment, joint((2, 2), SKEWED.environment.grid, np.full(4, 0.25)))
    gains = []
    for i, row in enumerate(found.types.itertuples()):
        seat, kind = divmod(i, 2)
        inside = SKEWED.space.profiles[:, seat] == kind
        point = SKEWED.environment.flat(SKEWED.space.profiles[inside])
        surplus = optimum.allocation[point, seat + 1] * SKEWED.environment.values[seat][kind]
        left = surplus - optimum.payments[point, seat]
        gains.append(2.0 + np.average(left, weights=SKEWED.space.weights[inside]))
        assert (row.seat, row.type) == (seat, str(SKEWED.values[seat][kind]))
    assert found.types["perceived_gain"].tolist() == pytest.approx(gains)
    assert not found.types["truth_best"].any()
    figures = found.summary.iloc[0]
    assert (figures["truth_best"], figures["max_perceived_gain"]) == (0.0, pytest.approx(max(gains)))


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_errors_of_all_in_one_direction_end_in_a_common_lie(strength):
    case = independent_case([(1, 3), (2, 5), (4, 7)], [(0.5, 0.5), (0.65, 0.35), (0.7, 0.3)])  # its optima are unique
    game = game_of(case, "unanimity", delta=0.0)
    figures = second_order({"U": game}, errors=["tempered"], strengths=[strength], rng=rng()).summary.iloc[0]
    odds = case.prior.weights ** (1 + strength)
    lie = joint(case.prior.shape, case.prior.atoms, odds / odds.sum())
    revenue, utility = unanimous(case, lie)
    assert (figures["disagreement"], figures["fines"]) == (0.0, 0.0)
    assert figures["revenue"] == pytest.approx(revenue, abs=1e-9)
    assert figures["utility"] == pytest.approx(utility, abs=1e-9)
    assert figures["truthful_revenue"] == pytest.approx(figures["opt"])


def test_errors_of_each_her_own_end_in_fines_for_all():
    game = game_of(iid((1, 3, 4), (0.5, 0.2, 0.3), 3), "unanimity", penalty=7.0)
    figures = second_order({"U": game}, errors=["sampled"], strengths=[0.1], rng=rng()).summary.iloc[0]
    assert figures["truth_best"] == 0.0
    assert figures["disagreement"] == pytest.approx(1.0)
    assert figures["revenue"] == 0.0
    assert figures["fines"] == pytest.approx(3 * 7.0)
    assert figures["utility"] == pytest.approx(-3 * 7.0)


def test_ignorance_of_more_than_the_prior_does_unanimity_no_harm():
    game = game_of(random_case(6, 2, "complete", most=3), "unanimity")
    figures = second_order({"U": game}, errors=["ignorant"], strengths=[1.0], rng=rng()).summary.iloc[0]
    assert figures["truth_best"] == 1.0
    assert figures["revenue"] == pytest.approx(figures["truthful_revenue"])


# --- against a slow search


@pytest.mark.parametrize("name", ["L-printed", "unanimity"])
@pytest.mark.parametrize("error", ["tempered", "uniform"])
def test_the_best_reports_are_those_of_a_plain_search(name, error):
    """State by state, report by report, with the others' imagined beliefs written out here."""
    game = game_of(SKEWED, name, epsilon=1.0, delta=0.02)
    found = second_order({name: game}, errors=[error], strengths=[1.0], rng=rng()).types
    for row in found.itertuples():
        seat = game.seats[row.seat]
        cell = seat.names.index(row.type)
        beliefs = {int(ids[cell, v]) for ids in belief_menu(seat).values() for v in range(2)}
        rival = imagine(game, error, 1.0, row.seat).reports.beliefs[:, 1 - row.seat]
        if name == "unanimity":
            beliefs.add(int(rival[0]))
        inside = np.flatnonzero(seat.information == cell)
        worth = {}
        for value in range(2):
            for belief in beliefs:
                worth[value, belief] = 0.0
                for s in inside:
                    values, told = SKEWED.space.profiles[[s]].copy(), np.zeros((1, 2), dtype=np.int64)
                    values[0, row.seat], told[0, row.seat], told[0, 1 - row.seat] = value, belief, rival[s]
                    outcome = game.mechanism.expect(Reports(values, told))
                    utility = outcome.utility(SKEWED.environment, SKEWED.space.profiles[[s]])[0, row.seat]
                    worth[value, belief] += utility * SKEWED.weights[s] / sum(SKEWED.weights[k] for k in inside)
        truth = worth.pop((int(seat.types[cell]), int(seat.posteriors[cell])))
        assert row.perceived_gain == pytest.approx(max(worth.values()) - truth, abs=1e-9)
        assert row.truth_best == (row.perceived_gain <= 0.0)


def test_what_is_played_is_what_revenue_says():
    case = random_case(4, 3, most=3)
    for name in ("M", "L", "L-printed", "vickrey", "first-price"):
        game = game_of(case, name)
        figures, exact = played(game, game.truthful_plans), revenue_of(game)
        assert (figures.revenue, figures.fines) == (pytest.approx(exact.total), 0.0)
        total = sum(game.space.weights @ game.utilities(game.truthful_play, i) for i in range(3))
        assert figures.utility == pytest.approx(total)


def test_the_share_of_dissent_is_counted_by_its_probability():
    game = game_of(SKEWED, "unanimity", penalty=1.0)
    other = game.book.add(joint((2, 2), [[0, 0]], [1.0]))
    plans = list(game.truthful_plans)
    seat = game.seats[1]
    plans[1] = pure_plan(seat.information, seat.types, np.array([seat.posteriors[0], other]), 2)
    figures = played(game, plans)
    assert figures.disagreement == pytest.approx(0.4)  # player 1 has value 3
    assert figures.fines == pytest.approx(0.8)


# --- the tables


def test_all_games_are_given_the_same_errors_and_the_seed_decides():
    game = game_of(random_case(7, 2, most=3), "unanimity")
    once = second_order({"a": game, "b": game}, errors=["sampled"], strengths=[0.2], rng=np.random.default_rng(1))
    again = second_order({"a": game, "b": game}, errors=["sampled"], strengths=[0.2], rng=np.random.default_rng(1))
    by_name = [part.drop(columns="mechanism").reset_index(drop=True) for _, part in once.types.groupby("mechanism")]
    assert by_name[0].equals(by_name[1])
    assert once.types.equals(again.types)
    assert once.summary.equals(again.summary)


def test_columns():
    game = game_of(SKEWED, "vickrey")
    found = second_order({"vickrey": game}, errors=["uniform"], strengths=[0.0, 1.0], rng=rng())
    assert found.types.columns.tolist() == [
        "mechanism", "error", "strength", "seat", "type", "probability", "perceived_gain", "truth_best",
        "value_report", "belief_report",
    ]  # fmt: skip
    assert found.summary.columns.tolist() == [
        "mechanism", "error", "strength", "truth_best", "max_perceived_gain", "revenue", "fines", "utility",
        "disagreement", "truthful_revenue", "opt",
    ]  # fmt: skip
    assert found.types.groupby(["strength", "seat"])["probability"].sum().tolist() == pytest.approx([1.0] * 4)


def test_who_can_say_nothing_but_the_truth_perceives_no_gain():
    case = table([(2,), (1, 3)], {(2, 1): 0.5, (2, 3): 0.5})
    found = second_order({"vickrey": game_of(case, "vickrey")}, errors=["uniform"], strengths=[1.0], rng=rng()).types
    assert found["perceived_gain"].isna().tolist() == [True, False, False]
    assert found["truth_best"].all()


@pytest.mark.parametrize(
    ("errors", "strength", "message"),
    [
        (["gossip"], 0.1, "unknown error 'gossip'; there are tempered"),
        (["uniform"], 1.5, r"weight from 0 to 1, not 1\.5"),
        (["tempered"], -1.5, r"power .* -0\.5"),
        (["sampled"], -0.1, r"from 0 to 2, not -0\.1"),
    ],
)
def test_errors_show_what_is_wrong(errors, strength, message):
    with pytest.raises(ValueError, match=message):
        second_order({"M": game_of(SKEWED, "M")}, errors=errors, strengths=[strength], rng=rng())


def test_an_unknown_opinion_is_named():
    with pytest.raises(ValueError, match="unknown error 'gossip'; there are tempered, shifted, sampled"):
        with_error(SKEWED.knowledge, 0, "gossip", 0.1, rng())
    assert set(OPINIONS) < set(ERRORS)
