"""Priors from bids: hand-computed files, theorems about smoothing and symmetry, every error, real files."""

import math
import tomllib
from collections import Counter
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios import bid_levels as module
from scenarios.bids import CAUTION, BidPrior, prior_from_bids
from scenarios.errors import BadInput
from scenarios.library import make_bids

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data"
MILLS = list(make_bids.SKILL)

Write = Callable[[str], Path]

DUEL = """auction,bidder,bid
1,ann,10
1,bob,20
2,ann,10
2,bob,40
3,ann,30
3,bob,40
4,ann,30
4,bob,40
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a text to a file called bids.csv."""

    def to_file(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "bids.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return to_file


def csv_of(draws: list[tuple[float, ...]]) -> str:
    """One auction per draw; the bidders are called a, b, c, ..."""
    rows = [f"{lot},{'abcdefgh'[seat]},{bid}" for lot, draw in enumerate(draws) for seat, bid in enumerate(draw)]
    return "\n".join(["auction,bidder,bid", *rows])


def chances(prior: BidPrior) -> dict[tuple[int, ...], float]:
    return dict(zip(prior.profiles, prior.probabilities, strict=True))


def marginal(prior: BidPrior, seat: int) -> dict[int, float]:
    totals: Counter[int] = Counter()
    for profile, chance in chances(prior).items():
        totals[profile[seat]] += chance
    return dict(totals)


class TestByHand:
    def test_named_bidders_become_seats_in_the_order_given(self, write: Write) -> None:
        prior = prior_from_bids(write(DUEL), bidders=["bob", "ann"], unit=10)
        assert prior.values == ((2, 4), (1, 3))
        assert chances(prior) == {(2, 1): 0.25, (4, 1): 0.25, (4, 3): 0.5}
        assert (prior.seats, prior.levels) == (("bob", "ann"), (2, 2))
        assert (prior.used, prior.dropped, prior.source) == (4, {}, "bids.csv")

    def test_correlation_is_pearsons(self, write: Write) -> None:
        prior = prior_from_bids(write(DUEL), bidders=["ann", "bob"])
        expected = np.corrcoef([10, 10, 30, 30], [20, 40, 40, 40])
        assert np.array(prior.correlation) == pytest.approx(expected)

    def test_smoothing_mixes_in_the_product_of_the_marginals(self, write: Write) -> None:
        prior = prior_from_bids(write(DUEL), bidders=["ann", "bob"], unit=10, smoothing=4)
        expected = {(1, 2): 0.1875, (1, 4): 0.3125, (3, 2): 0.0625, (3, 4): 0.4375}
        assert chances(prior) == pytest.approx(expected)

    def test_highest_ranks_the_bids_of_an_auction(self, write: Write) -> None:
        prior = prior_from_bids(write(csv_of([(1, 3, 2), (5, 4, 6)])), highest=2)
        assert prior.values == ((3, 6), (2, 5))
        assert chances(prior) == {(3, 2): 0.5, (6, 5): 0.5}
        assert prior.seats == ("bid of rank 1", "bid of rank 2")

    def test_exchangeable_seats_share_a_grid_and_are_averaged(self, write: Write) -> None:
        prior = prior_from_bids(write(csv_of([(1, 2), (2, 1), (2, 2), (3, 3)])), highest=2, exchangeable=True)
        assert prior.values == ((1, 2, 3), (1, 2, 3))
        assert chances(prior) == {(1, 2): 0.25, (2, 1): 0.25, (2, 2): 0.25, (3, 3): 0.25}

    def test_three_exchangeable_seats_split_a_profile_over_its_distinct_orderings(self, write: Write) -> None:
        prior = prior_from_bids(write(csv_of([(1, 1, 2), (1, 2, 3)])), highest=3, exchangeable=True)
        twice_one = {profile: 1 / 6 for profile in set(permutations((1, 1, 2)))}
        all_apart = {profile: 1 / 12 for profile in permutations((1, 2, 3))}
        assert chances(prior) == pytest.approx(twice_one | all_apart)

    def test_a_bin_is_worth_its_median(self, write: Write) -> None:
        text = csv_of([(bid,) for bid in (1, 2, 9, 11, 12, 13, 40, 60)])
        # ranks 1-4: 1, 2, 9, 11, median 5.5; ranks 5-8: 12, 13, 40, 60, median 26.5
        assert prior_from_bids(write(text), highest=1, levels=2, unit=0.5).values == ((11, 53),)

    def test_equal_bids_share_a_bin(self, write: Write) -> None:
        text = csv_of([(bid,) for bid in (1, 5, 5, 5, 5, 5, 6, 7)])
        prior = prior_from_bids(write(text), highest=1, levels=3, unit=0.5)
        # the fives' middle rank puts them, alone, into the second of three bins
        assert chances(prior) == {(2,): 1 / 8, (10,): 5 / 8, (13,): 2 / 8}

    def test_no_more_distinct_bids_than_levels_keeps_them_all(self, write: Write) -> None:
        text = csv_of([(bid,) for bid in [1] * 98 + [2, 3]])
        assert prior_from_bids(write(text), highest=1).values == ((1, 2, 3),)

    def test_one_level_is_fine_and_has_no_correlation(self, write: Write) -> None:
        prior = prior_from_bids(write(DUEL), bidders=["ann", "bob"], levels=1, unit=1)
        assert (prior.values, chances(prior)) == (((20,), (40,)), {(20, 40): 1.0})
        assert np.isnan(prior.correlation).all()

    def test_one_level_at_one_seat_leaves_the_others_correlation(self, write: Write) -> None:
        prior = prior_from_bids(write(csv_of([(1, 7, 3), (2, 7, 6)])), bidders=["a", "b", "c"])
        correlation = np.array(prior.correlation)
        assert correlation[0, 2] == pytest.approx(1)
        assert np.isnan(correlation[1]).all()


class TestUnit:
    @pytest.mark.parametrize(
        ("bids", "unit", "values"),
        [
            ((100, 200, 300), 100.0, (1, 2, 3)),
            ((101, 200, 300), 100.0, (1, 2, 3)),  # 1 % off is allowed
            ((100, 210, 300), 10.0, (10, 21, 30)),
            ((102, 200, 300), 1.0, (102, 200, 300)),
            ((1000, 1001), 1.0, (1000, 1001)),  # 10 would be close enough but merge them
            ((0.25, 0.5), 0.01, (25, 50)),
            ((998,), 1000.0, (1,)),
            ((0.1, 0.2, 0.3), 0.1, (1, 2, 3)),
        ],
    )
    def test_default_is_the_largest_power_of_ten_that_fits(
        self, write: Write, bids: tuple[float, ...], unit: float, values: tuple[int, ...]
    ) -> None:
        prior = prior_from_bids(write(csv_of([(bid,) for bid in bids])), highest=1)
        assert (prior.unit, prior.values) == (unit, (values,))

    def test_one_unit_serves_all_seats(self, write: Write) -> None:
        prior = prior_from_bids(write(csv_of([(100, 3), (200, 5)])), bidders=["a", "b"])
        assert (prior.unit, prior.values) == (1.0, ((100, 200), (3, 5)))

    def test_a_coarse_unit_merges_levels_and_adds_their_chances(self, write: Write) -> None:
        text = csv_of([(bid,) for bid in (0.2, 1.1, 1.2, 3)])
        prior = prior_from_bids(write(text), highest=1, unit=1)
        assert (prior.levels, chances(prior)) == ((2,), {(1,): 0.75, (3,): 0.25})

    @given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=30), st.integers(1, 8))
    def test_money_is_within_one_percent_of_a_median(self, amounts: list[float], levels: int) -> None:
        medians = np.unique(module._medians(np.array(amounts), levels))
        unit = module._unit([medians], None)
        values = [max(1, round(median / unit)) for median in medians]
        assert [value * unit for value in values] == pytest.approx(medians, rel=0.0101)
        assert values == sorted(set(values))


