"""Deviation gains: the figures of THEORY §6, the oracle on random games, and truth where theorems say so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import game as game_module
from agents.game import Game
from agents.knowledge import Knowledge, StateSpace, own_value, partition
from agents.misinformation import MISINFORMATION, misinform
from agents.strategies import BELIEF_RULES, belief_menu
from analysis.deviation import COLUMNS, Deviations, deviations, truthful_region, values_within_reach
from mechanisms import MECHANISMS, BeliefBook, Setting, assignment, joint
from tests import oracle
from tests.priors import KINDS, Case, cases, iid, money_belief, random_case, table

ROUNDING = 1e-10
OPINIONS = {
    "tempered": [{"power": 3.0}, {"power": 0.3}, {"power": 0.0}],
    "shifted": [{"shift": 2.0}, {"shift": -2.0}],
    "sampled": [{"size": 0}, {"size": 4}],
}
EVERY_OPINION = [(how, parameters) for how, several in OPINIONS.items() for parameters in several]


def example(values, conditioning: str, *, kind: str = "L-printed", epsilon: float, delta: float = 0.0) -> Game:
    """Two bidders, uniform values, ties to the lower index, a discount of one half: THEORY §6."""
    return iid(values, [1 / 3] * 3, 2).game(kind, conditioning=conditioning, epsilon=epsilon, delta=delta)


SPOTS = [((1, 2, 3), "at-least"), ((1, 2, 5), "chosen")]
every_spot = pytest.mark.parametrize(("values", "conditioning"), SPOTS, ids=["1-2-3", "1-2-5"])


def misled(case: Case, how: str, parameters: dict, players) -> Knowledge:
    """The case's knowledge with some players' opinions replaced."""
    knowledge = case.knowledge
    for i in players:
        rng = np.random.default_rng([7, i])
        knowledge = misinform(knowledge, i, MISINFORMATION[how](case.space, i, rng, **parameters))
    return knowledge


def game_on(case: Case, knowledge: Knowledge, mechanism: str, **options) -> Game:
    setting = Setting(case.environment, BeliefBook(), case.prior)
    return Game(MECHANISMS[mechanism](setting, **options), knowledge)


def oracle_gain(case: Case, judge: oracle.Game, opinions, mechanism: str, seat: int, label, report) -> float:
    """What a report gains by a seat's own opinion of the states, the others truthful by theirs."""
    views = [list(zip(case.profiles, mine, strict=True)) for mine in opinions]
    gain = weight = 0.0
    for (profile, chance), labels in zip(views[seat], judge.cells, strict=True):
        if labels[seat] == label:
            truth = [(v, oracle.posterior(views[i], judge.cells, i, labels[i])) for i, v in enumerate(profile)]
            lie = [report if i == seat else told for i, told in enumerate(truth)]
            better, honest = (oracle.utility(judge, mechanism, profile, told, seat) for told in (lie, truth))
            gain += chance * (better - honest)
            weight += chance
    return gain / weight


def compare_with_oracle(case: Case, game: Game, mechanism: str, judge: oracle.Game, *, most: int, seed: int) -> None:
    """Some rows of the table, drawn at random, against sums over states by the oracle."""
    rows = deviations(game).table
    chosen = rows.iloc[np.random.default_rng(seed).permutation(len(rows))[:most]]
    menus = [belief_menu(seat) for seat in game.seats]
    for row in chosen.itertuples():
        seat = game.seats[row.seat]
        cell = seat.names.index(row.type)
        state = int(np.flatnonzero(seat.information == cell)[0])
        told = case.values[row.seat].index(row.value_report)
        belief = game.book[int(menus[row.seat][row.belief_report][cell, told])]
        report = (row.value_report, money_belief(case, row.seat, belief))
        label = judge.cells[state][row.seat]
        gain = oracle_gain(case, judge, game.knowledge.opinions, mechanism, row.seat, label, report)
        assert row.gain == pytest.approx(gain, abs=1e-9), row


# --- THEORY §6.2 and §6.3


