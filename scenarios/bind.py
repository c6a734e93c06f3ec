"""Checking the parameters that a scenario gives to a registered class or function against its signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, get_type_hints

from pydantic import ConfigDict, ValidationError, create_model

from scenarios.errors import BadInput


def keyword_parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return a callable's keyword-only parameters: those that a scenario may set."""
    signature = inspect.signature(_body(function))
    return {n: p for n, p in signature.parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}


def _body(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that takes the parameters: a class's constructor, or the callable itself."""
    body: Callable[..., Any] = vars(function).get("__init__", function) if inspect.isclass(function) else function
    return body


def bind(
    function: Callable[..., Any], given: Mapping[str, Any], *, field: str, beside: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the parameters, checked against names and annotations.

    `beside` are the other keys that the scenario's table knows, for suggestions.

    Raises
    ------
    BadInput : naming the field, without the file, which the caller knows.
    """
    known = keyword_parameters(function)
    for name, value in given.items():
        if name not in known:
            possible = dict.fromkeys([*beside, *known])
            near = get_close_matches(name, possible, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(possible)}"
            raise BadInput(f"unknown key '{field}.{name}' (= {value!r}); {hint}")
    hints = get_type_hints(_body(function))
    fields: dict[str, Any] = {
        name: (hints.get(name, Any), ... if p.default is inspect.Parameter.empty else p.default)
        for name, p in known.items()
    }
    model = create_model("Parameters", __config__=ConfigDict(extra="forbid"), **fields)
    try:
        checked = model.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        spot = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
        if first["type"] == "missing":
            raise BadInput(f"{field}{spot} is missing") from None
        reason = first["msg"].removeprefix("Input should be ").removeprefix("a ")
        raise BadInput(f"{field}{spot} should be {reason}, not {first['input']!r}") from None
    return {name: getattr(checked, name) for name in given}


def lookup(registry: Mapping[str, Any], name: str, *, field: str) -> Any:
    """Return a registry's entry, or say which names there are."""
    if name in registry:
        return registry[name]
    near = get_close_matches(name, registry, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(registry)}"
    raise BadInput(f"{field} {name!r} is unknown; {hint}")
