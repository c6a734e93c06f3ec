"""Rings: the search against all joint reports and the oracle, closed forms, and what lying costs whom."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.strategies import Collude, belief_menu
from analysis.coalition import search as coalition_search
from analysis.coalition.menu import member_menu
from analysis.coalition.price import outlook, price_of
from analysis.coalition.rings import NOTIONS, coalitions, stakes
from analysis.coalition.search import best_schemes, check_fit, utility_tables
from analysis.deviation import deviations
from mechanisms import MECHANISMS, Reports
from scenarios import assemble, load
from tests import oracle
from tests.priors import (
    KINDS,
    TIE_RULES,
    belief_menus,
    cases,
    iid,
    mechanism_variants,
    money_belief,
    random_case,
    table,
    variant_id,
)


def menus_of(game, ring, cell, other_types=12):
    pool = game.pool(ring)
    named = [belief_menu(game.seats[i], other_types=other_types) for i in ring]
    return [member_menu(pool, m, cell, names) for m, names in enumerate(named)]


def sets_of(found, ring, notion="side-payments"):
    rows = found.sets[(found.sets["ring"] == "+".join(map(str, ring))) & (found.sets["notion"] == notion)]
    return rows.reset_index(drop=True)


def ring_of(found, ring, notion="side-payments"):
    name = "+".join(map(str, ring))
    return found.rings[(found.rings["ring"] == name) & (found.rings["notion"] == notion)].iloc[0]


def best_of_all(gains):
    """The largest totals of ``(joint reports, members)`` by each notion, truth being one of them."""
    total, worst = gains.sum(axis=1), gains.min(axis=1)
    return {
        "side-payments": total.max(),
        "no-loss": total[worst >= -1e-9].max(),
        "all-gain": max(0.0, total[worst > 1e-9].max(initial=0.0)),
    }


def joint_gains(game, ring, cell):
    """Every joint report's interim gains, from the mechanism's whole expectation and one row a report and state."""
    menus = menus_of(game, ring, cell)
    choices = np.array(list(product(*(range(n) for menu in menus for n in (len(menu.values), len(menu.beliefs))))))
    states = np.flatnonzero(game.knowledge.pooled(ring) == cell)
    weights = game.knowledge.opinions[list(ring)].mean(axis=0)[states]
    worth = np.zeros((len(choices), len(ring)))
    for state, weight in zip(states, weights / weights.sum(), strict=True):
        reports = game.truthful_play.reports.take(np.full(len(choices), state))
        for m, (i, menu) in enumerate(zip(ring, menus, strict=True)):
            reports.values[:, i] = menu.values[choices[:, 2 * m]]
            reports.beliefs[:, i] = menu.beliefs[choices[:, 2 * m + 1]]
        types = np.tile(game.space.profiles[state], (len(choices), 1))
        worth += weight * game.mechanism.expect(reports).utility(game.environment, types)[:, list(ring)]
    return worth - worth[(choices == 0).all(axis=1)]


# --- the search, a second way


@pytest.mark.parametrize(("name", "options"), mechanism_variants(), ids=map(variant_id, mechanism_variants()))
def test_nothing_among_all_joint_reports_is_better(name, options):
    for seed, kind in enumerate(("own-value", "graph", "state")):
        game = random_case(seed + 1, 3, kind, most=2).game(name, **options)
        found = coalitions(game, size=2)
        for ring in [(0,), (2,), (0, 1), (1, 2)]:
            for cell in range(len(game.pool(ring).types)):
                for notion, gain in best_of_all(joint_gains(game, ring, cell)).items():
                    assert sets_of(found, ring, notion)["gain"][cell] == pytest.approx(gain, abs=1e-7), (ring, notion)


@pytest.mark.parametrize("mechanism", ["L", "L-printed", "vickrey"])
@pytest.mark.parametrize("kind", ["own-value", "complete"])
def test_the_oracle_knows_no_better_joint_report(mechanism, kind):
    """Every joint report of the menu, paid by an implementation that shares no code with the program."""
    case = table([(1, 3), (2, 3)], {(1, 2): 0.3, (3, 2): 0.3, (1, 3): 0.25, (3, 3): 0.15}, kind)
    options = {} if mechanism == "vickrey" else {"epsilon": 0.2, "delta": 0.1}
    game, slow = case.game(mechanism, **options), case.oracle(**options)
    found = sets_of(coalitions(game), (0, 1))
    for cell in range(4):
        state = int(np.flatnonzero(game.pool((0, 1)).information == cell)[0])
        menus = menus_of(game, (0, 1), cell)
        told = [
            [(case.values[i][v], money_belief(case, i, game.book[int(b)])) for v in menu.values for b in menu.beliefs]
            for i, menu in enumerate(menus)
        ]
        profile = case.profiles[state]
        honest = oracle.truthful_reports(slow, state)
        worth = [
            sum(oracle.utility(slow, mechanism, profile, list(reports), i) for i in (0, 1))
            for reports in [honest, *product(*told)]
        ]
        assert found["gain"][cell] == pytest.approx(max(worth) - worth[0])
        assert found["information"][cell].startswith(f"0: {profile[0]}")


@pytest.mark.parametrize("block", [1, 7, 64, 1 << 18])
def test_blocks_change_nothing(monkeypatch, block):
    monkeypatch.setattr(coalition_search, "BLOCK", block)
    rng = np.random.default_rng(3)
    shapes = [[(3, 1, 2, 4), (1, 4, 2, 1)], [(3, 4, 1, 1), (1, 1, 1, 4)]]
    tables = [[rng.integers(-3, 4, shape).astype(float) for shape in parts] for parts in shapes]
    whole = [np.broadcast_to(sum(parts), (3, 4, 2, 4)) for parts in tables]
    gains = np.stack([(w - w[0, 0, 0, 0]).ravel() for w in whole], axis=1)
    found = best_schemes(tables, tolerance=1e-9)
    for notion, gain in best_of_all(gains).items():
        scheme = found[notion]
        assert scheme.gain == gain
        mine = np.array([w[scheme.places] - w[0, 0, 0, 0] for w in whole])
        assert mine.sum() == gain
        floor = {"side-payments": -np.inf, "no-loss": 0.0, "all-gain": 1e-9}[notion]
        assert gain == 0.0 or mine.min() >= floor
        equal = [p for p in np.ndindex(3, 4, 2, 4) if sum(w[p] - w[0, 0, 0, 0] for w in whole) == gain
                 and min(w[p] - w[0, 0, 0, 0] for w in whole) >= floor]  # fmt: skip
        truth = [(0, 0, 0, 0)] if gain == 0.0 else []
        assert np.count_nonzero(scheme.places) == min(np.count_nonzero(p) for p in [*equal, *truth])


@pytest.mark.parametrize("name", ["L", "M"])
@pytest.mark.parametrize("block", [5, 1 << 18])
def test_tables_add_up_to_the_utility_whatever_the_block(monkeypatch, name, block):
    monkeypatch.setattr(coalition_search, "BLOCK", block)
    game = random_case(5, 3, "own-value", most=2).game(name, epsilon=0.3, delta=0.2)
    ring, menus, rng = (0, 2), menus_of(game, (0, 2), 0), np.random.default_rng(1)
    states = np.flatnonzero(game.pool(ring).information == 0)
    share = game.pool(ring).profiles(0)[1]
    tables = [sum(parts) for parts in utility_tables(game, ring, menus, states, share)]
    for _ in range(20):
        places = [int(rng.integers(n)) for menu in menus for n in (len(menu.values), len(menu.beliefs))]
        reports = game.truthful_play.reports.take(states)
        for m, i in enumerate(ring):
            reports.values[:, i] = menus[m].values[places[2 * m]]
            reports.beliefs[:, i] = menus[m].beliefs[places[2 * m + 1]]
        utility = game.mechanism.expect(reports).utility(game.environment, game.space.profiles[states])
        shape = [n for menu in menus for n in (len(menu.values), len(menu.beliefs))]
        for m, i in enumerate(ring):
            assert np.broadcast_to(tables[m], shape)[tuple(places)] == pytest.approx(share @ utility[:, i])


@settings(max_examples=12)
@given(cases(players=(3,), kinds=KINDS, most=2), st.sampled_from(["L", "L-printed", "M"]), st.sampled_from(TIE_RULES))
def test_collude_is_never_better_and_agreement_costs(case, name, ties):
    """`Collude`'s lies are in the menu; what more members must agree to earns no more; nobody is made to lose."""
    game = case.game(name, epsilon=0.2, delta=0.1, **({} if name == "M" else {"ties": ties}))
    found = coalitions(game, size=3)
    for ring in [*combinations(range(3), 2), (0, 1, 2)]:
        pool = game.pool(ring)
        worth = pool.worth([Collude(ring=ring).plan(game.seats[i]) for i in ring])
        honest = pool.worth([game.truthful_plans[i] for i in ring])
        gains = [sets_of(found, ring, notion)["gain"].to_numpy() for notion in NOTIONS]
        assert (gains[0] >= worth - honest - 1e-7).all()
        assert (gains[0] >= gains[1] - 1e-7).all()
        assert (gains[1] >= gains[2] - 1e-7).all()
        assert (gains[2] >= 0).all()
    members = found.members
    assert (members[members["notion"] == "no-loss"]["gain"] >= 0).all()
    strong = members[members["notion"] == "all-gain"].groupby(["ring", "information"])["gain"]
    assert ((strong.min() > 0) | (strong.max() == 0)).all()


