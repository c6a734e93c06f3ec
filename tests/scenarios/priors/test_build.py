"""Priors from models: one seam for all kinds, grids in short, listed and factored spaces that agree."""

import math
import tomllib

import numpy as np
import pytest

from agents.factored import FactoredSpace
from agents.knowledge import StateSpace
from mechanisms.beliefs import Joint, Mixture, Product
from scenarios.experiment import assemble
from scenarios.origin import build_environment, find_origin
from scenarios.priors import MAX_STATES, Prior, build_prior
from scenarios.scenario import parse

SMALL_GRID = {"players": 3, "grid": {"from": 2, "to": 8, "step": 2}}
THIRDS = [[0.5, 0.25, 0.25, 0.0]]
MODELS = {
    "independent": {"kind": "independent", "marginals": THIRDS},
    "mixture": {
        "kind": "mixture",
        "components": [
            {"weight": 0.75, "name": "boom", "marginals": [[0.0, 0.25, 0.25, 0.5]]},
            {"weight": 0.25, "name": "bust", "marginals": THIRDS},
            {"weight": 0.0, "name": "never", "marginals": "uniform"},
        ],
    },
    "common-shock": {"kind": "common-shock", "own": [[0.25, 0.5, 0.25]], "shock": [0.5, 0.5]},
    "gaussian": {"kind": "copula", "family": "gaussian", "correlation": 0.5, "marginals": THIRDS},
    "clayton": {"kind": "copula", "family": "clayton", "theta": 1.5, "marginals": "uniform"},
}


def scenario_of(model, environment=SMALL_GRID, **rest):
    return parse({"environment": environment, "prior": model, "mechanism": {"kind": "L"}, **rest})


def prior_of(model, environment=SMALL_GRID) -> Prior:
    scenario = scenario_of(model, environment)
    origin = find_origin(scenario)
    return build_prior(origin.prior, build_environment(scenario, origin.values))


class TestGrids:
    @pytest.mark.parametrize(
        "environment",
        [
            SMALL_GRID,
            {"players": 3, "values": [[2, 4, 6, 8]]},
            {"players": 3, "values": [[2, 4, 6, 8]] * 3},
            {"players": 3, "grid": [{"from": 2, "to": 8, "step": 2}]},
            {"grid": [{"from": 2, "to": 8, "step": 2}] * 3},
        ],
    )
    def test_one_grid_may_stand_for_all(self, environment) -> None:
        found = build_environment(
            scenario_of(MODELS["independent"], environment),
            find_origin(scenario_of(MODELS["independent"], environment)).values,
        )
        assert [grid.tolist() for grid in found.values] == [[2, 4, 6, 8]] * 3

    def test_players_may_have_grids_of_their_own(self) -> None:
        environment = {"grid": [{"from": 1, "to": 3}, {"from": 5, "to": 5}]}
        assert prior_of({"kind": "independent", "marginals": "uniform"}, environment).belief.shape == (3, 1)

    def test_one_list_of_valuations_may_stand_for_all(self) -> None:
        environment = {"kind": "assignment", "players": 2, "goods": ["a"], "valuations": [[[1], [3]]]}
        assert prior_of({"kind": "independent", "marginals": "uniform"}, environment).belief.shape == (2, 2)

    @pytest.mark.parametrize("name", MODELS)
    def test_a_scenario_written_out_is_the_same(self, name) -> None:
        experiment = assemble(scenario_of(MODELS[name]))
        again = parse(tomllib.loads(experiment.as_toml()))
        assert again == experiment.scenario
        assert (assemble(again).space.weights == experiment.space.weights).all()

    def test_a_thousand_players_take_a_few_lines(self) -> None:
        environment = {"players": 1000, "grid": {"from": 1, "to": 100}}
        space = prior_of({"kind": "independent", "marginals": "uniform"}, environment).space()
        assert isinstance(space, FactoredSpace)
        assert space.shape == (100,) * 1000
        assert len(set(map(id, space.prior.factors))) == 1


class TestSpaces:
    @pytest.mark.parametrize("name", MODELS)
    def test_small_priors_are_listed(self, name) -> None:
        space = prior_of(MODELS[name]).space()
        assert isinstance(space, StateSpace)
        assert space.weights.sum() == pytest.approx(1, abs=1e-12)
        assert (space.weights > 0).all()

    @pytest.mark.parametrize("name", ["independent", "mixture", "common-shock"])
    def test_listed_or_not_is_the_same_distribution(self, name) -> None:
        prior = prior_of(MODELS[name])
        listed, factored = prior.space(listed=True), prior.space(listed=False)
        assert isinstance(factored, FactoredSpace)
        assert listed.prior.weights == pytest.approx(factored.prior.prob(listed.prior.atoms), abs=1e-15)
        assert listed.prior.weights.sum() == pytest.approx(1, abs=1e-15)

    @pytest.mark.parametrize(
        ("name", "labels"), [("mixture", {"boom", "bust"}), ("common-shock", {"shock 0", "shock 1"})]
    )
    def test_components_are_common_states(self, name, labels) -> None:
        prior = prior_of(MODELS[name])
        space = prior.space()
        assert set(space.labels) == set(prior.labels) == labels
        shares = [space.weights[[label == name for label in space.labels]].sum() for name in prior.labels]
        assert shares == pytest.approx(prior.belief.weights)

    def test_a_label_goes_with_its_component(self) -> None:
        space = prior_of(MODELS["mixture"]).space()
        for label, part in (("boom", [0.0, 0.25, 0.25, 0.5]), ("bust", [0.5, 0.25, 0.25, 0.0])):
            at = np.array([name == label for name in space.labels])
            expected = np.prod(np.array(part)[space.profiles[at]], axis=1) * {"boom": 0.75, "bust": 0.25}[label]
            assert space.weights[at] == pytest.approx(expected, abs=1e-16)

    def test_insiders_know_the_component(self) -> None:
        knowledge = {"kind": "state", "insiders": [2]}
        experiment = assemble(scenario_of(MODELS["mixture"], knowledge=knowledge))
        assert any("state=bust" in name for name in experiment.knowledge.names_of(2))
        assert not any("state" in name for name in experiment.knowledge.names_of(0))

    def test_a_copula_s_nodes_are_no_states(self) -> None:
        assert prior_of(MODELS["gaussian"]).labels is None
        large = prior_of(MODELS["clayton"], {"players": 12, "grid": {"from": 1, "to": 4}})
        assert isinstance(large.belief, Mixture)
        assert large.labels is None

    def test_a_list_has_a_limit_in_states(self) -> None:
        players = next(n for n in range(20) if 4**n > MAX_STATES)
        for n, kind in ((players - 1, StateSpace), (players, FactoredSpace)):
            prior = Prior(Product((np.full(4, 0.25),) * n))
            assert prior.size == math.prod(prior.belief.shape)
            if n == players:
                assert isinstance(prior.space(), kind)
        named = Prior(Mixture(np.full(2, 0.5), (Product((np.full(2, 0.5),) * 20),) * 2), ("a", "b"))
        assert named.size == 2**21 > MAX_STATES
        assert isinstance(named.space(), FactoredSpace)

    def test_a_table_has_no_factors(self) -> None:
        prior = prior_of({"kind": "table", "profiles": [[2, 4, 6]], "probabilities": [1.0]})
        assert isinstance(prior.belief, Joint)
        with pytest.raises(ValueError, match="a table of 1 states has no factors"):
            prior.space(listed=False)
