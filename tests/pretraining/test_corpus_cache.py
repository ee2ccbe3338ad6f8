"""A corpus read from its copy is the corpus; another file or rule makes another copy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embedbench.pretraining import corpus_cache
from embedbench.pretraining.corpus import CorpusFiles, read_corpus
from embedbench.pretraining.corpus_cache import cached_corpus

TEXT = "One word after another . Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich .\n" * 3 + "\u2028x y\n"


@pytest.fixture
def options(tmp_path: Path) -> CorpusFiles:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    return CorpusFiles(files=(str(tmp_path / "a.txt"),), held_out=0.2)


def test_the_copy_is_the_corpus_and_is_read_instead_of_the_text(options, tmp_path, monkeypatch) -> None:
    fresh = read_corpus(options)
    first = cached_corpus(options, tmp_path / "cache")
    monkeypatch.setattr(corpus_cache, "read_corpus", None)
    again = cached_corpus(options, tmp_path / "cache")
    for found in (first, again):
        assert found.fingerprint == fresh.fingerprint
        assert (found.types, found.description) == (fresh.types, fresh.description)
        np.testing.assert_array_equal(found.held_out.documents, fresh.held_out.documents)
    assert again.train.ids.dtype == fresh.train.ids.dtype


def test_other_bytes_or_rules_make_another_copy(options, tmp_path) -> None:
    cache = tmp_path / "cache"
    first = cached_corpus(options, cache)
    assert cached_corpus(replace(options, held_out=0.4), cache).train.n_words < first.train.n_words
    Path(options.files[0]).write_text(TEXT + "one more line\n", encoding="utf-8")
    assert cached_corpus(options, cache).fingerprint != first.fingerprint
    assert len(list(cache.iterdir())) == 3


@pytest.mark.parametrize("position", [0.1, 0.5, 0.99])
def test_a_damaged_copy_is_made_again(options, tmp_path, position: float) -> None:
    first = cached_corpus(options, tmp_path / "cache")
    (copy,) = (tmp_path / "cache").iterdir()
    content = bytearray(copy.read_bytes())
    content[int(position * len(content))] ^= 0xFF
    copy.write_bytes(content)
    assert cached_corpus(options, tmp_path / "cache").fingerprint == first.fingerprint
    copy.write_bytes(content[: len(content) // 2])
    assert cached_corpus(options, tmp_path / "cache").fingerprint == first.fingerprint
