"""From a scenario to the objects that it names: environment, states, knowledge, mechanism, strategies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.game import Game
from agents.knowledge import KNOWLEDGE, Knowledge, StateSpace, partition
from agents.misinformation import MISINFORMATION, misinform
from agents.plan import Plan
from agents.strategies import STRATEGIES, Strategy
from mechanisms import MECHANISMS, BeliefBook, Environment, Setting, assignment, independent, single_good
from mechanisms.environment import IntArray
from mechanisms.mechanism import Mechanism
from scenarios.bind import bind, keyword_parameters, lookup
from scenarios.errors import BadInput, blame
from scenarios.scenario import (
    BidsPrior,
    IndependentPrior,
    KnowledgeSpec,
    MechanismSpec,
    MisinformedSpec,
    Scenario,
    SeatSpec,
    TablePrior,
)
from scenarios.streams import seed_sequence

MAX_STATES = 2_000_000


@dataclass(frozen=True)
class Origin:
    """Where grids and prior come from."""

    values: Sequence[Sequence[int]] | None
    prior: TablePrior | IndependentPrior
    unit: float
    notes: tuple[str, ...] = ()
    provenance: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Experiment:
    """A scenario brought to life.

    Attributes
    ----------
    setting : environment, book of beliefs and prior, which every mechanism on this scenario shares.
    space : the states.
    knowledge : who knows what.
    game : the scenario's mechanism on them.
    origin : where the grids and the prior come from.
    """

    scenario: Scenario
    setting: Setting
    space: StateSpace
    knowledge: Knowledge
    game: Game
    origin: Origin

    @property
    def notes(self) -> tuple[str, ...]:
        """Plain sentences that belong beside the figures, such as where a prior of bids comes from."""
        return self.origin.notes

    @property
    def unit(self) -> float:
        """Money per unit of value."""
        return self.origin.unit

    @property
    def environment(self) -> Environment:
        """The environment."""
        return self.setting.environment

    def mechanism(self, kind: str, **changes: float) -> Mechanism:
        """Return another mechanism under the scenario's own parameters, some of them changed."""
        with blame(self.scenario.source, "mechanism"):
            return _mechanism(self.scenario, self.setting, kind, changes)

    def rival(self, kind: str, **changes: float) -> Game:
        """Return the game of another mechanism on the same states, knowledge and book."""
        return Game(self.mechanism(kind, **changes), self.knowledge)

    def informed(self, kind: str, facts: str, **parameters: Any) -> Game:
        """Return the game of a mechanism under another knowledge structure."""
        told = KNOWLEDGE[facts](self.environment, self.space, **parameters)
        return Game(self.mechanism(kind), partition(self.space, self.environment, told))

    def strategies(self) -> tuple[Strategy, ...]:
        """Return a fresh strategy object for every seat."""
        return tuple(_strategy(self.scenario, entry, number) for number, entry in self._entries())

    def plans(self) -> tuple[Plan, ...] | None:
        """Return the seats' plans, or None if one of them has none, so that nothing is exact."""
        plans = []
        for seat, strategy in zip(self.game.seats, self.strategies(), strict=True):
            with blame(self.scenario.source, f"seats[{self._entry_number(seat.index)}]"):
                plan = strategy.plan(seat)
            if plan is None:
                return None
            plans.append(plan)
        return tuple(plans)

    @property
    def truthful(self) -> bool:
        """Whether every seat tells the truth."""
        return all(entry.strategy == "truthful" for entry in self.scenario.seats)

    def as_toml(self) -> str:
        """Return the scenario as TOML that runs anywhere: a prior of bids as the table made from them."""
        import tomli_w

        data = self.scenario.model_dump(exclude_unset=True, exclude_none=True)
        if isinstance(self.scenario.prior, BidsPrior):
            values = [grid.tolist() for grid in self.environment.values]
            data["environment"] = {"kind": "single-good", "values": values, "unit": self.unit}
            profiles = [[int(values[i][k]) for i, k in enumerate(profile)] for profile in self.space.profiles]
            data["prior"] = {
                "kind": "table",
                "profiles": profiles,
                "probabilities": self.space.weights.tolist(),
            }
        notes = "".join(f"# {line}\n" for line in self.origin.provenance)
        return notes + tomli_w.dumps({"name": self.scenario.name, **data})

    def _entry_number(self, seat: int) -> int:
        return 0 if len(self.scenario.seats) == 1 else seat

    def _entries(self) -> Iterator[tuple[int, Any]]:
        for seat in range(self.environment.players):
            number = self._entry_number(seat)
            yield number, self.scenario.seats[number]


