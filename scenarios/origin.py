"""Where a scenario's grids and prior come from: its own tables and models, or a file of bids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mechanisms import Environment, assignment, digital_goods, public_good, services, single_good
from scenarios.errors import BadInput
from scenarios.priors.build import Model
from scenarios.schema import BidsPrior, EnvironmentSpec, GridSpec, Scenario, TablePrior

MAX_VALUES = 1_000_000
_T = TypeVar("_T")
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
    prior: Model
    unit: float
    notes: tuple[str, ...] = ()
    provenance: tuple[str, ...] = ()


def find_origin(scenario: Scenario) -> Origin:
    """Return the grids and the prior, those of a bids file read from it."""
    prior = scenario.prior
    if not isinstance(prior, BidsPrior):
        return Origin(_values(scenario.environment), prior, scenario.environment.unit)
    if scenario.environment.kind not in _FROM_BIDS:
        raise BadInput(
            f"environment.kind = {scenario.environment.kind!r} does not go with a prior of bids; "
            f"one of {', '.join(map(repr, _FROM_BIDS))} does"
        )
    for name in ("values", "grid", "players"):
        if getattr(scenario.environment, name) is not None:
            raise BadInput(f"environment.{name} must be left out with a prior of bids, which makes the grid itself")
    if "unit" in scenario.environment.model_fields_set:
        raise BadInput("environment.unit must be left out with a prior of bids, which has a unit of its own")
    return _from_bids(scenario, prior)


def _from_bids(scenario: Scenario, prior: BidsPrior) -> Origin:
    from scenarios.bids import CAUTION, prior_from_bids
    from scenarios.priors.bid_mixture import mixture_from_bids

    path = scenario.folder / prior.path
    options = prior.model_dump(exclude={"kind", "path", "auction", "bidder", "bid", "components", "seed"})
    options = {name: value for name, value in options.items() if value is not None}
    columns = prior.auction, prior.bidder, prior.bid
    if prior.components is not None:
        fitted = mixture_from_bids(path, columns=columns, components=prior.components, seed=prior.seed, **options)
        levels = fitted.levels
        notes = (_used(len(levels.draws), levels.source, levels.dropped), *fitted.notes(), CAUTION)
        return Origin(levels.grids, fitted.prior, levels.unit, notes, tuple(fitted.summary()))
    found = prior_from_bids(path, auction=prior.auction, bidder=prior.bidder, bid=prior.bid, **options)
    table = TablePrior(
        kind="table",
        profiles=[list(profile) for profile in found.profiles],
        probabilities=list(found.probabilities),
    )
    notes = (_used(found.used, found.source, found.dropped), CAUTION)
    return Origin(found.values, table, found.unit, notes, tuple(found.summary()))


def _used(auctions: int, source: str, dropped: Mapping[str, int]) -> str:
    told = ", ".join(f"{count} {reason}" for reason, count in dropped.items()) or "none"
    return f"the prior comes from {auctions} auctions in {source}; dropped: {told}"


def _values(spec: EnvironmentSpec) -> Sequence[Sequence[int]] | None:
    """Return everybody's grid as `values`, `grid` and `players` have it, or None where neither grid is given."""
    if spec.grid is None:
        if spec.players is not None and spec.values is None and spec.valuations is None:
            raise BadInput("environment.players goes with values, grid or valuations, and none is given")
        return None if spec.values is None else for_all(spec.values, spec.players, field="environment.values")
    if spec.values is not None:
        raise BadInput("environment.grid and environment.values say the same; one must be left out")
    if isinstance(spec.grid, GridSpec) and spec.players is None:
        raise BadInput("environment.players is missing: how many players the grid is for")
    written = [spec.grid] if isinstance(spec.grid, GridSpec) else spec.grid
    rows = [range(row.start, row.to + 1, row.step) for row in written]
    for row, steps in zip(written, rows, strict=True):
        if not steps or steps[-1] != row.to:
            raise BadInput(f"environment.grid from {row.start} to {row.to} is no whole number of steps of {row.step}")
        if len(steps) > MAX_VALUES:
            raise BadInput(f"environment.grid has {len(steps):,} values; the limit is {MAX_VALUES:,}")
    return for_all([list(steps) for steps in rows], spec.players, field="environment.grid")


def for_all(rows: Sequence[_T], players: int | None, *, field: str) -> Sequence[_T]:
    """Return an entry a player, where one may stand for all of a given number of players.

    >>> for_all([[1, 2]], 3, field="environment.values")
    [[1, 2], [1, 2], [1, 2]]
    """
    if players is None or len(rows) == players:
        return rows
    if len(rows) != 1:
        raise BadInput(
            f"{field} has {len(rows)} entries for environment.players = {players}; give one for all or one each"
        )
    return [rows[0]] * players


def build_environment(scenario: Scenario, values: Sequence[Sequence[int]] | None) -> Environment:
    """Return the environment that a scenario describes, on those grids where types are values."""
    spec = scenario.environment
    needed, optional = _FIELDS[spec.kind]
    given = {**{name: getattr(spec, name) for name in _WORTHS}, "values": values}
    if spec.valuations is not None:
        given["valuations"] = for_all(spec.valuations, spec.players, field="environment.valuations")
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
