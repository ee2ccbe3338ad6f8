"""A connection to a Ray cluster, or one of this command's own."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from embedbench.clusters.extras import require_engine
from embedbench.errors import ClusterError


@contextmanager
def connected(address: str | None, needed_by: str, cpus: float | None = None) -> Iterator[Any]:
    """The module `ray`, connected; left again at the end.

    Args:
        address: of the running cluster, or `auto`; None starts one here, unless RAY_ADDRESS names one.
        needed_by: what asks for it.
        cpus: cores of a cluster that is started here; None is all of this machine.

    Raises:
        MissingExtraError: Ray is not installed.
        ClusterError: there is no cluster at that address, or none can be started.
    """
    require_engine("ray", needed_by)
    # Ray asks for its own telemetry when a cluster starts; nothing is sent unless the user has said so before.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # It warns of a change in how many GPUs a task sees that asked for none; told what to do, it is silent.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    where = address or os.environ.get("RAY_ADDRESS") or "local"
    started_here = {"include_dashboard": False, "num_cpus": cpus} if where == "local" else {}
    try:
        # What workers print would be mixed and thinned out; cells tell how they ended, and Ray keeps their output.
        ray.init(address=where, logging_level=logging.ERROR, log_to_driver=False, **started_here)
    except Exception as error:  # Ray raises whatever its parts do
        raise ClusterError(
            f"{needed_by} cannot reach a Ray cluster at {where!r}: {_line(error)}; give the address that `ray start "
            "--head` printed, with the same RAY_AUTH_MODE and token as on its nodes"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def why(error: Exception) -> str:
    """Why a task or an actor was lost, in one line.

    Ray's messages begin with a heading or a name and explain themselves over many lines.
    """
    cause = getattr(error, "cause", None)
    return f"{type(cause or error).__name__}: {_line(cause or error)}"
