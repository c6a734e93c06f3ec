"""Games too large to list: every figure equal to one by another way, and what does not fit refused with the numbers."""

import numpy as np
import pytest

from mechanisms import MECHANISMS, BeliefBook, Environment, Mechanism, Reports, Setting, direct, single_good
from mechanisms.allocations import one_winner
from mechanisms.beliefs import mixture, product
from mechanisms.crowdsourced import informant
from mechanisms.kept import Kept
from mechanisms.strict import PriceLottery
from mechanisms.ties import rivals


def grids(players, values):
    return [list(range(1 + i % 3, values + 1 + i % 3)) for i in range(players)]


def crowd(players, values, seed=0):
    """Independent values, an environment for them, and everybody's report of what she believes of the others."""
    rng = np.random.default_rng(seed)
    prior = product([rng.dirichlet(np.ones(values)) for _ in range(players)])
    book = BeliefBook()
    others = [[j for j in range(players) if j != i] for i in range(players)]
    told = np.array([book.add(prior.marginal(rest)) for rest in others])
    return Setting(single_good(grids(players, values)), book, prior), told


def truthful(name, players, values, rounds, **options) -> tuple[Mechanism, Reports]:
    setting, told = crowd(players, values)
    mechanism = MECHANISMS[name](setting, **options)
    drawn = setting.prior.sample(np.random.default_rng(1), rounds)
    return mechanism, Reports(drawn, np.broadcast_to(told, drawn.shape).copy())


# --- environments and lotteries


def test_the_others_of_a_thousand_bidders_share_their_allocations():
    environment = single_good(grids(1000, 100))
    rest = [environment.without(i) for i in range(1000)]
    assert environment.single_good
    assert environment.downward_closed
    assert environment.solo[999].tolist() == [-1, 1000]
    assert all(one.allocations is one_winner(999) for one in rest)
    assert [len(one.worth) for one in rest] == [999] * 1000


def test_the_others_environment_is_what_it_would_be_built_as():
    environment = single_good([[1, 2], [3], [1, 5, 6]])
    for i in range(3):
        rest = environment.without(i)
        again = Environment(rest.worth, rest.allocations.copy(), rest.bundles)
        assert rest.shape == again.shape
        assert rest.single_good
        assert again.single_good
        assert [grid.tolist() for grid in rest.values] == [grid.tolist() for grid in again.values]
    with pytest.raises(ValueError, match="at least one player"):
        single_good([[1]]).without(0)


def test_worths_without_a_table_are_those_of_the_table(monkeypatch):
    environment = single_good(grids(4, 5))
    rng = np.random.default_rng(2)
    allocations, types = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    listed = [environment.worth_to(i, types, allocations) for i in range(4)]
    monkeypatch.setattr("mechanisms.environment._TABULATED", 0)
    bare = single_good(grids(4, 5))
    for i, worth in enumerate(listed):
        np.testing.assert_array_equal(bare.worth_to(i, types, allocations), worth)
        bundles = (allocations == i + 1).astype(np.int64)
        np.testing.assert_array_equal(bare.worths(np.full(200, i), types, bundles), worth)


@pytest.mark.parametrize("served", [[[0]], [[0], [1]], [[0, 1]]])
def test_a_set_of_players_is_found_among_the_allocations_of_one_good(served):
    environment = single_good([[1, 2], [3]])
    rows = np.array([[j in group for j in range(2)] for group in served])
    assert environment.serving(rows).tolist() == [group[0] + 1 if len(group) == 1 else -1 for group in served]


def test_the_lottery_of_many_is_its_formula():
    environment = single_good(grids(300, 20))
    lottery = PriceLottery(environment, tuple(range(1, 300)), 0.25)
    prices = sorted({value for grid in grids(300, 20)[1:] for value in grid})
    assert lottery.prices.tolist() == prices
    values = np.random.default_rng(3).integers(0, 20, (7, 300))
    bids = np.stack([np.array(grids(300, 20)[i])[values[:, i]] for i in range(300)], axis=1)
    share = 1 / (299 * len(prices))
    paid = np.array([[share * sum(p - 0.25 for p in prices if p <= bid) for bid in row] for row in bids])
    paid[:, 0] = 0.0
    allocation, payments = lottery.expect(values)
    np.testing.assert_allclose(payments, paid, rtol=1e-12)
    np.testing.assert_allclose(lottery.income(values), paid.sum(axis=1), rtol=1e-12)
    types = np.full(7, 4)
    worth = share * np.searchsorted(prices, bids[:, 5], side="right") * grids(300, 20)[5][4]
    np.testing.assert_allclose(lottery.utility_of(5, values[:, 5], types), worth - paid[:, 5], rtol=1e-12)
    assert not lottery.utility_of(0, values[:, 0], types).any()
    np.testing.assert_allclose(allocation.sum(axis=1), 1.0)
    coins = (np.arange(200_000) + 0.5) / 200_000
    tossed = lottery.play(np.repeat(values[:1], len(coins), axis=0), coins)
    assert tossed.paid.mean() == pytest.approx(paid[0].sum(), rel=1e-2)
    assert 0 not in tossed.buyer


