"""The study of insiders: what knowledge is worth at a small scale, and that its page is the script's."""

import pytest

from scenarios.library.studies import worth_of_insiders as module
from tests.scenarios.studies.shipped import check_page, check_regenerated, run


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROUNDS", 200)
        patch.setattr(module, "_EPSILONS", (0.02, 0.5, 20.0))
        return run(module, 0.2)


def test_truthful_revenue_is_the_scenario_page_s(found):
    rows = {knowledge: row["fictitious-play"]["truthful"] for knowledge, row in found.figures["knowledge"]["L"].items()}
    assert rows["own value"] == pytest.approx(56.394, abs=1e-3)
    assert rows["one sees the state"] == pytest.approx(59.477, abs=1e-3)
    assert rows["acquaintances"] == pytest.approx(62.869, abs=1e-3)
    assert rows["everybody"] == pytest.approx(69.583, abs=1e-3)
    assert found.figures["opt"] == pytest.approx(63.375)


def test_fictitious_play_leaves_nearly_all_of_it(found):
    for row in found.figures["knowledge"]["L"].values():
        assert row["fictitious-play"]["late"] == pytest.approx(row["fictitious-play"]["truthful"], rel=0.05)


def test_hedge_is_far_behind_and_more_knowledge_does_not_help_it(found):
    rows = found.figures["knowledge"]["L"]
    assert all(row["hedge"]["late"] < row["regret-matching"]["late"] for row in rows.values())
    added = found.figures["added"]
    assert added["hedge"]["everybody"] < 0.3 * added["truth"]["everybody"]
    assert added["truth"]["everybody"] == pytest.approx(69.583 - 56.394, abs=2e-3)
    learnt = rows["everybody"]["hedge"]["late"] - rows["own value"]["hedge"]["late"]
    assert added["hedge"]["everybody"] == pytest.approx(learnt)


def test_higher_rewards_cost_more_than_they_teach(found):
    for row in found.figures["rewards"].values():
        assert row["20"]["whole"] < row["0.02"]["whole"] - 5
        assert row["20"]["rewards"] > 10


def test_cheap_lies_and_dear_ones(found):
    lies, truth = found.figures["lies"], found.figures["knowledge"]["L"]["acquaintances"]["hedge"]["truthful"]
    assert lies["flattened"] == pytest.approx(truth, abs=0.05)
    assert lies["sharpened"] == pytest.approx(truth, abs=0.05)
    assert lies["prior"] < truth - 5
    assert lies["other_type"] < lies["mode"] < truth - 5


def test_the_page_that_ships():
    check_page("worth-of-insiders", module)


@pytest.mark.page
@pytest.mark.slow
def test_the_page_is_what_the_study_makes():
    check_regenerated("worth-of-insiders", module)
