"""The rules of the games, and what they are defined on: environments, beliefs, scores, mechanisms.

Nothing here knows who plays, what they know, or why. Mechanisms are pure functions of reports and coins.
`MECHANISMS` is the registry: a class per kind, which users extend by adding an entry.

References
----------
.. [AzarChenMicali2012] P. Azar, J. Chen, S. Micali, Crowdsourced Bayesian Auctions, ITCS 2012.
"""

from mechanisms.beliefs import Belief, Joint, independent, joint
from mechanisms.book import BeliefBook
from mechanisms.builders import assignment, digital_goods, public_good, services, single_good
from mechanisms.classical.all_pay import AllPay
from mechanisms.classical.anonymous_reserve import AnonymousReserve, ReservePrice
from mechanisms.classical.consensus import Consensus
from mechanisms.classical.cremer_mclean import CremerMcLean
from mechanisms.classical.cremer_riordan import CremerRiordan
from mechanisms.classical.deterministic import Deterministic
from mechanisms.classical.empirical_reserve import EmpiricalReserve
from mechanisms.classical.english import English
from mechanisms.classical.first_price import FirstPrice
from mechanisms.classical.k_lookahead import KLookahead
from mechanisms.classical.lookahead import Lookahead
from mechanisms.classical.myerson import Myerson
from mechanisms.classical.optimal_auction import OptimalAuction
from mechanisms.classical.pooling import PoolingLookahead
from mechanisms.classical.posted_prices import PostedPrices
from mechanisms.classical.reserves import EagerReserves, LazyReserves
from mechanisms.classical.rsop import RandomSampling
from mechanisms.classical.single_sample import SingleSample
from mechanisms.classical.vcg import VCG
from mechanisms.classical.vcg_reserves import VCGReserves
from mechanisms.classical.vickrey import Vickrey
from mechanisms.crowdsourced.caillaud_robert import CaillaudRobert
from mechanisms.crowdsourced.choi_kim import ChoiKim
from mechanisms.crowdsourced.crowd_lookahead import CrowdLookahead, CrowdLookaheadPrinted
from mechanisms.crowdsourced.informant import Informant
from mechanisms.crowdsourced.perfect_information import PerfectInformation
from mechanisms.crowdsourced.recipes import crowdsource_by_informant, crowdsource_prices
from mechanisms.crowdsourced.second_belief import SecondBelief
from mechanisms.crowdsourced.sure_offers import SureOffers
from mechanisms.crowdsourced.unanimity import Unanimity
from mechanisms.environment import Environment
from mechanisms.mechanism import Mechanism, Setting
from mechanisms.optimal import optimal_mechanism
from mechanisms.outcomes import Outcomes, Reports

MECHANISMS: dict[str, type[Mechanism]] = {
    kind.name: kind
    for kind in (
        Informant,
        CrowdLookahead,
        CrowdLookaheadPrinted,
        Unanimity,
        Vickrey,
        Lookahead,
        KLookahead,
        PoolingLookahead,
        OptimalAuction,
        Deterministic,
        FirstPrice,
        LazyReserves,
        EagerReserves,
        AnonymousReserve,
        ReservePrice,
        Myerson,
        English,
        EmpiricalReserve,
        SingleSample,
        AllPay,
        VCG,
        VCGReserves,
        PostedPrices,
        CremerRiordan,
        ChoiKim,
        RandomSampling,
        Consensus,
        SecondBelief,
        SureOffers,
        CremerMcLean,
        CaillaudRobert,
        PerfectInformation,
        crowdsource_by_informant(Lookahead),
        crowdsource_by_informant(Myerson),
        crowdsource_by_informant(KLookahead),
        crowdsource_by_informant(VCGReserves),
        crowdsource_by_informant(PostedPrices),
        crowdsource_prices(LazyReserves),
    )
}

__all__ = [
    "MECHANISMS",
    "Belief",
    "BeliefBook",
    "Environment",
    "Joint",
    "Mechanism",
    "Outcomes",
    "Reports",
    "Setting",
    "assignment",
    "crowdsource_by_informant",
    "crowdsource_prices",
    "digital_goods",
    "independent",
    "joint",
    "optimal_mechanism",
    "public_good",
    "services",
    "single_good",
]
