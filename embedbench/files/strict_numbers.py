"""Numbers as people write them: `float` also takes `1_0`, ` 1`, `nan` and the digits of every script."""

from __future__ import annotations

import math
import re

_DECIMAL = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NATURAL = re.compile(r"0|[1-9][0-9]{0,17}")


def decimal_number(raw: str) -> float | None:
    """The finite number that a text is; None if it is none.

    >>> decimal_number("7.35"), decimal_number("-1e-1"), decimal_number("1_0"), decimal_number("nan")
    (7.35, -0.1, None, None)
    """
    value = float(raw) if len(raw) < 400 and _DECIMAL.fullmatch(raw) else math.nan
    return value if math.isfinite(value) else None


def natural_number(raw: str) -> int | None:
    """The number that a text of digits is, without a sign and a leading zero, below 1e18; None if it is none.

    >>> natural_number("17"), natural_number("017"), natural_number("-1"), natural_number("")
    (17, None, None, None)
    """
    return int(raw) if _NATURAL.fullmatch(raw) else None
