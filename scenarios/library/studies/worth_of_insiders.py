"""What insiders are worth to the seller when bidders learn: by who knows what, and by what beliefs are paid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.drawing import BLUE, Z95, finish, new_axes
from analysis.emergence.measures import late_shares
from analysis.emergence.worlds import mean_over_worlds
from analysis.revenue import benchmarks, revenue_of
from mechanisms.environment import FloatArray
from scenarios.experiment import assemble
from scenarios.learning import casts, learn
from scenarios.scenario import load
from scenarios.studies import Findings, Tell
from scenarios.study_page import counted, grid, interval, page
from scenarios.study_runs import with_even_luck

TITLE = "What insiders are worth when bidders learn"

_KNOWLEDGE = {
    "own value": '{kind="own-value"}',
    "one sees the state": '{kind="state", insiders=[1]}',
    "acquaintances": '{kind="graph", edges=[[1, 0], [2, 1]]}',
    "everybody": '{kind="complete"}',
}
_OWN, _GRAPH = "own value", "acquaintances"
_LEARNERS = ("fictitious-play", "regret-matching", "hedge")
_SLOW = "regret-matching"
_EPSILONS = (0.02, 0.1, 0.5, 2.0, 5.0, 20.0)
_EPSILON = 0.5
_LIES = ("flattened", "sharpened", "prior", "uniform", "mode", "other-type")
_ROUNDS, _WORLDS = 1500, 20
_LOOKS = {
    "own value": ("0.55", ":"),
    "one sees the state": ("0.3", "-."),
    _GRAPH: (BLUE, "-"),
    "everybody": ("black", "--"),
}


def study(tell: Tell, *, scale: float) -> Findings:
    """Return what learners bring the seller in L and M by knowledge and reward, beside what truthful bidders would."""
    worlds = counted(_WORLDS, scale, least=4)
    plan = [("L", knowledge, label, _EPSILON) for knowledge in _KNOWLEDGE for label in _LEARNERS]
    plan += [("M", knowledge, _SLOW, _EPSILON) for knowledge in _KNOWLEDGE]
    plan += [("L", _GRAPH, label, epsilon) for label in _LEARNERS for epsilon in _EPSILONS if epsilon != _EPSILON]
    runs = {}
    for k, setting in enumerate(plan):
        tell(k / len(plan), f"{setting[0]}, {setting[1]}: {setting[2]}, epsilon {setting[3]:g}")
        runs[setting] = _Run.of(*setting, worlds)
    found = {
        kind: {k: {label: runs[kind, k, label, _EPSILON] for label in labels} for k in _KNOWLEDGE}
        for kind, labels in (("L", _LEARNERS), ("M", (_SLOW,)))
    }
    rewards = {label: {e: runs["L", _GRAPH, label, e] for e in _EPSILONS} for label in _LEARNERS}
    tables = {
        "knowledge": pd.DataFrame([_row(kind, k, row) for kind in found for k, row in found[kind].items()]),
        "rewards": pd.DataFrame([_by_epsilon(e, {label: row[e] for label, row in rewards.items()}) for e in _EPSILONS]),
    }
    figures = {
        "opt": benchmarks(assemble(load("insiders")).game).opt,
        "knowledge": {
            kind: {k: {label: run.figures for label, run in row.items()} for k, row in found[kind].items()}
            for kind in found
        },
        "lies": _lies(),
        "added": {label: _added(found["L"], label) for label in ("truth", *_LEARNERS)},
        "rewards": {label: {f"{e:g}": run.figures for e, run in row.items()} for label, row in rewards.items()},
    }
    plots = {"rounds": _draw_rounds(found["L"], new_axes()), "epsilon": _draw_epsilon(rewards, new_axes())}
    return Findings(_page(figures, tables), figures, tables, plots)


@dataclass(frozen=True, eq=False)
class _Run:
    """What one learner in every seat brings the seller.

    Attributes
    ----------
    truthful, rewards : exact net revenue and rewards a round if all were truthful.
    ends, path : ``(windows,)`` rounds and ``(windows, worlds)`` net revenue a round, corrected for luck.
    late, whole : ``(worlds,)`` net revenue a round in the last tenth and in all rounds.
    beliefs : share of true beliefs in the last tenth, mean over seats.
    """

    truthful: float
    rewards: float
    ends: FloatArray
    path: FloatArray
    late: FloatArray
    whole: FloatArray
    beliefs: float

    @classmethod
    def of(cls, kind: str, knowledge: str, label: str, epsilon: float, worlds: int) -> _Run:
        """Play it."""
        changes = [f"mechanism.kind={kind}", f"mechanism.epsilon={epsilon}", f"knowledge={_KNOWLEDGE[knowledge]}"]
        scenario = load("insiders", overrides=[*changes, f"run.rounds={_ROUNDS}", f"run.worlds={worlds}"])
        phase = learn(casts(scenario, [label])[0]).phases[0]
        course, game = phase.course, phase.experiment.game
        exact = revenue_of(game)
        revenue = with_even_luck(phase, scenario.run.seed)
        return cls(
            truthful=exact.total,
            rewards=exact.rewards,
            ends=course.ends.astype(float),
            path=revenue / course.lengths[:, None],
            late=replace(course, revenue=revenue).late_revenue,
            whole=revenue.sum(axis=0) / course.rounds,
            beliefs=float(late_shares(course, phase.strategies)["belief"].mean()),
        )

    @property
    def figures(self) -> dict[str, float]:
        """Means over worlds."""
        return {
            "truthful": self.truthful,
            "rewards": self.rewards,
            "late": float(self.late.mean()),
            "short": self.truthful - float(self.late.mean()),
            "whole": float(self.whole.mean()),
            "beliefs": self.beliefs,
        }


def _lies() -> dict[str, float]:
    """Return the exact net revenue if all told true values and the same kind of belief, among acquaintances."""
    found = {}
    for belief in _LIES:
        seats = f'seats=[{{strategy="misreport", value="truthful", belief="{belief}"}}]'
        experiment = assemble(load("insiders", overrides=[seats]))
        with_plans = zip(experiment.game.seats, experiment.strategies(), strict=True)
        plans = [plan for seat, strategy in with_plans if (plan := strategy.plan(seat)) is not None]
        found[belief.replace("-", "_")] = revenue_of(experiment.game, plans).total
    return found


def _added(found: dict[str, dict[str, _Run]], label: str) -> dict[str, float]:
    """Return what each kind of knowledge adds to late revenue over own values; "truth" is of truthful bidders."""
    earned = {k: row[_SLOW].truthful if label == "truth" else float(row[label].late.mean()) for k, row in found.items()}
    return {knowledge: revenue - earned[_OWN] for knowledge, revenue in earned.items() if knowledge != _OWN}


def _row(kind: str, knowledge: str, runs: dict[str, _Run]) -> dict[str, Any]:
    names = {"mechanism": kind, "who knows": knowledge, "truthful": f"{runs[_SLOW].truthful:.2f}"}
    return names | {label: interval(runs[label].late, 1) if label in runs else "" for label in _LEARNERS}


def _by_epsilon(epsilon: float, runs: dict[str, _Run]) -> dict[str, Any]:
    row: dict[str, Any] = {"epsilon": f"{epsilon:g}"}
    for label, run in runs.items():
        row["truthful"], row["rewards, truthful"] = f"{run.truthful:.2f}", f"{run.rewards:.2f}"
        row[label] = f"{interval(run.late, 1)} ({run.beliefs:.0%})"
    return row


def _draw_rounds(found: dict[str, dict[str, _Run]], ax: Axes) -> Axes:
    """Draw net revenue by round for each kind of knowledge, and what truthful bidders would bring as level lines."""
    handles = []
    for knowledge, (colour, line) in _LOOKS.items():
        run = found[knowledge][_SLOW]
        blocks = run.path.reshape(-1, 5, run.path.shape[1]).mean(axis=1)
        mean, error = mean_over_worlds(blocks)
        ends = run.ends[4::5]
        ax.plot(ends, mean, color=colour, ls=line)
        ax.fill_between(ends, mean - Z95 * error, mean + Z95 * error, color=colour, alpha=0.15, lw=0)
        ax.axhline(run.truthful, color=colour, ls=line, lw=0.8, alpha=0.7)
        handles.append(Line2D([], [], color=colour, ls=line, label=knowledge))
    return finish(ax, "round", "net revenue a round (level: truthful)", handles, empty=False)


def _draw_epsilon(rewards: dict[str, dict[float, _Run]], ax: Axes) -> Axes:
    """Draw net revenue over all rounds against epsilon, and what truthful bidders would bring."""
    handles = []
    for (label, runs), (marker, colour) in zip(
        rewards.items(), (("s", "0.2"), ("o", BLUE), ("D", "0.55")), strict=True
    ):
        mean, error = mean_over_worlds(np.stack([run.whole for run in runs.values()]))
        look: dict[str, Any] = {"marker": marker, "color": colour, "mfc": "white"}
        ax.errorbar(list(runs), mean, yerr=Z95 * error, capsize=2, **look)
        handles.append(Line2D([], [], label=label, **look))
        level = [run.truthful for run in runs.values()]
    ax.plot(list(_EPSILONS), level, color="0.5", ls="--")
    handles.append(Line2D([], [], color="0.5", ls="--", label="truthful"))
    ax.set_xscale("log")
    return finish(ax, "epsilon", f"net revenue a round, all {_ROUNDS:,} rounds", handles, empty=False)


def _page(figures: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    plain = {"fictitious-play": "play", "regret-matching": "matching", "hedge": "hedge"}
    found = {
        f"{kind}_{knowledge.split()[0]}": {plain[label]: run for label, run in row.items()}
        for kind, rows in figures["knowledge"].items()
        for knowledge, row in rows.items()
    }
    return page(
        _PAGE,
        {
            **found,
            "title": TITLE,
            "rounds": _ROUNDS,
            "opt": figures["opt"],
            "epsilon": _EPSILON,
            "met": _ROUNDS / 16,
            "added": figures["added"],
            "least": {plain[label]: row[f"{_EPSILONS[0]:g}"] for label, row in figures["rewards"].items()},
            "most": {plain[label]: row[f"{_EPSILONS[-1]:g}"] for label, row in figures["rewards"].items()},
            "lies": figures["lies"],
            "small": _EPSILONS[0],
            "large": _EPSILONS[-1],
            "knowledge": grid(tables["knowledge"]),
            "rewards": grid(tables["rewards"]),
        },
    )


_PAGE = """
# {title}

