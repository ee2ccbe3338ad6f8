"""Whether the values of a record are of the kinds that its dataclasses declare."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from embedbench.errors import DataError

_LARGEST = 1 << 63
"""Whole numbers beyond it fit into no table."""

_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (float, int),
    "float | None": (float, int, type(None)),
    "tuple[float, ...]": (tuple,),
}


@cache
def _kinds(kind: Any) -> tuple[tuple[str, tuple[type, ...]], ...]:
    return tuple((field.name, _KINDS[str(field.type)]) for field in dataclasses.fields(kind))


def check_row(row: object) -> None:
    """Raises unless every value is of its field's kind and every number finite.

    Raises:
        DataError: the field and the value are named.
    """
    values = row.__dict__
    kind_of_row: Any = type(row)
    for name, kinds in _kinds(kind_of_row):
        value = values[name]
        kind = type(value)
        too_large = kind is int and abs(value) >= _LARGEST
        if kind not in kinds or too_large or (kind is float and not math.isfinite(value)):
            raise _wrong(row, name, value)
        if kind is tuple:
            for number in value:
                if type(number) not in (float, int) or not math.isfinite(number):
                    raise _wrong(row, name, value)


def _wrong(row: object, name: str, value: object) -> DataError:
    return DataError(f"the {name} of a {type(row).__name__} is {repr(value)[:80]}; it must be of its kind, and finite")


def check_plain(name: str, value: Any) -> None:
    """Raises unless a part of a record, such as its configuration, can be written as JSON again.

    Raises:
        DataError: it has a number that is not finite.
    """
    if type(value) is float:
        if not math.isfinite(value):
            raise DataError(f"the {name} of the record has the number {value}; expected finite ones")
    elif isinstance(value, Mapping):
        for item in value.values():
            check_plain(name, item)
    elif isinstance(value, list | tuple):
        for item in value:
            check_plain(name, item)


def check_texts(name: str, values: Any) -> tuple[str, ...]:
    """The strings of a list, as a tuple.

    Raises:
        DataError: it is no list of strings.
    """
    if not isinstance(values, list | tuple) or not all(type(value) is str for value in values):
        raise DataError(f"the {name} of the record are {repr(values)[:80]}; they must be a list of strings")
    return tuple(values)
