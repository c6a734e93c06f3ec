"""Finite distributions over profiles of types: a table of atoms, independent types, mixtures of those.

They answer the same questions, those of the `Belief` protocol, to the same figures. Nothing here knows whose belief
it is.
"""

from mechanisms.beliefs.belief import Belief, Uniforms, weights_of
from mechanisms.beliefs.joint import SUM_TOLERANCE, Joint, independent, joint
from mechanisms.beliefs.mixture import Mixture, mixture
from mechanisms.beliefs.product import LISTED, Product, product

__all__ = [
    "LISTED",
    "SUM_TOLERANCE",
    "Belief",
    "Joint",
    "Mixture",
    "Product",
    "Uniforms",
    "independent",
    "joint",
    "mixture",
    "product",
    "weights_of",
]
