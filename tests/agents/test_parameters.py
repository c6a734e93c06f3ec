"""Parameters from a scenario against a signature: names, types, and what is said of a bad one."""

from collections.abc import Sequence
from typing import Literal

import pytest

from agents.knowledge import KNOWLEDGE
from agents.misinformation import MISINFORMATION
from agents.parameters import checked, entry, keyword_parameters
from agents.strategies import STRATEGIES
from mechanisms import MECHANISMS

REGISTRIES = {"mechanism": MECHANISMS, "strategy": STRATEGIES, "knowledge": KNOWLEDGE, "opinion": MISINFORMATION}


def serve(
    place,
    *,
    steps: int = 1,
    power: float,
    kind: Literal["low", "high"] = "low",
    ring: Sequence[int] = (),
    names: Sequence[str] = (),
):
    """A function as the registries hold them."""


class Thing:
    """A class as the registries hold them."""

    def __init__(self, setting, *, epsilon: float, score: str = "brier") -> None:
        """Take two parameters."""


class Plain:
    """A class without a constructor of its own."""


def complaint(given: dict, function=serve) -> str:
    with pytest.raises(ValueError, match="spot") as caught:
        checked(function, given, field="spot")
    return str(caught.value)


@pytest.mark.parametrize(
    ("function", "names"),
    [(serve, ["steps", "power", "kind", "ring", "names"]), (Thing, ["epsilon", "score"]), (Plain, [])],
)
def test_keyword_parameters_are_what_a_scenario_may_set(function, names):
    assert list(keyword_parameters(function)) == names


def test_what_is_given_comes_back_and_nothing_more():
    given = {"power": 2.0, "ring": [0, 1]}
    assert checked(serve, given, field="spot") == given
    assert checked(Thing, {"epsilon": 0.5}, field="spot") == {"epsilon": 0.5}
    assert checked(Plain, {}, field="spot") == {}


def test_whole_numbers_pass_for_numbers():
    bound = checked(Thing, {"epsilon": 1}, field="spot")
    assert bound == {"epsilon": 1.0}
    assert isinstance(bound["epsilon"], float)


def test_the_mapping_is_left_as_it_was():
    given = {"power": 1, "ring": [1]}
    checked(serve, given, field="spot")
    assert given == {"power": 1, "ring": [1]}


@pytest.mark.parametrize(
    ("given", "said", "value"),
    [
        ({"powr": 2.0}, "unknown key 'spot.powr' (= 2.0)", "; did you mean 'power'?"),
        ({"zzz": [1]}, "unknown key 'spot.zzz' (= [1])", "; known here: steps, power, kind, ring, names"),
        ({"place": 3, "power": 1}, "unknown key 'spot.place' (= 3)", ""),
        ({}, "spot.power is missing", ""),
        ({"power": "a"}, "spot.power should be", ", not 'a'"),
        ({"power": 1, "steps": 1.5}, "spot.steps should be", ", not 1.5"),
        ({"power": 1, "kind": "middle"}, "spot.kind should be 'low' or 'high'", ", not 'middle'"),
        ({"power": 1, "ring": [0, "b"]}, "spot.ring[1] should be", ", not 'b'"),
        ({"power": 1, "ring": 3}, "spot.ring should be a list, not 3", ""),
        ({"power": 1, "names": "b"}, "spot.names should be a list, not 'b'", ""),
    ],
)
def test_a_bad_parameter_is_named_with_its_value(given, said, value):
    text = complaint(given)
    assert text.startswith(said)
    assert text.endswith(value)
    assert "\n" not in text


def test_nothing_can_be_given_to_what_takes_nothing():
    assert complaint({"edges": []}, Plain) == "unknown key 'spot.edges' (= []); known here: nothing"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lookahed", "spot 'lookahed' is unknown; did you mean 'lookahead'?"),
        ("zzz", "spot 'zzz' is unknown; known here: M,"),
    ],
)
def test_an_unknown_name_is_answered_with_names(name, said):
    with pytest.raises(ValueError, match="spot") as caught:
        entry(MECHANISMS, name, field="spot")
    assert str(caught.value).startswith(said)


def test_a_known_name_is_found():
    assert entry(MECHANISMS, "M", field="spot") is MECHANISMS["M"]


@pytest.mark.parametrize(
    ("registry", "name"), [(kind, name) for kind, registry in REGISTRIES.items() for name in registry]
)
def test_every_entry_can_be_bound(registry, name):
    """Every parameter of every entry is annotated, so that a scenario's value can be checked."""
    entry = REGISTRIES[registry][name]
    for parameter in keyword_parameters(entry).values():
        assert parameter.annotation is not parameter.empty
    with pytest.raises(ValueError, match=r"unknown key 'spot\.no_such_key'"):
        checked(entry, {"no_such_key": 1}, field="spot")
