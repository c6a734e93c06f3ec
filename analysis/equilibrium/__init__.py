"""Equilibria of the induced game: verification of any play, pure, mixed and logit equilibria, and its normal forms.

What eliminates reports is in `analysis.dominance.judge`.
"""
