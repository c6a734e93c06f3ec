"""What every registered strategy must do, in every mechanism: reports that the mechanism can take, and no more coins
in one round than in another.

A new entry of the registry is covered as it stands, if it can be made without parameters; those that cannot are
given theirs in `PARAMETERS`.
"""

import numpy as np
import pytest

from agents.game import Game
from agents.knowledge import KNOWLEDGE, StateSpace, partition
from agents.plan import Plan
from agents.strategies import STRATEGIES, Feedback, PlannedStrategy, Strategy, View
from mechanisms import MECHANISMS, BeliefBook, Reports, Setting, assignment, joint
from tests.priors import SAMPLE, iid, options_of, random_case

PARAMETERS = {"collude": {"ring": [1, 0]}}
EXTRA = [
    ("misreport", {"value": "random", "belief": "role-aware"}),
    ("misreport", {"value": {"rule": "overbid", "steps": 2}, "belief": {"rule": "sharpened", "power": 3.0}}),
    ("misreport", {"value": {"rule": "shade", "factor": 0.5}, "belief": "other-type"}),
]
PLAYERS = [(name, PARAMETERS.get(name, {})) for name in STRATEGIES] + EXTRA
WORLDS = 60


def single_good_game(name):
    case = random_case(4, 3, "graph", most=3)
    return case.game(name, **options_of(MECHANISMS[name], epsilon=0.2, delta=0.1))


def two_good_game(name):
    environment = assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6], [1, 1, 1]]])
    prior = joint(environment.shape, environment.grid, np.array([1, 2, 3, 0, 2, 4]) / 12)
    space = StateSpace.from_joint(prior)
    knowledge = partition(space, environment, KNOWLEDGE["buckets"](environment, space, cuts=[3]))
    options = options_of(MECHANISMS[name], epsilon=0.2, delta=0.1)
    return Game(MECHANISMS[name](Setting(environment, BeliefBook(), prior), **options), knowledge)


GAMES = {name: (single_good_game, name) for name in SAMPLE}
GAMES |= {f"{name}, two goods": (two_good_game, name) for name in ("M", "optimal")}


@pytest.fixture(scope="module", params=list(GAMES))
def game(request):
    build, name = GAMES[request.param]
    return build(name)


everybody = pytest.mark.parametrize(
    ("name", "parameters"), PLAYERS, ids=[f"{n}-{k}" if k >= len(STRATEGIES) else n for k, (n, _) in enumerate(PLAYERS)]
)


class Counting:
    def __init__(self, seed):
        self.asked = []
        self._rng = np.random.default_rng(seed)

    def random(self, size):
        self.asked.append(size)
        return self._rng.random(size)


def one_round(game, seat, strategy, states, stream):
    """Let a prepared strategy report, the stages being those of the mechanism."""
    view = View(seat, strategy.information(seat)[states])
    reports = Reports(game.space.profiles[states].copy(), game.truthful_play.reports.beliefs[states].copy())
    house = np.random.default_rng(1)
    if game.mechanism.stage == "before-values":
        view.role = game.mechanism.draw_role(reports.values, house)
    values = strategy.report_value(view, stream)
    view.announced = values
    if game.mechanism.stage == "before-beliefs":
        reports.values[:, seat.index] = values
        view.role = game.mechanism.draw_role(reports.values, house)
    beliefs = strategy.report_belief(view, stream)
    reports.values[:, seat.index], reports.beliefs[:, seat.index] = values, beliefs
    return view, values, beliefs, reports


def drawn_states(game, seed):
    return np.random.default_rng(seed).integers(0, len(game.space), WORLDS)


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_registered_under_its_own_name_with_a_summary(name):
    assert issubclass(STRATEGIES[name], Strategy)
    assert STRATEGIES[name].name == name
    assert STRATEGIES[name].summary


@everybody
@pytest.mark.parametrize("index", [0, 1])
def test_reports_are_those_that_the_seat_may_make(game, name, parameters, index):
    seat, strategy = game.seats[index], STRATEGIES[name](**parameters)
    strategy.prepare(seat, WORLDS)
    for seed in (1, 2):
        stream = np.random.default_rng(seed)
        view, values, beliefs, reports = one_round(game, seat, strategy, drawn_states(game, seed), stream)
        assert values.shape == beliefs.shape == (WORLDS,)
        assert np.issubdtype(values.dtype, np.integer)
        assert values.min() >= 0
        assert values.max() < seat.menu_size
        for belief in np.unique(beliefs):
            assert game.book[int(belief)].shape == seat.belief_shape
        outcomes = game.mechanism.expect(reports)  # takes them
        payoff = outcomes.utility_of(game.environment, index, reports.values[:, index])
        strategy.learn(view, Feedback(reports.values, reports.beliefs, payoff))


