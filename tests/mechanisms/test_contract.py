"""What every registered mechanism must do: `play` tosses the coins that `expect` averages over.

A new entry of the registry is covered as it stands; its parameters are found from its constructor.
"""

import numpy as np
import pytest

from mechanisms import MECHANISMS, Reports, assignment, digital_goods, direct, memo, public_good, services, single_good
from mechanisms import mechanism as module
from mechanisms.allocations import lottery
from tests.priors import (
    build,
    random_reports,
    suitable,
    variant_id,
    variants,
)

PAIR = single_good([[1, 3, 4], [2, 3, 6]])
TRIO = single_good([[1, 2], [1, 2, 4], [2, 3]])
GOODS = assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6], [1, 1, 1]]])
COPIES = digital_goods([[1, 2, 4], [2, 3], [1, 3]])
GROUPS = services([[1, 2], [1, 3], [2, 3]], [[0], [1], [2], [1, 2]])
BRIDGE = public_good([[1, 2, 5], [2, 4], [1, 3]])
ENVIRONMENTS = {"pair": PAIR, "trio": TRIO, "goods": GOODS, "copies": COPIES, "groups": GROUPS, "bridge": BRIDGE}


def prior_of(where, name, options):
    """A prior that the mechanism works on there, or None."""
    return suitable(MECHANISMS[name], ENVIRONMENTS[where], **options)


def situations(*environments):
    """Every mechanism with each of its sets of options, in each of those environments that it works in.

    A mechanism that works in none of them is tried where it does.
    """
    found = []
    for name, kind in MECHANISMS.items():
        for options in variants(kind):
            fits = [where for where in ENVIRONMENTS if prior_of(where, name, options) is not None]
            wanted = [where for where in environments if where in fits] or fits[:1]
            found += [(where, name, options) for where in wanted]
    names = [f"{where}-{variant_id((name, options))}" for where, name, options in found]
    return pytest.mark.parametrize(("where", "name", "options"), found, ids=names)


every_situation = situations("trio", "goods")


def test_every_mechanism_works_somewhere():
    for name, kind in MECHANISMS.items():
        for options in variants(kind):
            assert any(prior_of(where, name, options) is not None for where in ENVIRONMENTS), (name, options)


class Counting:
    """A stream that counts how often it is asked, and for how much."""

    def __init__(self, seed):
        self.asked = []
        self._rng = np.random.default_rng(seed)

    def random(self, size):
        self.asked.append(size)
        return self._rng.random(size)


def situation(where, name, options, rounds, seed=1):
    mechanism = build(name, ENVIRONMENTS[where], prior_of(where, name, options), **options)
    return mechanism, random_reports(mechanism, seed, rounds)


def fields(outcomes):
    return [outcomes.allocation, outcomes.payments, outcomes.rewards, outcomes.fallback, outcomes.role]


def assert_same(one, other):
    for left, right in zip(fields(one), fields(other), strict=True):
        if left is None:
            assert right is None
        else:
            np.testing.assert_array_equal(left, right)


def assert_mean_zero(difference, errors=4):
    """Within some standard errors, exactly where there is no chance."""
    error = difference.std(axis=0) / np.sqrt(len(difference))
    assert (abs(difference.mean(axis=0)) <= errors * error + 1e-12).all()


def compare_play_with_expect(where, name, options, rounds, kinds):
    """Some random reports, each in many rounds: all together, and each by itself."""
    mechanism, few = situation(where, name, options, kinds)
    expected = mechanism.expect(few)
    number = np.arange(rounds) % kinds
    played = mechanism.play(few.take(number), np.random.default_rng(2))
    assert played.allocation.shape == (rounds,)
    shares = np.eye(len(mechanism.environment.allocations))[played.allocation]
    for drawn, mean in (
        (shares, expected.allocation),
        (played.payments, expected.payments),
        (played.rewards, expected.rewards),
        (played.fallback, expected.fallback),
    ):
        difference = drawn - mean[number]
        assert_mean_zero(difference)
        for each in range(kinds):
            assert_mean_zero(difference[number == each], errors=5)


@situations(*ENVIRONMENTS)
def test_play_means_what_expect_says(where, name, options):
    compare_play_with_expect(where, name, options, 20_000, 5)


@pytest.mark.slow
@situations("pair", "trio", "goods")
def test_play_means_what_expect_says_in_many_rounds(where, name, options):
    compare_play_with_expect(where, name, options, 200_000, 20)


@situations(*ENVIRONMENTS)
def test_no_coin_leaves_a_truthful_player_worse_off(where, name, options):
    """Where participation is ex post; `test_truthful` shows the losses elsewhere."""
    mechanism, reports = situation(where, name, options, 20_000)
    played = mechanism.play(reports, np.random.default_rng(3))
    surplus = played.utility(mechanism.environment, reports.values)
    if mechanism.participation != "ex post":
        return
    assert surplus.min() >= -1e-9
    assert played.payments.min() >= 0.0
    assert mechanism.fines or played.rewards.min() >= 0.0


