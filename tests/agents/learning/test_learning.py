"""A seat that learns: what its learner is shown, what it remembers when the game changes, and whose draws are whose."""

import numpy as np
import pytest

from agents.learning import LEARNERS, Exp3, Hedge
from agents.learning.learning import Learning
from agents.strategies import Truthful
from scenarios.market import Market
from tests.priors import table

VALUES = [[1, 2, 4], [1, 3], [2, 3]]
ODDS = {(1, 1, 2): 0.2, (2, 3, 2): 0.2, (4, 3, 3): 0.3, (4, 1, 3): 0.2, (2, 1, 2): 0.1}
CASE = table(VALUES, ODDS, "graph", edges=[[0, 1]])
MENU = {"values": ("shade", "overbid"), "beliefs": ("uniform",)}
CASES = [(name, feedback) for name, kind in LEARNERS.items() for feedback in kind.accepts]


class Spy(Hedge):
    """Hedge that keeps what it is shown; from bandits' payoffs too."""

    accepts = ("full", "mean", "bandit")

    def prepare(self):
        super().prepare()
        self.lessons = []

    def update(self, rows, lesson):
        self.lessons.append((rows.copy(), lesson))
        if lesson.payoffs.ndim == 2:
            super().update(rows, lesson)


def market(strategies, *, game=None, worlds=50, seed=3, rounds=0) -> Market:
    made = Market(game or CASE.game("L", epsilon=0.5), strategies, worlds=worlds, seed=seed)
    for _ in range(rounds):
        made.step()
    return made


def spies(feedback: str, **more):
    return [Learning(Spy(), **MENU, feedback=feedback, **more), Learning(Hedge(), **MENU), Learning(Exp3(), **MENU)]


# --- what is shown


def test_a_bandit_is_shown_its_own_payoff_and_nothing_else():
    strategies = spies("bandit")
    played = market(strategies)
    for number in range(5):
        played.step()
        rows, lesson = strategies[0].learner.lessons[number]
        assert lesson.payoffs.shape == (50,)
        assert np.array_equal(lesson.payoffs, played.agents[0].utility)
        cells = played.game.seats[0].information[played.drawn.states]
        assert np.array_equal(rows, np.arange(50) * len(strategies[0].contexts) + cells)
        told = strategies[0].options.values[cells, lesson.chosen], strategies[0].options.beliefs[cells, lesson.chosen]
        assert np.array_equal(told[0], played.reports.values[:, 0])
        assert np.array_equal(told[1], played.reports.beliefs[:, 0])


@pytest.mark.parametrize("feedback", ["full", "mean"])
def test_others_are_shown_what_every_option_earns(feedback):
    """Full: against this round's announcements, in the rows met. Mean: against mixes, in all rows."""
    strategies = spies(feedback) if feedback == "full" else [Learning(Spy(), **MENU, feedback="mean") for _ in range(3)]
    played = market(strategies)
    for number in range(3):
        before = played.arena.mixes() if number else None
        played.step()
        rows, lesson = strategies[0].learner.lessons[number]
        if feedback == "full":
            assert np.array_equal(lesson.payoffs, played.arena.full(0))
            assert len(rows) == 50
        else:
            assert lesson.chosen is None
            assert np.array_equal(rows, np.arange(50 * len(strategies[0].contexts)))
            if before is not None:
                assert np.array_equal(
                    lesson.payoffs.reshape(50, -1, len(strategies[0].options)), played.arena.mean(0, before)
                )


@pytest.mark.parametrize("name", ["M", "L", "L-printed", "unanimity"])
def test_full_feedback_is_the_mean_of_what_bandits_are_shown(name):
    """The chosen option's expected worth is the payoff but for the house's coins: averages agree."""
    game = CASE.game(name, **({} if name == "unanimity" else {"epsilon": 0.5, "delta": 0.3}))
    played = market([Learning(Hedge(), **MENU) for _ in range(3)], game=game, worlds=4000)
    gaps = np.zeros((3, 4000))
    for _ in range(10):
        played.step()
        for i, agent in enumerate(played.agents):
            gaps[i] += agent.utility - played.arena.full(i)[np.arange(4000), agent.strategy.chosen]
    for gap in gaps:
        assert abs(gap.mean()) <= 4.5 * gap.std(ddof=1) / np.sqrt(4000) + 1e-9


