"""One small sweep, run anywhere, and what must not differ between its results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent

SMALL = (
    "task.files={train: 'grammar:train:60:1', dev: 'grammar:dev:30:1', test: 'grammar:test:40:1'}",
    "seeds=[0,1]",
    "resamples=99",
    "training.min_updates=20",
    "training.max_epochs=2",
    "runtime.threads=1",
)
SWEEP = ("run", "-m", "extractor=small_word2vec,one_hot", "task=upos,deprel", *SMALL)
"""Two extractors and two tasks; what they need is in the package."""

HELD = ("run", "--import", str(HERE / "held.py"), "-m", "extractor=held", "extractor.name=a,b", "task=upos", *SMALL)
"""Two cells that wait; give them their folder."""

FAILING = ("run", "-m", "extractor=one_hot,word2vec_googlenews", "task=upos,deprel", *SMALL)
"""Two cells that fail, since their file of vectors does not exist, beside two that do not."""

EXTRACTION = (
    "extract",
    "--import",
    str(HERE / "held.py"),
    "extractor=held",
    "task=upos",
    "task.files={train: 'grammar:train:3500:1', dev: 'grammar:dev:30:1', test: 'grammar:test:40:1'}",
    "runtime.threads=1",
)
"""Stores of seven shards, one and one; give it its folder."""


class Workplace:
    """A folder with a cache of its own, in which embedbench is run."""

    def __init__(self, folder: Path, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("EMBEDBENCH_")}
        self._environment = {**inherited, "EMBEDBENCH_CACHE": "cache", "OMP_NUM_THREADS": "1", **environment}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A running command."""
        return subprocess.Popen(
            [sys.executable, "-m", "embedbench", *arguments],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0) -> str:
        """What a command said; it must end with this code."""
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=900)
        assert process.returncode == code, said
        return said

    def go(self) -> None:
        """Lets those go that wait."""
        (self.folder / "go").touch()

    def waiting(self, number: int) -> list[int]:
        """The processes that wait to be let go, as soon as there are so many."""
        until(lambda: len(list(self.folder.glob("waiting-*"))) >= number)
        return sorted(int(path.name.partition("-")[2]) for path in self.folder.glob("waiting-*"))

    def shards(self) -> list[Path]:
        """The shards of all stores that are there."""
        return sorted((self.folder / "cache").rglob("shard-*.safetensors"))

    def store(self) -> dict[str, bytes]:
        """Every byte of every store."""
        cache = self.folder / "cache"
        files = (path for path in sorted(cache.rglob("*")) if path.is_file())
        return {path.relative_to(cache).as_posix(): path.read_bytes() for path in files}

    def numbers(self, results: str = "results") -> dict[str, tuple[str, bytes]]:
        """Everything measured, by cell: scores, mix weights and what else a record says of them, and predictions."""
        found = {}
        for path in sorted((self.folder / results).rglob("record.json")):
            record = json.loads(path.read_text("utf-8"))
            kept = ("identity", "status", "scores", "baselines", "subset_scores", "mix_weights", "training", "trials")
            measured = json.dumps([record[name] for name in kept])
            cell = path.parent.relative_to(self.folder / results).as_posix()
            found[cell] = measured, (path.parent / "predictions.parquet").read_bytes()
        return found


def until(reached: Callable[[], bool], seconds: float = 600.0) -> None:
    """Waits; a busy machine is no fault."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.1)
