"""The shipped scenarios of several goods, two groups and a public good: every figure that their pages quote."""

import re
import shlex
from functools import cache
from itertools import product

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.deviation import deviations
from mechanisms import optimal_mechanism
from mechanisms.mechanism import Mechanism
from scenarios.cli import main
from scenarios.experiment import Experiment, assemble
from scenarios.figures import revenue_figures
from scenarios.market import Market
from scenarios.scenario import load, shipped
from tests.scenarios.test_errors import assert_one_sentence

ONE_AND_THREE = "environment.served=[[0], [1], [2], [3], [1, 2], [1, 3], [2, 3], [1, 2, 3]]"
FREE = ("mechanism.delta=0", "mechanism.epsilon=0")
ALL_KNOW = "knowledge.kind=complete"
SURE_FIRST = (
    'environment={kind="single-good", values=[[1], [1, 100]]}',
    'prior={kind="independent", marginals=[[1.0], [0.99, 0.01]]}',
)
SURE_LAST = (
    'environment={kind="single-good", values=[[1, 100], [1]]}',
    'prior={kind="independent", marginals=[[0.99, 0.01], [1.0]]}',
)
COMMON = (
    'environment={kind="single-good", values=[[1, 2, 3], [1, 2, 3]]}',
    'prior={kind="table", profiles=[[1, 1], [2, 2], [3, 3]], probabilities=[0.2, 0.3, 0.5]}',
)
KNOWS_NEXT = 'knowledge={kind="graph", edges=[[0, 1]]}'
KNOW_BEFORE = 'knowledge={kind="graph", edges=[[0, 2], [1, 0], [2, 1]]}'


def kind(name: str) -> str:
    return f"mechanism.kind={name}"


def experiment_of(name: str, overrides=()) -> Experiment:
    return assemble(load(name, overrides=overrides))


@cache
def figures(name: str, overrides: tuple[str, ...] = ()) -> dict:
    return revenue_figures(experiment_of(name, overrides))


def page(name: str) -> str:
    lines = shipped()[name].read_text(encoding="utf-8").splitlines()
    return "\n".join(line[1:].removeprefix(" ") for line in lines if line.startswith("#"))


def quoted_on(name: str, figure: str) -> bool:
    return re.search(rf"(?<![\d.]){re.escape(figure)}(?!\d|\.\d)", page(name)) is not None


def half_a_last_digit(text: str) -> float:
    return 0.5 * 10.0 ** -len(text.partition(".")[2]) * (1 + 1e-9)


