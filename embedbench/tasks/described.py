"""What every task over files says of itself: its name in tables, its metadata and its fingerprint."""

from __future__ import annotations

import dataclasses
import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from embedbench.errors import ConfigurationError
from embedbench.fingerprint import fingerprint
from embedbench.tasks.sources import provenance, spec_fingerprint
from embedbench.types import ControlKind, Split, TaskKind, TaskMeta, TaskSplit


@dataclass(frozen=True)
class DescribedTask(ABC):
    """A task over one file (or grammar spec) per split, told what it is by class variables.

    Attributes:
        files: the spec of each split's file.
    """

    files: dict[str, str]

    METRIC: ClassVar[str]
    KIND: ClassVar[TaskKind]
    SPLITS: ClassVar[tuple[Split, ...]] = tuple(Split)
    CONTROL: ClassVar[ControlKind] = ControlKind.NONE
    FURTHER_METRICS: ClassVar[tuple[str, ...]] = ()
    NAMED_BY_CONTENT: ClassVar[tuple[str, ...]] = ("files",)
    """Options that name files; the bytes of these, not their names, are part of the fingerprint."""
    ADDED_LATER: ClassVar[tuple[str, ...]] = ()
    """Options that earlier versions did not have. They are no part of the fingerprint while they are at their default,
    so that cells that were finished before keep their identity."""
    VERSION: ClassVar[int] = 1
    """Raised when the same files and options would give other targets than before."""

    def __post_init__(self) -> None:
        if sorted(self.files) != sorted(split.value for split in self.SPLITS):
            names = ", ".join(split.value for split in self.SPLITS)
            trains = Split.TRAIN in self.SPLITS
            raise ConfigurationError(
                f"task {self.label} got files for {', '.join(sorted(self.files)) or 'no split'}; it needs exactly one"
                + (f" for each of {names}" if trains else f", for {names}: nothing is trained")
            )

    @property
    def label(self) -> str:
        """The name in tables."""
        return str(getattr(self, "name", "") or type(self).__name__.lower())

    @property
    def specs(self) -> tuple[str, ...]:
        """Every file that the task reads, in the order of the splits' names."""
        return tuple(self.files[split] for split in sorted(self.files))

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits this task has."""
        return self.SPLITS

    @property
    def meta(self) -> TaskMeta:
        """Source, licence, citation, version, main metric."""
        source, licence, citation = provenance(self.specs)
        return TaskMeta(
            name=self.label,
            source=source,
            licence=licence,
            citation=citation,
            version=self.VERSION,
            metric=self.METRIC,
            kind=self.KIND,
            control=self.CONTROL,
            further_metrics=self.FURTHER_METRICS,
            description=(type(self).__doc__ or "").strip().splitlines()[0],
        )

    @property
    def fingerprint(self) -> str:
        """Of the files' bytes, the options and the version; nothing is parsed."""
        options: dict[str, Any] = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        defaults = {f.name: f.default for f in dataclasses.fields(self)}
        unused = [name for name in self.ADDED_LATER if options[name] == defaults[name]]
        options = {k: v.value if isinstance(v, enum.Enum) else v for k, v in options.items()}
        for name in ("name", *self.NAMED_BY_CONTENT, *unused):
            options.pop(name, None)
        return fingerprint(type(self).__qualname__, self.VERSION, options, self._data_fingerprints())

    @abstractmethod
    def split(self, which: Split) -> TaskSplit:
        """The targets of one split."""

    def _data_fingerprints(self) -> Mapping[str, str] | Sequence[str]:
        return {split: spec_fingerprint(spec) for split, spec in self.files.items()}
