"""The types of a run's own options; Hydra refuses anything else, with the option's name."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from embedbench.extractors.precision import Precision
from embedbench.store.layout import StoreDtype


class Engine(enum.StrEnum):
    """Who fills a store."""

    local = "local"
    """This machine, in one process or several."""
    ray = "ray"
    """Processes of a Ray cluster."""


@dataclass
class RuntimeOptions:
    """How the work is done."""

    engine: Engine = Engine.local
    processes: int | None = None
    address: str | None = None
    gpus: float = 0.0

    store_dtype: StoreDtype = StoreDtype.float16
    max_store_gb: float | None = None
    threads: int | None = None
    precision: Precision | None = None


@dataclass
class PathOptions:
    """Where things are looked for."""

    data: str = MISSING
    store: str = MISSING


@dataclass
class RunOptions:
    """One cell."""

    extractor: Any = MISSING
    task: Any = MISSING
    probe: Any = MISSING
    training: Any = MISSING
    paths: PathOptions = field(default_factory=PathOptions)
    runtime: RuntimeOptions = field(default_factory=RuntimeOptions)
    results: str = MISSING
    mixes: list[str] = MISSING
    seeds: list[int] = MISSING
    control: bool = True
    codelength: bool = False
    resamples: int = MISSING
    limit: int | None = None
    tracker: dict[str, Any] = field(default_factory=dict)