def assemble(scenario: Scenario) -> Experiment:
    """Build what a scenario describes.

    Raises
    ------
    BadInput : one sentence that names the file, the field and the offending value.
    """
    source = scenario.source
    with blame(source, "environment"):
        origin = _origin(scenario)
        environment = _environment(scenario, origin.values)
    with blame(source, "prior"):
        space = _states(environment, origin.prior)
    with blame(source, "knowledge"):
        knowledge = _knowledge(scenario, environment, space)
    setting = Setting(environment, BeliefBook(), space.prior)
    with blame(source, "mechanism"):
        mechanism = _mechanism(scenario, setting, scenario.mechanism.kind, {})
    if len(scenario.seats) not in (1, environment.players):
        raise BadInput(
            f"{source}: seats has {len(scenario.seats)} entries; give one for all or one for each of the "
            f"{environment.players} players"
        )
    experiment = Experiment(scenario, setting, space, knowledge, Game(mechanism, knowledge), origin)
    experiment.strategies()
    return experiment


def _origin(scenario: Scenario) -> Origin:
    """Return the grids and the prior, those of a bids file read from it."""
    prior = scenario.prior
    if not isinstance(prior, BidsPrior):
        return Origin(scenario.environment.values, prior, scenario.environment.unit)
    if scenario.environment.kind != "single-good" or scenario.environment.values is not None:
        raise BadInput("environment.values must be left out with a prior of bids, which makes the grid itself")
    from scenarios.bids import CAUTION, prior_from_bids

    options = prior.model_dump(exclude={"kind", "path"})
    found = prior_from_bids(scenario.folder / prior.path, **options)
    table = TablePrior(
        kind="table",
        profiles=[list(profile) for profile in found.profiles],
        probabilities=list(found.probabilities),
    )
    dropped = ", ".join(f"{count} {reason}" for reason, count in found.dropped.items()) or "none"
    note = f"the prior comes from {found.used} auctions in {found.source}; dropped: {dropped}"
    return Origin(found.values, table, found.unit, (note, CAUTION), tuple(found.summary()))


def _environment(scenario: Scenario, values: Sequence[Sequence[int]] | None) -> Environment:
    spec = scenario.environment
    general = {"goods": spec.goods, "valuations": spec.valuations}
    if spec.kind == "single-good":
        for name, given in {**general, "bundles": spec.bundles, "allocations": spec.allocations}.items():
            if given is not None:
                raise BadInput(f"environment.{name} does not go with kind = 'single-good'")
        if values is None:
            raise BadInput("environment.values is missing: a grid of values for each player")
        return single_good(values)
    if values is not None:
        raise BadInput("environment.values does not go with kind = 'assignment'; give valuations")
    for name, given in general.items():
        if given is None:
            raise BadInput(f"environment.{name} is missing")
    assert spec.goods is not None
    assert spec.valuations is not None
    return assignment(spec.goods, spec.valuations, bundles=spec.bundles, allocations=spec.allocations)


def _states(environment: Environment, prior: TablePrior | IndependentPrior) -> StateSpace:
    if isinstance(prior, IndependentPrior):
        return _independent(environment, prior)
    profiles = _profiles(environment, prior.profiles)
    weights = np.array(prior.probabilities, dtype=float)
    if len(weights) != len(profiles):
        raise BadInput(f"prior.probabilities has {len(weights)} entries for {len(profiles)} profiles")
    if not np.isfinite(weights).all() or (weights < 0).any():
        row = int(np.flatnonzero(~np.isfinite(weights) | (weights < 0))[0])
        raise BadInput(f"prior.probabilities[{row}] is {weights[row]}, and a probability is at least 0")
    if abs(weights.sum() - 1.0) > 1e-9:
        raise BadInput(f"prior.probabilities sum to {weights.sum():.12g}, not 1")
    if prior.states is not None and len(prior.states) != len(profiles):
        raise BadInput(f"prior.states has {len(prior.states)} entries for {len(profiles)} profiles")
    kept = weights > 0
    labels = None
    if prior.states is not None:
        labels = tuple(str(x) for x, keep in zip(prior.states, kept, strict=True) if keep)
    return StateSpace(environment.shape, profiles[kept], weights[kept] / weights.sum(), labels)


