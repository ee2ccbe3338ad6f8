"""Sentences: embedbench beside sentence-transformers' token embeddings, and a whole cell beside a SentEval-style loop.

- top layer: embedbench's top layer pooled to words, beside `SentenceTransformer.encode(output_value=
  "token_embeddings")`, which gives pieces; see rival_sentence_transformers.py.
- a cell: `task=past_present mixes=[single]` from text to record, all 7 layers with control labels, baselines and
  intervals, beside senteval_loop.py, which scores the top layer alone with none of them. Test accuracy of the top layer
  is told for both; the classifiers see different means (of words; of pieces with [CLS] and [SEP]).

    python experiments/speed/sentence_baselines.py --words 16000
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from cell import ewt_files
from extraction import build_extractor, by_shard, compared
from inputs import MINILM, parsed, parser, read_sentences, rival_option, say
from machine import describe
from rival import Rival, RivalError
from rounds import interleaved, timed
from senteval_loop import SentEvalLoop

from embedbench.cells import load_splits
from embedbench.cli.cell_config import cell_of
from embedbench.cli.configuration import compose
from embedbench.extractors.transformer_source import find_model
from embedbench.pipeline import Places, run_cell
from embedbench.registry import load_components

_TOP = 6
LOWEST_COSINE = 0.9995


def main() -> None:
    """Prints the seconds of every round, and one JSON object."""
    options = parser(__doc__, words=16_000)
    rival_option(options)
    options.add_argument("--sentences", type=int, default=1000, help="of each split of the cell (default: %(default)s)")
    chosen = parsed(options)
    load_components()
    with tempfile.TemporaryDirectory() as place:
        say(**_measured(chosen, Path(place)))


def _measured(chosen: argparse.Namespace, place: Path) -> dict[str, Any]:
    folder, sentences = find_model(MINILM, "main").load, read_sentences(chosen.treebank, chosen.words)
    extractor, n_words = build_extractor(f"extractor.layers=[{_TOP}]"), sum(map(len, sentences))
    ways: dict[str, Callable[[], float]] = {}
    found: dict[str, Any] = {}
    why_not: dict[str, str] = {}
    rival, companions = None, ()
    try:
        told = {"sentences": sentences, "model": folder, "dim": extractor.dim}
        rival = Rival(chosen.rivals, "rival_sentence_transformers.py", told)
        companions, ways["sentence_transformers"] = (rival.process,), rival.go
    except RivalError as error:
        why_not["extraction_vs_sentence_transformers"] = str(error)
    by_shard(extractor, sentences[:32])
    ways["embedbench_top_layer"] = lambda: timed(lambda: found.update(ours=by_shard(extractor, sentences)))
    loop, accuracy = SentEvalLoop(folder), {}
    limit = f"limit={chosen.sentences}"
    cell = cell_of(compose(["extractor=minilm", "task=past_present", "mixes=[single]", limit, ewt_files()]))
    splits = {
        which.value: ([split.corpus.words[a:b] for a, b in split.spans[:, 0]], np.asarray(split.labels))
        for which, split in load_splits(cell).items()
    }
    runs = iter(range(10**6))

    def senteval() -> None:
        accuracy["senteval_loop"] = loop.run(splits, len(cell.task.label_names))

    def whole_cell() -> None:
        fresh = place / str(next(runs))
        record = run_cell(cell, Places(fresh / "results", fresh / "store")).record
        if record.error:
            raise RuntimeError(record.error.message)
        top = [s for s in record.scores if s.labels == "task" and s.mix == f"single:{_TOP}"]
        accuracy["embedbench_cell"] = top[0].value

    ways["senteval_loop"] = lambda: timed(senteval)
    ways["embedbench_cell"] = lambda: timed(whole_cell)
    measured = interleaved(ways, chosen.rounds, companions)
    keys = {"cell_vs_senteval_loop": measured.ratio("senteval_loop", "embedbench_cell")}
    checks: dict[str, Any] = {}
    if rival is not None:
        keys["extraction_vs_sentence_transformers"] = measured.ratio("sentence_transformers", "embedbench_top_layer")
        checks["top_layer_vs_sentence_transformers"] = compared(np.concatenate(found["ours"]), rival.found())
        rival.close()
    return {
        "script": "sentence_baselines",
        "words": n_words,
        "cell_targets": {which: len(labels) for which, (_, labels) in splits.items()},
        "keys": keys,
        "why_not": why_not,
        "test_accuracy_of_the_top_layer": {way: round(value, 4) for way, value in accuracy.items()},
        "checks": checks,
        "tolerance": {"lowest_cosine": LOWEST_COSINE},
        "within_tolerance": all(check.get("lowest_cosine", 0.0) >= LOWEST_COSINE for check in checks.values()),
        **measured.account(),
        "machine": describe(),
        "rival_versions": rival.versions if rival is not None else {},
    }


if __name__ == "__main__":
    main()
