"""Make `timber-bids.csv`: invented bids of five mills for lots of timber.

A lot's quality is common to all mills, and a mill adds its own skill and luck, so that the
bids of mills that meet often are strongly correlated. Run as ``python -m scenarios.library.make_bids``.
"""

import math
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("timber-bids.csv")
SKILL = {"Alder": 0.10, "Birch": 0.05, "Cedar": 0.0, "Douglas": -0.05, "Elm": -0.15}
LOTS = 120
TYPICAL_BID = 1200.0
QUALITY_SPREAD = 0.35
LUCK_SPREAD = 0.18
TAKES_PART = 0.9


def timber_bids(seed: int = 20) -> str:
    """The text of the file, one row per lot and mill that takes part."""
    rng = np.random.default_rng(seed)
    rows = ["auction,bidder,bid"]
    for lot in range(1, LOTS + 1):
        quality = QUALITY_SPREAD * rng.standard_normal()
        luck = LUCK_SPREAD * rng.standard_normal(len(SKILL))
        present = rng.random(len(SKILL)) < TAKES_PART
        for mill, (name, skill) in enumerate(SKILL.items()):
            if present[mill]:
                bid = TYPICAL_BID * math.exp(quality + skill + luck[mill])
                rows.append(f"lot-{lot:03},{name},{bid:.1f}")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Write the file beside this module."""
    FILE.write_text(timber_bids(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
