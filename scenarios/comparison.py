"""Mechanisms side by side on one scenario, as plain data: what `compare` prints."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from agents.game import Game
from agents.parameters import called, checked, entry, keyword_parameters
from analysis.comparison import Measured, largest_welfare, measure
from analysis.revenue import bound_holds
from mechanisms import MECHANISMS
from mechanisms.mechanism import Mechanism
from mechanisms.optimal import Optimum, optimal_mechanism
from scenarios.errors import BadInput, blame
from scenarios.experiment import Experiment

Tell = Callable[[float, str], None]
_OF_PLAY = ("revenue", "prices", "rewards", "welfare", "surplus", "expenses", "worst_ex_post")
_NO_FIGURES = (
    *("revenue", "share_of_opt", "prices", "rewards", "welfare", "surplus", "expenses", "worst_ex_post"),
    *("worst_interim", "revenue_if_losers_stay_out", "max_gain", "max_gain_expost", "truthful_is_equilibrium"),
)
COLUMNS = [
    *("mechanism", *_NO_FIGURES, "solution", "participation", "seller_knows", "players_know"),
    *("guarantee", "guarantee_holds", "reason"),
]


@dataclass(frozen=True)
class Entrant:
    """A mechanism to compare: what it is called, its kind, and parameters of its own."""

    label: str
    kind: str
    parameters: Mapping[str, Any]


def entrant(label: str) -> Entrant:
    """Return the mechanism that is meant by a name, or by a name with parameters as in ``k-lookahead(k=3)``.

    Raises
    ------
    ValueError : if the name or a parameter is unknown, or the parameters cannot be read.
    """
    kind, parameters = called(label, field="--mechanisms", example="k-lookahead(k=3)")
    cls = entry(MECHANISMS, kind, field="--mechanisms")
    if not parameters:
        return Entrant(label, kind, {})
    known = keyword_parameters(cls)
    needed = {name: 0.0 for name in ("epsilon",) if name in known}  # which the scenario has
    valid = checked(cls, needed | parameters, field=f"--mechanisms {kind}")
    return Entrant(label, kind, {name: valid[name] for name in parameters})


def split_names(text: str) -> list[str]:
    """Return what stands between the commas of a list of mechanisms, those inside brackets left alone.

    >>> split_names("M, k-lookahead(k=1), english(increment=2, reserve=3)")
    ['M', 'k-lookahead(k=1)', 'english(increment=2, reserve=3)']
    """
    return [part.strip() for part in re.split(r",(?![^(]*\))", text)]


@dataclass(frozen=True)
class Opt:
    """OPT and its certificate, or why there is none."""

    optimum: Optimum | None
    reason: str | None

    @property
    def revenue(self) -> float | None:
        """OPT."""
        return None if self.optimum is None else self.optimum.revenue


def compare(
    experiment: Experiment, kinds: Sequence[str] = (), *, other_types: int = 4, tell: Tell = lambda share, what: None
) -> dict[str, Any]:
    """Return exact figures of mechanisms on one scenario, all players truthful.

    By falling revenue, first those at whose truthful play nobody gains by a lie or expects to lose by taking part.
    Everything is in units of value; a figure that cannot be computed is None, and `reason` or `reasons` says why.

    Parameters
    ----------
    kinds : names of mechanisms, with parameters in brackets if need be; all that are registered unless given.
    other_types : how many of a seat's other posteriors are tried as belief reports.
    tell : is told how far it is.

    Raises
    ------
    BadInput : if a name or a parameter is unknown, or no mechanism that is named applies.
    """
    with blame(experiment.scenario.source):
        entrants = [entrant(label) for label in dict.fromkeys(kinds or MECHANISMS)]
    tell(0.0, "OPT")
    opt = _opt(experiment)
    rows = []
    for done, wanted in enumerate(entrants):
        tell(done / len(entrants), wanted.label)
        rows.append(_row(experiment, wanted, opt.revenue, other_types))
    if kinds and all(row["reason"] is not None for row in rows):
        first = rows[0]
        raise BadInput(
            f"{experiment.scenario.source}: there is nothing to compare: {first['mechanism']} {first['reason']}"
        )
    rows.sort(key=_place)
    certificate = None if opt.optimum is None else opt.optimum.certificate
    return {
        "scenario": experiment.scenario.name,
        "opt": opt.revenue,
        "opt_dual": None if certificate is None else certificate.dual,
        "opt_gap": None if certificate is None else certificate.gap,
        "opt_sound": None if certificate is None else certificate.sound,
        "largest_welfare": largest_welfare(experiment.game),
        "unit": experiment.unit,
        "mechanisms": rows,
        "notes": _notes(experiment, opt, rows),
    }


def _place(row: dict[str, Any]) -> tuple[int, float]:
    """Return where a row stands: by revenue, then those where some would lie or stay out, then the rest."""
    if row["revenue"] is None:
        return (2, 0.0)
    return (int(some_would_leave(row) or row["truthful_is_equilibrium"] is False), -row["revenue"])


def some_would_leave(row: Mapping[str, Any]) -> bool:
    """Return whether some type expects to lose by taking part."""
    return row["worst_interim"] is not None and row["worst_interim"] < 0.0


def comparison_table(figures: dict[str, Any]) -> pd.DataFrame:
    """Return the figures as a table, a row a mechanism."""
    return pd.DataFrame(figures["mechanisms"], columns=COLUMNS)


def _opt(experiment: Experiment) -> Opt:
    try:
        return Opt(optimal_mechanism(experiment.environment, experiment.space.prior), None)
    except ValueError as error:
        return Opt(None, str(error))


def _row(experiment: Experiment, wanted: Entrant, opt: float | None, other_types: int) -> dict[str, Any]:
    name, kind = wanted.kind, MECHANISMS[wanted.kind]
    row: dict[str, Any] = {column: None for column in COLUMNS} | {
        "mechanism": wanted.label,
        "solution": kind.solution,
        "participation": kind.participation,
        "seller_knows": kind.about.seller,
        "players_know": kind.about.players,
        "reasons": {},
    }
    try:
        mechanism = experiment.mechanism(name, own=wanted.parameters)
    except BadInput as error:
        return row | {"reason": str(error.__cause__ or error).removeprefix(f"{name} ")}
    found = measure(Game(mechanism, experiment.knowledge), other_types=other_types)
    if found.play is None:
        return row | {"reason": found.reasons["play"].removeprefix(f"{name} ")}
    return row | _figures(found, opt) | _bound(mechanism, found.play.revenue, opt)


def _figures(found: Measured, opt: float | None) -> dict[str, Any]:
    """Return the figures of a mechanism that truthful play could be computed for, and why others are missing."""
    figures: dict[str, Any] = {name: getattr(found.play, name) for name in _OF_PLAY}
    figures["share_of_opt"] = figures["revenue"] / opt if opt and not figures["expenses"] else None
    reasons = {}
    if found.gains is None:
        reasons["max_gain"] = found.reasons["gains"]
    else:
        lies = not math.isnan(found.gains.interim)
        figures["max_gain"] = found.gains.interim if lies else None
        figures["max_gain_expost"] = found.gains.expost if lies else None
        figures["truthful_is_equilibrium"] = found.truthful_is_equilibrium
        if not lies:
            reasons["max_gain"] = "no player has a lie to tell"
    if found.participation is None:
        reasons["worst_interim"] = found.reasons["participation"]
    else:
        worst, all_stay = found.participation.worst_interim, found.participation.table["stays"].all()
        figures["worst_interim"] = max(worst, 0.0) if all_stay else worst
        figures["revenue_if_losers_stay_out"] = found.participation.revenue
    return figures | {"reasons": reasons}


def _bound(mechanism: Mechanism, revenue: float, opt: float | None) -> dict[str, Any]:
    bound = None if opt is None else mechanism.guarantee(opt)
    return {"guarantee": bound, "guarantee_holds": bound_holds(revenue, bound)}


def _notes(experiment: Experiment, opt: Opt, rows: Sequence[dict[str, Any]]) -> list[str]:
    notes = list(experiment.notes)
    if opt.reason is not None:
        notes.append(f"no OPT, and no shares of it: {opt.reason}")
    if not experiment.truthful:
        notes.append("the seats of this scenario do not tell the truth; these figures are for truthful play")
    for row in rows:
        if row["rewards"] is not None and row["rewards"] < 0:
            notes.append(f"{row['mechanism']}: revenue counts fines of {-row['rewards']:.5g} as income")
    costly = ", ".join(row["mechanism"] for row in rows if row["expenses"])
    if costly:
        notes.append(
            f"{costly}: welfare is after expenses, revenue is before them, however many stay out; OPT and the others "
            "know of none, so that no share of OPT is said"
        )
    return notes
