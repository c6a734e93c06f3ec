"""How fast learners find the truth about beliefs as epsilon shrinks, beside what theory says."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter
from scipy import stats

from analysis.drawing import BLUE, Z95, finish, new_axes
from analysis.emergence.gaps import gaps
from analysis.emergence.measures import late_shares, time_to_truth
from analysis.emergence.worlds import mean_over_worlds
from analysis.revenue import revenue_of
from scenarios.learning import Phase, casts, learn
from scenarios.scenario import load
from scenarios.studies import Findings, Tell
from scenarios.study_page import counted, grid, page, percent

TITLE = "The speed of truth: learning beliefs as epsilon shrinks"

TRUE = 0.95
_SCENARIO = "learn-l"
_WORLDS = 40
_FAINT = 2.0
_EPSILONS = (6.0, 4.0, 3.0, 2.0, 1.5, 1.0, 0.75)


class _Pace(NamedTuple):
    """How many rounds a learner is given: so many times epsilon to a power."""

    rounds: int
    power: float
    theory: str
    mark: str


_LEARNERS = {
    "fictitious-play": _Pace(400, 0.0, "0", "o-"),
    "regret-matching": _Pace(400, 0.0, "(none is proven)", "s-"),
    "replicator": _Pace(800, 0.0, "1", "^--"),
    "hedge": _Pace(4500, -0.75, "2", "D-"),
}
_BANDITS = ("exp3-ix", "q-learning")
_BANDIT_ROUNDS = 2000
_BANDIT_EPSILONS = (6.0, 1.5)


def study(tell: Tell, *, scale: float) -> Findings:
    """Return when beliefs are told truly for good, by type, against how faint the signal is."""
    worlds = counted(_WORLDS, scale, least=8)
    epsilons = _EPSILONS if scale >= 0.5 else _EPSILONS[::2]
    runs = [(label, epsilon) for label in _LEARNERS for epsilon in epsilons]
    parts, bills = [], []
    for k, (label, epsilon) in enumerate(runs):
        tell(0.85 * k / len(runs), f"{label}, epsilon {epsilon:g}")
        pace = _LEARNERS[label]
        rounds = round(pace.rounds * epsilon**pace.power)
        phase = _played(label, epsilon, rounds, worlds)
        parts.append(_times(phase).assign(learner=label, epsilon=epsilon, rounds=rounds))
        bills.append({"learner": label, "epsilon": epsilon, **_bill(phase, parts[-1]["round"].max(skipna=False))})
    times = pd.concat(parts, ignore_index=True)
    tell(0.85, "bandits")
    bandits = pd.DataFrame([_bandit(label, e, worlds) for label in _BANDITS for e in _BANDIT_EPSILONS])
    fits = pd.DataFrame([_fit(label, times[times["learner"] == label]) for label in _LEARNERS])
    faint = times[times["epsilon"] <= _FAINT]
    faint_fits = pd.DataFrame([_fit(label, faint[faint["learner"] == label]) for label in _LEARNERS])
    figures = {
        "fits": fits.set_index("learner").to_dict(orient="index"),
        "faint_fits": faint_fits.set_index("learner").to_dict(orient="index"),
        "bills": bills,
        "bandits": bandits.to_dict(orient="records"),
        "epsilons": list(epsilons),
    }
    tables = {"times": times, "fits": fits, "faint_fits": faint_fits, "bills": pd.DataFrame(bills), "bandits": bandits}
    return Findings(_page(figures, tables), figures, tables, {"rounds": _draw(times, fits, new_axes())})


def _played(label: str, epsilon: float, rounds: int, worlds: int) -> Phase:
    changes = [f"mechanism.epsilon={epsilon}", f"run.rounds={rounds}", f"run.worlds={worlds}"]
    return learn(casts(load(_SCENARIO, overrides=changes), [f'{label}(beliefs=["every"])'])[0]).phases[0]


def _times(phase: Phase) -> pd.DataFrame:
    """Return, by seat and type, the round of true beliefs for good and the signal: gap and range of payoffs."""
    table = gaps(phase.arena())
    beliefs = table[table["belief_lie"] & ~table["value_lie"]].groupby(["seat", "type"], sort=False)
    when = time_to_truth(phase.course, phase.strategies, threshold=TRUE).set_index(["seat", "type"])["belief_round"]
    found = pd.DataFrame(
        {
            "gap": -beliefs["gain"].max(),
            "span": beliefs["span"].first(),
            "probability": beliefs["probability"].first(),
        }
    )
    found["faintness"] = found["span"] / found["gap"]
    found["round"] = when.reindex(found.index)
    found["visits"] = found["round"] * found["probability"]
    return found.reset_index()


def _fit(label: str, mine: pd.DataFrame) -> dict[str, Any]:
    """Return the exponent of visits in range/gap: least squares of logarithms within types, with a 95 % interval."""
    seen = mine.dropna(subset=["visits"])
    logs = pd.DataFrame({name: np.log(seen[name].to_numpy()) for name in ("faintness", "visits")}, index=seen.index)
    across, up = (logs - logs.groupby([seen["seat"], seen["type"]]).transform("mean")).to_numpy().T
    exponent = float((across * up).sum() / (across**2).sum())
    degrees = len(seen) - len(seen.groupby(["seat", "type"])) - 1
    error = float(np.sqrt(((up - exponent * across) ** 2).sum() / degrees / (across**2).sum()))
    return {
        "learner": label,
        "points": len(seen),
        "never": len(mine) - len(seen),
        "exponent": exponent,
        "half": float(stats.t.ppf(0.975, degrees)) * error,
        "intercept": float(logs["visits"].mean() - exponent * logs["faintness"].mean()),
        "most": float(seen["visits"].max()),
        "theory": _LEARNERS[label].theory,
    }


def _bill(phase: Phase, last: float) -> dict[str, float]:
    """Return the rewards that the seller has paid when beliefs become true for good, in the mean over worlds."""
    course = phase.course
    paid = mean_over_worlds(course.rewards[course.ends < last].sum(axis=0))
    found = {"round": last, "in all": float(paid.mean), "half": Z95 * float(paid.error)}
    found["truthful"] = revenue_of(phase.experiment.game).rewards
    return found if np.isfinite(last) else {**found, "in all": np.nan, "half": np.nan}


def _bandit(label: str, epsilon: float, worlds: int) -> dict[str, Any]:
    phase = _played(label, epsilon, _BANDIT_ROUNDS, worlds)
    late = late_shares(phase.course, phase.strategies)
    return {"learner": label, "epsilon": epsilon, **{k: float(late[k].mean()) for k in ("value", "belief")}}


def _draw(times: pd.DataFrame, fits: pd.DataFrame, ax: Axes) -> Axes:
    """Draw visits until beliefs are true against range/gap, a mark a type, with the fitted lines."""
    handles = []
    for place, (label, pace) in enumerate(_LEARNERS.items()):
        mine, fit = times[times["learner"] == label], fits[fits["learner"] == label].iloc[0]
        colour = BLUE if label == "hedge" else str(0.15 * place)
        ax.plot(mine["faintness"], mine["visits"], pace.mark[0], mfc="none", mec=colour, ms=5)
        ends = np.array([mine["faintness"].min(), mine["faintness"].max()])
        ax.plot(ends, np.exp(fit["intercept"]) * ends ** fit["exponent"], pace.mark[1:], color=colour, lw=1.5)
        text = f"{label}: exponent {fit['exponent']:.2f} ± {fit['half']:.2f}"
        handles.append(Line2D([], [], marker=pace.mark[0], ls=pace.mark[1:], mfc="none", color=colour, label=text))
    ax.set(xscale="log", yscale="log")
    ax.set_xticks([4, 6, 10, 20, 40], ["4", "6", "10", "20", "40"])
    ax.xaxis.set_minor_formatter(NullFormatter())
    across = "range of payoffs / gap of the best false belief"
    return finish(ax, across, "times a type occurs until it is true for good", handles, empty=False)


def _plus_minus(fits: pd.DataFrame) -> list[str]:
    return [f"{exponent:.2f} ± {half:.2f}" for exponent, half in zip(fits["exponent"], fits["half"], strict=True)]


def _row_of_bill(row: dict[str, Any]) -> dict[str, str]:
    arrived = np.isfinite(row["round"])
    return {
        "learner": row["learner"],
        "epsilon": f"{row['epsilon']:g}",
        "true from round": f"{row['round']:.0f}" if arrived else "not in time",
        "rewards by then": f"{row['in all']:.0f} ± {row['half']:.0f}" if arrived else "",
        "a round": f"{row['in all'] / (row['round'] - 1):.2f}" if arrived else "",
        "if all were truthful": f"{row['truthful']:.2f}",
    }


def _page(figures: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    fits, bandits = tables["fits"], tables["bandits"]
    paces = pd.DataFrame(
        {
            "learner": fits["learner"],
            "exponent, all": _plus_minus(fits),
            f"epsilon up to {_FAINT:g}": _plus_minus(tables["faint_fits"]),
            "by theory": fits["theory"],
            "most visits needed": [f"{most:.0f}" for most in fits["most"]],
            "points": fits["points"],
            "not in time": fits["never"],
        }
    )
    high, low = max(figures["epsilons"]), min(figures["epsilons"])
    bill = {(row["learner"], row["epsilon"]): row for row in figures["bills"]}
    paid = pd.DataFrame([_row_of_bill(row) for row in figures["bills"] if row["epsilon"] in (high, 1.5, low)])
    blind = bandits.astype({"epsilon": str}).assign(
        value=[percent(s) for s in bandits["value"]], belief=[percent(s) for s in bandits["belief"]]
    )
    return page(
        _PAGE,
        {
            "title": TITLE,
            "true": percent(TRUE),
            "high": high,
            "low": low,
            "paces": grid(paces),
            "bills": grid(paid),
            "bandits": grid(blind.rename(columns={"value": "values true", "belief": "beliefs true"})),
            "faint_most": _FAINT,
            "faint": {name.replace("-", "_"): row for name, row in figures["faint_fits"].items()},
            "fit": {name.replace("-", "_"): row for name, row in figures["fits"].items()},
            "hedge_high": bill["hedge", high],
            "hedge_low": bill["hedge", low],
            "ratio": high / low,
            "saved": bill["hedge", high]["in all"] / bill["hedge", low]["in all"],
            "leader_high": bill["fictitious-play", high],
            "leader_low": bill["fictitious-play", low],
            "bandit_rounds": _BANDIT_ROUNDS,
        },
    )


_PAGE = """
# {title}

