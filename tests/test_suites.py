"""Suites without training, from the file to the record: gensim's answers, hand-computed ones, unknown words counted."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field

import numpy as np
import pytest

from embedbench.cells import Cell
from embedbench.errors import ConfigurationError
from embedbench.extractors.static_table import Case, OutOfVocabulary
from embedbench.extractors.word2vec import Word2Vec
from embedbench.pipeline import Places, run_cell
from embedbench.probing.members import Training
from embedbench.probing.probes import Linear
from embedbench.probing.suites import answer_analogies, cluster_words, outlier_position
from embedbench.results.predictions import read_predictions
from embedbench.results.schema import Status
from embedbench.tasks.analogies import Analogies, Format, Rule
from embedbench.tasks.context_similarity import ContextSimilarity
from embedbench.tasks.suites import Unknown
from embedbench.tasks.word_groups import Categorisation, Clustering, Outlier
from embedbench.types import Alignment, Corpus, LayeredWords, Split


@dataclass(frozen=True)
class Planted:
    """Every word has the vector that is written down for it; other words are unknown and zero."""

    vectors: dict[str, tuple[float, ...]] = field(default_factory=dict)
    name: str = "planted"
    layer_names = ("table",)
    fingerprint = "0" * 32

    @property
    def dim(self) -> int:
        return len(next(iter(self.vectors.values())))

    def extract(self, sentences):
        words = [word for sentence in sentences for word in sentence]
        values = np.array([self.vectors.get(word, (0.0,) * self.dim) for word in words], np.float32)
        unknown = np.array([i for i, word in enumerate(words) if word not in self.vectors], np.int64)
        return LayeredWords(values[:, None], Alignment(out_of_vocabulary=unknown))


def measured(tmp_path, extractor, task, **options):
    options = {"mixes": ("single",), "seeds": (0, 1), "resamples": 99, "store_dtype": "float32", **options}
    cell = Cell(extractor, task, Linear(), Training(), **options)
    outcome = run_cell(cell, Places(tmp_path / "results", tmp_path / "store"))
    assert outcome.record.status is Status.DONE, outcome.record.error
    return outcome.record, read_predictions(outcome.folder)


def write(path, text) -> dict[str, str]:
    path.write_text(text, encoding="utf-8")
    return {"test": str(path)}


SPACE = {
    "man": (1.0, 0.0, 0.0, 0.0),
    "woman": (1.0, 0.9, 0.0, 0.0),
    "king": (1.0, 0.0, 1.0, 0.0),
    "queen": (1.0, 0.9, 1.0, 0.0),
    "boy": (1.0, 0.0, 0.0, 1.0),
    "girl": (1.0, 0.9, 0.0, 1.0),
}
QUESTIONS = ": family\nman woman king queen\nman woman boy girl\nman woman prince princess\n"


def test_a_question_is_answered_and_unknown_words_are_left_out_and_counted(tmp_path) -> None:
    files = write(tmp_path / "q.txt", QUESTIONS)
    record, predictions = measured(tmp_path, Planted(SPACE), Analogies(files=files))
    assert (record.scores[0].value, record.scores[0].n, record.probe) == (1.0, 2, "none")
    account = record.alignment["test"]
    assert (account["out_of_vocabulary"], account["questions"], account["questions_with_unknown_word"]) == (2, 3, 1)
    assert account["candidates"] == 6
    words = Analogies(files=files).split(Split.TEST).corpus.sentences
    assert [words[i] for i in predictions["single:0|task|0"]] == [("queen",), ("girl",)]


@pytest.mark.parametrize(("unknown", "n", "value"), [(Unknown.wrong, 3, 2 / 3), (Unknown.keep, 3, 2 / 3)])
def test_unknown_words_can_count_as_wrong(tmp_path, unknown, n, value) -> None:
    files = write(tmp_path / "q.txt", QUESTIONS)
    record, _ = measured(tmp_path, Planted(SPACE), Analogies(files=files, unknown=unknown))
    assert (record.scores[0].n, record.scores[0].value) == (n, pytest.approx(value))


def test_question_words_are_no_answers() -> None:
    """b - a + c is nearest to b itself; without the question's words the far word is left."""
    units = np.array([[1, 0], [0.8, 0.6], [0.9, 0.436], [-1.0, 0]])
    for multiply in (False, True):
        assert answer_analogies(units, np.array([[0, 1, 2]]), np.ones(4, bool), multiply=multiply).tolist() == [3]


