"""The last entry of a record's text: checksums of the text before it and of the predictions beside it.

A bit that flips on a disk turns 0.873 into 0.773, which is as good a record as any; CRC-32 finds every single flip.
Records older than the entry have none and are read as they are.
"""

from __future__ import annotations

import re
import zlib

from embedbench.errors import DataError

_ENTRY = re.compile(rb', "checksum": "([0-9a-f]{8})( [0-9a-f]{8})?"\}\n\Z')
_NEAR_THE_END = 80


def sealed(text: bytes, predictions: bytes | None) -> bytes:
    r"""The text of a JSON object with its checksums as the last entry, and a line end.

    >>> sealed(b'{"schema": 1}', None)
    b'{"schema": 1, "checksum": "59191f88"}\n'
    """
    beside = b"" if predictions is None else f" {zlib.crc32(predictions):08x}".encode()
    return text[:-1] + f', "checksum": "{zlib.crc32(text + beside):08x}'.encode() + beside + b'"}\n'


def unsealed(text: bytes) -> bytes:
    """The text without its checksums, if they fit.

    Raises:
        DataError: the text was changed after it was written.
    """
    entry = _ENTRY.search(text)
    if entry is None:
        if b', "checksum": ' in text[-_NEAR_THE_END:]:
            raise DataError(
                "its last entry is not a checksum as it was written: it was damaged or changed; run the cell again"
            )
        return text
    plain = text[: entry.start()] + b"}"
    if int(entry[1], 16) != zlib.crc32(plain + (entry[2] or b"")):
        raise DataError(
            "its checksum does not fit its text: it was damaged or changed after it was written; run the cell again, "
            "or delete the entry `checksum` if you changed it yourself"
        )
    return plain


def vouches(text: bytes, predictions: bytes) -> bool | None:
    """Whether the predictions are those that the record was written with; None where it does not tell."""
    entry = _ENTRY.search(text)
    return None if entry is None or not entry[2] else int(entry[2], 16) == zlib.crc32(predictions)