@every_spot
@pytest.mark.parametrize("epsilon", [0.01, 0.1, 1.0])
def test_over_reporting_pays_two_ninths_of_epsilon_without_the_lottery(values, conditioning, epsilon):
    found = deviations(example(values, conditioning, epsilon=epsilon))
    assert found.max_gain_value == pytest.approx(2 / 9 * epsilon, abs=1e-12)


@every_spot
@pytest.mark.parametrize(("epsilon", "gain"), [(0.1, 0.01806), (0.01, -0.00194)])
def test_the_lottery_punishes_over_reporting(values, conditioning, epsilon, gain):
    found = deviations(example(values, conditioning, epsilon=epsilon, delta=0.05))
    assert found.max_gain_value == pytest.approx(gain, abs=5e-6)
    assert found.max_gain_value == pytest.approx(2 / 9 * epsilon - 0.05 / 12, abs=1e-12)


@every_spot
@pytest.mark.parametrize("delta", [0.0, 0.05])
def test_being_asked_is_news(values, conditioning, delta):
    found = deviations(example(values, conditioning, epsilon=0.1, delta=delta))
    assert found.max_gain_belief == pytest.approx(0.1 / 18, abs=1e-12)
    rows = found.table[found.table["value_report"] == found.table["value"]]
    assert rows.loc[rows["gain"].idxmax(), "belief_report"] == "role-aware"


def test_the_best_value_lie_is_the_one_that_makes_her_i_star():
    table = deviations(example((1, 2, 3), "at-least", epsilon=1.0)).table
    row = table[table["belief_report"] == "truthful"].nlargest(1, "gain").iloc[0]
    assert (row["seat"], row["value"], row["value_report"]) == (1, 2, 3)
    table = deviations(example((1, 2, 5), "chosen", epsilon=1.0)).table
    best = table[(table["belief_report"] == "truthful") & (table["gain"] > 0)]
    assert set(zip(best["seat"], best["value"], best["value_report"], strict=True)) == {(0, 1, 2), (1, 1, 2)}


@every_spot
@pytest.mark.parametrize(("epsilon", "delta"), [(0.1, 0.0), (0.1, 0.05), (5.0, 0.001), (0.01, 0.5)])
def test_repaired_nothing_gains(values, conditioning, epsilon, delta):
    found = deviations(example(values, conditioning, kind="L", epsilon=epsilon, delta=delta))
    assert found.max_gain <= ROUNDING
    assert (found.max_gain < -1e-6) == (delta > 0)


# --- the oracle


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mechanism", ["L", "L-printed"])
def test_gains_are_the_oracle_s(mechanism, kind):
    for players, ties in ((2, "uniform"), (3, "lowest-index")):
        options = {"epsilon": 0.3, "delta": 0.2, "discount": 0.4, "ties": ties}
        case = random_case(3, players, kind, most=3)
        compare_with_oracle(case, case.game(mechanism, **options), mechanism, case.oracle(**options), most=8, seed=1)


@pytest.mark.parametrize("mechanism", ["vickrey", "lookahead"])
def test_classical_gains_are_the_oracle_s(mechanism):
    case = random_case(4, 2, "own-value")
    compare_with_oracle(case, case.game(mechanism), mechanism, case.oracle(), most=20, seed=1)


@pytest.mark.parametrize(("how", "parameters"), EVERY_OPINION)
def test_the_misinformed_expect_what_their_own_opinion_says(how, parameters):
    case = random_case(5, 2, "own-value", most=3)
    options = {"epsilon": 0.3, "delta": 0.2}
    for mechanism in ("L", "L-printed"):
        game = game_on(case, misled(case, how, parameters, [1]), mechanism, **options)
        compare_with_oracle(case, game, mechanism, case.oracle(**options), most=10, seed=2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 22))