class TestBins:
    """The medians of bins tell the bins apart, as they lie between the bins' bounds."""

    @given(st.lists(st.integers(1, 40), min_size=1, max_size=80), st.integers(1, 9))
    def test_bins_cut_the_sorted_bids_between_unequal_ones(self, amounts: list[int], levels: int) -> None:
        ordered = np.array(sorted(amounts))
        medians = module._medians(ordered, levels).tolist()
        assert medians == sorted(medians)
        assert len(set(zip(medians, ordered.tolist(), strict=True))) == len(set(amounts))
        count = len(set(medians))
        assert count == len(set(amounts)) if len(set(amounts)) <= levels else count <= levels

    @given(st.sets(st.integers(1, 500), min_size=1, max_size=80), st.integers(1, 9))
    def test_distinct_bids_give_bins_of_nearly_equal_count(self, amounts: set[int], levels: int) -> None:
        sizes = Counter(module._medians(np.array(list(amounts)), levels).tolist()).values()
        assert max(sizes) - min(sizes) <= 1

    @given(st.lists(st.floats(1e-300, 1.7e308), min_size=1, max_size=30), st.integers(1, 8))
    def test_a_bid_is_worth_the_median_of_its_bin(self, amounts: list[float], levels: int) -> None:
        bids = np.array(amounts)
        medians = module._medians(bids, levels)
        expected = [2 * np.median(bids[medians == median] / 2) for median in medians]
        assert medians.tolist() == pytest.approx(expected)


