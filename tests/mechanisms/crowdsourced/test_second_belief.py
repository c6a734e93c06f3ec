"""The second-belief mechanism: against its definition, its benchmark, and what survives elimination."""

from itertools import product

import numpy as np
import pytest

from agents.game import Game
from analysis.deviation import deviations
from mechanisms import BeliefBook, Reports, Setting, digital_goods, independent, joint, single_good
from mechanisms.crowdsourced.second_belief import SecondBelief, second_highest, surely_among_others
from tests.priors import belief_menus, every_report, random_case, random_reports, table, value_lie_losses

KINDS = ("own-value", "complete", "graph", "buckets", "state", "labels")


def game_of(case, **options):
    setting = Setting(case.environment, BeliefBook(), case.prior)
    return Game(SecondBelief(setting, **{"epsilon": 0.01, **options}), case.knowledge)


def seen_together(case, player, state):
    """The profiles of money that a player thinks possible in a state."""
    mine = case.seen(player, state)
    return [p for s, p in enumerate(case.profiles) if case.seen(player, s) == mine]


def sure_values(case, state):
    """By the definition: the least of the highest values, over the profiles thought possible."""
    return [min(max(p) for p in seen_together(case, i, state)) for i in range(case.players)]


def by_definition(sure, own, epsilon):
    """Winner, price and what each is paid."""
    n = len(sure)
    winner = max(range(n), key=lambda i: (sure[i], sure[i] == own[i], -i))
    price = sorted(sure)[-2]
    share = epsilon / (2 * n)
    paid = [share * (1 + a / (1 + a) - (a > v) / 2 / (1 + a) ** 2) for a, v in zip(sure, own, strict=True)]
    return winner, price, paid


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("players", [2, 3])
def test_truth_earns_the_benchmark_less_epsilon_and_no_less_than_vickrey(kind, players):
    for seed in range(8):
        case = random_case(seed, players, kind)
        game = game_of(case)
        reports = game.truthful_play.reports
        outcomes = game.mechanism.expect(reports)
        benchmark = second_highest(game.mechanism.sure_values(reports))
        for row, state in enumerate(game.truthful_play.states):
            sure = sure_values(case, state)
            assert game.mechanism.sure_values(reports)[row].tolist() == sure
            assert benchmark[row] == sorted(sure)[-2] == outcomes.prices[row]
            assert outcomes.revenue[row] >= benchmark[row] - game.mechanism.epsilon
            assert benchmark[row] >= sorted(case.profiles[state])[-2]


@pytest.mark.parametrize("players", [2, 3, 4])
def test_any_announcements_are_settled_by_the_definition(players):
    environment = single_good([[1, 3, 4], [1, 2, 4], [3, 5], [2, 5]][:players])
    rule = SecondBelief(Setting(environment, BeliefBook(), None), epsilon=0.4)
    reports = random_reports(rule, 1, 300)
    outcomes = rule.expect(reports)
    for row in range(300):
        own = [environment.values[i][k] for i, k in enumerate(reports.values[row])]
        sure = []
        for i in range(players):
            atoms = rule.book[reports.beliefs[row, i]].atoms
            others = [j for j in range(players) if j != i]
            tops = [max(environment.values[j][k] for j, k in zip(others, atom, strict=True)) for atom in atoms]
            sure.append(max(own[i], min(tops)))
        winner, price, paid = by_definition(sure, own, 0.4)
        assert outcomes.allocation[row].argmax() == winner + 1
        assert outcomes.payments[row].tolist() == [price if i == winner else 0 for i in range(players)]
        np.testing.assert_allclose(outcomes.rewards[row], paid)
        assert 0.2 <= sum(paid) <= 0.4


def test_a_rise_is_always_paid_and_an_own_value_before_anothers():
    """The order of announcements: a of another's, a of one's own, a + 1 of another's."""
    rule = SecondBelief(Setting(single_good([[1, 2]] * 2), BeliefBook(), None), epsilon=1.0)
    steps = [(a, own) for a in range(1, 60) for own in (a - 1, a)]
    sure, own = np.array(steps).T
    paid = rule._rewards(sure[:, None], own[:, None])[:, 0]
    assert (np.diff(paid) > 0).all()


