"""Bids put on levels: a few bins of nearly equal count for each seat, a bin worth its median, money in whole steps."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scenarios.bid_rows import read_bids
from scenarios.errors import BadInput

LARGEST_VALUE = 2**53  # beyond it a float no longer holds every integer

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class BidLevels:
    """The bids of the auctions in which all seats bid, on each seat's grid of levels.

    Attributes
    ----------
    draws : ``(auctions, seats)`` values, in units.
    counts : for each seat how often each of its values is bid; of all seats together where they share a grid.
    unit : money per step of the grids.
    seats : for each seat whose bids it stands for.
    dropped : how many rows and auctions were not used, by reason.
    source : the name of the file.
    options : the options in words.
    """

    draws: Ints
    counts: tuple[Counter[int], ...]
    unit: float
    seats: tuple[str, ...]
    dropped: Mapping[str, int]
    source: str
    options: str

    @property
    def grids(self) -> tuple[tuple[int, ...], ...]:
        """For each seat its increasing grid of values."""
        return tuple(tuple(sorted(counts)) for counts in self.counts)


def read_levels(
    path: str | PathLike[str],
    *,
    columns: tuple[str, str, str] = ("auction", "bidder", "bid"),
    bidders: Sequence[str] | None = None,
    highest: int | None = None,
    exchangeable: bool = False,
    where: Mapping[str, str] | None = None,
    levels: int = 5,
    smoothing: float = 0.0,
    unit: float | None = None,
) -> BidLevels:
    """Read a CSV of bids and put them on levels; the parameters are those of `scenarios.bids.prior_from_bids`.

    Raises
    ------
    BadInput : in one sentence that names the file, the field and the offending value.
    """
    try:
        one = (bidders is None) != (highest is None)
        named = bidders is None or 0 < len(bidders) == len(set(bidders))
        for fine, wanted in (
            (one, f"give exactly one of bidders and highest, not {bidders = } and {highest = }"),
            (named, f"bidders must name each seat's bidder once, not {bidders!r}"),
            (highest is None or highest >= 1, f"highest must be 1 or more, not {highest!r}"),
            (bidders is None or not exchangeable, f"exchangeable needs highest, not bidders = {bidders!r}"),
            (levels >= 1, f"levels must be 1 or more, not {levels!r}"),
            (0 <= smoothing < math.inf, f"smoothing must be 0 or more and finite, not {smoothing!r}"),
            (unit is None or 0 < unit < math.inf, f"unit must be positive and finite, not {unit!r}"),
        ):
            if not fine:
                raise BadInput(wanted)
        who = f"highest = {highest}" if bidders is None else f"bidders = {', '.join(bidders)}"
        texts = [f"where {column} = {text}" for column, text in (where or {}).items()]
        how = f"exchangeable = {exchangeable}; levels = {levels}; smoothing = {smoothing!r}"
        options = "; ".join([who, *texts, how, f"unit = {'automatic' if unit is None else repr(unit)}"])
        draws, dropped = read_bids(Path(path), columns, where or {}, bidders, highest)
        if not draws:
            raise BadInput(f"no auction is left with {options} (dropped: {listed(dropped)})")
        bids = np.array(draws)
        seats = bids.shape[1]
        pools = bids.reshape(-1, 1) if exchangeable else bids  # a column per grid
        medians = np.column_stack([_medians(pool, levels) for pool in pools.T])
        unit = _unit([np.unique(pool) for pool in medians.T], unit)
        values = _values(medians, unit)
        grids = [Counter(pool) for pool in values.T.tolist()] * (seats if exchangeable else 1)
    except BadInput as error:
        raise BadInput(f"{path}: {error}.") from None
    rank = "anonymous bidder" if exchangeable else "bid of rank"
    return BidLevels(
        draws=values.reshape(bids.shape),
        counts=tuple(grids),
        unit=unit,
        seats=tuple(bidders or (f"{rank} {seat + 1}" for seat in range(seats))),
        dropped=dropped,
        source=Path(path).name,
        options=options,
    )


def _medians(bids: Floats, levels: int) -> Floats:
    """For each bid the median of its bin; equal bids share a bin, that of the middle of their ranks."""
    distinct, place, counts = np.unique(bids, return_inverse=True, return_counts=True)
    if len(distinct) <= levels:
        return bids
    bins = levels * (2 * np.cumsum(counts) - counts) // (2 * len(bids))
    every = np.repeat(bins, counts)
    start, end = np.searchsorted(every, bins), np.searchsorted(every, bins, side="right")
    ordered = np.sort(bids)
    low, high = ordered[(start + end - 1) // 2], ordered[(start + end) // 2]
    medians: Floats = low + (high - low) / 2
    return medians[place]


def _unit(seats: Sequence[Floats], given: float | None) -> float:
    """The unit given, or the largest power of ten that fits every seat's distinct medians."""
    low, high = float(min(map(np.min, seats))), float(max(map(np.max, seats)))
    if given is not None:
        if high / given > LARGEST_VALUE:
            raise BadInput(f"unit = {given!r} is too small for bids of {high!r}")
        return given
    for power in range(math.ceil(math.log10(high)), -324, -1):
        unit = float(f"1e{power}")
        if high / unit <= LARGEST_VALUE and all(_fits(medians, unit) for medians in seats):
            return unit
    raise BadInput(f"unit = None finds no power of ten that suits bids from {low!r} to {high!r}")


def _fits(medians: Floats, unit: float) -> bool:
    """Whether rounding keeps levels apart and within 1 % of their medians."""
    values = _values(medians, unit)
    close = np.abs(values * unit - medians) <= medians / 100
    return len(np.unique(values)) == len(values) and bool(close.all())


def _values(medians: Floats, unit: float) -> Ints:
    return np.maximum(1, np.rint(medians / unit)).astype(np.int64)


def listed(dropped: Mapping[str, int]) -> str:
    """Return what was dropped, and how much of it, in words."""
    return "; ".join(f"{reason}: {count}" for reason, count in dropped.items()) or "nothing"
