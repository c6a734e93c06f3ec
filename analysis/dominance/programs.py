"""Dominance by linear programs: what the screens leave undecided, in floats if that is enough and exactly if not.

Both programs look for a mixture of the other actions, with cutting planes over the configurations of the opponents.
Strict dominance maximises the least advantage over the action. Weak dominance maximises the mean advantage, no
configuration being worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from scipy.optimize import linprog

from analysis.dominance.payoff_table import PayoffTable
from analysis.dominance.rational import ObjectArray, maximise
from analysis.dominance.screens import CLEAR, Proof, holds_exactly, integers, proof
from mechanisms.environment import FloatArray, IntArray

_CUTS, _WARM, _SMALL, _SLACK = 60, 12, 1e-9, 1e-7


def solve(table: PayoffTable, row: int, *, weak: bool, hint: FloatArray) -> Proof:
    """Return a proof for one action.

    Parameters
    ----------
    hint : ``(columns,)`` a conjecture that is hard on the other actions; its heaviest columns are the first cuts.
    """
    case = _Case(table, row, weak)
    if not len(case.others):
        return Proof(False)
    heavy = np.argsort(-hint, kind="stable")
    cuts = [table.worst(-np.where(np.arange(len(hint)) == column, 1.0 + hint.max(), hint)) for column in heavy[:_WARM]]
    found, cuts, rivals = case.in_floats(cuts)
    return found or case.exactly(cuts, rivals)


@dataclass(frozen=True, eq=False)
class _Case:
    """One action against the rest."""

    table: PayoffTable
    row: int
    weak: bool

    @cached_property
    def others(self) -> IntArray:
        """The actions that may dominate it."""
        return self.table.others(self.row, weak=self.weak)

    def in_floats(self, cuts: list[IntArray]) -> tuple[Proof | None, list[IntArray], list[int]]:
        """Return a proof, if one is beyond rounding; and the cuts and the actions that matter."""
        table, gains = self.table, self.table.payoffs[self.others] - self.table.payoffs[self.row]
        for _ in range(_CUTS):
            seen = np.array(cuts)
            solved = self._program(gains, gains[:, seen].sum(axis=2))
            if solved is None:
                break
            mixture, weights = solved
            advantage = mixture @ gains
            if not self.weak:
                found = self._sure(mixture, advantage, gains, seen, weights)
                if found:
                    return found, cuts, []
            worst, tight = table.worst(advantage), advantage[seen].sum(axis=1)
            if advantage[worst].sum() >= tight.min() - _SMALL * table.size:
                close = np.flatnonzero(tight <= tight.min() + _SLACK * table.size)
                rivals = self.others[mixture > _SMALL].tolist()
                return None, [cuts[k] for k in close], self.others.tolist() if self.weak else rivals
            cuts.append(worst)
        return None, cuts, self.others.tolist()

    def _program(self, gains: FloatArray, cut: FloatArray) -> tuple[FloatArray, FloatArray] | None:
        """Return the best mixture against the cuts and the weights of the cuts, or None if HiGHS gives up."""
        actions, cuts = cut.shape
        if self.weak:
            tie = self.table.tolerance
            objective = self.table.mean(gains) - CLEAR * tie
            result = linprog(-objective, np.vstack([-cut.T - tie, np.ones(actions)]), np.append(np.zeros(cuts), 1.0))
        else:
            result = linprog(
                np.append(np.zeros(actions), -1.0),
                np.column_stack([-cut.T, np.ones(cuts)]),
                np.zeros(cuts),
                np.append(np.ones(actions), 0.0)[None],
                [1.0],
                bounds=[(0, None)] * actions + [(None, None)],
            )
        if result.status != 0 or result.x is None:
            return None
        mixture = np.maximum(result.x[:actions], 0.0)
        return mixture / max(mixture.sum(), _SMALL), np.maximum(-result.ineqlin.marginals[:cuts], 0.0)

    def _sure(
        self, mixture: FloatArray, advantage: FloatArray, gains: FloatArray, cuts: IntArray, weights: FloatArray
    ) -> Proof | None:
        table = self.table
        if table.least(advantage) > table.tolerance + table.error(int((mixture > 0).sum())):
            whole = np.zeros(len(table.payoffs))
            whole[self.others] = mixture
            return proof(True, whole)
        conjecture = np.zeros(gains.shape[1])
        np.add.at(conjecture, cuts, weights[:, None])
        if weights.sum() <= 0.0:
            return None
        conjecture = table.shares(conjecture, conjecture)
        if (gains @ conjecture).max() <= table.tolerance - table.error(int((conjecture > 0).sum())):
            return proof(False, conjecture)
        return None

    def exactly(self, cuts: list[IntArray], rivals: list[int]) -> Proof:
        """Return a proof in integers, from some cuts and some of the other actions, adding to both as needed."""
        table = self.table
        own = table.exact([self.row])
        while True:
            seen = np.array(cuts)
            columns, place = np.unique(seen, return_inverse=True)
            cut = (table.exact(rivals, columns) - own[:, columns])[:, place.reshape(seen.shape)].sum(axis=2)
            found = self._weakly(cut, seen) if self.weak else self._strictly(cut, seen, rivals)
            if not found.support or holds_exactly(table, self.row, found, weak=self.weak):
                return found
            weights, total = integers(found.weights)
            if found.dominated:
                cuts.append(table.worst(weights @ table.exact(found.support) - total * own[0]))
            else:
                rivals = [*rivals, int(self.others[(table.exact(self.others, found.support) @ weights).argmax()])]

    def _strictly(self, cut: ObjectArray, cuts: IntArray, rivals: list[int]) -> Proof:
        """Return the optimal mixture against the cuts, or the conjecture that no mixture beats."""
        shift = 1 - cut.min() if cut.min() < 1 else 0
        actions, count = cut.shape
        best = maximise(_ones(count), cut + shift, _ones(actions))
        if best.scale - shift * best.value > self.table.exact_tolerance * best.value:
            return self._mixture(best.dual, rivals)
        conjecture = np.full(self.table.payoffs.shape[1], 0, dtype=object)
        np.add.at(conjecture, cuts, best.primal[:, None])
        return proof(False, _fractions(conjecture, best.value))

    def _weakly(self, cut: ObjectArray, cuts: IntArray) -> Proof:
        """Return the mixture that is best on average, or a conjecture with all columns that no mixture beats."""
        table, tie = self.table, self.table.exact_tolerance
        objective, parts = self._means
        matrix = np.vstack([-cut.T - tie, _ones(len(cut))])
        best = maximise(objective - CLEAR * tie * parts, matrix, np.array([0] * len(cuts) + [1], dtype=object))
        if best.value > 0:
            return self._mixture(best.primal, self.others)
        if tie:
            return Proof(False)
        sizes = np.repeat(table.ends - table.starts, table.ends - table.starts).astype(object)
        conjecture = (parts * best.scale) // sizes
        np.add.at(conjecture, cuts, best.dual[:-1][:, None])
        return proof(False, _fractions(conjecture, best.scale))

    @cached_property
    def _means(self) -> tuple[ObjectArray, int]:
        return self.table.exact_mean(self.table.exact(self.others) - self.table.exact([self.row]))

    def _mixture(self, weights: ObjectArray, rivals: Sequence[int] | IntArray) -> Proof:
        total = weights.sum()
        mixture = np.full(len(self.table.payoffs), 0, dtype=object)
        mixture[rivals] = [Fraction(weight, total) for weight in weights]
        return proof(True, mixture)


def _ones(size: int) -> ObjectArray:
    return np.full(size, 1, dtype=object)


def _fractions(numbers: ObjectArray, denominator: int) -> ObjectArray:
    result = np.empty(len(numbers), dtype=object)
    result[:] = [Fraction(number, denominator) for number in numbers]
    return result
