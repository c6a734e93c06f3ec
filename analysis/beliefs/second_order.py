"""Wrong second-order beliefs: a player who errs about what the others believe [AzarChenMicali2012, section 2.2]_.

She is right that the others announce true values, and wrong about the beliefs that they announce: her *imagined
play* is truthful play with the others' beliefs replaced. M and L ask for no such thing and do not suffer
(remark c of section 2.2). Unanimity does (appendix F): she announces what she thinks that the others believe.

`ERRORS` is the registry of what may be imagined. The strength of an error is 0 where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import product

import numpy as np
import pandas as pd

from agents.game import Game, Seat
from agents.plan import Plan, Play, pure_plan
from agents.strategies import belief_menu
from analysis.beliefs.opinions import OPINIONS, with_error
from mechanisms.beliefs import Joint, independent, joint
from mechanisms.environment import FloatArray, IntArray
from mechanisms.optimal import optimal_mechanism

_ROUNDING = 1e-11
Imagine = Callable[[Game, int, np.random.Generator, float], Play]


@dataclass(frozen=True, eq=False)
class SecondOrder:
    """What wrong second-order beliefs do to each mechanism.

    Attributes
    ----------
    types : a row per mechanism, error, strength, seat and type.
        `perceived_gain` : the best gain over truth that she sees, by her own posterior, against her imagined play;
            NaN where the truth is all that she can say.
        `truth_best` : whether that is nothing.
        `value_report, belief_report` : what she then announces, by name.
        `probability` : of the type under D.
    summary : a row per mechanism, error and strength.
        `truth_best` : the share of types of all seats for whom truth is best.
        `max_perceived_gain` : the best gain that any type sees.
        `revenue, fines, utility, disagreement` : of what is played when all announce what seems best; see `Played`.
        `truthful_revenue` : of truthful play.
        `opt` : OPT under D.
    """

    types: pd.DataFrame
    summary: pd.DataFrame


@dataclass(frozen=True)
class Played:
    """What is played, in exact expectation under D.

    Attributes
    ----------
    revenue : prices less rewards, fines not counted.
    fines : what the players are fined in all; the mechanism says not who receives it.
    utility : the players' total, fines included.
    disagreement : probability that announced beliefs differ; NaN where they are not about the same thing.
    """

    revenue: float
    fines: float
    utility: float
    disagreement: float


# --- what a seat imagines


def _wrong_opinions(kind: str, game: Game, seat: int, rng: np.random.Generator, strength: float) -> Play:
    """Let all rivals share an opinion that is wrong in one of the ways of `OPINIONS`, if they share their opinion."""
    knowledge, sample = game.knowledge, int(rng.integers(1 << 62))
    for j in range(game.players):
        if j != seat:
            knowledge = with_error(knowledge, j, kind, strength, np.random.default_rng(sample), common=True)
    return Game(game.mechanism, knowledge).truthful_play


def _ignorant(game: Game, seat: int, rng: np.random.Generator, strength: float) -> Play:
    """Let the rivals believe, with weight `strength`, no more than their own types tell them."""

    def plain(rival: Seat, cell: int) -> Joint:
        own = game.space.profiles[:, rival.index] == rival.types[cell]
        if game.mechanism.asks_for_prior:
            own = np.ones_like(own)
        return game.knowledge.belief(rival.index, own, rival.subjects)

    return _mixed(game, seat, strength, plain)


def _uniform(game: Game, seat: int, rng: np.random.Generator, strength: float) -> Play:
    """Let the rivals believe, with weight `strength`, that every profile is equally likely."""
    return _mixed(
        game, seat, strength, lambda rival, cell: independent([np.full(m, 1.0 / m) for m in rival.belief_shape])
    )


def _mixed(game: Game, seat: int, strength: float, wrong: Callable[[Seat, int], Joint]) -> Play:
    """Return truthful play with the rivals' beliefs mixed with wrong ones, of weight `strength`."""
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"the strength of this error is a weight from 0 to 1, not {strength}")
    truth = game.truthful_play
    beliefs = truth.reports.beliefs.copy()
    for rival in game.seats:
        if rival.index != seat:
            ids = [
                game.book.add(_mixture(rival.posterior(cell).table, wrong(rival, cell), strength))
                for cell in range(len(rival.types))
            ]
            beliefs[:, rival.index] = np.array(ids)[rival.information[truth.states]]
    return replace(truth, reports=replace(truth.reports, beliefs=beliefs))


def _mixture(right: Joint, wrong: Joint, weight: float) -> Joint:
    atoms = np.concatenate([right.atoms, wrong.atoms])
    return joint(right.shape, atoms, np.concatenate([(1.0 - weight) * right.weights, weight * wrong.weights]))


ERRORS: dict[str, Imagine] = {
    **{kind: partial(_wrong_opinions, kind) for kind in OPINIONS},
    "ignorant": _ignorant,
    "uniform": _uniform,
}


# --- what she does about it, and what comes of it


