"""Claims about the tools: scores, truthful auctions, Lemma 1's lottery, AGG."""

from __future__ import annotations

from itertools import product
from math import inf

import numpy as np

from agents.strategies import belief_menu
from analysis.claims.claim import Claim
from analysis.claims.domain import plain_states, servable
from analysis.claims.generate import (
    affiliated,
    common_value,
    correlated,
    iid_values,
    independent_values,
    insiders,
    signalled,
    symmetric_values,
)
from analysis.claims.generate_goods import some_bundles, two_goods
from analysis.claims.instance import Instance
from analysis.claims.measures import full_belief, separation, value_loss
from mechanisms.beliefs import Joint, independent
from mechanisms.environment import full_grid
from mechanisms.scoring import brier

ONE_GOOD = (independent_values, iid_values, correlated, affiliated, common_value, symmetric_values)


def _beliefs(instance: Instance) -> list[tuple[Joint, list[Joint]]]:
    """Return every posterior, each with the other beliefs that its owner might announce."""
    found = []
    for seat in instance.game("L").seats:
        menu = belief_menu(seat, other_types=4).values()
        for cell, told in enumerate(seat.posteriors):
            ids = {int(table[cell, seat.types[cell]]) for table in menu}
            truth = seat.book[int(told)].table
            others = [seat.book[k].table for k in sorted(ids)]
            found.append((truth, [lie for lie in others if _apart(truth, lie)]))
    return found


def _apart(truth: Joint, lie: Joint) -> bool:
    """Return whether a lie is more than next to the truth."""
    points = full_grid(truth.shape)
    return float(np.square(truth.prob(points) - lie.prob(points)).sum()) >= 1e-3


def _scores(belief: Joint) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    points = full_grid(belief.shape)
    return brier(belief.prob(points), np.full(len(points), belief.squared_norm))


def brier_range(instance: Instance) -> float:
    """Return how far Brier scores keep inside [-2, 0]."""
    slack = inf
    for truth, lies in _beliefs(instance):
        for belief in (truth, *lies):
            scores = _scores(belief)
            slack = min(slack, float((scores + 2.0).min()), float(-scores.max()))
    return slack


def brier_proper(instance: Instance) -> float:
    """Return the least expected loss of score from announcing another belief."""
    slack = inf
    for truth, lies in _beliefs(instance):
        odds = truth.prob(full_grid(truth.shape))
        slack = min([slack, *(float(odds @ (_scores(truth) - _scores(lie))) for lie in lies)])
    return slack


def norm_identity(instance: Instance) -> float:
    """Return minus the error of the factored norm of a mixture of products, against the whole table."""
    types = np.array(instance.states)
    parts, shares = [], []
    for kind in np.unique(types[:, 0]):
        rows = types[:, 0] == kind
        mass = float(instance.weights[rows].sum())
        shares.append(mass)
        parts.append(
            [np.bincount(types[rows, i], instance.weights[rows] / mass, n) for i, n in enumerate(_shape(instance))]
        )
    table = sum(s * independent(part).prob(full_grid(_shape(instance))) for s, part in zip(shares, parts, strict=True))
    factored = sum(
        shares[s] * shares[t] * np.prod([a @ b for a, b in zip(parts[s], parts[t], strict=True)])
        for s, t in product(range(len(shares)), repeat=2)
    )
    return -abs(float(np.square(table).sum()) - float(factored))


def _shape(instance: Instance) -> tuple[int, ...]:
    return instance.environment.shape


def printed_lottery(instance: Instance) -> float:
    """Return the revenue of Lemma 1's lottery as printed: any subset of goods, any worth as price, zero among them."""
    worth = [np.column_stack([np.zeros(len(t), dtype=np.int64), np.array(t)]) for t in instance.worths]
    prices = np.unique(np.concatenate([table.ravel() for table in worth]))
    types = np.array(instance.states)
    total = 0.0
    for i, table in enumerate(worth):
        bought = table[types[:, i]][:, :, None] >= prices
        total += float(instance.weights @ (bought * (prices - instance.discount)).mean(axis=(1, 2)))
    return total / instance.players


def _strict_rivals(instance: Instance) -> list[str]:
    return ["optimal", *(["vickrey", "lookahead"] if instance.one_good else [])]


def lottery_revenue(instance: Instance) -> float:
    """Return the least of Rev(M') - (1 - delta) Rev(M), M being the optimal auction, Vickrey and lookahead."""
    return min(
        instance.revenue(kind, delta=instance.delta).prices - (1.0 - instance.delta) * instance.revenue(kind).prices
        for kind in _strict_rivals(instance)
    )


def lottery_strictness(instance: Instance) -> float:
    """Return the least loss from any lie, made strict, whatever the others announce."""
    nothing = [np.zeros(1, dtype=np.int64)] * instance.players
    rivals = (instance.mechanism(kind, delta=instance.delta) for kind in _strict_rivals(instance))
    return min(value_loss(rival, nothing) for rival in rivals)


