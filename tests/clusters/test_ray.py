"""Sweeps and extraction on a real Ray cluster of two nodes: the same records and bytes, and nothing lost."""

from __future__ import annotations

import os
import re
import signal

import pytest
from sweeping import EXTRACTION, FAILING, HELD, SWEEP, Workplace, until

pytestmark = pytest.mark.slow
RAY = ("launcher=ray",)


def test_a_sweep_gives_the_same_records_as_in_one_process(ray_cluster, local, tmp_path):
    there = Workplace(tmp_path, **ray_cluster)
    said = there.run(*SWEEP, *RAY, "results=results")
    assert "4 cells: 4 done" in said
    assert there.numbers() == local.numbers()
    assert len(there.numbers()) == 4
    assert set(re.findall(r"done on (\S+)", said)) == {"127.0.0.2", "127.0.0.3"}


def test_a_cell_whose_worker_is_killed_is_begun_again(ray_cluster, tmp_path):
    there = Workplace(tmp_path, **ray_cluster)
    running = there.start(*HELD, *RAY, f"extractor.folder={tmp_path}", "results=results")
    killed, _ = there.waiting(2)
    os.kill(killed, signal.SIGKILL)
    there.go()
    said, _ = running.communicate(timeout=600)
    assert running.returncode == 0, said
    assert "2 cells: 2 done" in said


def test_workers_that_die_and_cells_that_fail_are_named_and_a_rerun_finishes_the_sweep(ray_cluster, tmp_path):
    there = Workplace(tmp_path, **ray_cluster)
    held = (*HELD, *RAY, f"extractor.folder={tmp_path}", "results=results")
    running = there.start(*held, "launcher.retries=0")
    os.kill(there.waiting(2)[0], signal.SIGKILL)
    there.go()
    said, _ = running.communicate(timeout=600)
    assert running.returncode == 1, said
    assert "2 cells: 1 died, 1 done" in said
    assert re.search(r"embedbench: [ab] x upos: died: WorkerCrashedError", said), said
    assert "2 cells: 1 done, 1 skipped" in there.run(*held)

    said = there.run(*FAILING, *RAY, "results=failing", code=1)
    assert "4 cells: 2 done, 2 failed" in said
    assert re.search(r"embedbench: word2vec_googlenews x upos: failed: \S+", said), said


def test_an_extraction_whose_worker_and_driver_are_killed_ends_with_the_same_bytes(ray_cluster, tmp_path):
    whole = Workplace(tmp_path / "whole")
    whole.go()
    whole.run(*EXTRACTION, f"extractor.folder={whole.folder}")

    there = Workplace(tmp_path / "there", **ray_cluster)
    there.go()
    slowly = (*EXTRACTION, "runtime=ray", f"extractor.folder={there.folder}", "extractor.seconds=3")
    running = there.start(*slowly)
    until(lambda: len(there.shards()) >= 1)
    (there.folder / "go").unlink()  # all that begin a shard from now on wait in it
    os.kill(there.waiting(2)[0], signal.SIGKILL)
    there.go()
    n = len(there.shards())
    until(lambda: len(there.shards()) >= n + 2)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    kept = {path: path.stat().st_mtime_ns for path in there.shards()}
    assert n + 2 <= len(kept) < len(whole.shards())

    said = there.run(*slowly)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "a finished shard was built again"
    assert there.store() == whole.store()
    assert len(there.shards()) == 9
    assert re.search(r"process \d+ on 127.0.0.[23]: \d shards, [\d,]+ words, peak memory [\d.]+ MB", said), said
