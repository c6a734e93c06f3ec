"""Knowledge over a prior whose profiles are too many to list: a `Product` or a `Mixture` of some.

What a player sees is told player by player, so every cell is a box of profiles (one for each component that she
cannot rule out), and her posterior is again a product or a mixture. Under a product it does not depend on her own
type; under a mixture that changes the weights of the components alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from agents.cells import Cells, Digit, digit
from agents.nature import Drawn
from agents.sights import Sights, counted, state_name
from mechanisms.beliefs import Mixture, Product, Uniforms
from mechanisms.environment import BoolArray, Environment, FloatArray, IntArray

CELLS_OF_ONE = 200_000
CELLS_OF_ALL = 2_000_000
FACTORS = 50_000_000


@dataclass(frozen=True, eq=False)
class FactoredSpace:
    """What nature draws from when its states are not listed: a component of the prior, and a profile.

    Attributes
    ----------
    prior : D.
    labels : the common state that each component of a mixture stands for, which insiders may see; None where a
        component is no more than a part of a formula.
    """

    prior: Product | Mixture
    labels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.labels is None:
            return
        if isinstance(self.prior, Product):
            raise ValueError(f"a product has no components that {list(self.labels)} could name")
        if len(self.labels) != len(self.parts):
            raise ValueError(f"{len(self.parts)} components but {len(self.labels)} labels")

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of types of each player."""
        return self.prior.shape

    @property
    def players(self) -> int:
        """Number of players."""
        return len(self.prior.shape)

    @cached_property
    def weights(self) -> FloatArray:
        """Probabilities of the components, ``(components,)``."""
        return _components(self.prior)[0]

    @cached_property
    def parts(self) -> tuple[Product, ...]:
        """The components: the prior itself where it is a product."""
        return _components(self.prior)[1]

    def draw(self, rng: Uniforms, size: int) -> Drawn:
        """Return independent draws: a uniform draw for the component, where there are some, and one a player."""
        if isinstance(self.prior, Product):
            return Drawn(self.prior.sample(rng, size))
        components, types = self.prior.draw(rng, size)
        return Drawn(types, None, components)


def _components(belief: Product | Mixture) -> tuple[FloatArray, tuple[Product, ...]]:
    if isinstance(belief, Product):
        return np.ones(1), (belief,)
    return belief.weights, belief.components


@dataclass(frozen=True, eq=False)
class Given:
    """What a player believes about everybody, herself included, in one of her cells.

    Attributes
    ----------
    belief : the distribution.
    components : ``(parts of the belief,)`` which components of the prior its parts are.
    chance : the probability of the cell under D.
    """

    belief: Product | Mixture
    components: IntArray
    chance: float


