"""Value rules and belief rules by hand; the role-aware belief against the oracle."""

import numpy as np
import pytest

from agents.game import Game
from agents.knowledge import KNOWLEDGE, StateSpace, partition
from agents.strategies.rules import BELIEF_RULES, VALUE_RULES, belief_menu, fixed, overbid, shade
from mechanisms import MECHANISMS, BeliefBook, Setting, assignment, joint
from mechanisms.beliefs import mixture, product
from tests import oracle
from tests.agents.factored_cases import Twin
from tests.priors import KINDS, TIE_RULES, iid, money_belief, random_case, table

PAIR = table([(1, 2), (3, 5)], {(1, 3): 0.1, (1, 5): 0.3, (2, 3): 0.2, (2, 5): 0.4})


def seat_of(values, index=0, mechanism="vickrey"):
    return iid(values, [1 / len(values)] * len(values), 2).game(mechanism).seats[index]


def announced(table, values):
    """The value announced for each true value."""
    assert (table.max(axis=1) == 1.0).all()
    return [values[k] for k in table.argmax(axis=1)]


VALUES = (1, 2, 4, 8)


@pytest.mark.parametrize(
    ("rule", "parameters", "told"),
    [
        ("truthful", {}, [1, 2, 4, 8]),
        ("shade", {}, [1, 1, 2, 4]),
        ("shade", {"steps": 2}, [1, 1, 1, 2]),
        ("shade", {"steps": 9}, [1, 1, 1, 1]),
        ("shade", {"factor": 0.5}, [1, 1, 2, 4]),
        ("shade", {"factor": 0.6}, [1, 1, 2, 4]),
        ("shade", {"factor": 0.4}, [1, 1, 1, 2]),
        ("shade", {"factor": 0.0}, [1, 1, 1, 1]),
        ("shade", {"factor": 1.0}, [1, 2, 4, 8]),
        ("overbid", {}, [2, 4, 8, 8]),
        ("overbid", {"steps": 2}, [4, 8, 8, 8]),
        ("overbid", {"factor": 1.5}, [2, 4, 8, 8]),
        ("overbid", {"factor": 2.0}, [2, 4, 8, 8]),
        ("overbid", {"factor": 2.1}, [4, 8, 8, 8]),
        ("overbid", {"factor": 1.0}, [1, 2, 4, 8]),
        ("fixed", {"value": 4}, [4, 4, 4, 4]),
    ],
)
def test_value_rules_by_hand(rule, parameters, told):
    assert announced(VALUE_RULES[rule](seat_of(VALUES), **parameters), VALUES) == told


def test_random_values_are_uniform():
    assert VALUE_RULES["random"](seat_of(VALUES)).tolist() == [[0.25] * 4] * 4


def test_every_value_rule_is_tested():
    assert set(VALUE_RULES) == {"truthful", "shade", "overbid", "fixed", "random"}


@pytest.mark.parametrize(("factor", "values"), [(0.29, (29, 100)), (0.7, (7, 10)), (0.57, (57, 100))])
def test_a_factor_that_is_exact_on_paper_is_exact(factor, values):
    """0.29 x 100 is a little less than 29 in floating point."""
    low, high = values
    assert announced(shade(seat_of((1, low, high)), factor=factor), (1, low, high))[2] == low
    assert announced(overbid(seat_of((10, 11, 100)), factor=1.1), (10, 11, 100))[0] == 11  # 11.000000000000002


def goods_seat():
    """Three types: worths (1,1,2), (4,0,4) and (3,3,6) of a, b and both; totals 4, 8 and 12."""
    environment = assignment(["a", "b"], [[[3, 3, 6], [1, 1, 2], [4, 0, 4]], [[1, 1, 1]]])
    prior = joint((3, 1), environment.grid, [0.5, 0.25, 0.25])
    space = StateSpace.from_joint(prior)
    knowledge = partition(space, environment, KNOWLEDGE["own-value"](environment, space))
    return Game(MECHANISMS["M"](Setting(environment, BeliefBook(), prior), epsilon=0.1), knowledge).seats[0]


def test_types_of_several_goods_are_ordered_by_total_worth_and_bounded_bundle_by_bundle():
    seat = goods_seat()
    assert shade(seat).argmax(axis=1).tolist() == [2, 1, 1]
    assert overbid(seat).argmax(axis=1).tolist() == [0, 2, 0]
    assert shade(seat, factor=0.9).argmax(axis=1).tolist() == [1, 1, 1]  # (4,0,4) is not below .9 (3,3,6)
    assert overbid(seat, factor=1.2).argmax(axis=1).tolist() == [0, 0, 0]
    assert fixed(seat, value=2).argmax(axis=1).tolist() == [2, 2, 2]


HAND = {
    "truthful": [{(3,): 1 / 4, (5,): 3 / 4}, {(3,): 1 / 3, (5,): 2 / 3}],
    "prior": [{(3,): 0.3, (5,): 0.7}] * 2,
    "uniform": [{(3,): 0.5, (5,): 0.5}] * 2,
    "sharpened": [{(3,): 0.1, (5,): 0.9}, {(3,): 0.2, (5,): 0.8}],
    "flattened": [
        {(3,): 1 / (1 + 3**0.5), (5,): 3**0.5 / (1 + 3**0.5)},
        {(3,): 1 / (1 + 2**0.5), (5,): 2**0.5 / (1 + 2**0.5)},
    ],
    "mode": [{(5,): 1.0}] * 2,
    "other-type": [{(3,): 1 / 3, (5,): 2 / 3}, {(3,): 1 / 4, (5,): 3 / 4}],
    "role-aware": [{(3,): 1 / 4, (5,): 3 / 4}, {(3,): 1 / 3, (5,): 2 / 3}],  # 2 never beats 3
}


