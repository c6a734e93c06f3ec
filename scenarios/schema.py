"""What a scenario may say: its tables and keys, with their types and limits.

Unknown keys are errors. What a table names beyond its own keys are parameters of the thing that it names, which the
registries know.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
)

WORD, LIST, TABLE, NUMBER = "a word", "a list", "a table", "a number"  # which of its forms a key is given in
FORMS = (WORD, LIST, TABLE, NUMBER)

Whole = Annotated[int, Field(ge=-(10**12), le=10**12)]
Share = Annotated[float, Field(ge=0, le=1)]


def _form(given: object) -> str:
    """Return which form of a key that has several is meant."""
    for form, kinds in ((WORD, str), (LIST, list), (NUMBER, (int, float))):
        if isinstance(given, kinds):
            return form
    return TABLE


Marginals = Annotated[
    Annotated[list[list[float]], Tag(LIST)] | Annotated[Literal["uniform"], Tag(WORD)], Discriminator(_form)
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class _Open(BaseModel):
    """A table whose other keys are the parameters of the thing it names."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, allow_inf_nan=False)

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys beyond those that the table itself defines."""
        return dict(self.model_extra or {})


class GridSpec(_Strict):
    """Values at equal steps, both ends included."""

    start: Whole = Field(alias="from")
    to: Whole
    step: Annotated[int, Field(ge=1, le=10**12)] = 1

    @model_serializer(mode="wrap")
    def _written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"from" if name == "start" else name: value for name, value in handler(self).items()}


class EnvironmentSpec(_Strict):
    """Who wants what: a grid of values each and who can be served together, or an assignment environment.

    With `players`, one grid (or one list of valuations) stands for everybody's.
    """

    kind: Literal["single-good", "services", "digital-goods", "public-good", "assignment"] = "single-good"
    players: Annotated[int, Field(ge=1, le=100_000)] | None = None
    values: list[list[Whole]] | None = None
    grid: (
        Annotated[
            Annotated[GridSpec, Tag(TABLE)] | Annotated[list[GridSpec], Tag(LIST)],
            Discriminator(_form),
        ]
        | None
    ) = None
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
    """Independent types: a marginal each, or one for all players."""

    kind: Literal["independent"]
    marginals: Marginals


class ComponentSpec(_Strict):
    """A common state given which types are independent: a marginal each, or one for all players."""

    weight: Share
    marginals: Marginals
    name: str | None = None


class MixturePrior(_Strict):
    """Types that are independent given a common state, which insiders may know."""

    kind: Literal["mixture"]
    components: Annotated[list[ComponentSpec], Field(min_length=1)]


class CopulaPrior(_Strict):
    """Given marginals tied by a copula: Gaussian with one factor, or Clayton's.

    See `scenarios.priors.copula`. A list of states is exact; where they are too many, `nodes` values of the factor
    stand for it.
    """

    kind: Literal["copula"]
    family: Literal["gaussian", "clayton"]
    marginals: Marginals
    correlation: Annotated[float, Field(gt=-1, lt=1)] | None = None
    loadings: list[Annotated[float, Field(gt=-1, lt=1)]] | None = None
    theta: Annotated[float, Field(ge=1e-6, le=100)] | None = None
    nodes: Annotated[int, Field(ge=2, le=1000)] = 32


class CommonShockPrior(_Strict):
    """Types that are an own part plus a common part, in steps of the grid.

    See `scenarios.priors.common_shock`. `own` is one distribution for all players or one each.
    """

    kind: Literal["common-shock"]
    own: Annotated[list[list[float]], Field(min_length=1)]
    shock: Annotated[list[float], Field(min_length=1)]
    names: list[str] | None = None


class BidsPrior(_Strict):
    """A prior estimated from a CSV of bids: a table, or with `components` a mixture.

    See `scenarios.bids` and `scenarios.priors.bid_mixture`.
    """

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
    smoothing: float | None = None
    unit: float | None = None
    components: (
        Annotated[Annotated[int, Tag(NUMBER)] | Annotated[Literal["auto"], Tag(WORD)], Discriminator(_form)] | None
    ) = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1


Prior = TablePrior | IndependentPrior | MixturePrior | CopulaPrior | CommonShockPrior | BidsPrior
PRIORS: dict[str, type[Prior]] = {
    "table": TablePrior,
    "independent": IndependentPrior,
    "mixture": MixturePrior,
    "copula": CopulaPrior,
    "common-shock": CommonShockPrior,
    "bids": BidsPrior,
}


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
    prior: Annotated[Prior, Field(discriminator="kind")]
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
