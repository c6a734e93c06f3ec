"""Rounds played in blocks and processes: the very bits of all worlds played at once, and memory that does not grow."""

import multiprocessing
import tracemalloc
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from analysis.revenue import benchmarks
from scenarios import pictures, simulation
from scenarios.experiment import Experiment, assemble
from scenarios.market import Market
from scenarios.runner import run
from scenarios.scenario import load
from scenarios.simulation import Played, play_blocks, simulate, together
from scenarios.windows import ROWS, leaf_blocks


def made(name: str = "insiders", *, rounds: int = 9, worlds: int = 130, changes: tuple[str, ...] = ()) -> Experiment:
    return assemble(load(name, overrides=[f"run.rounds={rounds}", f"run.worlds={worlds}", *changes]))


def assert_same(one: Played, other: Played) -> None:
    assert one.rounds_played == other.rounds_played
    assert one.totals.keys() == other.totals.keys()
    for name, totals in one.totals.items():
        np.testing.assert_array_equal(totals, other.totals[name], err_msg=name)
    np.testing.assert_array_equal(one.utility_totals, other.utility_totals)
    for name, column in one.windows.table().items():
        np.testing.assert_array_equal(column, other.windows.table()[name], err_msg=name)
    assert one.revenue.table().equals(other.revenue.table())
    assert one.revenue.power == other.revenue.power


SEATS = {
    "truthful": (),
    "lies": ('seats.0={strategy="misreport", value="random", belief="uniform"}',),
    "learners": ('seats=[{strategy="hedge"}]',),
    "M": ('mechanism.kind="M"',),
    "logarithmic": ('mechanism.score="logarithmic"', 'seats.0={strategy="misreport", belief="mode"}'),
}


@pytest.mark.parametrize("count", [2, 3, 64])
@pytest.mark.parametrize("seats", SEATS)
def test_blocks_one_after_another_leave_the_same_bits(seats, count):
    experiment = made(changes=SEATS[seats])
    by_state = benchmarks(experiment.game).by_state
    whole = simulate(experiment, by_state)
    parts = play_blocks(experiment, by_state, leaf_blocks(130, count), lambda share, what: None)
    assert whole.worlds == parts.worlds == 130
    assert_same(whole, parts)


def test_the_bits_are_those_of_a_market_stepped_by_hand():
    experiment = made()
    market = Market(experiment.game, experiment.strategies(), worlds=130, seed=experiment.scenario.run.seed)
    revenue = []
    for _ in range(9):
        market.step()
        revenue.append(market.outcomes.revenue.copy())
    played = simulate(experiment, {})
    np.testing.assert_array_equal(played.totals["revenue"], market.totals["revenue"])
    np.testing.assert_array_equal(played.utility_totals, market.utility_totals)
    np.testing.assert_array_equal(played.windows.table()["revenue"], market.rounds()["revenue"])
    assert played.revenue.rounds == 9 * 130
    for percent in (1, 5, 50, 99):
        found = played.revenue.quantile(percent)
        exact = np.sort(np.ravel(revenue))[-(-percent * 9 * 130 // 100) - 1]
        assert abs(found.value - exact) <= found.half_width + 1e-15


def test_large_markets_are_played_in_blocks(monkeypatch):
    experiment = made()
    whole, sizes, play = simulate(experiment, {}), [], simulation._play
    monkeypatch.setattr(simulation, "_AT_ONCE", 60)

    def seen(experiment, by_state, block, tell):
        sizes.append(block.count)
        return play(experiment, by_state, block, tell)

    monkeypatch.setattr(simulation, "_play", seen)
    assert_same(simulate(experiment, {}), whole)
    assert len(sizes) == -(-130 * experiment.game.players // 60)
    assert sum(sizes) == 130


@pytest.mark.parametrize("worlds", [1, 2, 130])
def test_processes_leave_the_same_files(tmp_path, monkeypatch, worlds):
    """Two processes, three, or none beside this one: byte for byte."""
    monkeypatch.setattr(pictures, "draw", lambda experiment, result, text, folder: None)
    before, shares, written = multiprocessing.active_children(), [], []
    for workers in (1, 2, 3):
        place = tmp_path / str(workers)
        tell = partial(lambda kept, share, what: kept.append(share), shares)
        run("insiders", rounds=9, worlds=worlds, out=place, workers=workers, progress=tell)
        written.append({path.name: path.read_bytes() for path in place.iterdir()})
        assert shares == sorted(shares)
        shares.clear()
    names = {"rounds.parquet", "worlds.parquet", "quantiles.parquet", "distribution.csv", "figures.json"}
    assert names <= written[0].keys()
    assert written[0] == written[1] == written[2]
    assert multiprocessing.active_children() == before


def test_windows_stand_for_several_rounds_where_they_are_many():
    experiment = made("worst-case-two", rounds=2 * ROWS + 1, worlds=2)
    played = simulate(experiment, {})
    table = played.windows.table()
    assert len(table["round"]) == -(-(2 * ROWS + 1) // 3)
    assert (table["round"][0], table["round"][-1]) == (2, 2 * ROWS)
    assert table["span"].sum() == 2 * ROWS + 1
    mean = (table["revenue"] * table["span"]).sum() / (2 * ROWS + 1)
    assert mean == pytest.approx((played.totals["revenue"] / played.rounds_played).mean(), rel=1e-12)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rounds():
    """Rows are as good as all there once there are half of what is kept at most; twice the rounds add none."""

    def peak(rounds: int) -> int:
        experiment = made("worst-case-two", rounds=rounds, worlds=2)
        tracemalloc.start()
        try:
            simulate(experiment, {})
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(16)
    assert peak(4 * ROWS) < 1.1 * peak(ROWS)


def test_parts_go_together_in_their_order():
    experiment = made()
    blocks = leaf_blocks(130, 3)
    parts = [simulation._play(experiment, {}, block, lambda share, what: None) for block in blocks]
    assert_same(together(parts), simulate(experiment, {}))
    assert together(parts[:2]).worlds == sum(block.count for block in blocks[:2])


def test_a_failure_in_a_process_is_told(monkeypatch):
    """What only shows in play ends the command as it does in one process."""
    experiment = made(worlds=4)
    bad = replace(experiment, scenario=load("insiders", overrides=["run.worlds=4", "run.rounds=2"]))
    before = multiprocessing.active_children()
    with pytest.raises(IndexError):
        simulate(bad, {"opt": np.zeros(1)}, workers=2)
    assert multiprocessing.active_children() == before
