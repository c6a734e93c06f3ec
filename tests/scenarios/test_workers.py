"""Interrupts: one line, status 130, nothing half-written, and no process left."""

import multiprocessing
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios import store
from scenarios.cli import main
from scenarios.workers import workers_of


def interrupt(*arguments, **options):
    raise KeyboardInterrupt


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(tmp_path, number):
    start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "  # a shell may ignore it
    command = [sys.executable, "-c", f"{start}from scenarios.cli import main; main()"]
    with subprocess.Popen(
        [*command, "run", "insiders", "--rounds", "100000000", "--out", "X"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not list(tmp_path.iterdir()):  # the folder under its temporary name
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (128 + number, "")
    assert stderr == ("crowdbayes: interrupted\n" if number == signal.SIGINT else "")
    assert list(tmp_path.iterdir()) == []
