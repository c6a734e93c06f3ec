"""A second, slow and plain implementation of the exact figures, for tests to compare with.

Profiles are tuples of values, distributions are dicts from profile to probability, and expectations are
sums over every state and every coin. Probabilities may be floats or Fractions; with Fractions everything
but the linear programs is exact.

Conventions: a label names a cell of one player; a report is a pair (value, belief), the belief being a
dict over the others' profiles in the order of the players; among equally good prices the lowest counts
(within NEAR). An outcome is one triple (chance to win, expected payment, expected reward) per player.

M's own prices depend on which optimal rule is found, so compare its truthful revenue and signs of gains;
the utilities of the other mechanisms are unique.

The programs look for payments of at least zero only. Nothing is lost: if a type is paid c, every type of
that player can have c by imitation, so all of her payments can be raised by c together.
"""

from fractions import Fraction
from functools import cache
from itertools import product
from typing import NamedTuple

from scipy.optimize import linprog
from scipy.sparse import coo_matrix

NEAR = 1e-12


class Game(NamedTuple):
    """A single good: values per player, states (profile, probability), and one tuple of labels per state.

    The conditioning is that of every lookahead price, "chosen" (i is i*) or "at-least" (i bids the highest).
    """

    values: list
    states: list
    cells: list
    epsilon: object = 0
    delta: object = 0
    discount: object = Fraction(1, 2)
    ties: str = "lowest-index"
    conditioning: str = "chosen"


# --- profiles, distributions, knowledge


def without(profile, i):
    """Return the profile with player i left out."""
    return (*profile[:i], *profile[i + 1 :])


def insert(others, i, value):
    """Return the full profile in which player i has the value and the rest is others."""
    return (*others[:i], value, *others[i:])


def normalise(weights):
    """Scale positive weights to sum to one, leaving out the zeros."""
    total = sum(weights.values())
    return {key: weight / total for key, weight in weights.items() if weight > 0}


def gather(pairs):
    """Add up the weights of equal keys."""
    weights = {}
    for key, weight in pairs:
        weights[key] = weights.get(key, 0) + weight
    return weights


def graph_cells(states, edges):
    """Return the cells of players i who know their own value and that of j for every edge (i, j)."""
    n, known = len(states[0][0]), {tuple(edge) for edge in edges}
    seen = [[j for j in range(n) if j == i or (i, j) in known] for i in range(n)]
    return [tuple(tuple(profile[j] for j in seen[i]) for i in range(n)) for profile, _ in states]


def posterior(states, cells, i, label):
    """Return what player i believes about the others in this cell."""
    inside = [state for state, labels in zip(states, cells, strict=True) if labels[i] == label]
    return normalise(gather((without(profile, i), prob) for profile, prob in inside))


def truthful_reports(game, s):
    """Return everybody's true value and plain posterior in state number s."""
    profile, labels = game.states[s][0], game.cells[s]
    return [(v, posterior(game.states, game.cells, i, labels[i])) for i, v in enumerate(profile)]


def chosen(bids, ties):
    """Return each highest bidder's chance of being i*."""
    highest = [i for i, bid in enumerate(bids) if bid == max(bids)]
    if ties == "lowest-index":
        return {highest[0]: 1}
    if ties == "uniform":
        return {i: Fraction(1, len(highest)) for i in highest}
    raise ValueError(f"unknown rule for ties: {ties!r}")


def role_aware_posterior(game, j, label, announced_value):
    """Return j's belief about the others given that she is not i*, the others announcing true values."""
    weights = {}
    for others, prob in posterior(game.states, game.cells, j, label).items():
        mine = chosen(insert(others, j, announced_value), game.ties).get(j, 0)
        weights[others] = prob * (1 - mine)
    return normalise(weights) if sum(weights.values()) > 0 else posterior(game.states, game.cells, j, label)


# --- scores


def brier(belief, realised):
    """Return 2 F(w) - |F|^2 - 1."""
    return 2 * belief.get(realised, 0) - sum(prob * prob for prob in belief.values()) - 1


