"""Writing to disk: all or nothing, never over what is there, and JSON that any reader takes."""

import json
import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenarios.errors import BadInput
from scenarios.store import free_folder, new_folder, to_json, write_json, write_table


def fail_inside(place: Path, error: BaseException) -> None:
    with new_folder(place) as partial:
        (partial / "half.txt").write_text("half")
        raise error


# --- folders


def test_a_free_folder_is_the_first_number_that_is_free(tmp_path):
    assert free_folder("duel", tmp_path) == tmp_path / "duel"
    (tmp_path / "duel").mkdir()
    assert free_folder("duel", tmp_path) == tmp_path / "duel-2"
    (tmp_path / "duel-2").write_text("a file counts")
    (tmp_path / "duel-4").mkdir()
    assert free_folder("duel", tmp_path) == tmp_path / "duel-3"


def test_runs_is_where_folders_go_by_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert free_folder("duel") == Path("runs") / "duel"
    assert not (tmp_path / "runs").exists()


def test_a_folder_appears_when_it_is_whole(tmp_path):
    place = tmp_path / "deep" / "down" / "out"
    with new_folder(place) as partial:
        (partial / "a.txt").write_text("a")
        assert not place.exists()
        assert (partial / "a.txt").exists()
    assert [path.name for path in place.parent.iterdir()] == ["out"]
    assert (place / "a.txt").read_text() == "a"
    assert place.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt(), BadInput("bad")])
def test_a_failure_leaves_no_folder(tmp_path, error):
    with pytest.raises(type(error)):
        fail_inside(tmp_path / "out", error)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_no_parent_either(tmp_path):
    with pytest.raises(RuntimeError):
        fail_inside(tmp_path / "deep" / "down" / "out", RuntimeError("no"))
    assert list(tmp_path.iterdir()) == []


def test_a_parent_that_was_there_stays(tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(RuntimeError):
        fail_inside(tmp_path / "mine" / "out", RuntimeError("no"))
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_what_is_there_is_never_overwritten(tmp_path, make):
    make(tmp_path / "out")
    with pytest.raises(BadInput, match=r"out: already exists; name another folder"), new_folder(tmp_path / "out"):
        pytest.fail("the block must not run")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_appears_meanwhile_is_not_overwritten(tmp_path):
    def race(place: Path) -> None:
        with new_folder(place) as partial:
            (partial / "a.txt").write_text("ours")
            place.mkdir()
            (place / "b.txt").write_text("theirs")

    place = tmp_path / "out"
    with pytest.raises(BadInput, match="out: cannot be written"):
        race(place)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert [path.name for path in place.iterdir()] == ["b.txt"]


def test_a_file_cannot_be_a_folder_s_parent(tmp_path):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(BadInput, match="cannot be made: ") as caught,
        new_folder(tmp_path / "file" / "o"),
    ):
        pytest.fail("the block must not run")
    assert str(tmp_path / "file" / "o") in str(caught.value)
    assert (tmp_path / "file").read_text() == "x"


def test_a_name_that_is_too_long(tmp_path):
    with pytest.raises(BadInput, match="cannot be made: File name too long"), new_folder(tmp_path / ("x" * 300)):
        pytest.fail("the block must not run")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_parent_that_cannot_be_written(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(BadInput, match="cannot be made: Permission denied"), new_folder(tmp_path / "locked" / "o"):
        pytest.fail("the block must not run")


# --- tables and figures


def test_tables_keep_numbers_and_turn_mixtures_into_text(tmp_path):
    table = pd.DataFrame(
        {"seat": [0, 1], "gain": [0.1, math.nan], "report": np.array([3, "(1, 2)"], dtype=object), "name": ["a", "b"]}
    )
    write_table(table, tmp_path / "t.parquet")
    found = pd.read_parquet(tmp_path / "t.parquet")
    assert list(found.columns) == list(table.columns)
    assert found["report"].tolist() == ["3", "(1, 2)"]
    assert found["seat"].tolist() == [0, 1]
    assert found["gain"].isna().tolist() == [False, True]
    assert table["report"].tolist() == [3, "(1, 2)"]  # the table itself is left alone


def test_json_has_plain_numbers_and_null_for_what_it_lacks(tmp_path):
    figures = {
        "number": np.float64(0.1),
        "whole": np.int64(3),
        "truth": np.bool_(True),
        "infinite": [math.inf, -math.inf, float("nan"), np.float64("nan")],
        "nested": {"a": (1, None), 2: "ε"},
    }
    text = to_json(figures)
    assert json.loads(text) == {
        "number": 0.1,
        "whole": 3,
        "truth": True,
        "infinite": [None] * 4,
        "nested": {"a": [1, None], "2": "ε"},
    }
    assert "ε" in text
    write_json(figures, tmp_path / "f.json")
    assert (tmp_path / "f.json").read_text(encoding="utf-8") == text + "\n"


def test_json_gives_numbers_back_bit_for_bit():
    numbers = np.random.default_rng(1).standard_normal(200) * 10.0 ** np.arange(-100, 100)
    assert json.loads(to_json(list(numbers))) == numbers.tolist()
