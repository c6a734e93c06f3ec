"""What a person sees: figures to five digits, intervals, and every number of the run on one screen."""

import math
from dataclasses import replace

import pytest

from analysis.deviation import Deviations, deviations
from scenarios.experiment import Experiment, assemble
from scenarios.figures import revenue_figures
from scenarios.runner import run
from scenarios.scenario import parse
from scenarios.screen import interval, number, show_deviations, show_revenue, show_run, spread

PAIR = {
    "name": "pair",
    "environment": {"values": [[1, 2, 3], [1, 2, 3]]},
    "prior": {"kind": "independent", "marginals": [[0.25, 0.5, 0.25], [0.25, 0.5, 0.25]]},
    "mechanism": {"kind": "L-printed", "epsilon": 0.1, "delta": 0.1},
    "run": {"rounds": 5, "worlds": 10},
}


def made(**changes) -> Experiment:
    return assemble(parse({**PAIR, **changes}))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        (0.0, "0"),
        (2, "2"),
        (1 / 3, "0.33333"),
        (-1234.5678, "-1234.6"),
        (1e-9, "1e-09"),
    ],
)
def test_numbers_have_five_digits(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("mean", "error", "text"),
    [(2.0, 0.1, "2 ± 0.2"), (2.0, math.nan, "2"), (math.nan, math.nan, "–"), (1.23456789, 0.0, "1.2346 ± 0")],
)
def test_intervals_are_of_95_percent(mean, error, text):
    assert interval(mean, error) == text


def shown(capsys) -> str:
    printed = capsys.readouterr()
    assert printed.err == ""
    assert max(map(len, printed.out.splitlines())) <= 110
    return printed.out


def test_a_run_is_shown_on_one_screen(capsys):
    result = run(parse(PAIR), write=False)
    show_run(result)
    text = shown(capsys)
    assert text.startswith("pair: 5 rounds in 10 worlds, seed 1")
    for row in result.tables["revenue"].itertuples():
        assert row.figure in text
        assert number(row.exact) in text
        if not math.isnan(row.simulated):
            assert interval(row.simulated, row.standard_error) in text
    for row in result.tables["seats"].itertuples():
        assert f"{row.gain:+.6g}" in text
    assert "reached" in text
    assert "written to" not in text
    assert len(text.splitlines()) <= 30


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"seats": [{"strategy": "misreport", "value": {"rule": "shade", "steps": 9}}]},
            "missed, as play is not truthful",
        ),
        ({"seats": [{"strategy": "empirical-best-response"}]}, "note: "),
        ({"environment": {**PAIR["environment"], "unit": 250.0}}, "one unit of value is 250 of money"),
        ({"mechanism": {"kind": "vickrey"}}, "vickrey as played"),
        ({"run": {"rounds": 2, "worlds": 1}}, "2 rounds in 1 world"),
    ],
)
def test_a_run_says_what_is_special_about_it(capsys, change, said):
    show_run(run(parse({**PAIR, **change}), write=False))
    assert said in shown(capsys).replace("\n", " ")


def test_the_quantiles_of_a_run_are_one_line(capsys):
    result = run(parse(PAIR), write=False)
    show_run(result)
    (line,) = (line for line in shown(capsys).splitlines() if line.startswith("quantiles of a round's revenue: "))
    table = result.tables["quantiles"].set_index("percent")["revenue"]
    assert line.removeprefix("quantiles of a round's revenue: ") == ", ".join(
        f"{percent} % {number(table[percent])}" for percent in (5, 25, 50, 75, 95)
    )


@pytest.mark.parametrize(("half_width", "said"), [(0.0, ""), (1e-7, ""), (0.003, ", to within 0.003")])
def test_a_quantile_that_is_not_exact_says_so(half_width, said):
    result = run(parse(PAIR), write=False)
    loose = result.tables["quantiles"].assign(half_width=half_width, revenue=2.0)
    assert spread(replace(result, tables={**result.tables, "quantiles": loose})).endswith(f"95 % 2{said}")


def test_revenues_are_a_row_each(capsys):
    found = [revenue_figures(made(mechanism={"kind": kind})) for kind in ("M", "L", "vickrey")]
    show_revenue(found)
    text = shown(capsys)
    for row in found:
        line = next(line for line in text.splitlines() if line.split()[:2] == ["pair", row["mechanism"]])
        assert number(row["revenue"]) in line
        assert ("yes" if row["bound_holds"] else "–") in line


def test_notes_stand_below(capsys):
    show_revenue([revenue_figures(made(seats=[{"strategy": "empirical-best-response"}]))])
    assert "pair: a seat's strategy learns from play" in shown(capsys)


def test_the_best_deviations_are_shown_and_the_rest_counted(capsys):
    experiment = made()
    found = deviations(experiment.game)
    show_deviations(experiment, found)
    text = shown(capsys)
    assert f"best gain {found.max_gain:+.6g}" in text
    assert f"by value alone {found.max_gain_value:+.6g}" in text
    assert f"by belief alone {found.max_gain_belief:+.6g}" in text.replace("\n", " ")
    assert f"and {len(found.table) - 12} more; --json prints them all" in text


def test_few_deviations_are_all_shown(capsys):
    single = {
        "environment": {"values": [[1, 2], [1]]},
        "prior": {"kind": "independent", "marginals": [[0.5, 0.5], [1.0]]},
        "mechanism": {"kind": "vickrey"},
    }
    experiment = assemble(parse(single))
    found = deviations(experiment.game, other_types=0)
    rows = found.table[:9]
    show_deviations(experiment, Deviations(rows))
    text = shown(capsys)
    assert "more" not in text
    assert sum(f"{gain:+.6g}" in line for line in text.splitlines()[3:] for gain in set(rows["gain"])) >= len(rows)
