"""Where L as printed is truthful, by learning: play on a grid of epsilon and delta beside the exact border."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.deviation import Region, truthful_region
from analysis.drawing import BLUE, finish, new_axes
from analysis.emergence.gaps import gaps
from analysis.emergence.measures import late_shares
from scenarios.experiment import assemble
from scenarios.learning import Phase, casts, learn
from scenarios.scenario import load
from scenarios.studies import Findings, Tell
from scenarios.study_page import counted, grid, page, percent

TITLE = "The map of L as printed: learning beside the exact border"

TRUE = 0.95
_SCENARIO = "printed-region"
_WORLDS = 20
_ROUNDS = {"fictitious-play": 1000, "hedge": 1000}
_EPSILONS = np.geomspace(0.004, 0.5, 9)
_DELTAS = np.linspace(0.025, 0.5, 7)
_SLACK = 0.04


def study(tell: Tell, *, scale: float) -> Findings:
    """Return where learners come to tell their values, on a grid, and what the exact border says there."""
    worlds = counted(_WORLDS, scale)
    epsilons, deltas = (_thin(marks, scale) for marks in (_EPSILONS, _DELTAS))
    region = _region(epsilons, deltas)
    border = _region([], np.linspace(0.0, 0.55, 56).tolist()).border
    rows = []
    for k, exact in enumerate(region.table.to_dict(orient="records")):
        point = {str(name): float(figure) for name, figure in exact.items()}
        tell(k / len(region.table), f"epsilon {point['epsilon']:.3g}, delta {point['delta']:.3g}")
        for label, rounds in _ROUNDS.items():
            rows.append(point | _learnt(label, rounds, worlds, point["epsilon"], point["delta"]))
    found = pd.DataFrame(rows)
    found["exact"], found["agrees"] = found["gain"] <= 0, (found["gain"] <= 0) == found["truthful"]
    figures = {
        "points": len(region.table),
        "truthful_exactly": int((region.table["gain"] <= 0).sum()),
        "border_slope": _slope(border),
        "learners": {label: _figures(mine) for label, mine in found.groupby("learner", sort=False)},
    }
    tables = {"map": found, "region": region.table, "border": border}
    plots = {label: _draw(found[found["learner"] == label], border, new_axes()) for label in _ROUNDS}
    return Findings(_page(figures, tables), figures, tables, plots)


def _thin(marks: Any, scale: float) -> list[float]:
    """Return every mark, or at small scales every third."""
    return list(map(float, marks if scale >= 0.5 else marks[::3]))


def _region(epsilons: list[float], deltas: list[float]) -> Region:
    experiment = assemble(load(_SCENARIO))
    return truthful_region(
        lambda epsilon, delta: experiment.rival("L-printed", epsilon=epsilon, delta=delta), epsilons, deltas
    )


def _learnt(label: str, rounds: int, worlds: int, epsilon: float, delta: float) -> dict[str, Any]:
    """Return how much play ends truthful in values at a point, and how sharp the nearest choice is there."""
    point = [f"mechanism.epsilon={epsilon}", f"mechanism.delta={delta}"]
    scenario = load(_SCENARIO, overrides=[*point, f"run.rounds={rounds}", f"run.worlds={worlds}"])
    phase = learn(casts(scenario, [f'{label}(beliefs=["truthful"])'])[0]).phases[0]
    late = float(late_shares(phase.course, phase.strategies)["value"].min())
    return {"learner": label, "late": late, "truthful": late >= TRUE, "sharpness": _sharpness(phase)}


def _sharpness(phase: Phase) -> float:
    """Return the smallest size of a gain or loss from any value lie, in ranges of the type's payoffs."""
    table = gaps(phase.arena())
    return float((table["gain"].abs() / table["span"]).min())


def _slope(border: pd.DataFrame) -> float:
    """Return epsilon over delta on the border, which is a line through the origin on these states."""
    border = border[border["delta"] > 0]
    return float((border["epsilon"] / border["delta"]).mean())


def _figures(mine: pd.DataFrame) -> dict[str, Any]:
    wrong = mine[~mine["agrees"]]
    return {
        "agreeing": int(mine["agrees"].sum()),
        "false_alarms": int((~mine["agrees"] & mine["exact"]).sum()),
        "lies_missed": int((~mine["agrees"] & ~mine["exact"]).sum()),
        "agreeing_away": int((mine["agrees"] & (mine["sharpness"] > _SLACK)).sum()),
        "away": int((mine["sharpness"] > _SLACK).sum()),
        "sharpest_wrong": float(wrong["sharpness"].max()) if len(wrong) else 0.0,
    }


