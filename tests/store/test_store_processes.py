"""Killed, racing and long-running processes; each test starts real ones."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import store_toy
from store_toy import Toy, toy_corpus
from test_store_damage import digests

from embedbench.store import fill

N_SENTENCES = 5000
N_SHARDS = 10


def start(folder: Path, *options: object, n_sentences: int = N_SENTENCES) -> subprocess.Popen[str]:
    command = [sys.executable, store_toy.__file__, str(folder), str(n_sentences), *map(str, options)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, str]:
    """The files of an uninterrupted fill in one process."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    fill(Toy(), toy_corpus(N_SENTENCES), folder)
    found = digests(folder)
    assert len(found) == N_SHARDS
    return found


def leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix == ".tmp"]


@pytest.mark.parametrize("sync", [1, 2, 9, 20])
def test_killed_at_a_sync_resumes_to_the_same_bytes(tmp_path, whole, sync):
    # Odd syncs come before the rename, even ones after it; the folder and the manifest sync three times before.
    victim = start(tmp_path / "s", "--die-at-sync", sync + 3)
    victim.communicate(timeout=60)
    assert victim.returncode == -signal.SIGKILL
    assert len(digests(tmp_path / "s")) == sync // 2
    assert len(leftovers(tmp_path / "s")) == sync % 2
    log = tmp_path / "log"
    fill(Toy(log=str(log)), toy_corpus(N_SENTENCES), tmp_path / "s")
    assert len(log.read_text().splitlines() if log.exists() else []) == N_SHARDS - sync // 2
    assert digests(tmp_path / "s") == whole
    assert leftovers(tmp_path / "s") == []


def test_killed_at_any_moment_resumes_to_the_same_bytes(tmp_path, whole):
    moments = random.Random(11)
    killed = 0
    for _ in range(4):
        victim = start(tmp_path / "s", "--seconds", 0.02)
        assert victim.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0.0, 0.12))
        victim.kill()
        victim.communicate(timeout=60)
        killed += victim.returncode == -signal.SIGKILL
    assert killed >= 2
    fill(Toy(), toy_corpus(N_SENTENCES), tmp_path / "s")
    assert digests(tmp_path / "s") == whole
    assert leftovers(tmp_path / "s") == []


def test_eight_processes_build_each_shard_once(tmp_path, whole):
    log = tmp_path / "log"
    racers = [start(tmp_path / "s", "--log", log, "--seconds", 0.2) for _ in range(8)]
    for racer in racers:
        finish(racer)
    built = [line.split() for line in log.read_text().splitlines()]
    assert sorted(first for _, first in built) == sorted(f"w{512 * shard}.0" for shard in range(N_SHARDS))
    assert len({pid for pid, _ in built}) > 1, "the processes did not share the work"
    assert digests(tmp_path / "s") == whole


def test_the_others_take_over_from_a_killed_process(tmp_path, whole):
    log = tmp_path / "log"
    slow = start(tmp_path / "s", "--log", log, "--seconds", 60)
    while not log.exists() or not log.read_text():
        assert slow.poll() is None
        time.sleep(0.01)
    other = start(tmp_path / "s", "--log", log)
    while len(log.read_text().splitlines()) < N_SHARDS:
        assert other.poll() is None
        time.sleep(0.01)
    slow.kill()
    slow.communicate(timeout=60)
    finish(other)
    # The shard that the killed process held was begun twice, every other once.
    assert sorted(line.split()[1] for line in log.read_text().splitlines()).count("w0.0") == 2
    assert len(log.read_text().splitlines()) == N_SHARDS + 1
    assert digests(tmp_path / "s") == whole


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="anonymous memory is read from /proc (Linux)")
def test_memory_does_not_grow_with_the_corpus(tmp_path):
    shape = ("--measure", "--words-each", 16, "--layers", 12, "--dim", 64)
    peaks = []
    for n_sentences in (1536, 9216):
        out = finish(start(tmp_path / str(n_sentences), *shape, n_sentences=n_sentences))
        peaks.append(int(out.split()[-1]))
    shards = [path.stat().st_size for path in (tmp_path / "9216").glob("shard-*")]
    assert sum(shards) > 1.5 * peaks[1], "the store must not fit into the memory that was used"
    # Fifteen more shards; two are in memory at most, and on a slow disk the short run may have held only one.
    assert peaks[1] < peaks[0] + 2 * max(shards), f"filling took {peaks[1]:,} bytes of memory instead of {peaks[0]:,}"
