"""Claims about who knows what: refined knowledge, wrong beliefs about beliefs, participation, rings."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np

from analysis.claims.claim import Claim
from analysis.claims.domain import plain_states
from analysis.claims.generate import insiders, signalled
from analysis.claims.generate_goods import two_goods
from analysis.claims.instance import Instance
from analysis.claims.measures import interim_loss, lottery_surplus, misread, others_menu, ring_gain, tosses
from analysis.claims.tools import ONE_GOOD
from analysis.revenue import exact_revenue
from mechanisms.environment import full_grid
from mechanisms.outcomes import Reports

_LONG = 20_000


def refined(instance: Instance, kind: str) -> float:
    """Return the least gain in prices from own values to what is known, and from there to complete information."""
    coarse, known, fine = (
        instance.revenue(kind, knowledge=knowledge, delta=0.0).prices for knowledge in ("own-value", None, "complete")
    )
    return min(known - coarse, fine - known)


def several_informants(instance: Instance) -> bool:
    """Whether two players or more are asked about i*, so that there is something to aggregate."""
    return instance.players > 2


def in_signals(instance: Instance) -> bool:
    """Whether what the players know comes as signals that one of them can be spared, or is nothing but own values."""
    return instance.knowledge in ("own-value", "state", "labels")


def unlearned(instance: Instance, player: int) -> Instance:
    """Return the instance with one player knowing her own value alone, the others what they knew."""
    if instance.knowledge == "state":
        seen = [i for i in instance.parameters["insiders"] if i != player]
        return replace(instance, parameters={"insiders": seen})
    own = [str(state[player]) for state in instance.states]
    rows = [own if i == player else row for i, row in enumerate(instance.parameters["labels"])]
    return replace(instance, parameters={"labels": rows})


def one_more_signal(instance: Instance, kind: str) -> float:
    """Return the least gain in prices from one player's learning her signal, the others knowing theirs already."""
    if instance.knowledge == "own-value":
        return 0.0
    known = instance.revenue(kind, delta=0.0).prices
    others = (unlearned(instance, i) for i in range(instance.players))
    return min(known - other.revenue(kind, delta=0.0).prices for other in others)


def misread_loss(instance: Instance) -> float:
    """Return the least interim loss from any lie in M and in L when the others' beliefs are told falsely."""
    kinds = ("M", "L") if instance.one_good else ("M",)
    games = [instance.game(kind) for kind in kinds]
    return min(interim_loss(game, play=play).any for game in games for play in misread(game))


def participation(instance: Instance) -> float:
    """Return the least utility of a truthful player in any toss, whatever the others announce."""
    least = inf
    for kind in ("M", "L", "L-printed") if instance.one_good else ("M",):
        game = instance.game(kind)
        menus = others_menu(game, 2)
        shape = (*game.environment.shape, *(len(menu) for menu in menus))
        points = full_grid(shape)[:_LONG]
        n = game.players
        beliefs = points[:, n:].copy()
        for i, menu in enumerate(menus):
            beliefs[:, i] = menu[points[:, n + i]]
        for toss in tosses(game, Reports(points[:, :n], beliefs)):
            least = min(least, float(toss.surplus.min()), float(toss.rewards.min()))
            least = min(least, float(lottery_surplus(game.mechanism, toss.role).min(initial=inf)))
    return least


def common_lies(instance: Instance) -> float:
    """Return the least that anybody loses by leaving a common lie in the unanimity mechanism, values being true."""
    game = instance.game("unanimity")
    slack = inf
    for play in misread(game):
        for seat in game.seats:
            told = play.reports.beliefs[0, seat.index]
            tried = np.unique(np.append(play.reports.beliefs[0], seat.posteriors))
            menu = np.broadcast_to(tried, (len(seat.types), seat.menu_size, len(tried))).copy()
            interim = game.surface(seat.index, menu, play=play).interim
            staying = interim[np.arange(len(seat.types)), seat.types, np.flatnonzero(tried == told)[0]]
            slack = min(slack, float((staying[:, None, None] - interim).min()))
    return slack


def cost_of_lies(instance: Instance) -> float:
    """Return the most that a common lie costs the seller in the unanimity mechanism, against OPT, no lottery."""
    game = instance.game("unanimity", delta=0.0)
    earned = [exact_revenue(game, play).total for play in misread(game)]
    return instance.opt - min(earned)


def ring_room(instance: Instance, kind: str) -> float:
    """Return epsilon less what a pair gains when one of them misreports her belief."""
    return instance.epsilon - ring_gain(instance.game(kind))


CLAIMS = (
    Claim(
        "refinement-m",
        "M's prices do not fall when what everybody knows is refined.",
        "Lemma 3, proof",
        ONE_GOOD,
        lambda instance: refined(instance, "M"),
        "holds",
        mechanism="M",
    ),
    Claim(
        "refinement-l",
        "L's prices do not fall when what everybody knows is refined.",
        "Lemma 5, proof",
        ONE_GOOD,
        lambda instance: refined(instance, "L"),
        "holds",
        domain=(plain_states,),
    ),
    Claim(
        "signals-m",
        "M's prices do not fall when one more player learns her noisy signal.",
        "beyond Lemma 3",
        (signalled, insiders),
        lambda instance: one_more_signal(instance, "M"),
        "holds beyond the paper",
        form="beyond",
        domain=(in_signals,),
        mechanism="M",
    ),
    Claim(
        "signals-l",
        "L's prices do not fall when one more player learns her noisy signal.",
        "beyond Lemma 5",
        (signalled,),
        lambda instance: one_more_signal(instance, "L"),
        "fails beyond the paper",
        form="beyond",
        effort=4,
        domain=(several_informants, in_signals),
    ),
    Claim(
        "second-order-beliefs",
        "In M and L truth stays strictly best however the others misreport their beliefs, their values being true.",
        "section 2.2, remark (c)",
        (*ONE_GOOD, two_goods),
        misread_loss,
        "holds",
        strict=True,
        mechanism="M",
    ),
    Claim(
        "participation",
        "In M and L a truthful player never loses, whatever the others say and the coins show.",
        "section 2.3",
        (*ONE_GOOD, two_goods),
        participation,
        "holds",
        mechanism="M",
    ),
    Claim(
        "unanimity-common-lies",
        "In the unanimity mechanism every common lie is an equilibrium.",
        "appendix F",
        ONE_GOOD,
        common_lies,
        "holds",
        mechanism="unanimity",
    ),
    Claim(
        "unanimity-costs",
        "Some common lie in the unanimity mechanism costs the seller revenue.",
        "appendix F",
        ONE_GOOD,
        cost_of_lies,
        "holds",
        form="existence",
        mechanism="unanimity",
    ),
    Claim(
        "collusion-m",
        "In M a pair gains no more than epsilon when one of them misreports her belief.",
        "no claim of the paper",
        ONE_GOOD,
        lambda instance: ring_room(instance, "M"),
        "fails beyond the paper",
        form="beyond",
        mechanism="M",
    ),
    Claim(
        "collusion-l",
        "In L a pair gains no more than epsilon when one of them misreports her belief.",
        "no claim of the paper",
        ONE_GOOD,
        lambda instance: ring_room(instance, "L"),
        "fails beyond the paper",
        form="beyond",
    ),
)
