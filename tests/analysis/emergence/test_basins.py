"""Basins: each word by a course made for it, and clusters against their definition."""

from itertools import combinations

import numpy as np
import pytest

from agents.learning.arena import Arena
from agents.learning.hedge import Hedge
from agents.learning.learning import Learning
from agents.strategies import STRATEGIES
from analysis.emergence import basins as module
from analysis.emergence.basins import basins, describe
from analysis.emergence.habits import WORDS, common_lie, habits
from tests.analysis.emergence.courses import arena_of, course_of, honest, joined, option, pure, steady
from tests.priors import iid, table

FEW = {"beliefs": ("truthful", "uniform", "mode")}


def game(mechanism="L", kind="own-value", **options):
    return iid((10, 12, 40), (0.5, 0.3, 0.2), 2, kind).game(mechanism, **options)


@pytest.fixture(scope="module")
def arena():
    return arena_of(game(epsilon=0.5, delta=0.02), **FEW)


def words(arena, play, **options):
    found = basins(arena, steady(arena, play), **options)
    assert len(found) == 1
    assert found.basins[0].words in WORDS
    return found.basins[0].words


def saying(arena, told, seats=(0, 1)):
    """Play in which some types of some seats announce a value or a belief that is not theirs."""
    return pure(arena, lambda i, c: option(arena, i, c, **(told.get(c, {}) if i in seats else {})))


def uniform(arena):
    return belief_of(arena, 0, "uniform")


def belief_of(arena, seat, rule):
    ids = {name.split(" of ")[0]: belief for belief, name in arena.learners[seat].options.belief_names.items()}
    return ids[rule]


def blend(one, other, share):
    return {i: share * one[i] + (1 - share) * other[i] for i in one}


def test_truth_is_truthful_up_to_five_per_cent(arena):
    lies = saying(arena, {0: {"value": 2}, 1: {"value": 2}, 2: {"value": 0}})
    assert words(arena, honest(arena)) == "truthful"
    assert words(arena, blend(honest(arena), lies, 0.95)) == "truthful"
    less = blend(honest(arena), lies, 0.9)
    assert words(arena, {0: less[0], 1: blend(honest(arena), lies, 0.95)[1]}) == "mostly truthful"


def test_a_report_that_no_payoff_tells_from_truth_is_no_lie():
    prior = {(5, 1, 3): 0.4, (5, 2, 3): 0.6}
    arena = arena_of(table(((5,), (1, 2), (3,)), prior).game("vickrey"))  # the second price is 3 in any case
    swapped = pure(arena, lambda i, c: option(arena, i, c, value=1 - c) if i == 1 else option(arena, i, c))
    found = habits(arena, {i: play[0] for i, play in swapped.items()})
    assert [(habit.honest, habit.truth, habit.value_lie) for habit in found] == [(True, 1.0, False)] * 4
    assert words(arena, swapped) == "truthful"
    assert len(basins(arena, steady(arena, joined(swapped, honest(arena))), threshold=0.0)) == 1


def test_a_report_that_a_rival_can_tell_from_truth_is_a_lie():
    arena = arena_of(table(((5,), (1, 2)), {(5, 1): 0.4, (5, 2): 0.6}).game("vickrey"))  # it is the price
    swapped = pure(arena, lambda i, c: option(arena, i, c, value=1 - c) if i == 1 else option(arena, i, c))
    found = habits(arena, {i: play[0] for i, play in swapped.items()})
    assert [habit.honest for habit in found] == [True, False, False]


def test_raised_values_are_overbidding_for_the_role_where_there_is_one(arena):
    assert words(arena, saying(arena, {1: {"value": 2}})) == "overbidding for the role"
    assert words(arena, saying(arena, {1: {"value": 2}, 0: {"belief": uniform(arena)}})) == "overbidding for the role"
    vcg = arena_of(game("vcg"))
    assert words(vcg, saying(vcg, {1: {"value": 2}})) == "overbidding"


def test_lowered_values_are_shading():
    arena = arena_of(game("first-price"))
    assert words(arena, saying(arena, {1: {"value": 0}, 2: {"value": 1}})) == "shading"
    assert words(arena, saying(arena, {0: {"value": 1}, 1: {"value": 0}, 2: {"value": 1}})) == "misreporting"
    assert words(arena, saying(arena, {0: {"value": 1}, 1: {"value": 0}})) == "overbidding for the role"


def test_false_beliefs_beside_true_values(arena):
    told = saying(arena, {0: {"belief": uniform(arena)}}, seats=(0,))
    assert words(arena, told) == "truthful values, other beliefs"


def test_a_rare_lie_is_no_habit_worth_a_word():
    arena = arena_of(iid((10, 12, 40), (0.5, 0.46, 0.04), 2).game("L", epsilon=0.5, delta=0.02), **FEW)
    often = blend(honest(arena), saying(arena, {0: {"belief": uniform(arena)}}), 0.6)
    rare = saying(arena, {2: {"value": 0}})
    play = {i: np.where(np.arange(3)[None, :, None] == 2, rare[i], often[i]) for i in often}
    assert words(arena, play) == "mostly truthful"


