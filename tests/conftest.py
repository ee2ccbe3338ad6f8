"""What every test may ask for."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

# No test is timed: a busy machine is no fault.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# As the command line does: threads that spin while they wait slow down every other worker.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def pytest_collection_finish() -> None:
    """What was imported stays: the collector, which every finished cell calls, need not go through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data sets; the test is skipped, visibly, where it is absent."""
    folder = os.environ.get("EMBEDBENCH_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("real data sets are absent: set EMBEDBENCH_DATA to the folder that holds them")
    return Path(folder).resolve()
