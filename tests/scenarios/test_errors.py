"""Bad input: one sentence naming the file, the field and the value, status 2, nothing left behind, no traceback."""

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.deviation import deviations
from scenarios import pictures
from scenarios.cli import main
from scenarios.errors import BadInput
from scenarios.experiment import Experiment, assemble
from scenarios.figures import revenue_figures
from scenarios.scenario import parse

DROP = object()
NAN, INF = float("nan"), float("inf")
PAIR: dict[str, Any] = {
    "name": "pair",
    "environment": {"kind": "single-good", "values": [[1, 2, 5], [1, 3]], "unit": 1.0},
    "prior": {
        "kind": "table",
        "profiles": [[1, 1], [2, 1], [5, 3], [2, 3]],
        "probabilities": [0.25, 0.25, 0.3, 0.2],
        "states": ["a", "a", "b", "b"],
    },
    "knowledge": {"kind": "own-value", "misinformed": [{"seat": 1, "how": "tempered", "power": 2.0}]},
    "mechanism": {"kind": "L", "epsilon": 0.05, "delta": 0.05, "discount": 0.5, "ties": "lowest-index"},
    "seats": [{"strategy": "truthful"}, {"strategy": "misreport", "value": {"rule": "shade", "steps": 1}}],
    "run": {"rounds": 3, "worlds": 4, "seed": 1},
}
GOODS: dict[str, Any] = {
    "kind": "assignment",
    "goods": ["a", "b"],
    "valuations": [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6]]],
}
TWO_GOODS: dict[str, Any] = {
    "environment": GOODS,
    "prior": {"kind": "table", "profiles": [[0, 0], [1, 1]], "probabilities": [0.5, 0.5]},
    "mechanism": {"kind": "M", "epsilon": 0.05, "delta": 0.05},
}
BIDS: dict[str, Any] = {
    "prior": {"kind": "bids", "path": "bids.csv", "bidders": ["ann", "bob"], "levels": 2},
    "mechanism": {"kind": "L"},
}
CSV = "auction,bidder,bid\n" + "".join(f"{k},ann,{3 * k}\n{k},bob,{5 * k}\n" for k in (1, 2, 3, 4))
COMMANDS = {"run": ["--out", "deep/down/out"], "revenue": [], "deviations": []}


def changed(base: dict, path: tuple, value: Any = DROP) -> dict:
    """A copy of a mapping with one place set to a value, or dropped."""
    whole = copy.deepcopy(base)
    place: Any = whole
    *steps, last = path
    for step in steps:
        place = place[step] if isinstance(place, list) else place.setdefault(step, {})
    if value is DROP:
        del place[last]
    else:
        place[last] = value
    return whole


def tree(folder: Path) -> dict[str, bytes | None]:
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def assert_one_sentence(result: Result, *parts: str) -> None:
    """Status 2; on standard error one line that has all the parts in order; nothing on standard output."""
    assert result.exit_code == 2, result.output or repr(result.exception)
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("crowdbayes: ")
    assert result.stderr.count(" should ") <= 1
    rest = result.stderr
    for part in parts:
        assert part in rest, (part, result.stderr)
        rest = rest[rest.index(part) :]


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """An empty working folder, in which nothing is drawn."""
    monkeypatch.setattr(pictures, "draw", lambda *arguments: None)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


# --- unknown keys, at every level

UNKNOWN_KEYS = [
    (("nmae",), "name"),
    (("runs",), "run"),
    (("environment", "vlaues"), "values"),
    (("prior", "probabilites"), "probabilities"),
    (("knowledge", "misinformd"), "misinformed"),
    (("knowledge", "misinformed", 0, "powr"), "power"),
    (("mechanism", "epsilonn"), "epsilon"),
    (("mechanism", "conditionin"), "conditioning"),
    (("seats", 1, "vlaue"), "value"),
    (("seats", 1, "value", "stpes"), "steps"),
    (("run", "round"), "rounds"),
]


@pytest.mark.parametrize("command", ["run", "revenue"])
@pytest.mark.parametrize(("path", "meant"), UNKNOWN_KEYS, ids=lambda x: ".".join(map(str, x)) if x else x)
def test_an_unknown_key_is_named_and_a_near_one_suggested(here, command, path, meant):
    (here / "s.toml").write_text(tomli_w.dumps(changed(PAIR, path, 7)))
    before = tree(here)
    assert_one_sentence(invoke(command, "s.toml", *COMMANDS[command]), "s.toml: ", path[-1], "7", f"{meant!r}")
    assert tree(here) == before


# --- bad values: the place, what is put there, and what the sentence must have

