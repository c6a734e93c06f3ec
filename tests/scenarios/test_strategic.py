"""The strategic commands: what they print for programs and for people, the files they write, what they refuse."""

import json
from itertools import pairwise

import pandas as pd
import pytest
from click.testing import CliRunner

from scenarios.cli import main


def ask(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == code, result.output
    return result.stderr if code == 2 else result.stdout


def figures(*arguments: str) -> dict:
    return json.loads(ask(*arguments, "--json"))


def test_dominance_of_repaired_l():
    found = figures("dominance", "insiders")
    assert found["truthful_only"] is True
    assert found["truth_falls"] == found["ties"] == []
    assert (found["by"], found["weak"], found["ex_post"]) == ("mixed", False, False)
    assert len(found["survivors"]) == 3
    for types in found["survivors"]:
        for name, reports in types.items():
            assert len(reports) == 1
            assert reports[0]["truthful"] is True
            assert str(reports[0]["value"]) == name.split(" | ")[0]
    assert {fall["round"] for fall in found["rounds"]} == {1, 2}
    assert all(fall["margin"] > 0 for fall in found["rounds"])
    for fall in found["rounds"]:
        assert set(fall) == {"round", "seat", "type", "report", "dominated_by", "margin"}
        assert fall["report"]["truthful"] is False
    for step in ("step1", "step2"):
        assert found["two_step"][step]["holds"] is True
        assert found["two_step"][step]["margin"] > 0
        assert found["two_step"][step]["witness"]["truth"]


def test_dominance_of_l_as_printed_finds_more_than_the_truth():
    found = figures("dominance", "printed-region")
    assert found["truthful_only"] is False
    assert found["two_step"]["step1"]["holds"] is found["two_step"]["step2"]["holds"] is False
    assert {"seat": 1, "type": "3"} in found["truth_falls"]
    small = figures("dominance", "printed-region", "--beliefs", "none", "--set", "mechanism.epsilon=0.018")
    large = figures("dominance", "printed-region", "--beliefs", "none", "--set", "mechanism.epsilon=0.019")
    assert (small["truthful_only"], large["truthful_only"]) == (True, False)  # the border is 3 x 0.05 / 8 = 0.01875


def test_without_the_lottery_the_ties_are_named():
    found = figures("dominance", "ring-in-l", "--set", "mechanism.delta=0.0", "--beliefs", "none")
    assert found["truthful_only"] is False
    assert found["two_step"]["step1"]["margin"] == 0.0
    assert found["ties"]
    shown = ask("dominance", "ring-in-l", "--set", "mechanism.delta=0.0", "--beliefs", "none")
    assert "always pays the same" in shown


def test_the_options_of_dominance_are_used():
    assert figures("dominance", "tie-pricing", "--by", "pure")["by"] == "pure"
    weak = figures("dominance", "tie-pricing", "--weak")
    strict = figures("dominance", "tie-pricing")
    left = [sum(len(reports) for types in found["survivors"] for reports in types.values()) for found in (weak, strict)]
    assert left[0] < left[1]
    assert figures("dominance", "tie-pricing", "--ex-post")["ex_post"] is True


def test_dominance_on_the_screen():
    shown = ask("dominance", "insiders")
    assert "2 rounds, truth alone survives" in shown
    assert "truth is strictly best" in shown


def test_dominance_writes_tables_and_the_trace(tmp_path):
    ask("dominance", "ring-in-m", "--out", str(tmp_path / "trace"))
    names = {path.name for path in (tmp_path / "trace").iterdir()}
    assert names == {
        "figures.json", "trace.csv", "trace.parquet", "trace.png", "trace.svg", "summary.csv", "summary.parquet",
    }  # fmt: skip
    table = pd.read_parquet(tmp_path / "trace" / "trace.parquet")
    assert len(table) == len(json.loads((tmp_path / "trace" / "figures.json").read_text())["rounds"])
    again = ask("dominance", "ring-in-m", "--out", str(tmp_path / "trace"), code=2)
    assert "already exists" in again


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["insidrs"], "did you mean 'insiders'"),
        (["insiders", "--beliefs", "postrior"], "--beliefs"),
        (["insiders", "--set", "mechanism.epsilon=-1"], "mechanism.epsilon"),
        (["timber", "--memory", "1"], "MiB are allowed"),
        (["nowhere.nfg"], "nowhere.nfg"),
        (["nowhere.nfg", "--ex-post"], "--ex-post is for scenarios"),
        (["nowhere.nfg", "--beliefs", "none"], "--beliefs is for scenarios"),
    ],
)
def test_bad_input_is_one_sentence(arguments, said):
    told = ask("dominance", *arguments, code=2)
    assert said in told
    assert told.count("\n") == 1
    assert "Traceback" not in told


