"""Makes the pictures of README and docs from records: `make demo pictures`.

    python docs/pictures/make.py RESULTS docs/images

The table is what a terminal shows, by rich's SVG export; the layers are what `embedbench layers --figure` draws; the
page is what `embedbench report` writes, as headless Chromium shows it without any network. Where there is no Chromium
with its driver, the pictures of the page are left as they are, and the script says so.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from embedbench.figures.drawing import save
from embedbench.figures.layer_curves import layer_figure
from embedbench.registry import load_components
from embedbench.report.content import content
from embedbench.report.html import render_page
from embedbench.report.options import ReportOptions
from embedbench.reporting.options import TableOptions
from embedbench.reporting.table import render_table
from embedbench.results.reading import Results, read_records

LARGEST = 300_000
"""Bytes of a picture; a repository keeps every version of it."""

_COLUMNS = 118
_WINDOW = (1240, 1080)
_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars",
          "--host-resolver-rules=MAP * ~NOTFOUND", "--force-color-profile=srgb")  # fmt: skip


def draw_table(results: Results, options: TableOptions, command: str, path: Path) -> None:
    """Writes what `embedbench table` shows on a terminal."""
    colored = TableOptions(**{**vars(options), "color": True})
    text = Text.from_ansi(render_table(results.records, colored, _COLUMNS))
    # Renderers of SVG disagree about blanks at the beginning of a line.
    lines = [line[1:] if line.plain.startswith(" ") else line for line in text.split("\n")]
    with open("/dev/null", "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=_COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text("\n").join(lines))
    # A fixed name for the styles, or every export has another; and no font from elsewhere, any monospace one will do.
    drawn = re.sub(
        r"@font-face \{.*?\}\s*", "", console.export_svg(title=command, unique_id="embedbench"), flags=re.DOTALL
    )
    path.write_text(drawn, encoding="utf-8")


def draw_page(page: str, folder: Path) -> list[Path]:
    """Writes the top of the page in light and dark and its layers; none where there is no browser."""
    with tempfile.TemporaryDirectory() as place, _browser() as browser:
        if browser is None:
            sys.stderr.write("no chromium with chromedriver and selenium: the pictures of the page stay as they are\n")
            return []
        file = Path(place) / "report.html"
        file.write_text(page, encoding="utf-8")
        browser.get(file.as_uri())
        drawn = []
        for name, theme, section in (
            ("report_light.png", "light", None),
            ("report_dark.png", "dark", "scores"),
        ):
            browser.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
            browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
            _wait(browser)
            browser.execute_script(
                "const e = document.getElementById(arguments[0]); window.scrollTo(0, e ? e.offsetTop - 60 : 0)", section
            )
            path = folder / name
            browser.save_screenshot(str(path))
            drawn.append(_smaller(path))
        return drawn


def _wait(browser: Any) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    all_drawn = "return [...document.querySelectorAll('.chart')].every((c) => c.querySelector('svg, .note'))"
    WebDriverWait(browser, 300).until(lambda driver: driver.execute_script(all_drawn))


@contextmanager
def _browser() -> Iterator[Any]:
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.options import Options
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        yield None
        return
    found, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if found is None or driver is None:
        yield None
        return
    options = Options()
    options.binary_location = found
    for flag in (*_FLAGS, f"--window-size={_WINDOW[0]},{_WINDOW[1]}"):
        options.add_argument(flag)
    opened = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield opened
    finally:
        opened.quit()


def _smaller(path: Path) -> Path:
    """The same picture in 256 colours, which a page of text hardly needs."""
    from PIL import Image

    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    return path


def main() -> int:
    """Draws all pictures; 1 when one is too large."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--extractors", help="for table and layers, separated by commas")
    parser.add_argument("--tasks", help="for table and layers, separated by commas")
    parsed = parser.parse_args()
    parsed.folder.mkdir(parents=True, exist_ok=True)
    load_components()
    found = read_records(parsed.results)
    extractors = tuple((parsed.extractors or "").split(",")) if parsed.extractors else ()
    tasks = tuple((parsed.tasks or "").split(",")) if parsed.tasks else ()
    options = TableOptions(extractors=extractors, tasks=tasks)
    table, layers = parsed.folder / "table.svg", parsed.folder / "layers.png"
    draw_table(found, options, f"embedbench table results/{parsed.results.name}", table)
    save(layer_figure(found.records, options), layers)
    page = render_page(content(found, ReportOptions(extractors=extractors, tasks=tasks, trace=False)))
    drawn = [table, _smaller(layers), *draw_page(page, parsed.folder)]
    for path in drawn:
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
    return int(any(path.stat().st_size > LARGEST for path in drawn))


if __name__ == "__main__":
    sys.exit(main())