# --- closed forms


def test_a_pair_in_m_shares_the_whole_surplus():
    """Each says that the other has the lowest value, and announces it: both scores are full, and prices lowest."""
    case = iid((10, 40, 100), [0.5, 0.3, 0.2], 2, "complete")
    found = coalitions(case.game("M", epsilon=0.5))
    sets = sets_of(found, (0, 1))
    first = np.unique(case.knowledge.pooled((0, 1)), return_index=True)[1]
    values = np.array((10, 40, 100))[case.space.profiles[first]]
    np.testing.assert_allclose(sets["gain"], (values.sum(axis=1) - 20) / 2, atol=1e-9)
    np.testing.assert_allclose(sets["seller_loss"], sets["gain"], atol=1e-9)  # the good is always sold, to the same
    np.testing.assert_allclose(sets["probability"], case.space.weights[first])
    whole = ring_of(found, (0, 1))
    assert whole["gain"] == pytest.approx(37 - 10)
    assert whole["gainers"] == "0+1"
    assert found.proof(1)
    assert not found.proof(2)
    best = found.best(2)
    assert (best.ring, best.information, best.gain) == ((0, 1), "0: 100 | 1=100; 1: 100 | 0=100", pytest.approx(90))
    assert best.reports == "0 says 10 and believes favourite-lowest; 1 says 10 and believes favourite-lowest"


