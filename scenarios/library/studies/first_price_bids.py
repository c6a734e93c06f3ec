"""First price against its known equilibrium: what learners come to bid, and what it brings the seller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.drawing import BLUE, Z95, finish, new_axes
from analysis.emergence.play import exploitability
from analysis.emergence.worlds import mean_over_worlds
from analysis.equilibrium.first_price import first_price_equilibria
from analysis.revenue import benchmarks, revenue_of
from scenarios.experiment import assemble
from scenarios.learning import Phase, casts, learn
from scenarios.scenario import load
from scenarios.studies import Findings, Tell
from scenarios.study_page import counted, grid, interval, page

TITLE = "First price: learned bids beside the equilibrium"

_COURSES = {  # learner: rounds, worlds
    "hedge": (3000, 60),
    "regret-matching": (3000, 60),
    "fictitious-play": (3000, 60),
    "logit-response": (400, 60),
    "replicator": (800, 40),
    "response-oracles": (200, 20),
    "q-learning": (10000, 30),
    "exp3": (10000, 30),
}
_SHOWN = {"regret-matching": ("o", BLUE), "fictitious-play": ("s", "0.2"), "exp3": ("^", "0.55")}
_THREE_VALUES = list(range(1, 19))
_THREE = [
    f"environment.values={[_THREE_VALUES] * 3}",
    f"prior.marginals={[[float(v % 3 == 0) / 6 for v in _THREE_VALUES]] * 3}",
]


def study(tell: Tell, *, scale: float) -> Findings:
    """Return what every learner comes to bid in the scenario `first-price`, beside the grid's exact equilibria."""
    two = _setting([], bidders=2)
    three = _setting(_THREE, bidders=3)
    rows = [
        _Learnt.of(label, _play(label, [], rounds, counted(worlds, scale), tell, k / len(_COURSES)), two.values)
        for k, (label, (rounds, worlds)) in enumerate(_COURSES.items())
    ]
    phase = _play("regret-matching", _THREE, 3000, counted(30, scale), tell, 0.97)
    crowd = _Learnt.of("regret-matching", phase, three.values)
    figures = {
        "two": two.figures,
        "three": {**three.figures, "learnt": crowd.figures},
        "learnt": {row.label: row.figures for row in rows},
    }
    bids = pd.concat([row.bids for row in rows], ignore_index=True)
    learners = pd.DataFrame([{"learner": row.label, **row.summary} for row in rows])
    plots = {"bids": _draw(bids, two.equilibria, new_axes())}
    return Findings(_page(figures, learners), figures, {"learners": learners, "bids": bids}, plots)


@dataclass(frozen=True)
class _Setting:
    """A first-price auction, what is known of it, and its rivals' revenue."""

    values: tuple[int, ...]
    equilibria: list[tuple[int, ...]]
    figures: dict[str, Any]


def _setting(overrides: list[str], *, bidders: int) -> _Setting:
    experiment = assemble(load("first-price", overrides=overrides))
    bids = experiment.environment.values[0]
    values = tuple(int(bids[kind]) for kind in experiment.game.seats[0].types)
    found = first_price_equilibria(values, bids.tolist(), bidders=bidders)
    figures = {
        "values": list(values),
        "equilibria": found,
        "equilibrium_revenue": [_revenue(told, bidders) for told in found],
        "vickrey": revenue_of(experiment.rival("vickrey")).total,
        "truthful": revenue_of(experiment.game).total,
        "opt": benchmarks(experiment.game).opt,
    }
    return _Setting(values, found, figures)


def _revenue(told: Sequence[int], bidders: int) -> float:
    """Return the mean of the highest of the bids."""
    share = np.arange(1, len(told) + 1) / len(told)
    chances = np.diff(share**bidders, prepend=0.0)
    return float(np.sort(told) @ chances)


def _play(label: str, overrides: list[str], rounds: int, worlds: int, tell: Tell, share: float) -> Phase:
    tell(share, label)
    scenario = load("first-price", overrides=[*overrides, f"run.rounds={rounds}", f"run.worlds={worlds}"])
    return learn(casts(scenario, [label])[0]).phases[0]