A crowdsourced mechanism pays epsilon for beliefs, and theory lets epsilon be as small as one likes: truth is strictly
best all the same. To bidders who learn, rewards of order epsilon are a signal of order epsilon. How long does it take
them to have their beliefs right, and what has the seller paid by then?

## Set-up

The scenario `learn-l` (repaired L, three bidders worth 2 or 4, bust or boom, bidder 1 knows which; delta = 0.4) with
epsilon from {high:g} down to {low:g}. A type chooses among both values with the posteriors of all of its seat's types.
What is timed is, by seat and type, how often the type has occurred when {true} of its beliefs in all worlds have become
true for good. The signal is exact: the *gap* is what the best false posterior loses against truthful rivals, and the
*range* that of all that the type can earn in a round. The gap falls with epsilon, the range, which the auction
itself makes, does not fall below what is at stake there.

## Pace

![Times that a type occurs until its beliefs are true for good, a mark a type and epsilon](rounds.svg)

{paces}

Exponents are of visits in range / gap, as epsilon changes for a given type: least squares of logarithms within types,
with 95 % intervals. The lines have the slope of all. Over the whole grid Hedge and the replicator are below theory by
more than their intervals; for epsilon up to {faint_most:g} the intervals hold the theory's 2 and 1. Theory is about
faint signals. A likely reason for the rest: at large epsilon beliefs take a few dozen visits only, and are scored by
what rivals announce, who have yet to learn their values, at a pace that delta sets.

