"""Overrides that make a cell small."""

SMALL = (
    "task.files={train: 'grammar:train:60:1', dev: 'grammar:dev:30:1', test: 'grammar:test:40:1'}",
    "training.min_updates=20",
    "training.max_epochs=2",
    "resamples=99",
    "seeds=[0]",
    "extractor.size=16",
)
"""Overrides that make a cell with `extractor=random` take a second."""
