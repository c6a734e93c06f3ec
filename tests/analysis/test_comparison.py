"""Truthful play of mechanisms side by side: against an oracle, by hand, and against rounds that are played."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

from agents.game import Game
from agents.knowledge import StateSpace, partition
from analysis import comparison
from analysis.comparison import POINTS, best_gains, largest_welfare, measure, truthful_play
from analysis.comparison_plots import comparison_bars
from analysis.deviation import deviations
from analysis.revenue import revenue_of
from mechanisms import MECHANISMS, BeliefBook, Mechanism, Setting, assignment, digital_goods, public_good, single_good
from mechanisms.classical.vickrey import Vickrey
from mechanisms.mechanism import Settled
from mechanisms.outcomes import Reports
from scenarios.experiment import assemble
from scenarios.scenario import load
from tests import oracle
from tests.full_rank import full_rank_case
from tests.priors import iid, independent_case, options_of, random_case, suitable, table

CORRELATED = table(
    [(1, 3), (1, 2), (2, 5)], {(1, 1, 2): 0.3, (3, 2, 5): 0.3, (1, 2, 2): 0.2, (3, 1, 5): 0.1, (3, 2, 2): 0.1}
)
SINGLE = iid((3,), (1.0,), 1)


GROUNDS = {
    "one good": single_good([[1, 3], [1, 2], [2, 5]]),
    "goods": assignment(["a", "b"], [[[1, 2, 3], [2, 2, 6]], [[1, 1, 2], [3, 1, 4]], [[2, 1, 2]]]),
    "one each": assignment(["a", "b"], [[[1, 3], [2, 2]], [[1, 1], [4, 2]], [[2, 3]]], bundles=[["a"], ["b"]]),
    "copies": digital_goods([[1, 2], [1, 3], [2, 3]]),
    "public": public_good([[1, 2], [1, 3], [2, 3]]),
}


def own_value_game(kind: type[Mechanism], environment, prior, **options) -> Game:
    """A game in which players know their own types."""
    space = StateSpace.from_joint(prior)
    knowledge = partition(space, environment, [[""] * len(space)] * environment.players)
    return Game(kind(Setting(environment, BeliefBook(), prior), **options), knowledge)


def games(kind: type[Mechanism]):
    """The mechanism's game in every environment here that it takes, with and without what Lemma 1 adds."""
    for wanted in ({"epsilon": 0.1}, {"epsilon": 0.3, "delta": 0.4, "ties": "uniform"}):
        options = options_of(kind, **wanted)
        for environment, seed in product(GROUNDS.values(), (14, 15)):
            prior = suitable(kind, environment, seed, **options)
            if prior is not None:
                yield own_value_game(kind, environment, prior, **options)


# --- figures against a second way


@pytest.mark.parametrize("mechanism", ["vickrey", "first-price", "M", "L", "L-printed"])
@pytest.mark.parametrize("seed", range(6))
def test_figures_are_those_of_loops_over_states(mechanism, seed):
    case = random_case(seed, 2 + seed % 2, ["own-value", "graph", "complete"][seed % 3], most=3)
    options = {} if mechanism in ("vickrey", "first-price") else {"epsilon": 0.2, "delta": 0.25}
    found = truthful_play(case.game(mechanism, **options))
    slow = case.oracle(**options)
    prices = rewards = worth = surplus = 0.0
    for s, (profile, chance) in enumerate(slow.states):
        outcome = oracle.outcome_of(slow, mechanism, oracle.truthful_reports(slow, s))
        prices += chance * sum(pay for _, pay, _ in outcome)
        rewards += chance * sum(paid for _, _, paid in outcome)
        worth += chance * sum(v * win for v, (win, _, _) in zip(profile, outcome, strict=True))
        surplus += chance * sum(v * win - pay + paid for v, (win, pay, paid) in zip(profile, outcome, strict=True))
    assert (found.prices, found.rewards) == pytest.approx((prices, rewards), abs=1e-9)
    assert (found.worth, found.surplus) == pytest.approx((worth, surplus), abs=1e-9)
    assert found.revenue == pytest.approx(prices - rewards, abs=1e-9)


