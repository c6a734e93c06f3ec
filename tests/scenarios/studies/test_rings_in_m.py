"""The study of rings: what a common purse learns at a small scale, and that its page is the script's."""

import numpy as np
import pytest

from scenarios.experiment import assemble
from scenarios.library.studies import rings_in_m as module
from scenarios.scenario import load
from tests.scenarios.studies.shipped import check_page, check_regenerated, run


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_HORIZONS", (30, 100, 500))
        patch.setattr(module, "_ROUNDS", 250)
        patch.setattr(module, "_EPSILONS", (0.5, 200.0))
        patch.setattr(module, "_page", lambda figures, tables: f"# {module.TITLE}\n")  # it quotes other horizons
        return run(module, 0.125)


def test_full_information_finds_the_best_joint_lie(found):
    shares = found.figures["shares"]
    assert shares["fictitious-play"]["500"] > 0.99
    assert shares["regret-matching"]["500"] > 0.98
    assert shares["hedge"]["500"] > 0.9
    assert shares["hedge"]["30"] < shares["hedge"]["100"] < shares["hedge"]["500"]


def test_nobody_gains_more_than_the_best(found):
    assert found.tables["course"]["share"].max() <= 1.0 + 1e-9
    for row in (*found.figures["mechanisms"].values(), *found.figures["stakes"].values()):
        assert row["gain"] <= row["reachable"] + 1e-9
        assert row["reachable"] <= row["best"] + 1e-6


def test_bandits_find_it_later(found):
    shares = found.figures["shares"]
    assert shares["exp3"]["500"] < shares["q-learning"]["500"] < shares["hedge"]["500"]


def test_gains_grow_with_the_stakes_and_shares_do_not(found):
    one, hundred = found.figures["stakes"]["1"], found.figures["stakes"]["100"]
    assert hundred["gain"] > 95 * one["gain"]
    assert hundred["share"] == pytest.approx(one["share"], abs=0.01)
    assert one["truthful"] == pytest.approx(36.088, abs=1e-3)
    assert one["best"] == pytest.approx(26.378, abs=1e-3)


def test_rewards_slow_the_ring_but_leave_its_lie_as_good(found):
    small, large = found.figures["rewards"]["0.5"], found.figures["rewards"]["200"]
    assert large["best"] == pytest.approx(small["best"])
    assert large["share"] < small["share"]


def test_with_an_honest_outsider_the_ring_finds_its_lie_in_m_and_in_l(found):
    rows = found.figures["mechanisms"]
    assert set(rows) == set(module._AUCTIONS)
    for row in rows.values():
        assert row["reachable"] > 0.99 * row["best"]
        assert row["share"] > 0.85
        assert row["revenue"] < row["truthful"] - 10


def test_who_is_certain_of_the_lowest_makes_the_others_auction_sell_at_it():
    """The lower-numbered of the two buys at 10 whatever they announce, without the lottery of Lemma 1."""
    lie = 'seats=[{strategy="misreport", belief="mode"}]'
    experiment = assemble(load("ring-in-l", overrides=["mechanism.kind=M", "mechanism.delta=0", lie]))
    outcomes = experiment.game.mechanism.expect(experiment.game.play(experiment.plans()).reports)
    assert outcomes.allocation == pytest.approx(np.tile([0, 2 / 3, 1 / 3, 0], (27, 1)))
    assert outcomes.payments == pytest.approx(10 * outcomes.allocation[:, 1:])


def test_marginals_add_up_what_shares_a_half():
    mix = np.array([0.3, 0.25, 0.45])
    found = module._marginals(("10 with truthful", "10 with mode", "40 with mode"), mix)
    assert found == ["10 (55%)", "mode (70%)"]


def test_the_page_that_ships():
    check_page("rings-in-m", module)


@pytest.mark.page
@pytest.mark.slow
def test_the_page_is_what_the_study_makes():
    check_regenerated("rings-in-m", module)
