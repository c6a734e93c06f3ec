"""Scenarios as data: what is read, what is left out, what an override does, and what is suggested."""

import tomllib
from pathlib import Path

import pytest
import tomli_w

from scenarios.errors import BadInput
from scenarios.scenario import Scenario, find, load, parse, shipped

SMALLEST = {
    "environment": {"values": [[1, 2], [1, 3]]},
    "prior": {"kind": "independent", "marginals": [[0.5, 0.5], [0.25, 0.75]]},
    "mechanism": {"kind": "L"},
}
TEXT = tomli_w.dumps({**SMALLEST, "seats": [{"strategy": "truthful"}, {"strategy": "best-response"}]})


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "duel.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def overridden(file: Path, *overrides: str) -> Scenario:
    return load(file, overrides=overrides)


def test_what_is_left_out_has_a_default():
    scenario = parse(SMALLEST)
    assert scenario.name == "scenario"
    assert scenario.environment.kind == "single-good"
    assert scenario.environment.unit == 1.0
    assert scenario.knowledge.kind == "own-value"
    assert [seat.strategy for seat in scenario.seats] == ["truthful"]
    mechanism = scenario.mechanism
    assert (mechanism.epsilon, mechanism.delta, mechanism.discount) == (0.05, 0.05, 0.5)
    assert (mechanism.ties, mechanism.strict) == ("lowest-index", False)
    assert (scenario.run.rounds, scenario.run.worlds, scenario.run.seed) == (1000, 200, 1)


def test_other_keys_of_an_open_table_are_parameters():
    data = {
        **SMALLEST,
        "knowledge": {"kind": "graph", "edges": [[0, 1]], "misinformed": [{"seat": 1, "how": "sampled", "size": 9}]},
        "mechanism": {"kind": "L", "score": "spherical"},
        "seats": [{"strategy": "misreport", "value": {"rule": "shade", "steps": 2}}],
    }
    scenario = parse(data)
    assert scenario.knowledge.parameters == {"edges": [[0, 1]]}
    assert scenario.knowledge.misinformed[0].parameters == {"size": 9}
    assert scenario.mechanism.parameters == {"score": "spherical"}
    assert scenario.seats[0].parameters == {"value": {"rule": "shade", "steps": 2}}


def test_a_file_names_the_scenario_unless_it_names_itself(file):
    scenario = load(file)
    assert (scenario.name, scenario.source, scenario.folder) == ("duel", str(file), file.parent)
    file.write_text('name = "other"\n' + TEXT)
    assert load(file).name == "other"


def test_the_same_data_is_an_equal_scenario(file):
    assert load(file) == parse(tomllib.loads(TEXT), name="duel", source=str(file), folder=file.parent)


def test_a_scenario_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        parse(SMALLEST).name = "new"


def test_the_mapping_is_left_as_it_was():
    data = tomllib.loads(TEXT)
    parse(data)
    assert data == tomllib.loads(TEXT)


def test_everything_that_ships_can_be_found_and_read():
    assert "worst-case-two" in shipped()
    for name, path in shipped().items():
        assert find(name) == path
        scenario = load(name)
        assert (scenario.name, scenario.source) == (name, name)


def test_a_file_comes_before_a_shipped_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("worst-case-two").write_text(TEXT)
    assert find("worst-case-two") == Path("worst-case-two")
    assert load("worst-case-two").mechanism.kind == "L"


