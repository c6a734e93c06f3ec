"""Shares, regret, revenue and times to truth: against a market replayed round by round and counted in plain Python."""

from math import isnan, nan, sqrt
from statistics import mean, median, stdev
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import binomtest

from analysis.emergence import measures
from analysis.emergence.course import Course, SeatCourse
from analysis.emergence.worlds import for_good, interval_of_share, mean_over_worlds
from mechanisms.outcomes import Reports
from scenarios import load
from scenarios.learning import casts, learn
from scenarios.market import Market
from tests.analysis.emergence.courses import learners
from tests.priors import iid

WORLDS, ROUNDS = 5, 60


@pytest.fixture(scope="module")
def played():
    """A small market of learners as the program records it, and every round of it."""
    scenario = load("overbid-for-the-role", overrides=[f"run.worlds={WORLDS}", f"run.rounds={ROUNDS}"])
    cast = casts(scenario, ["hedge(rate=3.0)"])[0]
    phase = learn(cast).phases[0]
    strategies = phase.experiment.strategies()
    market = Market(phase.experiment.game, strategies, worlds=WORLDS, seed=scenario.run.seed)
    rounds = []
    for _ in range(ROUNDS):
        market.step()
        rounds.append((market.drawn.states.copy(), market.reports, market.outcomes))
    return SimpleNamespace(phase=phase, course=phase.course, strategies=phase.strategies, rounds=rounds)


def facts(played, seat):
    """By world, a row a round: type, whether value and belief are true."""
    mine = played.phase.experiment.game.seats[seat]
    found = [[] for _ in range(WORLDS)]
    for states, reports, _ in played.rounds:
        for w in range(WORLDS):
            cell = int(mine.information[states[w]])
            value = reports.values[w, seat] == mine.types[cell]
            belief = reports.beliefs[w, seat] == mine.posteriors[cell]
            found[w].append((mine.names[cell], bool(value), bool(belief)))
    return found


def figures(shares):
    shares = [s for s in shares if not isnan(s)]
    error = stdev(shares) / sqrt(len(shares)) if len(shares) > 1 else nan
    return (mean(shares) if shares else nan, error)


def share(rows, kind):
    told = {"value": lambda r: r[1], "belief": lambda r: r[2], "truth": lambda r: r[1] and r[2]}[kind]
    return sum(map(told, rows)) / len(rows) if rows else nan


