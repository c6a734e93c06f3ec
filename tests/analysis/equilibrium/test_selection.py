"""How sure one must be to join an equilibrium, in games where that is known, and by trying probabilities."""

import numpy as np
import pytest

from agents.agent_form import from_arrays
from analysis.equilibrium.selection import sure_enough

STAG = np.array([[9.0, 0.0], [7.0, 7.0]])


def at(*places):
    return [np.array([place]) for place in places]


def test_stag_hunt():
    """Hunting needs 7/9 on the other's hunting; half of the rest is already there: p + (1 - p) / 2 = 7/9."""
    form = from_arrays([STAG, STAG.T])
    assert sure_enough(form, at(0, 0)) == pytest.approx(2 * 7 / 9 - 1)
    assert sure_enough(form, at(1, 1)) == 0.0


def test_a_dominant_report_needs_no_trust():
    table = np.array([[3.0, 1.0], [2.0, 0.0]])
    assert sure_enough(from_arrays([table, table.T]), at(0, 0)) == 0.0


def test_no_equilibrium_is_refused():
    form = from_arrays([STAG, STAG.T])
    with pytest.raises(ValueError, match=r"gains 7 by leaving"):
        sure_enough(form, at(0, 1))


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_border_of_best_replies(seed):
    """Against a direct search over probabilities, in coordination games of three players."""
    rng = np.random.default_rng(seed)
    payoffs = [rng.random((3, 3, 3)) for _ in range(3)]
    for table in payoffs:
        table[0, 0, 0] += 1.5
    sure = sure_enough(from_arrays(payoffs), at(0, 0, 0))

    def joins(chance):
        for i, table in enumerate(payoffs):
            own = np.moveaxis(table, i, 0).reshape(3, -1)
            worth = chance * own[:, 0] + (1 - chance) * own.mean(axis=1)
            if worth[0] < worth.max() - 1e-12:
                return False
        return True

    assert joins(min(sure + 1e-6, 1.0))
    assert sure == 0.0 or not joins(sure - 1e-6)
