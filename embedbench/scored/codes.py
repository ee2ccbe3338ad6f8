"""From online codes to the scores of a record: codelength (bits) and compression on the train split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from embedbench.cells import Cell
from embedbench.probing.codelength import CODELENGTH, COMPRESSION
from embedbench.results.schema import Score
from embedbench.scoring.metric import MetricContext
from embedbench.types import Split, TaskSplit, learned_for

if TYPE_CHECKING:
    from embedbench.probing.online_code import OnlineCode


def score_codes(cell: Cell, split: TaskSplit, codes: Sequence[OnlineCode]) -> tuple[Score, ...]:
    """Codelength (bits) and compression on the train split, one of each per mix, for the task and for its control.

    Of several questions about the same spans, the code is that of all answers: lengths are summed. Every seed shuffles
    the train targets anew. `low` and `high` are the least and the greatest over seeds.
    """
    alike: dict[tuple[str, str], dict[int, list[OnlineCode]]] = {}
    for code in codes:
        by_seed = alike.setdefault((code.member.mix.label, learned_for(code.member.labels)), {})
        by_seed.setdefault(code.member.seed, []).append(code)
    return tuple(
        score for (mix, labels), by_seed in alike.items() for score in _of_mix(cell, split, mix, labels, by_seed)
    )


def _of_mix(
    cell: Cell, split: TaskSplit, mix: str, labels: str, by_seed: Mapping[int, Sequence[OnlineCode]]
) -> Iterator[Score]:
    lengths = [sum(code.codelength for code in asked) for asked in by_seed.values()]
    # Of one question, the quotient of the code itself: the same to the last bit.
    shorter = [
        sum(code.compression * code.codelength for code in asked) / sum(code.codelength for code in asked)
        if len(asked) > 1
        else asked[0].compression
        for asked in by_seed.values()
    ]
    for name, per_seed in ((CODELENGTH, tuple(lengths)), (COMPRESSION, tuple(shorter))):
        yield Score(
            extractor=cell.extractor.name,
            mix=mix,
            labels=labels,
            split=Split.TRAIN.value,
            metric=name,
            value=float(np.mean(per_seed)),
            low=min(per_seed),
            high=max(per_seed),
            n=len(split),
            clusters=MetricContext(split.clusters).n_clusters,
            seeds=len(per_seed),
            per_seed=per_seed,
        )