- *Hedge* divides what a report would have earned by the range of payoffs, and leans to it at a rate that falls with
the square root of time. A lie that loses a gap g each time has a weight of exp(-(g / range) sqrt(8 t ln K)), small
once t is of the order of (range / g)^2: its pace by theory. Fitted: {fit[hedge][exponent]:.2f} ±
{fit[hedge][half]:.2f} over all, {faint[hedge][exponent]:.2f} ± {faint[hedge][half]:.2f} for small epsilon.

- The *replicator* is shown means, so no luck has to be averaged out, and moves in proportion to gap / range: its pace
is range / gap. Fitted: {fit[replicator][exponent]:.2f} ± {fit[replicator][half]:.2f} over all,
{faint[replicator][exponent]:.2f} ± {faint[replicator][half]:.2f} for small epsilon.

- *Fictitious play* and *regret matching* compare reports with each other and with nothing else. What two beliefs earn
differs by rewards alone, and these shrink with epsilon as the gap between them does, luck and all. So epsilon is
hardly more than a unit to them: {fit[fictitious_play][exponent]:.2f} and {fit[regret_matching][exponent]:.2f} over all.

- *Bandits* compare what they earned by one report with what they earned by another at other times. That includes
the auction's luck, which does not shrink, and each report is tried only once in so many rounds: for K reports they
need some K times as many rounds as Hedge, or more. After {bandit_rounds:,} rounds, in the last tenth:

{bandits}

## The seller's bill

Rewards paid before the round from which the beliefs of all types are true for good, in the mean over worlds with its
95 % interval; *a round*, beside what is paid where all are truthful:

{bills}

A fainter reward is hardly cheaper if bidders learn as Hedge does: at epsilon = {high:g} they have their beliefs right
by round {hedge_high[round]:,.0f}, for rewards of {hedge_high[in all]:,.0f} in all; at epsilon = {low:g} by round
{hedge_low[round]:,.0f}, for {hedge_low[in all]:,.0f}. An epsilon {ratio:g} times smaller makes the bill {saved:.1f}
times smaller.
By theory, which this grid does not reach, the range would stay where it is as epsilon falls further, rounds would grow
with the square of 1 / epsilon and the bill with 1 / epsilon itself. To fictitious play, which is shown no more than
Hedge but compares reports by their sign, however little is between them, the bill falls with epsilon, from
{leader_high[in all]:,.0f} to {leader_low[in all]:,.0f}. What a faint reward costs is decided by the unit in which
bidders weigh it.

## Caveats

Times are first rounds of windows of a hundredth of a run, so that short ones are coarse. Marks of one run are not
independent, which makes intervals somewhat too narrow. Learners have their default parameters; a higher rate, or
payoffs scaled by what a belief alone can earn, would speed Hedge up. Values are learnt by delta, which stays.

## Repeat it

    crowdbayes study speed-of-truth
    crowdbayes deviations learn-l --set mechanism.epsilon={low:g}
    crowdbayes learn learn-l --set mechanism.epsilon={low:g}
"""