def test_both_rules_by_hand() -> None:
    rng = np.random.default_rng(3)
    units = rng.normal(size=(30, 4))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    questions = rng.permuted(np.tile(np.arange(30), (40, 1)), axis=1)[:, :3]
    candidates = rng.random(30) < 0.7
    cosines = units @ units.T
    for multiply in (False, True):
        found = answer_analogies(units, questions, candidates, multiply=multiply)
        for (a, b, c), answer in zip(questions.tolist(), found.tolist(), strict=True):
            near = (1 + cosines) / 2
            by_hand = {
                d: near[d, b] * near[d, c] / (near[d, a] + 1e-3)
                if multiply
                else units[d] @ (units[b] - units[a] + units[c])
                for d in np.flatnonzero(candidates).tolist()
                if d not in (a, b, c)
            }
            assert answer == max(by_hand, key=by_hand.__getitem__)


def test_any_listed_answer_of_bats_is_right_but_not_a_word_of_the_question(tmp_path) -> None:
    rows = "category\trelation\tword\ttargets\n1\tr\tman\twoman/lady\n1\tr\tking\tking/monarch/queen\n1\tr\tox\tox\n"
    task = Analogies(files=write(tmp_path / "bats.tsv", rows), format=Format.bats, name="bats")
    split = task.split(Split.TEST)
    asked = [tuple(split.corpus.words[i] for i in row) for row in split.spans[..., 0].tolist()]
    # king : king as a first pair shows its first answer; ox has no other answer than itself.
    assert asked == [
        ("man", "woman", "king", "monarch"),
        ("king", "king", "man", "woman"),
        ("ox", "ox", "man", "woman"),
        ("ox", "ox", "king", "monarch"),
    ]
    assert [split.corpus.sentences[s] for s in task.answers()[split.labels[0]]] == [("monarch",), ("queen",)]
    assert task.omitted == {"questions_outside_vocabulary": 0, "questions_without_answer": 2}
    vectors = {**SPACE, "lady": (0.0, 0.0, 0.0, -1.0), "monarch": (0.0, 0.0, 0.0, -2.0), "ox": (-1.0, 0.0, 0.0, 0.0)}
    record, _ = measured(tmp_path, Planted(vectors), task)
    assert record.scores[0].per_seed == (1.0,)


def test_a_vocabulary_restricts_questions_and_candidates(tmp_path) -> None:
    files = write(tmp_path / "q.txt", QUESTIONS)
    (tmp_path / "text.txt").write_text("man woman woman king queen sky\nman king queen sky grass\n", encoding="utf-8")
    task = Analogies(files=files, vocabulary=str(tmp_path / "text.txt"), vocabulary_size=5)
    split = task.split(Split.TEST)
    assert split.corpus.words == ("man", "woman", "king", "queen", "sky")
    assert (len(split), task.omitted["questions_outside_vocabulary"]) == (1, 2)
    assert task.fingerprint != Analogies(files=files).fingerprint


@pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`:DeprecationWarning")  # gensim, of itself
@pytest.mark.parametrize("rule", list(Rule))
def test_googles_questions_are_answered_as_gensim_does(tmp_path, data_folder, rule) -> None:
    """3CosAdd: the same accuracy and the same right answers per section; 3CosMul: the same answer to every question."""
    from gensim.models import KeyedVectors

    path = data_folder / "analogies/questions-words.txt.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith(":")]
    chosen = [line for start in starts for line in lines[start : start + 40]]
    files = write(tmp_path / "questions.txt", "\n".join(chosen) + "\n")
    weights = data_folder / "vectors/googlenews_word2vec_300d.8k.bin.gz"
    extractor = Word2Vec(
        path=str(weights), out_of_vocabulary=OutOfVocabulary.zero, case=Case.exact, cache=str(tmp_path / "cache")
    )
    task = Analogies(files=files, rule=rule)
    record, predictions = measured(tmp_path, extractor, task)
    split = task.split(Split.TEST)
    everything = KeyedVectors.load_word2vec_format(str(weights), binary=True)
    known = [word for (word,) in split.corpus.sentences if word in everything]
    same = KeyedVectors(everything.vector_size)
    same.add_vectors(known, [everything[word] for word in known])
    words = split.corpus.words
    asked = [row for row in split.spans[..., 0].tolist() if all(words[i] in same for i in row)]
    assert len(asked) == record.scores[0].n > 80
    assert record.alignment["test"]["questions_with_unknown_word"] == len(split) - len(asked)
    if rule is Rule.add:
        accuracy, sections = same.evaluate_word_analogies(files["test"], case_insensitive=False, restrict_vocab=None)
        assert record.scores[0].value == pytest.approx(accuracy)
        right = {tuple(q) for section in sections[:-1] for q in section["correct"]}
    else:
        right = set()
        for a, b, c, d in asked:
            [(found, _)] = same.most_similar_cosmul(positive=[words[b], words[c]], negative=[words[a]], topn=1)
            if found == words[d]:
                right.add(tuple(words[i] for i in (a, b, c, d)))
    hits = (predictions["gold"] == predictions["single:0|task|0"]).to_list()
    assert {tuple(words[i] for i in row) for row, hit in zip(asked, hits, strict=True) if hit} == right


TABLE = ",category,word\n0,pet,cat\n1,pet,dog\n2,pet,\n3,tool,saw\n4,tool,drill_bit\n5,tool,cat\n6,tool,unknown\n"
GROUPS = {"cat": (1.0, 0.1), "dog": (0.9, 0.2), "saw": (0.1, 1.0), "drill": (0.0, 1.0), "bit": (0.3, 1.0)}


@pytest.mark.parametrize("clustering", list(Clustering))
def test_planted_categories_are_found(tmp_path, clustering) -> None:
    task = Categorisation(files=write(tmp_path / "c.csv", TABLE), clustering=clustering)
    assert task.split(Split.TEST).corpus.sentences == (("cat",), ("dog",), ("saw",), ("drill", "bit"), ("unknown",))
    record, predictions = measured(tmp_path, Planted(GROUPS), task)
    assert (record.scores[0].value, record.scores[0].n) == (1.0, 4)
    assert record.scores[0].seeds == (2 if clustering is Clustering.kmeans else 1)
    assert record.alignment["test"]["entries_unknown"] == 1
    assert len(predictions) == 4


def test_clusters_of_noise_are_scikit_learns_and_the_seed_counts() -> None:
    from sklearn.cluster import KMeans

    units = np.random.default_rng(0).normal(size=(60, 5))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    for seed in (0, 1):
        expected = KMeans(n_clusters=6, n_init=10, random_state=seed).fit_predict(units)
        np.testing.assert_array_equal(cluster_words(units, 6, seed), expected)
    with pytest.raises(ConfigurationError, match="a cluster is neither"):
        Categorisation(files={"test": "x"}, unknown=Unknown.wrong)


def test_outliers_by_hand(tmp_path) -> None:
    """Compactness without a word, as the paper defines it: the mean cosine over all ordered pairs of the others."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        units = rng.normal(size=(6, 3))
        units /= np.linalg.norm(units, axis=1, keepdims=True)
        compactness = []
        for left in range(6):
            others = np.delete(units, left, axis=0)
            compactness.append((others @ others.T)[~np.eye(5, dtype=bool)].mean())
        assert outlier_position(units) == sum(c < compactness[-1] for c in compactness[:-1])
    rows = "category,outliers,words\n" + "pets,\"['saw', 'dog', 'gone', '']\",\"['cat', 'dog', 'lost']\"\n"
    task = Outlier(files=write(tmp_path / "o.csv", rows))
    record, predictions = measured(tmp_path, Planted(GROUPS), task)
    # `lost` is unknown and out of the set; `gone` is unknown, so its set is left out; `dog` lies between the others.
    assert predictions["gold"].to_list() == [2, 2]
    scores = {score.metric: score.value for score in record.scores}
    assert scores == {"accuracy": 0.5, "opp": 0.5}
    account = record.alignment["test"]
    assert (account["sets_with_outlier"], account["sets_left_out"], account["sets_with_unknown_word"]) == (3, 1, 3)
    wrong, _ = measured(tmp_path, Planted(GROUPS), Outlier(files=task.files, unknown=Unknown.wrong))
    assert {score.metric: score.value for score in wrong.scores} == {"accuracy": 0.0, "opp": 0.0}


def test_marked_words_are_compared_in_their_sentences(tmp_path) -> None:
    row = "{}\tbank\tn\tbank\tn\ta {} here\t{} there it is\t{}" + "\t1" * 10 + "\n"
    mark = "<b> {} </b>".format
    text = row.format(1, mark("cat"), mark("dog"), 9.0) + row.format(2, mark("cat"), mark("saw"), 1.0)
    task = ContextSimilarity(files=write(tmp_path / "scws.txt", text))
    split = task.split(Split.TEST)
    assert [split.corpus.words[i] for i in split.spans[..., 0].ravel()] == ["cat", "dog", "cat", "saw"]
    record, _ = measured(tmp_path, Planted(GROUPS), task)
    assert record.scores[0].value == pytest.approx(1.0)


def test_suites_on_real_data_keep_their_counts(data_folder) -> None:
    folder = data_folder
    google = Analogies(files={"test": str(folder / "analogies/questions-words.txt.gz")}).split(Split.TEST)
    assert (len(google), google.corpus.n_words) == (19544, 905)
    for name, words, categories in (("ap", 402, 21), ("bless", 200, 17), ("essli-2008", 45, 9)):
        task = Categorisation(files={"test": str(folder / f"categorization/{name}.csv")})
        assert (len(task.split(Split.TEST)), len(task.label_names)) == (words, categories)
    assert len(Outlier(files={"test": str(folder / "categorization/outlier-8-8-8.csv")}).split(Split.TEST)) == 64
    scws = ContextSimilarity(files={"test": str(folder / "wordsim_context/scws.ratings.txt.gz")}).split(Split.TEST)
    assert len(scws) == 2003
    assert isinstance(scws.corpus, Corpus)
