"""A joint prior made from a CSV of the bids of bidders who meet again and again.

Every auction in which all seats bid is one draw from the joint distribution. A seat's bids
are put into a few bins of nearly equal count, a bin is worth its median, and money is
counted in whole steps. Bids are not values: see `CAUTION`.
"""

import csv
import io
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, product
from os import PathLike
from pathlib import Path

import numpy as np

from scenarios.errors import BadInput

CAUTION = (
    "Bids are not values: under second-price-like rules a bidder's highest bid is a fair proxy for her value "
    "(where only the price is recorded for the winner, hers is a lower bound); "
    "under pay-as-bid rules a bid is a lower bound."
)
MOST_PROFILES = 1_000_000
LARGEST_VALUE = 2**53  # beyond it a float no longer holds every integer

Profile = tuple[int, ...]
Chances = dict[Profile, float]


@dataclass(frozen=True)
class BidPrior:
    """A joint distribution over grids of values; ``money = value * unit``.

    Attributes
    ----------
    values
        For each seat its strictly increasing grid of whole values, 1 or more.
    profiles, probabilities
        The profiles of values that can happen, in lexicographic order, and how likely each is.
    unit
        Money per step of the grids.
    seats
        For each seat whose bids it stands for.
    used, dropped
        How many auctions were used; how many rows and auctions were not, by reason.
    source, options
        The name of the file, and the options in words.
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
        offsets = np.array(self.profiles, dtype=float) - self.profiles[0]
        offsets -= np.array(self.probabilities) @ offsets
        offsets[:, [count == 1 for count in self.levels]] = np.nan
        covariance = offsets.T @ (offsets * np.array(self.probabilities)[:, None])
        spread = np.sqrt(np.diag(covariance))
        return tuple(map(tuple, (covariance / np.outer(spread, spread)).clip(-1, 1).tolist()))

    def summary(self) -> list[str]:
        """Plain lines for a terminal or a report."""
        between = [
            f"{i}-{j} {row[j]:.2f}" for i, row in enumerate(self.correlation) for j in range(i + 1, len(row))
        ]
        lines = [
            f"Prior from the bids in {self.source}",
            f"options: {self.options}",
            f"auctions used: {self.used}; dropped: {_listed(self.dropped)}",
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
        return "\n".join(
            [
                *(f"# {line}" for line in self.summary()),
                "\n[environment]",
                'kind = "single-good"',
                f"values = {[list(grid) for grid in self.values]}",
                "\n[prior]",
                'kind = "table"',
                _toml_array("profiles", [str(list(profile)) for profile in self.profiles]),
                _toml_array("probabilities", [repr(float(p)) for p in self.probabilities]),
                "",
            ]
        )


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
    path
        A comma-separated file in UTF-8 with a header.
    auction, bidder, bid
        The names of its columns. Rows that lack one of the three, or whose bid is no positive
        number, are dropped; of several bids of a bidder in an auction the highest counts.
    bidders
        The bidders who become seats 0, 1, ...; auctions in which one of them is missing are dropped.
    highest
        Instead of `bidders`: seat 0 is an auction's highest bid, seat 1 its second, up to this
        many; auctions with fewer bidders are dropped. Each rank has its own bins, so that close
        ranks may swap: in a profile seat 1's level can exceed seat 0's.
    exchangeable
        With `highest`: bidders are anonymous. The seats share one grid, and the distribution is
        averaged over all permutations of the seats.
    where
        Keep the rows whose column holds this text.
    levels
        The most bins per seat. Bins have nearly equal counts and equal bids share one; if there are
        no more distinct bids than this, each is its own bin.
    smoothing
        Weight, in auctions, of pseudo-observations under which the seats are independent. It makes
        every profile of levels possible and leaves each seat's marginal as it was.
    unit
        Money per step of the grid. By default the largest power of ten that keeps all levels of a
        seat apart and is within 1 % of each; a given unit may merge levels.

    Raises
    ------
    BadInput
        In one sentence that names the file, the field and the offending value.

    Examples
    --------
    >>> from scenarios.library.make_bids import FILE
    >>> prior = prior_from_bids(FILE, bidders=["Alder", "Birch"], levels=2)
    >>> prior.values, prior.unit, prior.used
    (((107, 177), (96, 169)), 10.0, 89)
    """
    request = _Request(
        Path(path), auction, bidder, bid, bidders, highest, exchangeable, where or {}, levels, smoothing, unit
    )
    draws = _draws(_rows(request), request)
    scale = _scale(draws.bids, request)
    chances = _chances(draws.bids, scale, request)
    profiles = tuple(sorted(chances))
    return BidPrior(
        values=tuple(tuple(sorted(set(grid.values()))) for grid in scale.grids),
        profiles=profiles,
        probabilities=tuple(chances[profile] for profile in profiles),
        unit=scale.unit,
        seats=request.seats,
        used=len(draws.bids),
        dropped=draws.dropped,
        source=request.path.name,
        options=str(request),
    )


