"""All pure Bayes-Nash equilibria of the induced game on its menus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from agents.agent_form import AgentForm
from agents.agent_types import AgentTypes, agent_types
from agents.induced import Induced
from agents.plan import Plan
from analysis.equilibrium.conditional import Left, strike
from analysis.equilibrium.pure_search import Search, dynamics
from analysis.revenue import revenue_of
from mechanisms.environment import BoolArray, IntArray

SUMMARY = ["equilibrium", "revenue", "prices", "rewards", "truthful_share", "strict", "profiles"]
COLUMNS = ["equilibrium", "seat", "type", "report", "truthful", "equivalent"]


@dataclass(frozen=True, eq=False)
class PureProfiles:
    """Pure equilibria of a game among types.

    Attributes
    ----------
    chosen : per equilibrium, per seat ``(cells,)`` reports of the form.
    exhaustive : whether these are all; if not, they are what the search saw and what best replies reached.
    """

    chosen: tuple[tuple[IntArray, ...], ...]
    exhaustive: bool


def find_pure(
    form: AgentForm,
    *,
    alive: Sequence[BoolArray] | None = None,
    limit: int = 1_000_000,
    most: int = 500,
    starts: int = 200,
    rng: np.random.Generator | None = None,
) -> PureProfiles:
    """Return the pure equilibria of a game among types: all of them, where `limit` and `most` suffice.

    Parameters
    ----------
    alive : per seat ``(cells, reports)``, the reports that a profile may hold; deviations are to any report.
    limit : how many profiles may be examined.
    most : how many equilibria are kept.
    starts, rng : number of random starts of best-reply dynamics where the search is cut short, and their stream
        (seeded with 1 unless given).
    """
    space = tuple(form.everything() if alive is None else alive)
    left = strike(form, Left(space, form.everything()))
    search = Search(form, limit, most)
    search.run(left)
    found = search.found[:most]
    if not search.complete:
        rng = np.random.default_rng(1) if rng is None else rng
        known = {_key(chosen) for chosen in found}
        reached = dynamics(form, left.alive, rng, starts=starts)
        found = (found + [chosen for chosen in reached if _key(chosen) not in known])[:most]
    found.sort(key=lambda chosen: np.concatenate(chosen).tolist())
    return PureProfiles(tuple(map(tuple, found)), search.complete)


def _key(chosen: Sequence[IntArray]) -> bytes:
    return np.concatenate(list(chosen)).tobytes()


@dataclass(frozen=True, eq=False)
class PureEquilibria:
    """Pure Bayes-Nash equilibria of an induced game, reports that no payoff tells apart being one.

    Attributes
    ----------
    chosen : per equilibrium, per seat ``(cells,)`` reports of the form.
    exhaustive : whether these are all on the menus.
    """

    types: AgentTypes
    chosen: tuple[tuple[IntArray, ...], ...]
    exhaustive: bool

    def __len__(self) -> int:
        return len(self.chosen)

    def plans(self, number: int) -> tuple[Plan, ...]:
        """Return the plans of an equilibrium; of equivalent reports the truth is told, or the first."""
        return self.types.plans(self.chosen[number])

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per equilibrium, seat and type: what is reported, and how many reports of the menu are equivalent.

        `truthful` says whether the truth is one of these.
        """
        types = self.types
        rows = [
            (
                k,
                i,
                types.type_name(i, c),
                types.name(i, c, place),
                place == types.truth[i][c],
                types.form.counts[i][place],
            )
            for k, chosen in enumerate(self.chosen)
            for i, mine in enumerate(chosen)
            for c, place in enumerate(mine.tolist())
        ]
        return pd.DataFrame(rows, columns=COLUMNS)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """A row an equilibrium.

        Revenue is exact and under D, prices less rewards; `truthful_share` is the share of types that tell the truth or
        something equivalent; `strict` says whether every type loses by every report that is not equivalent to hers;
        `profiles` counts the profiles of the menus that it stands for.
        """
        return pd.DataFrame([self._figures(k) for k in range(len(self))], columns=SUMMARY)

    def _figures(self, number: int) -> tuple[object, ...]:
        chosen, form = self.chosen[number], self.types.form
        revenue = revenue_of(self.types.induced.game, self.plans(number))
        honest = [place == truth for place, truth in zip(chosen, self.types.truth, strict=True)]
        profiles = 1.0
        for place, count in zip(chosen, form.counts, strict=True):
            profiles *= float(np.prod(count[place], dtype=float))
        share = float(np.concatenate(honest).mean())
        return number, revenue.total, revenue.prices, revenue.rewards, share, is_strict(form, chosen), profiles


def is_strict(form: AgentForm, chosen: Sequence[IntArray]) -> bool:
    """Return whether every type loses, by more than rounding, with any other report."""
    worth = form.utilities(form.pure(chosen))
    best = [u >= u.max(axis=1, keepdims=True) - form.tolerance for u in worth]
    return all(bool((mask.sum(axis=1) == 1).all()) for mask in best)


def pure_equilibria(
    induced: Induced | AgentTypes,
    *,
    candidates: Sequence[BoolArray] | None = None,
    limit: int = 1_000_000,
    most: int = 500,
    starts: int = 200,
    rng: np.random.Generator | None = None,
) -> PureEquilibria:
    """Return the pure Bayes-Nash equilibria on the menus.

    Parameters
    ----------
    candidates : per seat ``(types, reports of the menu)``, the reports to search, such as the survivors of iterated
        elimination; all unless given. Whether nobody gains is judged by the whole menu in any case.
    limit, most, starts, rng : as in `find_pure`.
    """
    types = agent_types(induced) if isinstance(induced, Induced) else induced
    alive = types.among(candidates)
    found = find_pure(types.form, alive=alive, limit=limit, most=most, starts=starts, rng=rng)
    return PureEquilibria(types, found.chosen, found.exhaustive)
