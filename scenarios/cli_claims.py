"""The command that holds the paper to its claims: verify."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import click

from scenarios.cli_base import json_option, main, new_folder_option
from scenarios.progress import show_progress


@main.command(short_help="Try every claim of the paper on named and random instances.")
@click.option("--claim", "claims", multiple=True, metavar="NAME", help="Only this claim; may be repeated.")
@click.option(
    "--instances", type=click.IntRange(min=1), default=200, show_default=True, help="Instances of each claim."
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of the instances.")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes.")
@new_folder_option("claims.json, claims.csv and a scenario for each claim")
@json_option
def verify(claims: tuple[str, ...], instances: int, seed: int, workers: int, out: Path | None, as_json: bool) -> None:
    """Try every lemma, theorem and corollary of the paper, and what is claimed in passing, on many instances.

    A claim that fails is shown with the smallest instance found. With --out the smallest instance that breaks a claim,
    or the one nearest to that, is written as a scenario for each. The exit status is 1 if a verdict is not the expected
    one; with few instances some are not.

    \b
    Example:
      crowdbayes verify --claim lemma-4-values --instances 50
      crowdbayes verify --out claims
    """
    from analysis.claims import CLAIMS
    from scenarios.store import to_json
    from scenarios.verify import row
    from scenarios.verify import verify as find

    total, done = len(set(claims)) or len(CLAIMS), count(1)
    with show_progress() as tell:
        found = find(
            claims or None,
            instances=instances,
            seed=seed,
            workers=workers,
            out=out,
            progress=lambda finding: tell(next(done) / total, finding.claim),
        )
    if as_json:
        click.echo(to_json([row(finding) for finding in found]))
    else:
        from scenarios.screen_claims import show_claims

        show_claims(found)
    wrong = [finding.claim for finding in found if not finding.as_expected]
    if wrong:
        click.echo(f"crowdbayes: not the expected verdict: {', '.join(wrong)}", err=True)
        raise SystemExit(1)
