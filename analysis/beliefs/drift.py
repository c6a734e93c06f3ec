"""What it costs when players' beliefs drift from D: revenue, and what each type gains by a lie or forgoes by truth.

Opinions are wrong as in `analysis.beliefs.opinions`. Noisy signals are another matter: all know D and how reliable
signals are, but what they know is then no event about the values, as the paper has it [AzarChenMicali2012, section
2.2]_.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from agents.game import Game
from agents.knowledge import Knowledge, StateSpace
from agents.strategies import belief_menu
from analysis.beliefs.opinions import OPINIONS, with_error
from analysis.beliefs.second_order import announced_by_rivals, played, rounding
from mechanisms.environment import Environment, FloatArray, IntArray, full_grid
from mechanisms.optimal import optimal_mechanism

KINDS = (*OPINIONS, "noisy")
COLUMNS = [
    "mechanism", "kind", "strength", "samples", "revenue", "revenue_error", "fines", "fines_error",
    "gain_own", "gain_own_error", "gain_true", "gain_true_error", "opt",
]  # fmt: skip
_FIGURES = ("revenue", "fines", "gain_own", "gain_true")


def drift(
    make: Callable[[Knowledge], Mapping[str, Game]],
    knowledge: Knowledge,
    *,
    kinds: Sequence[str] = KINDS,
    strengths: Mapping[str, Sequence[float]] | Sequence[float] = (0.0, 0.1, 0.25, 0.5, 1.0),
    rng: np.random.Generator,
    samples: int = 20,
    other_types: int = 4,
) -> pd.DataFrame:
    """Return revenue and the best gains of truthful players whose beliefs are off by more and more.

    Parameters
    ----------
    make : builds the games, by name, on some knowledge; environment and prior stay as they are.
    kinds : "tempered", "shifted" and "sampled" for everybody's wrong opinion, each player drawing a sample of her own;
        "noisy" for a signal that every player sees, `noisy_knowledge`.
    strengths : for all kinds alike, or by kind. At 0 opinions are as they are in `knowledge`, which is D unless players
        are misinformed there. For "noisy" it is twice the probability that a signal is wrong: at 0 signals are
        right, at 1 they say nothing.
    samples : how many times samples are drawn for each strength; the figures are means, with standard errors.
    other_types : how many of a seat's other posteriors are tried as belief reports, beside the named ones, the
        posterior by D and, where all are asked for the prior, the priors that her rivals announce.

    Returns
    -------
    A row per mechanism, kind and strength, with columns
        `samples` : how many draws the row is the mean of; 1 where nothing is drawn.
        `revenue` : expected prices less rewards under D, fines left out; `fines` : what the players are fined in all.
        `gain_own` : the best gain of any type from any report over the truth, by her own opinion; 0 if truth is best.
        `gain_true` : the same gain by D given what she knows: what an outsider who knows D sees her forgo.
        `opt` : OPT under D.
        `revenue_error`, `fines_error`, `gain_own_error`, `gain_true_error` : standard errors over draws; 0 with one.

    Raises
    ------
    ValueError : for an unknown kind or a strength that it does not take.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ValueError(f"unknown kind of drift {unknown[0]!r}; there are {', '.join(KINDS)}")
    by_kind = strengths if isinstance(strengths, Mapping) else dict.fromkeys(kinds, strengths)
    environment = next(iter(make(knowledge).values())).environment
    opt = optimal_mechanism(environment, knowledge.space.prior).revenue
    rows = []
    for kind, strength in [(name, size) for name in kinds for size in by_kind[name]]:
        drawn: dict[str, list[list[float]]] = {}
        draws = samples if kind == "sampled" and strength > 0 else 1
        for _ in range(draws):
            for name, game in make(_drifted(knowledge, environment, kind, strength, rng)).items():
                drawn.setdefault(name, []).append(_figures(game, other_types))
        for name, figures in drawn.items():
            key = {"mechanism": name, "kind": kind, "strength": float(strength), "samples": draws}
            rows.append({**key, **_means(np.array(figures)), "opt": opt})
    return pd.DataFrame(rows, columns=COLUMNS)


def _drifted(
    knowledge: Knowledge, environment: Environment, kind: str, strength: float, rng: np.random.Generator
) -> Knowledge:
    if kind == "noisy":
        return noisy_knowledge(knowledge, environment, strength / 2.0)
    for player in range(knowledge.space.players):
        knowledge = with_error(knowledge, player, kind, strength, rng)
    return knowledge


