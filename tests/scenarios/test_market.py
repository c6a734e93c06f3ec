"""The market: simulated means are the exact figures, and the same seed gives the same bits however worlds are cut."""

import dataclasses
from itertools import pairwise
from types import MappingProxyType

import mesa
import numpy as np
import pytest

from agents.bidder import Bidder
from agents.game import Seat
from agents.strategies import BELIEF_RULES, STRATEGIES, VALUE_RULES, Strategy, View
from analysis.revenue import benchmarks, exact_revenue, revenue_of
from mechanisms import MECHANISMS, assignment
from scenarios.experiment import Experiment, assemble
from scenarios.market import Market
from scenarios.scenario import parse
from scenarios.streams import Block, Stream, seed_sequence
from scenarios.windows import ROUND_COLUMNS
from tests.priors import SAMPLE, SELLERS

ROUNDS, WORLDS = 50, 400
PRIORS = {
    "pair": {
        "environment": {"values": [[1, 3, 4], [2, 3, 6]]},
        "prior": {
            "kind": "table",
            "profiles": [[1, 2], [1, 3], [1, 6], [3, 2], [3, 3], [3, 6], [4, 3], [4, 6]],
            "probabilities": [0.05, 0.05, 0.05, 0.1, 0.3, 0.05, 0.25, 0.15],
        },
    },
    "trio": {
        "environment": {"values": [[1, 2, 5], [2, 3], [1, 2, 4]]},
        "prior": {
            "kind": "table",
            "profiles": [[1, 2, 1], [1, 2, 2], [1, 3, 4], [2, 2, 2], [2, 2, 4], [2, 3, 4], [5, 2, 1], [5, 3, 4]],
            "probabilities": [0.1, 0.15, 0.05, 0.2, 0.1, 0.1, 0.1, 0.2],
            "states": ["bust", "bust", "bust", "bust", "boom", "boom", "boom", "boom"],
        },
        "knowledge": {"kind": "graph", "edges": [[0, 1], [1, 2]]},
    },
    "goods": {
        "environment": {
            "kind": "assignment",
            "goods": ["a", "b"],
            "valuations": [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6], [1, 1, 1]]],
        },
        "prior": {
            "kind": "table",
            "profiles": [[0, 0], [0, 1], [1, 1], [1, 2]],
            "probabilities": [0.3, 0.3, 0.2, 0.2],
        },
    },
}
COMMON = {"pair": 3, "trio": 2, "goods": 1}  # a value that all announce, or the number of a type
RING = {"strategy": "collude", "ring": [0, 1]}
TRUTH = {"strategy": "truthful"}


def places(names=SELLERS) -> list[tuple[str, str]]:
    """Those mechanisms, wherever they apply."""
    goods = assignment(**{k: v for k, v in PRIORS["goods"]["environment"].items() if k != "kind"})
    several = [name for name in names if MECHANISMS[name].unfit(goods) is None]
    return [(where, name) for where in PRIORS for name in (several if where == "goods" else names)]


def seat_lists(where: str) -> dict[str, list[dict]]:
    """Every strategy that has a plan, with every rule, in seats of such a scenario."""
    players = len(PRIORS[where]["environment"].get("values", [0, 1]))
    found = {"truthful": [TRUTH], "best-response": [{"strategy": "best-response"}]}
    found["collude"] = [RING, RING, *[TRUTH] * (players - 2)]
    for rule in VALUE_RULES:
        value = {"rule": "fixed", "value": COMMON[where]} if rule == "fixed" else rule
        found[f"value {rule}"] = [{"strategy": "misreport", "value": value, "belief": "other-type"}]
    for rule in BELIEF_RULES:
        found[f"belief {rule}"] = [{"strategy": "misreport", "value": "random", "belief": rule}]
    found["one of each"] = [*found["best-response"], *found["value shade"], *found["belief prior"]][:players]
    return found


def assembled(where: str, mechanism: str, seats=(TRUTH,), knowledge=None, **parameters) -> Experiment:
    given = {"epsilon": 0.3, "delta": 0.2, "strict": True, **parameters}
    data = {**PRIORS[where], "mechanism": {"kind": mechanism, **given}, "seats": list(seats)}
    return assemble(parse(data | ({"knowledge": knowledge} if knowledge else {})))


def market(experiment: Experiment, *, seed: int = 1, worlds: int = WORLDS, rounds: int = 0, **options) -> Market:
    made = Market(experiment.game, experiment.strategies(), worlds=worlds, seed=seed, **options)
    for _ in range(rounds):
        made.step()
    return made


