"""The record of a course, beside a plain replay of the same market round by round."""

from collections import Counter

import numpy as np
import pytest

from agents.learning.learning import Learning
from analysis.emergence.course import is_late, window_ends
from mechanisms.outcomes import Reports
from scenarios.experiment import assemble
from scenarios.learning import casts, learn
from scenarios.market import Market
from tests.scenarios.test_learning import MENU, scenario

SEATS = [{"strategy": "hedge", **MENU}, {"strategy": "exp3", **MENU}, {"strategy": "misreport", "value": "shade"}]


def worth_of_options(game, strategy: Learning, seat: int, state: int, values, beliefs, owners) -> list[float]:
    """What each option would have earned, by the mechanism itself."""
    cell, count = game.seats[seat].information[state], len(strategy.options)
    told = np.tile(values, (count, 1)), np.tile(beliefs, (count, 1))
    told[0][:, seat], told[1][:, seat] = strategy.options.values[cell], strategy.options.beliefs[cell]
    outcomes = game.mechanism.expect(Reports(*told))
    types = np.tile(game.space.profiles[state], (count, 1))
    return sum(outcomes.utility_of(game.environment, j, types[:, j]) for j in owners).tolist()


class Replay:
    """Counts kept in plain dictionaries, from a market of one's own."""

    def __init__(self, told, rounds: int) -> None:
        experiment = assemble(told)
        self.strategies = experiment.strategies()
        self.market = Market(experiment.game, self.strategies, worlds=told.run.worlds, seed=told.run.seed)
        self.counts, self.reports, self.hindsight, self.earned = Counter(), Counter(), Counter(), Counter()
        self.revenue, self.rewards, self.external, self.to_truth = Counter(), Counter(), {}, {}
        window = 0
        for number in range(1, rounds + 1):
            self.market.step()
            self.take(window)
            if number == window_ends(rounds)[window]:
                self.close(window)
                window += 1
        self.windows = window

    def take(self, window: int) -> None:
        market = self.market
        for world, state in enumerate(market.drawn.states.tolist()):
            values, beliefs = market.reports.values[world].tolist(), market.reports.beliefs[world].tolist()
            self.revenue[window, world] += float(market.outcomes.revenue[world])
            self.rewards[window, world] += sum(market.outcomes.rewards[world].tolist())
            for seat, strategy in market.arena.learners.items():
                context = int(strategy.information(market.game.seats[seat])[state])
                cell = int(market.game.seats[seat].information[state])
                k, key = int(strategy.chosen[world]), (window, world, seat, context)
                right = values[seat] == market.game.seats[seat].types[cell]
                honest = beliefs[seat] == market.game.seats[seat].posteriors[cell]
                self.counts["visits", *key] += 1
                self.counts["true_values", *key] += int(right)
                self.counts["true_beliefs", *key] += int(honest)
                self.counts["truths", *key] += int(right and honest)
                self.reports[*key, k] += 1
                owners = strategy.ring or (seat,)
                worth = worth_of_options(market.game, strategy, seat, state, values, beliefs, owners)
                self.earned[world, seat, context] += worth[k]
                for option, amount in enumerate(worth):
                    self.hindsight[world, seat, context, option] += amount

    def close(self, window: int) -> None:
        for world in range(self.market.worlds):
            for seat, strategy in self.market.arena.learners.items():
                external = to_truth = 0.0
                for context, cell in enumerate(strategy.contexts.tolist()):
                    earned = self.earned[world, seat, context]
                    allowed = np.flatnonzero(strategy.options.allowed[cell]).tolist()
                    external += max(self.hindsight[world, seat, context, k] for k in allowed) - earned
                    to_truth += self.hindsight[world, seat, context, int(strategy.options.truth[cell])] - earned
                self.external[window, world, seat], self.to_truth[window, world, seat] = external, to_truth


RING = [{"strategy": "hedge", "ring": [0, 1], **MENU}, {"strategy": "exp3", "ring": [0, 1], **MENU}, {}]


@pytest.mark.parametrize("seats", [SEATS, RING], ids=["alone", "ring"])
@pytest.mark.parametrize("rounds", [1, 23, 120])
def test_the_record_is_what_a_plain_replay_counts(seats, rounds):
    told = scenario(seats=seats, run={"rounds": rounds, "worlds": 3, "seed": 2})
    course = learn(casts(told)[0]).phases[0].course
    replay = Replay(told, rounds)
    late = is_late(window_ends(rounds))
    assert list(course.seats) == [0, 1]
    assert course.rounds == rounds
    assert course.revenue.shape == course.rewards.shape == (replay.windows, 3)
    for (window, world), amount in replay.revenue.items():
        assert course.revenue[window, world] == pytest.approx(amount, abs=1e-9)
        assert course.rewards[window, world] == pytest.approx(replay.rewards[window, world], abs=1e-9) != 0.0
    for seat, mine in course.seats.items():
        for name in ("visits", "true_values", "true_beliefs", "truths"):
            for (window, world, context), found in np.ndenumerate(getattr(mine, name)):
                assert found == replay.counts[name, window, world, seat, context], name
        for (window, context, option), found in np.ndenumerate(mine.reports):
            assert found == sum(replay.reports[window, world, seat, context, option] for world in range(3))
        for (world, context, option), found in np.ndenumerate(mine.total):
            by_window = [replay.reports[w, world, seat, context, option] for w in range(replay.windows)]
            assert found == sum(by_window)
            assert mine.late[world, context, option] == sum(np.array(by_window)[late])
            wanted = replay.hindsight[world, seat, context, option]
            assert mine.hindsight[world, context, option] == pytest.approx(wanted, abs=1e-9)
        for (world, context), found in np.ndenumerate(mine.earned):
            assert found == pytest.approx(replay.earned[world, seat, context], abs=1e-9)
        for (window, world), found in np.ndenumerate(mine.external):
            assert found == pytest.approx(replay.external[window, world, seat], abs=1e-9)
            assert mine.to_truth[window, world] == pytest.approx(replay.to_truth[window, world, seat], abs=1e-9)
        assert np.array_equal(mine.final, replay.strategies[seat].mixes())


def test_averages_are_frequencies_and_the_final_mix_where_there_are_none():
    told = scenario(seats=SEATS, run={"rounds": 3, "worlds": 5, "seed": 2})
    seat = learn(casts(told)[0]).phases[0].course.seats[0]
    visits = seat.total.sum(axis=2)
    assert (visits == 0).any()
    for (world, context), count in np.ndenumerate(visits):
        wanted = seat.total[world, context] / count if count else seat.final[world, context]
        assert seat.average[world, context] == pytest.approx(wanted)


@pytest.mark.parametrize("rounds", [1, 7, 10, 99, 100, 101, 250, 1000])
def test_windows_cover_all_rounds_and_the_last_tenth_is_whole(rounds):
    ends = window_ends(rounds)
    late = is_late(ends)
    assert ends[-1] == rounds
    assert (np.diff(ends, prepend=0) >= 1).all()
    assert len(ends) == min(rounds, 100)
    assert late[-1]
    counted = np.diff(ends, prepend=0)[late].sum()
    assert counted <= max(1, rounds / 10)
    assert counted >= min(1, rounds / 10) or rounds < 10
    if rounds % 100 == 0:
        assert counted == rounds / 10
