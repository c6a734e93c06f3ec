"""Whether plans are an equilibrium: the oracle, hand examples, and the theorems on the scenarios that ship."""

import numpy as np
import pytest

from agents.agent_types import agent_types
from agents.game import Game
from agents.induced import Induced
from agents.menu import report_menu
from agents.misinformation import MISINFORMATION, misinform
from agents.plan import Plan
from analysis.deviation import deviations
from analysis.equilibrium.checks import COLUMNS, Witness, equilibria, verify
from mechanisms import MECHANISMS, BeliefBook, Setting
from scenarios import assemble, load
from tests import oracle
from tests.priors import iid, independent_case, money_belief, random_case, table

PROOF = ["correlated-pair", "insiders", "learning-from-play", "misinformed-buyers", "noisy-signals", "ring-in-l"]
PROOF += ["ring-in-m", "timber", "two-goods", "worst-case-two"]


@pytest.mark.parametrize("name", PROOF)
def test_truth_is_an_equilibrium_of_m_and_l(name: str):
    check = verify(assemble(load(name)).game)
    assert check.nash_conv == pytest.approx(0.0, abs=1e-9)
    assert check.epsilon == 0.0
    assert check.witness is None


def test_truth_is_none_of_l_as_printed_with_much_epsilon():
    game = assemble(load("overbid-for-the-role")).game
    check = verify(game)
    assert check.witness.gain == check.epsilon > 0.1
    assert check.nash_conv > 0.1
    assert check.epsilon >= deviations(game).max_gain


def test_the_gain_is_the_oracle_s():
    """L as printed, three values, epsilon large: every type's best gain over all values and the menu's beliefs."""
    case = iid((1, 2, 3), (1 / 3, 1 / 3, 1 / 3), 2)
    game, judge = case.game("L-printed", epsilon=0.5, delta=0.05), case.oracle(epsilon=0.5, delta=0.05)
    check, seen = verify(game), set()
    for seat, menu in zip(game.seats, map(report_menu, game.seats), strict=True):
        beliefs = [money_belief(case, seat.index, game.book[int(k)]) for k in menu.beliefs]
        rows = check.table[check.table["seat"] == seat.index]
        for (_, row), own in zip(rows.iterrows(), case.values[seat.index], strict=True):
            gains = {
                (str(value), name): oracle.interim_gain(judge, "L-printed", seat.index, (own,), value, belief)
                for value in case.values[seat.index]
                for belief, name in zip(beliefs, menu.belief_names, strict=True)
            }
            best = max(gains.values())
            assert row["gain"] == pytest.approx(max(best, 0.0), abs=1e-12)
            if best > 1e-9:
                assert gains[row["value_report"], row["belief_report"]] == pytest.approx(best, abs=1e-12)
                seen.add((seat.index, own))
    assert len(seen) > 2
    assert check.epsilon == check.table["gain"].max()
    assert check.nash_conv == pytest.approx((check.table["gain"] / 3).sum())


def test_truth_in_a_first_price_auction_forgoes_the_margin():
    """She is worth 5, the other 3 and loses ties: bidding 3 gains 2, and it is the only gain."""
    case = table([(1, 3, 5), (1, 3)], {(5, 3): 1.0}, "complete")
    check = verify(case.game("first-price"))
    assert check.epsilon == pytest.approx(2.0)
    assert check.nash_conv == pytest.approx(2.0)
    assert check.witness == Witness(0, "5 | 1=3", 2.0, "3", "")
    assert check.table["value_report"].tolist() == ["3", ""]
    assert list(check.table) == COLUMNS


def test_nash_conv_weighs_types_by_the_seat_s_own_opinion():
    case = independent_case([(1, 4), (1, 3)], [(0.2, 0.8), (0.3, 0.7)])
    wrong = MISINFORMATION["tempered"](case.space, 0, np.random.default_rng(1), power=2.0)
    knowledge = misinform(case.knowledge, 0, wrong)
    check = verify(Game(MECHANISMS["first-price"](Setting(case.environment, BeliefBook(), case.prior)), knowledge))
    mine = check.table[check.table["seat"] == 0].set_index("type")
    assert mine["probability"].to_numpy() == pytest.approx([0.2, 0.8])
    assert mine["opinion"].to_numpy() == pytest.approx([1 / 17, 16 / 17])
    assert mine["gain"].to_numpy() == pytest.approx([0.0, 3 * 9 / 58])  # bids 1, and wins against 1 by the tie rule
    assert check.nash_conv == pytest.approx(16 / 17 * 3 * 9 / 58)


@pytest.mark.parametrize("name", ["M", "L", "L-printed", "first-price"])
@pytest.mark.parametrize("players", [2, 3])
def test_mixed_plans_by_two_ways(name: str, players: int):
    """Plans that mix over values agree with the tables of the induced game."""
    options = {} if name == "first-price" else {"epsilon": 0.3}
    game = random_case(11, players, "graph", most=3).game(name, **options)
    induced = Induced(game)
    types = agent_types(induced)
    rng = np.random.default_rng(2)
    plans, mixes = [], []
    for i, (seat, menu) in enumerate(zip(game.seats, induced.menus, strict=True)):
        shape = (len(seat.types), seat.menu_size)
        values, places = rng.dirichlet(np.ones(shape[1]), shape[0]), rng.integers(0, len(menu.beliefs), shape)
        plans.append(Plan(seat.information, values, menu.beliefs[places]))
        mix = np.zeros(types.form.shapes[i])
        for (c, v), place in np.ndenumerate(places):
            mix[c, types.groups[i][v * len(menu.beliefs) + place]] += values[c, v]
        mixes.append(mix)
    check = verify(induced, plans)
    assert check.table["gain"].to_numpy() == pytest.approx(np.concatenate(types.form.gains(mixes)), abs=1e-12)
    assert check.nash_conv == pytest.approx(types.form.nash_conv(mixes), abs=1e-12)
    utility = [(mix * u).sum(axis=1) for mix, u in zip(mixes, types.form.utilities(mixes), strict=True)]
    assert check.table["utility"].to_numpy() == pytest.approx(np.concatenate(utility), abs=1e-12)
    assert check.nash_conv > 0.0


def test_what_a_seat_plays_is_in_its_menu():
    """A plan whose belief no rule names is a best reply to itself where every other report is worse."""
    experiment = assemble(load("ring-in-l"))
    check = verify(experiment.game, experiment.plans())
    assert check.epsilon > 0.0
    assert (check.table["gain"] >= 0.0).all()


def test_everything_at_once():
    experiment = assemble(load("printed-region"))
    found = equilibria(Induced(experiment.game), experiment.plans(), greatest=10.0, mixed=False)
    assert found.truth.nash_conv > 0.0
    assert found.played.table.equals(found.truth.table)
    assert found.pure.exhaustive
    assert verify(experiment.game, found.pure.plans(0)).epsilon == 0.0
    assert found.logit.branch.last.rationality == pytest.approx(10.0)
    assert found.mixed is None
    assert found.notes == ()


def test_notes_say_what_is_not_to_be_had():
    case = iid((1, 2), (0.5, 0.5), 3)
    found = equilibria(Induced(case.game("vickrey")), limit=10, greatest=1.0)
    assert found.played is None
    assert found.mixed is None
    assert any("two seats, not 3" in note for note in found.notes)
    assert any("cut short" in note for note in found.notes)