def _independent(environment: Environment, prior: IndependentPrior) -> StateSpace:
    if len(prior.marginals) != environment.players:
        raise BadInput(f"prior.marginals has {len(prior.marginals)} lists for {environment.players} players")
    for i, (marginal, size) in enumerate(zip(prior.marginals, environment.shape, strict=True)):
        if len(marginal) != size:
            raise BadInput(f"prior.marginals[{i}] has {len(marginal)} probabilities for {size} values")
        if any(p < 0 for p in marginal) or abs(sum(marginal) - 1.0) > 1e-9:
            raise BadInput(f"prior.marginals[{i}] must be non-negative and sum to 1, not to {sum(marginal):.12g}")
    if np.prod(np.array(environment.shape, dtype=float)) > MAX_STATES:
        raise BadInput(
            f"prior.marginals make {np.prod(np.array(environment.shape, dtype=float)):.3g} profiles; "
            f"the limit is {MAX_STATES:,}"
        )
    return StateSpace.from_joint(independent(prior.marginals))


def _profiles(environment: Environment, rows: Sequence[Sequence[int]]) -> IntArray:
    """Return type indices of profiles written as values (single good) or as type numbers."""
    if environment.single_good:
        grids = [grid.tolist() for grid in environment.values]
    else:
        grids = [list(range(size)) for size in environment.shape]
    spots: list[Mapping[int, int]] = [{v: k for k, v in enumerate(grid)} for grid in grids]
    profiles = []
    for r, row in enumerate(rows):
        if len(row) != len(spots):
            raise BadInput(f"prior.profiles[{r}] has {len(row)} entries for {len(spots)} players")
        for i, value in enumerate(row):
            if value not in spots[i]:
                raise BadInput(f"prior.profiles[{r}][{i}] is {value}, which is not on player {i}'s grid {grids[i]}")
        profiles.append([spots[i][value] for i, value in enumerate(row)])
    return np.array(profiles, dtype=np.int64).reshape(-1, len(spots))


def _knowledge(scenario: Scenario, environment: Environment, space: StateSpace) -> Knowledge:
    spec = scenario.knowledge
    structure = lookup(KNOWLEDGE, spec.kind, field="knowledge.kind")
    parameters = bind(structure, spec.parameters, field="knowledge", beside=KnowledgeSpec.model_fields)
    knowledge = partition(space, environment, structure(environment, space, **parameters))
    for number, entry in enumerate(spec.misinformed):
        field = f"knowledge.misinformed[{number}]"
        if not 0 <= entry.seat < environment.players:
            raise BadInput(f"{field}.seat is {entry.seat}; seats are 0..{environment.players - 1}")
        form = lookup(MISINFORMATION, entry.how, field=f"{field}.how")
        parameters = bind(form, entry.parameters, field=field, beside=MisinformedSpec.model_fields)
        rng = np.random.default_rng(seed_sequence(scenario.run.seed, "opinion", entry.seat))
        knowledge = misinform(knowledge, entry.seat, form(space, entry.seat, rng, **parameters))
    return knowledge


def _mechanism(scenario: Scenario, setting: Setting, kind: str, changes: Mapping[str, float]) -> Mechanism:
    """Build a mechanism; shared parameters that its kind does not take are left out.

    A classical mechanism is made strict by Lemma 1 only where the scenario says ``strict = true``; a rival of
    the scenario's own kind gets the shared parameters alone.
    """
    spec = scenario.mechanism
    cls = lookup(MECHANISMS, kind, field="mechanism.kind")
    shared: dict[str, Any] = {"epsilon": spec.epsilon, "ties": spec.ties}
    if cls.elicits_beliefs or (spec.strict and kind == spec.kind):
        shared |= {"delta": spec.delta, "discount": spec.discount}
    own = spec.parameters if kind.removesuffix("-printed") == spec.kind.removesuffix("-printed") else {}
    takes = keyword_parameters(cls)
    parameters = {n: v for n, v in {**shared, **changes}.items() if n in takes}
    built: Mechanism = cls(
        setting, **bind(cls, {**parameters, **own}, field="mechanism", beside=MechanismSpec.model_fields)
    )
    return built


def _strategy(scenario: Scenario, entry: Any, number: int) -> Strategy:
    field = f"seats[{number}]"
    with blame(scenario.source, field):
        cls = lookup(STRATEGIES, entry.strategy, field=f"{field}.strategy")
        built: Strategy = cls(**bind(cls, entry.parameters, field=field, beside=SeatSpec.model_fields))
    return built
