"""The command line as a user meets it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import forked
import pytest


@pytest.fixture
def embedbench(tmp_path):
    """Runs `embedbench ARGUMENTS` in a process and an empty folder, with a cache of its own."""

    def run(*arguments: str, cwd: Path = tmp_path, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "EMBEDBENCH_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1", **environment}
        return forked.run(arguments, cwd, env)

    return run
