"""Claims of Appendix E: what one bidder fewer costs, and Vickrey against it."""

from __future__ import annotations

from math import inf

from analysis.claims.auctions import critical_vickrey, vcg_revenue
from analysis.claims.claim import Claim
from analysis.claims.domain import iid, independent, regular, symmetric
from analysis.claims.generate import (
    affiliated,
    common_value,
    correlated,
    iid_values,
    independent_values,
    regular_values,
    symmetric_values,
)
from analysis.claims.generate_goods import alike_goods, groups, two_goods
from analysis.claims.instance import Instance


def rivals(instance: Instance) -> bool:
    """Whether no feasible assignment serves everybody."""
    return not (instance.environment.allocations > 0).all(axis=1).any()


def _factor(instance: Instance) -> float:
    return instance.players / (instance.players - 1.0)


def fewer_left(instance: Instance) -> float:
    """Return Vickrey less the mean OPT of n - 1."""
    return vcg_revenue(instance) - float(instance.opt_without.mean())


def fewer_left_critical(instance: Instance) -> float:
    """Return Vickrey with critical payments less the mean OPT of n - 1."""
    return critical_vickrey(instance) - float(instance.opt_without.mean())


def fewer_right(instance: Instance) -> float:
    """Return n / (n - 1) times the mean OPT of n - 1, less Vickrey (VCG)."""
    return _factor(instance) * float(instance.opt_without.mean()) - vcg_revenue(instance)


def opt_of_fewer(instance: Instance) -> float:
    """Return the mean OPT of n - 1 less (1 - 1/n) OPT."""
    return float(instance.opt_without.mean()) - instance.opt / _factor(instance)


def corollary_3(instance: Instance) -> float:
    """Return the mean OPT of n - 1 less VCG where VCG is below (1 - 1/n) OPT; infinite elsewhere."""
    vcg = vcg_revenue(instance)
    if vcg >= instance.opt / _factor(instance) - 1e-6 * instance.top:
        return inf
    return float(instance.opt_without.mean()) - vcg


CLAIMS = (
    Claim(
        "corollary-1-left",
        "For i.i.d. regular values OPT(n - 1) <= Vickrey(n).",
        "Corollary 1",
        (regular_values,),
        fewer_left,
        "fails as printed",
        domain=(iid, regular),
        mechanism="vickrey",
    ),
    Claim(
        "corollary-1-left-repaired",
        "So it is on a finite grid when winners pay the least value on the grid with which they would win.",
        "Corollary 1",
        (regular_values,),
        fewer_left_critical,
        "holds as repaired",
        form="repaired",
        domain=(iid, regular),
        mechanism="vickrey",
    ),
    Claim(
        "corollary-1-right",
        "For i.i.d. values Vickrey(n) <= n/(n - 1) OPT(n - 1).",
        "Corollary 1",
        (iid_values, regular_values),
        fewer_right,
        "holds",
        domain=(iid,),
        mechanism="vickrey",
    ),
    Claim(
        "opt-of-fewer",
        "OPT with a random player left out is at least (1 - 1/n) OPT, for all D.",
        "Corollary 1, proof",
        (common_value, correlated, affiliated),
        opt_of_fewer,
        "fails as printed",
        mechanism="optimal",
    ),
    Claim(
        "opt-of-fewer-repaired",
        "So it is for independent types.",
        "Corollary 1, proof",
        (independent_values, iid_values, alike_goods, groups, two_goods),
        opt_of_fewer,
        "holds as repaired",
        form="repaired",
        domain=(independent,),
        mechanism="optimal",
    ),
    Claim(
        "corollary-2",
        "For symmetric D VCG(n) <= n/(n - 1) OPT(n - 1).",
        "Corollary 2",
        (common_value, symmetric_values, alike_goods),
        fewer_right,
        "fails as printed",
        effort=2,
        domain=(symmetric,),
        mechanism="optimal",
    ),
    Claim(
        "corollary-2-repaired",
        "For independent types VCG(n) <= n/(n - 1) OPT(n - 1), the mean of the n ways to leave one out.",
        "Corollary 2",
        (independent_values, iid_values, alike_goods, groups, two_goods),
        fewer_right,
        "holds as repaired",
        form="repaired",
        domain=(independent,),
        mechanism="optimal",
    ),
    Claim(
        "corollary-3",
        "Where VCG earns less than (1 - 1/n) OPT it earns less than OPT(n - 1), the mean of the n ways.",
        "Corollary 3",
        (common_value, correlated, affiliated),
        corollary_3,
        "fails as printed",
        strict=True,
        effort=4,
        mechanism="optimal",
    ),
    Claim(
        "corollary-3-repaired",
        "So it is for independent types.",
        "Corollary 3",
        (independent_values, iid_values, groups, two_goods),
        corollary_3,
        "holds as repaired",
        form="repaired",
        strict=True,
        domain=(independent,),
        mechanism="optimal",
    ),
    Claim(
        "e1-groups",
        "Some downward-closed environment with i.i.d. types leaves VCG(n) below OPT(n - 1), even if types are regular.",
        "appendix E.1",
        (groups,),
        lambda instance: -fewer_left(instance),
        "holds",
        form="existence",
        domain=(iid, regular, rivals),
        mechanism="optimal",
    ),
)
