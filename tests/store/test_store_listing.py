"""What a cache holds, and removing from it."""

from __future__ import annotations

import pytest
from store_toy import Toy, toy_corpus

from embedbench.errors import StoreError
from embedbench.store import fill, remove, store_folder, stores


def test_stores_are_listed_and_removed(tmp_path):
    corpus = toy_corpus(600)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "manifest.json").write_text('{"mine": 1}')
    (tmp_path / "a file").write_text("")
    folders = [store_folder(tmp_path, toy, corpus) for toy in (Toy(name="a"), Toy(name="b", dim=7))]
    filled = [fill(Toy(name="a"), corpus, folders[0]), fill(Toy(name="b", dim=7), corpus, folders[1])]
    (folders[1] / "shard-00001.safetensors").unlink()

    first, second = stores(tmp_path)
    assert (first.folder, first.name, first.key) == (folders[0], "a", filled[0].layout.key)
    assert (first.words, first.complete) == (corpus.n_words, True)
    assert first.bytes == sum(path.stat().st_size for path in folders[0].glob("shard-*"))
    assert (second.name, second.complete) == ("b", False)

    assert remove(folders[0]) > first.bytes
    assert [store.name for store in stores(tmp_path)] == ["b"]


def test_only_stores_are_removed(tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(StoreError, match=f"{tmp_path} is not a store: it has no readable manifest.json"):
        remove(tmp_path)
    assert (tmp_path / "manifest.json").exists()


def test_a_missing_cache_has_no_stores(tmp_path):
    assert stores(tmp_path / "none") == []
