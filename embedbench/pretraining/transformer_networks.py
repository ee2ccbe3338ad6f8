"""Untrained Hugging Face transformers of a few sizes, and the two parts of each that training calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Int32
from torch import Tensor

from embedbench.errors import MissingExtraError
from embedbench.pretraining.options import (
    CausalNetwork,
    ClmTraining,
    MaskedNetwork,
    MlmTraining,
    TransformerTraining,
)


def new_network(options: TransformerTraining, n_pieces: int, seed: int) -> Any:
    """A `PreTrainedModel` with a language-modelling head, its first weights drawn from the seed.

    Raises:
        MissingExtraError: transformers is not installed.
    """
    try:
        import transformers
    except ModuleNotFoundError:
        raise MissingExtraError(needed_by="pretrain", package="transformers", extra="transformers") from None
    # Networks draw their first weights from torch's global generator.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if isinstance(options, MlmTraining):
            masked = {MaskedNetwork.bert: _bert, MaskedNetwork.modernbert: _modernbert}
            return masked[options.network](transformers, options, n_pieces)
        assert isinstance(options, ClmTraining)
        causal = {CausalNetwork.gpt2: _gpt2, CausalNetwork.llama: _llama}
        return causal[options.network](transformers, options, n_pieces)


def head_of(network: Any) -> Callable[[Tensor], Tensor]:
    """From hidden states [targets, dim] to scores of the vocabulary [targets, pieces]."""
    if hasattr(network, "cls"):  # BERT
        return lambda states: network.cls.predictions(states)
    if hasattr(network, "head"):  # ModernBERT
        return lambda states: network.decoder(network.head(states))
    return lambda states: network.lm_head(states)


def start_as_unigram(network: Any, pieces: Int32[np.ndarray, "pieces"]) -> None:
    """Sets the output bias to the pieces' frequencies, which a short training would otherwise spend itself on."""
    bias = network.get_output_embeddings().bias
    counts = np.bincount(pieces, minlength=len(bias)) + 1.0
    with torch.no_grad():
        bias.copy_(torch.from_numpy(np.log(counts / counts.sum())))


def _bert(transformers: Any, options: MlmTraining, n_pieces: int) -> Any:
    config = transformers.BertConfig(
        vocab_size=n_pieces,
        hidden_size=options.dim,
        num_hidden_layers=options.n_layers,
        num_attention_heads=options.heads,
        intermediate_size=options.feed_forward or 4 * options.dim,
        max_position_embeddings=options.positions,
        hidden_dropout_prob=options.dropout,
        attention_probs_dropout_prob=options.dropout,
    )
    return (transformers.BertForPreTraining if options.next_sentence else transformers.BertForMaskedLM)(config)


def _modernbert(transformers: Any, options: MlmTraining, n_pieces: int) -> Any:
    # The special pieces have the numbers of pieces.MLM_SPECIAL.
    config = transformers.ModernBertConfig(
        vocab_size=n_pieces,
        hidden_size=options.dim,
        num_hidden_layers=options.n_layers,
        num_attention_heads=options.heads,
        intermediate_size=options.feed_forward or _gated(options.dim),
        max_position_embeddings=options.positions,
        # Every block sees the whole input: it is no longer than the local windows of the published model.
        global_attn_every_n_layers=1,
        attention_dropout=options.dropout,
        mlp_dropout=options.dropout,
        embedding_dropout=options.dropout,
        pad_token_id=0,
        bos_token_id=2,
        cls_token_id=2,
        eos_token_id=3,
        sep_token_id=3,
    )
    return transformers.ModernBertForMaskedLM(config)


def _gpt2(transformers: Any, options: ClmTraining, n_pieces: int) -> Any:
    config = transformers.GPT2Config(
        vocab_size=n_pieces,
        n_embd=options.dim,
        n_layer=options.n_layers,
        n_head=options.heads,
        n_inner=options.feed_forward or 4 * options.dim,
        n_positions=options.positions,
        resid_pdrop=options.dropout,
        embd_pdrop=options.dropout,
        attn_pdrop=options.dropout,
        bos_token_id=0,
        eos_token_id=0,
        # Unset, or every batch would be searched for padding, which comes last and needs no mask.
        pad_token_id=None,
    )
    return transformers.GPT2LMHeadModel(config)


def _llama(transformers: Any, options: ClmTraining, n_pieces: int) -> Any:
    config = transformers.LlamaConfig(
        vocab_size=n_pieces,
        hidden_size=options.dim,
        num_hidden_layers=options.n_layers,
        num_attention_heads=options.heads,
        intermediate_size=options.feed_forward or _gated(options.dim),
        max_position_embeddings=options.positions,
        attention_dropout=options.dropout,
        # As in GPT-2: at these sizes a second vocabulary matrix would be half of all parameters.
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=None,
    )
    return transformers.LlamaForCausalLM(config)


def _gated(dim: int) -> int:
    """Hidden units with which a gated layer has as many parameters as a plain one of 4 dim, in eights."""
    return max(8, round(dim * 8 / 3 / 8) * 8)
