"""Drift from D: what is lost by wrong opinions, by hand where there is a formula, and signals that may be wrong."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.game import Game
from agents.knowledge import StateSpace
from agents.misinformation import sampled
from analysis.beliefs.drift import COLUMNS, KINDS, drift, noisy_knowledge
from analysis.beliefs.opinions import with_error
from analysis.revenue import revenue_of
from mechanisms import MECHANISMS, assignment, joint, optimal_mechanism
from tests.priors import KINDS as STRUCTURES
from tests.priors import cases, iid, options_of, random_case, table

SKEWED = table([(1, 4), (2, 3)], {(1, 2): 0.4, (1, 3): 0.15, (4, 2): 0.2, (4, 3): 0.25})
WRONG = ("tempered", "shifted", "sampled")


def maker(case, *names, **options):
    mechanisms = {
        name: case.game(name, **options_of(MECHANISMS[name], **{"epsilon": 0.3, "delta": 0.1} | options)).mechanism
        for name in names
    }
    return lambda knowledge: {name: Game(mechanism, knowledge) for name, mechanism in mechanisms.items()}


def rng():
    return np.random.default_rng(3)


# --- opinions


@pytest.mark.parametrize("kind", WRONG)
def test_without_strength_nothing_drifts(kind):
    case = random_case(3, 3, "graph", most=3)
    make = maker(case, "M", "L", "unanimity", "vickrey")
    found = drift(make, case.knowledge, kinds=[kind], strengths=[0.0], rng=rng()).set_index("mechanism")
    for name, game in make(case.knowledge).items():
        assert found.loc[name, "revenue"] == pytest.approx(revenue_of(game).total)
    assert (found[["gain_own", "gain_true", "fines", "revenue_error"]] == 0.0).all(axis=None)
    assert found["opt"].tolist() == pytest.approx([optimal_mechanism(case.environment, case.prior).revenue] * 4)


@settings(max_examples=8)
@given(cases(kinds=STRUCTURES), st.sampled_from(WRONG))
def test_by_her_own_opinion_nobody_gains_in_m_and_l(case, kind):
    make = maker(case, "M", "L")
    found = drift(make, case.knowledge, kinds=[kind], strengths=[0.8], rng=rng(), samples=2, other_types=2)
    assert (found["gain_own"] == 0.0).all()
    assert (found["gain_true"] >= 0.0).all()


@pytest.mark.parametrize(("name", "share"), [("M", 0.15 / 2), ("L", 0.15 / 2)])
@pytest.mark.parametrize("kind", WRONG)
def test_by_d_she_forgoes_the_squared_distance_of_her_belief(kind, name, share):
    """Brier's rule: the score of D_j beats that of G by |D_j - G|^2, times epsilon / 2n, or /2 one time in n."""
    found = drift(maker(SKEWED, name), SKEWED.knowledge, kinds=[kind], strengths=[0.5], rng=rng(), samples=1)
    knowledge, stream = SKEWED.knowledge, rng()
    for i in range(2):
        knowledge = with_error(knowledge, i, kind, 0.5, stream)
    grid = np.array([[0], [1]])
    gaps = [
        SKEWED.knowledge.posterior(i, cell).prob(grid) - knowledge.posterior(i, cell).prob(grid)
        for i in range(2)
        for cell in range(2)
    ]
    assert found["gain_true"].tolist() == pytest.approx([share * max(gap @ gap for gap in gaps)], abs=1e-12)
    assert found["gain_true"].min() > 0.0


def test_revenue_is_that_of_the_truthful_game_with_those_opinions():
    found = drift(maker(SKEWED, "M", "L"), SKEWED.knowledge, kinds=["tempered"], strengths=[1.0], rng=rng())
    squares = np.array(SKEWED.weights) ** 2
    knowledge = replace(SKEWED.knowledge, opinions=np.tile(squares / squares.sum(), (2, 1)))
    expected = [revenue_of(game).total for game in maker(SKEWED, "M", "L")(knowledge).values()]
    assert found["revenue"].tolist() == pytest.approx(expected)