def test_a_player_may_be_sure_of_more_than_of_any_one_value():
    """One of the others has 8, nobody knows which."""
    environment = single_good([[1, 2], [1, 8], [1, 8]])
    split = joint((2, 2), [[0, 1], [1, 0]], [0.5, 0.5])
    assert surely_among_others(environment, 0, split) == 8
    assert surely_among_others(environment, 0, independent([[0.5, 0.5]] * 2)) == 1


def test_who_knows_earns_the_seller_far_more_than_vickrey():
    case = table([(1, 2), (1, 9), (1, 2)], {(1, 9, 1): 0.5, (2, 9, 2): 0.3, (1, 1, 1): 0.2}, "graph", edges=[(0, 1)])
    game = game_of(case, epsilon=0.03)
    outcomes = game.mechanism.expect(game.truthful_play.reports)
    assert outcomes.prices.tolist() == [9, 9, 1]
    assert (outcomes.revenue >= outcomes.prices - 0.03).all()


# --- strategy


@pytest.mark.parametrize("kind", KINDS)
def test_without_epsilon_truth_is_an_equilibrium_in_every_state(kind):
    for seed in range(4):
        found = deviations(game_of(random_case(seed, 3, kind, most=3), epsilon=0.0))
        assert found.max_gain <= 1e-12
        assert found.table["gain_expost"].max() <= 1e-12


def test_with_epsilon_a_gap_between_values_is_worth_a_little_overbid():
    """Nobody has 2 when 0 has 1, so that 0's claim of 2 costs nothing and is paid more."""
    case = table([(1, 2), (1, 3)], {(1, 3): 0.5, (1, 1): 0.5})
    found = deviations(game_of(case, epsilon=0.1))
    assert 0 < found.max_gain < 0.1


def test_truth_is_not_dominant():
    """One who is sure of 9 buys above her value from rivals who bid below theirs."""
    environment = single_good([[1, 2], [1, 9]])
    rule = SecondBelief(Setting(environment, BeliefBook(), None), epsilon=0.01)
    sure, unsure = rule.book.add(joint((2,), [[1]], [1.0])), rule.book.add(joint((2,), [[0]], [1.0]))
    other = rule.book.add(joint((2,), [[1]], [1.0]))
    outcomes = rule.expect(Reports(np.array([[0, 0], [0, 0]]), np.array([[sure, other], [unsure, other]])))
    utility = outcomes.utility(environment, np.array([[0, 1], [0, 1]]))[:, 0]
    assert utility[0] < -0.9
    assert utility[1] > 0


def test_a_truthful_player_with_a_true_belief_does_not_lose_where_the_others_are_truthful():
    for seed in range(12):
        case = random_case(seed, 3, KINDS[seed % 6])
        game = game_of(case, epsilon=0.0)
        for i in range(3):
            assert game.utilities(game.truthful_play, i).min() >= 0


def survivors(game, menus, rounds):
    """Conservative elimination: a report falls if another is better in all that its type thinks possible.

    All reports of the others that are left to their types in the possible states are tried.
    """
    rule, n = game.mechanism, game.players
    reports = every_report(rule, menus)
    outcomes = rule.expect(reports)
    shape = (*game.environment.shape, *(len(menu) for menu in menus))
    worth = {}
    for i in range(n):
        for kind in range(shape[i]):
            worth[i, kind] = outcomes.utility_of(game.environment, i, np.full(len(reports), kind)).reshape(shape)
    types = [(i, cell) for i, seat in enumerate(game.seats) for cell in range(len(seat.types))]
    left = {t: list(product(range(shape[t[0]]), range(len(menus[t[0]])))) for t in types}
    for _ in range(rounds):
        kept = {}
        for i, cell in types:
            states = np.flatnonzero(game.seats[i].information == cell)
            rivals = [j for j in range(n) if j != i]
            told = {
                some for s in states for some in product(*(left[j, int(game.seats[j].information[s])] for j in rivals))
            }
            payoff = {}
            for own in left[i, cell]:
                row = []
                for some in sorted(told):
                    at = [own if j == i else some[rivals.index(j)] for j in range(n)]
                    row.append(worth[i, game.seats[i].types[cell]][(*(v for v, _ in at), *(b for _, b in at))])
                payoff[own] = np.array(row)
            kept[i, cell] = [a for a in payoff if not any((payoff[b] > payoff[a] + 1e-12).all() for b in payoff)]
        left = kept
    return left


