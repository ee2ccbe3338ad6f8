"""The record: what a cell leaves on disk, as frozen dataclasses.

The record is a function of the resolved configuration, the data, the weights and the code; its identity is the
fingerprint of these. Values are fractions or correlations at full precision; rounding is a matter of printing.
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from embedbench.errors import DataError, NumericalError
from embedbench.probing.trials import Trial
from embedbench.scoring.subsets import WHOLE

NO_MIX = "none"
"""The mix of a baseline."""

PREDICTIONS = "predictions.parquet"
"""The file beside a record that holds its predictions."""

SCHEMA = 1
"""The version that this code writes; a record of a newer version is named and left alone."""


class Status(enum.StrEnum):
    """How a cell ended."""

    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Score:
    """One value with its interval.

    Attributes:
        extractor: the label in tables; the baseline's name for a baseline.
        mix: `scalar`, `single:3`, `cumulative:2`, `mean`, …; `none` for a baseline.
        labels: `task`, or `control` for the control task.
        split: the split that was scored.
        metric: the name of the metric.
        value: the mean over seeds.
        low: lower end of the 95 % interval; of `codelength` and `compression` the least over seeds.
        high: upper end; of `codelength` and `compression` the greatest over seeds.
        n: targets.
        clusters: units that the interval resamples; the record's `cluster` says what they are.
        seeds: how many seeds the value averages.
        per_seed: the value of every seed.
        subset: the test targets that were scored: `whole` is all of them, `seen`, `unseen`, `ambiguous` and
            `unambiguous` are told by their words (`embedbench.scoring.subsets`), others are parts of the task's own.
    """

    extractor: str
    mix: str
    labels: str
    split: str
    metric: str
    value: float
    low: float
    high: float
    n: int
    clusters: int
    seeds: int
    per_seed: tuple[float, ...] = ()
    subset: str = WHOLE

    def __post_init__(self) -> None:
        if type(self.value) is type(self.low) is type(self.high) is float and math.isfinite(
            self.value + self.low + self.high
        ):
            return
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if type(number) is float and math.isfinite(number):
                continue
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                raise DataError(f"the {name} of a score is {number!r}; it must be a number")
            if not math.isfinite(number):
                raise NumericalError(
                    f"the {name} of {self.extractor}, mix {self.mix}, labels {self.labels} is {number}; "
                    "only finite numbers can be recorded"
                )


LEFT_OUT = "targets_left_out"
"""In the alignment of the test split: targets that were not scored, for a word that the extractor does not know."""


@dataclass(frozen=True)
class MixWeights:
    """What one member's learned mix weighs.

    Attributes:
        mix: the mix's label.
        labels: `task` or `control`.
        seed: the member's seed.
        weights: per layer, after the softmax; they sum to 1.
        gamma: the scale.
    """

    mix: str
    labels: str
    seed: int
    weights: tuple[float, ...]
    gamma: float


@dataclass(frozen=True)
class MemberTraining:
    """How the training of one member went.

    Attributes:
        mix: the mix's label.
        labels: `task` or `control`.
        seed: the member's seed.
        epochs: epochs until its own early stopping took the best parameters.
        dev_score: the score on dev with those parameters.
        parameters: how many numbers it trained, those of its mix included; 0 where that was not recorded.
        penalty: the L2 penalty that was best on dev, times the train targets (scikit-learn's 1/C), of a probe that was
            solved over the full batch, where `epochs` are passes; None of one trained on mini-batches.
    """

    mix: str
    labels: str
    seed: int
    epochs: int
    dev_score: float
    parameters: int = 0
    penalty: float | None = None


@dataclass(frozen=True)
class Phase:
    """What one phase of a cell cost.

    Attributes:
        name: such as `extract`.
        seconds: wall time.
        peak_memory_bytes: the largest resident memory of the process up to the phase's end.
    """

    name: str
    seconds: float
    peak_memory_bytes: int


@dataclass(frozen=True)
class Failure:
    """Why a cell failed."""

    type: str
    message: str
    traceback: str = ""


@dataclass(frozen=True)
class Record:
    """One cell: extractor x task x probe family.

    Attributes:
        status: done or failed.
        identity: fingerprint of (resolved configuration, data, weights, code version).
        extractor: the label in tables.
        task: the task's name.
        probe: the probe family's name.
        metric: the task's main metric.
        started: UTC, ISO 8601.
        finished: UTC, ISO 8601.
        layer_names: of the extractor; index 0 is the context-free input layer.
        label_names: of the task, by index; empty for graded tasks, and in records older than this field.
        scores: of the members, averaged over seeds.
        baselines: of the baselines, mix `none`.
        subset_scores: of members and baselines on subsets of the test targets; empty where the task has none, and in
            records older than this field.
        mix_weights: of every member with a learned mix.
        training: of every member.
        trials: of every mix with every point of the grid; empty where there was no grid.
        alignment: per split, the words and how many of them each kind of misfit touched.
        config: the resolved configuration.
        environment: package versions, Python, CPU, threads.
        fingerprints: by what they cover: `task` (data and options), `extractor`, …; commits of what was read from the
            Hub by `hub:NAME` and `hub:datasets/NAME`.
        phases: seconds and memory.
        precision: what the extractor computed with (`computed`), and how far its test vectors are from those of fp32
            (`error`); empty for extractors that compute nothing, and in records older than this field.
        limit: of a dry run, the sentences of every split that it read at most; None where it read all.
        cluster: what a cluster of its scores is, `sentence` or `document`; empty where the task has no choice, of
            failed cells, and in records older than this field: the sentence of words and spans, the pair of word
            similarity.
        predictions: the file beside the record that holds the predictions; None if there is none.
        error: why the cell failed; None when it is done.
        schema: the version of this layout.
    """

    status: Status
    identity: str
    extractor: str
    task: str
    probe: str
    metric: str
    started: str
    finished: str
    layer_names: tuple[str, ...] = ()
    label_names: tuple[str, ...] = ()
    scores: tuple[Score, ...] = ()
    baselines: tuple[Score, ...] = ()
    subset_scores: tuple[Score, ...] = field(default_factory=tuple)
    mix_weights: tuple[MixWeights, ...] = ()
    training: tuple[MemberTraining, ...] = ()
    trials: tuple[Trial, ...] = ()
    alignment: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()
    precision: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None
    cluster: str = ""
    predictions: str | None = None
    error: Failure | None = None
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        if (self.error is None) != (self.status == Status.DONE):
            raise DataError(f"a record is failed exactly when it has an error; this one is {self.status.value}")

    def __getattr__(self, name: str) -> Any:
        """Reads `subset_scores` where they were left for later (`embedbench.results.plain_json.from_text`)."""
        later = self.__dict__.get("_later") if name == "subset_scores" else None
        if later is None:
            raise AttributeError(f"a record has no {name!r}")
        object.__setattr__(self, name, later())
        return self.__dict__[name]


def cluster_unit(record: Record) -> str:
    """What a cluster of the record's scores is, in a word: `sentence` unless it says otherwise."""
    return record.cluster or "sentence"


def of_subset(record: Record, subset: str) -> Record:
    """The record with the scores and baselines of one subset in the place of those of the whole.

    What reads a record need not know of subsets. Nothing is scored where the subset is empty, or was not scored.
    """
    if subset == WHOLE:
        return record
    own = [score for score in record.subset_scores if score.subset == subset]
    return dataclasses.replace(
        record,
        scores=tuple(score for score in own if score.mix != NO_MIX),
        baselines=tuple(score for score in own if score.mix == NO_MIX),
    )


def selectivity(record: Record) -> dict[tuple[str, str, str], float]:
    """Task value minus control value (Hewitt & Liang 2019), by (mix, split, metric), where both are known.

    It tells how much of the score the probe could not have learned from the words alone.
    """
    control = {(s.mix, s.split, s.metric): s.value for s in record.scores if s.labels == "control"}
    return {
        key: score.value - control[key]
        for score in record.scores
        if score.labels == "task" and (key := (score.mix, score.split, score.metric)) in control
    }


_NO_CLASSES = ("uas", "las", "uas_greedy", "purity", "opp")
"""Metrics of tasks that have label names although what is predicted is none of them: heads of words, clusters."""


def class_names(record: Record) -> tuple[str, ...]:
    """The labels of a classification, by the number that predictions hold; empty for any other kind of task."""
    return () if record.probe == "none" or record.metric in _NO_CLASSES else record.label_names
