"""Thousands of records as a sweep leaves them, cloned from others: `python many_records.py FROM TO [N]`.

Extractor, task and identity are new, values move a little; predictions are linked where a clone keeps its targets.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from embedbench.results.writing import cell_folder


def clone(source: Path, target: Path, wanted: int = 2_000) -> int:
    """Writes that many clones of the finished records below the source; returns how many it wrote."""
    originals = [
        (path, plain)
        for path in sorted(source.rglob("record.json"))
        if (plain := json.loads(path.read_bytes()))["status"] == "done" and plain["predictions"]
    ]
    written = 0
    for copy, path, plain in _turns(originals):
        if written == wanted:
            break
        # A task of a clone has as many extractors as the original, and ten of its copies.
        extractor, task = f"{plain['extractor']}_{copy % 10}", f"{plain['task']}_{copy // 10}"
        identity = f"{random.Random(f'{path}{copy}').getrandbits(128):032x}"
        folder = cell_folder(target, extractor, task, plain["probe"], identity)
        folder.mkdir(parents=True)
        os.link(path.parent / "predictions.parquet", folder / "predictions.parquet")
        (folder / "record.json").write_text(json.dumps(_changed(plain, extractor, task, identity, copy)))
        written += 1
    return written


def _turns(originals: list[tuple[Path, dict]]) -> Iterator[tuple[int, Path, dict]]:
    copy = 0
    while originals:
        for path, plain in originals:
            yield copy, path, plain
        copy += 1


def _changed(plain: dict, extractor: str, task: str, identity: str, copy: int) -> dict:
    moved = json.loads(json.dumps(plain))
    moved |= {"identity": identity, "extractor": extractor, "task": task}
    for score in [*moved["scores"], *moved.get("subset_scores", ())]:
        if score["mix"] != "none":
            score["extractor"] = extractor
            shift = random.Random(f"{identity}{score['mix']}").uniform(-0.01, 0.01)
            score["value"], score["low"], score["high"] = (score[k] + shift for k in ("value", "low", "high"))
    moved["config"]["extractor"]["name"], moved["config"]["task"]["name"] = extractor, task
    return moved


if __name__ == "__main__":
    print(clone(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:])))