def _draw(mine: pd.DataFrame, border: pd.DataFrame, ax: Axes) -> Axes:
    """Draw where play ends truthful in values, and the exact border."""
    border = border[border["epsilon"] >= mine["epsilon"].min()]
    ax.plot(border["epsilon"], border["delta"], color="black", lw=2)
    ends = ((mine["truthful"], "o", BLUE), (~mine["truthful"], "X", "white"))
    for spots, marker, colour in ends:
        right, wrong = mine[spots & mine["agrees"]], mine[spots & ~mine["agrees"]]
        ax.plot(right["epsilon"], right["delta"], marker, mfc=colour, mec="black", ms=8)
        ax.plot(wrong["epsilon"], wrong["delta"], marker, mfc=colour, mec="#d55e00", mew=2, ms=8)
    ax.set_xscale("log")
    handles = [
        Line2D([], [], color="black", lw=2, label="exact border: truth to the left"),
        Line2D([], [], marker="o", mfc=BLUE, mec="black", ls="", label="play ends truthful in values"),
        Line2D([], [], marker="X", mfc="white", mec="black", ls="", label="it does not"),
        Line2D([], [], marker="o", mfc="none", mec="#d55e00", mew=2, ls="", label="orange edge: against the exact map"),
    ]
    return finish(ax, "ε, the scale of rewards (units of value)", "δ, probability of the lottery", handles, empty=False)


def _page(figures: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    found = tables["map"]
    hedge = found[found["learner"] == "hedge"]
    rows = []
    for delta, mine in hedge[hedge["exact"]].groupby("delta"):
        late = [percent(mine["late"].min()), percent(mine["late"].max())]
        sharp = f"{mine['sharpness'].min():.1%} to {mine['sharpness'].max():.1%}"
        rows.append((f"{delta:.3g}", len(mine), int(mine["truthful"].sum()), " to ".join(late), sharp))
    columns = ["delta", "points where truth is best", "Hedge ends truthful", "true values", "smallest gap / range"]
    shown = pd.DataFrame(rows, columns=columns)
    return page(
        _PAGE,
        {
            "title": TITLE,
            "true": percent(TRUE),
            "slack": percent(_SLACK),
            "points": figures["points"],
            "inside": figures["truthful_exactly"],
            "slope": figures["border_slope"],
            "rounds": _ROUNDS["hedge"],
            "leader": figures["learners"]["fictitious-play"],
            "hedge": figures["learners"]["hedge"],
            "strips": grid(shown),
        },
    )


_PAGE = """
# {title}

L as printed pays i* a flat reward, so that a bid is also a bid for a role. Whether lying pays depends on epsilon
against delta, and `analysis.deviation` gives the border exactly: with two bidders and values 1, 2, 3 truth in values
is best, the others truthful, as long as epsilon is below {slope:.4g} delta. Do bidders who only learn see that border?

## Set-up

The scenario `printed-region`. Both bidders learn which value to announce, by type, with their plain posteriors, on a
grid of {points} pairs of epsilon and delta; {inside} of these lie on the truthful side. Two learners with their default
parameters are shown what every value would have earned in each of {rounds:,} rounds. Fictitious play announces what
would have earned most so far, by however little. Hedge leans to it in proportion to what it would have earned more,
in units of the range of payoffs. Play *ends truthful* where at least {true} of the values in the last tenth are true,
in both seats.

## The map

![Fictitious play: where play ends truthful in values, and the exact border](fictitious-play.svg)

![Hedge: where play ends truthful in values, and the exact border](hedge.svg)

- Fictitious play agrees with the exact map at {leader[agreeing]} of {points} points: at {leader[false_alarms]} play
is not truthful though truth is best, at {leader[lies_missed]} it is truthful though a lie pays.

- Hedge agrees at {hedge[agreeing]} of {points}: at {hedge[false_alarms]} it is not truthful though truth is best, at
{hedge[lies_missed]} it is truthful though a lie pays.

- Where the cheapest value lie of any type gains or loses more than {slack} of the range of its payoffs, fictitious play
agrees at {leader[agreeing_away]} of {leader[away]} points and Hedge at {hedge[agreeing_away]} of {hedge[away]}. The
largest gain or loss of that lie where Hedge disagrees is {hedge[sharpest_wrong]:.1%} of the range.

## Where Hedge disagrees

{strips}

Two kinds of points are hard. Next to the border the gain from the lie that defines it passes through zero, so that a
learner with finitely many rounds is undecided there. And at small delta an underbid is nearly free: it costs little
more than what the lottery takes, which shrinks with delta, while the range of payoffs does not. There Hedge drifts
among reports that are worth nearly the same, whatever epsilon is. A seller who makes delta small makes truth too faint
for Hedge to learn in {rounds:,} rounds before she makes it false; fictitious play learns it all the same.

## Caveats

The border is for truth against truth; where all learn, the rivals' lies change what lies are worth, and play may in
principle settle on other equilibria. Beliefs are told as they are here, and values alone are learnt: a role-aware
belief tips the border a little. The learners' own rates decide how wide the undecided band is.

## Repeat it

    crowdbayes study printed-map
    crowdbayes run printed-region
    crowdbayes deviations printed-region
"""
