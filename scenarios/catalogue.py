"""What there is to name in a scenario, with a line on each."""

from __future__ import annotations

import inspect
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from scenarios.scenario import shipped
from scenarios.schema import PRIORS, MechanismSpec

if TYPE_CHECKING:
    from mechanisms import Environment, Mechanism

_PAGE = """# Mechanisms

Printed by `crowdbayes list mechanisms --long` from what each mechanism says of itself. What it earns on a scenario, and
whether truth holds there, is what `crowdbayes compare SCENARIO` says.

*Truth is*: *dominant*, best whatever the others report; *two-step*, for values best whatever the others report, and
for beliefs best once the others' values are true; *equilibrium*, best when the others tell the truth; *none* of
these. *No loss*: when a truthful player never loses: *ex post*, in any state; *interim*, in expectation; *none*, not
even that. D is the distribution of the players' types. *Own parameters* come beside those that all mechanisms share:
epsilon, delta, discount, ties, strict.
"""
_LISTED = (
    "asks for",
    "works for",
    "source",
    "the seller knows",
    "the players know",
    "promises",
    "fails",
    "own parameters",
)
_LEARNERS = """# Learners

Printed by `crowdbayes list learners --long` from what each learner says of itself. A seat learns if its `strategy` in a
scenario is one of these names, or with `crowdbayes learn SCENARIO --learner "NAME(PARAMETER=VALUE)"`.

*Feedback* is what a learner is shown of a round: *bandit*, its own payoff; *full*, what every report of its menu would
have earned against this round's announcements, the house's coins in expectation; *mean*, what every report earns in
expectation against the rivals' present mixes. The first is its own; `feedback = "..."` chooses another that it accepts.
Every learner has a table by type and report. Its menu is `values` times `beliefs`, lists of rules (`crowdbayes list
strategies`), or `"every"` for all values, or the posteriors of all types; truth is always in it.
"""

_PRIORS = """# Priors

Printed by `crowdbayes list priors --long`. The examples go with `players = 2` and `grid = { from = 1, to = 3 }` in
`[environment]`; a prior of bids brings its own. A list of distributions is one for all players or one each.
"""
_EXAMPLES = {
    "table": "profiles = [[1, 1], [2, 3]]\nprobabilities = [0.6, 0.4]",
    "independent": "marginals = [[0.5, 0.3, 0.2]]",
    "mixture": """components = [
    { name = "dry", weight = 0.7, marginals = [[0.6, 0.3, 0.1]] },
    { name = "oil", weight = 0.3, marginals = "uniform" },
]""",
    "copula": 'family = "gaussian"\ncorrelation = 0.5\nmarginals = "uniform"',
    "common-shock": 'own = [[0.5, 0.5]]\nshock = [0.4, 0.6]\nnames = ["bust", "boom"]',
    "bids": 'path = "bids.csv"\nhighest = 3\nexchangeable = true\nlevels = 4\ncomponents = 2',
}


def catalogue(what: str) -> dict[str, str]:
    """Return names and summaries of scenarios, mechanisms, strategies, learners, knowledge, priors or claims."""
    return _CATALOGUES[what]()


def _scenarios() -> dict[str, str]:
    return {name: headline(path) for name, path in shipped().items()}


def headline(path: Path) -> str:
    """Return the first comment line of a scenario, or its mechanism if it has none."""
    text = path.read_text(encoding="utf-8")
    first = text.lstrip().splitlines()[0]
    return first.lstrip("# ") if first.startswith("#") else tomllib.loads(text)["mechanism"]["kind"]


def _mechanisms() -> dict[str, str]:
    from mechanisms import MECHANISMS

    return {name: kind.summary for name, kind in MECHANISMS.items()}


def mechanism_facts() -> list[dict[str, str]]:
    """Return what every registered mechanism says of itself, as plain texts."""
    from mechanisms import MECHANISMS

    samples = _sample_environments()
    return [_facts(name, kind, samples) for name, kind in MECHANISMS.items()]


