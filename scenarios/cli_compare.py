"""The command that puts mechanisms side by side on one scenario: compare."""

from __future__ import annotations

from pathlib import Path

import click

from scenarios.cli_base import json_option, main, out_option, scenario_argument, set_option, write_results
from scenarios.errors import BadInput
from scenarios.progress import show_progress


@main.command(name="compare", short_help="Put mechanisms side by side on a scenario.")
@scenario_argument
@click.option(
    "--mechanisms",
    help="Mechanisms to compare, separated by commas, with own parameters in brackets, as in k-lookahead(k=3); all "
    "there are unless given.",
)
@click.option(
    "--other-types",
    type=click.IntRange(min=0),
    default=4,
    show_default=True,
    help="How many of a seat's other posteriors to try as belief reports.",
)
@set_option
@out_option
@json_option
def compare_command(
    scenario: str,
    mechanisms: str | None,
    other_types: int,
    overrides: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Put mechanisms side by side on one scenario: who earns what if all tell the truth, and whether they would.

    The scenario's epsilon, delta, discount, ties and cost go to every mechanism that takes them; its other parameters
    go to its own kind only (and between L and L-printed). The rest run with the defaults on their cards.

    \b
    Example:
      crowdbayes compare insiders --mechanisms "M, L, k-lookahead(k=1), reserve-price(price=50)"
    """
    from scenarios.comparison import compare, comparison_table, split_names
    from scenarios.experiment import assemble_listed
    from scenarios.scenario import load
    from scenarios.store import to_json

    kinds = [] if mechanisms is None else [name for name in split_names(mechanisms) if name]
    if mechanisms is not None and not kinds:
        raise BadInput("--mechanisms names none")
    with show_progress() as tell:
        tell(0.0, "compare")
        figures = compare(
            assemble_listed(load(scenario, overrides=overrides), "compare"), kinds, other_types=other_types, tell=tell
        )
    if out is not None:
        from analysis.comparison_plots import comparison_bars

        table = comparison_table(figures)
        unit = "" if figures["unit"] == 1.0 else f"× {figures['unit']:g}"
        ax = comparison_bars(table, opt=figures["opt"], largest_welfare=figures["largest_welfare"], unit=unit)
        write_results(out, figures, {"comparison": table}, {"comparison": ax})
    if as_json:
        click.echo(to_json(figures))
    else:
        from scenarios.screen_compare import show_comparison

        show_comparison(figures)
    if figures["opt_sound"] is False:
        gap = f"{figures['opt_gap']:.2g}"
        click.echo(f"crowdbayes: {scenario}: OPT's certificate fails, relative gap {gap}", err=True)
        raise SystemExit(1)
