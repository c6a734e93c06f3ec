"""Processes that work for a command, and end with it however it ends."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def workers_of(count: int) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of `count` processes; if the block fails or is interrupted, they are stopped in what they do."""
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    ignore = (signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts everybody, and one of them has to say so
    with ProcessPoolExecutor(count, mp_context=context, initializer=signal.signal, initargs=ignore) as pool:
        try:
            yield pool
        except BaseException:
            for worker in set(multiprocessing.active_children()) - before:
                worker.terminate()
            raise
