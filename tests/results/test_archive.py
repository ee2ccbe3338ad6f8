"""Zip files from strangers: whatever could harm is refused with one sentence, before anything is read."""

from __future__ import annotations

import contextlib
import stat
import struct
import zipfile

import pytest

from embedbench.errors import ConfigurationError, DataError
from embedbench.results import archive as archive_module
from embedbench.results import predictions as predictions_module
from embedbench.results.archive import Archive, write_archive
from embedbench.results.predictions import read_predictions
from embedbench.results.reading import read_records


def zipped(path, *members, mode=stat.S_IFREG | 0o644):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(info, content)
    return path


def patched(path, old, new):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    return path


def test_what_is_written_is_read_and_has_the_same_bytes_each_time(tmp_path):
    files = {"b/x.parquet": b"PAR1" * 100, "a.txt": b"a" * 1000}
    for name in ("one.zip", "two.zip"):
        write_archive(tmp_path / name, files)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    found = Archive(tmp_path / "one.zip")
    assert {name: found.read(name) for name in found.names} == files
    assert found.folder("b").read("x.parquet") == files["b/x.parquet"]
    with pytest.raises(DataError, match=r"holds no c\.txt"):
        found.read("c.txt")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../record.json", "leads out of the folder"),
        ("records/../../etc/passwd", "leads out of the folder"),
        ("/etc/passwd", "absolute path"),
        ("C:/windows/record.json", "absolute path"),
        ("records\\record.json", "backslash"),
        ("records/a\nb", "control character"),
        ("records//record.json", "not a plain path"),
        ("./record.json", "not a plain path"),
    ],
)
def test_names_that_leave_the_folder_are_refused(tmp_path, name, said):
    path = zipped(tmp_path / "evil.zip", (name.replace("\\", "Q"), b"{}"))
    if "\\" in name:  # zipfile itself never writes one on this system
        patched(path, b"recordsQrecord", b"records\\record")
    with pytest.raises(DataError, match=said):
        _ = Archive(path).names
    with pytest.raises(DataError, match=said):
        read_records(path)


def test_links_and_devices_are_refused(tmp_path):
    for kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO):
        path = zipped(tmp_path / "link.zip", ("record.json", b"/etc/passwd"), mode=kind | 0o777)
        with pytest.raises(DataError, match=r"'record\.json' is a link"):
            _ = Archive(path).names


def test_a_name_that_stands_twice_is_refused(tmp_path):
    for other in ("a/record.json", "A/record.json"):
        with pytest.warns(UserWarning, match="Duplicate") if other == "a/record.json" else contextlib.nullcontext():
            path = zipped(tmp_path / "twice.zip", ("a/record.json", b"1"), (other, b"2"))
        with pytest.raises(DataError, match="stands in it twice"):
            _ = Archive(path).names


def test_bombs_are_refused_by_what_they_declare(tmp_path, monkeypatch):
    path = zipped(tmp_path / "bomb.zip", ("record.json", b"0" * 3_000_000), ("b", b"0" * 3_000_000))
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(archive_module, "MAX_FILE_BYTES", 1_000_000)
    with pytest.raises(DataError, match=r"'record\.json' would unpack to 3,000,000 bytes; at most 1,000,000"):
        _ = Archive(path).names
    monkeypatch.setattr(archive_module, "MAX_BYTES", 5_000_000)
    with pytest.raises(DataError, match=r"would unpack to 6,000,000 bytes; at most 5,000,000"):
        _ = Archive(path).names
    monkeypatch.setattr(archive_module, "MAX_FILES", 1)
    with pytest.raises(DataError, match="holds 2 files; at most 1"):
        _ = Archive(path).names


def test_a_bomb_that_declares_little_is_cut_off(tmp_path):
    """Three million bytes that say they are ten: no more than ten are unpacked, and then the checksum is wrong."""
    path = zipped(tmp_path / "lies.zip", ("record.json", b"0" * 3_000_000))
    patched(path, struct.pack("<L", 3_000_000), struct.pack("<L", 10))
    found = Archive(path)
    assert found.names == ("record.json",)
    with pytest.raises(DataError, match=r"record\.json is damaged or larger than it says"):
        found.read("record.json")


def test_a_file_that_declares_too_much_is_refused(tmp_path):
    path = zipped(tmp_path / "lies.zip", ("record.json", b"0" * 1000))
    patched(path, struct.pack("<L", 1000), struct.pack("<L", 2000))
    with pytest.raises(DataError, match=r"record\.json"):
        Archive(path).read("record.json")


def test_files_that_overlap_are_refused(tmp_path):
    """A second entry of the directory that points at the bytes of the first: more is packed than the file is long."""
    path = tmp_path / "overlap.zip"
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("a", bytes(range(256)) * 40)
    with zipfile.ZipFile(path) as opened:
        start = opened.start_dir
    content = path.read_bytes()
    entry, end = content[start:-22], content[-22:]
    end = end[:8] + struct.pack("<HHLL", 2, 2, 2 * len(entry), start) + end[20:]
    path.write_bytes(content[:start] + entry + entry[:46] + b"b" + entry[47:] + end)
    with pytest.raises(DataError, match="some overlap"):
        _ = Archive(path).names


def test_what_is_no_zip_file_or_not_there(tmp_path):
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(DataError, match="is no zip file"):
        read_records(tmp_path / "text.zip")
    with pytest.raises(ConfigurationError, match=r"there is no .*gone\.zip; `embedbench export RESULTS gone\.zip`"):
        read_records(tmp_path / "gone.zip")


def test_a_damaged_record_in_a_bundle_costs_nothing_else(tmp_path):
    deep = b"[" * 100_000
    path = zipped(tmp_path / "some.zip", ("a/record.json", b"{"), ("b/record.json", deep))
    found = read_records(path)
    assert found.records == ()
    assert ["half-written" in problem.what or "nested" in problem.what for problem in found.problems] == [True, True]


def test_predictions_that_would_fill_the_memory_are_refused(tmp_path, monkeypatch):
    import polars as pl

    table = tmp_path / "predictions.parquet"
    pl.DataFrame({"target": range(1000), "gold": [0] * 1000}).write_parquet(table)
    path = zipped(tmp_path / "b.zip", ("a/predictions.parquet", table.read_bytes()), ("c/predictions.parquet", b"no"))
    assert read_predictions(Archive(path).folder("a")).height == 1000
    with pytest.raises(DataError, match=r"b\.zip:c/predictions\.parquet is damaged"):
        read_predictions(Archive(path).folder("c"))
    monkeypatch.setattr(predictions_module, "MAX_CELLS", 1999)
    with pytest.raises(DataError, match="1,000 rows of 2 columns; at most 1,999 numbers"):
        read_predictions(Archive(path).folder("a"))
