"""Training of a biLM: both directions predict the next word over the most frequent words (Peters et al. 2018)."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from embedbench.extractors.batching import flat_ranges, sorted_batches
from embedbench.extractors.devices import Device, torch_device
from embedbench.fingerprint import fingerprint
from embedbench.models.bilm_characters import SENTENCE_END, SENTENCE_START, character_ids
from embedbench.pretraining.batches import shuffled_batches
from embedbench.pretraining.bilm_network import BilmNetwork
from embedbench.pretraining.bilm_writing import write_bilm
from embedbench.pretraining.budget import Budget, budget_key
from embedbench.pretraining.card import ModelCard, machine, package_versions
from embedbench.pretraining.encoded_text import EncodedText, TrainingCorpus
from embedbench.pretraining.loop import run
from embedbench.pretraining.objective import Batch, HeldOutLoss, Optimisation
from embedbench.pretraining.options import BilmTraining
from embedbench.pretraining.vocabulary import WordClasses
from embedbench.pretraining.workplace import PretrainedModel, train_once
from embedbench.progress import Progress, SilentProgress

VERSION = 1
"""Counts up whenever the same options give other weights."""


class BilmObjective:
    """The biLM's two losses, averaged, on batches of whole sentences."""

    def __init__(
        self,
        corpus: TrainingCorpus,
        network: BilmNetwork,
        classes: WordClasses,
        *,
        words_per_batch: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.network: BilmNetwork = network.to(device)
        self._corpus, self._device, self._seed, self._words_per_batch = corpus, device, seed, words_per_batch
        # Boundaries are two more types behind those of the corpus.
        ids = character_ids([*corpus.types, SENTENCE_START, SENTENCE_END], network.options.max_characters)
        self._characters = ids.astype(np.int16)
        self._start, self._end = len(corpus.types), len(corpus.types) + 1
        self._classes = np.concatenate([classes.of_type, [classes.start, classes.end]])

    def batches(self, epoch: int) -> list[Batch]:
        """The training sentences in random batches of similar length."""
        return shuffled_batches(self._corpus.train.lengths, self._words_per_batch, seed=self._seed, epoch=epoch)

    def words(self, batch: Batch) -> int:
        """The words of these training sentences, boundaries not counted."""
        return int(self._corpus.train.lengths[batch].sum())

    def loss(self, batch: Batch, generator: np.random.Generator) -> Tensor:
        """Nats per prediction."""
        left, right = self._losses(self._corpus.train, batch)
        return (left.sum() + right.sum()) / (len(left) + len(right))

    def held_out(self) -> HeldOutLoss:
        """Of both directions together: perplexity is per predicted word or sentence boundary."""
        text, total, n = self._corpus.held_out, 0.0, 0
        for batch in sorted_batches(text.lengths, 4 * self._words_per_batch):
            left, right = self._losses(text, batch)
            total += float(left.double().sum() + right.double().sum())
            n += len(left) + len(right)
        return HeldOutLoss(total, n, n)

    def _losses(self, text: EncodedText, batch: Int64[np.ndarray, "chosen"]) -> tuple[Tensor, Tensor]:
        lengths = text.lengths[batch]
        ends = np.cumsum(lengths + 2)
        rows = np.empty(int(ends[-1]), dtype=np.int64)
        rows[ends - lengths - 2], rows[ends - 1] = self._start, self._end
        rows[flat_ranges(ends - lengths - 1, lengths)] = text.words_of(batch)
        types, inverse = np.unique(rows, return_inverse=True)
        losses: tuple[Tensor, Tensor] = self.network(
            self._characters[types].astype(np.int64),
            torch.from_numpy(inverse.astype(np.int64)).to(self._device),
            lengths,
            torch.from_numpy(self._classes[rows]).to(self._device),
        )
        return losses


def train_bilm(
    corpus: TrainingCorpus,
    options: BilmTraining,
    budget: Budget,
    folder: Path,
    *,
    seed: int = 0,
    device: Device = Device.auto,
    command: str = "",
    progress: Progress | None = None,
) -> PretrainedModel:
    """The biLM of that corpus, options, budget and seed, in a folder that extractor=elmo reads.

    A finished one is not trained again; a killed training goes on where its newest checkpoint lies.

    Raises:
        ConfigurationError: the folder holds something else.
        MissingExtraError: h5py is not installed.
        NumericalError: training diverged.
    """
    progress = progress or SilentProgress()
    place = torch_device(device)
    key = fingerprint("bilm", VERSION, corpus.fingerprint, asdict(options), budget_key(budget), seed)

    def train(result: Path, work: Path) -> ModelCard:
        classes = WordClasses.of(corpus, options.vocabulary, options.min_count)
        network = BilmNetwork(
            options.shape(), classes=classes, cutoffs=options.cutoffs, dropout=options.dropout, seed=seed
        )
        objective = BilmObjective(
            corpus, network, classes, words_per_batch=options.words_per_batch, seed=seed, device=place
        )
        how = Optimisation(options.learning_rate, bf16=options.bf16, threads=options.threads)
        trained = run(objective, budget, how, seed=seed, folder=work, key=key, progress=progress)
        network.to("cpu")
        write_bilm(network.bilm(), result, half=options.half)
        in_softmax = sum(p.numel() for p in network.softmax.parameters())
        unigram = classes.unigram_loss(corpus.held_out)
        return ModelCard(
            family="bilm",
            key=key,
            data=corpus.description,
            corpus_words=corpus.train.n_words,
            words_seen=trained.words,
            steps=trained.steps,
            parameters=sum(p.numel() for p in network.parameters()) - in_softmax,
            training_parameters=in_softmax,
            dim=2 * options.projection,
            seconds=trained.seconds,
            machine=machine(place.type, options.threads),
            seed=seed,
            stopped_early=trained.stopped_early,
            held_out={
                "perplexity": trained.best.perplexity,
                "loss": trained.best.mean,
                "unigram_perplexity": math.exp(unigram),
                "unigram_loss": unigram,
            },
            unit=f"per word or sentence boundary, mean of both directions, {classes.n_classes - 3:,} words told apart "
            "and all others one class",
            options=asdict(options),
            command=command,
            versions=package_versions("embedbench", "torch"),
        )

    return train_once(folder, key, train)
