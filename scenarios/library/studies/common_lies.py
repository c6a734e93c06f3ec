"""Unanimity's common lies: on which of its equilibria learners settle, and M and L on the same states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from agents.learning.arena import Arena
from analysis.drawing import finish, new_axes
from analysis.emergence.gaps import gaps
from analysis.emergence.measures import late_shares
from analysis.equilibrium.pure import pure_equilibria
from analysis.equilibrium.selection import sure_enough
from analysis.revenue import benchmarks, revenue_of
from scenarios.learning import Phase, casts, learn
from scenarios.scenario import load
from scenarios.studies import Findings, Tell
from scenarios.study_page import counted, grid, interval, page
from scenarios.study_runs import agreement, value_regrets

TITLE = "Common lies: where learners end under unanimity"

AGREED = 0.9
_LEARNERS = (
    "fictitious-play",
    "best-response-dynamics(inertia=0.9)",
    "best-response-dynamics",
    "logit-response",
    "replicator",
    "regret-matching",
    "hedge",
    'hedge(feedback="mean")',
    "exp3",
)
_FINED = 'hedge(feedback="mean")'
_FINE, _FINES = 100.0, (1.0, 10.0, 1000.0)
_ROUNDS, _LONGER, _WORLDS = 400, 1000, 200
_BELIEFS = ("truthful", "flattened", "sharpened", "uniform", "mode")
_LOOKS: dict[str, dict[str, Any]] = {
    "truthful": {"facecolor": "#0173b2"},
    "flattened": {"facecolor": "0.9"},
    "sharpened": {"facecolor": "0.9", "hatch": "//"},
    "uniform": {"facecolor": "0.6", "hatch": "--"},
    "mode": {"facecolor": "0.25"},
    "none": {"facecolor": "white", "hatch": "x"},
}


def study(tell: Tell, *, scale: float) -> Findings:
    """Return which belief is agreed on in how many worlds, learner by learner, beside the exact equilibria."""
    worlds = counted(_WORLDS, scale, least=10)
    runs = [(label, None) for label in _LEARNERS] + [(_FINED, fine) for fine in _FINES]
    basins = []
    for k, (label, fine) in enumerate(runs):
        tell(0.6 * k / len(runs), label)
        fines = [] if fine is None else [f"mechanism.penalty={fine}"]
        basins.append(_Basins.of(label, _FINE if fine is None else fine, _play(label, fines, worlds)))
    arena = _play("hedge", ["run.rounds=1"], 1).arena()
    equilibria = _equilibria(arena)
    rivals = [
        _rival(kind, label, worlds, tell, 0.6 + 0.2 * k)
        for k, kind in enumerate(("M", "L"))
        for label in ("fictitious-play", "best-response-dynamics(inertia=0.9)", "hedge")
    ]
    figures = {
        "equilibria": equilibria.to_dict(orient="records"),
        "opt": benchmarks(arena.game).opt,
        "cheapest": -float(gaps(arena).query("value_lie and not belief_lie")["gain"].max()),
        "basins": {found.key: found.figures for found in basins},
        "rivals": rivals,
    }
    tables = {
        "equilibria": equilibria,
        "basins": pd.DataFrame([found.row for found in basins]),
        "rivals": pd.DataFrame(rivals),
    }
    plot = _draw([found for found in basins if found.fine == _FINE], new_axes(height=4.4))
    return Findings(_page(figures, tables), figures, tables, {"basins": plot})


def _play(label: str, overrides: list[str], worlds: int) -> Phase:
    scenario = load("common-lie", overrides=[f"run.rounds={_ROUNDS}", f"run.worlds={worlds}", *overrides])
    return learn(casts(scenario, [label])[0]).phases[0]


@dataclass(frozen=True, eq=False)
class _Basins:
    """Where the worlds of one learner end: the belief that both announce in `AGREED` of their late reports, or none."""

    label: str
    fine: float
    row: dict[str, Any]
    figures: dict[str, Any]

    @property
    def key(self) -> str:
        """The learner, and the fine where it is not the scenario's."""
        return self.label if self.fine == _FINE else f"{self.label}, fine {self.fine:g}"

    @classmethod
    def of(cls, label: str, fine: float, phase: Phase) -> _Basins:
        """Sort the worlds of a course."""
        course, arena = phase.course, phase.arena()
        told = [agreement(seat.late, arena.learners[i].options.beliefs) for i, seat in course.seats.items()]
        names = {belief: name.split(" of type ")[0] for belief, name in arena.learners[0].options.belief_names.items()}
        both = {names[belief]: np.minimum(share, told[1][belief]) >= AGREED for belief, share in told[0].items()}
        shares = {name: float(both[name].mean()) for name in _BELIEFS}
        shares["none"] = 1.0 - sum(shares.values())
        revenue, values = phase.course.late_revenue, float(late_shares(course, phase.strategies)["value"].mean())
        row = {
            "learner": label,
            "feedback": arena.learners[0].feedback,
            "fine": f"{fine:g}",
            **{name: f"{share:.0%}" for name, share in shares.items()},
            "true values": f"{values:.0%}",
            "revenue": interval(revenue, 1),
        }
        inside = {name: float(revenue[both[name]].mean()) if both[name].any() else None for name in _BELIEFS}
        figures = {"shares": shares, "values": values, "revenue": float(revenue.mean()), "revenue_where": inside}
        return cls(label, fine, row, figures | value_regrets(phase, both["truthful"], context=1))


