"""Studies: short scripts that compare runs, each with a page of findings and the plots on it, made by the script.

A study is a module with a `TITLE` and a function `study(tell, *, scale)`, as `scenarios.studies` says.
"""
