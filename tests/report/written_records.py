"""Records on disk with predictions, for tests of what is made from both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from synthetic_records import cell, failed

from embedbench.report.content import content
from embedbench.report.options import ReportOptions
from embedbench.results.predictions import Predictions, member_column
from embedbench.results.reading import read_records
from embedbench.results.schema import Failure, MemberTraining
from embedbench.results.writing import write_record

LABELS = ("ADJ", "NOUN", "VERB")


def predictions(gold, wrong, clusters=None, seeds=2):
    """Every seed is right but for the targets in `wrong`, where it says the next label."""
    gold = np.asarray(gold)
    said = gold.copy()
    said[list(wrong)] = (said[list(wrong)] + 1) % len(LABELS)
    clusters = np.arange(len(gold)) // 2 if clusters is None else clusters
    members = {member_column("scalar", "task", seed): said for seed in range(seeds)}
    return Predictions(clusters, {"task": gold}, members)


def write_cell(folder, extractor, task, wrong, *, n=200, labels=LABELS, **changes):
    """A finished cell whose score is that of its predictions."""
    gold = np.arange(n) % len(LABELS)
    value = 1 - len(wrong) / n
    record = cell(extractor, task, value, layers=(value - 0.1, value), dev=(0.5, 0.6), control=value / 2, **changes)
    training = (*record.training, *(MemberTraining("scalar", "task", seed, 4, value, 99) for seed in (0, 1)))
    record = replace(record, label_names=labels, training=training, config={"task": {"name": task}, "limit": None})
    record = replace(record, scores=tuple(replace(s, seeds=2, per_seed=s.per_seed[:2]) for s in record.scores))
    return write_record(folder, record, predictions(gold, wrong))


def write_comparison(folder, first="minilm", second="word2vec", labels=LABELS):
    """Two extractors on two tasks: far apart on one, the same but for one target on the other; and a failed cell."""
    write_cell(folder, first, "upos", range(10), labels=labels)
    write_cell(folder, second, "upos", range(100), labels=labels)
    write_cell(folder, first, "chunking", range(0, 60), labels=labels)
    write_cell(folder, second, "chunking", range(0, 61), labels=labels)
    lost = replace(failed(second, "ner", "no such file"), error=Failure("DataError", "no such file", "Traceback: here"))
    write_record(folder, lost)
    return folder


def told(folder, **options):
    """The content of a report about a folder."""
    return content(read_records(folder), ReportOptions(resamples=999, **options))
