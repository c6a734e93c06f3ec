"""What a scenario may say: its tables and keys, with their types and limits.

Unknown keys are errors. What a table names beyond its own keys are parameters of the thing that it names, which the
registries know.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr

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


class ShockSpec(_Strict):
    """What changes at the beginning of a round, by dotted keys as on the command line; only learning plays it."""

    round: Annotated[int, Field(ge=2)]
    set: Annotated[dict[str, Any], Field(min_length=1)]


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
    shocks: list[ShockSpec] = []
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
