"""Full-size ELMo: embedbench beside the step loop that AllenNLP ran, interleaved in one process, outputs compared.

Random weights of the published shape (projection 512, cell 4,096, two layers, 2,048 character filters) are written in
the published format and loaded through the extractor. The rival runs allennlp-light's `LstmCellWithProjection`, the
cell of AllenNLP's ElmoLstm, over padded batches of 32 sentences in corpus order, and the character CNN over all 50
characters of every word, as AllenNLP did (it also convolved the padding words, which we leave out in its favour).

    python experiments/speed/elmo.py ../shared/data/ud/en_ewt-ud-test.conllu.gz
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from allennlp_light.modules.lstm_cell_with_projection import LstmCellWithProjection

from embedbench.data.conllu import read_conllu
from embedbench.extractors.elmo import Elmo
from embedbench.models.bilm import Bilm, LstmWeights
from embedbench.models.bilm_characters import SENTENCE_END, SENTENCE_START, character_ids
from embedbench.models.bilm_options import BilmOptions
from embedbench.models.bilm_weights import random_bilm, read_bilm
from embedbench.pretraining.bilm_writing import write_bilm

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


def _timed(run: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    start = time.perf_counter()
    found = run()
    return time.perf_counter() - start, found


def lstm_operations(options: BilmOptions) -> int:
    """Floating-point operations per word in the matrix products of all LSTMs; the character CNN is not counted."""
    gates, projection = 2 * options.projection * 4 * options.cell, options.cell * options.projection
    return 2 * 2 * options.n_layers * (gates + projection)


def matmul_peak(size: int = 2048, repeats: int = 5) -> float:
    """The best of several square products in float32, in operations per second."""
    left, right = torch.randn(size, size), torch.randn(size, size)
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        torch.mm(left, right)
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best


def main() -> None:
    """Prints words/s of both, the ratio of every round, and the largest difference."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("treebank", type=Path)
    parser.add_argument("--words", type=int, default=3000, help="about so many words of it (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    chosen = parser.parse_args()
    sentences, n = [], 0
    for sentence in read_conllu(chosen.treebank):
        sentences.append(tuple(token.form for token in sentence.tokens))
        n += len(sentences[-1])
        if n >= chosen.words:
            break
    with tempfile.TemporaryDirectory() as place, torch.no_grad():
        write_bilm(random_bilm(FULL_SIZE, 0), Path(place), half=False)
        options, weights = (str(Path(place) / name) for name in ("options.json", "weights.hdf5"))
        elmo = Elmo(options=options, weights_file=weights)
        rival = StepLoop(read_bilm(FULL_SIZE, weights))
        few = sentences[:RIVAL_BATCH]
        elmo.extract(few), rival.extract(few)  # warm up: threads, packed weights
        ours, theirs, difference, peak = [], [], 0.0, 0.0
        for _ in range(chosen.rounds):
            seconds, reference = _timed(lambda: rival.extract(sentences))
            theirs.append(seconds)
            seconds, found = _timed(lambda: elmo.extract(sentences).values)
            ours.append(seconds)
            peak = max(peak, matmul_peak())
            difference = max(difference, float(np.abs(found - reference).max()))
            print(f"step loop {n / theirs[-1]:.0f} words/s, embedbench {n / ours[-1]:.0f} words/s, {difference=:.2g}")
    ratios = [slow / fast for slow, fast in zip(theirs, ours, strict=True)]
    print(
        json.dumps(
            {
                "words": n,
                "threads": torch.get_num_threads(),
                "step_loop_words_per_second": round(n / statistics.median(theirs), 1),
                "embedbench_words_per_second": round(n / statistics.median(ours), 1),
                "ratio_median": round(statistics.median(ratios), 2),
                "ratios": [round(ratio, 2) for ratio in ratios],
                "matmul_peak_gflops": round(peak / 1e9),
                "lstm_fraction_of_peak": round(
                    (n + 2 * len(sentences)) * lstm_operations(FULL_SIZE) / statistics.median(ours) / peak, 3
                ),
                "largest_absolute_difference": difference,
            }
        )
    )


if __name__ == "__main__":
    main()
