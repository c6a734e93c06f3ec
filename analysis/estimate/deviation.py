"""Estimated deviation gains of a factored game: what types gain by reporting something else than the truth.

Two stages. All reports are tried on a first sample. Those that look best are tried again on a fresh one, so that the
figure given for the best is not the highest of many errors: it is an unbiased estimate of what that report gains.
What a belief report does to its own proper score is not sampled at all where it is known in closed form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents.game import Game, Seat
from agents.strategies import belief_menu
from agents.strategies.rules import spread
from analysis.deviation import rounded, worths
from analysis.estimate.findings import COLUMNS, EstimatedDeviations, Tried
from analysis.estimate.gains import Gains, Trial
from analysis.estimate.scores import InnerProducts, paid_score
from analysis.estimate.strata import MOST
from analysis.memory import MEMORY
from mechanisms.environment import FloatArray, IntArray


def estimated_deviations(
    game: Game,
    *,
    samples: int,
    seed: np.random.SeedSequence,
    fresh: int | None = None,
    seats: int | None = None,
    types: int | None = None,
    values: int | None = None,
    finalists: int = 3,
    other_types: int = 12,
    points: int = 0,
    memory: int = MEMORY,
    most: int = MOST,
) -> EstimatedDeviations:
    """Return the estimated interim gains of types from value reports x named belief reports, the others truthful.

    Parameters
    ----------
    samples : about how many profiles of the others a type faces in the first stage, at least two a stratum.
    seed : the same seed gives the same profiles, whatever the memory and whichever other seats and types are tried.
    fresh : how many in the second stage; four times `samples` unless given.
    seats, types : how many seats, and types of each, are tried, spread evenly; all unless given.
    values : how many value reports are tried, spread evenly, beside those next to the truth; all unless given.
    finalists : how many reports of a type are tried again.
    other_types, points : of the belief menu, as in `analysis.deviation.deviations`.
    memory : bytes that the rows worked on at a time may take, about.
    most : the largest number of strata.

    Raises
    ------
    ValueError : if `samples` are fewer than two a stratum, or nothing is to be tried.
    """
    if finalists < 1:
        raise ValueError(f"at least one report is tried again, not {finalists}")
    for count in (seats, types, values):
        if count is not None and count < 1:
            raise ValueError(f"at least one is looked at, not {count}")
    budget = _Budget(samples, 4 * samples if fresh is None else fresh, finalists, memory, most)
    tried = spread(len(game.seats), seats)
    products = InnerProducts()
    frames, cells, there = [], 0, 0
    for seat in (game.seats[player] for player in tried):
        menu = _menu(seat, other_types, points)
        chosen = spread(len(seat.types), types)
        frames += [_type_frame(game, seat, cell, menu, values, budget, seed, products) for cell in chosen]
        cells, there = cells + len(chosen), there + len(seat.types)
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    table = pd.concat(filled, ignore_index=True)
    return EstimatedDeviations(
        table,
        seats=Tried(len(tried), len(game.seats)),
        types=Tried(cells, there),
        values=None if values is None or values >= max(game.environment.shape) else values,
    )


@dataclass(frozen=True)
class _Budget:
    samples: int
    fresh: int
    finalists: int
    memory: int
    most: int


@dataclass(frozen=True, eq=False)
class _Told:
    """The reports of a type other than the truth, ``(reports,)`` each: announced type, id of the belief, its name."""

    values: IntArray
    beliefs: IntArray
    names: list[str]


def _menu(seat: Seat, other_types: int, points: int) -> dict[str, IntArray]:
    menu = belief_menu(seat, other_types=other_types, points=points)
    return menu if seat.mechanism.elicits_beliefs else dict(list(menu.items())[:1])


def _told(seat: Seat, cell: int, menu: dict[str, IntArray], most: int | None) -> _Told:
    own, truth = int(seat.types[cell]), seat.posteriors[cell]
    tried = {*spread(seat.menu_size, most), *range(max(0, own - 1), min(own + 2, seat.menu_size))}
    rows = [
        (value, int(ids[cell, value]), name)
        for value in sorted(tried)
        for name, ids in menu.items()
        if value != own or ids[cell, value] != truth
    ]
    values, beliefs = (np.array([row[k] for row in rows], dtype=np.int64) for k in (0, 1))
    return _Told(values, beliefs, [row[2] for row in rows])


def _type_frame(
    game: Game,
    seat: Seat,
    cell: int,
    menu: dict[str, IntArray],
    values: int | None,
    budget: _Budget,
    seed: np.random.SeedSequence,
    products: InnerProducts,
) -> pd.DataFrame:
    told = _told(seat, cell, menu, values)
    trial = Trial(game, seat.index, cell, memory=budget.memory, most=budget.most)
    certain = _score_gains(seat, cell, told, products)
    beliefs = told.beliefs if certain is None else np.full(len(told.values), seat.posteriors[cell])
    known = np.zeros(len(told.values)) if certain is None else certain
    keys = (np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, seat.index, cell, k)) for k in (0, 1))
    figures = _two_stages(trial, told.values, beliefs, known, budget, list(keys))
    money = worths(seat)
    names = np.array(told.names, dtype=object)
    frame = pd.DataFrame({**figures, "value_report": money[told.values], "belief_report": names})
    frame["gain"] = rounded(figures["gain"], game.environment)
    frame["standard_error"] = rounded(figures["standard_error"], game.environment)
    frame["seat"], frame["type"], frame["value"] = seat.index, seat.names[cell], money[seat.types[cell]]
    frame["probability"] = trial.chance
    return frame[COLUMNS]


def _score_gains(seat: Seat, cell: int, told: _Told, products: InnerProducts) -> FloatArray | None:
    """Return exactly what each belief report gains in score, ``(reports,)``, if that is all that beliefs decide."""
    paid = paid_score(seat.mechanism)
    if paid is None:
        return None
    belief = seat.posterior(cell)
    honest = products.share(paid.rule, belief, belief)
    ids, back = np.unique(told.beliefs, return_inverse=True)
    shares = np.array([products.share(paid.rule, belief, seat.book[int(number)]) for number in ids])
    return paid.scale * (shares - honest)[back]


def _two_stages(
    trial: Trial,
    values: IntArray,
    beliefs: IntArray,
    known: FloatArray,
    budget: _Budget,
    seeds: list[np.random.SeedSequence],
) -> dict[str, NDArray[Any]]:
    """Return the figures of each report, ``(reports,)`` each, `known` being the part of its gain that is exact."""
    pairs, back = np.unique(np.stack([values, beliefs], axis=1), axis=0, return_inverse=True)
    sampled = np.flatnonzero((pairs != [trial.type, trial.truth]).any(axis=1))
    mean, error = np.zeros(len(pairs)), np.zeros(len(pairs))
    stage, used = np.full(len(pairs), "exact", dtype=object), np.zeros(len(pairs), dtype=np.int64)

    def enter(columns: IntArray, found: Gains, name: str) -> None:
        mean[columns], error[columns] = found.mean, found.standard_error
        stage[columns], used[columns] = name, found.samples

    if len(sampled):
        counts = trial.strata.proportional(budget.samples)
        first = trial.gains(*pairs[sampled].T, seed=seeds[0], counts=counts)
        enter(sampled, first, "first")
        first_gain = mean[back] + known
        finalists = _finalists(trial, pairs[sampled], back, first_gain, sampled, budget.finalists)
        counts = trial.strata.neyman(budget.fresh, first.deviations[:, finalists].mean(axis=1))
        again = sampled[finalists]
        enter(again, trial.gains(*pairs[again].T, seed=seeds[1], counts=counts), "fresh")
    else:
        first_gain = known
    return {
        "gain": mean[back] + known,
        "standard_error": error[back],
        "first_gain": first_gain,
        "stage": stage[back],
        "samples": used[back],
    }


def _finalists(
    trial: Trial, pairs: IntArray, back: IntArray, gains: FloatArray, sampled: IntArray, most: int
) -> IntArray:
    """Return which of the sampled reports are tried again: the best ones, and the best lie about value or belief alone.

    Parameters
    ----------
    pairs : ``(sampled, 2)`` their announced types and beliefs.
    back, gains : ``(reports,)`` which pair each report is, and what the first stage says that it gains.
    """
    best = np.full(int(back.max()) + 1, -np.inf)
    np.maximum.at(best, back, gains)
    order = np.argsort(-best[sampled], kind="stable")
    chosen = [order[:most]]
    for told in (pairs[order, 0] == trial.type, pairs[order, 1] == trial.truth):
        chosen.append(order[told][:1])
    return np.unique(np.concatenate(chosen))
