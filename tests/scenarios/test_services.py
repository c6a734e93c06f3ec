"""Scenarios in which players are served or not: their fields, their errors, and the way back to TOML."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from click.testing import CliRunner

from analysis.deviation import deviations
from mechanisms import digital_goods, public_good, services
from scenarios.cli import main
from scenarios.errors import BadInput
from scenarios.experiment import assemble
from scenarios.figures import revenue_figures
from scenarios.market import Market
from scenarios.scenario import parse
from tests.scenarios.test_errors import CSV, assert_one_sentence

VALUES = [[1, 2], [1, 3], [2, 4]]
EVEN: dict[str, Any] = {"kind": "independent", "marginals": [[0.5, 0.5]] * 3}
SERVED = [[0], [1], [0, 1], [2]]
ENVIRONMENTS: dict[str, dict[str, Any]] = {
    "services": {"kind": "services", "values": VALUES, "served": SERVED},
    "digital-goods": {"kind": "digital-goods", "values": VALUES},
    "public-good": {"kind": "public-good", "values": VALUES},
}
BUILT = {
    "services": services(VALUES, SERVED),
    "digital-goods": digital_goods(VALUES),
    "public-good": public_good(VALUES),
}
every_kind = pytest.mark.parametrize("kind", ENVIRONMENTS)


def scenario(kind: str, mechanism: str = "vcg", **more: Any) -> dict[str, Any]:
    return {"environment": ENVIRONMENTS[kind], "prior": EVEN, "mechanism": {"kind": mechanism}, **more}


def failing(data: dict[str, Any]) -> str:
    with pytest.raises(BadInput) as caught:
        assemble(parse(data, source="s.toml"))
    return str(caught.value)


@every_kind
def test_a_kind_is_what_its_builder_makes(kind):
    found = assemble(parse(scenario(kind))).environment
    np.testing.assert_array_equal(found.allocations, BUILT[kind].allocations)
    assert [grid.tolist() for grid in found.values] == VALUES
    assert found.bundles == BUILT[kind].bundles


@every_kind
def test_profiles_of_a_table_are_values(kind):
    table = {"kind": "table", "profiles": [[1, 3, 4], [2, 1, 2]], "probabilities": [0.25, 0.75]}
    experiment = assemble(parse(scenario(kind, prior=table)))
    assert experiment.space.profiles.tolist() == [[0, 1, 1], [1, 0, 0]]
    assert experiment.space.weights.tolist() == [0.25, 0.75]
    stray = {**table, "profiles": [[1, 3, 4], [2, 2, 2]]}
    message = failing(scenario(kind, prior=stray))
    assert message == "s.toml: prior.profiles[1][1] is 2, which is not on player 1's grid [1, 3]"


@every_kind
def test_it_comes_back_from_toml(kind):
    data = scenario(kind, name="there-and-back", run={"rounds": 2, "worlds": 3})
    experiment = assemble(parse(data))
    text = experiment.as_toml()
    assert tomllib.loads(text) == data
    again = assemble(parse(tomllib.loads(text)))
    assert again.as_toml() == text
    assert revenue_figures(again) == revenue_figures(experiment)


@every_kind
def test_it_is_played_and_tabulated_in_values(kind):
    experiment = assemble(parse(scenario(kind)))
    market = Market(experiment.game, experiment.strategies(), worlds=50, seed=3)
    market.step()
    rows = deviations(experiment.game).table
    assert sorted(set(rows["value"][rows["seat"] == 2])) == [2, 4]
    assert set(rows["value_report"][rows["seat"] == 1]) <= {1, 3}
    assert rows["gain"].max() <= 0


@every_kind
def test_a_fixed_value_is_money(kind):
    seats = [{"strategy": "misreport", "value": {"rule": "fixed", "value": 3}}]
    message = failing_plan(scenario(kind, seats=seats))
    assert message == "s.toml: seats[0]: seat 0 cannot announce 3: her values are [1, 2]"
    fine = [{"strategy": "truthful"}, seats[0], {"strategy": "truthful"}]
    plan = assemble(parse(scenario(kind, seats=fine))).plans()[1]
    assert plan.values.argmax(axis=1).tolist() == [1, 1]


def failing_plan(data: dict[str, Any]) -> str:
    with pytest.raises(BadInput) as caught:
        assemble(parse(data, source="s.toml")).plans()
    return str(caught.value)


# --- errors


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"kind": "services", "values": VALUES}, "environment.served is missing: the sets of players that can be"),
        ({"kind": "services", "served": SERVED}, "environment.values is missing: a grid of values for each player"),
        ({"kind": "digital-goods"}, "environment.values is missing: a grid of values for each player"),
        ({"kind": "public-good"}, "environment.values is missing: a grid of values for each player"),
        ({**ENVIRONMENTS["digital-goods"], "served": SERVED}, "served does not go with kind = 'digital-goods'"),
        ({**ENVIRONMENTS["public-good"], "served": SERVED}, "served does not go with kind = 'public-good'"),
        ({**ENVIRONMENTS["services"], "goods": ["a"]}, "environment.goods does not go with kind = 'services'"),
        ({**ENVIRONMENTS["public-good"], "bundles": [["a"]]}, "environment.bundles does not go with kind = 'public-g"),
        ({"kind": "single-good", "values": VALUES, "served": SERVED}, "served does not go with kind = 'single-good'"),
        (
            {"kind": "assignment", "goods": ["a"], "valuations": [[[1]]], "served": [[0]]},
            "environment.served does not go with kind = 'assignment'",
        ),
        ({**ENVIRONMENTS["services"], "served": [[0, 3]]}, "environment: a set of players served holds different numb"),
        ({**ENVIRONMENTS["services"], "served": [[0, 0]]}, "environment: a set of players served holds different numb"),
        ({**ENVIRONMENTS["services"], "served": [[0], [1]]}, "environment: player 2 is in none of the sets that can b"),
        (
            {**ENVIRONMENTS["services"], "served": [["a"]]},
            "environment.served[0][0] should be a valid integer, not",
        ),
        ({"kind": "digital-goods", "values": [[1]] * 13}, "environment: digital goods for 13 players have 8.19e+03"),
        ({"kind": "public-goods", "values": VALUES}, "environment.kind 'public-goods' is unknown; did you mean 'publi"),
        ({"kind": "lottery", "values": VALUES}, "environment.kind 'lottery' is unknown; known here: single-good, serv"),
        (
            {**ENVIRONMENTS["services"], "serves": [[0]]},
            "unknown key 'environment.serves' (= [[0]]); did you mean 'se",
        ),
    ],
)
def test_a_wrong_field_is_one_sentence(environment, said):
    message = failing({**scenario("services"), "environment": environment})
    assert message.startswith("s.toml: ")
    assert said in message
    assert "\n" not in message


@every_kind
@pytest.mark.parametrize(
    ("mechanism", "said"),
    [
        ("L", "L sells a single good, and this environment is not built as one"),
        ("vickrey", "vickrey sells a single good, and this environment is not built as one"),
    ],
)
def test_mechanisms_for_a_single_good_say_so(kind, mechanism, said):
    assert failing(scenario(kind, mechanism)) == f"s.toml: mechanism: {said}"


@pytest.mark.parametrize(
    ("mechanism", "said"),
    [
        ("M", "mechanism: M takes the informant out, and this environment is not downward closed"),
        ("L", "mechanism: L sells a single good, and this environment is not built as one"),
    ],
)
@pytest.mark.parametrize("command", ["run", "revenue", "deviations"])
def test_m_and_l_on_a_public_good_are_one_sentence_and_status_2(tmp_path, monkeypatch, command, mechanism, said):
    monkeypatch.chdir(tmp_path)
    Path("bridge.toml").write_text(tomli_w.dumps(scenario("public-good", mechanism)))
    result = CliRunner().invoke(main, [command, "bridge.toml"])
    assert_one_sentence(result, "bridge.toml: ", said)
    assert result.stderr.rstrip().endswith(said)
    assert [path.name for path in tmp_path.iterdir()] == ["bridge.toml"]


def test_lemma_1_needs_players_served_alone():
    message = failing(scenario("public-good") | {"mechanism": {"kind": "vcg", "strict": True, "delta": 0.1}})
    assert message == "s.toml: mechanism: delta = 0.1 needs a downward-closed environment, and this one is not"


# --- a prior of bids


@pytest.fixture
def bids(tmp_path) -> Path:
    (tmp_path / "bids.csv").write_text(CSV)
    return tmp_path


def from_bids(environment: dict[str, Any], folder: Path):
    prior = {"kind": "bids", "path": "bids.csv", "bidders": ["ann", "bob"], "levels": 2}
    data = {"environment": environment, "prior": prior, "mechanism": {"kind": "vcg"}}
    return assemble(parse(data, source="s.toml", folder=folder))


def test_bids_may_be_for_copies(bids):
    one, copies = (from_bids({"kind": kind}, bids) for kind in ("single-good", "digital-goods"))
    assert [grid.tolist() for grid in copies.environment.values] == [grid.tolist() for grid in one.environment.values]
    assert len(copies.environment.allocations) == 4
    data = tomllib.loads(copies.as_toml())
    assert data["environment"]["kind"] == "digital-goods"
    assert revenue_figures(assemble(parse(data)))["opt"] == pytest.approx(revenue_figures(copies)["opt"], abs=1e-9)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"kind": "public-good"}, "environment.kind = 'public-good' does not go with a prior of bids; one of 'single-"),
        ({"kind": "services", "served": [[0], [1]]}, "environment.kind = 'services' does not go with a prior of bids"),
        ({"kind": "digital-goods", "values": [[1], [2]]}, "environment.values must be left out with a prior of bids"),
        ({"kind": "digital-goods", "served": [[0]]}, "environment.served does not go with kind = 'digital-goods'"),
    ],
)
def test_bids_that_do_not_fit(bids, environment, said):
    with pytest.raises(BadInput) as caught:
        from_bids(environment, bids)
    assert str(caught.value).startswith(f"s.toml: {said}")


# --- a cost


def test_rivals_share_the_cost():
    data = scenario("public-good", name="bridge") | {"mechanism": {"kind": "cremer-riordan", "cost": 6}}
    experiment = assemble(parse(data))
    for kind in ("cremer-riordan", "choi-kim", "vcg"):
        assert experiment.mechanism(kind).expenses.tolist() == [0, 6]
    assert experiment.mechanism("optimal").expenses.tolist() == [0, 0]
    message = failing(data | {"mechanism": {"kind": "optimal", "cost": 6}})
    assert message.startswith("s.toml: unknown key 'mechanism.cost' (= 6)")