def reward(mech, epsilon, n, belief, realised, is_star=False):
    """Return what one scored player is paid: M's informant, or a player of L or L-printed."""
    if mech == "L-printed" and is_star:
        return epsilon
    return epsilon * Fraction(1, 2 if mech == "M" else 2 * n) * (2 + brier(belief, realised))


# --- linear programs


def maximise(objective, at_most, equal=()):
    """Solve a program over named variables of at least zero; rows are (dict of coefficients, bound)."""
    names = list({name: None for row in [objective, *(r for r, _ in [*at_most, *equal])] for name in row})
    column = {name: k for k, name in enumerate(names)}

    def matrix(rows):
        if not rows:
            return None, None
        entries = [(r, column[name], c) for r, (row, _) in enumerate(rows) for name, c in row.items()]
        row_of, column_of, value = zip(*entries, strict=True)
        table = coo_matrix((list(map(float, value)), (row_of, column_of)), (len(rows), len(names)))
        return table, [float(bound) for _, bound in rows]

    (a_ub, b_ub), (a_eq, b_eq) = matrix(at_most), matrix(equal)
    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    cost = [-float(objective.get(name, 0)) for name in names]
    answer = linprog(cost, a_ub, b_ub, a_eq, b_eq, (0, None), method="highs", options=tight)
    if answer.status == 2:
        return None, {}
    if answer.status != 0:
        raise ArithmeticError(answer.message)
    return -answer.fun, dict(zip(names, map(float, answer.x), strict=True))


def optimal_rule(worth, allocations, dist):
    """Solve for the best DST, ex-post IR lottery rule: variables ("x", v, a) and ("p", v, i)."""
    grid = list(product(*(range(len(table)) for table in worth)))

    def utility_terms(i, true_type, v):
        terms = {("x", v, a): worth[i][true_type][bundles[i]] for a, bundles in enumerate(allocations)}
        return terms | {("p", v, i): -1}

    objective = {("p", v, i): dist.get(v, 0) for v in grid for i in range(len(worth))}
    equal = [({("x", v, a): 1 for a in range(len(allocations))}, 1) for v in grid]
    at_most = []
    for v in grid:
        for i in range(len(worth)):
            truth = {name: -c for name, c in utility_terms(i, v[i], v).items()}
            at_most.append((truth, 0))
            for lie in range(len(worth[i])):
                if lie != v[i]:
                    at_most.append((truth | utility_terms(i, v[i], insert(without(v, i), i, lie)), 0))
    return maximise(objective, at_most, equal)


def opt_assignment(worth, allocations, dist):
    """Return OPT: worth[i][type][bundle], allocations as tuples of bundles, dist over tuples of types."""
    return optimal_rule(worth, allocations, dist)[0]


@cache
def single_good_rule(values, dist):
    """Return the optimal revenue and, by profile, the optimal (win, pay, 0) of each player."""
    n = len(values)
    index = [{value: k for k, value in enumerate(row)} for row in values]
    worth = [[(0, value) for value in row] for row in values]
    allocations = [tuple(int(i == winner) for i in range(n)) for winner in (None, *range(n))]
    types = {tuple(index[i][v[i]] for i in range(n)): prob for v, prob in dist}
    revenue, solution = optimal_rule(worth, allocations, types)
    rule = {}
    for t in product(*(range(len(row)) for row in values)):
        v = tuple(values[i][t[i]] for i in range(n))
        rule[v] = [(solution[("x", t, i + 1)], solution[("p", t, i)], 0) for i in range(n)]
    return revenue, rule


def opt(values, dist):
    """Return OPT for a single good."""
    return single_good_rule(tuple(map(tuple, values)), tuple(sorted(dist.items())))[0]


