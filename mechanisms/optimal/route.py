"""The route to OPT that fits: closed form, minimum cut, or linear program."""

from __future__ import annotations

from math import prod

from mechanisms.beliefs import Belief
from mechanisms.environment import Environment
from mechanisms.optimal import limits
from mechanisms.optimal.cut import cut_optimum
from mechanisms.optimal.general import general_program
from mechanisms.optimal.ironing import factored
from mechanisms.optimal.myerson import PRODUCT, solve_factored
from mechanisms.optimal.optimum import Optimum, TooLarge
from mechanisms.optimal.orbits import exchangeable
from mechanisms.optimal.programs import folded_program


def optimal_mechanism(environment: Environment, belief: Belief, *, most_variables: int | None = None) -> Optimum:
    """Return the revenue-optimal mechanism by the route that fits.

    For one good: Myerson's auction if values are independent, a minimum cut with two bidders, else a linear program,
    with exchangeable bidders folded. For several goods a linear program of lotteries and payments.

    Parameters
    ----------
    most_variables : of the largest linear program; see `mechanisms.optimal.limits` unless given.

    Raises
    ------
    TooLarge : a ValueError, with the numbers, where no route fits.
    ValueError : if HiGHS reports no optimum.
    """
    if not environment.single_good:
        return general_program(environment, belief, most_variables=most_variables)
    found = factored(belief, PRODUCT)
    if found is not None:
        return solve_factored(environment, belief, found)
    if environment.players == 2:
        size = prod(environment.shape)
        if size > limits.MAX_PROFILES:
            raise TooLarge(
                f"OPT for two bidders is a minimum cut on {size:,} profiles here; the limit is {limits.MAX_PROFILES:,}",
                route="cut",
                size=size,
                limit=limits.MAX_PROFILES,
            )
        return cut_optimum(environment, belief)
    return folded_program(environment, belief, exchangeable(environment, belief), most_variables=most_variables)
