"""Damaged or mismatched biLM files are refused with one sentence that says what is wrong."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
from bilm_fixtures import write_options, write_weights

from embedbench.errors import DataError, NumericalError
from embedbench.models.bilm_options import read_options
from embedbench.models.bilm_weights import read_bilm


@pytest.fixture
def files(tmp_path):
    options = write_options(tmp_path)
    return options, write_weights(tmp_path, options)


def read(files):
    return read_bilm(read_options(files[0]), files[1])


def test_missing_files_are_named(tmp_path, files):
    with pytest.raises(DataError, match=r"options .*none\.json do not exist"):
        read_options(tmp_path / "none.json")
    with pytest.raises(DataError, match=r"^the biLM weights .*none\.hdf5 do not exist[^\n]*$"):
        read((files[0], tmp_path / "none.hdf5"))


@pytest.mark.parametrize("kept", [0, 40, 3000, -1])
def test_a_truncated_file_is_found(files, kept):
    whole = files[1].read_bytes()
    files[1].write_bytes(whole[:kept])
    with pytest.raises(DataError, match=r"^[^\n]*weights\.hdf5 is damaged or not HDF5[^\n]*$"):
        read(files)


def test_a_missing_data_set_is_named_with_its_shape(files):
    name = "RNN_1/RNN/MultiRNNCell/Cell1/LSTMCell/W_P_0"
    with h5py.File(files[1], "a") as file:
        del file[name]
    with pytest.raises(DataError, match=rf"have no data set {name}; .* shape \[10, 6\]"):
        read(files)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("char_embed", "[261, 4]"), ("CNN/W_cnn_1", "[1, 2, 4, 5]"), ("CNN_high_0/b_carry", "[15]")],
)
def test_a_wrong_shape_says_expected_and_got(files, name, expected):
    with h5py.File(files[1], "a") as file:
        del file[name]
        file[name] = np.zeros((2, 3), np.float32)
    import re

    with pytest.raises(DataError, match=rf"data set {name} with shape \[2, 3\], .* expect {re.escape(expected)}"):
        read(files)


def test_a_group_where_a_data_set_should_be(files):
    with h5py.File(files[1], "a") as file:
        del file["char_embed"]
        file.create_group("char_embed")
    with pytest.raises(DataError, match=r"data set 'char_embed' of .*weights\.hdf5 is no array; expected one"):
        read(files)


def test_a_nan_is_found(files):
    with h5py.File(files[1], "a") as file:
        file["CNN_proj/b_proj"][2] = np.nan
    with pytest.raises(NumericalError, match=r"data set CNN_proj/b_proj of .* NaN"):
        read(files)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lstm": {"dim": "many"}}, r"entry of the wrong kind: .*many"),
        ({"lstm": {"projection_dim": 0}}, r"a size below 1"),
        ({"char_cnn": {"activation": "gelu"}}, r"activation 'gelu'; expected relu or tanh"),
        ({"char_cnn": {"filters": [[60, 4]]}}, r"filter of width 60, wider than the 50 characters"),
        ({"char_cnn": {"filters": []}}, r"a size below 1"),
        ({"char_cnn": {"n_characters": 300}}, r"300 characters; the published format has 262"),
        # What the fuzzer found: other models than the file says, or more memory than there is.
        ({"lstm": {"dim": 10.7}}, r"dim is 10\.7; expected a whole number"),
        ({"lstm": {"dim": "10"}}, r"dim is '10'; expected a whole number"),
        ({"lstm": {"n_layers": True}}, r"n_layers is True; expected a whole number"),
        ({"lstm": {"n_layers": 10**9}}, r"n_layers is 1000000000; expected a whole number up to 65,536"),
        ({"lstm": {"n_layers": 101}}, r"more than 100 layers"),
        ({"lstm": {"cell_clip": "3"}}, r"cell_clip is '3'; expected a positive number"),
        ({"lstm": {"proj_clip": -3}}, r"proj_clip is -3; expected a positive number"),
        ({"lstm": {"cell_clip": float("nan")}}, r"cell_clip is nan; expected a positive number"),
        ({"lstm": {"use_skip_connections": "no"}}, r"use_skip_connections is 'no'; expected true or false"),
        ({"char_cnn": {"n_highway": -1}}, r"n_highway is -1; expected a whole number"),
        ({"char_cnn": {"filters": [[0, 4]]}}, r"a size below 1"),
        ({"char_cnn": {"filters": [[1, 4, 5]]}}, r"a filter is \[1, 4, 5\]; expected \[width, number\]"),
        ({"char_cnn": {"embedding": [4]}}, r"entry of the wrong kind"),
    ],
)
def test_options_of_another_kind_are_refused(tmp_path, change, message):
    with pytest.raises(DataError, match=message):
        read_options(write_options(tmp_path, **change))


def test_options_that_lack_an_entry_or_are_no_json(tmp_path):
    path = write_options(tmp_path)
    raw = json.loads(path.read_text())
    del raw["lstm"]["dim"]
    path.write_text(json.dumps(raw))
    with pytest.raises(DataError, match=r"options\.json lack the entry 'dim'"):
        read_options(path)
    for content in ("{", "[" * 100_000, '{"lstm": {}, "lstm": {}}', "7" * 5_000):
        path.write_text(content)
        with pytest.raises(DataError, match=r"options\.json cannot be read as JSON"):
            read_options(path)
    for content in ("[]", "null", '{"lstm": [], "char_cnn": {}}'):
        path.write_text(content)
        with pytest.raises(DataError, match=r"options\.json (have an entry of the wrong kind|lack the entry)"):
            read_options(path)


def test_weights_that_were_never_written_are_no_zeros(files):
    with h5py.File(files[1], "a") as file:
        shape = file["CNN_proj/W_proj"].shape
        del file["CNN_proj/W_proj"]
        file.create_dataset("CNN_proj/W_proj", shape=shape, dtype="f4")
    with pytest.raises(DataError, match=r"'CNN_proj/W_proj' of .*weights\.hdf5 was never written"):
        read(files)


def test_options_of_training_count_one_character_less(tmp_path):
    assert read_options(write_options(tmp_path, char_cnn={"n_characters": 261})).dim == 12


def test_without_a_projection_where_the_sizes_agree(tmp_path):
    """bilm-tf writes no CNN_proj when the filters already have the LSTM's size."""
    options = write_options(tmp_path, lstm={"projection_dim": 15})
    weights = write_weights(tmp_path, options)
    with h5py.File(weights, "a") as file:
        del file["CNN_proj"]
    bilm = read((options, weights))
    np.testing.assert_array_equal(bilm.characters.projection.numpy(), np.eye(15, dtype=np.float32))