def lowest_against_sure(case, game, menus, left):
    """Per type, the lowest announcement that it has left, less what it is sure of."""
    found = []
    for (i, cell), reports in left.items():
        state = int(np.flatnonzero(game.seats[i].information == cell)[0])
        value = np.zeros((len(reports), case.players), dtype=int)
        belief = np.tile([menu[0] for menu in menus], (len(reports), 1))
        value[:, i], belief[:, i] = [v for v, _ in reports], menus[i][[b for _, b in reports]]
        announced = game.mechanism.sure_values(Reports(value, belief))[:, i]
        found.append(int(announced.min()) - sure_values(case, state)[i])
    return found


@pytest.mark.parametrize(
    "case",
    [
        table([(1, 2, 4), (1, 3, 4)], {(1, 3): 1, (2, 4): 1, (1, 4): 1, (4, 1): 1}, "graph", edges=[(0, 1)]),
        table([(1, 2, 4), (1, 3, 4)], {(1, 3): 1, (2, 4): 1, (1, 4): 1, (4, 3): 1}),
        table([(1, 3), (2, 5), (4, 6)], {(1, 5, 6): 1, (3, 2, 4): 1, (1, 2, 6): 1}, "graph", edges=[(0, 2), (1, 2)]),
    ],
    ids=["knows", "own-value", "three"],
)
def test_two_rounds_of_elimination_leave_only_what_earns_the_benchmark(case):
    """What survives announces no less than the sure value; it need not be the truth."""
    weights = tuple(weight / len(case.weights) for weight in case.weights)
    case = type(case)(case.values, case.profiles, weights, case.kind, case.parameters)
    game = game_of(case, epsilon=0.05)
    menus = []
    for i, seat in enumerate(game.seats):
        shape = tuple(np.delete(case.environment.shape, i))
        points = [joint(shape, [atom], [1.0]) for atom in product(*map(range, shape))]
        menus.append(np.unique([*map(game.book.add, points), *seat.posteriors]))
    short = [lowest_against_sure(case, game, menus, survivors(game, menus, rounds)) for rounds in (0, 1, 2)]
    assert min(short[0]) < 0
    assert min(short[1]) < 0 or case.kind == "own-value"
    assert min(short[2]) >= 0


# --- coins, and what it refuses


@pytest.mark.parametrize("options", [{}, {"delta": 0.25, "discount": 0.3}])
def test_play_means_what_expect_says(options):
    environment = single_good([[1, 3, 4], [1, 2], [3, 5]])
    rule = SecondBelief(Setting(environment, BeliefBook(), None), epsilon=0.3, **options)
    reports = random_reports(rule, 2, 4)
    expected = rule.expect(reports)
    played = rule.play(reports.take(np.repeat(np.arange(4), 8_000)), np.random.default_rng(3))
    np.testing.assert_allclose(
        played.payments.reshape(4, -1, 3).mean(axis=1), expected.payments, atol=0.15 if options else 1e-12
    )
    np.testing.assert_allclose(played.rewards.reshape(4, -1, 3).mean(axis=1), expected.rewards)


def test_a_lie_about_the_value_can_gain():
    environment = single_good([[1, 2, 4], [1, 3, 4]])
    rule = SecondBelief(Setting(environment, BeliefBook(), None), epsilon=0.01)
    assert value_lie_losses(rule, belief_menus(rule, 1, 3)).min() < -1e-4


def test_what_it_refuses():
    pair = single_good([[1, 2]] * 2)
    with pytest.raises(ValueError, match="second-belief sells a single good"):
        SecondBelief(Setting(digital_goods([[1, 2]] * 2), BeliefBook(), None), epsilon=0.1)
    with pytest.raises(ValueError, match="needs at least two players"):
        SecondBelief(Setting(single_good([[1, 2]]), BeliefBook(), None), epsilon=0.1)
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"epsilon must be a number from 0 up, not {wrong}"):
            SecondBelief(Setting(pair, BeliefBook(), None), epsilon=wrong)
    with pytest.raises(ValueError, match=r"player 0's belief is about types of shape \(3,\), not the others' \(2,\)"):
        surely_among_others(pair, 0, joint((3,), [[0]], [1.0]))
