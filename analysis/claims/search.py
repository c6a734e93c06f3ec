"""Trying a claim on many instances: random ones first, then neighbours of the worst found."""

from __future__ import annotations

import math
import time
import zlib
from dataclasses import dataclass, field

import numpy as np

from analysis.claims.claim import Claim
from analysis.claims.generate import Rng
from analysis.claims.instance import Instance
from analysis.claims.moves import mutate
from analysis.claims.named import NAMED
from analysis.claims.shrink import shrink

_DRAWS = 100
_NEIGHBOURS = 3  # one instance in so many is a neighbour of the worst


@dataclass(frozen=True)
class Finding:
    """What became of a claim.

    Attributes
    ----------
    claim, statement, source, expected : the claim's own.
    tried : random instances that it says something about; decided : those that break it (or, of existence, show it).
    slack : the worst slack met (of existence, the best), money; NaN if none was met.
    instance : where; made small if it decides the claim. shown : the slack there.
    named : the named instances that decide it too.
    verdict : from the random instances, unless a named one breaks what should always hold.
    seconds : how long it took.
    """

    claim: str
    statement: str
    source: str
    expected: str
    tried: int
    decided: int
    slack: float
    instance: Instance | None
    shown: float
    named: tuple[str, ...]
    verdict: str
    seconds: float = field(compare=False)

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is what theory foretells."""
        return self.verdict == self.expected


def stream(claim: Claim, seed: int) -> Rng:
    """Return the claim's own stream of random numbers, whatever other claims are tried."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(claim.name.encode()),)))


def search(claim: Claim, *, instances: int, seed: int) -> Finding:
    """Try a claim on instances of its families and on neighbours of the worst of them.

    Raises
    ------
    ValueError : if `instances` is not positive.
    """
    if instances < 1:
        raise ValueError(f"a claim is tried on one or more instances, not {instances}")
    started, rng = time.perf_counter(), stream(claim, seed)
    sign = -1.0 if claim.form == "existence" else 1.0
    worst: tuple[float, float, Instance] | None = None
    tried = decided = 0
    total = instances * claim.effort
    for number in range(total):
        near = worst is not None and number >= total - total // _NEIGHBOURS
        instance = mutate(worst[2], rng) if near and worst else _drawn(claim, rng, number)
        slack = claim.measure(instance)
        if not math.isfinite(slack):
            continue
        tried += 1
        decided += claim.shown(instance, slack)
        key = sign * slack / max(instance.welfare, 1.0)
        if worst is None or key < worst[0] or (near and key == worst[0]):  # a plateau is walked, not stood on
            worst = (key, slack, instance)
    return _finding(claim, tried, decided, worst and worst[2], worst[1] if worst else math.nan, started)


def _decides(claim: Claim, instance: Instance) -> bool:
    """Return whether an instance decides a claim, if the claim is about it at all."""
    slack = claim.measure(instance)
    return math.isfinite(slack) and claim.shown(instance, slack)


def _drawn(claim: Claim, rng: Rng, number: int) -> Instance:
    """Return an instance of the claim's families that the claim says something about, if a few draws give one."""
    family = claim.families[number % len(claim.families)]
    instance = family(rng)
    for _ in range(_DRAWS):
        if all(test(instance) for test in claim.domain):
            break
        instance = family(rng)
    return instance.simplified()


def _finding(
    claim: Claim, tried: int, decided: int, instance: Instance | None, slack: float, started: float
) -> Finding:
    shown, named = slack, tuple(name for name, given in NAMED.items() if _decides(claim, given))
    if instance is not None and claim.shown(instance, slack):
        instance = shrink(claim, instance)
        shown = claim.measure(instance)
    return Finding(
        claim=claim.name,
        statement=claim.statement,
        source=claim.source,
        expected=claim.expected,
        tried=tried,
        decided=decided,
        slack=slack,
        instance=instance,
        shown=shown,
        named=named,
        verdict=claim.verdict(decided if claim.form == "existence" else decided + len(named)),
        seconds=time.perf_counter() - started,
    )
