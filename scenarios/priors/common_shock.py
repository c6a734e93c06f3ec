"""Types that are an own part plus a part common to all: a mixture over the common part, which insiders may know.

Such types are affiliated [MilgromWeber1982]_ if every own part is log-concave: the probability of a type given the
shock is then totally positive of order 2 in both, and that is kept when the shock is summed out [KarlinRinott1980]_.

References
----------
.. [KarlinRinott1980] S. Karlin, Y. Rinott, Classes of orderings of measures and related correlation inequalities I,
   Journal of Multivariate Analysis 10.
.. [MilgromWeber1982] P. Milgrom, R. Weber, A theory of auctions and competitive bidding, Econometrica 50.
"""

from __future__ import annotations

import numpy as np

from mechanisms import Environment
from mechanisms.beliefs import Product, mixture
from mechanisms.environment import FloatArray
from scenarios.errors import BadInput
from scenarios.priors.marginals import distribution
from scenarios.priors.mixture import distinct
from scenarios.priors.prior import Prior
from scenarios.schema import CommonShockPrior


def common_shock_prior(spec: CommonShockPrior, environment: Environment) -> Prior:
    """Return the mixture over the shock: type = own part + shock, in steps of the grid from its first value."""
    shock = distribution(spec.shock, field="prior.shock")
    own = [distribution(row, field=f"prior.own[{i}]") for i, row in enumerate(spec.own)]
    n, shape = environment.players, environment.shape
    if len(own) not in (1, n):
        raise BadInput(f"prior.own has {len(own)} lists for {n} players; give one for all or one each")
    if spec.names is not None and len(spec.names) != len(shock):
        raise BadInput(f"prior.names has {len(spec.names)} entries for {len(shock)} shocks")
    names = distinct(spec.names or [f"shock {s}" for s in range(len(shock))], field="prior.names")
    for i, size in enumerate(shape):
        row = own[0 if len(own) == 1 else i]
        if len(row) + len(shock) - 1 != size:
            raise BadInput(
                f"prior.own and prior.shock make {len(row)} + {len(shock)} - 1 types, but player {i} has {size} values"
            )
    kept = np.flatnonzero(shock)
    belief = mixture(shock[kept], [_given(int(s), own, n, len(shock)) for s in kept])
    return Prior(belief, tuple(names[s] for s in kept), (_affiliation(own),))


def _given(shock: int, own: list[FloatArray], players: int, shocks: int) -> Product:
    """Return everybody's types given the shock; equal own parts make one array."""
    moved = [np.concatenate([np.zeros(shock), row, np.zeros(shocks - 1 - shock)]) for row in own]
    return Product(tuple(moved * players if len(own) == 1 else moved))


def _affiliation(own: list[FloatArray]) -> str:
    for i, row in enumerate(own):
        where = not_log_concave(row)
        if where is not None:
            whose = "own part" if len(own) == 1 else f"own part of player {i}"
            return f"types may not be affiliated: the {whose} is not log-concave at step {where}"
    return "types are affiliated, as every own part is log-concave"


def not_log_concave(row: FloatArray) -> int | None:
    """Return a step at which a distribution is not log-concave: ``p_k^2 < p_(k-1) p_(k+1)``, or a gap; else None.

    >>> not_log_concave(np.array([0.25, 0.5, 0.25])), not_log_concave(np.array([0.5, 0.0, 0.0, 0.5]))
    (None, 1)
    """
    inside = np.flatnonzero(row)
    for k in range(inside[0] + 1, inside[-1]):
        if row[k] == 0 or row[k] ** 2 < row[k - 1] * row[k + 1] * (1 - 1e-12):
            return int(k)
    return None
