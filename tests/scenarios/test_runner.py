"""Running: the folder, its tables and figures, the same bits again, and nothing left when it fails."""

import gc
import json
import weakref
from pathlib import Path

import mesa
import numpy as np
import pandas as pd
import pytest
import tomli_w

from scenarios import pictures, runner, simulation
from scenarios.errors import BadInput
from scenarios.experiment import assemble
from scenarios.figures import revenue_figures
from scenarios.market import Market
from scenarios.runner import PACKAGES, Result, run, versions
from scenarios.scenario import Scenario, load, parse
from scenarios.store import to_json
from scenarios.windows import ROUND_COLUMNS

PAIR = {
    "name": "pair",
    "environment": {"values": [[1, 2, 5], [1, 3]]},
    "prior": {
        "kind": "table",
        "profiles": [[1, 1], [2, 1], [5, 3], [2, 3]],
        "probabilities": [0.25, 0.25, 0.3, 0.2],
    },
    "mechanism": {"kind": "L-printed", "epsilon": 0.1, "delta": 0.1, "ties": "uniform"},
    "seats": [{"strategy": "truthful"}, {"strategy": "misreport", "value": "random", "belief": "uniform"}],
    "run": {"rounds": 12, "worlds": 30, "seed": 5},
}
GOODS = {
    "environment": {
        "kind": "assignment",
        "goods": ["a", "b"],
        "valuations": [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6]]],
    },
    "prior": {"kind": "table", "profiles": [[0, 0], [0, 1], [1, 1]], "probabilities": [0.5, 0.25, 0.25]},
    "mechanism": {"kind": "M"},
    "run": {"rounds": 4, "worlds": 6},
}
COLUMNS = {
    "revenue": ["figure", "group", "exact", "simulated", "standard_error"],
    "seats": ["seat", "strategy", "utility", "standard_error", "type", "value_report", "belief_report", "gain"],
    "rounds": [*ROUND_COLUMNS],
    "quantiles": ["percent", "revenue", "half_width"],
    "distribution": ["low", "high", "rounds", "share"],
    "worlds": [
        *("world", "revenue", "prices", "rewards", "opt", "vickrey", "lookahead", "utility_0", "utility_1"),
    ],
    "deviations": ["seat", "type", "value", "value_report", "belief_report", "gain", "gain_expost", "probability"],
    "knowledge": ["knowledge", "mechanism", "revenue", "prices", "rewards", "opt"],
    "region": ["epsilon", "delta", "gain"],
    "border": ["delta", "epsilon"],
}


def played(base: dict = PAIR, **changes) -> Result:
    return run(parse({**base, **changes}), write=False)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working folder that holds pair.toml; nothing is drawn in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pictures, "draw", lambda experiment, result, text, folder: None)
    (tmp_path / "pair.toml").write_text(tomli_w.dumps(PAIR))
    return tmp_path


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Result:
    """A run with everything drawn and written."""
    place = tmp_path_factory.mktemp("runs")
    (place / "pair.toml").write_text(tomli_w.dumps(PAIR))
    return run(place / "pair.toml", out=place / "out")


# --- the folder


def test_a_run_leaves_one_folder_with_all_in_it(whole):
    files = set(tree(whole.folder))
    for name in whole.tables:
        assert {f"{name}.parquet", f"{name}.csv"} <= files
    assert {"figures.json", "scenario.toml", "report.html"} <= files
    drawings = {Path(name).stem for name in files if name.startswith("plots/")}
    assert {"revenue", "rounds", "spread", "deviations", "knowledge", "region"} <= drawings
    for name in drawings:
        assert {f"plots/{name}.svg", f"plots/{name}.png"} <= files
    assert set(tree(whole.folder.parent)) == {"pair.toml", *(f"out/{name}" for name in files)}


def test_what_is_drawn_is_a_picture(whole):
    for name, content in tree(whole.folder / "plots").items():
        assert len(content) > 1_000
        assert content.startswith(b"\x89PNG" if name.endswith(".png") else b"<?xml")