# --- rings


@pytest.mark.parametrize("feedback", ["bandit", "full"])
def test_a_ring_has_a_common_purse_and_pooled_knowledge(feedback):
    ring = [Learning(Spy(), **MENU, feedback=feedback, ring=(1, 2)) for _ in range(2)]
    played = market([Truthful(), *ring])
    pool = played.game.pool((1, 2))
    for number in range(4):
        played.step()
        purse = played.agents[1].utility + played.agents[2].utility
        for i, member in enumerate(ring, start=1):
            rows, lesson = member.learner.lessons[number]
            assert np.array_equal(rows % len(member.contexts), pool.information[played.drawn.states])
            if feedback == "bandit":
                assert lesson.payoffs == pytest.approx(purse)
            else:
                assert np.array_equal(lesson.payoffs, played.arena.full(i))
    assert ring[0].names == ring[1].names
    assert all(" & " in name for name in ring[0].names)
    kinds = CASE.space.profiles[np.unique(pool.information, return_index=True)[1]]
    grids = CASE.environment.values
    assert ring[0].names == tuple(f"{grids[1][row[1]]} & {grids[2][row[2]]}" for row in kinds)


def test_a_ring_learns_a_joint_lie_that_no_member_would():
    """Second price, always 3 against 3: a ring pays 1 once a member stays low; for a bidder alone that is no gain."""
    case = table([[1, 3], [1, 3]], {(3, 3): 1.0})
    late = {}
    for ring in ((0, 1), ()):
        strategies = [Learning(Hedge(rate=0.5), ring=ring) for _ in range(2)]
        played = market(strategies, game=case.game("vickrey"), worlds=60, rounds=150)
        late[ring] = played.rounds()["revenue"][-20:].mean()
    assert late[0, 1] == pytest.approx(1.0, abs=0.05)
    assert late[()] > 1.3


# --- whose draws are whose


@pytest.mark.parametrize(("name", "feedback"), CASES)
def test_changing_one_learner_leaves_the_others_first_round_as_it_was(name, feedback):
    plain = market([Learning(Hedge(), **MENU) for _ in range(3)], rounds=1)
    changed = [Learning(Hedge(), **MENU) for _ in range(3)]
    changed[1] = Learning(LEARNERS[name](), **MENU, feedback=feedback)
    other = market(changed, rounds=1)
    assert np.array_equal(other.drawn.states, plain.drawn.states)
    for i in (0, 2):
        assert np.array_equal(other.reports.values[:, i], plain.reports.values[:, i])
        assert np.array_equal(other.reports.beliefs[:, i], plain.reports.beliefs[:, i])


@pytest.mark.parametrize(("name", "feedback"), CASES)
def test_worlds_start_apart_where_nothing_else_keeps_them_apart(name, feedback):
    """Rules without noise of their own begin with mixes even over the simplex; the others evenly."""
    kind = LEARNERS[name]
    played = market([Learning(kind(), **MENU, feedback=feedback) for _ in range(3)], worlds=3000)
    played.agents[0].strategy._begin(np.random.default_rng(1))
    first = played.agents[0].strategy.mixes()
    allowed = np.broadcast_to(played.agents[0].strategy.options.allowed, first.shape)
    count = allowed.sum(axis=2, keepdims=True)
    assert (first[~allowed] == 0).all()
    if not (kind.random_start or feedback == "mean"):
        assert first == pytest.approx(allowed / count, abs=1e-12)
        return
    assert len(np.unique(first[:, 0], axis=0)) == 3000
    means, wanted = first.mean(axis=0), (allowed / count)[0]
    assert means == pytest.approx(wanted, abs=0.03)
    variance = wanted * (1 - wanted) / (count[0] + 1)  # of a flat Dirichlet
    assert first.var(axis=0) == pytest.approx(variance, abs=0.01)


