"""The factored game is the listed one: seats, truthful reports, bidders' play; what needs a list refuses."""

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.bidder import Bidder
from agents.factored import FactoredSpace
from agents.game import Game
from agents.induced import Induced
from agents.knowledge import KNOWLEDGE, partition
from agents.learning import LEARNERS
from agents.learning.arena import Arena
from agents.learning.learning import Learning
from agents.misinformation import MISINFORMATION, misinform
from agents.nature import Drawn
from agents.sights import NotListed
from agents.strategies import BELIEF_RULES, STRATEGIES, VALUE_RULES, belief_menu
from mechanisms import MECHANISMS, BeliefBook, Setting, single_good
from mechanisms.beliefs import Mixture, Product, mixture, product
from tests.agents.factored_cases import Twin, twins
from tests.priors import options_of

IID = Twin(((1, 2, 4),) * 3, product([[0.5, 0.3, 0.2]] * 3))
STATES = mixture([0.4, 0.6], [product([[0.6, 0.3, 0.1]] * 3), product([[0.1, 0.3, 0.6]] * 3)])
COMMON = Twin(((1, 2, 4),) * 3, STATES, ("low", "high"), "state", {"insiders": [1]})
RULES = [{}, *({"value": {"rule": rule, "value": 1} if rule == "fixed" else rule} for rule in VALUE_RULES)]
RULES += [{"belief": rule} for rule in BELIEF_RULES]


def drawn_twice(twin, size=40):
    drawn = twin.space.draw(np.random.default_rng(3), size)
    return drawn, Drawn(drawn.types, twin.states(drawn))


def same_beliefs(mine, mine_ids, other, other_ids):
    """Whether ids of one book and of another stand for equal distributions."""
    for one, two in set(zip(np.ravel(mine_ids).tolist(), np.ravel(other_ids).tolist(), strict=True)):
        a, b = mine[one].table, other[two].table
        assert a.shape == b.shape
        np.testing.assert_array_equal(a.atoms, b.atoms)
        np.testing.assert_allclose(a.weights, b.weights, atol=1e-11)


@settings(max_examples=60)
@given(twins(players=(2, 3)), st.sampled_from(["vickrey", "L", "unanimity"]))
def test_seats_and_truthful_reports_are_those_of_the_listed_game(twin, name):
    game, listed = twin.games(name, **options_of(MECHANISMS[name], epsilon=0.2))
    assert (game.listed, listed.listed) == (False, True)
    drawn, states = drawn_twice(twin)
    mine, other = game.truthful_reports(drawn), listed.truthful_reports(states)
    np.testing.assert_array_equal(mine.values, other.values)
    np.testing.assert_array_equal(mine.values, drawn.types)
    play = listed.truthful_play.reports.take(states.states)
    np.testing.assert_array_equal(other.beliefs, play.beliefs)
    same_beliefs(game.book, mine.beliefs, listed.book, other.beliefs)
    for seat, there in zip(game.seats, listed.seats, strict=True):
        cells = seat.cells(drawn)
        np.testing.assert_array_equal(seat.types[cells], drawn.types[:, seat.index])
        told = [there.names[cell] for cell in there.cells(states)]
        assert [seat.names[cell] for cell in cells] == told
        same_beliefs(game.book, [game.book.add(seat.prior)], listed.book, [listed.book.add(there.prior)])
        assert seat.posterior(0) is game.book[int(seat.posteriors[0])]


def play(twin, name, parameters, *, other="truthful", **options):
    """Let bidders play the same draws in both games, the first by some rules; return both reports and outcomes."""
    found, draws = [], drawn_twice(twin)
    for game, drawn in zip(twin.games(name, **options), draws, strict=True):
        model = mesa.Model(rng=1)
        strategies = [STRATEGIES["misreport"](**parameters), *(STRATEGIES[other]() for _ in game.seats[1:])]
        streams = [np.random.default_rng([7, i]) for i in range(game.players)]
        bidders = Bidder.create_agents(model, game.players, list(game.seats), strategies, streams, worlds=len(drawn))
        bidders.do("observe", drawn)
        bidders.do("report_value")
        bidders.do("report_belief")
        honest = [bidder.honesty(drawn) for bidder in bidders]
        found.append((game, np.stack([b.value for b in bidders]), np.stack([b.belief for b in bidders]), honest))
    return found


