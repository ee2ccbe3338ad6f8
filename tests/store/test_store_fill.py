"""What is written is what the extractor gave, once, and refusals say why."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from safetensors.numpy import load_file
from store_toy import Toy, toy_corpus

from embedbench.errors import ConfigurationError, ContractError, DataError, NumericalError, StoreError
from embedbench.progress import SilentProgress
from embedbench.store import LayeredStore, StoreDtype, estimate, fill, store_folder
from embedbench.store.layout import WORDS_PER_SHARD, shard_bounds
from embedbench.types import Corpus, LayeredWords, WordVectors


@dataclass
class Notes(SilentProgress):
    """Progress that remembers."""

    notes: list[str] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def phase(self, name, total, unit):
        self.done[name] = 0

        def advance(count, doing=""):
            self.done[name] += count

        yield advance
        assert self.done[name] == total, f"{name} ended at {self.done[name]} of {total} {unit}"

    def note(self, message):
        self.notes.append(message)


@dataclass(frozen=True)
class Spoiled(Toy):
    """A toy whose answer is changed before it is given."""

    spoil: object = None

    def extract(self, sentences):
        return self.spoil(super().extract(sentences))


def everything(store: WordVectors) -> np.ndarray:
    return store.gather(np.arange(store.n_words))


def test_float32_round_trip_is_exact(tmp_path):
    corpus = toy_corpus(1300)
    store = fill(Toy(), corpus, tmp_path / "s", dtype=StoreDtype.float32)
    expected = Toy().extract(corpus.sentences)
    assert store.layout.n_shards == 3
    assert (store.n_words, store.n_layers, store.dim) == expected.values.shape
    assert store.nbytes == expected.values.nbytes
    np.testing.assert_array_equal(everything(store), expected.values)
    np.testing.assert_array_equal(store.alignment.out_of_vocabulary, expected.alignment.out_of_vocabulary)
    assert store.alignment.counts() == expected.alignment.counts()
    assert store.alignment.counts()["out_of_vocabulary"] > 10


def test_float16_round_trip_is_numpys_rounding(tmp_path):
    corpus = toy_corpus(600)
    store = fill(Toy(), corpus, tmp_path / "s")
    expected = Toy().extract(corpus.sentences).values
    assert store.nbytes == expected.size * 2
    np.testing.assert_array_equal(everything(store), expected.astype(np.float16).astype(np.float32))
    assert not np.array_equal(everything(store), expected)


def test_any_safetensors_reader_opens_a_shard(tmp_path):
    corpus = toy_corpus(30)
    fill(Toy(), corpus, tmp_path, dtype=StoreDtype.float32, layers=[0, 2])
    tensors = load_file(tmp_path / "shard-00000.safetensors")
    expected = Toy().extract(corpus.sentences)
    assert sorted(name for name in tensors if name.startswith("layer")) == ["layer.0", "layer.2"]
    np.testing.assert_array_equal(tensors["layer.2"], expected.values[:, 2])
    np.testing.assert_array_equal(tensors["alignment.out_of_vocabulary"], expected.alignment.out_of_vocabulary)


def test_kept_layers_are_counted_among_themselves(tmp_path):
    corpus = toy_corpus(30)
    store = fill(Toy(), corpus, tmp_path, dtype=StoreDtype.float32, layers=(0, 2))
    assert store.layer_names == ("block0", "block2")
    assert store.layers == (0, 2)
    np.testing.assert_array_equal(everything(store), Toy().extract(corpus.sentences).values[:, [0, 2]])


@pytest.mark.parametrize("layers", [[], [3], [-1], [1, 0], [1, 1]])
def test_layers_that_do_not_exist_are_refused(tmp_path, layers):
    with pytest.raises(ConfigurationError, match=re.escape(f"'toy' has the layers 0 to 2 and cannot give {layers};")):
        fill(Toy(), toy_corpus(3), tmp_path, layers=layers)


def test_a_finished_store_never_asks_the_extractor(tmp_path):
    log, corpus, progress = tmp_path / "log", toy_corpus(1100), Notes()
    toy = Toy(log=str(log))
    first = everything(fill(toy, corpus, tmp_path / "s", progress=progress))
    assert len(log.read_text().splitlines()) == 3
    assert progress.done == {"extract toy": corpus.n_words}
    assert progress.notes == [f"store: {estimate(toy, corpus)} in {tmp_path / 's'}"]
    log.unlink()
    again = Notes()
    np.testing.assert_array_equal(everything(fill(toy, corpus, tmp_path / "s", progress=again)), first)
    assert not log.exists()
    assert again == Notes()


def test_only_missing_shards_are_built(tmp_path):
    log, corpus, progress = tmp_path / "log", toy_corpus(1100), Notes()
    fill(Toy(), corpus, tmp_path / "s")
    (tmp_path / "s" / "shard-00001.safetensors").unlink()
    fill(Toy(log=str(log)), corpus, tmp_path / "s", progress=progress)
    assert [line.split()[1] for line in log.read_text().splitlines()] == ["w512.0"]
    assert progress.notes[0].endswith("; 2 of 3 shards are there already")


def test_estimate_is_the_size_on_disk(tmp_path):
    corpus = toy_corpus(700, words_each=8)
    toy = Toy(dim=300)
    size = estimate(toy, corpus, StoreDtype.float32, layers=[1])
    store = fill(toy, corpus, tmp_path, dtype=StoreDtype.float32, layers=[1])
    assert (size.bytes, size.words, size.layers, size.dim) == (store.nbytes, corpus.n_words, 1, 300)
    on_disk = sum(path.stat().st_size for path in tmp_path.glob("shard-*"))
    assert size.bytes < on_disk < size.bytes * 1.01
    assert str(size) == f"{corpus.n_words:,} words x 1 layers x 300 dims x 4 bytes = {size.bytes / 1e6:.1f} MB"


def test_cap_is_refused_before_anything_is_written(tmp_path):
    corpus, folder = toy_corpus(600), tmp_path / "s"
    size = estimate(Toy(), corpus, StoreDtype.float32)
    with pytest.raises(StoreError, match=rf"'toy' .*{size.words:,} words x 3 layers .*cap of 1.0 kB; .*store float16"):
        fill(Toy(), corpus, folder, dtype=StoreDtype.float32, max_bytes=1000)
    assert not folder.exists()
    fill(Toy(), corpus, folder, dtype=StoreDtype.float32, max_bytes=size.bytes)
    # A finished store takes no more room, so no cap applies to it.
    fill(Toy(), corpus, folder, dtype=StoreDtype.float32, max_bytes=1)


@pytest.mark.parametrize("sentences", [[], [[], []]])
def test_a_corpus_without_words_is_refused(tmp_path, sentences):
    with pytest.raises(DataError, match=rf"'toy': the corpus has {len(sentences)} sentences and no word"):
        fill(Toy(), Corpus.of(sentences), tmp_path)


def test_a_shard_of_empty_sentences_is_kept_too(tmp_path):
    corpus = Corpus.of([["a", "b"], *[[]] * 1100, ["c"]])
    store = fill(Toy(), corpus, tmp_path, dtype=StoreDtype.float32)
    assert [store.layout.shard_words(shard) for shard in range(3)] == [2, 0, 1]
    np.testing.assert_array_equal(everything(store), Toy().extract([("a", "b", "c")]).values)
    np.testing.assert_array_equal(store.read_layer(2), Toy().extract([("a", "b", "c")]).values[:, 2])
    assert load_file(tmp_path / "shard-00001.safetensors")["layer.0"].shape == (0, 5)


def test_very_long_sentences_make_smaller_shards():
    half = WORDS_PER_SHARD // 2
    corpus = Corpus.of([["a"] * half] * 3 + [["b"] * (3 * half)] + [["c"]] * 600)
    assert shard_bounds(corpus).tolist() == [0, 2, 3, 4, 516, 604]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda v: v[:-1], r"shape \(1, 3, 5\) for sentences 1 to 1 .* expected .* shape \(2, 3, 5\)"),
        (lambda v: v[:, :2], r"shape \(2, 2, 5\)"),
        (lambda v: v[..., :4], r"shape \(2, 3, 4\)"),
    ],
)
def test_a_wrong_shape_names_the_extractor(tmp_path, change, sentence):
    bad = Spoiled(name="bad", spoil=lambda answer: LayeredWords(change(answer.values)))
    with pytest.raises(ContractError, match="'bad' gave float32 vectors of " + sentence):
        fill(bad, Corpus.of([["a", "b"]]), tmp_path)


@pytest.mark.parametrize("positions", [[2], [-1], [1, 0], [1, 1]])
def test_a_wrong_alignment_names_the_extractor(tmp_path, positions):
    def spoil(answer):
        alignment = replace(answer.alignment, windowed=np.array(positions, np.int64))
        return LayeredWords(answer.values, alignment)

    with pytest.raises(ContractError, match=r"'bad' lists windowed positions .* within the 2 words"):
        fill(Spoiled(name="bad", spoil=spoil), Corpus.of([["a", "b"]]), tmp_path)


def planted(value: float) -> Spoiled:
    def spoil(answer):
        if len(answer.values) > 4:
            answer.values[4, 1, 2] = value
        return answer

    return Spoiled(name="bad", spoil=spoil)


@pytest.mark.parametrize(("value", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
@pytest.mark.parametrize("dtype", list(StoreDtype))
def test_numbers_that_are_not_finite_name_the_word(tmp_path, value, shown, dtype):
    corpus = Corpus.of([["a", "b"], [], ["c", "d", "e"]])
    with pytest.raises(NumericalError, match=rf"'bad' gave {shown} in layer 'block1' for word 3 \('e'\) of sentence 3"):
        fill(planted(value), corpus, tmp_path, dtype=dtype)
    assert not list(tmp_path.glob("shard*"))


@pytest.mark.parametrize("value", [70_000.0, -65_520.0])
def test_numbers_too_large_for_float16_are_refused_with_advice(tmp_path, value):
    corpus = Corpus.of([["a", "b"], [], ["c", "d", "e"]])
    sentence = rf"gave {value:g} in layer 'block1' for word 3 \('e'\) of sentence 3, which float16 .* store float32"
    with pytest.raises(NumericalError, match=sentence):
        fill(planted(value), corpus, tmp_path / "half")
    assert everything(fill(planted(value), corpus, tmp_path / "full", dtype=StoreDtype.float32))[4, 1, 2] == value


def test_the_largest_float16_number_is_kept(tmp_path):
    corpus = Corpus.of([["a", "b", "c", "d", "e"]])
    assert everything(fill(planted(65_519.0), corpus, tmp_path))[4, 1, 2] == 65_504


def test_every_choice_that_changes_a_byte_has_its_own_folder(tmp_path):
    corpus, toy = toy_corpus(5), Toy()
    folders = [
        store_folder(tmp_path, toy, corpus),
        store_folder(tmp_path, toy, toy_corpus(6)),
        store_folder(tmp_path, toy, corpus, layers=[0]),
        store_folder(tmp_path, toy, corpus, dtype=StoreDtype.float32),
        store_folder(tmp_path, replace(toy, dim=6), corpus),
        store_folder(tmp_path, replace(toy, name="../b c"), corpus),
    ]
    assert len(set(folders)) == len(folders)
    assert all(folder.parent == tmp_path for folder in folders)
    assert store_folder(tmp_path, toy, corpus, layers=[0, 1, 2]) == folders[0]


def test_two_stores_do_not_share_a_folder(tmp_path):
    fill(Toy(name="first"), toy_corpus(5), tmp_path)
    with pytest.raises(StoreError, match=r"manifest.json is that of extractor 'first' with key .* not of 'second'"):
        fill(Toy(name="second"), toy_corpus(6), tmp_path)


def test_a_store_is_word_vectors(tmp_path):
    vectors: WordVectors = fill(Toy(), toy_corpus(5), tmp_path)
    assert isinstance(vectors, LayeredStore)