def _equilibria(arena: Arena) -> pd.DataFrame:
    """Return the pure equilibria: what they earn the seller and a bidder, and how sure one must be of the other."""
    types, menus = arena.types, arena.induced.menus
    rows = []
    for chosen in pure_equilibria(types).chosen:
        mixes = types.form.pure(chosen)
        told = [types.report(0, c, int(place)) for c, place in enumerate(chosen[0])]
        beliefs = {int(b) for b in menus[0].beliefs[menus[0].belief_of(np.array(told))]}
        belief = beliefs.pop()
        earned = [
            float(mass @ (mix * worth).sum(axis=1))
            for mass, mix, worth in zip(types.form.masses, mixes, types.form.utilities(mixes), strict=True)
        ]
        rows.append(
            {
                "agreed belief": arena.learners[0].options.belief_names[belief].split(" of type ")[0],
                "one belief": not beliefs,
                "revenue": revenue_of(arena.game, types.plans(chosen)).total,
                "a bidder's surplus": float(np.mean(earned)),
                "sure enough": sure_enough(types.form, chosen),
            }
        )
    order = {name: place for place, name in enumerate(_BELIEFS)}
    return pd.DataFrame(rows).sort_values("agreed belief", key=lambda names: names.map(order), ignore_index=True)


def _rival(kind: str, label: str, worlds: int, tell: Tell, share: float) -> dict[str, Any]:
    """Return what the same learners do in M or L, where the scenario's epsilon and delta stay as they are."""
    tell(share, f"{kind}: {label}")
    phase = _play(label, [f"mechanism.kind={kind}", f"run.rounds={_LONGER}"], worlds)
    late, arena = late_shares(phase.course, phase.strategies), phase.arena()
    found = pure_equilibria(arena.types)
    return {
        "mechanism": kind,
        "learner": label,
        "pure equilibria": len(found.chosen),
        "all of them": found.exhaustive,
        "true values": f"{late['value'].mean():.0%}",
        "true beliefs": f"{late['belief'].mean():.0%}",
        "revenue": interval(phase.course.late_revenue, 1),
        "truthful": f"{revenue_of(arena.game).total:.1f}",
    }


def _draw(basins: list[_Basins], ax: Axes) -> Axes:
    """Draw for each learner the shares of worlds by the belief that they agree on."""
    names = [found.label for found in basins]
    left, handles = np.zeros(len(basins)), []
    for belief, look in _LOOKS.items():
        shares = np.array([found.figures["shares"][belief] for found in basins])
        ax.barh(names, shares, left=left, edgecolor="black", linewidth=0.6, **look)
        left += shares
        handles.append(Patch(edgecolor="black", label="no agreement" if belief == "none" else belief, **look))
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    return finish(ax, "share of worlds", "", handles, empty=False)