ONE = ("prior",)
P = ("prior", "probabilities")
LABELS = {"kind": "labels", "labels": [["x", "x", "y", "x"], ["a", "a", "b", "b"]]}
BAD_VALUES = {
    "sum above 1": (PAIR, P, [0.25, 0.25, 0.3, 0.3], ("prior.probabilities", "1.1")),
    "sum 0": (PAIR, P, [0, 0, 0, 0], ("prior.probabilities", "0")),
    "negative probability": (PAIR, P, [0.5, -0.25, 0.5, 0.25], ("prior.probabilities[1]", "-0.25")),
    "nan probability": (PAIR, P, [0.5, NAN, 0.25, 0.25], ("prior.probabilities[1]", "nan")),
    "infinite probability": (PAIR, P, [0.5, 0.25, INF, 0.25], ("prior.probabilities[2]", "inf")),
    "too few probabilities": (PAIR, P, [0.5, 0.5], ("prior.probabilities", "2", "4")),
    "text for a number": (PAIR, P, [0.5, "half"], ("prior.probabilities[1]", "'half'")),
    "too few states": (PAIR, ("prior", "states"), ["a"], ("prior.states", "1", "4")),
    "value off the grid": (PAIR, ("prior", "profiles", 2), [4, 3], ("prior.profiles[2][0]", "4", "[1, 2, 5]")),
    "profile of three": (PAIR, ("prior", "profiles", 2), [5, 3, 1], ("prior.profiles[2]", "3", "2 players")),
    "no profiles": (PAIR, ("prior", "profiles"), [], ("prior.probabilities", "4", "0")),
    "prior of no kind": (PAIR, ("prior", "kind"), "tabel", ("prior.kind", "'tabel'")),
    "prior without kind": (PAIR, ("prior", "kind"), DROP, ("prior.kind", "missing")),
    "no prior": (PAIR, ("prior",), DROP, ("prior", "missing")),
    "a list for a prior": (PAIR, ("prior",), [1], ("prior", "[1]")),
    "too few marginals": (
        PAIR,
        ONE,
        {"kind": "independent", "marginals": [[1, 0, 0]] * 3},
        ("prior.marginals", "3", "2"),
    ),
    "short marginal": (
        PAIR,
        ONE,
        {"kind": "independent", "marginals": [[0.5, 0.5], [1, 0]]},
        ("prior.marginals[0]", "2", "3"),
    ),
    "marginal sums to 1.5": (
        PAIR,
        ONE,
        {"kind": "independent", "marginals": [[0.5, 0.5, 0.5], [1, 0]]},
        ("prior.marginals[0]", "1.5"),
    ),
    "negative marginal": (
        PAIR,
        ONE,
        {"kind": "independent", "marginals": [[1, 0, 0], [-0.5, 1.5]]},
        ("prior.marginals[1]", "-0.5"),
    ),
    "nan marginal": (
        PAIR,
        ONE,
        {"kind": "independent", "marginals": [[1, 0, 0], [NAN, 0.5]]},
        ("prior.marginals[1]", "nan"),
    ),
    "weights of a mixture": (
        PAIR,
        ONE,
        {"kind": "mixture", "components": [{"weight": 0.5, "marginals": "uniform"}]},
        ("weights of prior.components", "0.5", "1"),
    ),
    "two components of a name": (
        PAIR,
        ONE,
        {"kind": "mixture", "components": [{"weight": 0.5, "marginals": "uniform", "name": "x"}] * 2},
        ("names of prior.components", "'x'", "2"),
    ),
    "a component's marginal": (
        PAIR,
        ONE,
        {"kind": "mixture", "components": [{"weight": 1, "marginals": [[1]]}]},
        ("prior.components[0].marginals[0]", "1", "3"),
    ),
    "another family's parameter": (
        PAIR,
        ONE,
        {"kind": "copula", "family": "clayton", "marginals": "uniform", "correlation": 0.5},
        ("prior.family = 'clayton'", "prior.theta", "correlation"),
    ),
    "perfect correlation": (
        PAIR,
        ONE,
        {"kind": "copula", "family": "gaussian", "marginals": "uniform", "correlation": 1.0},
        ("prior.correlation", "less than 1", "1.0"),
    ),
    "loadings": (
        PAIR,
        ONE,
        {"kind": "copula", "family": "gaussian", "marginals": "uniform", "loadings": [0.5]},
        ("prior.loadings", "1", "2"),
    ),
    "a shock beyond the grid": (
        PAIR,
        ONE,
        {"kind": "common-shock", "own": [[0.5, 0.5]], "shock": [0.5, 0.25, 0.25]},
        ("prior.own and prior.shock", "2 + 3 - 1", "player 0", "3"),
    ),
    "names of shocks": (
        PAIR,
        ONE,
        {"kind": "common-shock", "own": [[0.5, 0.5]], "shock": [0.5, 0.5], "names": ["x"]},
        ("prior.names", "1", "2"),
    ),
    "players and as many grids": (PAIR, ("environment", "players"), 3, ("environment.values", "2", "players = 3")),
    "grid and values": (
        PAIR,
        ("environment", "grid"),
        {"from": 1, "to": 3},
        ("environment.grid and environment.values",),
    ),
    "a grid of no steps": (
        PAIR,
        ("environment",),
        {"players": 2, "grid": {"from": 1, "to": 4, "step": 2}},
        ("environment.grid", "1 to 4", "2"),
    ),
    "a grid for nobody": (PAIR, ("environment",), {"grid": {"from": 1, "to": 3}}, ("environment.players", "missing")),
    "a grid in words": (PAIR, ("environment", "grid"), "1-3", ("environment.grid", "a table or a list", "'1-3'")),
    "players without values": (PAIR, ("environment",), {"players": 2}, ("environment.players", "none is given")),
    "inconsistent partition": (PAIR, ("knowledge",), LABELS, ("knowledge", "player 0", "'x'", "1 and 2")),
    "labels of one state": (PAIR, ("knowledge",), {**LABELS, "labels": [["x"]]}, ("knowledge", "labels", "[1]")),
    "labels without labels": (PAIR, ("knowledge",), {"kind": "labels"}, ("knowledge.labels", "missing")),
    "unknown knowledge": (PAIR, ("knowledge", "kind"), "grpah", ("knowledge.kind", "'grpah'", "'graph'")),
    "edge out of range": (PAIR, ("knowledge",), {"kind": "graph", "edges": [[0, 2]]}, ("knowledge", "edge", "[0, 2]")),
    "edge to herself": (PAIR, ("knowledge",), {"kind": "graph", "edges": [[1, 1]]}, ("knowledge", "edge", "[1, 1]")),
    "edge of one end": (PAIR, ("knowledge",), {"kind": "graph", "edges": [[1]]}, ("knowledge", "edge", "[1]")),
    "edges of names": (PAIR, ("knowledge",), {"kind": "graph", "edges": [["a", "b"]]}, ("knowledge.edges", "'a'")),
    "edges as text": (PAIR, ("knowledge",), {"kind": "graph", "edges": "all"}, ("knowledge.edges", "'all'")),
    "insider out of range": (PAIR, ("knowledge",), {"kind": "state", "insiders": [2]}, ("knowledge", "insider", "2")),
    "state without states": (
        changed(PAIR, ("prior", "states")),
        ("knowledge",),
        {"kind": "state", "insiders": [0]},
        ("knowledge", "states"),
    ),
    "no cuts": (PAIR, ("knowledge",), {"kind": "buckets", "cuts": []}, ("knowledge", "cuts", "[]")),
    "falling cuts": (PAIR, ("knowledge",), {"kind": "buckets", "cuts": [3, 2]}, ("knowledge", "cuts", "[3, 2]")),
    "nobody misinformed": (
        PAIR,
        ("knowledge", "misinformed", 0, "seat"),
        5,
        ("knowledge.misinformed[0].seat", "5"),
    ),
    "misinformed somehow": (
        PAIR,
        ("knowledge", "misinformed", 0, "how"),
        "temperd",
        ("knowledge.misinformed[0].how", "'temperd'", "'tempered'"),
    ),
    "misinformed without power": (
        PAIR,
        ("knowledge", "misinformed", 0, "power"),
        DROP,
        ("knowledge.misinformed[0].power", "missing"),
    ),
    "negative power": (PAIR, ("knowledge", "misinformed", 0, "power"), -1.0, ("knowledge", "power", "-1.0")),
    "nan power": (PAIR, ("knowledge", "misinformed", 0, "power"), NAN, ("knowledge", "power", "nan")),
    "negative sample": (
        PAIR,
        ("knowledge", "misinformed", 0),
        {"seat": 0, "how": "sampled", "size": -3},
        ("knowledge", "size", "-3"),
    ),
    "infinite shift": (
        PAIR,
        ("knowledge", "misinformed", 0),
        {"seat": 0, "how": "shifted", "shift": INF},
        ("knowledge", "shift", "inf"),
    ),
    "unknown mechanism": (PAIR, ("mechanism", "kind"), "lookahed", ("mechanism.kind", "'lookahed'", "'lookahead'")),
    "mechanism without kind": (PAIR, ("mechanism", "kind"), DROP, ("mechanism.kind", "missing")),
    "no mechanism": (PAIR, ("mechanism",), DROP, ("mechanism", "missing")),
    "negative epsilon": (PAIR, ("mechanism", "epsilon"), -0.1, ("mechanism.epsilon", "-0.1")),
    "nan epsilon": (PAIR, ("mechanism", "epsilon"), NAN, ("mechanism.epsilon", "nan")),
    "infinite epsilon": (PAIR, ("mechanism", "epsilon"), INF, ("mechanism.epsilon", "inf")),
    "epsilon as text": (PAIR, ("mechanism", "epsilon"), "small", ("mechanism.epsilon", "'small'")),
    "delta above 1": (PAIR, ("mechanism", "delta"), 1.5, ("mechanism.delta", "1.5")),
    "negative delta": (PAIR, ("mechanism", "delta"), -0.5, ("mechanism.delta", "-0.5")),
    "discount 0": (PAIR, ("mechanism", "discount"), 0.0, ("mechanism.discount", "0.0")),
    "discount 1": (PAIR, ("mechanism", "discount"), 1.0, ("mechanism.discount", "1.0")),
    "unknown ties": (PAIR, ("mechanism", "ties"), "random", ("mechanism.ties", "'random'")),
    "unknown score": (PAIR, ("mechanism", "score"), "briar", ("mechanism", "'briar'", "brier")),
    "scores of L as printed": (
        PAIR,
        ("mechanism",),
        {"kind": "L-printed", "score": ["a"]},
        ("mechanism.score", "['a']"),
    ),
    "unknown conditioning": (PAIR, ("mechanism", "conditioning"), "at-most", ("mechanism.conditioning", "'at-most'")),
    "strictly text": (PAIR, ("mechanism", "strict"), "yes", ("mechanism.strict", "'yes'")),
    "no seats": (PAIR, ("seats",), [], ("seats", "[]")),
    "three seats": (PAIR, ("seats",), [{}] * 3, ("seats", "3", "2 players")),
    "unknown strategy": (
        PAIR,
        ("seats", 0, "strategy"),
        "truthfull",
        ("seats[0].strategy", "'truthfull'", "'truthful'"),
    ),
    "ring of one": (PAIR, ("seats", 0), {"strategy": "collude", "ring": [0]}, ("seats[0]", "ring", "[0]")),
    "ring of the same": (PAIR, ("seats", 0), {"strategy": "collude", "ring": [0, 0]}, ("seats[0]", "ring", "[0, 0]")),
    "ring without ring": (PAIR, ("seats", 0), {"strategy": "collude"}, ("seats[0].ring", "missing")),
    "no rounds": (PAIR, ("run", "rounds"), 0, ("run.rounds", "0")),
    "half a round": (PAIR, ("run", "rounds"), 1.5, ("run.rounds", "1.5")),
    "true rounds": (PAIR, ("run", "rounds"), True, ("run.rounds", "True")),
    "no worlds": (PAIR, ("run", "worlds"), 0, ("run.worlds", "0")),
    "negative seed": (PAIR, ("run", "seed"), -1, ("run.seed", "-1")),
    "run is a number": (PAIR, ("run",), 3, ("run", "3")),
    "no values": (PAIR, ("environment", "values"), DROP, ("environment.values", "missing")),
    "values of nobody": (PAIR, ("environment", "values"), [], ("environment", "player")),
    "an empty grid": (PAIR, ("environment", "values", 1), [], ("environment", "player 1")),
    "a falling grid": (PAIR, ("environment", "values", 0), [2, 1, 5], ("environment", "player 0", "1 follows 2")),
    "a value of 0": (PAIR, ("environment", "values", 0), [0, 2, 5], ("environment", "player 0", "0")),
    "a huge value": (PAIR, ("environment", "values", 0, 2), 2**70, ("environment", str(2**70))),
    "half a value": (PAIR, ("environment", "values", 0, 1), 1.5, ("environment.values[0][1]", "1.5")),
    "goods with values": (PAIR, ("environment", "goods"), ["a"], ("environment.goods", "single-good")),
    "unit 0": (PAIR, ("environment", "unit"), 0.0, ("environment.unit", "0.0")),
    "infinite unit": (PAIR, ("environment", "unit"), INF, ("environment.unit", "inf")),
    "unknown environment": (PAIR, ("environment", "kind"), "auction", ("environment.kind", "'auction'")),
    "a number for a name": (PAIR, ("name",), 3, ("name", "3")),
    "an empty name": (PAIR, ("name",), "", ("name", "''")),
    "a folder for a name": (PAIR, ("name",), "../up", ("name", "'../up'")),
    "L with several goods": (TWO_GOODS, ("mechanism", "kind"), "L", ("mechanism", "L", "single good")),
    "lookahead with several goods": (TWO_GOODS, ("mechanism", "kind"), "lookahead", ("mechanism", "single good")),
    "M with closed sets only": (
        TWO_GOODS,
        ("environment", "allocations"),
        [[["a"], ["b"]]],
        ("mechanism", "downward"),
    ),
    "a strict auction of closed sets only": (
        changed(TWO_GOODS, ("environment", "allocations"), [[["a"], ["b"]]]),
        ("mechanism",),
        {"kind": "optimal", "delta": 0.1, "strict": True},
        ("mechanism", "downward"),
    ),
    "values for an assignment": (TWO_GOODS, ("environment", "values"), [[1]], ("environment.values", "assignment")),
    "no goods": (TWO_GOODS, ("environment", "goods"), DROP, ("environment.goods", "missing")),
    "no valuations": (TWO_GOODS, ("environment", "valuations"), DROP, ("environment.valuations", "missing")),
    "an unknown good": (TWO_GOODS, ("environment", "bundles"), [["a"], ["b"], ["c"]], ("environment", "bundle", "'c'")),
    "an unknown bundle": (TWO_GOODS, ("environment", "allocations"), [[["a"], ["c"]]], ("environment", "'c'")),
    "one good twice": (TWO_GOODS, ("environment", "allocations"), [[["a"], ["a"]]], ("environment", "a", "twice")),
    "allocation to one": (TWO_GOODS, ("environment", "allocations"), [[["a"]]], ("environment", "allocation", "2")),
    "uneven valuations": (TWO_GOODS, ("environment", "valuations", 0, 1), [3, 0], ("environment", "player 0", "3")),
    "no types": (TWO_GOODS, ("environment", "valuations", 0), [], ("environment", "player 0")),
    "negative worth": (TWO_GOODS, ("environment", "valuations", 1, 0, 0), -2, ("environment", "-2")),
    "a type off the grid": (TWO_GOODS, ("prior", "profiles", 1), [1, 2], ("prior.profiles[1][1]", "2", "[0, 1]")),
    "no such file of bids": (BIDS, ("prior", "path"), "none.csv", ("none.csv", "No such file")),
    "no such column": (BIDS, ("prior", "bid"), "price", ("bids.csv", "bid", "'price'", "'auction'")),
    "a filter that leaves nothing": (BIDS, ("prior", "where"), {"bidder": "zed"}, ("bids.csv", "bidder", "'zed'")),
    "no such bidder": (BIDS, ("prior", "bidders"), ["ann", "cid"], ("bids.csv", "bidders", "'cid'")),
    "no levels": (BIDS, ("prior", "levels"), 0, ("bids.csv", "levels", "0")),
    "bidders and highest": (BIDS, ("prior", "highest"), 2, ("bids.csv", "bidders", "highest")),
    "bids and values": (BIDS, ("environment",), {"values": [[1]]}, ("environment.values", "bids")),
}
SEATS = {
    "ring out of range": ({"strategy": "collude", "ring": [1, 5]}, ("ring", "5")),
    "ring of others": ({"strategy": "collude", "ring": [2, 3]}, ("ring",)),
    "unknown value rule": ({"strategy": "misreport", "value": "shde"}, ("value", "'shde'", "'shade'")),
    "unknown belief rule": ({"strategy": "misreport", "belief": "uniforn"}, ("belief", "'uniforn'", "'uniform'")),
    "rule without rule": ({"strategy": "misreport", "value": {"steps": 1}}, ("value", "rule")),
    "rule without its value": ({"strategy": "misreport", "value": {"rule": "fixed"}}, ("fixed", "value")),
    "fixed off the grid": ({"strategy": "misreport", "value": {"rule": "fixed", "value": 7}}, ("7", "[1, 3]")),
    "steps as text": ({"strategy": "misreport", "value": {"rule": "shade", "steps": "two"}}, ("shade", "steps", "two")),
    "negative factor": ({"strategy": "misreport", "value": {"rule": "shade", "factor": -1.0}}, ("factor", "-1.0")),
    "negative power": ({"strategy": "misreport", "belief": {"rule": "sharpened", "power": -1.0}}, ("power", "-1.0")),
    "nan power": ({"strategy": "misreport", "belief": {"rule": "sharpened", "power": NAN}}, ("power", "nan")),
    "weight 0": ({"strategy": "empirical-best-response", "weight": 0.0}, ("weight", "0.0")),
    "a parameter too many": ({"strategy": "truthful", "steps": 1}, ("steps", "1")),
}


