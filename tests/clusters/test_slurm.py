"""Sweeps on a real SLURM: the same records, and nothing lost with a job."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from sweeping import FAILING, HELD, SWEEP, Workplace, until

SLURM = (
    "launcher=slurm",
    "launcher.partition=debug",
    "launcher.cpus=1",
    "launcher.hours=0.5",
    "launcher.memory_gb=0.9",
    "launcher.setup=[true,'export PROBING=1']",
    "launcher.sbatch={comment: probing}",
)
pytestmark = pytest.mark.slow


def place(slurm, tmp_path) -> Workplace:
    return Workplace(tmp_path, SLURM_CONF=slurm["SLURM_CONF"])


def jobs_of(slurm, processes) -> list[str]:
    """The SLURM jobs that these processes belong to."""
    environments = [Path(f"/proc/{number}/environ").read_bytes().split(b"\0") for number in processes]
    found = [dict(line.split(b"=", 1) for line in lines if b"=" in line) for lines in environments]
    return [f"{e[b'SLURM_ARRAY_JOB_ID'].decode()}_{e[b'SLURM_ARRAY_TASK_ID'].decode()}" for e in found]


def ask(slurm, *command: str) -> str:
    environment = {**os.environ, "SLURM_CONF": slurm["SLURM_CONF"]}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_a_sweep_gives_the_same_records_as_in_one_process(slurm, local, tmp_path):
    there = place(slurm, tmp_path)
    said = there.run(*SWEEP, *SLURM, "results=results")
    assert "4 cells: 4 done" in said
    assert there.numbers() == local.numbers()
    assert len(there.numbers()) == 4
    assert len(set(re.findall(r"done on (n\d)", said))) == int(slurm["nodes"])
    assert not (tmp_path / "results" / ".sweep").exists()


def test_jobs_that_die_are_named_and_a_rerun_finishes_the_sweep(slurm, tmp_path):
    there = place(slurm, tmp_path)
    held = (*HELD, f"extractor.folder={tmp_path}", "results=results")
    running = there.start(*held, *SLURM)
    first, second = there.waiting(2)
    (cancelled,) = jobs_of(slurm, [first])
    ask(slurm, "scancel", "--signal=KILL", cancelled)
    os.kill(second, signal.SIGKILL)
    said, _ = running.communicate(timeout=600)
    assert running.returncode == 1, said
    assert "2 cells: 2 died" in said
    for name in ("a", "b"):
        assert re.search(rf"embedbench: {name} x upos: died: SLURM's job \d+_\d (is|failed)", said), said
    assert not there.numbers()

    there.go()
    assert "2 cells: 2 done" in there.run(*held, *SLURM)
    whole = Workplace(tmp_path / "whole")
    whole.run(*held)
    assert there.numbers() == whole.numbers()


def test_a_failing_cell_costs_no_other_and_ends_with_1(slurm, tmp_path):
    there = place(slurm, tmp_path)
    said = there.run(*FAILING, *SLURM, "results=results", code=1)
    assert "4 cells: 2 done, 2 failed" in said
    assert re.search(r"embedbench: word2vec_googlenews x upos: failed: \S+", said), said
    assert len(list((tmp_path / "results").rglob("record.json"))) == 4


def test_a_pre_empted_job_goes_on_by_itself(slurm, tmp_path):
    there = place(slurm, tmp_path)
    running = there.start(*HELD, *SLURM, f"extractor.folder={tmp_path}", "results=results")
    first, _ = there.waiting(2)
    (taken,) = jobs_of(slurm, [first])
    ask(slurm, "scontrol", "requeue", taken)
    until(lambda: not Path(f"/proc/{first}").exists())
    there.go()
    said, _ = running.communicate(timeout=600)
    assert running.returncode == 0, said
    assert "2 cells: 2 done" in said
