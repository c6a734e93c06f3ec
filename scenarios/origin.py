"""Where a scenario's grids and prior come from: its tables, its marginals, or a file of bids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agents.knowledge import StateSpace
from mechanisms import Environment, assignment, digital_goods, independent, public_good, services, single_good
from mechanisms.environment import IntArray
from scenarios.errors import BadInput
from scenarios.schema import BidsPrior, IndependentPrior, Scenario, TablePrior

MAX_STATES = 2_000_000
_WORTHS = ("served", "goods", "valuations", "bundles", "allocations")
_FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # by kind: what must be given, what may be
    "single-good": (("values",), ()),
    "services": (("values", "served"), ()),
    "digital-goods": (("values",), ()),
    "public-good": (("values",), ()),
    "assignment": (("goods", "valuations"), ("bundles", "allocations")),
}
_MEANINGS = {
    "values": ": a grid of values for each player",
    "served": ": the sets of players that can be served together",
}
_FROM_BIDS = ("single-good", "digital-goods")


@dataclass(frozen=True)
class Origin:
    """Where grids and prior come from."""

    values: Sequence[Sequence[int]] | None
    prior: TablePrior | IndependentPrior
    unit: float
    notes: tuple[str, ...] = ()
    provenance: tuple[str, ...] = ()


def find_origin(scenario: Scenario) -> Origin:
    """Return the grids and the prior, those of a bids file read from it."""
    prior = scenario.prior
    if not isinstance(prior, BidsPrior):
        return Origin(scenario.environment.values, prior, scenario.environment.unit)
    if scenario.environment.kind not in _FROM_BIDS:
        raise BadInput(
            f"environment.kind = {scenario.environment.kind!r} does not go with a prior of bids; "
            f"one of {', '.join(map(repr, _FROM_BIDS))} does"
        )
    if scenario.environment.values is not None:
        raise BadInput("environment.values must be left out with a prior of bids, which makes the grid itself")
    if "unit" in scenario.environment.model_fields_set:
        raise BadInput("environment.unit must be left out with a prior of bids, which has a unit of its own")
    from scenarios.bids import CAUTION, prior_from_bids

    options = prior.model_dump(exclude={"kind", "path"})
    found = prior_from_bids(scenario.folder / prior.path, **options)
    table = TablePrior(
        kind="table",
        profiles=[list(profile) for profile in found.profiles],
        probabilities=list(found.probabilities),
    )
    dropped = ", ".join(f"{count} {reason}" for reason, count in found.dropped.items()) or "none"
    note = f"the prior comes from {found.used} auctions in {found.source}; dropped: {dropped}"
    return Origin(found.values, table, found.unit, (note, CAUTION), tuple(found.summary()))


def build_environment(scenario: Scenario, values: Sequence[Sequence[int]] | None) -> Environment:
    """Return the environment that a scenario describes, on those grids where types are values."""
    spec = scenario.environment
    needed, optional = _FIELDS[spec.kind]
    given = {**{name: getattr(spec, name) for name in _WORTHS}, "values": values}
    for name, field in given.items():
        if field is not None and name not in (*needed, *optional):
            instead = "; give valuations" if (name, spec.kind) == ("values", "assignment") else ""
            raise BadInput(f"environment.{name} does not go with kind = {spec.kind!r}{instead}")
    for name in needed:
        if given[name] is None:
            raise BadInput(f"environment.{name} is missing{_MEANINGS.get(name, '')}")
    builders: dict[str, Callable[..., Environment]] = {
        "single-good": single_good,
        "services": services,
        "digital-goods": digital_goods,
        "public-good": public_good,
        "assignment": assignment,
    }
    return builders[spec.kind](*(given[name] for name in needed), **{name: given[name] for name in optional})


def build_states(environment: Environment, prior: TablePrior | IndependentPrior, *, by_value: bool) -> StateSpace:
    """Return the states of a prior, its profiles written as values or as type numbers."""
    if isinstance(prior, IndependentPrior):
        return _independent(environment, prior)
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
    listed = None if kept.all() else np.flatnonzero(kept)
    return StateSpace(environment.shape, profiles[kept], weights[kept] / weights.sum(), labels, listed)


def _independent(environment: Environment, prior: IndependentPrior) -> StateSpace:
    if len(prior.marginals) != environment.players:
        raise BadInput(f"prior.marginals has {len(prior.marginals)} lists for {environment.players} players")
    for i, (marginal, size) in enumerate(zip(prior.marginals, environment.shape, strict=True)):
        if len(marginal) != size:
            raise BadInput(f"prior.marginals[{i}] has {len(marginal)} probabilities for {size} values")
        for k, p in enumerate(marginal):
            if not 0 <= p <= 2:
                raise BadInput(f"prior.marginals[{i}][{k}] is {p}, which is no probability")
        if not abs(sum(marginal) - 1.0) <= 1e-9:
            raise BadInput(f"prior.marginals[{i}] sums to {sum(marginal):.12g}, not 1")
    if np.prod(np.array(environment.shape, dtype=float)) > MAX_STATES:
        raise BadInput(
            f"prior.marginals make {np.prod(np.array(environment.shape, dtype=float)):.3g} profiles; "
            f"the limit is {MAX_STATES:,}"
        )
    return StateSpace.from_joint(independent(prior.marginals))


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
