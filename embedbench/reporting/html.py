"""A sheet as one HTML page that needs nothing else: for a mail, a wiki, a supplement."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from embedbench.reporting.sheet import TIED_MARK, Entry, Row, Sheet

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; border-top: 2px solid; border-bottom: 2px solid; margin-bottom: 1em; }
caption { text-align: left; font-weight: bold; padding-bottom: .5em; }
th, td { padding: .3em .8em; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th[scope=row], thead th:first-child { text-align: left; font-weight: normal; }
thead th { border-bottom: 1px solid; font-weight: normal; }
tbody.baselines { border-top: 1px solid; font-style: italic; }
small { opacity: .75; }
ul { max-width: 60em; padding-left: 1.2em; font-size: .9em; }
@media print { .wide { overflow: visible; } }
"""


def as_html(sheets: Sequence[Sheet], title: str = "embedbench table") -> str:
    """A complete page with a table per sheet; best in bold, every text escaped, nothing loaded from anywhere."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(map(_table, sheets))
        + "</body>\n</html>\n"
    )


def _table(sheet: Sheet) -> str:
    caption = f"<caption>{escape(sheet.title)}</caption>\n" if sheet.title else ""
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in (sheet.corner, *sheet.columns))
    bodies = [
        f"<tbody{kind}>\n{''.join(map(_row, rows))}</tbody>\n"
        for kind, rows in (
            ("", [row for row in sheet.rows if not row.baseline]),
            (' class="baselines"', [row for row in sheet.rows if row.baseline]),
        )
        if rows
    ]
    table = f"<table>\n{caption}<thead><tr>{heads}</tr></thead>\n{''.join(bodies)}</table>\n" if sheet.columns else ""
    notes = "".join(f"<li>{escape(note)}</li>\n" for note in sheet.notes)
    return f'<div class="wide" tabindex="0">\n{table}</div>\n<ul>\n{notes}</ul>\n'


def _row(row: Row) -> str:
    return f'<tr><th scope="row">{escape(row.label)}</th>{"".join(map(_entry, row.entries))}</tr>\n'


def _entry(entry: Entry) -> str:
    value = escape(entry.text)
    value = f"<b>{value}</b>" if entry.best else value
    mark = f"<sup>{TIED_MARK}</sup>" if entry.tied else ""
    beside = f" <small>{escape(entry.beside)}</small>" if entry.beside else ""
    return f"<td>{value}{mark}{beside}</td>"
