"""Full-size ELMo: embedbench beside the step loop that AllenNLP ran, interleaved in one process, outputs compared.

Random weights of the published shape (projection 512, cell 4,096, two layers, 2,048 character filters) are written in
the published format and loaded through the extractor. The rival runs allennlp-light's `LstmCellWithProjection`, the
cell of AllenNLP's ElmoLstm, over padded batches of 32 sentences in corpus order, and the character CNN over all 50
characters of every word, as AllenNLP did (it also convolved the padding words, which we leave out in its favour).

    python experiments/speed/elmo.py --words 3000
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from allennlp_light.modules.lstm_cell_with_projection import LstmCellWithProjection
from inputs import parsed, parser, read_sentences, say
from machine import Limits, best_precision, describe
from rounds import interleaved, share, timed

from embedbench.extractors.elmo import Elmo
from embedbench.extractors.precision import Precision, rounding_error
from embedbench.models.bilm import Bilm
from embedbench.models.bilm_characters import SENTENCE_END, SENTENCE_START, character_ids
from embedbench.models.bilm_options import BilmOptions
from embedbench.models.bilm_weights import random_bilm, read_bilm
from embedbench.models.lstm_lanes import LstmWeights
from embedbench.pretraining.bilm_writing import write_bilm
from embedbench.types import Sentence

FULL_SIZE = BilmOptions(
    character_dim=16,
    filters=((1, 32), (2, 32), (3, 64), (4, 128), (5, 256), (6, 512), (7, 1024)),
    n_highway=2,
    activation="relu",
    max_characters=50,
    projection=512,
    cell=4096,
    n_layers=2,
    cell_clip=3.0,
    projection_clip=3.0,
    skip_connections=True,
)
RIVAL_BATCH = 32
TOLERANCE = 1e-5
"""Largest difference of a number, in float32."""
LOWEST_COSINE = 0.9995
"""Of a word in a layer, in bfloat16."""


class StepLoop:
    """The two stacks of AllenNLP cells, with the weights of a biLM."""

    def __init__(self, bilm: Bilm) -> None:
        self._bilm = bilm
        self._cells = [
            [_cell(weights, bilm.options, go_forward=direction == 0) for weights in stack]
            for direction, stack in enumerate(bilm.lstm)
        ]

    def extract(self, sentences: Sequence[Sequence[str]]) -> np.ndarray:
        """[words, layers, dim], as the extractor gives it."""
        return np.concatenate(
            [self._batch(sentences[k : k + RIVAL_BATCH]) for k in range(0, len(sentences), RIVAL_BATCH)]
        )

    def _batch(self, sentences: Sequence[Sequence[str]]) -> np.ndarray:
        order = sorted(range(len(sentences)), key=lambda k: -len(sentences[k]))
        bounded = [[SENTENCE_START, *sentences[k], SENTENCE_END] for k in order]
        lengths = [len(words) for words in bounded]
        flat = character_ids([word for words in bounded for word in words], self._bilm.options.max_characters)
        inputs = torch.zeros(len(bounded), max(lengths), self._bilm.options.projection)
        for row, vectors in zip(inputs, self._bilm.convolved(torch.from_numpy(flat)).split(lengths), strict=True):
            row[: len(vectors)] = vectors
        halves = []
        for stack in self._cells:
            hidden, outputs = inputs, []
            for k, cell in enumerate(stack):
                out, _ = cell(hidden, lengths)
                hidden = out + hidden if k and self._bilm.options.skip_connections else out
                outputs.append(hidden)
            halves.append(outputs)
        layers = [torch.cat([inputs, inputs], dim=2), *(torch.cat(pair, dim=2) for pair in zip(*halves, strict=True))]
        stacked = torch.stack(layers, dim=2).numpy()
        found = {k: stacked[row, 1 : length - 1] for row, (k, length) in enumerate(zip(order, lengths, strict=True))}
        return np.concatenate([found[k] for k in range(len(sentences))])


def _cell(weights: LstmWeights, options: BilmOptions, *, go_forward: bool) -> LstmCellWithProjection:
    cell = LstmCellWithProjection(
        options.projection,
        options.projection,
        options.cell,
        go_forward,
        memory_cell_clip_value=options.cell_clip,
        state_projection_clip_value=options.projection_clip,
    )
    with torch.no_grad():
        cell.input_linearity.weight.copy_(weights.input.T)
        cell.state_linearity.weight.copy_(weights.state.T)
        cell.state_linearity.bias.copy_(weights.bias)
        cell.state_projection.weight.copy_(weights.projection.T)
    return cell.eval()


def lstm_operations(options: BilmOptions) -> int:
    """Floating-point operations per word in the matrix products of all LSTMs; the character CNN is not counted."""
    gates, projection = 2 * options.projection * 4 * options.cell, options.cell * options.projection
    return 2 * 2 * options.n_layers * (gates + projection)


def main() -> None:
    """Prints the seconds of every round, and one JSON object."""
    chosen = parsed(parser(__doc__, words=3000))
    sentences = read_sentences(chosen.treebank, chosen.words)
    with tempfile.TemporaryDirectory() as place, torch.no_grad():
        say(**_measured(chosen.rounds, sentences, Path(place)))


def _measured(rounds: int, sentences: list[Sentence], place: Path) -> dict[str, Any]:
    write_bilm(random_bilm(FULL_SIZE, 0), place, half=False)
    options, weights = (str(place / name) for name in ("options.json", "weights.hdf5"))
    # Equal outputs are shown in float32; bfloat16 is a row of its own, where the processor multiplies it.
    extractors = {"embedbench": Elmo(options=options, weights_file=weights, precision=Precision.fp32)}
    if best_precision() == "bf16":
        extractors["embedbench_bf16"] = Elmo(options=options, weights_file=weights, precision=Precision.bf16)
    rival = StepLoop(read_bilm(FULL_SIZE, weights))
    runs: dict[str, Callable[[], np.ndarray]] = {"step_loop": lambda: rival.extract(sentences)}
    for name, extractor in extractors.items():
        runs[name] = lambda own=extractor: own.extract(sentences).values  # type: ignore[misc]
    few = sentences[:RIVAL_BATCH]
    rival.extract(few)
    for extractor in extractors.values():
        extractor.extract(few)  # warm up: threads, packed weights
    found: dict[str, np.ndarray] = {}
    ways = {name: lambda k=name, run=run: timed(lambda: found.update({k: run()})) for name, run in runs.items()}
    limits, n = Limits(), sum(map(len, sentences))
    measured = interleaved(ways, rounds, moment=limits.measure)
    checks = {name: rounding_error(found[name], found["step_loop"]) for name in extractors}
    keys = {"elmo_vs_step_loop": measured.ratio("step_loop", "embedbench")}
    if "embedbench_bf16" in extractors:
        keys["elmo_bf16_vs_step_loop"] = measured.ratio("step_loop", "embedbench_bf16")
    needed = n * lstm_operations(FULL_SIZE)  # the boundary is read once per batch and is not counted
    return {
        "script": "elmo",
        "words": n,
        "keys": keys,
        "why_not": {},
        "words_per_second": {way: measured.per_second(way, n) for way in ways},
        "lstm_fraction_of_peak": share(measured.per_second("embedbench", needed), limits.peak("fp32")),
        "checks": checks,
        "tolerance": {"largest_difference": TOLERANCE, "lowest_cosine": LOWEST_COSINE},
        "within_tolerance": checks["embedbench"]["largest_difference"] <= TOLERANCE
        and all(check["lowest_cosine"] >= LOWEST_COSINE for check in checks.values()),
        **measured.account(),
        "limits": limits.found,
        "machine": describe(),
    }


if __name__ == "__main__":
    main()
