"""OPT: the best dominant-strategy-truthful, ex-post individually rational mechanism for a known D.

Lotteries are allowed. `optimal_mechanism` takes the route that fits: "myerson", a closed form for one good and
independent values; "cut", a minimum cut for one good and two bidders; "lp", a linear program on the grid of profiles
for one good, and "folded lp", the same with exchangeable bidders folded; "general lp", a program of lotteries and
payments in any assignment environment. Where none fits it raises `TooLarge`, and `optimum_bounds` says what is known.
Every optimum carries a certificate: its own revenue recomputed from its payments, and an upper bound recomputed from
multipliers.

The optimum's revenue is unique; its outcomes are not. Each route says which optimum it returns.
"""

from mechanisms.optimal.bounds import OptimumBounds, optimum_bounds
from mechanisms.optimal.cut import cut_optimum
from mechanisms.optimal.gains import monotone_rows, myerson_sum, on_grid, virtual_gains
from mechanisms.optimal.general import general_program
from mechanisms.optimal.ironing import ironed_virtual_values, is_product
from mechanisms.optimal.myerson import myerson_optimum
from mechanisms.optimal.optimum import Certificate, Optimum, Sale, TooLarge
from mechanisms.optimal.programs import folded_program, single_good_program
from mechanisms.optimal.route import optimal_mechanism

__all__ = [
    "Certificate",
    "Optimum",
    "OptimumBounds",
    "Sale",
    "TooLarge",
    "cut_optimum",
    "folded_program",
    "general_program",
    "ironed_virtual_values",
    "is_product",
    "monotone_rows",
    "myerson_optimum",
    "myerson_sum",
    "on_grid",
    "optimal_mechanism",
    "optimum_bounds",
    "single_good_program",
    "virtual_gains",
]
