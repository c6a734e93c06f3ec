"""Claims about lookahead and L: Lemmas 4 and 5, Ronen's bound, i.i.d. values, footnote 9."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

import numpy as np

from analysis.claims.claim import Claim
from analysis.claims.domain import iid, plain_states, regular
from analysis.claims.generate import iid_values, independent_values, regular_values
from analysis.claims.instance import Instance
from analysis.claims.measures import interim_loss, lottery_surplus, others_menu, tosses, value_loss
from analysis.claims.tools import ONE_GOOD

PRINTED, REPAIRED = "L-printed", "L"


def value_strictness(instance: Instance, kind: str) -> float:
    """Return the least loss from a value lie, whatever the others announce."""
    game = instance.game(kind)
    return value_loss(game.mechanism, others_menu(game, 3 if instance.players < 4 else 2))


def reward_room(instance: Instance, kind: str) -> float:
    """Return by how much the rewards of a truthful round stay under epsilon, at the least."""
    game = instance.game(kind)
    paid = game.mechanism.expect(game.truthful_play.reports).rewards.sum(axis=1)
    return instance.epsilon - float(paid.max())


def lemma_5(instance: Instance, kind: str, conditioning: str = "chosen") -> float:
    """Return revenue less (1 - delta) OPT / 2 - epsilon."""
    bound = (1.0 - instance.delta) / 2.0 * instance.opt - instance.epsilon
    return instance.revenue(kind, conditioning=conditioning).total - bound


def ronen(instance: Instance, conditioning: str) -> float:
    """Return lookahead's revenue less OPT / 2."""
    return instance.revenue("lookahead", conditioning=conditioning).prices - instance.opt / 2.0


def several_rivals(instance: Instance) -> bool:
    """Whether three players or more can tie."""
    return instance.players > 2


def reaches_opt(instance: Instance, **options: str) -> float:
    """Return lookahead's revenue less OPT."""
    return instance.revenue("lookahead", **options).prices - instance.opt


def l_reaches_opt(instance: Instance, **options: str) -> float:
    """Return L's revenue less (1 - delta) OPT - epsilon."""
    return instance.revenue("L", **options).total - (1.0 - instance.delta) * instance.opt + instance.epsilon


def winners_edge(instance: Instance, kind: str) -> float:
    """Return the least that a buyer has above epsilon, in the main stage or in Lemma 1's lottery."""
    game = instance.game(kind)
    least = inf
    for toss in tosses(game, game.truthful_play.reports):
        utility = toss.surplus + toss.rewards
        least = min([least, *utility[toss.served].tolist()])
        bought = lottery_surplus(game.mechanism, toss.role)
        others = np.delete(toss.rewards, toss.role, axis=1)
        least = min(least, float(bought.min() + others.max()))
    return least - instance.epsilon


def main_stage_edge(instance: Instance, kind: str) -> float:
    """Return the lesser of what buyers have above epsilon and what the others have below, lottery apart."""
    game = instance.game(kind)
    least = inf
    for toss in tosses(game, game.truthful_play.reports):
        utility = toss.surplus + toss.rewards
        least = min([least, *(utility[toss.served] - instance.epsilon).tolist()])
        least = min([least, *(instance.epsilon - utility[~toss.served]).tolist()])
    return least


def _iid(name: str, statement: str, expected: str, *, ties: str, conditioning: str, irregular: bool = False) -> Claim:
    options = {"ties": ties, "conditioning": conditioning}
    return Claim(
        name,
        statement,
        "section 4.4",
        (iid_values,) if irregular else (regular_values,),
        lambda instance: reaches_opt(instance, **options),
        expected,
        form="repaired" if expected == "holds as repaired" else "printed",
        domain=(iid,) if irregular else (iid, regular),
        mechanism="lookahead",
        options=options,
    )


def _of_l(
    name: str,
    statement: str,
    source: str,
    slack: Callable[..., float],
    expected: str,
    kind: str,
    **more: Any,
) -> Claim:
    form = "repaired" if kind == REPAIRED else "printed"
    details = {"form": form, "domain": (plain_states,), "mechanism": kind, **more}
    return Claim(name, statement, source, ONE_GOOD, partial(slack, kind=kind), expected, **details)


