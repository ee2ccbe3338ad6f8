"""An extractor that waits for a file before it answers, so that a test can kill who asks it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embedbench.fingerprint import fingerprint
from embedbench.registry import register
from embedbench.types import LayeredWords, Sentence

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@register("extractor", "held")
@dataclass(frozen=True)
class Held:
    """Counts of letters, once a file called `go` lies in a folder.

    Attributes:
        folder: where `go` will be; whoever waits writes its process number there.
        seconds: how long it takes on top of that.
    """

    folder: str
    seconds: float = 0.0
    name: str = "held"

    @property
    def layer_names(self) -> tuple[str, ...]:
        """One."""
        return ("letters",)

    @property
    def dim(self) -> int:
        """A number per letter."""
        return len(LETTERS)

    @property
    def fingerprint(self) -> str:
        """Waiting changes no vector; another name is another store, so that two can wait at once."""
        return fingerprint(self.name)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """Counts, when they are let go."""
        waiting = Path(self.folder) / f"waiting-{os.getpid()}"
        waiting.touch()
        while not (Path(self.folder) / "go").exists():
            time.sleep(0.05)
        time.sleep(self.seconds)
        waiting.unlink(missing_ok=True)
        counts = [[word.lower().count(letter) for letter in LETTERS] for sentence in sentences for word in sentence]
        return LayeredWords(np.array(counts, np.float32)[:, None, :])