A crowdsourced auction lives on what its bidders know of each other: with truthful bidders, L's prices never fall
when somebody comes to know more. Bidders are told the truth is best, for a reward of at most epsilon. Suppose that
they find out by themselves instead. How much of the informed seller's gain is left, and how much epsilon does it
take?

## Set-up

The scenario `insiders`: three bidders, a boom or a bust, mechanism L (repaired), with four kinds of knowledge: own
values only; bidder 1 sees boom or bust; the scenario's acquaintances (1 knows 0's value, 2 knows 1's); everybody
knows everything. Each bidder learns by type, over all values and the standard belief rules, with full information
and default parameters, for {rounds:,} rounds. Revenue is net of rewards; intervals are 95 % over worlds.

## By knowledge (epsilon = {epsilon:g}, last tenth)

{knowledge}

![Net revenue by round under regret matching, with truthful revenue as level lines](rounds.svg)

- **Fictitious play leaves the seller all of it.** It compares reports by sign, however faint the difference.
Acquaintances add {added[fictitious-play][acquaintances]:.1f} to its revenue and {added[truth][acquaintances]:.1f} to
that of truth, complete knowledge {added[fictitious-play][everybody]:.1f} and {added[truth][everybody]:.1f}. Learned
play in L brings {L_everybody[play][late]:.1f}, above the OPT of an uninformed seller, {opt:.1f}.

