"""The command line. Exit codes: 0, 1 (a check failed), 2 (bad input), 130 (interrupted).

Heavy packages are imported inside the commands, so that help is quick.
"""

from __future__ import annotations

import sys

from scenarios import cli_beliefs, cli_claims, cli_compare, cli_data, cli_learn, cli_play, cli_strategic
from scenarios.cli_base import main

__all__ = ["cli_beliefs", "cli_claims", "cli_compare", "cli_data", "cli_learn", "cli_play", "cli_strategic", "main"]

if __name__ == "__main__":
    sys.exit(main())
