"""A sheet for a paper: LaTeX with booktabs, alone or as a whole document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from embedbench.reporting.sheet import BEST_MARK, TIED_MARK, Entry, Row, Sheet

_LINE_WIDTH = 104
"""Characters of small type that stand beside each other on a page; further columns go on in a tabular below."""

_PAGE_ROWS = 42
"""Rows of one float; a longer one would run over the page, which LaTeX only mutters about."""

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "_": r"\_",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "±": r"$\pm$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "→": r"$\rightarrow$",
    "×": r"$\times$",
    "–": "--",
    "\u00a0": "~",
    TIED_MARK: r"$^{\dagger}$",
    BEST_MARK: "",
}

_MINUS = re.compile(r"(?<![\w.])-(?=\d)")
"""The sign of a number, which is longer than a hyphen."""


def latex_escaped(text: str) -> str:
    r"""The text with every character that LaTeX would act upon made harmless.

    >>> print(latex_escaped("word_majority, 5 %"))
    word\_majority, 5 \%
    """
    escaped = "".join(_LATEX.get(character, character) for character in " ".join(text.split()))
    return escaped.replace("--", "-{}-") if "--" in text else escaped


def as_latex(sheet: Sheet) -> str:
    """The sheet as LaTeX tables (package booktabs); best in bold, the notes in the caption.

    Columns that do not fit beside each other go on in a tabular below, rows that do not fit on a page in another float.
    """
    caption = " ".join(f"{latex_escaped(note[0].upper() + note[1:])}." for note in sheet.notes)
    title = f"{latex_escaped(sheet.title[0].upper() + sheet.title[1:])}. " if sheet.title else ""
    floats = list(_floats(sheet))
    written = []
    for number, tabulars in enumerate(floats or [[]]):
        body = "\n\\medskip\n\n".join(tabulars)
        told = title + caption if number == 0 else f"{title}Continued ({number + 1} of {len(floats)})."
        lines = [r"\begin{table}", r"\centering", r"\small", *([body.rstrip()] if body else [])]
        written.append("\n".join([*lines, rf"\caption{{{told}}}", r"\end{table}"]) + "\n")
    return "% needs \\usepackage{booktabs}\n" + "\n".join(written)


def latex_document(sheets: Sequence[Sheet]) -> str:
    """A whole document that pdflatex compiles as it is, one or more pages of A4."""
    body = "\n".join(map(as_latex, sheets))
    # pdflatex stops at a character that its fonts lack, where other engines print it: there it prints the number.
    foreign = sorted({character for character in body if not character.isascii()})
    encoding = [r"\usepackage[T1]{fontenc}"] if foreign else []  # the old encoding's outlines are everywhere
    declared = [
        rf"\ifcsname u8:\detokenize{{{c}}}\endcsname\else\DeclareUnicodeCharacter{{{code}}}{{[U+{code}]}}\fi"
        for c in foreign
        for code in [f"{ord(c):04X}"]
    ]
    return "\n".join(
        [
            r"\documentclass[a4paper]{article}",
            r"\usepackage[margin=2cm]{geometry}",
            r"\usepackage{iftex}",
            r"\ifpdftex",
            r"\usepackage[utf8]{inputenc}",
            *encoding,
            r"\usepackage{textcomp}",
            *declared,
            r"\fi",
            r"\usepackage{booktabs}",
            r"\begin{document}",
            body + r"\end{document}",
            "",
        ]
    )


def _floats(sheet: Sheet) -> Iterator[list[str]]:
    """The tabulars of each float."""
    if not sheet.columns:
        return
    float_: list[str] = []
    used = 0
    for start in range(0, max(1, len(sheet.rows)), _PAGE_ROWS):
        rows = sheet.rows[start : start + _PAGE_ROWS]
        for columns in _blocks(sheet):
            if float_ and used + len(rows) > _PAGE_ROWS:
                yield float_
                float_, used = [], 0
            float_.append(_tabular(sheet, rows, columns))
            used += len(rows) + 3
    yield float_


def _blocks(sheet: Sheet) -> Iterator[list[int]]:
    """Runs of columns that fit on a line beside the first."""
    first = max(map(len, [sheet.corner, *(row.label for row in sheet.rows)]))
    block: list[int] = []
    used = first
    for number, name in enumerate(sheet.columns):
        needed = 3 + max(
            len(name), *(len(row.entries[number].text) + len(row.entries[number].beside) + 1 for row in sheet.rows), 0
        )
        if block and used + needed > _LINE_WIDTH:
            yield block
            block, used = [], first
        block.append(number)
        used += needed
    yield block


def _tabular(sheet: Sheet, rows: Sequence[Row], columns: Sequence[int]) -> str:
    lines = [rf"\begin{{tabular}}{{l{'r' * len(columns)}}}", r"\toprule"]
    lines += [
        _ampersands(latex_escaped(sheet.corner), *(latex_escaped(sheet.columns[c]) for c in columns)),
        r"\midrule",
    ]
    rule = not any(not row.baseline for row in rows)
    for row in rows:
        if row.baseline and not rule:
            lines.append(r"\midrule")
            rule = True
        lines.append(_ampersands(latex_escaped(row.label), *(_entry(row.entries[c]) for c in columns)))
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _entry(entry: Entry) -> str:
    value, beside = (_MINUS.sub("$-$", latex_escaped(text)) for text in (entry.text, entry.beside))
    value = rf"\textbf{{{value}}}" if entry.best else value
    mark = _LATEX[TIED_MARK] if entry.tied else ""
    return f"{value}{mark} {beside}".rstrip()


def _ampersands(*cells: str) -> str:
    return " & ".join(_harmless(cell) for cell in cells) + r" \\"


def _harmless(cell: str) -> str:
    """After the end of a row, brackets and stars would be read as its options."""
    return f"{{}}{cell}" if cell.startswith(("[", "*")) else cell
