"""A joint prior made from a CSV of the bids of bidders who meet again and again.

Every auction in which all seats bid is one draw from the joint distribution, its bids on the levels of
`scenarios.bid_levels`. Bids are not values: see `CAUTION`.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from os import PathLike

import numpy as np

from scenarios.bid_levels import Ints, listed, read_levels
from scenarios.errors import BadInput

CAUTION = (
    "Bids are not values: under second-price-like rules a bidder's highest bid is a fair proxy for her value "
    "(where only the price is recorded for the winner, hers is a lower bound); "
    "under pay-as-bid rules a bid is a lower bound."
)
MOST_PROFILES = 1_000_000

Profile = tuple[int, ...]


@dataclass(frozen=True)
class BidPrior:
    """A joint distribution over grids of values; ``money = value * unit``.

    Attributes
    ----------
    values : for each seat its strictly increasing grid of whole values, 1 or more.
    profiles : the profiles of values that can happen, in lexicographic order.
    probabilities : how likely each profile is.
    unit : money per step of the grids.
    seats : for each seat whose bids it stands for.
    used : how many auctions were used.
    dropped : how many rows and auctions were not, by reason.
    source : the name of the file.
    options : the options in words.
    """

    values: tuple[Profile, ...]
    profiles: tuple[Profile, ...]
    probabilities: tuple[float, ...]
    unit: float
    seats: tuple[str, ...]
    used: int
    dropped: Mapping[str, int]
    source: str
    options: str

    def __post_init__(self) -> None:
        """Refuse grids that do not increase and probabilities that do not sum to 1."""
        for grid in self.values:
            if list(grid) != sorted({max(1, value) for value in grid}):
                raise ValueError(f"a grid must increase strictly from 1 or more, not {grid}")
        least, total = min(self.probabilities), math.fsum(self.probabilities)
        if least < 0 or abs(total - 1) > 1e-12:
            raise ValueError(f"probabilities must be 0 or more and sum to 1, not {least!r} and {total!r}")
        if not len(self.profiles) == len(self.probabilities) == len(set(self.profiles)):
            raise ValueError(f"{len(self.profiles)} profiles, {len(self.probabilities)} probabilities")

    @property
    def levels(self) -> tuple[int, ...]:
        """The number of levels that each seat has, after ties and rounding merged some."""
        return tuple(len(grid) for grid in self.values)

    @property
    def correlation(self) -> tuple[tuple[float, ...], ...]:
        """Pearson's correlation of the seats' values under this prior; nan at a seat with one level."""
        offsets = np.array(self.profiles) - self.profiles[0]
        covariance = np.atleast_2d(np.cov(offsets.T, aweights=self.probabilities, ddof=0))
        spread = np.sqrt(np.diag(covariance))
        spread[spread == 0] = np.nan
        return tuple(map(tuple, (covariance / np.outer(spread, spread)).clip(-1, 1).tolist()))

    def summary(self) -> list[str]:
        """Plain lines for a terminal or a report."""
        table = self.correlation
        between = [f"{i}-{j} {table[i][j]:.2f}" for i, j in combinations(range(len(table)), 2)]
        lines = [
            f"Prior from the bids in {self.source}",
            f"options: {self.options}",
            f"auctions used: {self.used}; dropped: {listed(self.dropped)}",
            f"money = value * unit; unit: {self.unit!r}",
            *(
                f"seat {seat}, {name}: {len(grid)} level{'s' * (len(grid) > 1)}: {', '.join(map(str, grid))}"
                for seat, (name, grid) in enumerate(zip(self.seats, self.values, strict=True))
            ),
            f"profiles: {len(self.profiles)} of {math.prod(self.levels)}",
            f"correlation between seats: {', '.join(between) or 'one seat'}",
            CAUTION,
        ]
        return ["".join(c if c.isprintable() else "?" for c in line) for line in lines]

    def to_toml(self) -> str:
        """The ``[environment]`` and ``[prior]`` of a scenario, below comments on where they come from."""
        comments = "".join(f"# {line}\n" for line in self.summary())
        profiles = "".join(f"    {list(profile)},\n" for profile in self.profiles)
        probabilities = "".join(f"    {probability!r},\n" for probability in self.probabilities)
        return f"""{comments}
[environment]
kind = "single-good"
values = {[list(grid) for grid in self.values]}
unit = {float(self.unit)!r}