@pytest.mark.parametrize("kind", MECHANISMS.values(), ids=MECHANISMS)
def test_money_is_conserved(kind):
    """What the players get is worth what the seller takes and they keep."""
    tried = 0
    for game in games(kind):
        found = truthful_play(game)
        assert found.worth == pytest.approx(found.surplus + found.revenue, abs=1e-9)
        assert found.welfare == pytest.approx(found.worth - found.expenses)
        assert found.worth <= largest_welfare(game) + 1e-9
        assert found.revenue == pytest.approx(revenue_of(game).total, abs=1e-9)
        tried += 1
    assert tried


@pytest.mark.parametrize("kind", MECHANISMS.values(), ids=MECHANISMS)
def test_nobody_ends_below_the_worst_and_somebody_there(kind):
    """20,000 rounds of truthful play, coins tossed, in states drawn evenly, as all of them count."""
    for seed, game in enumerate(games(kind)):
        rng = np.random.default_rng([7, seed])
        state = rng.integers(len(game.space), size=20_000)
        outcomes = game.mechanism.play(game.truthful_play.reports.take(state), rng)
        seen = outcomes.utility(game.environment, game.space.profiles[state]).min()
        worst = truthful_play(game).worst_ex_post
        assert seen >= worst - 1e-7
        assert seen == pytest.approx(worst, abs=1e-7)
        if kind.participation == "ex post":
            assert worst >= 0.0


def test_the_largest_welfare_is_that_of_loops():
    for game in games(MECHANISMS["optimal"]):
        environment, expected = game.environment, 0.0
        for profile, chance in zip(game.space.profiles.tolist(), game.space.weights, strict=True):
            totals = [
                sum(environment.worth[i][k][bundles[i]] for i, k in enumerate(profile))
                for bundles in environment.allocations.tolist()
            ]
            expected += chance * max(totals)
        assert largest_welfare(game) == pytest.approx(expected)


@pytest.mark.parametrize("mechanism", ["L", "M", "optimal"])
def test_blocks_change_nothing(monkeypatch, mechanism):
    options = {} if mechanism == "optimal" else {"epsilon": 0.1, "delta": 0.1}
    whole = truthful_play(CORRELATED.game(mechanism, **options))
    best = largest_welfare(CORRELATED.game("vickrey"))
    monkeypatch.setattr(comparison, "BLOCK", 2 * len(CORRELATED.environment.allocations))
    blocks = truthful_play(CORRELATED.game(mechanism, **options))
    assert vars(blocks) == pytest.approx(vars(whole), abs=1e-12)
    assert largest_welfare(CORRELATED.game("vickrey")) == pytest.approx(best)


# --- the worst that coins can do, by hand


class Faces(Mechanism):
    """A coin with two faces: nothing happens, or, with chance 1/10, everybody pays 3."""

    name = "faces"
    summary = "for a test"
    has_role = False
    random_role = True
    cases = 2

    def role_probabilities(self, values):
        return np.tile([0.9, 0.1], (len(values), 1))

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        nothing = np.zeros(reports.values.shape)
        return Settled(np.zeros(len(reports), dtype=np.int64), nothing + 3.0 * role, nothing, nothing[:, 0])


class Overpriced(Mechanism):
    """Player 0 gets the good half of the time and pays 4 in expectation, so 8 when she gets it."""

    name = "overpriced"
    summary = "for a test"
    has_role = False
    random_allocation = True

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        allocation = np.zeros((len(reports), len(self.environment.allocations)))
        allocation[:, :2] = 0.5
        payments = np.zeros(reports.values.shape)
        payments[:, 0] = 4.0
        return Settled(allocation, payments, np.zeros_like(payments), payments[:, 1])


@pytest.mark.parametrize(("kind", "mean", "worst"), [(Faces, -0.6, -3.0), (Overpriced, 1.5 - 4.0, 3.0 - 8.0)])
def test_the_worst_is_over_the_coins_of_the_house(kind, mean, worst):
    case = iid((3,), (1.0,), 2)
    setting = Setting(case.environment, BeliefBook(), case.prior)
    found = truthful_play(Game(kind(setting), case.knowledge))
    assert found.surplus == pytest.approx(mean)
    assert found.worst_ex_post == pytest.approx(worst)


