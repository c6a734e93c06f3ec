"""Logit equilibria of the game among types, along the branch that starts at uniform play.

A type reports r with a probability proportional to ``exp(lambda u(r))``, u being interim utility against what the
others do: a quantal response equilibrium of the agent form [McKelveyPalfrey1998]_. The branch is followed by
pseudo-arclength continuation in the logarithms of the odds, as in [Turocy2005]_, so that it may turn back in lambda.
Lambda is in 1/value: with lambda 2 a report that is worth half a unit of value less is e times as rare.

References
----------
.. [McKelveyPalfrey1998] R. McKelvey and T. Palfrey, Quantal response equilibria for extensive form games,
   Experimental Economics 1.
.. [Turocy2005] T. Turocy, A dynamic homotopy interpretation of the logistic quantal response equilibrium
   correspondence, Games and Economic Behavior 51.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse.linalg import LinearOperator, gmres

from agents.agent_form import AgentForm
from agents.agent_types import AgentTypes, agent_types
from agents.induced import Induced
from mechanisms.environment import FloatArray

COLUMNS = ["lambda", "seat", "type", "report", "truthful", "probability"]
SUMMARY = ["lambda", "truthful_share", "nash_conv", "largest_gain", "residual"]
_LONGEST, _SHORTEST, _LEAP, _BEND, _UNIFORM = 1.0, 1e-8, 0.1, 0.05, 1e-3
_BACK = "the steps turn back to uniform play where branches cross"
_SOLVED = 1e-9


@dataclass(frozen=True, eq=False)
class LogitPoint:
    """A logit equilibrium.

    Attributes
    ----------
    rationality : lambda, in 1/value.
    mixes : per seat ``(cells, reports)`` probabilities.
    residual : the largest difference between a probability and the logit response to all of them.
    """

    rationality: float
    mixes: tuple[FloatArray, ...]
    residual: float


@dataclass(frozen=True, eq=False)
class LogitBranch:
    """Logit equilibria of a game among types, from uniform play on.

    Attributes
    ----------
    stopped : what stopped it short of the lambda that was asked for; empty if nothing did.
    """

    form: AgentForm
    points: tuple[LogitPoint, ...]
    stopped: str

    @property
    def last(self) -> LogitPoint:
        """The equilibrium at the greatest lambda reached."""
        return self.points[-1]


class _Path:
    """The equations ``z = lambda (U(softmax(z)) - U of a reference report)`` in z and ``t = log(1 + lambda scale)``.

    The reference is each type's likeliest report, so that z is small, and precise, where play is mixed.
    """

    def __init__(self, form: AgentForm, end: float) -> None:
        self.form, self.end = form, end
        self._ends = np.cumsum([cells * reports for cells, reports in form.shapes])
        self._log_counts = [np.log(count)[None, :] for count in form.counts]
        self._reference = [np.zeros((cells, 1), dtype=np.int64) for cells, _ in form.shapes]

    def start(self) -> FloatArray:
        """Return uniform play."""
        return np.zeros(self._ends[-1] + 1)

    def split(self, x: FloatArray) -> tuple[FloatArray, ...]:
        """Return the powers z by seat, ``(cells, reports)`` each."""
        parts = np.split(x[:-1], self._ends[:-1])
        return tuple(part.reshape(shape) for part, shape in zip(parts, self.form.shapes, strict=True))

    def mixes(self, x: FloatArray) -> tuple[FloatArray, ...]:
        """Return the mixes that the powers stand for."""
        return tuple(_softmax(z, log) for z, log in zip(self.split(x), self._log_counts, strict=True))

    def powers(self, worth: Sequence[FloatArray], factor: float) -> FloatArray:
        """Return utilities as powers: less the reference's, times the factor over the scale."""
        less = (u - np.take_along_axis(u, at, axis=1) for u, at in zip(worth, self._reference, strict=True))
        return np.concatenate([(factor / self.form.scale) * u.ravel() for u in less])

    def respond(self, x: FloatArray) -> FloatArray:
        """Return the powers of the logit response to a point's mixes."""
        return self.powers(self.form.utilities(self.mixes(x)), math.expm1(x[-1]))

    def point(self, x: FloatArray) -> LogitPoint:
        """Return a point of the path, its residual measured anew."""
        return LogitPoint(math.expm1(x[-1]) / self.form.scale, self.mixes(x), self.residual(x, self.respond(x)))

    def residual(self, x: FloatArray, response: FloatArray) -> float:
        """Return the largest difference between a probability and the response to all of them."""
        return self.leap(x, np.append(response, 0.0))

    def leap(self, x: FloatArray, other: FloatArray) -> float:
        """Return the largest difference between the probabilities of two points."""
        return max(float(abs(p - q).max()) for p, q in zip(self.mixes(x), self.mixes(other), strict=True))

    def tangent(self, x: FloatArray, along: FloatArray) -> FloatArray | None:
        """Return the direction of the path, of length 1 and to the side of `along`, or None where none is found."""
        ahead = self.solve(x, along, np.zeros(len(x) - 1), 1.0)
        return None if ahead is None else ahead / float(np.linalg.norm(ahead))

    def refer(self, x: FloatArray, tangent: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return a point and a tangent of length 1 by the likeliest reports as reference."""
        self._reference = [mix.argmax(axis=1)[:, None] for mix in self.mixes(x)]
        found = [np.append(self.powers(self.split(v), self.form.scale), v[-1]) for v in (x, tangent)]
        return found[0], found[1] / float(np.linalg.norm(found[1]))

    def solve(self, x: FloatArray, row: FloatArray, error: FloatArray, along: float) -> FloatArray | None:
        """Return the step d with ``J d = error`` and ``row . d = along``, or None where none is found.

        Powers in `error`, `row` and the step are per unit of ``exp(t)``, as utilities are, so that all is of one size.
        """
        mixes = self.mixes(x)
        faster = self.powers(self.form.utilities(mixes), 1.0)

        def apply(step: FloatArray) -> FloatArray:
            turns = [p * (z - (p * z).sum(axis=1, keepdims=True)) for p, z in zip(mixes, self.split(step), strict=True)]
            answer = self.powers(self.form.change(mixes, turns), math.expm1(x[-1]))
            return np.append(step[:-1] - answer - faster * step[-1], row @ step)

        operator = LinearOperator((len(x), len(x)), matvec=apply, dtype=np.float64)
        step, failed = gmres(operator, np.append(error, along), rtol=1e-10, restart=min(len(x), 200), maxiter=5)
        return None if failed else np.asarray(step)

    def correct(self, x: FloatArray, row: FloatArray) -> FloatArray | None:
        """Return the point of the path on the hyperplane through `x` across `row`, by Newton's method."""
        for _ in range(8):
            if not 0.0 <= x[-1] <= self.end + 1.0:
                return None
            response = self.respond(x)
            if self.residual(x, response) < _SOLVED:
                return x
            step = self.solve(x, row, (response - x[:-1]) * math.exp(-x[-1]), 0.0)
            if step is None:
                return None
            x = self.move(x, step)
        return None

    def move(self, x: FloatArray, step: FloatArray) -> FloatArray:
        """Return the point that lies a step away."""
        return x + np.append(step[:-1] * math.exp(x[-1]), step[-1])


def _softmax(powers: FloatArray, log_counts: FloatArray) -> FloatArray:
    """Return ``(cells, reports)`` odds by row, each report counted as often as it stands for."""
    total = powers + log_counts
    odds = np.exp(total - total.max(axis=1, keepdims=True))
    mix: FloatArray = odds / odds.sum(axis=1, keepdims=True)
    return mix


def follow(form: AgentForm, *, greatest: float | None = None, most: int = 500) -> LogitBranch:
    """Return the principal branch of logit equilibria, from uniform play on.

    Where branches cross, as they do in games with symmetries, steps may lead onto another branch and back to uniform
    play; then the branch is followed again in shorter steps.

    Parameters
    ----------
    greatest : the last lambda, in 1/value; unless given, a million over the largest payoff.
    most : how many points are computed.
    """
    end = math.log1p(1e6 if greatest is None else greatest * form.scale)
    for care in (1.0, 0.5, 0.25):
        branch = _walk(_Path(form, end), most, care)
        if branch.stopped != _BACK:
            break
    return branch


def _walk(path: _Path, most: int, care: float) -> LogitBranch:
    x = path.start()
    upwards = np.append(np.zeros(len(x) - 1), 1.0)
    tangent, length, points = path.tangent(x, upwards), 0.1 * care, [path.point(x)]
    while len(points) < most:
        moved = None
        while tangent is not None and moved is None and length > _SHORTEST:
            last = x[-1] + length * tangent[-1] >= path.end
            step = (path.end - x[-1]) / tangent[-1] if last else length
            moved = path.correct(path.move(x, step * tangent), upwards if last else tangent)
            ahead = None if moved is None else path.tangent(moved, tangent)
            if (
                moved is None
                or ahead is None
                or ahead @ tangent < 1.0 - care * _BEND
                or path.leap(x, moved) > care * _LEAP
            ):
                moved = None
            length = step / 2 if moved is None else min(1.5 * step, care * _LONGEST)
        if moved is None or ahead is None:
            reason = f"no step converges beyond lambda {points[-1].rationality:.6g}"
            return LogitBranch(path.form, tuple(points), reason)
        points.append(path.point(moved))
        if last:
            return LogitBranch(path.form, tuple(points), "")
        x, tangent = path.refer(moved, ahead)
        if tangent[-1] < 0.0 and x[-1] < _UNIFORM:
            return LogitBranch(path.form, tuple(points), _BACK)
    return LogitBranch(path.form, tuple(points), f"{most} points lead to lambda {points[-1].rationality:.6g}")


@dataclass(frozen=True, eq=False)
class LogitPath:
    """Logit equilibria of an induced game, from uniform play on.

    Attributes
    ----------
    branch : the points; see `stopped`.
    """

    types: AgentTypes
    branch: LogitBranch

    @cached_property
    def summary(self) -> pd.DataFrame:
        """A row per point: lambda (1/value), share of truthful reports, NashConv, largest gain of a type, residual.

        The share is expected under D. A report that no payoff tells apart from the truth counts as truthful.
        """
        form = self.types.form
        rows = []
        for point in self.branch.points:
            gain = max(float(gain.max()) for gain in form.gains(point.mixes))
            figures = (self.types.truthful_share(point.mixes), form.nash_conv(point.mixes), gain)
            rows.append((point.rationality, *figures, point.residual))
        return pd.DataFrame(rows, columns=SUMMARY)

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per lambda, seat, type and report: its probability; equivalent reports are one."""
        return pd.concat([self.reports(k) for k in range(len(self.branch.points))], ignore_index=True)

    def reports(self, number: int) -> pd.DataFrame:
        """Return the rows of the table for one point, -1 being the last."""
        point, types = self.branch.points[number], self.types
        rows = [
            (point.rationality, i, types.type_name(i, c), types.name(i, c, r), r == types.truth[i][c], p)
            for i, mix in enumerate(point.mixes)
            for c, row in enumerate(mix.tolist())
            for r, p in enumerate(row)
        ]
        return pd.DataFrame(rows, columns=COLUMNS)


def logit_path(induced: Induced | AgentTypes, *, greatest: float | None = None, most: int = 500) -> LogitPath:
    """Return the principal branch of logit equilibria of the induced game; parameters as in `follow`."""
    types = agent_types(induced) if isinstance(induced, Induced) else induced
    return LogitPath(types, follow(types.form, greatest=greatest, most=most))