QUOTED = [
    ("two-groups", (), "revenue", "1.875"),
    ("two-groups", (), "opt", "2.75"),
    ("two-groups", (kind("M"), *FREE), "revenue", "2.25"),
    ("two-groups", (kind("M"), *FREE), "bound", "2.0625"),
    ("two-groups", (kind("M"),), "revenue", "2.2062"),
    ("two-groups", (kind("M"),), "bound", "2.0013"),
    ("two-groups", (kind("M"), ALL_KNOW), "revenue", "2.9325"),
    ("two-groups", ('mechanism={kind="vcg-reserves", timing="lazy"}',), "revenue", "2.375"),
    ("two-groups", ('mechanism={kind="vcg-reserves", timing="eager"}',), "revenue", "2.375"),
    ("two-groups", (kind("posted-prices"),), "revenue", "2.5"),
    ("two-groups", (ONE_AND_THREE,), "revenue", "0"),
    ("two-groups", (ONE_AND_THREE,), "opt", "3.125"),
    ("two-groups", (ONE_AND_THREE, kind("M"), *FREE), "bound", "2.34375"),
    ("two-groups", (ONE_AND_THREE, kind("M"), *FREE), "revenue", "2.4375"),
    ("two-groups", (ONE_AND_THREE, kind("vcg-reserves")), "revenue", "3"),
    ("posted-prices", (), "revenue", "10.2"),
    ("posted-prices", (), "opt", "10.3175"),
    ("posted-prices", (kind("vcg"),), "revenue", "7.38"),
    ("posted-prices", (kind("M"),), "revenue", "7.55"),
    ("posted-prices", (kind("M"),), "bound", "6.6408"),
    ("posted-prices", SURE_FIRST, "revenue", "1"),
    ("posted-prices", SURE_FIRST, "opt", "1.99"),
    ("posted-prices", SURE_LAST, "revenue", "1.99"),
    ("posted-prices", COMMON, "revenue", "2.1"),
    ("posted-prices", COMMON, "opt", "2.3"),
    ("posted-prices", COMMON, "vickrey", "2.3"),
    ("public-good", (), "revenue", "4.968"),
    ("public-good", (), "opt", "4.632"),
    ("public-good", (kind("choi-kim"),), "revenue", "4.9398"),
    ("public-good", (kind("choi-kim"),), "prices", "4.968"),
    ("public-good", (kind("choi-kim"),), "rewards", "0.02824"),
    ("public-good", (kind("vcg"),), "revenue", "1.728"),
]
QUOTED_GAINS = [
    ("public-good", (ALL_KNOW,), "3.6"),
    ("public-good", (KNOWS_NEXT,), "1.92"),
    ("public-good", (kind("choi-kim"), KNOWS_NEXT), ".96"),
]
NO_GAIN = [
    ("two-groups", ()),
    ("posted-prices", ()),
    ("public-good", ()),
    ("public-good", (kind("choi-kim"),)),
    ("public-good", (kind("choi-kim"), ALL_KNOW)),
    ("public-good", (kind("choi-kim"), KNOW_BEFORE)),
    ("public-good", (kind("vcg"), ALL_KNOW)),
]
NAMES = ("two-groups", "posted-prices", "public-good")


@pytest.mark.parametrize(("name", "overrides", "field", "figure"), QUOTED)
def test_a_page_quotes_what_revenue_prints(name, overrides, field, figure):
    assert quoted_on(name, figure)
    assert figures(name, tuple(overrides))[field] == pytest.approx(float(figure), abs=half_a_last_digit(figure))


@pytest.mark.parametrize(("name", "overrides", "figure"), QUOTED_GAINS)
def test_a_page_quotes_what_a_lie_gains(name, overrides, figure):
    assert quoted_on(name, figure)
    found = deviations(experiment_of(name, overrides).game).max_gain
    assert found == pytest.approx(float(figure), abs=1e-9)


@pytest.mark.parametrize(("name", "overrides"), NO_GAIN)
def test_where_no_lie_gains(name, overrides):
    assert deviations(experiment_of(name, overrides).game).max_gain <= 0


@pytest.mark.parametrize("name", NAMES)
def test_the_commands_on_a_page_work(name):
    text = re.sub(r"\\\n\s*", "", page(name))
    quoted = [shlex.split(line)[1:] for line in text.splitlines() if line.startswith("    crowdbayes ")]
    assert len(quoted) >= 3
    for arguments in quoted:
        result = CliRunner().invoke(main, [*arguments, "--json"])
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize("name", NAMES)
def test_simulated_revenue_is_the_exact_one(name):
    experiment = experiment_of(name)
    market = Market(experiment.game, experiment.strategies(), worlds=20_000, seed=5)
    market.step()
    exact = figures(name)["revenue"]
    income = experiment.game.mechanism.expect(experiment.game.truthful_play.reports).prices
    deviation = np.sqrt(experiment.space.weights @ (income - exact) ** 2)
    assert abs(market.totals["revenue"].mean() - exact) <= 4 * deviation / np.sqrt(20_000) + 1e-9


# --- the same by theory or by hand

GROUPS = {(): ((0, 1), (2, 3)), (ONE_AND_THREE,): ((0,), (1, 2, 3))}


