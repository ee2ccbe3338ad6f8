"""How values are printed: percent for fractions and correlations, bits for codelength, a ratio for compression."""

from __future__ import annotations

import math

from embedbench.errors import ConfigurationError
from embedbench.probing.codelength import CODELENGTH, COMPRESSION
from embedbench.scoring.metrics import metric

CODE_METRICS = (CODELENGTH, COMPRESSION)
"""Metrics of the train labels' online code; everything else is measured on predictions."""


BIAS = "gender_bias"
"""A quotient of two values, which is no percentage."""


def scaled(name: str, value: float) -> float:
    """The value of that metric in the unit that is printed.

    >>> scaled("accuracy", 0.5), scaled("codelength", 1200.0)
    (50.0, 1200.0)
    """
    return value if name in (*CODE_METRICS, BIAS) else 100 * value


def printed(name: str, value: float) -> str:
    """The value as text, without its unit.

    >>> printed("accuracy", 0.9512), printed("codelength", 186_204.4), printed("compression", 27.394)
    ('95.1', '186,204', '27.39')
    """
    return f"{scaled(name, value):{',.0f' if name == CODELENGTH else '.2f' if name in (COMPRESSION, BIAS) else '.1f'}}"


def printed_difference(name: str, difference: float) -> str:
    """A difference of two values as text, with its sign; none where it rounds to nothing.

    >>> printed_difference("accuracy", 0.0121), printed_difference("accuracy", -0.0001)
    ('+1.2', '0.0')
    """
    text = printed(name, abs(difference))
    if not any(digit in text for digit in "123456789"):
        return text
    return f"{'+' if difference > 0 else '-'}{text}"


def unit(name: str) -> str:
    """What a printed value is.

    >>> unit("codelength")
    'bits'
    """
    units = {CODELENGTH: "bits", COMPRESSION: "times shorter than the uniform code"}
    return (units | {BIAS: "feminine F1 / masculine F1 (1 is fair)"}).get(name, "percent")


def goodness(name: str, value: float) -> float:
    """A number that is the larger the better the value is: of the gender bias, how near it is to 1, as a ratio.

    >>> goodness("codelength", 5.0) < goodness("codelength", 4.0)
    True
    >>> goodness("gender_bias", 1.1) > goodness("gender_bias", 0.8) > goodness("gender_bias", 1.3)
    True
    """
    if name == BIAS:
        return -abs(math.log(value)) if value > 0 else -math.inf
    return value if higher_is_better(name) else -value


def higher_is_better(name: str) -> bool:
    """Whether more is better; so it is of a metric whose module is not loaded here."""
    if name == CODELENGTH:
        return False
    if name == COMPRESSION:
        return True
    try:
        return metric(name).higher_is_better
    except ConfigurationError:
        return True
