"""What a learner chooses among: value rules x belief rules, by type.

An option is a pair of rules. Two options that announce the same in some type are one option there, and the truthful
report is always among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.game import Seat
from agents.parameters import called, checked, entry
from agents.strategies.rules import BELIEF_RULES, VALUE_RULES
from mechanisms.environment import BoolArray, IntArray

EVERY = "every"
_POSTERIOR = "posterior of type "
VALUES = (EVERY,)
BELIEFS = tuple(BELIEF_RULES)


@dataclass(frozen=True, eq=False)
class Options:
    """The options of one seat.

    Attributes
    ----------
    names : ``(options,)`` what each is called: its value rule, and its belief rule where beliefs are asked for.
    values : ``(cells, options)`` the type that each announces.
    beliefs : ``(cells, options)`` the id of the belief that it announces.
    allowed : ``(cells, options)`` False where an earlier option announces the same.
    truth : ``(cells,)`` the place of the truthful one.
    true_value, true_belief : ``(cells, options)`` in which halves each is true.
    belief_names : what the announced beliefs are called, by id.
    """

    names: tuple[str, ...]
    values: IntArray
    beliefs: IntArray
    allowed: BoolArray
    truth: IntArray
    true_value: BoolArray
    true_belief: BoolArray
    belief_names: dict[int, str]

    def __len__(self) -> int:
        return len(self.names)


def make_options(seat: Seat, *, values: Sequence[str] = VALUES, beliefs: Sequence[str] = BELIEFS) -> Options:
    """Return the options that value rules and belief rules make together.

    Parameters
    ----------
    values : names in `VALUE_RULES`, with parameters in brackets if need be, as in ``overbid(steps=2)``; or ``every``
        for all values.
    beliefs : the same of `BELIEF_RULES`; ``every`` stands for the posteriors of all the seat's types.

    Raises
    ------
    ValueError : if a name or a parameter is unknown, or a value rule announces by chance.
    """
    told = _told_values(seat, values)
    tables = _told_beliefs(seat, beliefs) if seat.mechanism.elicits_beliefs else {"": _table(seat, seat.posteriors)}
    cells = np.arange(len(seat.types))
    columns = [(v, b) for v in told for b in tables]
    said = np.stack([told[v] for v, _ in columns], axis=1)
    believed = np.stack([tables[b][cells, told[v]] for v, b in columns], axis=1)
    allowed: BoolArray = np.stack([_new(*row) for row in zip(said, believed, strict=True)])
    kept = np.flatnonzero(allowed.any(axis=0))
    said, believed, allowed = said[:, kept].copy(), believed[:, kept].copy(), allowed[:, kept].copy()
    columns = [columns[k] for k in kept]
    true_value, true_belief = said == seat.types[:, None], believed == seat.posteriors[:, None]
    truth = (true_value & true_belief & allowed).argmax(axis=1)
    names = tuple(f"{v} with {b}" if b else v for v, b in columns)
    called: dict[int, str] = {}
    for cell, row in enumerate(believed):
        for (_, rule), belief in zip(columns, row.tolist(), strict=True):
            named = rule if rule.startswith(_POSTERIOR) else f"{rule} of type {seat.names[cell]}"
            called.setdefault(belief, named if rule else "")
    return Options(names, said, believed, allowed, truth, true_value, true_belief, called)


def _new(values: IntArray, beliefs: IntArray) -> BoolArray:
    """Return ``(options,)``: which of a type's options announce what no earlier one does."""
    first = np.unique(np.stack([values, beliefs], axis=1), axis=0, return_index=True)[1]
    return np.isin(np.arange(len(values)), first)


def _told_values(seat: Seat, rules: Sequence[str]) -> dict[str, IntArray]:
    if EVERY in rules:  # no rule can add to all values
        return {
            seat.environment.type_name(seat.index, kind): np.full(len(seat.types), kind)
            for kind in range(seat.menu_size)
        }
    told = {}
    for rule in dict.fromkeys(("truthful", *rules)):
        table = _apply(seat, rule, VALUE_RULES, "values")
        if not (table.max(axis=1) == 1.0).all():
            raise ValueError(f"values: {rule!r} announces by chance; a learner's options are sure")
        told[rule] = table.argmax(axis=1)
    return told


def _told_beliefs(seat: Seat, rules: Sequence[str]) -> dict[str, IntArray]:
    told = {}
    for rule in dict.fromkeys(("truthful", *rules)):
        if rule == EVERY:
            for name, belief in zip(seat.names, seat.posteriors, strict=True):
                told[f"{_POSTERIOR}{name}"] = np.full((len(seat.types), seat.menu_size), belief)
        else:
            told[rule] = _apply(seat, rule, BELIEF_RULES, "beliefs")
    return told


def _table(seat: Seat, ids: IntArray) -> IntArray:
    return np.repeat(ids[:, None], seat.menu_size, axis=1)


def _apply(seat: Seat, text: str, registry: dict[str, Any], field: str) -> Any:
    """Return the table of a rule, given by its name or as in ``shade(factor=0.5)``."""
    name, parameters = called(text, field=field, example="shade(factor=0.5)")
    rule = entry({**registry, EVERY: None}, name, field=field)
    return rule(seat, **checked(rule, parameters, field=f"{field}: {name}"))
