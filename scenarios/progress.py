"""Showing progress on standard error, so that standard output stays the figures alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

_SECONDS_BEFORE_BAR = 1.0
_SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def show_progress() -> Iterator[Callable[[float, str], None]]:
    """Yield a function to report progress with; it is shown on standard error once a second has passed.

    A terminal gets a bar that moves by itself; anything else gets a line every five seconds.
    """
    state: dict[str, Any] = {"share": 0.0, "what": "starting"}
    ended = Event()

    def tell(share: float, what: str) -> None:
        state.update(share=share, what=what)

    watcher = Thread(target=_show_bar if sys.stderr.isatty() else _show_lines, args=(state, ended), daemon=True)
    watcher.start()
    try:
        yield tell
    finally:
        ended.set()
        watcher.join()


def _show_lines(state: dict[str, Any], ended: Event) -> None:
    while not ended.wait(_SECONDS_BETWEEN_LINES):
        sys.stderr.write(f"{state['what']}: {state['share']:.0%}\n")


def _show_bar(state: dict[str, Any], ended: Event) -> None:
    if ended.wait(_SECONDS_BEFORE_BAR):
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(state["what"], total=1.0)
        while not ended.wait(0.2):
            progress.update(task, completed=state["share"], description=state["what"])
