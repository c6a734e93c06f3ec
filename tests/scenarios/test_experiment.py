"""From data to objects: the environment, the states, who knows what, the mechanism and the seats."""

import tomllib

import numpy as np
import pytest

from agents.strategies import STRATEGIES
from scenarios.errors import BadInput
from scenarios.experiment import Experiment, assemble
from scenarios.figures import revenue_figures
from scenarios.scenario import load, parse
from tests.priors import SELLERS

PAIR = {
    "environment": {"values": [[1, 2, 5], [1, 3]]},
    "prior": {
        "kind": "table",
        "profiles": [[1, 1], [2, 1], [5, 3], [2, 3]],
        "probabilities": [0.25, 0.25, 0.3, 0.2],
        "states": ["calm", "calm", "wild", "wild"],
    },
    "mechanism": {"kind": "L", "epsilon": 0.1, "delta": 0.2, "discount": 0.4, "ties": "uniform", "score": "spherical"},
}
TRIO = {
    "environment": {"values": [[1, 3], [2, 3], [1, 4]]},
    "prior": {"kind": "independent", "marginals": [[0.5, 0.5], [0.25, 0.75], [1, 0]]},
    "mechanism": {"kind": "M"},
}
GOODS = {
    "environment": {
        "kind": "assignment",
        "goods": ["a", "b"],
        "bundles": [["a"], ["b", "a"]],
        "valuations": [[[1, 4], [3, 3]], [[2, 2], [0, 6], [1, 1]]],
        "allocations": [[["a"], []], [[], ["a"]], [["a", "b"], []]],
    },
    "prior": {"kind": "table", "profiles": [[0, 0], [1, 2]], "probabilities": [0.5, 0.5]},
    "mechanism": {"kind": "M"},
}
CSV = "auction,bidder,bid\n" + "".join(f"{k},ann,{30 * k}\n{k},bob,{50 * k + 10 * (k % 2)}\n" for k in range(1, 9))
SEVENTHS = "auction,bidder,bid\n" + "".join(f"{k},ann,{10 + 7 * k % 13}\n{k},bob,{10 + k * k % 11}\n" for k in range(7))


def made(base: dict, **changes) -> Experiment:
    return assemble(parse({**base, **changes}, source="s.toml"))


@pytest.fixture
def bids(tmp_path):
    """A scenario file beside a file of bids."""
    (tmp_path / "bids.csv").write_text(CSV)
    text = """
        [prior]
        kind = "bids"
        path = "bids.csv"
        bidders = ["ann", "bob"]
        levels = 3
        [mechanism]
        kind = "L"
        [run]
        rounds = 4
    """
    (tmp_path / "from-bids.toml").write_text(text)
    return tmp_path / "from-bids.toml"


# --- states


def test_a_table_of_money_becomes_states_of_indices():
    space = made(PAIR).space
    assert space.profiles.tolist() == [[0, 0], [1, 0], [2, 1], [1, 1]]
    assert space.weights.tolist() == [0.25, 0.25, 0.3, 0.2]
    assert space.labels == ("calm", "calm", "wild", "wild")


def test_states_of_probability_zero_are_left_out_with_their_labels():
    prior = {**PAIR["prior"], "probabilities": [0.5, 0.0, 0.3, 0.2]}
    space = made(PAIR, prior=prior).space
    assert space.profiles.tolist() == [[0, 0], [2, 1], [1, 1]]
    assert space.labels == ("calm", "wild", "wild")


def test_a_profile_may_come_in_several_states():
    prior = {"kind": "table", "profiles": [[1, 1], [1, 1]], "probabilities": [0.5, 0.5], "states": [1, 2]}
    experiment = made(PAIR, prior=prior, knowledge={"kind": "state", "insiders": [0]})
    assert len(experiment.space) == 2
    assert experiment.space.labels == ("1", "2")
    assert experiment.space.prior.weights.tolist() == [1.0]
    assert experiment.knowledge.cells.tolist() == [[0, 0], [1, 0]]


def test_independent_marginals_multiply():
    space = made(TRIO).space
    assert space.profiles.tolist() == [[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 0]]
    np.testing.assert_allclose(space.weights, [0.125, 0.375, 0.125, 0.375])


