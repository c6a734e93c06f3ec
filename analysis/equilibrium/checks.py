"""Whether a profile of plans is a Bayes-Nash equilibrium, and by how much it is not; and everything found at once.

A type's gain is interim: by her own opinion, coins included, the others playing their plans. NashConv adds up what each
seat expects a best response to gain before it knows its type [Lanctot2017]_.

References
----------
.. [Lanctot2017] M. Lanctot and others, A unified game-theoretic approach to multiagent reinforcement learning,
   NIPS 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from agents.agent_types import agent_types
from agents.game import Game, Seat
from agents.induced import ROUNDING, Induced
from agents.menu import Menu, report_menu
from agents.plan import Plan, Play, weighted
from analysis.equilibrium.logit import LogitPath, logit_path
from analysis.equilibrium.mixed import MixedEquilibria, nash
from analysis.equilibrium.pure import PureEquilibria, pure_equilibria
from mechanisms.environment import BoolArray, FloatArray

__all__ = ["Equilibria", "EquilibriumCheck", "Witness", "equilibria", "logit_path", "nash", "pure_equilibria", "verify"]
COLUMNS = ["seat", "type", "probability", "opinion", "utility", "gain", "value_report", "belief_report"]


@dataclass(frozen=True)
class Witness:
    """The type that gains most, and by which report."""

    seat: int
    type: str
    gain: float
    value_report: str
    belief_report: str


@dataclass(frozen=True, eq=False)
class EquilibriumCheck:
    """What every type can gain against a profile of plans.

    Attributes
    ----------
    table : a row per seat and type. `probability` is that of the type under D, `opinion` what the seat itself thought
        of it before it learnt anything; `utility` is interim, from the plan; `gain` is the most that any report of the
        menu adds to it, zero up to rounding, and `value_report` with `belief_report` is the first such report (empty
        where nothing is gained).
    nash_conv : the sum over seats of what a best response gains in expectation, by the seat's own opinion.
    """

    table: pd.DataFrame
    nash_conv: float

    @property
    def epsilon(self) -> float:
        """The largest gain of any type: the plans are an epsilon-equilibrium on the menus."""
        return float(self.table["gain"].max())

    @property
    def witness(self) -> Witness | None:
        """The type that gains most, or None if none gains."""
        row = self.table.iloc[int(self.table["gain"].to_numpy().argmax())]
        if row["gain"] <= 0.0:
            return None
        told = (str(row["value_report"]), str(row["belief_report"]))
        return Witness(int(row["seat"]), str(row["type"]), float(row["gain"]), *told)


def verify(
    game: Game | Induced, plans: Sequence[Plan] | None = None, *, menus: Sequence[Menu] | None = None
) -> EquilibriumCheck:
    """Return what every type gains by any report of her menu, the others playing their plans.

    Each menu is all values with all beliefs of `menus`, with every posterior of the seat and with every belief that its
    plan announces.

    Parameters
    ----------
    plans : one a seat, mixed or not; truthful unless given.
    menus : those of the induced game, or `report_menu`, unless given.
    """
    if isinstance(game, Induced):
        menus, game = menus or game.menus, game.game
    play = game.truthful_play if plans is None else game.play(plans)
    told = game.truthful_plans if plans is None else plans
    menus = menus or [report_menu(seat) for seat in game.seats]
    frames = [_seat_table(game, s, p, m, play) for s, p, m in zip(game.seats, told, menus, strict=True)]
    table = pd.concat(frames, ignore_index=True)
    return EquilibriumCheck(table, float(table["opinion"].to_numpy(float) @ table["gain"].to_numpy(float)))


def _seat_table(game: Game, seat: Seat, plan: Plan, menu: Menu, play: Play) -> pd.DataFrame:
    names = _beliefs(game, seat, plan, menu)
    ids = np.array(list(names))
    shape = (len(seat.types), seat.menu_size, len(ids))
    interim = game.surface(seat.index, np.broadcast_to(ids, shape), play=play).interim.reshape(shape[0], -1)
    utility = _as_played(game, seat, play)
    scale = max(1.0, float(abs(interim).max()), *(float(table.max()) for table in game.environment.worth))
    gain = interim.max(axis=1) - utility
    gain = np.where(gain < ROUNDING * scale, 0.0, gain)
    best = (interim >= (interim.max(axis=1) - ROUNDING * scale)[:, None]).argmax(axis=1)
    value, belief = best // len(ids), best % len(ids)
    labels = list(names.values())
    opinion = game.knowledge.opinions[seat.index]
    mass = [np.bincount(seat.information, weights) for weights in (game.space.weights, opinion)]
    told = [
        (menu.value_names[v], labels[b]) if g > 0.0 else ("", "") for v, b, g in zip(value, belief, gain, strict=True)
    ]
    columns = [[seat.index] * len(gain), seat.names, *mass, utility, gain, *zip(*told, strict=True)]
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def _beliefs(game: Game, seat: Seat, plan: Plan, menu: Menu) -> dict[int, str]:
    """Return the beliefs to try and what they are called; one without a name where nobody asks."""
    if not game.mechanism.elicits_beliefs:
        return {int(menu.beliefs[0]): ""}
    names = dict(zip(menu.beliefs.tolist(), menu.belief_names, strict=True))
    for belief, name in zip(seat.posteriors.tolist(), seat.names, strict=True):
        names.setdefault(belief, f"belief of {name}")
    for belief in np.unique(plan.beliefs[plan.values > 0]).tolist():
        names.setdefault(belief, "as played")
    return names


def _as_played(game: Game, seat: Seat, play: Play) -> FloatArray:
    """Return ``(cells,)``: what the seat's own plan is worth to each of its types."""
    share: FloatArray = game.knowledge.within(seat.index)[play.states] * play.chances
    worth = weighted(share, game.utilities(play, seat.index))
    return np.bincount(seat.information[play.states], worth, minlength=len(seat.types)).astype(float)