def test_play_without_habits_is_mixed(arena):
    thirds = {i: sum(mix) / 4 for i, mix in _four(arena).items()}
    assert words(arena, thirds) == "mixed"
    # no type has a habit of lying, but truth is no more than half of play
    half = blend(honest(arena), saying(arena, {c: {"belief": uniform(arena)} for c in range(3)}), 0.5)
    assert words(arena, half) == "mixed"


def _four(arena):
    plays = [saying(arena, {c: {"value": v} for c in range(3)}) for v in range(3)]
    plays.append(saying(arena, {c: {"belief": uniform(arena)} for c in range(3)}))
    return {i: [play[i] for play in plays] for i in (0, 1)}


def test_a_common_lie_is_one_that_two_announce():
    arena = arena_of(game("unanimity", delta=0.02), **FEW)
    lie = {c: {"belief": uniform(arena)} for c in range(3)}
    assert words(arena, honest(arena)) == "truthful"
    assert words(arena, saying(arena, lie)) == "common lie"
    assert words(arena, saying(arena, lie, seats=(0,))) == "truthful values, other beliefs"
    apart = pure(arena, lambda i, c: option(arena, i, c, belief=belief_of(arena, i, ("uniform", "mode")[i])))
    assert words(arena, apart) == "truthful values, other beliefs"
    some = saying(arena, {0: lie[0], 1: lie[1]})
    found = habits(arena, {i: mix[0] for i, mix in some.items()})
    assert common_lie(arena, found) == pytest.approx(0.8 * 0.8)


def test_a_common_lie_may_be_a_profile_that_both_know_to_be_wrong():
    case = table(((10, 40), (10, 40)), {(10, 10): 0.2, (40, 40): 0.8}, "complete")
    arena = arena_of(case.game("L", epsilon=0.5, delta=0.02))
    posteriors = arena.game.seats[0].posteriors  # of the other's 10, and of her 40
    low = pure(arena, lambda i, c: option(arena, i, c, value=0, belief=int(posteriors[0])))
    assert words(arena, low) == "common lie"
    alone = {0: low[0], 1: honest(arena)[1]}
    assert words(arena, alone) == "shading"


def test_a_ring_that_lies_is_a_ring():
    lying = iid((10, 40), (0.5, 0.5), 3, "complete").game("M", epsilon=0.5, delta=0.02)
    seated = [Learning(Hedge(), ring=[0, 1]), Learning(Hedge(), ring=[0, 1]), STRATEGIES["truthful"]()]
    for seat, strategy in zip(lying.seats, seated, strict=True):
        strategy.prepare(seat, 1)
    arena = Arena(lying, seated)
    learner = arena.learners[0]

    def low(i, c):
        """Seat 0 says 10 whatever it has."""
        cell = int(learner.contexts[c]) if i == 0 else int(arena.learners[1].contexts[c])
        return option(arena, i, cell, value=0) if i == 0 else int(arena.learners[1].options.truth[cell])

    assert words(arena, honest(arena)) == "truthful"
    play = pure(arena, low)
    half = blend(play, honest(arena), 0.5)
    found = basins(arena, steady(arena, play)).basins[0]
    assert found.truth == pytest.approx(0.75)  # seat 0 lies in the half of the states in which it has 40
    assert found.words == "shading"
    assert words(arena, half) == "mostly truthful"
    other = pure(arena, lambda i, c: (low(i, c) + 1) % len(learner.options) if i == 0 else low(i, c))
    assert words(arena, other) == "ring"


def test_worlds_are_told_apart_by_what_their_types_do(arena):
    lies = saying(arena, {1: {"value": 2}})
    distance = 0.3  # the mass of that type, in both seats
    play = joined(honest(arena), lies, lies, blend(lies, honest(arena), 0.75), honest(arena), lies)
    assert basins(arena, steady(arena, play), threshold=distance - 1e-9).labels.tolist() == [1, 0, 0, 0, 1, 0]
    assert len(basins(arena, steady(arena, play), threshold=distance + 1e-9)) == 1
    apart = basins(arena, steady(arena, play), threshold=0.0)
    assert apart.labels.tolist() == [1, 0, 0, 2, 1, 0]
    assert apart.table["words"].tolist() == ["overbidding for the role", "truthful", "overbidding for the role"]
    assert apart.table["worlds"].tolist() == [3, 2, 1]
    assert apart.table["share"].tolist() == [0.5, 1 / 3, 1 / 6]
    assert apart.table["truth"].tolist() == pytest.approx([0.7, 1.0, 0.775])
    assert apart.by_words[["words", "basins", "worlds"]].to_numpy().tolist() == [
        ["overbidding for the role", 2, 4],
        ["truthful", 1, 2],
    ]
    row = apart.reports.set_index(["basin", "seat", "type"]).loc[(0, 1, "12")]
    assert (row["report"], row["share"], row["truthful"]) == ("40 with true belief", 1.0, False)