@pytest.mark.parametrize("overrides", GROUPS, ids=["two and two", "one and three"])
def test_two_groups_by_hand(overrides):
    """VCG's payments by plain loops; OPT's mean without a player, the share of OPT and what M earns agree as told."""
    first, second = GROUPS[overrides]
    total = 0
    for values in product([1, 2], repeat=4):
        one, two = (sum(values[i] for i in group) for group in (first, second))
        winners, mine, rivals = (first, one, two) if one > two else (second, two, one)
        total += sum(max(0, rivals - (mine - values[i])) for i in winners)
    assert figures("two-groups", overrides)["revenue"] == pytest.approx(total / 16, abs=1e-12)
    experiment = experiment_of("two-groups", overrides)
    fewer = [
        optimal_mechanism(
            experiment.environment.without(i), experiment.space.prior.marginal([j for j in range(4) if j != i])
        )
        for i in range(4)
    ]
    mean = np.mean([rest.revenue for rest in fewer])
    assert mean == pytest.approx({(): 2.25}.get(overrides, 2.4375), abs=1e-9)
    assert figures("two-groups", (*overrides, kind("M"), *FREE))["revenue"] == pytest.approx(mean, abs=1e-9)
    assert figures("two-groups", overrides)["revenue"] < 0.75 * figures("two-groups", overrides)["opt"] < mean


def test_the_bridge_by_hand():
    """Built where three values exceed 9: cost, what is left, and VCG's payments, by plain loops."""
    chances = {1: 0.4, 4: 0.4, 8: 0.2}
    cost = left = clarke = 0.0
    for values in product(chances, repeat=3):
        weight, total = np.prod([chances[v] for v in values]), sum(values)
        if total > 9:
            cost += 9 * weight
            left += (total - 9) * weight
            clarke += weight * sum(max(0, total - v - 9) - (total - v - 9) for v in values)
    assert cost == pytest.approx(4.968, abs=1e-9)
    assert left == pytest.approx(2.76, abs=1e-9)
    assert clarke == pytest.approx(1.728, abs=1e-9)
    assert quoted_on("public-good", "2.76")


@pytest.mark.parametrize("mechanism", ["cremer-riordan", "choi-kim", "vcg"])
def test_the_bridge_leaves_its_welfare_to_the_villages_and_the_purse(mechanism):
    experiment = experiment_of("public-good", (kind(mechanism),))
    built: Mechanism = experiment.game.mechanism
    outcomes = built.expect(experiment.game.truthful_play.reports)
    weights = experiment.space.weights
    utility = outcomes.utility(experiment.environment, experiment.space.profiles)
    purse = outcomes.prices - outcomes.rewards.sum(axis=1) - outcomes.allocation @ built.expenses
    assert weights @ (utility.sum(axis=1) + purse) == pytest.approx(2.76, abs=1e-9)
    assert (utility.min() < 0) == (mechanism != "vcg")
    if mechanism == "cremer-riordan":
        assert abs(purse).max() <= 1e-9


def test_in_the_balanced_two_some_types_expect_a_loss():
    for mechanism in ("cremer-riordan", "choi-kim"):
        experiment = experiment_of("public-good", (kind(mechanism),))
        game = experiment.game
        assert min(game.truth(player).min() for player in range(3)) < 0


def test_posted_prices_of_a_common_value_by_hand():
    """Asked 3 and then 2: nothing from 1, 2 from 2, 3 from 3."""
    assert pytest.approx(2.1) == 0.3 * 2 + 0.5 * 3
    mechanism = experiment_of("posted-prices", COMMON).game.mechanism
    assert [arrival.prices[0].tolist() for arrival in mechanism.arrivals] == [[0, 3], [0, 2]]


@pytest.mark.parametrize(
    ("mechanism", "said"),
    [
        ("M", "M takes the informant out, and this environment is not downward closed"),
        ("L", "L sells a single good, and this environment is not built as one"),
    ],
)
def test_m_and_l_have_no_place_at_the_bridge(mechanism, said):
    result = CliRunner().invoke(main, ["revenue", "public-good", "--set", f'mechanism={{kind="{mechanism}"}}'])
    assert_one_sentence(result, f"public-good: mechanism: {said}")
