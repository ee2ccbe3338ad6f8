"""BLiMP: minimal pairs of an acceptable and an unacceptable sentence (Warstadt et al. 2020, TACL)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from embedbench.data.text import empty, malformed, numbered_lines
from embedbench.files.strict_json import parse_json

_FIELDS = ("UID", "linguistics_term", "sentence_good", "sentence_bad")


@dataclass(frozen=True, slots=True)
class MinimalPair:
    """Two sentences that differ in one respect.

    Attributes:
        paradigm: the kind of contrast, such as `passive_1`; BLiMP has 67 with 1,000 pairs each.
        phenomenon: what the paradigm belongs to, such as `argument_structure`; BLiMP has 12.
        good: the acceptable sentence, as written.
        bad: the unacceptable one.
        line: where the pair stands in the file.
    """

    paradigm: str
    phenomenon: str
    good: str
    bad: str
    line: int


def read_blimp(path: str | Path) -> list[MinimalPair]:
    """The pairs of a BLiMP file (one JSON object per line), in order.

    Raises:
        DataError: the file is empty, a line is no JSON object, or a field is missing or empty.
    """
    pairs = []
    for number, line in numbered_lines(path):
        if not line:
            continue
        try:
            item = parse_json(line)
        except ValueError as error:
            raise malformed(path, number, f"expected one JSON object per line ({error})") from error
        if not isinstance(item, dict):
            raise malformed(path, number, f"expected a JSON object, found {type(item).__name__}")
        for field in _FIELDS:
            if not (isinstance(item.get(field), str) and item[field].strip()):
                raise malformed(path, number, f"expected a string under {field!r}, found {item.get(field)!r}")
        paradigm, phenomenon, good, bad = (item[field] for field in _FIELDS)
        pairs.append(MinimalPair(paradigm, phenomenon, good, bad, number))
    if not pairs:
        raise empty(path, "minimal pairs")
    return pairs