def test_who_asks_no_beliefs_is_not_moved():
    case = random_case(5, 2, most=3)
    found = drift(
        maker(case, "vickrey", "lookahead"), case.knowledge, kinds=WRONG, strengths=[0.0, 0.3], rng=rng(), samples=3
    )
    for _, rows in found.groupby("mechanism"):
        assert rows["revenue"].tolist() == pytest.approx([rows["revenue"].iloc[0]] * 6)
        assert rows["revenue_error"].max() == pytest.approx(0.0, abs=1e-12)
        assert rows[["gain_own", "gain_true"]].max(axis=None) == 0.0


def test_unanimity_survives_a_common_error_and_no_other():
    case = iid((1, 3, 4), (0.5, 0.2, 0.3), 2)
    found = drift(
        maker(case, "unanimity", penalty=7.0), case.knowledge, kinds=WRONG, strengths=[0.2], rng=rng(), samples=3
    ).set_index("kind")
    assert found.loc["tempered", ["fines", "gain_own", "gain_true"]].tolist() == [0.0, 0.0, 0.0]
    assert found.loc["tempered", "revenue"] > 0.0
    for kind in ("shifted", "sampled"):
        assert found.loc[kind, "revenue"] == 0.0
        assert found.loc[kind, "fines"] == pytest.approx(14.0)
        assert found.loc[kind, "gain_true"] >= 7.0  # by saying what the other says


# --- samples


def test_samples_are_averaged_with_their_standard_error():
    found = drift(maker(SKEWED, "L"), SKEWED.knowledge, kinds=["sampled"], strengths=[0.25], rng=rng(), samples=5)
    stream, revenues = rng(), []
    for _ in range(5):
        drawn = np.stack([sampled(SKEWED.space, i, stream, size=4) for i in range(2)])
        (game,) = maker(SKEWED, "L")(replace(SKEWED.knowledge, opinions=drawn)).values()
        revenues.append(revenue_of(game).total)
    row = found.iloc[0]
    assert row["samples"] == 5
    assert row["revenue"] == pytest.approx(np.mean(revenues))
    assert row["revenue_error"] == pytest.approx(np.std(revenues, ddof=1) / np.sqrt(5))
    assert row["revenue_error"] > 0.0


def test_large_samples_are_near_d():
    make = maker(SKEWED, "M")
    found = drift(make, SKEWED.knowledge, kinds=["sampled"], strengths=[1e-7, 0.5], rng=rng(), samples=3)
    assert found["gain_true"].iloc[0] < 1e-5 < found["gain_true"].iloc[1]


def test_the_seed_decides():
    once, again = (
        drift(maker(SKEWED, "M"), SKEWED.knowledge, kinds=["sampled"], strengths=[0.3], rng=rng(), samples=2)
        for _ in range(2)
    )
    assert once.equals(again)
    assert once.columns.tolist() == COLUMNS


# --- noisy signals


def test_a_noisy_signal_by_bayes():
    """Player 1 has 2 or 3; a signal "low" that is wrong once in five leaves 0.4 * 0.8 against 0.15 * 0.2."""
    noisy = noisy_knowledge(SKEWED.knowledge, SKEWED.environment, 0.2)
    assert len(noisy.space) == 4 * 4
    assert noisy.names[0] == ("1, low", "1, high", "4, low", "4, high")
    weights = noisy.posterior(0, 0).weights
    np.testing.assert_allclose(weights, np.array([0.32, 0.03]) / 0.35)
    np.testing.assert_allclose(noisy.posterior(0, 3).weights, np.array([0.04, 0.2]) / 0.24)