def brute_force_deterministic(worth, allocations, dist):
    """Return the best revenue of a deterministic DST, ex-post IR rule, trying every rule on the grid."""
    grid = list(product(*(range(len(table)) for table in worth)))

    @cache
    def best_payments(i, others, bundles):
        """Return player i's best expected payment, bundles[t] going to type t; None if not truthful."""
        objective, rows = {t: dist.get(insert(others, i, t), 0) for t in range(len(bundles))}, []
        for t, mine in enumerate(bundles):
            rows.append(({t: 1}, worth[i][t][mine]))
            for lie, other in enumerate(bundles):
                if lie != t:
                    rows.append(({t: 1, lie: -1}, worth[i][t][mine] - worth[i][t][other]))
        return maximise(objective, rows)[0]

    best = 0
    for choice in product(allocations, repeat=len(grid)):
        rule, parts = dict(zip(grid, choice, strict=True)), []
        for i, table in enumerate(worth):
            for others in sorted({without(v, i) for v in grid}):
                bundles = tuple(rule[insert(others, i, t)][i] for t in range(len(table)))
                parts.append(best_payments(i, others, bundles))
        if None not in parts:
            best = max(best, sum(parts))
    return best


# --- classical rules: outcomes for given bids


def second_price(bids, i):
    """Return the highest bid of the others."""
    return max(without(bids, i), default=0)


def lookahead_price(game, dist, i, bids):
    """Return i's price given the others' bids, or the second price if the event has probability zero."""
    weights = {}
    for v, prob in dist.items():
        if without(v, i) == without(bids, i):
            event = {"chosen": chosen(v, game.ties).get(i, 0), "at-least": int(v[i] == max(v))}
            weights[v[i]] = prob * event[game.conditioning]
    total = sum(weights.values())
    if total == 0:
        return second_price(bids, i)
    revenue = {p: p * sum(w for value, w in weights.items() if value >= p) / total for p in game.values[i]}
    return min(p for p in game.values[i] if revenue[p] >= max(revenue.values()) - NEAR)


def sell_at(bids, ties, price):
    """Return the outcome of offering the good to i* at price(i*)."""
    outcome = [(0, 0, 0) for _ in bids]
    for i, chance in chosen(bids, ties).items():
        if bids[i] >= price(i):
            outcome[i] = (chance, chance * price(i), 0)
    return outcome


def lottery(values, bids, discount):
    """Return the outcome of Lemma 1's lottery: uniform player, uniform price, sold at a discount."""
    prices = sorted(set().union(*values))
    each = Fraction(1, len(bids) * len(prices))
    accepted = [[p for p in prices if bid >= p] for bid in bids]
    return [(each * len(ps), each * (sum(ps) - discount * len(ps)), 0) for ps in accepted]


def weighted(parts):
    """Return the mean outcome of (probability, outcome) pairs."""
    parts = list(parts)
    players = range(len(parts[0][1]))
    return [tuple(sum(w * outcome[i][k] for w, outcome in parts) for k in range(3)) for i in players]


# --- the crowdsourced mechanisms: outcomes for given reports


def aggregate(star, reports):
    """Return AGG(i*, F_-i*) over full profiles, each informant's own announced value being certain."""
    full = {}
    for j, (value, belief) in enumerate(reports):
        if j != star:
            full[j] = {insert(others, j, value): prob for others, prob in belief.items() if prob > 0}
    first = full[min(full)]
    common = set.intersection(*(set(dist) for dist in full.values()))
    return normalise({v: prob for v, prob in first.items() if v in common}) if common else first


def informant_outcome(game, reports, i, delta):
    """Return the outcome of M once player i is the informant."""
    belief, bids = reports[i][1], without([value for value, _ in reports], i)
    values = without(tuple(map(tuple, game.values)), i)
    rule = single_good_rule(values, tuple(sorted(belief.items())))[1]
    sold = weighted([(1 - delta, rule[bids]), (delta, lottery(values, bids, game.discount))])
    return insert(sold, i, (0, 0, reward("M", game.epsilon, len(reports), belief, bids)))


