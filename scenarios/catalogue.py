"""What there is to name in a scenario, with a line on each."""

from __future__ import annotations

import tomllib
from pathlib import Path

from scenarios.scenario import shipped


def catalogue(what: str) -> dict[str, str]:
    """Return names and summaries of the scenarios, mechanisms, strategies, knowledge structures or claims."""
    return _CATALOGUES[what]()


def _scenarios() -> dict[str, str]:
    return {name: headline(path) for name, path in shipped().items()}


def headline(path: Path) -> str:
    """Return the first comment line of a scenario, or its mechanism if it has none."""
    text = path.read_text(encoding="utf-8")
    first = text.lstrip().splitlines()[0]
    return first.lstrip("# ") if first.startswith("#") else tomllib.loads(text)["mechanism"]["kind"]


def _mechanisms() -> dict[str, str]:
    from mechanisms import MECHANISMS

    return {name: kind.summary for name, kind in MECHANISMS.items()}


def _strategies() -> dict[str, str]:
    from agents.strategies import BELIEF_RULES, STRATEGIES, VALUE_RULES

    entries = {name: kind.summary for name, kind in STRATEGIES.items()}
    entries |= {f"value = {name}": _first_line(rule) for name, rule in VALUE_RULES.items()}
    return entries | {f"belief = {name}": _first_line(rule) for name, rule in BELIEF_RULES.items()}


def _knowledge() -> dict[str, str]:
    from agents.knowledge import KNOWLEDGE
    from agents.misinformation import MISINFORMATION

    entries = {name: _first_line(structure) for name, structure in KNOWLEDGE.items()}
    return entries | {f"misinformed: {name}": _first_line(form) for name, form in MISINFORMATION.items()}


def _claims() -> dict[str, str]:
    from analysis.claims import CLAIMS

    return {name: claim.statement for name, claim in CLAIMS.items()}


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0]


_CATALOGUES = {
    "scenarios": _scenarios,
    "mechanisms": _mechanisms,
    "strategies": _strategies,
    "knowledge": _knowledge,
    "claims": _claims,
}
