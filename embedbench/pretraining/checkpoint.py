"""Checkpoints that survive a kill at any moment, and the log that goes with them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch

from embedbench.errors import ConfigurationError, DataError
from embedbench.files.durable import sync_folder


class Checkpoint:
    """The newest state of a training in a folder, replaced as a whole."""

    def __init__(self, folder: Path, key: str) -> None:
        self._path = folder / "checkpoint.pt"
        self._key = key

    def write(self, state: dict[str, Any]) -> None:
        """Replaces the state on disk."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".tmp")
        with open(temporary, "wb") as stream:
            torch.save({"key": self._key, **state}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, self._path)  # noqa: PTH105 — the one call that POSIX promises to be atomic
        sync_folder(self._path.parent)

    def read(self) -> dict[str, Any] | None:
        """The state on disk; None where there is none.

        Raises:
            ConfigurationError: it belongs to another training.
            DataError: it is damaged.
        """
        if not self._path.is_file():
            return None
        try:
            state: dict[str, Any] = torch.load(self._path, weights_only=True, map_location="cpu")
        except Exception as error:  # torch raises many kinds for a damaged file
            raise DataError(
                f"the checkpoint {self._path} is damaged ({type(error).__name__}); delete {self._path.parent} to train "
                "from the beginning"
            ) from error
        if not isinstance(state, dict) or "key" not in state:
            raise DataError(f"{self._path} is no checkpoint of embedbench; delete {self._path.parent} to begin anew")
        if state["key"] != self._key:
            raise ConfigurationError(
                f"{self._path} is a checkpoint of another corpus, other options or another version; choose another "
                "folder, or delete it to train from the beginning"
            )
        return state


class TrainingLog:
    """JSON lines: one per evaluation, with the loss of training since the last one."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "log.jsonl"

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def n_lines(self) -> int:
        """Lines written so far."""
        return len(self._path.read_text(encoding="utf-8").splitlines())

    def rewind(self, n_lines: int) -> None:
        """Keeps the first n lines: what a resumed training will write again."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lines = self._path.read_text(encoding="utf-8").splitlines() if self._path.is_file() else []
        self._path.write_text("".join(f"{line}\n" for line in lines[:n_lines]), encoding="utf-8")

    def add(self, row: dict[str, Any]) -> None:
        """Appends one line."""
        with open(self._path, "a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