amounts = st.integers(1, 9)
draws = st.integers(2, 3).flatmap(lambda seats: st.lists(st.tuples(*[amounts] * seats), min_size=1, max_size=25))
smoothings = st.floats(0, 100) | st.sampled_from([5e-324, 1e-17, 1e300])


class TestTheorems:
    @given(draws, smoothings, st.integers(1, 4))
    def test_smoothing_keeps_marginals_and_scales_correlation(
        self, draws: list[tuple[int, ...]], smoothing: float, levels: int
    ) -> None:
        plain = self.prior(draws, levels=levels, unit=1)
        smooth = self.prior(draws, levels=levels, unit=1, smoothing=smoothing)
        assert smooth.values == plain.values
        for seat in range(len(plain.seats)):
            assert marginal(smooth, seat) == pytest.approx(marginal(plain, seat), abs=1e-12)
        trust = len(draws) / (len(draws) + smoothing)
        expected = np.array(plain.correlation)
        expected[~np.eye(len(plain.seats), dtype=bool)] *= trust
        assert np.array(smooth.correlation) == pytest.approx(expected, abs=1e-9, nan_ok=True)

    @given(draws)
    def test_smoothing_makes_every_profile_possible(self, draws: list[tuple[int, ...]]) -> None:
        prior = self.prior(draws, smoothing=0.5)
        assert len(prior.profiles) == math.prod(prior.levels)
        assert min(prior.probabilities) > 0

    @given(draws, smoothings, st.integers(1, 4))
    def test_exchangeable_is_invariant_under_permutations(
        self, draws: list[tuple[int, ...]], smoothing: float, levels: int
    ) -> None:
        seats = len(draws[0])
        prior = self.prior(draws, bidders=None, highest=seats, exchangeable=True, levels=levels, smoothing=smoothing)
        likely = chances(prior)
        assert len(set(prior.values)) == 1
        for order in permutations(range(seats)):
            assert {tuple(profile[i] for i in order): chance for profile, chance in likely.items()} == likely

    @given(draws, smoothings, st.booleans())
    def test_probabilities_sum_to_one_and_profiles_lie_on_the_grid(
        self, draws: list[tuple[int, ...]], smoothing: float, exchangeable: bool
    ) -> None:
        prior = self.prior(draws, bidders=None, highest=2, exchangeable=exchangeable, smoothing=smoothing, levels=3)
        assert math.fsum(prior.probabilities) == pytest.approx(1, abs=1e-12)
        for grid, column in zip(prior.values, zip(*prior.profiles, strict=True), strict=True):
            assert set(grid) == set(column)
        assert list(prior.profiles) == sorted(set(prior.profiles))

    @staticmethod
    def prior(draws: list[tuple[int, ...]], **options: object) -> BidPrior:
        """The prior of these draws, without a file."""
        request = {"bidders": list("abcdefgh"[: len(draws[0])]), **options}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "read_text", lambda self, encoding: csv_of(draws))
            return prior_from_bids("bids.csv", **request)  # type: ignore[arg-type]


