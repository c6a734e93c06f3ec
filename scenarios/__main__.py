"""``python -m scenarios NAME`` does what ``crowdbayes run NAME`` does."""

import sys

from scenarios.cli import main

if __name__ == "__main__":
    main(["run", *sys.argv[1:]], prog_name="python -m scenarios")
