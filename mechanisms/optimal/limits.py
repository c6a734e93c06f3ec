"""The largest sizes that each route to OPT takes.

Measured on one core of 2026: the program for one good of 648,000 variables, three bidders with 60 correlated values
each, took 9 s and 1.3 GB, some 1.9 kB a variable; time grows as variables^1.4. The general program's time depends more
on what it says than on its size: 38,000 variables took 1 s for digital goods, 6,400 took 54 s for a public good. A cut
on 1,000 x 1,000 profiles took 1 to 2 s and 0.7 GB.
"""

MAX_VARIABLES = 1_000_000  # one good
MAX_GENERAL = 50_000  # any assignment environment
MAX_PROFILES = 2_000_000  # two bidders
