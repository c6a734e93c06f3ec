"""The command `study` and what it runs: a study's page, figures, tables and plots, listed, printed and written."""

import json
import sys
from types import ModuleType

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from analysis.drawing import new_axes
from scenarios import studies
from scenarios.cli import main
from scenarios.errors import BadInput
from scenarios.studies import Findings, find_study, write_findings, write_page


def tiny(tell, *, scale: float) -> Findings:
    """A study of nothing: twice the scale."""
    tell(0.5, "doubling")
    if scale > 100:
        raise ValueError(f"the scale is at most 100, not {scale}")
    ax = new_axes()
    ax.plot([0, 1], [0, 2 * scale])
    page = f"# Tiny\n\nTwice the scale is {2 * scale:g}.\n\n![A line](line.svg)\n"
    return Findings(page, {"twice": 2 * scale}, {"table": pd.DataFrame({"x": [1, 2]})}, {"line": ax})


@pytest.fixture(autouse=True)
def one_study(tmp_path, monkeypatch):
    """Only the tiny study ships."""
    module = ModuleType("tiny_study")
    module.TITLE, module.study = "Tiny: a study of nothing", tiny
    monkeypatch.setitem(sys.modules, "tiny_study", module)
    monkeypatch.setattr(studies, "studies", lambda: {"tiny": "tiny_study"})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["study", *arguments])
    assert result.exit_code == code, result.output
    return result


def test_without_a_name_studies_are_listed():
    assert invoke().stdout == "tiny  Tiny: a study of nothing\n"
    assert json.loads(invoke("--json").stdout) == [{"name": "tiny", "title": "Tiny: a study of nothing"}]


def test_a_study_prints_its_page():
    shown = invoke("tiny", "--scale", "4").stdout
    assert "Tiny" in shown
    assert "Twice the scale is 8." in shown
    assert "(line.svg, with --out) A line" in shown
    assert "Twice the scale is 2." in invoke("tiny").stdout


def test_a_study_prints_json_alone():
    result = invoke("tiny", "--json", "--scale", "0.5")
    assert result.stderr == ""
    assert json.loads(result.stdout) == {
        "study": "tiny",
        "title": "Tiny: a study of nothing",
        "scale": 0.5,
        "twice": 1.0,
    }


def test_a_study_writes_a_folder(one_study):
    invoke("tiny", "--out", "X")
    names = {path.name for path in (one_study / "X").iterdir()}
    assert names == {"page.md", "figures.json", "table.csv", "table.parquet", "line.svg"}
    assert (one_study / "X" / "page.md").read_text() == tiny(lambda *_: None, scale=1).page
    assert json.loads((one_study / "X" / "figures.json").read_text()) == {"twice": 2.0}
    assert "already exists" in invoke("tiny", "--out", "X", code=2).stderr


def test_pages_that_ship_are_written_beside_the_scripts(one_study, monkeypatch):
    written = []
    monkeypatch.setattr(studies, "write_page", lambda name, findings: written.append((name, findings.figures)))
    for arguments in (["--page"], ["tiny", "--page"]):
        result = invoke(*arguments)
        assert result.stdout == ""
        assert result.stderr == "written: tiny.md\n"
    assert written == [("tiny", {"twice": 2.0})] * 2


def test_a_page_that_ships_shows_plots_under_its_own_name(one_study):
    write_page("tiny", tiny(lambda *_: None, scale=1), one_study)
    assert "![A line](tiny-line.svg)" in (one_study / "tiny.md").read_text()
    first = (one_study / "tiny-line.svg").read_bytes()
    write_page("tiny", tiny(lambda *_: None, scale=1), one_study)
    assert (one_study / "tiny-line.svg").read_bytes() == first


def test_a_folder_is_written_whole_or_not_at_all(one_study):
    findings = tiny(lambda *_: None, scale=1)
    broken = Findings(findings.page, findings.figures, findings.tables, {"line": None})
    with pytest.raises(AttributeError):
        write_findings(broken, one_study / "X")
    assert list(one_study.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tinny"], "there is no such study; did you mean 'tiny'"),
        (["rings"], "studies that ship: tiny"),
        (["tiny", "--scale", "101"], "tiny: the scale is at most 100, not 101.0"),
        (["tiny", "--scale", "0"], "0.0 is not in the range x>0"),
        (["tiny", "--scale", "inf"], "crowdbayes: --scale should be a finite number above 0, not inf\n"),
        (["tiny", "--scale", "nan"], "crowdbayes: --scale should be a finite number above 0, not nan\n"),
    ],
)
def test_bad_input_is_refused(arguments, said):
    assert said in invoke(*arguments, code=2).stderr


def test_what_does_not_ship_is_not_found():
    with pytest.raises(BadInput, match="nothing: there is no such study"):
        find_study("nothing")


def test_studies_are_the_modules_of_their_folder(monkeypatch):
    monkeypatch.undo()
    found = studies.studies()
    assert all("_" not in name for name in found)
    for name in found:
        study = find_study(name)
        assert study.TITLE
        assert callable(study.study)
