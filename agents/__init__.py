"""Who plays: what players know, how they report, and what reports are worth to them.

Knows the rules (`mechanisms`) but not the experiment: no scenario, no simulation loop, no table of results.
"""
