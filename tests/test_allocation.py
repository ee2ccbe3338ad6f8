"""Freed memory stays with the process: in a new process, because the setting holds for good."""

from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = """
import resource
import torch
from embedbench.allocation import keep_freed_memory

kept = keep_freed_memory() if {ask} else False
for _ in range(3):
    torch.ones(32 << 18), torch.ones(24 << 18)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    torch.ones(32 << 18), torch.ones(24 << 18)
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _faults(*, ask, **environment):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(ask=ask)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    kept, faults = done.stdout.split()
    return kept == "True", int(faults)


def test_blocks_of_a_batch_are_cleared_by_the_system_once():
    kept, faults = _faults(ask=True)
    _, left_alone = _faults(ask=False)
    assert kept
    assert 5 * faults < left_alone, "pages cleared; ten times 56 MiB are 143,360"


def test_the_users_own_setting_stands():
    kept, _ = _faults(ask=True, MALLOC_TRIM_THRESHOLD_="131072")
    assert not kept