@pytest.mark.parametrize(("delta", "worst"), [(0.0, 3.0), (0.5, 0.25), (1.0, 0.25)])
def test_the_worst_is_over_lemma_1_s_lottery(delta, worst):
    """Alone, worth 3, she pays nothing; the lottery sells at 3 - discount."""
    assert truthful_play(SINGLE.game("vickrey", delta=delta, discount=0.25)).worst_ex_post == pytest.approx(worst)


@pytest.mark.parametrize(("delta", "worst"), [(0.0, 2.0), (0.5, 0.0)])
def test_in_the_lottery_a_player_may_be_passed_over(delta, worst):
    """3 buys at 1 in Vickrey, and 1 gets nothing but a reward of at least 2."""

    class Paying(Vickrey):
        def settle(self, reports, role, *, of=None):
            settled = super().settle(reports, role, of=of)
            rewards = np.zeros_like(settled.rewards)
            rewards[:, 1] = 2.0
            return Settled(settled.allocation, settled.payments, rewards, settled.fallback)

    case = independent_case([(3,), (1,)], [(1.0,), (1.0,)])
    setting = Setting(case.environment, BeliefBook(), case.prior)
    assert truthful_play(Game(Paying(setting, delta=delta), case.knowledge)).worst_ex_post == pytest.approx(worst)


# --- gains, and what cannot be computed


@pytest.mark.parametrize(("mechanism", "truth"), [("vickrey", True), ("first-price", False), ("L", True), ("M", True)])
def test_gains_are_those_of_the_deviation_surface(mechanism, truth):
    options = {"epsilon": 0.1, "delta": 0.1} if mechanism in ("L", "M") else {}
    game = iid((1, 3, 4), (0.5, 0.3, 0.2), 2).game(mechanism, **options)
    found = measure(game)
    surface = deviations(game, other_types=4, points=POINTS).table
    assert (found.gains.interim, found.gains.expost) == (surface["gain"].max(), surface["gain_expost"].max())
    assert found.truthful_is_equilibrium is truth
    assert found.reasons == {}


@pytest.mark.parametrize(("mechanism", "gain"), [("perfect-information", 0.0002375), ("second-belief", 0.00117630385)])
def test_a_lie_of_certainty_is_found(mechanism, gain):
    """In the scenario `irregular` no named belief gains; certainty of a profile does."""
    game = assemble(load("irregular")).rival(mechanism)
    assert deviations(game, other_types=4).max_gain <= 1e-12
    found = measure(game)
    assert found.gains.interim == pytest.approx(gain)
    assert found.truthful_is_equilibrium is False


def test_where_the_lottery_always_runs_nobody_can_lose_by_the_rest():
    """Cremer and McLean's side bets are then never paid."""
    case = full_rank_case(1, 2)
    assert truthful_play(case.game("cremer-mclean")).worst_ex_post < 0
    assert truthful_play(case.game("cremer-mclean", delta=1.0)).worst_ex_post == 0.0


def test_l_as_printed_is_no_equilibrium_for_a_large_epsilon():
    case = iid((1, 2, 3), (1 / 3,) * 3, 2)
    assert measure(case.game("L-printed", epsilon=0.1, delta=0.05)).truthful_is_equilibrium is False
    assert measure(case.game("L", epsilon=0.1, delta=0.05)).truthful_is_equilibrium is True


def test_with_no_lie_to_tell_truth_is_an_equilibrium():
    found = measure(SINGLE.game("vickrey"))
    assert math.isnan(found.gains.interim)
    assert found.truthful_is_equilibrium is True


def test_a_surface_that_is_too_large_says_so_and_leaves_the_rest():
    game = CORRELATED.game("vickrey")
    found = measure(game, largest=10)
    assert found.gains is None
    assert found.truthful_is_equilibrium is None
    assert found.reasons == {"gains": "deviations need 30 reports x states; the limit is 10"}
    assert found.play == truthful_play(game)
    with pytest.raises(ValueError, match="limit is 29"):
        best_gains(game, largest=29)
    assert best_gains(game, largest=30).interim == 0.0