@pytest.mark.parametrize("mechanism", ["L", "L-printed"])
def test_many_gains_are_the_oracle_s(mechanism, seed):
    kind, players = KINDS[seed % 6], 2 + seed % 2
    options = {"epsilon": 0.5, "delta": 0.1, "ties": ("uniform", "lowest-index")[seed // 2 % 2]}
    options["conditioning"] = ("chosen", "at-least")[seed // 3 % 2]
    case = random_case(seed, players, kind, most=4 if players == 2 else 3)
    compare_with_oracle(case, case.game(mechanism, **options), mechanism, case.oracle(**options), most=30, seed=seed)


# --- theorems


@settings(max_examples=40)
@given(cases(kinds=KINDS), st.sampled_from(["lowest-index", "uniform"]))
def test_in_repaired_l_nobody_gains(case, ties):
    """Lemma 4: whatever is known, and strictly so wherever there is a lie to tell."""
    found = deviations(case.game("L", epsilon=0.5, delta=0.2, ties=ties))
    assert not found.max_gain > -1e-9


@settings(max_examples=40)
@given(cases(kinds=KINDS))
def test_in_m_nobody_gains(case):
    """Lemma 2."""
    assert not deviations(case.game("M", epsilon=0.5, delta=0.2)).max_gain > -1e-9


@settings(max_examples=25)
@given(cases(kinds=KINDS), st.sampled_from(["vickrey", "lookahead", "optimal"]))
def test_in_a_classical_auction_nobody_gains_even_after_the_fact(case, mechanism):
    table = deviations(case.game(mechanism)).table
    assert not table["gain_expost"].max() > 1e-9


@pytest.mark.parametrize("mechanism", ["L", "M"])
@pytest.mark.parametrize(("how", "parameters"), EVERY_OPINION)
@pytest.mark.parametrize("players", [2, 3])
def test_the_misinformed_do_not_gain_by_lying_either(mechanism, how, parameters, players):
    """Nobody's truthfulness rests on her being right."""
    for kind in ("own-value", "graph"):
        case = random_case(6, players, kind, most=3)
        game = game_on(case, misled(case, how, parameters, range(players)), mechanism, epsilon=0.5, delta=0.2)
        assert deviations(game).max_gain < 0


@pytest.mark.parametrize("mechanism", ["L", "M"])
def test_a_noisy_signal_leaves_truth_best(mechanism):
    """A state carries a signal, so that the posterior is not D restricted to an event."""
    states = {
        ((1, 2), "low"): 0.3,
        ((1, 2), "high"): 0.1,
        ((3, 4), "low"): 0.1,
        ((3, 4), "high"): 0.3,
        ((1, 4), "low"): 0.2,
    }
    case = Case(
        ((1, 3), (2, 4)),
        tuple(profile for profile, _ in states),
        tuple(states.values()),
        "state",
        {"insiders": [0, 1]},
        tuple(label for _, label in states),
    )
    assert deviations(case.game(mechanism, epsilon=0.5, delta=0.2)).max_gain < 0


# --- the surface


@pytest.mark.parametrize("mechanism", ["M", "L", "L-printed"])
@pytest.mark.parametrize("block", [1, 7, 64])
def test_blocks_give_the_surface_of_one_block(monkeypatch, mechanism, block):
    case = random_case(8, 3, "buckets", most=3)
    whole = deviations(case.game(mechanism, epsilon=0.3, delta=0.2)).table
    monkeypatch.setattr(game_module, "BLOCK", block)
    cut = deviations(case.game(mechanism, epsilon=0.3, delta=0.2)).table
    text = ["type", "belief_report"]
    assert whole[text].equals(cut[text])
    np.testing.assert_allclose(
        whole.drop(columns=text).to_numpy(float), cut.drop(columns=text).to_numpy(float), rtol=0, atol=1e-12
    )


@settings(max_examples=40)
@given(cases(kinds=KINDS), st.sampled_from(["M", "L", "L-printed"]))
def test_the_best_state_is_at_least_the_average_one(case, mechanism):
    table = deviations(case.game(mechanism, epsilon=0.5, delta=0.2)).table
    assert (table["gain_expost"] >= table["gain"] - 1e-12).all()


def test_who_knows_everything_gains_as_much_before_as_after():
    table = deviations(random_case(9, 3, "complete", labelled=False).game("L-printed", epsilon=0.5)).table
    np.testing.assert_allclose(table["gain_expost"], table["gain"], atol=1e-12)


def test_types_of_several_goods_are_called_by_their_worths():
    environment = assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6]]])
    space = StateSpace.from_joint(joint((2, 2), [[0, 0], [0, 1], [1, 1]], [0.5, 0.25, 0.25]))
    knowledge = partition(space, environment, own_value(environment, space))
    mechanism = MECHANISMS["M"](Setting(environment, BeliefBook(), space.prior), epsilon=0.2, delta=0.1)
    found = deviations(Game(mechanism, knowledge))
    assert set(found.table["value_report"]) == {"(1, 2, 4)", "(3, 0, 3)", "(2, 2, 2)", "(0, 5, 6)"}
    assert found.max_gain < 0


