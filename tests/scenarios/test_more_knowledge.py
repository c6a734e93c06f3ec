"""The page of `more-knowledge`: its figures as the program prints them, and worked out again by fractions and loops."""

import re
from collections import defaultdict
from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.deviation import deviations
from analysis.participation import Participation, participation
from scenarios.cli import main
from scenarios.experiment import Experiment, assemble
from scenarios.figures import revenue_figures
from scenarios.scenario import load, shipped
from tests import oracle
from tests.priors import Case

NAME = "more-knowledge"
OWN = 'knowledge={kind="own-value"}'
ONE = "knowledge.edges=[[0, 1]]"
TWO = "knowledge.edges=[[0, 1], [1, 2]]"
HERE = "run.seed=1"
ALL = 'knowledge={kind="complete"}'
OPTIMIST = 'knowledge={kind="own-value", misinformed=[{seat=0, how="shifted", shift=0.25}]}'
EDGES = {
    OWN: [],
    ONE: [(0, 1)],
    TWO: [(0, 1), (1, 2)],
    HERE: [(0, 1), (1, 2), (2, 0)],
    ALL: list(product(range(3), repeat=2)),
}
TABLE = [
    (OWN, "own value only", "59.824", "44.563", "34.528"),
    (ONE, "0 knows 1's value", "33.199", "48.305", "38.388"),
    (TWO, "and 1 knows 2's", "14.478", "50.636", "42.247"),
    (HERE, "and 2 knows 0's: this file", "-0.244", "58.596", "46.107"),
    (ALL, "everybody knows all", "-14.636", "58.455", "49.494"),
]
QUOTED = [
    ((), "opt", "45.44"),
    ((), "prices", "58.955"),
    ((ALL,), "prices", "58.955"),
    (("mechanism.kind=cremer-mclean",), "revenue", "59.824"),
    (("mechanism.kind=cremer-mclean",), "bound", "59.824"),
    ((ALL, "mechanism.kind=perfect-information"), "revenue", "58.662"),
    ((OWN, "mechanism.kind=perfect-information"), "revenue", "19.245"),
    ((OPTIMIST,), "revenue", "44.563"),
]
by_knowledge = pytest.mark.parametrize("row", TABLE, ids=lambda row: row[1])


@cache
def experiment(*overrides: str) -> Experiment:
    return assemble(load(NAME, overrides=overrides))


@cache
def figures(*overrides: str) -> dict:
    return revenue_figures(experiment(*overrides))


@cache
def staying(knowledge: str) -> Participation:
    return participation(experiment(knowledge, "mechanism.kind=cremer-mclean").game)


def page() -> str:
    return shipped()[NAME].read_text(encoding="utf-8").split("\nname = ")[0]


def on_page(figure: str) -> bool:
    return re.search(rf"(?<![\d.]){re.escape(figure)}(?!\d|\.\d)", page()) is not None


def printed(figure: str) -> float:
    return pytest.approx(float(figure), abs=0.5 * 10.0 ** -len(figure.partition(".")[2]) * (1 + 1e-9))


# --- as printed


@by_knowledge
def test_the_table(row):
    knowledge, words, kept, by_l, by_m = row
    line = next(line for line in page().splitlines() if line.startswith(f"#     {words}  "))
    assert line.split()[-3:] == [kept, by_l, by_m]
    assert staying(knowledge).revenue == printed(kept)
    assert figures(knowledge, "mechanism.kind=L")["revenue"] == printed(by_l)
    assert figures(knowledge, "mechanism.kind=M")["revenue"] == printed(by_m)


@pytest.mark.parametrize(("overrides", "field", "figure"), QUOTED)
def test_figures_of_revenue(overrides, field, figure):
    assert on_page(figure)
    assert figures(*overrides)[field] == printed(figure)


def test_other_figures():
    here = staying(HERE).table
    assert on_page("12 of 27")
    assert (here["stays"].sum(), len(here)) == (12, 27)
    wrong = participation(experiment(OPTIMIST, "mechanism.kind=cremer-mclean").game)
    assert on_page("29.28")
    assert wrong.revenue == printed("29.28")
    assert on_page("8.0967")
    assert wrong.worst_interim == printed("-8.0967")
    assert wrong.table.loc[~wrong.table["stays"], "seat"].tolist() == [0, 0, 0]


def test_no_lie_gains_in_cremer_mclean_or_in_l():
    assert deviations(experiment("mechanism.kind=cremer-mclean").game).max_gain == pytest.approx(0.0, abs=1e-9)
    assert deviations(experiment().game).max_gain < 0.0


def test_compare_says_it_in_words():
    ended = CliRunner().invoke(main, ["compare", NAME, "--mechanisms", "cremer-mclean"])
    assert ended.exit_code == 0, ended.output
    assert "-0.24351" in ended.output


# --- worked out again

GRID = (10, 40, 100)
ODDS = {10: Fraction(1, 2), 40: Fraction(3, 10), 100: Fraction(1, 5)}


def chance(profile) -> Fraction:
    """One time in five all values are one draw, otherwise three."""
    apart = ODDS[profile[0]] * ODDS[profile[1]] * ODDS[profile[2]]
    return Fraction(4, 5) * apart + (Fraction(1, 5) * ODDS[profile[0]] if len(set(profile)) == 1 else 0)


