"""Learning runs: who is cast, and the same bits however the worlds are split and in however many processes."""

from dataclasses import fields

import numpy as np
import pytest

from agents.learning import LEARNERS
from analysis.emergence.course import Course, SeatCourse
from scenarios.errors import BadInput
from scenarios.learning import OWN, Learned, casts, learn
from scenarios.scenario import Scenario, parse

MENU = {"values": ["shade", "overbid"], "beliefs": ["uniform"]}
BASE = {
    "name": "small",
    "environment": {"values": [[1, 2, 4], [1, 3], [2, 3]]},
    "prior": {
        "kind": "table",
        "profiles": [[1, 1, 2], [2, 3, 2], [4, 3, 3], [4, 1, 3], [2, 1, 2]],
        "probabilities": [0.2, 0.2, 0.3, 0.2, 0.1],
    },
    "knowledge": {"kind": "graph", "edges": [[0, 1]]},
    "mechanism": {"kind": "L", "epsilon": 0.5, "delta": 0.1},
    "run": {"rounds": 30, "worlds": 7, "seed": 5},
}
SHOCKS = [
    {"round": 11, "set": {"mechanism.kind": "M", "mechanism.epsilon": 1.0}},
    {"round": 21, "set": {"prior.probabilities": [0.1, 0.1, 0.2, 0.3, 0.3], "knowledge": {"kind": "own-value"}}},
]
NEWS = {"round": 8, "set": {"prior.probabilities": [0.1, 0.1, 0.2, 0.3, 0.3], "knowledge": {"kind": "own-value"}}}
CASES = [(name, feedback) for name, kind in LEARNERS.items() for feedback in kind.accepts]


def scenario(**changes) -> Scenario:
    return parse({**BASE, **changes})


def only(told: Scenario, *learners: str, **options) -> Learned:
    (cast,) = casts(told, learners)
    return learn(cast, **options)


def assert_same_bits(first: Learned, second: Learned) -> None:
    assert [phase.start for phase in first.phases] == [phase.start for phase in second.phases]
    for one, other in zip(first.phases, second.phases, strict=True):
        assert_same_course(one.course, other.course)


