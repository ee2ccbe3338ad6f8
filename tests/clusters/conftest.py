"""Clusters on this machine, started for a test and stopped after it; without their programs the tests are skipped."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sweeping import HERE, SWEEP, Workplace

_SKIPPED = "`make test-clusters` installs what this needs and runs it"


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """Where the sweep was run in one process."""
    place = Workplace(tmp_path_factory.mktemp("local"))
    place.run(*SWEEP, "results=results")
    return place


@pytest.fixture(params=[1, 2], ids=["one node", "two nodes"], scope="module")
def slurm(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """A real SLURM; the environment in which it is reached."""
    if shutil.which("slurmctld") is None or shutil.which("munged") is None:
        pytest.skip(f"SLURM is not installed: {_SKIPPED}")
    if importlib.util.find_spec("submitit") is None:
        pytest.skip(f"submitit is not installed: {_SKIPPED}")
    if os.getuid() != 0:
        pytest.skip("only root can start a SLURM of its own")
    with _folder() as folder:
        subprocess.run([HERE / "slurm.sh", "start", folder, str(request.param)], check=True)
        try:
            yield {"SLURM_CONF": f"{folder}/slurm.conf", "nodes": str(request.param)}
        finally:
            subprocess.run([HERE / "slurm.sh", "stop", folder], check=True)


@pytest.fixture(scope="module")
def ray_cluster() -> Iterator[dict[str, str]]:
    """A real Ray cluster of two nodes; the environment in which it is reached."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip(f"Ray is not installed: {_SKIPPED}")
    with _folder() as folder:
        try:
            subprocess.run([HERE / "ray.sh", "start", folder, sys.executable], check=True)
            yield {"RAY_ADDRESS": (Path(folder) / "address").read_text().strip(), "RAY_AUTH_MODE": "disabled"}
        finally:
            subprocess.run([HERE / "ray.sh", "stop", folder], check=True)


def _folder() -> tempfile.TemporaryDirectory[str]:
    # Names of sockets must be short, and munge wants a folder that others may enter.
    return tempfile.TemporaryDirectory(prefix="eb", ignore_cleanup_errors=True)