def noisy_knowledge(knowledge: Knowledge, environment: Environment, error: float) -> Knowledge:
    """Return knowledge in which every player also sees a signal of the others' highest worth.

    It says whether that is "high" or "low", split at the level that divides D most evenly, and is wrong with
    probability `error`, independently. Each state is split into one for each profile of signals that can occur.

    Raises
    ------
    ValueError : if `error` is not a probability, there is one player, or an opinion rules out what can be seen.
    """
    if not 0.0 <= error <= 1.0:
        raise ValueError(f"a signal is wrong with a probability from 0 to 1, not {error}")
    space, n = knowledge.space, knowledge.space.players
    if n < 2:
        raise ValueError("a signal of the others' worth needs two players or more, and there is one")
    truth = np.stack([_others_are_high(space, environment, i) for i in range(n)], axis=1)
    seen = full_grid((2,) * n)
    chance: FloatArray = np.where(seen[None] == truth[:, None], 1.0 - error, error).prod(axis=2)
    state, signal = np.nonzero(chance)
    odds = chance[state, signal]
    labels = None if space.labels is None else tuple(space.labels[k] for k in state)
    split = StateSpace(space.shape, space.profiles[state], space.weights[state] * odds, labels)
    columns, names = [], []
    for i in range(n):
        pairs, cells = np.unique(
            np.stack([knowledge.cells[state, i], seen[signal, i]], axis=1), axis=0, return_inverse=True
        )
        columns.append(cells.reshape(-1))
        names.append(tuple(f"{knowledge.names[i][cell]}, {('low', 'high')[heard]}" for cell, heard in pairs.tolist()))
    opinions = knowledge.opinions[:, state] * odds
    for i, (column, called) in enumerate(zip(columns, names, strict=True)):
        mass = np.bincount(column, opinions[i])
        if not (mass > 0).all():
            raise ValueError(f"player {i}'s opinion rules out what she can see: {called[int(mass.argmin())]}")
    return Knowledge(split, np.stack(columns, axis=1), tuple(names), opinions)


def _others_are_high(space: StateSpace, environment: Environment, player: int) -> IntArray:
    """Return ``(states,)``: 1 where the others' highest worth is high, else 0."""
    tops = [table.max(axis=1)[space.profiles[:, j]] for j, table in enumerate(environment.worth) if j != player]
    levels, rank = np.unique(np.max(tops, axis=0, initial=0), return_inverse=True)
    reached = np.cumsum(np.bincount(rank, space.weights)[::-1])[::-1]  # probability of each level or more
    high = 1 + np.abs(reached[1:] - 0.5).round(12).argmin() if len(levels) > 1 else 0
    return (rank >= high).astype(np.int64)


def _figures(game: Game, other_types: int) -> list[float]:
    """Return revenue, fines, and the best gain by the players' own opinions and by D."""
    income = played(game, game.truthful_plans)
    weights = np.tile(game.space.weights, (game.players, 1))
    informed = Game(game.mechanism, replace(game.knowledge, opinions=weights))
    own: list[float] = []
    true: list[float] = []
    for seat, knowing in zip(game.seats, informed.seats, strict=True):
        menu = belief_menu(seat, other_types=other_types)
        right = np.repeat(knowing.posteriors[:, None], seat.menu_size, axis=1)
        if game.mechanism.asks_for_prior:
            menu |= announced_by_rivals(seat, game.truthful_play)
        beliefs = np.stack([menu.pop("truthful"), right, *menu.values()], axis=2)
        if not game.mechanism.elicits_beliefs:
            beliefs = beliefs[:, :, :1]
        for view, gains in ((game, own), (informed, true)):
            worth = view.surface(seat.index, beliefs, play=game.truthful_play).interim
            told = worth[np.arange(len(seat.types)), seat.types, 0]
            gains.append(float((worth - told[:, None, None]).max()))
    best = [gain if gain > rounding(game) else 0.0 for gain in (max(own), max(true))]
    return [income.revenue, income.fines, *best]


def _means(figures: FloatArray) -> dict[str, float]:
    """Return the mean of each figure over draws ``(draws, figures)``, and its standard error."""
    draws = len(figures)
    spread = (figures - figures[0]).std(axis=0, ddof=min(1, draws - 1))
    errors = spread / np.sqrt(draws)
    means = dict(zip(_FIGURES, figures.mean(axis=0).tolist(), strict=True))
    return means | {f"{name}_error": error for name, error in zip(_FIGURES, errors.tolist(), strict=True)}