def test_the_report_has_the_scenario_and_the_figures(whole):
    page = (whole.folder / "report.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert page.count("<svg") >= 5
    assert "pair: L-printed" in page
    assert f"{whole.figures['revenue']:.6g}" in page
    assert f"{whole.figures['opt']:.6g}" in page
    assert "<script" not in page


@pytest.mark.parametrize("name", COLUMNS)
def test_tables_are_frames_with_the_documented_columns(whole, name):
    table = whole.tables[name]
    assert isinstance(table, pd.DataFrame)
    assert list(table.columns) == COLUMNS[name]
    assert len(table) > 0
    assert list(table.index) == list(range(len(table)))


def test_no_table_is_undocumented(whole):
    assert whole.tables.keys() == COLUMNS.keys()


@pytest.mark.parametrize("name", COLUMNS)
def test_tables_come_back_from_disk(whole, name):
    table = whole.tables[name]
    stored = pd.read_parquet(whole.folder / f"{name}.parquet")
    text = pd.read_csv(whole.folder / f"{name}.csv", keep_default_na=False, na_values=[""])
    assert list(stored.columns) == list(text.columns) == COLUMNS[name]
    for column in table:
        if table[column].dtype.kind in "if":
            np.testing.assert_array_equal(stored[column], table[column])
            np.testing.assert_array_equal(text[column], table[column])
        else:
            assert stored[column].tolist() == table[column].map(str).tolist()


def test_figures_come_back_from_disk(whole):
    text = (whole.folder / "figures.json").read_text(encoding="utf-8")
    assert text == to_json(whole.figures) + "\n"
    figures = json.loads(text)
    assert figures["run"] == {"rounds": 12, "worlds": 30, "seed": 5}
    assert figures["versions"].keys() == {"python", *PACKAGES}
    assert figures["revenue"] == figures["prices"] - figures["rewards"]


def test_the_scenario_that_is_written_gives_the_same_run(whole, here):
    again = run(whole.folder / "scenario.toml", out="again")
    assert again.scenario.model_dump() == whole.scenario.model_dump()
    one, other = tree(whole.folder), tree(again.folder)
    assert one["figures.json"] == other["figures.json"]
    assert one["scenario.toml"] == other["scenario.toml"]
    for name in COLUMNS:
        assert one[f"{name}.csv"] == other[f"{name}.csv"]
        assert one[f"{name}.parquet"] == other[f"{name}.parquet"]


@pytest.mark.slow
def test_pictures_and_report_are_the_same_bytes_again(whole, tmp_path):
    again = run(whole.folder / "scenario.toml", out=tmp_path / "again")
    one, other = tree(whole.folder), tree(again.folder)
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []


@pytest.mark.slow
def test_gains_of_minus_infinity_are_drawn(tmp_path):
    """A logarithmic score punishes "impossible" without bound."""
    mechanism = {"kind": "L", "epsilon": 0.1, "score": "logarithmic"}
    data = {**PAIR, "mechanism": mechanism, "seats": [{"strategy": "truthful"}]}
    result = run(parse(data), out=tmp_path / "out", rounds=3)
    assert np.isneginf(result.tables["deviations"]["gain"]).any()
    assert (result.folder / "report.html").exists()


def test_another_seed_gives_other_figures_and_the_same_exact_ones(whole):
    other = played(run={"rounds": 12, "worlds": 30, "seed": 6}).figures
    assert other["simulated"] != whole.figures["simulated"]
    for name in ("revenue", "opt", "vickrey", "lookahead", "deviations"):
        assert other[name] == whole.figures[name]


# --- what the figures say


def test_exact_figures_are_those_of_the_revenue_command(whole):
    figures = revenue_figures(assemble(parse(PAIR)))
    for name, value in figures.items():
        if name != "notes":
            assert whole.figures[name] == value


def test_tables_agree_with_figures(whole):
    worlds, simulated = whole.tables["worlds"], whole.figures["simulated"]
    assert simulated.keys() == {"revenue", "prices", "rewards", "opt", "vickrey", "lookahead"}
    for name, figure in simulated.items():
        assert figure["mean"] == pytest.approx(worlds[name].mean(), abs=1e-12)
        assert figure["standard_error"] == pytest.approx(worlds[name].std(ddof=1) / np.sqrt(30), abs=1e-12)
    rounds = whole.tables["rounds"]
    assert rounds["round"].tolist() == list(range(12))
    for name in ("revenue", "prices", "rewards"):
        assert rounds[name].mean() == pytest.approx(simulated[name]["mean"], abs=1e-12)
    seats = whole.tables["seats"]
    assert seats["strategy"].tolist() == ["truthful", "misreport"]
    assert seats["utility"].tolist() == pytest.approx([worlds["utility_0"].mean(), worlds["utility_1"].mean()])
    best = whole.tables["deviations"].groupby("seat")["gain"].max()
    assert seats["gain"].tolist() == best.tolist()
    assert whole.figures["deviations"]["max_gain"] == best.max()


def test_the_revenue_table_has_what_is_played_the_truth_and_the_benchmarks(whole):
    table, figures = whole.tables["revenue"].set_index("figure"), whole.figures
    assert table["exact"].to_dict() == {
        "L-printed as played": figures["revenue"],
        "L-printed if truthful": figures["truthful_revenue"],
        "OPT": figures["opt"],
        "lookahead": figures["lookahead"],
        "Vickrey": figures["vickrey"],
        "bound for L-printed": figures["bound"],
    }
    assert table.loc["L-printed as played", "simulated"] == figures["simulated"]["revenue"]["mean"]
    assert table.loc["OPT", "simulated"] == figures["simulated"]["opt"]["mean"]
    assert table["simulated"].isna().tolist() == [False, True, False, False, False, True]


def test_knowing_more_never_lowers_the_seller_s_prices(whole):
    table = whole.tables["knowledge"]
    assert set(table["mechanism"]) == {"M", "L"}
    for _, rows in table.groupby("mechanism"):
        prices = rows.set_index("knowledge")["prices"]
        assert prices["own value"] <= prices["everybody's"] + 1e-9
        assert (rows["revenue"] - (rows["prices"] - rows["rewards"])).abs().max() <= 1e-12


def test_a_truthful_run_does_not_repeat_itself():
    names = played(seats=[{"strategy": "truthful"}]).tables["revenue"]["figure"].tolist()
    assert names == ["L-printed as played", "OPT", "lookahead", "Vickrey", "bound for L-printed"]


def test_several_goods_have_fewer_tables_and_benchmarks():
    result = played(GOODS)
    assert result.tables.keys() == COLUMNS.keys() - {"region", "border"}
    assert result.tables["revenue"]["figure"].tolist() == ["M as played", "OPT", "bound for M"]
    assert result.figures["simulated"].keys() == {"revenue", "prices", "rewards", "opt"}
    assert set(result.tables["knowledge"]["mechanism"]) == {"M"}


def test_a_learner_has_simulated_figures_only():
    result = played(seats=[{"strategy": "empirical-best-response"}, {"strategy": "truthful"}])
    row = result.tables["revenue"].iloc[0]
    assert np.isnan(row["exact"])
    assert row["simulated"] == result.figures["simulated"]["revenue"]["mean"]
    assert any("learns" in note for note in result.notes)


SMALLEST = {
    "one bidder": ({"values": [[1, 2]]}, [[0.5, 0.5]], "optimal"),
    "one bidder without choice": ({"values": [[2]]}, [[1.0]], "vickrey"),
    "two without choice": ({"values": [[2], [3]]}, [[1.0], [1.0]], "L"),
    "no reward and no lottery": ({"values": [[1, 2], [1, 3]]}, [[0.5, 0.5], [0.5, 0.5]], "L-printed"),
}


@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_scenarios_run(name):
    environment, marginals, kind = SMALLEST[name]
    delta = 0.0 if name == "no reward and no lottery" else 0.5
    result = played(
        {
            "environment": environment,
            "prior": {"kind": "independent", "marginals": marginals},
            "mechanism": {"kind": kind, "epsilon": 0.2 * (delta > 0), "delta": delta},
            "run": {"rounds": 20, "worlds": 10},
        }
    )
    assert len(result.tables["seats"]) == len(marginals)
    assert result.figures["revenue"] is not None
    to_json(result.figures)


def test_a_bidder_to_whom_nothing_is_worth_anything_is_served_or_refused():
    """Lemma 1 has no price to draw when she is the only one to sell to."""
    goods = {"kind": "assignment", "goods": ["a"], "valuations": [[[0]], [[0], [1]]]}
    prior = {"kind": "independent", "marginals": [[1.0], [0.5, 0.5]]}
    try:
        result = played({"environment": goods, "prior": prior, "mechanism": {"kind": "M", "delta": 0.5}})
    except BadInput as error:
        assert "worth" in str(error)  # noqa: PT017
    else:
        assert result.figures["prices"] >= 0.0


# --- settings


def test_rounds_worlds_and_seed_can_be_given(here):
    result = run("pair.toml", write=False, rounds=3, worlds=4, seed=8)
    assert result.scenario.run.model_dump() == {"rounds": 3, "worlds": 4, "seed": 8}
    assert len(result.tables["rounds"]) == 3
    assert len(result.tables["worlds"]) == 4
    assert run("pair.toml", write=False, seed=8).scenario.run.rounds == 12
    with pytest.raises(BadInput, match=r"pair\.toml: run\.rounds should be"):
        run("pair.toml", write=False, rounds=0)


@pytest.mark.parametrize("as_data", [False, True])
def test_overrides_reach_the_run(here, as_data):
    source: str | Scenario = load("pair.toml") if as_data else "pair.toml"
    result = run(source, write=False, overrides=["mechanism.kind=vickrey", "run.rounds=2"])
    assert result.scenario.mechanism.kind == "vickrey"
    assert len(result.tables["rounds"]) == 2
    assert "region" not in result.tables


def test_a_shipped_name_can_be_run():
    result = run("worst-case-two", rounds=2, worlds=2, write=False)
    assert result.scenario.name == "worst-case-two"
    assert result.folder is None


def test_progress_is_told_and_ends_at_one(here):
    told = []
    run("pair.toml", out="out", rounds=40, progress=lambda share, what: told.append((share, what)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert told[-1] == (1.0, "done")
    assert all(what for _, what in told)


def test_versions_name_what_figures_depend_on():
    found = versions()
    assert found["mesa"].startswith("3.")
    assert all(text[0].isdigit() for text in found.values())


def test_a_run_is_not_kept_alive(monkeypatch):
    """Mesa numbers agents by model in a table of its own, which would hold on to every market."""
    before = len(mesa.Agent._ids)
    experiment = assemble(parse(PAIR))
    kept = []

    class Kept(Market):
        def step(self):
            super().step()
            kept[:] = [weakref.ref(self)]

    monkeypatch.setattr(simulation, "Market", Kept)
    made = runner.simulate(experiment, runner.benchmarks(experiment.game).by_state)
    assert made.rounds_played == 12
    gc.collect()
    assert kept[0]() is None
    assert len(mesa.Agent._ids) == before


# --- where it is written


def test_without_out_a_run_takes_the_next_free_number(here):
    folders = [run("pair.toml", rounds=1).folder for _ in range(3)]
    assert folders == [Path("runs/pair"), Path("runs/pair-2"), Path("runs/pair-3")]
    assert sorted(path.name for path in (here / "runs").iterdir()) == ["pair", "pair-2", "pair-3"]


def test_what_is_there_is_kept(here):
    (here / "out").mkdir()
    with pytest.raises(BadInput, match="out: already exists"):
        run("pair.toml", out="out")
    assert list((here / "out").iterdir()) == []


def test_nothing_is_written_unless_asked(here):
    before = tree(here)
    run("pair.toml", write=False)
    assert tree(here) == before


@pytest.mark.parametrize("error", [ZeroDivisionError(), KeyboardInterrupt(), BadInput("no paper")])
@pytest.mark.parametrize("where", ["draw", "figures", "table"])
def test_a_failure_midway_leaves_nothing(here, monkeypatch, where, error):
    def fail(*arguments, **options):
        raise error

    module, name = {
        "draw": (pictures, "draw"),
        "figures": (runner, "write_json"),
        "table": (runner, "deviations"),
    }[where]
    monkeypatch.setattr(module, name, fail)
    with pytest.raises(type(error)):
        run("pair.toml", out="deep/down/out")
    assert [path.name for path in here.iterdir()] == ["pair.toml"]


def test_a_failed_run_does_not_take_a_number(here, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(pictures, "draw", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run("pair.toml", rounds=1)
    assert run("pair.toml", rounds=1).folder == Path("runs/pair")