# --- the table


def test_the_table_has_a_row_for_every_lie_and_none_for_the_truth():
    case = table([(1, 2), (1, 3)], {(1, 1): 0.25, (2, 1): 0.25, (2, 3): 0.5})
    game = case.game("L", epsilon=0.1)
    rows = deviations(game).table
    assert list(rows.columns) == COLUMNS
    for seat in game.seats:
        menu = belief_menu(seat)
        expected = {
            (name, worth, told, belief)
            for cell, name in enumerate(seat.names)
            for k, told in enumerate(case.values[seat.index])
            for belief, ids in menu.items()
            for worth in [case.values[seat.index][seat.types[cell]]]
            if (k, ids[cell, k]) != (seat.types[cell], seat.posteriors[cell])
        }
        mine = rows[rows["seat"] == seat.index]
        found = list(zip(mine["type"], mine["value"], mine["value_report"], mine["belief_report"], strict=True))
        assert len(found) == len(set(found))
        assert set(found) == expected
        assert mine.drop_duplicates("type")["probability"].sum() == pytest.approx(1.0)


def test_probabilities_are_those_of_nature_whoever_is_misinformed():
    case = table([(1, 2), (1,)], {(1, 1): 0.25, (2, 1): 0.75})
    game = game_on(case, misled(case, "tempered", {"power": 0.0}, [0, 1]), "L", epsilon=0.1)
    rows = deviations(game).table.query("seat == 0").drop_duplicates("type")
    assert dict(zip(rows["type"], rows["probability"], strict=True)) == pytest.approx({"1": 0.25, "2": 0.75})


@pytest.mark.parametrize("others", [0, 1, 3])
def test_other_posteriors_are_tried_as_far_as_asked(others):
    game = random_case(10, 2, "own-value").game("L", epsilon=0.1)
    rows = deviations(game, other_types=others).table
    named = set(BELIEF_RULES) - {"other-type"}
    extra = set(rows["belief_report"]) - named
    assert all(name.startswith("type ") for name in extra)
    assert len(extra) <= others * 2
    assert (others > 0) == bool(extra)


def test_best_is_one_row_a_seat():
    found = deviations(random_case(11, 3, "graph").game("L-printed", epsilon=0.5))
    best = found.best()
    assert best["seat"].tolist() == [0, 1, 2]
    assert best["gain"].tolist() == found.table.groupby("seat")["gain"].max().tolist()
    assert found.max_gain == best["gain"].max()


def test_without_any_lie_there_is_no_gain():
    found = deviations(iid((2,), (1.0,), 2).game("vickrey"))
    assert isinstance(found, Deviations)
    assert len(found.table) == 0
    assert np.isnan([found.max_gain, found.max_gain_value, found.max_gain_belief]).all()
    assert len(found.best()) == 0


# --- the plane of epsilon and delta


