"""The scripts of Vega that every page carries: one bundle, made once, so that a report needs neither network nor Node.

`python -m embedbench.report.vega` makes `page/vega.js.gz` anew with the installed vl-convert-python (84 MB, which is
why reports do not ask for it).
"""

from __future__ import annotations

import gzip
import io
from importlib import resources
from pathlib import Path

_FILE = "vega.js.gz"


def vega_script() -> str:
    """JavaScript that defines `vegaEmbed`; to be run as a module, apart from other scripts."""
    packed = resources.files("embedbench.report").joinpath("page", _FILE).read_bytes()
    return gzip.decompress(packed).decode("utf-8")


def bundled() -> bytes:
    """The file's bytes, made from vl-convert-python; the same bytes for the same version."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0, filename="") as stream:
        stream.write(_bundle().encode("utf-8"))
    return packed.getvalue()


def _bundle() -> str:
    import vl_convert

    # Without a snippet it defines vegaEmbed on the window; the stub does not know that it can be left out.
    return vl_convert.javascript_bundle()  # type: ignore[call-arg]


if __name__ == "__main__":
    Path(__file__).parent.joinpath("page", _FILE).write_bytes(bundled())
