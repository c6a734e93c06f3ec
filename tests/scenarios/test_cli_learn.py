"""The command `learn`: its JSON, its screen, the files it writes, what it refuses; and the list of learners."""

import json
import math
import re
import shlex
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
import tomli_w
from click.testing import CliRunner

from agents.learning import LEARNERS
from agents.parameters import keyword_parameters
from analysis.emergence.measures import late_shares, regrets
from analysis.revenue import benchmarks, revenue_of
from scenarios import cli_learn
from scenarios.catalogue import learner_facts, learner_page
from scenarios.cli import main
from scenarios.experiment import assemble
from scenarios.learning import casts, learn
from scenarios.learning_figures import learning_figures, measured
from scenarios.learning_files import plots
from scenarios.scenario import load
from scenarios.store import to_json
from tests.scenarios.test_learning import BASE, MENU, SHOCKS

SMALL = {**BASE, "run": {"rounds": 40, "worlds": 6, "seed": 5}}
RING = [{"strategy": "hedge", "ring": [0, 1], **MENU}] * 2 + [{"strategy": "truthful"}]
TOP = [
    *("scenario", "mechanism", "epsilon", "delta", "rounds", "worlds", "seed", "unit"),
    *("opt", "bound", "revenue_truthful", "seats", "learners", "notes"),
]
SEAT = {
    *("learner", "against", "seat", "plays", "truthful_share_value", "truthful_share_belief", "truthful_share"),
    *("regret_external", "regret_to_truth", "exploitability", "exploitability_late", "exploitability_current"),
    *("revenue", "revenue_truthful", "opt"),
}
LEARNER = {
    *("learner", "against", "seat", "nash_conv", "time_to_truth", "ends", "basins", "nearest_equilibrium"),
    *("two_steps", "notes"),
}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A working folder with a small scenario, one of a ring and one with shocks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(tomli_w.dumps(SMALL))
    (tmp_path / "ring.toml").write_text(tomli_w.dumps({**SMALL, "seats": RING}))
    (tmp_path / "shocks.toml").write_text(tomli_w.dumps({**SMALL, "seats": [{"strategy": "exp3"}], "shocks": SHOCKS}))
    return tmp_path


