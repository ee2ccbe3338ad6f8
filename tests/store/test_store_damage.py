"""Damage is found and mended; a disk or a folder that refuses loses nothing."""

from __future__ import annotations

import errno
import hashlib
import importlib
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_toy import Toy, toy_corpus

from embedbench.errors import StoreError
from embedbench.store import estimate, fill, inspection, shard, stores
from embedbench.store.rounding import read_rounding

CORPUS = toy_corpus(1300)
SIZES = importlib.import_module("embedbench.store.estimate")  # the package's name of the same spelling is the function


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("shard-*.safetensors"))
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    fill(Toy(), CORPUS, folder)
    return digests(folder)


def rebuilt_shards(folder: Path, tmp_path: Path) -> list[str]:
    """The first words of the shards that a new process would rebuild."""
    log = tmp_path / "log"
    log.write_text("")
    inspection._verified.clear()
    fill(Toy(log=str(log)), CORPUS, folder)
    return [line.split()[1] for line in log.read_text().splitlines()]


def test_a_truncated_shard_is_rebuilt(tmp_path, whole):
    folder = tmp_path / "s"
    fill(Toy(), CORPUS, folder)
    victim = folder / "shard-00001.safetensors"
    for size in (0, 5, 200, victim.stat().st_size - 1):
        os.truncate(victim, size)
        assert rebuilt_shards(folder, tmp_path) == ["w512.0"]
        assert digests(folder) == whole


def test_a_longer_shard_is_rebuilt(tmp_path, whole):
    fill(Toy(), CORPUS, tmp_path / "s")
    with open(tmp_path / "s" / "shard-00002.safetensors", "ab") as stream:
        stream.write(b"\0")
    assert rebuilt_shards(tmp_path / "s", tmp_path) == ["w1024.0"]
    assert digests(tmp_path / "s") == whole


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), in_header=st.booleans())
def test_one_flipped_bit_anywhere_is_found(tmp_path_factory, where, bit, in_header):
    folder = tmp_path_factory.mktemp("flip")
    path, corpus = folder / "shard-00000.safetensors", toy_corpus(20)
    layout = fill(Toy(), corpus, folder).layout
    content = bytearray(path.read_bytes())
    header = 8 + int.from_bytes(content[:8], "little")
    offset = int(where * header) if in_header else header + int(where * (len(content) - header))
    content[offset] ^= 1 << bit
    path.write_bytes(content)
    assert shard.damage(path, layout, 0, verify=True) is not None


def test_a_flipped_bit_is_rebuilt_and_told(tmp_path, whole):
    folder = tmp_path / "s"
    fill(Toy(), CORPUS, folder)
    victim = folder / "shard-00002.safetensors"
    content = bytearray(victim.read_bytes())
    content[-3] ^= 16
    victim.write_bytes(content)
    assert rebuilt_shards(folder, tmp_path) == ["w1024.0"]
    assert digests(folder) == whole


def test_a_shard_of_another_place_is_rebuilt(tmp_path, whole):
    folder = tmp_path / "s"
    fill(Toy(), CORPUS, folder)
    (folder / "shard-00000.safetensors").write_bytes((folder / "shard-00001.safetensors").read_bytes())
    assert rebuilt_shards(folder, tmp_path) == ["w0.0"]
    assert digests(folder) == whole


def test_a_torn_manifest_is_written_again(tmp_path, whole):
    folder = tmp_path / "s"
    fill(Toy(), CORPUS, folder)
    manifest = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").write_bytes(manifest[:40])
    (folder / "shard-00001.safetensors").unlink()
    assert rebuilt_shards(folder, tmp_path) == ["w512.0"]
    assert (folder / "manifest.json").read_bytes() == manifest


def test_a_flipped_bit_in_the_manifest_is_no_other_store(tmp_path, whole):
    folder = tmp_path / "s"
    fill(Toy(), CORPUS, folder)
    manifest = (folder / "manifest.json").read_bytes()
    for place in range(0, len(manifest), 23):
        damaged = bytearray(manifest)
        damaged[place] ^= 1
        (folder / "manifest.json").write_bytes(damaged)
        assert rebuilt_shards(folder, tmp_path) == []
        assert (folder / "manifest.json").read_bytes() == manifest or json.loads(damaged) == json.loads(manifest)
    assert digests(folder) == whole


@pytest.mark.parametrize(
    "content", ['{"key": 7, "extractor": "toy", "shards": "x", "words": 1}', "[" * 100_000, '{"key": "k"}', "\xff"]
)
def test_a_manifest_with_other_kinds_is_none(tmp_path, content):
    folder = tmp_path / "s"
    folder.mkdir()
    (folder / "manifest.json").write_text(content, "latin-1")
    assert stores(tmp_path) == []
    fill(Toy(), CORPUS, folder)
    assert [store.complete for store in stores(tmp_path)] == [True]