@settings(max_examples=20)
@given(cases(players=(2, 3), kinds=STRUCTURES), st.sampled_from([0.0, 0.2, 0.5, 1.0]))
def test_signals_leave_d_and_what_was_known_alone(case, error):
    noisy = noisy_knowledge(case.knowledge, case.environment, error)
    np.testing.assert_array_equal(noisy.space.prior.atoms, case.prior.atoms)
    np.testing.assert_allclose(noisy.space.prior.weights, case.prior.weights)
    np.testing.assert_allclose(noisy.opinions, np.tile(noisy.space.weights, (case.players, 1)))
    for i in range(case.players):
        for cell in range(len(noisy.names[i])):
            inside = noisy.cells[:, i] == cell
            assert inside.any()
            assert len(np.unique(noisy.space.profiles[inside, i])) == 1
    if case.labels:
        assert set(noisy.space.labels) == set(case.labels)


def test_three_values_split_as_evenly_as_they_can():
    """The others' highest value is 1, 2 or 5 with .3, .3, .4: at 5 it is .6 to .4, at 2 it is .3 to .7."""
    case = table([(1, 2), (1, 2, 5)], {(a, b): 0.5 * w for a in (1, 2) for b, w in ((1, 0.3), (2, 0.3), (5, 0.4))})
    told = noisy_knowledge(case.knowledge, case.environment, 0.0)
    seen = {
        (int(p[1]), told.names[0][c].split(", ")[1]) for p, c in zip(told.space.profiles, told.cells[:, 0], strict=True)
    }
    assert seen == {(0, "low"), (1, "low"), (2, "high")}


def test_signals_that_say_nothing_change_nothing_and_better_ones_help_m():
    case = random_case(9, 2, most=4)
    found = drift(
        maker(case, "M", delta=0.0, epsilon=0.0), case.knowledge, kinds=["noisy"], strengths=[1.0, 0.5, 0.0], rng=rng()
    )
    (plain,) = maker(case, "M", delta=0.0, epsilon=0.0)(case.knowledge).values()
    revenue = found["revenue"].tolist()
    assert revenue[0] == pytest.approx(revenue_of(plain).total)
    assert revenue == pytest.approx(sorted(revenue))
    assert revenue[2] > revenue[0]
    assert found[["gain_own", "gain_true"]].max(axis=None) == 0.0


def test_signals_in_a_game_of_several_goods():
    environment = assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6]]])
    space = StateSpace.from_joint(joint((2, 2), environment.grid, np.full(4, 0.25)))
    knowledge = replace(SKEWED.knowledge, space=space, opinions=np.full((2, 4), 0.25))
    told = noisy_knowledge(knowledge, environment, 0.0)
    seen = {
        (int(p[1]), told.names[0][c].split(", ")[1]) for p, c in zip(told.space.profiles, told.cells[:, 0], strict=True)
    }
    assert seen == {(0, "low"), (1, "high")}


# --- the table


def test_strengths_by_kind():
    found = drift(
        maker(SKEWED, "L"), SKEWED.knowledge, kinds=["tempered", "noisy"],
        strengths={"tempered": [-1.0, 2.0], "noisy": [0.5]}, rng=rng(),
    )  # fmt: skip
    assert list(zip(found["kind"], found["strength"], strict=True)) == [
        ("tempered", -1.0),
        ("tempered", 2.0),
        ("noisy", 0.5),
    ]
    assert set(KINDS) == {*WRONG, "noisy"}


@pytest.mark.parametrize(
    ("kind", "strength", "message"),
    [
        ("gossip", 0.1, "unknown kind of drift 'gossip'; there are tempered"),
        ("noisy", 2.5, r"from 0 to 1, not 1\.25"),
        ("sampled", 3.0, r"from 0 to 2, not 3\.0"),
    ],
)
def test_errors_show_what_is_wrong(kind, strength, message):
    with pytest.raises(ValueError, match=message):
        drift(maker(SKEWED, "M"), SKEWED.knowledge, kinds=[kind], strengths=[strength], rng=rng())
