"""Claims about how much can be earned with two players: Theorem 3, Lemmas 6 and 7, footnote 12."""

from __future__ import annotations

import numpy as np

from analysis.claims.auctions import reserve_revenue
from analysis.claims.claim import Claim
from analysis.claims.domain import iid, independent, own_value_only, plain_states, regular, strictly_regular
from analysis.claims.generate import (
    iid_values,
    independent_values,
    regular_independent,
    regular_values,
)
from analysis.claims.instance import Instance
from analysis.claims.tools import ONE_GOOD

NEAR = 0.1


def two_players(instance: Instance) -> bool:
    """Whether there are two players."""
    return instance.players == 2


def below_reserves(instance: Instance) -> float:
    """Return Vickrey with monopoly reserves less L."""
    return reserve_revenue(instance) - instance.revenue("L").total


def below_critical_reserves(instance: Instance) -> float:
    """Return the same with critical payments, prices of L without its lottery."""
    return reserve_revenue(instance, critical=True) - instance.revenue("L", delta=0.0, ties="lowest-index").prices


def below_lookahead(instance: Instance) -> float:
    """Return lookahead less the prices of L without its lottery."""
    return instance.revenue("lookahead").prices - instance.revenue("L", delta=0.0).prices


def reserves_are_poor(instance: Instance) -> float:
    """Return (1/2 + 0.1) OPT less Vickrey with monopoly reserves."""
    return (0.5 + NEAR) * instance.opt - reserve_revenue(instance)


def both_are_poor(instance: Instance) -> float:
    """Return (1/2 + 0.1) OPT less the better of M and L, prices without the lottery."""
    return (0.5 + NEAR) * instance.opt - max(instance.revenue(kind, delta=0.0).prices for kind in ("M", "L"))


def sold_below(instance: Instance) -> float:
    """Return minus the probability that the optimal auction found sells to somebody who is not the highest bidder."""
    bids = np.array([[instance.values[i][kind] for i, kind in enumerate(state)] for state in instance.states])
    sold = instance.optimum.allocation[instance.environment.flat(instance.space.profiles)][:, 1:]
    return -float(instance.weights @ (sold * (bids < bids.max(axis=1, keepdims=True))).sum(axis=1))


CLAIMS = (
    Claim(
        "lemma-6",
        "With two players L earns no more than Vickrey with monopoly reserves, for all D.",
        "Lemma 6",
        ONE_GOOD,
        below_reserves,
        "fails as printed",
        effort=4,
        domain=(two_players, own_value_only),
    ),
    Claim(
        "lemma-6-independent",
        "With two players and independent values L earns no more than Vickrey with monopoly reserves.",
        "Lemma 6",
        (independent_values,),
        below_reserves,
        "fails as printed",
        effort=4,
        domain=(two_players, independent, own_value_only),
    ),
    Claim(
        "lemma-6-informed",
        "The same, payments being critical and values regular, whatever the players know beyond their own value.",
        "Lemma 6",
        (regular_independent,),
        below_critical_reserves,
        "fails as printed",
        domain=(two_players, independent, regular, plain_states),
    ),
    Claim(
        "lemma-6-repaired",
        "With two players who know D, independent regular values and critical payments, ties by index, L's prices, "
        "the lottery apart, are no more than those of Vickrey with monopoly reserves.",
        "Lemma 6",
        (regular_independent, regular_values),
        below_critical_reserves,
        "holds as repaired",
        form="repaired",
        domain=(two_players, independent, regular, own_value_only),
        options={"ties": "lowest-index"},
    ),
    Claim(
        "lemma-6-irregular",
        "With two players who know D, independent values and critical payments, ties by index, L's prices, the lottery "
        "apart, are no more than those of Vickrey with monopoly reserves.",
        "Lemma 6",
        (independent_values, iid_values),
        below_critical_reserves,
        "fails as printed",
        effort=4,
        domain=(two_players, independent, own_value_only),
        options={"ties": "lowest-index"},
    ),
    Claim(
        "lemma-6-lookahead",
        "Where players know their own value and D, L's prices, the lottery apart, are lookahead's, for every D.",
        "Lemma 6",
        ONE_GOOD,
        below_lookahead,
        "holds as repaired",
        form="repaired",
        domain=(own_value_only,),
    ),
    Claim(
        "footnote-12",
        "For i.i.d. values no optimal auction sells to anybody but a highest bidder.",
        "footnote 12",
        (iid_values,),
        sold_below,
        "fails as printed",
        domain=(iid,),
        mechanism="optimal",
    ),
    Claim(
        "footnote-12-repaired",
        "For i.i.d. values whose virtual value increases no optimal auction sells to anybody but a highest bidder.",
        "footnote 12",
        (regular_values,),
        sold_below,
        "holds as repaired",
        form="repaired",
        domain=(iid, strictly_regular),
        mechanism="optimal",
    ),
    Claim(
        "lemma-7",
        "Some independent D leaves Vickrey with monopoly reserves below (1/2 + 0.1) OPT.",
        "Lemma 7",
        (independent_values,),
        reserves_are_poor,
        "holds",
        form="existence",
        domain=(two_players, independent),
        effort=5,
        mechanism="vickrey",
    ),
    Claim(
        "theorem-3",
        "Some independent D leaves both M and L below (1/2 + 0.1) OPT.",
        "Theorem 3",
        (independent_values,),
        both_are_poor,
        "holds",
        form="existence",
        domain=(two_players, independent, own_value_only),
        effort=4,
        mechanism="M",
    ),
)
