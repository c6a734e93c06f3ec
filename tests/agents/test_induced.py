"""The induced game's tables: every payoff is the mechanism's own, and reports of one class are interchangeable."""

import numpy as np
import pytest

from agents.induced import Induced
from agents.menu import report_menu
from mechanisms import MECHANISMS, Reports
from scenarios import assemble, load
from tests.priors import SELLERS, mechanism_variants, options_of, random_case, variant_id


def announced(induced: Induced, profiles) -> Reports:
    values = [menu.value_of(told) for menu, told in zip(induced.menus, profiles, strict=True)]
    beliefs = [menu.beliefs[menu.belief_of(told)] for menu, told in zip(induced.menus, profiles, strict=True)]
    return Reports(np.column_stack(values), np.column_stack(beliefs))


def random_profiles(induced: Induced, seed: int, rows: int = 300):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, len(menu), rows) for menu in induced.menus]


def assert_payoffs_are_the_mechanisms(induced: Induced, seed: int):
    profiles = random_profiles(induced, seed)
    outcomes = induced.game.mechanism.expect(announced(induced, profiles))
    for player, kinds in enumerate(induced.game.environment.shape):
        for kind in range(kinds):
            wanted = outcomes.utility_of(induced.game.environment, player, np.full(len(profiles[0]), kind))
            np.testing.assert_allclose(induced.payoffs(player, kind, profiles), wanted, atol=1e-11)


@pytest.mark.parametrize("pair", mechanism_variants(), ids=variant_id)
@pytest.mark.parametrize(("players", "kind"), [(2, "own-value"), (3, "graph"), (3, "own-value")])
def test_payoffs_are_the_mechanisms_own(pair, players, kind):
    name, options = pair
    induced = Induced(random_case(5, players, kind, most=3).game(name, **options))
    assert_payoffs_are_the_mechanisms(induced, 1)


def test_payoffs_in_an_environment_of_several_goods():
    induced = Induced(assemble(load("two-goods")).game)
    assert_payoffs_are_the_mechanisms(induced, 2)


def test_profiles_broadcast():
    induced = Induced(random_case(3, 3, "own-value", most=2).game("L", epsilon=0.2, delta=0.1))
    sizes = [len(menu) for menu in induced.menus]
    grid = np.meshgrid(*map(np.arange, sizes), indexing="ij")
    sparse = np.meshgrid(*map(np.arange, sizes), indexing="ij", sparse=True)
    whole = induced.payoffs(0, 0, [axis.ravel() for axis in grid]).reshape(sizes)
    np.testing.assert_array_equal(induced.payoffs(0, 0, sparse), whole)


@pytest.mark.parametrize("name", SELLERS)
def test_reports_of_a_class_are_the_same_to_the_seat_and_others_are_not(name):
    induced = Induced(random_case(11, 3, "graph", most=2, labelled=False).game(name, **_epsilon(name)))
    grid = np.meshgrid(*(np.arange(len(menu)) for menu in induced.menus), indexing="ij", sparse=True)
    for player in range(3):
        kinds = range(induced.game.environment.shape[player])
        whole = np.stack([induced.payoffs(player, kind, grid) for kind in kinds])
        for other in range(3):
            if other == player:
                continue
            columns = np.moveaxis(whole, other + 1, 0).reshape(len(induced.menus[other]), -1)
            first = induced.classes(player, other)
            assert (first <= np.arange(len(first))).all()
            np.testing.assert_array_equal(columns, columns[first])
            representatives = np.unique(first)
            assert len(np.unique(columns[representatives], axis=0)) == len(representatives)


def _epsilon(name: str) -> dict:
    return options_of(MECHANISMS[name], epsilon=0.3)


def test_a_table_that_does_not_fit_is_refused():
    game = random_case(3, 3, "own-value").game("L", epsilon=0.2)
    with pytest.raises(ValueError, match=r"payoffs in L take .* MiB .* 0.0 MiB are allowed"):
        Induced(game, memory=1000).terms(0)


def test_payoffs_without_bound_are_refused():
    game = random_case(3, 2, "own-value").game("L", epsilon=0.2, score="logarithmic")
    with pytest.raises(ValueError, match="not all finite"):
        Induced(game).terms(0)


def test_rounding_grows_with_the_payoffs():
    small = Induced(random_case(3, 2).game("L", epsilon=0.2))
    large = Induced(random_case(3, 2).game("L", epsilon=2e6))
    assert 1e-11 <= small.rounding < 1e-9 < large.rounding


@pytest.mark.parametrize("name", ["L", "vickrey"])
def test_menus_hold_the_truth_and_every_value(name):
    game = random_case(7, 3, "graph", most=3).game(name, **_epsilon(name))
    for seat in game.seats:
        menu = report_menu(seat)
        assert len(set(menu.beliefs.tolist())) == len(menu.beliefs) == len(menu.belief_names)
        assert len(set(menu.belief_names)) == len(menu.belief_names)
        assert len(menu) == seat.menu_size * len(menu.beliefs)
        np.testing.assert_array_equal(menu.value_of(menu.truth), seat.types)
        if name == "L":
            np.testing.assert_array_equal(menu.beliefs[menu.belief_of(menu.truth)], seat.posteriors)
        else:
            assert menu.belief_names == ("",)
            assert menu.name(0) == seat.environment.type_name(seat.index, 0)


def test_a_menu_can_be_limited_to_some_rules():
    seat = random_case(7, 2, "own-value").game("L", epsilon=0.1).seats[0]
    plain, full = report_menu(seat, rules=()), report_menu(seat)
    assert len(plain.beliefs) == len(set(seat.posteriors.tolist())) < len(full.beliefs)
    assert "uniform" in full.belief_names
    assert "uniform" not in plain.belief_names
