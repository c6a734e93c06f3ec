"""Estimates, each with its standard error, where a prior has too many profiles for exact figures.

Profiles are drawn by strata of a factored prior; the coins of a mechanism are averaged exactly.
"""

from analysis.estimate.strata import Strata
from analysis.estimate.tally import Estimate, Tally

__all__ = ["Estimate", "Strata", "Tally"]