def exact_totals(experiment: Experiment) -> dict[str, float]:
    """What a round brings in exact expectation, named as the market's totals."""
    game = experiment.game
    play = game.play(experiment.plans())
    exact = exact_revenue(game, play)
    weights = game.space.weights[play.states] * play.chances
    against = benchmarks(game)
    figures = {"revenue": exact.total, "prices": exact.prices, "rewards": exact.rewards}
    figures |= {name: against.mean(name) for name in against.by_state}
    return figures | {f"utility {i}": float(weights @ game.utilities(play, i)) for i in range(game.players)}


def compare(experiment: Experiment, *, seed: int, rounds: int = ROUNDS, worlds: int = WORLDS) -> None:
    """Means over worlds of each world's mean over rounds lie within four standard errors."""
    made = market(experiment, seed=seed, worlds=worlds, rounds=rounds, by_state=benchmarks(experiment.game).by_state)
    totals = made.totals | {f"utility {i}": column for i, column in enumerate(made.utility_totals.T)}
    exact = exact_totals(experiment)
    assert totals.keys() == exact.keys()
    for name, total in totals.items():
        mean, error = (total / rounds).mean(), (total / rounds).std(ddof=1) / np.sqrt(worlds)
        assert abs(mean - exact[name]) <= 4 * error + 1e-9, (name, mean, exact[name], error)


def written(made: Market) -> dict[str, np.ndarray]:
    """All that a round leaves behind, worlds first."""
    fields = {
        "states": made.drawn.states,
        "values": made.reports.values,
        "beliefs": made.reports.beliefs,
        "allocation": made.outcomes.allocation,
        "payments": made.outcomes.payments,
        "rewards": made.outcomes.rewards,
        "fallback": made.outcomes.fallback,
        "utilities": made.utility_totals.copy(),
    }
    if made.outcomes.role is not None:
        fields["role"] = made.outcomes.role
    return fields | {f"total {name}": total.copy() for name, total in made.totals.items()}


def recorded(made: Market, rounds: int = 12) -> list[dict[str, np.ndarray]]:
    found = []
    for _ in range(rounds):
        made.step()
        found.append(written(made))
    return found


def assert_same(one, other) -> None:
    for left, right in zip(one, other, strict=True):
        assert left.keys() == right.keys()
        for name in left:
            np.testing.assert_array_equal(left[name], right[name], err_msg=name)


class Spy(Strategy):
    """Truthful, and keeps what it was shown."""

    name, summary = "spy", "tells the truth and remembers"

    def prepare(self, seat, worlds):
        self.seat, self.worlds, self.seen = seat, worlds, []

    def report_value(self, view, rng):
        self.seen.append(("value", view.role, view.announced))
        return self.seat.types[view.information]

    def report_belief(self, view, rng):
        self.seen.append(("belief", view.role, view.announced))
        return self.seat.posteriors[view.information]

    def learn(self, view, feedback):
        self.seen.append(("learn", feedback))


class Dice(Spy):
    """Announces a random type and the posterior of a random cell."""

    def report_value(self, view, rng):
        return (rng.random(self.worlds) * self.seat.menu_size).astype(int)

    def report_belief(self, view, rng):
        cells = (rng.random(self.worlds) * len(self.seat.posteriors)).astype(int)
        return self.seat.posteriors[cells]


# --- simulation against exact figures


@pytest.mark.parametrize("seats", ["truthful", "belief uniform"])
@pytest.mark.parametrize(("where", "mechanism"), places())
def test_simulated_means_are_the_exact_figures(where, mechanism, seats):
    compare(assembled(where, mechanism, seat_lists(where)[seats], ties="uniform"), seed=11)


@pytest.mark.parametrize("mechanism", ["M", "L-printed"])
@pytest.mark.parametrize("seats", seat_lists("trio"))
def test_simulated_means_are_exact_for_every_strategy(mechanism, seats):
    compare(assembled("trio", mechanism, seat_lists("trio")[seats]), seed=12)


