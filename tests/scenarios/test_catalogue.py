"""The lists: everything that can be named, with a line on each."""

import re

import pytest

from agents.knowledge import KNOWLEDGE
from agents.learning import LEARNERS
from agents.misinformation import MISINFORMATION
from agents.strategies import BELIEF_RULES, STRATEGIES, VALUE_RULES
from mechanisms import MECHANISMS
from scenarios.catalogue import catalogue, headline, prior_facts, prior_page
from scenarios.experiment import assemble
from scenarios.scenario import load, shipped
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


@pytest.mark.parametrize("fact", prior_facts(), ids=lambda fact: fact["prior"])
def test_the_example_of_a_prior_is_one(tmp_path, fact):
    market = "" if fact["prior"] == "bids" else "[environment]\nplayers = 2\ngrid = { from = 1, to = 3 }\n"
    bids = (shipped()["timber"].parent / "timber-bids.csv").read_text(encoding="utf-8")
    (tmp_path / "bids.csv").write_text(bids, encoding="utf-8")
    file = tmp_path / "example.toml"
    file.write_text(f'name = "example"\n{market}{fact["example"]}\n[mechanism]\nkind = "vickrey"\n', encoding="utf-8")
    experiment = assemble(load(file))
    assert experiment.scenario.prior.kind == fact["prior"]
    assert experiment.environment.players == (3 if fact["prior"] == "bids" else 2)


@pytest.mark.parametrize(("name", "kind"), PRIORS.items())
def test_all_keys_of_a_prior_are_on_the_page(name, kind):
    section = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", prior_page(), flags=re.MULTILINE | re.DOTALL)[1]
    keys = re.findall(r"^- `([\w.]+)`(.*)$", section, flags=re.MULTILINE)
    assert [key for key, _ in keys if "." not in key] == [key for key in kind.model_fields if key != "kind"]
    needed = [key for key, said in keys if said == ", needed" and "." not in key]
    assert needed == [key for key, field in kind.model_fields.items() if field.is_required() and key != "kind"]


def test_the_keys_of_a_component_are_on_the_page_too():
    keys = next(fact["keys"] for fact in prior_facts() if fact["prior"] == "mixture")
    assert keys == {
        "components": "needed",
        "components.weight": "needed",
        "components.marginals": "needed",
        "components.name": "",
    }
