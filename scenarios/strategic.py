"""The strategic analysis of a scenario or of a game file, as plain data: what the commands print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agents.induced import Induced
    from analysis.coalition.rings import Coalitions
    from analysis.dominance.elimination import Eliminated
    from analysis.dominance.interim import Elimination
    from analysis.dominance.two_step import TwoStep
    from analysis.equilibrium.checks import Equilibria, EquilibriumCheck
    from scenarios.experiment import Experiment

NO_PLAY = "a seat's strategy learns from play, so what is played cannot be checked here; `crowdbayes learn` measures it"


def dominance_figures(experiment: Experiment, found: Elimination, steps: TwoStep) -> dict[str, Any]:
    """Return survivors, eliminations, ties and the two steps of a scenario.

    A report is a value (money, or a type's name), a belief's name, and whether it is the type's truth. `survivors` is a
    list over seats of a dict from type to the reports left. `dominated_by` is a report, or a list of reports with their
    weights; `margin` is in units of value. `truth_falls` are the types whose truth is itself dominated, `ties` the
    surviving lies that pay exactly what truth pays, against all that survives.
    """
    induced = found.induced
    survivors: list[dict[str, list[dict[str, Any]]]] = [{} for _ in induced.menus]
    for seat, cell, left in found.survivors():
        reports = [_report(induced, seat, cell, int(report)) for report in left]
        survivors[seat][induced.game.seats[seat].names[cell]] = reports
    return {
        "scenario": experiment.scenario.name,
        "mechanism": experiment.scenario.mechanism.kind,
        "by": "mixed" if found.mixed else "pure",
        "weak": found.weak,
        "ex_post": found.expost,
        "survivors": survivors,
        "rounds": [_fall(induced, fall) for fall in found.falls],
        "truthful_only": found.truthful_only,
        "truth_falls": [
            {"seat": seat, "type": induced.game.seats[seat].names[cell]}
            for seat, cell, left in found.survivors()
            if induced.menus[seat].truth[cell] not in left
        ],
        "two_step": {"step1": steps.step1.figures(), "step2": steps.step2.figures()},
        "ties": [
            {"seat": seat, "type": induced.game.seats[seat].names[cell], "report": _report(induced, seat, cell, report)}
            for seat, cell, report in found.ties()
        ],
        "unit": experiment.unit,
    }


def game_figures(title: str, found: Eliminated) -> dict[str, Any]:
    """Return survivors and eliminations of a normal form; players and strategies are numbered from 0."""
    return {
        "game": title,
        "by": "mixed" if found.mixed else "pure",
        "weak": found.weak,
        "survivors": [list(left) for left in found.survivors],
        "rounds": [
            {
                "round": fall.round,
                "seat": fall.player,
                "type": None,
                "report": fall.strategy,
                "dominated_by": _by([{"report": k, "weight": float(w)} for k, w in fall.mixture.items()]),
                "margin": float(fall.margin),
            }
            for fall in found.rounds
        ],
        "truthful_only": None,
        "two_step": None,
        "certified": found.certified(),
    }


def equilibrium_figures(experiment: Experiment, found: Equilibria) -> dict[str, Any]:
    """Return what every type can gain at truth and at what is played, and the equilibria of the induced game.

    `nash_conv` is the sum over seats of what a best response gains, in units of value; `epsilon` the largest gain of
    any type. `pure` and `mixed` have a row for each equilibrium; `logit` a row for each point of the path.
    """
    return {
        "scenario": experiment.scenario.name,
        "mechanism": experiment.scenario.mechanism.kind,
        "truthful": _check_figures(found.truth),
        "played": None if found.played is None else _check_figures(found.played),
        "pure": {
            "exhaustive": found.pure.exhaustive,
            "equilibria": _records(found.pure.summary),
            "reports": _records(found.pure.table),
        },
        "mixed": None
        if found.mixed is None
        else {
            "method": found.mixed.method,
            "equilibria": _records(found.mixed.summary),
            "reports": _records(found.mixed.table),
        },
        "logit": _records(found.logit.summary),
        "unit": experiment.unit,
        "notes": [*found.notes, *([NO_PLAY] if experiment.plans() is None else [])],
    }


def coalition_figures(experiment: Experiment, found: Coalitions, stakes: Any = None) -> dict[str, Any]:
    """Return what rings gain by size and by ring, whether the mechanism is proof against them, and gains by stake.

    `proof` says for each notion of what a ring can agree on, and each size, whether no ring of up to that size gains.
    """
    from analysis.coalition.rings import NOTIONS

    sizes = sorted(found.rings["size"].unique().tolist())
    return {
        "scenario": experiment.scenario.name,
        "mechanism": experiment.scenario.mechanism.kind,
        "epsilon": experiment.scenario.mechanism.epsilon,
        "proof": {notion: {str(size): found.proof(size, notion=notion) for size in sizes} for notion in NOTIONS},
        "by_size": _records(found.by_size()),
        "rings": _records(found.rings),
        "sets": _records(found.sets),
        "stakes": None if stakes is None else _records(stakes),
        "unit": experiment.unit,
    }


def _check_figures(check: EquilibriumCheck) -> dict[str, Any]:
    witness = check.witness
    return {
        "nash_conv": check.nash_conv,
        "epsilon": check.epsilon,
        "witness": None if witness is None else vars(witness),
        "types": _records(check.table),
    }


def _records(table: Any) -> list[dict[str, Any]]:
    return table.to_dict(orient="records")


def _fall(induced: Induced, fall: Any) -> dict[str, Any]:
    by = [
        {"report": _report(induced, fall.seat, fall.cell, report), "weight": weight}
        for report, weight in fall.mixture.items()
    ]
    return {
        "round": fall.round,
        "seat": fall.seat,
        "type": induced.game.seats[fall.seat].names[fall.cell],
        "report": _report(induced, fall.seat, fall.cell, fall.report),
        "dominated_by": _by(by),
        "margin": fall.margin,
    }


def _by(parts: list[dict[str, Any]]) -> Any:
    """Return the one report that dominates, or the list of those that do together."""
    return parts[0]["report"] if len(parts) == 1 else parts


def _report(induced: Induced, seat: int, cell: int, report: int) -> dict[str, Any]:
    menu, environment = induced.menus[seat], induced.game.environment
    kind = report // len(menu.beliefs)
    value = menu.value_names[kind] if environment.services is None else int(environment.values[seat][kind])
    return {
        "value": value,
        "belief": menu.belief_name(report, cell) or None,
        "truthful": report == int(menu.truth[cell]),
    }
