"""The dynamics that `peers` compares: ours, and the same in QuantEcon, Nashpy and OpenSpiel."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from agents.agent_form import from_arrays
from agents.expectation import Expectation
from agents.learning import LEARNERS
from agents.learning.learner import Learner
from agents.learning.regret_matching import RegretMatching
from agents.learning.repeated import play_repeated
from mechanisms.environment import FloatArray

PACKAGES = {"QuantEcon": "quantecon", "Nashpy": "nashpy", "OpenSpiel": "pyspiel"}
STEP, HEAT = 0.02, 0.1
Mixes = list[FloatArray]


@dataclass
class Entry:
    """A way to play: what it returns are the final averages or mixes."""

    name: str
    iterations: int
    worlds: int
    play: Callable[[], Any]
    figure: Callable[[Any], FloatArray]


@dataclass
class Dynamic:
    """All who play a dynamic; ours, in many worlds, comes first.

    Attributes
    ----------
    precise : what all figures are compared to; ours unless given.
    drawn : whether figures are draws, ``(worlds, figures)``, whose means are to agree.
    """

    name: str
    entries: list[Entry]
    precise: FloatArray | None = None
    drawn: bool = False


def have(peer: str) -> bool:
    """Return whether a package can be imported."""
    return find_spec(PACKAGES[peer]) is not None


def flat(mixes: Sequence[FloatArray]) -> FloatArray:
    """Return mixes of one world one after the other."""
    return np.concatenate([np.asarray(mix, dtype=float).reshape(-1) for mix in mixes])


def game(size: int, seed: int) -> Mixes:
    """Return a random zero-sum game of two, whose equilibrium is mixed as a rule; no two payoffs are the same."""
    table = np.random.default_rng(seed).random((size, size))
    return [table, 1.0 - table]


def ours(
    payoffs: Mixes, make: Callable[[], Learner], rounds: int, worlds: int, first: Sequence[FloatArray], kind: str
) -> Entry:
    """Return our play of a dynamic under mean feedback; its figure is the first world's average or final mix."""
    start = [np.tile(mix, (worlds, 1)) for mix in first]

    def play() -> Any:
        return play_repeated(
            payoffs,
            [make() for _ in payoffs],
            rounds,
            feedback="mean",
            rng=np.random.default_rng(0),
            worlds=worlds,
            first=start,
            keep=rounds - 1,
        )

    def figure(result: Any) -> FloatArray:
        found = [mix[0] for mix in result.average] if kind == "average" else [path[-1][0] for path in result.mixes]
        return flat(found)

    return Entry("ours" if worlds == 1 else f"ours, {worlds:,} worlds", rounds, worlds, play, figure)


def fictitious(options: argparse.Namespace) -> Dynamic:
    """Return fictitious play from the first actions: averages."""
    payoffs, rounds = game(options.size, options.seed), options.rounds
    first = [np.eye(options.size)[0]] * 2
    make = LEARNERS["fictitious-play"]
    entries = [ours(payoffs, make, rounds, worlds, first, "average") for worlds in (options.worlds, 1)]
    if have("QuantEcon"):
        from quantecon.game_theory import FictitiousPlay, NormalFormGame, Player

        peer = FictitiousPlay(NormalFormGame([Player(payoffs[0]), Player(np.ascontiguousarray(payoffs[1].T))]))
        entries.append(Entry("QuantEcon", rounds, 1, lambda: peer.play((0, 0), num_reps=rounds - 1), flat))
    if have("Nashpy"):
        from nashpy.learning.fictitious_play import fictitious_play

        def nashpy() -> Any:
            return list(fictitious_play(*payoffs, iterations=rounds - 1, play_counts=[mix.copy() for mix in first]))[-1]

        entries.append(Entry("Nashpy", rounds, 1, nashpy, lambda counts: flat(counts) / rounds))
    return Dynamic("fictitious play", entries)


class FromThere(RegretMatching):
    """Regret matching from the regrets that OpenSpiel starts with."""

    def prepare(self) -> None:
        """Start from small regrets."""
        self._regrets = np.full(self.task.allowed.shape, 1e-6)


def regrets(options: argparse.Namespace) -> Dynamic:
    """Return regret matching in expectation from even mixes: averages."""
    payoffs, rounds = game(options.size, options.seed), options.rounds
    even = [np.full(options.size, 1.0 / options.size)] * 2
    entries = [ours(payoffs, FromThere, rounds, worlds, even, "average") for worlds in (options.worlds, 1)]
    if have("OpenSpiel"):
        from open_spiel.python.algorithms.regret_matching import regret_matching

        peer = partial(regret_matching, payoffs, iterations=rounds - 1, gamma=0.0)
        entries.append(Entry("OpenSpiel", rounds, 1, peer, flat))
    return Dynamic("regret matching", entries)


