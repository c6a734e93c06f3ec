"""The scenarios sized for learning: no two reports alike, gaps of a size, and who learns the truth in them."""

import re

import numpy as np
import pytest

from agents.learning import LEARNERS
from analysis.emergence.gaps import gaps
from analysis.emergence.measures import late_shares
from analysis.emergence.worlds import mean_over_worlds
from scenarios.learning import Phase, casts, learn
from scenarios.scenario import load, shipped

SCENARIOS = ("learn-l", "learn-m")
SEEING = [name for name, kind in LEARNERS.items() if kind.accepts[0] != "bandit"]
BANDITS = [name for name, kind in LEARNERS.items() if kind.accepts[0] == "bandit"]


def played(name: str, label: str, *, rounds: int, worlds: int) -> Phase:
    scenario = load(name, overrides=[f"run.rounds={rounds}", f"run.worlds={worlds}"])
    return learn(casts(scenario, [f'{label}(beliefs=["every"])'])[0]).phases[0]


def text(name: str) -> str:
    return shipped()[name].read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_two_reports_of_a_type_are_worth_the_same_to_everybody(name: str) -> None:
    arena = played(name, "hedge", rounds=1, worlds=1).arena()
    for i, learner in arena.learners.items():
        for context, cell in enumerate(learner.contexts):
            numbers = arena.stakes[i].reports[context][learner.options.allowed[cell]]
            groups = arena.types.groups[i][numbers]
            assert len(np.unique(groups)) == len(groups) == 4


@pytest.mark.parametrize(
    ("name", "belief", "value", "share"), [("learn-l", 0.0648, 0.092, 20), ("learn-m", 0.0648, 0.06, 16)]
)
def test_the_gaps_are_those_of_the_page(name: str, belief: float, value: float, share: int) -> None:
    table = gaps(played(name, "hedge", rounds=1, worlds=1).arena())
    assert -table[table["belief_lie"]]["gain"].max() == pytest.approx(belief)
    assert -table[table["value_lie"]]["gain"].max() == pytest.approx(value)
    assert (-table["gain"] / table["span"]).min() > 1 / (1.2 * share)
    assert f"{belief if name == 'learn-l' else value:g}" in text(name)


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("label", SEEING)
def test_a_learner_who_sees_ends_truthful(name: str, label: str) -> None:
    phase = played(name, label, rounds=500 if LEARNERS[label].accepts == ("mean",) else 2000, worlds=10)
    assert (late_shares(phase.course, phase.strategies)[["value", "belief", "truth"]] > 0.95).all(axis=None)


@pytest.mark.page
@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("label", SEEING)
def test_every_learner_who_sees_ends_as_truthful_as_the_page_says(name: str, label: str) -> None:
    phase = played(name, label, rounds=2000, worlds=100)
    kind = "mean feedback" if LEARNERS[label].accepts[0] == "mean" else "full information"
    least = float(re.search(rf"{kind} \(.*\): from (\d\.\d\d) up", text(name)).group(1))
    assert (late_shares(phase.course, phase.strategies)["truth"] >= least).all()


@pytest.mark.page
@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_bandits_end_within_what_the_page_says(name: str) -> None:
    low, high = map(float, re.search(r"only: (\d\.\d\d) \(EXP3\) to (\d\.\d\d) \(Q-learning\)", text(name)).groups())
    found = []
    for label in BANDITS:
        phase = played(name, label, rounds=2000, worlds=100)
        late = late_shares(phase.course, phase.strategies)
        assert (late["value"] > late["belief"]).all()
        found += late["truth"].tolist()
    assert round(min(found), 2) == low
    assert round(max(found), 2) == high


@pytest.mark.page
@pytest.mark.slow
def test_a_finer_menu_leaves_beliefs_unsettled_and_the_seller_no_worse() -> None:
    scenario = load("learn-l", overrides=['seats=[{strategy="hedge"}]'])
    phase = learn(casts(scenario)[0]).phases[0]
    late, revenue = late_shares(phase.course, phase.strategies), mean_over_worlds(phase.course.late_revenue)
    assert round(late["value"].min(), 2) == 1.0
    assert f"and {late['belief'].mean():.2f} of the beliefs" in text("learn-l")
    assert f"earns {revenue.mean:.3f}, with a standard error of {revenue.error:.3f}" in text("learn-l")
