"""The page that `analysis.report` fills in; a package, so that it is installed with the code."""
