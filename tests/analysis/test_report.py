"""The report is one page that stands alone, escapes what it is given and never changes by itself."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis import plots
from analysis.report import MAX_ROWS, Report, format_cell, render

EVIL = "<script>alert('x')</script>"


def figure() -> Figure:
    table = pd.DataFrame({"round": range(30), "revenue": np.linspace(1, 2, 30), "standard_error": 0.1})
    return plots.revenue_by_round(table, plots.new_axes(), opt=2.0, unit=EVIL).figure


def report() -> Report:
    table = pd.DataFrame({"name": ["a", EVIL], "standard_error": [0.123456789, math.nan], "seat": [1, 2]})
    return Report(
        title=f"A title {EVIL}",
        summary=["One.", EVIL],
        figures=[("First", figure(), f'alt "quoted" {EVIL}'), ("Second", figure(), "alt")],
        tables=[("Numbers", table, "A note"), ("Nothing", table.head(0), "")],
        scenario_text=f'name = "x" # {EVIL}',
        reproduce=["crowdbayes run x.toml", "crowdbayes report runs/x"],
        warnings=[EVIL],
        versions={"numpy": "2"},
    )


class Page(HTMLParser):
    """Collects ids, links, tags and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name in ("href", "src", "xlink:href"):
                self.links.append(str(value))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_loads_nothing_from_outside() -> None:
    text = render(report())
    page = Page(text)
    assert page.links
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in page.links)
    assert not re.search(r"@import|url\((?!#)", text)
    assert not re.findall(r'https?://(?!www\.w3\.org/(?:2000/svg|1999/xlink)")', text)


def test_ids_are_unique_and_every_reference_has_its_target() -> None:
    text = render(report())
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    targets = {link[1:] for link in page.links if link[0] == "#"} | set(re.findall(r"url\(#([^)]+)\)", text))
    assert targets <= set(page.ids)


def test_the_same_input_gives_the_same_page() -> None:
    once = report()
    assert render(once) == render(once) == render(report())


def test_everything_is_escaped() -> None:
    text = render(report())
    page = Page(text)
    assert "script" not in page.tags
    assert text.count("&lt;script&gt;") >= 8
    assert 'aria-label="alt &#34;quoted&#34; &lt;script&gt;' in text


def test_contents_come_with_more_than_three_sections() -> None:
    assert "nav" in Page(render(report())).tags
    short = Report("Short", summary=["Done."], versions={"numpy": "2"}, reproduce=["crowdbayes"])
    assert "nav" not in Page(render(short)).tags
    assert Page(render(Report("Bare"))).tags.count("h2") == 0


def test_long_tables_are_cut_with_a_note() -> None:
    table = pd.DataFrame({"world": range(MAX_ROWS + 34)})
    text = render(Report("Long", tables=[("Worlds", table, "")]))
    assert text.count("<tr>") == MAX_ROWS + 1
    assert "The first 200 rows; 34 more are left out." in text


def test_numbers_are_aligned_and_rounded_and_named_indices_kept() -> None:
    table = pd.DataFrame({"gain": [0.123456789, math.nan]}, index=pd.Index(["a", "b"], name="seat_type"))
    text = render(Report("Table", tables=[("Gains", table, "")]))
    assert '<th scope="col">seat type</th><th scope="col" class="n">gain</th>' in text
    assert '<td>a</td><td class="n">0.12346</td>' in text
    assert '<td>b</td><td class="n">–</td>' in text
    assert "no rows" in render(report())


def test_svg_text_stays_text() -> None:
    page = Page(render(report()))
    assert "OPT 2" in [word.strip() for word in page.words]
    assert "metadata" not in page.tags


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(1e-7 / 3), "3.3333e-08"), (np.int64(123456789), "123456789"), (-2.50004, "-2.5"),
        (math.inf, "∞"), (np.True_, "yes"), (False, "no"), (None, "–"), (pd.NA, "–"), (pd.NaT, "–"), ("x", "x"),
        (1e300, "1e+300"), (0.0, "0"),
    ],
)  # fmt: skip
def test_cells(value: object, text: str) -> None:
    assert format_cell(value) == text
