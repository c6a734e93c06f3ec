"""Elimination by play: against counts in plain Python, and verdicts by courses made for them."""

from itertools import combinations
from math import inf, isnan, nan, sqrt

import numpy as np
import pandas as pd
import pytest

from agents.induced import Induced
from analysis.dominance.interim import eliminate_reports
from analysis.emergence.abandonment import COLUMNS, abandonment, walks_two_steps
from scenarios import load
from scenarios.learning import casts, learn
from tests.analysis.emergence.courses import PER_WINDOW, arena_of, course_of, honest, learners, option, pure
from tests.priors import iid

FEW = {"beliefs": ("truthful", "uniform")}


@pytest.fixture(scope="module")
def arena():
    return arena_of(iid((10, 40), (0.6, 0.4), 2).game("L", epsilon=0.5, delta=0.1), **FEW)


@pytest.fixture(scope="module")
def elimination(arena):
    return eliminate_reports(arena.induced)


def uniform(arena, seat):
    return next(b for b, name in arena.learners[seat].options.belief_names.items() if name.startswith("uniform"))


def walk(arena, order):
    """A course that plays, window by window, one kind of report after the other, or M, all of them."""
    kinds = {
        "V": pure(arena, lambda i, c: option(arena, i, c, value=1 - c)),
        "W": pure(arena, lambda i, c: option(arena, i, c, value=1 - c, belief=uniform(arena, i))),
        "B": pure(arena, lambda i, c: option(arena, i, c, belief=uniform(arena, i))),
        "T": honest(arena),
    }
    kinds["M"] = {i: sum(play[i] for play in kinds.values()) / 4 for i in (0, 1)}
    return course_of(arena, [kinds[kind] for kind in order])


def table(arena, elimination, order, **options):
    strategies = learners(arena.game, **FEW)
    return abandonment(arena, walk(arena, order), elimination, strategies, **options)


def rounds(found, column="abandoned"):
    mine = found[(found["seat"] == 0) & (found["type"] == "10")]
    kinds = ["T" if t else "BVW"[2 * v * b + v * (1 - b)] for t, v, b in _flags(mine)]
    return dict(zip(kinds, mine[column], strict=True))


def _flags(part):
    return part[["truthful", "value_lie", "belief_lie"]].astype(int).itertuples(index=False)


def test_a_report_is_given_up_once_it_is_not_heard_any_more(arena, elimination):
    found = table(arena, elimination, "VVWBVBTTTT")
    assert list(found.columns) == COLUMNS
    at = rounds(found)
    assert (at["V"], at["W"], at["B"]) == (5 * PER_WINDOW + 1, 3 * PER_WINDOW + 1, 6 * PER_WINDOW + 1)
    assert isnan(at["T"])
    assert rounds(found, "late_share") == {"T": 1.0, "B": 0.0, "V": 0.0, "W": 0.0}
    assert rounds(found, "eliminated")["V"] == 1.0
    assert rounds(found, "eliminated")["B"] == 2.0
    assert isnan(rounds(found, "eliminated")["T"])
    assert rounds(table(arena, elimination, "TTTTT"))["V"] == 1.0  # never heard at all
    at = rounds(table(arena, elimination, "MTM", threshold=0.25))  # at the threshold is not below it
    assert all(map(isnan, at.values()))


def test_the_proof_s_order_is_seen_in_play(arena, elimination):
    steps = walks_two_steps(table(arena, elimination, "VWBTTTTTTT"))
    assert steps["verdict"].tolist() == ["value lies first"] * 4
    assert steps["in_order"].tolist() == [1.0] * 4
    row = steps.iloc[0]
    assert (row["value_lies"], row["belief_lies"], row["left"]) == (1.5 * PER_WINDOW + 1, 3 * PER_WINDOW + 1, 0.0)
    assert row["tau"] == pytest.approx(2 / sqrt(3 * 2))  # of three pairs two agree, one is tied in the proof
    back = walks_two_steps(table(arena, elimination, "BVWTTTTTTT"))
    assert back["verdict"].tolist() == ["belief lies first"] * 4
    assert back["tau"].iloc[0] == pytest.approx(-2 / sqrt(3 * 2))


