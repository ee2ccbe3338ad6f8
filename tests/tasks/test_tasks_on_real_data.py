"""Published or independently computed figures of the real data sets (UD English-EWT 2.16 and the others)."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from embedbench.tasks.arcs import Arc, Deprel
from embedbench.tasks.contract import check_task
from embedbench.tasks.ner import Ner
from embedbench.tasks.tagging import Upos
from embedbench.tasks.texts import Pairs, Sentiment
from embedbench.tasks.word_similarity import WordSimilarity
from embedbench.tasks.words_in_sentences import BigramShift, WordContent
from embedbench.types import Split, TaskSplit

# With every function type-checked, reading the treebank alone takes half a minute.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ewt(data_folder):
    return {s.value: str(data_folder / f"ud/en_ewt-ud-{s.value}.conllu.gz") for s in Split}


@pytest.fixture(scope="module")
def upos(ewt):
    return Upos(files=ewt)


def _words(split: TaskSplit, *, span: int = 0) -> list[str]:
    return [split.corpus.words[start] for start in split.spans[:, span, 0].tolist()]


def _majority(train: TaskSplit, test: TaskSplit) -> float:
    return 100 * float(np.mean(test.labels == np.bincount(train.labels).argmax()))


def _by_key(train_keys, train_labels, test_keys, test_labels, fallback) -> float:
    """Accuracy of each key's most frequent training label."""
    counts: dict[object, Counter[int]] = defaultdict(Counter)
    for key, label in zip(train_keys, train_labels.tolist(), strict=True):
        counts[key][label] += 1
    best = {key: seen.most_common(1)[0][0] for key, seen in counts.items()}
    guesses = [best.get(key, fallback(key)) for key in test_keys]
    return 100 * float(np.mean(np.array(guesses) == test_labels))


def test_ewt_has_the_published_size(upos) -> None:
    sizes = {s.value: (len(upos.split(s).corpus.sentences), len(upos.split(s))) for s in Split}
    assert sizes == {"train": (12544, 204577), "dev": (2001, 25147), "test": (2077, 25094)}
    assert upos.meta.licence == "CC BY-SA 4.0"
    assert "Silveira" in upos.meta.citation


def test_upos_baselines(upos) -> None:
    train, test = upos.split(Split.TRAIN), upos.split(Split.TEST)
    assert _majority(train, test) == pytest.approx(16.4, abs=0.05)
    known, tested = _words(train), _words(test)
    folded = defaultdict(Counter)
    for word, label in zip(known, train.labels.tolist(), strict=True):
        folded[word.lower()][label] += 1
    noun = upos.label_names.index("NOUN")

    def fallback(word: str) -> int:
        return folded[word.lower()].most_common(1)[0][0] if word.lower() in folded else noun

    # Unknown words fall back to their lower-cased form, then to the majority class.
    assert _by_key(known, train.labels, tested, test.labels, fallback) == pytest.approx(86.66, abs=0.1)
    seen = set(known)
    assert 100 * np.mean([word not in seen for word in tested]) == pytest.approx(9.1, abs=0.05)
    counts = defaultdict(Counter)
    for word, label in zip(known, train.labels.tolist(), strict=True):
        counts[word][label] += 1
    ambiguous = {word for word, c in counts.items() if max(c.values()) < 0.95 * c.total()}
    assert 100 * np.mean([word in ambiguous for word in tested]) == pytest.approx(25.5, abs=0.05)


def test_deprel_baselines(ewt) -> None:
    task = Deprel(files=ewt)
    train, test = task.split(Split.TRAIN), task.split(Split.TEST)
    assert _majority(train, test) == pytest.approx(13.3, abs=0.05)
    punct = task.label_names.index("punct")
    words = [_words(split) for split in (train, test)]
    assert _by_key(words[0], train.labels, words[1], test.labels, lambda _: punct) == pytest.approx(63.9, abs=0.05)


def test_arc_is_beaten_by_distance_alone_only_to_72_percent(ewt) -> None:
    task = Arc(files=ewt)
    train, test = task.split(Split.TRAIN), task.split(Split.TEST)
    assert np.bincount(test.labels).tolist() == [len(test) // 2] * 2
    distances = [(s.spans[:, 1, 0] - s.spans[:, 0, 0]).tolist() for s in (train, test)]
    accuracy = _by_key(distances[0], train.labels, distances[1], test.labels, lambda _: 1)
    # The figure depends on which negatives were drawn.
    assert accuracy == pytest.approx(71.8, abs=1.5)


def test_bigram_shift_uses_every_sentence_of_5_to_28_words(ewt) -> None:
    task = BigramShift(files=ewt)
    # 8,758 training sentences have that length; one is the same word throughout, where no swap would show.
    assert [len(task.split(s)) for s in (Split.TRAIN, Split.TEST)] == [8757, 1371]
    assert abs(_majority(task.split(Split.TRAIN), task.split(Split.TEST)) - 50) < 0.1


def test_word_content_has_its_targets_in_train_and_test(ewt) -> None:
    task = WordContent(files=ewt)
    train = task.split(Split.TRAIN)
    assert len(task.label_names) == 200
    assert np.bincount(train.labels).min() >= 5
    assert len(train) > 3000
    assert len(task.split(Split.TEST)) > 500


def test_ewt_leaks_94_test_sentences_of_which_3_are_long(upos) -> None:
    details = {c.name: c.detail for c in check_task(upos)}
    assert details["report: sentences of test that occur verbatim in train"].startswith("94 of 2077 (4.5%)")
    assert details["report: labels that train never shows"] == "none"


@pytest.mark.parametrize(
    ("task", "pattern", "sizes", "n_labels"),
    [
        (Ner, "ner/wnut17.{}.conll.gz", (62730, 15733, 23394), 13),
        (Sentiment, "sentiment/sst_binary.{}.tsv.gz", (6920, 872, 1821), 2),
        (Sentiment, "sentiment/sst_fine.{}.tsv.gz", (8544, 1101, 2210), 5),
        (Pairs, "pairs/sick.{}.tsv.gz", (4500, 500, 4927), 3),
    ],
)
def test_other_data_sets_have_their_published_sizes(data_folder, task, pattern, sizes, n_labels) -> None:
    made = task(files={s.value: str(data_folder / pattern.format(s.value)) for s in Split})
    assert tuple(len(made.split(s)) for s in Split) == sizes
    assert len(made.label_names) == n_labels
    assert [c for c in check_task(made) if not c.passed] == []
    assert "user's own" not in made.meta.licence


def test_every_word_similarity_set_can_be_read(data_folder) -> None:
    sizes = {}
    for path in sorted((data_folder / "wordsim").glob("EN-*.txt")):
        task = WordSimilarity(files={"test": str(path)})
        sizes[path.stem] = len(task.split(Split.TEST))
        assert [c for c in check_task(task) if not c.passed] == []
    assert len(sizes) == 13
    assert (sizes["EN-SIMLEX-999"], sizes["EN-MEN-TR-3k"], sizes["EN-RW-STANFORD"]) == (999, 3000, 2034)