def ask(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == code, result.output
    return result.stderr if code == 2 else result.stdout


def figures(*arguments: str) -> dict:
    return json.loads(ask("learn", *arguments, "--json"))


def plain(value):
    return json.loads(to_json(value))


# --- JSON


def test_the_figures_have_a_row_for_each_learner_and_seat():
    found = figures("small.toml", "--learner", "hedge", "--learner", "exp3(mixing=0.2)")
    assert list(found) == TOP
    assert [(row["learner"], row["seat"]) for row in found["seats"]] == [
        (learner, seat) for learner in ("hedge", "exp3(mixing=0.2)") for seat in range(3)
    ]
    assert [row["plays"] for row in found["seats"]] == ["hedge"] * 3 + ["exp3"] * 3
    assert all(set(row) == SEAT for row in found["seats"])
    assert all(set(row) == LEARNER for row in found["learners"])
    assert (found["rounds"], found["worlds"], found["seed"]) == (40, 6, 5)
    for row in found["seats"]:
        for name in ("truthful_share_value", "truthful_share_belief", "truthful_share"):
            assert 0.0 <= row[name]["mean"] <= 1.0
        assert row["truthful_share"]["mean"] <= min(
            row["truthful_share_value"]["mean"], row["truthful_share_belief"]["mean"]
        )
        assert row["regret_external"]["mean"] >= max(0.0, row["regret_to_truth"]["mean"])
        assert row["exploitability"]["mean"] >= 0.0


def test_the_figures_are_those_of_the_measures():
    found = figures("small.toml", "--learner", "hedge")
    experiment = assemble(load("small.toml"))
    against = benchmarks(experiment.game)
    assert found["opt"] == pytest.approx(against.opt)
    assert found["bound"] == pytest.approx(experiment.game.mechanism.guarantee(against.opt))
    assert found["revenue_truthful"] == pytest.approx(revenue_of(experiment.game).total)
    phase = learn(casts(load("small.toml"), ["hedge"])[0]).phases[0]
    arena, course = phase.arena(), phase.course
    shares, loss = late_shares(course, phase.strategies), regrets(course)
    plays = {
        "exploitability": {i: seat.average for i, seat in course.seats.items()},
        "exploitability_late": {i: seat.late_average for i, seat in course.seats.items()},
        "exploitability_current": {i: seat.final for i, seat in course.seats.items()},
    }
    gains = {name: arena.expectation.nash_conv(arena.mixes(play)) for name, play in plays.items()}
    for row in found["seats"]:
        seat = row["seat"]
        share, regret = shares[shares["seat"] == seat].iloc[0], loss[loss["seat"] == seat].iloc[0]
        assert row["truthful_share_value"]["mean"] == pytest.approx(share["value"])
        assert row["truthful_share_belief"]["standard_error"] == pytest.approx(share["belief_error"])
        assert row["regret_to_truth"]["mean"] == pytest.approx(regret["to_truth"])
        for name, gain in gains.items():
            assert row[name]["mean"] == pytest.approx(gain[seat].mean(), abs=1e-9)
        late = course.revenue[course.late].sum(axis=0) / course.lengths[course.late].sum()
        assert row["revenue"]["mean"] == pytest.approx(late.mean())
        assert row["revenue"]["standard_error"] == pytest.approx(late.std(ddof=1) / math.sqrt(6))
    total = sum(gain.mean() for gain in gains["exploitability"])
    (learner,) = found["learners"]
    assert learner["nash_conv"]["average"]["mean"] == pytest.approx(total, abs=1e-9)
    assert sum(basin["worlds"] for basin in learner["basins"]) == 6
    assert sum(end["share"] for end in learner["ends"]) == pytest.approx(1.0)
    assert {row["type"] for row in learner["time_to_truth"] if row["seat"] == 0} == {*phase.strategies[0].names, "all"}
    assert {row["seat"] for row in learner["two_steps"]} == {0, 1, 2}


def test_one_world_has_no_standard_error():
    found = figures("small.toml", "--worlds", "1", "--rounds", "12", "--seed", "9")
    assert (found["rounds"], found["worlds"], found["seed"]) == (12, 1, 9)
    assert all(row["truthful_share"]["standard_error"] is None for row in found["seats"])


@pytest.mark.parametrize("options", [("--blocks", "3"), ("--seed", "5"), ("--set", "run.seed=5")])
def test_what_changes_nothing_changes_no_figure(options):
    assert figures("small.toml", *options) == figures("small.toml")


def test_one_learner_at_a_time_against_truthful_rivals():
    found = figures("small.toml", "--learner", "hedge", "--learner", "replicator", "--against", "truthful")
    assert [(row["learner"], row["against"], row["seat"]) for row in found["seats"]] == [
        (learner, "truthful", seat) for learner in ("hedge", "replicator") for seat in range(3)
    ]
    assert [row["seat"] for row in found["learners"]] == [0, 1, 2, 0, 1, 2]


def test_without_a_learner_the_scenario_s_own_learn():
    found = figures("ring.toml")
    assert [(row["learner"], row["seat"], row["plays"]) for row in found["seats"]] == [
        ("scenario", seat, "hedge") for seat in (0, 1)
    ]


def test_a_ring_has_no_exploitability_and_it_is_said_why():
    found = figures("ring.toml")
    for row in found["seats"]:
        assert row["exploitability"] == {"mean": None, "standard_error": None}
        assert row["regret_external"]["mean"] >= 0.0
    (learner,) = found["learners"]
    assert learner["nash_conv"]["average"]["mean"] is None
    assert any("seat 0 reports by what its ring knows" in note for note in learner["notes"])


def test_shocks_make_phases():
    found = figures("shocks.toml")
    assert [phase["first_round"] for phase in found["phases"]] == [1, 11, 21]
    assert [phase["set"] for phase in found["phases"]] == [{}, SHOCKS[0]["set"], SHOCKS[1]["set"]]
    assert found["phases"][0]["opt"] == found["opt"]
    assert found["phases"][1]["revenue_truthful"] != found["revenue_truthful"]
    assert [(row["phase"], row["seat"]) for row in found["seats"]] == [(k, i) for k in range(3) for i in range(3)]
    for row in found["seats"]:
        assert row["opt"] == found["phases"][row["phase"]]["opt"]
    starts = [0, 10, 20]
    for row in found["learners"]:
        for time in row["time_to_truth"]:
            assert time["round"] is None or time["round"] > starts[row["phase"]]


def test_what_has_no_opt_has_null_and_a_note(monkeypatch):
    from mechanisms.optimal import limits

    monkeypatch.setattr(limits, "MAX_VARIABLES", 1)
    found = figures("small.toml", "--set", "mechanism.kind=vickrey")
    assert found["opt"] is found["bound"] is None
    assert found["seats"][0]["opt"] is None
    assert any(note.startswith("no OPT") for note in found["notes"])


# --- screen and files


def test_the_screen_has_a_table_a_learner_and_says_where_worlds_end():
    shown = ask("learn", "small.toml", "--learner", "hedge", "--learner", "exp3")
    assert "small, L: 40 rounds in 6 worlds, seed 5" in shown
    assert len(re.findall(r"^(hedge|exp3)$", shown, flags=re.MULTILINE)) == 2
    assert len(re.findall(r"^worlds end ", shown, flags=re.MULTILINE)) == 2
    assert len(re.findall(r"^truth takes 95 % for good: seat 0 ", shown, flags=re.MULTILINE)) == 2
    assert "the seller earns" in shown


def test_the_screen_of_others():
    shown = ask("learn", "small.toml", "--learner", "hedge", "--against", "truthful")
    assert "hedge, one seat at a time against truthful" in shown
    assert "seat 2: worlds end" in shown
    assert "late revenue" in shown
    shown = ask("learn", "ring.toml")
    assert "the scenario's own seats" in shown
    assert "note: no exploitability" in shown
    shown = ask("learn", "shocks.toml")
    assert "from round 21 (prior.probabilities" in shown


def test_tables_plots_and_the_scenario_are_written(here):
    learners = ("--learner", "hedge(rate=2.0)", "--learner", "fictitious-play")
    found = figures("small.toml", *learners, "--out", "X")
    folder = here / "X"
    names = {path.name for path in folder.iterdir()}
    for table in ("shares", "regret", "revenue", "basins", "abandonment", "worlds", "exploitability", "time_to_truth"):
        assert {f"{table}.csv", f"{table}.parquet"} <= names
        assert set(pd.read_csv(folder / f"{table}.csv")["learner"]) == {"hedge(rate=2.0)", "fictitious-play"}
    for plot in ("revenue", "truth-hedge-rate-2.0", "regret-fictitious-play", "abandonment-fictitious-play"):
        assert {f"{plot}.svg", f"{plot}.png"} <= names
    assert json.loads((folder / "figures.json").read_text()) == found
    again = figures("X/scenario.toml", *learners)
    assert again["seats"] == found["seats"]
    assert "already exists" in ask("learn", "small.toml", "--out", "X", code=2)


def test_the_table_of_worlds_adds_up(here):
    found = figures("small.toml", "--learner", "hedge", "--out", "X")
    worlds = pd.read_parquet(here / "X" / "worlds.parquet")
    assert len(worlds) == 18
    for row in found["seats"]:
        mine = worlds[worlds["seat"] == row["seat"]]
        assert mine["late_truth"].mean() == pytest.approx(row["truthful_share"]["mean"])
        assert mine["regret_external"].mean() == pytest.approx(row["regret_external"]["mean"])
        assert mine["late_revenue"].mean() == pytest.approx(row["revenue"]["mean"])
    sizes = np.bincount(worlds[worlds["seat"] == 0]["basin"])
    assert sizes.tolist() == [basin["worlds"] for basin in found["learners"][0]["basins"]]


@pytest.mark.slow
def test_paths_are_counted_through_shocks(here):
    ask("learn", "shocks.toml", "--out", "X")
    revenue = pd.read_parquet(here / "X" / "revenue.parquet")
    assert revenue["round"].tolist() == list(range(1, 41))
    assert revenue["phase"].tolist() == [0] * 10 + [1] * 10 + [2] * 20
    names = {path.name for path in (here / "X").iterdir()}
    assert {f"basins-scenario-from-round-{k}.svg" for k in (1, 11, 21)} <= names


def test_shocks_are_marked_in_plots_of_the_whole_run():
    told = load("shocks.toml")
    found = [measured(learn(cast)) for cast in casts(told)]
    drawn = plots(learning_figures(told, found), found)
    for name in ("revenue", "truth-scenario", "types-scenario"):
        dotted = [line for line in drawn[name].lines if line.get_linestyle() == ":"]
        assert [line.get_xdata()[0] for line in dotted] == [10.5, 20.5]
        said = [text.get_text() for text in drawn[name].texts]
        assert said == ["mechanism = M, epsilon = 1.0", "new probabilities, knowledge"]
    assert not [text for text in drawn["regret-scenario-from-round-11"].texts if "epsilon" in text.get_text()]


# --- what there is nothing to say of


def test_where_nobody_asks_for_beliefs_none_is_true(here):
    found = figures("small.toml", "--set", "mechanism.kind=vickrey", "--out", "X")
    for row in found["seats"]:
        assert row["truthful_share_belief"] == {"mean": None, "standard_error": None}
        assert row["truthful_share_value"] == row["truthful_share"]
    assert found["learners"][0]["time_to_truth"][0]["belief_round"] is None
    assert "vickrey asks for no beliefs" in found["notes"]
    for name, columns in {
        "shares": ["belief", "belief_error"],
        "worlds": ["late_belief"],
        "time_to_truth": ["belief_round"],
    }.items():
        table = pd.read_parquet(here / "X" / f"{name}.parquet")
        assert table[columns].isna().all(axis=None)
    assert table["worlds_arrived"].notna().all()
    shown = ask("learn", "small.toml", "--set", "mechanism.kind=vickrey")
    assert re.search(r"^ 0 +\d+\.\d% +– +\d+\.\d% ", shown, flags=re.MULTILINE)
    assert "note: vickrey asks for no beliefs" in shown
    assert "asks for no beliefs" not in ask("learn", "small.toml")


def test_what_the_scenario_s_seats_play_is_not_set_aside_in_silence():
    (note,) = figures("ring-in-m", "--rounds", "2", "--worlds", "2")["notes"]
    said, _, asked = note.partition("; for a ring that learns: ")
    assert said == "set aside: collude, which the scenario's own seats play"
    own = figures("ring-in-m", "--rounds", "2", "--worlds", "2", *shlex.split(asked))
    assert [(row["learner"], row["plays"]) for row in own["seats"]] == [("scenario", "hedge")] * 2
    assert any("what its ring knows" in note for note in own["learners"][0]["notes"])
    assert own["notes"] == figures("small.toml")["notes"] == []
    (note,) = figures("ring.toml", "--learner", "exp3")["notes"]
    assert note.startswith("set aside: hedge, which")
    assert "seats.0={" in note
    assert "seats.1={" in note
    misreport = "seats=[{strategy='misreport', value='shade'}]"
    assert figures("small.toml", "--set", misreport)["notes"] == [
        "set aside: misreport, which the scenario's own seats play"
    ]


def test_one_is_no_plural():
    shown = ask("learn", "small.toml", "--rounds", "1", "--worlds", "1")
    assert "small, L: 1 round in 1 world, seed 5" in shown


def test_what_comes_after_play_is_named(monkeypatch):
    told = []

    @contextmanager
    def watch():
        yield lambda share, what: told.append((share, what))

    monkeypatch.setattr(cli_learn, "show_progress", watch)
    ask("learn", "small.toml", "--learner", "hedge", "--learner", "exp3")
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    measuring = [(share, what) for share, what in told if what.startswith("measuring")]
    assert measuring == [(0.45, "measuring: hedge in every seat"), (0.95, "measuring: exp3 in every seat")]


# --- what is refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["smal.toml"], "there is no such file"),
        (["small.toml", "--learner", "hegde"], "did you mean 'hedge'"),
        (["small.toml", "--learner", "hedge(rate=0.0)"], "rate must be a positive number, not 0.0"),
        (["small.toml", "--learner", "hedge(rate=0.0)"], "small.toml: --learner hedge: rate must"),
        (["small.toml", "--learner", "hedge(rat=1)"], "unknown key '--learner hedge.rat' (= 1); did you mean 'rate'?"),
        (["small.toml", "--learner", "hedge(strategy='exp3')"], "unknown key '--learner hedge.strategy'"),
        (["small.toml", "--learner", "hedge(beliefs=3)"], "--learner hedge.beliefs should be a list, not 3"),
        (
            ["small.toml", "--learner", "hedge(values=['shad'])"],
            "seat 0: values 'shad' is unknown; did you mean 'shade'",
        ),
        (
            ["small.toml", "--set", "seats=[{strategy='hedge', values=['shad']}]"],
            "small.toml: seat 0: values 'shad' is unknown",
        ),
        (["small.toml", "--against", "misreport(valu='shade')"], "unknown key '--against misreport.valu' (= 'shade')"),
        (["small.toml", "--against", "misreport(value='shad')"], "--against misreport: value"),
        (["small.toml", "--learner", "exp3(feedback='full')"], "exp3 learns from bandit"),
        (["small.toml", "--against", "truthfull"], "did you mean 'truthful'"),
        (["small.toml", "--set", "run.rounds=0"], "run.rounds"),
        (
            ["small.toml", "--set", "seats=[{strategy='hedge', ring=[0, 1]}]"],
            "seats[2].ring is [0, 1], a ring of others",
        ),
        (["shocks.toml", "--rounds", "1"], "shocks[0].round is 11, but only 1 round is played"),
        (["shocks.toml", "--rounds", "15"], "shocks[1].round is 21, but only 15 rounds are played"),
        (["ring.toml", "--set", "seats.0.feedback=mean"], "a ring learns from bandit or full feedback"),
        (["ring.toml", "--set", "seats.1.ring=[1, 2]"], "does not name that ring"),
        (["ring.toml", "--set", "seats.1.ring=[1]"], "a ring needs two or more different seats, not [1]"),
        (["ring.toml", "--set", "seats.1.ring=[0, 1, 1]"], "a ring needs two or more different seats, not [0, 1, 1]"),
    ],
)
def test_bad_input_is_one_sentence(arguments, said):
    told = ask("learn", *arguments, code=2)
    assert said in told
    assert told.startswith("crowdbayes: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize("option", ["--rounds", "--worlds", "--workers", "--blocks"])
def test_nothing_of_something_is_refused(option):
    assert "0 is not in the range" in ask("learn", "small.toml", option, "0", code=2)


# --- other commands on scenarios in which somebody learns


def test_a_scenario_with_learners_can_be_run(here):
    ask("run", "ring.toml", "--rounds", "5", "--out", "R")
    found = json.loads((here / "R" / "figures.json").read_text())
    assert found["revenue"] is None
    assert found["simulated"]["revenue"]["mean"] > 0
    assert "hedge" in (here / "R" / "report.html").read_text(encoding="utf-8")


def test_what_is_learnt_has_no_exact_figure():
    assert "learns from play, so its revenue has no exact figure" in ask("revenue", "ring.toml")
    shown = json.loads(ask("equilibria", "ring.toml", "--beliefs", "none", "--json"))
    assert shown["played"] is None
    assert any("learns from play" in note for note in shown["notes"])


# --- the list of learners


def test_learners_are_listed_with_all_they_say_of_themselves():
    facts = json.loads(ask("list", "learners", "--long", "--json"))
    assert facts == plain(learner_facts())
    assert [fact["learner"] for fact in facts] == [*LEARNERS]
    for fact in facts:
        kind = LEARNERS[fact["learner"]]
        assert (fact["summary"], fact["guarantee"]) == (kind.summary, kind.guarantee)
        assert tuple(fact["feedback"]) == kind.accepts
        assert fact["source"]
        assert fact["parameters"].keys() == keyword_parameters(kind).keys()
        for name, parameter in keyword_parameters(kind).items():
            assert fact["parameters"][name]["default"] == parameter.default
            assert len(fact["parameters"][name]["meaning"]) > 10


def test_the_page_of_learners_has_a_card_for_each():
    page = ask("list", "learners", "--long")
    assert page == learner_page() + "\n"
    assert re.findall(r"^## (.*)$", page, flags=re.MULTILINE) == [*LEARNERS]
    assert "- `anneal = 0.0`: the rate is divided by" in page
    assert "[FreundSchapire1997] Y. Freund and R. Schapire" in page
    assert "``" not in page
    assert "]_" not in page


def test_the_page_that_ships_is_the_one_printed():
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "learners.md").read_text(encoding="utf-8")
    assert page == learner_page() + "\n"