def test_other_courses_have_other_verdicts(arena, elimination):
    assert set(walks_two_steps(table(arena, elimination, "VBWTTTTTTT"))["verdict"]) == {"no clear order"}
    assert set(walks_two_steps(table(arena, elimination, "TTTTTT"))["verdict"]) == {"no clear order"}
    assert np.isnan(walks_two_steps(table(arena, elimination, "TTTTTT"))["tau"]).all()
    lost = walks_two_steps(table(arena, elimination, "VWBTM"))
    assert set(lost["verdict"]) == {"does not get there"}
    values_only = arena_of(iid((10, 40), (0.6, 0.4), 2).game("vickrey"))
    course = course_of(values_only, [honest(values_only)] * 3)
    found = abandonment(values_only, course, eliminate_reports(values_only.induced), learners(values_only.game))
    assert set(walks_two_steps(found)["verdict"]) == {"nothing to compare"}


def slow_tau(play, proof):
    """Kendall's tau-b by its definition."""
    sign = lambda x: (x > 0) - (x < 0)  # noqa: E731
    pairs = [(_less(a, c), _less(b, d)) for (a, b), (c, d) in combinations(zip(play, proof, strict=True), 2)]
    agree = sum(sign(x) * sign(y) for x, y in pairs)
    moved = [sum(x != 0 for x, _ in pairs), sum(y != 0 for _, y in pairs)]
    return agree / sqrt(moved[0] * moved[1]) if min(moved) else nan


def _less(one, other):
    return 0 if one == other else (1 if one < other else -1)


def test_steps_are_counted_pair_by_pair():
    rng = np.random.default_rng(9)
    for _ in range(50):
        size = int(rng.integers(2, 9))
        mine = pd.DataFrame(
            {
                "seat": 0,
                "type": "t",
                "option": [f"o{k}" for k in range(size)],
                "value_lie": rng.random(size) < 0.5,
                "belief_lie": True,
                "truthful": np.arange(size) == 0,
                "abandoned": rng.choice([1.0, 11.0, 21.0, nan], size),
                "eliminated": rng.choice([1.0, 2.0, nan], size),
            }
        )
        row = walks_two_steps(mine).iloc[0]
        lies = [r for r in mine.fillna(inf).itertuples() if not r.truthful]
        first = [r.abandoned for r in lies if r.value_lie]
        second = [r.abandoned for r in lies if not r.value_lie]
        pairs = [1.0 if a < b else 0.5 if a == b else 0.0 for a in first for b in second]
        assert row["in_order"] == pytest.approx(sum(pairs) / len(pairs) if pairs else nan, nan_ok=True)
        tau = slow_tau([r.abandoned for r in lies], [r.eliminated for r in lies])
        assert row["tau"] == pytest.approx(tau, nan_ok=True)
        assert row["left"] == pytest.approx(sum(r.abandoned == inf for r in lies) / len(lies))


def test_a_market_is_counted_report_by_report():
    scenario = load("overbid-for-the-role", overrides=["run.worlds=8", "run.rounds=150", "mechanism.kind=L"])
    phase = learn(casts(scenario, ["hedge(rate=4.0)"])[0]).phases[0]
    arena, course = phase.arena(), phase.course
    trace = eliminate_reports(arena.induced)
    found = abandonment(arena, course, trace, phase.strategies, threshold=0.05)
    falls = {(row.seat, row.type, row.report): row.round for row in trace.table().itertuples()}
    starts = (course.ends - course.lengths + 1).tolist()
    assert found["abandoned"].notna().any()
    for row in found.itertuples():
        options, mine = phase.strategies[row.seat].options, arena.game.seats[row.seat]
        cell, k = mine.names.index(row.type), options.names.index(row.option)
        told = course.seats[row.seat].reports[:, cell, k].tolist()
        heard = course.seats[row.seat].reports[:, cell].sum(axis=1).tolist()
        when = nan
        for window in reversed(range(len(starts))):
            if heard[window] and told[window] >= 0.05 * heard[window]:
                break
            when = starts[window] if heard[window] else when
        assert row.abandoned == pytest.approx(when, nan_ok=True)
        name = arena.induced.menus[row.seat].name(int(arena.stakes[row.seat].reports[cell, k]), cell)
        assert row.eliminated == pytest.approx(falls.get((row.seat, row.type, name), nan), nan_ok=True)


def test_elimination_must_be_on_the_same_menus(arena):
    other = eliminate_reports(Induced(iid((10, 40), (0.6, 0.4), 2).game("L", epsilon=0.5, delta=0.1)))
    with pytest.raises(ValueError, match="seat 0's menu has beliefs"):
        table(arena, other, "TT")


def test_the_threshold_is_a_share(arena, elimination):
    with pytest.raises(ValueError, match="between 0 and 1, not 0"):
        table(arena, elimination, "TT", threshold=0)
