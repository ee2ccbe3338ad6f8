"""The model card: what a model was trained on and what came out, as JSON and for reading."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

CARD = Path("training") / "card.json"
"""Below the model's folder, so that the seconds it took are no part of the model's fingerprint."""


@dataclass(frozen=True)
class ModelCard:
    """Facts about a trained model.

    Attributes:
        family: word2vec, fasttext, bilm, mlm or clm.
        key: fingerprint of corpus, options, budget and code version.
        data: one line per source.
        corpus_words: distinct running words that training could see.
        words_seen: words of the budget used, repetitions included.
        steps: updates of the weights.
        parameters: numbers in the saved model.
        training_parameters: numbers in training that are not saved, such as a softmax.
        dim: dimensions of a word vector.
        seconds: of training.
        machine: what it ran on.
        seed: of everything.
        stopped_early: whether the held-out loss ended training before the budget.
        held_out: measures on the held-out text; `unigram_perplexity` is the floor in the same units.
        unit: what a perplexity is per.
        options: of the family.
        command: that made it.
        versions: of the packages that computed it.
    """

    family: str
    key: str
    data: tuple[str, ...]
    corpus_words: int
    words_seen: int
    steps: int
    parameters: int
    training_parameters: int
    dim: int
    seconds: float
    machine: str
    seed: int
    stopped_early: bool
    held_out: dict[str, float]
    unit: str
    options: dict[str, Any]
    command: str = ""
    versions: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # As they come back from JSON, so that a card read is the card written.
        object.__setattr__(self, "options", json.loads(json.dumps(self.options)))

    def write(self, folder: Path) -> None:
        """Writes training/card.json and README.md."""
        path = folder / CARD
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        (folder / "README.md").write_text(self.markdown(), encoding="utf-8")

    def markdown(self) -> str:
        """The card for reading."""
        rows = {
            "family": self.family,
            "data": "<br>".join(self.data),
            "words in the training text": f"{self.corpus_words:,}",
            "words seen in training": f"{self.words_seen:,}" + (" (stopped early)" if self.stopped_early else ""),
            "updates": f"{self.steps:,}",
            "parameters": f"{self.parameters:,} saved, {self.training_parameters:,} more in training",
            "dimensions of a word vector": str(self.dim),
            "seconds": f"{self.seconds:,.0f} on {self.machine}",
            **{name.replace("_", " "): f"{value:,.4g}" for name, value in self.held_out.items()},
            "measured": self.unit,
            "seed": str(self.seed),
            "command": f"`{self.command}`" if self.command else "called from Python",
            "versions": ", ".join(f"{name} {number}" for name, number in self.versions.items()),
            "options": f"`{json.dumps(self.options)}`",
        }
        lines = [f"# {self.family}, trained by embedbench", "", "| | |", "|---|---|"]
        return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows.items())]) + "\n"


def read_card(folder: Path) -> ModelCard | None:
    """The card of a finished model; None where the folder holds none."""
    path = folder / CARD
    if not path.is_file():
        return None
    raw = json.loads(path.read_text(encoding="utf-8"))
    return ModelCard(**{**raw, "data": tuple(raw["data"])})


def package_versions(*names: str) -> dict[str, str]:
    """The installed versions of those packages."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine(device: str, threads: int) -> str:
    """A few words on the hardware."""
    if device.startswith("cuda"):
        import torch

        return str(torch.cuda.get_device_name())
    return f"{threads} thread{'s' if threads > 1 else ''} of a {platform.machine()} CPU"
