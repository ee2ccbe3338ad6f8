"""One cell: extractor x task x probe family, and what makes it the same cell as another."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int64

from embedbench import __version__
from embedbench.errors import ConfigurationError
from embedbench.fingerprint import fingerprint
from embedbench.mixing import check_mix_names, own_mixes
from embedbench.probing.allennlp import require_allennlp
from embedbench.probing.members import Vary
from embedbench.probing.nearest_probes import Nearest
from embedbench.probing.probes import CRF, Biaffine, Graded, Pointer, Structural, is_linear
from embedbench.scoring.baselines import BASELINES
from embedbench.types import TREES, ClusterUnit, ControlKind, Corpus, Extractor, Split, Task, TaskKind, TaskSplit

if TYPE_CHECKING:
    from embedbench.probing.members import Training
    from embedbench.probing.probes import Probe

CELL_VERSION = 3
"""Raised when the same configuration would give other numbers than before (3: mini-batches are drawn from windows, and
all seeds of a linear probe's mix share one search)."""

SIMILARITY_VERSION = 2
"""Raised when the same configuration would give another similarity than before (2: unknown words are left out)."""

CODE_VERSION = 1
"""Raised when the same configuration would give another codelength than before."""

_CONTROL_OF = {TaskKind.CLASSIFICATION: ControlKind.WORD_TYPE, TaskKind.HEAD_SELECTION: ControlKind.WORD_TYPE_HEAD}
"""How control labels are drawn for the kinds of tasks whose probes can learn them."""


@dataclass(frozen=True)
class Cell:
    """Everything that decides a cell's numbers.

    Attributes:
        extractor: where vectors come from.
        task: what is asked of them.
        probe: the probe family; a tree task takes the default structural probe where this is none, a head selection the
            default biaffine one, a graded task the default graded probe, a task of answers in a passage the default
            pointer.
        training: how members train.
        mixes: names of layer mixes; `single`, `cumulative` and `top_down` stand for every layer.
        seeds: of initialisation and data order.
        control: whether the same probes also learn control labels.
        resamples: of the clustered bootstrap.
        store_dtype: the precision in which vectors are kept.
        limit: keep the first `limit` sentences of every split; None keeps all.
        codelength: whether the train labels are coded online too (Voita & Titov 2020); it costs several trainings.
    """

    extractor: Extractor
    task: Task
    probe: Probe
    training: Training
    mixes: tuple[str, ...]
    seeds: tuple[int, ...]
    control: bool = True
    resamples: int = 9_999
    store_dtype: str = "float16"
    limit: int | None = None
    codelength: bool = False

    def __post_init__(self) -> None:
        check_mix_names(self.mixes)
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ConfigurationError(
                f"seeds is {list(self.seeds)}; give at least one, each once, such as seeds=[0,1,2]"
            )
        if self.resamples < 1:
            raise ConfigurationError(f"resamples is {self.resamples}; it must be at least 1")
        if self.limit is not None and self.limit < 1:
            raise ConfigurationError(f"limit is {self.limit}; it is a number of sentences, at least 1, or null for all")
        self._check_control()
        self._check_probe()
        # A CRF trains sentence by sentence, as the probes of trees and answers do; neighbours are not trained.
        tunable = self.task.meta.kind in (TaskKind.CLASSIFICATION, TaskKind.GRADED)
        if isinstance(self.probe, CRF | Nearest):
            tunable = False
        if self.training.tuned and self.probe_name != "none" and not tunable:
            raise ConfigurationError(
                "training.rate_factors and training.weight_decays make a grid for probes of single classes and grades; "
                f"probe {self.probe_name} on {self.task.meta.name} is none: leave them out for it"
            )
        if not self.extractor.name.strip() or self.extractor.name in BASELINES:
            raise ConfigurationError(
                f"an extractor cannot be called {self.extractor.name!r}; {', '.join(BASELINES)} are rows of "
                "tables: set extractor.name"
            )

    def _check_control(self) -> None:
        meta = self.task.meta
        fitting = _CONTROL_OF.get(meta.kind, ControlKind.WORD_TYPE)
        if meta.control not in (ControlKind.NONE, fitting):
            raise ConfigurationError(
                f"task {meta.name} says control={ControlKind(meta.control).name}, which does not fit its kind, "
                f"{meta.kind.value}: it is {fitting.name} or {ControlKind.NONE.name}"
            )

    def _check_probe(self) -> None:
        if self.task.meta.kind is TaskKind.HEAD_SELECTION:
            require_allennlp(f"task {self.task.meta.name}, to decode trees,")
        if self.task.meta.kind is not TaskKind.CLASSIFICATION:
            if self.codelength:
                raise ConfigurationError(
                    f"task {self.task.meta.name} has no single label per target, so there is no online code of its "
                    "labels: set codelength=false for it"
                )
            return
        if isinstance(self.probe, CRF):
            require_allennlp(f"probe {self.probe.name}")
            if self.codelength:
                raise ConfigurationError(
                    f"probe {self.probe.name} has no online code: set codelength=false, or take another, "
                    "such as probe=linear"
                )
        elif isinstance(self.probe, Nearest):
            if self.codelength:
                raise ConfigurationError(
                    f"probe {self.probe.name} gives no probabilities, so it has no online code: set codelength=false, "
                    "or take another, such as probe=linear"
                )
        elif not hasattr(self.probe, "hidden_widths"):
            raise ConfigurationError(
                f"probe {self.probe.name} is not for classes, and {self.task.meta.name} is a classification; "
                "choose another, such as probe=linear"
            )

    @property
    def probe_name(self) -> str:
        """The name of the probe that is trained; `none` for a task that trains nothing."""
        probe = self._trained_probe
        return "none" if probe is None else str(probe.name)

    @property
    def learns_control(self) -> bool:
        """Whether control labels are learned too: they are asked for, and the task says how they are drawn."""
        return self.control and self.task.meta.control == _CONTROL_OF.get(self.task.meta.kind)

    @property
    def structural(self) -> Structural:
        """The structural probe of a tree task: `probe`, or the default one where `probe` is for classification."""
        return self.probe if isinstance(self.probe, Structural) else Structural()

    @property
    def biaffine(self) -> Biaffine:
        """The biaffine probe of a head selection: `probe`, or the default one where `probe` is for another kind."""
        return self.probe if isinstance(self.probe, Biaffine) else Biaffine()

    @property
    def graded(self) -> Graded:
        """The probe of a graded task: `probe`, or the default one where `probe` is for another kind of task."""
        return self.probe if isinstance(self.probe, Graded) else Graded()

    @property
    def pointer(self) -> Pointer:
        """The probe of answers in a passage: `probe`, or the default one where `probe` is for another kind of task."""
        return self.probe if isinstance(self.probe, Pointer) else Pointer()

    @property
    def _trained_probe(self) -> Any:
        kind = self.task.meta.kind
        if kind in TREES:
            return self.structural
        trained = {
            TaskKind.CLASSIFICATION: self.probe,
            TaskKind.HEAD_SELECTION: self.biaffine,
            TaskKind.GRADED: self.graded,
            TaskKind.POINTER: self.pointer,
        }
        return trained.get(kind)

    @property
    def identity(self) -> str:
        """32 digits; the same for the same numbers. Loads no model and parses no data."""
        training = component_options(self.training)
        training.pop("memory_bytes")  # where vectors lie while training changes no number
        # Only where there is a grid: cells that were finished before it existed keep their identity.
        for name in ("rate_factors", "weight_decays") if not self.training.tuned else ():
            training.pop(name)
        if self.training.vary is Vary.both:
            training.pop("vary")
        if not self.training.by_loss:
            training.pop("by_loss")
        if not is_linear(self._trained_probe):
            for name in ("solver", "full_batch_targets", "penalties", "tolerance", "by_loss"):  # of linear probes alone
                training.pop(name, None)
        trained = {
            "probe": component_options(self.probe),
            "training": training,
            "seeds": list(self.seeds),
            "control": self.control,
            # Only where it is asked for: cells that were finished before it existed keep their identity.
            **({"codelength": CODE_VERSION} if self.codelength else {}),
        }
        kind = self.task.meta.kind
        if kind is TaskKind.CLASSIFICATION and isinstance(self.probe, Nearest):
            trained = {name: trained[name] for name in ("probe", "control")}
        elif kind is TaskKind.CATEGORISATION:
            trained = {"seeds": list(self.seeds)}
        elif kind is not TaskKind.CLASSIFICATION:
            probe = self._trained_probe
            trained = {name: trained[name] for name in ("training", "seeds")} if probe else {}
            trained |= {"probe": component_options(probe)} if probe else {}
            trained |= {"control": True} if kind is TaskKind.HEAD_SELECTION and self.learns_control else {}
        return fingerprint(
            {
                "cell_version": CELL_VERSION,
                "embedbench": __version__,
                "extractor": self.extractor.fingerprint,
                "task": self.task.fingerprint,
                "metric": self.task.meta.metric,
                "mixes": list(self.mixes),
                # What a name stands for, where it is not ours to know.
                **({"own_mixes": own} if (own := own_mixes(self.mixes)) else {}),
                **trained,
                **({"similarity": SIMILARITY_VERSION} if kind is TaskKind.SIMILARITY else {}),
                "resamples": self.resamples,
                "store_dtype": self.store_dtype,
                "limit": self.limit,
            }
        )


def component_options(component: Any) -> dict[str, Any]:
    """A dataclass as plain values, with its class."""
    options = {field.name: plain(getattr(component, field.name)) for field in dataclasses.fields(component)}
    return {"class": f"{type(component).__module__}.{type(component).__qualname__}", **options}


def plain(value: Any) -> Any:
    """Enums by value, tuples as lists, mappings as dicts; everything else as it is."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return component_options(value) if dataclasses.is_dataclass(value) else value


def limited(split: TaskSplit, sentences: int | None) -> TaskSplit:
    """The targets that lie within the first sentences of the split's corpus."""
    if sentences is None or sentences >= len(split.corpus.sentences):
        return split
    corpus = Corpus(split.corpus.sentences[:sentences])
    kept = (split.spans[..., 1] <= corpus.n_words).all(axis=1)
    return dataclasses.replace(split.only(np.asarray(kept)), corpus=corpus)


def sentences_within(task: Task, split: TaskSplit) -> Int64[np.ndarray, "targets"] | None:
    """The sentence of every target, where the task's clusters are documents; None where a cluster needs no parts."""
    return split.sentences if task.meta.cluster is ClusterUnit.document else None


def load_splits(cell: Cell) -> dict[Split, TaskSplit]:
    """Every split of the cell's task, cut to its limit."""
    return {which: limited(cell.task.split(which), cell.limit) for which in cell.task.splits}
