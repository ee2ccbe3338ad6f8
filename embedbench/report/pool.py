"""Values that many cells share, written once."""

from __future__ import annotations

import json
from typing import Any


class Pool:
    """Numbers its values in the order in which they first come; equal values have one number.

    >>> pool = Pool()
    >>> pool.add({"dim": 3}), pool.add("a"), pool.add({"dim": 3}), pool.values
    (0, 1, 0, [{'dim': 3}, 'a'])
    """

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[str, int] = {}

    def add(self, value: Any) -> int:
        """The number of that plain value (JSON-like)."""
        # A short string needs no JSON to be told from everything else.
        key = f"={value}" if type(value) is str else json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
        number = self._numbers.setdefault(key, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number
