"""What all commands share: the group, its errors, and the options that several of them take."""

from __future__ import annotations

import sys
from typing import Any

import click

from scenarios.errors import BadInput


class _Group(click.Group):
    """A group whose bad input is one sentence and status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BadInput as error:
            click.echo(f"crowdbayes: {error}", err=True)
            ctx.exit(2)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="crowdbayes")
def main() -> None:
    """Strategic behaviour in crowdsourced Bayesian auctions, measured exactly.

    A SCENARIO is a TOML file or the name of one that ships (crowdbayes list scenarios).

    \b
    Example:
      crowdbayes run insiders --out my-run
    """
    import signal
    from threading import current_thread, main_thread

    if current_thread() is main_thread():  # so that what is half done is cleared away
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


scenario_argument = click.argument("scenario")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON alone on standard output.")
set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a field of the scenario, as in --set mechanism.epsilon=0.1; may be repeated.",
)
