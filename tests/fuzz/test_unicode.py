"""Words as people write them, from the file to the vectors: nothing is lost, normalised or cut."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tiny_models
from bilm_fixtures import write_options, write_weights
from fuzzing.nasty import LONG_WORD

from embedbench.data.conllu import read_conllu
from embedbench.data.edge_probing import read_edge_probing
from embedbench.data.raw_text import read_sentences
from embedbench.errors import DataError
from embedbench.extractors.elmo import Elmo
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.extractors.transformer import Transformer
from embedbench.store import fill
from embedbench.types import Corpus

WORDS = (
    "שלום", "مرحبا", "\u202eabc\u202c", "e\u0301\u0327", "\u0301", "👩\u200d👩\u200d👧", "🏳\ufe0f\u200d🌈", "🇩🇪",
    "\u200b", "zero\u200bwidth", "\ufeff", "ก็", "\U0010ffff", "ß", "İ", "\ufffd", LONG_WORD,
)  # fmt: skip
SENTENCES = [WORDS, ("w",), tuple(f"w{i}" for i in range(10_000))]


def test_readers_keep_every_character(tmp_path):
    (tmp_path / "a.txt").write_text("\n".join(map(" ".join, SENTENCES)), "utf-8")
    assert list(read_sentences(tmp_path / "a.txt")) == SENTENCES
    lines = [json.dumps({"text": " ".join(words), "targets": []}) for words in SENTENCES]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), "utf-8")
    assert [sentence.words for sentence in read_edge_probing(tmp_path / "a.jsonl")] == SENTENCES
    rows = [
        "\n".join(f"{i}\t{word}\t_\t_\t_\t_\t{int(i > 1)}\t_\t_\t_" for i, word in enumerate(words, 1)) + "\n"
        for words in SENTENCES
    ]
    (tmp_path / "a.conllu").write_text("\n".join(rows), "utf-8")
    found = [tuple(token.form for token in sentence.tokens) for sentence in read_conllu(tmp_path / "a.conllu")]
    assert found == SENTENCES


@pytest.mark.parametrize("empty", ["a  b", " a", "a "])
def test_an_empty_word_is_refused_where_words_are_counted(tmp_path, empty):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": empty, "targets": []}), "utf-8")
    with pytest.raises(DataError, match=r"word [123] is empty"):
        read_edge_probing(tmp_path / "a.jsonl")


def extractors(folder):
    options = write_options(folder)
    yield Elmo(options=str(options), weights_file=str(write_weights(folder, options)))
    tiny_models.save("bert", folder / "model")
    yield Transformer(model=str(folder / "model"))
    yield RandomVectors(size=3)


@pytest.mark.slow
def test_every_word_gets_one_finite_vector_of_its_own_sentence(tmp_path):
    corpus = Corpus.of([*SENTENCES[:2], [f"w{i % 7}" for i in range(300)]])
    for extractor in extractors(tmp_path):
        store = fill(extractor, corpus, tmp_path / extractor.name)
        values = store.gather(np.arange(corpus.n_words))
        assert values.shape == (corpus.n_words, len(extractor.layer_names), extractor.dim)
        assert np.isfinite(values).all()
        alone = extractor.extract([SENTENCES[0]]).values.astype(np.float16).astype(np.float32)
        np.testing.assert_allclose(values[: len(WORDS)], alone, atol=2e-3)
