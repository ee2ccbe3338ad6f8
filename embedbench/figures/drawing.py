"""How pictures look and how they are written: readable in black and white, the same bytes for the same figures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from embedbench.errors import ConfigurationError, MissingExtraError

SUFFIXES = (".png", ".svg", ".pdf")
"""What a picture's file may be called."""

LINES = ("-", "--", ":", "-.", (0, (6, 1.5, 1.5, 1.5, 1.5, 1.5)), (0, (8, 2)), (0, (1, 3)), (0, (3, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "P", "v", "X", "<")
COLOURS = ("#0b6fa4", "#c8501e", "#2a8a62", "#a64d86", "#a87800", "#5a57b0", "#4b5a63", "#b03a48")
"""Of the series, in order; line, marker and colour change together, so that none is needed to tell series apart."""

_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
    # Text stays text: it can be searched, and it is the same whatever fonts are installed.
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    # Element names would otherwise be drawn anew in every process.
    "svg.hashsalt": "embedbench",
    "figure.dpi": 100,
    "savefig.dpi": 150,
}


@contextmanager
def drawing() -> Iterator[Any]:
    """Matplotlib's figure class, with the style of this package; needs no display and touches no global state.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError(needed_by="a picture", package="matplotlib", extra="report") from None
    with mpl.rc_context(_STYLE):
        yield Figure


def series(number: int) -> dict[str, Any]:
    """Line, marker and colour of a series; further series repeat colours with other lines and markers."""
    turn = number // len(COLOURS)
    return {
        "linestyle": LINES[(number + turn) % len(LINES)],
        "marker": MARKERS[(number + 3 * turn) % len(MARKERS)],
        "color": COLOURS[number % len(COLOURS)],
    }


def checked_path(path: Path) -> Path:
    """The path, if its name says what kind of picture it is; asked before anything is computed.

    Raises:
        ConfigurationError: the suffix is none of `SUFFIXES`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigurationError(f"a picture is a {', '.join(SUFFIXES)} file; {path} is none of these")
    return path


def save(figure: Any, path: Path) -> Path:
    """Writes the figure as what its suffix says, without a date: the same figure gives the same bytes."""
    import matplotlib as mpl

    kind = checked_path(path).suffix.lower()[1:]
    metadata: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}[kind]
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(_STYLE):
        figure.savefig(path, format=kind, metadata=metadata, bbox_inches="tight")
    return path
