"""Mixed equilibria of two seats, found by QuantEcon on the ex-ante normal form.

Equilibria come from the supports of equal size that QuantEcon enumerates in small games, and in larger ones from
Lemke and Howson's algorithm [LemkeHowson1964]_, started from each of a few strategies; neither promises all of them in
degenerate games. What each type does follows from the mixed strategy by adding up its plans.

References
----------
.. [LemkeHowson1964] C. Lemke and J. Howson, Equilibrium points of bimatrix games, SIAM Journal 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from agents.agent_types import AgentTypes, agent_types
from agents.induced import Induced
from analysis.equilibrium.conditional import Left, strike
from analysis.equilibrium.forms import different, ex_ante_plans
from mechanisms.environment import BoolArray, FloatArray, IntArray

SMALL, PIVOTS, LIMIT = 8, 10, 200_000
_SOLVED = 1e-9
COLUMNS = ["equilibrium", "seat", "type", "report", "truthful", "probability"]
SUMMARY = ["equilibrium", "nash_conv", "epsilon", "truthful_share", "supports"]


@dataclass(frozen=True, eq=False)
class MixedEquilibria:
    """Equilibria of two seats, pure ones among them.

    Attributes
    ----------
    mixes : per equilibrium, per seat ``(types, reports)`` of the form.
    method : how they were found, and how many answers were none.
    """

    types: AgentTypes
    mixes: tuple[tuple[FloatArray, ...], ...]
    method: str

    def __len__(self) -> int:
        return len(self.mixes)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """A row an equilibrium: how far it is from one, the share of truthful reports, reports in use by seat."""
        rows = []
        for k, mixes in enumerate(self.mixes):
            form = self.types.form
            largest = max(float(gain.max()) for gain in form.gains(mixes))
            supports = " x ".join(str(int((mix > 0).sum())) for mix in mixes)
            rows.append((k, form.nash_conv(mixes), largest, self.types.truthful_share(mixes), supports))
        return pd.DataFrame(rows, columns=SUMMARY)

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per equilibrium, seat, type and report in use."""
        types = self.types
        rows = [
            (k, i, types.type_name(i, c), types.name(i, c, r), r == types.truth[i][c], mix[c, r])
            for k, mixes in enumerate(self.mixes)
            for i, mix in enumerate(mixes)
            for c, r in np.argwhere(mix > 0).tolist()
        ]
        return pd.DataFrame(rows, columns=COLUMNS)


def nash(
    induced: Induced | AgentTypes, *, candidates: Sequence[BoolArray] | None = None, limit: int = LIMIT
) -> MixedEquilibria:
    """Return mixed equilibria of a game of two seats, on the reports that no other report always beats.

    Parameters
    ----------
    candidates : per seat ``(types, reports of the menu)``, the survivors of a sharper elimination.
    limit : how many payoffs the ex-ante normal form may have.

    Raises
    ------
    ValueError : if there are not two seats, QuantEcon is not installed, or the normal form is too large.
    """
    types = agent_types(induced) if isinstance(induced, Induced) else induced
    if types.form.players != 2:
        raise ValueError(f"mixed equilibria are sought for two seats, not {types.form.players}")
    theory = _quantecon()
    left = strike(types.form, Left(types.among(candidates), types.form.everything()))
    small = ex_ante_plans(types.induced, reports=different(types, left.alive), limit=limit)
    first, second = small.game.payoffs
    game = theory.NormalFormGame((theory.Player(first), theory.Player(np.ascontiguousarray(second.T))))
    if max(small.game.shape) <= SMALL:
        method, found = "support enumeration", theory.support_enumeration(game)
    else:
        method = "Lemke-Howson"
        pivots = np.unique(np.linspace(0, sum(small.game.shape) - 1, PIVOTS).astype(int))
        found = [theory.lemke_howson(game, init_pivot=int(pivot)) for pivot in pivots]
    mixes: list[tuple[FloatArray, ...]] = []
    wrong = 0
    for pair in found:
        mixed = tuple(_by_type(types, i, np.asarray(odds), small.plans[i]) for i, odds in enumerate(pair))
        if types.form.nash_conv(mixed) > _SOLVED * types.form.scale:
            wrong += 1
        elif not any(_near(mixed, known) for known in mixes):
            mixes.append(mixed)
    method += f"; {wrong} of {len(found)} answers are no equilibrium" if wrong else ""
    return MixedEquilibria(types, tuple(mixes), method)


def _quantecon() -> Any:
    try:
        return import_module("quantecon.game_theory")
    except ImportError:
        raise ValueError("mixed equilibria need QuantEcon, which the extra `interop` installs") from None


def _by_type(types: AgentTypes, player: int, odds: FloatArray, plans: IntArray) -> FloatArray:
    """Return ``(types, reports)``: what a mixture of plans makes each type report."""
    mix: FloatArray = np.zeros(types.form.shapes[player])
    for c in range(len(mix)):
        np.add.at(mix[c], types.groups[player][plans[:, c]], odds)
    return mix


def _near(one: Sequence[FloatArray], other: Sequence[FloatArray]) -> bool:
    return all(bool(np.allclose(p, q, rtol=0.0, atol=1e-9)) for p, q in zip(one, other, strict=True))
