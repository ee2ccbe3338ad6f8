"""What must be on the disk: the same bytes as without a fault, whole or absent at any moment."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

_NUMBERS = (
    "identity", "status", "scores", "baselines", "subset_scores", "mix_weights", "training", "alignment", "layer_names",
    "label_names", "fingerprints", "predictions",
)  # fmt: skip
"""Of a record; the rest is when and where it was made."""

_KEPT = {".safetensors", ".parquet", ".json"}
_PASSING = {".running", "locks"}


def contents(folder: Path) -> dict[str, str]:
    """Every file that a run leaves, by its path below the folder: what must be the same again.

    Failed records are left out: the next run clears them. A record that cannot be read is told as such.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or path.suffix not in _KEPT or _PASSING & set(inside.parts) or is_partial(inside):
            continue
        content = path.read_bytes()
        if path.name == "record.json":
            numbers = _numbers(content)
            if numbers is None:
                continue
            content = numbers
        found[inside.as_posix()] = hashlib.sha256(content).hexdigest()
    return found


def is_partial(inside: Path) -> bool:
    """Whether the file is in the making: its name or that of a folder above it says so."""
    return any(part.endswith((".tmp", ".partial")) for part in inside.parts)


def _numbers(content: bytes) -> bytes | None:
    try:
        record = json.loads(content)
    except ValueError:
        return b"unreadable: " + content
    if record["status"] == "failed":
        return None
    return json.dumps({name: record.get(name) for name in _NUMBERS}, sort_keys=True).encode()


def leftovers(folder: Path) -> list[str]:
    """Files in the making that no process makes any more."""
    return [str(path) for path in folder.rglob("*") if is_partial(path.relative_to(folder))]


def editions(folder: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of change of every finished file, by which writing it anew is noticed.

    Predictions come before their record and belong to it: without one, the cell had not ended and starts anew.
    """
    names = contents(folder)
    finished = (n for n in names if not n.endswith(".parquet") or f"{n.rpartition('/')[0]}/record.json" in names)
    return {name: ((folder / name).stat().st_ino, (folder / name).stat().st_mtime_ns) for name in finished}


@dataclass(frozen=True)
class Difference:
    """How what is there differs from what should be.

    Attributes:
        wrong: files whose content is another.
        missing: files that are absent.
        more: files that should not be there.
    """

    wrong: tuple[str, ...]
    missing: tuple[str, ...]
    more: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.wrong or self.missing or self.more)


def compare(found: dict[str, str], wanted: dict[str, str]) -> Difference:
    """The differences of two folders."""
    return Difference(
        tuple(name for name in found if name in wanted and found[name] != wanted[name]),
        tuple(name for name in wanted if name not in found),
        tuple(name for name in found if name not in wanted),
    )
