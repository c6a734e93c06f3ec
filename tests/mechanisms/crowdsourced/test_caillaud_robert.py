"""Caillaud-Robert: OPT for independent values in an equilibrium of beliefs; common lies and small fines."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.game import Game
from agents.misinformation import misinform
from agents.plan import pure_plan
from analysis.deviation import deviations
from analysis.revenue import revenue_of
from mechanisms import BeliefBook, Reports, Setting, assignment, independent, joint, optimal_mechanism, single_good
from mechanisms.crowdsourced.caillaud_robert import CaillaudRobert
from tests.priors import Case, beliefs, distributions, independent_case, random_belief, random_case

PAIR = single_good([[1, 3], [2, 5]])
TRIO = single_good([[1, 4], [2, 3], [1, 5]])


def build(environment, prior=None, **options) -> CaillaudRobert:
    if prior is None:
        size = len(environment.grid)
        prior = joint(environment.shape, environment.grid, np.full(size, 1 / size))
    return CaillaudRobert(Setting(environment, BeliefBook(), prior), **options)


def game_of(case: Case, **options) -> Game:
    return Game(build(case.environment, case.prior, **options), case.knowledge)


@st.composite
def independent_cases(draw, players=(2, 3)) -> Case:
    """Draw independent values, some of probability zero."""
    n = draw(st.sampled_from(players))
    values = [tuple(sorted(draw(st.sets(st.integers(1, 20), min_size=1, max_size=4)))) for _ in range(n)]
    return independent_case(values, [draw(distributions(size=len(row))).tolist() for row in values])


# --- truth


@settings(max_examples=40)
@given(independent_cases())
def test_truth_earns_opt_where_values_are_independent(case):
    game = game_of(case)
    opt = optimal_mechanism(case.environment, case.prior).revenue
    found = revenue_of(game)
    assert found.total == pytest.approx(opt, abs=1e-9 * 20)
    assert found.rewards == 0.0
    assert game.mechanism.guarantee(opt) == pytest.approx(opt)


@pytest.mark.parametrize(
    ("values", "chances", "opt"),
    [
        ((5, 6, 20), (0.6, 0.3, 0.1), 6.5),  # irregular: lots between 5 and 6
        ((1, 2, 3, 4), (0.25,) * 4, 2.375),
        ((10, 40, 100), (0.6, 0.3, 0.1), 28.0),
    ],
)
def test_known_optima_of_two_bidders(values, chances, opt):
    assert revenue_of(game_of(independent_case([values] * 2, [chances] * 2))).total == pytest.approx(opt, abs=1e-9)


@settings(max_examples=15)
@given(independent_cases(), st.sampled_from([0.0, 0.2]))
def test_truth_is_an_equilibrium(case, delta):
    found = deviations(game_of(case, delta=delta)).table
    assert (found["gain"] <= 1e-9).all()
    if delta:
        lies = found[found["value_report"] != found["value"]]
        assert (lies["gain"] < 0.0).all()


@pytest.mark.parametrize("environment", [PAIR, TRIO], ids=["pair", "trio"])
@pytest.mark.parametrize("delta", [0.0, 0.25])
def test_the_true_value_is_dominant_and_without_loss_whatever_is_said_of_distributions(environment, delta):
    mechanism = build(environment, delta=delta, penalty=1.0)
    rng = np.random.default_rng(6)
    n = environment.players
    menu = np.array([mechanism.book.add(random_belief(rng, environment.shape)) for _ in range(8)])
    values = np.tile(environment.grid, (40, 1))
    told = menu[rng.integers(0, 8, values.shape)]
    truth = mechanism.expect(Reports(values, told))
    assert (truth.utility(environment, values) - truth.rewards).min() >= -1e-12
    for player in range(n):
        for lie in range(environment.shape[player]):
            changed = values.copy()
            changed[:, player] = lie
            worth = mechanism.expect(Reports(changed, told)).utility_of(environment, player, values[:, player])
            loss = truth.utility_of(environment, player, values[:, player]) - worth
            assert loss[lie != values[:, player]].min(initial=1.0) >= (1e-6 if delta else -1e-12)


def test_correlated_values_are_served_by_their_marginals():
    case = random_case(5, 2, most=3, labelled=False)
    margins = [case.prior.marginal([i]) for i in range(2)]
    product = independent(
        [margin.prob(np.arange(size)[:, None]) for margin, size in zip(margins, case.prior.shape, strict=True)]
    )
    mechanism = game_of(case).mechanism
    number, same = mechanism.book.add(case.prior), mechanism.book.add(product)
    assert number != same
    outcomes = [
        mechanism.expect(Reports(case.environment.grid, np.full(case.environment.grid.shape, told)))
        for told in (number, same)
    ]
    np.testing.assert_array_equal(outcomes[0].payments, outcomes[1].payments)
    optimum = optimal_mechanism(case.environment, product)
    chances = product.prob(case.environment.grid)
    assert float(chances @ outcomes[0].prices) == pytest.approx(optimum.revenue, abs=1e-9)
    assert mechanism.guarantee(1.0) is None


# --- who is believed, and who is fined


def said(mechanism, *margins) -> int:
    """The id of the belief that gives each player that marginal."""
    return mechanism.book.add(independent(margins))


def test_a_player_is_judged_by_what_the_next_one_says_of_her():
    """Bidder 0 of values 1 and 3 is asked 3 where bidder 1 thinks a 3 likely, whatever she says of herself. Bidder 1 of
    values 2 and 5 has virtual values -1 and 5 or, if bidder 0 thinks a 5 rare, 5/3 and 5."""
    mechanism = build(PAIR)
    likely, rare = (0.4, 0.6), (0.9, 0.1)
    ids = [
        said(mechanism, own, other) for own, other in ((rare, likely), (likely, likely), (rare, rare), (likely, rare))
    ]
    told = np.array([[ids[0], ids[1]], [ids[0], ids[2]], [ids[2], ids[1]]])
    outcomes = mechanism.expect(Reports(np.array([[1, 0]] * 3), told))
    # 0's virtual value at 3 is 3; at 1 it is 1 - 2 * .6 / .4 = -2 or 1 - 2 * .1 / .9 = 7/9.
    np.testing.assert_allclose(outcomes.payments, [[3, 0], [1, 0], [3, 0]])
    low = mechanism.expect(Reports(np.array([[0, 0]] * 3), told))
    # 1 at 2 has virtual value 2 - 3 * .6 / .4 = -2.5 or 2 - 3 / 9 = 5/3.
    np.testing.assert_allclose(low.payments, [[0, 0], [1, 0], [0, 2]])


def test_who_contradicts_another_about_herself_is_fined():
    mechanism = build(TRIO, penalty=7.0)
    even, odd = (0.5, 0.5), (0.2, 0.8)
    a, b, c = said(mechanism, even, even, even), said(mechanism, odd, even, even), said(mechanism, even, odd, odd)
    told = np.array([[a, a, a], [b, a, a], [a, b, a], [a, c, a], [c, c, a], [b, c, c]])
    outcomes = mechanism.expect(Reports(np.zeros((6, 3), dtype=np.int64), told))
    expected = [
        [0, 0, 0],
        [0, 1, 1],  # 0 says odd of herself, the others say even of her
        [0, 1, 0],  # 1 says odd of 0
        [1, 1, 1],  # 1 says odd of herself and of 2; the others disagree about her, and she about 2
        [1, 1, 1],  # 0 and 1 say odd of 1 and 2; 2 says even of both
        [1, 1, 1],  # 0 says even of 1 and 2, who say odd; they say even of 0, who says odd
    ]
    np.testing.assert_array_equal(outcomes.rewards, -7.0 * np.array(expected))


def test_equal_marginals_of_different_joint_beliefs_agree():
    mechanism = build(PAIR)
    matched = mechanism.book.add(joint((2, 2), [[0, 0], [1, 1]], [0.5, 0.5]))
    even = said(mechanism, (0.5, 0.5), (0.5, 0.5))
    assert matched != even
    outcomes = mechanism.expect(Reports(np.zeros((1, 2), dtype=np.int64), np.array([[matched, even]])))
    assert not outcomes.rewards.any()


# --- where it fails


def common_play(game, belief):
    told = game.book.add(belief)
    return [
        pure_plan(s.information, s.types, np.full(len(s.types), told), game.environment.shape[s.index])
        for s in game.seats
    ]


@settings(max_examples=15)
@given(independent_cases(), st.data())
def test_every_common_lie_is_an_equilibrium(case, data):
    lie, *menu = (data.draw(beliefs(case.environment.shape)) for _ in range(4))
    game = game_of(case)
    play = game.play(common_play(game, lie))
    ids = np.array([game.book.add(b) for b in (lie, *menu)])
    for seat in game.seats:
        tried = np.broadcast_to(ids, (len(seat.types), seat.menu_size, len(ids)))
        worth = game.surface(seat.index, tried, play=play).interim
        stays = worth[np.arange(len(seat.types)), seat.types, 0]
        assert (worth - stays[:, None, None]).max() <= 1e-9


def test_what_a_common_lie_costs_by_hand():
    """Two bidders worth 10 or 40 or 100, evenly: all say that 100 is certain, and the good is only sold at 100."""
    game = game_of(independent_case([(10, 40, 100)] * 2, [(0.6, 0.3, 0.1)] * 2))
    certain = independent([[0, 0, 1], [0, 0, 1]])
    assert revenue_of(game).total == pytest.approx(28.0)
    assert revenue_of(game, common_play(game, certain)).total == pytest.approx(0.19 * 100)


def test_without_a_fine_that_matters_a_lie_about_the_rival_pays():
    """Both worth 10, 40 or 100 (.6, .3, .1): virtual values -10, 20 and 100, so that two 40s are sold to bidder 0 for
    40. If bidder 1 says that bidder 0 is certainly worth 10, all of hers count as 10; a 100 then buys for 40."""
    case = independent_case([(10, 40, 100)] * 2, [(0.6, 0.3, 0.1)] * 2)
    rival = independent([[1, 0, 0], [0.6, 0.3, 0.1]])

    def gain(penalty: float) -> float:
        game = game_of(case, penalty=penalty)
        seat = game.seats[1]
        tried = np.full((3, 3, 1), game.book.add(rival))
        return float((game.surface(1, tried).interim[[0, 1, 2], seat.types, 0] - game.truth(1)).max())

    # A 100 pays 40 to everybody; in truth 40 to a 10, and 100 to a 40 or a 100, the ties being 0's.
    assert gain(1e-9) == pytest.approx(0.4 * 60, abs=1e-6)
    assert gain(1.0) == pytest.approx(0.4 * 60 - 1.0)
    assert gain(100.0) == pytest.approx(0.4 * 60 - 100.0)
    assert deviations(game_of(case, penalty=1.0)).max_gain > 0.0
    assert deviations(game_of(case)).max_gain <= 1e-9


def test_one_misinformed_player_is_fined_and_so_is_the_other():
    """Each contradicts the other about herself; the auction is run all the same."""
    case = independent_case([(10, 40, 100)] * 2, [(0.6, 0.3, 0.1)] * 2)
    game = game_of(case)
    opinion = independent([[0.2, 0.3, 0.5]] * 2).weights
    wrong = Game(game.mechanism, misinform(case.knowledge, 1, opinion))
    found = revenue_of(wrong)
    assert found.rewards == pytest.approx(-200.0)
    assert found.prices > 0.0


# --- play, and bad input


@pytest.mark.parametrize("options", [{}, {"delta": 0.3, "discount": 0.4, "penalty": 2.0}])
def test_play_agrees_with_expectation(options):
    mechanism = build(TRIO, **options)
    rng = np.random.default_rng(2)
    values = TRIO.grid[rng.integers(0, 8, 20_000)]
    menu = np.array([mechanism.book.add(random_belief(rng, TRIO.shape)) for _ in range(4)])
    told = Reports(values, menu[rng.integers(0, 4, values.shape)])
    played, expected = mechanism.play(told, rng), mechanism.expect(told)
    np.testing.assert_allclose(played.rewards, expected.rewards)
    error = played.payments - expected.payments
    spread = error.std(axis=0, ddof=1) / np.sqrt(len(values))
    assert (abs(error.mean(axis=0)) <= 4 * spread + 1e-12).all()


@pytest.mark.parametrize("penalty", [0.0, -1.0, float("inf"), float("nan")])
def test_a_penalty_must_be_positive(penalty):
    with pytest.raises(ValueError, match=f"penalty .* {penalty}"):
        build(PAIR, penalty=penalty)


def test_one_player_is_known_to_nobody():
    with pytest.raises(ValueError, match="two players"):
        build(single_good([[1, 2]]))


def test_several_goods_are_refused():
    goods = assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6]]])
    with pytest.raises(ValueError, match=r"^caillaud-robert sells a single good"):
        build(goods)


def test_a_belief_about_the_others_alone_is_refused():
    mechanism = build(PAIR)
    about_others = mechanism.book.add(joint((2,), [[0]], [1.0]))
    told = Reports(np.zeros((3, 2), dtype=np.int64), np.full((3, 2), about_others))
    with pytest.raises(ValueError, match=r"shape \(2,\); caillaud-robert .* \(2, 2\)"):
        mechanism.expect(told)