# --- overrides


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("mechanism.epsilon=0.1", ("mechanism", "epsilon"), 0.1),
        ("mechanism.epsilon=1", ("mechanism", "epsilon"), 1),
        ("mechanism.kind=L-printed", ("mechanism", "kind"), "L-printed"),
        ('mechanism.kind="M"', ("mechanism", "kind"), "M"),
        ("mechanism.strict=true", ("mechanism", "strict"), True),
        (" run.rounds = 7", ("run", "rounds"), 7),
        ("run.seed=12", ("run", "seed"), 12),
        ("name=my run", ("name",), "my run"),
        ("environment.values.1=[2, 4]", ("environment", "values", 1), [2, 4]),
        ("environment.values.1.0=2", ("environment", "values", 1, 0), 2),
        ("seats.1.strategy=truthful", ("seats", 1, "strategy"), "truthful"),
        ("prior={kind = 'independent', marginals = [[1, 0], [1, 0]]}", ("prior", "marginals", 0), [1, 0]),
    ],
)
def test_an_override_sets_one_place(file, text, place, value):
    found = overridden(file, text).model_dump()
    for step in place:
        found = found[step]
    assert found == value
    assert type(found) is type(value) or isinstance(found, float)


def test_an_override_may_set_a_parameter_that_the_table_does_not_define(file):
    assert overridden(file, "mechanism.score=spherical").mechanism.parameters == {"score": "spherical"}
    assert overridden(file, "knowledge.kind=graph", "knowledge.edges=[[0, 1]]").knowledge.parameters == {
        "edges": [[0, 1]]
    }


def test_the_last_override_counts_and_the_file_stays_as_it_was(file):
    assert overridden(file, "run.rounds=3", "run.rounds=4").run.rounds == 4
    assert file.read_text() == TEXT
    assert load(file).run.rounds == 1000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mechanism.epsilon", "an override reads KEY=VALUE, not 'mechanism.epsilon'"),
        ("=1", "an override reads KEY=VALUE, not '=1'"),
        ("name.first=x", "override 'name.first' leads into 'duel', which holds no fields"),
        ("environment.values.0.0.0=1", "leads into 1, which holds no fields"),
        ("seats.2.strategy=truthful", "needs a number below 2 where it says '2'"),
        ("seats.last.strategy=truthful", "needs a number below 2 where it says 'last'"),
        ("seats.9={strategy = 'truthful'}", "needs a number below 2 where it says '9'"),
    ],
)
def test_an_override_that_leads_nowhere_is_bad_input(file, text, said):
    file.write_text('name = "duel"\n' + TEXT)
    with pytest.raises(BadInput) as caught:
        overridden(file, text)
    assert str(caught.value).startswith(f"{file}: ")
    assert said in str(caught.value)


# --- suggestions


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"seeds": 1}, "unknown key 'seeds' (= 1); did you mean 'seats'?"),
        (
            {"zzz": 1},
            "unknown key 'zzz' (= 1); known here: name, environment, prior, knowledge, mechanism, seats, shocks, run",
        ),
        ({"run": {"words": 3}}, "unknown key 'run.words' (= 3); did you mean 'worlds'?"),
        ({"run": {"zzz": 3}}, "unknown key 'run.zzz' (= 3); known here: rounds, worlds, seed"),
        ({"environment": {"value": [[1]]}}, "unknown key 'environment.value' (= [[1]]); did you mean 'values'?"),
        (
            {"prior": {"kind": "independent", "marginals": [[1]], "profiles": [[1]]}},
            "unknown key 'prior.profiles' (= [[1]])",
        ),
        (
            {"prior": {"kind": "independnt"}},
            "prior.kind should be one of 'table', 'independent', 'mixture', 'copula', 'common-shock', 'bids'",
        ),
        ({"seats": [{}, {"strategy": 3}]}, "seats[1].strategy should be"),
        ({"knowledge": {"misinformed": [{"seat": "0", "how": "x"}]}}, "knowledge.misinformed[0].seat should be"),
    ],
)
def test_what_is_wrong_is_said_with_what_is_near(extra, said):
    with pytest.raises(BadInput) as caught:
        parse(SMALLEST | extra, source="duel.toml")
    assert str(caught.value).startswith(f"duel.toml: {said}")


def test_long_values_are_cut_short():
    with pytest.raises(BadInput) as caught:
        parse(SMALLEST | {"run": {"rounds": "x" * 500}})
    assert len(str(caught.value)) < 200
