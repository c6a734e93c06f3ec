"""How sure a type must be that the others play an equilibrium before its part in it is best.

References
----------
.. [HarsanyiSelten1988] J. Harsanyi and R. Selten, A General Theory of Equilibrium Selection in Games, MIT Press.
.. [MorrisRobShin1995] S. Morris, R. Rob and H. Shin, p-dominance and belief potential, Econometrica 63.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.agent_form import AgentForm
from mechanisms.environment import IntArray


def sure_enough(form: AgentForm, chosen: Sequence[IntArray]) -> float:
    """Return the least probability of all others playing a pure equilibrium from which on to join in is best.

    With the rest of the probability all others report at random, evenly over their menus; p-dominance
    [MorrisRobShin1995]_ would ask for the worst that they might do, risk dominance [HarsanyiSelten1988]_ compares two
    equilibria. Expected payoffs are linear in the probability, so that the answer is exact.

    Parameters
    ----------
    chosen : per seat, ``(cells,)`` reports of the form.

    Raises
    ------
    ValueError : if it is no equilibrium.
    """
    inside, outside = form.utilities(form.pure(chosen)), form.utilities(form.uniform())
    found = 0.0
    for told, sure, unsure in zip(chosen, inside, outside, strict=True):
        cells = np.arange(len(told))
        ahead = sure[cells, told][:, None] - sure
        behind = unsure - unsure[cells, told][:, None]
        if ahead.min() < -form.tolerance:
            raise ValueError(f"some type gains {-ahead.min():.6g} by leaving it: it is no equilibrium")
        tempted = behind > form.tolerance
        found = max(found, float((behind[tempted] / (ahead[tempted] + behind[tempted])).max(initial=0.0)))
    return found
