"""From the names that a user types to mixes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from embedbench.errors import ConfigurationError
from embedbench.mixing.kinds import Cumulative, Mix, Single, TopDown
from embedbench.registry import components


def expand_mixes(names: Sequence[str], n_layers: int) -> tuple[Mix, ...]:
    """The mixes of these names, without repeats, in the order asked for.

    `single` stands for every single layer, `cumulative` and `top_down` for every cumulative mix of at least two layers
    from below and from above (one layer is `single`, all of them are `scalar`); `single:K` and so on for one of them.
    Every other registered mix is known by its name; one with a single option also as `NAME:VALUE`.

    >>> [mix.label for mix in expand_mixes(["single", "scalar"], 2)]
    ['single:0', 'single:1', 'scalar']
    >>> [mix.label for mix in expand_mixes(["cumulative", "top_down"], 4)]
    ['cumulative:1', 'cumulative:2', 'top_down:1', 'top_down:2']

    Raises:
        ConfigurationError: a name is unknown, or its layer does not exist.
    """
    mixes: dict[str, Mix] = {}
    for name in names:
        for mix in _expand(name, n_layers):
            mix.coefficients(n_layers)
            mixes.setdefault(mix.label, mix)
    return tuple(mixes.values())


def simplest(mix: Mix, n_layers: int) -> Mix:
    """The simplest mix with the same vectors up to a scale, which every probe absorbs.

    Of one layer, all mixes are that layer; only word normalisation makes a difference.

    >>> from embedbench.mixing import Scalar
    >>> simplest(Scalar(), 1), simplest(Scalar(), 2)
    (Single(layer=0), Scalar())
    """
    return Single(0) if n_layers == 1 and not mix.normed else mix


def check_mix_names(names: Sequence[str]) -> None:
    """Checks the names alone, before it is known how many layers there are.

    Raises:
        ConfigurationError: there is none, or one is unknown.
    """
    if not names:
        raise ConfigurationError("mixes is empty; give at least one, such as mixes=[scalar,single]")
    for name in names:
        _expand(name, 1)


def own_mixes(names: Sequence[str]) -> dict[str, str]:
    """The class of every mix among these names that does not come with embedbench, for the identity of a cell."""
    asked = {name: components("mix").get(name.partition(":")[0]) for name in names}
    return {
        name: found.path
        for name, found in asked.items()
        if found is not None and found.target.__module__ != Mix.__module__
    }


def _expand(name: str, n_layers: int) -> list[Mix]:
    kind, colon, value = name.partition(":")
    by_layer: dict[str, Callable[[int], Mix]] = {"single": Single, "cumulative": Cumulative, "top_down": TopDown}
    found = components("mix").get(kind)
    if found is None or (kind in by_layer and colon and not value.isdecimal()):
        raise _unknown(name, by_layer)
    if kind in by_layer:
        if value:
            return [by_layer[kind](int(value))]
        of_layers = range(n_layers) if kind == "single" else range(1, n_layers - 1)
        return [by_layer[kind](number) for number in of_layers]
    options = dataclasses.fields(found.target)
    if not colon:
        return [cast(Mix, found.target())]
    if len(options) != 1:
        raise _unknown(name, by_layer)
    kinds = {"int": int, "float": float, "str": str}
    convert = kinds.get(getattr(options[0].type, "__name__", str(options[0].type)), str)
    try:
        return [cast(Mix, found.target(convert(value)))]
    except ValueError:
        raise ConfigurationError(
            f"mix {name!r}: {value!r} is no {convert.__name__}, which {kind} needs as its {options[0].name}"
        ) from None


def _unknown(name: str, by_layer: Iterable[str]) -> ConfigurationError:
    known = []
    for kind, component in components("mix").items():
        options = [option.name for option in dataclasses.fields(component.target)]
        known += [kind, f"{kind}:K"] if kind in by_layer else [kind]
        known += [f"{kind}:{options[0].upper()}"] if len(options) == 1 and kind not in by_layer else []
    return ConfigurationError(f"there is no mix called {name!r}; known: {', '.join(known)} (K is a layer)")
