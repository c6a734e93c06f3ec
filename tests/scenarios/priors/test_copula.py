"""Copulas: closed forms, other libraries' integrals, given marginals, and mixtures as good as they say."""

import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mechanisms import single_good
from mechanisms.beliefs import Joint, Mixture
from scenarios.priors.copula import Copula, copula_prior
from scenarios.priors.factors import Clayton, Gaussian
from scenarios.schema import CopulaPrior

MARGINALS = (np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.5, 0.0, 0.25, 0.25]), np.array([0.05, 0.95]))


def ranks(marginal):
    return np.concatenate([[0.0], np.cumsum(marginal)[:-1], [1.0]])


def differences(cdf, marginals):
    """The cells of a distribution function on the grid of cumulative marginals."""
    corners = np.array([cdf(point) for point in product(*map(ranks, marginals))])
    cells = corners.reshape([len(m) + 1 for m in marginals])
    for axis in range(len(marginals)):
        cells = np.diff(cells, axis=axis)
    return cells.ravel()


def clayton_cdf(theta):
    def cdf(point):
        return 0.0 if min(point) == 0 else (sum(u**-theta for u in point) - len(point) + 1) ** (-1 / theta)

    return cdf


def spec(**options) -> CopulaPrior:
    return CopulaPrior(kind="copula", **{"marginals": "uniform", **options})


def environment(players, values):
    return single_good([list(range(1, values + 1))] * players)