# --- rounds

PLAYED = [
    ("vickrey", {}),
    ("vickrey", {"ties": "uniform"}),
    ("lookahead", {"conditioning": "at-least"}),
    ("L", {"epsilon": 0.3}),
    ("L", {"epsilon": 0.3, "ties": "uniform"}),
    ("L-printed", {"epsilon": 0.3}),
    ("L-lazy-reserves", {"epsilon": 0.3}),
    ("myerson", {"ties": "uniform"}),
    ("optimal", {}),
    ("M", {"epsilon": 0.3}),
    ("M-lookahead", {"epsilon": 0.3}),
    ("M-myerson", {"epsilon": 0.3}),
    ("M-lookahead", {"epsilon": 0.3, "ties": "uniform"}),
]


@pytest.mark.parametrize(("name", "options"), PLAYED)
def test_utility_income_and_play_agree_with_expect_among_forty(monkeypatch, name, options):
    monkeypatch.setattr(direct, "BLOCK", 4_000)
    mechanism, reports = truthful(name, 40, 6, 60, delta=0.2, **options)
    expected, income = mechanism.expect(reports), mechanism.income(reports)
    np.testing.assert_allclose(income.prices, expected.prices, rtol=1e-12)
    np.testing.assert_allclose(income.rewards, expected.rewards.sum(axis=1), rtol=1e-12, atol=1e-15)
    lies = (reports.values[:, 7] + 1) % 6
    found = mechanism.utility_of(reports, 7, lies)
    np.testing.assert_allclose(found, expected.utility_of(mechanism.environment, 7, lies), rtol=1e-12, atol=1e-12)

    many = reports.take(np.arange(6_000) % 60)
    played = mechanism.play(many, np.random.default_rng(4))
    assert played.allocation.shape == (6_000,)
    error = (played.prices - income.prices[np.arange(6_000) % 60]).std() / np.sqrt(6_000)
    assert abs(played.prices.mean() - income.prices.mean()) <= 4 * error + 1e-12


def test_a_thousand_bidders_play_l():
    mechanism, reports = truthful("L", 1000, 100, 300, delta=0.1, epsilon=0.5)
    played = mechanism.play(reports, np.random.default_rng(5))
    second = np.sort(mechanism.bids(reports.values), axis=1)[:, -2]
    assert (mechanism.income(reports).prices <= mechanism.bids(reports.values).max(axis=1)).all()
    kept = played.payments.max(axis=1) >= second  # the lottery apart
    assert 0.8 < kept.mean() < 1.0
    assert (played.rewards >= 0.0).all()
    assert (played.rewards.sum(axis=1) <= 0.5).all()


def test_m_among_many_is_myerson_for_the_others_whichever_way_it_is_worked_out():
    one, reports = truthful("M", 30, 5, 50, epsilon=0.2)
    other, same_reports = truthful("M-myerson", 30, 5, 50, epsilon=0.2)
    np.testing.assert_allclose(one.income(reports).prices, other.income(same_reports).prices, rtol=1e-12)


@pytest.mark.parametrize("name", ["M", "M-lookahead", "M-myerson", "M-k-lookahead"])
def test_m_beyond_its_tables_is_m(monkeypatch, name):
    listed, reports = truthful(name, 3, 3, 80, epsilon=0.2, delta=0.1)
    expected = listed.expect(reports)
    monkeypatch.setattr(informant, "TABULATED", 0)
    bare, same_reports = truthful(name, 3, 3, 80, epsilon=0.2, delta=0.1)
    found = bare.expect(same_reports)
    for field in ("allocation", "payments", "rewards", "fallback"):
        np.testing.assert_allclose(getattr(found, field), getattr(expected, field), rtol=1e-12, atol=1e-12)


def test_m_with_two_reported_beliefs_beyond_its_tables(monkeypatch):
    monkeypatch.setattr(informant, "TABULATED", 0)
    mechanism, reports = truthful("M-lookahead", 3, 3, 80, epsilon=0.2)
    sure = mechanism.book.add(product([[0.0, 0.0, 1.0]] * 2))
    reports.beliefs[::2] = sure
    mixed = mechanism.expect(reports)
    for rows in (np.arange(0, 80, 2), np.arange(1, 80, 2)):
        alone = mechanism.expect(reports.take(rows))
        np.testing.assert_array_equal(alone.payments, mixed.payments[rows])
        np.testing.assert_array_equal(alone.fallback, mixed.fallback[rows])
    assert mixed.fallback[::2].any()
    assert not mixed.fallback[1::2].any()