@every_situation
def test_the_same_seed_gives_the_same_bits(where, name, options):
    mechanism, reports = situation(where, name, options, 500)
    first = mechanism.play(reports, np.random.default_rng(4))
    again = mechanism.play(reports, np.random.default_rng(4))
    twin, same_reports = situation(where, name, options, 500)
    np.testing.assert_array_equal(reports.beliefs, same_reports.beliefs)
    assert_same(first, again)
    assert_same(first, twin.play(same_reports, np.random.default_rng(4)))


@every_situation
def test_the_number_of_draws_does_not_depend_on_the_reports(where, name, options):
    mechanism, reports = situation(where, name, options, 300)
    asked = []
    for told in (reports, random_reports(mechanism, 9, 300), reports.take(np.zeros(300, dtype=int))):
        stream = Counting(5)
        mechanism.play(told, stream)
        asked.append(stream.asked)
    assert asked[0] == asked[1] == asked[2]
    assert set(asked[0]) <= {300}


@every_situation
def test_one_players_report_leaves_the_other_rounds_as_they_were(where, name, options):
    mechanism, reports = situation(where, name, options, 400)
    changed = Reports(reports.values.copy(), reports.beliefs.copy())
    odd = np.arange(1, 400, 2)
    changed.values[odd, 0] = (changed.values[odd, 0] + 1) % mechanism.environment.shape[0]
    before = mechanism.play(reports, np.random.default_rng(6))
    after = mechanism.play(changed, np.random.default_rng(6))
    for left, right in zip(fields(before), fields(after), strict=True):
        if left is not None:
            np.testing.assert_array_equal(left[::2], right[::2])


@every_situation
def test_play_with_a_full_memory_is_play_with_an_empty_one(where, name, options):
    """The table of settled reports grows by other reports first, in another order."""
    mechanism, reports = situation(where, name, options, 500)
    played = mechanism.play(reports, np.random.default_rng(7))

    grown, same_reports = situation(where, name, options, 500)
    for seed in range(4):
        more = random_reports(grown, seed, 20 * 4**seed, menu=2 + seed)
        grown.play(more, np.random.default_rng(seed))
    grown.play(same_reports.take(np.arange(499, -1, -1)), np.random.default_rng(8))
    assert_same(played, grown.play(same_reports, np.random.default_rng(7)))


@every_situation
@pytest.mark.parametrize("limit", [1, 200])
def test_play_beyond_the_memory_is_the_same(monkeypatch, where, name, options, limit):
    mechanism, reports = situation(where, name, options, 400)
    played = mechanism.play(reports, np.random.default_rng(7))
    monkeypatch.setattr(memo, "LIMIT", limit)
    short, same_reports = situation(where, name, options, 400)
    short.play(same_reports.take(np.arange(3)), np.random.default_rng(1))
    assert_same(played, short.play(same_reports, np.random.default_rng(7)))
    assert_same(played, short.play(same_reports, np.random.default_rng(7)))


@every_situation
def test_a_role_that_was_drawn_before_is_kept(where, name, options):
    mechanism, reports = situation(where, name, options, 2_000)
    role = mechanism.draw_role(reports.values, np.random.default_rng(10))
    told = Reports(reports.values, reports.beliefs, role)
    played, expected = mechanism.play(told, np.random.default_rng(11)), mechanism.expect(told)
    if mechanism.has_role:
        np.testing.assert_array_equal(played.role, role)
    else:
        assert played.role is None
    assert_mean_zero(played.payments - expected.payments)
    np.testing.assert_allclose(played.rewards, expected.rewards)  # rewards depend on no other coin


@every_situation
def test_roles_are_the_same_with_a_table_of_them_and_without(monkeypatch, where, name, options):
    mechanism, reports = situation(where, name, options, 200)
    role = mechanism.draw_role(reports.values, np.random.default_rng(10))
    monkeypatch.setattr(module, "_TABULATED", 0)
    np.testing.assert_array_equal(mechanism.draw_role(reports.values, np.random.default_rng(10)), role)


@every_situation
def test_drawn_roles_have_a_positive_chance(where, name, options):
    mechanism, reports = situation(where, name, options, 2_000)
    played = mechanism.play(reports, np.random.default_rng(12))
    if mechanism.has_role:
        chances = mechanism.role_probabilities(reports.values)
        assert (chances[np.arange(2_000), played.role] > 0).all()