@pytest.mark.parametrize("off", [5e-10, -5e-10])
def test_probabilities_may_miss_one_by_rounding(off):
    prior = {**PAIR["prior"], "probabilities": [0.25 + off, 0.25, 0.3, 0.2]}
    assert made(PAIR, prior=prior).space.weights.sum() == pytest.approx(1.0, abs=1e-15)


def test_several_goods_are_profiles_of_type_numbers():
    experiment = made(GOODS)
    assert experiment.environment.bundles == ((), ("a",), ("a", "b"))
    assert experiment.environment.allocations.tolist() == [[0, 0], [0, 1], [1, 0], [2, 0]]
    assert experiment.space.profiles.tolist() == [[0, 0], [1, 2]]


def test_bids_make_the_grid_and_the_states(bids):
    experiment = assemble(load(bids))
    assert experiment.environment.players == 2
    assert experiment.space.weights.sum() == pytest.approx(1.0)
    assert any("bids.csv" in note for note in experiment.notes)
    assert any("Bids are not values" in note for note in experiment.notes)
    assert experiment.unit > 0
    money = [[k * experiment.unit for k in grid.tolist()] for grid in experiment.environment.values]
    assert all(20 < v < 500 for grid in money for v in grid)


# --- knowledge


@pytest.mark.parametrize(
    ("knowledge", "cells"),
    [
        ({}, [[0, 0], [1, 0], [2, 1], [1, 1]]),
        ({"kind": "complete"}, [[0, 0], [1, 1], [3, 3], [2, 2]]),
        ({"kind": "graph", "edges": [[0, 1]]}, [[0, 0], [1, 0], [3, 1], [2, 1]]),
        ({"kind": "buckets", "cuts": [3]}, [[0, 0], [1, 0], [3, 2], [2, 1]]),
        ({"kind": "state", "insiders": [1]}, [[0, 0], [1, 0], [2, 1], [1, 1]]),
        ({"kind": "labels", "labels": [list("abcd"), list("aabb")]}, [[0, 0], [1, 0], [3, 1], [2, 1]]),
    ],
)
def test_knowledge_structures_partition_the_states(knowledge, cells):
    found = made(PAIR, knowledge=knowledge).knowledge.cells
    for column, wanted in zip(found.T.tolist(), np.array(cells).T.tolist(), strict=True):
        assert len(set(zip(column, wanted, strict=True))) == len(set(column)) == len(set(wanted))


def test_the_misinformed_have_opinions_of_their_own():
    sampled = {"seat": 0, "how": "sampled", "size": 5}
    knowledge = {"misinformed": [sampled, {"seat": 1, "how": "tempered", "power": 2.0}]}
    one, again = (made(PAIR, knowledge=knowledge).knowledge.opinions for _ in range(2))
    other = made(PAIR, knowledge=knowledge, run={"seed": 2}).knowledge.opinions
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one[0], other[0])  # another seed, another sample
    np.testing.assert_array_equal(one[1], other[1])
    weights = np.array(PAIR["prior"]["probabilities"])
    np.testing.assert_allclose(one[1], weights**2 / (weights**2).sum())


# --- mechanisms


def test_the_scenario_s_parameters_reach_its_mechanism():
    mechanism = made(PAIR).game.mechanism
    assert (mechanism.name, mechanism.epsilon, mechanism.delta, mechanism.discount) == ("L", 0.1, 0.2, 0.4)
    assert mechanism.ties == "uniform"
    assert mechanism.score is not made(PAIR, mechanism={"kind": "L"}).game.mechanism.score


@pytest.mark.parametrize("kind", SELLERS)
def test_every_mechanism_can_be_named(kind):
    mechanism = made(PAIR, mechanism={"kind": kind, "epsilon": 0.1, "delta": 0.2}).game.mechanism
    assert mechanism.name == kind
    assert mechanism.delta == (0.2 if mechanism.elicits_beliefs else 0.0)


@pytest.mark.parametrize("kind", ["vickrey", "lookahead", "optimal"])
def test_a_classical_mechanism_is_made_strict_on_request_only(kind):
    strict = made(PAIR, mechanism={"kind": kind, "delta": 0.2, "discount": 0.3, "strict": True}).game.mechanism
    assert (strict.delta, strict.discount) == (0.2, 0.3)


