"""Classical mechanisms, one a file: their rules read announced values and, at most, the seller's prior.

Nothing here asks a player for a belief; that is `mechanisms.crowdsourced`.
"""
