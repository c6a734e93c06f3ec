"""Mixtures fitted to bids: what is read, chosen, named and written; every error; real files."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from scenarios.bids import prior_from_bids
from scenarios.cli import main
from scenarios.errors import BadInput
from scenarios.experiment import assemble
from scenarios.library import make_bids
from scenarios.priors.bid_mixture import mixture_from_bids
from scenarios.scenario import parse

ROOT = Path(__file__).parents[3]
REAL = ROOT.parent / "shared" / "data"
MILLS = list(make_bids.SKILL)


@pytest.fixture
def two_states(tmp_path) -> Path:
    """Auctions in good times, in which three bidders bid 8 or 9, and in bad ones, in which they bid 2 or 3."""
    rng = np.random.default_rng(2)
    rows = [
        f"{lot},{name},{(8 if lot % 4 else 2) + rng.integers(2)}" for lot in range(200) for name in ("ann", "bob", "cy")
    ]
    path = tmp_path / "bids.csv"
    path.write_text("\n".join(["auction,bidder,bid", *rows]))
    return path


def test_good_and_bad_times_are_told_apart(two_states):
    found = mixture_from_bids(two_states, components=2, bidders=["ann", "bob", "cy"], smoothing=0.001)
    assert found.levels.grids == ((2, 3, 8, 9),) * 3
    assert found.weights == pytest.approx([0.25, 0.75], abs=1e-4)
    bad, good = found.marginals
    assert all(row[:2].sum() == pytest.approx(1, abs=1e-4) for row in bad)
    assert all(row[2:].sum() == pytest.approx(1, abs=1e-4) for row in good)


def test_auto_takes_the_number_that_tells_best_what_it_has_not_seen(two_states):
    found = mixture_from_bids(two_states, components="auto", highest=3, exchangeable=True)
    best = max(found.held_out, key=lambda one: one.mean)
    assert [one.components for one in found.held_out] == [1, 2, 3, 4, 5, 6]
    assert len(found.weights) == best.components == 2
    assert all(
        f"{one.components}: {one.mean:.4f} ± {one.standard_error:.4f}" in found.notes()[1] for one in found.held_out
    )
    assert all(len(rows) == 1 for rows in found.marginals)


@pytest.mark.parametrize("components", [1, 2, 4])
def test_each_seat_s_marginal_is_as_in_the_data(components):
    table = prior_from_bids(make_bids.FILE, bidders=MILLS[:3], levels=4)
    found = mixture_from_bids(make_bids.FILE, bidders=MILLS[:3], levels=4, components=components)
    assert found.levels.grids == table.values
    profiles, chances = np.array(table.profiles), np.array(table.probabilities)
    for seat, grid in enumerate(table.values):
        mixed = sum(w * rows[seat] for w, rows in zip(found.weights, found.marginals, strict=True))
        assert mixed == pytest.approx([chances[profiles[:, seat] == value].sum() for value in grid], abs=1e-12)


def test_components_are_in_order_of_what_is_bid():
    found = mixture_from_bids(make_bids.FILE, bidders=MILLS, components=3)
    totals = [sum(means) for means in found.means]
    assert totals == sorted(totals)
    grid = np.array(found.levels.grids[2])
    assert found.means[1][2] == pytest.approx(grid @ found.marginals[1][2])


@pytest.mark.parametrize("options", [{"bidders": MILLS[:2]}, {"highest": 3, "exchangeable": True}])
def test_what_is_written_is_the_scenario_that_reads_the_file(options, tmp_path):
    found = mixture_from_bids(make_bids.FILE, components=2, **options)
    rest = {"mechanism": {"kind": "L"}, "knowledge": {"kind": "state", "insiders": [0]}}
    written = assemble(parse({**tomllib.loads(found.to_toml()), **rest}))
    prior = {"kind": "bids", "path": str(make_bids.FILE), "components": 2, **options}
    direct = assemble(parse({"prior": prior, **rest}))
    assert set(direct.space.labels) == {"component 1", "component 2"}
    assert (written.space.weights == direct.space.weights).all()
    assert (written.space.profiles == direct.space.profiles).all()
    assert direct.notes[1:-1] == tuple(found.notes())
    again = assemble(parse(tomllib.loads(direct.as_toml())))
    assert (again.space.weights == direct.space.weights).all()


def test_the_command_writes_and_shows_it():
    arguments = ["prior", str(make_bids.FILE), "--bidders", ",".join(MILLS[:2]), "--components", "2", "--seed", "3"]
    printed = CliRunner().invoke(main, arguments)
    found = mixture_from_bids(make_bids.FILE, bidders=MILLS[:2], components=2, seed=3)
    assert printed.exit_code == 0, printed.output
    assert printed.output == found.to_toml()
    data = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).output)
    assert data["prior"] == tomllib.loads(found.to_toml())["prior"]
    assert data["log_likelihood"] == found.log_likelihood
    assert data["held_out"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"components": 0}, r"components must be from 1 to 89 for \d+ auctions, not 0\."),
        ({"components": 101}, r"components must be from 1 to 89 for \d+ auctions, not 101\."),
        ({"components": "auto", "smoothing": 0.0}, r"components = 'auto' needs smoothing above 0, not 0\.0\."),
        ({"components": 2, "levels": 0}, r"levels must be 1 or more, not 0\."),
    ],
)
def test_what_cannot_be_fitted_is_said_in_one_sentence(options, said):
    with pytest.raises(BadInput, match=rf"^{make_bids.FILE}: {said}$"):
        mixture_from_bids(make_bids.FILE, bidders=MILLS[:2], **options)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (["--components", "many"], "'many' is neither a whole number nor auto."),
        (["--seed", "1"], "--seed goes with --components, which is not given"),
    ],
)
def test_the_command_says_what_it_does_not_take(extra, said):
    result = CliRunner().invoke(main, ["prior", str(make_bids.FILE), "--bidders", MILLS[0], *extra])
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.skipif(not REAL.is_dir(), reason="the real bids are not here")
class TestReal:
    def test_common_values_show(self) -> None:
        """Two components tell held-out auctions of one sort of watch better than independence, by five errors."""
        found = mixture_from_bids(
            REAL / "online_auctions.csv", where={"item": "cartier"}, highest=3, exchangeable=True, components="auto"
        )
        one, two = found.held_out[:2]
        assert two.mean - one.mean > 5 * two.standard_error
        assert len(found.weights) > 1

    def test_importers(self) -> None:
        names = [f"importer-00{number}" for number in (2, 4, 5)]
        found = mixture_from_bids(REAL / "quota_auctions.csv", bidders=names, components="auto")
        assert len(found.levels.draws) == 39
        assert found.held_out[1].mean > found.held_out[0].mean
