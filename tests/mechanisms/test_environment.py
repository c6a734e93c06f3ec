"""Environments: views of one description, feasibility, and every input error."""

import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms import Environment, assignment, services, single_good
from mechanisms.environment import flat_index, full_grid, strides
from mechanisms.optimal import general_program, optimal_mechanism, single_good_program
from tests.priors import iid

TWO_GOODS = assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6], [1, 1, 1]]])
PAIR = ((), ("a",), ("b",))
LEFT_OUT = assignment(["a"], [[[1]], [[2]]], allocations=[[["a"], []]])
FALLING = assignment(["a"], [[[3], [1]]])
MANY = services([[1]] * 70, [*([i] for i in range(70)), [0, 8, 69], [0, 64]])

shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


def test_single_good_gives_it_to_nobody_or_to_one_player():
    environment = single_good([[1, 2], [1, 3, 5], [4]])
    assert environment.players == 3
    assert environment.shape == (2, 3, 1)
    assert environment.single_good
    assert environment.allocations.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert [grid.tolist() for grid in environment.values] == [[1, 2], [1, 3, 5], [4]]
    assert environment.downward_closed
    assert environment.solo.tolist() == [[-1, 1], [-1, 2], [-1, 3]]


def test_worth_of_allocation_reads_the_bundle_that_a_player_gets():
    for i, kind, row in product(range(2), range(2), range(len(TWO_GOODS.allocations))):
        bundle = TWO_GOODS.allocations[row, i]
        assert TWO_GOODS.worth_of_allocation[i][kind, row] == TWO_GOODS.worth[i][kind, bundle]


@pytest.mark.parametrize(("goods", "players"), [(1, 1), (1, 3), (2, 2), (2, 3), (3, 2)])
def test_every_good_goes_to_one_player_or_stays_unless_allocations_are_given(goods, players):
    names = [f"g{k}" for k in range(goods)]
    environment = assignment(names, [[[1] * (2**goods - 1)]] * players)
    assert len(environment.allocations) == (players + 1) ** goods
    assert not environment.allocations[0].any()
    assert environment.downward_closed


def test_bundles_come_small_ones_first_and_in_the_order_of_the_goods():
    assert TWO_GOODS.bundles == ((), ("a",), ("b",), ("a", "b"))
    named = assignment(["b", "a"], [[[1]]], bundles=[["a", "b"]])
    assert named.bundles == ((), ("b", "a"))


def test_given_allocations_are_kept_and_the_empty_one_added():
    environment = assignment(["a", "b"], [[[1, 1, 2]], [[1, 1, 2]]], allocations=[[["a"], ["b"]], [["b", "a"], []]])
    assert environment.allocations.tolist() == [[0, 0], [1, 2], [3, 0]]
    assert not environment.downward_closed
    assert environment.solo.tolist() == [[-1, -1, -1, 2], [-1, -1, -1, -1]]


def test_without_a_player_the_others_keep_what_they_can_get_when_she_gets_nothing():
    rest = TWO_GOODS.without(0)
    assert rest.players == 1
    np.testing.assert_array_equal(rest.worth[0], TWO_GOODS.worth[1])
    assert rest.allocations.tolist() == [[0], [1], [2], [3]]

    tied = assignment(["a", "b"], [[[1, 1, 2]]] * 2, allocations=[[["a"], ["b"]], [[], ["a"]]])
    assert tied.without(0).allocations.tolist() == [[0], [1]]


def sets(*groups, players: int = 70) -> np.ndarray:
    """Sets of players as rows of booleans."""
    return np.array([[i in group for i in range(players)] for group in groups], dtype=bool).reshape(-1, players)


def test_a_set_of_players_is_the_allocation_that_serves_them_and_nobody_else():
    asked = [(), (0,), (69,), (0, 8, 69), (0, 64), (0, 8), (8, 69), (1, 64), range(70)]
    found = MANY.serving(sets(*asked))
    for group, allocation in zip(asked[:5], found[:5].tolist(), strict=True):
        assert np.flatnonzero(MANY.allocations[allocation]).tolist() == list(group)
    assert found[5:].tolist() == [-1] * 4
    assert MANY.serving(sets()).tolist() == []


def test_every_feasible_set_is_found_however_the_array_lies_in_memory():
    everybody = np.arange(len(MANY.allocations))
    for served in (MANY.served, np.asfortranarray(MANY.served)):
        assert MANY.serving(served).tolist() == everybody.tolist()
    stored = Environment(MANY.worth, np.asfortranarray(MANY.allocations), MANY.bundles)
    assert stored.serving(MANY.served).tolist() == everybody.tolist()


@pytest.mark.parametrize("amount", [float("inf"), float("nan"), "3", 10**400, 1e30])
def test_what_is_no_amount_of_money_is_refused_in_one_sentence(amount):
    said = re.escape(f" must be a whole number from 1 to 1,000,000,000,000, not {amount!r}") + "$"
    with pytest.raises(ValueError, match="player 1's value" + said):
        single_good([[1], [1, amount]])
    with pytest.raises(ValueError, match="player 1's worth" + said.replace("1\\ to", "0\\ to")):
        assignment(["a"], [[[1]], [[2], [amount]]])


@pytest.mark.parametrize("player", [0, 1, 2])
def test_a_single_good_without_a_player_is_a_single_good(player):
    values = [[1, 2], [1, 3, 5], [4]]
    rest = single_good(values).without(player)
    expected = single_good(values[:player] + values[player + 1 :])
    assert rest.single_good
    np.testing.assert_array_equal(rest.allocations, expected.allocations)
    for left, right in zip(rest.values, expected.values, strict=True):
        np.testing.assert_array_equal(left, right)


