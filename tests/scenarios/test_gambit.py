"""Gambit's files: both formats by hand, exact round trips, and one sentence for whatever is wrong."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.dominance.elimination import eliminate
from analysis.dominance.normal_form import normal_form
from scenarios.errors import BadInput
from scenarios.gambit import parse_nfg, read_nfg, write_nfg

PAYOFFS = """NFG 1 R "Selten (IJGT, 75), Figure 2, normal form"
{ "Player 1" "Player 2" } { 3 2 }

1 1 0 2 0 2 1 1 0 3 2 0
"""
OUTCOMES = """NFG 1 R "Selten (IJGT, 75), Figure 2, normal form" { "Player 1" "Player 2" }

{ { "1" "2" "3" }
{ "1" "2" }
}
"a comment with { braces }"

{
{ "first" 1, 1 }
{ "" 0, 2 }
{ "third" 0 2, }
{ "" 1, 1 }
{ "" 0, 3 }
{ "" 2, 0 }
}
1 2 3 4 5 6
"""
FIRST, SECOND = [[1, 1], [0, 0], [0, 2]], [[1, 1], [2, 3], [2, 0]]


@pytest.mark.parametrize(
    "text", [PAYOFFS, OUTCOMES, PAYOFFS.replace("\n", "\r\n"), OUTCOMES.replace("NFG 1 R", "NFG 1 D")]
)
def test_both_formats(text, tmp_path):
    """The example of Gambit's documentation, the first player's strategy running fastest."""
    path = tmp_path / "game.nfg"
    path.write_bytes(text.encode("utf-8"))
    game = read_nfg(path)
    assert game.title == "Selten (IJGT, 75), Figure 2, normal form"
    assert game.players == ("Player 1", "Player 2")
    assert game.strategies == (("1", "2", "3"), ("1", "2"))
    assert [table.tolist() for table in game.payoffs] == [FIRST, SECOND]


def test_outcome_zero_pays_nothing():
    game = parse_nfg('NFG 1 R "" {"a" "b"} {2 2} {{"x" 7 -1/2}} 0 1 0 1', source="f")
    assert [table.tolist() for table in game.payoffs] == [[[0, 0], [7, 7]], [[0, 0], [-0.5, -0.5]]]


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("3", Fraction(3)),
        ("+3", Fraction(3)),
        ("-0.1", Fraction(-1, 10)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("1e-3", Fraction(1, 1000)),
        ("2.5E+2", Fraction(250)),
        ("-6/4", Fraction(-3, 2)),
        ("123456789012345678901", Fraction(123456789012345678901)),
    ],
)
def test_numbers_are_what_they_say(number, value):
    assert parse_nfg(f'NFG 1 R "" {{"a"}} {{1}} {number}', source="f").payoff(0, (0,)) == value


def test_names_with_quotation_marks():
    game = parse_nfg(r'NFG 1 R "say \"x\" \\ \n" {"{\"a\"}"} {{"}" ""}} 1 2', source="f")
    assert game.title == 'say "x" \\ \\n'
    assert (game.players, game.strategies) == (('{"a"}',), (("}", ""),))


def test_three_players_in_order():
    text = 'NFG 1 R "" {"a" "b" "c"} {2 1 2} ' + " ".join(map(str, range(12)))
    game = parse_nfg(text, source="f")
    assert [game.payoff(0, (1, 0, 0)), game.payoff(1, (0, 0, 1)), game.payoff(2, (1, 0, 1))] == [3, 7, 11]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: the file ends where the word NFG should be"),
        ("EFG 2 R", "line 1: the word NFG should be where 'EFG' is"),
        ("NFG 2 R", "line 1: version 1 should be where '2' is"),
        ("NFG 1 X", "line 1: R or D should be where 'X' is"),
        ("NFG 1 R\n7", "line 2: the title in quotation marks should be where '7' is"),
        ('NFG 1 R "a', "line 1: a quotation mark that nothing closes"),
        ('NFG 1 R "" "a"', "line 1: { should be where '\"a\"' is"),
        ('NFG 1 R "" {a} {1} 1', "line 1: a player's name should be where 'a' is"),
        ('NFG 1 R "" {"a"', "line 1: the file ends where a player's name should be"),
        ('NFG 1 R "" {} {}', "line 1: 0 players, but strategies of 0"),
        ('NFG 1 R "" {"a" "b"}\n{2}', "line 2: 2 players, but strategies of 1"),
        ('NFG 1 R "" {"a"} {0}', "line 1: player 1 has no strategy"),
        ('NFG 1 R "" {"a" "b"} {{"x"} {}} 1 1', "line 1: player 2 has no strategy"),
        (
            'NFG 1 R "" {"a"} {-2}',
            "line 1: a number of strategies that the file can hold (at most 10) should be where '-2' is",
        ),
        (
            'NFG 1 R "" {"a"} {99999999999} 1',
            "line 1: a number of strategies that the file can hold (at most 11) should be where '99999999999' is",
        ),
        ('NFG 1 R "" {"a"} {2}\n\n1', "line 3: 2 payoffs are needed, but only 1 follow"),
        ('NFG 1 R "" {"a"} {2}\n1 x', "line 2: a payoff should be where 'x' is"),
        ('NFG 1 R "" {"a"} {2}\n1 1/0', "line 2: a payoff should be where '1/0' is"),
        ('NFG 1 R "" {"a"} {2}\n1 nan', "line 2: a payoff should be where 'nan' is"),
        ('NFG 1 R "" {"a"} {2}\n1 1e99999999', "line 2: a payoff should be where '1e99999999' is"),
        ('NFG 1 R "" {"a"} {2} 1 2\n3', "line 2: the end of the file should be where '3' is"),
        ('NFG 1 R "" {"a"} {1} 1e900', "the largest payoff must lie within 2^-500 and 2^500, but is beyond floats"),
        ('NFG 1 R "" {"a"} {1} {{"x" 1 2}} 1', "line 1: } after 1 payoffs should be where '2' is"),
        ('NFG 1 R "" {"a"} {1} {{1}} 1', "line 1: an outcome's name should be where '1' is"),
        ('NFG 1 R "" {"a"} {2} {{"x" 1}}\n1', "line 2: 2 outcomes are needed, but only 1 follow"),
        ('NFG 1 R "" {"a"} {1} {{"x" 1}} 2', "line 1: the number of an outcome (at most 1) should be where '2' is"),
        ('NFG 1 R "" {"a"} {1} ' + "7" * 2000, f"line 1: a payoff should be where '{'7' * 40}...' is"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(text, sentence):
    with pytest.raises(BadInput) as caught:
        parse_nfg(text, source="game.nfg")
    assert str(caught.value) == f"game.nfg: {sentence}"


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(BadInput, match=r"no.nfg: the file cannot be read"):
        read_nfg(tmp_path / "no.nfg")
    (tmp_path / "bytes.nfg").write_bytes(b'NFG 1 R "\xff"')
    with pytest.raises(BadInput, match=r"bytes.nfg: not a text in UTF-8 .byte 9."):
        read_nfg(tmp_path / "bytes.nfg")
    (tmp_path / "marked.nfg").write_text("\ufeff" + PAYOFFS, encoding="utf-8")
    assert read_nfg(tmp_path / "marked.nfg").shape == (3, 2)


PIECES = st.sampled_from(
    ["NFG", "1", "R", '"', '"a"', "{", "}", ",", "2", "0", "-1", "1/2", "1/0", "1e9", "\\", "\n", "\0", "é", "{ 2 2 }"]
)


@given(st.one_of(st.text(), st.lists(PIECES).map(" ".join)), st.integers(0, len(OUTCOMES)), st.integers(0, 30))
def test_no_text_is_a_traceback(noise, place, cut):
    """Noise alone, and noise in place of part of a good file."""
    for text in (noise, OUTCOMES[:place] + noise + OUTCOMES[place + cut :], PAYOFFS[:place] + noise):
        fault, game = "", None
        try:
            game = parse_nfg(text, source="f")
        except BadInput as error:
            fault = str(error)
        assert (game is None) == (fault.startswith("f: ") and "\n" not in fault)
        assert game is None or parse_nfg(write_nfg(game, rational=True), source="f").shape == game.shape


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
FLOATS = st.floats(-1e9, 1e9).map(lambda x: x + 0.0).filter(lambda x: x == 0 or abs(x) > 1e-150)
RATIONALS = st.fractions(max_denominator=50)


@st.composite
def games(draw):
    shape = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    numbers = draw(st.sampled_from([FLOATS, RATIONALS, st.integers(-(2**70), 2**70)]))
    count = int(np.prod(shape))
    tables = []
    for _ in shape:
        table = np.empty(count, dtype=float if numbers is FLOATS else object)
        table[:] = draw(st.lists(numbers, min_size=count, max_size=count))
        tables.append(table.reshape(shape))
    names = [draw(st.lists(NAMES, min_size=size, max_size=size)) for size in (len(shape), *shape)]
    return normal_form(*tables, title=draw(NAMES), players=names[0], strategies=names[1:])


@given(games())
def test_what_is_written_is_read_again(game):
    again = parse_nfg(write_nfg(game), source="f")
    assert (again.title, again.players, again.strategies) == (game.title, game.players, game.strategies)
    assert [table.tolist() for table in again.payoffs] == [table.tolist() for table in game.payoffs]
    exact = parse_nfg(write_nfg(game, rational=True), source="f")
    for player in range(len(game.players)):
        for profile in np.ndindex(game.shape):
            assert exact.payoff(player, profile) == game.payoff(player, profile)


def test_decimals_are_exact_in_elimination():
    """A third of 0.3 three times is 0.3; as floats the sum would be off in the last place."""
    text = 'NFG 1 R "" {"a" "b"} {{"x" "y" "z" "mean"} {"1" "2" "3"}} '
    rows = [["0.9", "0", "0"], ["0", "0.9", "0"], ["0", "0", "0.9"], ["0.3", "0.3", "0.3"]]
    text += " ".join(f"{rows[k][c]} 0" for c in range(3) for k in range(4))
    found = eliminate(parse_nfg(text, source="f"))
    assert found.survivors == ((0, 1, 2, 3), (0, 1, 2))
    assert found.certified()
