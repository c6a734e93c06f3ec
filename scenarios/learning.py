"""Learning runs: who learns, against whom, from one shock to the next, in blocks of worlds or all at once.

The same seed gives the same bits however the worlds are split. All learners meet the same draws of nature, of the house
and of their own coins, so that they can be compared world by world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import mesa

from agents.induced import MEMORY
from agents.learning import LEARNERS
from agents.learning.arena import Arena
from agents.parameters import called, entry
from agents.strategies import STRATEGIES, Strategy
from analysis.emergence.course import Course, together
from scenarios.errors import BadInput, blame
from scenarios.experiment import Experiment, assemble, build_strategy
from scenarios.market import Market
from scenarios.recorder import Recorder
from scenarios.scenario import Scenario, parse, shocked
from scenarios.schema import SeatSpec
from scenarios.streams import Block
from scenarios.workers import workers_of

Tell = Callable[[float, str], None]
DEFAULT = "hedge"
OWN = "scenario"


@dataclass(frozen=True)
class Cast:
    """Who plays: a strategy for each seat, by the scenario's own tables.

    Attributes
    ----------
    label : the learner's name as it was given, or `OWN` for the scenario's own seats.
    against : None where all of them learn, else what the rivals of one learning seat play.
    learning : the seat that learns against others; None where it is not one.
    """

    label: str
    against: str | None
    learning: int | None
    scenario: Scenario

    @property
    def title(self) -> str:
        """Who learns against whom, in words."""
        if self.label == OWN:
            return "the scenario's own seats"
        return f"{self.label} in {'every seat' if self.against is None else f'seat {self.learning}'}"


@dataclass(frozen=True, eq=False)
class Phase:
    """The time from one shock to the next.

    Attributes
    ----------
    start : rounds played before it.
    experiment : the scenario as it was then.
    strategies : the seats' strategies, prepared but not played; for names and options.
    course : what happened.
    memory : bytes that the tables of one seat may take.
    """

    start: int
    experiment: Experiment
    strategies: tuple[Strategy, ...]
    course: Course
    memory: int = MEMORY

    def arena(self) -> Arena:
        """Return the arena of the phase, to compute with; its learners have learnt nothing."""
        return Arena(self.experiment.game, self.strategies, memory=self.memory)


@dataclass(frozen=True, eq=False)
class Learned:
    """What became of one cast."""

    cast: Cast
    phases: tuple[Phase, ...]


def casts(scenario: Scenario, learners: Sequence[str] = (), *, against: str | None = None) -> list[Cast]:
    """Return who is to play: each learner in every seat, or in each seat by turns against others.

    Parameters
    ----------
    learners : names in `LEARNERS`, with parameters in brackets if need be. Without any, the scenario's own seats, if
        some of them learns, else Hedge. A seat that learns in the scenario keeps its `values` and `beliefs`, unless the
        brackets have others.
    against : the strategy of the rivals of one learner at a time, likewise; everybody learns unless given.

    Raises
    ------
    BadInput : if a name or a parameter is unknown.
    """
    if not learners and against is None and any(_menu_of(spec) is not None for spec in scenario.seats):
        return [Cast(OWN, None, None, scenario)]
    found = []
    players = len(assemble(scenario).game.seats)
    given = scenario.seats if len(scenario.seats) == players else [scenario.seats[0]] * players
    for label in dict.fromkeys(learners or (DEFAULT,)):
        learner = _asked(scenario, label, "--learner", LEARNERS, "hedge(rate=0.5)")
        seats = [{**(_menu_of(spec) or {}), **learner} for spec in given]
        if against is None:
            found.append(Cast(label, None, None, _seated(scenario, seats)))
            continue
        rival = _asked(scenario, against, "--against", {**STRATEGIES, **LEARNERS}, "misreport(value='overbid')")
        for i, seat in enumerate(seats):
            rivals = [seat if j == i else rival for j in range(players)]
            found.append(Cast(label, against, i, _seated(scenario, rivals)))
    return found


def set_aside(scenario: Scenario) -> tuple[str, ...]:
    """Return a note on the strategies and rings of the scenario that give way to `casts`, and on how a ring learns."""
    rings = {k: spec.parameters["ring"] for k, spec in enumerate(scenario.seats) if spec.parameters.get("ring")}
    kept = {"truthful", *LEARNERS}
    aside = [spec.strategy for k, spec in enumerate(scenario.seats) if k in rings or spec.strategy not in kept]
    if not aside:
        return ()
    note = f"set aside: {', '.join(dict.fromkeys(aside))}, which the scenario's own seats play"
    if not rings:
        return (note,)
    ask = " ".join(f"--set 'seats.{k}={{strategy=\"{DEFAULT}\", ring={list(ring)}}}'" for k, ring in rings.items())
    return (f"{note}; for a ring that learns: {ask}",)


def learn(
    cast: Cast,
    *,
    workers: int = 1,
    blocks: int | None = None,
    memory: int = MEMORY,
    tell: Tell = lambda share, what: None,
) -> Learned:
    """Play a cast's rounds and return what happened.

    Parameters
    ----------
    workers : processes to play in.
    blocks : how many blocks of worlds to play one after the other, or side by side; one a worker unless given.
    memory : bytes that the tables of one seat's payoffs may take.
    tell : called with the share done and what is being done.

    Raises
    ------
    BadInput : if the scenario is bad, or nobody in it learns.
    """
    settings = cast.scenario.run
    count = min(blocks or workers, settings.worlds)
    edges = [settings.worlds * k // count for k in range(count + 1)]
    parts = [Block(low, high - low, settings.worlds) for low, high in pairwise(edges)]
    phases = list(_phases(cast.scenario))
    if workers > 1 and count > 1:
        with workers_of(min(workers, count)) as pool:
            played = []
            for courses in pool.map(partial(play_block, cast.scenario, memory=memory), parts):
                played.append(courses)
                tell(len(played) / count, "learning")
    else:
        shares = [(lambda share, what, k=k: tell((k + share) / count, what)) for k in range(count)]
        played = [
            play_block(cast.scenario, part, tell=share, memory=memory)
            for part, share in zip(parts, shares, strict=True)
        ]
    return Learned(
        cast,
        tuple(
            Phase(start, experiment, _prepared(experiment), together([courses[k] for courses in played]), memory)
            for k, (start, experiment) in enumerate(phases)
        ),
    )


def play_block(
    scenario: Scenario, block: Block, *, memory: int = MEMORY, tell: Tell = lambda share, what: None
) -> list[Course]:
    """Play the rounds of a block of worlds; return the course from each shock to the next."""
    phases = list(_phases(scenario))
    ends = [start for start, _ in phases[1:]] + [scenario.run.rounds]
    with blame(scenario.source):
        strategies = phases[0][1].strategies()
        run = scenario.run
        market = Market(
            phases[0][1].game,
            strategies,
            worlds=run.worlds,
            seed=run.seed,
            block=block,
            rounds=run.rounds,
            memory=memory,
        )
        if market.arena is None:
            raise BadInput(f"{scenario.source}: nobody learns: give a seat one of {', '.join(LEARNERS)}")
        courses = []
        for (start, experiment), end in zip(phases, ends, strict=True):
            if start:
                market.change(experiment.game)
            recorder = Recorder(market, end - start)
            for number in range(start, end):
                market.step()
                recorder.record(market)
                if number % 16 == 0:
                    tell(number / scenario.run.rounds, "learning")
            courses.append(recorder.course())
    mesa.Agent._ids.pop(market, None)  # Mesa would keep the model alive for the process's whole life
    return courses


def _phases(scenario: Scenario) -> Iterator[tuple[int, Experiment]]:
    """Yield each phase's first round, counted from 0, and its experiment."""
    starts = [0, *(shock.round - 1 for shock in scenario.shocks)]
    for number, (start, phase) in enumerate(zip(starts, shocked(scenario), strict=True)):
        try:
            yield start, assemble(phase)
        except BadInput as error:
            if not number:
                raise
            raise BadInput(f"{error} (after shocks[{number - 1}])") from None


def _prepared(experiment: Experiment) -> tuple[Strategy, ...]:
    strategies = experiment.strategies()
    for seat, strategy in zip(experiment.game.seats, strategies, strict=True):
        strategy.prepare(seat, 1)
    return strategies


def _asked(scenario: Scenario, text: str, option: str, registry: Mapping[str, type], example: str) -> dict[str, Any]:
    """Return the table of a seat that an option asks for, with its parameters checked."""
    with blame(scenario.source):
        name, parameters = called(text, field=option, example=example)
        entry(registry, name, field=option)
        with blame(scenario.source, f"{option} {name}"):
            build_strategy(name, parameters, field=f"{option} {name}")
    return {"strategy": name, **parameters}


def _menu_of(spec: SeatSpec) -> dict[str, Any] | None:
    """Return the menu that a seat which learns was given; None if it does not learn."""
    if spec.strategy not in LEARNERS:
        return None
    return {key: rules for key, rules in spec.parameters.items() if key in ("values", "beliefs")}


def _seated(scenario: Scenario, seats: list[dict[str, Any]]) -> Scenario:
    data = {**scenario.model_dump(exclude_unset=True), "seats": seats}
    return parse(data, source=scenario.source, folder=scenario.folder)
