"""What SLURM says of its jobs, asked without accounting.

`sacct`, which submitit asks, needs a database that small clusters do not have; without it a killed job would be waited
for without end. `squeue` and `scontrol` ask the controller itself, and one call tells of a whole array.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence

_SECONDS = 60


def require_slurm() -> str | None:
    """Why jobs cannot be submitted from here; None if they can."""
    import shutil

    missing = [command for command in ("sbatch", "srun", "squeue", "scontrol") if shutil.which(command) is None]
    return f"{', '.join(missing)} cannot be found on this machine" if missing else None


def queued() -> dict[str, str] | None:
    """The state of every job of this user that waits or runs, by number (`12_3` in an array).

    A job that has ended, however, is not among them.

    Returns:
        None when the controller does not answer; it may be back a moment later.
    """
    said = _asked("squeue", "--noheader", "--array", f"--user={os.getuid()}", "--format=%i|%T|%r")
    if said is None:
        return None
    rows = [line.strip().split("|") for line in said.splitlines() if line.strip()]
    return {row[0]: row[1] + (f" ({row[2]})" if row[2] != "None" else "") for row in rows if len(row) == 3}


def last_word(job: str) -> str:
    """What the controller still knows of a job that has ended, in a few words; it forgets jobs after some minutes.

    >>> told({"JobState": "CANCELLED", "Reason": "None", "ExitCode": "0:15", "NodeList": "n1"})
    'CANCELLED on n1, exit code 0:15'
    """
    said = _asked("scontrol", "show", "job", "--oneliner", job)
    for line in (said or "").splitlines():
        facts = dict(re.findall(r"(\w+)=(\S*)", line))
        if job in (facts.get("JobId"), f"{facts.get('ArrayJobId')}_{facts.get('ArrayTaskId')}"):
            return told(facts)
    return "no longer known to the controller"


def told(facts: dict[str, str]) -> str:
    """The state of a job, its reason, node and exit code, as far as they say something."""
    reason, node = facts.get("Reason", "None"), facts.get("NodeList", "")
    state = facts.get("JobState", "in an unknown state")
    state += f" ({reason})" if reason not in ("None", "") else ""
    state += f" on {node}" if node not in ("", "(null)") else ""
    return f"{state}, exit code {facts.get('ExitCode', 'unknown')}"


def cancel(jobs: Sequence[str]) -> None:
    """Ends jobs, those that wait and those that run."""
    if jobs:
        _asked("scancel", *jobs)


def _asked(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