@pytest.mark.parametrize(
    "content", ['{"computed": 7}', '{"computed": "bf16", "error": {"x": NaN}}', '{"computed": "bf16", "y": 1}', "[["]
)
def test_a_damaged_precision_is_not_handed_on_to_records(tmp_path, content):
    (tmp_path / "precision.json").write_text(content)
    assert read_rounding(tmp_path) == {}


def test_checksums_are_compared_once_per_process(tmp_path, monkeypatch):
    fill(Toy(), CORPUS, tmp_path)
    inspection._verified.clear()
    compared = []
    checksum = shard._checksum
    monkeypatch.setattr(shard, "_checksum", lambda stream: compared.append(stream.name) or checksum(stream))
    fill(Toy(), CORPUS, tmp_path, verify=False)
    assert compared == []
    fill(Toy(), CORPUS, tmp_path)
    assert len(compared) == 3
    fill(Toy(), CORPUS, tmp_path)
    assert len(compared) == 3
    os.utime(tmp_path / "shard-00001.safetensors")
    fill(Toy(), CORPUS, tmp_path)
    assert len(compared) == 4


def refuse(code: int, from_call: int):
    """A sync that fails like the system does, from its n-th call on."""
    calls = iter(range(1, 1000))
    sync = os.fsync

    def failing(descriptor: int) -> None:
        if next(calls) >= from_call:
            raise OSError(code, os.strerror(code))
        sync(descriptor)

    return failing


def test_a_full_disk_keeps_finished_shards(tmp_path, monkeypatch, whole):
    folder = tmp_path / "s"
    # The new folder and the manifest sync three times; then each shard syncs its file and its folder, so that the
    # sixth call is the second shard.
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse(errno.ENOSPC, 6))
        with pytest.raises(StoreError, match=rf"'toy' in {folder}: No space left on device; .* kB were to be written"):
            fill(Toy(), CORPUS, folder)
    assert sorted(path.name for path in folder.glob("shard-*")) == ["shard-00000.safetensors"]
    assert rebuilt_shards(folder, tmp_path) == ["w512.0", "w1024.0"]
    assert digests(folder) == whole


def test_too_little_free_space_is_told_before_filling(tmp_path, monkeypatch):
    monkeypatch.setattr(SIZES, "free_bytes", lambda _folder: 4000)
    size = estimate(Toy(), CORPUS).bytes
    with pytest.raises(StoreError, match=rf"needs {size / 1e3:.1f} kB more in {tmp_path}, where 4.0 kB are free"):
        fill(Toy(), CORPUS, tmp_path)


def test_a_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=rf"in {tmp_path}/file/s: Not a directory .*; .* were to be written"):
        fill(Toy(), CORPUS, tmp_path / "file" / "s")


def test_an_unwritable_folder_is_refused(tmp_path, monkeypatch):
    def forbidden(self, *_args, **_options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "mkdir", forbidden)
    with pytest.raises(StoreError, match=rf"in {tmp_path}: Permission denied \({tmp_path}/locks\)"):
        fill(Toy(), CORPUS, tmp_path)


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("mounting is not possible here: there is no mount command")
    if mounted.returncode:
        pytest.skip(f"mounting is not permitted here: {mounted.stderr.strip()}")
    yield folder
    # Lazily: memory maps of a test may live on until they are collected.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_real_full_disk(small_disk, monkeypatch):
    toy, folder = Toy(dim=50), small_disk / "s"
    size = estimate(toy, CORPUS).bytes
    assert size > 1 << 20
    with pytest.raises(StoreError, match="are free; free some space"):
        fill(toy, CORPUS, folder)
    assert not folder.exists()
    # Another program takes the space while we write: the check beforehand cannot know.
    monkeypatch.setattr(SIZES, "free_bytes", lambda _folder: 1 << 40)
    with pytest.raises(StoreError, match=r"No space left on device.*finished shards are kept"):
        fill(toy, CORPUS, folder)
    kept = sorted(path.name for path in folder.iterdir())
    assert kept == ["locks", "manifest.json", "shard-00000.safetensors"]


def test_a_finished_store_may_be_read_only(small_disk):
    corpus = toy_corpus(600)
    filled = fill(Toy(), corpus, small_disk / "s")
    everything = filled.gather(np.arange(corpus.n_words))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    inspection._verified.clear()
    again = fill(Toy(), corpus, small_disk / "s")
    np.testing.assert_array_equal(again.gather(np.arange(corpus.n_words)), everything)
    with pytest.raises(StoreError, match="Read-only file system"):
        fill(Toy(), corpus, small_disk / "t")