def star_outcome(game, mech, reports, star, delta):
    """Return the outcome of L or L-printed once i* is chosen; the lottery serves everybody."""
    bids = tuple(value for value, _ in reports)
    price = lookahead_price(game, aggregate(star, reports), star, bids)
    sale = [(1, price, 0) if i == star and bid >= price else (0, 0, 0) for i, bid in enumerate(bids)]
    sold = weighted([(1 - delta, sale), (delta, lottery(game.values, bids, game.discount))])
    for j, (_, belief) in enumerate(reports):
        paid = reward(mech, game.epsilon, len(bids), belief, without(bids, j), j == star)
        sold[j] = (*sold[j][:2], paid)
    return sold


def unanimity_outcome(game, reports, delta):
    """Return the outcome of the unanimity mechanism, beliefs being over full profiles and the fine the top value."""
    bids, (first, *rest) = tuple(value for value, _ in reports), [belief for _, belief in reports]
    if any(belief != first for belief in rest):
        return [(0, 0, -max(map(max, game.values)))] * len(bids)
    rule = single_good_rule(tuple(map(tuple, game.values)), tuple(sorted(first.items())))[1]
    return weighted([(1 - delta, rule[bids]), (delta, lottery(game.values, bids, game.discount))])


def outcome_of(game, mech, reports, delta=None):
    """Return the outcome of any of the mechanisms in expectation over its coins."""
    bids, n = tuple(value for value, _ in reports), len(reports)
    delta = game.delta if delta is None else delta
    if mech == "vickrey":
        return sell_at(bids, game.ties, lambda i: second_price(bids, i))
    if mech == "lookahead":
        return sell_at(bids, game.ties, lambda i: lookahead_price(game, gather(game.states), i, bids))
    if mech == "first-price":
        return sell_at(bids, game.ties, lambda i: bids[i])
    if mech == "unanimity":
        return unanimity_outcome(game, reports, delta)
    if mech == "M":
        return weighted((Fraction(1, n), informant_outcome(game, reports, i, delta)) for i in range(n))
    if mech in ("L", "L-printed"):
        roles = chosen(bids, game.ties).items()
        return weighted((chance, star_outcome(game, mech, reports, i, delta)) for i, chance in roles)
    raise ValueError(f"unknown mechanism: {mech!r}")


# --- truthful figures and deviations


def figures(game, mech, delta=None):
    """Return the truthful revenue from prices and the rewards paid out."""
    prices = rewards = 0
    for s, (_, prob) in enumerate(game.states):
        outcome = outcome_of(game, mech, truthful_reports(game, s), delta)
        prices += prob * sum(pay for _, pay, _ in outcome)
        rewards += prob * sum(paid for _, _, paid in outcome)
    return {"prices": prices, "rewards": rewards}


def vickrey(game):
    """Return the truthful revenue of the second-price auction."""
    return figures(game, "vickrey")["prices"]


def lookahead(game, conditioning="chosen"):
    """Return the truthful revenue of 1-lookahead with the true D."""
    return figures(game._replace(conditioning=conditioning), "lookahead")["prices"]


def m_figures(game):
    """Return M's truthful prices without the lottery and with it, and its rewards."""
    return {"prices_delta0": figures(game, "M", 0)["prices"], **figures(game, "M")}


def l_figures(game, printed):
    """Return the truthful prices and rewards of L, as printed or repaired."""
    return figures(game, "L-printed" if printed else "L")


def utility(game, mech, profile, reports, j):
    """Return j's expected utility over the coins: true values in profile, announced values in reports."""
    win, pay, paid = outcome_of(game, mech, reports)[j]
    return profile[j] * win - pay + paid


def interim_gain(game, mech, j, label, value_report, belief_report):
    """Return what j's report gains in this cell over her true value and plain posterior, others truthful."""
    gain = weight = 0
    for s, (profile, prob) in enumerate(game.states):
        if game.cells[s][j] == label:
            truth = truthful_reports(game, s)
            report = insert(without(truth, j), j, (value_report, belief_report))
            gain += prob * (utility(game, mech, profile, report, j) - utility(game, mech, profile, truth, j))
            weight += prob
    return gain / weight
