"""Which actions of one chooser are dominated, by what; and of the others, why they are not.

Floats only propose. An action is called dominated if a mixture of other actions beats it by more than rounding can
hide, or in integers; it is called undominated if it is as certainly a best reply to some conjecture about the
opponents, correlated ones included [Pearce1984]_. No solver's word is taken for either.

References
----------
.. [Pearce1984] D. Pearce, Rationalizable strategic behavior and the problem of perfection, Econometrica 52, appendix B.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from analysis.dominance.payoff_table import PayoffTable
from analysis.dominance.programs import solve
from analysis.dominance.screens import (
    Proof,
    best_replies,
    dominated_by_one,
    holds_exactly,
    integers,
    only_best_replies,
    regret_matching,
)
from mechanisms.environment import FloatArray, IntArray

MEMORY = 1 << 30
_ARRAYS = 10


@dataclass(frozen=True, eq=False)
class Verdict:
    """What is known of one action of one chooser.

    Attributes
    ----------
    dominated : whether it is dominated, in the sense asked for.
    mixture : ``(actions,)`` weights over the chooser's actions that dominate it; all zero if it is not dominated.
    margin : if dominated, the least advantage of the mixture: the sum over blocks of the least over the block's
        columns. Positive for strict dominance; possibly zero for weak dominance.
    best : if dominated, the greatest advantage.
    conjecture : ``(columns,)`` weights, summing to one in each block, against which the action is a best reply; all
        zero if it is dominated, None if there is none at hand. For weak dominance every weight is positive.
    proof : the same evidence with exact weights, for `certified`.
    weak : which dominance was asked for.
    """

    dominated: bool
    mixture: FloatArray
    margin: float
    best: float
    conjecture: FloatArray | None
    proof: Proof
    weak: bool = False


def judge(
    payoffs: ArrayLike,
    blocks: ArrayLike | None = None,
    *,
    mixed: bool = True,
    weak: bool = False,
    tolerance: float = 0.0,
    actions: Sequence[int] | None = None,
    memory: int = MEMORY,
) -> list[Verdict]:
    """Return a verdict on each action.

    Parameters
    ----------
    payoffs : ``(actions, columns)``; a column is what the opponents do, times the probability of its block.
    blocks : ``(columns,)`` block of each column. The opponents choose one column in each block, independently, and
        payoffs add up over blocks. One block unless given: an ordinary normal form.
    mixed : whether mixtures dominate, or only single actions.
    weak : weak dominance: never worse, and better on average over configurations.
    tolerance : advantages up to it count as ties; the decision is exact for the floats given. For weak dominance, an
        action is never worse if it loses no more than the tolerance; and a mixture must then gain 10^4 times as much
        on average, as a little of anything in a mixture that pays the same would pass for a tie.
    actions : the rows to judge; all unless given.
    memory : bytes that working arrays may take.

    Raises
    ------
    ValueError : if the table is empty or not finite, the blocks do not match it, or an action is not in it.

    >>> verdict = judge([[4, 0], [0, 4], [1, 1]])[2]
    >>> verdict.dominated, np.flatnonzero(verdict.mixture).tolist(), verdict.margin > 0
    (True, [0, 1], True)
    """
    table, order = _table(payoffs, blocks, tolerance)
    rows = np.arange(len(table.payoffs)) if actions is None else np.asarray(actions, dtype=np.int64)
    if len(rows) and not (rows.min() >= 0 and rows.max() < len(table.payoffs)):
        raise ValueError(f"actions must be among {len(table.payoffs)}, but they are {rows.min()} to {rows.max()}")
    proofs = prove(table, rows, mixed=mixed, weak=weak, memory=memory)
    return [_verdict(table, int(row), proofs[int(row)], order, weak) for row in rows]


def certified(
    payoffs: ArrayLike, verdict: Verdict, action: int, blocks: ArrayLike | None = None, *, tolerance: float = 0.0
) -> bool:
    """Return whether a verdict holds in exact arithmetic on the floats given.

    For a verdict without a mixture or a conjecture this is whether no single other action dominates.
    """
    table, order = _table(payoffs, blocks, tolerance)
    place = np.argsort(order)
    found = verdict.proof
    if found.support and not found.dominated:
        found = Proof(False, tuple(place[list(found.support)].tolist()), found.weights)
    return found.dominated == verdict.dominated and holds_exactly(table, action, found, weak=verdict.weak)


def prove(
    table: PayoffTable, rows: IntArray, *, mixed: bool = True, weak: bool = False, memory: int = MEMORY
) -> dict[int, Proof]:
    """Return a proof for each row, some rows at a time so as to stay within `memory` bytes."""
    step = max(1, memory // (8 * _ARRAYS * sum(table.payoffs.shape)))
    found: dict[int, Proof] = {}
    for start in range(0, len(rows), step):
        found |= _prove(table, rows[start : start + step], mixed=mixed, weak=weak)
    return found


def _prove(table: PayoffTable, rows: IntArray, *, mixed: bool, weak: bool) -> dict[int, Proof]:
    found: dict[int, Proof] = {}

    def left(proofs: Iterable[tuple[int, Proof]]) -> IntArray:
        found.update(proofs)
        return np.array([row for row in rows.tolist() if row not in found], dtype=np.int64)

    rest = left(only_best_replies(table, rows) if weak else best_replies(table, rows))
    rest = left(dominated_by_one(table, rest, weak=weak))
    if not mixed or not len(rest):
        return found | {row: Proof(False) for row in rest.tolist()}
    left(_mixtures(table, rest, weak=weak))
    return found


def _mixtures(table: PayoffTable, rows: IntArray, *, weak: bool) -> Iterator[tuple[int, Proof]]:
    """Yield a proof for each row, looking at equal rows once."""
    kept, group = _distinct(table)
    small = table if len(kept) == len(table.payoffs) else table.kept(kept)
    if len(kept) == 1:
        yield from (
            (row, Proof(False, tuple(range(table.payoffs.shape[1])), tuple(table.uniform.tolist())))
            for row in rows.tolist()
        )
        return
    asked = np.unique(group[rows])
    hints: dict[int, FloatArray] = {}
    found: dict[int, Proof] = {}
    for row, proof in regret_matching(small, asked, weak=weak, hints=hints):
        found[row] = proof
    for row, hint in hints.items():
        found[row] = solve(small, row, weak=weak, hint=hint)
    for row in rows.tolist():
        proof = found[int(group[row])]
        support = tuple(kept[list(proof.support)].tolist()) if proof.dominated else proof.support
        yield row, Proof(proof.dominated, support, proof.weights)


def _distinct(table: PayoffTable) -> tuple[IntArray, IntArray]:
    """Return the first of each set of equal rows, and which of these every row equals."""
    if table.integers is None:
        keys: Iterable[object] = (row.tobytes() for row in table.payoffs + 0.0)
    else:
        keys = map(tuple, table.integers)
    seen: dict[object, int] = {}
    group = np.array([seen.setdefault(key, len(seen)) for key in keys])
    return np.unique(group, return_index=True)[1], group


def _table(payoffs: ArrayLike, blocks: ArrayLike | None, tolerance: float) -> tuple[PayoffTable, IntArray]:
    """Return the validated table with its columns sorted by block, and the place each came from."""
    array = np.array(payoffs, dtype=np.float64)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"payoffs must be a table with actions and columns, but their shape is {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"payoffs must be finite, but {int((~np.isfinite(array)).sum())} are not")
    if not 0.0 <= tolerance < np.inf:
        raise ValueError(f"the tolerance must be finite and not negative, but it is {tolerance}")
    largest = float(abs(array).max())
    if largest > 2.0**500 or 0.0 < largest < 2.0**-500:
        raise ValueError(f"the largest payoff must lie between 2^-500 and 2^500, but it is {largest}")
    ids = np.zeros(array.shape[1], dtype=np.int64) if blocks is None else np.asarray(blocks)
    if ids.shape != array.shape[1:]:
        raise ValueError(
            f"blocks must have one id for each of {array.shape[1]} columns, but their shape is {ids.shape}"
        )
    order = np.argsort(ids, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(ids[order]) != 0])
    return PayoffTable(array if blocks is None else array[:, order], starts, tolerance), order


def _verdict(table: PayoffTable, row: int, proof: Proof, order: IntArray, weak: bool) -> Verdict:
    mixture, conjecture = np.zeros(len(table.payoffs)), np.zeros(table.payoffs.shape[1])
    margin = best = 0.0
    weights, support = np.array(proof.weights, dtype=float), list(proof.support)
    if proof.dominated:
        mixture[support] = weights / weights.sum()
        margin, best = advantage(table, row, proof)
    elif support:
        conjecture[support] = weights
        conjecture = table.shares(conjecture, conjecture)[np.argsort(order)]
        proof = Proof(False, tuple(order[support].tolist()), proof.weights)
    none = not proof.dominated and not support
    return Verdict(proof.dominated, mixture, margin, best, None if none else conjecture, proof, weak)


def advantage(table: PayoffTable, row: int, proof: Proof) -> tuple[float, float]:
    """Return the least and the greatest advantage of a mixture over a row, the least exactly if it is but rounding."""
    support, alone = list(proof.support), len(proof.support) == 1
    weights = np.array(proof.weights, dtype=float)
    worth = table.payoffs[support[0]] if alone else weights / weights.sum() @ table.payoffs[support]
    gains = worth - table.payoffs[row]
    least, best = float(table.least(gains)), -float(table.least(-gains))
    if table.faithful and not (alone and len(table.starts) == 1) and abs(least) <= table.error(len(support)):
        numbers, total = integers(proof.weights)
        exact = table.exact_least(numbers @ table.exact(support) - total * table.exact([row])[0])
        least = float(Fraction(exact, total) * Fraction(2) ** table.exponent)
    return least, best
