"""Extraction: every layer of MiniLM pooled to words, embedbench beside a plain Hugging Face loop and flair.

- embedbench: the preset `extractor=minilm`, handed the sentences shard by shard as a store does; also with the store
  written (`embedbench_store`).
- hf_loop: what a user would write: batches of 32 sentences in order, `output_hidden_states`, and the pieces of every
  word averaged in a Python loop over `word_ids`; the same library, weights and process as embedbench.
- flair: see rival_flair.py; an environment of its own.

    python experiments/speed/extraction.py --words 16000 --rounds 3
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from inputs import MINILM, parsed, parser, read_sentences, rival_option, say
from machine import Limits, best_precision, describe
from rival import Rival, RivalError
from rounds import interleaved, share, timed

from embedbench.cli.cell_config import cell_of
from embedbench.cli.configuration import compose
from embedbench.extractors.transformer_source import find_model
from embedbench.registry import load_components
from embedbench.store import StoreDtype, fill, store_folder
from embedbench.store.layout import shard_bounds
from embedbench.types import Corpus, Extractor, Sentence

_BATCH = 32
TOLERANCE = {"fp32": 0.99999, "bf16": 0.9995, "fp16": 0.9995}
"""Lowest cosine of a word with the plain loop's, over all layers, by the precision that embedbench computed with."""


class PlainLoop:
    """What a user would write, in float32."""

    def __init__(self, folder: str, device: str) -> None:
        import transformers

        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self._model = transformers.AutoModel.from_pretrained(folder).eval().to(device)
        self._device = device

    @torch.no_grad()
    def extract(self, sentences: Sequence[Sentence]) -> np.ndarray:
        """[words, layers, dim]; zeros for a word without a piece."""
        words = []
        for start in range(0, len(sentences), _BATCH):
            batch = [list(sentence) for sentence in sentences[start : start + _BATCH]]
            inputs = self._tokenizer(
                batch, is_split_into_words=True, padding=True, truncation=True, return_tensors="pt"
            )
            output = self._model(**inputs.to(self._device), output_hidden_states=True)
            layers = torch.stack(output.hidden_states, dim=2).cpu()
            for row, sentence in enumerate(batch):
                pieces: dict[int, list[int]] = {}
                for position, word in enumerate(inputs.word_ids(row)):
                    if word is not None:
                        pieces.setdefault(word, []).append(position)
                for word in range(len(sentence)):
                    if word in pieces:
                        words.append(layers[row, pieces[word]].mean(dim=0))
                    else:
                        words.append(torch.zeros(layers.shape[2:]))
        return torch.stack(words).numpy()

    def operations(self, sentences: Sequence[Sentence]) -> int:
        """Floating-point operations of the matrix products that these sentences need, padding not counted."""
        config = self._model.config
        d, wide, blocks = config.hidden_size, config.intermediate_size, config.num_hidden_layers
        total = 0
        texts = [list(sentence) for sentence in sentences]
        for ids in self._tokenizer(texts, is_split_into_words=True, truncation=True)["input_ids"]:
            total += len(ids) * (8 * d * d + 4 * d * wide) + 4 * len(ids) ** 2 * d
        return total * blocks


def build_extractor(*overrides: str) -> Any:
    """The extractor that `embedbench run` would build of these overrides."""
    load_components()
    return cell_of(compose(["extractor=minilm", *overrides])).extractor


def by_shard(extractor: Extractor, sentences: Sequence[Sentence]) -> list[np.ndarray]:
    """[words, layers, dim] of every portion that a store hands out; a store never joins them."""
    bounds = shard_bounds(Corpus(tuple(sentences)))
    return [extractor.extract(sentences[a:b]).values for a, b in pairwise(bounds)]


def compared(found: np.ndarray, reference: np.ndarray) -> dict[str, Any]:
    """How far vectors are from a reference, over words that have any there."""
    if found.shape != reference.shape:
        return {"same_shape": False, "shapes": [list(found.shape), list(reference.shape)]}
    some = np.abs(reference).sum(axis=(1, 2)) > 0
    one, other = found[some].astype(np.float32), reference[some].astype(np.float32)
    inner = np.einsum("wld,wld->wl", one, other)
    cosines = inner / np.sqrt(np.einsum("wld,wld->wl", one, one) * np.einsum("wld,wld->wl", other, other))
    difference = np.abs(one - other)
    return {
        "same_shape": True,
        "words_without_a_piece": int((~some).sum()),
        "lowest_cosine": float(cosines.min()),
        "largest_difference": float(difference.max()),
        "mean_difference": float(difference.mean()),
        "largest_value": float(np.abs(other).max()),
    }