@pytest.mark.parametrize(
    "knowledge",
    [
        {"kind": "own-value"},
        {"kind": "complete"},
        {"kind": "buckets", "cuts": [3]},
        {"kind": "state", "insiders": [0, 2]},
        {"kind": "labels", "labels": [list("aaabbbcc"), list("abcdefgh"), list("pqrqrrpr")]},
        {"misinformed": [{"seat": 0, "how": "tempered", "power": 2.0}, {"seat": 2, "how": "sampled", "size": 9}]},
    ],
    ids=lambda told: told.get("kind", "misinformed"),
)
@pytest.mark.parametrize("mechanism", ["M", "L", "L-printed"])
def test_simulated_means_are_exact_whatever_is_known(mechanism, knowledge):
    compare(assembled("trio", mechanism, [RING, RING, TRUTH], knowledge), seed=13)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "mechanism", "seats"),
    [(where, mechanism, seats) for where, mechanism in places(SAMPLE) for seats in seat_lists(where)],
)
def test_simulated_means_are_exact_for_everything(where, mechanism, seats):
    compare(assembled(where, mechanism, seat_lists(where)[seats], delta=0.5), seed=14)


@pytest.mark.slow
@pytest.mark.parametrize("seats", ["truthful", "value random", "collude"])
@pytest.mark.parametrize("mechanism", ["M", "L", "L-printed"])
def test_simulated_means_are_exact_in_a_million_rounds(mechanism, seats):
    compare(assembled("trio", mechanism, seat_lists("trio")[seats]), seed=15, rounds=500, worlds=2_000)


@pytest.mark.parametrize(("where", "mechanism"), [("trio", "L-printed"), ("goods", "M")])
def test_every_round_adds_up(where, mechanism):
    """Totals, utilities and shares, worked out again from what was drawn and reported."""
    experiment = assembled(where, mechanism, seat_lists(where)["one of each"])
    made = market(experiment, worlds=60)
    totals, utilities, rows = np.zeros(60), 0.0, []
    for step in recorded(made, 8):
        types = experiment.space.profiles[step["states"]]
        truth = np.stack([s.posteriors[s.information[step["states"]]] for s in experiment.game.seats], axis=1)
        revenue = step["payments"].sum(axis=1) - step["rewards"].sum(axis=1)
        got = [
            table[types[:, i], step["allocation"]] for i, table in enumerate(made.game.environment.worth_of_allocation)
        ]
        utilities = utilities + np.stack(got, axis=1) - step["payments"] + step["rewards"]
        totals += revenue
        honest = (step["values"] == types).mean(), (step["beliefs"] == truth).mean()
        rows.append((revenue.mean(), revenue.std(ddof=1) / np.sqrt(60), *honest))
    np.testing.assert_allclose(made.totals["revenue"], totals, atol=1e-12)
    np.testing.assert_allclose(made.utility_totals, utilities, atol=1e-12)
    table = made.rounds()
    assert tuple(table) == ROUND_COLUMNS
    columns = [table[name] for name in ("revenue", "standard_error", "truthful_values", "truthful_beliefs")]
    np.testing.assert_allclose(np.array(columns).T, rows, atol=1e-12)


def test_a_single_world_has_no_standard_error():
    made = market(assembled("pair", "L"), worlds=1, rounds=3)
    assert np.isnan(made.rounds()["standard_error"]).all()
    assert np.isfinite(made.rounds()["revenue"]).all()


def test_no_round_has_been_played_yet():
    made = market(assembled("pair", "L"), worlds=4)
    assert made.rounds_played == 0
    assert all(len(column) == 0 for column in made.rounds().values())
    assert not made.totals["revenue"].any()


# --- randomness

RANDOM = [{"strategy": "misreport", "value": "random", "belief": "other-type"}]
LEARN = [{"strategy": "empirical-best-response"}, TRUTH, TRUTH]
CUTS = [
    ("trio", "M", {}, RANDOM),
    ("trio", "L", {"ties": "uniform"}, RANDOM),
    ("trio", "L-printed", {"ties": "uniform"}, RANDOM),
    ("trio", "vickrey", {"ties": "uniform"}, RANDOM),
    ("trio", "L-printed", {"ties": "uniform"}, LEARN),
    ("goods", "M", {}, RANDOM),
    ("goods", "optimal", {}, [TRUTH]),
]


@pytest.mark.parametrize(("where", "mechanism", "options", "seats"), CUTS)
def test_the_same_seed_gives_the_same_bits(where, mechanism, options, seats):
    one, other = (market(assembled(where, mechanism, seats, **options), worlds=40, seed=5) for _ in range(2))
    assert_same(recorded(one), recorded(other))
    for name, column in one.rounds().items():
        np.testing.assert_array_equal(column, other.rounds()[name])


