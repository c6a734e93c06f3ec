"""Mixed equilibria of two seats: what QuantEcon finds is checked against the whole menus."""

import numpy as np
import pytest

from agents.induced import Induced
from analysis.equilibrium import mixed
from analysis.equilibrium.mixed import COLUMNS, SUMMARY, nash
from analysis.equilibrium.pure import pure_equilibria
from scenarios import assemble, load
from tests.priors import iid, independent_case


def test_a_missing_library_is_named(monkeypatch):
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(mixed, "import_module", missing)
    with pytest.raises(ValueError, match="need QuantEcon, which the extra `interop` installs"):
        nash(Induced(iid((1, 2), (0.5, 0.5), 2).game("vickrey")))


def test_three_seats_are_too_many():
    with pytest.raises(ValueError, match="two seats, not 3"):
        nash(Induced(iid((1, 2), (0.5, 0.5), 3).game("vickrey")))


@pytest.fixture
def quantecon():
    return pytest.importorskip("quantecon")


def test_an_auction_without_a_pure_equilibrium(quantecon):
    """Values 1 and 4, ties to seat 0, who is worth 4 three times in four, and seat 1 half of the time.

    Seat 0's type 4 gets 3 / 2 from bidding 1, which beats a bid of 1, and 2 (1 / 2 + 1 / 4) from 2. Seat 1's gets
    2 (1 / 4 + 3 / 4 * 1 / 3) from bidding 2, and 1 from 3, which always wins.
    """
    case = independent_case([(1, 2, 3, 4)] * 2, [(0.25, 0, 0, 0.75), (0.5, 0, 0, 0.5)])
    game = Induced(case.game("first-price"))
    pure = pure_equilibria(game)
    assert pure.exhaustive
    assert len(pure) == 0
    found = nash(game)
    assert found.method == "support enumeration"
    assert found.summary["nash_conv"].tolist() == pytest.approx([0.0], abs=1e-9)
    assert found.mixes[0][0] == pytest.approx(np.array([[1, 0, 0, 0], [1 / 3, 2 / 3, 0, 0]]), abs=1e-9)
    assert found.mixes[0][1] == pytest.approx(np.array([[1, 0, 0, 0], [0, 1 / 2, 1 / 2, 0]]), abs=1e-9)
    assert found.table["probability"].tolist() == pytest.approx([1, 1 / 3, 2 / 3, 1, 1 / 2, 1 / 2])
    assert found.table["report"].tolist() == ["1", "1", "2", "1", "2", "3"]
    assert list(found.table) == COLUMNS
    assert list(found.summary) == SUMMARY


def test_strict_pure_equilibria_are_among_them(quantecon):
    game = Induced(iid((1, 2, 3), (1 / 3,) * 3, 2).game("L-printed", epsilon=0.5))
    pure = pure_equilibria(game)
    assert pure.summary["strict"].any()
    found = nash(game)
    assert (found.summary["epsilon"] <= 1e-9).all()
    for chosen, strict in zip(pure.chosen, pure.summary["strict"], strict=True):
        if strict:
            mixes = pure.types.form.pure(chosen)
            assert any(
                all(np.allclose(p, q, atol=1e-9) for p, q in zip(mixes, other, strict=True)) for other in found.mixes
            )


def test_truth_is_all_there_is_in_l(quantecon):
    found = nash(Induced(assemble(load("correlated-pair")).game))
    assert len(found) == 1
    assert found.summary["truthful_share"][0] == pytest.approx(1.0)


@pytest.mark.slow
def test_larger_games_go_to_lemke_and_howson(quantecon):
    found = nash(Induced(assemble(load("tie-pricing")).game))
    assert found.method.startswith("Lemke-Howson")
    assert (found.summary["nash_conv"] <= 1e-9).all()


def test_a_game_too_large_says_what_would_fit(quantecon):
    game = Induced(iid((1, 2, 3), (1 / 3,) * 3, 2).game("vickrey"))
    with pytest.raises(ValueError, match=r"vickrey ex ante has 1,458 payoffs"):
        nash(game, limit=100)