@pytest.mark.parametrize("name", ["M", "L", "L-printed"])
@pytest.mark.parametrize("where", ["pair", "trio"])
def test_rewards_add_up_to_at_most_epsilon(where, name):
    """But for L as printed, where i* has epsilon and each other up to epsilon / n."""
    for options in variants(MECHANISMS[name]):
        mechanism, reports = situation(where, name, options, 3_000)
        n = mechanism.environment.players
        limit = mechanism.epsilon * ((2 - 1 / n) if name == "L-printed" else 1)
        for outcomes in (mechanism.expect(reports), mechanism.play(reports, np.random.default_rng(3))):
            assert outcomes.rewards.sum(axis=1).max() <= limit + 1e-12
    assert outcomes.rewards.max() > 0


@every_situation
def test_no_rounds_at_all(where, name, options):
    mechanism, reports = situation(where, name, options, 0)
    for outcomes in (mechanism.expect(reports), mechanism.play(reports, np.random.default_rng(1))):
        assert len(outcomes.payments) == 0
        assert outcomes.payments.shape == (0, mechanism.environment.players)


@every_situation
def test_reports_are_left_as_they_were(where, name, options):
    mechanism, reports = situation(where, name, options, 50)
    values, beliefs = reports.values.copy(), reports.beliefs.copy()
    mechanism.expect(reports)
    mechanism.play(reports, np.random.default_rng(1))
    np.testing.assert_array_equal(reports.values, values)
    np.testing.assert_array_equal(reports.beliefs, beliefs)


def some_possible_roles(mechanism, reports, seed=15):
    """A role for each round, out of those that can be there."""
    chances = mechanism.role_probabilities(reports.values)
    return np.where(chances > 0, np.random.default_rng(seed).random(chances.shape), -1.0).argmax(axis=1)


@situations(*ENVIRONMENTS)
@pytest.mark.parametrize("of", [None, 0])
def test_rounds_each_with_its_own_role_are_settled_as_role_by_role(where, name, options, of):
    mechanism, reports = situation(where, name, options, 120)
    roles, who = some_possible_roles(mechanism, reports), slice(None) if of is None else of
    each = mechanism.settle_each(reports, roles, of=of)
    for role in range(mechanism.cases):
        at = np.flatnonzero(roles == role)
        if not len(at):
            continue
        one = mechanism.settle(reports.take(at), role, of=of)
        if of is None:
            size = len(mechanism.environment.allocations)
            chances = lottery(each.allocation[at], size)
            np.testing.assert_allclose(chances, lottery(one.allocation, size), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(each.payments[at][:, who], one.payments[:, who], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(each.rewards[at][:, who], one.rewards[:, who], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(each.fallback[at], one.fallback, rtol=1e-12, atol=1e-12)


@every_situation
@pytest.mark.parametrize("drawn", [False, True])
@pytest.mark.parametrize("block", [1, 1 << 20])
def test_utility_and_income_are_what_expect_says(monkeypatch, where, name, options, drawn, block):
    monkeypatch.setattr(direct, "BLOCK", block)
    mechanism, reports = situation(where, name, options, 40)
    if drawn:
        reports = Reports(reports.values, reports.beliefs, some_possible_roles(mechanism, reports))
    expected, income = mechanism.expect(reports), mechanism.income(reports)
    np.testing.assert_allclose(income.prices, expected.prices, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(income.rewards, expected.rewards.sum(axis=1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(income.fallback, expected.fallback, rtol=1e-12, atol=1e-12)
    types = random_reports(mechanism, 16, 40).values
    for player in range(mechanism.environment.players):
        utility = mechanism.utility_of(reports, player, types[:, player])
        told = expected.utility_of(mechanism.environment, player, types[:, player])
        np.testing.assert_allclose(utility, told, rtol=1e-12, atol=1e-11)


@every_situation
def test_blocks_of_rounds_change_nothing(monkeypatch, where, name, options):
    monkeypatch.setattr(memo, "LIMIT", 1)
    mechanism, reports = situation(where, name, options, 150)
    played = mechanism.play(reports, np.random.default_rng(7))
    monkeypatch.setattr(direct, "BLOCK", 100)
    assert_same(played, mechanism.play(reports, np.random.default_rng(7)))


@every_situation
def test_a_role_that_cannot_be_is_refused_with_a_memory_and_without(monkeypatch, where, name, options):
    mechanism, reports = situation(where, name, options, 60)
    rounds, roles = np.nonzero(mechanism.role_probabilities(reports.values) == 0.0)
    if not len(rounds):
        return
    given = some_possible_roles(mechanism, reports)
    given[rounds[0]] = roles[0]
    told = Reports(reports.values, reports.beliefs, given)
    for limit in (memo.LIMIT, 1):
        monkeypatch.setattr(memo, "LIMIT", limit)
        fresh = situation(where, name, options, 60)[0]
        with pytest.raises(ValueError, match=f"player {roles[0]} cannot have the role in round {rounds[0]}"):
            fresh.play(told, np.random.default_rng(1))
