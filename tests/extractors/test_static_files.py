"""Readers of vector files agree with gensim bit for bit, and say where a file is wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath
from hypothesis import given
from hypothesis import strategies as st

from embedbench.errors import ConfigurationError, DataError
from embedbench.extractors.vector_files import (
    UnicodeErrors,
    VectorFormat,
    read_glove,
    read_word2vec_binary,
    read_word2vec_text,
    recognise,
)

STRICT = UnicodeErrors.strict

ENTRY = st.tuples(
    st.text(st.characters(codec="utf-8", exclude_characters=" \n\r"), min_size=1, max_size=12),
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3),
)


def assert_same_as_gensim(rows, expected: KeyedVectors) -> None:
    rows = list(rows)
    assert [word for word, _ in rows] == expected.index_to_key
    assert np.stack([row for _, row in rows]).tobytes() == expected.vectors.tobytes()


@pytest.mark.parametrize("name", ["euclidean_vectors.bin", "poincare_vectors.bin"])
def test_binary_equals_gensim(name: str) -> None:
    path = Path(datapath(name))
    assert recognise(path) is VectorFormat.binary
    assert_same_as_gensim(read_word2vec_binary(path, STRICT), KeyedVectors.load_word2vec_format(str(path), binary=True))


@pytest.mark.parametrize(
    "name",
    ["word2vec_pre_kv_c", "lee_fasttext.vec", "EN.1-10.cbow1_wind5_hs0_neg10_size300_smpl1e-05.txt"],
)
def test_text_equals_gensim(name: str) -> None:
    path = Path(datapath(name))
    assert recognise(path) is VectorFormat.text
    assert_same_as_gensim(read_word2vec_text(path, STRICT), KeyedVectors.load_word2vec_format(str(path)))


def test_glove_equals_gensim() -> None:
    path = Path(datapath("test_glove.txt"))
    expected = KeyedVectors.load_word2vec_format(str(path), no_header=True)
    assert_same_as_gensim(read_glove(path, dim=None, spaces_in_words=False), expected)


def test_real_files_equal_gensim(data_folder: Path) -> None:
    google = data_folder / "vectors" / "googlenews_word2vec_300d.8k.bin.gz"
    twitter = data_folder / "vectors" / "glove.twitter.27B.25d.12k.txt.gz"
    expected = KeyedVectors.load_word2vec_format(str(google), binary=True)
    assert expected.vectors.shape == (8000, 300)
    assert_same_as_gensim(read_word2vec_binary(google, STRICT), expected)
    expected = KeyedVectors.load_word2vec_format(str(twitter), no_header=True)
    assert expected.vectors.shape == (11925, 25)
    assert_same_as_gensim(read_glove(twitter, dim=25, spaces_in_words=False), expected)


@given(st.lists(ENTRY, min_size=1, max_size=5, unique_by=lambda entry: entry[0]))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, entries) -> None:
    folder = tmp_path_factory.mktemp("rows")
    vectors = [np.array(values, np.float32) for _, values in entries]
    header = f"{len(entries)} 3\n".encode()
    binary, text, glove = folder / "a.bin", folder / "a.txt.gz", folder / "glove.txt"
    pairs = [(word.encode(), vector) for (word, _), vector in zip(entries, vectors, strict=True)]
    binary.write_bytes(header + b"".join(word + b" " + v.tobytes() + b"\n" for word, v in pairs))
    lines = b"".join(word + b" " + " ".join(repr(float(x)) for x in v).encode() + b"\n" for word, v in pairs)
    text.write_bytes(gzip.compress(header + lines))
    glove.write_bytes(lines)
    for rows in (
        read_word2vec_binary(binary, STRICT),
        read_word2vec_text(text, STRICT),
        read_glove(glove, dim=None, spaces_in_words=False),
    ):
        got = list(rows)
        assert [word for word, _ in got] == [word for word, _ in entries]
        np.testing.assert_array_equal(np.stack([row for _, row in got]), np.stack(vectors))


def test_a_line_feed_after_the_vector_is_optional(tmp_path: Path) -> None:
    values = np.array([1, 2], np.float32).tobytes()
    path = tmp_path / "v"
    path.write_bytes(b"2 2\na " + values + b"b " + values)
    assert [word for word, _ in read_word2vec_binary(path, STRICT)] == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a 1 2\nb 3\n", r"v\.txt, line 2: expected a word and 2 values, got 1 values after 'b'"),
        (b"a 1 2\nb c 3 4\n", r"line 2: .* got 3 values after 'b'; .* extractor\.spaces_in_words=true"),
        (b"a 1 2\n\nb 3 x\n", r"line 3: a value of the word 'b' is no number.*'x'"),
        (b"a 1 2\n\xff\xfe 3 4\n", r"line 2: the word b'\\xff\\xfe' is not UTF-8"),
        (b"alone\n", r"line 1: expected a word and its values, got b'alone"),
    ],
)
def test_a_wrong_glove_line_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "v.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        list(read_glove(path, dim=None, spaces_in_words=False))


def test_words_with_spaces_are_read_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_text(". . . 1 2\nat name@domain.com 3 4\n", encoding="utf-8")
    assert [word for word, _ in read_glove(path, dim=2, spaces_in_words=True)] == [". . .", "at name@domain.com"]
    with pytest.raises(ConfigurationError, match=r"v\.txt: spaces_in_words needs .*extractor\.size=300"):
        list(read_glove(path, dim=None, spaces_in_words=True))


def test_a_no_break_space_is_part_of_a_word(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_text("1\N{NO-BREAK SPACE}000 1 2\n\N{NEXT LINE} 3 4\n", encoding="utf-8")
    words = [word for word, _ in read_glove(path, dim=None, spaces_in_words=False)]
    assert words == ["1\N{NO-BREAK SPACE}000", "\N{NEXT LINE}"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"2 2\na 1 2\n", r"line 1 promises 2 words, the file holds 1"),
        (b"1 2\na 1 2\nb 1 2\n", r"line 1 promises 1 words, the file holds 2"),
        (b"the 1 2\n", r"line 1: expected the number of words .* got b'the 1 2'.*extractor=glove"),
        (b"", r"line 1: expected the number of words .* got b''"),
        (b"1 0\n", r"line 1: expected the number of words .* got b'1 0'"),
    ],
)
def test_a_wrong_text_file_is_explained(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "v.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        list(read_word2vec_text(path, STRICT))


def test_a_short_or_long_binary_file_is_explained(tmp_path: Path) -> None:
    values = np.array([1, 2], np.float32).tobytes()
    path = tmp_path / "v.bin"
    path.write_bytes(b"2 2\na " + values + b"\nb " + values[:5])
    with pytest.raises(DataError, match=r"v\.bin ends within word 2 of the 2"):
        list(read_word2vec_binary(path, STRICT))
    path.write_bytes(b"1 2\na " + values + b"\nb " + values)
    with pytest.raises(DataError, match="promises 1 words of 2 dimensions, but the file goes on"):
        list(read_word2vec_binary(path, STRICT))


def test_bad_utf8_follows_the_option(tmp_path: Path) -> None:
    path = tmp_path / "v.bin"
    path.write_bytes(b"1 1\ncaf\xc3 " + np.array([1], np.float32).tobytes())
    with pytest.raises(DataError, match=r"word 1: the word b'caf\\xc3' is not UTF-8.*unicode_errors=replace"):
        list(read_word2vec_binary(path, STRICT))
    assert next(read_word2vec_binary(path, UnicodeErrors.replace))[0] == "caf\N{REPLACEMENT CHARACTER}"
    assert next(read_word2vec_binary(path, UnicodeErrors.ignore))[0] == "caf"


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "v.txt.gz"
    path.write_bytes(gzip.compress(b"a 1 2\n" * 1000)[:-10])
    with pytest.raises(DataError, match=r"the archive .*v\.txt\.gz is damaged"):
        list(read_glove(path, dim=None, spaces_in_words=False))


@pytest.mark.parametrize("value", ["1_0", "\t1", "1\x0b", "\r1"])
def test_what_python_takes_for_a_number_and_people_do_not(tmp_path: Path, value: str) -> None:
    (tmp_path / "g.txt").write_bytes(f"word 1 {value} 2\n".encode())
    with pytest.raises(DataError, match=r"g\.txt, line 1: a value of the word 'word' is no number"):
        list(read_glove(tmp_path / "g.txt", dim=None, spaces_in_words=False))


def test_a_value_too_large_for_float32_is_no_warning(tmp_path: Path) -> None:
    (tmp_path / "g.txt").write_text("word 1e300 2\n")
    ((_, row),) = read_glove(tmp_path / "g.txt", dim=None, spaces_in_words=False)
    assert np.isinf(row[0]), "the table refuses it"


def test_dimensions_that_cannot_be_are_refused_before_the_file_is_read(tmp_path: Path) -> None:
    """The whole file was read again and again in search of the first entry's end."""
    (tmp_path / "b.bin").write_bytes(b"1 999999999999\nword " + bytes(1_000))
    with pytest.raises(DataError, match=r"b\.bin, line 1: 999,999,999,999 dimensions cannot be"):
        list(read_word2vec_binary(tmp_path / "b.bin", UnicodeErrors.strict))


def test_a_binary_file_without_a_space_is_left_early(tmp_path: Path) -> None:
    (tmp_path / "b.bin").write_bytes(b"1 2\n" + b"x" * (5 << 20))
    with pytest.raises(DataError, match=r"b\.bin, word 1 goes on for more than 65,536 bytes"):
        list(read_word2vec_binary(tmp_path / "b.bin", UnicodeErrors.strict))
