"""The best single price of digital goods, against trying every price."""

import numpy as np

from mechanisms import digital_goods, public_good, services, single_good
from mechanisms.classical.digital import DigitalGoodsMechanism, best_single_price, best_single_price_revenue


def test_every_price_is_tried():
    rng = np.random.default_rng(1)
    for bidders in (1, 2, 3, 5):
        bids = rng.integers(1, 12, (200, bidders))
        price, one, two = (
            best_single_price(bids),
            best_single_price_revenue(bids),
            best_single_price_revenue(bids, winners=2),
        )
        for k, row in enumerate(bids.tolist()):
            income = {p: p * sum(b >= p for b in row) for p in range(1, 13)}
            assert one[k] == max(income.values())
            assert price[k] == min(p for p, earned in income.items() if earned == one[k])
            assert two[k] == max((e for p, e in income.items() if sum(b >= p for b in row) >= 2), default=0)


def test_nobody_to_learn_from():
    empty = np.zeros((2, 0), dtype=np.int64)
    assert best_single_price(empty).tolist() == [np.inf, np.inf]
    assert best_single_price_revenue(empty, winners=2).tolist() == [0, 0]


def test_any_set_of_players_must_be_possible():
    grids = [[1, 2], [1, 3]]
    assert DigitalGoodsMechanism.unfit(digital_goods(grids)) is None
    assert DigitalGoodsMechanism.unfit(single_good(grids[:1])) is None
    for environment in (single_good(grids), public_good(grids), services(grids, [[0], [0, 1]])):
        assert "any set of players" in DigitalGoodsMechanism.unfit(environment)
