"""What a run found."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from scenarios.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Result:
    """What a run found.

    Attributes
    ----------
    scenario : the scenario as it was run.
    figures : the headline figures, exact and simulated, as plain data.
    tables : pandas frames by name: revenue, seats, rounds, quantiles and distribution (of a round's revenue), worlds,
        deviations, knowledge, and region and border where the mechanism's truthfulness depends on epsilon and delta.
    notes : plain sentences that belong beside the figures.
    folder : where it was written, or None.
    """

    scenario: Scenario
    figures: dict[str, Any] = field(repr=False)
    tables: dict[str, pd.DataFrame] = field(repr=False)
    notes: tuple[str, ...]
    folder: Path | None
