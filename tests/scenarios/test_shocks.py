"""Shocks: what changes at a round, what learners keep, and what is refused."""

import numpy as np
import pytest
import tomli_w
from click.testing import CliRunner

from agents.learning.learning import Learning
from scenarios.cli import main
from scenarios.errors import BadInput
from scenarios.experiment import assemble
from scenarios.learning import casts, learn
from scenarios.market import Market
from scenarios.scenario import shocked
from tests.scenarios.test_learning import BASE, MENU, SHOCKS, only, scenario

LEARNERS = [{"strategy": "hedge", **MENU}, {"strategy": "exp3", **MENU}, {"strategy": "regret-matching", **MENU}]


def test_each_phase_is_the_scenario_with_all_shocks_so_far():
    phases = shocked(scenario(shocks=SHOCKS))
    assert [phase.mechanism.kind for phase in phases] == ["L", "M", "M"]
    assert [phase.mechanism.epsilon for phase in phases] == [0.5, 1.0, 1.0]
    assert [phase.knowledge.kind for phase in phases] == ["graph", "graph", "own-value"]
    assert phases[2].prior.probabilities == [0.1, 0.1, 0.2, 0.3, 0.3]
    assert all(not phase.shocks for phase in phases)


def test_a_run_has_a_course_for_each_phase():
    found = only(scenario(seats=LEARNERS, shocks=SHOCKS))
    assert [phase.start for phase in found.phases] == [0, 10, 20]
    assert [phase.course.rounds for phase in found.phases] == [10, 10, 10]
    assert [phase.experiment.game.mechanism.name for phase in found.phases] == ["L", "M", "M"]
    for phase in found.phases:
        for i, strategy in enumerate(phase.strategies):
            assert isinstance(strategy, Learning)
            assert phase.course.seats[i].final.shape[1] == len(strategy.names)
    assert found.phases[1].strategies[0].names != found.phases[2].strategies[0].names


def test_a_shock_that_changes_nothing_changes_nothing():
    plain = only(scenario(seats=LEARNERS)).phases[0].course
    first, second = (p.course for p in only(scenario(seats=LEARNERS, shocks=[SAME])).phases)
    assert np.array_equal(np.concatenate([first.revenue, second.revenue]), plain.revenue)
    for i, seat in plain.seats.items():
        assert np.array_equal(first.seats[i].total + second.seats[i].total, seat.total)
        assert np.array_equal(second.seats[i].final, seat.final)


SAME = {"round": 14, "set": {"mechanism.epsilon": 0.5}}


def test_it_is_what_a_market_does_whose_game_is_changed_by_hand():
    told = scenario(seats=LEARNERS, shocks=SHOCKS)
    games = [assemble(phase).game for phase in shocked(told)]
    market = Market(games[0], assemble(told).strategies(), worlds=7, seed=5)
    revenue = []
    for number in range(30):
        if number in (10, 20):
            market.change(games[number // 10])
        market.step()
        revenue.append(market.outcomes.revenue)
    found = only(told)
    assert np.array_equal(np.concatenate([phase.course.revenue for phase in found.phases]), np.array(revenue))
    for i, seat in found.phases[-1].course.seats.items():
        assert np.array_equal(seat.final, market.agents[i].strategy.mixes())


def test_what_was_learnt_is_still_known_after_a_shock():
    """Truth is found in Vickrey; when the odds change it is told from the first round on, and not by newcomers."""
    change = {"round": 400, "set": {"prior.probabilities": [0.3, 0.1, 0.2, 0.2, 0.2]}}
    told = scenario(
        mechanism={"kind": "vickrey", "strict": True, "delta": 0.5},
        seats=[{"strategy": "hedge", "rate": 3.0}],
        shocks=[change],
        run={"rounds": 500, "worlds": 20, "seed": 1},
    )
    before, after = (phase.course.seats[0] for phase in only(told).phases)
    share = before.truths[-1].sum() / before.visits[-1].sum()
    start = after.truths[0].sum() / after.visits[0].sum()
    fresh = before.truths[0].sum() / before.visits[0].sum()
    assert share > 0.95
    assert start > 0.95
    assert fresh < 0.6


@pytest.mark.parametrize(
    ("shocks", "said"),
    [
        ([{"round": 1, "set": {"mechanism.epsilon": 0.1}}], "shocks[0].round should be greater than or equal to 2"),
        ([{"round": 31, "set": {"mechanism.epsilon": 0.1}}], "shocks[0].round is 31, but only 30 rounds are played"),
        ([SAME, SAME], "shocks[1].round is 14; it must come after that of shocks[0], 14"),
        ([{"round": 5, "set": {}}], "shocks[0].set should have at least 1 item"),
        ([{"round": 5, "set": {"seats": []}}], "shocks[0].set changes 'seats'; only prior, knowledge, mechanism can"),
        ([{"round": 5, "set": {"mechanism.kind": "Lx"}}], "mechanism.kind 'Lx' is unknown"),
        ([{"round": 5, "set": {"mechanism.epsilon": -1.0}}], "mechanism.epsilon"),
        ([{"round": 5, "set": {"prior.probabilities": [1.0]}}], "(after shocks[0])"),
        ([{"round": 5, "set": {"mechanism.score": "briar"}}], "(after shocks[0])"),
        ([{"round": 5, "set": {"mechanism.epsilon": 0.1}, "st": 1}], "unknown key 'shocks[0].st'"),
    ],
)
def test_bad_shocks_are_one_sentence(shocks, said):
    with pytest.raises(BadInput) as caught:
        learn(casts(scenario(shocks=shocks), ["hedge"])[0])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_learn_plays_shocks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(tomli_w.dumps({**BASE, "seats": LEARNERS, "shocks": SHOCKS}))
    refused = CliRunner().invoke(main, ["run", "s.toml"])
    assert refused.exit_code == 2
    assert refused.stderr == "crowdbayes: s.toml: has shocks, which only `crowdbayes learn` plays\n"
    assert not (tmp_path / "runs").exists()
    shown = CliRunner().invoke(main, ["revenue", "s.toml"])
    assert shown.exit_code == 0
    assert "before the first of the scenario's shocks" in shown.stdout
