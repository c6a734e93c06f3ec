"""Every claim's slack on an instance small enough for pencil and paper."""

import pytest

from analysis.claims import CLAIMS, Claim, Instance
from analysis.claims.generate import of_values, product_states


def single(values, states=None, odds=None, **more) -> Instance:
    """One good; one state in which everybody has her highest value, unless said."""
    top = tuple(len(grid) - 1 for grid in values)
    states = (top,) if states is None else tuple(map(tuple, states))
    odds = (1,) * len(states) if odds is None else tuple(odds)
    return Instance(of_values(values), states, odds, **{"delta": 0.5, "epsilon": 0.1, **more})


def product(values, margins, **more) -> Instance:
    return single(values, *product_states(margins), **more)


ONES = single([(1,), (1,)])
PAIR = product([(1, 2)] * 2, [(1, 1)] * 2)
UNIFORM = product([(1, 2, 3, 4)] * 2, [(1, 1, 1, 1)] * 2)
IRREGULAR = product([(5, 6, 20)] * 2, [(6, 3, 1)] * 2)
GAP = product([(1, 10)] * 2, [(1, 1)] * 2)
HARMONIC = (6, 2, 1, 3)  # Pr(theta >= k) = 1/k on {1..4}
COMMON = single([(1, 2, 3, 4)] * 2, [(k, k) for k in range(4)], HARMONIC)
TRIPLE = single([(3, 6, 9, 12), (1, 2, 3, 4)], [(k, k) for k in range(4)], HARMONIC)
STEP = single([(2, 3), (1, 2)], [(0, 0), (1, 1)])
SURE = single([(1,), (1, 2)])
STRONG = single([(1, 8), (1,)])
EITHER = single([(3, 13), (3, 13), (3,)], [(0, 0, 0), (0, 1, 0), (1, 0, 0)], [10, 3, 3], epsilon=0.0, delta=0.02)
TRIO = tuple(tuple((v,) * 3 for v in grid) for grid in ((1,),) * 3)
TEAMS = Instance(
    TRIO,
    ((0, 0, 0),),
    (1,),
    bundles=((0,), (1,), (2,)),
    allocations=((0, 0, 0), (0, 0, 3), (0, 2, 0), (0, 2, 3), (1, 0, 0)),
)
UNSERVED = Instance(
    (((1, 0, 0), (1, 0, 5)), ((1, 1, 1),)),
    ((0, 0),),
    (1,),
    bundles=((0,), (1,), (0, 1)),
    allocations=((0, 0), (0, 2), (1, 0), (1, 2)),
)
# The expert, player 1, is told that the value is not 11, or not 10; of 24 she is told either.
EXPERT = single(
    [(1,), (1,), (10, 11, 24)],
    [(0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 0, 2)],
    [8, 6, 3, 3],
    knowledge="labels",
    parameters={"labels": [["0"] * 4, ["x", "y", "x", "y"], ["0", "1", "2", "2"]]},
)
SIGNAL = single(
    [(1,), (1, 2), (1,)],
    [(0, 0, 0), (0, 0, 0), (0, 1, 0)],
    knowledge="labels",
    parameters={"labels": [["0", "0", "0"], ["0", "0", "1"], ["y", "x", "x"]]},
)

