"""Dominance: verdicts against brute force over every configuration, and certificates that can fail."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.dominance import programs, screens
from analysis.dominance.judge import certified, judge, prove
from analysis.dominance.payoff_table import PayoffTable
from analysis.dominance.rational import last_bit, maximise, whole
from analysis.dominance.screens import Proof, holds_exactly
from tests.analysis.dominance.games import advantages, is_dominated

NOTIONS = [(mixed, weak) for mixed in (True, False) for weak in (False, True)]
ONE = np.zeros(1, dtype=np.int64)


def blocked(seed):
    rng = np.random.default_rng(seed)
    blocks = rng.permutation(np.repeat([3, 0, 7], rng.integers([1, 0, 0], 5)))
    return rng.integers(-3, 4, (rng.integers(1, 9), len(blocks))).astype(float), blocks


@pytest.mark.parametrize(("mixed", "weak"), NOTIONS)
@pytest.mark.parametrize("seed", range(60))
def test_verdicts_are_those_of_brute_force(seed, mixed, weak):
    payoffs, blocks = blocked(seed)
    for tolerance in (0.0, 1e-11):
        for action, verdict in enumerate(judge(payoffs, blocks, mixed=mixed, weak=weak, tolerance=tolerance)):
            assert verdict.dominated == is_dominated(payoffs, action, blocks, mixed=mixed, weak=weak)
            assert certified(payoffs, verdict, action, blocks, tolerance=tolerance)


@pytest.mark.parametrize("seed", range(40))
def test_a_tolerance_looks_through_rounding(seed):
    """The payoffs are multiplied by what floats cannot hold; brute force sees them as they were."""
    payoffs, blocks = blocked(seed)
    for mixed, weak in NOTIONS:
        for action, verdict in enumerate(judge(payoffs / 3 + 0.1, blocks, mixed=mixed, weak=weak, tolerance=1e-12)):
            assert verdict.dominated == is_dominated(payoffs, action, blocks, mixed=mixed, weak=weak)


@pytest.mark.parametrize("seed", range(20))
def test_margins_and_weights_are_what_they_say(seed):
    payoffs, blocks = blocked(seed)
    for weak in (False, True):
        for action, verdict in enumerate(judge(payoffs, blocks, weak=weak)):
            if verdict.dominated:
                gains = np.delete(verdict.mixture, action) @ advantages(payoffs, blocks, action)
                assert verdict.mixture.sum() == pytest.approx(1)
                assert (verdict.margin, verdict.best) == pytest.approx((gains.min(), gains.max()))
            else:
                sums = [verdict.conjecture[blocks == block].sum() for block in np.unique(blocks)]
                assert sums == pytest.approx([1] * len(sums))
                worth = payoffs @ verdict.conjecture
                assert worth[action] == pytest.approx(worth.max())
                assert not weak or (verdict.conjecture > 0).all()


def test_the_textbook_mixture():
    verdict = judge([[4, 0], [0, 4], [1, 1]])[2]
    assert verdict.dominated
    assert np.flatnonzero(verdict.mixture).tolist() == [0, 1]
    assert verdict.margin == 4 * verdict.mixture.min(where=[True, True, False], initial=1.0) - 1 > 0
    assert not judge([[4, 0], [0, 4], [1, 1]], mixed=False)[2].dominated


def test_a_tie_with_a_mixture_is_no_strict_dominance():
    """A third of each of three is worth the same as the fourth; floats cannot say so, a proof in thirds can."""
    payoffs = np.vstack([3.0 * np.eye(3), np.ones(3)])
    strict, weak = judge(payoffs)[3], judge(payoffs, weak=True)[3]
    assert not strict.dominated
    assert not weak.dominated
    assert certified(payoffs, strict, 3)
    assert set(strict.proof.weights) == {Fraction(1, 3)}


@pytest.mark.parametrize(("step", "dominated"), [(-1, True), (0, False), (1, False)])
def test_one_unit_in_the_last_place_decides(step, dominated):
    payoffs = np.vstack([3.0 * np.eye(3), np.ones(3)])
    payoffs[3] += step * 2.0**-53 if step < 0 else step * 2.0**-52
    verdict = judge(payoffs)[3]
    assert verdict.dominated is dominated
    assert certified(payoffs, verdict, 3)
    assert (verdict.margin > 0) is dominated
    assert not judge(payoffs, tolerance=1e-12)[3].dominated


@pytest.mark.parametrize("seed", range(4))
def test_ties_up_to_rounding_are_decided_with_proof(seed):
    """Each of the last rows is a mixture of five others but for rounding, which alone decides."""
    rng = np.random.default_rng(seed)
    payoffs = rng.random((16, 14))
    for row in range(13, 16):
        chosen = rng.choice(13, 5, replace=False)
        payoffs[row] = rng.dirichlet(np.ones(5)) @ payoffs[chosen]
    for action, verdict in zip(range(13, 16), judge(payoffs, actions=[13, 14, 15]), strict=True):
        assert certified(payoffs, verdict, action)
        assert (verdict.margin > 0) == verdict.dominated
        assert not judge(payoffs, tolerance=1e-9, actions=[action])[0].dominated or verdict.dominated


def test_weak_dominance_by_a_mixture_only():
    payoffs = np.array([[4.0, 0, 2], [0, 4, 2], [2, 2, 1]])
    verdict = judge(payoffs, weak=True)[2]
    assert verdict.dominated
    assert (verdict.margin, verdict.best) == (0.0, 1.0)
    assert certified(payoffs, verdict, 2)
    assert not judge(payoffs)[2].dominated
    assert not judge(payoffs, weak=True, mixed=False)[2].dominated


def test_blocks_add_up():
    """Neither block alone shows it: worse by one at most in the first, better by two at least in the second."""
    payoffs, blocks = [[0.0, 5.0, 2.0, 9.0], [1.0, 1.0, 0.0, 0.0]], [0, 0, 1, 1]
    verdict = judge(payoffs, blocks)[1]
    assert verdict.dominated
    assert verdict.margin == 1.0
    assert not judge(payoffs)[1].dominated


def test_equal_actions_do_not_dominate_each_other():
    for verdict in judge(np.ones((3, 2)), weak=True) + judge(np.ones((3, 2))):
        assert not verdict.dominated
        assert verdict.conjecture.sum() == 1.0


def test_false_certificates_are_refused():
    payoffs = [[4.0, 0], [0, 4], [1, 1], [2.5, 2.5]]
    dominated, kept = judge(payoffs)[2:]
    assert certified(payoffs, dominated, 2)
    assert not certified(payoffs, dominated, 3)
    assert not certified(payoffs, replace(kept, proof=Proof(False, (0,), (1.0,))), 3)
    assert not certified(payoffs, replace(dominated, proof=Proof(True, (0, 1), (0.9, 0.1))), 2)
    assert not certified(payoffs, replace(dominated, proof=Proof(True, (0, 1), (3.0, -1.0))), 2)
    assert not certified(payoffs, replace(kept, dominated=True), 3)
    assert not certified(payoffs, replace(kept, weak=True), 0)
    assert not certified([[0.0], [1.0]], replace(kept, proof=Proof(False)), 0)
    assert not certified([[0.0] * 2, [1.0, -1.0]], replace(kept, proof=Proof(False, (0,), (1.0,))), 0, [0, 1])


def test_a_solver_that_gives_up_changes_nothing(monkeypatch):
    class Nothing:
        status, x = 4, None

    payoffs, blocks = blocked(7)
    monkeypatch.setattr(screens, "ROUNDS", 1)
    monkeypatch.setattr(programs, "linprog", lambda *_, **__: Nothing)
    for weak in (False, True):
        for action, verdict in enumerate(judge(payoffs, blocks, weak=weak)):
            assert verdict.dominated == is_dominated(payoffs, action, blocks, weak=weak)


def test_a_solver_that_lies_changes_nothing(monkeypatch):
    class Liar:
        status, x = 0, np.full(1000, 0.01)

        class ineqlin:
            marginals = -np.full(1000, 0.5)

    def lie(objective, *_, **__):
        lies = Liar()
        lies.x = Liar.x[: len(objective)]
        return lies

    monkeypatch.setattr(screens, "ROUNDS", 1)
    monkeypatch.setattr(programs, "linprog", lie)
    for seed in range(12):
        rng = np.random.default_rng(seed)
        payoffs = rng.integers(-9, 10, (7, 6)).astype(float)
        for action, verdict in enumerate(judge(payoffs)):
            assert verdict.dominated == is_dominated(payoffs, action)


@pytest.mark.parametrize("seed", range(30))
def test_linear_programs_alone_decide_the_same(seed):
    """Each row is put to the programs, which the screens otherwise spare."""
    payoffs, blocks = blocked(seed)
    order = np.argsort(blocks, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(blocks[order]) != 0])
    table = PayoffTable(np.unique(payoffs[:, order], axis=0), starts)
    for weak in (False, True):
        for row in range(len(table.payoffs)):
            if len(table.payoffs) > 1:
                found = programs.solve(table, row, weak=weak, hint=table.uniform)
                assert found.dominated == is_dominated(table.payoffs, row, blocks[order], weak=weak)
                assert holds_exactly(table, row, found, weak=weak)


def test_integers_that_floats_cannot_hold():
    """In floats the first two rows are equal; in integers the second is better by one."""
    big = 2**80
    integers = np.array([[big, 0], [big + 1, 1], [-big, big]], dtype=object)
    table = PayoffTable(integers.astype(float), ONE, integers=integers)
    found = prove(table, np.arange(3))
    assert [found[row].dominated for row in range(3)] == [True, False, False]
    assert all(holds_exactly(table, row, found[row]) for row in range(3))
    assert prove(table, np.arange(3), mixed=False)[0].dominated
    assert prove(table, np.arange(3), weak=True)[0].dominated


def test_any_memory_gives_the_same():
    payoffs = np.random.default_rng(3).random((20, 15))
    small, large = judge(payoffs, memory=1), judge(payoffs)
    assert [verdict.dominated for verdict in small] == [verdict.dominated for verdict in large]


def test_some_actions_only():
    payoffs = [[4.0, 0], [0, 4], [1, 1]]
    assert [verdict.dominated for verdict in judge(payoffs, actions=[2, 0])] == [True, False]
    assert judge(payoffs, actions=[]) == []


@pytest.mark.parametrize(
    ("payoffs", "options", "words"),
    [
        ([1.0, 2.0], {}, "shape is .2,."),
        (np.zeros((2, 0)), {}, "shape is .2, 0."),
        ([[1.0, np.nan]], {}, "1 are not"),
        ([[1e200]], {}, "1e.200"),
        ([[1.0]], {"blocks": [0, 1]}, "1 columns, but their shape is .2,."),
        ([[1.0]], {"tolerance": -1.0}, "-1.0"),
        ([[1.0]], {"actions": [1]}, "1 to 1"),
    ],
)
def test_what_is_wrong_is_named(payoffs, options, words):
    with pytest.raises(ValueError, match=words):
        judge(payoffs, **options)


TABLES = st.integers(1, 6).flatmap(
    lambda columns: st.lists(st.lists(st.integers(-3, 3), min_size=columns, max_size=columns), min_size=1, max_size=6)
)


@given(TABLES, st.permutations(range(6)), st.integers(1, 5), st.integers(-4, 4), st.booleans())
def test_names_and_units_do_not_matter(rows, order, factor, shift, weak):
    payoffs = np.array(rows, dtype=float)
    places = [k for k in order if k < len(payoffs)]
    plain = judge(payoffs, weak=weak)
    moved = judge(factor * payoffs[places] + shift, weak=weak)
    assert [verdict.dominated for verdict in moved] == [plain[k].dominated for k in places]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8), st.floats(0, 1e-3))
def test_floats_become_integers_without_loss(numbers, tolerance):
    values = np.array([*numbers, tolerance])
    exponent = last_bit(values)
    assert [int(n) * Fraction(2) ** exponent for n in whole(values, exponent)] == [Fraction(v) for v in values.tolist()]


@given(
    st.lists(st.integers(-4, 4), min_size=3, max_size=3),
    st.lists(st.lists(st.integers(-2, 4), min_size=3, max_size=3), min_size=1, max_size=4),
    st.lists(st.integers(0, 5), min_size=4, max_size=4),
)
def test_the_exact_simplex_proves_its_optimum(objective, rows, limits):
    """Primal and dual are feasible and worth the same; a box keeps the program bounded."""
    matrix = np.array([*rows, [1, 1, 1]], dtype=object)
    limit = np.array([*limits[: len(rows)], 7], dtype=object)
    aim = np.array(objective, dtype=object)
    best = maximise(aim, matrix, limit)
    assert best.scale > 0
    assert (best.primal >= 0).all()
    assert (best.dual >= 0).all()
    assert (matrix @ best.primal <= limit * best.scale).all()
    assert (best.dual @ matrix >= aim * best.scale).all()
    assert aim @ best.primal == best.value == best.dual @ limit


def test_the_exact_simplex_refuses_what_it_cannot_do():
    ones = np.array([1], dtype=object)
    with pytest.raises(ValueError, match="least is -1"):
        maximise(ones, ones[None], -ones)
    with pytest.raises(ValueError, match="unbounded along variable 0"):
        maximise(ones, -ones[None], ones)
