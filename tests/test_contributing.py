"""The examples in CONTRIBUTING.md are whole: each class is registered, played and agrees with itself."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from agents.learning import LEARNERS
from agents.strategies import STRATEGIES
from mechanisms import MECHANISMS
from scenarios.cli import main
from scenarios.experiment import assemble
from scenarios.market import Market
from scenarios.scenario import load

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")


def examples() -> dict[str, type]:
    """Return the classes that the page's Python blocks define, by their names in the registries."""
    classes = {}
    for block in re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL):
        names: dict = {"__name__": "example"}
        lines = block.splitlines()
        indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
        exec("\n".join(line[indent:] for line in lines), names)
        classes |= {v.name: v for v in names.values() if isinstance(v, type) and v.__module__ == "example"}
    return classes


def register(monkeypatch) -> None:
    """Add the examples to their registries."""
    for name, kind in examples().items():
        registry = {"settle": MECHANISMS, "policy": LEARNERS, "plan": STRATEGIES}
        (entries,) = (entries for method, entries in registry.items() if hasattr(kind, method))
        monkeypatch.setitem(entries, name, kind)


def market(monkeypatch, *changes: str) -> tuple[Market, float]:
    """Return a market of 20 rounds in 400 worlds and its exact revenue."""
    register(monkeypatch)
    experiment = assemble(load("insiders", overrides=changes))
    played = Market(experiment.game, experiment.strategies(), worlds=400, seed=3)
    for _ in range(20):
        played.step()
    play = experiment.game.play(experiment.plans())
    exact = experiment.game.mechanism.expect(play.reports).revenue
    return played, float(experiment.space.weights[play.states] @ exact)


def test_the_page_has_a_strategy_a_learner_and_a_mechanism():
    assert set(examples()) == {"reticent", "last-best", "third-price"}


@pytest.mark.parametrize("change", ["seats.0.strategy=reticent", "mechanism.kind=third-price"])
def test_the_examples_play_as_they_are_worked_out(monkeypatch, change):
    played, exact = market(monkeypatch, change)
    means = played.totals["revenue"] / 20
    assert abs(means.mean() - exact) <= 4 * means.std(ddof=1) / np.sqrt(len(means))


def test_third_price_with_truthful_bids_sells_for_the_lowest_of_three(monkeypatch):
    _, exact = market(monkeypatch, "mechanism.kind=third-price")
    scenario = assemble(load("insiders"))
    grids = scenario.environment.values
    lowest = [min(grid[k] for grid, k in zip(grids, row, strict=True)) for row in scenario.space.profiles]
    assert exact == pytest.approx(float(scenario.space.weights @ np.array(lowest)))


def test_the_learner_of_the_page_plays_what_was_best_last(monkeypatch):
    """Its last mix is even over what the last round's payoffs had at the top, but for trembles."""
    register(monkeypatch)
    experiment = assemble(load("insiders", overrides=['seats=[{strategy="last-best", tremble=0.1}]']))
    played = Market(experiment.game, experiment.strategies(), worlds=30, seed=3)
    for _ in range(5):
        played.step()
    for agent in played.agents:
        strategy, worth = agent.strategy, played.arena.full(agent.seat.index)
        cells = agent.seat.information[played.drawn.states]
        for world, cell in enumerate(cells):
            allowed = strategy.options.allowed[cell]
            top = allowed & (worth[world] >= worth[world][allowed].max() - 1e-9)
            wanted = 0.9 * top / top.sum() + 0.1 * allowed / allowed.sum()
            assert strategy.mixes()[world, cell] == pytest.approx(wanted)


def test_the_learner_of_the_page_can_be_named_on_the_command_line(monkeypatch):
    register(monkeypatch)
    (command,) = re.findall(r"`crowdbayes (learn insiders .*?)`", TEXT)
    result = CliRunner().invoke(main, [*shlex.split(command), "--rounds", "20", "--worlds", "3"])
    assert result.exit_code == 0, result.output
    assert "last-best(tremble=0.1)" in result.stdout
