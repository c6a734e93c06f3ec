"""The market of a prior whose profiles are not listed: means are the listed game's, blocks leave the same bits."""

import numpy as np
import pytest

from agents.game import Game
from agents.strategies import Misreport, Truthful
from mechanisms import MECHANISMS, BeliefBook, Setting
from mechanisms.beliefs import mixture, product
from scenarios.market import Market
from scenarios.streams import Block
from scenarios.windows import leaf_blocks, side_by_side
from tests.agents.factored_cases import Twin
from tests.priors import options_of

PRODUCT = Twin(((1, 2, 4),) * 3, product([[0.5, 0.3, 0.2]] * 3), kind="graph", parameters={"edges": [[0, 1], [1, 2]]})
STATES = mixture([0.4, 0.6], [product([[0.6, 0.3, 0.1]] * 3), product([[0.1, 0.3, 0.6]] * 3)])
MIXTURE = Twin(((1, 2, 4),) * 3, STATES, ("low", "high"), "state", {"insiders": [1]})
TWINS = {"product": PRODUCT, "mixture": MIXTURE}
WORLDS, ROUNDS = 500, 20


def games(twin: Twin, name: str) -> tuple[Game, Game]:
    """The factored game and the listed one."""
    return twin.games(name, **options_of(MECHANISMS[name], epsilon=0.2))


def market(game: Game, *, worlds: int = WORLDS, rounds: int = ROUNDS, block: Block | None = None, lies=()) -> Market:
    strategies = [Misreport(value="shade") if i in lies else Truthful() for i in range(game.players)]
    made = Market(game, strategies, worlds=worlds, seed=5, block=block, rounds=rounds)
    for _ in range(rounds):
        made.step()
    return made


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", ["vickrey", "L"])
def test_means_are_the_exact_ones_of_the_listed_game(twin, name):
    game, listed = games(TWINS[twin], name)
    played = market(game)
    assert played.drawn.states is None
    play = listed.truthful_play
    chances = listed.space.weights[play.states] * play.chances
    outcomes = listed.mechanism.expect(play.reports)
    exact = {"revenue": outcomes.revenue, "prices": outcomes.prices, "rewards": outcomes.rewards.sum(axis=1)}
    for figure, by_row in exact.items():
        means = played.totals[figure] / ROUNDS
        assert abs(means.mean() - chances @ by_row) <= 4 * means.std(ddof=1) / np.sqrt(WORLDS) + 1e-12, figure
    for i in range(game.players):
        means = played.utility_totals[:, i] / ROUNDS
        utility = chances @ outcomes.utility_of(listed.environment, i, listed.space.profiles[play.states, i])
        assert abs(means.mean() - utility) <= 4 * means.std(ddof=1) / np.sqrt(WORLDS)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", ["vickrey", "L"])
def test_blocks_leave_the_same_bits(twin, name):
    whole = market(games(TWINS[twin], name)[0], lies=[1])
    parts = [market(games(TWINS[twin], name)[0], block=block, lies=[1]) for block in leaf_blocks(WORLDS, 3)]
    for figure, totals in whole.totals.items():
        np.testing.assert_array_equal(np.concatenate([part.totals[figure] for part in parts]), totals)
    np.testing.assert_array_equal(np.concatenate([part.utility_totals for part in parts]), whole.utility_totals)
    joined = side_by_side([part.record.windows() for part in parts]).table()
    for column, figures in whole.rounds().items():
        np.testing.assert_array_equal(joined[column], figures, err_msg=column)


@pytest.mark.parametrize("twin", TWINS)
def test_shares_of_truth_count_the_liars_out(twin):
    played = market(games(TWINS[twin], "L")[0], lies=[0, 1])
    table = played.rounds()
    truth = played.drawn.types == played.reports.values
    assert table["truthful_values"][-1] == pytest.approx(truth.mean(), rel=1e-15)
    assert truth[:, 2].all()
    assert not truth[:, :2].all()
    assert (table["truthful_beliefs"] == 1.0).all()


@pytest.mark.slow
def test_a_thousand_bidders_play():
    """Far more profiles than could ever be listed: 100 to the power of 1,000."""
    rng = np.random.default_rng(2)
    twin = Twin((tuple(range(1, 101)),) * 1000, product(rng.dirichlet(np.ones(100), 1000)))
    setting = Setting(twin.environment, BeliefBook(), twin.prior)
    played = market(Game(MECHANISMS["L"](setting, epsilon=0.1), twin.knowledge), worlds=100, rounds=5)
    highest = played.drawn.types.max(axis=1) + 1
    prices = played.outcomes.prices
    assert (prices <= highest).all()
    assert played.totals["revenue"].mean() / 5 == pytest.approx(100.0, abs=1.0)