@pytest.mark.parametrize("cuts", [(0, 30, 100), (0, 1, 2, 64, 100)])
@pytest.mark.parametrize(("where", "mechanism", "options", "seats"), CUTS)
def test_worlds_played_in_blocks_are_the_same_worlds(where, mechanism, options, seats, cuts):
    """Each block in a market of its own, on objects of its own, as another process would have them."""
    whole = recorded(market(assembled(where, mechanism, seats, **options), worlds=100, seed=6))
    blocks = [Block(first, last - first, 100) for first, last in pairwise(cuts)]
    parts = [
        recorded(market(assembled(where, mechanism, seats, **options), worlds=100, seed=6, block=block))
        for block in blocks
    ]
    joined = [
        {name: np.concatenate([step[name] for step in steps]) for name in steps[0]}
        for steps in zip(*parts, strict=True)
    ]
    assert_same(whole, joined)


def test_blocks_suit_any_strategy_that_draws_by_world():
    experiment = assembled("trio", "L", ties="uniform")

    def play(block):
        return recorded(Market(experiment.game, [Dice(), Dice(), Spy()], worlds=50, seed=3, block=block))

    whole, left, right = play(None), play(Block(0, 20, 50)), play(Block(20, 30, 50))
    joined = [{k: np.concatenate([a[k], b[k]]) for k in a} for a, b in zip(left, right, strict=True)]
    assert_same(whole, joined)


@pytest.mark.parametrize("mechanism", ["M", "L", "L-printed"])
def test_different_seeds_differ(mechanism):
    experiment = assembled("trio", mechanism, RANDOM)
    one, other = (recorded(market(experiment, worlds=40, seed=seed), 5) for seed in (1, 2))
    for name in ("states", "values", "payments"):
        assert any((a[name] != b[name]).any() for a, b in zip(one, other, strict=True)), name


def test_streams_do_not_echo_each_other():
    """Two seats with the same strategy toss coins of their own."""
    made = market(assembled("trio", "L", RANDOM), worlds=500, rounds=1)
    assert not np.array_equal(made.reports.values[:, 0], made.reports.values[:, 2])


@pytest.mark.parametrize("mechanism", ["M", "L", "L-printed"])
@pytest.mark.parametrize("changed", [0, 1, 2])
def test_another_strategy_leaves_all_other_draws_as_they_were(mechanism, changed):
    experiment = assembled("trio", mechanism, RANDOM, ties="uniform")
    before = experiment.strategies()
    after = [*experiment.strategies()]
    after[changed] = Dice()
    one, other = (recorded(Market(experiment.game, seats, worlds=60, seed=8)) for seats in (before, after))
    others = [i for i in range(3) if i != changed]
    moved = False
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left["states"], right["states"])
        np.testing.assert_array_equal(left["values"][:, others], right["values"][:, others])
        np.testing.assert_array_equal(left["beliefs"][:, others], right["beliefs"][:, others])
        if mechanism == "M":
            np.testing.assert_array_equal(left["role"], right["role"])
        same = (left["values"] == right["values"]).all(axis=1) & (left["beliefs"] == right["beliefs"]).all(axis=1)
        np.testing.assert_array_equal(left["payments"][same], right["payments"][same])
        np.testing.assert_array_equal(left["allocation"][same], right["allocation"][same])
        moved |= not same.all()
    assert moved


def test_the_states_are_drawn_from_nature_s_stream_alone():
    experiment = assembled("trio", "L")
    made = market(experiment, worlds=30, seed=9)
    stream = Stream(seed_sequence(9, "nature"), Block(0, 30, 30))
    edges = np.cumsum(experiment.space.weights)
    for step in recorded(made, 5):
        np.testing.assert_array_equal(step["states"], np.searchsorted(edges, stream.random(30), side="right"))


# --- what Mesa's users expect


def test_steps_and_agents_are_mesa_s():
    made = market(assembled("trio", "L"), worlds=10, rounds=4)
    assert isinstance(made, mesa.Model)
    assert made.steps == made.rounds_played == 4
    assert [agent.seat.index for agent in made.agents] == [0, 1, 2]
    assert all(isinstance(agent, Bidder) for agent in made.agents)
    assert len(made.agents_by_type[Bidder]) == 3
    assert list(made.agents.get("unique_id")) == [1, 2, 3]