def main() -> None:
    """Prints the seconds of every round, and one JSON object."""
    options = parser(__doc__, words=16_000)
    rival_option(options)
    options.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="default: %(default)s")
    options.add_argument("--precision", default="auto", help="of embedbench; auto (default), fp32, bf16 or fp16")
    chosen = parsed(options)
    sentences = read_sentences(chosen.treebank, chosen.words)
    with tempfile.TemporaryDirectory() as place:
        say(**_measured(chosen, sentences, Path(place)))


def _measured(chosen: argparse.Namespace, sentences: list[Sentence], place: Path) -> dict[str, Any]:
    device, folder = chosen.device, find_model(MINILM, "main").load
    extractor = build_extractor(f"extractor.device={device}", f"runtime.precision={chosen.precision}")
    plain, corpus = PlainLoop(folder, device), Corpus(tuple(sentences))
    found: dict[str, Any] = {}
    stores = iter(range(10**6))

    def keep(name: str, run: Callable[[], Any]) -> Callable[[], float]:
        def once() -> float:
            found.pop(name, None)  # the memory of the last round is free before the next
            return timed(lambda: found.__setitem__(name, run()))

        return once

    def filled() -> float:
        folder = store_folder(place / str(next(stores)), extractor, corpus)
        return timed(lambda: fill(extractor, corpus, folder, dtype=StoreDtype.float16))

    ways: dict[str, Callable[[], float]] = {
        "hf_loop": keep("hf_loop", lambda: plain.extract(sentences)),
        "embedbench": keep("embedbench", lambda: by_shard(extractor, sentences)),
        "embedbench_store": filled,
    }
    why_not: dict[str, str] = {}
    flair, companions = None, ()
    try:
        flair = Rival(chosen.rivals, "rival_flair.py", {"sentences": sentences, "model": folder, "dim": extractor.dim})
        companions = (flair.process,)
    except RivalError as error:
        why_not["extraction_vs_flair"] = str(error)
    few = sentences[:_BATCH]
    plain.extract(few), by_shard(extractor, few)  # threads, packed weights, calibration
    if flair is not None:
        ways = {"flair": flair.go, **ways}
    precision = extractor.computed_precision
    limits = Limits(tuple(dict.fromkeys(("fp32", best_precision(device), precision))), device)
    measured = interleaved(ways, chosen.rounds, companions, limits.measure)
    checks = {"embedbench_vs_hf_loop": compared(np.concatenate(found["embedbench"]), found["hf_loop"])}
    keys = {
        "extraction_vs_hf_loop": measured.ratio("hf_loop", "embedbench"),
        "extraction_with_store_vs_without": measured.ratio("embedbench_store", "embedbench"),
    }
    if flair is not None:
        checks["flair_vs_hf_loop"] = compared(flair.found(), found["hf_loop"])
        keys["extraction_vs_flair"] = measured.ratio("flair", "embedbench")
        flair.close()
    per_second = measured.per_second("embedbench", plain.operations(sentences) / 1e9)
    keys["extraction_fraction_of_peak"] = share(per_second, limits.peak(precision) / 1e9)
    for name in limits.precisions:
        keys[f"extraction_fraction_of_{name}_peak"] = share(per_second, limits.peak(name) / 1e9)
    tolerance = TOLERANCE[precision]
    return {
        "script": "extraction",
        "words": corpus.n_words,
        "sentences": len(sentences),
        "distinct_sentences": len(set(sentences)),
        "device": device,
        "precision": precision,
        "keys": keys,
        "why_not": why_not,
        "words_per_second": {way: measured.per_second(way, corpus.n_words) for way in ways},
        "gflops_of_embedbench": per_second,
        "checks": checks,
        "tolerance": {"lowest_cosine": tolerance},
        "within_tolerance": all(check.get("lowest_cosine", 0.0) >= tolerance for check in checks.values()),
        **measured.account(),
        "resident_gb_at_end": round(psutil.Process().memory_info().rss / 1e9, 2),
        "limits": limits.found,
        "machine": describe(device),
        "rival_versions": flair.versions if flair is not None else {},
    }


if __name__ == "__main__":
    main()