def assert_same_course(one: Course, other: Course) -> None:
    for name in ("ends", "late", "revenue"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert one.seats.keys() == other.seats.keys()
    for seat, mine in one.seats.items():
        for field in fields(SeatCourse):
            assert np.array_equal(getattr(mine, field.name), getattr(other.seats[seat], field.name)), field.name


# --- the same bits


@pytest.mark.parametrize(("name", "feedback"), CASES)
def test_any_split_into_blocks_gives_the_same_bits(name, feedback):
    """With the game changing in between, too."""
    seats = [{"strategy": name, "feedback": feedback, **MENU}]
    told = scenario(seats=seats, shocks=[NEWS], run={"rounds": 14, "worlds": 7, "seed": 5})
    whole = only(told)
    assert len(whole.phases) == 2
    assert_same_bits(only(told, blocks=2), whole)


@pytest.mark.slow
def test_two_processes_give_the_same_bits():
    names = ("hedge", "exp3", "replicator")
    seats = [{"strategy": name, "values": ["shade"], "beliefs": ["uniform"]} for name in names]
    told = scenario(seats=seats, shocks=SHOCKS)
    steps: list[float] = []
    found = only(told, workers=2, blocks=3, tell=lambda share, what: steps.append(share))
    assert_same_bits(found, only(told))
    assert steps == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_a_ring_s_bits_do_not_depend_on_the_split_either():
    ring = {"strategy": "hedge", "ring": [0, 1], **MENU}
    told = scenario(seats=[ring, ring, {"strategy": "truthful"}])
    assert_same_bits(only(told, blocks=3), only(told))


def test_another_seed_gives_other_bits():
    first, second = only(scenario(), "hedge"), only(scenario(run={**BASE["run"], "seed": 6}), "hedge")
    assert not np.array_equal(first.phases[0].course.revenue, second.phases[0].course.revenue)


def test_every_world_can_be_a_block():
    assert_same_bits(only(scenario(), "hedge", blocks=50), only(scenario(), "hedge"))


def test_progress_is_told_through_all_blocks():
    steps: list[float] = []
    only(scenario(), "hedge", blocks=2, tell=lambda share, what: steps.append(share))
    assert steps == sorted(steps)
    assert steps[0] == 0.0
    assert 0.5 <= steps[-1] < 1.0


# --- who is cast


def seats_of(cast) -> list[dict]:
    return [{"strategy": seat.strategy, **seat.parameters} for seat in cast.scenario.seats]


def test_without_learners_the_scenario_s_own_seats_learn():
    own = [{"strategy": "hedge"}, {"strategy": "truthful"}, {"strategy": "exp3", "mixing": 0.1}]
    (cast,) = casts(scenario(seats=own))
    assert (cast.label, cast.against, cast.learning) == (OWN, None, None)
    assert seats_of(cast) == own
    assert cast.title == "the scenario's own seats"
    assert list(learn(cast).phases[0].course.seats) == [0, 2]


def test_without_any_hedge_learns_in_every_seat():
    (cast,) = casts(scenario())
    assert (cast.label, seats_of(cast)) == ("hedge", [{"strategy": "hedge"}] * 3)
    assert cast.title == "hedge in every seat"


def test_each_learner_is_a_cast_with_its_parameters():
    found = casts(scenario(), ["hedge(rate=0.5, values=['shade'])", "exp3", "exp3"])
    assert [cast.label for cast in found] == ["hedge(rate=0.5, values=['shade'])", "exp3"]
    assert seats_of(found[0]) == [{"strategy": "hedge", "rate": 0.5, "values": ["shade"]}] * 3


def test_seats_that_learn_keep_their_menus():
    own = [{"strategy": "exp3", "mixing": 0.1, **MENU}, {"strategy": "truthful"}, {"strategy": "hedge", "values": []}]
    (cast,) = casts(scenario(seats=own), ["ucb1(beliefs=['mode'])"])
    told = {"strategy": "ucb1", "beliefs": ["mode"]}
    assert seats_of(cast) == [{**told, "values": MENU["values"]}, told, {**told, "values": []}]
    alone = casts(scenario(seats=own), ["ucb1"], against="truthful")
    assert seats_of(alone[0]) == [{"strategy": "ucb1", **MENU}, {"strategy": "truthful"}, {"strategy": "truthful"}]
    (shared,) = casts(scenario(seats=[{"strategy": "exp3", **MENU}]), ["ucb1"])
    assert seats_of(shared) == [{"strategy": "ucb1", **MENU}] * 3


def test_one_seat_at_a_time_learns_against_others():
    found = casts(scenario(), ["hedge"], against="truthful")
    assert [cast.learning for cast in found] == [0, 1, 2]
    for cast in found:
        wanted = [{"strategy": "hedge" if i == cast.learning else "truthful"} for i in range(3)]
        assert seats_of(cast) == wanted
        assert list(learn(cast).phases[0].course.seats) == [cast.learning]
        assert cast.title == f"hedge in seat {cast.learning}"


def test_rivals_may_learn_too():
    cast = casts(scenario(), ["hedge"], against="exp3")[1]
    assert list(learn(cast).phases[0].course.seats) == [0, 1, 2]


@pytest.mark.parametrize(
    ("learners", "against", "said"),
    [
        (["hegde"], None, "--learner 'hegde' is unknown; did you mean 'hedge'"),
        (["truthful"], None, "--learner 'truthful' is unknown"),
        (["hedge(rate=0.5"], None, "should read like hedge(rate=0.5): the bracket is not closed"),
        (["hedge(rat=0.5)"], None, "unknown key '--learner hedge.rat' (= 0.5); did you mean 'rate'"),
        (["hedge(rate=-1.0)"], None, "rate must be a positive number, not -1.0"),
        (["hedge(feedback='bandit')"], None, "feedback is 'bandit'; hedge learns from full or mean"),
        (["hedge(values=['shad'])"], None, "values 'shad' is unknown; did you mean 'shade'"),
        (["hedge(beliefs='uniform')"], None, "beliefs"),
        (["hedge"], "truthfull", "'truthfull' is unknown; did you mean 'truthful'"),
    ],
)
def test_bad_casts_are_one_sentence(learners, against, said):
    def play() -> None:
        for cast in casts(scenario(), learners, against=against):
            learn(cast)

    with pytest.raises(BadInput) as caught:
        play()
    assert said in str(caught.value)
    assert str(caught.value).startswith("scenario: ")
    assert "\n" not in str(caught.value)


def test_a_scenario_in_which_nobody_learns_is_refused():
    (cast,) = casts(scenario(), ["hedge"])
    with pytest.raises(BadInput, match=r"nobody learns: give a seat one of fictitious-play, "):
        learn(type(cast)("x", None, None, scenario()))


def test_mean_feedback_against_who_has_no_mix_is_refused():
    with pytest.raises(BadInput, match=r"mean feedback needs .*seat 1 changes its play without being a learner"):
        learn(casts(scenario(), ["replicator"], against="empirical-best-response")[0])


def test_tables_that_do_not_fit_are_refused_in_a_sentence():
    with pytest.raises(BadInput, match=r"^scenario: seat 0's .* take [\d.]+ MiB .* allow more, or give"):
        learn(casts(scenario(), ["hedge"])[0], memory=1000)


# --- the phases


def test_a_phase_has_its_arena_and_strategies():
    phase = only(scenario(), "hedge").phases[0]
    arena = phase.arena()
    assert [strategy.name for strategy in phase.strategies] == ["hedge"] * 3
    for i, seat in phase.course.seats.items():
        shape = (7, len(arena.learners[i].contexts), len(arena.learners[i].options))
        assert seat.final.shape == seat.average.shape == seat.late_average.shape == shape
    assert arena.expectation.nash_conv(arena.mixes({i: s.average for i, s in phase.course.seats.items()}))[0].shape == (
        7,
    )