def test_agent_sets_can_be_told_and_sifted():
    made = market(assembled("trio", "L", [{"strategy": "best-response"}, TRUTH, TRUTH]), worlds=10, rounds=1)
    honest = made.agents.select(lambda agent: agent.strategy.name == "truthful")
    assert [agent.seat.index for agent in honest] == [1, 2]
    before = made.agents.get("value")
    made.agents.do("observe", made.drawn).do("report_value")
    for old, new in zip(before, made.agents.get("value"), strict=True):
        np.testing.assert_array_equal(old, new)
    assert [len(u) for u in made.agents.map(lambda agent: agent.utility)] == [10, 10, 10]


def test_a_data_collector_collects():
    made = market(assembled("pair", "M"), worlds=20)
    collector = mesa.DataCollector(
        model_reporters={"revenue": lambda m: m.outcomes.revenue.mean()},
        agent_reporters={"utility": lambda a: a.utility.mean()},
    )
    for _ in range(6):
        made.step()
        collector.collect(made)
    revenue = collector.get_model_vars_dataframe()["revenue"]
    np.testing.assert_allclose(revenue, made.rounds()["revenue"])
    assert collector.get_agent_vars_dataframe().shape == (12, 1)


class Study(Market):
    """A market as `mesa.batch_run` wants one: built from plain parameters, with a collector."""

    def __init__(self, kind: str, seed: int = 0) -> None:
        experiment = assembled("pair", kind)
        super().__init__(experiment.game, experiment.strategies(), worlds=20, seed=seed)
        self.datacollector = mesa.DataCollector(
            model_reporters={"revenue": lambda m: m.totals["revenue"].mean(), "rounds": "rounds_played"}
        )

    def step(self) -> None:
        super().step()
        self.datacollector.collect(self)


def test_batch_run_sweeps_a_subclass():
    found = mesa.batch_run(
        Study,
        {"kind": ["M", "L"], "seed": [3, 4]},
        max_steps=5,
        number_processes=1,
        data_collection_period=-1,
        display_progress=False,
    )
    assert len(found) == 4
    for row in found:
        alone = market(assembled("pair", row["kind"]), worlds=20, seed=row["seed"], rounds=row["rounds"])
        assert row["revenue"] == alone.totals["revenue"].mean()


@pytest.mark.parametrize("seats", [[], ["one"], "twice"])
def test_a_market_wants_one_strategy_object_per_seat(seats):
    experiment = assembled("pair", "L")
    truthful = experiment.strategies()[0]
    given = [truthful, truthful] if seats == "twice" else [truthful for _ in seats]
    with pytest.raises(ValueError, match="a market of 2 players needs a strategy object for each"):
        Market(experiment.game, given, worlds=5, seed=1)


# --- what a strategy is told


@pytest.mark.parametrize(
    ("mechanism", "told"),
    [("M", (True, True)), ("L-printed", (False, True)), ("L", (False, False)), ("vickrey", (False, False))],
)
def test_roles_are_told_when_the_mechanism_tells_them(mechanism, told):
    experiment = assembled("trio", mechanism)
    spies = [Spy(), Spy(), Spy()]
    made = Market(experiment.game, spies, worlds=25, seed=1)
    made.step()
    for spy in spies:
        value, belief, learnt = spy.seen
        assert value[:2] == ("value", None) if not told[0] else value[1] is not None
        assert value[2] is None
        assert (belief[1] is not None) == told[1]
        np.testing.assert_array_equal(belief[2], made.reports.values[:, spy.seat.index])
        np.testing.assert_array_equal(learnt[1].values, made.reports.values)
        np.testing.assert_array_equal(learnt[1].beliefs, made.reports.beliefs)
        if told[1]:
            np.testing.assert_array_equal(belief[1], made.outcomes.role)
    payoffs = [spy.seen[2][1].payoff for spy in spies]
    np.testing.assert_array_equal(np.stack(payoffs, axis=1), made.utility_totals)


def test_a_view_holds_nothing_but_what_the_seat_sees():
    assert {field.name for field in dataclasses.fields(View)} == {"seat", "information", "role", "announced"}
    game = assembled("trio", "L").game
    public = {name for name in dir(game.seats[0]) if not name.startswith("_")}
    assert not public & {"game", "model", "knowledge", "space", "profiles", "opinions", "states", "seats"}
    assert game.seats[0].prior.shape == game.environment.shape[1:]  # about the others, before she looks


def alias(seat: Seat, public) -> Seat:
    """The same seat with nothing behind it but its public attributes."""
    stand_in = object.__new__(Seat)
    stand_in.__dict__.update(public)
    return stand_in


