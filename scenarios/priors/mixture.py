"""Types that are independent given a common state: the components and their weights as a scenario writes them."""

from __future__ import annotations

from collections.abc import Sequence

from mechanisms import Environment
from mechanisms.beliefs import Product, mixture
from scenarios.errors import BadInput
from scenarios.priors.marginals import each
from scenarios.priors.prior import Prior
from scenarios.schema import MixturePrior


def mixture_prior(spec: MixturePrior, environment: Environment) -> Prior:
    """Return the mixture, its components named as given or numbered; those of weight zero are left out."""
    parts = spec.components
    total = sum(part.weight for part in parts)
    if not abs(total - 1.0) <= 1e-9:
        raise BadInput(f"the weights of prior.components sum to {total:.12g}, not 1")
    names = distinct(
        [part.name or f"component {s + 1}" for s, part in enumerate(parts)], field="the names of prior.components"
    )
    products = [
        Product(each(part.marginals, environment.shape, field=f"prior.components[{s}].marginals"))
        for s, part in enumerate(parts)
    ]
    kept = [s for s, part in enumerate(parts) if part.weight > 0]
    belief = mixture([parts[s].weight for s in kept], [products[s] for s in kept])
    return Prior(belief, tuple(names[s] for s in kept))


def distinct(names: Sequence[str], *, field: str) -> tuple[str, ...]:
    """Return names that are all different and not empty; a BadInput names one that is not."""
    for name in names:
        if not name or list(names).count(name) > 1:
            raise BadInput(f"{field} must differ, but {name!r} is there {list(names).count(name)} times")
    return tuple(names)