@everybody
def test_the_number_of_draws_does_not_depend_on_what_is_seen(game, name, parameters):
    asked, seat = [], game.seats[1]
    for states in (drawn_states(game, 3), drawn_states(game, 4), np.zeros(WORLDS, dtype=np.int64)):
        strategy, stream = STRATEGIES[name](**parameters), Counting(5)
        strategy.prepare(seat, WORLDS)
        one_round(game, seat, strategy, states, stream)
        asked.append(stream.asked)
    assert asked[0] == asked[1] == asked[2]
    assert set(asked[0]) <= {WORLDS}


@everybody
def test_the_same_seed_gives_the_same_reports(game, name, parameters):
    seat, told = game.seats[0], []
    for _ in range(2):
        strategy = STRATEGIES[name](**parameters)
        strategy.prepare(seat, WORLDS)
        told.append(one_round(game, seat, strategy, drawn_states(game, 6), np.random.default_rng(7))[1:3])
    np.testing.assert_array_equal(told[0][0], told[1][0])
    np.testing.assert_array_equal(told[0][1], told[1][1])


@everybody
def test_a_plan_is_what_is_played(game, name, parameters):
    """Its tables are well formed, and the reports played are the ones that it gives a chance."""
    seat, strategy = game.seats[1], STRATEGIES[name](**parameters)
    plan = strategy.plan(seat)
    assert (plan is not None) == isinstance(strategy, PlannedStrategy)
    if plan is None:
        return
    assert isinstance(plan, Plan)
    sets = plan.information.max() + 1
    assert plan.information.shape == (len(game.space),)
    assert plan.values.shape == plan.beliefs.shape == (sets, seat.menu_size)
    np.testing.assert_allclose(plan.values.sum(axis=1), 1.0)
    assert plan.values.min() >= 0
    for s in range(len(game.space)):  # what it goes by tells the seat's own type
        same = plan.information == plan.information[s]
        assert len(np.unique(game.space.profiles[same, 1])) == 1

    strategy.prepare(seat, WORLDS)
    np.testing.assert_array_equal(strategy.information(seat), plan.information)
    states = drawn_states(game, 8)
    _, values, beliefs, _ = one_round(game, seat, strategy, states, np.random.default_rng(9))
    rows = plan.information[states]
    assert (plan.values[rows, values] > 0).all()
    np.testing.assert_array_equal(beliefs, plan.beliefs[rows, values])


def test_the_belief_goes_with_the_value_that_was_announced():
    """Who bids more and is asked all the same has learnt more."""
    seat = iid((1, 2, 5), [1 / 3] * 3, 2).game("L-printed", epsilon=0.1).seats[0]
    strategy = STRATEGIES["misreport"](value="random", belief="role-aware")
    strategy.prepare(seat, WORLDS)
    view = View(seat, np.ones(WORLDS, dtype=np.int64))
    view.announced = strategy.report_value(view, np.random.default_rng(1))
    beliefs = strategy.report_belief(view, np.random.default_rng(1))
    table = strategy.plan(seat).beliefs[1]
    assert len(set(table.tolist())) == 3
    np.testing.assert_array_equal(beliefs, table[view.announced])
    assert len(np.unique(beliefs)) == 3


def test_mixed_values_are_announced_as_often_as_the_plan_says():
    game = single_good_game("L")
    strategy = STRATEGIES["misreport"](value="random")
    seat = game.seats[1]
    strategy.prepare(seat, 30_000)
    view = View(seat, seat.information[np.zeros(30_000, dtype=np.int64)])
    values = strategy.report_value(view, np.random.default_rng(3))
    shares = np.bincount(values, minlength=seat.menu_size) / 30_000
    assert seat.menu_size > 1
    assert (abs(shares - 1 / seat.menu_size) < 4 * np.sqrt(0.25 / 30_000)).all()
