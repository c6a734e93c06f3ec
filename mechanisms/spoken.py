"""Everybody's reported belief at everybody else's announcement, at once: linear in players.

Reports of products and mixtures about the others are usually one big product with the reporter left out, up to a few
players whom she knows more of. So each product is told apart from a *base*, a row of factors for everybody, by the few
places where it differs; sums of logarithms before and after each place then give every leave-one-out probability. What
is like no base is worked out directly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.environment import BoolArray, FloatArray, IntArray
from mechanisms.factors import Factors, Parts, from_words
from mechanisms.stack import Stack

BLOCK = 1 << 20
BASES = 64


def blocks(rounds: int, players: int) -> Iterator[slice]:
    """Return slices of rounds whose reports fill about eight megabytes an array."""
    step = max(1, BLOCK // max(players, 1))
    return (slice(start, min(start + step, rounds)) for start in range(0, rounds, step))


class Spoken:
    """The products that reports about everybody but the reporter are made of, for one number of players.

    A *use* is a belief in a player's mouth, an *entry* one of its products, written as a row of factors for all
    players in which hers is 0, nobody's.

    Parameters
    ----------
    factors : of the book.
    parts : returns a belief's normal form; None if it is a table.
    """

    def __init__(self, players: int, factors: Factors, parts: Callable[[int], Parts | None]) -> None:
        self.players = players
        self._factors = factors
        self._parts = parts
        self._bases: list[IntArray] = []
        self._entry_ids: dict[tuple[int, int], int] = {}
        self._inner_products: dict[tuple[int, int], float] = {}
        self._rows = Stack((players,))
        self._base = Stack(())
        self._differences = Stack((2,))
        self._spans = Stack((2,))
        self._use_entries = Stack((1,), fill=-1)
        self._use_weights = Stack((1,), fill=-np.inf, dtype=float)
        self._use_norms = Stack((), dtype=float)
        self._known = [(np.array([-1]), np.array([-1])) for _ in range(players)]

    # --- what is spoken

    def uses(self, ids: IntArray) -> IntArray:
        """Return ``(players, rounds)``: the use of each reported id ``(rounds, players)``; -1 for tables and id -1."""
        found = np.empty(ids.shape[::-1], dtype=np.int64)
        for j in range(self.players):
            found[j] = self.uses_of(j, ids[:, j])
        return found

    def uses_of(self, owner: int, ids: IntArray) -> IntArray:
        """Return the use of each id ``(rounds,)`` that one player reported."""
        spots = self._spots(owner, ids)
        if (unknown := self._known[owner][0][spots] != ids).any():
            self._learn(owner, np.unique(ids[unknown]))
            spots = self._spots(owner, ids)
        return self._known[owner][1][spots]

    def components(self, uses: IntArray) -> Iterator[tuple[IntArray, FloatArray]]:
        """Return, component by component, entries (-1 for none) and log weights of uses of any shape."""
        for s in range(self._use_entries.rows.shape[1]):
            entries = np.where(uses >= 0, self._use_entries.rows[uses, s], -1)
            if (entries >= 0).any():
                yield entries, np.where(entries >= 0, self._use_weights.rows[uses, s], -np.inf)

    def _spots(self, owner: int, column: IntArray) -> IntArray:
        known = self._known[owner][0]
        return np.minimum(np.searchsorted(known, column), len(known) - 1)

    def _learn(self, owner: int, ids: IntArray) -> None:
        numbers = [self._use(owner, self._parts(belief)) for belief in ids.tolist()]
        known = np.append(self._known[owner][0], ids)
        order = np.argsort(known)
        self._known[owner] = known[order], np.append(self._known[owner][1], numbers)[order]

    def _use(self, owner: int, parts: Parts | None) -> int:
        if parts is None:
            return -1
        entries = [self._entry(owner, product) for product in parts.products.tolist()]
        self._use_entries.append(np.array(entries))
        self._use_weights.append(np.log(parts.weights))
        self._use_norms.append(np.nan)
        return len(self._use_entries) - 1

    def _entry(self, owner: int, product: int) -> int:
        key = owner, product
        if key not in self._entry_ids:
            self._entry_ids[key] = len(self._entry_ids)
            about = self._factors.row(product)
            if len(about) != self.players - 1:
                raise ValueError(f"a reported belief is about {len(about)} players, not the {self.players - 1} others")
            row = np.insert(about, owner, 0)
            base, places = self._like(owner, row)
            self._rows.append(row)
            self._base.append(base)
            self._spans.append((len(self._differences), len(places)))
            for place in places.tolist():
                self._differences.append((place, row[place]))
        return self._entry_ids[key]

    def _like(self, owner: int, row: IntArray) -> tuple[int, IntArray]:
        """Return the base that a row is like, -1 for none, and where it differs; the owner's place does not count."""
        if self._bases:
            bases = np.stack(self._bases)
            differs = (bases != row) & (bases != 0)
            differs[:, owner] = False
            base = int(differs.sum(axis=1).argmin())
            places = np.flatnonzero(differs[base])
            if len(places) <= self.players // 4:
                self._bases[base] = np.where(bases[base] == 0, row, bases[base])
                return base, places
        if len(self._bases) == BASES:
            return -1, np.zeros(0, dtype=np.int64)
        self._bases.append(row)
        return len(self._bases) - 1, np.zeros(0, dtype=np.int64)

    # --- sums over everybody but the reporter

    def sums(self, table: NDArray[Any], entries: IntArray, values: IntArray, skip: IntArray | None) -> NDArray[Any]:
        """Return, for entries ``(players, rounds)``, the sum of ``table[factor, value]`` over all but the reporter.

        Parameters
        ----------
        values : ``(players, rounds)`` announced types.
        skip : ``(rounds,)`` one more player to leave out of each round, or None.
        """
        base = np.where(entries >= 0, self._base.rows[entries], -1)
        counts = np.bincount(base.ravel() + 1, minlength=len(self._bases) + 1)[1:]
        used = np.flatnonzero(counts > entries.shape[1])
        found = np.zeros(entries.shape, dtype=table.dtype)
        for b in used.tolist():
            leave = self._leave_one_out(table, self._bases[b], values, skip)
            found = leave if counts[b] == entries.size else np.where(base == b, leave, found)
        based = np.isin(base, used) if len(used) < np.count_nonzero(counts) else base >= 0
        self._correct(found, table, np.where(based, entries, -1), values, skip)
        alone = np.nonzero(~based & (entries >= 0))
        found[alone] = self.direct(table, entries[alone], values, alone[1], skip)
        return found

    def direct(
        self, table: NDArray[Any], entries: IntArray, values: IntArray, rounds: IntArray, skip: IntArray | None
    ) -> NDArray[Any]:
        """Return the same sums, one by one, for some ``(entry, round)`` pairs."""
        found = np.zeros(len(entries), dtype=table.dtype)
        for block in blocks(len(entries), self.players):
            terms = table[self._rows.rows[entries[block]], values.T[rounds[block]]]
            if skip is not None:
                terms[np.arange(len(terms)), skip[rounds[block]]] = 0
            found[block] = terms.sum(axis=1)
        return found

    def _leave_one_out(
        self, table: NDArray[Any], base: IntArray, values: IntArray, skip: IntArray | None
    ) -> NDArray[Any]:
        terms = table[base[:, None], values]
        if skip is not None:
            terms[skip, np.arange(len(skip))] = 0
        return leave_one_out(terms)

    def _correct(
        self, found: NDArray[Any], table: NDArray[Any], entries: IntArray, values: IntArray, skip: IntArray | None
    ) -> None:
        """Add what entries differ from their bases by."""
        counts = np.where(entries >= 0, self._spans.rows[entries, 1], 0)
        bases = np.stack(self._bases) if self._bases else np.zeros((0, self.players), dtype=np.int64)
        for d in range(int(counts.max(initial=0))):
            owners, rounds = np.nonzero(counts > d)
            entry = entries[owners, rounds]
            places, factors = self._differences.rows[self._spans.rows[entry, 0] + d].T
            told = values[places, rounds]
            change = table[factors, told] - table[bases[self._base.rows[entry], places], told]
            found[owners, rounds] += change if skip is None else np.where(places == skip[rounds], 0, change)

    # --- what AGG asks

    def possible_beside(self, uses: IntArray, values: IntArray, chosen: IntArray) -> BoolArray:
        """Return ``(rounds, widest grid)``: the chosen one's types that all these uses allow beside the others' values.

        Uses ``(players, rounds)`` of -1 allow everything.
        """
        tables = self._factors.tables
        allowed = np.zeros((*uses.shape, tables.words.shape[1]), dtype=np.uint64)
        allowed[uses < 0] = np.iinfo(np.uint64).max
        for entries, _ in self.components(uses):
            can = entries >= 0
            if tables.impossible.any():
                can &= self.sums(tables.impossible, entries, values, chosen) == 0
            words = tables.words[self._rows.rows[np.maximum(entries, 0), chosen]]
            allowed |= np.where(can[:, :, None], words, np.uint64(0))
        return from_words(np.bitwise_and.reduce(allowed, axis=0), tables.chances.shape[1])

    def log_slices(self, uses: IntArray, values: IntArray, chosen: IntArray) -> FloatArray:
        """Return ``(rounds, widest grid)``: log weights of the chosen one's types in one use a round."""
        tables, found = self._factors.tables, []
        for entries, log in self.by_component(uses, values, chosen):
            factors = self._rows.rows[np.maximum(entries, 0), chosen]
            with np.errstate(divide="ignore"):
                found.append(log[:, None] + np.log(tables.chances[factors]))
        return log_sum(found)

    # --- probabilities and norms

    def log_probs(self, uses: IntArray, values: IntArray) -> FloatArray:
        """Return ``(players, rounds)``: log probability of the others' values ``(players, rounds)`` in each use."""
        tables = self._factors.tables
        logs: list[FloatArray] = []
        for entries, weights in self.components(uses):
            logs.append(self.sums(tables.logs, entries, values, None) + weights)
            if tables.impossible.any():
                logs[-1][self.sums(tables.impossible, entries, values, None) > 0] = -np.inf
        return log_sum(logs)

    def log_probs_of(self, uses: IntArray, values: IntArray, skip: IntArray | None = None) -> FloatArray:
        """Return ``(rounds,)``: the same for one use a round."""
        return log_sum([log for _, log in self.by_component(uses, values, skip)])

    def by_component(
        self, uses: IntArray, values: IntArray, skip: IntArray | None
    ) -> Iterator[tuple[IntArray, FloatArray]]:
        """Return, component by component, entries ``(rounds,)`` and log weight times probability of the others' values.

        `skip` is one more player to leave out of each round.
        """
        tables, rounds = self._factors.tables, np.arange(len(uses))
        for entries, weights in self.components(uses):
            log = self.direct(tables.logs, entries, values, rounds, skip) + weights
            never = self.direct(tables.impossible, entries, values, rounds, skip) > 0
            yield entries, np.where(never, -np.inf, log)

    def log_norms(self, uses: IntArray) -> FloatArray:
        """Return the logarithm of the squared norm of each use."""
        norms = self._use_norms.rows
        asked = np.unique(uses[uses >= 0])
        if len(missing := asked[np.isnan(norms[asked])]):
            parts = list(self.components(missing))
            pairs = [(one, other) for one in parts for other in parts]
            norms[missing] = log_sum([self._inner(e, f) + w + v for (e, w), (f, v) in pairs])
        return norms[uses]

    def _inner(self, one: IntArray, other: IntArray) -> FloatArray:
        """Return log inner products of entries, worked out once for each pair of them."""
        pairs = np.sort(np.stack([one, other], axis=1), axis=1)
        distinct, inverse = np.unique(pairs, axis=0, return_inverse=True)
        return np.array([self._log_inner(*pair) for pair in distinct.tolist()])[inverse.ravel()]

    def _log_inner(self, one: int, other: int) -> float:
        if one < 0:
            return -np.inf
        if (one, other) not in self._inner_products:
            chances, rows = self._factors.tables.chances, self._rows.rows
            inner = np.einsum("kt,kt->k", chances[rows[one]], chances[rows[other]])
            with np.errstate(divide="ignore"):
                self._inner_products[one, other] = float(np.log(inner[rows[one] > 0]).sum())
        return self._inner_products[one, other]


def leave_one_out(terms: NDArray[Any]) -> NDArray[Any]:
    """Return ``(players, rounds)``: the sum of everybody's terms but the player's own, which it does not depend on."""
    found = np.zeros_like(terms)
    np.cumsum(terms[:-1], axis=0, out=found[1:])
    found[:-1] += np.cumsum(terms[:0:-1], axis=0)[::-1]
    return found


def log_sum(logs: list[FloatArray]) -> FloatArray:
    """Return the logarithm of a sum of exponentials, -inf for a sum of zeros."""
    if len(logs) == 1:
        return logs[0]
    top = np.maximum.reduce(logs)
    finite = np.where(np.isfinite(top), top, 0.0)
    total = sum(np.exp(log - finite) for log in logs)
    with np.errstate(divide="ignore"):
        found: FloatArray = finite + np.log(total)
    return found
