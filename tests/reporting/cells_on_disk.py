"""Cells with predictions whose quality is planted."""

from __future__ import annotations

import numpy as np
from synthetic_records import cell, score

from embedbench.results.predictions import Predictions, member_column
from embedbench.results.writing import write_record

GOLD = np.arange(400) % 3


def write_cell(results, extractor, task, wrong, *, gold=GOLD, seeds=(0, 1), mixes=("scalar",), **changes):
    """A cell on disk that is wrong on every `wrong`-th target, and on other targets with every other seed."""
    members, scores = {}, []
    for mix in mixes:
        of_seeds = []
        for seed in seeds:
            guess = gold.copy()
            guess[seed::wrong] = (guess[seed::wrong] + 1) % 3
            members[member_column(mix, "task", seed)] = guess
            of_seeds.append(float((guess == gold).mean()))
        scores.append(score(extractor, mix, float(np.mean(of_seeds)), seeds=len(seeds)))
    record = cell(extractor, task, 0.0, scores=tuple(scores), **changes)
    return write_record(results, record, Predictions(np.arange(len(gold)) // 4, {"task": gold}, members))