[prior]
kind = "table"
profiles = [
{profiles}]
probabilities = [
{probabilities}]
"""


def prior_from_bids(
    path: str | PathLike[str],
    *,
    auction: str = "auction",
    bidder: str = "bidder",
    bid: str = "bid",
    bidders: Sequence[str] | None = None,
    highest: int | None = None,
    exchangeable: bool = False,
    where: Mapping[str, str] | None = None,
    levels: int = 5,
    smoothing: float = 0.0,
    unit: float | None = None,
) -> BidPrior:
    """Turn a CSV with one row per auction and bidder into a joint prior.

    Parameters
    ----------
    path : a comma-separated file in UTF-8 with a header.
    auction, bidder, bid : the names of its columns. Rows that lack one of the three, or whose bid is no
        positive number, are dropped; of several bids of a bidder in an auction the highest counts.
    bidders : who become seats 0, 1, ...; auctions in which one of them is missing are dropped.
    highest : instead of `bidders`: seat 0 is an auction's highest bid, seat 1 its second, up to this many;
        auctions with fewer bidders are dropped. Each rank has its own bins, so that close ranks may swap:
        in a profile seat 1's level can exceed seat 0's.
    exchangeable : with `highest`: bidders are anonymous. The seats share one grid, and the distribution
        is averaged over all permutations of the seats.
    where : keep the rows whose column holds this text.
    levels : the most bins per seat. Bins have nearly equal counts and equal bids share one; if there are
        no more distinct bids than this, each is its own bin.
    smoothing : weight, in auctions, of pseudo-observations under which the seats are independent. It makes
        every profile of levels possible and leaves each seat's marginal as it was.
    unit : money per step of the grid. By default the largest power of ten that keeps all levels of a seat
        apart and is within 1 % of each; a given unit may merge levels.

    Raises
    ------
    BadInput : in one sentence that names the file, the field and the offending value.

    Examples
    --------
    >>> from scenarios.library.make_bids import FILE
    >>> prior = prior_from_bids(FILE, bidders=["Alder", "Birch"], levels=2)
    >>> prior.values, prior.unit, prior.used
    (((107, 177), (96, 169)), 10.0, 89)
    """
    found = read_levels(
        path,
        columns=(auction, bidder, bid),
        bidders=bidders,
        highest=highest,
        exchangeable=exchangeable,
        where=where,
        levels=levels,
        smoothing=smoothing,
        unit=unit,
    )
    try:
        chances = _chances(found.draws, found.counts, exchangeable, smoothing)
    except BadInput as error:
        raise BadInput(f"{path}: {error}.") from None
    return BidPrior(
        values=found.grids,
        profiles=tuple(chances),
        probabilities=tuple(chances.values()),
        unit=found.unit,
        seats=found.seats,
        used=len(found.draws),
        dropped=found.dropped,
        source=found.source,
        options=found.options,
    )


def _chances(values: Ints, grids: Sequence[Counter[int]], exchangeable: bool, smoothing: float) -> dict[Profile, float]:
    """The profiles that can happen, in order, and their probabilities."""
    used, size = len(values), math.prod(map(len, grids))
    if exchangeable and not smoothing:
        size = min(size, used * math.factorial(len(grids)))
    if (exchangeable or smoothing) and size > MOST_PROFILES:
        asked = f"exchangeable = {exchangeable} with smoothing = {smoothing!r}"
        raise BadInput(f"{asked} may need {size} profiles, more than {MOST_PROFILES}")
    drawn: dict[Profile, float] = {}
    rows = (np.sort(values) if exchangeable else values).tolist()
    for profile, count in Counter(map(tuple, rows)).items():
        orderings = _orderings(profile) if exchangeable else {profile}
        drawn |= dict.fromkeys(orderings, count / used / len(orderings))
    if not smoothing:
        return dict(sorted(drawn.items()))
    mixed, everything = {}, math.prod(grid.total() for grid in grids)
    for profile in product(*map(sorted, grids)):
        # a quotient of whole numbers, so that it is the same float in every order of the seats
        independent = math.prod(grid[value] for grid, value in zip(grids, profile, strict=True)) / everything
        chance = (used * drawn.get(profile, 0.0) + smoothing * independent) / (used + smoothing)
        if chance > 0:
            mixed[profile] = chance
    return mixed


def _orderings(profile: Profile) -> set[Profile]:
    """Every distinct ordering of a profile."""
    found: set[Profile] = {()}
    for value in profile:
        found = {(*some[:i], value, *some[i:]) for some in found for i in range(len(some) + 1)}
    return found
