"""What every task promises, checked on any task, also one from outside this repository."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from embedbench.tasks.answers import AnswersInPassages, answers_fault
from embedbench.tasks.graded_pairs import grades_fault
from embedbench.tasks.repeats import longest_sentences, repeats, rows_in_context
from embedbench.tasks.tree_columns import heads_fault, tree_fault
from embedbench.types import SUITES, TREES, Corpus, Sentence, Split, Task, TaskKind, TaskSplit

_WORTH_REPORTING = 5
"""Verbatim leakage is counted for sentences of this many words or more; shorter ones repeat by nature."""


_LEAKED = 0.1
"""Share of the targets of dev or test that may be found in train. Real data sets stay below 3 %; a test split that was
put into train, or a random split of repeated sentences, is far above."""


PROMISES = (
    "the metadata is complete",
    "every split can be read",
    "the splits fit the kind of task",
    "targets exist",
    "spans are non-empty ranges within the corpus",
    "each span lies in one sentence",
    "targets of one sentence are in one cluster",
    "labels fit the task",
    "the same split twice is the same",
    "the fingerprint is 32 hexadecimal digits, and stable",
    "label names are different, and used",
    "dev and test are not in train",
)
"""The names of all that is promised, in the order in which it is asked."""


class Check(NamedTuple):
    """One promise, whether it was kept, and the figures."""

    name: str
    passed: bool
    detail: str


def check_task(task: Task) -> list[Check]:
    """Every promise of a task and the facts worth knowing about its data; reads all splits, twice.

    Checks that begin with `report` state figures (label balance, duplicates, leakage between splits), always pass, and
    come only when every promise was kept.
    """
    checks = [_meta(task)]
    try:
        splits = {which: task.split(which) for which in task.splits}
        again = {which: task.split(which) for which in task.splits}
    except Exception as error:  # a task from outside may raise anything
        return [*checks, Check("every split can be read", False, f"{type(error).__name__}: {error}")]
    checks.append(Check("every split can be read", True, _sizes(splits)))
    checks.append(_expected_splits(task))
    checks.append(_all("targets exist", splits, lambda split: "" if len(split) else "no target"))
    checks.append(_all("spans are non-empty ranges within the corpus", splits, _spans_fault))
    checks.append(_all("each span lies in one sentence", splits, _crossing_fault))
    checks.append(_all("targets of one sentence are in one cluster", splits, _clusters_fault))
    checks.append(_all("labels fit the task", splits, lambda split: _labels_fault(task, split)))
    checks.append(Check("the same split twice is the same", *_same(splits, again)))
    checks.append(Check("the fingerprint is 32 hexadecimal digits, and stable", *_stable_fingerprint(task)))
    checks.append(_every_label_is_used(task, splits))
    checks.append(_apart(splits))
    if not all(check.passed for check in checks):
        return checks
    return [*checks, *_reports(task, splits)]


def _meta(task: Task) -> Check:
    meta = task.meta
    empty = [name for name in ("name", "source", "licence", "citation", "metric") if not getattr(meta, name).strip()]
    return Check(
        "the metadata is complete",
        not empty and meta.version >= 1,
        f"empty: {', '.join(empty)}" if empty else f"{meta.name}: {meta.source}; {meta.licence}",
    )


def _expected_splits(task: Task) -> Check:
    expected = (Split.TEST,) if task.meta.kind in (TaskKind.SIMILARITY, *SUITES) else tuple(Split)
    return Check(
        "the splits fit the kind of task",
        tuple(task.splits) == expected,
        ", ".join(split.value for split in task.splits),
    )


def _all(name: str, splits: dict[Split, TaskSplit], fault: Callable[[TaskSplit], str]) -> Check:
    faults = [f"{which.value}: {found}" for which, split in splits.items() if (found := fault(split))]
    return Check(name, not faults, "; ".join(faults) or "all splits")


def _first(wrong: Bool[np.ndarray, "targets"]) -> int | None:
    where = np.flatnonzero(wrong)
    return int(where[0]) if len(where) else None


def _spans_fault(split: TaskSplit) -> str:
    if split.spans.ndim != 3 or split.spans.shape[-1] != 2:
        return f"spans have shape {split.spans.shape}, expected (targets, spans, 2)"
    start, end = split.spans[..., 0], split.spans[..., 1]
    first = _first(np.any((start < 0) | (start >= end) | (end > split.corpus.n_words), axis=1))
    return "" if first is None else f"target {first} has spans {split.spans[first].tolist()}"


def _crossing_fault(split: TaskSplit) -> str:
    of = split.corpus.sentence_of
    first = _first(np.any(of(split.spans[..., 0]) != of(split.spans[..., 1] - 1), axis=1))
    return "" if first is None else f"target {first} crosses a sentence boundary: {split.spans[first].tolist()}"


def _clusters_fault(split: TaskSplit) -> str:
    """A cluster may be more than a sentence (a document, a minimal pair), never less."""
    sentences = split.corpus.sentence_of(split.spans[:, 0, 0])
    _, earliest, sentence = np.unique(sentences, return_index=True, return_inverse=True)
    expected = split.clusters[earliest][sentence]
    first = _first((split.clusters < 0) | (split.clusters != expected))
    if first is None:
        return ""
    return (
        f"target {first} is in cluster {split.clusters[first]}, target {earliest[sentence[first]]} of the same "
        f"sentence ({sentences[first]}) in cluster {expected[first]}"
    )


def _labels_fault(task: Task, split: TaskSplit) -> str:
    if task.meta.kind is TaskKind.GRADED:
        return grades_fault(split, task.meta.scale)
    if task.meta.kind is TaskKind.SIMILARITY:
        return "" if np.isfinite(split.labels.astype(np.float64)).all() else "a graded label is not finite"
    if not np.issubdtype(split.labels.dtype, np.integer):
        return f"labels are {split.labels.dtype}, expected integers"
    if task.meta.kind in TREES:
        return tree_fault(split)
    if task.meta.kind is TaskKind.POINTER:
        return answers_fault(split)
    if task.meta.kind is TaskKind.ANALOGY:
        return "" if split.labels.min() == 0 else "labels are numbers of pairs, and there is no pair 0"
    if task.meta.kind is TaskKind.HEAD_SELECTION and (fault := heads_fault(split)):
        return fault
    n = len(task.label_names)
    first = _first((split.labels < 0) | (split.labels >= n))
    return "" if first is None else f"target {first} has label {split.labels[first]}, but there are {n} label names"


def _same(one: dict[Split, TaskSplit], other: dict[Split, TaskSplit]) -> tuple[bool, str]:
    for which, split in one.items():
        twin = other[which]
        equal = split.corpus.fingerprint == twin.corpus.fingerprint and all(
            np.array_equal(a, b)
            for a, b in ((split.spans, twin.spans), (split.labels, twin.labels), (split.clusters, twin.clusters))
        )
        if not equal:
            return False, f"{which.value} differs when read again"
    return True, "words, spans, labels and clusters"


def _stable_fingerprint(task: Task) -> tuple[bool, str]:
    first, second = task.fingerprint, task.fingerprint
    digits = len(first) == 32 and set(first) <= set("0123456789abcdef")
    return digits and first == second, first if first == second else f"{first}, then {second}"


def _every_label_is_used(task: Task, splits: dict[Split, TaskSplit]) -> Check:
    name = "label names are different, and used"
    if task.meta.kind in (TaskKind.SIMILARITY, TaskKind.GRADED, TaskKind.POINTER, TaskKind.ANALOGY, *TREES):
        return Check(name, task.label_names == (), "not classes: no label names")
    used = set(np.unique(np.concatenate([split.labels for split in splits.values()])).tolist())
    unused = [label for i, label in enumerate(task.label_names) if i not in used]
    different = len(set(task.label_names)) == len(task.label_names)
    return Check(name, different and not unused, f"unused: {unused}" if unused else f"{len(task.label_names)} labels")


def _sizes(splits: dict[Split, TaskSplit]) -> str:
    return ", ".join(
        f"{which.value} {len(split)} targets in {len(split.corpus.sentences)} sentences"
        for which, split in splits.items()
    )


def _reports(task: Task, splits: dict[Split, TaskSplit]) -> Iterator[Check]:
    if task.meta.kind is TaskKind.CLASSIFICATION:
        for which, split in splits.items():
            counts = np.bincount(split.labels, minlength=len(task.label_names))
            most, least = int(counts.argmax()), int(counts.argmin())
            yield Check(
                f"report: label balance of {which.value}",
                True,
                f"most {task.label_names[most]} {counts[most] / len(split):.1%}, "
                f"least {task.label_names[least]} {counts[least] / len(split):.1%}",
            )
        trained = set(splits[Split.TRAIN].labels.tolist())
        unseen = [label for i, label in enumerate(task.label_names) if i not in trained]
        yield Check("report: labels that train never shows", True, ", ".join(unseen) or "none")
    if task.meta.kind is TaskKind.POINTER and isinstance(task, AnswersInPassages):
        for which in splits:
            asked = task.questions(which)
            cut = sum(not question.whole for question in asked)
            yield Check(f"report: answers of {which.value} that cut a word", True, f"{cut} of {len(asked)}")
    for which, split in splits.items():
        repeated = len(split.corpus.sentences) - len(set(split.corpus.sentences))
        yield Check(f"report: repeated sentences of {which.value}", True, _share(repeated, split.corpus))
        yield Check(f"report: repeated targets of {which.value}", True, _repeated_targets(split, task.meta.kind))
    for one, other in combinations(splits, 2):
        shared, long = _leakage(splits[one].corpus, splits[other].corpus)
        yield Check(
            f"report: sentences of {other.value} that occur verbatim in {one.value}",
            True,
            f"{_share(shared, splits[other].corpus)}; of {_WORTH_REPORTING} words or more: {long}",
        )


def _apart(splits: dict[Split, TaskSplit]) -> Check:
    """Dev and test must not be in train: a probe that remembers would look as if it knew."""
    name = "dev and test are not in train"
    if Split.TRAIN not in splits:
        return Check(name, True, "nothing is trained")
    numbers: dict[Sentence, int] = {}
    seen = set(_targets_in_context(splits[Split.TRAIN], numbers))
    found, leaks = [], False
    for which in (Split.DEV, Split.TEST):
        targets = _targets_in_context(splits[which], numbers) if which in splits else []
        shared = sum(target in seen for target in targets)
        leaks |= shared > _LEAKED * len(targets)
        found.append(f"{shared} of {len(targets)} targets of {which.value} occur in train")
    return Check(name, not leaks, f"{'; '.join(found)} (the same words of the same sentences)")


def _targets_in_context(split: TaskSplit, numbers: dict[Sentence, int]) -> list[Hashable]:
    """What every target shows a probe: the sentences of its spans, and where in them; short sentences are left out.

    A sentence alone is no leak: the pairs of SICK share three of four sentences between train and test. `numbers`
    gives equal sentences of all splits the same number.
    """
    long = longest_sentences(split.corpus, split.spans) >= _WORTH_REPORTING
    return [tuple(row) for row in rows_in_context(split.corpus, split.spans, numbers)[long].tolist()]


def _leakage(seen: Corpus, corpus: Corpus) -> tuple[int, int]:
    known = set(seen.sentences)
    shared: list[Sentence] = [sentence for sentence in corpus.sentences if sentence in known]
    return len(shared), sum(len(sentence) >= _WORTH_REPORTING for sentence in shared)


def _repeated_targets(split: TaskSplit, kind: TaskKind) -> str:
    found = repeats(split, kind, _WORTH_REPORTING)
    return (
        f"{found.repeated} of {len(split)} ({found.repeated / len(split):.1%}); in sentences of {_WORTH_REPORTING} "
        f"words or more: {found.long}; with contradictory labels: {found.contradicting}"
    )


def _share(count: int, corpus: Corpus) -> str:
    return f"{count} of {len(corpus.sentences)} ({count / max(len(corpus.sentences), 1):.1%})"
