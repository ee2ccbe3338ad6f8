"""Where a model comes to be: beside its folder, which appears only when the model is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from embedbench.errors import ConfigurationError
from embedbench.pretraining.card import ModelCard, read_card


@dataclass(frozen=True)
class PretrainedModel:
    """A finished model.

    Attributes:
        folder: its files.
        card: what it is.
        reused: whether it was there already.
    """

    folder: Path
    card: ModelCard
    reused: bool = False


def train_once(folder: Path, key: str, train: Callable[[Path, Path], ModelCard]) -> PretrainedModel:
    """The finished model of that key in a folder; trains it where it is not there yet.

    Args:
        folder: of the model; it appears as a whole or not at all.
        key: fingerprint of everything that the model depends on.
        train: gets an empty folder for the model's files and a lasting one for checkpoints and the log; it writes
            everything but the card.

    Raises:
        ConfigurationError: the folder holds something else.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(folder.name + ".lock")):
        if folder.exists():
            card = read_card(folder)
            if card is None or card.key != key:
                what = "something else" if card is None else f"a {card.family} of another corpus or other options"
                raise ConfigurationError(f"{folder} holds {what}; choose another folder, or delete it to train anew")
            return PretrainedModel(folder, card, reused=True)
        work = folder.with_name(folder.name + ".training")
        work.mkdir(exist_ok=True)
        result = folder.with_name(folder.name + ".tmp")
        shutil.rmtree(result, ignore_errors=True)
        result.mkdir()
        card = train(result, work)
        card.write(result)
        log = work / "log.jsonl"
        if log.is_file():
            shutil.copyfile(log, result / "training" / "log.jsonl")
        os.replace(result, folder)  # noqa: PTH105 — the one call that POSIX promises to be atomic
        shutil.rmtree(work)
        return PretrainedModel(folder, card)