@pytest.mark.parametrize("name", ["truthful", "misreport"])
def test_plans_come_from_the_seat_s_public_face(name):
    """No hidden door to the game is needed to play."""
    seat = assembled("trio", "L").game.seats[1]
    kept = ("index", "listed", "environment", "book", "mechanism", "information", "types", "names", "posteriors")
    public = MappingProxyType({key: getattr(seat, key) for key in kept})
    plan, bare = (STRATEGIES[name]().plan(who) for who in (seat, alias(seat, public)))
    np.testing.assert_array_equal(plan.values, bare.values)
    np.testing.assert_array_equal(plan.beliefs, bare.beliefs)


@pytest.mark.parametrize("name", list(STRATEGIES))
@pytest.mark.parametrize("mechanism", ["M", "L", "L-printed"])
def test_reports_depend_on_the_view_alone(mechanism, name):
    """States that a seat cannot tell apart get the same report, whatever the others' types are."""
    options = {"collude": {"ring": [0, 1]}}.get(name, {})
    experiment = assembled("trio", mechanism)
    for seat in experiment.game.seats[:2]:
        strategy = STRATEGIES[name](**options)
        strategy.prepare(seat, len(experiment.space))
        information = strategy.information(seat)
        view = View(seat, information, np.zeros(len(information), dtype=int))
        view.announced = strategy.report_value(view, np.random.default_rng(1))
        told = np.column_stack([view.announced, strategy.report_belief(view, np.random.default_rng(1))])
        for cell in np.unique(information):
            assert len(np.unique(told[information == cell], axis=0)) == 1
        if name != "collude":
            np.testing.assert_array_equal(information, seat.information)


# --- learning from what was announced


def test_the_empirical_best_response_starts_with_the_best_response_to_truth():
    for mechanism in ("M", "L", "L-printed"):
        experiment = assembled("trio", mechanism, LEARN)
        plan = STRATEGIES["best-response"]().plan(experiment.game.seats[0])
        made = market(experiment, worlds=300, rounds=1)
        cell = experiment.game.seats[0].information[made.drawn.states]
        np.testing.assert_array_equal(made.reports.values[:, 0], plan.pure_values[cell])
        np.testing.assert_array_equal(made.reports.beliefs[:, 0], plan.pure_beliefs[cell])


def test_the_empirical_best_response_settles_on_truth_where_truth_is_dominant():
    """In repaired L lies about values never pay; beliefs find their way as announcements accumulate."""
    experiment = assembled("pair", "L", [{"strategy": "empirical-best-response"}, TRUTH], epsilon=0.2, delta=0.1)
    made = market(experiment, worlds=200, rounds=600)
    table = made.rounds()
    assert (table["truthful_values"] == 1.0).all()
    honest = table["truthful_beliefs"]
    assert honest[0] == 1.0
    assert honest[5:15].mean() < 0.75 < honest[100:200].mean() < 0.95 < honest[-100:].mean()
    truthful = revenue_of(experiment.game)
    for name, exact in (("revenue", truthful.total), ("rewards", truthful.rewards)):
        late = table[name][-100:]
        error = late.std(ddof=1) / np.sqrt(len(late))
        assert abs(late.mean() - exact) <= 4 * error + 1e-4, name


def test_the_empirical_best_response_is_never_shown_the_others_types():
    """Its rivals' announcements fixed, their true types make no difference."""
    experiment = assembled("pair", "L", knowledge={"kind": "own-value"})
    seat = experiment.game.seats[0]
    rival = experiment.game.seats[1]

    class Fixed(Spy):
        def report_value(self, view, rng):
            return np.ones(self.worlds, dtype=int)

        def report_belief(self, view, rng):
            return np.full(self.worlds, rival.posteriors[1])

    made = Market(experiment.game, [STRATEGIES["empirical-best-response"](), Fixed()], worlds=200, seed=2)
    counts = np.zeros((200, len(seat.types)), dtype=int)
    told = {}
    for _ in range(15):
        seen = counts.copy()
        made.step()
        cell = seat.information[made.drawn.states]
        counts[np.arange(200), cell] += 1
        reports = zip(made.reports.values[:, 0].tolist(), made.reports.beliefs[:, 0].tolist(), strict=True)
        for history, own, report in zip(seen[np.arange(200), cell].tolist(), cell.tolist(), reports, strict=True):
            assert told.setdefault((own, history), report) == report
    assert len(told) > 10
