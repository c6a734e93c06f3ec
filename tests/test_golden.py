"""The golden cases beside the project: an independent program's figures, through the command line's own code."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios.cli import main
from scenarios.experiment import assemble
from scenarios.figures import revenue_figures
from scenarios.scenario import load

GOLDEN = Path(__file__).parents[2] / "shared" / "golden"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text()) if GOLDEN.is_dir() else {"absent": {}}
WITHIN = {"abs": 1e-9, "rel": 0}

pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the golden cases are not beside this folder")
every_case = pytest.mark.parametrize("case", EXPECTED)


def written(case: str, kind: str, folder: Path) -> Path:
    """A golden file with the mechanism's name filled in."""
    text = (GOLDEN / f"{case}.toml").read_text()
    assert text.count("MECH") == 1
    (folder / f"{case}.toml").write_text(text.replace("MECH", kind))
    return folder / f"{case}.toml"


def figures(case: str, kind: str, folder: Path, *overrides: str) -> dict:
    return revenue_figures(assemble(load(written(case, kind, folder), overrides=overrides)))


@every_case
@pytest.mark.parametrize("kind", ["M", "L", "L-printed", "vickrey", "lookahead", "optimal"])
def test_benchmarks(case, kind, tmp_path):
    found, expected = figures(case, kind, tmp_path), EXPECTED[case]
    for name in ("opt", "vickrey", "lookahead"):
        assert found[name] == pytest.approx(expected[name], **WITHIN)
    assert found["opt_dual"] == pytest.approx(expected["opt"], **WITHIN)


@every_case
@pytest.mark.parametrize(("kind", "name"), [("vickrey", "vickrey"), ("lookahead", "lookahead"), ("optimal", "opt")])
def test_classical_mechanisms(case, kind, name, tmp_path):
    found = figures(case, kind, tmp_path)
    assert found["revenue"] == found["prices"] == pytest.approx(EXPECTED[case][name], **WITHIN)
    assert found["rewards"] == 0.0


@every_case
def test_m(case, tmp_path):
    found = figures(case, "M", tmp_path, "mechanism.delta=0.0")
    assert found["prices"] == pytest.approx(EXPECTED[case]["M_prices_delta0"], **WITHIN)
    for overrides in ([], ["mechanism.delta=0.0"]):
        found = figures(case, "M", tmp_path, *overrides)
        assert found["rewards"] == pytest.approx(EXPECTED[case]["M_rewards"], **WITHIN)


@every_case
@pytest.mark.parametrize(("kind", "name"), [("L", "L"), ("L-printed", "L_printed")])
def test_l(case, kind, name, tmp_path):
    found = figures(case, kind, tmp_path)
    assert found["prices"] == pytest.approx(EXPECTED[case][f"{name}_prices"], **WITHIN)
    assert found["rewards"] == pytest.approx(EXPECTED[case][f"{name}_rewards"], **WITHIN)
    assert found["revenue"] == found["prices"] - found["rewards"]


def test_the_command_prints_the_same_figures(tmp_path):
    files = [str(written(case, "L", tmp_path)) for case in EXPECTED]
    result = CliRunner().invoke(main, ["revenue", *files, "--json"])
    assert result.exit_code == 0
    for found, case in zip(json.loads(result.stdout), EXPECTED, strict=True):
        expected = EXPECTED[case]
        assert found["scenario"] == case
        assert found["prices"] == pytest.approx(expected["L_prices"], **WITHIN)
        assert found["rewards"] == pytest.approx(expected["L_rewards"], **WITHIN)
        for name in ("opt", "vickrey", "lookahead"):
            assert found[name] == pytest.approx(expected[name], **WITHIN)


@every_case
def test_the_parameters_are_those_of_the_figures(case, tmp_path):
    mechanism = load(written(case, "L", tmp_path)).mechanism
    given = EXPECTED[case]
    assert (mechanism.epsilon, mechanism.delta, mechanism.discount) == tuple(
        given[name] for name in ("epsilon", "delta", "discount")
    )
