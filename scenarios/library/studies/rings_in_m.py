"""Rings that learn: how much of the best joint lie a pair with a common purse finds in M and in L, and how fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from agents.game import Game
from analysis.coalition.pairs import joint_worth
from analysis.coalition.rings import coalitions
from analysis.drawing import BLUE, Z95, finish, new_axes
from analysis.emergence.measures import learning
from analysis.emergence.worlds import mean_over_worlds
from mechanisms.environment import BoolArray, FloatArray
from scenarios.learning import Phase, casts, learn
from scenarios.scenario import load
from scenarios.studies import Findings, Tell
from scenarios.study_page import counted, grid, interval, page

TITLE = "Rings in M: a common purse learns to lie"

_RING = (0, 1)
_HORIZONS = (30, 100, 300, 1000, 3000)
_LEARNERS = ("fictitious-play", "regret-matching", "hedge", "q-learning", "exp3")
_LOOKS = dict(zip(_LEARNERS, ("s-", "o-", "D--", "^:", "v:"), strict=True))
_FACTORS = (1, 10, 100)
_EPSILONS = (0.5, 20.0, 100.0, 200.0)
_WORLDS = 40
_FAST = "regret-matching"
_ROUNDS = 1000
_VALUES = "environment.values=[{0}, {0}]"
_BELIEFS = '"truthful", "uniform", "mode"'
_ALL_KNOW = 'knowledge={kind="complete"}'
_AUCTIONS = {  # with an outsider: mechanism, overrides
    "M, own values known": ("mechanism.kind=M",),
    "M, all values known": ("mechanism.kind=M", _ALL_KNOW),
    "L, own values known": (),
    "L, all values known": (_ALL_KNOW,),
}


def study(tell: Tell, *, scale: float) -> Findings:
    """Return what rings of learners gain in M and L beside the best that they could, and what it costs the seller."""
    worlds = counted(_WORLDS, scale, least=5)
    course, last = [], {}
    for k, label in enumerate(_LEARNERS):
        for rounds in _HORIZONS:
            tell(0.5 * k / len(_LEARNERS), f"{label}, {rounds} rounds")
            last[label] = _Learnt.of("ring-in-m", [], label, rounds, worlds)
            course.append({"learner": label, "rounds": rounds, **last[label].path})
    tell(0.5, "three bidders")
    three = {name: _Learnt.of("ring-in-l", [*changes], _FAST, _ROUNDS, worlds) for name, changes in _AUCTIONS.items()}
    tell(0.7, "stakes and rewards")
    stakes = [
        _Learnt.of("ring-in-m", [_VALUES.format([f * v for v in (10, 40, 100)])], _FAST, _ROUNDS, worlds)
        for f in _FACTORS
    ]
    rewards = [_Learnt.of("ring-in-m", [f"mechanism.epsilon={e}"], _FAST, _ROUNDS, worlds) for e in _EPSILONS]
    tables = {
        "course": pd.DataFrame(course),
        "mechanisms": pd.DataFrame([{"auction": name, **row.row} for name, row in three.items()]),
        "stakes": pd.DataFrame([{"values": f"x {f}", **row.row} for f, row in zip(_FACTORS, stakes, strict=True)]),
        "rewards": pd.DataFrame([{"epsilon": e, **row.row} for e, row in zip(_EPSILONS, rewards, strict=True)]),
        "reports": last[_FAST].reports,
    }
    figures = {
        "shares": {
            label: {str(p["rounds"]): p["share"] for p in course if p["learner"] == label} for label in _LEARNERS
        },
        "mechanisms": {name: row.figures for name, row in three.items()},
        "stakes": {str(factor): row.figures for factor, row in zip(_FACTORS, stakes, strict=True)},
        "rewards": {f"{epsilon:g}": row.figures for epsilon, row in zip(_EPSILONS, rewards, strict=True)},
    }
    return Findings(_page(figures, tables), figures, tables, {"share": _draw(tables["course"], new_axes())})


@dataclass(frozen=True, eq=False)
class _Learnt:
    """What a ring has learnt by the last round: its mixes then, valued exactly.

    Attributes
    ----------
    figures : means over worlds.
    row : the same for tables, the gain's share with its interval.
    path : share of the best gain and its standard error.
    reports : what the two most often say, by what they know.
    """

    figures: dict[str, float]
    row: dict[str, Any]
    path: dict[str, float]
    reports: pd.DataFrame

    @classmethod
    def of(cls, name: str, overrides: list[str], label: str, rounds: int, worlds: int) -> _Learnt:
        """Let the ring learn and value what it does."""
        phase = _play(name, overrides, label, rounds, worlds)
        game, members = phase.experiment.game, [learning(phase.strategies, i) for i in _RING]
        worth = joint_worth(
            game,
            _RING,
            [member.options.values[member.contexts] for member in members],
            [member.options.beliefs[member.contexts] for member in members],
        )
        mixes = [phase.course.seats[i].final for i in _RING]
        played = np.einsum("wca,ckab,wcb->kw", mixes[0], worth, mixes[1], optimize=True)
        told = [member.options.truth[member.contexts] for member in members]
        truth = worth[np.arange(len(worth)), :, told[0], told[1]].sum(axis=0)
        allowed = [member.options.allowed[member.contexts] for member in members]
        best = _exact_best(game)
        mean, error = mean_over_worlds((played[0] - truth[0]) / best)
        figures = {
            "best": best,
            "reachable": _best(worth[:, 0], allowed) - truth[0],
            "gain": float((played[0] - truth[0]).mean()),
            "share": float(mean),
            "truthful": float(truth[1]),
            "revenue": float(played[1].mean()),
        }
        row = {
            "best gain": best,
            "gain learnt": interval(played[0] - truth[0]),
            "share of it": f"{round(figures['share'], 3) + 0.0:.1%}",
            "seller, truth": figures["truthful"],
            "seller, learnt": interval(played[1]),
            "outsiders gain": float((played[2] - truth[2]).mean()),
        }
        return cls(figures, row, {"share": float(mean), "error": float(error)}, _reports(phase, mixes))


def _exact_best(game: Game) -> float:
    """Return the mean gain of the ring's best joint lies, found among all those of `analysis.coalition`."""
    rings = coalitions(game, size=2).rings
    return float(rings[(rings["ring"] == "0+1") & (rings["notion"] == "side-payments")]["gain"].iloc[0])


