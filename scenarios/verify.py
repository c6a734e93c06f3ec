"""Every claim of the paper, tried, made small where it fails, and reported.

`verify` searches; `row` and `frame` say what was found as plain data; `scenario_of` turns an instance into a scenario
that any command takes. Each claim has a stream of its own, so neither the number of workers nor the choice of claims
changes what is found.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.parameters import entry, keyword_parameters
from analysis.claims import CLAIMS, Claim, Instance
from analysis.claims.search import Finding, search
from mechanisms import MECHANISMS
from scenarios.errors import BadInput, blame
from scenarios.store import new_folder, write_json
from scenarios.workers import workers_of

if TYPE_CHECKING:
    import pandas as pd

_SHARED = ("epsilon", "delta", "discount", "ties")


def verify(
    claims: Sequence[str] | None = None,
    *,
    instances: int = 200,
    seed: int = 1,
    workers: int = 2,
    out: Path | str | None = None,
    progress: Callable[[Finding], None] | None = None,
) -> list[Finding]:
    """Try claims on random instances and return what became of each, in the order asked for.

    Parameters
    ----------
    claims : names out of `CLAIMS`; all of them if none is given.
    instances : how many each claim is tried on (times its effort).
    workers : processes; with 1 nothing is started.
    out : a new folder for `claims.json`, `claims.csv` and a scenario for every claim, of its worst instance.
    progress : called with each finding as it comes.

    Raises
    ------
    BadInput : for a claim that is not there, or a number that is not positive.
    """
    for name, number in (("instances", instances), ("workers", workers)):
        if number < 1:
            raise BadInput(f"verify: {name} must be 1 or more, not {number}")
    if seed < 0:
        raise BadInput(f"verify: seed must be 0 or more, not {seed}")
    names = list(dict.fromkeys(claims or CLAIMS))
    with blame("verify", "claim"):
        for name in names:
            entry(CLAIMS, name, field="claim")
    found: dict[str, Finding] = {}
    for finding in _searched(names, instances, seed, workers):
        found[finding.claim] = finding
        if progress is not None:
            progress(finding)
    findings = [found[name] for name in names]
    if out is not None:
        write(findings, Path(out))
    return findings


def _searched(names: Sequence[str], instances: int, seed: int, workers: int) -> Iterator[Finding]:
    """Yield findings as they end."""
    if workers == 1 or len(names) == 1:
        yield from (_search(name, instances, seed) for name in names)
        return
    with workers_of(min(workers, len(names))) as pool:
        tasks = [pool.submit(_search, name, instances, seed) for name in names]
        yield from (task.result() for task in as_completed(tasks))


def _search(name: str, instances: int, seed: int) -> Finding:
    return search(CLAIMS[name], instances=instances, seed=seed)


def row(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain data; a figure that does not exist is None, and money is in units of value.

    `tried` and `decided` count random instances, `named` are the named ones that decide the claim as well. `slack` is
    the worst met before the instance was made small, `instance_slack` that of the instance shown.
    """
    return {
        "claim": finding.claim,
        "statement": finding.statement,
        "source": finding.source,
        "verdict": finding.verdict,
        "expected": finding.expected,
        "as_expected": finding.as_expected,
        "tried": finding.tried,
        "decided": finding.decided,
        "named": list(finding.named),
        "slack": _figure(finding.slack),
        "instance_slack": _figure(finding.shown),
        "instance": None if finding.instance is None else scenario_of(CLAIMS[finding.claim], finding.instance),
        "seconds": round(finding.seconds, 3),
    }


def _figure(value: float) -> float | None:
    return value if math.isfinite(value) else None


def frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a table, a row a claim; the instance is left out."""
    import pandas as pd

    rows = [{key: value for key, value in row(finding).items() if key != "instance"} for finding in findings]
    return pd.DataFrame(rows)


def scenario_of(claim: Claim, instance: Instance) -> dict[str, Any]:
    """Return the scenario of an instance under the claim's mechanism, as the mapping that its TOML file holds."""
    takes = keyword_parameters(MECHANISMS[claim.mechanism])
    options = {n: v for n, v in claim.options.items() if n in takes or n in (*_SHARED, "strict")}
    total = sum(instance.odds)
    prior: dict[str, Any] = {
        "kind": "table",
        "profiles": [list(_written(instance, state)) for state in instance.states],
        "probabilities": [odd / total for odd in instance.odds],
    }
    if instance.labels is not None:
        prior["states"] = list(instance.labels)
    return {
        "name": claim.name,
        "environment": _environment(instance),
        "prior": prior,
        "knowledge": {"kind": instance.knowledge, **_plain(instance.parameters)},
        "mechanism": {"kind": claim.mechanism, **{name: getattr(instance, name) for name in _SHARED}, **options},
    }


def _written(instance: Instance, state: Sequence[int]) -> Sequence[int]:
    """Return a profile as values for one good, as type numbers otherwise."""
    return [instance.values[i][kind] for i, kind in enumerate(state)] if instance.one_good else state


def _environment(instance: Instance) -> dict[str, Any]:
    if instance.one_good:
        return {"kind": "single-good", "values": [list(grid) for grid in instance.values]}
    given = {
        "kind": "assignment",
        "goods": instance.goods,
        "bundles": instance.named_bundles,
        "valuations": [[list(row) for row in types] for types in instance.worths],
    }
    allocations = instance.named_allocations
    return given if allocations is None else {**given, "allocations": allocations}


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as the lists that TOML knows."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(parameters)))
    return plain


def as_toml(finding: Finding) -> str:
    """Return the instance of a finding as a scenario file, with a comment that says what it shows."""
    import tomli_w

    if finding.instance is None:
        raise ValueError(f"{finding.claim} was tried on {finding.tried} instances, so there is none to write")
    notes = [finding.statement, f"{finding.source}; {finding.verdict}.", f"Slack here: {finding.shown:.9g}."]
    head = "".join(f"# {line}\n" for line in notes)
    return head + tomli_w.dumps(scenario_of(CLAIMS[finding.claim], finding.instance))


def write(findings: Sequence[Finding], place: Path) -> None:
    """Write the findings, and a scenario of every claim's worst instance, into a new folder: all or nothing.

    Raises
    ------
    BadInput : if the folder exists or cannot be written to.
    """
    with new_folder(place) as folder:
        write_json([row(finding) for finding in findings], folder / "claims.json")
        frame(findings).to_csv(folder / "claims.csv", index=False)
        for finding in findings:
            if finding.instance is not None:
                (folder / f"{finding.claim}.toml").write_text(as_toml(finding), encoding="utf-8")
