"""Iterated elimination of dominated strategies, with a certificate for every strategy that falls or stays.

In each round every player's dominated strategies fall at once. What dominates them must be alive when the round
begins, even if it falls in the same round. For strict dominance the survivors do not depend on the order
[GilboaKalaiZemel1990]_; for weak dominance they belong to this order.

Only what may have changed is looked at again: a strategy stays undominated as long as the conjecture to which it is a
best reply puts weight on strategies that are alive.

References
----------
.. [GilboaKalaiZemel1990] I. Gilboa, E. Kalai, E. Zemel, On the order of eliminating dominated strategies, Operations
   Research Letters 9.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.dominance.judge import MEMORY, advantage, prove
from analysis.dominance.normal_form import NormalForm
from analysis.dominance.screens import Proof, Weight, holds_exactly
from mechanisms.environment import IntArray

COLUMNS = ["round", "player", "strategy", "dominated_by", "margin"]
_COPIES = 4


@dataclass(frozen=True)
class Elimination:
    """One strategy that falls.

    Attributes
    ----------
    round : counted from 1.
    player, strategy : counted from 0.
    mixture : weights of the strategies that dominate it together; exact, up to scale.
    margin : the mixture's least advantage against what is alive, in units of payoff.
    """

    round: int
    player: int
    strategy: int
    mixture: dict[int, Weight]
    margin: float


@dataclass(frozen=True, eq=False)
class Eliminated:
    """What survives, and why.

    Attributes
    ----------
    game : the game.
    mixed, weak : the notion of dominance.
    survivors : the strategies of each player that are left, counted from 0.
    rounds : what fell, in order.
    conjectures : for each player, by surviving strategy, weights of opponents' profiles (flat indices, own axis left
        out) to which it is a best reply, up to scale; empty where all there is to say is that no strategy dominates it.
    """

    game: NormalForm
    mixed: bool
    weak: bool
    survivors: tuple[tuple[int, ...], ...]
    rounds: tuple[Elimination, ...]
    conjectures: tuple[dict[int, dict[int, Weight]], ...]

    def certified(self) -> bool:
        """Return whether every elimination and every survivor holds in exact arithmetic."""
        alive = [np.arange(size) for size in self.game.shape]
        last = self.rounds[-1].round if self.rounds else 0
        for number in range(1, last + 1):
            fallen = [fall for fall in self.rounds if fall.round == number]
            for player in sorted({fall.player for fall in fallen}):
                claims = {fall.strategy: (True, fall.mixture) for fall in fallen if fall.player == player}
                if not self._hold(player, alive, claims):
                    return False
            alive = _without(alive, fallen)
        return [tuple(left.tolist()) for left in alive] == list(self.survivors) and all(
            set(kept) == set(left) and self._hold(i, alive, {k: (False, weights) for k, weights in kept.items()})
            for i, (kept, left) in enumerate(zip(self.conjectures, self.survivors, strict=True))
        )

    def _hold(self, player: int, alive: list[IntArray], claims: dict[int, tuple[bool, dict[int, Weight]]]) -> bool:
        table = self.game.table(player, alive)
        rows = {int(strategy): k for k, strategy in enumerate(alive[player])}
        columns = {int(profile): k for k, profile in enumerate(_profiles(self.game, player, alive))}
        for strategy, (dominated, weights) in claims.items():
            place = rows if dominated else columns
            if strategy not in rows or not place.keys() >= weights.keys():
                return False
            claim = Proof(dominated, tuple(place[k] for k in weights), tuple(weights.values()))
            if not claim.support and self.mixed and not self.weak:
                return False
            if not holds_exactly(table, rows[strategy], claim, weak=self.weak):
                return False
        return True

    def table(self) -> pd.DataFrame:
        """Return the trace, a row a strategy that fell.

        Columns: round; player, strategy and dominated_by by name, a mixture with its weights; margin in payoffs.
        """
        rows = []
        for fall in self.rounds:
            names = self.game.strategies[fall.player]
            by = _written(fall.mixture, names)
            rows.append((fall.round, self.game.players[fall.player], names[fall.strategy], by, fall.margin))
        return pd.DataFrame(rows, columns=COLUMNS)


def _written(mixture: dict[int, Weight], names: tuple[str, ...]) -> str:
    if len(mixture) == 1:
        return names[next(iter(mixture))]
    total = float(sum(mixture.values()))
    return " + ".join(f"{float(weight) / total:.3g} {names[k]}" for k, weight in mixture.items())


def eliminate(game: NormalForm, *, mixed: bool = True, weak: bool = False, memory: int = MEMORY) -> Eliminated:
    """Return what survives iterated elimination of dominated strategies, with its trace.

    Parameters
    ----------
    mixed : whether mixtures dominate, or only single strategies.
    weak : weak dominance in place of strict.
    memory : bytes that working arrays may take.

    Raises
    ------
    ValueError : if the payoffs alone leave no room in `memory`.

    >>> from analysis.dominance.normal_form import normal_form
    >>> found = eliminate(normal_form([[3, 0], [5, 1]], [[3, 5], [0, 1]]))
    >>> found.survivors, [fall.strategy for fall in found.rounds]
    (((1,), (1,)), [0, 0])
    """
    need = _COPIES * 8 * math.prod(game.shape)
    if need + 8 * max(game.shape) > memory:
        raise ValueError(f"elimination in a game of shape {game.shape} needs {need} bytes, more than {memory}")
    run = _Run(game, mixed, weak, memory - need)
    rounds: list[Elimination] = []
    while fallen := run.round(rounds[-1].round + 1 if rounds else 1):
        rounds += fallen
    survivors = tuple(tuple(left.tolist()) for left in run.alive)
    return Eliminated(game, mixed, weak, survivors, tuple(rounds), tuple(run.conjectures))


class _Run:
    """An elimination under way: who is alive, why, and who must be looked at again."""

    def __init__(self, game: NormalForm, mixed: bool, weak: bool, memory: int) -> None:
        self.game, self.mixed, self.weak, self.memory = game, mixed, weak, memory
        self.alive: list[IntArray] = [np.arange(size) for size in game.shape]
        self.conjectures: list[dict[int, dict[int, Weight]]] = [{} for _ in game.shape]
        self._open = [set(range(size)) for size in game.shape]
        self._bare: list[set[int]] = [set() for _ in game.shape]
        self._rely: dict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)

    def round(self, number: int) -> list[Elimination]:
        """Judge what is open, and let what is dominated fall."""
        fallen = [fall for player in range(len(self.alive)) for fall in self._judge(player, number)]
        self.alive = _without(self.alive, fallen)
        for fall in fallen:
            for player, strategy in self._rely.pop((fall.player, fall.strategy), ()):
                self._open[player].add(strategy)
        unsure = self._bare if fallen else [set()] * len(self._open)
        kept = [conjectures.keys() for conjectures in self.conjectures]
        self._open = [(left | more) & all_ for left, more, all_ in zip(self._open, unsure, kept, strict=True)]
        return fallen

    def _judge(self, player: int, number: int) -> list[Elimination]:
        if not self._open[player]:
            return []
        alive = self.alive[player]
        table = self.game.table(player, self.alive)
        rows = np.searchsorted(alive, np.array(sorted(self._open[player])))
        self._open[player] = set()
        proofs = prove(table, rows, mixed=self.mixed, weak=self.weak, memory=self.memory)
        stays = not all(proof.dominated for proof in proofs.values())
        fallen, profiles = [], _profiles(self.game, player, self.alive) if stays else alive
        for row, proof in proofs.items():
            strategy, place = int(alive[row]), alive if proof.dominated else profiles
            weights = dict(zip(place[list(proof.support)].tolist(), proof.weights, strict=True))
            if proof.dominated:
                margin = advantage(table, row, proof)[0] * self.game.unit(player)
                fallen.append(Elimination(number, player, strategy, weights, margin))
                self.conjectures[player].pop(strategy, None)
                self._bare[player].discard(strategy)
            else:
                self.conjectures[player][strategy] = weights
                if weights and not self.weak:
                    self._watch(player, strategy, weights)
                else:
                    self._bare[player].add(strategy)
        return sorted(fallen, key=lambda fall: fall.strategy)

    def _watch(self, player: int, strategy: int, profiles: Iterable[int]) -> None:
        """Note which opponents' strategies the conjecture relies on."""
        others = [j for j in reversed(range(len(self.alive))) if j != player]
        for profile in profiles:
            for j in others:
                profile, told = divmod(profile, self.game.shape[j])
                self._rely[j, told].add((player, strategy))


def _without(alive: list[IntArray], fallen: list[Elimination]) -> list[IntArray]:
    """Return the strategies that are left."""
    kept = [np.ones(len(left), dtype=bool) for left in alive]
    for fall in fallen:
        kept[fall.player][np.searchsorted(alive[fall.player], fall.strategy)] = False
    return [left[keep] for left, keep in zip(alive, kept, strict=True)]


def _profiles(game: NormalForm, player: int, alive: list[IntArray]) -> IntArray:
    """Return the flat index, among all profiles of the others, of each profile that is alive."""
    flat = np.zeros(1, dtype=np.int64)
    for j, left in enumerate(alive):
        if j != player:
            flat = (flat[:, None] * game.shape[j] + left).ravel()
    return flat