def _best(worth: FloatArray, allowed: list[BoolArray]) -> float:
    """Return what the best joint option in every context is worth, of ``(contexts, options, options)``."""
    both = allowed[0][:, :, None] & allowed[1][:, None, :]
    return float(np.where(both, worth, -np.inf).max(axis=(1, 2)).sum())


def _play(name: str, overrides: list[str], label: str, rounds: int, worlds: int) -> Phase:
    seat = f'{{strategy="{label}", ring={list(_RING)}, values=["every"], beliefs=["every", {_BELIEFS}]}}'
    outsider = ', {strategy="truthful"}' if name == "ring-in-l" else ""
    run = [f"run.rounds={rounds}", f"run.worlds={worlds}", f"seats=[{seat}, {seat}{outsider}]"]
    return learn(casts(load(name, overrides=[*overrides, *run]))[0]).phases[0]


def _reports(phase: Phase, mixes: list[FloatArray]) -> pd.DataFrame:
    """Return what each member says most in the mean mix, by what the ring knows."""
    members = [learning(phase.strategies, i) for i in _RING]
    rows = []
    for context, known in enumerate(members[0].names):
        row: dict[str, Any] = {"the ring knows": known.replace("|", "given")}
        for i, member, mix in zip(_RING, members, mixes, strict=True):
            halves = _marginals(member.options.names, mix[:, context].mean(axis=0))
            row[f"seat {i} says"], row[f"and believes of {_RING[1 - i]}"] = halves
        rows.append(row)
    return pd.DataFrame(rows).replace(r"\|", "given", regex=True)


def _marginals(names: tuple[str, ...], mix: FloatArray) -> list[str]:
    """Return the likeliest value and the likeliest belief of a mix over options, with their probabilities."""
    halves = pd.DataFrame([name.split(" with ") for name in names]).replace(".*=", "", regex=True)
    likeliest = []
    for half in halves:
        chances = pd.Series(mix).groupby(halves[half]).sum()
        likeliest.append(f"{chances.idxmax()} ({chances.max():.0%})")
    return likeliest


