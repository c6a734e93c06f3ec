"""From what a scenario says of its prior to the prior: `build_prior`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from agents.knowledge import StateSpace
from mechanisms import Environment
from mechanisms.beliefs import Product
from mechanisms.environment import IntArray
from scenarios.errors import BadInput
from scenarios.priors.common_shock import common_shock_prior
from scenarios.priors.copula import copula_prior
from scenarios.priors.marginals import each
from scenarios.priors.mixture import mixture_prior
from scenarios.priors.prior import Prior
from scenarios.schema import CommonShockPrior, CopulaPrior, IndependentPrior, MixturePrior, TablePrior

Model = TablePrior | IndependentPrior | MixturePrior | CopulaPrior | CommonShockPrior


def build_prior(spec: Model, environment: Environment, *, by_value: bool = True) -> Prior:
    """Return a prior, given its model.

    Parameters
    ----------
    by_value : whether profiles of a table are written as values, or as type numbers.

    Raises
    ------
    BadInput : one sentence that names the field and the offending value.
    """
    match spec:
        case IndependentPrior():
            return Prior(Product(each(spec.marginals, environment.shape, field="prior.marginals")))
        case MixturePrior():
            return mixture_prior(spec, environment)
        case CopulaPrior():
            return copula_prior(spec, environment)
        case CommonShockPrior():
            return common_shock_prior(spec, environment)
        case TablePrior():
            states = _listed(spec, environment, by_value=by_value)
            return Prior(states.prior, states=states)


def _listed(prior: TablePrior, environment: Environment, *, by_value: bool) -> StateSpace:
    profiles = _profiles(environment, prior.profiles, by_value=by_value)
    weights = np.array(prior.probabilities, dtype=float)
    if len(weights) != len(profiles):
        raise BadInput(f"prior.probabilities has {len(weights)} entries for {len(profiles)} profiles")
    if not np.isfinite(weights).all() or (weights < 0).any():
        row = int(np.flatnonzero(~np.isfinite(weights) | (weights < 0))[0])
        raise BadInput(f"prior.probabilities[{row}] is {weights[row]}, which is no probability")
    if abs(weights.sum() - 1.0) > 1e-9:
        raise BadInput(f"prior.probabilities sum to {weights.sum():.12g}, not 1")
    if prior.states is not None and len(prior.states) != len(profiles):
        raise BadInput(f"prior.states has {len(prior.states)} entries for {len(profiles)} profiles")
    kept = weights > 0
    labels = None
    if prior.states is not None:
        labels = tuple(str(x) for x, keep in zip(prior.states, kept, strict=True) if keep)
    rows = None if kept.all() else np.flatnonzero(kept)
    return StateSpace(environment.shape, profiles[kept], weights[kept] / weights.sum(), labels, rows)


def _profiles(environment: Environment, rows: Sequence[Sequence[int]], *, by_value: bool) -> IntArray:
    """Return type indices of profiles written as values (one service each) or as type numbers."""
    if by_value:
        grids = [grid.tolist() for grid in environment.values]
    else:
        grids = [list(range(size)) for size in environment.shape]
    spots: list[Mapping[int, int]] = [{v: k for k, v in enumerate(grid)} for grid in grids]
    profiles = []
    for r, row in enumerate(rows):
        if len(row) != len(spots):
            raise BadInput(f"prior.profiles[{r}] has {len(row)} entries for {len(spots)} players")
        for i, value in enumerate(row):
            if value not in spots[i]:
                raise BadInput(f"prior.profiles[{r}][{i}] is {value}, which is not on player {i}'s grid {grids[i]}")
        profiles.append([spots[i][value] for i, value in enumerate(row)])
    return np.array(profiles, dtype=np.int64).reshape(-1, len(spots))