def same(one, other):
    assert one == pytest.approx(other, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("kind", ["value", "belief", "truth"])
def test_shares_count_what_was_reported(played, kind):
    table = measures.shares(played.course, played.strategies)
    assert len(table) == 2 * 4 * len(played.course.ends)
    starts = dict(zip(played.course.ends, played.course.ends - played.course.lengths, strict=True))
    for seat in (0, 1):
        rows = facts(played, seat)
        for row in table[table["seat"] == seat].itertuples():
            window = [world[starts[row.round] : row.round] for world in rows]
            window = [[r for r in world if row.type in ("all", r[0])] for world in window]
            assert row.visits == sum(map(len, window))
            same((getattr(row, kind), getattr(row, f"{kind}_error")), figures([share(w, kind) for w in window]))


def test_late_shares_are_those_of_the_last_tenth(played):
    for row in measures.late_shares(played.course, played.strategies).itertuples():
        late = [world[-ROUNDS // 10 :] for world in facts(played, row.seat)]
        for kind in ("value", "belief", "truth"):
            same((getattr(row, kind), getattr(row, f"{kind}_error")), figures([share(w, kind) for w in late]))


def test_regret_is_what_fixed_reports_would_have_earned(played):
    game, table = played.phase.experiment.game, measures.regrets(played.course).set_index("seat")
    for seat, mine in enumerate(game.seats):
        options = played.strategies[seat].options
        best, true = [], []
        for w in range(WORLDS):
            worth = np.zeros((len(mine.types), len(options)))
            earned = 0.0
            for states, reports, _ in played.rounds:
                kind = mine.types[mine.information[states[w]]]
                values = np.repeat(reports.values[[w]], len(options), axis=0)
                beliefs = np.repeat(reports.beliefs[[w]], len(options), axis=0)
                values[:, seat], beliefs[:, seat] = options.values[kind], options.beliefs[kind]
                told = game.mechanism.expect(Reports(values, beliefs))
                worth[kind] += told.utility_of(game.environment, seat, np.full(len(options), kind))
                told = game.mechanism.expect(Reports(reports.values[[w]], reports.beliefs[[w]]))
                earned += told.utility_of(game.environment, seat, np.array([kind]))[0]
            worth[~options.allowed] = -np.inf
            best.append((worth.max(axis=1).sum() - earned) / ROUNDS)
            true.append((worth[np.arange(len(worth)), options.truth].sum() - earned) / ROUNDS)
        row = table.loc[seat]
        assert (row["external"], row["external_error"]) == pytest.approx(figures(best), abs=1e-10)
        assert (row["to_truth"], row["to_truth_error"]) == pytest.approx(figures(true), abs=1e-10)


def test_regret_path_is_per_round_so_far(played):
    path = measures.regret_path(played.course)
    assert list(path["round"].unique()) == played.course.ends.tolist()
    row = path[(path["seat"] == 1) & (path["round"] == 30)].iloc[0]
    window = played.course.ends.tolist().index(30)
    same((row["external"], row["external_error"]), figures((played.course.seats[1].external[window] / 30).tolist()))


def test_revenue_path_is_the_seller_s_income_and_what_she_has_paid_for_beliefs(played):
    for row in measures.revenue_path(played.course).itertuples():
        window = played.rounds[row.round - 1 : row.round]
        revenue = np.mean([outcomes.revenue for _, _, outcomes in window], axis=0)
        rewards = np.mean([outcomes.rewards.sum(axis=1) for _, _, outcomes in window], axis=0)
        same((row.revenue, row.error), figures(revenue.tolist()))
        same((row.rewards, row.rewards_error), figures(rewards.tolist()))
        assert (rewards > 0).all()


def told(rows):
    """A course of one type: by window and world, truthful rounds out of ten, None where it never occurred."""
    counts = np.array([[n or 0 for n in row] for row in rows])[:, :, None]
    visits = np.array([[0 if n is None else 10 for n in row] for row in rows])[:, :, None]
    nothing = np.zeros((*counts.shape[1:], 1))
    ends = 10 * np.arange(1, len(rows) + 1)
    seat = SeatCourse(
        visits, visits, counts, counts, nothing, nothing, nothing, nothing, nothing[..., 0], *3 * [nothing]
    )
    return Course(ends, ends == ends[-1], *2 * [np.zeros(counts.shape[:2])], {0: seat})


def times(rows, **options):
    strategies = learners(iid((1,), (1.0,), 2).game("vickrey"))
    return measures.time_to_truth(told(rows), strategies, **options).set_index("type").loc["all"]


def test_truth_is_found_when_no_window_falls_back():
    row = times([[10, 5], [10, 9], [10, 10], [9, 9], [10, 10], [10, 10]])
    assert (row["round"], row["belief_round"], row["value_round"]) == (41, 41, 1)
    assert (row["median_round"], row["worlds_arrived"]) == (41.0, 1.0)
    assert times([[10, 5], [10, 9], [10, 10], [9, 9]], threshold=0.9)["round"] == 11


def test_truth_that_is_lost_at_the_end_was_not_found():
    row = times([[10, 10, 10], [10, 10, 10], [10, 0, 0]])
    assert isnan(row["round"])
    assert isnan(row["median_round"])
    assert row["worlds_arrived"] == pytest.approx(1 / 3)
    row = times([[10, 10, 9], [10, 10, 10], [10, 0, 10]])
    assert row["median_round"] == median([1, 11, float("inf")])


def test_windows_in_which_a_type_did_not_occur_are_passed_over():
    assert times([[0], [10], [None], [10]])["round"] == 11
    assert isnan(times([[10], [0], [None], [None]])["round"])
    assert times([[None], [None], [10]])["round"] == 21
    row = times([[None], [None]])
    assert isnan(row["round"])
    assert isnan(row["worlds_arrived"])


def test_times_want_a_share():
    with pytest.raises(ValueError, match=r"up to 1, not 1\.5"):
        times([[1]], threshold=1.5)


def test_only_learners_have_options(played):
    with pytest.raises(ValueError, match="seat 0 does not learn"):
        measures.learning([SimpleNamespace(name="truthful")], 0)


def test_means_leave_out_worlds_of_which_nothing_is_known():
    rng = np.random.default_rng(3)
    figures_ = np.where(rng.random((40, 6)) < 0.6, rng.random((40, 6)), np.nan)
    found = mean_over_worlds(figures_)
    for row, average, error in zip(figures_.tolist(), found.mean, found.error, strict=True):
        same((average, error), figures(row))


def test_for_good_is_the_first_window_of_the_last_run():
    rng = np.random.default_rng(4)
    for _ in range(300):
        holds, seen = rng.random(6) < 0.7, rng.random(6) < 0.7
        runs = [k for k in range(6) if seen[k] and all(holds[j] for j in range(k, 6) if seen[j])]
        same(float(for_good(holds, seen, np.arange(6.0))), min(runs, default=nan))


@pytest.mark.parametrize("count", [0, 1, 36, 40])
def test_intervals_of_shares_are_scipy_s(count):
    theirs = binomtest(count, 40).proportion_ci(0.95, method="wilson")
    assert interval_of_share(count, 40) == pytest.approx((theirs.low, theirs.high), abs=1e-7)
