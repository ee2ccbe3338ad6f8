"""The page as one self-contained HTML file: what is data stays data, whatever it is called."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

from embedbench.report.charts import chart_specs
from embedbench.report.vega import vega_script

_SCRIPTS = ("base.js", "sorting.js", "summary.js", "table.js", "charts.js", "answers.js", "account.js", "start.js")
"""The page's own script, in order; every file holds one concept."""


def render_page(content: Mapping[str, Any]) -> str:
    """The whole file.

    Data are embedded as JSON in which no character can end the element. The page's policy lets only its own scripts
    run, told by their hashes, and lets nothing ask another host: should a text ever reach the page as markup, the
    browser would refuse to run it.

    Raises:
        MissingExtraError: Altair is not installed.
    """
    script = "\n".join(_part(name) for name in _SCRIPTS)
    vega = vega_script()
    for name, text in (("the page's script", script), ("vega.js.gz", vega)):
        assert "</script" not in text.lower(), name
    parts = {
        "policy": html.escape(_policy(vega, script, live=bool(content.get("live")))),
        "version": html.escape(str(content["version"])),
        "title": html.escape(str(content["title"])),
        "style": _part("style.css"),
        "data": embedded_json(content),
        "specs": embedded_json(chart_specs()),
        "vega": vega,
        "script": script,
    }
    # One pass: what is put in is never searched for further places.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place.group(1)], _part("template.html"))


def embedded_json(value: Any) -> str:
    r"""JSON that may stand inside a script element: no tag, comment or entity can begin in it.

    >>> embedded_json("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    # A lone half of a surrogate pair cannot be written as UTF-8; JSON can spell it.
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half.group()):04x}", text)


def _policy(*scripts: str, live: bool) -> str:
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    # Vega compiles its expressions; nothing else needs eval.
    return (
        f"default-src 'none'; script-src {hashes} 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; "
        f"connect-src {chr(39)}{'self' if live else 'none'}{chr(39)}; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _part(name: str) -> str:
    return str(_files().joinpath(name).read_text(encoding="utf-8"))


def _files() -> Any:
    return resources.files("embedbench.report").joinpath("page")
