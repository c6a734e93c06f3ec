"""The paper's two compilers: from a classical mechanism to a crowdsourced one [AzarChenMicali2012, appendix F]_.

*M's recipe* takes a random player out and asks her for the distribution. The others then play the classical mechanism,
so truth-telling is inherited. If that mechanism earns a share of OPT whatever the distribution is, M keeps it but for
``1/n`` (`Informant.guarantee`). The paper has two conditions in place of this, in appendix B: to earn no less with
better information, and no less without a player than the others paid beside her.

*L's recipe* asks everybody, and can be used where the distribution sets prices only: the buyer is known before it is
needed, and nobody's own report moves her own price.

>>> from mechanisms.classical.lookahead import Lookahead
>>> crowdsource_by_informant(Lookahead).name
'M-lookahead'
>>> from mechanisms.classical.vickrey import Vickrey
>>> crowdsource_prices(Vickrey)
Traceback (most recent call last):
...
ValueError: vickrey uses no distribution, so that there is nothing to ask the players for
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from mechanisms.about import About
from mechanisms.classical.priced import PosteriorPriced
from mechanisms.crowdsourced.crowd_priced import CrowdPriced
from mechanisms.crowdsourced.informant import Informant
from mechanisms.mechanism import Mechanism

Recipe = TypeVar("Recipe", bound=Mechanism)


def crowdsource_by_informant(classical: type[Mechanism], *, name: str | None = None) -> type[Informant]:
    """Return M over a classical mechanism: its parameters are M's and the classical mechanism's own.

    Parameters
    ----------
    name : what to register it under; "M-" and the classical name unless given.

    Raises
    ------
    ValueError : naming the condition of the recipe that the mechanism does not meet.
    """
    _check(classical)
    about = About(
        source=f"Azar, Chen, Micali 2012, appendix F, over {classical.about.source}",
        seller="nothing",
        players=Informant.about.players,
        promises=f"truth in two steps; 1 - 1/n of the share of OPT, if any, that {classical.name} has whatever D is",
        fails=f"rings; otherwise as {classical.name}",
    )
    summary = f"a random player informs and is paid the score; the others play {classical.name} for her belief"
    return _compiled(Informant, classical, name or f"M-{classical.name}", summary, about)


def crowdsource_prices(classical: type[Mechanism], *, name: str | None = None) -> type[CrowdPriced]:
    """Return L over a classical mechanism that uses the distribution for prices only.

    Parameters
    ----------
    name : what to register it under; "L-" and the classical name unless given.

    Raises
    ------
    ValueError : naming the condition of the recipe that the mechanism does not meet.
    """
    _check(classical)
    if not issubclass(classical, PosteriorPriced):
        raise ValueError(
            f"{classical.name} is no PosteriorPriced mechanism; L's recipe needs one, whose buyer is known before the "
            "distribution sets her price"
        )
    about = About(
        source=f"Azar, Chen, Micali 2012, appendix F, over {classical.about.source}",
        seller="nothing",
        players="their own value, and any fact about the rest",
        promises="truth in two steps; prices as by a seller who knows what the players know together",
        fails="rings with the highest bidder; noisy signals, of which the lowest-numbered informant's alone counts",
    )
    summary = f"{classical.name} at prices by the others' beliefs; all announce at once, all are paid the score"
    return _compiled(CrowdPriced, classical, name or f"L-{classical.name}", summary, about)


def _check(classical: type[Mechanism]) -> None:
    """Refuse what neither recipe can be used on."""
    if not (isinstance(classical, type) and issubclass(classical, Mechanism)):
        raise ValueError(f"a recipe takes a class of mechanism, not {classical!r}")
    if classical.elicits_beliefs:
        raise ValueError(f"{classical.name} asks for beliefs itself; the recipes need a classical mechanism")
    if classical.solution != "dominant":
        raise ValueError(
            f"{classical.name} does not say that truth is dominant in it (solution = {classical.solution!r}), "
            "which the recipes need"
        )
    if classical.participation != "ex post":
        raise ValueError(f"{classical.name} can cost a truthful player more than her value, which the recipes rule out")
    if not classical.uses_prior:
        raise ValueError(f"{classical.name} uses no distribution, so that there is nothing to ask the players for")


def _compiled(recipe: type[Recipe], classical: type[Mechanism], name: str, summary: str, about: About) -> type[Recipe]:
    def __init__(self: Any, *arguments: Any, **options: Any) -> None:
        recipe.__init__(self, *arguments, **options)

    mine, theirs = _keywords(recipe.__init__), _keywords(classical.__init__)
    added = {n: p for n, p in theirs.items() if n not in (*mine, "delta", "discount")}
    setting = [
        inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        inspect.Parameter("setting", inspect.Parameter.POSITIONAL_OR_KEYWORD),
    ]
    __init__.__signature__ = inspect.Signature([*setting, *mine.values(), *added.values()])  # type: ignore[attr-defined]
    hints = {**get_type_hints(classical.__init__), **get_type_hints(recipe.__init__)}
    __init__.__annotations__ = {n: hints[n] for n in (*mine, *added)}
    members = {
        "__init__": __init__,
        "__doc__": f"{summary[0].upper()}{summary[1:]}.",
        "__module__": recipe.__module__,
        "name": name,
        "summary": summary,
        "about": about,
        "classical": classical,
    }
    title = "".join(word.capitalize() for word in name.split("-"))
    return type(title, (recipe,), members)


def _keywords(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(function).parameters
    return {n: p for n, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}
