"""From `launcher=NAME launcher.OPTION=VALUE` to Hydra's own way of naming a launcher."""

from __future__ import annotations

import re
from collections.abc import Sequence

from embedbench.cli.typed_options import component_schema
from embedbench.clusters.extras import require_engine
from embedbench.clusters.slurm_queue import require_slurm
from embedbench.errors import ClusterError
from embedbench.registry import components, load_components

_HYDRA_NAMES = {"local": "basic", "slurm": "embedbench_slurm", "ray": "embedbench_ray"}
"""Where Hydra's name is another: ours must not meet those of plugins that a user has installed."""

_OURS = ("slurm", "ray")
_SWEEPING = ("-m", "--multirun")
_LAUNCHER = re.compile(r"([+~]{0,2})launcher([=.].*)", re.DOTALL)

_ANY_KEY = re.compile(r"\.sbatch[.=]")
"""Options that hold keys of their own, to which Hydra has to be told that they are added."""


def launched(arguments: Sequence[str]) -> list[str]:
    """The arguments as Hydra takes them; naming a launcher makes even a single cell a sweep.

    Hydra composes the launcher before it knows any cell, from options that begin with `hydra`; an option of a cell
    would be read too late.

    >>> launched(["-m", "launcher=local", "task=upos,xpos"])
    ['-m', 'hydra/launcher=basic', 'task=upos,xpos']

    Raises:
        MissingExtraError: the engine behind the launcher is not installed.
        ClusterError: this machine cannot submit jobs to SLURM.
    """
    found, chosen = [], ""
    for argument in arguments:
        match = _LAUNCHER.fullmatch(argument)
        if match is None:
            found.append(argument)
        elif match[2].startswith("="):
            chosen = match[2][1:]
            found.append(f"hydra/launcher={_HYDRA_NAMES.get(chosen, chosen)}")
        else:
            new = match[1] or ("++" if _ANY_KEY.match(match[2]) else "")
            found.append(f"{new}hydra.launcher{match[2]}")
    if chosen:
        require_engine(chosen, needed_by=f"launcher={chosen}")
        if chosen == "slurm" and (lacking := require_slurm()) is not None:
            raise ClusterError(f"launcher=slurm submits jobs from a machine that is part of a SLURM cluster: {lacking}")
        if chosen != "local" and not any(argument in _SWEEPING for argument in found):
            found.insert(0, "-m")
    return found


def register_launchers() -> None:
    """Makes our launchers known to Hydra, in this process only; other Hydra programs never see them."""
    from hydra.core.config_store import ConfigStore
    from hydra.core.plugins import Plugins

    from embedbench.cli.launchers.ray_launcher import RayLauncher
    from embedbench.cli.launchers.slurm_launcher import SlurmLauncher

    load_components()
    store, known = ConfigStore.instance(), components("launcher")
    for name, launcher in (("slurm", SlurmLauncher), ("ray", RayLauncher)):
        # Hydra takes plugins only from its namespace `hydra_plugins`. A package there would be scanned by every Hydra
        # program of the environment, and not be found in an editable install; a name there is enough.
        target = f"hydra_plugins.embedbench.{launcher.__name__}"
        Plugins.instance().class_name_to_class[target] = launcher
        node = component_schema(known[name])(_target_=target)
        store.store(group="hydra/launcher", name=_HYDRA_NAMES[name], node=node)
