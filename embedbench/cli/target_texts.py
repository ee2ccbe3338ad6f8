"""The words of test targets, looked up in the data set that a record's configuration names."""

from __future__ import annotations

from collections.abc import Mapping

from omegaconf import OmegaConf

from embedbench.cells import limited
from embedbench.cli.configuration import build
from embedbench.errors import EmbedbenchError
from embedbench.results.schema import Record
from embedbench.types import Split, TaskSplit

_AROUND = 25
"""Words before and after a span that are told; a passage may have hundreds."""


def target_texts(record: Record, targets: list[int]) -> Mapping[int, str]:
    """By number of the target, its sentence with the spans between the marks U+0002 and U+0003.

    What cannot be looked up is absent: the data may have moved since, or the task may not be one of spans.
    """
    try:
        task = build(OmegaConf.create({"task": dict(record.config["task"])}).task)
        split = limited(task.split(Split.TEST), record.config.get("limit"))
        if task.fingerprint != record.fingerprints.get("task"):
            return {}
        return {target: _marked(split, target) for target in targets if target < len(split)}
    except (EmbedbenchError, OSError, KeyError, TypeError, AttributeError):
        return {}


def _marked(split: TaskSplit, target: int) -> str:
    """Sentence by sentence, with a stroke between two of them."""
    words, offsets = split.corpus.words, split.corpus.offsets
    spans = sorted((int(start), int(end)) for start, end in split.spans[target])
    told = []
    for sentence in dict.fromkeys(int(s) for s in split.corpus.sentence_of(split.spans[target][:, 0])):
        first, last = int(offsets[sentence]), int(offsets[sentence + 1])
        own = [(start, end) for start, end in spans if first <= start < last]
        begin = max(first, min(start for start, _ in own) - _AROUND)
        stop = min(last, max(end for _, end in own) + _AROUND)
        # A span that is the whole of what is told needs no mark.
        marked = [] if own == [(first, last)] else own
        opens, ends = {start for start, _ in marked}, {end for _, end in marked}
        parts = [
            ("\x02" if at in opens else "") + str(words[at]) + ("\x03" if at + 1 in ends else "")
            for at in range(begin, stop)
        ]
        told.append(("… " if begin > first else "") + " ".join(parts) + (" …" if stop < last else ""))
    return " | ".join(told)
