"""Getting data sets from a server on this machine: complete, checked, or refused without a trace."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from filelock import FileLock

from embedbench.data.catalogue import CATALOGUE, DataFile, DataSet, Status, verify
from embedbench.data.conversions import CONVERSIONS, blank_lines, pack
from embedbench.data.download import get, instructions, source_url
from embedbench.data.licences import licence_note
from embedbench.data.resuming import part_of
from embedbench.errors import ConfigurationError, DataError
from embedbench.progress import SilentProgress


@dataclass
class Mirror:
    """A server of files from memory.

    Attributes:
        breaks_after: a connection ends after so many bytes of the body.
        ranges: whether it can go on in the middle of a file.
        sent: how many bytes of bodies it sent in all.
    """

    url: str
    served: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    breaks_after: int | None = None
    ranges: bool = True
    sent: int = 0


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            body = state.served.get(self.path)
            if body is None:
                self.send_error(404)
                return
            begin = 0
            if state.ranges and (asked := self.headers.get("Range")):
                begin = int(asked.removeprefix("bytes=").removesuffix("-"))
                if begin >= len(body):
                    self.send_error(416)
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
            else:
                self.send_response(200)
            rest = body[begin:]
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            rest = rest if state.breaks_after is None else rest[: state.breaks_after]
            state.sent += len(rest)
            self.wfile.write(rest)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Mirror(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


CONTENT = b"label\tsentence\n1\ta joy .\n"
SOURCE = b"1 a joy .\r\n"


def toy(monkeypatch: pytest.MonkeyPatch, *, by_hand: bool = False) -> DataSet:
    def file(path: str, source: str) -> DataFile:
        content_sha256 = hashlib.sha256(CONTENT).hexdigest()
        return DataFile(path, "0" * 64, 1, content_sha256, len(CONTENT), source, "labelled")

    files = [file("toy/toy.tsv.gz", "data/the toy")]
    if by_hand:
        files.append(file("toy/hand.tsv", ""))
    entry = DataSet("toy", tuple(files), "https://github.com/me/toy", "c" * 40, "none", "none", "a toy", "turn it over")
    monkeypatch.setitem(CATALOGUE, "toy", entry)
    return entry


ADDRESS = f"/me/toy/{'c' * 40}/data/the%20toy"


def test_a_real_data_set_arrives_as_the_file_of_the_catalogue(
    data_folder: Path, tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = CATALOGUE["ud_english_ewt"]
    for file in entry.files:
        raw = gzip.decompress((data_folder / file.path).read_bytes())
        mirror.served[source_url(entry, file, "")] = raw
    assert get("ud_english_ewt", tmp_path, mirror=mirror.url).status is Status.PRESENT
    assert verify("ud_english_ewt", tmp_path).status is Status.PRESENT
    assert sorted(path.name for path in (tmp_path / "ud").iterdir()) == sorted(
        Path(file.path).name for file in entry.files
    )
    assert len(mirror.asked) == 3
    get("ud_english_ewt", tmp_path, mirror=mirror.url)
    assert len(mirror.asked) == 3, "what is there is not downloaded again"


def test_what_arrives_is_converted_and_packed(tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    toy(monkeypatch)
    mirror.served[ADDRESS] = SOURCE
    get("toy", tmp_path / "new" / "folder", mirror=mirror.url + "/")
    assert gzip.decompress((tmp_path / "new/folder/toy/toy.tsv.gz").read_bytes()) == CONTENT


def test_progress_is_told_in_bytes(tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []

    class Listener(SilentProgress):
        @contextmanager
        def phase(self, name: str, total: int, unit: str) -> Iterator[object]:
            told.append((name, total, unit))
            yield told.append

        def note(self, message: str) -> None:
            told.append(message)

    toy(monkeypatch)
    mirror.served[ADDRESS] = SOURCE
    get("toy", tmp_path, Listener(), mirror=mirror.url)  # type: ignore[arg-type]
    assert told == [("get toy/toy.tsv.gz", len(CONTENT), "bytes"), len(SOURCE)]


def nothing_below(folder: Path) -> bool:
    return not any(path.is_file() for path in folder.rglob("*"))


def test_other_content_is_refused_without_a_trace(
    tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy(monkeypatch)
    mirror.served[ADDRESS] = b"1 another joy .\n"
    with pytest.raises(DataError, match=r"the%20toy serves is not what the catalogue describes for toy/toy\.tsv\.gz"):
        get("toy", tmp_path, mirror=mirror.url)
    assert nothing_below(tmp_path)


def test_a_missing_source_says_how_to_go_on(tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    toy(monkeypatch)
    with pytest.raises(DataError, match=r"cannot download .*Not Found; .* take data/the toy as toy/toy\.tsv\.gz"):
        get("toy", tmp_path, mirror=mirror.url)
    assert nothing_below(tmp_path)


def test_a_download_that_breaks_off_goes_on_where_it_was(
    tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy(monkeypatch)
    mirror.served[ADDRESS] = SOURCE
    mirror.breaks_after = 2
    with pytest.raises(DataError, match=f"broke off after 8 of {len(SOURCE)} bytes; try again"):
        get("toy", tmp_path, mirror=mirror.url)  # four attempts of two bytes
    assert not (tmp_path / "toy" / "toy.tsv.gz").exists()
    [part] = (tmp_path / "toy").iterdir()
    assert part.read_bytes() == SOURCE[:8]

    mirror.breaks_after, mirror.sent = None, 0
    assert get("toy", tmp_path, mirror=mirror.url).status is Status.PRESENT
    assert mirror.sent == len(SOURCE) - 8
    assert [path.name for path in (tmp_path / "toy").iterdir()] == ["toy.tsv.gz"]


def test_a_server_that_cannot_go_on_begins_again(
    tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy(monkeypatch)
    mirror.served[ADDRESS] = SOURCE
    mirror.breaks_after, mirror.ranges = 4, False
    with pytest.raises(DataError, match=f"broke off after 4 of {len(SOURCE)} bytes"):
        get("toy", tmp_path, mirror=mirror.url)
    mirror.breaks_after = None
    assert get("toy", tmp_path, mirror=mirror.url).status is Status.PRESENT


@pytest.mark.parametrize("kept", [b"1 another beginning", b"x" * 5, SOURCE, SOURCE + b"more"])
def test_what_was_kept_and_does_not_fit_is_fetched_again(
    tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch, kept: bytes
) -> None:
    entry = toy(monkeypatch)
    mirror.served[ADDRESS] = SOURCE
    part = part_of(tmp_path / "toy" / "toy.tsv.gz", entry.files[0].content_sha256)
    part.parent.mkdir()
    part.write_bytes(kept)
    assert get("toy", tmp_path, mirror=mirror.url).status is Status.PRESENT
    assert [path.name for path in (tmp_path / "toy").iterdir()] == ["toy.tsv.gz"]


def test_two_processes_do_not_write_into_one_part(
    tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = toy(monkeypatch)
    mirror.served[ADDRESS] = SOURCE
    part = part_of(tmp_path / "toy" / "toy.tsv.gz", entry.files[0].content_sha256)
    part.parent.mkdir()
    part.write_bytes(SOURCE[:4])
    with FileLock(f"{part}.lock"):  # of another process
        assert get("toy", tmp_path, mirror=mirror.url).status is Status.PRESENT
    assert mirror.sent == len(SOURCE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_licence_has_a_word_on_what_it_asks(name: str) -> None:
    note = licence_note(CATALOGUE[name])
    assert note.startswith(f"licence {CATALOGUE[name].licence}")
    free = ("public domain", "free for any use", "PDDL")
    assert ": " in note.removeprefix("licence ") or CATALOGUE[name].licence.startswith(free)


def test_an_endless_source_is_stopped(tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    toy(monkeypatch)
    mirror.served[ADDRESS] = bytes(300_000)
    with pytest.raises(DataError, match="serves more than"):
        get("toy", tmp_path, mirror=mirror.url)


def test_no_server_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy(monkeypatch)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(DataError, match=r"cannot download http://127\.0\.0\.1:9/me/toy/.*; check the connection"):
        get("toy", tmp_path, mirror="http://127.0.0.1:9")


def test_a_file_of_the_user_is_never_replaced(tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    toy(monkeypatch)
    mirror.served[ADDRESS] = SOURCE
    mine = tmp_path / "toy" / "toy.tsv.gz"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    with pytest.raises(DataError, match=rf"{mine} is not the file of the data set 'toy' .* move it away"):
        get("toy", tmp_path, mirror=mirror.url)
    assert mine.read_bytes() == b"mine"


def test_what_must_be_made_by_hand_is_said_after_the_rest_arrived(
    tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy(monkeypatch, by_hand=True)
    mirror.served[ADDRESS] = SOURCE
    expected = f"toy/hand.tsv must be made by hand from https://github.com/me/toy at commit {'c' * 40}: turn it over"
    with pytest.raises(DataError, match=expected):
        get("toy", tmp_path, mirror=mirror.url)
    assert (tmp_path / "toy" / "toy.tsv.gz").is_file()
    (tmp_path / "toy" / "hand.tsv").write_bytes(CONTENT)
    assert get("toy", tmp_path, mirror=mirror.url).status is Status.PRESENT


def test_a_folder_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy(monkeypatch)
    mirror.served[ADDRESS] = SOURCE
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=f"cannot write {tmp_path}/file/toy/toy.tsv.gz: Not a directory"):
        get("toy", tmp_path / "file", mirror=mirror.url)


def test_a_full_disk_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    toy(monkeypatch)
    mirror.served[ADDRESS] = SOURCE
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"cannot write .*: No space left on device; nothing was changed"):
        get("toy", tmp_path, mirror=mirror.url)
    assert nothing_below(tmp_path)


def test_only_http_is_spoken(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the mirror 'file:///etc' is no http or https address"):
        get("sick", tmp_path, mirror="file:///etc")


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_instructions_of_every_data_set_name_files_and_source(name: str) -> None:
    entry = CATALOGUE[name]
    said = instructions(entry, list(entry.files))
    assert entry.url in said
    assert all(file.path in said for file in entry.files)
    assert "\n" not in said
    assert not said.endswith(": ")


def test_conversions_are_idempotent_where_they_only_normalise() -> None:
    messy = b"\xef\xbb\xbfa b\r\n\r\n\r\nc  d"
    for name in ("as_is", "lines", "tabs"):
        once = CONVERSIONS[name](messy)
        assert CONVERSIONS[name](once) == once
    assert blank_lines(blank_lines(b"\n\na\tO\n\n\n\nb\tO")) == b"a\tO\n\nb\tO\n\n"


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".txt"])
def test_packing_gives_the_same_bytes_every_time(suffix: str) -> None:
    assert pack(CONTENT, suffix) == pack(CONTENT, suffix)
