"""What is measured: revenue, deviations, dominance, equilibria, rings, wrong beliefs, claims; plots and the report.

Arrays and tables in, tables and axes out. Nothing here runs a simulation or reads a scenario.
"""
