"""Amounts of money that nobody has: one sentence and status 2, whatever mechanism is given them."""

from pathlib import Path
from typing import Any

import pytest
import tomli_w
from click.testing import CliRunner

from scenarios.cli import main
from tests.scenarios.test_errors import assert_one_sentence

VALUES = [[1, 2], [1, 3]]
GOODS: dict[str, Any] = {"environment": {"kind": "single-good", "values": VALUES}}
EVEN: dict[str, Any] = {"prior": {"kind": "independent", "marginals": [[0.5, 0.5]] * 2}}


@pytest.mark.parametrize(
    ("kind", "name", "amount", "least"),
    [
        ("reserve-price", "price", 10**30, 0),
        ("reserve-price", "price", -1, 0),
        ("english", "increment", 10**30, 1),
        ("english", "reserve", 10**30, 0),
        ("vcg", "cost", 10**400, 0),
    ],
)
@pytest.mark.parametrize("command", ["run", "revenue"])
def test_a_mechanism_takes_no_amount_beyond_all_worths(tmp_path, monkeypatch, command, kind, name, amount, least):
    monkeypatch.chdir(tmp_path)
    Path("s.toml").write_text(tomli_w.dumps(GOODS | EVEN | {"mechanism": {"kind": kind, name: amount}}))
    result = CliRunner().invoke(main, [command, "s.toml"])
    said = f"s.toml: mechanism: {name} must be a whole number from {least} to 1,000,000,000,000, not {amount}"
    assert_one_sentence(result, said)
    assert [path.name for path in tmp_path.iterdir()] == ["s.toml"]
