"""Running the studies that ship: a script makes figures, tables, plots and the page that tells what they show."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import pandas as pd

from agents.parameters import suggestion
from scenarios.errors import BadInput
from scenarios.store import new_folder, write_json, write_table

Tell = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Findings:
    """What a study found.

    Attributes
    ----------
    page : Markdown: the question, the set-up, what was found with its figures, how to repeat it. It shows plots as
        ``![caption](NAME.svg)``, by their names in `plots`.
    figures : plain data, what the page quotes.
    tables, plots : by name.
    """

    page: str
    figures: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    plots: dict[str, Any] = field(default_factory=dict)


class Study(Protocol):
    """A module of `scenarios.library.studies`."""

    TITLE: str

    def study(self, tell: Tell, *, scale: float) -> Findings:
        """Return the findings; `scale` multiplies the number of worlds, or what stands for it; 1 makes the page."""


def studies() -> dict[str, str]:
    """Return the modules of the studies that ship, by name."""
    package = import_module("scenarios.library.studies")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {name.replace("_", "-"): f"{package.__name__}.{name}" for name in names}


def find_study(name: str) -> Study:
    """Return a study by name.

    Raises
    ------
    BadInput : if there is none of that name.
    """
    known = studies()
    if name not in known:
        raise BadInput(f"{name}: there is no such study; {suggestion(name, known, otherwise='studies that ship')}")
    return cast(Study, import_module(known[name]))


def write_findings(findings: Findings, out: Path) -> None:
    """Write a study's page, plots, tables and figures into a new folder, all or nothing."""
    with new_folder(out) as folder:
        (folder / "page.md").write_text(findings.page, encoding="utf-8")
        write_json(findings.figures, folder / "figures.json")
        for name, table in findings.tables.items():
            write_table(table, folder / f"{name}.parquet")
            table.to_csv(folder / f"{name}.csv", index=False)
        _draw(findings, folder, "")


def write_page(name: str, findings: Findings, folder: Path | None = None) -> None:
    """Write the page of a study that ships as ``NAME.md``, its plots as ``NAME-PLOT.svg``, beside its script."""
    folder = folder or Path(import_module("scenarios.library.studies").__path__[0])
    page = findings.page
    for plot in findings.plots:
        page = page.replace(f"({plot}.svg)", f"({name}-{plot}.svg)")
    (folder / f"{name}.md").write_text(page, encoding="utf-8")
    _draw(findings, folder, f"{name}-")


def _draw(findings: Findings, folder: Path, prefix: str) -> None:
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "crowdbayes"}):
        for name, ax in findings.plots.items():
            ax.figure.savefig(folder / f"{prefix}{name}.svg", metadata={"Date": None})
