"""In which order a sweep runs its cells: those of one extractor together, so that its model and store are warm."""

from __future__ import annotations

from collections.abc import Sequence

_WITHOUT_VALUE = ("-m", "--multirun", "--resolve", "--run", "-r")
"""Hydra's flags that are complete by themselves; what stands behind another flag is its value."""


def by_extractor(arguments: Sequence[str]) -> list[str]:
    """The arguments with the overrides of the extractor before all others, which makes it the outer loop of the sweep.

    Hydra runs the product of all lists, the last one fastest: with the task before the extractor every cell would turn
    to another model and another store. Flags and their values stay where they are.
    """
    places = [k for k, argument in enumerate(arguments) if _is_override(argument, arguments[k - 1] if k else "")]
    overrides = sorted((arguments[k] for k in places), key=lambda override: not _of_extractor(override))
    ordered = list(arguments)
    for place, override in zip(places, overrides, strict=True):
        ordered[place] = override
    return ordered


def _is_override(argument: str, before: str) -> bool:
    is_value = before.startswith("-") and "=" not in before and before not in _WITHOUT_VALUE
    return "=" in argument and not argument.startswith("-") and not is_value


def _of_extractor(override: str) -> bool:
    key = override.partition("=")[0].lstrip("+~")
    return key == "extractor" or key.startswith(("extractor.", "extractor@"))
