"""What was worked out, kept up to a number of things: the one that was longest not asked for goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """A memory of at most `most` things.

    >>> kept = Kept[int, str](1)
    >>> kept.get(1, lambda: "one"), kept.get(1, lambda: "again"), kept.get(2, lambda: "two"), len(kept)
    ('one', 'one', 'two', 1)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[Key, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._found)

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return what is kept under a key, made now if there is nothing."""
        if key not in self._found:
            self._found[key] = make()
            if len(self._found) > self._most:
                self._found.popitem(last=False)
        self._found.move_to_end(key)
        return self._found[key]
