"""The study of common lies: basins at a small scale, exact equilibria, and that its page is the script's."""

import pytest

from scenarios.library.studies import common_lies as module
from tests.scenarios.studies.shipped import check_page, check_regenerated, run


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_LONGER", 500)
        return run(module, 0.15)


def test_every_common_belief_is_an_equilibrium_and_no_other(found):
    rows = {row["agreed belief"]: row for row in found.figures["equilibria"]}
    assert set(rows) == set(module._BELIEFS)
    assert all(row["one belief"] for row in rows.values())
    assert rows["truthful"]["revenue"] == pytest.approx(27.675)
    assert rows["uniform"]["revenue"] == pytest.approx(18.855)
    assert min(rows, key=lambda name: rows[name]["revenue"]) == "mode"
    surplus = {name: row["a bidder's surplus"] for name, row in rows.items()}
    better = {name for name in surplus if surplus[name] > surplus["truthful"] + 1e-9}
    assert better == {"sharpened", "mode"}
    assert min(rows, key=lambda name: rows[name]["sure enough"]) == "mode"


def test_learners_settle_on_lies_more_often_than_on_truth(found):
    for label in ("fictitious-play", "hedge", "regret-matching", "replicator"):
        shares = found.figures["basins"][label]["shares"]
        assert shares["none"] < 0.1
        assert 0 < shares["truthful"] < 0.5
        assert sum(shares.values()) == pytest.approx(1.0)


def test_who_switches_at_once_or_sees_little_does_not_agree(found):
    assert found.figures["basins"]["best-response-dynamics"]["shares"]["none"] > 0.5
    assert found.figures["basins"]["exp3"]["shares"]["none"] == 1.0


def test_the_fine_selects(found):
    basins = found.figures["basins"]
    assert basins[f"{module._FINED}, fine 10"]["shares"]["mode"] > 0.9
    assert basins[f"{module._FINED}, fine 1000"]["shares"]["mode"] < 0.6


def test_values_are_learnt_by_the_sign_of_a_difference_and_not_yet_by_its_size(found):
    basins = found.figures["basins"]
    assert found.figures["cheapest"] == pytest.approx(1 / 600)
    assert basins["fictitious-play"]["values"] > 0.99
    assert basins["best-response-dynamics(inertia=0.9)"]["values"] > 0.99
    for label in ("regret-matching", "hedge"):
        assert basins[label]["values"] < 0.85
        assert 0 < basins[label]["regret_truth"] - basins[label]["regret_lie"] < 1
        assert basins[label]["regret_lie"] > 50


def test_m_and_l_have_truth_alone_and_scale_free_learners_find_it(found):
    for row in found.figures["rivals"]:
        assert row["pure equilibria"] == 1
        assert row["all of them"]
        if row["learner"] != "hedge":
            assert int(row["true beliefs"].rstrip("%")) > 90


def test_the_page_that_ships():
    check_page("common-lies", module)


@pytest.mark.page
@pytest.mark.slow
def test_the_page_is_what_the_study_makes():
    check_regenerated("common-lies", module)
