"""A claim of the paper as something that can be tried: a sentence, where it is made, and its slack on an instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, Literal

from analysis.claims.generate import Family
from analysis.claims.instance import Instance

Form = Literal["printed", "repaired", "beyond", "existence"]
Predicate = Callable[[Instance], bool]
TOLERANCE = 1e-7
STRICT_TOLERANCE = 1e-11
_VERDICTS: dict[Form, tuple[str, str]] = {
    "printed": ("holds", "fails as printed"),
    "repaired": ("holds as repaired", "fails as repaired"),
    "beyond": ("holds beyond the paper", "fails beyond the paper"),
    "existence": ("holds", "not found"),
}


@dataclass(frozen=True)
class Claim:
    """A statement with a slack: at least zero on every instance if it holds.

    Attributes
    ----------
    name, statement, source : a name to type, one sentence, and where the paper says it.
    families : random instances it is tried on.
    slack : money by which the statement holds on an instance, negative where it fails; infinite where it says
        nothing. Of an existence claim, positive on an instance that shows it.
    expected : the verdict that theory foretells.
    form : "printed" as the paper says it; "repaired"; "beyond" what it says; "existence" of some instance.
    strict : whether equality is a failure.
    domain : what an instance must satisfy for the statement to be about it.
    effort : how many instances are tried for each one asked for: more where few decide and trying is cheap.
    mechanism, options : what a scenario of an instance should run to show the figures.
    """

    name: str
    statement: str
    source: str
    families: tuple[Family, ...]
    slack: Callable[[Instance], float]
    expected: str
    form: Form = "printed"
    strict: bool = False
    domain: tuple[Predicate, ...] = ()
    effort: int = 1
    mechanism: str = "L"
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.expected not in _VERDICTS[self.form]:
            raise ValueError(f"{self.name}: {self.expected!r} is no verdict on a {self.form!r} claim")

    def measure(self, instance: Instance) -> float:
        """Return the slack on an instance, infinite (or minus infinite, of existence) outside the claim's domain."""
        if all(test(instance) for test in self.domain):
            return self.slack(instance)
        return -inf if self.form == "existence" else inf

    def tolerance(self, instance: Instance) -> float:
        """Return what counts as rounding on an instance."""
        return (STRICT_TOLERANCE if self.strict else TOLERANCE) * instance.top

    def fails(self, instance: Instance, slack: float) -> bool:
        """Return whether a slack is a failure: below zero by more than rounding, or not above it if strict."""
        tolerance = self.tolerance(instance)
        return slack <= tolerance if self.strict else slack < -tolerance

    def shown(self, instance: Instance, slack: float) -> bool:
        """Return whether an instance decides the claim: shows what exists, or breaks what should always hold."""
        return slack > self.tolerance(instance) if self.form == "existence" else self.fails(instance, slack)

    def verdict(self, decided: int) -> str:
        """Return the verdict, given how many instances decided the claim."""
        good, bad = _VERDICTS[self.form]
        return good if (decided > 0) == (self.form == "existence") else bad
