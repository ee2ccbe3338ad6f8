"""The cache of tables: whole or absent, built once, mapped not copied."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from embedbench.errors import DataError, NumericalError, StoreError
from embedbench.extractors import table_cache
from embedbench.extractors.static_table import open_table
from embedbench.extractors.table_cache import TableWriter, build_once, cache_folder, map_tensors, write_all

ROWS = [("a", np.array([1, 2], np.float32)), ("b", np.array([3, 6], np.float32)), ("a", np.array([9, 9], np.float32))]


def small(writer: TableWriter) -> None:
    write_all(writer, ROWS)


def test_the_table_is_a_valid_safetensors_file(tmp_path: Path) -> None:
    folder = build_once(tmp_path, small, key="k", source="s")
    tensors = load_file(folder / "table.safetensors")
    vectors = np.stack([row for _, row in ROWS])
    np.testing.assert_array_equal(tensors["vectors"], vectors)
    np.testing.assert_allclose(tensors["mean"], vectors.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(tensors["std"], vectors.std(axis=0), rtol=1e-6)


def test_the_first_of_equal_words_counts(tmp_path: Path) -> None:
    table = open_table(build_once(tmp_path, small, key="k", source="s"))
    assert dict(table.rows) == {"a": 0, "b": 1}


def test_vectors_are_mapped_and_read_only(tmp_path: Path) -> None:
    vectors = map_tensors(build_once(tmp_path, small, key="k", source="s"))["vectors"]
    assert isinstance(vectors, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        vectors[0, 0] = 7


def test_a_table_larger_than_the_buffer_is_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_cache, "_BUFFER_BYTES", 64)
    rows = np.random.default_rng(0).standard_normal((100, 3)).astype(np.float32)
    words = [f"w{i}" for i in range(100)]
    tensors = map_tensors(
        build_once(tmp_path, lambda w: write_all(w, zip(words, rows, strict=True)), key="k", source="s")
    )
    np.testing.assert_array_equal(tensors["vectors"], rows)
    np.testing.assert_allclose(tensors["std"], rows.std(axis=0), rtol=1e-5)


def test_a_nan_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    rows = [*ROWS, ("bad", np.array([1, np.nan], np.float32))]
    with pytest.raises(NumericalError, match="the word 'bad' in my_file holds a NaN"):
        build_once(tmp_path, lambda writer: write_all(writer, rows), key="k", source="my_file")
    assert [p.suffix for p in tmp_path.iterdir()] == [".lock"]


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="my_file holds no word vectors"):
        build_once(tmp_path, lambda writer: writer.finish(), key="k", source="my_file")


def test_a_finished_table_is_not_built_again(tmp_path: Path) -> None:
    def never(writer: TableWriter) -> None:
        raise AssertionError("built again")

    first = build_once(tmp_path, small, key="k", source="s")
    assert build_once(tmp_path, never, key="k", source="s") == first


@pytest.mark.parametrize("file", ["table.safetensors", "vocabulary.json", "sizes.json"])
def test_a_damaged_table_is_built_again(tmp_path: Path, file: str) -> None:
    folder = build_once(tmp_path, small, key="k", source="s")
    whole = (folder / file).read_bytes()
    for damage in (whole[:-3], b"", None):
        if damage is None:
            (folder / file).unlink()
        else:
            (folder / file).write_bytes(damage)
        build_once(tmp_path, small, key="k", source="s")
        assert (folder / file).read_bytes() == whole


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(StoreError, match=r"cannot keep the word table of my_file in .*file.*extractor\.cache=FOLDER"):
        build_once(tmp_path / "file", small, key="k", source="my_file")


def test_a_full_disk_is_explained_and_leaves_nothing(tmp_path: Path) -> None:
    def fills_the_disk(writer: TableWriter) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left on device"):
        build_once(tmp_path, fills_the_disk, key="k", source="s")
    assert [p.suffix for p in tmp_path.iterdir()] == [".lock"]


def _count_and_build(folder: Path) -> None:
    def slow(writer: TableWriter) -> None:
        (folder / f"built-{os.getpid()}").touch()
        time.sleep(0.5)
        small(writer)

    build_once(folder, slow, key="k", source="s")


def test_two_processes_build_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_count_and_build, args=(tmp_path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(list(tmp_path.glob("built-*"))) == 1


def _hang(folder: Path) -> None:
    def never_ends(writer: TableWriter) -> None:
        writer.add(*ROWS[0])
        (folder / "started").touch()
        time.sleep(60)

    build_once(folder, never_ends, key="k", source="s")


def test_a_killed_process_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    process = multiprocessing.get_context("fork").Process(target=_hang, args=(tmp_path,))
    process.start()
    while not (tmp_path / "started").exists():
        time.sleep(0.01)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(10)
    folder = build_once(tmp_path, small, key="k", source="s")
    assert len(open_table(folder).rows) == 2
    assert not list(tmp_path.glob("*.tmp"))


def test_the_folder_follows_option_then_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path / "environment"))
    assert cache_folder(str(tmp_path / "option")) == tmp_path / "option" / "tables"
    assert cache_folder("") == tmp_path / "environment" / "tables"
    monkeypatch.delenv("EMBEDBENCH_CACHE")
    assert cache_folder("").parts[-3:] == (".cache", "embedbench", "tables")


@pytest.mark.parametrize("name", ["table.safetensors", "vocabulary.json", "sizes.json"])
def test_a_flipped_bit_anywhere_is_noticed_and_the_table_built_again(tmp_path: Path, name: str) -> None:
    folder = build_once(tmp_path, small, key="k", source="s")
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    for place in range(0, len(whole[name]), max(1, len(whole[name]) // 40)):
        damaged = bytearray(whole[name])
        damaged[place] ^= 4
        (folder / name).write_bytes(damaged)
        table_cache._seen.clear()
        table = open_table(build_once(tmp_path, small, key="k", source="s"))
        assert (folder / name).read_bytes() == whole[name] or name == "sizes.json"
        assert dict(table.rows) == {"a": 0, "b": 1}
        np.testing.assert_array_equal(table.vectors, np.stack([row for _, row in ROWS]))


def test_sizes_alone_are_asked_for_without_reading_the_vectors(tmp_path: Path) -> None:
    folder = build_once(tmp_path, small, key="k", source="s")
    damaged = bytearray((folder / "table.safetensors").read_bytes())
    damaged[1024] ^= 1  # behind the header
    (folder / "table.safetensors").write_bytes(damaged)
    table_cache._seen.clear()
    assert open_table(build_once(tmp_path, small, key="k", source="s", verify=False)).dim == 2
    assert (folder / "table.safetensors").read_bytes() == damaged
    table = open_table(build_once(tmp_path, small, key="k", source="s"))
    np.testing.assert_array_equal(table.vectors, np.stack([row for _, row in ROWS]))
