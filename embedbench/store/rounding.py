"""How far a store's vectors are from those of fp32, measured when they are computed and kept beside them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from embedbench.files.durable import written_whole
from embedbench.types import Extractor, Rounded, Sentence

_FILE = "precision.json"
_KEYS = {"computed", "error"}
ROUNDING_WORDS = 200
"""About so many words of a corpus are enough to tell the rounding."""

EXACT = "fp32"


def measure_rounding(folder: Path, extractor: Extractor, sample: Sequence[Sentence]) -> None:
    """Writes what the extractor computed with and how far that is off, on a sample of the corpus.

    The caller holds a lock.

    Raises:
        OSError: the folder cannot be written.
    """
    if not isinstance(extractor, Rounded) or (folder / _FILE).is_file():
        return
    found: dict[str, Any] = {"computed": extractor.computed_precision}
    if extractor.computed_precision != EXACT:
        found["error"] = dict(extractor.precision_error(sample))
    with written_whole(folder / _FILE, folder / f"{_FILE}.tmp") as path:
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def read_rounding(folder: Path) -> Mapping[str, Any]:
    """What `measure_rounding` wrote; empty for a store without it."""
    try:
        found = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if _is_sound(found) else {}


def _is_sound(found: Any) -> bool:
    """Whether this is what `measure_rounding` writes; a record takes it over."""
    if not isinstance(found, dict) or not isinstance(found.get("computed"), str) or not found.keys() <= _KEYS:
        return False
    error = found.get("error", {})
    return isinstance(error, dict) and all(
        type(value) in (int, float) and math.isfinite(value) for value in error.values()
    )
