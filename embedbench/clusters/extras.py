"""Whether the library behind an engine is installed, asked before any work."""

from __future__ import annotations

import importlib.util

from embedbench.errors import MissingExtraError

_EXTRAS = {
    "joblib": ("hydra_plugins.hydra_joblib_launcher", "hydra-joblib-launcher", "launchers"),
    "slurm": ("submitit", "submitit", "slurm"),
    "ray": ("ray", "ray", "ray"),
}
"""Module, package and extra of each engine that is not part of embedbench."""


def require_engine(engine: str, needed_by: str) -> None:
    """Refuses an engine whose library is not installed, with the command that installs it.

    Raises:
        MissingExtraError: it is not.
    """
    if engine not in _EXTRAS:
        return
    module, package, extra = _EXTRAS[engine]
    try:
        found = importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package above it
        found = False
    if not found:
        raise MissingExtraError(needed_by=needed_by, package=package, extra=extra)