def second_order(
    games: Mapping[str, Game],
    *,
    errors: Sequence[str] = tuple(ERRORS),
    strengths: Sequence[float] = (0.0, 0.25, 0.5, 1.0),
    rng: np.random.Generator,
    other_types: int = 12,
) -> SecondOrder:
    """Return what each type does who errs about the others' beliefs, and what comes of it if all err alike.

    Each type looks for her best report among all values and the named beliefs, and in a mechanism that asks for the
    prior also among the beliefs that she imagines the others to announce. She tells the truth where nothing beats it;
    among equally good reports she takes one with her true value if there is one, and the first of the menu. All
    games are given the same errors.

    Parameters
    ----------
    games : by the name of the mechanism.
    errors : names in `ERRORS`.
    strengths : 0 is no error. For tempered, shifted and sampled opinions see `analysis.beliefs.opinions`; for the
        others it is the weight of the wrong belief.
    other_types : how many of a seat's other posteriors are tried as belief reports.

    Raises
    ------
    ValueError : for an unknown error, or a strength that it does not take.
    """
    for error in errors:
        if error not in ERRORS:
            raise ValueError(f"unknown error {error!r}; there are {', '.join(ERRORS)}")
    types, summary = [], []
    yardsticks = {name: _yardsticks(game) for name, game in games.items()}
    for error, strength in product(errors, strengths):
        seeds = rng.integers(1 << 62, size=max(game.players for game in games.values())).tolist()
        for name, game in games.items():
            answers = []
            for seat in game.seats:
                imagined = ERRORS[error](game, seat.index, np.random.default_rng(seeds[seat.index]), strength)
                answers.append(_best_reports(seat, game, imagined, other_types))
            table = pd.concat([answer.table for answer in answers], ignore_index=True)
            table.insert(0, "mechanism", name)
            table.insert(1, "error", error)
            table.insert(2, "strength", float(strength))
            types.append(table)
            summary.append(
                {
                    **{"mechanism": name, "error": error, "strength": float(strength)},
                    "truth_best": table["truth_best"].mean(),
                    "max_perceived_gain": table["perceived_gain"].max(),
                    **asdict(played(game, [answer.plan for answer in answers])),
                    **yardsticks[name],
                }
            )
    return SecondOrder(pd.concat(types, ignore_index=True), pd.DataFrame(summary))


def _yardsticks(game: Game) -> dict[str, float]:
    opt = optimal_mechanism(game.environment, game.space.prior).revenue
    return {"truthful_revenue": played(game, game.truthful_plans).revenue, "opt": opt}


@dataclass(frozen=True, eq=False)
class _Answer:
    """A seat's best plan against what it imagines, and the rows of its types."""

    plan: Plan
    table: pd.DataFrame


def _best_reports(seat: Seat, game: Game, imagined: Play, other_types: int) -> _Answer:
    """Return a seat's best report in each of its cells against what it imagines; truth unless something beats it."""
    menu = belief_menu(seat, other_types=other_types) if game.mechanism.elicits_beliefs else _silent(seat)
    if game.mechanism.asks_for_prior:
        menu |= announced_by_rivals(seat, imagined)
    beliefs = np.stack(list(menu.values()), axis=2)
    gain = _gains(seat, game, imagined, beliefs)
    best = gain.max(axis=(1, 2))
    near = gain >= best[:, None, None] - rounding(game)
    own = np.arange(seat.menu_size)[:, None] == seat.types[:, None, None]
    rank = (near.astype(int) + (near & own)).reshape(len(gain), -1)
    value, belief = np.unravel_index(rank.argmax(axis=1), gain.shape[1:])
    honest = ~(best > 0.0)
    value_told = np.where(honest, seat.types, value)
    belief_told = np.where(honest, seat.posteriors, beliefs[np.arange(len(gain)), value, belief])
    table = pd.DataFrame(
        {
            "seat": seat.index,
            "type": list(seat.names),
            "probability": np.bincount(seat.information, game.space.weights),
            "perceived_gain": np.where(np.isfinite(best), best, np.nan),
            "truth_best": honest,
            "value_report": [game.environment.type_name(seat.index, int(k)) for k in value_told],
            "belief_report": np.where(honest, "truthful", np.array(list(menu), dtype=object)[belief]),
        }
    )
    return _Answer(pure_plan(seat.information, value_told, belief_told, seat.menu_size), table)


def _gains(seat: Seat, game: Game, play: Play, beliefs: IntArray) -> FloatArray:
    """Return each report's gain over truth, ``(types, values, beliefs)``; minus infinity where it is the truth."""
    gain = game.surface(seat.index, beliefs, play=play).interim
    gain = gain - game.truth(seat.index, play=play)[:, None, None]
    gain[abs(gain) < rounding(game)] = 0.0
    own = np.arange(seat.menu_size)[:, None] == seat.types[:, None, None]
    return np.where(own & (beliefs == seat.posteriors[:, None, None]), -np.inf, gain)


def _silent(seat: Seat) -> dict[str, IntArray]:
    """Return the menu of a seat that is asked for no belief."""
    return {"truthful": np.repeat(seat.posteriors[:, None], seat.menu_size, axis=1)}


def announced_by_rivals(seat: Seat, play: Play) -> dict[str, IntArray]:
    """Return each rival's announced prior as a belief report, ``(types, values)``, where all are asked for theirs."""
    shape = (len(seat.types), seat.menu_size)
    told = play.reports.beliefs[0]
    return {f"as player {j}": np.full(shape, told[j]) for j in range(len(told)) if j != seat.index}


def played(game: Game, plans: Sequence[Plan]) -> Played:
    """Return what plans bring, exactly, under D and over all coins."""
    play = game.play(plans)
    outcomes = game.mechanism.expect(play.reports)
    weights = game.space.weights[play.states] * play.chances
    told = play.reports.beliefs
    split = float(weights @ (told != told[:, :1]).any(axis=1))
    rewards = np.maximum(outcomes.rewards, 0.0).sum(axis=1)
    utility = outcomes.utility(game.environment, game.space.profiles[play.states])
    return Played(
        revenue=float(weights @ (outcomes.prices - rewards)),
        fines=float(weights @ np.maximum(-outcomes.rewards, 0.0).sum(axis=1)),
        utility=float(weights @ utility.sum(axis=1)),
        disagreement=split if game.mechanism.asks_for_prior else float("nan"),
    )


def rounding(game: Game) -> float:
    """Return what a gain must exceed to be more than rounding, in view of the largest worth."""
    return _ROUNDING * max(1.0, *(float(table.max()) for table in game.environment.worth))
