"""The command line's contract: what each command prints, its JSON, its exit code, and how little it imports."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import tomli_w
from click.testing import CliRunner, Result

from agents.knowledge import KNOWLEDGE
from agents.learning import LEARNERS
from agents.strategies import STRATEGIES
from mechanisms import MECHANISMS
from mechanisms.optimal import Certificate
from scenarios import pictures
from scenarios.catalogue import catalogue
from scenarios.cli import main
from scenarios.scenario import load, shipped
from tests.priors import SELLERS

PAIR = {
    "name": "pair",
    "environment": {"values": [[1, 2, 5], [1, 3]]},
    "prior": {
        "kind": "table",
        "profiles": [[1, 1], [2, 1], [5, 3], [2, 3]],
        "probabilities": [0.25, 0.25, 0.3, 0.2],
    },
    "mechanism": {"kind": "L-printed", "epsilon": 0.1, "delta": 0.1},
    "run": {"rounds": 4, "worlds": 6},
}
REVENUE_KEYS = {
    *("scenario", "mechanism", "revenue", "prices", "rewards", "opt", "vickrey", "lookahead", "bound", "bound_holds"),
}
COMMANDS = {
    *("run", "revenue", "deviations", "prior", "list", "dominance", "equilibria", "coalitions"),
    *("second-order", "drift", "verify", "export", "compare", "learn", "study"),
}
CSV = "auction,bidder,bid,house\n" + "".join(f"{k},ann,{3 * k},n\n{k},bob,{5 * k},{'ns'[k % 2]}\n" for k in range(1, 9))


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working folder with pair.toml and bids.csv, in which nothing is drawn."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pictures, "draw", lambda *arguments: None)
    (tmp_path / "pair.toml").write_text(tomli_w.dumps(PAIR))
    (tmp_path / "bids.csv").write_text(CSV)
    return tmp_path


def invoke(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def printed_json(*arguments: str):
    """What a command prints with --json, which is JSON and nothing else."""
    result = invoke(*arguments, "--json")
    assert result.stderr == ""
    return json.loads(result.stdout)


# --- revenue


@pytest.mark.parametrize("kind", SELLERS)
def test_revenue_prints_its_keys(here, kind):
    figures = printed_json("revenue", "pair.toml", "--set", f"mechanism.kind={kind}")
    assert set(figures) >= REVENUE_KEYS
    assert list(figures)[: len(REVENUE_KEYS)] == [
        *(
            "scenario",
            "mechanism",
            "revenue",
            "prices",
            "rewards",
            "opt",
            "vickrey",
            "lookahead",
            "bound",
            "bound_holds",
        ),
    ]
    assert figures["scenario"] == "pair"
    assert figures["mechanism"] == kind
    assert figures["revenue"] == figures["prices"] - figures["rewards"]
    if MECHANISMS[kind].solution in ("dominant", "two-step"):
        assert figures["revenue"] <= figures["opt"] + 0.1 * 2 + 1e-9
    if figures["bound"] is None:
        assert figures["bound_holds"] is None
    else:
        assert figures["bound_holds"] is (figures["revenue"] >= figures["bound"] - 1e-9)


def test_several_scenarios_are_a_list_in_their_order(here):
    (here / "other.toml").write_text(tomli_w.dumps({**PAIR, "name": "other", "mechanism": {"kind": "M"}}))
    found = printed_json("revenue", "other.toml", "pair.toml", "worst-case-two")
    assert [row["scenario"] for row in found] == ["other", "pair", "worst-case-two"]
    assert found[1] == printed_json("revenue", "pair.toml")


def test_overrides_apply_to_every_scenario(here):
    found = printed_json("revenue", "pair.toml", "worst-case-two", "--set", "mechanism.kind=vickrey", "--set", "name=x")
    assert [(row["scenario"], row["mechanism"]) for row in found] == [("x", "vickrey")] * 2


def test_a_learner_s_revenue_is_null(here):
    figures = printed_json("revenue", "pair.toml", "--set", "seats=[{strategy = 'empirical-best-response'}]")
    assert figures["revenue"] is figures["prices"] is figures["rewards"] is figures["bound_holds"] is None
    assert figures["notes"]


def test_without_json_there_is_a_table(here):
    text = invoke("revenue", "pair.toml").stdout
    assert "L-printed" in text
    assert "revenue" in text


# --- deviations


def test_deviations_print_the_best_gains_and_every_row(here):
    found = printed_json("deviations", "pair.toml")
    assert {"max_gain", "max_gain_value", "max_gain_belief", "rows"} <= set(found)
    rows = found["rows"]
    assert all({"seat", "type", "value_report", "belief_report", "gain"} <= set(row) for row in rows)
    assert found["max_gain"] == max(row["gain"] for row in rows)
    values = [r["gain"] for r in rows if r["value_report"] != r["value"] and r["belief_report"] == "truthful"]
    beliefs = [r["gain"] for r in rows if r["value_report"] == r["value"]]
    assert found["max_gain_value"] == max(values)
    assert found["max_gain_belief"] == max(beliefs)
    assert {row["seat"] for row in rows} == {0, 1}
    assert {row["value_report"] for row in rows if row["seat"] == 0} == {1, 2, 5}
    assert len({(r["seat"], r["type"], r["value_report"], r["belief_report"]) for r in rows}) == len(rows)


@pytest.mark.parametrize("others", [0, 1, 2])
def test_how_many_other_posteriors_are_tried_can_be_set(here, others):
    rows = printed_json("deviations", "pair.toml", "--other-types", str(others))["rows"]
    assert len({row["belief_report"] for row in rows if row["belief_report"].startswith("type ")}) <= 2 * others
    assert others == 0 or any(row["belief_report"].startswith("type ") for row in rows)


def test_deviations_without_json_are_a_table(here):
    text = invoke("deviations", "pair.toml").stdout
    assert "best gain" in text
    assert "interim gain" in text


# --- list


@pytest.mark.parametrize("what", ["scenarios", "mechanisms", "strategies", "learners", "knowledge", "claims"])
def test_lists_are_the_catalogue(what):
    entries = catalogue(what)
    assert printed_json("list", what) == [{"name": name, "summary": text} for name, text in entries.items()]
    lines = invoke("list", what).stdout.splitlines()
    assert len(lines) == len(entries)
    for line, (name, text) in zip(lines, entries.items(), strict=True):
        assert line.startswith(name)
        assert line.endswith(text)


@pytest.mark.parametrize(
    ("what", "names"),
    [
        *(("scenarios", shipped()), ("mechanisms", MECHANISMS), ("strategies", STRATEGIES)),
        *(("learners", LEARNERS), ("knowledge", KNOWLEDGE)),
    ],
)
def test_what_is_registered_is_listed(what, names):
    assert set(names) <= {entry["name"] for entry in printed_json("list", what)}


# --- prior


def test_a_prior_is_printed_as_a_scenario_s_tables(here):
    result = invoke("prior", "bids.csv", "--bidders", "ann, bob", "--levels", "3")
    tables = tomllib.loads(result.stdout)
    assert tables.keys() == {"environment", "prior"}
    assert sum(tables["prior"]["probabilities"]) == pytest.approx(1.0)
    (here / "s.toml").write_text(result.stdout + '[mechanism]\nkind = "L"\n')
    figures = printed_json("revenue", "s.toml")
    assert figures["opt"] > 0
    inline = {"prior": {"kind": "bids", "path": "bids.csv", "bidders": ["ann", "bob"], "levels": 3}}
    (here / "t.toml").write_text(tomli_w.dumps({**inline, "mechanism": {"kind": "L"}}))
    same = printed_json("revenue", "t.toml")
    assert same["opt"] == pytest.approx(figures["opt"])
    assert same["unit"] == figures["unit"]


def test_a_prior_can_go_to_a_file_or_be_json(here):
    options = ["bids.csv", "--highest", "2", "--exchangeable", "--levels", "2", "--where", "house=n"]
    result = invoke("prior", *options, "--out", "p.toml")
    assert result.stdout == ""
    assert "bids.csv" in result.stderr
    assert (here / "p.toml").read_text(encoding="utf-8") == invoke("prior", *options).stdout
    found = printed_json("prior", *options)
    tables = tomllib.loads((here / "p.toml").read_text(encoding="utf-8"))
    assert found["values"] == tables["environment"]["values"]
    assert found["profiles"] == tables["prior"]["profiles"]
    assert found["probabilities"] == tables["prior"]["probabilities"]


# --- run


def test_run_says_what_it_found_and_where(here):
    result = invoke("run", "pair.toml", "--out", "out", "--rounds", "5", "--worlds", "10", "--seed", "3")
    assert result.stderr == ""
    assert "pair: 5 rounds in 10 worlds, seed 3" in result.stdout
    assert "written to out: " in result.stdout
    figures = json.loads((here / "out" / "figures.json").read_text())
    assert figures["run"] == {"rounds": 5, "worlds": 10, "seed": 3}


def test_run_without_out_counts_up(here):
    for _ in range(2):
        invoke("run", "pair.toml", "--rounds", "1", "--worlds", "2", "--set", "mechanism.kind=vickrey")
    assert sorted(path.name for path in (here / "runs").iterdir()) == ["pair", "pair-2"]
    assert load(here / "runs" / "pair-2" / "scenario.toml").mechanism.kind == "vickrey"


# --- help, and the program itself


@pytest.mark.parametrize("command", [*main.commands])
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_command_s_help_shows_an_example(command, flag):
    text = invoke(command, flag).stdout
    assert re.search(rf"Example:\n +crowdbayes {command} ", text)
    assert "Options:" in text


@pytest.mark.parametrize("command", [*main.commands])
def test_the_examples_name_what_there_is(command):
    """Every scenario and option in an example exists."""
    text = invoke(command, "--help").stdout
    (example,) = re.findall(r"Example:\n +crowdbayes (.*)", text)
    words = example.split(" > ")[0].split()
    for word in words[1:]:
        if word.startswith("--"):
            assert word in text
    if command in ("run", "revenue", "deviations"):
        names = [word for word in words[1:] if not word.startswith("--") and "=" not in word and not word.isdigit()]
        assert set(names) <= set(shipped())


def test_help_lists_the_commands_and_an_example():
    text = invoke("--help").stdout
    assert set(main.commands) == COMMANDS
    assert all(re.search(rf"^  {command} +\w", text, re.MULTILINE) for command in main.commands)
    assert re.search(r"Example:\n +crowdbayes run ", text)


def test_the_version_is_the_package_s():
    root = Path(__file__).parents[2]
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    assert invoke("--version").stdout.strip().endswith(version)


def test_help_needs_nothing_heavy():
    program = (
        "import sys, scenarios.cli\n"
        "scenarios.cli.main(['--help'], standalone_mode=False)\n"
        "heavy = ('mesa', 'numpy', 'pandas', 'scipy', 'matplotlib', 'seaborn', 'pydantic', 'pyarrow', 'rich')\n"
        "print(sorted(set(heavy) & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stderr == "[]\n"
    assert ended.stdout.startswith("Usage: ")


def test_the_package_can_be_run_as_a_module(tmp_path):
    (tmp_path / "pair.toml").write_text(tomli_w.dumps({**PAIR, "mechanism": {"kind": "vickrey"}}))
    arguments = ["-m", "scenarios", "pair.toml", "--rounds", "5", "--worlds", "10", "--out", "X"]
    ended = subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "written to X" in ended.stdout
    assert "Traceback" not in ended.stderr  # progress may be there
    assert (tmp_path / "X" / "report.html").stat().st_size > 10_000


def test_a_run_can_print_json_alone(here):
    result = invoke("run", "pair.toml", "--rounds", "3", "--worlds", "5", "--out", "X", "--json")
    figures = json.loads(result.stdout)
    assert result.exit_code == 0
    assert figures["folder"] == "X"
    assert figures["simulated"].keys() >= {"revenue", "opt"}


def test_a_certificate_that_fails_is_status_one(here, monkeypatch):
    monkeypatch.setattr(Certificate, "sound", False)
    for command in ("revenue", "run"):
        result = CliRunner().invoke(main, [command, "pair.toml", "--json"])
        assert result.exit_code == 1
        assert "certificate fails" in result.stderr
        json.loads(result.stdout)