@pytest.mark.parametrize("command", ["run", "revenue"])
@pytest.mark.parametrize("name", BAD_VALUES)
def test_a_bad_value_is_named_with_its_field(here, command, name):
    base, path, value, said = BAD_VALUES[name]
    (here / "bids.csv").write_text(CSV)
    (here / "s.toml").write_text(tomli_w.dumps(changed(base, path, value)))
    before = tree(here)
    assert_one_sentence(invoke(command, "s.toml", *COMMANDS[command]), "s.toml: ", *said)
    assert tree(here) == before


@pytest.mark.parametrize("command", ["run", "revenue"])
@pytest.mark.parametrize("name", SEATS)
def test_a_bad_seat_is_named_with_its_number(here, command, name):
    """The second of two, so that the first is made before it."""
    seat, said = SEATS[name]
    (here / "s.toml").write_text(tomli_w.dumps(changed(PAIR, ("seats", 1), seat)))
    before = tree(here)
    assert_one_sentence(invoke(command, "s.toml", *COMMANDS[command]), "s.toml: ", "seats[1]", *said)
    assert tree(here) == before


@pytest.mark.parametrize("base", [PAIR, TWO_GOODS, BIDS], ids=["pair", "goods", "bids"])
def test_the_scenarios_that_are_spoilt_are_good(here, base):
    (here / "bids.csv").write_text(CSV)
    (here / "s.toml").write_text(tomli_w.dumps(base))
    assert invoke("revenue", "s.toml").exit_code == 0


