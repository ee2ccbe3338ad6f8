"""Arrays that lie about their size, their place or their kind are refused before memory is taken or a file opened."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from embedbench.errors import DataError
from embedbench.files import walker, walking
from embedbench.files.hdf5 import open_hdf5, variable_length_string
from embedbench.files.npz import open_npz

VALUES = np.arange(6, dtype=np.float32).reshape(2, 3)


def read(path):
    with open_hdf5(path, needed_by="a test") as file:
        assert "a" in file
        return file.floats("a")


def written(tmp_path, make):
    path = tmp_path / "a.hdf5"
    with h5py.File(path, "w") as file:
        make(file)
    return path


@pytest.mark.parametrize(
    "options", [{}, {"compression": "gzip"}, {"chunks": (1, 3)}, {"fletcher32": True}, {"maxshape": (None, 3)}]
)
def test_sound_arrays_are_read(tmp_path, options):
    path = written(tmp_path, lambda file: file.create_dataset("a", data=VALUES, **options))
    np.testing.assert_array_equal(read(path), VALUES)
    with open_hdf5(path, needed_by="a test") as file:
        assert file.shape("a") == (2, 3)
        assert "b" not in file
        assert "a/b" not in file


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda f: f.create_dataset("a", shape=(2, 3), dtype="f4"), "was never written, or only in part"),
        (lambda f: f.create_dataset("a", shape=(2, 3), dtype="f4", fillvalue=7), "was never written"),
        (lambda f: f.create_dataset("a", shape=(4, 3), dtype="f4", chunks=(2, 3)).__setitem__(0, 1.0), "only in part"),
        (
            lambda f: f.create_dataset("a", shape=(1 << 40, 3), dtype="f4", chunks=(1, 3)),
            r"claims 13,194,139,533,312 by",
        ),
        (lambda f: f.create_dataset("a", shape=(2, 3), maxshape=(None, 3), chunks=(1 << 28, 3), dtype="f4"), "claims"),
        (lambda f: f.create_dataset("a", data=[1, 2]), "holds int64; expected floating-point"),
        (lambda f: f.create_dataset("a", data="text"), "holds object; expected floating-point"),
        (lambda f: f.create_group("a"), "is no array"),
        (lambda f: f.create_dataset("a", data=h5py.Empty("f4")), "is no array"),
        (lambda f: f.__setitem__("a", h5py.ExternalLink("other.hdf5", "/a")), "is a link to somewhere else"),
        (lambda f: f.__setitem__("a", h5py.SoftLink("/a")), "is a link to somewhere else"),
        (
            lambda f: f.create_dataset("a", shape=(2, 3), dtype="f4", external=[("/etc/passwd", 0, 24)]),
            "lies in another file",
        ),
    ],
)
def test_what_is_not_there_or_not_honest(tmp_path, make, told):
    path = written(tmp_path, make)
    with pytest.raises(DataError, match=rf"data set 'a' of .*a\.hdf5 .*{told}"):
        read(path)


def test_strings_are_read_whatever_their_kind(tmp_path):
    for value in ("שלום", np.array([b"fixed"]), ["one"]):
        path = written(tmp_path, lambda file, value=value: file.create_dataset("a", data=value))
        with open_hdf5(path, needed_by="a test") as file:
            found = file.text("a")
        assert found == {"שלום": "שלום"}.get(value if isinstance(value, str) else "", found)
        assert found in ("שלום", "fixed", "one")
    path = written(tmp_path, lambda file: file.create_dataset("a", data=["x", "y"]))
    with open_hdf5(path, needed_by="a test") as file, pytest.raises(DataError, match="holds 2 values; expected one"):
        file.text("a")


def test_a_heap_that_goes_round_in_circles_is_left(tmp_path):
    """The HDF5 library (1.14) never came back from objects of size zero that are not the last."""
    path = written(tmp_path, lambda file: file.create_dataset("a", data="text"))
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL")
    size = struct.unpack_from("<Q", content, heap + 8)[0]
    for at in range(heap + 16, heap + size - 16, 16):
        struct.pack_into("<HHIQ", content, at, 9, 0, 0, 0)
    path.write_bytes(content)
    with open_hdf5(path, needed_by="a test") as file, pytest.raises(DataError, match="its string is not in its heap"):
        file.text("a")
    with pytest.raises(ValueError, match="its heap is damaged"):
        variable_length_string(path, heap)


def npz(tmp_path, header, body=b""):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, header)
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", buffer.getvalue() + body)
    return path


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["<f4", ">f8", "<f2"])
def test_arrays_of_any_order_and_precision_are_read(tmp_path, order, kind):
    np.savez(tmp_path / "a.npz", a=np.asarray(VALUES, dtype=kind, order=order))
    with open_npz(tmp_path / "a.npz") as file:
        assert file.shape("a") == (2, 3)
        np.testing.assert_array_equal(file.floats("a"), VALUES)


@pytest.mark.parametrize(
    ("header", "body", "told"),
    [
        (("<f4", (2, 1 << 40)), b"", "claims 8,796,093,022,208 bytes"),
        (("<f4", (2, 3)), bytes(20), "holds 20 bytes or more instead of the 24"),
        (("<f4", (2, 3)), bytes(28), "holds 25 bytes or more instead of the 24"),
        (("<i8", (3,)), bytes(24), "expected floating-point values, got int64"),
        (("|O", (3,)), b"\x80\x04.", "its objects are pickled"),
    ],
)
def test_an_npz_array_that_lies(tmp_path, header, body, told):
    path = npz(tmp_path, {"descr": header[0], "fortran_order": False, "shape": header[1]}, body)
    with open_npz(path) as file, pytest.raises(DataError, match=rf"key 'a' of .*a\.npz cannot be read: .*{told}"):
        file.floats("a")


def without_end(path):
    """Gives the free rest of the file's first heap the size 0, over which the library goes round for ever."""
    content = bytearray(path.read_bytes())
    at = content.index(b"GCOL") + 16
    while struct.unpack_from("<H", content, at)[0]:
        at += 16 + (struct.unpack_from("<Q", content, at + 8)[0] + 7) // 8 * 8
    struct.pack_into("<Q", content, at + 8, 0)
    path.write_bytes(content)


def test_a_file_in_which_the_library_finds_no_end(tmp_path, monkeypatch):
    layout = h5py.VirtualLayout(shape=(2,), dtype="f4")
    layout[...] = h5py.VirtualSource("other.hdf5", "a", shape=(2,))
    path = written(tmp_path, lambda file: file.create_virtual_dataset("b", layout))
    without_end(path)
    monkeypatch.setattr(walking, "_WALKER", tmp_path / "walker.py")
    patient = Path(walker.__file__).read_text("utf-8")
    (tmp_path / "walker.py").write_text(patient.replace("BYTES_PER_SECOND = 10,", "BYTES_PER_SECOND = 0,"))
    walking._walker.cache_clear()
    with pytest.raises(DataError, match=r"a\.hdf5 is damaged: the HDF5 library crashes in it or finds no end"):
        read(path)
    sound = tmp_path / "sound.hdf5"
    with h5py.File(sound, "w") as file:
        file["a"] = VALUES
    np.testing.assert_array_equal(read(sound), VALUES)  # by the next walker
    walking._walker.cache_clear()


def test_a_zip_file_that_begins_with_something_else_is_refused_as_numpy_does(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, a=VALUES)
    path.write_bytes(b"x" + path.read_bytes())
    with pytest.raises(DataError, match=r"a\.npz is neither .* begins with b'xP'"), open_npz(path):
        pass