def test_equilibria_of_l_as_printed():
    found = figures("equilibria", "printed-region")
    truth = found["truthful"]
    assert truth["nash_conv"] > 1e-3
    assert truth["epsilon"] == pytest.approx(max(row["gain"] for row in truth["types"]))
    assert truth["witness"]["value_report"] == "3"
    assert found["pure"]["exhaustive"] is True
    assert len(found["pure"]["equilibria"]) == 1
    assert found["pure"]["equilibria"][0]["truthful_share"] < 1.0
    assert found["logit"][-1]["nash_conv"] == pytest.approx(0.0, abs=1e-6)
    assert "pure equilibria on the menus: 1" in ask("equilibria", "printed-region")


@pytest.mark.parametrize("name", ["correlated-pair", "insiders", "ring-in-l", "two-goods", "worst-case-two"])
def test_truth_is_the_equilibrium_of_m_and_repaired_l(name):
    found = figures("equilibria", name, "--beliefs", "none")
    assert found["truthful"]["nash_conv"] == pytest.approx(0.0, abs=1e-9)
    assert found["truthful"]["witness"] is None
    assert [row["truthful_share"] for row in found["pure"]["equilibria"]] == [1.0]


def test_what_is_played_is_checked_beside_the_truth():
    found = figures("equilibria", "overbid-for-the-role", "--beliefs", "none")
    assert found["played"]["nash_conv"] != found["truthful"]["nash_conv"]
    assert figures("equilibria", "learning-from-play", "--beliefs", "none")["played"] is None


def test_equilibria_writes_tables_and_plots(tmp_path):
    ask("equilibria", "worst-case-two", "--out", str(tmp_path / "found"))
    names = {path.name for path in (tmp_path / "found").iterdir()}
    assert {"gains.csv", "pure.csv", "logit.csv", "logit.png", "gains-truthful.svg", "figures.json"} <= names


def test_a_ring_of_two_in_m_gains_with_the_stake_and_risks_no_more_than_epsilon():
    found = figures("coalitions", "ring-in-m", "--stakes", "1,2,4,8")
    assert found["proof"]["side-payments"] == {"1": True, "2": False}
    in_m = [row for row in found["stakes"] if row["mechanism"] == "M"]
    gains = [row["gain"] for row in in_m]
    assert all(later > 1.9 * earlier for earlier, later in pairwise(gains))
    assert all(row["risk"] <= found["epsilon"] for row in in_m)
    assert {row["mechanism"] for row in found["stakes"]} == {"M", "L"}
    assert {row["size"] for row in found["by_size"]} == {1, 2}
    shown = ask("coalitions", "ring-in-m", "--stakes", "1,2")
    assert "belief's risk" in shown


def test_coalitions_writes_tables_and_plots(tmp_path):
    ask("coalitions", "ring-in-m", "--stakes", "1,2", "--out", str(tmp_path / "found"))
    names = {path.name for path in (tmp_path / "found").iterdir()}
    assert {"rings.csv", "sets.parquet", "members.csv", "stakes.csv", "stakes.png", "by_size.png"} <= names


def test_second_order_beliefs_break_unanimity_alone():
    found = figures("second-order", "common-lie", "--strengths", "0,1", "--mechanisms", "M,L,unanimity")
    share = {(row["mechanism"], row["error"], row["strength"]): row["truth_best"] for row in found["summary"]}
    assert {value for (name, _, _), value in share.items() if name != "unanimity"} == {1.0}
    assert share["unanimity", "uniform", 0.0] == 1.0
    assert share["unanimity", "uniform", 1.0] == 0.0
    assert "unanimity" in ask("second-order", "common-lie", "--strengths", "1")


def test_drift_costs_revenue_and_leaves_truth_best_by_own_belief(tmp_path):
    place = tmp_path / "found"
    found = figures("drift", "correlated-pair", "--strengths", "0,1", "--samples", "3", "--out", str(place))
    for row in found["rows"]:
        if row["mechanism"] in ("M", "L"):
            assert row["gain_own"] == 0.0
    table = pd.read_parquet(place / "drift.parquet")
    assert len(table) == len(found["rows"])
    assert (place / "revenue-tempered.png").is_file()
    assert "gain by own belief" in ask("drift", "worst-case-two", "--strengths", "0", "--samples", "1")


def test_an_exported_game_is_read_back_with_the_same_survivors(tmp_path):
    place = tmp_path / "printed.nfg"
    ask("export", "printed-region", "--out", str(place), "--form", "types", "--beliefs", "none")
    found = figures("dominance", str(place))
    assert found["certified"] is True
    inside = figures("dominance", "printed-region", "--beliefs", "none")
    sizes = [len(reports) for types in inside["survivors"] for reports in types.values()]
    assert [len(left) for left in found["survivors"]] == sizes
    assert "already exists" in ask("export", "printed-region", "--out", str(place), code=2)