@dataclass(frozen=True, eq=False)
class _Learnt:
    """What became of one learner in every seat; seats are alike, so that a world's figure is their mean.

    Attributes
    ----------
    summary : a row for the table of learners, numbers with their 95 % intervals over worlds.
    bids : a row per value: the mean late bid and its standard error over worlds.
    figures : means.
    """

    label: str
    summary: dict[str, Any]
    bids: pd.DataFrame
    figures: dict[str, Any]

    @classmethod
    def of(cls, label: str, phase: Phase, values: Sequence[int]) -> _Learnt:
        """Measure a course."""
        course, arena, worth = phase.course, phase.arena(), np.asarray(values)
        gaps = exploitability(arena, course)
        by_seat, rash = [], []
        for i, seat in course.seats.items():
            told = arena.game.environment.values[i][arena.learners[i].options.values]
            by_seat.append((seat.late_average * told).sum(axis=2))
            rash.append((seat.late_average * (told > worth[:, None])).sum(axis=2).mean(axis=1))
        bid = np.mean(by_seat, axis=0)
        ratio, over = bid.sum(axis=1) / worth.sum(), np.mean(rash, axis=0)
        revenue = course.late_revenue
        mean, error = mean_over_worlds(bid.T)
        conv = {play: gaps.nash_conv(play) for play in ("average", "late")}
        summary = {
            "feedback": arena.learners[0].feedback,
            "rounds": course.rounds,
            "worlds": course.worlds,
            "bid / value": interval(ratio, 3),
            "revenue": interval(revenue),
            "NashConv, average": f"{conv['average'].mean():.3f}",
            "NashConv, late": f"{conv['late'].mean():.3f}",
            "above value": f"{100 * over.mean():.1f} %",
        }
        figures = {
            "bids": mean.tolist(),
            "errors": error.tolist(),
            "above_value": float(over.mean()),
            "ratio": float(ratio.mean()),
            "revenue": float(revenue.mean()),
            **{f"nash_conv_{play}": float(gap.mean()) for play, gap in conv.items()},
        }
        table = pd.DataFrame({"learner": label, "value": worth, "bid": mean, "error": error})
        return cls(label, summary, table, figures)


def _draw(bids: pd.DataFrame, found: list[tuple[int, ...]], ax: Axes) -> Axes:
    """Draw mean late bids by value with 95 % intervals, the band of the equilibria, and half of value."""
    values = sorted(bids["value"].unique())
    ax.fill_between(values, np.min(found, axis=0), np.max(found, axis=0), color="0.85", lw=0)
    ax.plot(values, np.asarray(values) / 2, color="0.3", ls="--")
    handles: list[Any] = [
        Line2D([], [], color="0.3", ls="--", label="half of value"),
        Line2D([], [], color="0.85", lw=7, label="between the exact equilibria"),
    ]
    for place, (label, (marker, colour)) in enumerate(_SHOWN.items()):
        mine = bids[bids["learner"] == label]
        look: dict[str, Any] = {"marker": marker, "color": colour, "mfc": "white", "ms": 5, "lw": 1}
        across = mine["value"] + 0.25 * (place - 1)
        ax.errorbar(across, mine["bid"], yerr=Z95 * mine["error"], capsize=2, **look)
        handles.append(Line2D([], [], label=label, **look))
    ax.set_xticks(values)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    return finish(ax, "value", "bid in the last tenth of the rounds", handles, empty=False)


def _page(figures: dict[str, Any], learners: pd.DataFrame) -> str:
    two, three, learnt = figures["two"], figures["three"], figures["learnt"]
    full = pd.DataFrame([learnt[label] for label in ("hedge", "regret-matching", "fictitious-play")])
    told = pd.DataFrame(two["equilibria"], columns=list(map(str, two["values"])))
    told.insert(0, "value", [f"bid in equilibrium {k}" for k in range(1, len(told) + 1)])
    told["revenue"] = [f"{amount:.2f}" for amount in two["equilibrium_revenue"]]
    return page(
        _PAGE,
        {
            **{label.replace("-", "_"): row for label, row in learnt.items()},
            "title": TITLE,
            "low": full.min(),
            "high": full.max(),
            "count": len(told),
            "two": two,
            "three": three,
            "three_count": len(three["equilibria"]),
            "crowd": three["learnt"],
            "least": min(two["equilibrium_revenue"]),
            "most": max(two["equilibrium_revenue"]),
            "three_least": min(three["equilibrium_revenue"]),
            "three_most": max(three["equilibrium_revenue"]),
            "bandit_rounds": _COURSES["exp3"][0],
            "equilibria": grid(told),
            "learners": grid(learners),
        },
    )


