"""The shipped scenarios whose profiles are many or not listed: their figures by closed forms and by plain sampling."""

import json
import re
import shlex
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from scenarios.cli import main
from scenarios.experiment import assemble
from scenarios.scenario import load, shipped
from tests.scenarios.test_library import LARGE

FREE = ("mechanism.delta=0", "mechanism.epsilon=0")
NOBODY_KNOWS = 'knowledge={kind="own-value"}'


@cache
def figures(name: str, *overrides: str) -> dict:
    sets = [text for override in overrides for text in ("--set", override)]
    result = CliRunner().invoke(main, ["revenue", name, *sets, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def page(name: str) -> list[str]:
    lines = shipped()[name].read_text(encoding="utf-8").splitlines()
    return [
        line[1:].removeprefix(" ") for line in lines[: next(k for k, x in enumerate(lines) if not x.startswith("#"))]
    ]


def near(found: dict, field: str, value: float, *, error: float = 0.0) -> bool:
    """Whether an estimated figure is within four standard errors of a value that has an error of its own."""
    spread = np.hypot(found["standard_errors"].get(field, 0.0), error)
    return abs(found[field] - value) <= 4 * spread + 1e-9


@pytest.mark.parametrize("name", sorted(LARGE))
def test_a_page_names_commands_that_say_what_exists(name):
    lines = page(name)
    assert 20 <= len(lines[0]) <= 90
    assert lines[0].endswith(".")
    assert 15 <= len(lines) <= 50
    quoted = [shlex.split(line, comments=True) for line in lines if line.startswith("    crowdbayes")]
    assert len(quoted) >= 3
    for _, command, scenario, *rest in quoted:
        assert scenario == name
        assert command in ("revenue", "run")
        assemble(load(name, overrides=rest[1::2]))


# --- figures


def highest_two(weights: np.ndarray, values: np.ndarray, players: int) -> tuple[float, float]:
    """The expected highest and second-highest of independent draws of one distribution."""
    below = np.concatenate([[0.0], np.cumsum(weights)[:-1]])
    steps = np.diff(values, prepend=0)
    one = 1 - below**players
    two = one - players * below ** (players - 1) * (1 - below)
    return float(steps @ one), float(steps @ two)


def myerson(weights: np.ndarray, values: np.ndarray, players: int) -> float:
    """OPT of independent draws of one distribution: the revenue curve's concave hull, at the highest draw."""
    tail = np.cumsum(weights[::-1])[::-1]
    points = [(0.0, 0.0), *((q, q * v) for q, v in zip(tail[::-1], values[::-1], strict=True))]
    hull: list[tuple[float, float]] = []
    for q, r in points:
        while len(hull) > 1 and (hull[-1][1] - hull[-2][1]) * (q - hull[-1][0]) <= (r - hull[-1][1]) * (
            hull[-1][0] - hull[-2][0]
        ):
            hull.pop()
        if not hull or q > hull[-1][0]:
            hull.append((q, r))
    # the virtual value of the k-th stretch of quantiles is its slope; the highest bidder is in it or beyond
    total = 0.0
    for (q0, r0), (q1, r1) in pairwise(hull):
        total += max(0.0, (r1 - r0) / (q1 - q0)) * ((1 - q0) ** players - (1 - q1) ** players)
    return total


def lookahead_by_sampling(weights: np.ndarray, values: np.ndarray, players: int, *, rounds: int, seed: int):
    """Mean and standard error of what the highest of independent bidders pays for her price above the second bid."""
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(values), size=(rounds, players), p=weights)
    who = drawn.argmax(axis=1)
    top = drawn.max(axis=1)
    rest = drawn.copy()
    rest[np.arange(rounds), who] = -1
    second = rest.max(axis=1)
    floor = second + (rest.argmax(axis=1) < who)  # of equals the first is chosen
    tail = np.cumsum(weights[::-1])[::-1]
    best = np.array([f + np.argmax(values[f:] * tail[f:]) for f in range(len(values))])
    paid = np.where(top >= best[floor], values[best[floor]], 0)
    return paid.mean(), paid.std(ddof=1) / np.sqrt(rounds)


RUNGS = np.repeat([*(0.1 / 2 ** np.arange(1, 10)), 0.1 / 2**9], 10)
FIELD = np.arange(5, 101, 5)
DRY = np.array([0.24] * 4 + [0] * 3 + [0.01] * 4 + [0] * 9)
OIL = np.array([0.24] * 4 + [0] * 12 + [0.01] * 4)


class TestThousandBidders:
    def test_vickrey_and_opt_are_closed_forms(self):
        found = figures("thousand-bidders")
        values = np.arange(1, 101)
        assert found["vickrey"] == pytest.approx(highest_two(RUNGS, values, 1000)[1], abs=1e-9)
        assert found["opt"] == pytest.approx(myerson(RUNGS, values, 1000), abs=1e-8)
        assert found["opt_route"] == "myerson"
        assert (f"{found['vickrey']:.5g}", f"{found['opt']:.5g}") == ("90.575", "91.061")

    def test_l_earns_what_lookahead_does_but_for_its_lottery(self):
        found = figures("thousand-bidders", *FREE)
        mean, error = lookahead_by_sampling(RUNGS, np.arange(1, 101), 1000, rounds=4000, seed=3)
        assert near(found, "revenue", mean, error=error)
        assert near(found, "revenue", found["lookahead"])
        assert near(figures("thousand-bidders"), "revenue", 89.24, error=0.0025)

    def test_two_bidders_are_listed_and_a_reserve_pays(self):
        found = figures("thousand-bidders", "environment.players=2")
        values = np.arange(1, 101)
        assert found["vickrey"] == pytest.approx(highest_two(RUNGS, values, 2)[1])
        assert found["opt"] == pytest.approx(myerson(RUNGS, values, 2), abs=1e-7)
        assert (f"{found['vickrey']:.5g}", f"{found['opt']:.5g}") == ("8.2833", "10.738")


class TestTwoStatesMany:
    def test_vickrey_is_a_closed_form_and_bounds_opt_with_the_known_state(self):
        found = figures("two-states-many")
        vickrey = sum(highest_two(weights, FIELD, 30)[1] for weights in (DRY, OIL)) / 2
        known = sum(myerson(weights, FIELD, 30) for weights in (DRY, OIL)) / 2
        assert found["vickrey"] == pytest.approx(vickrey, abs=1e-9)
        assert found["opt"] is None
        assert (found["opt_lower"], found["opt_upper"]) == pytest.approx((vickrey, known), abs=1e-8)
        assert (f"{vickrey:.5g}", f"{known:.5g}") == ("36.315", "50.475")

    @pytest.mark.parametrize("insiders", ["[0, 1]", "[0, 1, 2]"])
    def test_with_insiders_l_prices_by_the_state(self, insiders):
        found = figures("two-states-many", *FREE, f"knowledge.insiders={insiders}")
        sampled = [lookahead_by_sampling(weights, FIELD, 30, rounds=40_000, seed=4) for weights in (DRY, OIL)]
        mean, error = np.mean([m for m, _ in sampled]), np.hypot(*(e for _, e in sampled)) / 2
        assert near(found, "revenue", mean, error=error)

    def test_what_the_page_says_is_so(self):
        told, alone = figures("two-states-many"), figures("two-states-many", NOBODY_KNOWS)
        assert near(told, "revenue", 49.1, error=0.05)
        assert near(alone, "revenue", 43.1, error=0.05)
        assert near(told, "lookahead", 44.2, error=0.05)
        assert told["revenue"] / told["vickrey"] == pytest.approx(1.35, abs=0.02)
        many = sum(highest_two(weights, FIELD, 300)[1] for weights in (DRY, OIL)) / 2
        assert f"{many:.4g}" == "76.42"


class TestCopulaPair:
    @pytest.mark.parametrize(("rho", "vickrey", "opt"), [(-0.8, "53.689", "101.41"), (0.8, "86.144", "87.324")])
    def test_vickrey_is_the_mean_of_the_lower_of_two_normals(self, rho, vickrey, opt):
        found = figures("copula-pair", f"prior.correlation={rho}")
        scores = stats.norm.ppf(1 - np.arange(200) / 200)  # by symmetry: at least k of 200 steps
        both = stats.multivariate_normal(cov=[[1, rho], [rho, 1]]).cdf(np.stack([scores, scores], axis=1).clip(-12, 12))
        assert found["vickrey"] == pytest.approx(both.sum(), abs=1e-7)
        assert (f"{found['vickrey']:.5g}", f"{found['opt']:.5g}") == (vickrey, opt)
        assert found["opt_gap"] < 1e-8
        assert found["lookahead"] <= found["opt"] + 1e-9
        assert found["lookahead"] == pytest.approx(found["opt"], abs=0.005)

    def test_clayton(self):
        found = figures("copula-pair", 'prior={kind="copula", family="clayton", theta=2.0, marginals="uniform"}')
        ranks = np.arange(201) / 200
        with np.errstate(divide="ignore"):
            both = (2 * ranks**-2.0 - 1) ** -0.5
        assert found["vickrey"] == pytest.approx((1 - 2 * ranks[:-1] + both[:-1]).sum(), abs=1e-9)
        assert f"{found['opt']:.5g}" == "83.874"

    def test_l_needs_no_more_than_two_who_know_the_prior(self):
        found = figures("copula-pair", "mechanism.kind=L")
        assert f"{found['revenue']:.5g}" == "97.991"
        assert found["bound_holds"]


@pytest.mark.parametrize("name", sorted(LARGE))
def test_figures_that_are_exact_stand_on_the_page(name):
    text = "\n".join(page(name))
    found = figures(name)
    for field in ("vickrey", "opt", "opt_upper"):
        if found.get(field) is not None and field not in found.get("standard_errors", {}):
            assert re.search(rf"(?<![\d.]){re.escape(f'{found[field]:.5g}')}(?!\d|\.\d)", text), field