def test_the_two_highest_in_a_second_price_auction_save_the_second_bid():
    """Bid suppression: the winner pays the third value, nobody loses, the loser gains nothing."""
    profiles = {(9, 7, 4): 0.25, (3, 9, 4): 0.25, (5, 2, 8): 0.25, (6, 5, 1): 0.25}
    case = table([(1, 3, 5, 6, 9), (2, 5, 7, 9), (1, 4, 8)], profiles, "complete")
    game = case.game("vickrey")
    found = coalitions(game, size=3)
    for ring in combinations(range(3), 2):
        (outsider,) = set(range(3)) - set(ring)
        sets = sets_of(found, ring)
        for state, profile in enumerate(case.profiles):
            cell = game.pool(ring).information[state]
            top, second, _ = sorted(profile, reverse=True)
            lowest = case.values[ring[0] if profile[ring[1]] == top else ring[1]][0]
            paid = max(profile[outsider], lowest)
            gain = second - paid if top in {profile[i] for i in ring} else 0
            assert sets["gain"][cell] == pytest.approx(max(0, gain))
        np.testing.assert_allclose(sets_of(found, ring, "no-loss")["gain"], sets["gain"])
        assert (sets_of(found, ring, "all-gain")["gain"] == 0).all()
        assert (sets["losers"] == "").all()
        whole = ring_of(found, ring)
        assert whole["seller_loss"] == pytest.approx(whole["gain"])
        assert whole["outsiders_gain"] == whole["risk"] == whole["loss_expost"] == 0
        # with one more member on board the ring could play the same
        assert ring_of(found, (0, 1, 2))["gain"] >= whole["gain"] + whole["outsiders_gain"] - 1e-9
    assert sets_of(found, (0, 1))["reports"][game.pool((0, 1)).information[0]] == "0 truthful; 1 says 2"


def test_in_l_the_lowest_numbered_informant_makes_the_price_and_a_later_one_can_only_spoil_it():
    """Players know all: 1's lie is believed; if 2 bids what 1 thinks impossible, the price is the second bid."""
    case = table([(1, 3, 5), (1, 2), (1, 2)], {(3, 1, 1): 0.5, (5, 1, 1): 0.5}, "complete")
    game = case.game("L", epsilon=0.03)
    found = coalitions(game)
    for ring, price, lost in [((0, 1), 1, 0.01), ((0, 2), 2, 0.01)]:
        gains = np.array([3 - price, 5 - price]) - lost
        assert (sets_of(found, ring)["gain"] >= gains - 1e-9).all()
        assert (sets_of(found, ring)["gain"] <= gains + 0.03).all()
        assert sets_of(found, ring)["risk"].max() <= 0.01 + 1e-12
    assert (sets_of(found, (1, 2))["gain"] <= 0.03).all()  # without the highest bidder: scores at most


