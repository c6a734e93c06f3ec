"""The bids in a CSV: read, cleaned, grouped by auction, and put into the order of the seats.

A `BadInput` raised here does not name the file; `scenarios.bids` puts its name in front.
"""

import csv
import io
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from operator import itemgetter
from pathlib import Path

from scenarios.errors import BadInput

Row = tuple[str, ...]


def read_bids(
    path: Path, columns: Row, where: Mapping[str, str], bidders: Sequence[str] | None, highest: int | None
) -> tuple[list[tuple[float, ...]], dict[str, int]]:
    """For each auction in which all seats bid their bids; and what was dropped, by reason.

    `columns` names the columns of auction, bidder and bid; the rest is as in `prior_from_bids`.
    """
    rows = _rows(path, columns, where)
    known = {name for _, name, _ in rows}
    for name in bidders or ():
        _require(name, "bidders", known, "bidders")
    auctions: dict[str, dict[str, float]] = defaultdict(dict)
    dropped: Counter[str] = Counter()
    for row in rows:
        auction, name, text = row
        best = auctions[auction]
        try:
            amount = float(text)
            fault = "" if 0 < amount < math.inf else f"rows whose {columns[2]} is not positive and finite"
        except ValueError:
            fault = f"rows whose {columns[2]} is not a number"
        if "" in row:
            fault = f"rows with no {columns[row.index('')]}"
        if not fault:
            fault = "rows that repeat a bidder within an auction" if name in best else ""
            best[name] = max(amount, best.get(name, 0.0))
        if fault:
            dropped[fault] += 1
    auctions.pop("", None)
    if bidders is None:
        draws = [tuple(sorted(best.values(), reverse=True)[:highest]) for best in auctions.values()]
        seats, lack = highest, f"auctions with fewer than {highest} bidders"
    else:
        draws = [tuple(best[name] for name in bidders if name in best) for best in auctions.values()]
        seats, lack = len(bidders), "auctions that lack a bidder"
    full = [draw for draw in draws if len(draw) == seats]
    if len(full) < len(draws):
        dropped[lack] = len(draws) - len(full)
    return full, dict(dropped)


def _rows(path: Path, columns: Row, where: Mapping[str, str]) -> list[Row]:
    """The auction, bidder and bid of the rows that `where` keeps."""
    header, *lines = _lines(path)
    fields = ["auction", "bidder", "bid"] + ["where"] * len(where)
    for field, column in zip(fields, [*columns, *where], strict=True):
        _require(column, field, header, f"columns {', '.join(map(repr, header)):.300}")
        if header.count(column) > 1:
            raise BadInput(f"{field} = {column!r} names {header.count(column)} columns")
    for column, text in where.items():
        place = header.index(column)
        _require(text, f"where {column}", {line[place] for line in lines}, "texts in that column")
        lines = [line for line in lines if line[place] == text]
    return list(map(itemgetter(*map(header.index, columns)), lines))


def _lines(path: Path) -> list[Row]:
    """The header and the rows of the file, stripped and of one length; blank ones are left out."""
    lines: list[Row] = []
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.reader(io.StringIO(text), strict=True, skipinitialspace=True)
        for line in reader:
            cells = tuple(map(str.strip, line))
            width = len(lines[0] if lines else cells)
            if any(cells[width:]):
                fields = f"{len(cells)} fields, the header {width}"
                raise BadInput(f"not a CSV, as line {reader.line_num} has {fields}")
            if any(cells):
                lines.append(cells[:width] + ("",) * (width - len(cells)))
    except OSError as error:
        raise BadInput(f"the file cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"not a CSV in UTF-8 ({error})") from None
    if len(lines) < 2:
        raise BadInput(f"a header and rows are needed, but there are {len(lines)} lines with text")
    return lines


def _require(name: str, field: str, known: Collection[str], kind: str) -> None:
    """Refuse a name that is not known, with a hint at the nearest one that is."""
    if name not in known:
        spelled = {option.casefold(): option for option in known}
        near = get_close_matches(name.casefold(), spelled, n=1)
        hint = f" (did you mean {spelled[near[0]]!r}?)" if near else ""
        raise BadInput(f"{field} = {name!r} is not among the {kind}{hint}")
