"""What goes wrong is said in one sentence, with an exit code, and loses nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from small_cells import SMALL

TREE = "1\tthe\tthe\tDET\tDT\t_\t2\tdet\t_\t_\n2\tbank\tbank\tNOUN\tNN\t_\t0\troot\t_\t_\n\n"


def one_sentence(ended: subprocess.CompletedProcess[str], *parts: str) -> None:
    """The error on stderr is one line of ours, holding these parts, and no traceback."""
    assert ended.returncode in (1, 2), ended.stderr
    said = [line for line in ended.stderr.splitlines() if line.startswith("embedbench: ")]
    assert len(said) == 1, ended.stderr
    for part in parts:
        assert part in said[0]
    assert "Traceback" not in ended.stderr


def files(train: str) -> str:
    return f"task.files={{train: {train}, dev: 'grammar:dev:30:1', test: 'grammar:test:40:1'}}"


def test_a_malformed_treebank_line_names_file_and_line(embedbench, tmp_path):
    (tmp_path / "bad.conllu").write_text(TREE + "1\tonly\tthree\n\n", "utf-8")
    ended = embedbench("run", "extractor=random", "task=upos", *SMALL, files("bad.conllu"))
    one_sentence(ended, "bad.conllu", "line 4", "10")
    assert ended.returncode == 1


def test_an_empty_file_is_named(embedbench, tmp_path):
    (tmp_path / "empty.conllu").write_text("", "utf-8")
    one_sentence(embedbench("run", "extractor=random", "task=upos", *SMALL, files("empty.conllu")), "empty.conllu")


def test_a_nan_in_precomputed_vectors_names_file_sentence_and_word(embedbench, tmp_path):
    vectors = np.ones((2, 4), np.float32)
    vectors[1, 2] = np.nan
    np.savez(tmp_path / "own.npz", **{"0": vectors})
    (tmp_path / "own.txt").write_text("the bank\n", "utf-8")
    (tmp_path / "tree.conllu").write_text(TREE, "utf-8")
    small = [override for override in SMALL if not override.startswith(("extractor.", "task.files"))]
    same = "task.files={train: tree.conllu, dev: tree.conllu, test: tree.conllu}"
    ended = embedbench(
        "run",
        "extractor=precomputed",
        "extractor.path=own.npz",
        "extractor.sentences=own.txt",
        "extractor.axes=words_dim",
        "task=upos",
        same,
        *small,
    )
    one_sentence(ended, "own.npz", "bank")


def test_missing_weights_name_the_file(embedbench):
    small = [override for override in SMALL if not override.startswith("extractor.")]
    ended = embedbench(
        "run", "extractor=elmo", "extractor.options=no.json", "extractor.weights_file=no.hdf5", "task=upos", *small
    )
    one_sentence(ended, "no.json")


def test_missing_data_says_where_it_was_looked_for_and_what_gets_it(embedbench, tmp_path):
    ended = embedbench("run", "extractor=random", "task=upos", EMBEDBENCH_DATA=str(tmp_path / "nothing"))
    one_sentence(ended, str(tmp_path / "nothing"), "embedbench data get ud_english_ewt")


def test_a_cache_that_cannot_be_a_folder_loses_nothing(embedbench, tmp_path):
    (tmp_path / "file").write_text("not a folder", "utf-8")
    ended = embedbench("run", "extractor=random", "task=upos", *SMALL, EMBEDBENCH_CACHE=str(tmp_path / "file"))
    one_sentence(ended, str(tmp_path / "file"))
    assert (tmp_path / "file").read_text("utf-8") == "not a folder"


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of 100 kB; skipped where mounting is not permitted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system is not permitted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_under_the_store_is_said_with_the_figures(embedbench, tmp_path, tiny_disk: Path):
    wide = [override for override in SMALL if not override.startswith("extractor.")]
    arguments = ("run", "extractor=random", "extractor.size=512", "task=upos", "results=kept", *wide)
    ended = embedbench(*arguments, EMBEDBENCH_CACHE=str(tiny_disk))
    one_sentence(ended, str(tiny_disk), "kB")
    # With room again the same command goes through.
    again = embedbench(*arguments)
    assert again.returncode == 0, again.stderr


def test_a_cap_refuses_with_the_figures(embedbench):
    ended = embedbench("run", "extractor=random", "task=upos", "runtime.max_store_gb=0.00001", *SMALL)
    one_sentence(ended, "10.0 kB")
