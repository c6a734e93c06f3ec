"""Rings need everybody's consent, and no strategy may act on more than its seat can know."""

import numpy as np
import pytest

from agents.strategies import Strategy, Truthful
from scenarios.errors import BadInput
from scenarios.experiment import assemble
from scenarios.figures import revenue_figures
from scenarios.market import Market
from scenarios.scenario import load

RING = '{strategy="collude", ring=[0, 1]}'


def insiders(seats: str):
    return assemble(load("insiders", overrides=[f"seats=[{seats}]"]))


@pytest.mark.parametrize(
    ("seats", "said"),
    [
        (f'{RING}, {{strategy="truthful"}}, {{strategy="truthful"}}', r"seats\[0\].ring.*seat 1.*'truthful'"),
        (f'{RING}, {RING}, {{strategy="collude", ring=[1, 2]}}', r"seats\[2\].ring is \[1, 2\], but seat 1"),
        (f'{RING}, {RING}, {{strategy="collude", ring=[2, 7]}}', r"seats\[2\].ring names seat 7; seats are 0..2"),
    ],
)
def test_a_ring_that_not_all_members_name_is_refused(seats, said):
    with pytest.raises(BadInput, match=said):
        insiders(seats)


def test_a_ring_that_all_members_name_plays():
    experiment = insiders(f'{RING}, {RING}, {{strategy="truthful"}}')
    market = Market(experiment.game, experiment.strategies(), worlds=10, seed=1)
    market.step()
    assert market.rounds_played == 1


class Spy(Truthful):
    name = "spy"

    def information(self, seat):
        return np.arange(len(seat.information))


def test_a_strategy_that_tells_states_apart_that_its_seat_cannot_is_refused():
    experiment = insiders(", ".join(['{strategy="truthful"}'] * 3))
    with pytest.raises(ValueError, match=r"seat 0.*'spy'.*more than the seat can know"):
        Market(experiment.game, [Spy(), Truthful(), Truthful()], worlds=5, seed=1)


class Money(Strategy):
    """Reports money where a type's number is asked for, as a beginner might."""

    name = "money"

    def report_value(self, view, rng):
        return view.seat.environment.values[view.seat.index][view.seat.types[view.information]]

    def report_belief(self, view, rng):
        return view.seat.posteriors[view.information]


def test_money_reported_for_a_type_is_refused():
    experiment = insiders(", ".join(['{strategy="truthful"}'] * 3))
    market = Market(experiment.game, [Money(), Truthful(), Truthful()], worlds=5, seed=1)
    with pytest.raises(ValueError, match=r"'money' in seat 0.*a type as a whole number from 0 to 2"):
        market.step()


def test_benchmarks_break_ties_as_the_scenario_says_whatever_the_mechanism():
    found = {
        kind: revenue_figures(assemble(load("tie-pricing", overrides=[f"mechanism={{kind={kind!r}, ties='uniform'}}"])))
        for kind in ("L", "M", "optimal")
    }
    assert {round(figures["lookahead"], 9) for figures in found.values()} == {2.3125}


def test_labels_may_be_given_for_states_that_cannot_occur():
    changes = [
        "prior={kind='table', profiles=[[1,1],[1,2],[2,1]], probabilities=[0.5,0.0,0.5]}",
        "environment.values=[[1,2],[1,2]]",
        "knowledge={kind='labels', labels=[['a','b','c'],['a','b','a']]}",
        "mechanism={kind='L'}",
    ]
    experiment = assemble(load("tie-pricing", overrides=changes))
    assert experiment.knowledge.names == (("1 | a", "2 | c"), ("1 | a",))