_PAGE = """
# {title}

Do bidders who learn by themselves come to bid what theory says? In a first-price auction with n bidders and uniform
values on an interval the equilibrium bid is (n - 1) / n of the value [Krishna, Auction Theory, section 2.3]. That is
a thing to hold learners against before one believes them where nobody knows the answer.

## Set-up

The scenario `first-price`: two bidders, values 2, 4, .., 20, equally likely and independent; bids are the whole
numbers from 1 to 20; ties are tossed for. Every bidder learns, for each of her values apart, which bid to make.
Nothing is ruled out, bids above value included. Learners have their default parameters. Figures are of the last
tenth of the rounds, with 95 % intervals over worlds; NashConv is what best replies to the average (or late) play
gain both bidders together, exactly.

## What equilibrium is on this grid

Bids in whole steps leave room for more than one equilibrium. Of those in which both follow the same rule, which does
not fall with the value, there are {count}, found by working up from the lowest value. Half of value is one; in all
of them a value v bids from v/2 to v/2 + 1. The seller's revenue is therefore not one number, but from {least:.2f} to
{most:.2f}. Vickrey earns {two[vickrey]:.2f} from true bids, inside that range: revenue equivalence holds up to the
step of the grid.

{equilibria}

## What is learnt

{learners}

![Mean late bid by value, with 95 % intervals, beside the equilibria](bids.svg)

- **Full information finds it.** Hedge, regret matching and fictitious play bid {low[ratio]:.3f} to {high[ratio]:.3f}
of value on average, and earn the seller {low[revenue]:.2f} to {high[revenue]:.2f}. They end among the equilibria, at
none for sure: from one to the next, the step costs next to nothing. Best replies to their late play gain
{low[nash_conv_late]:.3f} to {high[nash_conv_late]:.3f} a round.

- **Mean dynamics come nearest to half of value.** Logit response bids {logit_response[ratio]:.3f} of value, with a
late NashConv of {logit_response[nash_conv_late]:.3f}; response oracles {response_oracles[ratio]:.3f}, with
{response_oracles[nash_conv_late]:.3f}; replicator dynamics are still on their way
({replicator[nash_conv_late]:.3f}).

- **Bandits are late, and the seller gains by it.** Each value comes up once in ten rounds, and shows one of twenty
bids. After {bandit_rounds:,} rounds EXP3 bids {exp3[ratio]:.3f} of value, brings {exp3[revenue]:.2f} (Vickrey:
{two[vickrey]:.2f}), and makes {exp3[above_value]:.0%} of its bids above its value, where a win is a loss. Its play
is far from equilibrium (NashConv {exp3[nash_conv_late]:.2f}) and should not be read as one. Q-learning is nearer, at
{q_learning[ratio]:.3f}.

- **What is dominated goes first, where it costs something.** Bids above value are {regret_matching[above_value]:.1%}
of the late play of regret matching, {hedge[above_value]:.1%} of Hedge's, {q_learning[above_value]:.1%} of
Q-learning's. A low value that bids a step too much seldom wins, and so seldom pays for it.

- **Three bidders bid two thirds.** With values 3, 6, .., 18 there are {three_count} equilibria of the kind, the
lowest of them exactly 2/3 of value. Regret matching bids {crowd[ratio]:.3f} and brings {crowd[revenue]:.2f};
equilibria bring {three_least:.2f} to {three_most:.2f}, Vickrey {three[vickrey]:.2f}.

## What to make of it

A first-price bidder has to learn what the others bid before she knows what to bid; a bidder in Vickrey, M or L need
not. While she learns, the seller gets not the equilibrium's revenue but the learners': between
{logit_response[ratio]:.3f} and {exp3[ratio]:.3f} of value, depending on what bidders are shown. OPT, for a seller
who knows the distribution, is {two[opt]:.2f}.

## Caveats

Equilibria in which the bidders differ or mix, or bid less for more value, are not in the table. Intervals are over
worlds, and so over luck, not over learners' parameters.

## Repeat it

    crowdbayes study first-price-bids
"""