def replicator(options: argparse.Namespace) -> Dynamic:
    """Return two populations' replicator dynamics: where they are after the same time, and the precise solution."""
    from scipy.integrate import odeint, solve_ivp

    payoffs, rounds = game(options.size, options.seed), options.rounds
    start = [np.random.default_rng(options.seed + k).dirichlet(np.ones(options.size)) for k in range(2)]
    span = [float(np.ptp(table)) for table in payoffs]
    payoffs = [(table - table.min()) / width for table, width in zip(payoffs, span, strict=True)]
    end = STEP * (rounds - 1)
    sizes = np.array([options.size])

    def slope(time: float, state: FloatArray) -> FloatArray:
        x, y = np.split(state, sizes)
        f, g = payoffs[0] @ y, x @ payoffs[1]
        return np.concatenate([x * (f - x @ f), y * (g - y @ g)])

    precise = solve_ivp(slope, (0.0, end), np.concatenate(start), rtol=1e-12, atol=1e-14, method="DOP853").y[:, -1]
    make = partial(LEARNERS["replicator"], dt=STEP)
    entries = [ours(payoffs, make, rounds, worlds, start, "final") for worlds in (options.worlds, 1)]
    times = np.linspace(0.0, end, rounds)
    if have("Nashpy"):
        import nashpy

        pair = nashpy.Game(*payoffs)
        peer = partial(pair.asymmetric_replicator_dynamics, x0=start[0], y0=start[1], timepoints=times)
        entries.append(Entry("Nashpy", rounds, 1, peer, lambda paths: flat([path[-1] for path in paths])))
    if have("OpenSpiel"):
        from open_spiel.python.egt.dynamics import MultiPopulationDynamics
        from open_spiel.python.egt.dynamics import replicator as rule

        dynamic = MultiPopulationDynamics(np.stack(payoffs), rule)

        def euler() -> FloatArray:
            state = np.concatenate(start)
            for _ in range(rounds - 1):
                state = state + STEP * dynamic(state)
            return state

        entries.append(Entry("OpenSpiel, Euler", rounds, 1, euler, lambda state: state))
        solved = partial(odeint, dynamic, np.concatenate(start), times)
        entries.append(Entry("OpenSpiel, odeint", rounds, 1, solved, lambda path: path[-1]))
    return Dynamic("replicator", entries, precise)


def smooth(options: argparse.Namespace) -> Dynamic:
    """Return smooth fictitious play with drawn actions: averages in many worlds, to be compared in the mean."""
    payoffs, rounds = game(options.size, options.seed), options.smooth_rounds
    first = [np.eye(options.size)[0]] * 2
    heats = [HEAT / float(np.ptp(table)) for table in payoffs]

    def many(worlds: int) -> Entry:
        def play() -> Any:
            learners = [LEARNERS["smooth-fictitious-play"](temperature=heat, anneal=0.0) for heat in heats]
            start = [np.tile(mix, (worlds, 1)) for mix in first]
            return play_repeated(
                payoffs,
                learners,
                rounds,
                feedback="full",
                rng=np.random.default_rng(0),
                worlds=worlds,
                first=start,
                keep=rounds,
            ).joint

        def figure(joint: FloatArray) -> FloatArray:
            return np.concatenate([joint.sum(axis=2), joint.sum(axis=1)], axis=1)

        return Entry("ours" if worlds == 1 else f"ours, {worlds:,} worlds", rounds, worlds, play, figure)

    entries = [many(options.worlds), many(1)]
    if have("QuantEcon"):
        from quantecon.game_theory import NormalFormGame, Player, StochasticFictitiousPlay
        from scipy.stats import gumbel_r

        tables = [payoffs[0], np.ascontiguousarray(payoffs[1].T)]
        model = NormalFormGame([Player(table) for table in tables])
        peer = StochasticFictitiousPlay(model, gumbel_r(scale=HEAT))
        rng = np.random.default_rng(options.seed)

        def world() -> FloatArray:
            return flat(peer.play((0, 0), num_reps=rounds - 1, random_state=rng))

        runs = options.smooth_worlds
        entries.append(Entry("QuantEcon", rounds, runs, lambda: np.stack([world() for _ in range(runs)]), lambda x: x))
    return Dynamic("smooth fictitious play", entries, drawn=True)


def nash_conv(options: argparse.Namespace) -> Dynamic:
    """Return the gains by best responses to random mixes, summed over players."""
    payoffs, rng = game(options.size, options.seed), np.random.default_rng(options.seed)
    worlds = options.worlds
    mixes = [rng.dirichlet(np.ones(options.size), size=worlds) for _ in range(2)]
    expectation = Expectation(from_arrays(payoffs))

    def mine(worlds: int) -> Entry:
        shown = [mix[:worlds, None, :] for mix in mixes]

        def play() -> FloatArray:
            return np.sum(expectation.nash_conv(shown), axis=0)

        return Entry("ours" if worlds == 1 else f"ours, {worlds:,} worlds", 1, worlds, play, lambda x: x[:1])

    entries = [mine(worlds), mine(1)]
    if have("OpenSpiel"):
        import pyspiel
        from open_spiel.python.algorithms.exploitability import nash_conv as peer
        from open_spiel.python.policy import TabularPolicy

        matrix = pyspiel.convert_to_turn_based(pyspiel.create_matrix_game(*payoffs))
        policy = TabularPolicy(matrix)
        for player, mix in enumerate(mixes):
            policy.action_probability_array[player] = mix[0]
        entries.append(Entry("OpenSpiel", 1, 1, lambda: peer(matrix, policy), lambda x: np.array([x])))
    if have("QuantEcon"):
        from quantecon.game_theory import Player

        players = [Player(payoffs[0]), Player(np.ascontiguousarray(payoffs[1].T))]

        def by_players() -> float:
            total = 0.0
            for i, player in enumerate(players):
                worth = player.payoff_vector(mixes[1 - i][0])
                total += worth.max() - mixes[i][0] @ worth
            return float(total)

        entries.append(Entry("QuantEcon", 1, 1, by_players, lambda x: np.array([x])))
    return Dynamic("NashConv", entries)
