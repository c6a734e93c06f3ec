"""Games in Gambit's normal-form files, read and written [GambitFormats]_.

Numbers are read as the rationals that they are: ``0.1`` is one tenth. Both formats of the payoffs are read, and both
ways to list the strategies; what is written is the list of payoffs. In names a backslash escapes a quotation mark or
a backslash, and is itself before anything else.

References
----------
.. [GambitFormats] The Gambit project, Representation of games: the strategic game (.nfg) file format.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import numpy as np

from analysis.dominance.normal_form import NormalForm, normal_form
from scenarios.errors import BadInput

_TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[{},])|(?P<word>[^\s{},"]+)|(?P<stray>"))', re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+/[0-9]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)")
_COUNT = re.compile(r"[0-9]+")
_LONGEST, _SHOWN = 1000, 40
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def read_nfg(path: str | Path) -> NormalForm:
    """Return the game in a file, with exact payoffs.

    Raises
    ------
    BadInput : one sentence that names the file, the line and the text at fault.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path}: the file cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not a text in UTF-8 (byte {error.start})") from None
    return parse_nfg(text, source=str(path))


def parse_nfg(text: str, *, source: str) -> NormalForm:
    """Return the game that a text describes; `source` is what to call it where it is at fault."""
    return _Reader(text, source).game()


