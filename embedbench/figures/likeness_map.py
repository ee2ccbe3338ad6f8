"""How alike the layers of two extractors are, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64

from embedbench.figures.drawing import drawing


def likeness_figure(
    table: Float64[np.ndarray, "rows columns"],
    rows: tuple[str, Sequence[str]],
    columns: tuple[str, Sequence[str]],
) -> Any:
    """A Matplotlib figure: CKA of every layer with every layer; dark is alike.

    Args:
        table: the values.
        rows: the name of the first extractor and those of its layers.
        columns: of the second.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    with drawing() as figure_class:
        figure = figure_class(figsize=(2.2 + 0.5 * len(columns[1]), 1.4 + 0.42 * len(rows[1])), layout="constrained")
        axes = figure.add_subplot()
        image = axes.imshow(table, cmap="Greys", vmin=0, vmax=1, aspect="auto")
        for (row, column), value in np.ndenumerate(table):
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7,
                      color="white" if value > 0.55 else "black")  # fmt: skip
        for names, put in ((rows[1], axes.set_yticks), (columns[1], axes.set_xticks)):
            put(range(len(names)), [f"{number} {name}" for number, name in enumerate(names)])
        axes.tick_params(axis="x", rotation=45)
        axes.grid(visible=False)
        axes.set_ylabel(f"layer of {rows[0]}")
        axes.set_xlabel(f"layer of {columns[0]}")
        figure.colorbar(image, ax=axes, label="debiased linear CKA (0 unrelated, 1 alike)")
        return figure