def random_play(arena, rng, worlds):
    """Frequencies in twentieths, of worlds near one of three centres."""
    centres = [
        {i: rng.dirichlet(np.full(len(o.options), 0.2), size=3) for i, o in arena.learners.items()} for _ in "abc"
    ]
    play = {}
    for i, learner in arena.learners.items():
        odds = np.stack([centres[w % 3][i] for w in range(worlds)]) * learner.options.allowed + 1e-12
        odds /= odds.sum(axis=2, keepdims=True)
        play[i] = rng.multinomial(20, odds) / 20
    return play


def test_no_two_worlds_of_a_basin_differ_by_more_than_the_threshold(arena):
    play = random_play(arena, np.random.default_rng(11), 30)
    course = steady(arena, play)
    mass = np.array([0.5, 0.3, 0.2])
    groups = {i: arena.merged(i, play[i]) for i in play}

    def distance(a, b):
        return np.mean([0.5 * mass @ abs(groups[i][a] - groups[i][b]).sum(axis=1) for i in play])

    for threshold in (0.1, 0.25, 0.6):
        found = basins(arena, course, threshold=threshold)
        members = [basin.worlds for basin in found.basins]
        assert sorted(np.concatenate(members).tolist()) == list(range(30))
        for mine in members:
            assert max((distance(a, b) for a, b in combinations(mine, 2)), default=0.0) <= threshold + 1e-9
        for one, other in combinations(members, 2):  # any two basins together would be too wide
            assert max(distance(a, b) for a in one for b in other) > threshold
    assert basins(arena, course, threshold=0.25).labels.tolist() == basins(arena, course).labels.tolist()


def test_many_worlds_are_grouped_first(arena, monkeypatch):
    course = steady(arena, random_play(arena, np.random.default_rng(12), 90))
    whole = basins(arena, course, threshold=0.3)
    monkeypatch.setattr(module, "MANY", 10)
    assert basins(arena, course, threshold=0.3).labels.tolist() == whole.labels.tolist()  # twentieths are hundredths


def test_worlds_beyond_the_commonest_join_the_nearest(arena, monkeypatch):
    centres = [honest(arena), saying(arena, {0: {"value": 1}}), saying(arena, {1: {"value": 2}})]
    noise = saying(arena, {c: {"belief": uniform(arena)} for c in range(3)})
    rng, plays = np.random.default_rng(13), []
    for world in range(90):
        keep = {i: rng.integers(16, 21, size=(1, 3, 1)) / 20 for i in (0, 1)}
        plays.append({i: keep[i] * centres[world % 3][i] + (1 - keep[i]) * noise[i] for i in (0, 1)})
    course = steady(arena, joined(*plays))
    whole = basins(arena, course)
    assert whole.labels.tolist() == [0, 1, 2] * 30
    monkeypatch.setattr(module, "MANY", 10)
    monkeypatch.setattr(module, "MOST", 20)
    assert basins(arena, course).labels.tolist() == whole.labels.tolist()
    monkeypatch.setattr(module, "MOST", 1)  # one by one, each joins the first that is near enough
    assert basins(arena, course).labels.tolist() == whole.labels.tolist()


def test_figures_of_a_basin_are_of_its_worlds(arena):
    play = joined(honest(arena), saying(arena, {1: {"value": 2}}), honest(arena))
    course = course_of(arena, [play] * 20)
    course.revenue[:] = 20 * np.array([3.0, 5.0, 4.0])
    course.seats[0].external[-1] = [40.0, 400.0, 80.0]
    found = basins(arena, course)
    first, second = found.basins if len(found) == 2 else basins(arena, course, threshold=0.1).basins
    assert (first.words, second.words) == ("truthful", "overbidding for the role")
    assert (first.revenue, first.revenue_error) == pytest.approx((3.5, 0.5))
    assert first.regret == pytest.approx((60.0 + 0.0) / 2 / 400)
    assert second.regret == pytest.approx(400.0 / 2 / 400)
    assert np.isnan(second.revenue_error)


def test_a_basin_is_described_in_a_sentence(arena):
    course = steady(arena, joined(honest(arena), honest(arena), saying(arena, {1: {"value": 2}})))
    first, second = basins(arena, course, threshold=0.1).basins
    assert describe(first) == (
        "2 worlds (67%): truthful; 100% of late reports are the truth or equivalent, and the seller earns 1 a round."
    )
    assert describe(second) == (
        "1 world (33%): overbidding for the role, type 12 of seat 0 says 40 with true belief in 100% of its play; "
        "type 12 of seat 1 says 40 with true belief in 100% of its play; 70% of late reports are the truth or "
        "equivalent, and the seller earns 1 a round."
    )


def test_thresholds_are_distances(arena):
    with pytest.raises(ValueError, match="from 0 to 1, not 2"):
        basins(arena, steady(arena, honest(arena)), threshold=2)
