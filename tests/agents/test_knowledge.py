"""Knowledge: every structure's cells against a second account of them, posteriors, and every input error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.knowledge import KNOWLEDGE, StateSpace, partition
from mechanisms import assignment, joint, single_good
from tests import oracle
from tests.priors import KINDS, Case, cases, drop, money_belief, random_case, table

PRIOR = table([(1, 2, 5), (1, 3)], {(1, 1): 0.1, (2, 1): 0.2, (5, 1): 0.3, (1, 3): 0.15, (5, 3): 0.25})


def same_partition(cells, names):
    """Whether two columns, of numbers and of anything hashable, tell the same states apart."""
    pairs = set(zip(cells, names, strict=True))
    return len(pairs) == len(set(cells)) == len(set(names))


def test_every_structure_is_tested():
    assert set(KINDS) == set(KNOWLEDGE)


@pytest.mark.parametrize("players", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_cells_tell_apart_what_is_seen_and_nothing_else(kind, players):
    for seed in range(8):
        case = random_case(seed, players, kind)
        for i in range(players):
            seen = [case.seen(i, s) for s in range(len(case.profiles))]
            cells = case.knowledge.cells[:, i].tolist()
            assert same_partition(cells, seen)
            assert same_partition(cells, [case.knowledge.names[i][cell] for cell in cells])
            assert set(cells) == set(range(len(case.knowledge.names[i])))
            kinds = case.knowledge.types(i)[cells]
            np.testing.assert_array_equal(kinds, case.space.profiles[:, i])  # i-consistent


@pytest.mark.parametrize("players", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_posteriors_are_the_oracles(kind, players):
    for seed in range(4):
        case = random_case(seed, players, kind)
        game = case.oracle()
        for i in range(players):
            for s, cell in enumerate(case.knowledge.cells[:, i]):
                expected = oracle.posterior(game.states, game.cells, i, case.seen(i, s))
                found = money_belief(case, i, case.knowledge.posterior(i, int(cell)))
                assert found == pytest.approx(expected)


@given(cases(kinds=KINDS))
def test_total_probability(case):
    """The posteriors of a player's cells average to her prior about the others."""
    for i in range(case.players):
        shape = drop(case.environment.shape, i)
        grid = np.indices(shape).reshape(len(shape), -1).T
        cells = case.knowledge.cells[:, i]
        mixed = np.zeros(len(grid))
        for cell in range(cells.max() + 1):
            mixed += case.space.weights[cells == cell].sum() * case.knowledge.posterior(i, cell).prob(grid)
        rest = [j for j in range(case.players) if j != i]
        np.testing.assert_allclose(mixed, case.prior.marginal(rest).prob(grid), atol=1e-12)
        np.testing.assert_allclose(np.bincount(cells, case.knowledge.within(i)), 1.0)


@given(cases(kinds=KINDS))
def test_a_ring_knows_what_its_members_know_together(case):
    members = list(range(case.players))
    seen = [tuple(case.seen(i, s) for i in members) for s in range(len(case.profiles))]
    assert same_partition(case.knowledge.pooled(members).tolist(), seen)
    alone = case.knowledge.pooled([0])
    assert same_partition(alone.tolist(), case.knowledge.cells[:, 0].tolist())


def facts(kind, case=PRIOR, **parameters):
    return KNOWLEDGE[kind](case.environment, case.space, **parameters)


def test_names_say_the_own_value_and_what_else_is_known():
    def names(kind, **parameters):
        return partition(PRIOR.space, PRIOR.environment, facts(kind, **parameters)).names

    assert names("own-value") == (("1", "2", "5"), ("1", "3"))
    assert names("graph", edges=[[1, 0]]) == (("1", "2", "5"), ("1 | 0=1", "1 | 0=2", "1 | 0=5", "3 | 0=1", "3 | 0=5"))
    assert names("buckets", cuts=[2, 5])[1] == ("1 | 0<2", "1 | 0>=2,<5", "1 | 0>=5", "3 | 0<2", "3 | 0>=5")
    assert names("complete")[0] == ("1 | 1=1", "1 | 1=3", "2 | 1=1", "5 | 1=1", "5 | 1=3")


def test_states_with_labels():
    labels = ("boom", "bust", "boom", "bust", "bust")
    case = Case(PRIOR.values, PRIOR.profiles, PRIOR.weights, "state", {"insiders": [1]}, labels)
    assert case.knowledge.names[0] == ("1", "2", "5")
    assert case.knowledge.names[1] == ("1 | state=boom", "1 | state=bust", "3 | state=bust")
    assert partition(case.space, case.environment, facts("complete", case)).names[0][0] == "1 | 1=1, state=boom"