def test_what_does_not_fit_is_refused_with_what_would_do():
    setting, _ = crowd(12, 6)
    apart = mixture(
        [0.5, 0.5], [product([weights] * 11) for weights in ([0.5, 0.5, 0, 0, 0, 0], [0, 0, 0, 0.2, 0.4, 0.4])]
    )
    belief = setting.book.add(apart)
    reports = Reports(np.zeros((3, 12), dtype=np.int64), np.full((3, 12), belief))
    mechanism = MECHANISMS["M"](setting, epsilon=0.1)
    with pytest.raises(ValueError, match=r"M needs OPT for a reported belief: .*\d.*M-lookahead, or M-myerson"):
        mechanism.play(reports, np.random.default_rng(1))
    with pytest.raises(ValueError, match=r"362,797,056 profiles .* 2,000,000"):
        mechanism.rule(0, belief)
    other = MECHANISMS["M-lookahead"](setting, epsilon=0.1)
    assert other.play(reports, np.random.default_rng(1)).prices.min() >= 0.0


@pytest.mark.parametrize(("players", "values", "solved"), [(40, 20, "32,000,000"), (1000, 3, "3,000,000,000")])
def test_m_over_a_program_a_profile_is_refused_at_size(players, values, solved):
    setting, _ = crowd(players, values)
    with pytest.raises(
        ValueError, match=rf"^M-k-lookahead solves .* some {solved} steps, and the limit is 20,000,000; M-look"
    ):
        MECHANISMS["M-k-lookahead"](setting, epsilon=0.1)


def test_m_over_k_lookahead_among_thirty_fits_and_takes_no_more_than_the_highest_bid():
    one, reports = truthful("M-k-lookahead", 30, 5, 20, epsilon=0.2)
    assert (one.income(reports).prices <= one.bids(reports.values).max(axis=1) + 1e-9).all()


@pytest.mark.parametrize("name", ["anonymous-reserve", "pooling-lookahead", "cremer-mclean", "perfect-information"])
def test_what_goes_through_all_profiles_says_so_by_name(name):
    setting, _ = crowd(40, 20)
    apart = mixture([0.5, 0.5], [setting.prior, product([np.full(20, 0.05)] * 40)])
    told = setting.book.add(apart.marginal(range(39)))
    reports = Reports(np.zeros((1, 40), dtype=np.int64), np.full((1, 40), told))
    options = {"epsilon": 0.1} if name == "perfect-information" else {}
    with pytest.raises(ValueError, match=rf"^{name} goes through all profiles: .* 10\^5\d .* 2,000,000"):
        MECHANISMS[name](Setting(setting.environment, setting.book, apart), **options).income(reports)


def test_caillaud_robert_among_forty_is_myerson():
    setting, _ = crowd(40, 20)
    drawn = setting.prior.sample(np.random.default_rng(1), 30)
    reports = Reports(drawn, np.full(drawn.shape, setting.book.add(setting.prior)))
    found = MECHANISMS["caillaud-robert"](setting).expect(reports)
    same = MECHANISMS["myerson"](setting).expect(reports)
    np.testing.assert_array_equal(found.payments, same.payments)
    assert not found.rewards.any()


def test_what_m_promises_over_lookahead_and_myerson():
    setting, _ = crowd(4, 3)
    options = {"epsilon": 0.25, "delta": 0.2}
    kept = 0.8 * 0.75
    assert MECHANISMS["M-lookahead"](setting, **options).guarantee(8.0) == pytest.approx(kept * 4.0 - 0.25)
    assert MECHANISMS["M-myerson"](setting, **options).guarantee(8.0) == pytest.approx(kept * 8.0 - 0.25)
    for prior in (setting.prior.table, mixture([0.5, 0.5], [setting.prior, product([[0.2, 0.3, 0.5]] * 4)])):
        elsewhere = Setting(setting.environment, setting.book, prior)
        assert MECHANISMS["M-myerson"](elsewhere, **options).guarantee(8.0) is None
        assert MECHANISMS["M-lookahead"](elsewhere, **options).guarantee(8.0) == pytest.approx(kept * 4.0 - 0.25)


# --- small parts


@pytest.mark.parametrize("ties", ["lowest-index", "uniform"])
def test_rivals_are_what_the_tie_rule_says(ties):
    rng = np.random.default_rng(6)
    bids, chosen = rng.integers(1, 4, (200, 4)), rng.integers(0, 4, 200)
    found = rivals(bids, chosen, ties)
    for row, who, best, at_tie in zip(bids.tolist(), chosen.tolist(), found.best, found.at_tie, strict=True):
        others = [bid for j, bid in enumerate(row) if j != who]
        assert best == max(others)
        if ties == "uniform":
            assert at_tie == 1 / (1 + others.count(best))
        else:
            assert at_tie == float(best not in row[:who])


def test_rivals_of_a_bidder_alone():
    found = rivals(np.array([[2], [3]]), np.zeros(2, dtype=np.int64), "uniform")
    assert found.best.tolist() == [0, 0]
    assert found.at_tie.tolist() == [1.0, 1.0]


def test_what_is_kept_longest_unasked_goes_first():
    kept, made = Kept[int, int](2), []

    def make(key):
        made.append(key)
        return key

    for key in (1, 2, 1, 3, 1, 2):
        assert kept.get(key, lambda key=key: make(key)) == key
        assert len(kept) <= 2
    assert made == [1, 2, 3, 2]
