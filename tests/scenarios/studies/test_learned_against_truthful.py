"""Learned against truthful: who finds the truth, who overbids, and the page that ships."""

import re

import pytest

from agents.learning import LEARNERS
from scenarios.library.studies import learned_against_truthful as study
from tests.scenarios.studies.shipped import check_page, check_regenerated


def page() -> str:
    return check_page("learned-against-truthful", study)


@pytest.mark.parametrize("auction", ["M", "L"])
@pytest.mark.parametrize("label", ["fictitious-play", "hedge", "regret-matching-plus"])
def test_those_who_see_find_the_truth(auction: str, label: str) -> None:
    row = study._row(label, study._played(*study._AUCTIONS[auction], label, 8))
    assert row["least"] > study.LATE
    assert row["exploitability"] < 0.02


def test_a_bandit_is_on_the_way() -> None:
    row = study._row("exp3-ix", study._played(*study._AUCTIONS["L"], "exp3-ix", 8))
    assert 0.25 < row["truth"] < 0.9
    assert row["value"] > row["belief"]
    assert row["regret"] > 0.05


@pytest.mark.parametrize("scenario", ["overbid-for-the-role", "printed-region"])
def test_those_overbid_whom_exact_analysis_names(scenario: str) -> None:
    types = study._types(scenario, study._ABOVE[scenario], 4)
    named = types["gain"] > 0
    assert named.any()
    assert not named.all()
    for label in study._ALONE:
        assert ((types[label] > study.WINS) == named).all()
    if scenario == "printed-region":  # the lie of its page, at epsilon = 1 and delta = 0.2
        row = types[(types["seat"] == 1) & (types["type"] == "2")].iloc[0]
        assert row["gain"] == pytest.approx(2 / 9 - 0.2 / 12)


def test_the_page_that_ships_covers_every_learner_in_every_auction() -> None:
    rows = re.findall(r"^\| ([\w-]+) \| (full|mean|bandit) \| .* ± .* \|$", page(), flags=re.MULTILINE)
    assert rows == [(name, kind.accepts[0]) for name, kind in LEARNERS.items()] * len(study._AUCTIONS)
    assert "(learned-against-truthful-share.svg)" in page()


def test_the_page_that_ships_finds_what_was_asked_for() -> None:
    flat = " ".join(page().split())
    above, of = re.search(r"(\d+) of (\d+) runs end above 95 %", flat).groups()
    assert above == of
    agree, can = re.search(r"in no other, for (\d+) of (\d+) types", flat).groups()
    assert agree == can


@pytest.mark.page
@pytest.mark.slow
def test_the_page_is_what_the_study_makes() -> None:
    check_regenerated("learned-against-truthful", study)
