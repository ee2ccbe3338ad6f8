"""From the bytes of a source repository to the bytes of the catalogue: small, pure, and judged by the checksum."""

from __future__ import annotations

import gzip
import io
import lzma
from collections.abc import Callable


def as_is(source: bytes) -> bytes:
    """The source, unchanged."""
    return source


def lines(source: bytes) -> bytes:
    r"""The source without byte-order mark, with LF line ends and exactly one of them at the end.

    >>> lines(b"a\r\nb")
    b'a\nb\n'
    """
    return source.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"


def tabs(source: bytes) -> bytes:
    r"""Rows whose fields were separated by any white space, separated by one TAB; empty lines are gone.

    >>> tabs(b"car automobile  3.92\r\n\r\n")
    b'car\tautomobile\t3.92\n'
    """
    return b"".join(b"\t".join(row.split()) + b"\n" for row in source.split(b"\n") if row.strip())


def labelled(source: bytes) -> bytes:
    r"""Lines `LABEL text` as rows `label TAB sentence` under a header.

    >>> labelled(b"1 a joy .\n")
    b'label\tsentence\n1\ta joy .\n'
    """
    rows = lines(source).removesuffix(b"\n").split(b"\n")
    return b"label\tsentence\n" + b"".join(row.replace(b" ", b"\t", 1) + b"\n" for row in rows)


def blank_lines(source: bytes) -> bytes:
    r"""Rows of token and tag with exactly one blank line after each sentence.

    >>> blank_lines(b"\na\tO\n\n\nb\tO\n")
    b'a\tO\n\nb\tO\n\n'
    """
    out: list[bytes] = []
    for row in lines(source).split(b"\n"):
        if row.strip():
            out.append(row)
        elif out and out[-1]:
            out.append(b"")
    return b"\n".join(out) + b"\n"


CONVERSIONS: dict[str, Callable[[bytes], bytes]] = {
    function.__name__: function for function in (as_is, lines, tabs, labelled, blank_lines)
}
"""Every conversion by the name that the catalogue uses."""


def pack(content: bytes, suffix: str) -> bytes:
    """The content packed for a file name with this suffix; the same bytes at any time."""
    match suffix:
        case ".gz":
            buffer = io.BytesIO()
            with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as stream:
                stream.write(content)
            return buffer.getvalue()
        case ".xz":
            return lzma.compress(content, preset=9 | lzma.PRESET_EXTREME)
        case _:
            return content
