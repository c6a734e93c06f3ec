"""Dominance: which reports and strategies fall, in which round, to what, with certificates.

On normal forms (`normal_form`, `elimination`) and on induced games (`interim`, `two_step`); `judge` decides both.
"""
