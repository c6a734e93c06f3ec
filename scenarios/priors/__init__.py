"""Priors written as models: independent types, mixtures, copulas, common shocks, mixtures fitted to bids.

A model makes a `Product` or a `Mixture`, which need no list of profiles, or a table where that is exact and fits.
`build_prior` returns it with the names of its components and with what there is to say about its accuracy.
"""

from scenarios.priors.build import build_prior
from scenarios.priors.prior import MAX_STATES, Prior

__all__ = ["MAX_STATES", "Prior", "build_prior"]