@dataclass(frozen=True, eq=False)
class FactoredKnowledge:
    """Everybody's cells and opinion.

    Attributes
    ----------
    environment : what types are called.
    sights : what each player sees besides her own type.
    opinions : the prior of each player who is misinformed, with a component for each of D's.

    Raises
    ------
    ValueError : if there are more cells than fit, with their number and what would fit.
    """

    space: FactoredSpace
    environment: Environment
    sights: tuple[Sights, ...]
    opinions: dict[int, Product | Mixture]

    def __post_init__(self) -> None:
        players = self.space.players
        cells = factors = 0
        for i in range(players):
            own, *seen = self._digits(i)
            _check_one(i, [len(own), *map(len, seen)])
            cells += math.prod(map(len, (own, *seen)))
            boxes = math.prod(len(each) for each in seen if each.subject is not None)
            factors += boxes * len(self.space.parts) * (players - 1)
        if cells > CELLS_OF_ALL:
            raise ValueError(
                f"the {players:,} players have {cells:,} cells in all, and the limit is {CELLS_OF_ALL:,}: "
                f"{CELLS_OF_ALL // players:,} each would fit"
            )
        if factors > FACTORS:
            raise ValueError(
                f"the {players:,} players' posteriors hold {factors:,} distributions of single types, and the limit is "
                f"{FACTORS:,}: {FACTORS * cells // (factors * players):,} cells each would fit"
            )

    @cached_property
    def _made(self) -> dict[tuple[int | None, int], Digit]:
        return {}

    @cached_property
    def _cells(self) -> dict[int, Cells]:
        return {}

    @cached_property
    def _cut(self) -> dict[tuple[int, bytes], FloatArray]:
        return {}

    def _digits(self, player: int) -> list[Digit]:
        """Return what a player sees, equal things being one object for all who see them."""
        space, made = self.space, self._made
        if (player, -1) not in made:
            kinds = self.environment.shape[player]
            names = [self.environment.type_name(player, kind) for kind in range(kinds)]
            made[player, -1] = digit(player, np.arange(kinds), names, space.parts)
        digits = [made[player, -1]]
        for part in self.sights[player].parts:
            key = part.subject, id(part)
            if key not in made:
                made[key] = digit(part.subject, part.classes, part.names, space.parts)
            digits.append(made[key])
        if self.sights[player].state and space.labels is not None:
            if (None, -1) not in made:
                kept, classes = np.unique(space.labels, return_inverse=True)
                made[None, -1] = digit(None, classes, [state_name(label) for label in kept.tolist()], space.parts)
            digits.append(made[None, -1])
        return digits

    def of(self, player: int) -> Cells:
        """Return a player's cells."""
        if player not in self._cells:
            wrong = self.opinions.get(player)
            self._cells[player] = Cells(
                self._digits(player),
                self.space.weights,
                self.space.parts,
                opinion=None if wrong is None else _components(wrong),
                joiner=self.sights[player].joiner,
            )
        return self._cells[player]

    def count(self, player: int) -> int:
        """Return how many cells of positive probability a player has."""
        return len(self.of(player))

    def cells(self, player: int, drawn: Drawn) -> IntArray:
        """Return ``(rounds,)``: the cell that a player finds herself in."""
        return self.of(player).of(drawn)

    def types(self, player: int) -> IntArray:
        """Return the type that a player has in each of her cells, ``(cells,)``."""
        return self.of(player).types

    def chances(self, player: int) -> FloatArray:
        """Return the probability of each of a player's cells under D, ``(cells,)``."""
        return self.of(player).chances

    def names_of(self, player: int) -> tuple[str, ...]:
        """Return a short name of each of a player's cells."""
        return self.of(player).names

    def prior(self, player: int, subjects: Sequence[int]) -> Product | Mixture:
        """Return a player's opinion of some players' types before she learns anything."""
        mine = self.opinions.get(player, self.space.prior)
        return mine if list(subjects) == list(range(self.space.players)) else mine.marginal(subjects)

    def posterior(self, player: int, cell: int) -> Product | Mixture:
        """Return what a player believes in a cell about the others' types.

        It is a product where a single component is left. Cells that differ in her own type share their products, and
        a product that is all of several cells' posterior is one object.
        """
        cells = self.of(player)
        seen, alive = cells.seen(cell), np.flatnonzero(cells.shares[cell])
        for s in alive.tolist():
            if (s, seen) not in cells.products:
                cells.products[s, seen] = self._part(player, s, cells.event(cell, own=False), own=False)
        parts = tuple(cells.products[s, seen] for s in alive.tolist())
        return parts[0] if len(parts) == 1 else Mixture(cells.shares[cell, alive], parts)

    def given(self, player: int, cell: int) -> Given:
        """Return what a player believes in a cell about everybody's types, her own included."""
        cells = self.of(player)
        alive = np.flatnonzero(cells.shares[cell])
        event = cells.event(cell, own=True)
        parts = tuple(self._part(player, s, event, own=True) for s in alive.tolist())
        belief = parts[0] if len(parts) == 1 else Mixture(cells.shares[cell, alive], parts)
        return Given(belief, alive, float(cells.chances[cell]))

    def _part(self, player: int, component: int, event: dict[int, BoolArray], *, own: bool) -> Product:
        """Return a component of a player's prior cut down to an event, with her own type or without."""
        factors = list(_components(self.opinions.get(player, self.space.prior))[1][component].factors)
        for j, possible in event.items():
            key = id(factors[j]), possible.tobytes()
            if key not in self._cut:
                inside = factors[j] * possible
                self._cut[key] = inside / inside.sum()
            factors[j] = self._cut[key]
        return Product(tuple(factors if own else factors[:player] + factors[player + 1 :]))

    def misinformed(self, player: int, opinion: Product | Mixture) -> FactoredKnowledge:
        """Return the same knowledge with one player's opinion replaced, component by component.

        Raises
        ------
        ValueError : if the opinion is about other components, or gives one of her own cells no probability: she would
            then believe nothing there.
        """
        there, given = len(self.space.parts), len(_components(opinion)[1])
        if given != there:
            raise ValueError(f"player {player}'s opinion has {given} components, and the prior has {there}")
        changed = replace(self, opinions={**self.opinions, player: opinion})
        mass = changed.of(player).opinions
        if not (mass > 0).all():
            raise ValueError(
                f"player {player}'s opinion rules out her own type {changed.names_of(player)[int(mass.argmin())]}, "
                "which can occur"
            )
        return changed


def _check_one(player: int, radices: Sequence[int]) -> None:
    """Check that a player's cells are few enough, given how many things each of her digits can be."""
    size = math.prod(radices)
    if size <= CELLS_OF_ONE:
        return
    fit = next(k for k in range(len(radices)) if math.prod(radices[: k + 1]) > CELLS_OF_ONE)
    raise ValueError(
        f"player {player} has {counted(size)} cells, her own {radices[0]} types and {len(radices) - 1} things that she "
        f"sees, and the limit is {CELLS_OF_ONE:,}: the first {max(fit - 1, 0)} of those things would fit"
    )