def test_an_export_has_fractions_on_request():
    decimal = ask("export", "printed-region", "--beliefs", "none")
    rational = ask("export", "printed-region", "--beliefs", "none", "--rational")
    assert decimal.startswith('NFG 1 R "')
    assert "/" not in decimal.splitlines()[-1]
    assert "/" in rational.splitlines()[-1]


def test_an_export_that_is_too_large_says_what_would_fit():
    told = ask("export", "insiders", code=2)
    assert "payoffs" in told
    assert told.count("\n") == 1
    assert ask("export", "insiders", "--reports", "survivors").startswith("NFG 1 R")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["coalitions", "ring-in-m", "--size", "3"], "rings have 1 to 2 members, not 3"),
        (["coalitions", "ring-in-m", "--stakes", "1,x"], "--stakes takes whole numbers"),
        (["drift", "insiders", "--strengths", "much"], "--strengths takes numbers"),
        (["drift", "insiders", "--mechanisms", "K"], "K"),
        (["second-order", "insiders", "--strengths", "-1"], "-1"),
        (["equilibria", "nowhere"], "there is no such file"),
    ],
)
def test_other_bad_input_is_one_sentence(arguments, said):
    told = ask(*arguments, code=2)
    assert said in told
    assert told.count("\n") == 1


ODD = """
name = "odd"
[environment]
values = [[1, 2], [1, 3]]
[prior]
kind = "table"
profiles = [[1, 1], [1, 3], [2, 1], [2, 3]]
probabilities = [0.3, 0.2, 0.2, 0.3]
states = ["[/red]", "[bold]", "[/red]", "[bold]"]
[knowledge]
kind = "state"
insiders = [0]
[mechanism]
kind = "L"
"""


@pytest.mark.parametrize("command", ["dominance", "coalitions", "equilibria"])
def test_brackets_in_names_are_text_like_any_other(command, tmp_path):
    place = tmp_path / "odd.toml"
    place.write_text(ODD)
    shown = ask(command, str(place), *(["--beliefs", "none"] if command == "dominance" else []))
    assert command == "equilibria" or "[/red]" in shown or "[bold]" in shown


def test_brackets_in_a_game_file_are_text_like_any_other(tmp_path):
    place = tmp_path / "odd.nfg"
    place.write_text(
        'NFG 1 R "[red]x[/red] [/foo]" { "[a]" "b" } { { "[/bad]" "[bold]" } { "u" "v" } }\n\n3 1 1 0 2 0 0 0\n'
    )
    shown = ask("dominance", str(place))
    assert "[red]x[/red] [/foo]" in shown


RULED_OUT = """
name = "ruled-out"
[environment]
values = [[1, 2], [1, 2]]
[prior]
kind = "table"
profiles = [[1, 1], [1, 2], [2, 1], [2, 2]]
probabilities = [0.4, 0.1, 0.1, 0.4]
[knowledge]
misinformed = [{ seat = 0, how = "tempered", power = 2000.0 }, { seat = 1, how = "tempered", power = 2000.0 }]
[mechanism]
kind = "L"
"""


def test_opinions_that_rule_states_out_are_dealt_with(tmp_path):
    place = tmp_path / "ruled-out.toml"
    place.write_text(RULED_OUT)
    assert figures("coalitions", str(place))["proof"]["side-payments"]["2"] is False
    assert figures("second-order", str(place), "--strengths", "0,1")["summary"]
    told = ask("drift", str(place), "--strengths", "0", code=2)
    assert "opinion rules out what she can see" in told
    told = ask("coalitions", str(place), "--set", "mechanism.score=logarithmic", code=2)
    assert "no gain over it is defined" in told


def test_a_lone_bidder_has_what_can_be_had(tmp_path):
    place = tmp_path / "lone.toml"
    place.write_text(
        'name = "lone"\n[environment]\nvalues = [[1, 2]]\n[prior]\nkind = "independent"\nmarginals = [[0.5, 0.5]]\n'
        '[mechanism]\nkind = "vickrey"\n'
    )
    assert set(figures("coalitions", str(place))["proof"]["side-payments"]) == {"1"}
    assert {row["mechanism"] for row in figures("second-order", str(place))["summary"]} == {"vickrey"}
    assert "needs two players or more" in ask("drift", str(place), code=2)
    assert figures("dominance", str(place))["truthful_only"] is False


def test_a_game_file_is_not_taken_for_a_scenario(tmp_path):
    (tmp_path / "game.nfg").write_text('NFG 1 R "g" { "a" } { 1 }\n\n0\n')
    told = ask("equilibria", str(tmp_path / "game.nfg"), code=2)
    assert "only `crowdbayes dominance` reads" in told


def test_a_type_s_own_posterior_is_called_its_true_belief():
    found = figures("dominance", "correlated-pair")
    for types in found["survivors"]:
        assert {report["belief"] for reports in types.values() for report in reports} == {"true belief"}
    assert "true belief" in ask("export", "correlated-pair", "--reports", "survivors")