@pytest.mark.parametrize(("name", "kind"), [("M", "complete"), ("M", "own-value"), ("L", "own-value")])
def test_gain_grows_with_the_stake_and_risk_does_not(name, kind):
    def make(factor):
        values = tuple(factor * v for v in (10, 40, 100))
        return iid(values, [0.5, 0.3, 0.2], 3 if name == "L" else 2, kind).game(name, epsilon=0.5, delta=0.02)

    found = stakes(make, [1, 10, 100], size=2)
    assert found["factor"].tolist() == [1, 10, 100]
    assert (found["mechanism"] == name).all()
    assert (found["epsilon"] == 0.5).all()
    assert (found["risk"] <= 0.5 + 1e-9).all()
    assert found["risk"][2] == pytest.approx(found["risk"][1])
    # 0.5 is all that rewards can make of the difference, and the lottery's discount less than delta
    np.testing.assert_allclose(found["gain"] / found["factor"], found["gain"][2] / 100, atol=0.55)
    np.testing.assert_allclose(found["seller_loss"] / found["factor"], found["seller_loss"][2] / 100, atol=0.55)
    assert (found["gain"] > 10 * found["factor"]).all()


def test_stakes_without_rewards_have_no_epsilon():
    found = stakes(lambda f: iid((f, 2 * f), [0.5, 0.5], 2).game("vickrey"), [1, 2], size=2)
    assert found["epsilon"].isna().all()
    np.testing.assert_allclose(found["gain"], [0.25, 0.5])  # both have 2, and one says 1


def test_one_player_alone_gains_nothing_in_m_and_l_and_what_she_can_in_l_as_printed():
    for seed in range(3):
        case = random_case(seed, 3, "graph", most=3)
        for name in ("M", "L"):
            found = coalitions(case.game(name, epsilon=0.2, delta=0.1), size=1)
            assert all(found.proof(1, notion=notion) for notion in NOTIONS)
            assert (found.members["belief_report"] == "truthful").all()
    game = iid((1, 2, 3), [1 / 3] * 3, 2).game("L-printed", epsilon=0.1, delta=0.05, conditioning="at-least")
    gain = coalitions(game, size=1).best(1).gain
    assert gain >= 0.2 / 9 - 0.05 / 12 - 1e-12  # by value alone
    assert gain == pytest.approx(deviations(game).max_gain)


def test_more_members_can_gain_less_in_one_information_set():
    """`insiders`: bidder 2's false value spoils the score of bidder 1, whose loss counts once she is a member."""
    found = coalitions(assemble(load("insiders")).game, size=3)
    table = found.by_size().query("notion == 'side-payments'")
    assert table["gain"].tolist()[0] == 0.0
    assert table["gain"].tolist()[1] > table["gain"].tolist()[2] > 137
    assert table["gain_mean"].is_monotonic_increasing


def test_ring_in_l_earns_more_than_its_strategy():
    """Collude's rings gain 15.715 a round; the best joint reports gain a little more."""
    found = coalitions(assemble(load("ring-in-l")).game)
    whole = ring_of(found, (0, 1))
    assert 15.715 < whole["gain"] < 15.715 + 0.5
    assert whole["risk"] <= 0.5