@dataclass(frozen=True, eq=False)
class Equilibria:
    """What is known of a game's equilibria on its menus.

    Attributes
    ----------
    truth, played : what every type can gain against truthful play, and against what the seats play; the latter None
        where they have no plans.
    pure : the pure Bayes-Nash equilibria.
    logit : logit equilibria from uniform play on.
    mixed : mixed equilibria of two seats; None where they are not to be had, and `notes` says why.
    """

    truth: EquilibriumCheck
    played: EquilibriumCheck | None
    pure: PureEquilibria
    logit: LogitPath
    mixed: MixedEquilibria | None
    notes: tuple[str, ...]


def equilibria(
    induced: Induced,
    plans: Sequence[Plan] | None = None,
    *,
    candidates: Sequence[BoolArray] | None = None,
    limit: int = 1_000_000,
    greatest: float | None = None,
    mixed: bool = True,
    rng: np.random.Generator | None = None,
) -> Equilibria:
    """Return checks of truthful play and of `plans`, and the pure, logit and mixed equilibria of the induced game.

    Parameters
    ----------
    plans : what the seats play, if they have plans.
    candidates : per seat ``(types, reports of the menu)``, the survivors of iterated elimination, where they are known.
    limit, rng : as in `find_pure`.
    greatest : the last lambda of the logit equilibria, in 1/value.
    mixed : whether to seek mixed equilibria; QuantEcon takes some seconds to start.
    """
    types = agent_types(induced)
    pure = pure_equilibria(types, candidates=candidates, limit=limit, rng=rng)
    logit = logit_path(types, greatest=greatest)
    notes = [f"logit equilibria: {logit.branch.stopped}"] if logit.branch.stopped else []
    found = None
    try:
        found = nash(types, candidates=candidates) if mixed else None
    except ValueError as error:
        notes.append(f"no mixed equilibria are sought: {error}")
    if not pure.exhaustive:
        notes.append("the search for pure equilibria was cut short: there may be more")
    played = None if plans is None else verify(induced, plans)
    return Equilibria(verify(induced), played, pure, logit, found, tuple(notes))
