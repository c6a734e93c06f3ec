"""The lists: everything that can be named, with a line on each."""

import pytest

from agents.knowledge import KNOWLEDGE
from agents.learning import LEARNERS
from agents.misinformation import MISINFORMATION
from agents.strategies import BELIEF_RULES, STRATEGIES, VALUE_RULES
from mechanisms import MECHANISMS
from scenarios.catalogue import catalogue, headline
from scenarios.scenario import shipped
from scenarios.schema import PRIORS

NAMES = {
    "scenarios": [*shipped()],
    "mechanisms": [*MECHANISMS],
    "strategies": [
        *STRATEGIES,
        *(f"value = {rule}" for rule in VALUE_RULES),
        *(f"belief = {rule}" for rule in BELIEF_RULES),
    ],
    "learners": [*LEARNERS],
    "knowledge": [*KNOWLEDGE, *(f"misinformed: {form}" for form in MISINFORMATION)],
    "priors": [*PRIORS],
}


@pytest.mark.parametrize("what", NAMES)
def test_all_that_is_registered_is_listed(what):
    assert list(catalogue(what)) == NAMES[what]


@pytest.mark.parametrize("what", NAMES)
def test_every_entry_has_one_line_of_its_own(what):
    lines = list(catalogue(what).values())
    assert all(line and "\n" not in line and line == line.strip() for line in lines)
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("what", ["mechanisms", "strategies", "learners"])
def test_what_is_registered_tomorrow_is_listed_too(monkeypatch, what):
    registry, base = {
        "mechanisms": (MECHANISMS, "vickrey"),
        "strategies": (STRATEGIES, "truthful"),
        "learners": (LEARNERS, "hedge"),
    }[what]
    kind = type("Mine", (registry[base],), {"name": "mine", "summary": "a thing of my own"})
    monkeypatch.setitem(registry, "mine", kind)
    assert catalogue(what)["mine"] == "a thing of my own"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('# Two bidders.\n# And more.\n[mechanism]\nkind = "L"\n', "Two bidders."),
        ('\n\n#Two bidders.\n[mechanism]\nkind = "L"\n', "Two bidders."),
        ('name = "x" # no headline\n[mechanism]\nkind = "L"\n', "L"),
    ],
)
def test_a_scenario_s_headline_is_its_first_comment(tmp_path, text, said):
    (tmp_path / "s.toml").write_text(text)
    assert headline(tmp_path / "s.toml") == said
