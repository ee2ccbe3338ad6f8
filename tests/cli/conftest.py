"""The command line as a user meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SMALL = (
    "task.files={train: 'grammar:train:60:1', dev: 'grammar:dev:30:1', test: 'grammar:test:40:1'}",
    "training.min_updates=20",
    "training.max_epochs=2",
    "resamples=99",
    "seeds=[0]",
    "extractor.size=16",
)
"""Overrides that make a cell with `extractor=random` take a second."""


@pytest.fixture
def embedbench(tmp_path):
    """Runs `embedbench ARGUMENTS` in an empty folder, with a cache of its own."""

    def run(*arguments: str, cwd: Path = tmp_path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "embedbench", *arguments],
            cwd=cwd,
            env={**os.environ, "EMBEDBENCH_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1", **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run
