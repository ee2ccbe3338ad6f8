"""A function made ready to run in another process, perhaps of another machine, as if it ran here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedbench.errors import ConfigurationError

_PREFIXES = ("EMBEDBENCH_", "HF_")
"""Of environment variables that decide what a cell reads and writes; a node may have others, or none."""


@dataclass(frozen=True)
class Elsewhere:
    """A picklable call. Where it is called, the working folder and settings of the process that made it hold.

    It is unpickled before anything else of embedbench is: the user's own components are loaded first, and libraries
    that read the environment when they are imported find it.

    Attributes:
        folder: the working folder, to which relative paths of a configuration are relative.
        environment: of embedbench and Hugging Face, as it was; tokens stay where they are.
        import_path: from where modules are imported.
        packed: the pickled function.
    """

    folder: str
    environment: Mapping[str, str]
    import_path: tuple[str, ...]
    packed: bytes

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Elsewhere:
        """The call of this function with the surroundings of this process."""
        import cloudpickle

        return cls(
            folder=os.getcwd(),  # noqa: PTH109 - as text, to be pickled for any Python
            environment={name: value for name, value in os.environ.items() if _goes_along(name)},
            import_path=tuple(path for path in sys.path if path),
            packed=cloudpickle.dumps(function),
        )

    def __call__(self, *arguments: Any) -> Any:
        """What the function gives here.

        Raises:
            ConfigurationError: the working folder does not exist on this machine.
        """
        import cloudpickle

        self._settle()
        from embedbench.registry import load_components

        load_components()
        return cloudpickle.loads(self.packed)(*arguments)

    def _settle(self) -> None:
        folder = Path(self.folder)
        if not folder.is_dir():
            raise ConfigurationError(
                f"{os.uname().nodename} has no folder {folder}, where the command was given; cells on several machines "
                "need a folder that all of them share"
            )
        os.chdir(folder)
        for name in [name for name in os.environ if _goes_along(name) and name not in self.environment]:
            del os.environ[name]
        os.environ.update(self.environment)
        # Threads that spin while they wait slow down every other process of a shared node.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        sys.path.extend(path for path in self.import_path if path not in sys.path)


def node_name() -> str:
    """What this machine is called by whoever sent the work here, or by itself."""
    if given := os.environ.get("SLURMD_NODENAME"):
        return given
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        return str(ray.util.get_node_ip_address())
    return os.uname().nodename


def _goes_along(name: str) -> bool:
    return name.startswith(_PREFIXES) and "TOKEN" not in name