def _draw(course: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the share of the best gain by rounds, with 95 % intervals over worlds."""
    handles = []
    for place, label in enumerate(_LEARNERS):
        mine = course[course["learner"] == label]
        look: dict[str, Any] = {"marker": _LOOKS[label][0], "ls": _LOOKS[label][1:], "mfc": "white", "ms": 5}
        look["color"] = BLUE if label == _FAST else str(0.1 + 0.12 * place)
        ax.errorbar(mine["rounds"], mine["share"], yerr=Z95 * mine["error"], capsize=2, lw=1.2, **look)
        handles.append(Line2D([], [], label=label, **look))
    ax.axhline(1.0, color="0.6", lw=1)
    ax.axhline(0.0, color="0.6", lw=1)
    ax.set_xscale("log")
    return finish(ax, "rounds played", "gain of the ring / best gain", handles, empty=False)


def _page(figures: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    shares = figures["shares"]
    course = pd.DataFrame(
        [{"learner": label, **{n: f"{share:.1%}" for n, share in row.items()}} for label, row in shares.items()]
    )
    return page(
        _PAGE,
        {
            "title": TITLE,
            "rounds": _ROUNDS,
            "last": _HORIZONS[-1],
            "one": figures["stakes"]["1"],
            "hundred": figures["stakes"]["100"],
            "rich": figures["rewards"]["200"],
            "shares": {f"{k.replace('-', '_')}_{n}": share for k, row in shares.items() for n, share in row.items()},
            "three": {
                name.split()[0].rstrip(",") + name.split()[1]: row for name, row in figures["mechanisms"].items()
            },
            "course": grid(course),
            "reports": grid(tables["reports"]),
            "stakes": grid(tables["stakes"]),
            "rewards": grid(tables["rewards"].astype({"epsilon": str})),
            "mechanisms": grid(tables["mechanisms"]),
        },
    )


_PAGE = """
# {title}

The paper's guarantees are for players on their own. A pair that shares what it knows and what it earns can do better
by lying together, without bound in the stakes, while what it risks is of the order of epsilon (`ring-in-m`,
`ring-in-l`, `crowdbayes coalitions`). That is a statement about the best joint lie. Does a pair find it that only
learns, each member by herself, from the common purse?

## Set-up

The scenario `ring-in-m`: two bidders, values 10, 40 or 100 with probabilities .5, .3, .2, who know each other's
values. Each learns, for every pair of values, which value and which belief to announce, from what the two earn
together; the beliefs are the truth, those of every other type, uniform and the mode. They do not agree on anything:
each takes the other's play as it comes. What the ring does after so many rounds is valued exactly, state by state
and with the coins in expectation, and set beside the best joint lie of all that `crowdbayes coalitions` tries.

## How much of the best lie is found, and when

{course}

![Share of the best gain by rounds, with 95 % intervals over worlds](share.svg)

- The best joint lie gains the ring {one[best]:.2f} a round. With full information fictitious play has
{shares[fictitious_play_100]:.1%} of it after 100 rounds, about eleven for each pair of values, regret matching
{shares[regret_matching_100]:.1%}, and Hedge {shares[hedge_100]:.1%}, then {shares[hedge_1000]:.1%} after 1000.

- A ring that sees only what it earned learns it too, later: Q-learning has {shares[q_learning_3000]:.1%} after
{last:,} rounds. EXP3 is still exploring: after 300 rounds what it plays is worse than truth
({shares[exp3_300]:.1%}), after {last:,} it has {shares[exp3_3000]:.1%}.

- The seller expected {one[truthful]:.2f} from honest bidders and is left with {one[revenue]:.2f} after {rounds}
rounds. It is less than the best lie would leave her: where several reports earn the ring the same, nothing keeps it
to those that are kind to her.

What regret matching says most after {last:,} rounds, with shares in the mean mix (posteriors by the value they are
certain of):

{reports}

Whoever is worth more than 10 is called a 10 by her partner. What she announces herself moves only his score and the
lottery: by announcing 10 she makes his lie come true where it is scored. That is settled last, as it is of order
epsilon.

## Stakes

{stakes}

Learning is in units of the range of payoffs, so that the ring finds its lie as fast whatever the stakes: at a
hundredfold it gains {hundred[gain]:,.0f} a round, still against an epsilon of 0.5.

## Rewards

{rewards}

Higher rewards do not make the best lie any worse: the informant's belief is scored by what her partner *announces*,
and he announces what she said. They only make it slower to find, since they swamp what the lie earns: at epsilon =
200 the ring has {rich[share]:.0%} of it after {rounds} rounds, and the seller, who has paid the rewards, is at
{rich[revenue]:.0f}.

## M and L with an honest outsider

{mechanisms}

The scenario `ring-in-l`: three bidders, of whom 0 and 1 are the ring. In L, where bidders know their own values, one
narrow lie (the mode, here the lowest value) outweighs the outsider's honest belief, and the ring finds
{three[Lown][share]:.1%} of its gain. Where all values are known the outsider contradicts the lie; but then the
intersection is empty, AGG believes the lowest-numbered informant, a member: the ring gains {three[Lall][gain]:.2f}.

In M the informant alone is believed, and the same lie serves: if both others certainly have 10, whatever they announce
counts as a 10, and their auction sells at 10; ties go to the lower-numbered, here the partner. The ring learns
{three[Mown][share]:.1%} of its best lie with own values known, {three[Mall][share]:.1%} with all.

## Caveats

A gain is against truthful play by both. All learners have their default parameters.

## Repeat it

    crowdbayes study rings-in-m
    crowdbayes coalitions ring-in-m
"""