@pytest.mark.parametrize("command", ["run", "revenue"])
@pytest.mark.parametrize(
    "base",
    [
        {
            "environment": {"values": [list(range(1, 121))] * 3},
            "prior": {"kind": "table", "profiles": [[1, 1, 1], [2, 2, 2]], "probabilities": [0.5, 0.5]},
            "mechanism": {"kind": "vickrey"},
        },
        changed(TWO_GOODS, ("environment", "valuations", 0, 1, 0), 2**31),
    ],
    ids=["more variables than it may have", "worths too far apart"],
)
def test_a_program_that_cannot_be_solved_is_said_so(here, command, base):
    """By the solver's limits, which a later one may pass."""
    (here / "s.toml").write_text(tomli_w.dumps({**base, "run": {"rounds": 1, "worlds": 2}}))
    result = invoke(command, "s.toml", *COMMANDS[command])
    if result.exit_code != 0:
        assert_one_sentence(result, "s.toml: ", "variables")
        assert list(tree(here)) == ["s.toml"]


def test_several_mistakes_are_counted():
    with pytest.raises(BadInput, match=r"run.rounds .* not 0 \(1 more to mend\)$"):
        parse(changed(changed(PAIR, ("run", "rounds"), 0), ("run", "worlds"), 0))


# --- files that cannot be read, folders that cannot be written


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("content", "source", "said"),
    [
        (None, "none.toml", "there is no such file"),
        (None, "worst-case-tow", "did you mean 'worst-case-two'?"),
        (None, "zzz", "scenarios that ship: "),
        (None, ".", "there is no such file"),
        (None, "x" * 300, "there is no such file"),
        (b"[mechanism\nkind = 1", "s.toml", "is not valid TOML: "),
        (b"a = 1\na = 2", "s.toml", "is not valid TOML: "),
        ("name = 'Müller'".encode("latin-1"), "s.toml", "is not text in UTF-8"),
        (b"", "s.toml", "prior is missing"),
    ],
    ids=["missing", "near a shipped name", "far from any", "a folder", "too long", "syntax", "twice", "latin", "empty"],
)
def test_a_file_that_cannot_be_read_is_named(here, command, content, source, said):
    if content is not None:
        (here / source).write_bytes(content)
    before = tree(here)
    assert_one_sentence(invoke(command, source, *COMMANDS[command]), f"{source}: ", said)
    assert tree(here) == before


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("s.toml", "already exists"),
        ("taken", "already exists"),
        ("s.toml/out", "cannot be made"),
        ("s.toml/deep/out", "cannot be made"),
        ("x" * 300, "cannot be made"),
    ],
)
def test_an_out_folder_that_cannot_be_made_is_named(here, out, said):
    (here / "s.toml").write_text(tomli_w.dumps(PAIR))
    (here / "taken").mkdir()
    before = tree(here)
    assert_one_sentence(invoke("run", "s.toml", "--out", out), out, said)
    assert tree(here) == before


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("mechanism.epsilon", ("KEY=VALUE", "'mechanism.epsilon'")),
        ("=3", ("KEY=VALUE", "'=3'")),
        ("mechanism.epsilon=-1", ("mechanism.epsilon", "-1")),
        ("mechanism.epsilonn=1", ("mechanism.epsilonn", "1", "'epsilon'")),
        ("mechanism.epsilon=big", ("mechanism.epsilon", "'big'")),
        ("name.first=x", ("name.first", "'pair'")),
        ("seats.4.strategy=truthful", ("seats.4.strategy", "2", "'4'")),
        ("seats.first.strategy=truthful", ("seats.first.strategy", "2", "'first'")),
        ("seats.².strategy=truthful", ("seats.².strategy", "2", "'²'")),
        ("seats.-1.strategy=truthful", ("seats.-1.strategy", "2", "'-1'")),
        ("run..rounds=3", ("run.",)),
        ("prior.probabilities=[.5, .5]", ("'prior.probabilities'", "not valid TOML")),
    ],
)
def test_a_bad_override_is_named(here, command, override, said):
    (here / "s.toml").write_text(tomli_w.dumps(PAIR))
    before = tree(here)
    assert_one_sentence(invoke(command, "s.toml", "--set", override, *COMMANDS[command]), "s.toml: ", *said)
    assert tree(here) == before