@pytest.mark.parametrize("rule", sorted(BELIEF_RULES))
def test_belief_rules_by_hand(rule):
    """Player 0 of two, worth 1 or 2, about player 1, worth 3 or 5; whatever value she announces."""
    game = PAIR.game("L-printed", epsilon=0.1)
    ids = BELIEF_RULES[rule](game.seats[0])
    assert ids.shape == (2, 2)
    for cell in range(2):
        for told in range(2):
            assert money_belief(PAIR, 0, game.book[int(ids[cell, told])]) == pytest.approx(HAND[rule][cell])


def test_parameters_of_belief_rules():
    game = PAIR.game("L", epsilon=0.1)
    seat = game.seats[0]
    cube = BELIEF_RULES["sharpened"](seat, power=3.0)
    np.testing.assert_allclose(game.book[int(cube[0, 0])].weights, [1 / 28, 27 / 28])
    flat = BELIEF_RULES["flattened"](seat, power=0.0)
    np.testing.assert_allclose(game.book[int(flat[1, 0])].weights, [0.5, 0.5])
    np.testing.assert_array_equal(BELIEF_RULES["other-type"](seat, offset=2), BELIEF_RULES["truthful"](seat))


def test_the_first_of_equal_modes_is_announced():
    case = iid((1, 2, 4), [0.2, 0.4, 0.4], 2)
    game = case.game("L", epsilon=0.1)
    ids = BELIEF_RULES["mode"](game.seats[1])
    assert game.book[int(ids[0, 0])].atoms.tolist() == [[1]]


@pytest.mark.parametrize("ties", TIE_RULES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_role_aware_belief_is_the_posterior_given_that_somebody_else_is_chosen(kind, ties):
    for players in (2, 3):
        case = random_case(6, players, kind, most=3)
        game = case.game("L-printed", epsilon=0.1, ties=ties)
        slow = case.oracle(ties=ties)
        for i, seat in enumerate(game.seats):
            ids = BELIEF_RULES["role-aware"](seat)
            for s, cell in enumerate(seat.information):
                for told, value in enumerate(case.values[i]):
                    expected = oracle.role_aware_posterior(slow, i, case.seen(i, s), value)
                    assert money_belief(case, i, game.book[int(ids[cell, told])]) == pytest.approx(expected)


UNIFORM, SURE = product([[0.5, 0.5]] * 3), product([[0.0, 1.0]] * 3)


@pytest.mark.parametrize(
    ("part", "rules"),
    [(UNIFORM, ("sharpened", "flattened")), (SURE, ("sharpened", "flattened", "mode", "role-aware"))],
)
def test_a_mixture_that_a_rule_leaves_alone_is_announced_itself(part, rules):
    """Its table would be another belief in the book, and a lie that is the truth."""
    case = Twin(((1, 2), (1, 2), (1, 2)), mixture([0.5, 0.5], [part, product(part.factors)]))
    for seat in case.games("L-printed", epsilon=0.1)[0].seats:
        for name in rules:
            np.testing.assert_array_equal(BELIEF_RULES[name](seat), BELIEF_RULES["truthful"](seat))


def test_a_product_that_being_asked_says_nothing_new_of_is_announced_itself():
    case = Twin(((1, 2), (1, 2)), product([[0.0, 1.0]] * 2))
    seat = case.games("L-printed", epsilon=0.1)[0].seats[0]
    np.testing.assert_array_equal(BELIEF_RULES["role-aware"](seat), BELIEF_RULES["truthful"](seat))


@pytest.mark.parametrize("mechanism", ["M", "optimal"])
def test_where_no_role_goes_by_bids_role_aware_is_the_plain_posterior(mechanism):
    game = PAIR.game(mechanism, **({"epsilon": 0.1} if mechanism == "M" else {}))
    for seat in game.seats:
        np.testing.assert_array_equal(BELIEF_RULES["role-aware"](seat), BELIEF_RULES["truthful"](seat))


def test_the_menu_of_beliefs_begins_with_truth_and_holds_other_cells_posteriors():
    case = random_case(4, 2, "complete")
    seat = case.game("L-printed", epsilon=0.1).seats[0]
    menu = belief_menu(seat)
    assert next(iter(menu)) == "truthful"
    np.testing.assert_array_equal(menu["truthful"], np.repeat(seat.posteriors[:, None], seat.menu_size, axis=1))
    named = [key for key in menu if key.startswith("type ")]
    assert named == [f"type {name}" for name in seat.names]
    assert set(menu) - set(named) == set(BELIEF_RULES) - {"other-type"}
    for cell, key in enumerate(named):
        assert (menu[key] == seat.posteriors[cell]).all()
    few = [key for key in belief_menu(seat, other_types=2) if key.startswith("type ")]
    assert few == [named[0], named[-1]]
    assert all(ids.shape == (len(seat.types), seat.menu_size) for ids in menu.values())


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: fixed(seat_of(VALUES, 1), value=3), r"seat 1.* 3.*\[1, 2, 4, 8\]"),
        (lambda: fixed(goods_seat(), value=3), "seat 0.*type 3.* 3"),
        (lambda: fixed(goods_seat(), value=-1), "type -1"),
        (lambda: shade(seat_of(VALUES), factor=-0.5), r"factor.*-0\.5"),
        (lambda: overbid(seat_of(VALUES), factor=-2.0), r"factor.*-2\.0"),
        (lambda: BELIEF_RULES["sharpened"](seat_of(VALUES), power=-1.0), r"power.*-1\.0"),
        (lambda: BELIEF_RULES["flattened"](seat_of(VALUES), power=-3.0), r"power.*-3\.0"),
    ],
)
def test_errors_show_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()
