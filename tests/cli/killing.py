"""A command of embedbench that is killed in the middle."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import forked


def run_until(command: Sequence[str], folder: Path, reached: Callable[[str], bool]) -> str:
    """Starts the command in the folder and kills it with -9 as soon as `reached(stderr so far)` holds; gives stderr."""
    log = folder / "stderr.txt"
    env = {**os.environ, "EMBEDBENCH_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    process = forked.start(command, folder, env, Path(os.devnull), log)
    deadline = time.monotonic() + 300
    while not (log.exists() and reached(log.read_text("utf-8"))):
        assert process.poll() is None, f"it ended before it could be killed: {log.read_text('utf-8')[-2000:]}"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    return log.read_text("utf-8")
