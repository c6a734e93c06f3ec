"""Quick proofs that actions are dominated or not, many actions at a time.

Three screens, cheapest first: is the action a best reply to some configuration; does one other action dominate it; and
a zero-sum game, action against the rest, that regret matching plays until one side has won [FarinaKroerSandholm2021]_.
What they leave undecided is close to a tie, and goes to linear programs.

References
----------
.. [FarinaKroerSandholm2021] G. Farina, C. Kroer, T. Sandholm, Faster game solving via predictive Blackwell
   approachability, AAAI 2021.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from analysis.dominance.payoff_table import PayoffTable
from analysis.dominance.rational import ObjectArray
from mechanisms.environment import BoolArray, FloatArray, IntArray

ROUNDS = 128
_JUDGED = frozenset((2, 8, 14, 20, 26, 36, 52, 72, 96, 128))
CLEAR = 10**4
_SMALL = 1 << 16
_THINNING = (0.3, 0.1, 0.02)
Weight = float | Fraction


@dataclass(frozen=True)
class Proof:
    """Why an action is dominated, or why it is not.

    Attributes
    ----------
    dominated : which of the two.
    support : the actions that dominate it together; or the columns against which it is a best reply; or nothing, where
        all there is to say is that no single other action dominates it.
    weights : of the support, rational where floats would not do; they count up to scale, in each block by itself.
    """

    dominated: bool
    support: tuple[int, ...] = ()
    weights: tuple[Weight, ...] = ()


def proof(dominated: bool, weights: FloatArray | ObjectArray) -> Proof:
    """Return the proof with the weights that are not zero."""
    support = np.flatnonzero(weights)
    return Proof(dominated, tuple(support.tolist()), tuple(weights[support].tolist()))


def best_replies(table: PayoffTable, rows: IntArray) -> Iterator[tuple[int, Proof]]:
    """Yield the rows that are best replies to one column of each block, with these columns."""
    regrets = table.top - table.payoffs[rows]
    good = np.flatnonzero(table.least(regrets) <= max(table.tolerance - table.pairwise_error, 0.0))
    columns = table.worst(regrets[good])
    for at, support in zip(good.tolist(), columns.tolist(), strict=True):
        found = Proof(False, tuple(support), (1.0,) * len(support))
        if table.faithful or holds_exactly(table, int(rows[at]), found):
            yield int(rows[at]), found


def only_best_replies(table: PayoffTable, rows: IntArray) -> Iterator[tuple[int, Proof]]:
    """Yield the rows that are the only best reply to some configuration, with all columns as a conjecture near it."""
    if len(table.payoffs) == 1:
        yield from ((int(row), proof(False, table.uniform)) for row in rows)
        return
    second = np.partition(table.payoffs, -2, axis=0)[-2]
    columns = table.worst(second - table.payoffs[rows])
    conjectures = np.zeros((len(rows), table.payoffs.shape[1]))
    np.put_along_axis(conjectures, columns, 1.0, axis=1)
    yield from _filled(table, rows, conjectures)


def _filled(table: PayoffTable, rows: IntArray, conjectures: FloatArray) -> Iterator[tuple[int, Proof]]:
    """Yield the rows that stay best replies when some weight goes to every column."""
    slack = -table.regret(conjectures, rows)
    share = np.clip(slack / (4 * table.size), 0.0, 0.5)[:, None] if table.size else np.zeros((len(rows), 1))
    filled = (1 - share) * conjectures + share * table.uniform
    sure = (table.regret(filled, rows) < -table.tolerance - table.error(filled.shape[1])) & (filled > 0).all(axis=1)
    yield from ((int(rows[at]), proof(False, filled[at])) for at in np.flatnonzero(sure))


def dominated_by_one(table: PayoffTable, rows: IntArray, *, weak: bool = False) -> Iterator[tuple[int, Proof]]:
    """Yield the rows that another action dominates, with that action.

    Each row keeps an upper bound on the advantage of every other action, from configurations tried so far; the most
    promising one is looked at in full, and adds the configuration that is worst for it.
    """
    payoffs, error, floor = table.payoffs, table.pairwise_error, _floor(table, weak)
    if len(rows) * payoffs.size <= _SMALL and not weak and not error:
        worst = (payoffs - payoffs[rows][:, None]).min(axis=2)
        pick = worst.argmax(axis=1)
        hit = np.flatnonzero(worst[np.arange(len(rows)), pick] > 0)
        yield from ((int(rows[at]), Proof(True, (int(pick[at]),), (1.0,))) for at in hit)
        return
    bounds = np.full((len(rows), len(payoffs)), np.inf)
    bounds[np.arange(len(rows)), rows] = -np.inf
    at: IntArray = np.arange(len(rows))
    cuts = table.worst(table.top - payoffs[rows])
    while len(at):
        tried = sum(payoffs[:, column].T - payoffs[rows[at], column][:, None] for column in cuts.T)
        bounds[at] = np.minimum(bounds[at], tried)
        pick = bounds[at].argmax(axis=1)
        reached = bounds[at, pick]
        hopeful: BoolArray = reached >= floor - error if weak else reached > floor - error
        at, pick = at[hopeful], pick[hopeful]
        gains = payoffs[pick] - payoffs[rows[at]]
        beaten = _beats(table, gains, pick, rows[at], weak=weak)
        yield from ((int(rows[at[k]]), Proof(True, (int(pick[k]),), (1.0,))) for k in np.flatnonzero(beaten))
        bounds[at, pick] = -np.inf
        at, cuts = at[~beaten], table.worst(gains[~beaten])


def _floor(table: PayoffTable, weak: bool) -> float:
    return -table.tolerance if weak else table.tolerance


def _beats(table: PayoffTable, gains: FloatArray, pick: IntArray, rows: IntArray, *, weak: bool) -> BoolArray:
    """Return for which pairs the first dominates the second, asking exactly where rounding leaves a doubt."""
    error, least = table.pairwise_error, table.least(gains)
    if not weak:
        sure, open_ = least > table.tolerance + error, least > table.tolerance - error
    else:
        blur = 0.0 if error == 0.0 else float(table.error(gains.shape[1]))
        best = gains.max(axis=1, initial=-np.inf) if error == 0.0 else table.mean(gains)
        sure = (least >= error - table.tolerance) & (best > table.tolerance + blur)
        open_ = (least >= -error - table.tolerance) & (best > table.tolerance - blur)
    for k in np.flatnonzero(open_ & ~sure):
        sure[k] = holds_exactly(table, int(rows[k]), Proof(True, (int(pick[k]),), (1.0,)), weak=weak)
    return sure


def regret_matching(
    table: PayoffTable, rows: IntArray, *, weak: bool = False, hints: dict[int, FloatArray]
) -> Iterator[tuple[int, Proof]]:
    """Yield the rows that a fight against the rest decides, and leave the others' last conjectures in `hints`.

    One side mixes the other actions and wins if its mixture is better in every configuration; the other side mixes
    columns and wins if the row is a best reply to its conjecture. They move by turns, by predictive regret matching:
    regrets have a floor at zero, and each expects its last gains again. Averages are judged, later turns counting more.
    """
    payoffs, own = table.payoffs, table.payoffs[rows]
    others = np.ones((len(rows), len(payoffs)))
    others[np.arange(len(rows)), rows] = 0.0
    mixtures, conjectures = others / (len(payoffs) - 1), np.tile(table.uniform, (len(rows), 1))
    above, below, mixed, conjectured = (np.zeros_like(like) for like in (mixtures, own, mixtures, own))
    for turn in range(1, ROUNDS + 1):
        worth = conjectures @ payoffs.T
        worth -= np.einsum("ra,ra->r", mixtures, worth)[:, None]
        above += worth
        np.maximum(above, 0.0, out=above)
        worth += above
        np.maximum(worth, 0.0, out=worth)
        worth *= others
        total = worth.sum(axis=1, keepdims=True)
        np.divide(worth, total, out=mixtures, where=total > 0)
        losses = mixtures @ payoffs
        losses -= own
        np.subtract(table.spread(table.totals(conjectures * losses)), losses, out=losses)
        below += losses
        np.maximum(below, 0.0, out=below)
        losses += below
        np.maximum(losses, 0.0, out=losses)
        conjectures = table.shares(losses, conjectures)
        mixed += turn**2 * mixtures
        conjectured += turn**2 * conjectures
        if turn in _JUDGED:
            average = table.shares(conjectured, conjectures)
            found = dict(_winners(table, rows, mixed / mixed.sum(axis=1, keepdims=True), average, weak=weak))
            yield from found.items()
            left = np.array([row not in found for row in rows.tolist()])
            rows, own, others, mixtures, conjectures, above, below, mixed, conjectured = (
                one[left] for one in (rows, own, others, mixtures, conjectures, above, below, mixed, conjectured)
            )
            if not len(rows):
                return
    hints.update(zip(rows.tolist(), table.shares(conjectured, conjectures), strict=True))


def _winners(
    table: PayoffTable, rows: IntArray, mixtures: FloatArray, conjectures: FloatArray, *, weak: bool
) -> Iterator[tuple[int, Proof]]:
    """Yield the rows for which the mixture or the conjecture is a proof."""
    won = np.flatnonzero(_undominated(table, rows, conjectures))
    if weak:
        yield from _filled(table, rows[won], conjectures[won])
    else:
        thin = _thinned(table, rows[won], conjectures[won], dominated=False)
        yield from ((int(row), proof(False, weights)) for row, weights in zip(rows[won], thin, strict=True))
    won = np.flatnonzero(_dominated(table, rows, mixtures))
    thin = _thinned(table, rows[won], mixtures[won], dominated=True)
    yield from ((int(row), proof(True, weights)) for row, weights in zip(rows[won], thin, strict=True))


def _undominated(table: PayoffTable, rows: IntArray, conjectures: FloatArray) -> BoolArray:
    """Return for which rows the conjecture proves, whatever the rounding, that they are not dominated."""
    return table.regret(conjectures, rows) <= table.tolerance - table.error((conjectures > 0).sum(axis=1))


def _dominated(table: PayoffTable, rows: IntArray, mixtures: FloatArray) -> BoolArray:
    """Return for which rows the mixture proves, whatever the rounding, that they are dominated."""
    error = table.error((mixtures > 0).sum(axis=1))
    return table.least(mixtures @ table.payoffs - table.payoffs[rows]) > table.tolerance + error


def _thinned(table: PayoffTable, rows: IntArray, weights: FloatArray, *, dominated: bool) -> FloatArray:
    """Return weights on fewer actions or columns that prove the same."""
    left = np.arange(len(rows))
    result = weights.copy()
    for share in _THINNING:
        if not len(left):
            break
        some = weights[left]
        top = some.max(axis=1, keepdims=True)
        if not dominated:
            top = table.spread(np.maximum.reduceat(some, table.starts, axis=1))
        thin = np.where(some >= share * top, some, 0.0)
        thin = thin / thin.sum(axis=1, keepdims=True) if dominated else table.shares(thin, thin)
        works = (_dominated if dominated else _undominated)(table, rows[left], thin)
        result[left[works]] = thin[works]
        left = left[~works]
    return result


# --- exactly


def holds_exactly(table: PayoffTable, row: int, claim: Proof, *, weak: bool = False) -> bool:
    """Return whether a proof is one, in integers."""
    if not claim.support:
        return not claim.dominated and not any(dominated_by_one(table, np.array([row]), weak=weak))
    if not all(weight > 0 for weight in claim.weights):
        return False
    return (_mixture_beats if claim.dominated else _is_best_reply)(table, row, claim, weak)


def _mixture_beats(table: PayoffTable, row: int, claim: Proof, weak: bool) -> bool:
    weights, total = integers(claim.weights)
    payoffs = table.exact((*claim.support, row))
    gains = weights @ payoffs[:-1] - total * payoffs[-1]
    least, tie = table.exact_least(gains), total * table.exact_tolerance
    if not weak:
        return bool(least > tie)
    mean, parts = table.exact_mean(gains)
    return bool(least >= -tie and mean > parts * tie * (1 if len(weights) == 1 else CLEAR))


def _is_best_reply(table: PayoffTable, row: int, claim: Proof, weak: bool) -> bool:
    support = np.array(claim.support)
    block = np.searchsorted(table.starts, support, side="right") - 1
    if len(np.unique(block)) < len(table.starts) or (weak and len(support) < table.payoffs.shape[1]):
        return False
    weights, _ = integers(claim.weights)
    totals = [weights[block == k].sum() for k in range(len(table.starts))]
    common = math.lcm(*totals)
    scaled = np.array([weight * (common // totals[k]) for weight, k in zip(weights, block, strict=True)], dtype=object)
    own = (table.exact([row], support) @ scaled)[0]
    worth = table.exact(table.others(row, weak=weak), support) @ scaled
    tie = -table.exact_tolerance if weak else table.exact_tolerance
    return bool((worth - own <= common * tie).all())


def integers(weights: Sequence[Weight]) -> tuple[ObjectArray, int]:
    """Return weights scaled to integers, and their sum."""
    ratios = [Fraction(weight) for weight in weights]
    common = math.lcm(*(ratio.denominator for ratio in ratios))
    scaled = np.array([int(ratio * common) for ratio in ratios], dtype=object)
    return scaled, int(scaled.sum())