@dataclass(frozen=True)
class _Request:
    """The options of `prior_from_bids`, checked."""

    path: Path
    auction: str
    bidder: str
    bid: str
    bidders: Sequence[str] | None
    highest: int | None
    exchangeable: bool
    where: Mapping[str, str]
    levels: int
    smoothing: float
    unit: float | None

    def __post_init__(self) -> None:
        if (self.bidders is None) == (self.highest is None):
            both = f"bidders = {self.bidders!r} and highest = {self.highest!r}"
            raise self.problem(f"give exactly one of bidders and highest, not {both}")
        if self.bidders is not None and not 0 < len(self.bidders) == len(set(self.bidders)):
            raise self.problem(f"bidders must name each seat's bidder once, not {list(self.bidders)!r}")
        if self.highest is not None and self.highest < 1:
            raise self.problem(f"highest must be 1 or more, not {self.highest!r}")
        if self.exchangeable and self.highest is None:
            raise self.problem(f"exchangeable needs highest, not bidders = {self.bidders!r}")
        if self.levels < 1:
            raise self.problem(f"levels must be 1 or more, not {self.levels!r}")
        if not 0 <= self.smoothing < math.inf:
            raise self.problem(f"smoothing must be 0 or more and finite, not {self.smoothing!r}")
        if self.unit is not None and not 0 < self.unit < math.inf:
            raise self.problem(f"unit must be positive and finite, not {self.unit!r}")

    @property
    def seats(self) -> tuple[str, ...]:
        if self.bidders is not None:
            return tuple(self.bidders)
        name = "anonymous bidder" if self.exchangeable else "bid of rank"
        return tuple(f"{name} {rank + 1}" for rank in range(self.highest or 0))

    def __str__(self) -> str:
        who = f"highest = {self.highest}" if self.bidders is None else f"bidders = {', '.join(self.bidders)}"
        where = [f"where {column} = {text}" for column, text in self.where.items()]
        unit = "automatic" if self.unit is None else repr(self.unit)
        rest = f"exchangeable = {self.exchangeable}; levels = {self.levels}; smoothing = {self.smoothing!r}"
        return "; ".join([who, *where, rest, f"unit = {unit}"])

    def problem(self, text: str) -> BadInput:
        return BadInput(f"{self.path}: {text}.")

    def require(self, name: str, field: str, known: Collection[str], kind: str) -> None:
        """Refuse a name that is not known, with a hint at the nearest one that is."""
        if name not in known:
            spelled = {option.casefold(): option for option in known}
            near = get_close_matches(name.casefold(), spelled, n=1)
            hint = f" (did you mean {spelled[near[0]]!r}?)" if near else ""
            raise self.problem(f"{field} = {name!r} is not among the {kind}{hint}")


