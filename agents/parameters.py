"""Checking named parameters, as a scenario gives them, against the signature of what takes them."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, get_type_hints

from pydantic import ConfigDict, ValidationError, create_model

_TEXT = "'str' instances are not allowed as a Sequence value"
_PLAIN = (
    (r"be a valid dictionary or instance of \w+", "be a table"),
    (r"be a valid (dictionary|mapping)", "be a table"),
    (r"be an instance of Sequence", "be a list"),
    (r"(at (?:least|most) \d+ items?) after validation, not \d+", r"\1"),
)


def keyword_parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return a callable's keyword-only parameters: those that a scenario may set."""
    signature = inspect.signature(_body(function))
    return {n: p for n, p in signature.parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}


def checked(
    function: Callable[..., Any], given: Mapping[str, Any], *, field: str, beside: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the parameters, checked against names and annotations.

    Parameters
    ----------
    field : what to call the place that they stand in.
    beside : other names that the place knows, for suggestions.

    Raises
    ------
    ValueError : naming the field and the offending value.
    """
    known = keyword_parameters(function)
    for name, value in given.items():
        if name not in known:
            hint = suggestion(name, dict.fromkeys([*beside, *known]))
            raise ValueError(f"unknown key '{field}.{name}' (= {value!r}); {hint}")
    hints = get_type_hints(_body(function))
    fields: dict[str, Any] = {
        name: (hints.get(name, Any), ... if p.default is inspect.Parameter.empty else p.default)
        for name, p in known.items()
    }
    model = create_model(
        "Parameters", __config__=ConfigDict(extra="forbid", strict=True, allow_inf_nan=False), **fields
    )
    try:
        valid = model.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        spot = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
        if first["type"] == "missing":
            raise ValueError(f"{field}{spot} is missing") from None
        raise ValueError(f"{field}{spot} {complaint(first['msg'])}, not {first['input']!r}") from None
    return {name: getattr(valid, name) for name in given}


def entry(registry: Mapping[str, Any], name: str, *, field: str) -> Any:
    """Return a registry's entry.

    Raises
    ------
    ValueError : naming the field, and the names that there are.
    """
    if name not in registry:
        raise ValueError(f"{field} {name!r} is unknown; {suggestion(name, registry)}")
    return registry[name]


def called(text: str, *, field: str, example: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the parameters in a text such as ``shade(factor=0.5)``; plain names have none.

    Raises
    ------
    ValueError : naming the field, if it does not read like `example`.

    >>> called("shade(factor=0.5)", field="values", example="overbid(steps=2)")
    ('shade', {'factor': 0.5})
    """
    name, opened, rest = text.strip().partition("(")
    if not opened:
        return name, {}
    reason = "the bracket is not closed"
    if rest.endswith(")"):
        try:
            return name.strip(), tomllib.loads(f"x = {{{rest[:-1]}}}")["x"]
        except tomllib.TOMLDecodeError as error:
            reason = str(error)
    raise ValueError(f"{field} {text!r} should read like {example}: {reason}")


def suggestion(name: str, known: Iterable[str], *, otherwise: str = "known here") -> str:
    """Return "did you mean 'x'?" for a near name, or all the names that there are, introduced by `otherwise`."""
    names = list(known)
    near = get_close_matches(str(name), names, 1)
    return f"did you mean {near[0]!r}?" if near else f"{otherwise}: {', '.join(names) or 'nothing'}"


def complaint(message: str) -> str:
    """Return one of pydantic's messages as the end of a sentence whose subject is the field.

    >>> complaint("Input should be a valid integer")
    'should be a valid integer'
    """
    _, should, rest = message.replace(_TEXT, " should be a list").partition(" should ")
    if not should:
        return message.removeprefix("Value error, ")
    for pattern, plain in _PLAIN:
        rest = re.sub(pattern, plain, rest)
    return f"should {rest}"


def _body(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that takes the parameters: a class's constructor, or the callable itself."""
    if not inspect.isclass(function):
        return function
    body: Callable[..., Any] = next(vars(kind)["__init__"] for kind in function.__mro__ if "__init__" in vars(kind))
    return body