@every_spot
def test_the_border_is_three_eighths_of_delta(values, conditioning):
    """A gain of 2/9 epsilon against a loss of delta/12: epsilon = 3/8 delta."""
    deltas = [0.0, 0.05, 0.1, 0.5, 1.0]
    region = truthful_region(
        lambda e, d: example(values, conditioning, epsilon=e, delta=d), [0.001, 0.01, 0.1, 1.0], deltas
    )
    assert region.border["delta"].tolist() == deltas
    np.testing.assert_allclose(region.border["epsilon"], [0.375 * d for d in deltas], atol=1e-12)
    assert list(region.table.columns) == ["epsilon", "delta", "gain"]
    assert len(region.table) == 20
    for row in region.table.itertuples():
        if row.epsilon >= 0.375 * row.delta:
            assert row.gain == pytest.approx(2 / 9 * row.epsilon - row.delta / 12, abs=1e-12)
        else:
            assert row.gain < 0


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("players", [2, 3])
def test_the_plane_is_what_deviations_say_at_every_point(seed, players):
    case = random_case(seed, players, "own-value", most=3)
    epsilons, deltas = [0.0, 0.02, 0.3, 4.0], [0.0, 0.1, 0.7, 1.0]

    def make(epsilon: float, delta: float) -> Game:
        return case.game("L-printed", epsilon=epsilon, delta=delta)

    for row in truthful_region(make, epsilons, deltas).table.itertuples():
        gain = deviations(make(row.epsilon, row.delta), other_types=0).max_gain_value
        assert row.gain == pytest.approx(gain, abs=1e-10)


@pytest.mark.parametrize("delta", [0.1, 0.4])
@pytest.mark.parametrize("seed", [1, 4, 5])
def test_the_border_is_where_bisection_finds_it(seed, delta):
    case = random_case(seed, 2, "own-value", most=3)

    def gains(epsilon: float) -> bool:
        return deviations(case.game("L-printed", epsilon=epsilon, delta=delta), other_types=0).max_gain_value > 1e-12

    border = truthful_region(lambda e, d: case.game("L-printed", epsilon=e, delta=d), [1.0], [delta]).border
    limit = float(border["epsilon"].iloc[0])
    low, high = 0.0, 64.0
    assert gains(high) == np.isfinite(limit)
    if not np.isfinite(limit):
        return
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if gains(middle) else (middle, high)
    assert limit == pytest.approx(low, abs=1e-6)


@pytest.mark.parametrize("mechanism", ["L", "M"])
@pytest.mark.parametrize("kind", KINDS)
def test_repaired_truth_is_best_everywhere(mechanism, kind):
    case = random_case(12, 3, kind, most=3)
    region = truthful_region(
        lambda e, d: case.game(mechanism, epsilon=e, delta=d), [0.001, 1.0, 100.0], [0.0, 0.01, 0.5, 1.0]
    )
    assert np.isposinf(region.border["epsilon"]).all()
    assert not (region.table["gain"] > 1e-10).any()


def test_where_nobody_has_a_choice_every_point_is_truthful():
    case = iid((2,), (1.0,), 2)
    region = truthful_region(lambda e, d: case.game("L-printed", epsilon=e, delta=d), [0.1], [0.0, 0.5])
    assert np.isposinf(region.border["epsilon"]).all()
    assert not (region.table["gain"] > 0).any()


def test_some_value_reports_only_and_memory_change_no_gain():
    game = iid((1, 2, 3, 4, 5), [0.2] * 5, 2).game("L", epsilon=0.3, delta=0.1)
    whole, some = deviations(game).table, deviations(game, values=2, memory=1)
    assert some.values == 2
    kept = whole[whole["value_report"].isin([1, 5])].reset_index(drop=True)
    assert (kept[COLUMNS[:5]] == some.table[COLUMNS[:5]]).all(axis=None)
    np.testing.assert_allclose(kept["gain"].astype(float), some.table["gain"].astype(float), atol=1e-12)
    assert deviations(game, values=5).values is None


def test_so_many_value_reports_fit():
    game = iid((1, 2, 3, 4, 5), [0.2] * 5, 2).game("vickrey")
    assert values_within_reach(game) is None
    assert values_within_reach(game, work=150) == 3  # 25 states, two seats
    assert values_within_reach(game, work=1) == 2
