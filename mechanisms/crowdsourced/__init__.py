"""Crowdsourced Bayesian mechanisms: the seller knows nothing and pays the players for their beliefs.

Nothing here reads the prior; that is `mechanisms.classical`.
"""