class _Reader:
    """A reader of one text, from its beginning to its end."""

    def __init__(self, text: str, source: str) -> None:
        self._text, self._source = text, source
        self._tokens = list(self._split())
        self._place = 0

    def _split(self) -> Iterator[_Token]:
        for found in _TOKEN.finditer(self._text):
            kind = str(found.lastgroup)
            if kind == "stray":
                raise self._fault("a quotation mark that nothing closes", found.start(kind))
            yield _Token(kind, found[kind], found.start(kind))

    def game(self) -> NormalForm:
        for word, meaning in (("NFG", "the word NFG"), ("1", "version 1"), ("RD", "R or D")):
            if (token := self._next(meaning)).kind != "word" or token.text not in (
                word,
                *(word if word == "RD" else ()),
            ):
                raise self._expected(meaning, token)
        title = self._string("the title in quotation marks")
        players = self._list(lambda: self._string("a player's name"))
        strategies = self._strategies(len(players))
        if self._peek("text"):
            self._place += 1
        shape = tuple(map(len, strategies))
        payoffs = self._outcomes(shape) if self._peek("mark", "{") else self._payoffs(shape)
        if self._place < len(self._tokens):
            raise self._expected("the end of the file", self._tokens[self._place])
        arrays = [np.array(flat, dtype=object).reshape(shape, order="F") for flat in payoffs]
        try:
            return normal_form(*arrays, title=title, players=players, strategies=strategies)
        except ValueError as error:
            raise BadInput(f"{self._source}: {error}") from None

    def _strategies(self, players: int) -> list[list[str]]:
        start = self._place
        if self._tokens[start + 1 : start + 2] and self._tokens[start + 1].text == "{":
            found = self._list(lambda: self._list(lambda: self._string("a strategy's name")))
        else:
            counts = self._list(lambda: self._count("a number of strategies that the file can hold", len(self._tokens)))
            found = [[str(k + 1) for k in range(count)] for count in counts]
        at = self._tokens[start].at
        if not players or len(found) != players:
            raise self._fault(f"{players} players, but strategies of {len(found)}", at)
        if not all(found):
            raise self._fault(f"player {1 + list(map(bool, found)).index(False)} has no strategy", at)
        return found

    def _payoffs(self, shape: tuple[int, ...]) -> list[list[Fraction]]:
        wanted, left = math.prod(shape) * len(shape), len(self._tokens) - self._place
        if left < wanted:
            raise self._fault(f"{wanted} payoffs are needed, but only {left} follow", self._here)
        flat = [self._number() for _ in range(wanted)]
        return [flat[i :: len(shape)] for i in range(len(shape))]

    def _outcomes(self, shape: tuple[int, ...]) -> list[list[Fraction]]:
        outcomes = [[Fraction(0)] * len(shape), *self._list(lambda: self._outcome(len(shape)))]
        wanted, left = math.prod(shape), len(self._tokens) - self._place
        if left < wanted:
            raise self._fault(f"{wanted} outcomes are needed, but only {left} follow", self._here)
        chosen = [outcomes[self._count("the number of an outcome", len(outcomes) - 1)] for _ in range(wanted)]
        return [[outcome[i] for outcome in chosen] for i in range(len(shape))]

    def _outcome(self, players: int) -> list[Fraction]:
        self._open()
        self._string("an outcome's name")
        payoffs = []
        for _ in range(players):
            self._comma()
            payoffs.append(self._number())
        self._comma()
        token = self._next("}")
        if token.text != "}":
            raise self._expected(f"}} after {players} payoffs", token)
        return payoffs

    # --- tokens

    @property
    def _here(self) -> int:
        return self._tokens[self._place].at if self._place < len(self._tokens) else len(self._text)

    def _peek(self, kind: str, text: str | None = None) -> bool:
        if self._place == len(self._tokens):
            return False
        token = self._tokens[self._place]
        return token.kind == kind and text in (None, token.text)

    def _next(self, meaning: str) -> _Token:
        if self._place == len(self._tokens):
            raise self._fault(f"the file ends where {meaning} should be", len(self._text))
        self._place += 1
        return self._tokens[self._place - 1]

    def _open(self) -> None:
        token = self._next("{")
        if token.kind != "mark" or token.text != "{":
            raise self._expected("{", token)

    def _comma(self) -> None:
        if self._peek("mark", ","):
            self._place += 1

    def _list(self, item: Callable[[], _Item]) -> list[_Item]:
        self._open()
        found = []
        while not self._peek("mark", "}"):
            found.append(item())
        self._place += 1
        return found

    def _string(self, meaning: str) -> str:
        token = self._next(meaning)
        if token.kind != "text":
            raise self._expected(meaning, token)
        return re.sub(r'\\(["\\])', r"\1", token.text[1:-1])

    def _count(self, meaning: str, highest: int) -> int:
        token = self._next(meaning)
        if not _COUNT.fullmatch(token.text) or len(token.text) > _LONGEST or int(token.text) > highest:
            raise self._expected(f"{meaning} (at most {highest})", token)
        return int(token.text)

    def _number(self) -> Fraction:
        token = self._next("a payoff")
        if not _NUMBER.fullmatch(token.text) or len(token.text) > _LONGEST:
            raise self._expected("a payoff", token)
        try:
            return Fraction(token.text)
        except ZeroDivisionError:
            raise self._expected("a payoff", token) from None

    def _expected(self, meaning: str, token: _Token) -> BadInput:
        text = token.text if len(token.text) <= _SHOWN else token.text[:_SHOWN] + "..."
        return self._fault(f"{meaning} should be where {text!r} is", token.at)

    def _fault(self, what: str, at: int) -> BadInput:
        return BadInput(f"{self._source}: line {self._text.count(chr(10), 0, at) + 1}: {what}")


def write_nfg(game: NormalForm, *, rational: bool = False) -> str:
    """Return the text of a file with the game.

    Parameters
    ----------
    rational : write every payoff as the fraction it is; otherwise those that are not whole as the shortest decimal that
        is the same float.
    """
    players = _braced(map(_quoted, game.players))
    strategies = _braced(_braced(map(_quoted, names)) for names in game.strategies)
    orders = [payoffs.flatten(order="F").tolist() for payoffs in game.payoffs]
    profiles = np.ndindex(*reversed(game.shape))
    payoffs = (
        _written(game.payoff(i, profile[::-1]), orders[i][k], rational)
        for k, profile in enumerate(profiles)
        for i in range(len(game.players))
    )
    return f"NFG 1 R {_quoted(game.title)} {players} {strategies}\n\n{' '.join(payoffs)}\n"


def _written(payoff: Fraction, nearest: float, rational: bool) -> str:
    return str(payoff) if rational or payoff.denominator == 1 else repr(nearest)


def _braced(texts: Iterator[str]) -> str:
    return f"{{ {' '.join(texts)} }}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