def _lines(request: _Request) -> list[list[str]]:
    """The header and the rows of the file, stripped and of one length; blank ones are left out."""
    try:
        text = request.path.read_text(encoding="utf-8-sig")
        reader = csv.reader(io.StringIO(text), strict=True, skipinitialspace=True)
        lines = [(reader.line_num, [cell.strip() for cell in line]) for line in reader]
    except OSError as error:
        raise request.problem(f"the file cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise request.problem(f"not a CSV in UTF-8, as byte {error.start} is {byte:#04x}") from None
    except csv.Error as error:
        raise request.problem(f"not a CSV ({error})") from None
    lines = [(number, line) for number, line in lines if any(line)]
    if len(lines) < 2:
        raise request.problem(f"a header and rows are needed, but there are {len(lines)} lines with text")
    width = len(lines[0][1])
    for number, line in lines:
        if any(line[width:]):
            raise request.problem(f"not a CSV, as line {number} has {len(line)} fields, the header {width}")
    return [(line + [""] * width)[:width] for _, line in lines]


def _rows(request: _Request) -> list[dict[str, str]]:
    """The rows that `where` keeps, column name to text."""
    header, *lines = _lines(request)
    columns = {"auction": request.auction, "bidder": request.bidder, "bid": request.bid}
    for field, column in [*columns.items(), *(("where", column) for column in request.where)]:
        request.require(column, field, header, f"columns {', '.join(map(repr, header)):.300}")
        if header.count(column) > 1:
            raise request.problem(f"{field} = {column!r} names {header.count(column)} columns")
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    for column, text in request.where.items():
        request.require(text, f"where {column}", {row[column] for row in rows}, "texts in that column")
        rows = [row for row in rows if row[column] == text]
    return rows


def _amount(row: Mapping[str, str], request: _Request) -> float:
    """The bid of a row, or a `ValueError` that says why the row is dropped."""
    for column in (request.auction, request.bidder, request.bid):
        if not row[column]:
            raise ValueError(f"rows with no {column}")
    try:
        amount = float(row[request.bid])
    except ValueError:
        raise ValueError(f"rows whose {request.bid} is not a number") from None
    if not 0 < amount < math.inf:
        raise ValueError(f"rows whose {request.bid} is not positive and finite")
    return amount


@dataclass(frozen=True)
class _Draws:
    """For each auction used the bids of all seats; and what was dropped, by reason."""

    bids: list[tuple[float, ...]]
    dropped: dict[str, int]


def _draws(rows: list[dict[str, str]], request: _Request) -> _Draws:
    """Group the rows by auction and keep the auctions in which every seat bids."""
    for name in request.bidders or ():
        request.require(name, "bidders", {row[request.bidder] for row in rows}, "bidders")
    auctions: dict[str, dict[str, float]] = defaultdict(dict)
    dropped: Counter[str] = Counter()
    for row in rows:
        best, name = auctions[row[request.auction]], row[request.bidder]
        try:
            amount = _amount(row, request)
        except ValueError as reason:
            dropped[str(reason)] += 1
            continue
        if name in best:
            dropped["rows that repeat a bidder within an auction"] += 1
        best[name] = max(amount, best.get(name, 0.0))
    auctions.pop("", None)
    bids = [bids for best in auctions.values() if (bids := _seated(best, request))]
    if len(bids) < len(auctions):
        lack = "that lack a bidder" if request.bidders else f"with fewer than {request.highest} bidders"
        dropped[f"auctions {lack}"] = len(auctions) - len(bids)
    if not bids:
        raise request.problem(f"no auction is left with {request} (dropped: {_listed(dropped)})")
    return _Draws(bids, dict(dropped))


def _seated(best: Mapping[str, float], request: _Request) -> tuple[float, ...]:
    """The bids of an auction in the order of the seats; nothing if a seat has none."""
    if request.bidders is not None:
        return tuple(best[name] for name in request.bidders) if best.keys() >= set(request.bidders) else ()
    ranked = sorted(best.values(), reverse=True)[: request.highest]
    return tuple(ranked) if len(ranked) == request.highest else ()


@dataclass(frozen=True)
class _Scale:
    """For each seat the value of every bid; and the money per unit of value."""

    grids: list[dict[float, int]]
    unit: float


def _scale(draws: list[tuple[float, ...]], request: _Request) -> _Scale:
    """Put each seat's bids into bins, and give a bin its median in whole units."""
    columns: list[Iterable[float]] = list(zip(*draws, strict=True))
    if request.exchangeable:
        columns = [list(chain.from_iterable(draws))] * len(columns)
    medians = [
        {bid: _median(group) for group in _bins(column, request.levels) for bid in group}
        for column in columns
    ]
    unit = _unit([sorted(set(seat.values())) for seat in medians], request)
    return _Scale([{bid: _value(median, unit) for bid, median in seat.items()} for seat in medians], unit)


def _bins(bids: Iterable[float], levels: int) -> list[list[float]]:
    """Sorted bids in at most so many bins; a bid goes by the middle of its ranks, so ties stay together."""
    counts = sorted(Counter(bids).items())
    total, before = sum(count for _, count in counts), 0
    bins: dict[int, list[float]] = defaultdict(list)
    for place, (bid, count) in enumerate(counts):
        middle = levels * (2 * before + count) // (2 * total)
        bins[place if len(counts) <= levels else middle] += [bid] * count
        before += count
    return list(bins.values())


def _median(ordered: Sequence[float]) -> float:
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return low + (high - low) / 2


def _unit(medians: list[list[float]], request: _Request) -> float:
    """The unit asked for, or the largest power of ten that fits every seat's levels."""
    low, high = min(map(min, medians)), max(map(max, medians))
    if request.unit is not None:
        if high / request.unit > LARGEST_VALUE:
            raise request.problem(f"unit = {request.unit!r} is too small for bids of {high!r}")
        return request.unit
    for power in range(math.ceil(math.log10(high)), -324, -1):
        unit = float(f"1e{power}")
        if high / unit <= LARGEST_VALUE and all(_fits(seat, unit) for seat in medians):
            return unit
    raise request.problem(f"unit = None finds no power of ten that suits bids from {low!r} to {high!r}")


def _fits(medians: list[float], unit: float) -> bool:
    """Whether rounding keeps levels apart and within 1 % of their medians."""
    values = [_value(median, unit) for median in medians]
    close = (
        abs(value * unit - median) <= median / 100 for value, median in zip(values, medians, strict=True)
    )
    return len(set(values)) == len(values) and all(close)


def _value(median: float, unit: float) -> int:
    return max(1, round(median / unit))


def _chances(draws: list[tuple[float, ...]], scale: _Scale, request: _Request) -> Chances:
    """The profiles of values that can happen and their probabilities."""
    seen = Counter(tuple(grid[bid] for grid, bid in zip(scale.grids, draw, strict=True)) for draw in draws)
    chances = {profile: count / len(draws) for profile, count in seen.items()}
    if request.exchangeable:
        chances = _symmetric(chances, request)
    if request.smoothing > 0:
        chances = _smoothed(chances, len(draws), request)
    total = math.fsum(chances.values())
    return {profile: chance / total for profile, chance in chances.items() if chance > 0}


def _symmetric(chances: Chances, request: _Request) -> Chances:
    """The average of a distribution over all permutations of the seats."""
    ranked: dict[Profile, list[float]] = defaultdict(list)
    for profile, chance in chances.items():
        ranked[tuple(sorted(profile))].append(chance)
    ways = {
        profile: math.factorial(len(profile)) // math.prod(map(math.factorial, Counter(profile).values()))
        for profile in ranked
    }
    _check_size(sum(ways.values()), "exchangeable", request)
    return {
        ordering: math.fsum(parts) / ways[profile]
        for profile, parts in ranked.items()
        for ordering in _orderings(Counter(profile))
    }


def _orderings(left: Counter[int]) -> Iterator[Profile]:
    """Every distinct ordering of a multiset."""
    if not left:
        yield ()
    for value in left:
        for rest in _orderings(left - Counter([value])):
            yield (value, *rest)


def _smoothed(chances: Chances, used: int, request: _Request) -> Chances:
    """The mixture of a distribution with the product of its marginals, which keeps the marginals."""
    parts: list[dict[int, list[float]]] = [defaultdict(list) for _ in request.seats]
    for profile, chance in chances.items():
        for seat, value in zip(parts, profile, strict=True):
            seat[value].append(chance)
    _check_size(math.prod(map(len, parts)), f"smoothing = {request.smoothing!r}", request)
    total = used + request.smoothing
    mixture: Chances = {}
    for atoms in product(*([(value, math.fsum(part)) for value, part in seat.items()] for seat in parts)):
        profile = tuple(value for value, _ in atoms)
        independent = math.prod(sorted(share for _, share in atoms))  # sorted: the same float if permuted
        mixture[profile] = used / total * chances.get(profile, 0.0) + request.smoothing / total * independent
    return mixture


def _check_size(profiles: int, field: str, request: _Request) -> None:
    if profiles > MOST_PROFILES:
        raise request.problem(f"{field} needs {profiles} profiles, more than {MOST_PROFILES}")


def _listed(dropped: Mapping[str, int]) -> str:
    return "; ".join(f"{reason}: {count}" for reason, count in dropped.items()) or "nothing"


def _toml_array(name: str, items: Sequence[str], per_line: int = 6) -> str:
    """A TOML array with so many items on a line."""
    lines = [", ".join(items[start : start + per_line]) for start in range(0, len(items), per_line)]
    return f"{name} = [\n" + "".join(f"    {line},\n" for line in lines) + "]"
