"""What is played, and every way to start it: scenarios, the Mesa market, runs, the command line.

Nothing here defines a rule of a mechanism, a strategy or a measure. The five lines that most users need:

>>> from scenarios import load, run
>>> scenario = load("worst-case-two")
>>> result = run(scenario, rounds=20, worlds=50, write=False)
>>> list(result.tables["revenue"].columns)
['figure', 'group', 'exact', 'simulated', 'standard_error']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scenarios.errors import BadInput
    from scenarios.experiment import assemble
    from scenarios.market import Market
    from scenarios.result import Result
    from scenarios.runner import run
    from scenarios.scenario import Scenario, load

__all__ = ["BadInput", "Market", "Result", "Scenario", "assemble", "load", "run"]

_HOMES = {
    "BadInput": "scenarios.errors",
    "Market": "scenarios.market",
    "Result": "scenarios.result",
    "Scenario": "scenarios.scenario",
    "assemble": "scenarios.experiment",
    "load": "scenarios.scenario",
    "run": "scenarios.runner",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: Mesa alone takes a second."""
    if name not in _HOMES:
        raise AttributeError(f"module 'scenarios' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
