from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from pretraining_toy import Interrupting, Noting, toy_corpus

from embedbench.errors import ConfigurationError, NumericalError
from embedbench.extractors.elmo import Elmo
from embedbench.fingerprint import file_fingerprint
from embedbench.pretraining.bilm_training import train_bilm
from embedbench.pretraining.budget import Budget
from embedbench.pretraining.options import BilmTraining

SMALL = BilmTraining(
    projection=8, cell=16, filters=(8, 8), character_dim=4, cutoffs=(4,), words_per_batch=128, learning_rate=1e-2
)
BUDGET = Budget(words=12_000, evaluations=6, checkpoint_seconds=0.0)


def log_rows(folder: Path) -> list[dict]:
    text = (folder / "training" / "log.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    return [{k: v for k, v in row.items() if k not in ("seconds", "words_per_second")} for row in rows]


def test_it_learns_what_a_unigram_model_cannot(tmp_path: Path) -> None:
    noting = Noting()
    model = train_bilm(toy_corpus(), SMALL, BUDGET, tmp_path / "m", progress=noting)
    card = model.card
    assert card.held_out["perplexity"] < 0.5 * card.held_out["unigram_perplexity"]
    assert 12_000 <= card.words_seen < 12_000 + 128
    assert card.dim == 16
    assert len([n for n in noting.notes if "perplexity" in n]) == 6
    losses = [row["held_out_loss"] for row in log_rows(model.folder)]
    assert losses[-1] < losses[0]
    assert "unigram perplexity" in (model.folder / "README.md").read_text(encoding="utf-8")


def test_interrupted_and_resumed_it_is_the_same_model_bit_for_bit(tmp_path: Path) -> None:
    corpus = toy_corpus()
    budget = replace(BUDGET, words=4000)
    whole = train_bilm(corpus, SMALL, budget, tmp_path / "whole", seed=1)
    for words in (1500, 3000):
        with pytest.raises(KeyboardInterrupt):
            train_bilm(corpus, SMALL, budget, tmp_path / "cut", seed=1, progress=Interrupting(words))
        assert not (tmp_path / "cut").exists()
        assert (tmp_path / "cut.training" / "checkpoint.pt").is_file()
    noting = Noting()
    cut = train_bilm(corpus, SMALL, budget, tmp_path / "cut", seed=1, progress=noting)
    assert any(note.startswith("resumed after 2,") for note in noting.notes)
    assert file_fingerprint(cut.folder / "weights.hdf5") == file_fingerprint(whole.folder / "weights.hdf5")
    assert log_rows(cut.folder) == log_rows(whole.folder)
    assert not (tmp_path / "cut.training").exists()


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    budget = replace(BUDGET, words=300)
    files = [train_bilm(toy_corpus(), SMALL, budget, tmp_path / str(s), seed=s).folder / "weights.hdf5" for s in (1, 2)]
    assert file_fingerprint(files[0]) != file_fingerprint(files[1])


def test_the_number_of_threads_is_an_option_and_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = []
    monkeypatch.setattr(Noting, "note", lambda self, message: inside.append(torch.get_num_threads()))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        train_bilm(toy_corpus(), SMALL, replace(BUDGET, words=300), tmp_path / "m", progress=Noting())
        assert set(inside) == {1}
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_finished_model_is_not_trained_again_and_not_overwritten(tmp_path: Path) -> None:
    budget = replace(BUDGET, words=300)
    first = train_bilm(toy_corpus(), SMALL, budget, tmp_path / "m")
    again = train_bilm(toy_corpus(), SMALL, budget, tmp_path / "m")
    assert again.reused
    assert again.card == first.card
    with pytest.raises(ConfigurationError, match=r"/m holds a bilm of another corpus or other options"):
        train_bilm(toy_corpus(), replace(SMALL, dropout=0.2), budget, tmp_path / "m")
    (tmp_path / "mine").mkdir()
    with pytest.raises(ConfigurationError, match=r"/mine holds something else"):
        train_bilm(toy_corpus(), SMALL, budget, tmp_path / "mine")


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train_bilm(toy_corpus(), SMALL, BUDGET, tmp_path / "m", progress=Interrupting(1000))
    with pytest.raises(ConfigurationError, match=r"m\.training/\S+ is a checkpoint of another corpus"):
        train_bilm(toy_corpus(), SMALL, BUDGET, tmp_path / "m", seed=5)


def test_training_that_gets_worse_stops_early_and_keeps_the_best_weights(tmp_path: Path) -> None:
    corpus = toy_corpus(24, documents=4)
    budget = Budget(words=20_000, evaluations=60, patience=3)
    model = train_bilm(corpus, replace(SMALL, dropout=0.0), budget, tmp_path / "m")
    rows = log_rows(model.folder)
    assert model.card.stopped_early
    assert model.card.words_seen < 20_000
    assert model.card.held_out["loss"] == min(row["held_out_loss"] for row in rows)
    assert [row["held_out_loss"] for row in rows].index(model.card.held_out["loss"]) == len(rows) - 4


def test_a_loss_that_explodes_is_said(tmp_path: Path) -> None:
    with pytest.raises(NumericalError, match=r"became (nan|inf) at step \d+.*now 1e\+30"):
        train_bilm(toy_corpus(), replace(SMALL, learning_rate=1e30), BUDGET, tmp_path / "m")


def test_it_loads_through_the_extractor(tmp_path: Path) -> None:
    folder = train_bilm(toy_corpus(), replace(SMALL, half=True), replace(BUDGET, words=300), tmp_path / "m").folder
    elmo = Elmo(options=str(folder / "options.json"), weights_file=str(folder / "weights.hdf5"))
    assert elmo.extract([("The", "dog"), ("unseen",)]).values.shape == (3, 3, 16)


_SCRIPT = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from pretraining_toy import toy_corpus
from test_bilm_training import SMALL, BUDGET
from embedbench.pretraining.bilm_training import train_bilm
train_bilm(toy_corpus(), SMALL, BUDGET, Path(sys.argv[1]), seed=1)
"""


@pytest.mark.slow
def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _SCRIPT, str(tmp_path / "cut"), str(Path(__file__).parent)]
    process = subprocess.Popen(command)
    deadline = time.monotonic() + 120
    while not (tmp_path / "cut.training" / "checkpoint.pt").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run(command, check=True, timeout=300)
    whole = train_bilm(toy_corpus(), SMALL, BUDGET, tmp_path / "whole", seed=1)
    assert log_rows(tmp_path / "cut") == log_rows(whole.folder)