@pytest.mark.parametrize("parameters", RULES, ids=str)
@pytest.mark.parametrize("twin", [IID, COMMON], ids=["product", "mixture"])
@pytest.mark.parametrize("name", ["L-printed", "M"])
def test_bidders_report_the_same(twin, name, parameters):
    (game, values, beliefs, honest), (listed, there, believed, candid) = play(twin, name, parameters, epsilon=0.1)
    np.testing.assert_array_equal(values, there)
    same_beliefs(game.book, beliefs, listed.book, believed)
    assert honest == candid


@pytest.mark.parametrize("kind", ["own-value", "graph", "buckets"])
@pytest.mark.parametrize("name", ["vickrey", "L", "M"])
@pytest.mark.parametrize("prior", [IID.prior, STATES], ids=["product", "mixture"])
def test_played_rounds_are_the_same(prior, name, kind):
    parameters = {"graph": {"edges": [[0, 1], [2, 0]]}, "buckets": {"cuts": [2]}}.get(kind, {})
    twin = Twin(IID.values, prior, None, kind, parameters)
    game, listed = twin.games(name, **options_of(MECHANISMS[name], epsilon=0.3, delta=0.1))
    drawn, states = drawn_twice(twin, 200)
    mine, other = game.truthful_reports(drawn), listed.truthful_reports(states)
    expected, there = game.mechanism.expect(mine), listed.mechanism.expect(other)
    np.testing.assert_allclose(expected.payments, there.payments, atol=1e-9)
    np.testing.assert_allclose(expected.rewards, there.rewards, atol=1e-12)
    one, two = (each.mechanism.play(told, np.random.default_rng(5)) for each, told in ((game, mine), (listed, other)))
    np.testing.assert_array_equal(one.allocation, two.allocation)
    np.testing.assert_allclose(one.payments, two.payments, atol=1e-9)
    np.testing.assert_allclose(one.rewards, two.rewards, atol=1e-12)


def test_misinformed_seats_report_what_they_believe():
    rng = np.random.default_rng(1)
    wrong = misinform(COMMON.knowledge, 0, MISINFORMATION["shifted"](COMMON.space, 0, rng, shift=2.0))
    game = Game(MECHANISMS["L"](Setting(COMMON.environment, BeliefBook(), STATES.table), epsilon=0.1), wrong)
    right = COMMON.games("L", epsilon=0.1)[0]
    assert game.seats[0].posterior(0).prob(np.array([2, 2])) > right.seats[0].posterior(0).prob(np.array([2, 2]))
    np.testing.assert_allclose(game.seats[1].posterior(0).prob([[0, 0]]), right.seats[1].posterior(0).prob([[0, 0]]))


# --- rules and plans


@pytest.mark.parametrize("rule", ["truthful", "prior", "uniform", "sharpened", "flattened", "mode", "other-type"])
def test_rules_on_a_product_stay_factored(rule):
    seat = IID.games("L", epsilon=0.1)[0].seats[0]
    assert isinstance(seat.book[int(BELIEF_RULES[rule](seat)[0, 0])], Product)


def big(prior, kind="own-value", name="L", **parameters):
    """A game that is not listed; its mechanism is built on a prior of certain types, which it does not read."""
    environment = single_good([range(1, size + 1) for size in prior.shape])
    space = FactoredSpace(prior, parameters.pop("labels", None))
    knowledge = partition(space, environment, KNOWLEDGE[kind](environment, space, **parameters))
    sure = product([np.eye(1, size)[0] for size in prior.shape])
    return Game(MECHANISMS[name](Setting(environment, BeliefBook(), sure), epsilon=0.1), knowledge)


MANY = big(product([np.full(20, 0.05)] * 12))
MIXED = big(mixture([0.5, 0.5], [product([np.linspace(0.01, 0.09, 20)] * 12), product([np.full(20, 0.05)] * 12)]))
TOO_MANY = r"needs a list of all profiles of types, and with some 10\^1[46] of them there is none; run, revenue and"


@pytest.mark.parametrize("rule", ["sharpened", "flattened", "mode", "role-aware"])
def test_rules_that_would_not_fit_refuse(rule):
    game = MANY if rule == "role-aware" else MIXED
    with pytest.raises(NotListed, match=f"the belief rule '{rule}' {TOO_MANY}"):
        STRATEGIES["misreport"](belief=rule).plan(game.seats[3])


