"""Two-step strict truthfulness: margins against brute force and closed forms, witnesses that can be replayed."""

from itertools import product

import numpy as np
import pytest

from agents.induced import Induced
from analysis.dominance.two_step import two_step
from tests.agents.test_induced import announced
from tests.priors import iid, random_case


def brute_force(induced: Induced) -> tuple[float, float]:
    """Both margins, by every profile of reports, one row each through the mechanism."""
    game = induced.game
    profiles = np.array(list(product(*(range(len(menu)) for menu in induced.menus))))
    outcomes = game.mechanism.expect(announced(induced, list(profiles.T)))
    step1, step2 = [np.inf], [np.inf]
    for seat, menu in enumerate(induced.menus):
        for cell, kind in enumerate(game.seats[seat].types):
            utility = outcomes.utility_of(game.environment, seat, np.full(len(profiles), kind))
            by_profile = dict(zip(map(tuple, profiles.tolist()), utility.tolist(), strict=True))
            for profile, worth in by_profile.items():
                value, belief = divmod(profile[seat], len(menu.beliefs))
                honest = (*profile[:seat], int(kind) * len(menu.beliefs) + belief, *profile[seat + 1 :])
                if value != kind:
                    step1.append(by_profile[honest] - worth)
            step2 += _belief_margins(induced, seat, cell, by_profile)
    return min(step1), min(step2)


def _belief_margins(induced: Induced, seat: int, cell: int, by_profile: dict) -> list[float]:
    game, menu, n = induced.game, induced.menus[seat], induced.players
    states = np.flatnonzero(game.knowledge.cells[:, seat] == cell)
    share = game.knowledge.opinions[seat][states] / game.knowledge.opinions[seat][states].sum()
    truth = int(menu.truth[cell])
    first = truth // len(menu.beliefs) * len(menu.beliefs)
    margins = []
    for lie in range(first, first + len(menu.beliefs)):
        if lie == truth:
            continue
        total = 0.0
        for state, weight in zip(states, share, strict=True):
            choices = []
            for j in range(n):
                size = len(induced.menus[j].beliefs)
                start = int(game.space.profiles[state, j]) * size
                choices.append(range(1) if j == seat else range(start, start + size))
            total += weight * min(
                by_profile[(*p[:seat], truth, *p[seat + 1 :])] - by_profile[(*p[:seat], lie, *p[seat + 1 :])]
                for p in product(*choices)
            )
        margins.append(total)
    return margins


@pytest.mark.parametrize("name", ["L", "L-printed", "M"])
@pytest.mark.parametrize(("seed", "players"), [(1, 2), (2, 2), (4, 2), (8, 3)])
def test_margins_equal_brute_force(name, seed, players):
    case = random_case(seed, players, "own-value", most=2, labelled=False)
    induced = Induced(case.game(name, epsilon=0.2, delta=0.1))
    found = two_step(induced)
    margins = brute_force(induced)
    for step, margin in zip((found.step1, found.step2), margins, strict=True):
        assert (np.inf if step.margin is None else step.margin) == pytest.approx(margin, abs=1e-10)
        assert step.holds == (margin > 1e-10)


@pytest.mark.parametrize("name", ["L", "M"])
@pytest.mark.parametrize("seed", range(6))
def test_m_and_repaired_l_hold_by_the_lottery_and_the_score(name, seed):
    players = 2 + seed % 2
    case = random_case(seed, players, ("own-value", "graph", "complete")[seed % 3], most=3)
    found = two_step(Induced(case.game(name, epsilon=0.2, delta=0.05, discount=0.3)))
    assert found.holds
    if found.step1.margin is not None:
        taking_part = players if name == "L" else players - 1
        prices = len({value for row in case.values for value in row})
        share = 1.0 if name == "L" else (players - 1) / players
        floor = share * 0.05 / (taking_part * prices) * 0.3
        assert found.step1.margin >= floor - 1e-10


def test_l_as_printed_has_the_margins_of_the_closed_form():
    """I.i.d. uniform {1, 2, 3}: a lie for the role earns up to epsilon and costs delta / 12; being asked is news."""
    epsilon, delta = 0.1, 0.05
    case = iid([1, 2, 3], [1 / 3] * 3, 2)
    found = two_step(Induced(case.game("L-printed", epsilon=epsilon, delta=delta, conditioning="at-least")))
    assert not found.holds
    assert found.step1.margin == pytest.approx(delta / 12 - epsilon, abs=1e-12)
    assert found.step2.margin == pytest.approx(-epsilon / 18, abs=1e-12)
    assert (found.step2.witness.seat, found.step2.witness.type) == (1, "3")
    assert "role-aware" in found.step2.witness.lie


@pytest.mark.parametrize("name", ["L", "M", "vickrey", "lookahead"])
def test_without_the_lottery_truth_ties(name):
    case = iid([1, 2, 3], [1 / 3] * 3, 2)
    options = {} if name in ("vickrey", "lookahead") else {"epsilon": 0.1}
    found = two_step(Induced(case.game(name, **options)))
    assert not found.step1.holds
    assert found.step1.margin == 0.0
    assert found.step1.witness.truth != found.step1.witness.lie
    assert found.step2.holds


def test_without_rewards_beliefs_tie():
    found = two_step(Induced(iid([1, 2], [0.5, 0.5], 2).game("L", epsilon=0.0, delta=0.1)))
    assert found.step1.holds
    assert (found.step2.holds, found.step2.margin) == (False, 0.0)


def test_where_nobody_can_lie_both_steps_hold_without_a_margin():
    found = two_step(Induced(iid([3], [1.0], 2).game("vickrey")))
    assert found.holds
    assert found.step1.figures() == found.step2.figures() == {"holds": True, "margin": None, "witness": None}


def test_blocks_of_columns_change_nothing():
    game = random_case(2, 3, "own-value", most=2).game("L", epsilon=0.2, delta=0.1)
    small = Induced(game, memory=20_000)
    for player in range(3):
        small._terms[player] = Induced(game).terms(player)
    assert two_step(small) == two_step(Induced(game))