class TestDropping:
    def test_rows_and_auctions_are_counted_by_reason(self, write: Write) -> None:
        text = DUEL + (
            "5,ann,\n5,bob,7\n6,ann,n/a\n7,ann,nan\n7,bob,inf\n8,ann,0\n8,bob,-3\n,ann,4\n9,,4\n"
            "10,ann,5\n10,cy,5\n4,ann,29\n4,ann,30\n"
        )
        prior = prior_from_bids(write(text), bidders=["ann", "bob"])
        assert prior.used == 4
        assert prior.dropped == {
            "rows with no bid": 1,
            "rows whose bid is not a number": 1,
            "rows whose bid is not positive and finite": 4,
            "rows with no auction": 1,
            "rows with no bidder": 1,
            "rows that repeat a bidder within an auction": 2,
            "auctions that lack a bidder": 6,
        }

    @pytest.mark.parametrize("second", ["35", "5"])
    def test_the_highest_bid_of_a_bidder_counts(self, write: Write, second: str) -> None:
        prior = prior_from_bids(write(f"auction,bidder,bid\n1,ann,20\n1,ann,{second}\n1,bob,10"), highest=2)
        assert prior.values[0][0] * prior.unit == max(20, float(second))
        assert prior.dropped == {"rows that repeat a bidder within an auction": 1}

    def test_auctions_with_too_few_bidders_are_dropped(self, write: Write) -> None:
        prior = prior_from_bids(write(DUEL + "5,ann,3\n6,ann,\n"), highest=2)
        assert prior.used == 4
        assert prior.dropped == {"rows with no bid": 1, "auctions with fewer than 2 bidders": 2}

    def test_where_keeps_the_rows_with_that_text(self, write: Write) -> None:
        text = "auction,item,bidder,bid\n1,x,a,1\n1,x,b,2\n2,y,a,3\n2,y,b,4\n3,y,a,\n"
        prior = prior_from_bids(write(text), highest=2, where={"item": "x"})
        assert (prior.used, prior.dropped, prior.values) == (1, {}, ((2,), (1,)))

    def test_bom_blank_lines_spaces_crlf_and_trailing_commas_do_no_harm(self, write: Write) -> None:
        text = '\ufeffauction, bidder ,bid\r\n\r\n 1, ann ,10\r\n1,"bob", 20 ,\r\n ,,\r\n'
        prior = prior_from_bids(write(text), bidders=["ann", "bob"])
        assert (prior.values, prior.unit, prior.dropped) == (((1,), (2,)), 10.0, {})

    def test_columns_may_have_other_names(self, write: Write) -> None:
        path = write("lot,firm,price\n1,a,10\n1,b,20\n1,b,x\n")
        prior = prior_from_bids(path, auction="lot", bidder="firm", bid="price", bidders=["a", "b"])
        assert prior.dropped == {"rows whose price is not a number": 1}


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({}, ["exactly one", "bidders = None", "highest = None"]),
            ({"bidders": ["ann"], "highest": 1}, ["exactly one", "['ann']", "highest = 1"]),
            ({"bidders": []}, ["bidders", "[]"]),
            ({"bidders": ["ann", "ann"]}, ["bidders", "['ann', 'ann']"]),
            ({"bidders": ["ann", "bobb"]}, ["bidders", "'bobb'", "did you mean 'bob'?"]),
            ({"bidders": ["zzz"]}, ["bidders", "'zzz'"]),
            ({"highest": 0}, ["highest", "1 or more", "0"]),
            ({"bidders": ["ann"], "exchangeable": True}, ["exchangeable", "highest", "['ann']"]),
            ({"highest": 3}, ["no auction is left", "highest = 3", "auctions with fewer than 3 bidders: 4"]),
            ({"highest": 1, "levels": 0}, ["levels", "1 or more", "0"]),
            ({"highest": 1, "smoothing": -0.5}, ["smoothing", "-0.5"]),
            ({"highest": 1, "smoothing": math.nan}, ["smoothing", "nan"]),
            ({"highest": 1, "smoothing": math.inf}, ["smoothing", "inf"]),
            ({"highest": 1, "unit": 0}, ["unit", "positive", "0"]),
            ({"highest": 1, "unit": math.nan}, ["unit", "nan"]),
            ({"highest": 1, "unit": 1e-300}, ["unit = 1e-300", "too small", "40"]),
            ({"highest": 1, "bid": "bids"}, ["bid = 'bids'", "'auction', 'bidder', 'bid'", "mean 'bid'?"]),
            ({"highest": 1, "bidder": "BIDDER"}, ["bidder = 'BIDDER'", "did you mean 'bidder'?"]),
            ({"highest": 1, "auction": "zzz"}, ["auction = 'zzz'", "'auction', 'bidder', 'bid'"]),
            ({"highest": 1, "where": {"acution": "1"}}, ["where = 'acution'", "did you mean 'auction'?"]),
            ({"highest": 1, "where": {"bidder": "anne"}}, ["where bidder = 'anne'", "did you mean 'ann'?"]),
            ({"highest": 1, "where": {"bidder": "ann", "bid": "20"}}, ["where bid = '20'"]),
        ],
    )
    def test_options(self, write: Write, options: dict[str, object], words: list[str]) -> None:
        path = write(DUEL)
        self.check(path, words, **options)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", ["header and rows", "0 lines"]),
            ("\n \n", ["header and rows", "0 lines"]),
            ("auction,bidder,bid\n", ["header and rows", "1 lines"]),
            ("auction;bidder;bid\n1;a;2\n", ["auction = 'auction'", "'auction;bidder;bid'"]),
            ('auction,bidder,bid\n1,"a"b,2\n', ["not a CSV"]),
            ('auction,bidder,bid\n1,"a,2\n', ["not a CSV"]),
            ("auction,bidder,bid\n1,a,1,234.5\n", ["not a CSV", "line 2", "4 fields", "header 3"]),
            ("auction,bidder,bid,bid\n1,a,1,2\n", ["bid = 'bid'", "2 columns"]),
            ("auction,bidder,bid\n1,a,x\n", ["no auction is left", "rows whose bid is not a number: 1"]),
            ("auction,bidder,bid\n1,a,1e-300\n2,a,1e300\n", ["unit", "1e-300", "1e+300"]),
        ],
    )
    def test_files(self, write: Write, text: str, words: list[str]) -> None:
        self.check(write(text), words, highest=1)

    @pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
    def test_undecodable_file(self, write: Write, encoding: str) -> None:
        self.check(write("auction,bidder,bid\n1,é,2", encoding), ["not a CSV in UTF-8", "byte"], highest=1)

    def test_missing_file(self, tmp_path: Path) -> None:
        self.check(tmp_path / "none.csv", ["No such file"], highest=1)

    def test_folder(self, tmp_path: Path) -> None:
        self.check(tmp_path, ["cannot be read"], highest=1)

    def test_a_product_too_large_to_smooth(self, write: Write) -> None:
        path = write(csv_of([tuple(range(1 + lot, 8 + lot)) for lot in range(8)]))
        options = {"bidders": list("abcdefg"), "levels": 8}
        assert len(prior_from_bids(path, **options).profiles) == 8
        self.check(path, ["smoothing = 0.1", "2097152", "1000000"], smoothing=0.1, **options)

    def test_permutations_too_many_to_average(self, write: Write) -> None:
        rows = "".join(f"1,b{bid},{bid}\n" for bid in range(1, 11))
        self.check(
            write("auction,bidder,bid\n" + rows), ["exchangeable", "3628800"],
            highest=10, exchangeable=True, levels=10,
        )  # fmt: skip

    @staticmethod
    def check(path: Path, words: list[str], **options: object) -> None:
        """One sentence that names the file and has these words."""
        with pytest.raises(BadInput) as caught:
            prior_from_bids(path, **options)  # type: ignore[arg-type]
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        assert message.endswith(".")
        assert "\n" not in message
        assert [word for word in words if word not in message] == []