# --- what it costs


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_prices_of_any_scheme_by_the_oracle(seed):
    """Random reports of a ring in L: gains, losses, the seller and the outsiders, state by state and coin by coin."""
    case = random_case(seed, 3, "own-value", most=2, labelled=False)
    game = case.game("L", epsilon=0.3, delta=0.1)
    slow = case.oracle(epsilon=0.3, delta=0.1)
    ring, rng = (0, 2), np.random.default_rng(seed)
    pool, menus = game.pool(ring), belief_menus(game.mechanism, seed, 3)
    reports = game.truthful_play.reports.take(np.arange(len(game.space)))
    for i in ring:
        reports.values[:, i] = rng.integers(0, game.environment.shape[i], len(pool.types))[pool.information]
        reports.beliefs[:, i] = rng.choice(menus[i], len(pool.types))[pool.information]
    found = price_of(game, pool, reports, outlook(game, game.truthful_play.reports), tolerance=1e-12)

    def told(state, honest=()):
        truth = oracle.truthful_reports(slow, state)
        lies = [
            (case.values[i][v], money_belief(case, i, game.book[int(b)]))
            for i, (v, b) in enumerate(zip(reports.values[state], reports.beliefs[state], strict=True))
        ]
        return [(lies[i][0], truth[i][1]) if i in honest else lies[i] for i in range(3)]

    def worths(state, said):
        outcome = oracle.outcome_of(slow, "L", said)
        utility = [case.profiles[state][i] * win - pay + paid for i, (win, pay, paid) in enumerate(outcome)]
        return np.array([*utility, sum(pay - paid for _, pay, paid in outcome)], dtype=float)

    for cell in range(len(pool.types)):
        states = np.flatnonzero(pool.information == cell)
        weights = np.array(case.weights)[states]
        change = np.array([worths(s, told(s)) - worths(s, oracle.truthful_reports(slow, s)) for s in states])
        mean = weights @ change / weights.sum()
        assert found.probability[cell] == pytest.approx(weights.sum())
        np.testing.assert_allclose(found.gain[cell], mean[list(ring)], atol=1e-9)
        assert found.outsiders_gain[cell] == pytest.approx(mean[1], abs=1e-9)
        assert found.seller_loss[cell] == pytest.approx(-mean[3], abs=1e-9)
        np.testing.assert_allclose(found.loss_expost[cell], np.maximum(0, -change[:, list(ring)].min(0)), atol=1e-9)
        for m, i in enumerate(ring):  # i*'s coin is none here, so that the role is the outcome's own
            cost = max(worths(s, told(s, honest=(i,)))[i] - worths(s, told(s))[i] for s in states)
            assert found.risk[cell, m] == pytest.approx(max(0.0, cost), abs=1e-9)


def test_the_informant_of_m_risks_her_whole_score_once_she_is_drawn():
    """Sure of what is false she forgoes epsilon, though she informs only every other time."""
    game = table([(1, 5), (1, 5)], {(5, 5): 0.5, (1, 1): 0.5}, "complete").game("M", epsilon=0.4)
    state = int(np.flatnonzero(game.space.profiles[:, 0] == 1)[0])
    reports = game.truthful_play.reports.take(np.arange(2))
    reports.beliefs[state, 0] = reports.beliefs[1 - state, 0]
    pool, truth = game.pool((0, 1)), outlook(game, game.truthful_play.reports)
    price = price_of(game, pool, reports, truth, tolerance=1e-9)
    cell = pool.information[state]
    np.testing.assert_allclose(price.risk[cell], [0.4, 0.0])
    assert price.gain[cell, 0] == pytest.approx(-0.2)
    assert (price.risk[1 - cell] == 0).all()


def test_a_belief_that_is_not_asked_for_risks_nothing():
    """In L as printed i* is paid epsilon whatever she believes; the other is paid the score."""
    game = table([(5, 6), (1, 2)], {(6, 1): 0.5, (5, 2): 0.5}, "complete").game("L-printed", epsilon=0.4)
    reports = game.truthful_play.reports.take(np.arange(2))
    reports.beliefs[:] = reports.beliefs[::-1]
    truth = outlook(game, game.truthful_play.reports)
    price = price_of(game, game.pool((0, 1)), reports, truth, tolerance=1e-9)
    np.testing.assert_allclose(price.risk, [[0.0, 0.2], [0.0, 0.2]])


@pytest.mark.parametrize("name", ["M", "L", "L-printed"])
def test_beliefs_risk_at_most_epsilon(name):
    for seed in range(4):
        found = coalitions(random_case(seed, 3, "own-value", most=3).game(name, epsilon=0.2, delta=0.1))
        assert found.members["risk"].max() <= 0.2 + 1e-12
        assert (found.members["loss_expost"] >= -found.members["gain"] - 1e-9).all()
        assert (found.sets["gain"] >= 0).all()


def test_a_logarithmic_score_makes_lies_infinitely_dear_and_raises_no_alarm():
    game = iid((1, 2), [0.5, 0.5], 2, "complete").game("L", epsilon=0.2, delta=0.1, score="logarithmic")
    found = coalitions(game)
    assert np.isfinite(found.sets["gain"]).all()
    assert np.isfinite(found.sets["loss_expost"]).all()


# --- tables and errors


