"""Who takes part: what truth is worth to each type, and what the seller earns if those it hurts stay out.

A mechanism that is individually rational *interim* promises each type that she does not lose on average, given what the
mechanism supposes her to know. A player who knows more may expect to lose [AzarChenMicali2012, appendix F]_.

The papers do not say what happens when somebody stays out. Here the seller runs the mechanism on everybody's announced
type, and whoever stays out has her part of it cancelled: she gets nothing and pays nothing, is neither rewarded nor
fined, and a good that would be hers stays unsold. The others get and pay what they would have. So whether a type stays
out changes nothing for any other player, and the choice of each is best whatever the others choose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from agents.game import BLOCK, Game
from agents.plan import play_blocks
from mechanisms.environment import BoolArray, FloatArray

_ROUNDING = 1e-9
COLUMNS = ["seat", "type", "probability", "utility", "stays"]


@dataclass(frozen=True, eq=False)
class Participation:
    """What truthful types expect, and what the seller earns when those who expect to lose stay out.

    Attributes
    ----------
    table : a row per seat and type. `utility` is interim, by the type's own posterior, the others truthful and taking
        part; `stays` is whether it is at least 0, up to rounding; `probability` is that of the type under D.
    revenue : prices less rewards, in expectation under D, if those types stay out.
    worst_interim : the least utility of any type.
    """

    table: pd.DataFrame
    revenue: float
    worst_interim: float


def participation(game: Game) -> Participation:
    """Return who stays out of truthful play, and what is earned from the rest."""
    income = _income(game)
    slack = _ROUNDING * float(abs(income[np.isfinite(income)]).max(initial=1.0))
    interim = [game.truth(i) for i in range(game.players)]
    staying = [utility >= -slack for utility in interim]
    kept = np.stack([stays[seat.information] for stays, seat in zip(staying, game.seats, strict=True)], axis=1)
    tables = [_rows(game, i, utility, stays) for i, (utility, stays) in enumerate(zip(interim, staying, strict=True))]
    return Participation(
        table=pd.concat(tables, ignore_index=True),
        revenue=float(game.space.weights @ np.where(kept, income, 0.0).sum(axis=1)),
        worst_interim=float(min(utility.min() for utility in interim)),
    )


def _income(game: Game) -> FloatArray:
    """Return ``(states, players)``: what the seller receives from each player in truthful play, rewards deducted."""
    income = np.zeros((len(game.space), game.players))
    for play in play_blocks(game.space, game.truthful_plans, BLOCK):
        outcomes = game.mechanism.expect(play.reports)
        income[play.states] = outcomes.payments - outcomes.rewards
    return income


def _rows(game: Game, player: int, utility: FloatArray, stays: BoolArray) -> pd.DataFrame:
    seat = game.seats[player]
    mass = np.bincount(seat.information, game.space.weights, minlength=len(seat.types))
    return pd.DataFrame(
        {"seat": player, "type": list(seat.names), "probability": mass, "utility": utility, "stays": stays},
        columns=COLUMNS,
    )
