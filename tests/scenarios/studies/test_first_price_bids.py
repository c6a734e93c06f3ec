"""The study of first-price bids: what it finds at a small scale, and that its page is the script's."""

import numpy as np
import pytest

from scenarios.library.studies import first_price_bids as module
from tests.scenarios.studies.shipped import check_page, check_regenerated, run

FEW = {
    "hedge": (1200, 8),
    "regret-matching": (1200, 8),
    "fictitious-play": (1200, 8),
    "logit-response": (200, 10),
    "replicator": (300, 6),
    "response-oracles": (60, 5),
    "q-learning": (2000, 5),
    "exp3": (2000, 5),
}


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_COURSES", FEW)
        return run(module, 1.0)


def test_full_information_bids_near_half_of_value(found):
    for label in ("hedge", "regret-matching", "fictitious-play", "logit-response", "response-oracles"):
        assert found.figures["learnt"][label]["ratio"] == pytest.approx(0.53, abs=0.05)
    told = np.array(found.figures["learnt"]["regret-matching"]["bids"])
    half = np.array(found.figures["two"]["values"]) / 2
    assert ((told > half - 0.6) & (told < half + 1.1)).all()


def test_three_bidders_bid_near_two_thirds(found):
    assert found.figures["three"]["learnt"]["ratio"] == pytest.approx(2 / 3, abs=0.05)


def test_exact_figures(found):
    two = found.figures["two"]
    assert two["vickrey"] == pytest.approx(7.7)
    assert two["truthful"] == pytest.approx(14.3)
    assert two["opt"] == pytest.approx(9.8)
    assert two["equilibrium_revenue"][two["equilibria"].index(tuple(range(1, 11)))] == pytest.approx(7.15)


def test_bandits_are_not_there_yet(found):
    learnt = found.figures["learnt"]
    assert learnt["exp3"]["ratio"] > learnt["regret-matching"]["ratio"] + 0.05
    assert learnt["exp3"]["nash_conv_late"] > 5 * learnt["regret-matching"]["nash_conv_late"]
    assert learnt["exp3"]["above_value"] > learnt["hedge"]["above_value"] > learnt["regret-matching"]["above_value"]


def test_figures_fit_each_other(found):
    """Mean bids and the ratio are of the same play; dominated bids cost, so that late play is exploitable."""
    values = np.array(found.figures["two"]["values"])
    for row in found.figures["learnt"].values():
        assert np.sum(row["bids"]) / values.sum() == pytest.approx(row["ratio"])
        assert row["nash_conv_late"] >= 0


def test_revenue_of_a_rule_is_the_mean_of_the_higher_bid():
    slow = np.mean([max(a, b) for a in (1, 2, 4) for b in (1, 2, 4)])
    assert module._revenue((1, 2, 4), 2) == pytest.approx(slow)


def test_the_page_that_ships():
    check_page("first-price-bids", module)


@pytest.mark.page
@pytest.mark.slow
def test_the_page_is_what_the_study_makes():
    check_regenerated("first-price-bids", module)
