"""The claims as a report: rows, files, workers; and scenarios that show what was found."""

import json
import math
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import tomli_w

from analysis import claims as registry
from analysis.claims.search import search
from analysis.deviation import deviations
from scenarios import assemble, load
from scenarios import verify as module
from scenarios.errors import BadInput
from scenarios.figures import deviation_figures, revenue_figures
from scenarios.verify import as_toml, frame, row, scenario_of, verify

FAST = ["lemma-5-rewards", "corollary-1-left", "lemma-7"]
CLAIMS = registry.CLAIMS


def written(tmp_path, finding):
    path = tmp_path / f"{finding.claim}.toml"
    path.write_text(as_toml(finding), encoding="utf-8")
    return assemble(load(path))


def test_findings_come_in_the_order_asked_for_and_do_not_depend_on_workers_or_company():
    alone = verify(["lemma-7"], instances=8, seed=5, workers=1)
    together = verify(FAST, instances=8, seed=5, workers=2)
    assert [finding.claim for finding in together] == FAST
    assert together[2] == alone[0]
    assert together == verify(FAST, instances=8, seed=5, workers=1)


def test_progress_is_told_of_every_finding():
    seen = []
    found = verify(FAST[:2], instances=4, workers=1, progress=seen.append)
    assert seen == found


def test_a_row_is_plain_json_and_says_what_was_found():
    (found,) = verify(["corollary-1-left"], instances=30, seed=1, workers=1)
    data = json.loads(json.dumps(row(found), allow_nan=False))
    assert data["verdict"] == data["expected"] == "fails as printed"
    assert data["as_expected"] is True
    assert data["slack"] < 0
    assert data["instance"]["mechanism"]["kind"] == "vickrey"
    assert list(frame([found]).columns) == [key for key in data if key != "instance"]


def test_a_figure_that_does_not_exist_is_null():
    silent = replace(CLAIMS["lemma-5"], slack=lambda instance: math.inf)
    data = row(search(silent, instances=3, seed=1))
    assert (data["slack"], data["instance_slack"], data["instance"]) == (None, None, None)


def test_an_unexpected_verdict_is_flagged(monkeypatch):
    monkeypatch.setitem(CLAIMS, "lemma-5-rewards", replace(CLAIMS["lemma-5-rewards"], slack=lambda instance: 1.0))
    (found,) = verify(["lemma-5-rewards"], instances=4, workers=1)
    assert found.verdict == "holds"
    assert row(found)["as_expected"] is False


def test_the_folder_holds_the_report_and_a_scenario_for_every_claim(tmp_path):
    found = verify(["corollary-1-left", "corollary-1-right"], instances=40, seed=1, workers=1, out=tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "claims.csv",
        "claims.json",
        "corollary-1-left.toml",
        "corollary-1-right.toml",
    ]
    assert json.loads((tmp_path / "new" / "claims.json").read_text()) == [row(finding) for finding in found]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"claims": ["lemma-99"]}, "claim 'lemma-99' is unknown"),
        ({"claims": ["lemma-4-value"]}, "did you mean 'lemma-4-values'"),
        ({"instances": 0}, "instances must be 1 or more, not 0"),
        ({"workers": 0}, "workers must be 1 or more, not 0"),
        ({"seed": -1}, "seed must be 0 or more, not -1"),
    ],
)
def test_bad_input_is_one_sentence(wrong, message):
    with pytest.raises(BadInput, match=message):
        verify(**wrong)


def test_a_place_that_is_taken_is_bad_input(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="already exists"):
        verify(["corollary-1-right"], instances=2, workers=1, out=tmp_path / "file")


# --- the scenario of an instance shows the figure


def test_a_lie_that_gains_in_l_as_printed_gains_in_its_scenario(tmp_path):
    """The slack is the least loss over all announcements; the shown instance has one state, so it is interim too."""
    (found,) = verify(["lemma-4-beliefs"], instances=40, seed=1, workers=1)
    experiment = written(tmp_path, found)
    figures = deviation_figures(experiment, deviations(experiment.game, other_types=4))
    assert figures["mechanism"] == "L-printed"
    assert figures["max_gain_belief"] == pytest.approx(-found.shown)
    assert found.shown < 0


@pytest.mark.parametrize(
    ("name", "slack"),
    [
        ("iid-at-least", lambda f: f["truthful_revenue"] - f["opt"]),
        ("iid-uniform-ties", lambda f: f["truthful_revenue"] - f["opt"]),
        ("iid-irregular", lambda f: f["lookahead"] - f["opt"]),
        ("lemma-5", lambda f: f["revenue"] - f["bound"]),
        ("theorem-1-repaired", lambda f: f["revenue"] - f["bound"]),
        ("collusion-l", None),
        ("signals-l", None),
        ("e1-groups", None),
        ("lemma-1-strictness", None),
    ],
)
def test_scenarios_of_instances_are_accepted_and_show_the_slack(name, slack, tmp_path):
    found = search(CLAIMS[name], instances=40 if slack else 12, seed=1)
    experiment = written(tmp_path, found)
    figures = revenue_figures(experiment)
    assert figures["opt"] == pytest.approx(found.instance.opt)
    assert experiment.game.mechanism.name == CLAIMS[name].mechanism
    if slack is not None:
        assert slack(figures) == pytest.approx(found.shown)


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_s_instances_become_scenarios(name, tmp_path):
    claim, rng = CLAIMS[name], np.random.default_rng(3)
    for family in claim.families:
        instance = family(rng)
        path = tmp_path / "x.toml"
        path.write_text(tomli_w.dumps(scenario_of(claim, instance)), encoding="utf-8")
        experiment = assemble(load(path))
        assert experiment.space.weights == pytest.approx(instance.weights)
        assert np.array_equal(experiment.space.profiles, instance.space.profiles)
        assert np.array_equal(experiment.knowledge.cells, instance.known.cells)


def test_a_comment_says_what_the_scenario_shows():
    (found,) = verify(["lemma-5-rewards"], instances=4, workers=1)
    text = as_toml(found)
    assert text.startswith("# L as printed pays at most epsilon in rewards.\n# Lemma 5, proof; fails as printed.\n")
    assert tomllib.loads(text)["name"] == "lemma-5-rewards"


def test_there_is_no_scenario_where_nothing_was_tried():
    silent = replace(CLAIMS["lemma-5"], slack=lambda instance: math.inf)
    with pytest.raises(ValueError, match="tried on 0 instances"):
        as_toml(search(silent, instances=2, seed=1))


def test_the_names_are_the_registry_s():
    assert module.CLAIMS is CLAIMS
