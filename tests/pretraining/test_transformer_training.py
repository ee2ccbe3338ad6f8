from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pretraining_toy import Interrupting, toy_corpus

from embedbench.errors import ConfigurationError, DataError
from embedbench.extractors.contract import check_extractor
from embedbench.extractors.transformer import Transformer
from embedbench.extractors.transformer_loading import TransformerWeights
from embedbench.fingerprint import file_fingerprint
from embedbench.pretraining.budget import Budget
from embedbench.pretraining.encoded_text import TrainingCorpus
from embedbench.pretraining.examples import blocks_of, whole_words
from embedbench.pretraining.options import CausalNetwork, ClmTraining, MaskedNetwork, MlmTraining, TransformerTraining
from embedbench.pretraining.pieces import MLM_SPECIAL, PieceText, cut, train_byte_bpe, train_wordpiece
from embedbench.pretraining.transformer_networks import new_network
from embedbench.pretraining.transformer_objectives import MaskedObjective
from embedbench.pretraining.transformer_training import train_transformer

SMALL = {"dim": 16, "n_layers": 2, "heads": 2, "vocabulary": 300, "positions": 32, "pieces_per_batch": 256}
MLM = MlmTraining(**SMALL, learning_rate=5e-3)
CLM = ClmTraining(**SMALL, learning_rate=5e-3)
MODERN, LLAMA = replace(MLM, network=MaskedNetwork.modernbert), replace(CLM, network=CausalNetwork.llama)
BUDGET = Budget(words=2500, evaluations=3, checkpoint_seconds=0.0)


@pytest.mark.parametrize(
    "options",
    [MLM, replace(MLM, next_sentence=True), MODERN, CLM, LLAMA],
    ids=["bert", "bert_nsp", "modernbert", "gpt2", "llama"],
)
def test_interrupted_and_resumed_it_is_the_same_model_bit_for_bit(options: TransformerTraining, tmp_path: Path) -> None:
    corpus = toy_corpus()
    whole = train_transformer(corpus, options, BUDGET, tmp_path / "whole", seed=2)
    # Dropout draws from torch's global generator, which must neither decide anything nor be moved.
    with torch.random.fork_rng():
        torch.manual_seed(99)
        before = torch.get_rng_state()
        with pytest.raises(KeyboardInterrupt):
            train_transformer(corpus, options, BUDGET, tmp_path / "cut", seed=2, progress=Interrupting(1200))
        resumed = train_transformer(corpus, options, BUDGET, tmp_path / "cut", seed=2)
        assert torch.equal(torch.get_rng_state(), before)
    for name in ("model.safetensors", "tokenizer.json"):
        assert file_fingerprint(resumed.folder / name) == file_fingerprint(whole.folder / name)
    logs = [(m.folder / "training" / "log.jsonl").read_text(encoding="utf-8").splitlines() for m in (whole, resumed)]
    losses = [[(json.loads(line)["loss"], json.loads(line)["held_out_loss"]) for line in log] for log in logs]
    assert losses[0] == losses[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "share"),
    # Eight rotary dimensions per head are few: ModernBERT learns this toy slower, and not at all with dropout.
    [(MLM, 0.5), (replace(MODERN, learning_rate=1e-2, dropout=0.0), 0.7), (CLM, 0.5), (LLAMA, 0.5)],
    ids=["bert", "modernbert", "gpt2", "llama"],
)
def test_it_learns_what_a_unigram_model_cannot(options: TransformerTraining, share: float, tmp_path: Path) -> None:
    budget = replace(BUDGET, words=60_000, checkpoint_seconds=60.0)
    held_out = train_transformer(toy_corpus(), options, budget, tmp_path / "m").card.held_out
    assert held_out["perplexity"] < share * held_out["unigram_perplexity"]


