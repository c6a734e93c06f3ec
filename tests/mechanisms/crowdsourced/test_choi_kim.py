"""Beliefs about a neighbour in place of a prior: efficient, balanced, truth a best reply where beliefs are right."""

from itertools import product

import numpy as np
import pytest

from mechanisms import BeliefBook, Joint, Reports, Setting, digital_goods, independent, joint, public_good
from mechanisms.crowdsourced.choi_kim import ChoiKim
from tests.mechanisms.classical.checks import assert_play_is_expect_in_the_mean, money
from tests.priors import every_report, random_belief, random_reports

VALUES = [[1, 4, 9], [2, 5], [1, 6, 7]]
FOUR = [[1, 4], [2, 5], [1, 6], [3, 4]]


def built(values: list[list[int]], prior: Joint, **options) -> ChoiKim:
    return ChoiKim(Setting(public_good(values), BeliefBook(), prior), **{"cost": 12, **options})


def shape_of(values: list[list[int]]) -> tuple[int, ...]:
    return tuple(map(len, values))


def marginals_of(values: list[list[int]], seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.dirichlet(np.ones(len(grid))) for grid in values]


def posterior(prior: Joint, player: int, kind: int) -> Joint:
    """Return what a player of that type believes of the others."""
    rows = prior.atoms[:, player] == kind
    weights = prior.weights[rows]
    others = [i for i in range(len(prior.shape)) if i != player]
    return joint([prior.shape[i] for i in others], prior.atoms[rows][:, others], weights / weights.sum())


def truth(mechanism: ChoiKim, prior: Joint) -> Reports:
    """Return truthful announcements, posteriors included, one row a profile of the prior."""
    n = len(prior.shape)
    ids = [[mechanism.book.add(posterior(prior, i, k)) for k in range(prior.shape[i])] for i in range(n)]
    return Reports(prior.atoms, np.column_stack([np.array(ids[i])[prior.atoms[:, i]] for i in range(n)]))


def value_gains(mechanism: ChoiKim, prior: Joint, player: int, told: Reports) -> np.ndarray:
    """Return ``(types, announcements)``: the interim gain of a value lie, all else as told."""
    gains = np.zeros((prior.shape[player],) * 2)
    for kind in range(prior.shape[player]):
        rows = np.flatnonzero(prior.atoms[:, player] == kind)
        weights = prior.weights[rows] / prior.weights[rows].sum()
        for lie in range(prior.shape[player]):
            values = told.values[rows].copy()
            values[:, player] = lie
            outcomes = mechanism.expect(Reports(values, told.beliefs[rows]))
            gains[kind, lie] = weights @ outcomes.utility_of(mechanism.environment, player, np.full(len(rows), kind))
        gains[kind] -= gains[kind, kind]
    return gains


@pytest.mark.parametrize("values", [VALUES, FOUR], ids=["three", "four"])
@pytest.mark.parametrize("cost", [0, 7, 12, 30])
def test_it_is_efficient_and_the_budget_balances_whatever_is_announced(values, cost):
    mechanism = built(values, independent(marginals_of(values, 0)), cost=cost)
    reports = random_reports(mechanism, 5, 400)
    outcomes = mechanism.expect(reports)
    totals = np.array([sum(grid[k] for grid, k in zip(values, row, strict=True)) for row in reports.values])
    np.testing.assert_array_equal(outcomes.allocation[:, 1], totals > cost)
    np.testing.assert_allclose(outcomes.payments.sum(axis=1), (totals > cost) * cost, atol=1e-9)
    assert not outcomes.rewards.any()


