"""From the resolved configuration in a record back to one that can be run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from embedbench.cli.configuration import TYPED_GROUPS
from embedbench.cli.schema import RunOptions
from embedbench.cli.typed_options import component_schema
from embedbench.errors import ConfigurationError
from embedbench.pinning import at_pinned
from embedbench.probing.members import Training
from embedbench.registry import Component, components, load_components
from embedbench.results.schema import Record


def rebuilt(record: Record, results: Path) -> DictConfig:
    """The configuration of the record's cell, to be run into `results` with as many threads as it was.

    Names on the Hub stand with the commits that were read then, whatever their branches are now.

    Raises:
        ConfigurationError: the record has no configuration, or it does not fit this version's components.
    """
    from omegaconf.errors import OmegaConfBaseException

    load_components()
    if not record.config:
        raise ConfigurationError("its record holds no configuration")
    known = {c.path: c for group in TYPED_GROUPS for c in components(group).values()}
    training = Component("training", "default", Training)
    known[training.path] = training
    try:
        config = OmegaConf.merge(
            OmegaConf.structured(RunOptions), _typed(at_pinned(record.config, record.fingerprints), known)
        )
        assert isinstance(config, DictConfig)
        config.results = str(results)
        if config.runtime.threads is None:
            config.runtime.threads = record.environment.get("threads")
    except (OmegaConfBaseException, ValueError) as error:
        raise ConfigurationError(
            f"its configuration does not fit this version: {str(error).splitlines()[0]}"
        ) from error
    return config


def _typed(value: Any, known: Mapping[str, Component]) -> Any:
    """The value with every component's options as typed as they were when the cell was first configured."""
    if isinstance(value, list | tuple):
        return [_typed(item, known) for item in value]
    if not isinstance(value, Mapping):
        return value
    plain = {str(key): _typed(item, known) for key, item in value.items()}
    component = known.get(str(value.get("_target_")))
    if component is None:
        return plain
    return OmegaConf.merge(OmegaConf.structured(component_schema(component)), plain)
