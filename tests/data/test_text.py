"""Lines of plain and compressed files, and what is said when they cannot be read."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.data.text import numbered_lines, open_text
from embedbench.errors import DataError

PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    ".txt": bytes,
    ".gz": gzip.compress,
    ".xz": lambda raw: lzma.compress(raw, preset=0),
    ".bz2": bz2.compress,
}


def read_whole(path: Path) -> str:
    with open_text(path) as stream:
        return stream.read()


@pytest.mark.parametrize("suffix", PACKINGS)
def test_every_packing_gives_the_same_numbered_lines(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"words{suffix}"
    path.write_bytes(PACKINGS[suffix]("één\r\n\nlast".encode()))
    assert list(numbered_lines(path)) == [(1, "één"), (2, ""), (3, "last")]
    with open_text(path) as stream:
        assert stream.read() == "één\r\n\nlast"


def test_only_lf_ends_a_line_and_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "odd.txt"
    path.write_bytes("\ufeffa\u2028b\x85c\rd\n".encode())
    assert list(numbered_lines(path)) == [(1, "a\u2028b\x85c\rd")]


@settings(max_examples=40)
@given(st.lists(st.text(st.characters(exclude_characters="\0\n\r", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_lines_survive_a_round_trip(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    if lines[0].startswith("\ufeff"):
        lines[0] = "x" + lines[0]
    path = tmp_path_factory.mktemp("lines") / "lines.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode(), compresslevel=1))
    assert [line for _, line in numbered_lines(path)] == lines


@pytest.mark.parametrize("suffix", PACKINGS)
@pytest.mark.parametrize("read", [lambda p: list(numbered_lines(p)), read_whole])
def test_wrong_utf8_names_file_line_and_byte(tmp_path: Path, suffix: str, read: Callable[[Path], object]) -> None:
    path = tmp_path / f"latin1{suffix}"
    # Far enough in that the decoder meets it in a later block.
    path.write_bytes(PACKINGS[suffix](b"good line\n" * 5000 + "caf\xe9\n".encode("latin-1")))
    with pytest.raises(DataError, match=rf"{path}, line 5001: byte 4 of the line \(0xe9\) is not UTF-8"):
        read(path)


@pytest.mark.parametrize(("suffix", "form"), [(".gz", "gzip"), (".xz", "xz"), (".bz2", "bzip2")])
def test_a_file_cut_short_names_the_line_it_ends_at(tmp_path: Path, suffix: str, form: str) -> None:
    path = tmp_path / f"cut{suffix}"
    whole = PACKINGS[suffix](b"".join(b"line %d %s\n" % (i, os.urandom(20).hex().encode()) for i in range(1, 8_001)))
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=rf"{path}, line \d+: the {form} file ends here, cut short") as caught:
        list(numbered_lines(path))
    line = int(str(caught.value).partition(", line ")[2].partition(":")[0])
    assert line > 3_000 if suffix == ".gz" else line < 5_000  # the others unpack in large blocks


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2"])
def test_a_plain_file_with_a_packed_name_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"plain{suffix}"
    path.write_text("just text, long enough to be no header of anything\n")
    with pytest.raises(DataError, match=rf"{path}, line 1: the \w+ file is damaged here, or is no \w+ file at all"):
        list(numbered_lines(path))


def test_a_flipped_byte_in_a_gzip_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "flipped.gz"
    packed = bytearray(gzip.compress(os.urandom(3000).hex().encode()))
    packed[-6] ^= 1  # the checksum at the end
    path.write_bytes(packed)
    with pytest.raises(DataError, match=f"{path}, line .*damaged"):
        list(numbered_lines(path))


def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"cannot read {tmp_path}/none.txt: No such file"):
        list(numbered_lines(tmp_path / "none.txt"))
    with pytest.raises(DataError, match=f"cannot read {tmp_path}: Is a directory"):
        open_text(tmp_path)