def test_a_misspelt_override_at_the_top_is_named(here):
    (here / "s.toml").write_text(tomli_w.dumps(PAIR))
    assert_one_sentence(invoke("revenue", "s.toml", "--set", "mechanisms.epsilon=1"), "mechanisms", "'mechanism'")


def test_the_bad_one_of_several_scenarios_is_named(here):
    (here / "good.toml").write_text(tomli_w.dumps(PAIR))
    (here / "bad.toml").write_text(tomli_w.dumps(changed(PAIR, ("mechanism", "delta"), 2.0)))
    assert_one_sentence(invoke("revenue", "good.toml", "bad.toml", "--json"), "bad.toml: mechanism.delta", "2.0")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["none.csv", "--bidders", "ann,bob"], ("none.csv", "No such file")),
        (["bids.csv"], ("bids.csv", "bidders", "highest")),
        (["bids.csv", "--bidders", "ann,bob", "--where", "bidder"], ("bids.csv", "COLUMN=TEXT", "'bidder'")),
        (["bids.csv", "--bidders", "ann,bob", "--where", "bidder=zed"], ("bids.csv", "bidder", "'zed'")),
        (["bids.csv", "--bidders", "ann,bob", "--bid", "price"], ("bids.csv", "bid", "'price'")),
        (["bids.csv", "--bidders", "ann,bob", "--unit", "nan"], ("bids.csv", "unit", "nan")),
        (["bids.csv", "--bidders", "ann,bob", "--out", "bids.csv"], ("bids.csv", "already exists")),
        (["bids.csv", "--bidders", "ann,bob", "--out", "bids.csv/x"], ("bids.csv/x", "cannot be written")),
        (["bids.csv", "--bidders", "ann,bob", "--out", "no/x"], ("no/x", "cannot be written")),
    ],
)
def test_bids_that_give_no_prior_are_named(here, options, said):
    (here / "bids.csv").write_text(CSV)
    before = tree(here)
    assert_one_sentence(invoke("prior", *options), *said)
    assert tree(here) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "s", "--rounds", "0"],
        ["run", "s", "--seed", "-1"],
        ["list", "things"],
        ["rvenue", "s"],
        ["revenue"],
    ],
)
def test_a_wrong_command_line_is_status_2_too(arguments):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr


# --- the real thing


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        (tomli_w.dumps(changed(PAIR, ("mechanism", "epsilonn"), 1)), ["-m", "scenarios"], "did you mean 'epsilon'?"),
        ("[mechanism\n", ["-m", "scenarios.cli", "revenue"], "is not valid TOML"),
        (tomli_w.dumps(changed(PAIR, ("seats", 1), SEATS["ring out of range"][0])), ["-m", "scenarios"], "seats[1]"),
    ],
    ids=["unknown key", "syntax", "seat"],
)
def test_no_process_shows_a_traceback(here, text, arguments, said):
    (here / "s.toml").write_text(text)
    ended = subprocess.run([sys.executable, *arguments, "s.toml"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("crowdbayes: s.toml: ")
    assert ended.stderr.count("\n") == 1
    assert said in ended.stderr
    assert list(tree(here)) == ["s.toml"]


# --- whatever is done to a scenario

NUMBERS = [0, 1, 2, 3, 5, -1, 0.5, 1.0, 0.0, -0.5, 1e-320, 1e9, 1e300, NAN, INF, 2**63, -(2**70), 10**400, True]
NAMES = [
    *("", "a", "b", "x", "M", "L", "L-printed", "vickrey", "lookahead", "optimal", "own-value", "complete", "graph"),
    *("buckets", "state", "labels", "tempered", "shifted", "sampled", "truthful", "misreport", "collude", "shade"),
    *(
        "overbid",
        "fixed",
        "random",
        "role-aware",
        "prior",
        "uniform",
        "sharpened",
        "mode",
        "other-type",
        "best-response",
    ),
    *("empirical-best-response", "table", "independent", "bids", "brier", "logarithmic", "at-least", "lowest-index"),
]
KEYS = [
    *("kind", "values", "edges", "cuts", "insiders", "labels", "ring", "score", "goods", "states", "unit", "strategy"),
    *("seed", "belief", "value", "weight", "factor", "steps", "power", "offset", "rule", "conditioning", "strict", ""),
    *("allocations", "bundles", "misinformed", "ties", "marginals", "x"),
]
JUNK = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(NAMES),
    st.none(),
    st.lists(st.sampled_from(NUMBERS), max_size=3),
    st.lists(st.sampled_from(NAMES), max_size=3),
    st.lists(st.lists(st.sampled_from([*NUMBERS, *NAMES]), max_size=3), max_size=3),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from([*NUMBERS, *NAMES]), max_size=2),
)
TRIO: dict[str, Any] = {
    "environment": {"values": [[1, 3], [2, 3], [1, 4]]},
    "prior": {"kind": "independent", "marginals": [[0.5, 0.5], [0.25, 0.75], [1, 0]]},
    "knowledge": {"kind": "graph", "edges": [[0, 1], [2, 0]]},
    "mechanism": {"kind": "L-printed", "conditioning": "at-least", "score": "spherical", "ties": "uniform"},
    "seats": [
        {"strategy": "collude", "ring": [0, 2]},
        {"strategy": "misreport", "value": "random", "belief": {"rule": "sharpened", "power": 2.0}},
        {"strategy": "best-response"},
    ],
}
LEARNER: dict[str, Any] = {
    **changed(PAIR, ("knowledge",), {"kind": "buckets", "cuts": [2, 3]}),
    "mechanism": {"kind": "M", "epsilon": 0.1, "delta": 0.5, "score": "logarithmic"},
    "seats": [{"strategy": "empirical-best-response", "weight": 2.0}],
}


