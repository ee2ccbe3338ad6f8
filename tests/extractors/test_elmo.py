"""ELMo as an extractor: three layers per word, stateless between sentences, cheap identity."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from bilm_fixtures import write_options, write_weights

from embedbench.errors import ConfigurationError, DataError
from embedbench.extractors.elmo import Elmo, ElmoWeights
from embedbench.extractors.precision import Precision
from embedbench.types import Extractor, Rounded

SENTENCES = (
    ("The", "cat", "sat", "."),
    ("naïve", "日本語", "🙂", "", "x" * 60),
    ("It",),
    ("the", "cat", "sat", "on", "the", "cat", "."),
)
TOLERANCE = 1e-5
"""Absolute, of values up to 3: other batches round differently."""
HALF = {Precision.bf16: 0.01, Precision.fp16: 0.0015}
"""The same against fp32 with weights as small as those of a trained model, values up to 0.5: bfloat16 has 8 binary
digits and float16 has 11. Measured are 0.0036 and 0.0006."""


@pytest.fixture
def files(tmp_path):
    options = write_options(tmp_path)
    return {"options": str(options), "weights_file": str(write_weights(tmp_path, options))}


def test_it_is_an_extractor_with_three_layers(files):
    extractor = Elmo(**files)
    assert isinstance(extractor, Extractor)
    assert extractor.layer_names == ("characters", "lstm1", "lstm2")
    assert extractor.dim == 12
    got = extractor.extract(SENTENCES)
    assert got.values.shape == (17, 3, 12)
    assert got.values.dtype == np.float32
    assert set(got.alignment.counts().values()) == {0}
    np.testing.assert_array_equal(got.values[:, 0, :6], got.values[:, 0, 6:])


def test_vectors_depend_on_the_sentence_alone(files):
    reference = Elmo(**files).extract(SENTENCES).values
    per_sentence = np.split(reference, np.cumsum([len(sentence) for sentence in SENTENCES])[:-1])
    for budget in (1, 12, 10_000):
        extractor = Elmo(**files, words_per_batch=budget)
        np.testing.assert_allclose(extractor.extract(SENTENCES).values, reference, atol=TOLERANCE)
        backwards = np.concatenate(per_sentence[::-1])
        np.testing.assert_allclose(extractor.extract(SENTENCES[::-1]).values, backwards, atol=TOLERANCE)
        # A second call starts from nothing too.
        np.testing.assert_allclose(extractor.extract(SENTENCES[1:2]).values, per_sentence[1], atol=TOLERANCE)


def test_the_character_layer_is_free_of_context_and_the_others_are_not(files):
    values = Elmo(**files).extract(SENTENCES).values
    np.testing.assert_array_equal(values[1, 0], values[11, 0])
    assert np.abs(values[1, 1:] - values[11, 1:]).max() > 1e-2


def test_empty_sentences_are_nothing(files):
    extractor = Elmo(**files)
    assert extractor.extract([]).values.shape == (0, 3, 12)
    assert extractor.extract([()]).values.shape == (0, 3, 12)
    with_empty = extractor.extract([(), SENTENCES[0], (), SENTENCES[1]]).values
    np.testing.assert_allclose(with_empty, extractor.extract(SENTENCES[:2]).values, atol=TOLERANCE)


def test_a_carried_state_goes_to_the_sentence_one_lane_further(files):
    carried = Elmo(**files, carry_state=True, lanes=2)
    alone = Elmo(**files).extract(SENTENCES).values
    got = carried.extract(SENTENCES).values
    np.testing.assert_allclose(got[:9], alone[:9], atol=TOLERANCE)
    assert np.abs(got[9:, 1:] - alone[9:, 1:]).max() > 1e-3
    # Sentence 3 follows sentence 1, whatever else is there.
    changed = carried.extract([("other",), SENTENCES[1], ("words",), SENTENCES[3]]).values
    np.testing.assert_allclose(changed[-7:], got[-7:], atol=TOLERANCE)
    # An odd last sentence fills only the first lane.
    assert carried.extract(SENTENCES[:3]).values.shape == (10, 3, 12)


@pytest.mark.parametrize("precision", list(HALF))
def test_half_precision_is_near_and_says_how_far(files, tmp_path, precision):
    write_weights(tmp_path, files["options"], scale=0.3)
    exact, half = Elmo(**files), Elmo(**files, precision=precision)
    assert isinstance(half, Rounded)
    assert (exact.computed_precision, half.computed_precision) == ("fp32", precision.value)
    got = half.extract(SENTENCES).values
    assert got.dtype == np.float32
    np.testing.assert_array_equal(half.extract(SENTENCES).values, got)
    difference = np.abs(got - exact.extract(SENTENCES).values).max(axis=(0, 2))
    assert (difference > 0).all()
    assert (difference < HALF[precision]).all()
    error = half.precision_error(SENTENCES)
    assert error["largest_difference"] == pytest.approx(float(difference.max()))
    assert error["lowest_cosine"] > 0.9999
    assert exact.precision_error(SENTENCES)["largest_difference"] == 0


@pytest.mark.parametrize("precision", list(HALF))
def test_half_precision_vectors_depend_on_the_sentence_alone(files, tmp_path, precision):
    write_weights(tmp_path, files["options"], scale=0.3)
    extractor = Elmo(**files, precision=precision)
    together = extractor.extract(SENTENCES).values
    alone = np.concatenate([extractor.extract([sentence]).values for sentence in SENTENCES])
    assert np.abs(together - alone).max() < HALF[precision]


def test_random_twins(files):
    trained = Elmo(**files).extract(SENTENCES).values
    upper = Elmo(**files, weights=ElmoWeights.random_upper).extract(SENTENCES).values
    np.testing.assert_array_equal(upper[:, 0], trained[:, 0])
    assert np.abs(upper[:, 1:] - trained[:, 1:]).max() > 1e-2
    untrained = Elmo(options=files["options"], weights=ElmoWeights.random)
    np.testing.assert_array_equal(untrained.extract(SENTENCES).values, untrained.extract(SENTENCES).values)
    other = Elmo(options=files["options"], weights=ElmoWeights.random, seed=1)
    assert np.abs(untrained.extract(SENTENCES).values - other.extract(SENTENCES).values).max() > 1e-3


def test_fingerprint_covers_what_changes_a_vector_and_nothing_else(files, tmp_path):
    base = Elmo(**files)
    assert Elmo(**files, name="other", words_per_batch=3, seed=5, lanes=4).fingerprint == base.fingerprint
    assert Elmo(**files, precision=Precision.fp32).fingerprint == base.fingerprint
    others = [
        base,
        Elmo(**files, carry_state=True),
        Elmo(**files, carry_state=True, lanes=2),
        Elmo(**files, precision=Precision.bf16),
        Elmo(**files, precision=Precision.fp16),
        Elmo(**files, weights=ElmoWeights.random),
        Elmo(**files, weights=ElmoWeights.random, seed=1),
        Elmo(**files, weights=ElmoWeights.random_upper),
    ]
    prints = {extractor.fingerprint for extractor in others}
    write_weights(tmp_path, files["options"], seed=9)
    prints.add(base.fingerprint)
    assert len(prints) == len(others) + 1
    assert Elmo(options=files["options"], weights=ElmoWeights.random).fingerprint in prints


def test_fingerprint_does_not_load_torch(files):
    program = (
        "import sys\n"
        "from embedbench.extractors.elmo import Elmo\n"
        f"extractor = Elmo(**{files!r})\n"
        "assert len(extractor.fingerprint) == 32 and extractor.dim == 12\n"
        "heavy = {'torch', 'h5py', 'allennlp_light'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_files_and_options_that_do_not_do_are_refused(files, tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.hdf5"):
        Elmo(options=files["options"], weights_file=str(tmp_path / "nowhere.hdf5")).extract(SENTENCES)
    with pytest.raises(ConfigurationError, match=r"weights=trained needs weights_file"):
        Elmo(options=files["options"])
    with pytest.raises(ConfigurationError, match=r"at least 1; got 0 and 1"):
        Elmo(**files, words_per_batch=0)
