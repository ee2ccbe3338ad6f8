"""What is understood of SLURM's own words, with programs that say them."""

from __future__ import annotations

import pytest

from embedbench.clusters import slurm_queue

SQUEUE = """#!/bin/sh
echo '12_0|RUNNING|None'
echo '12_1|PENDING|Resources'
"""
SCONTROL = """#!/bin/sh
echo 'JobId=14 ArrayJobId=12 ArrayTaskId=2 JobState=FAILED Reason=NonZeroExitCode ExitCode=137:0 NodeList=n1'
echo 'JobId=12 ArrayJobId=12 ArrayTaskId=3 JobState=CANCELLED Reason=None ExitCode=0:15 NodeList=(null)'
"""


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Puts programs of these texts on the path, alone."""

    def put(**texts: str) -> None:
        for name, text in texts.items():
            (tmp_path / name).write_text(text, "utf-8")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return put


def test_the_queue_tells_who_waits_and_who_runs(programs):
    programs(squeue=SQUEUE)
    assert slurm_queue.queued() == {"12_0": "RUNNING", "12_1": "PENDING (Resources)"}


def test_a_controller_that_does_not_answer_is_no_empty_queue(programs):
    programs(squeue="#!/bin/sh\nexit 1\n")
    assert slurm_queue.queued() is None
    programs(squeue="#!/bin/sh\nexit 0\n")
    assert slurm_queue.queued() == {}


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("12_2", "FAILED (NonZeroExitCode) on n1, exit code 137:0"),
        ("12_3", "CANCELLED, exit code 0:15"),
        ("99", "no longer known to the controller"),
    ],
)
def test_the_last_word_of_a_job_says_why_it_ended(programs, job, said):
    programs(scontrol=SCONTROL)
    assert slurm_queue.last_word(job) == said


def test_a_machine_without_slurm_is_told_by_what_it_lacks(programs):
    programs(squeue=SQUEUE, sbatch=SQUEUE)
    assert slurm_queue.require_slurm() == "srun, scontrol cannot be found on this machine"