@pytest.mark.parametrize("values", [VALUES, FOUR], ids=["three", "four"])
def test_payments_by_hand(values):
    """From the definition with plain loops over what the players in between may have."""
    cost, n = 12, len(values)
    mechanism = built(values, independent(marginals_of(values, 1)), cost=cost)
    reports = random_reports(mechanism, 6, 60)
    payments = mechanism.expect(reports).payments

    def heard(row: int, j: int) -> list[float]:
        """What the player after j says of her: a plain sum over the joint belief."""
        teller = (j + 1) % n
        place = [i for i in range(n) if i != teller].index(j)
        belief = mechanism.book[int(reports.beliefs[row, teller])]
        atoms = list(zip(belief.atoms[:, place], belief.weights, strict=True))
        return [sum(w for kind, w in atoms if kind == k) for k in range(len(values[j]))]

    for row, profile in enumerate(reports.values):
        bids = [grid[k] for grid, k in zip(values, profile, strict=True)]
        share = cost / n if sum(bids) > cost else 0.0
        expected = []
        for i in range(n):
            unknown = [(i + step) % n for step in range(1, n - 1)]
            expected.append(0.0)
            for drawn in product(*[range(len(values[j])) for j in unknown]):
                chance = np.prod([heard(row, j)[k] for j, k in zip(unknown, drawn, strict=True)])
                rest = bids[i - 1] + sum(values[j][k] for j, k in zip(unknown, drawn, strict=True))
                if bids[i] + rest > cost:
                    expected[i] += chance * (rest - (n - 1) * cost / n)
        paid = [share - expected[i] + expected[i - 1] for i in range(n)]
        assert payments[row] == pytest.approx(paid, abs=1e-9)


@pytest.mark.parametrize("values", [VALUES, FOUR], ids=["three", "four"])
@pytest.mark.parametrize("seed", range(3))
def test_truth_about_values_is_best_where_beliefs_are_right(values, seed):
    prior = independent(marginals_of(values, seed))
    mechanism = built(values, prior, epsilon=0.3)
    told = truth(mechanism, prior)
    assert max(value_gains(mechanism, prior, i, told).max() for i in range(len(values))) <= 1e-9


def test_nobodys_own_money_depends_on_the_belief_she_announces():
    mechanism = built(FOUR, independent(marginals_of(FOUR, 2)))
    reports = random_reports(mechanism, 7, 200)
    payments = mechanism.expect(reports).payments
    for i in range(4):
        beliefs = reports.beliefs.copy()
        beliefs[:, i] = np.roll(beliefs[:, i], 1)
        assert (beliefs != reports.beliefs).any()
        moved = mechanism.expect(Reports(reports.values, beliefs)).payments
        np.testing.assert_array_equal(moved[:, i], payments[:, i])
        assert abs(moved - payments).max() > 0.01  # but others' does


def test_a_paid_belief_is_strictly_best_when_true():
    """Brier's score for ``epsilon / n``: the loss of any other belief is its squared distance times epsilon / 2n."""
    prior = independent(marginals_of(VALUES, 3))
    mechanism = built(VALUES, prior, epsilon=0.6)
    told = truth(mechanism, prior)
    rng = np.random.default_rng(1)
    for i in range(3):
        mine = posterior(prior, i, 0)
        rows = np.flatnonzero(prior.atoms[:, i] == 0)
        weights = prior.weights[rows] / prior.weights[rows].sum()
        honest = weights @ mechanism.expect(told.take(rows)).rewards[:, i]
        for _ in range(5):
            other = random_belief(rng, mine.shape)
            beliefs = told.beliefs[rows].copy()
            beliefs[:, i] = mechanism.book.add(other)
            lied = weights @ mechanism.expect(Reports(told.values[rows], beliefs)).rewards[:, i]
            grid = np.indices(mine.shape).reshape(len(mine.shape), -1).T
            distance = ((mine.prob(grid) - other.prob(grid)) ** 2).sum()
            assert honest - lied == pytest.approx(0.1 * distance, abs=1e-9)
            assert distance > 0


def test_rewards_add_up_to_at_most_epsilon():
    mechanism = built(VALUES, independent(marginals_of(VALUES, 4)), epsilon=0.6)
    rewards = mechanism.expect(random_reports(mechanism, 8, 300)).rewards
    assert 0 < rewards.sum(axis=1).max() <= 0.6 + 1e-12


LIES_PAY = [[1, 3], [1, 3], [1]]  # cost 4: provided unless the first two are both 1


