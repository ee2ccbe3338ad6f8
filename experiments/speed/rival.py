"""Our side of a rival that runs in an environment of its own: started once, told to work round by round."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from rival_process import ANSWER

HERE = Path(__file__).resolve().parent


class RivalError(RuntimeError):
    """The rival cannot run here; its benchmark says why and is left out."""


class Rival:
    """A process that waits between rounds: it blocks on its input and takes no processor time.

    Raises:
        RivalError: the interpreter does not exist, or the rival ended before it was ready.
    """

    def __init__(self, python: Path, script: str, inputs: Mapping[str, Any]) -> None:
        if not python.exists():
            raise RivalError(f"{script} was not run: there is no {python.name} of the rivals; `make bench` makes it")
        self._place = tempfile.TemporaryDirectory()
        folder = Path(self._place.name)
        told = {"threads": torch.get_num_threads(), **inputs}
        (folder / "inputs.json").write_text(json.dumps(told), "utf-8")
        self._errors = (folder / "errors.txt").open("w+", encoding="utf-8")
        # Threads that spin while they wait would take time from the others.
        own = {"HF_HUB_OFFLINE": "1", "OMP_WAIT_POLICY": "PASSIVE", "FLAIR_CACHE_ROOT": str(folder)}
        self._process = subprocess.Popen(
            [str(python), str(HERE / script), str(folder / "inputs.json")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, **own},
        )
        self._script = script
        self.versions: dict[str, str] = self._answer()["versions"]
        self.process = psutil.Process(self._process.pid)

    def go(self) -> float:
        """Seconds of the work, measured by the rival itself."""
        return float(self._ask("go")["seconds"])

    def found(self) -> np.ndarray:
        """What the last work found."""
        path = Path(self._place.name) / "found.npy"
        self._ask(f"save {path}")
        return np.asarray(np.load(path))

    def close(self) -> None:
        """Ends the process."""
        if self._process.poll() is None:
            self._process.communicate("stop\n")
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()
        self._place.cleanup()

    def _ask(self, order: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = next((line for line in self._process.stdout if line.startswith(ANSWER)), "")
        if not line:
            self._process.wait()
            self._errors.seek(0)
            said = [text for text in self._errors.read().splitlines() if text.strip()] or ["it said nothing"]
            self.close()
            raise RivalError(f"{self._script} ended: {said[-1]}")
        found: dict[str, Any] = json.loads(line.removeprefix(ANSWER))
        return found