def test_rivals_share_states_knowledge_and_book_but_not_own_parameters():
    experiment = made(PAIR)
    rival = experiment.rival("M", epsilon=0.7)
    assert rival.mechanism.name == "M"
    assert (rival.mechanism.epsilon, rival.mechanism.delta) == (0.7, 0.2)
    assert rival.knowledge is experiment.knowledge
    assert rival.book is experiment.game.book
    assert experiment.rival("vickrey", epsilon=0.7).mechanism.delta == 0.0
    with pytest.raises(BadInput, match=r"s\.toml: mechanism: epsilon must be .* not -1"):
        experiment.rival("L", epsilon=-1.0)
    with pytest.raises(BadInput, match=r"s\.toml: .*kind 'zzz' is unknown"):
        experiment.rival("zzz")


def test_the_same_states_may_be_known_otherwise():
    experiment = made(PAIR)
    told = experiment.informed("L", "complete")
    assert told.knowledge.cells.max() == 3
    assert told.space is experiment.space
    assert told.mechanism.epsilon == 0.1


# --- seats


def test_one_seat_stands_for_all_but_not_with_the_same_object():
    experiment = made(TRIO, seats=[{"strategy": "misreport", "value": "shade"}])
    strategies = experiment.strategies()
    assert [s.name for s in strategies] == ["misreport"] * 3
    assert len({id(s) for s in (*strategies, *experiment.strategies())}) == 6
    assert not experiment.truthful
    assert made(TRIO).truthful


def test_seats_are_in_order():
    seats = [{"strategy": "truthful"}, {"strategy": "best-response"}, {"strategy": "misreport"}]
    assert [s.name for s in made(TRIO, seats=seats).strategies()] == ["truthful", "best-response", "misreport"]


@pytest.mark.parametrize("name", STRATEGIES)
def test_plans_are_there_unless_a_seat_learns(name):
    ring = {"ring": [0, 1, 2]} if name == "collude" else {}
    plans = made(TRIO, seats=[{"strategy": name, **ring}]).plans()
    if name == "empirical-best-response":
        assert plans is None
    else:
        assert len(plans) == 3
        assert all(plan.values.sum(axis=1).tolist() == [1.0] * len(plan.values) for plan in plans)


# --- and back


@pytest.mark.parametrize("base", [PAIR, TRIO, GOODS])
def test_a_scenario_written_out_is_the_same_experiment(base):
    experiment = made(base, seats=[{"strategy": "misreport", "value": "random"}], run={"rounds": 7, "seed": 3})
    text = experiment.as_toml()
    again = assemble(parse(tomllib.loads(text), source="s.toml"))
    assert again.scenario == experiment.scenario
    assert revenue_figures(again) == revenue_figures(experiment)
    assert again.as_toml() == text


@pytest.mark.parametrize("rows", [CSV, SEVENTHS], ids=["eighths", "sevenths"])
def test_a_scenario_of_bids_is_written_out_with_the_table_made_from_them(bids, tmp_path, rows):
    """Bit for bit: seven sevenths do not sum to 1.0 in floating point."""
    (tmp_path / "bids.csv").write_text(rows)
    experiment = assemble(load(bids))
    text = experiment.as_toml()
    assert text.startswith("# ")
    (tmp_path / "bids.csv").unlink()
    (tmp_path / "again.toml").write_text(text, encoding="utf-8")
    again = assemble(load(tmp_path / "again.toml"))
    assert again.scenario.name == "from-bids"
    assert again.scenario.run.rounds == 4
    assert again.unit == experiment.unit
    np.testing.assert_array_equal(again.space.profiles, experiment.space.profiles)
    np.testing.assert_array_equal(again.space.weights, experiment.space.weights)
    dropped = {"notes"}
    one, other = revenue_figures(again), revenue_figures(experiment)
    assert {k: v for k, v in one.items() if k not in dropped} == {k: v for k, v in other.items() if k not in dropped}


def test_no_lottery_is_run_by_default_where_there_can_be_none():
    """Where not all subsets can be served; asked for by name it is refused."""
    bridge = {
        "environment": {"kind": "public-good", "values": [[1, 2], [1, 3]]},
        "prior": {"kind": "independent", "marginals": [[0.5, 0.5], [0.5, 0.5]]},
        "mechanism": {"kind": "unanimity"},
    }
    assert assemble(parse(bridge)).game.mechanism.delta == 0.0
    with pytest.raises(BadInput, match=r"delta = 0\.05 needs a downward-closed environment"):
        assemble(parse({**bridge, "mechanism": {"kind": "unanimity", "delta": 0.05}}))
