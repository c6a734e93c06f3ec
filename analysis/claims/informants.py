"""Claims about M: Lemmas 2 and 3, Theorem 1, and the steps of their proofs."""

from __future__ import annotations

from math import inf

import numpy as np

from analysis.claims.claim import Claim
from analysis.claims.domain import independent, servable
from analysis.claims.generate import signalled
from analysis.claims.generate_goods import some_bundles, two_goods
from analysis.claims.instance import Instance
from analysis.claims.measures import interim_loss, others_menu, value_loss
from analysis.claims.tools import ONE_GOOD
from mechanisms.environment import FloatArray

ANY = (*ONE_GOOD, two_goods, some_bundles)


def informed_opt(instance: Instance) -> FloatArray:
    """Return Rev(M, -i) for each player: OPT of the others when i's knowledge is known."""
    cells = instance.known.cells
    return np.array([instance.opt_given(i, cells[:, i]) for i in range(instance.players)])


def prices_without(instance: Instance) -> FloatArray:
    """Return Rev(M_i(D)) for each player: the optimal mechanism's revenue, i's payment thrown away."""
    paid = instance.weights @ instance.optimum.payments[instance.environment.flat(instance.space.profiles)]
    return paid.sum() - paid


def _share(instance: Instance) -> float:
    return 1.0 - 1.0 / instance.players


def value_strictness(instance: Instance) -> float:
    """Return the least loss from a value lie of those who are not the informant, whatever is announced."""
    game = instance.game("M")
    menus = others_menu(game)
    slack = inf
    for role in range(instance.players):
        told = [menu if i == role else menu[:1] for i, menu in enumerate(menus)]
        slack = min(slack, value_loss(game.mechanism, told, role=role))
    return slack


def theorem_1(instance: Instance) -> float:
    """Return Rev(M) less (1 - 1/n) OPT - epsilon."""
    return instance.revenue("M").total - _share(instance) * instance.opt + instance.epsilon


def theorem_1_repaired(instance: Instance) -> float:
    """Return Rev(M) less (1 - delta)(1 - 1/n) OPT - epsilon."""
    bound = (1.0 - instance.delta) * _share(instance) * instance.opt
    return instance.revenue("M").total - bound + instance.epsilon


def information_helps(instance: Instance) -> float:
    """Return the least gain in OPT from knowing what one of the players knows."""
    return min(instance.opt_given(None, cells) for cells in instance.known.cells.T) - instance.opt


def reward_room(instance: Instance) -> float:
    """Return by how much M's expected reward stays under epsilon."""
    return instance.epsilon - instance.revenue("M").rewards


CLAIMS = (
    Claim(
        "lemma-2-values",
        "In M truth about values is strictly dominant for those who play, whatever the informant says.",
        "Lemma 2",
        ANY,
        value_strictness,
        "holds",
        strict=True,
        domain=(servable,),
        mechanism="M",
    ),
    Claim(
        "lemma-2-beliefs",
        "In M, values being told truly, the true belief is strictly best for the informant.",
        "Lemma 2",
        ANY,
        lambda instance: interim_loss(instance.game("M")).belief,
        "holds",
        strict=True,
        mechanism="M",
    ),
    Claim(
        "theorem-1",
        "M earns at least (1 - 1/n) OPT - epsilon, whatever the delta that makes it strict.",
        "Lemma 3, Theorem 1",
        ANY,
        theorem_1,
        "fails as printed",
        mechanism="M",
    ),
    Claim(
        "theorem-1-repaired",
        "M earns at least (1 - delta)(1 - 1/n) OPT - epsilon.",
        "Lemma 3, Theorem 1",
        ANY,
        theorem_1_repaired,
        "holds as repaired",
        form="repaired",
        mechanism="M",
    ),
    Claim(
        "lemma-3-step",
        "The optimal auction for the others alone earns what the optimal auction for all earns from them.",
        "Lemma 3, proof",
        ANY,
        lambda instance: float((instance.opt_without - prices_without(instance)).min()),
        "fails as printed",
        mechanism="M",
    ),
    Claim(
        "lemma-3-step-repaired",
        "It does when it knows what the one left out knows, her own value included.",
        "Lemma 3, proof",
        ANY,
        lambda instance: float((informed_opt(instance) - prices_without(instance)).min()),
        "holds as repaired",
        form="repaired",
        mechanism="M",
    ),
    Claim(
        "lemma-3-step-independent",
        "For independent types it does as it stands.",
        "Lemma 3, proof",
        ANY,
        lambda instance: float((instance.opt_without - prices_without(instance)).min()),
        "holds as repaired",
        form="repaired",
        domain=(independent,),
        mechanism="M",
    ),
    Claim(
        "lemma-3-reward",
        "M pays the informant at most epsilon.",
        "Lemma 3, proof",
        ANY,
        reward_room,
        "holds",
        mechanism="M",
    ),
    Claim(
        "information-helps",
        "OPT does not fall when the seller learns what a player knows.",
        "Lemma 3, proof",
        (*ANY, signalled),
        information_helps,
        "holds",
        mechanism="optimal",
    ),
    Claim(
        "deterministic-informant",
        "A fixed informant can cost revenue: some OPT of n - 1, informed, is below (1 - 1/n) OPT.",
        "section 3, comment on step a",
        ONE_GOOD,
        lambda instance: _share(instance) * instance.opt - float(informed_opt(instance).min()),
        "holds",
        form="existence",
        mechanism="M",
    ),
)
