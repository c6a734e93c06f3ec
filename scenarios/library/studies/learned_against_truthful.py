"""Learned against truthful play in M, L as printed and L: who finds the truth, and where overbidding wins instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from agents.learning import LEARNERS
from analysis.drawing import BLUE, Z95, finish, new_axes
from analysis.emergence.gaps import gaps
from analysis.emergence.measures import late_shares, learning, regrets
from analysis.emergence.play import exploitability
from analysis.emergence.worlds import mean_over_worlds
from mechanisms.environment import FloatArray
from scenarios.experiment import assemble
from scenarios.learning import Phase, casts, learn
from scenarios.learning_figures import yardsticks
from scenarios.scenario import load
from scenarios.studies import Findings, Tell
from scenarios.study_page import counted, grid, page, percent

TITLE = "Learned against truthful play in M, L as printed and L"

LATE = 0.95
WINS = 0.5
_WORLDS = 40
_ROUNDS = {"full": 2000, "bandit": 2000, "mean": 500}
_AUCTIONS = {
    "M": ("learn-m", ()),
    "L-printed": ("learn-l", ("mechanism.kind=L-printed",)),
    "L": ("learn-l", ()),
}
_ABOVE = {
    "learn-l": 'mechanism.kind="L-printed"',
    "overbid-for-the-role": "mechanism.epsilon=2",
    "printed-region": 'mechanism={kind="L-printed", conditioning="at-least", epsilon=1, delta=0.2}',
}
_MENU = '(beliefs=["every"])'
_ByType = dict[tuple[int, str], float]
_ALONE = ("fictitious-play", "replicator")


def study(tell: Tell, *, scale: float) -> Findings:
    """Return what every learner comes to do in three auctions of the same states, and who overbids above the border."""
    worlds = counted(_WORLDS, scale)
    runs, rows, truths = len(_AUCTIONS) * len(LEARNERS), [], {}
    for k, (auction, (name, overrides)) in enumerate(_AUCTIONS.items()):
        truths[auction] = yardsticks(assemble(load(name, overrides=overrides)))
        for j, label in enumerate(LEARNERS):
            tell(0.85 * (k * len(LEARNERS) + j) / runs, f"{auction}: {label}")
            rows.append({"auction": auction, **_row(label, _played(name, overrides, label, worlds))})
    tell(0.85, "above the border")
    learnt = pd.DataFrame(rows)
    types = pd.concat([_types(name, above, worlds) for name, above in _ABOVE.items()], ignore_index=True)
    figures = _figures(learnt, types, truths)
    tables = {"learnt": learnt, "types": types}
    return Findings(_page(figures, tables), figures, tables, {"share": _draw(learnt, new_axes(height=4.8))})


def _played(name: str, overrides: tuple[str, ...], label: str, worlds: int) -> Phase:
    changes = [f"run.worlds={worlds}", f"run.rounds={_ROUNDS[LEARNERS[label].accepts[0]]}"]
    return learn(casts(load(name, overrides=[*overrides, *changes]), [label + _MENU])[0]).phases[0]


def _row(label: str, phase: Phase) -> dict[str, Any]:
    """Return the figures of one learner in all seats, means over seats and worlds."""
    late = late_shares(phase.course, phase.strategies)
    revenue = mean_over_worlds(phase.course.late_revenue)
    return {
        "learner": label,
        "feedback": LEARNERS[label].accepts[0],
        **{name: float(late[name].mean()) for name in ("value", "belief", "truth")},
        "least": float(late["truth"].min()),
        "least_error": float(late["truth_error"].to_numpy()[late["truth"].argmin()]),
        "regret": float(regrets(phase.course)["external"].sum()),
        "exploitability": float(exploitability(phase.arena(), phase.course).nash_conv("late").mean()),
        "revenue": float(revenue.mean),
        "revenue_error": float(revenue.error),
    }


def _types(name: str, above: str, worlds: int) -> pd.DataFrame:
    """Return, by type that can overbid, what overbidding gains by exact analysis, and how often learners do it."""
    seated = load(name, overrides=[above, f"run.worlds={worlds}", "run.rounds=1000"])
    exact: _ByType = {}
    alone: dict[str, _ByType] = {label: {} for label in _ALONE}
    for label in _ALONE:
        for alone_at in casts(seated, [label + _MENU], against="truthful"):
            phase = learn(alone_at).phases[0]
            alone[label] |= _overbids(phase)
            exact |= _gains(phase, None)
    together = learn(casts(seated, [_ALONE[1] + _MENU])[0]).phases[0]
    among = _gains(together, {i: seat.late_average for i, seat in together.course.seats.items()})
    often = _overbids(together)
    rows = [
        {"scenario": name, "seat": who[0], "type": who[1], "gain": gain}
        | {label: alone[label][who] for label in _ALONE}
        | {"gain among learners": among[who], "share among learners": often[who]}
        for who, gain in exact.items()
    ]
    return pd.DataFrame(rows).sort_values(["seat", "type"], kind="stable")


def _gains(phase: Phase, learnt: Mapping[int, FloatArray] | None) -> _ByType:
    """Return what the best overbid earns more than the best report of the true value."""
    found: _ByType = {}
    for key, mine in gaps(phase.arena(), learnt).groupby(["seat", "type"], sort=False):
        if mine["overbid"].any():
            honest = mine.loc[~mine["value_lie"], "gain"].max() if not mine["value_lie"].all() else 0.0
            found[cast("tuple[int, str]", key)] = float(mine.loc[mine["overbid"], "gain"].max() - max(honest, 0.0))
    return found


def _overbids(phase: Phase) -> _ByType:
    """Return the share of overbids in the last tenth."""
    found: _ByType = {}
    for i, seat in phase.course.seats.items():
        mine, game = learning(phase.strategies, i), phase.experiment.game
        worth = game.environment.worth[i].sum(axis=1)
        for c, name in enumerate(mine.names):
            k = mine.contexts[c]
            over = worth[mine.options.values[k]] > worth[game.seats[i].types[k]]
            found[i, name] = float(seat.late_average[:, c, over].sum(axis=1).mean())
    return found


def _figures(learnt: pd.DataFrame, types: pd.DataFrame, truths: dict[str, dict[str, Any]]) -> dict[str, Any]:
    named = types["gain"] > 0
    stop = named & (types["share among learners"] <= WINS)
    return {
        "auctions": {name: {key: truths[name][key] for key in ("revenue_truthful", "opt", "bound")} for name in truths},
        "learnt": learnt.to_dict(orient="records"),
        "types": types.to_dict(orient="records"),
        "types_that_can": len(types),
        "types_named": int(named.sum()),
        "types_agreeing": {label: int(((types[label] > WINS) == named).sum()) for label in _ALONE},
        "named_who_stop": int(stop.sum()),
        "gains_of_those": types["gain among learners"][stop].tolist(),
    }


def _draw(learnt: pd.DataFrame, ax: Axes) -> Axes:
    """Draw each learner's late share of truth, a column an auction."""
    names = list(LEARNERS)[::-1]
    looks = {"M": ("o", "white"), "L": ("s", BLUE), "L-printed": ("X", "0.4")}
    for place, (auction, (marker, colour)) in enumerate(looks.items()):
        mine = learnt[learnt["auction"] == auction].set_index("learner").loc[names]
        at = np.arange(len(names)) + 0.22 * (1 - place)
        style: dict[str, Any] = {"marker": marker, "mfc": colour, "mec": "black", "ms": 6, "ls": "", "ecolor": "0.4"}
        ax.errorbar(mine["least"], at, xerr=Z95 * mine["least_error"], clip_on=False, **style)
    ax.axvline(LATE, color="0.6", lw=1, ls="--")
    ax.set_yticks(range(len(names)), [f"{name} ({LEARNERS[name].accepts[0]})" for name in names])
    ax.set_xlim(0, 1)
    handles = [Line2D([], [], marker=m, mfc=c, mec="black", ls="", label=name) for name, (m, c) in looks.items()]
    return finish(ax, "share of truthful reports in the last tenth, seat with the least", "", handles, empty=False)


