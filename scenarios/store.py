"""Writing a run to disk: Parquet tables, JSON figures, plots, report; all of it or nothing.

A run is written under a temporary name beside its place and renamed when it is whole. What is already there is
never overwritten.
"""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from scenarios.errors import BadInput


def free_folder(name: str, root: Path = Path("runs")) -> Path:
    """Return ``runs/NAME``, or the first of ``runs/NAME-2``, ``runs/NAME-3``, ... that does not exist."""
    number, folder = 1, root / name
    while folder.exists():
        number += 1
        folder = root / f"{name}-{number}"
    return folder


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `place` when the block ends well, and vanishes when it does not.

    Raises
    ------
    BadInput : if `place` exists already or cannot be made.
    """
    try:
        if place.exists() or place.is_symlink():
            raise BadInput(f"{place}: already exists; name another folder, or remove it yourself")
        home = next(folder for folder in place.absolute().parents if folder.exists())
        partial = Path(tempfile.mkdtemp(prefix=f".{place.name[:40]}.partial-", dir=home))
    except OSError as error:
        raise BadInput(f"{place}: cannot be made: {error.strerror}") from None
    try:
        yield partial
        partial.chmod(0o755)
        place.parent.mkdir(parents=True, exist_ok=True)
        partial.rename(place)
    except OSError as error:
        raise BadInput(f"{place}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_new_text(path: Path, text: str) -> None:
    """Write a new text file.

    Raises
    ------
    BadInput : if there is one of that name already, or it cannot be written.
    """
    try:
        file = path.open("x", encoding="utf-8")
    except FileExistsError:
        raise BadInput(f"{path}: already exists; name another file") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from None
    try:
        with file:
            file.write(text)
    except BaseException as error:  # an interrupt too
        path.unlink()
        if isinstance(error, OSError):
            raise BadInput(f"{path}: cannot be written: {error.strerror}") from None
        raise


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet; columns of mixed kinds become text."""
    plain = table.copy()
    for name in plain.columns:
        if plain[name].dtype == object:
            plain[name] = plain[name].map(str)
    plain.to_parquet(path, index=False)


def write_json(figures: Any, path: Path) -> None:
    """Write figures as JSON."""
    path.write_text(to_json(figures) + "\n", encoding="utf-8")


def to_json(figures: Any) -> str:
    """Return JSON; numbers that JSON does not have (infinite, not a number) become null."""
    return json.dumps(_plain(figures), indent=2, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
