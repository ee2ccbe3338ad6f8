"""Training of small Hugging Face transformers, BERT-style and GPT-style, each with its own tokenizer."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from embedbench.extractors.devices import Device, torch_device
from embedbench.fingerprint import fingerprint
from embedbench.pretraining.budget import Budget, budget_key
from embedbench.pretraining.card import ModelCard, machine, package_versions
from embedbench.pretraining.encoded_text import TrainingCorpus
from embedbench.pretraining.loop import run
from embedbench.pretraining.objective import Optimisation
from embedbench.pretraining.options import MlmTraining, TransformerTraining
from embedbench.pretraining.pieces import PieceText, cut, save_tokenizer, train_byte_bpe, train_wordpiece
from embedbench.pretraining.transformer_networks import new_network, start_as_unigram
from embedbench.pretraining.transformer_objectives import CausalObjective, MaskedObjective
from embedbench.pretraining.workplace import PretrainedModel, train_once
from embedbench.progress import Progress, SilentProgress

VERSION = 2
"""Counts up whenever the same options give other weights."""


def train_transformer(
    corpus: TrainingCorpus,
    options: TransformerTraining,
    budget: Budget,
    folder: Path,
    *,
    seed: int = 0,
    device: Device = Device.auto,
    command: str = "",
    progress: Progress | None = None,
) -> PretrainedModel:
    """The masked or causal language model of that corpus, options, budget and seed: a `from_pretrained` folder.

    A finished one is not trained again; a killed training goes on where its newest checkpoint lies.

    Raises:
        ConfigurationError: the folder holds something else.
        MissingExtraError: transformers or tokenizers is not installed.
        NumericalError: training diverged.
    """
    listener = progress or SilentProgress()
    place = torch_device(device)
    family = "mlm" if isinstance(options, MlmTraining) else "clm"
    key = fingerprint(family, VERSION, corpus.fingerprint, asdict(options), budget_key(budget), seed)

    def train(result: Path, work: Path) -> ModelCard:
        causal = not isinstance(options, MlmTraining)
        tokenizer = (train_byte_bpe if causal else train_wordpiece)(corpus, options.vocabulary)
        pieces = [cut(text, corpus.types, tokenizer) for text in (corpus.train, corpus.held_out)]
        network = new_network(options, tokenizer.get_vocab_size(), seed)
        if not causal:
            start_as_unigram(network, pieces[0].ids)
        objective: CausalObjective | MaskedObjective
        common: dict[str, Any] = {
            "positions": options.positions,
            "pieces_per_batch": options.pieces_per_batch,
            "seed": seed,
            "device": place,
        }
        if isinstance(options, MlmTraining):
            objective = MaskedObjective(
                network, *pieces, masked=options.masked, next_sentence=options.next_sentence, **common
            )
        else:
            objective = CausalObjective(network, *pieces, **common)
        how = Optimisation(options.learning_rate, bf16=options.bf16, threads=options.threads)
        trained = run(objective, budget, how, seed=seed, folder=work, key=key, progress=listener)
        network.to("cpu")
        parameters = sum(p.numel() for p in network.parameters())
        _save(network.half() if options.half else network, result)
        save_tokenizer(tokenizer, result, causal=causal, positions=options.positions)
        per_piece, per_word = _unigram(pieces[0], pieces[1], tokenizer.get_vocab_size())
        floor = per_word if causal else per_piece
        held_out = {
            "perplexity": trained.best.perplexity,
            "loss_per_piece": trained.best.mean,
            "unigram_perplexity": math.exp(floor),
            "unigram_loss_per_piece": per_piece,
            "pieces_per_word": len(pieces[1].ids) / corpus.held_out.n_words,
        }
        return ModelCard(
            family=family,
            key=key,
            data=corpus.description,
            corpus_words=corpus.train.n_words,
            words_seen=trained.words,
            steps=trained.steps,
            parameters=parameters,
            training_parameters=0,
            dim=options.dim,
            seconds=trained.seconds,
            machine=machine(place.type, options.threads),
            seed=seed,
            stopped_early=trained.stopped_early,
            held_out=held_out,
            unit="per word" if causal else "per hidden piece, all pieces of a word hidden together",
            options=asdict(options),
            command=command,
            versions=package_versions("embedbench", "torch", "transformers", "tokenizers"),
        )

    return train_once(folder, key, train)


def _save(network: Any, folder: Path) -> None:
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        network.save_pretrained(folder)
        # safetensors lets only the owner read; a model is shared like any other file.
        for weights in folder.glob("*.safetensors"):
            weights.chmod((folder / "config.json").stat().st_mode)
    finally:
        if shown:
            logging.enable_progress_bar()


def _unigram(train: PieceText, held_out: PieceText, n_pieces: int) -> tuple[float, float]:
    """Nats per piece and per word of the model that knows the frequencies of pieces only."""
    counts = np.bincount(train.ids, minlength=n_pieces) + 1.0
    nats = float(-np.log(counts / counts.sum())[held_out.ids].sum())
    return nats / len(held_out.ids), nats / float(held_out.n_words.sum())