@pytest.mark.parametrize("trained", [CLM, LLAMA], ids=["gpt2", "llama"])
def test_the_extractor_reads_what_was_trained(trained: ClmTraining, tmp_path: Path) -> None:
    """The causal model's perplexity, computed anew from its folder word by word, is the one in its card."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    corpus = TrainingCorpus.of([[("The", "dog", "barks")], [("A", "cat", "purrs")], [("The", "horse", "runs")]])
    options = replace(trained, dropout=0.0)
    folder = train_transformer(corpus, options, replace(BUDGET, words=60), tmp_path / "m").folder
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = torch.tensor([tokenizer(["The", "horse", "runs"], is_split_into_words=True)["input_ids"]])
    assert ids[0, 0] == 0
    with torch.no_grad():
        nats = model(ids, labels=ids, attention_mask=torch.ones_like(ids)).loss.item() * (ids.shape[1] - 1)
    card = json.loads((folder / "training" / "card.json").read_text(encoding="utf-8"))
    assert card["held_out"]["perplexity"] == pytest.approx(np.exp(nats / 3), rel=1e-4)
    extractor = Transformer(model=str(folder))
    assert extractor.extract([("The", "horse"), ("zürich",)]).values.shape == (3, 3, 16)


def test_a_masked_model_in_half_precision_loads(tmp_path: Path) -> None:
    folder = train_transformer(toy_corpus(), replace(MLM, half=True), replace(BUDGET, words=60), tmp_path / "m").folder
    assert (folder / "model.safetensors").stat().st_size < 2.2 * 20_000
    assert (folder / "model.safetensors").stat().st_mode == (folder / "config.json").stat().st_mode
    extractor = Transformer(model=str(folder))
    assert extractor.extract([("The", "horse", "unseen")]).values.shape == (3, 3, 16)


@pytest.mark.parametrize("train", [train_wordpiece, train_byte_bpe])
def test_pieces_are_those_that_the_extractor_will_see(train: object) -> None:
    corpus = toy_corpus(100)
    tokenizer = train(corpus, 300)  # type: ignore[operator]
    text = cut(corpus.held_out, corpus.types, tokenizer)
    for s in range(corpus.held_out.n_sentences):
        words = [corpus.types[k] for k in corpus.held_out.words_of(np.array([s]))]
        encoding = tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False)
        run = slice(int(text.offsets[s]), int(text.offsets[s + 1]))
        assert text.ids[run].tolist() == encoding.ids
        assert (text.words[run] - corpus.held_out.offsets[s]).tolist() == encoding.word_ids


def test_wordpieces_are_those_of_the_library_up_to_ties() -> None:
    """Where no two pairs are equally frequent, the vocabulary is the one of the library's WordPiece trainer."""
    import tokenizers

    words = ["hug"] * 101 + ["hugs"] * 53 + ["pun"] * 29 + ["puns"] * 14 + ["bugs"] * 7
    corpus = TrainingCorpus.of([[(word,) for word in words], [("hug",)]])
    ours = train_wordpiece(corpus, 5 + 30)
    theirs = tokenizers.Tokenizer(tokenizers.models.WordPiece(unk_token="[UNK]"))
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    trainer = tokenizers.trainers.WordPieceTrainer(
        vocab_size=5 + 30, special_tokens=list(MLM_SPECIAL), min_frequency=2, show_progress=False
    )
    theirs.train_from_iterator(words, trainer)
    assert set(ours.get_vocab()) == set(theirs.get_vocab())
    assert [ours.token_to_id(piece) for piece in MLM_SPECIAL] == [0, 1, 2, 3, 4]
    assert ours.encode("Hugs").tokens == ["[CLS]", "hugs", "[SEP]"]


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=6), min_size=1, max_size=5), st.integers(2, 12))
def test_blocks_hold_every_piece_once_and_no_two_documents(documents: list[list[int]], capacity: int) -> None:
    lengths = np.array([n for document in documents for n in document], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    total = int(offsets[-1])
    boundaries = np.concatenate([[0], np.cumsum([len(d) for d in documents])]).astype(np.int64)
    pieces = np.arange(total, dtype=np.int32)
    text = PieceText(pieces, pieces // 2, offsets, lengths, boundaries)
    blocks = blocks_of(text, capacity)
    assert [k for s, n in zip(blocks.start, blocks.length, strict=True) for k in range(s, s + n)] == list(range(total))
    assert blocks.length.max() <= capacity
    assert blocks.n_words.sum() == len(set((pieces // 2).tolist()))
    starts = set(blocks.start.tolist())
    assert {int(offsets[b]) for b in boundaries[:-1]} <= starts


@given(st.lists(st.integers(1, 4), min_size=1, max_size=30), st.floats(0.05, 0.9), st.integers(0, 99))
def test_a_hidden_word_is_hidden_with_all_its_pieces(sizes: list[int], share: float, seed: int) -> None:
    words = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    chosen = whole_words(words, share, np.random.default_rng(seed))
    assert len(chosen)
    assert chosen.tolist() == np.flatnonzero(np.isin(words, words[chosen])).tolist()


def masked_objective(next_sentence: bool) -> MaskedObjective:
    corpus = toy_corpus()
    tokenizer = train_wordpiece(corpus, 300)
    parts = [cut(text, corpus.types, tokenizer) for text in (corpus.train, corpus.held_out)]
    options = replace(MLM, next_sentence=next_sentence)
    network = new_network(options, tokenizer.get_vocab_size(), 0)
    return MaskedObjective(
        network, parts[0], parts[1], positions=32, pieces_per_batch=256, masked=0.15, next_sentence=next_sentence,
        seed=0, device=torch.device("cpu"),
    )  # fmt: skip


def test_fifteen_percent_of_words_are_predicted_and_four_in_five_hidden() -> None:
    objective = masked_objective(False)
    generator = np.random.default_rng(0)
    predicted = hidden = total = 0
    for batch in objective.batches(0):
        text, blocks = objective._texts["train"]
        rows = np.concatenate(
            [np.arange(s, s + n) for s, n in zip(blocks.start[batch], blocks.length[batch], strict=True)]
        )
        cells, words = text.ids[rows].astype(np.int64)[None], text.words[rows].astype(np.int64)[None]
        before = cells.copy()
        where, targets = objective._hide(cells, words, generator)
        assert before[0, where].tolist() == targets.tolist()
        untouched = np.setdiff1d(np.arange(len(rows)), where)
        assert (cells[0, untouched] == before[0, untouched]).all()
        predicted, total = predicted + len(where), total + len(rows)
        hidden += int((cells == MLM_SPECIAL.index("[MASK]")).sum())
    # Three standard errors of about 1,500 draws.
    assert predicted / total == pytest.approx(0.15, abs=0.03)
    assert hidden / predicted == pytest.approx(0.8, abs=0.08)


def test_half_of_the_pairs_follow_and_segments_are_bert_s() -> None:
    objective = masked_objective(True)
    codes = np.concatenate([batch for epoch in range(6) for batch in objective.batches(epoch)])
    _, blocks = objective._texts["train"]
    first, second = np.divmod(codes, len(blocks.start))
    assert np.mean(second == first + 1) == pytest.approx(0.5, abs=0.1)
    seen = {}
    objective.network.bert.register_forward_pre_hook(lambda _m, _a, kw: seen.update(kw), with_kwargs=True)
    objective.loss(objective.batches(0)[0], np.random.default_rng(0))
    ids, segments, real = (seen[k].numpy() for k in ("input_ids", "token_type_ids", "attention_mask"))
    for row, segment, mask in zip(ids, segments, real, strict=True):
        n = int(mask.sum())
        ends = np.flatnonzero(row == MLM_SPECIAL.index("[SEP]"))
        assert row[0] == MLM_SPECIAL.index("[CLS]")
        assert ends[-1] == n - 1
        assert segment[: ends[0] + 1].sum() == 0
        assert segment[ends[0] + 1 : n].all()


def test_next_sentence_needs_two_blocks(tmp_path: Path) -> None:
    corpus = TrainingCorpus.of([[("a", "b")], [("c",)]])
    with pytest.raises(DataError, match="text is 1 blocks of 14 pieces"):
        train_transformer(corpus, replace(MLM, next_sentence=True), BUDGET, tmp_path / "m")


def test_next_sentences_need_bert() -> None:
    with pytest.raises(ConfigurationError, match=r"segments, which modernbert has not"):
        replace(MODERN, next_sentence=True)


@pytest.mark.parametrize("weights", ["trained", "random", "random_upper"])
@pytest.mark.parametrize("options", [MLM, MODERN, CLM, LLAMA], ids=["bert", "modernbert", "gpt2", "llama"])
def test_every_network_and_its_random_twins_keep_the_extractor_s_contract(
    options: TransformerTraining, weights: str, tmp_path: Path
) -> None:
    folder = train_transformer(toy_corpus(), options, replace(BUDGET, words=200), tmp_path / "m").folder
    report = check_extractor(Transformer(model=str(folder), weights=TransformerWeights(weights)))
    assert [outcome for outcome in report if outcome.failed] == []


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"dim=15.*a multiple of heads"):
        replace(MLM, dim=15)