class TestBidPrior:
    GOOD: ClassVar[dict[str, object]] = {
        "values": ((1, 2),), "profiles": ((1,), (2,)), "probabilities": (0.5, 0.5), "unit": 1.0,
        "seats": ("a",), "used": 2, "dropped": {}, "source": "bids.csv", "options": "",
    }  # fmt: skip

    @pytest.mark.parametrize(
        ("change", "shown"),
        [
            ({"values": ((2, 1),)}, r"\(2, 1\)"),
            ({"values": ((0, 1),)}, r"\(0, 1\)"),
            ({"values": ((1, 1),)}, r"\(1, 1\)"),
            ({"probabilities": (0.5, 0.4)}, "0.9"),
            ({"probabilities": (1.5, -0.5)}, "-0.5"),
            ({"probabilities": (1.0,)}, "2 profiles, 1 prob"),
            ({"profiles": ((1,), (1,))}, "2 profiles"),
        ],
    )
    def test_is_validated_at_birth(self, change: dict[str, object], shown: str) -> None:
        with pytest.raises(ValueError, match=shown):
            BidPrior(**(self.GOOD | change))  # type: ignore[arg-type]

    def test_summary_says_where_it_comes_from(self, write: Write) -> None:
        path = write(DUEL + "5,ann,3\n")
        text = "\n".join(prior_from_bids(path, bidders=["ann", "bob"], smoothing=2.5).summary())
        for part in (
            "bids.csv", "bidders = ann, bob", "smoothing = 2.5", "levels = 5", "auctions used: 4",
            "auctions that lack a bidder: 1", "unit: 10.0", "seat 0, ann: 2 levels: 1, 3",
            "profiles: 4 of 4", "0-1 0.36", CAUTION,
        ):  # fmt: skip
            assert part in text
        assert str(path.parent) not in text

    def test_toml_reads_back_exactly(self, write: Write) -> None:
        prior = prior_from_bids(write(DUEL), bidders=["ann", "bob"], smoothing=1 / 3)
        text = prior.to_toml()
        data = tomllib.loads(text)
        assert data == {
            "environment": {
                "kind": "single-good",
                "values": [list(grid) for grid in prior.values],
                "unit": prior.unit,
            },
            "prior": {
                "kind": "table",
                "profiles": [list(profile) for profile in prior.profiles],
                "probabilities": list(prior.probabilities),
            },
        }
        assert all(f"# {line}" in text.splitlines() for line in prior.summary())

    def test_no_name_breaks_out_of_a_comment(self, write: Write) -> None:
        name = "ann\n[run]\nseed = 1\u2028\x00"
        path = write(f'auction,bidder,bid\n1,"{name}",1\n1,bob,2\n')
        data = tomllib.loads(prior_from_bids(path, bidders=[name.strip(), "bob"]).to_toml())
        assert set(data) == {"environment", "prior"}


