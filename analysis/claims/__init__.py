"""Every claim of the paper, to be tried on random small games [AzarChenMicali2012]_.

`CLAIMS` is the registry. A claim has a slack on an instance, at least zero if it holds; `search` tries a claim on many
instances, and shrinks the worst one if it fails.
"""

from analysis.claims import bounds, fewer, informants, knowing, lookaheads, tools
from analysis.claims.claim import Claim
from analysis.claims.instance import Instance

CLAIMS: dict[str, Claim] = {
    claim.name: claim
    for group in (tools.CLAIMS, informants.CLAIMS, lookaheads.CLAIMS, bounds.CLAIMS, fewer.CLAIMS, knowing.CLAIMS)
    for claim in group
}

__all__ = ["CLAIMS", "Claim", "Instance"]
