from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedbench.errors import ConfigurationError, DataError
from embedbench.pretraining.corpus import CorpusFiles, WordForm, read_corpus, recognise
from embedbench.pretraining.encoded_text import EncodedText, TrainingCorpus


def spelled(corpus: TrainingCorpus, part: EncodedText) -> list[tuple[str, ...]]:
    return [tuple(corpus.types[k] for k in part.words_of(np.array([s]))) for s in range(part.n_sentences)]


def test_the_last_documents_are_held_out_whole(tmp_path: Path) -> None:
    path = tmp_path / "books.txt.gz"
    lines = [f"# book = {k}\nword{k} one .\nword{k} two .\n" for k in range(10)]
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.write("".join(lines))
    corpus = read_corpus(CorpusFiles((str(path),), words=WordForm.spaces, held_out=0.15))
    assert corpus.train.documents.tolist() == [0, 2, 4, 6, 8, 10, 12, 14, 16]
    assert spelled(corpus, corpus.held_out) == [
        ("word8", "one", "."), ("word8", "two", "."), ("word9", "one", "."), ("word9", "two", ".")
    ]  # fmt: skip
    assert "10 documents, 48 words for training, 12 held out" in corpus.description[0]


def test_a_line_with_a_number_sign_that_is_no_mark_is_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("# PRICES OF WHEAT\nthey rose .\nthey fell .\n", encoding="utf-8")
    corpus = read_corpus(CorpusFiles((str(path),), words=WordForm.spaces))
    assert spelled(corpus, corpus.train)[0] == ("#", "PRICES", "OF", "WHEAT")


def test_a_text_of_one_document_keeps_its_last_sentences(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(f"w{k} w .\n" for k in range(20)), encoding="utf-8")
    corpus = read_corpus(CorpusFiles((str(path),), held_out=0.1))
    assert [s[0] for s in spelled(corpus, corpus.held_out)] == ["w18", "w19"]


def test_long_sentences_are_cut_and_lose_nothing() -> None:
    corpus = TrainingCorpus.of([[tuple("abcdefg")], [("x",)]], longest=3, held_out=0.1)
    assert spelled(corpus, corpus.train) == [tuple("abc"), tuple("def"), ("g",)]


@given(
    st.lists(
        st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(tuple), min_size=1, max_size=4),
        min_size=2,
        max_size=8,
    ),
    st.floats(0.01, 0.5),
)
def test_every_word_is_in_one_part_and_documents_stay_whole(documents: list, share: float) -> None:
    corpus = TrainingCorpus.of(documents, held_out=share)
    both = spelled(corpus, corpus.train) + spelled(corpus, corpus.held_out)
    assert both == [sentence for document in documents for sentence in document]
    assert min(corpus.train.n_words, corpus.held_out.n_words) > 0
    sizes = np.concatenate([np.diff(corpus.train.documents), np.diff(corpus.held_out.documents)])
    assert sizes.tolist() == [len(document) for document in documents]


def test_one_sentence_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("only this one .\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"one\.txt.*1 sentences; expected at least two"):
        read_corpus(CorpusFiles((str(path),)))


def test_a_share_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"held_out=0\.9"):
        CorpusFiles(("a",), held_out=0.9)


def test_masc_is_recognised_as_tagged_and_split_by_document(data_folder: Path) -> None:
    corpus = read_corpus(CorpusFiles((str(data_folder / "corpus" / "masc_tagged.txt.xz"),)))
    assert "tagged" in corpus.description[0]
    assert corpus.train.n_words + corpus.held_out.n_words == 592_536
    assert len(corpus.train.documents) + len(corpus.held_out.documents) - 2 == 392
    assert "the" in corpus.types
    assert "the_DT" not in corpus.types


def test_books_are_recognised_as_running_text(data_folder: Path) -> None:
    marks = ("# book =",)
    assert recognise(data_folder / "corpus" / "gutenberg_books.txt.xz", marks) is WordForm.text
    assert recognise(data_folder / "corpus" / "wikisplit_sentences.txt.gz", marks) is WordForm.spaces
