"""kill -9 in the middle of `embedbench pretrain` on real text: the loss curve goes on and the model is the same."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from killing import run_until

WORDS = int(os.environ.get("EMBEDBENCH_KILL_WORDS", "0"))
"""Set it for a larger experiment with all five families; 16,000 words and the LSTM alone otherwise."""

FAMILIES: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "word2vec": (["model.min_count=2"], ["extractor=word2vec", "extractor.path=killed/vectors.bin"]),
    "fasttext": (
        ["model.min_count=2", "model.buckets=5000"],
        ["extractor=fasttext", "extractor.path=killed/model.bin"],
    ),
    "bilm": (
        ["model.cell=64", "model.vocabulary=2000", "model.cutoffs=[200]"],
        ["extractor=elmo", "extractor.options=killed/options.json", "extractor.weights_file=killed/weights.hdf5"],
    ),
    "mlm": (
        ["model.n_layers=2", "model.vocabulary=1000", "model.pieces_per_batch=512"],
        ["extractor=transformer", "extractor.model=killed"],
    ),
    "clm": (
        ["model.n_layers=2", "model.vocabulary=1000", "model.pieces_per_batch=512"],
        ["extractor=transformer", "extractor.model=killed"],
    ),
}
"""How each family is trained small, and the extractor that reads what came of it."""

CURVE = ("words", "step", "epoch", "loss", "held_out_loss")


def curve(log: Path) -> list[list[float]]:
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return [[row[name] for name in CURVE if name in row] for row in rows]


def weights(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file() and path.name != "README.md"
    }


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MASC is cut into sentences once for all families."""
    return tmp_path_factory.mktemp("cache")


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES if WORDS else ("bilm",))
def test_a_pretraining_killed_on_masc_goes_on_and_ends_with_the_same_model(
    family: str, data_folder: Path, cache: Path, embedbench, tmp_path: Path
) -> None:
    options, extractor = FAMILIES[family]
    text = f"corpus.files=[{data_folder}/corpus/masc_tagged.txt.xz]"
    budget = (f"budget.words={WORDS or 16_000}", "budget.evaluations=8", "budget.checkpoint_seconds=0")
    command = ("pretrain", f"model={family}", "dim=32", *options, "corpus=masc", text, *budget, "budget.patience=0",
               f"paths.store={cache}")  # fmt: skip
    work = tmp_path / "killed.training"
    log, checkpoint = work / "log.jsonl", work / "checkpoint.pt"

    run_until(
        (*command, "folder=killed"),
        tmp_path,
        lambda _: checkpoint.is_file() and log.is_file() and len(log.read_text("utf-8").splitlines()) >= 3,
    )
    before = curve(log)
    for folder in ("killed", "whole"):
        ended = embedbench(*command, f"folder={folder}")
        assert ended.returncode == 0, ended.stderr
        assert ("resumed after" in ended.stderr) == (folder == "killed")

    resumed = curve(tmp_path / "killed" / "training" / "log.jsonl")
    assert resumed == curve(tmp_path / "whole" / "training" / "log.jsonl")
    assert len(resumed) > len(before)
    # What the checkpoint had not seen is logged anew, with the same figures.
    assert resumed[: len(before)] == before
    assert weights(tmp_path / "killed") == weights(tmp_path / "whole")
    checked = embedbench("check", *extractor)
    assert checked.returncode == 0, checked.stdout
    print(f"{family}: killed after {before[-1][0]:,.0f} words; losses " + " ".join(f"{r[-1]:.3f}" for r in resumed))
    print(f"{family}: {checked.stdout.splitlines()[-1]}")
