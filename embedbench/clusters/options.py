"""What can be said of each launcher: `launcher=NAME launcher.OPTION=VALUE` of `embedbench run -m`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from embedbench.registry import register


@register("launcher", "local")
@dataclass(frozen=True)
class Local:
    """One cell after the other in this process; what `run` does where no launcher is named."""


@register("launcher", "joblib")
@dataclass(frozen=True)
class Joblib:
    """Several cells at once on this machine, in processes of joblib; `runtime.threads` is the share of each.

    Attributes:
        n_jobs: cells at once; -1 is one per core.
    """

    n_jobs: int = -1


@register("launcher", "slurm")
@dataclass(frozen=True)
class Slurm:
    """Every cell a task of a SLURM job array, submitted by submitit; results and stores lie on a shared folder.

    Attributes:
        partition: the partition to submit to; null is the cluster's default.
        account: who pays; null is the user's default.
        qos: quality of service.
        constraint: features that a node must have, such as a type of GPU.
        hours: longest a cell may run; one that runs longer is put into the queue again, and goes on from its shards.
        cpus: cores of a cell; set runtime.threads to the same.
        memory_gb: memory of a cell; null is the partition's default.
        gpus: GPUs of a cell.
        parallel: cells at once, of each array.
        requeues: how often a cell that ran out of time is put into the queue again.
        setup: shell commands before a cell, such as 'module load cuda'.
        sbatch: any other option of sbatch, such as {reservation: probing}.
        array_size: cells of one array; SLURM refuses more than its MaxArraySize, 1,001 unless changed.
    """

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    hours: float = 4.0
    cpus: int = 2
    memory_gb: float | None = None
    gpus: int = 0
    parallel: int = 256
    requeues: int = 3
    setup: tuple[str, ...] = ()
    sbatch: Mapping[str, Any] = field(default_factory=dict)
    array_size: int = 1000


@register("launcher", "ray")
@dataclass(frozen=True)
class Ray:
    """Every cell a task of a Ray cluster; results and stores lie on a folder that all its nodes share.

    Attributes:
        address: of the running cluster, such as 10.0.0.1:6379, or auto for the one this machine is part of; null
            starts one on this machine for this command, unless RAY_ADDRESS names one.
        cpus: cores of a cell; set runtime.threads to the same.
        memory_gb: memory that a node must have left for a cell; null does not ask.
        gpus: GPUs of a cell; a fraction shares one.
        retries: how often a cell whose process or node was killed is begun again.
    """

    address: str | None = None
    cpus: float = 1.0
    memory_gb: float | None = None
    gpus: float = 0.0
    retries: int = 1
