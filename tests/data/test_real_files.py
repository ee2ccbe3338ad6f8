"""The readers on the real data sets: the counts are those published with the files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from embedbench.data.bio import read_tagged
from embedbench.data.conllu import read_conllu
from embedbench.data.edge_probing import read_edge_probing
from embedbench.data.raw_text import read_sentences
from embedbench.data.tsv import read_labelled_pairs, read_labelled_texts
from embedbench.data.word_pairs import read_word_pairs


@pytest.mark.parametrize(
    ("split", "sentences", "words"),
    [
        pytest.param("train", 12_544, 204_577, marks=pytest.mark.slow),
        ("dev", 2_001, 25_147),
        pytest.param("test", 2_077, 25_094, marks=pytest.mark.slow),
    ],
)
def test_english_ewt(data_folder: Path, split: str, sentences: int, words: int) -> None:
    bank = read_conllu(data_folder / f"ud/en_ewt-ud-{split}.conllu.gz")
    assert (len(bank), sum(len(sentence.tokens) for sentence in bank)) == (sentences, words)
    assert len({sentence.sent_id for sentence in bank}) == sentences
    assert all(sentence.document for sentence in bank)


def test_supersense_files_are_treebanks_too(data_folder: Path) -> None:
    bank = read_conllu(data_folder / "supersense/streusle.ud_test.conllulex.gz")
    assert (len(bank), sum(len(sentence.tokens) for sentence in bank)) == (535, 5_381)


@pytest.mark.slow
def test_the_training_words_of_english_ewt_are_read_in_seconds(data_folder: Path) -> None:
    # In a process of its own, because the type checks of the test run slow every object down tenfold.
    program = (
        "import sys, time; from embedbench.data.conllu import read_conllu; start = time.process_time();"
        "read_conllu(sys.argv[1]); print(time.process_time() - start)"
    )
    path = data_folder / "ud/en_ewt-ud-train.conllu.gz"
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 6, "measured 1.6 to 2.0 s"


@pytest.mark.parametrize(
    ("file", "sentences", "words", "tags"),
    [
        ("ner/wnut17.train.conll.gz", 3_394, 62_730, 13),
        ("ner/wnut17.dev.conll.gz", 1_009, 15_733, 13),
        ("ner/wnut17.test.conll.gz", 1_287, 23_394, 13),
        ("ner/wikiann_en.train.conll.gz", 10_000, 92_201, 7),
        ("ner/wikiann_en.test.conll.gz", 2_000, 17_863, 7),
        pytest.param("chunking/conll2000.train.txt.gz", 8_936, 211_727, 22, marks=pytest.mark.slow),
        ("chunking/conll2000.test.txt.gz", 2_012, 47_377, 19),
    ],
)
def test_tagged_words(data_folder: Path, file: str, sentences: int, words: int, tags: int) -> None:
    found = read_tagged(data_folder / file)
    assert (len(found), sum(len(sentence.words) for sentence in found)) == (sentences, words)
    assert len({tag for sentence in found for tag in sentence.tags}) == tags


def test_parts_of_speech_of_conll2000(data_folder: Path) -> None:
    first = read_tagged(data_folder / "chunking/conll2000.test.txt.gz", tag_column=1, bio=False)[0]
    assert first.words[:4] == ("Rockwell", "International", "Corp.", "'s")
    assert first.tags[:4] == ("NNP", "NNP", "NNP", "POS")


@pytest.mark.parametrize(
    ("name", "rows", "classes"), [("binary", (6_920, 872, 1_821), 2), ("fine", (8_544, 1_101, 2_210), 5)]
)
def test_sentiment(data_folder: Path, name: str, rows: tuple[int, ...], classes: int) -> None:
    for split, expected in zip(("train", "dev", "test"), rows, strict=True):
        path = data_folder / f"sentiment/sst_{name}.{split}.tsv.gz"
        found = read_labelled_texts(path, text="sentence", label="label")
        assert len(found) == expected
        assert {row.label for row in found} == {str(label) for label in range(classes)}


def test_sentence_pairs(data_folder: Path) -> None:
    for split, sick, stsb in (("train", 4_500, 5_749), ("dev", 500, 1_500), ("test", 4_927, 1_379)):
        path = data_folder / f"pairs/sick.{split}.tsv.gz"
        found = read_labelled_pairs(path, first="sentence_A", second="sentence_B", label="entailment_judgment")
        assert len(found) == sick
        assert {row.label for row in found} == {"NEUTRAL", "ENTAILMENT", "CONTRADICTION"}
        path = data_folder / f"pairs/stsb.{split}.tsv.gz"
        scored = read_labelled_pairs(path, first="sentence1", second="sentence2", label="score")
        assert len(scored) == stsb
        assert all(0 <= float(row.label) <= 5 for row in scored)


@pytest.mark.parametrize(
    ("name", "sentences", "targets", "labels", "spans"),
    [
        ("spr2.train", 2_226, 4_925, 20, 2),
        ("spr2.test", 276, 582, 17, 2),
        ("dpr.train", 958, 1_787, 2, 2),
        pytest.param("semeval2010t8.train", 6_851, 6_851, 19, 2, marks=pytest.mark.slow),
        ("semeval2010t8.dev", 1_149, 1_149, 18, 2),
    ],
)
def test_edge_probing(data_folder: Path, name: str, sentences: int, targets: int, labels: int, spans: int) -> None:
    found = read_edge_probing(data_folder / f"edge_probing/{name}.jsonl.gz")
    everything = [target for sentence in found for target in sentence.targets]
    assert (len(found), len(everything)) == (sentences, targets)
    assert len({label for target in everything for label in target.labels}) == labels
    assert {len(target.spans) for target in everything} == {spans}


def test_the_words_under_a_span_are_those_that_the_file_names(data_folder: Path) -> None:
    sentence = read_edge_probing(data_folder / "edge_probing/dpr.dev.jsonl.gz")[0]
    (pronoun, name) = sentence.targets[0].spans
    assert sentence.words[slice(*pronoun)] == ("he",)
    assert sentence.words[slice(*name)] == ("Johnny", "Cage")


@pytest.mark.parametrize(
    ("name", "rows"),
    [("MC-30", 30), ("MEN-TR-3k", 3_000), ("RG-65", 65), ("RW-STANFORD", 2_034), ("SIMLEX-999", 999),
     ("SimVerb-3500", 3_500), ("VERB-143", 144), ("WS-353-ALL", 353), ("WS-353-REL", 252), ("YP-130", 130)],
)  # fmt: skip
def test_word_pairs(data_folder: Path, name: str, rows: int) -> None:
    assert len(read_word_pairs(data_folder / f"wordsim/EN-{name}.txt")) == rows


def test_word_pairs_with_a_header(data_folder: Path) -> None:
    path = data_folder / "wordsim/SimLex-999.full.tsv"
    full = read_word_pairs(path, first="word1", second="word2", score="SimLex999")
    short = read_word_pairs(data_folder / "wordsim/EN-SIMLEX-999.txt")
    assert [(pair.first, pair.second, pair.score) for pair in full] == [
        (pair.first, pair.second, pair.score) for pair in short
    ]


@pytest.mark.parametrize(
    ("file", "options", "words"),
    [
        ("wikitext-2.valid.txt.gz", {}, 213_886),
        ("wikitext-2.test.txt.gz", {}, 241_211),
        ("wikisplit_sentences.txt.gz", {}, 335_309),
        ("masc_tagged.txt.xz", {"comment": "# doc =", "tag_separator": "_"}, 592_536),
        pytest.param("gutenberg_books.txt.xz", {"comment": "# book ="}, 8_500_773, marks=pytest.mark.slow),
    ],
)
def test_raw_text(data_folder: Path, file: str, options: dict[str, str], words: int) -> None:
    assert sum(len(sentence) for sentence in read_sentences(data_folder / "corpus" / file, **options)) == words