class TestTables:
    @pytest.mark.parametrize("theta", [0.05, 0.3, 1.0, 2.5, 8.0, 40.0])
    @pytest.mark.parametrize("players", [1, 2, 3])
    def test_clayton_is_its_closed_form(self, theta, players) -> None:
        marginals = MARGINALS[:players]
        found = Copula(Clayton(theta), marginals).over(range(players))
        assert found == pytest.approx(differences(clayton_cdf(theta), marginals), abs=1e-12)

    @settings(max_examples=25, deadline=None)
    @given(st.floats(0.1, 20), st.lists(st.integers(1, 9), min_size=2, max_size=5), st.integers(2, 4))
    def test_clayton_on_any_grid(self, theta, counts, players) -> None:
        marginals = (np.array(counts) / sum(counts),) * players
        found = Copula(Clayton(theta), marginals).over(range(players))
        assert found == pytest.approx(differences(clayton_cdf(theta), marginals), abs=1e-12)

    @pytest.mark.parametrize("rho", [-0.9, -0.5, 0.0, 0.3, 0.8, 0.97])
    def test_two_gaussian_players_are_bivariate_normal(self, rho) -> None:
        def cdf(point):
            if min(point) == 0:
                return 0.0
            scores = np.minimum(stats.norm.ppf(point), 12.0)
            return stats.multivariate_normal(cov=[[1, rho], [rho, 1]]).cdf(scores)

        marginals = MARGINALS[:2]
        prior = copula_prior(spec(family="gaussian", correlation=rho), environment(2, 4))
        expected = differences(cdf, (np.full(4, 0.25),) * 2)
        assert isinstance(prior.belief, Joint)
        assert prior.belief.prob(np.array(list(product(range(4), repeat=2)))) == pytest.approx(expected, abs=1e-12)
        loadings = (abs(rho) ** 0.5, np.copysign(abs(rho) ** 0.5, rho))
        found = Copula(Gaussian(loadings), marginals).over([0, 1])
        assert found == pytest.approx(differences(cdf, marginals), abs=1e-12)

    def test_the_chance_that_three_scores_are_positive(self) -> None:
        loadings = (0.9, -0.4, 0.6)
        found = Copula(Gaussian(loadings), (np.array([0.5, 0.5]),) * 3).over(range(3)).reshape(2, 2, 2)
        angles = sum(np.arcsin(loadings[i] * loadings[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
        assert found[1, 1, 1] == pytest.approx(1 / 8 + angles / (4 * np.pi), abs=1e-13)

    @pytest.mark.parametrize("factor", [Gaussian((0.7, 0.99, -0.2)), Clayton(3.0), Clayton(100.0)])
    def test_marginals_come_out_as_given(self, factor) -> None:
        table = Copula(factor, MARGINALS).table()
        for i, marginal in enumerate(MARGINALS):
            assert np.bincount(table.atoms[:, i], table.weights, minlength=len(marginal)) == pytest.approx(
                marginal, abs=1e-12
            )

    def test_no_correlation_is_independence(self) -> None:
        prior = copula_prior(spec(family="gaussian", correlation=0.0), environment(3, 4))
        assert prior.belief.weights == pytest.approx(np.full(64, 1 / 64), abs=1e-15)

    def test_what_is_next_to_certain_is_refused(self) -> None:
        with pytest.raises(ValueError, match="so close to perfect dependence"):
            Copula(Gaussian((1 - 1e-15, 1 - 1e-15)), MARGINALS[:2]).over([0, 1])

    def test_negative_correlation_of_three_is_no_one_factor_model(self) -> None:
        with pytest.raises(ValueError, match=r"prior.correlation = -0.1 goes with two players"):
            copula_prior(spec(family="gaussian", correlation=-0.1), environment(3, 2))


class TestMixtures:
    @pytest.mark.parametrize(
        ("options", "worst"),
        [
            ({"family": "gaussian", "correlation": 0.5}, 1e-6),
            ({"family": "gaussian", "loadings": [0.3, 0.8, -0.5]}, 1e-4),
            ({"family": "clayton", "theta": 0.5}, 1e-3),
            ({"family": "clayton", "theta": 2.0}, 1e-3),
        ],
    )
    def test_a_mixture_is_as_far_off_as_it_says(self, options, worst) -> None:
        here = environment(3, 10)
        found = copula_prior(spec(**options), here, listed=False)
        exact = copula_prior(spec(**options), here, listed=True).belief
        assert isinstance(found.belief, Mixture)
        off, apart = map(float, re.findall(r"\d\.\de[+-]\d+", found.notes[0]))
        assert off <= 1e-12
        assert apart <= worst
        shown = max(
            np.abs(found.belief.marginal(pair).table.prob(grid) - exact.marginal(pair).prob(grid)).sum() / 2
            for pair in ([0, 1], [0, 2], [1, 2])
            for grid in [np.array(list(product(range(10), repeat=2)))]
        )
        assert shown <= 1.06 * apart + 1e-14
        assert "prior.nodes" not in found.notes[0]

    @pytest.mark.parametrize(
        "options", [{"family": "gaussian", "correlation": 0.6}, {"family": "clayton", "theta": 3.0}]
    )
    def test_more_nodes_come_closer(self, options) -> None:
        apart = []
        for nodes in (4, 16, 64):
            found = copula_prior(spec(**options, nodes=nodes), environment(2, 20), listed=False)
            apart.append(float(re.findall(r"by (\S+) in total variation", found.notes[0])[0]))
            assert len(found.belief.weights) == nodes
        assert apart[0] > 5 * apart[1] > 25 * apart[2]

    def test_a_rough_mixture_says_so(self) -> None:
        prior = copula_prior(spec(family="gaussian", correlation=0.99, nodes=3), environment(2, 20), listed=False)
        assert prior.notes[0].endswith("more of prior.nodes would bring that down")

    def test_players_alike_share_their_factors(self) -> None:
        prior = copula_prior(spec(family="gaussian", correlation=0.4, nodes=8), environment(500, 30))
        assert len({id(row) for part in prior.belief.components for row in part.factors}) == 8

    @pytest.mark.parametrize(
        "options", [{"family": "gaussian", "correlation": 0.9}, {"family": "clayton", "theta": 5.0}]
    )
    def test_a_first_player_of_one_type_does_not_hide_the_others(self, options) -> None:
        even = [0.25, 0.25, 0.25, 0.25]
        told = []
        for marginals in ([[1.0, 0.0, 0.0, 0.0], even, even], [even, even, even]):
            prior = copula_prior(spec(**options, marginals=marginals, nodes=4), environment(3, 4), listed=False)
            told.append(float(re.findall(r"by (\S+) in total variation", prior.notes[0])[0]))
        assert told[0] == told[1] > 1e-4

    def test_a_clayton_parameter_next_to_independence_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"greater than or equal to 0\.000001"):
            spec(family="clayton", theta=1e-300)
        even = (np.full(3, 1 / 3),) * 2
        assert Copula(Clayton(1e-6), even).over([0, 1]) == pytest.approx(np.full(9, 1 / 9), abs=1e-6)