def test_tables_that_are_too_wide_say_so(monkeypatch):
    monkeypatch.setattr(comparison, "LARGEST_TABLE", 119)
    assert measure(CORRELATED.game("vickrey")).reasons == {
        "gains": "deviations need tables of 30 x 4 allocations; the limit is 119"
    }


def test_play_that_cannot_be_computed_says_why():
    class Broken(Vickrey):
        def settle(self, reports, role, *, of=None):
            raise ValueError("there is no price for role 0")

    setting = Setting(CORRELATED.environment, BeliefBook(), CORRELATED.prior)
    found = measure(Game(Broken(setting), CORRELATED.knowledge))
    assert found.reasons == {"play": "there is no price for role 0"}
    assert found.play is found.gains is found.participation is found.truthful_is_equilibrium is None


def test_who_stays_out_is_measured():
    found = measure(CORRELATED.game("vickrey"))
    assert found.participation.revenue == pytest.approx(found.play.revenue)
    assert found.participation.worst_interim >= found.play.worst_ex_post


# --- the plot

ROWS = pd.DataFrame(
    [
        ("first-price", 12.0, 0.0, 0.0, False, 0.0, 12.0),
        ("levy", 11.0, 0.0, 1.0, True, -2.0, 4.0),
        ("all-pay", 20.0, 0.0, -8.0, False, None, None),
        ("vickrey", 5.0, 0.0, 6.0, True, 0.5, 5.0),
        ("vcg$", None, None, None, None, None, None),
    ],
    columns=[
        *("mechanism", "revenue", "expenses", "surplus", "truthful_is_equilibrium", "worst_interim"),
        "revenue_if_losers_stay_out",
    ],
)


def drawn(**options):
    return comparison_bars(ROWS, **options)


def test_bars_are_shares_of_opt_and_reasons_are_left_out():
    ax = drawn(opt=10.0, largest_welfare=12.0)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["first-price", "levy", "all-pay", "vickrey"]
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert ends == [
        *[pytest.approx(pair) for pair in ((0, 1.2), (1.2, 1.2), (0, 1.1), (1.1, 1.2))],
        *[pytest.approx(pair) for pair in ((0, 2.0), (2.0, 1.2), (0, 0.5), (0.5, 1.1))],
    ]
    assert ax.get_xlabel() == "share of OPT, per round"
    assert {line.get_xdata()[0] for line in ax.lines} >= {1.0, 1.2, 0.4, 2.0}


@pytest.mark.parametrize(("expenses", "kept"), [(3.0, 2.0), (6.0, 0.0)])
def test_what_goes_to_expenses_is_drawn_apart(expenses, kept):
    """More than the revenue reaches below zero."""
    row = ROWS[ROWS["mechanism"] == "vickrey"].assign(expenses=expenses)
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in comparison_bars(row).patches]
    assert ends == [(0.0, kept), (5.0 - expenses, 5.0), (5.0, 11.0)]


def test_doubtful_bars_differ_without_colour():
    ax = drawn(opt=10.0)
    doubtful, sure = ax.patches[0], ax.patches[6]
    assert doubtful.get_linestyle() != sure.get_linestyle()
    assert sum(to_rgba(doubtful.get_facecolor())[:3]) - sum(to_rgba(sure.get_facecolor())[:3]) > 0.5
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert said == [
        *("revenue", "revenue, in doubt", "truth is not an equilibrium", "buyers' surplus"),
        *("buyers' loss", "revenue if losers stay out", "OPT"),
    ]


def test_without_opt_bars_are_money():
    ax = drawn(unit="$")
    assert ax.patches[0].get_width() == 12.0
    assert ax.get_xlabel() == r"money per round (\$)"


def test_nothing_to_draw_is_said():
    ax = comparison_bars(ROWS[:0])
    assert "nothing to show" in [text.get_text() for text in ax.texts]