# --- when the game changes


def odds_of(weights: dict) -> dict:
    return {profile: weight / sum(weights.values()) for profile, weight in weights.items()}


def test_learners_keep_what_they_know_of_what_is_still_there():
    """Types that have gone are forgotten, those that stay are remembered by name, new ones start afresh."""
    fewer = {profile: odd for profile, odd in ODDS.items() if profile[0] != 2}
    games = [
        table(VALUES, odds_of(odds), "graph", edges=[[0, 1]]).game("L", epsilon=0.5)
        for odds in (ODDS, fewer, {**fewer, (1, 3, 2): 0.3})
    ]
    strategies = [Learning(Hedge(), **MENU) for _ in range(3)]
    played = market(strategies, game=games[0], worlds=4, rounds=30)
    strategy, kept, fresh = strategies[0], 0, 0
    for game in games[1:]:
        names, columns = strategy.names, strategy.options.names
        earned = strategy.learner._earned.reshape(4, len(names), -1).copy()
        visits = strategy.learner.visits.reshape(4, -1).copy()
        played.change(game)
        assert strategy.names == game.seats[0].names
        now = strategy.learner._earned.reshape(4, len(strategy.names), -1)
        for c, name in enumerate(strategy.names):
            old = names.index(name) if name in names else None
            seen = strategy.learner.visits.reshape(4, -1)[:, c]
            assert np.array_equal(seen, np.zeros(4) if old is None else visits[:, old])
            for k, option in enumerate(strategy.options.names):
                known = old is not None and option in columns
                assert np.array_equal(now[:, c, k], earned[:, old, columns.index(option)] if known else np.zeros(4))
                kept, fresh = kept + known, fresh + (not known)
        for _ in range(20):
            played.step()
    assert kept > 0
    assert fresh > 0


def test_nothing_changes_where_the_game_stays_the_same():
    plain, again = ([Learning(LEARNERS[n](), **MENU) for n in ("hedge", "exp3", "regret-matching")] for _ in range(2))
    first, second = market(plain, rounds=20), market(again, rounds=20)
    second.change(CASE.game("L", epsilon=0.5))
    for _ in range(20):
        first.step()
        second.step()
        assert np.array_equal(first.reports.values, second.reports.values)
        assert np.array_equal(first.reports.beliefs, second.reports.beliefs)


def test_a_game_of_other_players_is_refused():
    played = market([Learning(Hedge(), **MENU) for _ in range(3)], rounds=1)
    with pytest.raises(ValueError, match=r"players have \(3, 2, 2\) types, not \(2, 2\)"):
        played.change(table([[1, 2], [1, 2]], {(1, 1): 1.0}).game("vickrey"))


# --- what is refused


@pytest.mark.parametrize(
    ("kind", "feedback", "said"),
    [
        ("hedge", "bandit", "feedback is 'bandit'; hedge learns from full or mean"),
        ("exp3", "full", "feedback is 'full'; exp3 learns from bandit"),
        ("replicator", "bandit", "feedback is 'bandit'; replicator learns from mean"),
    ],
)
def test_feedback_that_a_learner_cannot_use_is_refused(kind, feedback, said):
    with pytest.raises(ValueError, match=said):
        Learning(LEARNERS[kind](), feedback=feedback)


def test_a_ring_cannot_learn_from_mean_feedback():
    with pytest.raises(ValueError, match="a ring learns from bandit or full feedback, and replicator from mean"):
        Learning(LEARNERS["replicator"](), ring=(0, 1))


def test_what_learns_has_no_plan_and_knows_its_types():
    seat = CASE.game("L", epsilon=0.5).seats[0]
    strategy = Learning(Hedge(), **MENU)
    strategy.prepare(seat, 2)
    assert strategy.plan(seat) is None
    assert strategy.names == seat.names
