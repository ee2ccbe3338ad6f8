"""The settings of a cell as Python values, and as the overrides that mean the same on the command line."""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, TypedDict

from embedbench.errors import ConfigurationError


class Settings(TypedDict, total=False):
    """What can be said of a cell beside its extractor and task; what is left out is as on the command line.

    Attributes:
        probe: a name or an object; `linear`.
        mixes: layers → one vector; scalar, single, cumulative and mean.
        seeds: of initialisation and data order; 0 to 4.
        control: whether the same probes also learn control labels; they do.
        codelength: whether the train labels are coded online; they are not.
        resamples: of the bootstrap behind every interval; 9999.
        limit: keep the first sentences of every split; all.
        training: options of the training, such as `{"solver": "minibatch"}`.
        results: the folder of records; `results/run`.
        data: the folder of data sets; `$EMBEDBENCH_DATA`, else `data`.
        store: the folder of word vectors; `$EMBEDBENCH_CACHE`, else `cache`.
        store_dtype: `float16` or `float32`.
        max_store_gb: refuse to fill a larger store.
        threads: of torch.
        precision: of networks whose own is `auto`: auto, fp32, bf16 or fp16.
        overrides: anything else, as it would stand on the command line.
        quiet: show no progress.
    """

    probe: Any
    mixes: Sequence[str]
    seeds: Sequence[int]
    control: bool
    codelength: bool
    resamples: int
    limit: int | None
    training: Mapping[str, Any]
    results: str | PathLike[str]
    data: str | PathLike[str]
    store: str | PathLike[str]
    store_dtype: str
    max_store_gb: float | None
    threads: int | None
    precision: str | None
    overrides: Sequence[str]
    quiet: bool


_PLACES = {
    "data": "paths.data",
    "store": "paths.store",
    **{name: f"runtime.{name}" for name in ("store_dtype", "max_store_gb", "threads", "precision")},
}
"""Where in the configuration a setting stands that is not called so there."""

_NO_OVERRIDE = ("probe", "training", "overrides", "quiet")


def overrides_of(settings: Settings) -> list[str]:
    """The overrides of `embedbench run` that say the same.

    Raises:
        ConfigurationError: there is no setting of that name, or a value that no configuration can hold.
    """
    unknown = sorted(set(settings) - set(Settings.__annotations__))
    if unknown:
        raise ConfigurationError(
            f"there is no setting {unknown[0]!r}; there are {', '.join(Settings.__annotations__)} (options of an "
            "extractor, task or probe: embedbench.extractor(NAME, option=value))"
        )
    plain = {_PLACES.get(key, key): value for key, value in settings.items() if key not in _NO_OVERRIDE}
    plain |= {f"training.{key}": value for key, value in settings.get("training", {}).items()}
    return [*(override(key, value) for key, value in plain.items()), *settings.get("overrides", ())]


def override(key: str, value: Any) -> str:
    """One value as Hydra reads it, with its type kept.

    >>> override("limit", None), override("training.solver", "minibatch"), override("seeds", (0, 1))
    ('limit=null', "training.solver='minibatch'", 'seeds=[0,1]')

    Raises:
        ConfigurationError: it is neither a number, a text, a truth, an enumeration, nor a list or mapping of these.
    """
    return f"{key}={_written(key, value)}"


def is_plain(value: Any) -> bool:
    """Whether a configuration can hold the value; an extractor inside another one is an object."""
    if isinstance(value, Mapping):
        return all(map(is_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return value is None or isinstance(value, bool | int | float | str | enum.Enum | PathLike)


def node_of(component: Any) -> dict[str, Any]:
    """The configuration node that describes an object, for its record: `_target_` and options."""
    kind = type(component)
    options = {}
    if dataclasses.is_dataclass(component):
        options = {f.name: _recorded(getattr(component, f.name)) for f in dataclasses.fields(component) if f.init}
    return {"_target_": f"{kind.__module__}.{kind.__qualname__}", **options}


def _recorded(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, Mapping):
        return {str(key): _recorded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_recorded(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return node_of(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _written(key: str, value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str | PathLike):
        # Backslashes are literal except before a quote and at the end.
        escaped = re.sub(r"(\\*)'", r"\1\1\\'", str(value))
        return "'" + re.sub(r"(\\+)$", r"\1\1", escaped) + "'"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{name}:{_written(key, item)}" for name, item in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(_written(key, item) for item in value) + "]"
    raise ConfigurationError(
        f"{key} is a {type(value).__name__}; expected a number, a text, True or False, or a list or mapping of these"
    )
