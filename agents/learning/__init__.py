"""Learners, one file each, and what connects them to a market: options, counterfactual and expected payoffs.

A learner is a rule on tables of payoffs and knows no auction; nothing here plays rounds of one.

`LEARNERS` is the registry: a class per name, which users extend by adding an entry.
"""

from agents.learning.best_response_dynamics import BestResponseDynamics
from agents.learning.exp3 import Exp3, Exp3IX
from agents.learning.fictitious_play import FictitiousPlay, SmoothFictitiousPlay
from agents.learning.hedge import Hedge
from agents.learning.learner import Learner, Lesson, Task
from agents.learning.logit_response import LogitResponse
from agents.learning.q_learning import BoltzmannQ, QLearning
from agents.learning.regret_matching import RegretMatching, RegretMatchingPlus
from agents.learning.replicator import Replicator
from agents.learning.response_oracles import ResponseOracles
from agents.learning.swap_regret import SwapRegret
from agents.learning.ucb import Ucb1

LEARNERS: dict[str, type[Learner]] = {
    kind.name: kind
    for kind in (
        FictitiousPlay,
        SmoothFictitiousPlay,
        BestResponseDynamics,
        Hedge,
        RegretMatching,
        RegretMatchingPlus,
        SwapRegret,
        LogitResponse,
        Replicator,
        ResponseOracles,
        Exp3,
        Exp3IX,
        Ucb1,
        QLearning,
        BoltzmannQ,
    )
}

__all__ = [
    "LEARNERS",
    "BestResponseDynamics",
    "BoltzmannQ",
    "Exp3",
    "Exp3IX",
    "FictitiousPlay",
    "Hedge",
    "Learner",
    "Lesson",
    "LogitResponse",
    "QLearning",
    "RegretMatching",
    "RegretMatchingPlus",
    "Replicator",
    "ResponseOracles",
    "SmoothFictitiousPlay",
    "SwapRegret",
    "Task",
    "Ucb1",
]