def places(thing: Any, path: tuple = ()) -> list[tuple]:
    """Every place in a nested mapping."""
    inside = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    return [path] * bool(path) + [spot for key, item in inside for spot in places(item, (*path, key))]


def like(thing: Any) -> st.SearchStrategy:
    """Something of the same kind: a number for a number, a name for a name."""
    return st.sampled_from(NAMES if isinstance(thing, str) else NUMBERS)


@st.composite
def spoilt(draw) -> dict:
    """A valid scenario in which one place or two are dropped, replaced or added to."""
    data = copy.deepcopy(draw(st.sampled_from([PAIR, TWO_GOODS, TRIO, LEARNER])))
    for _ in range(draw(st.integers(1, 2))):
        spots = places(data)
        if not spots:
            break
        path = draw(st.sampled_from(spots))
        inside: Any = data
        for step in path[:-1]:
            inside = inside[step]
        there = inside[path[-1]]
        act = draw(st.sampled_from(["alter", "alter", "alter", "replace", "drop", "add"]))
        if act == "alter" and not isinstance(there, dict | list):
            inside[path[-1]] = draw(like(there))
        elif act == "drop":
            del inside[path[-1]]
        elif act == "add" and isinstance(there, dict):
            there[draw(st.sampled_from(KEYS))] = draw(JUNK)
        elif act == "add" and isinstance(there, list):
            there.insert(draw(st.integers(0, len(there))), draw(like(there[0]) if there else JUNK))
        else:
            inside[path[-1]] = draw(JUNK)
    return data