class TestShipped:
    def test_making_it_again_gives_the_same_bytes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        shipped = make_bids.FILE.read_bytes()
        monkeypatch.setattr(make_bids, "FILE", tmp_path / "again.csv")
        make_bids.main()
        assert (tmp_path / "again.csv").read_bytes() == shipped
        assert len(shipped) < 40_000

    def test_mills_know_each_others_lots(self) -> None:
        prior = prior_from_bids(make_bids.FILE, bidders=MILLS, levels=3)
        assert prior.levels == (3,) * 5
        assert prior.used + prior.dropped["auctions that lack a bidder"] == make_bids.LOTS
        assert np.array(prior.correlation).min() > 0.4


@pytest.mark.skipif(not REAL.is_dir(), reason="the real bids are not here")
class TestReal:
    def test_importers_are_strongly_correlated(self) -> None:
        prior = prior_from_bids(REAL / "quota_auctions.csv", bidders=[f"importer-00{number}" for number in (2, 4, 5)])
        assert (prior.used, prior.dropped) == (39, {"auctions that lack a bidder": 1})
        assert np.array(prior.correlation).min() > 0.7

    @pytest.mark.parametrize("exchangeable", [False, True])
    @pytest.mark.parametrize(("item", "auctions"), [("xbox", 148), ("palm", 343), ("cartier", 136)])
    def test_online_auctions(self, item: str, auctions: int, exchangeable: bool) -> None:
        path = REAL / "online_auctions.csv"
        prior = prior_from_bids(path, where={"item": item}, highest=3, exchangeable=exchangeable)
        assert prior.used + prior.dropped["auctions with fewer than 3 bidders"] == auctions
        assert prior.levels == (5, 5, 5)
        assert np.array(prior.correlation).min() > 0.6
