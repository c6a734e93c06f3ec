"""The map of L as printed: the border by hand, learning beside it, and the page that ships."""

import re

import numpy as np
import pytest

from scenarios.library.studies import printed_map
from scenarios.studies import Findings
from tests.scenarios.studies.shipped import check_page, check_regenerated


@pytest.fixture(scope="module")
def found() -> Findings:
    """A coarse map in a few worlds, once."""
    return printed_map.study(lambda share, what: None, scale=0.2)


def page() -> str:
    return check_page("printed-map", printed_map)


def test_the_border_is_that_of_the_printed_region(found) -> None:
    """The lie gains 2/9 epsilon and loses delta/12; two thirds of the values are at stake: epsilon = 3/8 delta."""
    border = found.tables["border"]
    assert border["epsilon"].to_numpy() == pytest.approx(0.375 * border["delta"].to_numpy())


def test_fictitious_play_draws_the_exact_map(found) -> None:
    leader = found.figures["learners"]["fictitious-play"]
    assert leader["agreeing"] == found.figures["points"]
    assert 3 <= found.figures["truthful_exactly"] <= found.figures["points"] - 3


def test_hedge_never_misses_a_lie_that_pays(found) -> None:
    hedge = found.figures["learners"]["hedge"]
    assert hedge["lies_missed"] == 0
    assert hedge["false_alarms"] > 0
    assert hedge["agreeing"] + hedge["false_alarms"] == found.figures["points"]


def test_hedge_errs_where_gaps_are_small(found) -> None:
    mine = found.tables["map"]
    mine = mine[mine["learner"] == "hedge"]
    wrong, right = mine[~mine["agrees"]], mine[mine["agrees"] & mine["exact"]]
    assert wrong["sharpness"].mean() < right["sharpness"].mean()


def test_the_same_seed_gives_the_same_map() -> None:
    first, second = (printed_map._learnt("hedge", 50, 4, 0.1, 0.05) for _ in range(2))
    assert first == second


def test_the_page_that_ships_has_the_headings_and_plots_of_the_script(found) -> None:
    headings = [line for line in found.page.splitlines() if line.startswith("#")]
    assert [line for line in page().splitlines() if line.startswith("#")] == headings
    assert set(re.findall(r"\((printed-map-[\w-]+)\.svg\)", page())) == {f"printed-map-{name}" for name in found.plots}


def test_the_page_that_ships_counts_all_points() -> None:
    points = len(printed_map._EPSILONS) * len(printed_map._DELTAS)
    agreed = re.findall(r"agrees (?:with the exact map )?at (\d+) of (\d+)", " ".join(page().split()))
    assert [int(of) for _, of in agreed[:2]] == [points, points]
    assert np.all([int(count) <= points for count, _ in agreed])


@pytest.mark.page
@pytest.mark.slow
def test_the_page_is_what_the_study_makes() -> None:
    check_regenerated("printed-map", printed_map)
