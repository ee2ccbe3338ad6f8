"""A sheet as text: for a terminal, for GitHub."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Literal

from embedbench.reporting.sheet import BEST_MARK, TIED_MARK, Entry, Row, Sheet


def as_text(sheet: Sheet, *, width: int | None, color: bool) -> str:
    """The sheet for a terminal; where it is wider than `width` the columns go on in another block below.

    Nothing is ever cut or wrapped inside a block: a single column that is too wide is written too wide.
    """
    from rich.cells import cell_len

    def text(entry: Entry) -> str:
        mark = BEST_MARK if entry.best and not color else ""
        return f"{mark}{entry.text}{TIED_MARK if entry.tied else ''} {entry.beside}".rstrip()

    first = max(map(cell_len, [sheet.corner, *(row.label for row in sheet.rows)]))
    widths = [
        max(map(cell_len, [name, *(text(row.entries[i]) for row in sheet.rows)]))
        for i, name in enumerate(sheet.columns)
    ]
    blocks = [_rich_block(sheet, columns, text, color) for columns in _blocks(first, widths, width)]
    return "\n".join(blocks) + _below(sheet, marked=not color)


def _blocks(first: int, widths: list[int], width: int | None) -> Iterator[list[int]]:
    """Runs of columns that fit beside the first; three spaces stand between columns, one at either end."""
    block: list[int] = []
    used = first + 2
    for column, needed in enumerate(widths):
        if block and width is not None and used + needed + 3 > width:
            yield block
            block, used = [], first + 2
        block.append(column)
        used += needed + 3
    if block:
        yield block


def _rich_block(sheet: Sheet, columns: list[int], text: Callable[[Entry], str], color: bool) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=sheet.title or None, title_justify="left", show_edge=False)
    table.add_column(sheet.corner, no_wrap=True)
    for column in columns:
        table.add_column(Text(sheet.columns[column]), justify="right", no_wrap=True)
    rule = False
    for row in sheet.rows:
        if row.baseline and not rule:
            table.add_section()
            rule = True
        style = "dim" if row.baseline else ""
        cells = [Text(text(row.entries[c]), style="bold" if row.entries[c].best else "") for c in columns]
        table.add_row(Text(row.label), *cells, style=style)
    # As wide as it takes: rich would otherwise shorten words that do not fit.
    text_of = io.StringIO()
    system: Literal["standard"] | None = "standard" if color else None
    Console(file=text_of, width=10_000, force_terminal=color, color_system=system).print(table)
    return "\n".join(line.rstrip() for line in text_of.getvalue().rstrip("\n").split("\n")) + "\n"


def _below(sheet: Sheet, *, marked: bool) -> str:
    notes = list(sheet.notes)
    if marked and any(entry.best for row in sheet.rows for entry in row.entries):
        notes.append(f"{BEST_MARK} is the best of its {sheet.best_of}, baselines apart")
    return "".join(f"\n{note}" for note in notes) + "\n"


def as_markdown(sheet: Sheet) -> str:
    """The sheet as a GitHub table; best in bold."""

    def text(entry: Entry) -> str:
        value = _markdown(entry.text)
        value = f"**{value}**" if entry.best else value
        return f"{value}{TIED_MARK if entry.tied else ''} {_markdown(entry.beside)}".rstrip()

    lines = [f"**{_markdown(sheet.title)}**", ""] if sheet.title else []
    if sheet.columns:
        lines.append(_piped(sheet.corner, *map(_markdown, sheet.columns)))
        lines.append(_piped("---", *("---:" for _ in sheet.columns)))
        lines += [_piped(_label(row), *map(text, row.entries)) for row in sheet.rows]
        lines.append("")
    lines += [f"- {_markdown(note)}" for note in sheet.notes]
    return "\n".join(lines) + "\n"


def _label(row: Row) -> str:
    return f"*{_markdown(row.label)}*" if row.baseline else _markdown(row.label)


def _piped(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown(text: str) -> str:
    """Escaped where GitHub would read markup; `_` inside a word is none."""
    text = " ".join(text.split())
    for character in "\\`*|<[":
        text = text.replace(character, f"\\{character}")
    words = (f"\\{word}" if word.startswith("_") else word for word in text.split(" "))
    return " ".join(f"{word[:-1]}\\_" if word.endswith("_") and len(word) > 1 else word for word in words)
