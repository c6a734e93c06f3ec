"""Normal forms: payoffs kept exactly, and what is refused."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.dominance.normal_form import NormalForm, normal_form


def test_integers_and_fractions_are_kept():
    big = 2**70 + 1
    game = normal_form(np.array([[Fraction(1, 3), big]], dtype=object), [[0, 1]])
    assert game.payoff(0, (0, 0)) == Fraction(1, 3)
    assert game.payoff(0, (0, 1)) == big
    assert game.payoffs[0].tolist() == [[1 / 3, float(big)]]
    assert game.exact[1].denominator == 1


def test_floats_mean_their_binary_values():
    game = normal_form([[0.1]], [[1]])
    assert game.exact is None
    assert game.payoff(0, (0, 0)) == Fraction(0.1) != Fraction(1, 10)


def test_names_are_numbers_unless_given():
    game = normal_form(np.zeros((2, 1)), np.zeros((2, 1)))
    assert (game.players, game.strategies, game.title) == (("Player 1", "Player 2"), (("1", "2"), ("1",)), "")
    game = normal_form([[0, 0]], [[0, 0]], title="t", players=["a", "b"], strategies=[["x"], ["y", "z"]])
    assert (game.title, game.players, game.strategies) == ("t", ("a", "b"), (("x",), ("y", "z")))


@pytest.mark.parametrize("player", range(3))
def test_the_table_puts_the_own_strategy_first(player):
    payoffs = [np.arange(24).reshape(2, 3, 4) + 100 * i for i in range(3)]
    alive = [np.array([1]), np.array([0, 2]), np.array([0, 3])]
    table = normal_form(*payoffs).table(player, alive)
    kept = payoffs[player][np.ix_(*alive)]
    for k in range(kept.shape[player]):
        assert table.payoffs[k].tolist() == kept.take(k, axis=player).ravel().tolist()


def test_a_table_of_fractions_is_whole():
    game = normal_form(np.array([[Fraction(1, 3), Fraction(1, 7)]], dtype=object), [[0, 0]])
    everything = [np.arange(size) for size in game.shape]
    table = game.table(0, everything)
    assert table.faithful
    assert (table.payoffs * game.unit(0)).tolist() == [[pytest.approx(1 / 3), pytest.approx(1 / 7)]]
    huge = normal_form(np.array([[Fraction(2**60, 3), Fraction(1, 7)]], dtype=object), [[0, 0]])
    table = huge.table(0, everything)
    assert not table.faithful
    assert table.integers.tolist() == [[7 * 2**60, 3]]
    assert (table.payoffs.tolist(), huge.unit(0)) == ([[2**60 / 3, 1 / 7]], 1.0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: normal_form(), "0 players"),
        (lambda: normal_form([[0]]), "1 players, 2 lists of strategies, 1 arrays"),
        (lambda: normal_form(np.zeros((0, 2)), np.zeros((0, 2))), "'Player 1' has no strategy"),
        (lambda: normal_form([[0]], [[0, 1]]), r"'Player 2' must have shape .1, 1., but have .1, 2."),
        (lambda: normal_form([0.0, np.nan]), "but is nan"),
        (lambda: normal_form([1e200]), r"but is 1e\+200"),
        (lambda: normal_form([1e-200]), "but is 1e-200"),
        (lambda: normal_form([10**400]), "beyond floats"),
        (lambda: normal_form([Fraction(1, 10**400), 1]), "must not lie within"),
        (lambda: normal_form(np.array([1, "x"], dtype=object)), "one is 'x'"),
        (lambda: normal_form([0, 1], strategies=[["a"]]), r"shape .1,., but have .2,."),
        (lambda: NormalForm("", ("a",), (("x",),), (np.zeros((1, 1)),)), r"shape .1,."),
    ],
)
def test_what_is_wrong_is_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()
