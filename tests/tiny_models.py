"""Tiny models of every architecture family, with tokenizers trained on the spot; nothing is downloaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

SENTENCES = (
    ("The", "cat", "sat", "on", "the", "unbelievably", "comfortable", "mat", "."),
    ("Don't", "panic", "!"),
    ("It",),
    ("Antidisestablishmentarianism", "isn't", "easily", "abbreviated", ",", "she", "said", "."),
    ("naïve", "façade", "—", "日本語", "🙂", "end"),
    ("the", "cat", "the", "cat", "the", "mat"),
)
FAMILIES = ("bert", "roberta", "gpt2", "t5", "bart")


def save(family: str, folder: Path) -> None:
    tokenizer, model = globals()[f"_{family}"]()
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)


def _text():
    return [" ".join(sentence) for sentence in SENTENCES[:4]] * 20


def _word_pieces():
    import tokenizers
    from transformers import PreTrainedTokenizerFast

    backend = tokenizers.Tokenizer(tokenizers.models.WordPiece(unk_token="[UNK]"))
    backend.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    backend.train_from_iterator(_text(), tokenizers.trainers.WordPieceTrainer(vocab_size=90, special_tokens=special))
    backend.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )  # fmt: skip


def _bytes(special, template=None, **names):
    import tokenizers
    from transformers import PreTrainedTokenizerFast

    backend = tokenizers.Tokenizer(tokenizers.models.BPE())
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.train_from_iterator(
        _text(),
        tokenizers.trainers.BpeTrainer(
            vocab_size=320,
            special_tokens=list(special),
            initial_alphabet=sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()),
        ),
    )
    if template:
        backend.post_processor = tokenizers.processors.TemplateProcessing(
            single=template, special_tokens=[(name, k) for k, name in enumerate(special)]
        )
    return PreTrainedTokenizerFast(tokenizer_object=backend, **names)


def _bert():
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 3, "intermediate_size": 40}
    return _word_pieces(), BertModel(
        BertConfig(vocab_size=90, max_position_embeddings=48, initializer_range=0.3, **sizes)
    )


def _roberta():
    from transformers import RobertaConfig, RobertaModel

    tokenizer = _bytes(("<s>", "<pad>", "</s>", "<unk>"), "<s> $A </s>", bos_token="<s>", cls_token="<s>",
                       eos_token="</s>", sep_token="</s>", pad_token="<pad>", unk_token="<unk>")  # fmt: skip
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 40}
    return tokenizer, RobertaModel(
        RobertaConfig(vocab_size=320, max_position_embeddings=50, initializer_range=0.3, pad_token_id=1, **sizes)
    )


def _gpt2():
    from transformers import GPT2Config, GPT2Model

    names = dict.fromkeys(("unk_token", "bos_token", "eos_token"), "<|endoftext|>")
    sizes = {"n_embd": 24, "n_layer": 2, "n_head": 2, "n_positions": 48, "bos_token_id": 0, "eos_token_id": 0}
    return _bytes(("<|endoftext|>",), **names), GPT2Model(GPT2Config(vocab_size=320, initializer_range=0.3, **sizes))


def _t5():
    from transformers import T5Config, T5Model

    tokenizer = _bytes(("<pad>", "</s>", "<unk>"), "$A </s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>",
                       model_max_length=48)  # fmt: skip
    sizes = {"d_model": 24, "d_kv": 12, "d_ff": 40, "num_layers": 3, "num_decoder_layers": 1, "num_heads": 2}
    return tokenizer, T5Model(T5Config(vocab_size=320, decoder_start_token_id=0, **sizes))


def _bart():
    from transformers import BartConfig, BartModel

    tokenizer = _bytes(("<s>", "<pad>", "</s>", "<unk>"), "<s> $A </s>", bos_token="<s>", cls_token="<s>",
                       eos_token="</s>", sep_token="</s>", pad_token="<pad>", unk_token="<unk>")  # fmt: skip
    sizes = {"d_model": 24, "encoder_layers": 3, "decoder_layers": 1, "encoder_attention_heads": 2,
             "decoder_attention_heads": 2, "encoder_ffn_dim": 40, "decoder_ffn_dim": 40}  # fmt: skip
    return tokenizer, BartModel(BartConfig(vocab_size=320, max_position_embeddings=48, init_std=0.3, **sizes))


def plain_loop(folder, sentences, pooling="mean", network=None):
    """What a careful person writes: one sentence per forward pass, words gathered in Python."""
    from transformers import AutoModel, AutoTokenizer

    from embedbench.extractors.tokenizing import put_space_before_words
    from embedbench.extractors.transformer_loading import quiet_transformers

    with quiet_transformers():
        tokenizer = AutoTokenizer.from_pretrained(folder, add_prefix_space=True)
        put_space_before_words(tokenizer)
        network = AutoModel.from_pretrained(folder) if network is None else network
    if network.config.is_encoder_decoder:
        network = network.get_encoder()
    network.eval()
    pool = {"mean": lambda v: v.mean(0), "max": lambda v: v.max(0), "first": lambda v: v[0], "last": lambda v: v[-1]}
    rows = []
    for sentence in sentences:
        encoded = tokenizer(list(sentence), is_split_into_words=True, return_tensors="pt")
        with torch.no_grad():
            states = network(**encoded, output_hidden_states=True).hidden_states
        layers = np.stack([state[0].numpy() for state in states], axis=1)
        of_word = encoded.word_ids(0)
        for k in range(len(sentence)):
            rows.append(pool[pooling](layers[[piece for piece, word in enumerate(of_word) if word == k]]))
    return np.stack(rows)
