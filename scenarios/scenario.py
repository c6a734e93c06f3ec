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
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from agents.parameters import complaint, suggestion
from scenarios.errors import BadInput

Whole = Annotated[int, Field(ge=-(10**12), le=10**12)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class _Open(BaseModel):
    """A table whose other keys are the parameters of the thing it names."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, allow_inf_nan=False)

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys beyond those that the table itself defines."""
        return dict(self.model_extra or {})


class EnvironmentSpec(_Strict):
    """Who wants what: a grid of values each and who can be served together, or an assignment environment."""

    kind: Literal["single-good", "services", "digital-goods", "public-good", "assignment"] = "single-good"
    values: list[list[Whole]] | None = None
    served: list[list[Whole]] | None = None
    goods: list[str] | None = None
    bundles: list[list[str]] | None = None
    valuations: list[list[list[Whole]]] | None = None
    allocations: list[list[list[str]]] | None = None
    unit: Annotated[float, Field(gt=0)] = 1.0


class TablePrior(_Strict):
    """States listed one by one, with an optional name of what is common about each."""

    kind: Literal["table"]
    profiles: list[list[Whole]]
    probabilities: list[float]
    states: list[str | int] | None = None


class IndependentPrior(_Strict):
    """Independent types, a marginal each."""

    kind: Literal["independent"]
    marginals: list[list[float]]


class BidsPrior(_Strict):
    """A prior estimated from a CSV of bids; see `scenarios.bids`."""

    kind: Literal["bids"]
    path: str
    auction: str = "auction"
    bidder: str = "bidder"
    bid: str = "bid"
    bidders: list[str] | None = None
    highest: int | None = None
    exchangeable: bool = False
    where: dict[str, str] | None = None
    levels: int = 5
    smoothing: float = 0.0
    unit: float | None = None


class MisinformedSpec(_Open):
    """A player whose prior is not D."""

    seat: int
    how: str


class KnowledgeSpec(_Open):
    """What the players know."""

    kind: str = "own-value"
    misinformed: list[MisinformedSpec] = []


class MechanismSpec(_Open):
    """The rules of the auction and the parameters that all mechanisms share."""

    kind: str
    epsilon: Annotated[float, Field(ge=0, le=1e12)] = 0.05
    delta: Annotated[float, Field(ge=0, le=1)] = 0.05
    discount: Annotated[float, Field(gt=0, lt=1)] = 0.5
    ties: Literal["lowest-index", "uniform"] = "lowest-index"
    strict: bool = False


class SeatSpec(_Open):
    """One seat's strategy and its parameters."""

    strategy: str = "truthful"


class RunSpec(_Strict):
    """How long to play."""

    rounds: Annotated[int, Field(ge=1, le=10**9)] = 1000
    worlds: Annotated[int, Field(ge=1, le=10**7)] = 200
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1


def _plain_name(name: str) -> str:
    """Check a scenario's name, which also names a folder."""
    if not re.fullmatch(r"\w[\w .()+=-]{0,79}", name):
        raise ValueError("begins with a letter or digit and goes on, up to 80 signs, with these or any of ._()+=-")
    return name


class Scenario(_Strict):
    """A whole scenario; `source` is where it came from, for messages and relative paths."""

    name: Annotated[str, AfterValidator(_plain_name)]
    environment: EnvironmentSpec = EnvironmentSpec()
    prior: Annotated[TablePrior | IndependentPrior | BidsPrior, Field(discriminator="kind")]
    knowledge: KnowledgeSpec = KnowledgeSpec()
    mechanism: MechanismSpec
    seats: Annotated[list[SeatSpec], Field(min_length=1)] = [SeatSpec()]
    run: RunSpec = RunSpec()

    _source: str = PrivateAttr("scenario")
    _folder: Path = PrivateAttr(Path())

    @property
    def source(self) -> str:
        """The file or shipped name that the scenario was read from."""
        return self._source

    @property
    def folder(self) -> Path:
        """The folder that relative paths in it start from."""
        return self._folder


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
    place: Any = data
    *path, last = key.strip().split(".")
    for step in path:
        place = _descend(place, step, key, source)
    if isinstance(place, list):
        place[_position(place, last, key, source)] = parsed
    elif isinstance(place, dict):
        place[last] = parsed
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
    steps = [step for step in first["loc"] if step not in ("table", "independent", "bids")]
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
            message = f"{field}.kind should be one of {context['expected_tags']}, not {context['tag']!r}"
        elif first["type"] == "literal_error" and isinstance(given, str):
            known = re.findall("'([^']+)'", first["ctx"]["expected"])
            message = f"{field} {given!r} is unknown; {suggestion(given, known)}"
    return message + (f" ({len(rest)} more to mend)" if rest else "")


_MODELS: dict[str, type[BaseModel]] = {
    "environment": EnvironmentSpec,
    "run": RunSpec,
}


def _suggestion(steps: Sequence[str | int]) -> str:
    """Return "; did you mean ...?" for a key that the schema does not know."""
    known: list[str]
    if len(steps) == 1:
        known = list(Scenario.model_fields)
    elif steps[0] == "prior":
        known = [*TablePrior.model_fields, *IndependentPrior.model_fields, *BidsPrior.model_fields]
    else:
        known = list(_MODELS[str(steps[0])].model_fields)
    return f"; {suggestion(str(steps[-1]), dict.fromkeys(known))}"