def test_the_menu_holds_what_fits():
    menu = belief_menu(MIXED.seats[0], other_types=3, points=2)
    named = ["truthful", "prior", "uniform", "type 1", "type 11", "type 20"]
    ends = [f"certain of {', '.join([kind] * 11)}" for kind in ("1", "20")]
    assert list(menu) == [*named, *ends]
    assert all(table.shape == (20, 20) for table in menu.values())
    assert MIXED.book[int(menu[ends[1]][0, 0])].prob(np.full(11, 19)) == 1.0
    assert set(BELIEF_RULES) - set(belief_menu(MANY.seats[0], other_types=0)) == {"role-aware", "other-type"}
    small, listed = IID.games("L-printed", epsilon=0.1)
    mine, there = belief_menu(small.seats[1], points=3), belief_menu(listed.seats[1], points=3)
    assert list(mine) == list(there)
    for name, table in mine.items():
        same_beliefs(small.book, table, listed.book, there[name])


def test_plans_of_pure_strategies_take_no_tables():
    seat = MANY.seats[0]
    for strategy in (STRATEGIES["truthful"](), STRATEGIES["misreport"](value="shade", belief="prior")):
        plan = strategy.plan(seat)
        assert plan.beliefs.strides[1] == 0
        assert "values" not in vars(plan)
        assert plan.values.shape == plan.beliefs.shape == (20, 20)
        assert (plan.values.argmax(axis=1) == plan.pure_values).all()
    with pytest.raises(ValueError, match="a plan over states that are not listed has no list of information sets"):
        _ = plan.information


# --- what refuses


def arena(game):
    return Arena(game, [Learning(LEARNERS["hedge"]()) for _ in game.seats])


REFUSING = {
    "the list": lambda game: game.space,
    "partitions": lambda game: game.knowledge,
    "truthful play": lambda game: game.truthful_play,
    "play": lambda game: game.play(game.truthful_plans),
    "truth": lambda game: game.truth(0),
    "surface": lambda game: game.surface(0, np.zeros((20, 20, 1), dtype=int)),
    "pool": lambda game: game.pool((0, 1)),
    "information": lambda game: game.seats[0].information,
    "induced": Induced,
    "arena": arena,
    "best response": lambda game: STRATEGIES["best-response"]().plan(game.seats[0]),
    "empirical best response": lambda game: STRATEGIES["empirical-best-response"]().prepare(game.seats[0], 1),
    "learning": lambda game: Learning(LEARNERS["hedge"]()).prepare(game.seats[0], 1),
    "ring": lambda game: sit(game, STRATEGIES["collude"](ring=[0, 1])),
}


def sit(game, strategy):
    return Bidder(mesa.Model(rng=1), game.seats[0], strategy, np.random.default_rng(1), 5)


@pytest.mark.parametrize("what", REFUSING)
def test_what_needs_the_list_refuses(what):
    with pytest.raises(ValueError, match=f"this {TOO_MANY} deviations do without one"):
        REFUSING[what](MIXED)


def test_a_listed_game_has_no_factored_knowledge():
    with pytest.raises(ValueError, match="the 27 states of this game are listed"):
        _ = IID.games("vickrey")[1].factored


# --- at size


class Rules:
    """As much of a mechanism as seats ask of it."""

    asks_for_prior = False

    def __init__(self, environment):
        self.environment, self.book = environment, BeliefBook()

    def subjects(self, player):
        return tuple(j for j in range(self.environment.players) if j != player)


@pytest.mark.slow
def test_a_thousand_seats_of_a_mixture():
    rng = np.random.default_rng(1)
    parts = [product([rng.dirichlet(np.ones(100)) for _ in range(1000)]) for _ in range(3)]
    environment = single_good([range(1, 101)] * 1000)
    space = FactoredSpace(mixture([0.2, 0.3, 0.5], parts))
    knowledge = partition(space, environment, KNOWLEDGE["own-value"](environment, space))
    game = Game(Rules(environment), knowledge)
    drawn = game.draw(rng, 50)
    reports = game.truthful_reports(drawn)
    assert len(game.book) == 100_000
    told = game.book[int(reports.beliefs[7, 500])]
    assert isinstance(told, Mixture)
    own = np.array([part.factors[500][drawn.types[7, 500]] for part in parts])
    np.testing.assert_allclose(told.weights, own * [0.2, 0.3, 0.5] / (own @ [0.2, 0.3, 0.5]))
