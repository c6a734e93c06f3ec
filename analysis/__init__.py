"""What is measured: exact revenue and deviation gains, tables, plots and the report.

Arrays and tables in, tables and axes out. Nothing here runs a simulation or reads a scenario.
"""
