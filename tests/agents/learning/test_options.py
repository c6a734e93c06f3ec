"""The options of a seat that learns: rules crossed, what announces the same kept once, the truth always among them."""

from itertools import product

import numpy as np
import pytest

from agents.learning.options import EVERY, Options, make_options
from agents.strategies import BELIEF_RULES, VALUE_RULES
from agents.strategies.rules import shade
from mechanisms import MECHANISMS
from tests.priors import KINDS, iid, options_of, random_case, table

PAIR = table([[1, 2, 4], [1, 3]], {(1, 1): 0.4, (2, 3): 0.2, (4, 3): 0.2, (4, 1): 0.2})
EVERYTHING = (("truthful", "shade", "overbid(steps=2)", "fixed(value=1)"), tuple(BELIEF_RULES))


def announced(seat, values, beliefs) -> list[set[tuple[int, int]]]:
    """What each type can announce, by applying the rules one by one."""
    found = [{(int(kind), int(belief))} for kind, belief in zip(seat.types, seat.posteriors, strict=True)]
    for cell, reports in enumerate(found):
        kinds = []
        for rule, parameters in values:
            kinds.append(int(VALUE_RULES[rule](seat, **parameters)[cell].argmax()))
        for kind, rule in product({*kinds, int(seat.types[cell])}, {*beliefs, "truthful"}):
            reports.add((kind, int(BELIEF_RULES[rule](seat)[cell, kind])))
    return found


def listed(options: Options) -> list[list[tuple[int, int]]]:
    rows = zip(options.values, options.beliefs, options.allowed, strict=True)
    return [
        [(int(v), int(b)) for v, b, kept in zip(*row, strict=True) if kept] for row in (tuple(parts) for parts in rows)
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mechanism", ["M", "L", "L-printed", "unanimity", "second-belief"])
def test_options_are_the_rules_crossed_and_each_announcement_is_there_once(kind, mechanism):
    case = random_case(5, 3, kind)
    for seat in case.game(mechanism, **options_of(MECHANISMS[mechanism], epsilon=0.2)).seats:
        lowest = f"fixed(value={case.values[seat.index][0]})"
        options = make_options(seat, values=["shade", "overbid(steps=2)", lowest], beliefs=["uniform", "sharpened"])
        rules = [("shade", {}), ("overbid", {"steps": 2}), ("fixed", {"value": case.values[seat.index][0]})]
        for mine, wanted in zip(listed(options), announced(seat, rules, ["uniform", "sharpened"]), strict=True):
            assert len(set(mine)) == len(mine)
            assert set(mine) == wanted


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("values", "beliefs"), [((), ()), (("overbid",), ("uniform",)), ((EVERY,), (EVERY,))])
def test_the_truth_is_always_in(kind, values, beliefs):
    for seat in random_case(3, 3, kind).game("L", epsilon=0.2).seats:
        options = make_options(seat, values=values, beliefs=beliefs)
        cells, truth = np.arange(len(seat.types)), options.truth
        assert options.allowed[cells, truth].all()
        assert (options.values[cells, truth] == seat.types).all()
        assert (options.beliefs[cells, truth] == seat.posteriors).all()
        assert options.true_value[cells, truth].all()
        assert options.true_belief[cells, truth].all()
        assert ((options.values == seat.types[:, None]) == options.true_value).all()
        assert ((options.beliefs == seat.posteriors[:, None]) == options.true_belief).all()
        both = options.true_value & options.true_belief & options.allowed
        assert (both.sum(axis=1) == 1).all()


def test_nothing_but_the_truth_is_one_option():
    for seat in PAIR.game("L", epsilon=0.2).seats:
        options = make_options(seat, values=["truthful"], beliefs=["truthful"])
        assert options.names == ("truthful with truthful",)
        assert options.allowed.all()
        assert (options.truth == 0).all()


def test_every_stands_for_all_values_and_for_all_posteriors():
    seat = PAIR.game("L", epsilon=0.2).seats[0]
    options = make_options(seat, values=[EVERY], beliefs=[EVERY])
    for reports in listed(options):
        assert set(reports) == set(product(range(3), set(seat.posteriors.tolist())))
    again = make_options(seat, values=["shade", EVERY, "overbid"], beliefs=[EVERY])
    assert again.names == options.names
    assert "4 with posterior of type 2" in options.names


def test_a_mechanism_that_asks_for_no_beliefs_has_values_alone():
    seat = PAIR.game("vickrey").seats[0]
    options = make_options(seat, beliefs=["uniform", "mode"])
    assert options.names == ("1", "2", "4")
    assert options.allowed.all()
    assert options.true_belief.all()
    assert options.truth.tolist() == seat.types.tolist()


def test_an_option_that_no_type_needs_is_left_out():
    """Shading and announcing the lowest value are one and the same where there are two values."""
    seat = PAIR.game("vickrey").seats[1]
    options = make_options(seat, values=["shade", "fixed(value=1)", "shade(steps=2)"])
    assert options.names == ("truthful", "shade")
    assert options.allowed.tolist() == [[True, False], [True, True]]


def test_beliefs_have_names():
    seat = PAIR.game("L", epsilon=0.2).seats[0]
    options = make_options(seat, beliefs=["uniform", "mode"])
    assert set(options.belief_names) == set(options.beliefs.ravel().tolist())
    assert all(options.belief_names.values())
    assert len(set(options.belief_names.values())) == len(options.belief_names)


@pytest.mark.parametrize(
    ("values", "beliefs", "said"),
    [
        (["shad"], ["truthful"], "values 'shad' is unknown; did you mean 'shade'"),
        (["evry"], ["truthful"], "did you mean 'every'"),
        (["shade"], ["unifrom"], "beliefs 'unifrom' is unknown; did you mean 'uniform'"),
        (["random"], ["truthful"], "'random' announces by chance"),
        (["shade(step=2)"], ["truthful"], "did you mean 'steps'"),
        (["shade(factor=2.0)"], ["truthful"], "factor must be a number from 0 to 1, not 2.0"),
        (["shade(steps=1"], ["truthful"], "the bracket is not closed"),
        (["fixed"], ["truthful"], "value is missing"),
        (["fixed(value=3)"], ["truthful"], "cannot announce 3"),
        (["shade"], ["sharpened(power=-1.0)"], "power must be a number from 0 up, not -1.0"),
    ],
)
def test_bad_rules_are_refused(values, beliefs, said):
    with pytest.raises(ValueError, match=r"(?s).*") as caught:
        make_options(PAIR.game("L", epsilon=0.2).seats[0], values=values, beliefs=beliefs)
    assert said in str(caught.value)


def test_a_rule_of_one_s_own_is_a_line(monkeypatch):
    """As README says."""
    monkeypatch.setitem(VALUE_RULES, "half", lambda seat: shade(seat, factor=0.5))
    seat = iid((1, 2, 4), [0.3, 0.3, 0.4], 2).game("vickrey").seats[0]
    mine, shipped = make_options(seat, values=["half"]), make_options(seat, values=["shade(factor=0.5)"])
    assert mine.names == ("truthful", "half")
    np.testing.assert_array_equal(mine.values, shipped.values)
