"""JSON that means one thing: no key twice, no string that is no Unicode text, nested within reason."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any


def parse_json(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is no JSON, or JSON that other readers would read otherwise; the message says what and where.
            NaN and Infinity, which Python writes, are read as they are: published files have them in unused places.
    """
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if "\n" in text.strip() else ""
        raise ValueError(f"{error.msg} at {line}character {error.colno}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError as error:
        if "set_int_max_str_digits" in str(error):
            raise ValueError("a number has thousands of digits") from error
        raise
    if _SUSPECT.search(text):
        for string in _strings(value):
            if "\0" in string or any("\ud800" <= c <= "\udfff" for c in string):
                raise ValueError(f"the string {string[:60]!a} has a zero byte or half a character; expected text")
    return value


_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|\0|[\ud800-\udfff]")
"""Without these no string can hold a zero byte or half of a surrogate pair."""


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in one object")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_unique)
