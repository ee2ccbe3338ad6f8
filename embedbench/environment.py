"""What a record says of the machine and the versions that made it."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, distributions, version
from typing import Any

_PACKAGES = (
    "embedbench", "torch", "transformers", "tokenizers", "gensim", "allennlp-light", "numpy", "scipy", "scikit-learn",
    "hydra-core", "omegaconf", "safetensors",
)  # fmt: skip


def environment() -> dict[str, Any]:
    """Package versions, Python, platform, processor and threads; no user, host or path names."""
    torch = sys.modules.get("torch")
    return {
        "packages": {name: found for name in _PACKAGES if (found := _version(name)) is not None},
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads() if torch is not None else None,
    }


def installed() -> tuple[str, ...]:
    """Every installed package with its version, as `pip install -c` reads them; sorted, and each once.

    A version such as `2.13.0+cpu` is a build that the package index does not have under that name; `2.13.0` stands for
    every build of it, this one too, and a comment says which it was here.
    """
    found = {(found.metadata["Name"] or "", found.version) for found in distributions()}
    return tuple(_pinned(name, version) for name, version in sorted(found, key=lambda one: one[0].lower()) if name)


def _pinned(name: str, version: str) -> str:
    """A line of the lock.

    >>> _pinned("torch", "2.13.0+cpu"), _pinned("numpy", "2.4.6")
    ('torch==2.13.0  # 2.13.0+cpu where this was exported', 'numpy==2.4.6')
    """
    public, _, build = version.partition("+")
    return f"{name}=={public}" + (f"  # {version} where this was exported" if build else "")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            return next((line.partition(":")[2].strip() for line in stream if line.startswith("model name")), "unknown")
    except OSError:
        return platform.processor() or "unknown"