def mechanism_page() -> str:
    """Return what every registered mechanism says of itself, as a page of Markdown."""
    from mechanisms import MECHANISMS

    facts = mechanism_facts()
    columns = ("mechanism", "truth is", "no loss", "the seller knows", "the players know")
    lines = [_PAGE, f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    lines += [f"| {' | '.join(entry[column] for column in columns)} |" for entry in facts]
    for entry in facts:
        lines += ["", f"## {entry['mechanism']}", "", f"{entry['summary'][0].upper()}{entry['summary'][1:]}.", ""]
        lines += [f"- *{fact}*: {entry[fact]}" for fact in _LISTED]
        kind = MECHANISMS[entry["mechanism"]]
        lines += [f"  - {shown}{_meaning(kind, name)}" for name, shown in _own_parameters(kind).items()]
    return "\n".join(lines)


def learner_facts() -> list[dict[str, Any]]:
    """Return what every registered learner says of itself; parameters by name, with default and meaning."""
    from agents.learning import LEARNERS
    from agents.parameters import keyword_parameters

    return [
        {
            "learner": name,
            "summary": kind.summary,
            "feedback": list(kind.accepts),
            "guarantee": kind.guarantee,
            "source": _sources(kind),
            "parameters": {
                p.name: {"default": p.default, "meaning": _plain(_meaning(kind, p.name, sentences=None))}
                for p in keyword_parameters(kind).values()
            },
        }
        for name, kind in LEARNERS.items()
    ]


def learner_page() -> str:
    """Return what every registered learner says of itself, as a page of Markdown."""
    facts = learner_facts()
    lines = [_LEARNERS, "| learner | feedback | parameters |", "|---|---|---|"]
    lines += [
        f"| {fact['learner']} | {', '.join(fact['feedback'])} | {', '.join(fact['parameters']) or 'none'} |"
        for fact in facts
    ]
    for fact in facts:
        lines += ["", f"## {fact['learner']}", "", f"{fact['summary'][0].upper()}{fact['summary'][1:]}.", ""]
        lines += [f"- *guarantee*: {fact['guarantee']}", f"- *feedback*: {', '.join(fact['feedback'])}"]
        lines += [f"- *source*: {source}" for source in fact["source"]]
        lines += [
            f"- `{name} = {parameter['default']!r}`: {parameter['meaning']}"
            for name, parameter in fact["parameters"].items()
        ]
    return "\n".join(lines)


def prior_facts() -> list[dict[str, Any]]:
    """Return every kind of prior: what it is, its keys with their defaults, and an example in TOML."""
    return [
        {
            "prior": name,
            "summary": " ".join((kind.__doc__ or "").split()),
            "keys": _keys(kind),
            "example": f'[prior]\nkind = "{name}"\n{_EXAMPLES[name]}',
        }
        for name, kind in PRIORS.items()
    ]


def prior_page() -> str:
    """Return every kind of prior, its keys and an example, as a page of Markdown."""
    lines = [_PRIORS.rstrip()]
    for fact in prior_facts():
        lines += ["", f"## {fact['prior']}", "", fact["summary"], ""]
        lines += [f"- `{key}`{', ' * bool(said)}{said}" for key, said in fact["keys"].items()]
        lines += ["", "```toml", fact["example"], "```"]
    return "\n".join(lines)


def _keys(kind: type[BaseModel]) -> dict[str, str]:
    """Return the keys of a table, with their defaults, and the keys of the tables listed in it."""
    found = {}
    for name, field in kind.model_fields.items():
        said = "needed" if field.is_required() else f"{json.dumps(field.default)} unless given"
        found[name] = "" if field.default is None else said
        for table in get_args(field.annotation):
            if isinstance(table, type) and issubclass(table, BaseModel):
                found |= {f"{name}.{key}": text for key, text in _keys(table).items()}
    found.pop("kind", None)
    return found


def _sources(kind: type[Any]) -> list[str]:
    """Return the references of a class's module that the class cites."""
    page = inspect.getdoc(inspect.getmodule(kind)) or ""
    listed = re.findall(r"^\.\. (\[(\w+)\] .+(?:\n   .+)*)", page, flags=re.MULTILINE)
    return [" ".join(text.split()) for text, key in listed if key in f"{kind.__doc__} {kind.guarantee}"]


def _facts(name: str, kind: type[Mechanism], samples: dict[str, Environment]) -> dict[str, str]:
    asked = "values and the distribution" if kind.asks_for_prior else "values and beliefs about the others"
    return {
        "mechanism": name,
        "summary": kind.summary,
        "asks for": asked if kind.elicits_beliefs else "values",
        "works for": "; ".join(sample for sample, made in samples.items() if kind.unfit(made) is None),
        "truth is": kind.solution,
        "no loss": kind.participation,
        "source": kind.about.source,
        "the seller knows": kind.about.seller,
        "the players know": kind.about.players,
        "promises": kind.about.promises,
        "fails": kind.about.fails,
        "own parameters": ", ".join(_own_parameters(kind).values()) or "none",
    }


def _sample_environments() -> dict[str, Environment]:
    """Return a small environment of each kind, to ask mechanisms whether they work there."""
    from mechanisms.builders import assignment, digital_goods, public_good, single_good

    grids = [[1, 2, 3]] * 3
    return {
        "a single good": single_good(grids),
        "a copy for everybody": digital_goods(grids),
        "a public good": public_good(grids),
        "several goods": assignment(["a", "b"], [[[1, 1, 2], [1, 2, 4]]] * 3),
        "several goods, at most one each": assignment(["a", "b"], [[[1, 1], [1, 2]]] * 3, bundles=[["a"], ["b"]]),
    }


def _own_parameters(kind: type[Mechanism]) -> dict[str, str]:
    """Return the parameters, shown with their defaults, beyond those that a scenario gives to all mechanisms."""
    from agents.parameters import keyword_parameters

    own = [p for name, p in keyword_parameters(kind).items() if name not in MechanismSpec.model_fields]
    return {p.name: p.name if p.default is p.empty else f"{p.name} = {p.default!r}" for p in own}


def _meaning(kind: type[Any], parameter: str, *, sentences: int | None = 1) -> str:
    """Return the first sentences that a class's docstring has on a parameter, after a colon; its bases' likewise."""
    for source in (*kind.__mro__, *getattr(kind, "classical", object).__mro__):
        text = inspect.cleandoc(source.__doc__ or "")
        found = re.search(rf"^{parameter} : (.+(?:\n    .+)*)", text, flags=re.MULTILINE)
        if found:
            parts = re.split(r"(?<=[.]) ", " ".join(found[1].split()))
            return f": {' '.join(parts[:sentences]).rstrip('.;')}"
    return ""


def _plain(text: str) -> str:
    """Return what a docstring says in Markdown."""
    return text.removeprefix(": ").replace("``", "`").replace("]_", "]")


def _strategies() -> dict[str, str]:
    from agents.strategies import BELIEF_RULES, STRATEGIES, VALUE_RULES

    entries = {name: kind.summary for name, kind in STRATEGIES.items()}
    entries |= {f"value = {name}": _first_line(rule) for name, rule in VALUE_RULES.items()}
    return entries | {f"belief = {name}": _first_line(rule) for name, rule in BELIEF_RULES.items()}


def _learners() -> dict[str, str]:
    from agents.learning import LEARNERS

    return {name: kind.summary for name, kind in LEARNERS.items()}


def _knowledge() -> dict[str, str]:
    from agents.knowledge import KNOWLEDGE
    from agents.misinformation import MISINFORMATION

    entries = {name: _first_line(structure) for name, structure in KNOWLEDGE.items()}
    return entries | {f"misinformed: {name}": _first_line(form) for name, form in MISINFORMATION.items()}


def _priors() -> dict[str, str]:
    return {name: _first_line(kind) for name, kind in PRIORS.items()}


def _claims() -> dict[str, str]:
    from analysis.claims import CLAIMS

    return {name: claim.statement for name, claim in CLAIMS.items()}


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0]


_CATALOGUES = {
    "scenarios": _scenarios,
    "mechanisms": _mechanisms,
    "strategies": _strategies,
    "learners": _learners,
    "knowledge": _knowledge,
    "priors": _priors,
    "claims": _claims,
}