def test_correlated_values_make_a_lie_pay():
    """Player 0's 3 means that 1's is 3 with chance 9/10, but 2, who says what 1 is, says 1/2.

    Saying 1 in place of 3 she forgoes 3 - 4/3 when 1's is low, for her a chance of 1/10, and is spared what the others
    lose then, 8/3 - 2, with what is said to be a chance of 1/2.
    """
    table = {(0, 0, 0): 0.45, (0, 1, 0): 0.05, (1, 0, 0): 0.05, (1, 1, 0): 0.45}
    prior = joint((2, 2, 1), list(table), list(table.values()))
    mechanism = built(LIES_PAY, prior, cost=4)
    expected = 2 / 3 * 0.5 - 5 / 3 * 0.1
    assert value_gains(mechanism, prior, 0, truth(mechanism, prior))[1, 0] == pytest.approx(expected, abs=1e-12)


def test_a_wrong_belief_misleads_the_others():
    """Values are independent, 1's is 3 with chance 9/10, but player 2 says that it is 1 for sure."""
    prior = independent([[0.5, 0.5], [0.1, 0.9], [1.0]])
    mechanism = built(LIES_PAY, prior, cost=4)
    told = truth(mechanism, prior)
    wrong = told.beliefs.copy()
    wrong[:, 2] = mechanism.book.add(joint((2, 2), [[0, 0], [1, 0]], [0.5, 0.5]))
    misled = Reports(told.values, wrong)
    assert value_gains(mechanism, prior, 0, told)[1, 0] == pytest.approx(2 / 3 * 0.1 - 5 / 3 * 0.1, abs=1e-12)
    assert value_gains(mechanism, prior, 0, misled)[1, 0] == pytest.approx(2 / 3 * 1.0 - 5 / 3 * 0.1, abs=1e-12)


def test_any_player_may_lose_by_taking_part():
    prior = independent(marginals_of(VALUES, 1))
    mechanism = built(VALUES, prior)
    told = truth(mechanism, prior)
    assert mechanism.expect(told).utility(mechanism.environment, told.values).min() < 0


@pytest.mark.parametrize("epsilon", [0.0, 0.5])
def test_the_parts_are_the_whole(epsilon):
    """Trade reads everybody's values and the others' beliefs; the reward reads the others' values and her belief."""
    mechanism = built(FOUR, independent(marginals_of(FOUR, 2)), epsilon=epsilon)
    reports = random_reports(mechanism, 9, 100)
    whole = mechanism.expect(reports)
    for i in range(4):
        trade, reward = mechanism.parts(i)
        for part, name in ((trade, "payments"), (reward, "rewards")):
            values, beliefs = reports.values.copy(), reports.beliefs.copy()
            for j in range(4):
                if j not in part.values:
                    values[:, j] = 0
                if j not in part.beliefs:
                    beliefs[:, j] = beliefs[0, j]
            read = mechanism.expect(Reports(values, beliefs))
            np.testing.assert_array_equal(getattr(read, name)[:, i], getattr(whole, name)[:, i])
        assert (trade.rewards, reward.trade) == (False, False)


def test_expected_outcomes_are_the_mean_of_played_ones():
    assert_play_is_expect_in_the_mean(built(VALUES, independent(marginals_of(VALUES, 2)), epsilon=0.4))


def test_every_report_is_settled():
    mechanism = built([[1, 4], [2, 5], [1, 6]], independent([[0.5, 0.5]] * 3), cost=8)
    menus = [np.array([mechanism.book.add(independent([[0.5, 0.5]] * 2))])] * 3
    outcomes = mechanism.expect(every_report(mechanism, menus))
    totals = [sum(bids) for bids in money(mechanism.environment)]
    assert outcomes.payments.sum(axis=1) == pytest.approx([8 if total > 8 else 0 for total in totals], abs=1e-9)


def test_where_it_does_not_work():
    with pytest.raises(ValueError, match="choi-kim needs three players"):
        built([[1, 2], [1, 2]], independent([[0.5, 0.5]] * 2))
    with pytest.raises(ValueError, match="choi-kim decides on a public good, and this environment does not"):
        ChoiKim(Setting(digital_goods([[1, 2]] * 3), BeliefBook(), independent([[0.5, 0.5]] * 3)))
    with pytest.raises(ValueError, match="epsilon must be a number from 0 up, not -1"):
        built(VALUES, independent(marginals_of(VALUES, 0)), epsilon=-1.0)