BY_HAND = [
    # Price 0 or 1, nothing or the good: paid 0.5 in two cases out of four, earning 0.5 in one.
    ("lemma-1-revenue", ONES, -0.0625),
    ("lemma-1-revenue", single([(1,), (1,)], discount=0.1), 0.0875),
    ("lemma-1-revenue-repaired", ONES, 0.25),
    # A lie about 2 or 1 misses, or makes, one sale out of four, worth 0.5.
    ("lemma-1-strictness", SURE, 0.0625),
    ("lemma-1-strictness", UNSERVED, 0.0),
    ("lookahead-truthful", PAIR, 0.0),
    ("definition-5", SURE, 0.0),
    ("definition-5-repaired", SURE, 0.0625),
    ("agg-noisy-signals", SIGNAL, -1 / 6),
    ("agg-any-informant", UNIFORM, 0.0),
    # Main stage (1 + 8) / 2, lottery (0.5 + 4) / 2, against half of 8.
    ("theorem-1", STRONG, -0.625),
    ("theorem-1", ONES, 0.25),
    ("theorem-1-repaired", STRONG, 1.375),
    ("lemma-3-step", STEP, -0.5),
    ("lemma-3-step-repaired", STEP, 0.0),
    ("lemma-3-reward", ONES, 0.0),
    ("information-helps", product([(1, 2)] * 2, [(1, 1)] * 2, knowledge="complete"), 0.25),
    ("deterministic-informant", single([(3,), (1,)]), 0.5),
    ("lemma-5-rewards", ONES, -0.05),
    ("lemma-5-rewards-repaired", ONES, 0.0),
    ("lemma-5", single([(1,), (1,)], epsilon=2.0), -0.5),
    ("lemma-5-repaired", single([(1,), (1,)], epsilon=2.0), 0.5),
    # Either of two may have 13, at odds 3 to 10 against a tie at 3: priced at 3, they pay 3 where 6.75 was to be had.
    ("ronen-half", EITHER, 3 - 6.75 / 2),
    # The lottery earns (2.5 + 12.5 * 3 / 16) / 2 from each of the two, and 2.5 / 2 from the third.
    ("lemma-5-at-least", EITHER, 0.98 * (3 - 6.75 / 2) + 0.02 * (2 * (2.5 + 37.5 / 16) + 2.5) / 6),
    ("ronen-half-repaired", EITHER, (10 * 3 + 3 * 13 + 3 * 3) / 16 - 6.75 / 2),
    ("ronen-half-repaired", UNIFORM, 2.375 / 2),
    ("iid-at-least", UNIFORM, 2.1875 - 2.375),
    ("iid-irregular", IRREGULAR, 5.96 - 6.5),
    ("iid-irregular", UNIFORM, 0.0),
    ("iid-uniform-ties", product([(1, 2)] * 2, [(2, 1)] * 2), 10 / 9 - 12 / 9),
    ("iid-repaired", UNIFORM, 0.0),
    # i* has epsilon exactly; the other may buy at 0.75 in the lottery, and is paid half of epsilon.
    ("footnote-9", single([(1,), (1,)], epsilon=1.0, discount=0.25), -0.25),
    ("footnote-9-main-stage", ONES, 0.0),
    ("footnote-9-in-repaired-l", ONES, -0.05),
    ("lemma-6-informed", product([(1,), (2, 3)], [(1,), (1, 1)], knowledge="complete"), -0.5),
    ("lemma-6-irregular", single([(1,), (1, 2, 3)], [(0, 0), (0, 2)], [3, 1]), 1.25 - 1.5),
    ("lemma-6-repaired", UNIFORM, 0.0),
    ("lemma-6-lookahead", TRIPLE, 0.0),
    ("footnote-12-repaired", UNIFORM, 0.0),
    ("lemma-7", product([(1, 8), (1,)], [(8, 1), (1,)]), 0.6 * 16 / 9 - 1),
    ("theorem-3", product([(1, 2, 4), (1,)], [(2, 1, 1), (1,)]), 0.6 * 1.75 - 1),
    ("corollary-1-left", GAP, 3.25 - 5),
    ("corollary-1-left-repaired", GAP, 5.5 - 5),
    ("corollary-1-right", GAP, 10 - 3.25),
    ("opt-of-fewer", TRIPLE, 2 - 3.125),
    ("opt-of-fewer-repaired", GAP, 5 - 7.5 / 2),
    ("corollary-2", COMMON, 2 - 25 / 12),
    ("corollary-2-repaired", GAP, 10 - 3.25),
    ("corollary-3", TRIPLE, 2 - 25 / 12),
    ("e1-groups", TEAMS, 4 / 3),
    ("refinement-m", PAIR, 0.0),
    ("refinement-l", PAIR, 0.0),
    ("signals-l", EXPERT, 7.2 - 10),
    ("signals-m", EXPERT, 0.0),
    ("participation", ONES, 0.0),
    ("unanimity-common-lies", ONES, 0.0),
    # The informant gives half of epsilon up and saves her partner 1, in one case out of four.
    ("collusion-m", SURE, 0.1 - (0.25 - 0.05)),
    ("collusion-l", SURE, 0.1 - (0.5 - 0.05)),
]
NAMES = [f"{name}-{k}" for k, (name, _, _) in enumerate(BY_HAND)]


@pytest.mark.parametrize(("name", "instance", "slack"), BY_HAND, ids=NAMES)
def test_slack_by_hand(name, instance, slack):
    claim = CLAIMS[name]
    assert claim.measure(instance) == pytest.approx(slack, abs=1e-9)


@pytest.mark.parametrize(("name", "instance", "slack"), BY_HAND, ids=NAMES)
def test_a_slack_below_zero_decides_and_one_above_does_not(name, instance, slack):
    claim = CLAIMS[name]
    if claim.form == "existence":
        assert claim.shown(instance, slack) is (slack > 0)
    elif slack == 0:
        assert claim.shown(instance, slack) is claim.strict
    else:
        assert claim.shown(instance, slack) is (slack < 0)


def test_the_optimal_auction_may_sell_to_a_lower_bidder_where_values_are_ironed():
    assert CLAIMS["footnote-12"].measure(IRREGULAR) < -0.01


def test_a_common_lie_can_cost_the_seller_a_monopoly_price():
    """Told that both are surely 1, the seller gives up the 5 that a price of 10 would have earned from one."""
    assert CLAIMS["unanimity-costs"].measure(GAP) > 1.0


def test_a_claim_says_nothing_outside_its_domain():
    assert CLAIMS["iid-repaired"].measure(TRIPLE) == float("inf")
    assert CLAIMS["lemma-7"].measure(TRIPLE) == float("-inf")
    assert CLAIMS["lemma-1-strictness-repaired"].measure(UNSERVED) == float("inf")


def test_verdicts_follow_from_what_decides():
    assert CLAIMS["lemma-5"].verdict(0) == "holds"
    assert CLAIMS["lemma-5"].verdict(3) == "fails as printed"
    assert CLAIMS["lemma-5-repaired"].verdict(0) == "holds as repaired"
    assert CLAIMS["lemma-5-repaired"].verdict(1) == "fails as repaired"
    assert CLAIMS["lemma-7"].verdict(0) == "not found"
    assert CLAIMS["lemma-7"].verdict(1) == "holds"


def test_an_expected_verdict_must_be_one_that_the_form_allows():
    with pytest.raises(ValueError, match="'holds as repaired' is no verdict on a 'printed' claim"):
        Claim("x", "X.", "nowhere", (), lambda _: 0.0, "holds as repaired")


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=list(CLAIMS))
def test_every_claim_says_what_and_where(claim):
    assert claim.statement.endswith(".")
    assert claim.source
    assert claim.families
    assert claim.name == claim.name.lower()


def test_what_fails_as_printed_has_a_repair_that_holds():
    """Each failure has a second row with the same source whose statement holds, or is among those that say why not."""
    broken = {c.source for c in CLAIMS.values() if c.expected == "fails as printed"}
    mended = {c.source for c in CLAIMS.values() if c.expected == "holds as repaired"}
    assert broken - mended == set()