def _page(figures: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    basins = figures["basins"]
    mixed = {label: found for label, found in basins.items() if label in _LEARNERS and found["shares"]["none"] < 0.1}
    truth = [found["shares"]["truthful"] for found in mixed.values()]
    equilibria = tables["equilibria"].drop(columns="one belief")
    rows, matching = {row["agreed belief"]: row for row in figures["equilibria"]}, basins["regret-matching"]
    return page(
        _PAGE,
        {
            "title": TITLE,
            "agreed": AGREED,
            "rounds": _ROUNDS,
            "worlds": _WORLDS,
            "opt": figures["opt"],
            "count": len(equilibria),
            "rows": rows,
            "settled": len(mixed),
            "least": min(truth),
            "most": max(truth),
            "lies": 1.0 - float(np.mean(truth)),
            "crowded": float(np.mean([row["shares"]["mode"] for row in mixed.values()])),
            "hedge": basins["hedge"],
            "leader": basins["fictitious-play"],
            "lazy": basins["best-response-dynamics(inertia=0.9)"],
            "matching": matching,
            "implied": sum(row["revenue"] * matching["shares"][name] for name, row in rows.items()),
            "cheapest": figures["cheapest"],
            "even": basins[_FINED],
            "fined": {f"at{fine:g}": basins[f"{_FINED}, fine {fine:g}"] for fine in _FINES},
            "myopic": basins["best-response-dynamics"],
            "bandit": basins["exp3"],
            "told": {f"{r['mechanism']}_{r['learner'][:5]}": r["true beliefs"] for r in figures["rivals"]},
            "equilibria": grid(equilibria.round({"sure enough": 3})),
            "basins": grid(tables["basins"]),
            "rivals": grid(tables["rivals"]),
        },
    )


_PAGE = """
# {title}

Appendix F of the paper has a mechanism that asks everybody for the whole prior, believes it if all agree, and fines
all if not; and rejects it, since every common lie is an equilibrium beside the truth. An equilibrium is a place to
rest, not a forecast. Which one do learners come to rest in?

## Set-up

The scenario `common-lie`: two bidders, values 10, 40 or 100 with probabilities .6, .3, .1, a fine of 100. Each learns,
for each of her values apart, which value and which of five beliefs to announce: the true prior; all values equally
likely (uniform); the prior flattened or sharpened; or its likeliest value alone (mode). {worlds} worlds of {rounds}
rounds; mean dynamics start from mixes drawn at random, the others from even ones, fictitious play and Hedge among them.
A world counts as agreed on a belief if both announce it in {agreed:.0%} of their reports of the last tenth.

## The equilibria, exactly

{equilibria}

These are all the pure equilibria on the menu, {count} of them, and each is strict. OPT is {opt:g}. *Sure enough* is
how likely one must think it that the other plays the equilibrium, and reports at random otherwise, for playing it to
be best for every type: the lower, the less it takes to be drawn in. Lies that change no price are as good as the
truth, and two lies are better for the bidders. Nothing marks the truth out.

## Where worlds end

{basins}

![Share of worlds by the belief that both bidders agree on](basins.svg)

- **Truth is one convention of five, and wins no more often.** With the {settled} learners that settle, it is agreed
on in {least:.0%} to {most:.0%} of worlds; in {lies:.0%} of worlds on average play ends in a common lie. What decides
is who happens to say what in the first rounds, and how much it takes to draw others in: the mode, which takes least,
gets {crowded:.0%} on average.

- **The seller pays for it, twice.** By their shares of beliefs alone the worlds of regret matching would bring her
{implied:.1f} a round, against {rows[truthful][revenue]:.1f} if all agreed on the truth; they bring
{matching[revenue]:.1f}. The rest goes with false values. Once a belief is agreed on, it sets prices, and some lies
about a value change nothing but a sale in Lemma 1's lottery: beside common truth the cheapest costs {cheapest:.4f} a
round. Who goes by the sign of a difference gets values right nonetheless ({leader[values]:.0%} under fictitious play,
{lazy[values]:.0%} under best responses with inertia). Who goes by its size does not yet ({matching[values]:.0%} under
regret matching, {hedge[values]:.0%} under Hedge), since fines, paid before there was agreement, are so much larger:
in the worlds of regret matching that agree on the truth a bidder worth 40 regrets by {matching[regret_truth]:.1f} in
all that she did not always tell it, by {matching[regret_lie]:.1f} that she did not always say 10 beside a true
belief, and so says the one as often as the other.

- **The fine selects.** Hedge on mean payoffs ends in the truth in {even[shares][truthful]:.0%} of worlds, and in the
mode, which is worst for the seller, in {even[shares][mode]:.0%}. With a fine of 10 it ends there in
{fined[at10][shares][mode]:.0%}; with a fine of 1 it has agreed on nothing yet in {fined[at1][shares][none]:.0%};
with a fine of 1000 truth gets {fined[at1000][shares][truthful]:.0%}. A larger fine evens out the five.

- **Disagreement can last.** Bidders who both switch at once to what the other said last cross over for ever: under
myopic best responses {myopic[shares][none]:.0%} of worlds never agree. EXP3, which sees its own payoff alone, has
not agreed anywhere ({bandit[shares][none]:.0%}). The seller of the table books fines of 200 in such rounds, which
she could not collect from anybody who may walk away.

## M and L on the same states

{rivals}

M and L have one pure equilibrium on the same menu: the truth. Fictitious play and best responses with inertia find
it from anywhere: {told[M_ficti]} and {told[L_ficti]} of beliefs are true in the last tenth. Hedge does not find the
beliefs in time: {told[M_hedge]} and {told[L_hedge]}, since a score of order epsilon = 0.1 is faint beside values of
100. But no lie is there to rest in: by theory, which these rounds are too few to show, the seller's loss
ends with the learning. Under unanimity it does not end.

## Caveats

Five beliefs make five conventions; with a longer menu there are more, and truth is one of as many. Basins are those
of even or random starts; bidders who begin with the truth stay there, as it is strict.

## Repeat it

    crowdbayes study common-lies
    crowdbayes equilibria common-lie
"""