- **Regret matching keeps the middle, and loses the top.** Acquaintances add
{added[regret-matching][acquaintances]:.1f} to its revenue, more than the {added[truth][acquaintances]:.1f} that they
add to that of truth, since without them it is {L_own[matching][short]:.1f} short of truth, and with them
{L_acquaintances[matching][short]:.1f}. Complete knowledge adds {added[regret-matching][everybody]:.1f} of
{added[truth][everybody]:.1f}, and leaves it {L_everybody[matching][short]:.1f} short. Who knows more has more types:
with all values known each has 16, and meets a type {met:.0f} times on average in {rounds:,} rounds. Learning by type
is slower the more there is to know.

- **Hedge keeps little yet.** Its rate is set by the range of payoffs, which is that of values. Acquaintances add
{added[hedge][acquaintances]:.1f} to its revenue. When everybody knows everything it is {L_everybody[hedge][late]:.1f},
below the {L_own[hedge][late]:.1f} with own values: so far, complete knowledge has made the seller poorer.

- **M is learnt later than L.** Regret matching brings {M_own[matching][late]:.1f} of {M_own[matching][truthful]:.1f}
in M with own values, against {L_own[matching][late]:.1f} of {L_own[matching][truthful]:.1f} in L.

## By reward (acquaintances, last tenth; shares of true beliefs in brackets)

{rewards}

![Net revenue over all rounds against epsilon](epsilon.svg)

- **Raising epsilon costs more than it teaches.** Truthful rewards rise from {least[play][rewards]:.2f} to
{most[play][rewards]:.2f} a round as epsilon goes from {small:g} to {large:g}. Regret matching has
{least[matching][beliefs]:.0%} of its beliefs true at the one and {most[matching][beliefs]:.0%} at the other; Hedge
{least[hedge][beliefs]:.0%} and {most[hedge][beliefs]:.0%}. Over all rounds regret matching brings
{least[matching][whole]:.1f} at the one and {most[matching][whole]:.1f} at the other. No epsilon on the grid pays for
itself within {rounds:,} rounds.

- **Wrong beliefs can be cheap.** Regret matching has most beliefs wrong and still brings {least[matching][late]:.1f}
of {least[matching][truthful]:.1f} at the smallest epsilon. If all announced flattened or sharpened posteriors beside
true values, the seller would get {lies[flattened]:.2f} or {lies[sharpened]:.2f}, as much as from the truth: the
supports are right, and AGG asks for little more. What costs her is to hide what one knows (the prior:
{lies[prior]:.2f}) or to be sure of what is false (the mode: {lies[mode]:.2f}; another type's posterior:
{lies[other_type]:.2f}).

## Caveats

The menu has lies that a student would think of, not the worst for the seller; a ring would look for those
(`rings-in-m`). Learned revenue is what was earned less what truthful bidders would have earned with the same luck,
plus what they earn on average: the same mean, with less noise.

## Repeat it

    crowdbayes study worth-of-insiders
    crowdbayes revenue insiders --set 'knowledge={{kind="complete"}}'
"""
