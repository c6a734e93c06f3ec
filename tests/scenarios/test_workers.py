"""Work in processes, and interrupts: one line, status 130, nothing half-written, and no process left."""

import multiprocessing
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios import store
from scenarios.cli import main
from scenarios.workers import in_workers, part, workers_of


def interrupt(*arguments, **options):
    raise KeyboardInterrupt


def squared(number: int, tell) -> int:
    """Tell that half is done, and return the square."""
    tell(0.5, "half")
    return number * number


def failing(tell) -> int:
    raise ZeroDivisionError("no such job")


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_jobs_are_done_in_their_order(workers):
    before, told = multiprocessing.active_children(), []
    jobs = [partial(squared, number) for number in range(3)]
    assert in_workers(jobs, workers=workers, tell=lambda share, what: told.append(share), what="jobs") == [0, 1, 4]
    assert told == sorted(told)
    assert 0.0 <= told[0] <= told[-1] <= 1.0
    assert multiprocessing.active_children() == before


def test_one_process_tells_the_share_of_all_that_is_done():
    told = []
    in_workers([partial(squared, 1)] * 4, workers=1, tell=lambda share, what: told.append((share, what)), what="jobs")
    assert told == [(0.125, "half"), (0.375, "half"), (0.625, "half"), (0.875, "half")]
    part(lambda share, what: told.append(share), 2, 4)(1.0, "done")
    assert told[-1] == 0.75


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_that_fails_ends_them_all(workers):
    before = multiprocessing.active_children()
    jobs = [failing, partial(squared, 2), partial(squared, 3)]
    with pytest.raises(ZeroDivisionError, match="no such job"):
        in_workers(jobs, workers=workers, tell=lambda share, what: None, what="jobs")
    assert multiprocessing.active_children() == before


def test_a_pool_works_and_ends():
    before = multiprocessing.active_children()
    with workers_of(2) as pool:
        assert list(pool.map(abs, [-1, 2, -3])) == [1, 2, 3]
    assert multiprocessing.active_children() == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_workers_stop_in_what_they_do(error):
    before, began = multiprocessing.active_children(), time.monotonic()

    def work():
        with workers_of(2) as pool:
            assert pool.submit(abs, -1).result() == 1
            for _ in range(5):
                pool.submit(time.sleep, 300)
            raise error

    with pytest.raises(error):
        work()
    assert multiprocessing.active_children() == before
    assert time.monotonic() - began < 60


def test_an_interrupt_is_a_line_and_status_130(monkeypatch):
    monkeypatch.setattr("scenarios.scenario.load", interrupt)
    result = CliRunner().invoke(main, ["learn", "insiders", "--rounds", "2"])
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "crowdbayes: interrupted\n")


@pytest.mark.parametrize("said", ["", "Unable to allocate 191. GiB"])
def test_a_want_of_memory_is_a_sentence_and_status_2(monkeypatch, said):
    def allocate(*arguments, **options):
        raise MemoryError(said)

    monkeypatch.setattr("scenarios.scenario.load", allocate)
    result = CliRunner().invoke(main, ["learn", "insiders", "--rounds", "2"])
    told = f"crowdbayes: this does not fit into memory{': ' * bool(said)}{said}\n"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", told)


def test_an_interrupted_file_is_not_left(tmp_path, monkeypatch):
    opened = Path.open

    def half(self, *arguments, **options):
        file = opened(self, *arguments, **options)
        write = file.write
        file.write = lambda text: (write(text[:1]), interrupt())
        return file

    monkeypatch.setattr(Path, "open", half)
    with pytest.raises(KeyboardInterrupt):
        store.write_new_text(tmp_path / "x.toml", "abc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(tmp_path, number, workers):
    start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "  # a shell may ignore it
    command = [sys.executable, "-c", f"{start}from scenarios.cli import main; main()"]
    with subprocess.Popen(
        [*command, "run", "insiders", "--rounds", "100000000", "--workers", workers, "--out", "X"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not list(tmp_path.iterdir()):  # the folder under its temporary name
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.5 if workers == "1" else 3.0)  # so that they play, too
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=60)  # every process that holds on to the pipes has ended
    assert (process.returncode, stdout) == (128 + number, "")
    said = [line for line in stderr.splitlines() if not line.startswith(("playing", "solving"))]
    assert said == (["crowdbayes: interrupted"] if number == signal.SIGINT else [])
    assert list(tmp_path.iterdir()) == []
