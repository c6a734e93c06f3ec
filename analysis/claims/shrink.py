"""Making the instance that decides a claim as small as it goes, by greedy moves."""

from __future__ import annotations

from analysis.claims.claim import Claim
from analysis.claims.instance import Instance
from analysis.claims.moves import simpler

MARGIN = 1e-3


def still_shown(claim: Claim, instance: Instance, margin: float) -> bool:
    """Return whether an instance decides a claim, by a relative margin."""
    slack = claim.measure(instance)
    clear = slack if claim.form == "existence" else -slack
    return claim.shown(instance, slack) and clear >= margin * instance.top


def margin_of(claim: Claim, instance: Instance) -> float:
    """Return how clearly a smaller instance must decide the claim: as clearly as this one, up to `MARGIN`.

    Where a strict claim fails by mere equality there is no margin to keep.
    """
    slack = claim.measure(instance)
    clear = (slack if claim.form == "existence" else -slack) / instance.top
    return min(MARGIN, clear) if clear > 1e-6 else -1.0


def shrink(claim: Claim, instance: Instance) -> Instance:
    """Return an instance that still decides the claim and that no move makes simpler."""
    margin = margin_of(claim, instance)
    found: Instance | None = instance
    while found is not None:
        instance = found
        found = next((small for small in simpler(instance) if still_shown(claim, small, margin)), None)
    return instance