def classical_truth(instance: Instance) -> float:
    """Return the least loss from any lie in Vickrey and lookahead, both ways of conditioning, no lottery."""
    nothing = [np.zeros(1, dtype=np.int64)] * instance.players
    rivals = [instance.mechanism("vickrey")]
    rivals += [instance.mechanism("lookahead", conditioning=form) for form in ("chosen", "at-least")]
    return min(value_loss(rival, nothing) for rival in rivals)


def sometimes_strict(instance: Instance) -> float:
    """Return the least over lies of the most that the lie can cost, in Vickrey and in lookahead."""
    return min(separation(instance.mechanism(kind)) for kind in ("vickrey", "lookahead"))


def sometimes_strict_made(instance: Instance) -> float:
    """Return the same once Lemma 1's lottery is added."""
    return min(separation(instance.mechanism(kind, delta=instance.delta)) for kind in ("vickrey", "lookahead"))


def aggregation_choice(instance: Instance) -> float:
    """Return minus the largest difference that the choice of j' makes to AGG of truthful reports."""
    game = instance.game("L")
    worst = 0.0
    for s, types in enumerate(instance.states):
        tables = []
        for seat in game.seats:
            belief = seat.posterior(int(seat.information[s])).table
            tables.append(full_belief(belief, seat.index, types[seat.index], seat.menu_size))
        for star in range(instance.players):
            kept = [table for j, table in enumerate(tables) if j != star]
            common = set.intersection(*map(set, kept))
            agreed = [{v: t[v] / sum(t[w] for w in common) for v in common} for t in kept]
            worst = max([worst, *(abs(agreed[0][v] - other[v]) for other in agreed for v in common)])
    return -worst


CLAIMS = (
    Claim(
        "brier-range",
        "Brier's score lies between -2 and 0.",
        "section 2.5",
        ONE_GOOD,
        brier_range,
        "holds",
        options={"score": "brier"},
    ),
    Claim(
        "brier-proper",
        "Announcing one's true belief maximises the expected Brier score, and nothing else does.",
        "section 2.5",
        ONE_GOOD,
        brier_proper,
        "holds",
        strict=True,
    ),
    Claim(
        "brier-norm",
        "The norm of a mixture of products is a sum of products of inner products: the joint table is not needed.",
        "section 3, remarks",
        ONE_GOOD,
        norm_identity,
        "holds beyond the paper",
        form="beyond",
    ),
    Claim(
        "lemma-1-revenue",
        "The lottery, its prices being all worths and so zero too, loses nothing: Rev(M') >= (1 - delta) Rev(M).",
        "Lemma 1",
        (*ONE_GOOD, two_goods),
        lambda instance: instance.delta * printed_lottery(instance),
        "fails as printed",
        mechanism="optimal",
        options={"strict": True},
    ),
    Claim(
        "lemma-1-revenue-repaired",
        "With positive prices only, Rev(M') >= (1 - delta) Rev(M).",
        "Lemma 1",
        (*ONE_GOOD, two_goods),
        lottery_revenue,
        "holds as repaired",
        form="repaired",
        mechanism="optimal",
        options={"strict": True},
    ),
    Claim(
        "lemma-1-strictness",
        "In a downward-closed environment the lottery makes truth strictly dominant.",
        "Lemma 1",
        (some_bundles, two_goods, correlated),
        lottery_strictness,
        "fails as printed",
        strict=True,
        mechanism="optimal",
        options={"strict": True},
    ),
    Claim(
        "lemma-1-strictness-repaired",
        "So it does where any two types of a player differ in a bundle that some feasible assignment gives her.",
        "Lemma 1",
        (*ONE_GOOD, two_goods, some_bundles),
        lottery_strictness,
        "holds as repaired",
        form="repaired",
        strict=True,
        domain=(servable,),
        mechanism="optimal",
        options={"strict": True},
    ),
    Claim(
        "lookahead-truthful",
        "In Vickrey's auction and in lookahead, priced either way, no lie ever gains.",
        "section 4.2",
        ONE_GOOD,
        classical_truth,
        "holds",
        mechanism="lookahead",
    ),
    Claim(
        "definition-5",
        "In Vickrey's auction and in lookahead every lie costs something against some announcement of the others.",
        "Definition 5",
        ONE_GOOD,
        sometimes_strict,
        "fails as printed",
        strict=True,
        mechanism="vickrey",
    ),
    Claim(
        "definition-5-repaired",
        "Made strict by Lemma 1, they are dominant-strategy truthful to the letter of Definition 5.",
        "Definition 5",
        ONE_GOOD,
        sometimes_strict_made,
        "holds as repaired",
        form="repaired",
        strict=True,
        mechanism="vickrey",
        options={"strict": True},
    ),
    Claim(
        "agg-any-informant",
        "AGG of true knowledge is the same whichever player's report is conditioned.",
        "section 4.1",
        ONE_GOOD,
        aggregation_choice,
        "holds",
        domain=(plain_states,),
    ),
    Claim(
        "agg-noisy-signals",
        "The same where players see noisy signals, so that a posterior is not D given an event of profiles.",
        "beyond section 4.1",
        (signalled, insiders),
        aggregation_choice,
        "fails beyond the paper",
        form="beyond",
    ),
)
