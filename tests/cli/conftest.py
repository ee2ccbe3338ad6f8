"""The command line as a user meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


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
