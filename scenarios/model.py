"""A market that Mesa's own tools can make: `batch_run` and its dashboards want one class and plain parameters."""

from __future__ import annotations

from typing import Any

import mesa

from scenarios.experiment import assemble
from scenarios.market import Market
from scenarios.scenario import load


class ScenarioMarket(Market):
    """The market of a scenario, with a data collector.

    Parameters
    ----------
    scenario : a path or a shipped name.
    worlds, seed : as in the scenario unless given.
    changes : fields of the scenario, dots written as two underscores, such as ``mechanism__epsilon=0.1``.

    >>> import mesa
    >>> rows = mesa.batch_run(
    ...     ScenarioMarket,
    ...     {"scenario": "worst-case-two", "worlds": 20, "mechanism__delta": [0.0, 0.1]},
    ...     max_steps=3,
    ...     display_progress=False,
    ... )
    >>> len(rows)
    2
    """

    def __init__(self, scenario: str, *, worlds: int | None = None, seed: int | None = None, **changes: Any) -> None:
        overrides = [f"{name.replace('__', '.')}={_as_toml(value)}" for name, value in changes.items()]
        experiment = assemble(load(scenario, overrides=overrides))
        settings = experiment.scenario.run
        super().__init__(
            experiment.game,
            experiment.strategies(),
            worlds=settings.worlds if worlds is None else worlds,
            seed=settings.seed if seed is None else seed,
        )
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "revenue": lambda market: float(market.outcomes.revenue.mean()),
                "prices": lambda market: float(market.outcomes.prices.mean()),
                "rewards": lambda market: float(market.outcomes.rewards.sum(axis=1).mean()),
            }
        )

    def step(self) -> None:
        """Play a round and collect it."""
        super().step()
        self.datacollector.collect(self)


def _as_toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
