"""A scenario as validated data: everything about an experiment but its seed's draws.

A scenario is a TOML file. Unknown keys are errors with a suggestion; names refer to the registries; nothing in a
file is ever run as code. `load` reads one; a bad one raises `BadInput`, one sentence naming file, field and value.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from agents.parameters import complaint, suggestion
from scenarios.errors import BadInput
from scenarios.schema import (
    FORMS,
    PRIORS,
    ComponentSpec,
    EnvironmentSpec,
    GridSpec,
    RunSpec,
    Scenario,
    ShockSpec,
)

__all__ = ["Scenario", "amended", "find", "load", "parse", "shipped", "shocked"]


def shipped() -> dict[str, Path]:
    """Return the scenarios that ship, by name."""
    folder = Path(str(resources.files("scenarios.library")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load(source: str | Path, *, overrides: Sequence[str] = ()) -> Scenario:
    """Read a scenario from a path or a shipped name, with ``KEY=VALUE`` overrides.

    Raises
    ------
    BadInput : one sentence that names the file, the field and the offending value.
    """
    path = find(source)
    if path.suffix.lower() == ".nfg":
        raise BadInput(f"{source}: is a game file, which only `crowdbayes dominance` reads")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{source}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{source}: is not text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{source}: is not valid TOML: {error}") from None
    for override in overrides:
        _override(data, override, str(source))
    return parse(data, source=str(source), folder=path.parent, name=path.stem)


def amended(scenario: Scenario, overrides: Sequence[str]) -> Scenario:
    """Return a scenario with ``KEY=VALUE`` overrides."""
    if not overrides:
        return scenario
    data = scenario.model_dump(exclude_unset=True)
    for override in overrides:
        _override(data, override, scenario.source)
    return parse(data, source=scenario.source, folder=scenario.folder)


def shocked(scenario: Scenario) -> list[Scenario]:
    """Return the scenario as it is at first and after each of its shocks, one upon the other, without shocks.

    Raises
    ------
    BadInput : if shocks are not in order, come after the last round, or change what cannot change in play.
    """
    data = scenario.model_dump(exclude_unset=True)
    data.pop("shocks", None)
    phases = [parse(data, source=scenario.source, folder=scenario.folder)]
    before = 1
    for number, shock in enumerate(scenario.shocks):
        field = f"{scenario.source}: shocks[{number}]"
        if shock.round > scenario.run.rounds:
            played = "1 round is" if scenario.run.rounds == 1 else f"{scenario.run.rounds} rounds are"
            raise BadInput(f"{field}.round is {shock.round}, but only {played} played")
        if shock.round <= before:
            raise BadInput(f"{field}.round is {shock.round}; it must come after that of shocks[{number - 1}], {before}")
        before = shock.round
        for key, value in shock.set.items():
            if key.split(".")[0] not in _CHANGEABLE:
                raise BadInput(f"{field}.set changes {key!r}; only {', '.join(_CHANGEABLE)} can change in play")
            _put(data, key, value, f"{scenario.source}: shocks[{number}]")
        phases.append(parse(data, source=scenario.source, folder=scenario.folder))
    return phases


def parse(
    data: Mapping[str, Any], *, source: str = "scenario", folder: Path | None = None, name: str = "scenario"
) -> Scenario:
    """Return the scenario that a mapping describes."""
    try:
        scenario = Scenario.model_validate({"name": name, **data})
    except ValidationError as error:
        raise BadInput(f"{source}: {_sentence(error)}") from None
    scenario._source = source
    scenario._folder = folder or Path()
    return scenario


def find(source: str | Path) -> Path:
    """Return the file of a scenario given by path or shipped name."""
    path = Path(source)
    try:
        if path.is_file():
            return path
    except (OSError, ValueError):  # a name that no file can have
        pass
    known = shipped()
    if str(source) in known:
        return known[str(source)]
    if path.suffix or path.parent != Path():
        raise BadInput(f"{source}: there is no such file")
    hint = suggestion(str(source), known, otherwise="scenarios that ship")
    raise BadInput(f"{source}: there is no such file or shipped scenario; {hint}")


def _override(data: dict[str, Any], text: str, source: str) -> None:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise BadInput(f"{source}: an override reads KEY=VALUE, not {text!r}")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError as error:
        if value.lstrip()[:1] in ("{", "["):
            raise BadInput(f"{source}: override {key.strip()!r} is not valid TOML: {error}") from None
        parsed = value
    _put(data, key, parsed, source)


def _put(data: dict[str, Any], key: str, value: Any, source: str) -> None:
    """Set what a dotted key leads to."""
    place: Any = data
    *path, last = key.strip().split(".")
    for step in path:
        place = _descend(place, step, key, source)
    if isinstance(place, list):
        place[_position(place, last, key, source)] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise BadInput(f"{source}: override {key!r} leads into {place!r}, which holds no fields")


def _descend(place: Any, step: str, key: str, source: str) -> Any:
    if isinstance(place, list):
        return place[_position(place, step, key, source)]
    if isinstance(place, dict):
        return place.setdefault(step, {})
    raise BadInput(f"{source}: override {key!r} leads into {place!r}, which holds no fields")


def _position(place: list[Any], step: str, key: str, source: str) -> int:
    if not (step.isascii() and step.isdigit()) or int(step) >= len(place):
        raise BadInput(f"{source}: override {key!r} needs a number below {len(place)} where it says {step!r}")
    return int(step)


def _sentence(error: ValidationError) -> str:
    """Return the first complaint as one sentence, and how many more there are."""
    first, *rest = error.errors()
    steps = [step for step in first["loc"] if step not in FORMS]
    if steps[0] == "prior" and len(steps) > 1:
        del steps[1]  # the kind
    field = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
    given = first.get("input")
    if first["type"] == "extra_forbidden":
        message = f"unknown key {field!r} (= {given!r}){_suggestion(steps)}"
    elif first["type"] == "missing":
        message = f"{field} is missing"
    elif first["type"] == "union_tag_not_found":
        message = f"{field}.kind is missing"
    else:
        shown = given if len(repr(given)) < 80 else f"{repr(given)[:77]}..."
        message = f"{field} {complaint(first['msg'])}, not {shown!r}"
        if first["type"] == "union_tag_invalid":
            context = first.get("ctx", {})
            expected, tag = context["expected_tags"], context["tag"]
            message = f"{field}.kind should be one of {expected}, not {tag!r}"
            if tag in FORMS:
                message = f"{field} should be {expected.replace(chr(39), '').replace(', ', ' or ')}, not {shown!r}"
        elif first["type"] == "literal_error" and isinstance(given, str):
            known = re.findall("'([^']+)'", first["ctx"]["expected"])
            message = f"{field} {given!r} is unknown; {suggestion(given, known)}"
    return message + (f" ({len(rest)} more to mend)" if rest else "")


_CHANGEABLE = ("prior", "knowledge", "mechanism")
_MODELS: dict[str, type[BaseModel]] = {
    "environment": EnvironmentSpec,
    "run": RunSpec,
    "shocks": ShockSpec,
}


def _suggestion(steps: Sequence[str | int]) -> str:
    """Return "; did you mean ...?" for a key that the schema does not know."""
    known: list[str]
    if len(steps) == 1:
        known = list(Scenario.model_fields)
    elif steps[:2] == ["prior", "components"]:
        known = list(ComponentSpec.model_fields)
    elif steps[0] == "prior":
        known = [name for kind in PRIORS.values() for name in kind.model_fields]
    elif steps[:2] == ["environment", "grid"]:
        known = [field.alias or name for name, field in GridSpec.model_fields.items()]
    else:
        known = list(_MODELS[str(steps[0])].model_fields)
    return f"; {suggestion(str(steps[-1]), dict.fromkeys(known))}"