def outcome(data: dict) -> tuple[Experiment | None, str]:
    """What comes of a mapping: an experiment, or what is said of it."""
    try:
        experiment = assemble(parse(data, source="s.toml"))
        experiment.plans()
    except BadInput as error:
        return None, str(error)
    return experiment, ""


@settings(max_examples=300)
@given(spoilt())
def test_a_spoilt_scenario_works_or_is_answered_with_a_sentence(data):
    before = repr(data)
    experiment, said = outcome(data)
    assert repr(data) == before
    if experiment is None:
        assert said.startswith("s.toml: ")
        assert "\n" not in said


@settings(max_examples=100)
@given(spoilt())
def test_what_can_be_assembled_can_be_computed(data):
    """A scenario that is accepted has figures, or hits a limit that a sentence names."""
    experiment, _ = outcome(data)
    if experiment is not None:
        figures = revenue_figures(experiment)
        assert figures["opt"] >= 0.0
        gains = deviations(experiment.game).table["gain"]
        assert gains.notna().all()


@pytest.mark.slow
@settings(max_examples=3_000)
@given(spoilt())
def test_a_spoilt_scenario_never_shows_a_traceback(data):
    experiment, said = outcome(data)
    if experiment is None:
        assert said.startswith("s.toml: ")
        assert "\n" not in said
    else:
        revenue_figures(experiment)
