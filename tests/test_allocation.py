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


CELL = """
import pathlib, re
import torch
from embedbench.allocation import keep_freed_memory, return_freed_memory

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) >> 10

keep_freed_memory()
before = resident()
class Store:
    def __init__(self):
        self.itself, self.values = self, [torch.ones(2 << 18) for _ in range(100)]
Store()
left = resident() - before
return_freed_memory()
print(left, resident() - before)
"""


def test_a_finished_cell_leaves_nothing_behind():
    done = subprocess.run([sys.executable, "-c", CELL], capture_output=True, text=True, check=True)
    left, after = map(int, done.stdout.split())
    assert left > 190
    assert after < 60