def solved(rows, right):
    """Solve linear equations by elimination, in fractions."""
    table = [[*row, value] for row, value in zip(rows, right, strict=True)]
    for k in range(len(table)):
        swap = next(r for r in range(k, len(table)) if table[r][k] != 0)
        table[k], table[swap] = table[swap], table[k]
        table[k] = [entry / table[k][k] for entry in table[k]]
        for r in range(len(table)):
            if r != k:
                table[r] = [a - table[r][k] * b for a, b in zip(table[r], table[k], strict=True)]
    return [row[-1] for row in table]


@cache
def bets() -> dict:
    """The bets of least norm, which are combinations of the three beliefs; the same for all three bidders."""
    pairs = list(product(GRID, repeat=2))
    beliefs = [[chance((own, *pair)) / ODDS[own] for pair in pairs] for own in GRID]
    gains = [
        sum(p * max(own - max(pair), 0) for p, pair in zip(belief, pairs, strict=True))
        for own, belief in zip(GRID, beliefs, strict=True)
    ]
    inner = [[sum(a * b for a, b in zip(one, other, strict=True)) for other in beliefs] for one in beliefs]
    weights = solved(inner, gains)
    return {
        pair: sum(w * belief[k] for w, belief in zip(weights, beliefs, strict=True)) for k, pair in enumerate(pairs)
    }


def paid(profile) -> list[Fraction]:
    winner = profile.index(max(profile))
    rest = [(*profile[:i], *profile[i + 1 :]) for i in range(3)]
    return [bets()[rest[i]] + (max(rest[i]) if i == winner else 0) for i in range(3)]


def utility(profile) -> list[Fraction]:
    winner = profile.index(max(profile))
    return [(profile[i] if i == winner else 0) - price for i, price in enumerate(paid(profile))]


def seen(profile, player: int, knowledge: str) -> tuple:
    return tuple((j, profile[j]) for j in range(3) if j == player or (player, j) in EDGES[knowledge])


@cache
def by_fractions(knowledge: str) -> tuple[Fraction, Fraction, int]:
    """Revenue if losers stay out, the worst interim utility, and how many types take part."""
    worth: dict = defaultdict(Fraction)
    mass: dict = defaultdict(Fraction)
    for profile in product(GRID, repeat=3):
        for i in range(3):
            worth[i, seen(profile, i, knowledge)] += chance(profile) * utility(profile)[i]
            mass[i, seen(profile, i, knowledge)] += chance(profile)
    revenue = sum(
        chance(profile) * paid(profile)[i]
        for profile in product(GRID, repeat=3)
        for i in range(3)
        if worth[i, seen(profile, i, knowledge)] >= 0
    )
    return revenue, min(worth[cell] / mass[cell] for cell in mass), sum(gain >= 0 for gain in worth.values())


def test_the_prior_is_what_the_page_says():
    space = experiment().space
    for types, weight in zip(space.profiles.tolist(), space.weights, strict=True):
        assert weight == pytest.approx(float(chance([GRID[k] for k in types])), abs=1e-15)


def test_the_bets_by_fractions():
    found = experiment("mechanism.kind=cremer-mclean").game.mechanism.bets
    for bet in found:
        np.testing.assert_allclose(bet, [float(bets()[pair]) for pair in product(GRID, repeat=2)], atol=1e-9)


@by_knowledge
def test_who_stays_out_by_fractions(row):
    revenue, worst, taking_part = by_fractions(row[0])
    found = staying(row[0])
    assert found.revenue == pytest.approx(float(revenue), abs=1e-9)
    assert found.worst_interim == pytest.approx(float(worst), abs=1e-9)
    assert found.table["stays"].sum() == taking_part


def test_the_figures_that_follow_by_hand():
    """All there is to earn is the expected largest value; the worst state is that all three are worth 100."""
    largest = sum(chance(profile) * max(profile) for profile in product(GRID, repeat=3))
    assert float(largest) == 59.824
    assert figures("mechanism.kind=cremer-mclean")["revenue"] == pytest.approx(59.824, abs=1e-9)
    assert by_fractions(OWN)[:2] == (largest, 0)
    worst = min(min(utility(profile)) for profile in product(GRID, repeat=3))
    assert worst == utility((100, 100, 100))[0] == -bets()[100, 100]
    assert float(worst) == printed("-148.15")
    assert on_page("148.15")
    # The lottery asks one of three of 10, 40 and 100, less 1/2, of one of three bidders.
    lottery = sum(
        chance(profile) * sum(Fraction(2 * p - 1, 2) for v in profile for p in GRID if v >= p) / 9
        for profile in product(GRID, repeat=3)
    )
    assert figures()["prices"] == pytest.approx(float(Fraction(98, 100) * largest + lottery / 50), abs=1e-9)
    # A bidder 0 who stays out leaves what bidders 1 and 2 pay.
    others = sum(chance(profile) * sum(paid(profile)[1:]) for profile in product(GRID, repeat=3))
    assert float(others) == printed("29.28")


@by_knowledge
def test_l_and_m_by_the_oracle(row):
    profiles = tuple(product(GRID, repeat=3))
    kind, parameters = {OWN: ("own-value", {}), ALL: ("complete", {})}.get(row[0], ("graph", {"edges": EDGES[row[0]]}))
    case = Case((GRID,) * 3, profiles, tuple(float(chance(p)) for p in profiles), kind, parameters)
    game = case.oracle(epsilon=0.5, delta=0.02, discount=0.5)
    for mechanism, found in (("L", oracle.l_figures(game, printed=False)), ("M", oracle.m_figures(game))):
        expected = figures(row[0], f"mechanism.kind={mechanism}")
        assert expected["prices"] == pytest.approx(float(found["prices"]), abs=1e-7)
        assert expected["rewards"] == pytest.approx(float(found["rewards"]), abs=1e-7)
