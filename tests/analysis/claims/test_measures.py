"""Losses and gains against the slow oracle, and against closed forms."""

from itertools import product as every

import numpy as np
import pytest

from agents.strategies import belief_menu
from analysis.claims import CLAIMS, Instance, measures
from analysis.claims.generate import correlated, independent_values, of_values, signalled
from analysis.claims.generate_goods import two_goods
from mechanisms.environment import full_grid
from tests import oracle

SMALL = Instance(
    of_values([(1, 2), (1, 3)]), ((0, 0), (0, 1), (1, 1)), (2, 1, 3), knowledge="graph", parameters={"edges": [[0, 1]]}
)


def money(instance: Instance, state) -> tuple[int, ...]:
    return tuple(instance.values[i][kind] for i, kind in enumerate(state))


def slow(instance: Instance) -> oracle.Game:
    """The instance for the oracle; its cells are read off the states here, for own values and graphs only."""
    profiles = [money(instance, state) for state in instance.states]
    edges = instance.parameters.get("edges", [])
    states = list(zip(profiles, instance.weights.tolist(), strict=True))
    return oracle.Game(
        list(map(list, instance.values)),
        states,
        oracle.graph_cells(states, edges),
        instance.epsilon,
        instance.delta,
        instance.discount,
        instance.ties,
    )


def as_dict(instance: Instance, player: int, belief) -> dict:
    grids = [grid for i, grid in enumerate(instance.values) if i != player]
    return {
        tuple(grid[k] for grid, k in zip(grids, atom, strict=True)): float(weight)
        for atom, weight in zip(belief.atoms.tolist(), belief.weights, strict=True)
    }


def slow_value_loss(instance: Instance, kind: str, menus) -> float:
    """Try every type, lie and announcement of the others, one by one."""
    game, book = slow(instance), instance.setting.book
    told = [[as_dict(instance, i, book[int(k)]) for k in menu] for i, menu in enumerate(menus)]
    least = np.inf
    for bids in every(*instance.values):
        for beliefs in every(*told):
            reports = list(zip(bids, beliefs, strict=True))
            for i in range(instance.players):
                honest = oracle.utility(game, kind, bids, reports, i)
                for lie in instance.values[i]:
                    if lie != bids[i]:
                        changed = oracle.insert(oracle.without(tuple(reports), i), i, (lie, beliefs[i]))
                        least = min(least, honest - oracle.utility(game, kind, bids, changed, i))
    return float(least)


@pytest.mark.parametrize("kind", ["L", "L-printed"])
@pytest.mark.parametrize("ties", ["lowest-index", "uniform"])
def test_value_losses_are_the_oracle_s(kind, ties):
    instance = Instance(**{**SMALL.__getstate__(), "ties": ties, "epsilon": 0.4, "delta": 0.2})
    game = instance.game(kind)
    menus = measures.others_menu(game)
    fast = measures.value_loss(game.mechanism, menus)
    assert fast == pytest.approx(slow_value_loss(instance, kind, menus), abs=1e-12)
    assert (fast > 0) == (kind == "L")


@pytest.mark.parametrize("kind", ["L", "L-printed"])
def test_belief_losses_are_the_oracle_s(kind):
    fast = measures.interim_loss(SMALL.game(kind)).belief
    game, program = slow(SMALL), SMALL.game(kind)
    least = np.inf
    for seat in program.seats:
        menu = np.stack(list(belief_menu(seat, other_types=4).values()), axis=2)
        for s, state in enumerate(SMALL.states):
            cell, label = seat.information[s], game.cells[s][seat.index]
            truth = oracle.posterior(game.states, game.cells, seat.index, label)
            for told in menu[cell, state[seat.index]]:
                lie = as_dict(SMALL, seat.index, program.book[int(told)])
                if sum((truth.get(v, 0) - lie.get(v, 0)) ** 2 for v in {*truth, *lie}) >= 1e-3:
                    own = money(SMALL, state)[seat.index]
                    least = min(least, -oracle.interim_gain(game, kind, seat.index, label, own, lie))
    assert fast == pytest.approx(least, abs=1e-12)
    assert (fast > 0) == (kind == "L")