@given(shapes)
def test_grids_are_in_row_major_order(shape):
    grid = full_grid(shape)
    assert grid.tolist() == [list(point) for point in product(*map(range, shape))]
    np.testing.assert_array_equal(flat_index(grid, shape), np.arange(len(grid)))
    np.testing.assert_array_equal(grid @ strides(shape), np.arange(len(grid)))
    np.testing.assert_array_equal(np.ravel_multi_index(tuple(grid.T), shape), flat_index(grid, shape))


def test_the_flat_index_of_nobody_is_zero():
    assert flat_index(np.zeros((3, 0), dtype=np.int64), ()).tolist() == [0, 0, 0]
    assert single_good([[1, 2]]).flat(np.array([[1], [0]])).tolist() == [1, 0]


def test_types_are_named_by_value_or_by_their_worths():
    assert single_good([[1, 7]]).type_name(0, 1) == "7"
    assert TWO_GOODS.type_name(1, 1) == "(0, 5, 6)"


def test_opt_does_not_depend_on_the_order_of_types():
    environment = assignment(["x"], [[[3], [1]]])
    belief = iid((1, 3), (0.5, 0.5), 1).prior
    assert general_program(environment, belief).revenue == pytest.approx(1.5)
    assert optimal_mechanism(environment, belief).revenue == pytest.approx(1.5)


def test_a_value_that_is_no_integer_is_an_error():
    with pytest.raises(ValueError, match=r"player 0's.*1\.5"):
        single_good([[1.5, 2.7]])


def test_a_worth_that_is_no_integer_is_an_error():
    with pytest.raises(ValueError, match=r"player 0's.*1\.5"):
        assignment(["x"], [[[1.5], [2.7]]])


def table(*rows):
    return np.array(rows)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: single_good([[1], []]), "player 1 has no values"),
        (lambda: single_good([[1, 5, 3]]), "player 0's.*increase.* 3 .* 5"),
        (lambda: single_good([[2], [2, 2]]), "player 1's.*increase.* 2 .* 2"),
        (lambda: single_good([[0, 2]]), "player 0's value must be a whole number from 1 to [0-9,]+, not 0"),
        (lambda: single_good([[-3, 2]]), "player 0's.* -3"),
        (lambda: single_good([[1, 10**15]]), "player 0's.*1000000000000000"),
        (lambda: assignment(["a"], [[[10**15]]]), "player 0's.*1000000000000000"),
        (lambda: assignment(["a", "a"], [[[1]]]), r"goods.*\['a', 'a'\]"),
        (lambda: assignment(["a"], [[[1]]], bundles=[["b"]]), r"bundle.*\['b'\]"),
        (lambda: assignment(["a"], [[[1]]], bundles=[["a", "a"]]), r"bundle.*\['a', 'a'\]"),
        (lambda: assignment(["a"], [[[1]]], bundles=[[]]), r"bundle.*\[\]"),
        (lambda: assignment(["a"], [[[1]]], allocations=[[["b"]]]), r"allocation.*\[\['b'\]\]"),
        (lambda: assignment(["a"], [[[1]]], allocations=[[["a"], []]]), r"allocation.*\[\['a'\], \[\]\]"),
        (lambda: assignment(["a"], [[[10**30]]]), "player 0's worth must be .*, not 1000000000000000000000000000000"),
        (
            lambda: assignment(["a"], [[[-(10**30)]]]),
            "player 0's worth must be .*, not -1000000000000000000000000000000",
        ),
        (lambda: TWO_GOODS.values, "player 0 can be given 3 bundles; types are values only where each is served or"),
        (lambda: LEFT_OUT.values, "player 1 can never be served; types are values only where each is served or not"),
        (lambda: FALLING.values, "a player's types are not in increasing order; types are values"),
        (lambda: TWO_GOODS.serving(np.ones((1, 2), dtype=bool)), "player 0 can be given 3 bundles; a set of players"),
        (lambda: LEFT_OUT.serving(np.ones((1, 2), dtype=bool)), "player 1 can never be served; a set of players"),
        (lambda: Environment((), table([0]), PAIR), "at least one player"),
        (lambda: single_good([]), "at least one player"),
        (lambda: Environment((table([0, 1]),), table([0]), PAIR), r"player 0's.*\(1, 2\)"),
        (lambda: assignment(["a"], [[[1]], [[1, 2]]]), r"player 1's.*1, 2"),
        (lambda: assignment(["a"], [[[1], [-4]]]), "player 0's.*-4"),
        (lambda: Environment((table([0, 0.5, 1]),), table([0]), PAIR), "non-negative integers"),
        (lambda: Environment((table([7, 1, 1]),), table([0]), PAIR), "empty bundle.* 7"),
        (lambda: assignment(["a"], [[[1], [3], [1]]]), r"equal types.*\[\[1\], \[3\], \[1\]\]"),
        (lambda: Environment((table([0, 1, 1]),), table([1], [0]), PAIR), "the first row all empty"),
        (lambda: Environment((table([0, 1, 1]),), table([0], [5]), PAIR), "bundle 5.* 3"),
        (lambda: Environment((table([0, 1, 1]),), table([0], [1], [1]), PAIR), "listed twice"),
        (
            lambda: Environment((table([0, 1, 1]),) * 2, table([0, 0], [2, 2]), PAIR),
            r"\['b'\], \['b'\].*twice",
        ),
    ],
)
def test_errors_show_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_a_single_good_given_as_an_assignment_has_the_same_optimum():
    case = iid((1, 3, 4), (0.5, 0.3, 0.2), 2)
    environment = assignment(["x"], [[[v] for v in row] for row in case.values])
    assert not environment.single_good  # its allocations are in another order
    revenue = single_good_program(case.environment, case.prior).revenue
    assert optimal_mechanism(environment, case.prior).revenue == pytest.approx(revenue, abs=1e-9)