CLAIMS = (
    _of_l(
        "lemma-4-values",
        "In L as printed truth about values is strictly dominant.",
        "Lemma 4",
        value_strictness,
        "fails as printed",
        PRINTED,
        strict=True,
    ),
    _of_l(
        "lemma-4-values-repaired",
        "In L repaired truth about values is strictly dominant.",
        "Lemma 4",
        value_strictness,
        "holds as repaired",
        REPAIRED,
        strict=True,
    ),
    _of_l(
        "lemma-4-beliefs",
        "In L as printed, values being told truly, the plain posterior is strictly the best report.",
        "Lemma 4",
        lambda instance, kind: interim_loss(instance.game(kind)).belief,
        "fails as printed",
        PRINTED,
        strict=True,
    ),
    _of_l(
        "lemma-4-beliefs-repaired",
        "In L repaired, values being told truly, the plain posterior is strictly the best report.",
        "Lemma 4",
        lambda instance, kind: interim_loss(instance.game(kind)).belief,
        "holds as repaired",
        REPAIRED,
        strict=True,
    ),
    _of_l(
        "lemma-5-rewards",
        "L as printed pays at most epsilon in rewards.",
        "Lemma 5, proof",
        reward_room,
        "fails as printed",
        PRINTED,
    ),
    _of_l(
        "lemma-5-rewards-repaired",
        "L repaired pays at most epsilon in rewards.",
        "Lemma 5, proof",
        reward_room,
        "holds as repaired",
        REPAIRED,
    ),
    _of_l(
        "lemma-5",
        "L as printed earns at least (1 - delta) OPT / 2 - epsilon.",
        "Lemma 5, Theorem 2",
        lemma_5,
        "fails as printed",
        PRINTED,
    ),
    _of_l(
        "lemma-5-repaired",
        "L repaired earns at least (1 - delta) OPT / 2 - epsilon.",
        "Lemma 5, Theorem 2",
        lemma_5,
        "holds as repaired",
        REPAIRED,
    ),
    Claim(
        "ronen-half",
        "Lookahead, priced on i* bidding at least as much as the others, earns at least OPT / 2.",
        "section 4.2",
        (iid_values, independent_values),
        lambda instance: ronen(instance, "at-least"),
        "fails as printed",
        effort=4,
        domain=(several_rivals,),
        mechanism="lookahead",
        options={"conditioning": "at-least"},
    ),
    Claim(
        "lemma-5-at-least",
        "L, its rewards repaired but its price as section 4.2 prints it, earns at least (1 - delta) OPT / 2 - epsilon.",
        "Lemma 5, Theorem 2",
        (iid_values, independent_values),
        partial(lemma_5, kind=REPAIRED, conditioning="at-least"),
        "fails as printed",
        domain=(several_rivals,),
        effort=4,
        options={"conditioning": "at-least"},
    ),
    Claim(
        "ronen-half-repaired",
        "Lookahead, priced on i* being the one chosen, earns at least OPT / 2.",
        "section 4.2",
        ONE_GOOD,
        lambda instance: ronen(instance, "chosen"),
        "holds as repaired",
        form="repaired",
        mechanism="lookahead",
    ),
    _iid(
        "iid-at-least",
        "For i.i.d. regular values lookahead, priced on bidding at least as much, earns OPT.",
        "fails as printed",
        ties="lowest-index",
        conditioning="at-least",
    ),
    _iid(
        "iid-irregular",
        "For any i.i.d. values lookahead earns OPT.",
        "fails as printed",
        ties="lowest-index",
        conditioning="chosen",
        irregular=True,
    ),
    _iid(
        "iid-uniform-ties",
        "For i.i.d. regular values lookahead earns OPT with ties broken by a coin.",
        "fails as printed",
        ties="uniform",
        conditioning="chosen",
    ),
    _iid(
        "iid-repaired",
        "For i.i.d. regular values lookahead, priced on being chosen, ties by index, earns OPT.",
        "holds as repaired",
        ties="lowest-index",
        conditioning="chosen",
    ),
    Claim(
        "iid-crowdsourced",
        "For i.i.d. values L earns at least (1 - delta) OPT - epsilon.",
        "section 4.4",
        (iid_values,),
        l_reaches_opt,
        "fails as printed",
        domain=(iid,),
    ),
    Claim(
        "iid-crowdsourced-repaired",
        "For i.i.d. regular values L repaired, ties by index, earns at least (1 - delta) OPT - epsilon.",
        "section 4.4",
        (regular_values,),
        lambda instance: l_reaches_opt(instance, ties="lowest-index"),
        "holds as repaired",
        form="repaired",
        domain=(iid, regular, plain_states),
        options={"ties": "lowest-index"},
    ),
    _of_l(
        "footnote-9",
        "In L as printed whoever buys has utility above epsilon.",
        "footnote 9",
        winners_edge,
        "fails as printed",
        PRINTED,
        strict=True,
    ),
    _of_l(
        "footnote-9-main-stage",
        "In L as printed, the lottery apart, buyers have at least epsilon and the others at most epsilon.",
        "footnote 9",
        main_stage_edge,
        "holds as repaired",
        PRINTED,
        form="repaired",
    ),
    _of_l(
        "footnote-9-in-repaired-l",
        "In L repaired, the lottery apart, buyers have at least epsilon and the others at most epsilon.",
        "footnote 9",
        main_stage_edge,
        "fails beyond the paper",
        REPAIRED,
        form="beyond",
    ),
)