@pytest.mark.parametrize(("kind", "share"), [("M", 2.0), ("L", 2.0)])
def test_a_false_belief_costs_its_squared_distance(kind, share):
    """Beside a true value it costs epsilon / (2n) times that: in M for being asked once in n, in L for the share."""
    rng = np.random.default_rng(3)
    for _ in range(8):
        instance = independent_values(rng)
        game = instance.game(kind)
        least = np.inf
        for seat in game.seats:
            menu = np.stack(list(belief_menu(seat, other_types=4).values()), axis=2)
            points = full_grid(seat.belief_shape)
            for cell, told in enumerate(seat.posteriors):
                for k in np.unique(menu[cell, seat.types[cell]]):
                    distance = np.square(game.book[int(k)].prob(points) - game.book[int(told)].prob(points)).sum()
                    least = min(least, distance) if distance >= 1e-3 else least
        closed = instance.epsilon / (share * instance.players) * least
        assert measures.interim_loss(game).belief == pytest.approx(closed, abs=1e-12)


def test_separation_by_hand():
    """A rival's 2 between 1 and 3 makes either lie cost 1; nothing lies between 2 and 3, or above 1."""
    between = Instance(of_values([(1, 3), (2,)]), ((0, 0), (1, 0)), (1, 1))
    assert measures.separation(between.mechanism("vickrey")) == pytest.approx(1.0)
    outside = Instance(of_values([(2, 3), (1,)]), ((0, 0), (1, 0)), (1, 1))
    assert measures.separation(outside.mechanism("vickrey")) == 0.0


def test_lemma_2_in_a_grid_of_two_goods():
    """With the informant known, a lie misses or makes a sale of the lottery at least."""
    rng = np.random.default_rng(8)
    claim, tried = CLAIMS["lemma-2-values"], 0
    while tried < 4:
        instance = two_goods(rng)
        slack = claim.measure(instance)
        if np.isfinite(slack):
            tried += 1
            offers = 3 * len({w for types in instance.worths for row in types for w in row if w})
            stake = min(instance.discount, 1 - instance.discount) / ((instance.players - 1) * offers)
            assert slack >= instance.delta * stake - 1e-9


def test_rings_of_the_shipped_kind_gain_in_both_mechanisms():
    pair = Instance(of_values([(1,), (2, 9)]), ((0, 1),), (1,), epsilon=0.1, delta=0.1)
    assert measures.ring_gain(pair.game("M")) == pytest.approx(0.5 * 0.9 * 7 - 0.5 * 0.1)
    assert measures.ring_gain(pair.game("L")) == pytest.approx(0.9 * 7 - 0.05)


def test_scores_by_hand():
    """Certainty of the one profile there is scores 0; the uniform belief on two loses half to a point."""
    sure = Instance(of_values([(1,), (1,)]), ((0, 0),), (1,))
    assert CLAIMS["brier-range"].measure(sure) == 0.0
    even = Instance(of_values([(1,), (1, 2)]), ((0, 0), (0, 1)), (1, 1))
    assert CLAIMS["brier-proper"].measure(even) == pytest.approx(0.5)


def test_the_norm_of_a_mixture_by_hand():
    """Half the point (0, 0), half the point (1, 1): the squared norm is 1/2, and the identity is exact."""
    common = Instance(of_values([(1, 2)] * 2), ((0, 0), (1, 1)), (1, 1))
    assert CLAIMS["brier-norm"].measure(common) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("family", [independent_values, correlated, signalled])
def test_lottery_surplus_is_never_negative(family):
    rng = np.random.default_rng(4)
    for _ in range(5):
        instance = family(rng)
        gains = measures.lottery_surplus(instance.mechanism("L"), 0)
        assert gains.min() == pytest.approx(instance.discount)
