"""Processes that work for a command, and end with it however it ends."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

Tell = Callable[[float, str], None]
Found = TypeVar("Found")
_SECONDS_BETWEEN_LOOKS = 0.2
_shares: Any = None  # in a worker: how far each job is, in memory that it shares with the process that waits for it


@contextmanager
def workers_of(count: int, *, shares: Any = None) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of `count` processes; if the block fails or is interrupted, they are stopped in what they do."""
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(shares,)) as pool:
        try:
            yield pool
        except BaseException:
            for worker in set(multiprocessing.active_children()) - before:
                worker.terminate()
            raise


def in_workers(jobs: Sequence[Callable[[Tell], Found]], *, workers: int, tell: Tell, what: str) -> list[Found]:
    """Return what the jobs return, done in that many processes, or here if one is enough.

    Parameters
    ----------
    jobs : functions that can be pickled; each is called with a function to tell the share of it that is done.
    tell : called with the share of all that is done, and `what`.
    """
    count = len(jobs)
    if min(workers, count) < 2:
        return [job(part(tell, number, count)) for number, job in enumerate(jobs)]
    shares = multiprocessing.get_context("spawn").Array("d", count, lock=False)
    with workers_of(min(workers, count), shares=shares) as pool:
        futures = [pool.submit(_work, job, number) for number, job in enumerate(jobs)]
        waiting = True
        while waiting:
            done, left = wait(futures, timeout=_SECONDS_BETWEEN_LOOKS)
            for future in done:
                future.result()  # what has failed is told at once
            tell(sum(shares) / count, what)
            waiting = bool(left)
        return [future.result() for future in futures]


def part(tell: Tell, number: int, count: int) -> Tell:
    """Return what tells the share done of the part with that number, out of `count` equal parts."""
    return lambda share, what: tell((number + share) / count, what)


def _begin(shares: Any) -> None:
    global _shares
    _shares = shares
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts everybody, and one of them has to say so


def _work(job: Callable[[Tell], Found], number: int) -> Found:
    return job(partial(_tell, number))


def _tell(number: int, share: float, what: str) -> None:
    _shares[number] = share