def test_tables_have_the_columns_that_are_written_down():
    found = coalitions(iid((1, 2), [0.5, 0.5], 2).game("L", epsilon=0.1, delta=0.1))
    text = " ".join(type(found).__doc__.split())
    for frame in (found.members, found.sets, found.rings):
        assert f"``{', '.join(frame.columns)}``" in text
        assert frame.notna().all().all()
    assert f"``{', '.join(found.by_size().columns)}``" in " ".join(type(found).by_size.__doc__.split())
    for ring, rows in found.sets.groupby(["ring", "notion"]):
        assert rows["probability"].sum() == pytest.approx(1.0)
        whole = ring_of(found, [int(i) for i in ring[0].split("+")], ring[1])
        assert whole["gain"] == pytest.approx(rows["probability"] @ rows["gain"])
        assert whole["gain_max"] == rows["gain"].max()
    together = found.members.groupby(["ring", "notion", "information"])["gain"].sum()
    alone = found.sets.set_index(["ring", "notion", "information"])["gain"]
    np.testing.assert_allclose(together.reindex(alone.index), alone, atol=1e-12)


def test_what_does_not_fit_is_refused_with_what_would():
    game = iid((1, 2, 3), [1 / 3] * 3, 3).game("L", epsilon=0.1)
    with pytest.raises(ValueError, match=r"\[0, 1\].*limit is 2,000\).*menus of \d+ beliefs.* or rings of 1 would fit"):
        coalitions(game, memory=2_000)
    with pytest.raises(ValueError, match=r"ring \[0\].*nothing would fit"):
        coalitions(game, memory=8)
    menus = menus_of(game, (0, 1), 0)
    fits = sum(8 * t.size for ts in utility_tables(game, (0, 1), menus, np.zeros(1, int), np.ones(1)) for t in ts)
    check_fit(game, (0, 1), menus, fits)
    with pytest.raises(ValueError, match=f"needs {fits:,} bytes"):
        check_fit(game, (0, 1), menus, fits - 1)


def test_a_search_that_would_not_end_is_refused(monkeypatch):
    monkeypatch.setattr(coalition_search, "SEARCHED", 100)
    with pytest.raises(ValueError, match=r"\[0, 1\].*\(at most 100\).*rings of 1 would fit"):
        coalitions(iid((1, 2, 3), [1 / 3] * 3, 2).game("M", epsilon=0.1))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda game: coalitions(game, size=0), r"1 to 2 members, not 0"),
        (lambda game: coalitions(game, size=3), r"1 to 2 members, not 3"),
        (lambda game: coalitions(game, size=1).proof(2), r"sizes \[1\].*\[1, 2\]"),
        (lambda game: coalitions(game, size=1).proof(0), r"sizes \[1\].*\[\]"),
        (lambda game: coalitions(game, size=1).best(1, notion="love"), r"'love'.*side-payments"),
        (lambda game: best_schemes([[np.array([-np.inf, 0.0])]], tolerance=0.0), r"-inf"),
    ],
)
def test_errors_show_what_is_wrong(act, message):
    with pytest.raises(ValueError, match=message):
        act(iid((1, 2), [0.5, 0.5], 2).game("vickrey"))


def test_menus_hold_distinct_reports_with_the_truth_first():
    case = table([(1, 3, 5), (1, 4), (1, 2)], {(5, 4, 2): 0.5, (5, 1, 2): 0.5}, "own-value")
    game = case.game("L", epsilon=0.1)
    menu = menus_of(game, (0, 1), 1)[1]  # player 1 has 4, and lies about 0's 5
    assert menu.values.tolist() == [1, 0]
    assert menu.names[:3] == ("truthful", "favourite-lowest", "all-lowest")
    assert menu.beliefs[0] == game.seats[1].posteriors[game.seats[1].types.tolist().index(1)]
    assert len(set(menu.beliefs.tolist())) == len(menu.beliefs) == len(set(menu.names))
    assert game.book[int(menu.beliefs[menu.names.index("0 has 3")])].atoms.tolist() == [[1, 1]]
    assert MECHANISMS["vickrey"].elicits_beliefs is False
    assert menus_of(case.game("vickrey"), (0, 1), 0)[0].names == ("truthful",)


def test_reports_are_data_of_the_game_and_stay_as_they_are():
    game = random_case(1, 3, "own-value", most=2).game("L", epsilon=0.1, delta=0.1)
    before = game.truthful_play.reports
    kept = Reports(before.values.copy(), before.beliefs.copy())
    coalitions(game, size=3)
    np.testing.assert_array_equal(before.values, kept.values)
    np.testing.assert_array_equal(before.beliefs, kept.beliefs)
