"""Settings of a cell that takes a second."""

from __future__ import annotations

QUICK = {
    "seeds": [0],
    "resamples": 99,
    "training": {"min_updates": 20, "max_epochs": 2},
    "quiet": True,
}
FILES = {"train": "grammar:train:60:1", "dev": "grammar:dev:30:1", "test": "grammar:test:40:1"}
