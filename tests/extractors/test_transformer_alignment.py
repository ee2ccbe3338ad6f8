"""Every word has its pieces, whatever the tokenizer does with it, and wrong word ids are found."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_models import FAMILIES

from embedbench.errors import ContractError
from embedbench.extractors.alignment import read_pieces
from embedbench.extractors.tokenizing import put_space_before_words, read_template, unknown_piece
from embedbench.extractors.transformer import Transformer

VANISHING = ("\u200b", "", " ", "\u00ad")


@pytest.fixture(scope="module")
def tokenizers_of(tiny_folder):
    return {family: Transformer(model=str(tiny_folder / family))._model.tokenizer for family in FAMILIES}


@pytest.mark.parametrize("family", FAMILIES)
@given(sentences=st.lists(st.lists(st.text(max_size=6), max_size=5).map(tuple), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_every_word_of_any_text_has_a_piece(tokenizers_of, family, sentences):
    tokenizer = tokenizers_of[family]
    # A word spelled like a special piece is that piece, for this and any other use of the tokenizer.
    pieces = read_pieces(tokenizer, sentences)
    n_words = sum(map(len, sentences))
    assert np.array_equal(np.unique(pieces.words), np.arange(n_words))
    assert (np.diff(pieces.words) >= 0).all()
    assert pieces.offsets[-1] == len(pieces.ids)
    starts = np.concatenate([[0], np.cumsum([len(sentence) for sentence in sentences])]).astype(int)
    for k in range(len(sentences)):
        inside = pieces.words[pieces.offsets[k] : pieces.offsets[k + 1]]
        assert set(inside.tolist()) == set(range(starts[k], starts[k + 1]))
    assert (pieces.ids[np.isin(pieces.words, pieces.without_piece)] == unknown_piece(tokenizer)).all()


def test_a_vanishing_word_gets_the_unknown_piece_in_its_place(tokenizers_of):
    tokenizer = tokenizers_of["bert"]
    pieces = read_pieces(tokenizer, [("cat", *VANISHING[:2], "mat"), ("\u200b",), ("cat",)])
    cat, mat = tokenizer.convert_tokens_to_ids(["cat", "mat"])
    assert pieces.ids.tolist() == [cat, 1, 1, mat, 1, cat]
    assert pieces.words.tolist() == [0, 1, 2, 3, 4, 5]
    assert pieces.without_piece.tolist() == [1, 2, 4]
    assert pieces.offsets.tolist() == [0, 4, 5, 6]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_vanishing_word_is_counted_and_is_no_zero(tiny_folder, family):
    extractor = Transformer(model=str(tiny_folder / family))
    got = extractor.extract([("the", "", "cat")])
    assert got.alignment.without_piece.tolist() == [1]
    assert np.abs(got.values[1]).min(axis=1).max() > 0


def test_gpt2_gives_its_end_of_text_piece_where_it_has_no_unknown_one():
    without = SimpleNamespace(unk_token_id=None, eos_token_id=50256, bos_token_id=1, pad_token_id=None)
    assert unknown_piece(without) == 50256


@pytest.mark.parametrize("family", ["roberta", "gpt2", "bart", "t5"])
def test_byte_level_words_are_read_with_a_space_before_them(tokenizers_of, family):
    """A word has the same pieces at the start of a sentence and inside it, those of ` cat`, not of `cat`."""
    tokenizer = tokenizers_of[family]
    pieces = read_pieces(tokenizer, [("cat", "cat")])
    half = len(pieces.ids) // 2
    assert pieces.ids[:half].tolist() == pieces.ids[half:].tolist()
    assert "".join(tokenizer.convert_ids_to_tokens(pieces.ids[:half].tolist())) == "Ġcat"


def test_behind_a_split_the_space_stands_before_the_word_only():
    """Llama 3 and Qwen split with an expression first; ByteLevel's own option would put a space before each part."""
    import tokenizers
    from tokenizers import pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    backend = tokenizers.Tokenizer(tokenizers.models.BPE())
    parts = pre_tokenizers.Split(tokenizers.Regex(r" ?[a-z]+|'[a-z]+"), behavior="isolated")
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [parts, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend.train_from_iterator(
        ["don't"], tokenizers.trainers.BpeTrainer(vocab_size=257, special_tokens=["<e>"], initial_alphabet=alphabet)
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<e>")
    put_space_before_words(tokenizer)
    pieces = read_pieces(tokenizer, [("don't", "do")])
    tokens = tokenizer.convert_ids_to_tokens(pieces.ids.tolist())
    assert "".join(tokens) == "Ġdon'tĠdo"
    assert pieces.words.tolist() == [0] * 6 + [1] * 3


@pytest.mark.parametrize(
    ("family", "template"),
    [
        ("bert", ((2,), (3,), ((0,), 0, (0,)))),
        ("roberta", ((0,), (2,), None)),
        ("gpt2", ((), (), None)),
        ("t5", ((), (1,), None)),
    ],
)
def test_special_pieces_are_those_of_the_tokenizer(tokenizers_of, family, template):
    found = read_template(tokenizers_of[family])
    assert (found.prefix, found.suffix, found.segments) == template


def lying(word_ids, offsets, alone=()):
    """A tokenizer that says this about the sentence, and gives these pieces to words alone."""

    def call(sentences, **_options):
        whole = SimpleNamespace(
            ids=[5] * len(word_ids), word_ids=word_ids, offsets=offsets, tokens=["p"] * len(word_ids)
        )
        single = SimpleNamespace(ids=list(alone), tokens=["p"] * len(alone))
        return SimpleNamespace(encodings=[whole if len(s) > 1 else single for s in sentences])

    call.name_or_path = "liar"
    call.unk_token_id, call.eos_token_id, call.bos_token_id, call.pad_token_id = 1, None, None, None
    return call


def test_word_ids_that_cannot_be_are_refused():
    sentence = [("ab", "cd")]
    with pytest.raises(ContractError, match=r"liar says that piece 1 .* 'ab cd' belongs to word 0"):
        read_pieces(lying([1, 0], [(0, 2), (0, 2)]), sentence)
    with pytest.raises(ContractError, match=r"belongs to word 2"):
        read_pieces(lying([0, 2], [(0, 2), (0, 2)]), sentence)
    # All pieces claim the first word, in order: only the offsets tell.
    with pytest.raises(ContractError, match=r"piece 1 .* belongs to word 0"):
        read_pieces(lying([0, 0], [(0, 2), (2, 4)]), sentence)
    with pytest.raises(ContractError, match=r"no piece to the word 'cd' .* to the word alone"):
        read_pieces(lying([0], [(0, 2)], alone=(7,)), sentence)