def _shown(learnt: pd.DataFrame, auction: str) -> str:
    mine = learnt[learnt["auction"] == auction]
    shown = mine[["learner", "feedback"]]
    for column, name in (("value", "values true"), ("belief", "beliefs true"), ("truth", "both")):
        shown = shown.assign(**{name: [percent(share) for share in mine[column]]})
    for column in ("regret", "exploitability"):
        shown = shown.assign(**{column: [f"{figure:.3f}" for figure in mine[column]]})
    pairs = zip(mine["revenue"], Z95 * mine["revenue_error"], strict=True)
    return grid(shown.assign(revenue=[f"{mean:.3f} ± {half:.3f}" for mean, half in pairs]))


def _named(types: pd.DataFrame) -> str:
    shown = types.assign(type=types["type"].str.replace(" | ", ", ", regex=False))
    for label in (*_ALONE, "share among learners"):
        shown[label] = [percent(share) for share in shown[label]]
    for gain in ("gain", "gain among learners"):
        shown[gain] = [f"{figure:+.4f}" for figure in shown[gain]]
    return grid(shown)


def _page(figures: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    learnt = tables["learnt"]
    strict = learnt[learnt["auction"] != "L-printed"]
    seeing, blind = strict[strict["feedback"] != "bandit"], strict[strict["feedback"] == "bandit"]
    printed = learnt[learnt["auction"] == "L-printed"]
    truthful = {name: row["revenue_truthful"] for name, row in figures["auctions"].items()}
    off = abs(seeing["revenue"] - seeing["auction"].map(truthful))
    return page(
        _PAGE,
        {
            "title": TITLE,
            "rounds": _ROUNDS["full"],
            "mean_rounds": _ROUNDS["mean"],
            "late": percent(LATE),
            "learners": len(LEARNERS),
            "seeing": len(seeing) // 2,
            "above": int((seeing["least"] > LATE).sum()),
            "of": len(seeing),
            "least": percent(float(seeing["least"].min())),
            "who": seeing["learner"].to_numpy()[seeing["least"].argmin()],
            "blind_low": percent(float(blind["least"].min())),
            "blind_high": percent(float(blind["truth"].max())),
            "blind_value": percent(float(blind["value"].mean())),
            "blind_belief": percent(float(blind["belief"].mean())),
            "printed_low": percent(float(printed["truth"].min())),
            "printed_high": percent(float(printed["truth"].max())),
            "best_printed": f"{printed['revenue'].max():.3f}",
            "worst_printed": f"{printed['revenue'].min():.3f}",
            "off": f"{off.max():.3f}",
            "errors": f"{(off / seeing['revenue_error']).max():.1f}",
            "auctions": {name.replace("-", "_"): row for name, row in figures["auctions"].items()},
            "can": figures["types_that_can"],
            "named": figures["types_named"],
            "agree": figures["types_agreeing"],
            "stop": figures["named_who_stop"],
            "left": " and ".join(f"{gain:+.3f}" for gain in figures["gains_of_those"]) or "none",
            "tables": {name.replace("-", "_"): _shown(learnt, name) for name in _AUCTIONS},
            "types": _named(tables["types"]),
        },
    )


_PAGE = """
# {title}

M and the repaired L make truth strictly best, in two steps of elimination. Bidders who do not reason so, but report
what has paid or would have paid, may or may not come to it. Where do {learners} learners of the literature end, and
what does the seller have of it beside truthful play? In L as printed truth need not be best: who lies there?

## Set-up

The scenarios `learn-m` and `learn-l`: three bidders worth 2 or 4, bust or boom, bidder 1 knows which; epsilon = 1.5,
delta = 0.4, so that the cheapest lie costs about a twentieth of the range of payoffs. All seats use the same learner
with its default parameters for {rounds:,} rounds ({mean_rounds} under mean feedback, which is free of luck); each type
 chooses among both values with the posteriors of all of
the seat's types. `L-printed` is L as section 4.3 prints it, on the same states. Shares are of the last tenth of the
rounds, means over seats; regret (against the best fixed report of each type) and exploitability (what best responses
to late play would gain, exact) are per round and summed over seats; revenue is of the last tenth, with its 95 %
interval over worlds.

## M and L: truth, for those who see what lies would have earned

![Share of truthful reports in the last tenth of the rounds; the dashed line is {late}](share.svg)

- Of the {seeing} learners with full information or mean feedback, in M and in L, {above} of {of} runs end above {late}
of truthful play in every seat; the least is {least} ({who}).

- Bandits, who see their own payoff only, are on the way: {blind_value} of their values and {blind_belief} of their
beliefs are true, {blind_low} to {blind_high} of the reports as a whole.

- What learners who see leave the seller differs from what truthful play does by at most {off} a round, {errors}
standard errors at most: all runs share their draws.

M, truthful: revenue {auctions[M][revenue_truthful]:.4f}; OPT {auctions[M][opt]:.4g}; bound {auctions[M][bound]:.4g}.

{tables[M]}

L, truthful: revenue {auctions[L][revenue_truthful]:.4f}; OPT {auctions[L][opt]:.4g}; bound {auctions[L][bound]:.4g}.

{tables[L]}

## L as printed: the role of i* is what is bid for

Truthful: revenue {auctions[L_printed][revenue_truthful]:.4f}; OPT {auctions[L_printed][opt]:.4g}. No learner ends
above {printed_high} truth. Revenue is between {worst_printed} and {best_printed}, more than from truthful bidders,
since some who overbid must buy, but far below the revenue of L: the flat reward of i* takes the rest.

{tables[L_printed]}

## Who overbids: the types that exact analysis names

By `crowdbayes deviations` a type gains by overbidding if *gain* is above 0 (best overbid against best report of the
true value, the others truthful). Beside it, how often one learner among truthful rivals overbids in the last tenth of
1,000 rounds, on three scenarios above the border: `learn-l` as printed, `overbid-for-the-role` with epsilon = 2, and
`printed-region` with epsilon = 1, delta = 0.2.

{types}

- Of the {can} types that can overbid {named} gain by it. Fictitious play overbids more often than not in exactly those
that gain, and in no other, for {agree[fictitious-play]} of {can} types; the replicator for {agree[replicator]}
of {can}.

- Where everybody learns (last two columns; replicator), rivals overbid too, and that changes what the role is worth:
{stop} of the types named overbid no more than half of the time, and it gains them less against the others' late play
than against truth ({left}). The lie that pays against truth is no equilibrium.

## Caveats

Menus are small, so that no two reports of a type are worth the same; with all belief rules of the program some beliefs
differ so little from the truth that no learner could tell. An interval is over worlds, all learners facing the same
draws. A learner's guarantee is for its regret, not for its convergence.

## Repeat it

    crowdbayes study learned-against-truthful
    crowdbayes learn learn-l
    crowdbayes deviations learn-l --set mechanism.kind=L-printed
"""
