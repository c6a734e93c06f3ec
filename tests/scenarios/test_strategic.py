"""The strategic commands: what they print for programs and for people, the files they write, what they refuse."""

import json

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