def test_repeated_profiles_are_one_atom_of_the_prior():
    space = StateSpace((2,), np.array([[0], [1], [0]]), np.array([0.25, 0.5, 0.25]), ("a", "b", "c"))
    assert len(space) == 3
    assert space.players == 1
    assert space.prior.weights.tolist() == [0.5, 0.5]


def test_several_goods_are_bucketed_by_the_best_bundle():
    environment = assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6]]])
    space = StateSpace.from_joint(joint((2, 2), environment.grid, np.full(4, 0.25)))
    told = [seen.told(space.profiles, None) for seen in KNOWLEDGE["buckets"](environment, space, cuts=[4])]
    assert told == [["1<4", "1>=4", "1<4", "1>=4"], ["0>=4", "0>=4", "0<4", "0<4"]]
    names = partition(space, environment, KNOWLEDGE["own-value"](environment, space)).names
    assert names[0] == ("(1, 2, 4)", "(3, 0, 3)")


LABELS = [["a", "b", "c", "a", "c"], ["l", "l", "l", "h", "h"]]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: facts("graph", edges=[[0, 2]]), r"out of 0\.\.1, not \[0, 2\]"),
        (lambda: facts("graph", edges=[[1, 1]]), r"not \[1, 1\]"),
        (lambda: facts("graph", edges=[[0, 1, 1]]), r"not \[0, 1, 1\]"),
        (lambda: facts("graph", edges=[[-1, 0]]), r"not \[-1, 0\]"),
        (lambda: facts("buckets", cuts=[]), r"increasing values, not \[\]"),
        (lambda: facts("buckets", cuts=[3, 3]), r"not \[3, 3\]"),
        (lambda: facts("state", insiders=[0]), "carry states"),
        (
            lambda: facts(
                "state", Case(PRIOR.values, PRIOR.profiles, PRIOR.weights, labels=tuple("abcde")), insiders=[2]
            ),
            r"0\.\.1, not 2",
        ),
        (lambda: facts("labels", labels=LABELS[:1]), r"2 lists of a label for each state, not lists of \[5\]"),
        (lambda: facts("labels", labels=[LABELS[0], ["l"]]), r"not lists of \[5, 1\]"),
        (lambda: facts("labels", labels=[["a"] * 5, LABELS[1]]), "label 'a' covers two of her own values, 1 and 2"),
        (lambda: StateSpace((2,), np.array([[0], [1]]), np.array([0.5, 0.25])), r"sum to 1, not 0\.75"),
        (lambda: StateSpace((2,), np.array([[0], [1]]), np.array([1.0, 0.0])), "must be positive"),
    ],
)
def test_errors_show_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_a_state_that_cannot_happen_is_named():
    with pytest.raises(ValueError, match=r"-0\.5"):
        StateSpace((2,), np.array([[0], [1]]), np.array([1.5, -0.5]))


@given(st.sampled_from(KINDS), st.integers(0, 30))
def test_finer_structures_refine(kind, seed):
    """Whatever the structure, complete information tells at least as much apart, and own values no more."""
    case = random_case(seed, 2, kind)
    finest = partition(case.space, case.environment, facts("complete", case))
    coarsest = partition(case.space, case.environment, facts("own-value", case))
    for i in range(2):
        for fine, coarse in ((finest, case.knowledge), (case.knowledge, coarsest)):
            if kind == "labels" and fine is finest:
                continue  # labels may tell apart more than the profile and its state do
            pairs = set(zip(fine.cells[:, i].tolist(), coarse.cells[:, i].tolist(), strict=True))
            assert len(pairs) == len(set(fine.cells[:, i].tolist()))


def test_a_single_good_of_one_player_has_one_cell_per_value():
    environment = single_good([[1, 4]])
    space = StateSpace.from_joint(joint((2,), [[0], [1]], [0.5, 0.5]))
    knowledge = partition(space, environment, KNOWLEDGE["complete"](environment, space))
    assert knowledge.names == (("1", "4"),)


def test_a_lone_player_believes_that_nobody_else_is_there():
    environment = single_good([[1, 4]])
    space = StateSpace.from_joint(joint((2,), [[0], [1]], [0.5, 0.5]))
    knowledge = partition(space, environment, KNOWLEDGE["own-value"](environment, space))
    assert knowledge.posterior(0, 1).weights.tolist() == [1.0]
