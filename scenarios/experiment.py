"""From a scenario to the objects that it names: environment, states, knowledge, mechanism, strategies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from agents.factored import FactoredKnowledge, FactoredSpace
from agents.game import Game
from agents.knowledge import KNOWLEDGE, Knowledge, StateSpace, partition
from agents.learning import LEARNERS
from agents.learning.learning import Learning
from agents.misinformation import MISINFORMATION, misinform
from agents.parameters import checked, entry, keyword_parameters
from agents.plan import Plan
from agents.sights import NotListed
from agents.strategies import STRATEGIES, Strategy
from mechanisms import MECHANISMS, BeliefBook, Environment, Setting
from mechanisms.mechanism import Mechanism
from scenarios.errors import BadInput, blame
from scenarios.origin import Origin, build_environment, find_origin
from scenarios.priors import build_prior
from scenarios.schema import (
    BidsPrior,
    KnowledgeSpec,
    MechanismSpec,
    MisinformedSpec,
    Scenario,
    SeatSpec,
)
from scenarios.streams import seed_sequence


@dataclass(frozen=True, eq=False)
class Experiment:
    """A scenario brought to life.

    Attributes
    ----------
    setting : environment, book of beliefs and prior, which every mechanism on this scenario shares.
    space : the states, or what they are drawn from where they are too many to list.
    knowledge : who knows what.
    game : the scenario's mechanism on them.
    origin : where the grids and the prior come from.
    """

    scenario: Scenario
    setting: Setting
    space: StateSpace | FactoredSpace
    knowledge: Knowledge | FactoredKnowledge
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

    def mechanism(
        self, kind: str, *, changes: Mapping[str, float] | None = None, own: Mapping[str, Any] | None = None
    ) -> Mechanism:
        """Return another mechanism under the scenario's own parameters, some of them changed.

        `own` are parameters that the kind must know; of `changes` those are left out that it does not take.
        """
        with blame(self.scenario.source, "mechanism"):
            return _mechanism(self.scenario, self.setting, kind, changes or {}, own or {})

    def rival(self, kind: str, **changes: float) -> Game:
        """Return the game of another mechanism on the same states, knowledge and book."""
        return Game(self.mechanism(kind, changes=changes), self.knowledge)

    def scaled(self, kind: str, factor: int) -> Game:
        """Return the game of a mechanism with every value multiplied by a whole number, epsilon as it is."""
        environment = replace(self.environment, worth=tuple(factor * table for table in self.environment.worth))
        setting = Setting(environment, BeliefBook(), self.space.prior)
        with blame(self.scenario.source, "mechanism"):
            return Game(_mechanism(self.scenario, setting, kind, {}), self.knowledge)

    def informed(self, kind: str, facts: str, **parameters: Any) -> Game:
        """Return the game of a mechanism under another knowledge structure, opinions as they are."""
        space, known = self.game.space, self.game.knowledge
        told = KNOWLEDGE[facts](self.environment, space, **parameters)
        knowledge = partition(space, self.environment, told)
        return Game(self.mechanism(kind), replace(knowledge, opinions=known.opinions))

    def strategies(self) -> tuple[Strategy, ...]:
        """Return a fresh strategy object for every seat."""
        return tuple(_strategy(self.scenario, spec, number) for number, spec in self._entries())

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
        return all(spec.strategy == "truthful" for spec in self.scenario.seats)

    def as_toml(self) -> str:
        """Return the scenario as TOML that runs anywhere: a prior of bids as the table made from them."""
        import tomli_w

        data = self.scenario.model_dump(exclude_unset=True, exclude_none=True)
        values = self.origin.values
        if isinstance(self.scenario.prior, BidsPrior) and values is not None:
            kind = self.scenario.environment.kind
            data["environment"] = {"kind": kind, "values": list(map(list, values)), "unit": self.unit}
            data["prior"] = self.origin.prior.model_dump(exclude_none=True)
        notes = "".join(f"# {line}\n" for line in self.origin.provenance)
        return notes + tomli_w.dumps({"name": self.scenario.name, **data})

    def _entry_number(self, seat: int) -> int:
        return 0 if len(self.scenario.seats) == 1 else seat

    def _entries(self) -> Iterator[tuple[int, SeatSpec]]:
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
        origin = find_origin(scenario)
        environment = build_environment(scenario, origin.values)
    with blame(source, "prior"):
        prior = build_prior(origin.prior, environment, by_value=scenario.environment.kind != "assignment")
        space = prior.space()
        origin = replace(origin, notes=(*origin.notes, *prior.notes))
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
    _check_rings(source, experiment.strategies())
    return experiment


def assemble_listed(scenario: Scenario, what: str) -> Experiment:
    """Build what a scenario describes for something that needs a list of its states.

    Raises
    ------
    BadInput : as in `assemble`, or if the states are too many to list.
    """
    experiment = assemble(scenario)
    if not experiment.game.listed:
        raise BadInput(f"{scenario.source}: {NotListed(experiment.environment.shape, what=what)}")
    return experiment


def _check_rings(source: str, strategies: Sequence[Strategy]) -> None:
    """Check that every member of a ring names the same ring, and that nobody else does."""
    for seat, strategy in enumerate(strategies):
        for member in strategy.ring:
            if not 0 <= member < len(strategies):
                raise BadInput(f"{source}: seats[{seat}].ring names seat {member}; seats are 0..{len(strategies) - 1}")
            if strategies[member].ring != strategy.ring:
                raise BadInput(
                    f"{source}: seats[{seat}].ring is {list(strategy.ring)}, but seat {member}, "
                    f"who plays {strategies[member].name!r}, does not name that ring"
                )
        if strategy.ring and seat not in strategy.ring:
            raise BadInput(f"{source}: seats[{seat}].ring is {list(strategy.ring)}, a ring of others")


def _knowledge(
    scenario: Scenario, environment: Environment, space: StateSpace | FactoredSpace
) -> Knowledge | FactoredKnowledge:
    spec = scenario.knowledge
    structure = entry(KNOWLEDGE, spec.kind, field="knowledge.kind")
    parameters = checked(structure, spec.parameters, field="knowledge", beside=KnowledgeSpec.model_fields)
    knowledge = partition(space, environment, structure(environment, space, **parameters))
    for number, wrong in enumerate(spec.misinformed):
        field = f"knowledge.misinformed[{number}]"
        if not 0 <= wrong.seat < environment.players:
            raise BadInput(f"{field}.seat is {wrong.seat}; seats are 0..{environment.players - 1}")
        form = entry(MISINFORMATION, wrong.how, field=f"{field}.how")
        parameters = checked(form, wrong.parameters, field=field, beside=MisinformedSpec.model_fields)
        rng = np.random.default_rng(seed_sequence(scenario.run.seed, "opinion", wrong.seat))
        try:
            knowledge = misinform(knowledge, wrong.seat, form(space, wrong.seat, rng, **parameters))
        except ValueError as error:
            raise BadInput(f"{field}: {error}") from None
    return knowledge


def _mechanism(
    scenario: Scenario,
    setting: Setting,
    kind: str,
    changes: Mapping[str, float],
    given: Mapping[str, Any] | None = None,
) -> Mechanism:
    """Build a mechanism; shared parameters that its kind does not take are left out.

    A classical mechanism is made strict by Lemma 1 only where the scenario says ``strict = true``. The
    scenario's own parameters go to its own kind, and from L to L-printed and back; a rival gets the shared ones, and
    the cost of what is served, where there is one.
    """
    spec = scenario.mechanism
    cls = entry(MECHANISMS, kind, field="mechanism.kind")
    shared: dict[str, Any] = {"epsilon": spec.epsilon, "ties": spec.ties}
    if cls.elicits_beliefs or (spec.strict and kind == spec.kind):
        lottery = setting.environment.downward_closed or "delta" in spec.model_fields_set  # else there can be none
        shared |= {"delta": spec.delta if lottery else 0.0, "discount": spec.discount}
    shared |= {name: value for name, value in spec.parameters.items() if name == "cost"}
    own = spec.parameters if kind.removesuffix("-printed") == spec.kind.removesuffix("-printed") else {}
    takes = keyword_parameters(cls)
    parameters = {n: v for n, v in {**shared, **changes}.items() if n in takes}
    told = {**parameters, **own, **(given or {})}
    built: Mechanism = cls(setting, **checked(cls, told, field="mechanism", beside=MechanismSpec.model_fields))
    return built


def _strategy(scenario: Scenario, spec: SeatSpec, number: int) -> Strategy:
    field = f"seats[{number}]"
    with blame(scenario.source, field):
        entry({**STRATEGIES, **LEARNERS}, spec.strategy, field=f"{field}.strategy")
        return build_strategy(spec.strategy, spec.parameters, field=field, beside=SeatSpec.model_fields)


def build_strategy(name: str, given: Mapping[str, Any], *, field: str, beside: Iterable[str] = ()) -> Strategy:
    """Return a strategy that is in the registries, or a seat for a learner that is; parameters as in `checked`."""
    if name not in LEARNERS:
        strategy = STRATEGIES[name]
        return strategy(**checked(strategy, given, field=field, beside=beside))
    learner = LEARNERS[name]
    own = keyword_parameters(learner)
    rule = checked(learner, {n: v for n, v in given.items() if n in own}, field=field)
    rest = {n: v for n, v in given.items() if n not in own}
    return Learning(learner(**rule), **checked(Learning, rest, field=field, beside=[*beside, *own]))
