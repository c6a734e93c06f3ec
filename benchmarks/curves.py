"""How a measure grows: the exponent fitted to some points, and a figure of many such curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import least_squares

UNITS = {"work": "s", "start": "s", "peak memory": "MiB"}
FLAT, TOLD, SOME = 1.1, 0.2, 0.01
STYLES = (("o", "-"), ("s", "--"), ("^", ":"), ("D", "-."), ("v", (0, (5, 1, 1, 1, 1, 1))))


@dataclass(frozen=True)
class Fit:
    """A law ``fixed + factor * x ** exponent``, with the exponent's standard error."""

    exponent: float
    error: float
    factor: float
    fixed: float

    def at(self, x: float) -> float:
        """Return what the law says at a size."""
        return float(self.fixed + self.factor * x**self.exponent)


def fitted(xs: Sequence[float], ys: Sequence[float]) -> Fit:
    """Return the law that fits the logarithms best by least squares, weights growing as the root of the size.

    A fixed cost is part of it where the points can tell it from the power: where the exponent's standard error stays
    below 0.2 with it, it is at least a hundredth of the smallest measure, and the largest measure is more than a tenth
    above that.

    Raises
    ------
    ValueError : if there are fewer than three sizes, or a size or measure is not positive.

    >>> law = fitted([1, 2, 4, 8, 16], [3 + x**2 for x in (1, 2, 4, 8, 16)])
    >>> f"{law.exponent:.3f} {law.fixed:.3f}"
    '2.000 3.000'
    """
    x, y = np.asarray(xs, dtype=float), np.asarray(ys, dtype=float)
    if len(set(xs)) < 3 or min(x.min(), y.min()) <= 0.0:
        raise ValueError(f"an exponent needs three positive sizes and measures, not {list(xs)} and {list(ys)}")
    least, weight = y.min(), np.sqrt(np.sqrt(x / x.max()))
    unit = x / x.max()

    def misses(free: Any) -> Any:
        return weight * (np.log(free[2] * least + np.exp(free[0]) * unit ** free[1]) - np.log(y))

    power = _law(misses, [np.log(y.max()), 1.0, 0.0], 2, x.max(), least)
    if len(x) < 4 or y.max() <= FLAT * least:
        return power
    raised = min(
        (_law(misses, [np.log(y.max()), start, 0.5], 3, x.max(), least) for start in (0.5, 1.0, 2.0)),
        key=lambda law: float(np.square(weight * (np.log([law.at(point) for point in x]) - np.log(y))).sum()),
    )
    return raised if raised.error < TOLD and raised.fixed > SOME * least else power


def _law(misses: Any, start: list[float], free: int, largest: float, least: float) -> Fit:
    """Fit the first `free` of the logarithm of the factor, the exponent, and the fixed part of the least measure."""
    rest = np.array(start[free:])
    low, high = ([-np.inf, -10.0, 0.0], [np.inf, 10.0, 1.0])
    found = least_squares(
        lambda moved: misses(np.concatenate([moved, rest])),
        start[:free],
        bounds=(low[:free], high[:free]),
        xtol=1e-14,
        ftol=1e-14,
        gtol=1e-14,
    )
    factor, exponent, fixed = np.concatenate([found.x, rest])
    variance = np.linalg.pinv(found.jac.T @ found.jac)[1, 1] * 2.0 * found.cost / max(len(found.fun) - free, 1)
    return Fit(
        float(exponent), float(np.sqrt(variance)), float(np.exp(factor) / largest**exponent), float(fixed * least)
    )


@dataclass(frozen=True)
class Curve:
    """Points of one measure of one work, by one figure that varies.

    Attributes
    ----------
    measure : a key of `UNITS`.
    """

    work: str
    axis: str
    measure: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]

    @cached_property
    def fit(self) -> Fit | None:
        """The law, None where a point took nothing or there are fewer than three."""
        return fitted(self.xs, self.ys) if len(set(self.xs)) > 2 and min(self.ys) > 0.0 else None

    def __str__(self) -> str:
        where = f"{self.work}, {self.measure} by {self.axis}: "
        if self.fit is None:
            return where + f"at most {max(self.ys):.3g} {UNITS[self.measure]}, no exponent"
        fixed = f", fixed {self.fit.fixed:.3g} {UNITS[self.measure]}" if self.fit.fixed > 0.0 else ""
        return where + f"exponent {self.fit.exponent:.2f} +- {self.fit.error:.2f}{fixed}"


def plot(curves: Sequence[Curve], folder: Path, name: str) -> None:
    """Draw every measure against every figure that varies, as small multiples, PNG and SVG.

    The number at the end of a curve is its exponent.
    """
    from matplotlib import pyplot
    from matplotlib.ticker import LogLocator

    axes = list(dict.fromkeys(curve.axis for curve in curves))
    works = list(dict.fromkeys(curve.work for curve in curves))
    size = (2.7 * max(len(axes), 2), 2.7 * len(UNITS))
    figure, panels = pyplot.subplots(
        len(UNITS), len(axes), figsize=size, squeeze=False, sharey="row", layout="constrained"
    )
    for row, (measure, unit) in enumerate(UNITS.items()):
        for column, axis in enumerate(axes):
            panel = panels[row, column]
            for curve in (curve for curve in curves if (curve.axis, curve.measure) == (axis, measure)):
                _draw(panel, curve, works.index(curve.work))
            panel.set(xscale="log", yscale="log")
            panel.margins(x=0.2, y=0.1)
            panel.minorticks_off()
            panel.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if _narrow(panel) else (1.0,), numticks=9))
            panel.xaxis.set_major_formatter("{x:,.10g}")
            panel.tick_params(axis="x", labelsize=7)
            panel.set_xlabel(axis if row == len(UNITS) - 1 else "")
            panel.set_ylabel(f"{measure}, {unit}" if column == 0 else "")
            panel.grid(visible=True, color="0.9")
    handles = {h.get_label(): h for panel in panels.flat for h in panel.get_lines()}
    shown = [work for work in works if work in handles]
    figure.legend([handles[work] for work in shown], shown, loc="outside lower center", ncols=len(shown), frameon=False)
    for kind in ("png", "svg"):
        figure.savefig(folder / f"{name}.{kind}", dpi=150)
    pyplot.close(figure)


def _narrow(panel: Any) -> bool:
    """Return whether less than a decade and a half is shown from left to right."""
    low, high = panel.get_xlim()
    return bool(high < 30.0 * low)


def _draw(panel: Any, curve: Curve, number: int) -> None:
    """Draw the points, and the exponent at the last of them."""
    mark, line = STYLES[number % len(STYLES)]
    shade = str(0.2 * (number % 3))
    shown = [max(y, 1e-3) for y in curve.ys]
    panel.plot(curve.xs, shown, marker=mark, linestyle=line, color=shade, markersize=4, label=curve.work)
    if curve.fit is not None:
        at = curve.xs[-1], shown[-1]
        text = f"{curve.fit.exponent:.2f}"
        panel.annotate(text, at, xytext=(4, -2), textcoords="offset points", fontsize=7, color=shade)
