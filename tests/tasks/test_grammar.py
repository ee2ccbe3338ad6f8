"""The built-in grammar: well-formed trees, true agreement, no leakage, the same sentences on every machine."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.data.conllu import Token, read_conllu
from embedbench.errors import ConfigurationError
from embedbench.tasks import grammar
from embedbench.tasks.grammar_lexicon import lexicon
from embedbench.types import Split

_CONTENT = {"NOUN", "VERB", "PROPN", "ADJ", "ADV"}
_FUNCTION_WORDS_OF_CONTENT_CLASSES = {"many", "several", "few", "very", "too", "quite"}
_BE = {"am": ("Sing", "1"), "is": ("Sing", "3"), "are": ("Plur", None), "was": ("Sing", None), "were": ("Plur", None)}


@pytest.fixture(scope="module")
def sentences():
    return grammar.annotated(Split.TRAIN, 13, 300)


def _subtree(tokens: tuple[Token, ...], top: int) -> list[int]:
    below = [top]
    for i in below:
        below.extend(j for j, t in enumerate(tokens, start=1) if t.head == i)
    return sorted(below)


def test_trees_have_one_root_and_are_projective(sentences) -> None:
    for sentence in sentences:
        tokens = sentence.tree.tokens
        root = [i for i, t in enumerate(tokens, start=1) if t.head == 0]
        assert len(root) == 1
        assert tokens[root[0] - 1].deprel == "root"
        assert len(_subtree(tokens, root[0])) == len(tokens), "every word hangs below the root"
        for i in range(1, len(tokens) + 1):
            below = _subtree(tokens, i)
            assert below == list(range(below[0], below[-1] + 1)), (i, tokens)


def test_finite_verbs_agree_with_their_subject_across_attractors(sentences) -> None:
    checked = attracted = 0
    for sentence in sentences:
        tokens = sentence.tree.tokens
        for i, token in enumerate(tokens, start=1):
            if token.deprel not in ("nsubj", "nsubj:pass"):
                continue
            head = tokens[token.head - 1]
            below = [(j, t) for j, t in enumerate(tokens, start=1) if t.head == token.head]
            auxiliaries = [(j, t) for j, t in below if t.deprel in ("aux", "aux:pass", "cop")]
            place, finite = auxiliaries[0] if auxiliaries else (token.head, head)
            if finite.xpos == "MD":
                continue
            number, person = token.feats.get("Number"), token.feats.get("Person", "3")
            if any(t.head == i and t.deprel == "conj" for t in tokens):
                number, person = "Plur", "3"
            if token.feats.get("PronType") == "Rel":
                noun = tokens[head.head - 1]
                number = noun.feats["Number"]
            assert finite.feats["VerbForm"] == "Fin"
            assert (finite.feats["Number"], finite.feats["Person"]) == (number, person)
            form = finite.form.lower()
            if finite.lemma == "be":
                want_number, want_person = _BE[form]
                assert want_number == number or (form in ("are", "were") and number == "Plur")
                assert want_person in (None, person)
            elif finite.feats["Tense"] == "Pres":
                assert (finite.xpos == "VBZ") == ((number, person) == ("Sing", "3"))
                assert (form != finite.lemma) == (finite.xpos == "VBZ")
            checked += 1
            between = tokens[i : place - 1]
            attracted += any(t.upos == "NOUN" and t.feats["Number"] != number for t in between)
    assert checked > 250
    assert attracted > 5, "nouns of the other number stand between subject and verb"


def test_the_constructions_that_it_promises_occur(sentences) -> None:
    relations = Counter(t.deprel for s in sentences for t in s.tree.tokens)
    for relation in (
        "acl:relcl",
        "ccomp",
        "xcomp",
        "advcl",
        "conj",
        "nmod",
        "obl",
        "iobj",
        "nsubj:pass",
        "cop",
        "flat",
    ):
        assert relations[relation] >= 8, relation
    classes = defaultdict(set)
    for s in sentences:
        for t in s.tree.tokens:
            classes[t.form.lower()].add(t.upos)
    assert sum({"NOUN", "VERB"} <= tags for tags in classes.values()) >= 15
    assert sum({"NOUN", "ADJ"} <= tags for tags in classes.values()) >= 5
    assert {"PRON", "SCONJ"} <= classes["that"]
    assert {"ADP", "SCONJ"} <= classes["before"]
    kinds = defaultdict(set)
    for s in sentences:
        for token, tag in zip(s.tree.tokens, s.entities, strict=True):
            kinds[token.form].add(tag[2:])
    assert any({"PER", "LOC"} <= tags for tags in kinds.values()), "names that are a person or a place"


def test_entities_are_well_formed_bio_over_proper_names(sentences) -> None:
    found = Counter()
    for s in sentences:
        previous = "O"
        for token, tag in zip(s.tree.tokens, s.entities, strict=True):
            found[tag] += 1
            assert (token.upos == "PROPN") == (tag != "O")
            if tag.startswith("I-"):
                assert previous[2:] == tag[2:], s
            previous = tag
    assert set(found) == {"O", "B-PER", "I-PER", "B-LOC", "B-ORG", "I-ORG"}


def test_lexicon_has_several_hundred_words_in_two_disjoint_parts() -> None:
    forms = []
    for held_out in (False, True):
        words = lexicon(held_out)
        nouns = {f for noun in (*words.people, *words.things) for f in (noun.singular, noun.plural)}
        kinds = (words.transitive, words.intransitive, words.clausal, words.control, words.ditransitive)
        verbs = {f for kind in kinds for v in kind for f in (v.base, v.third, v.past, v.participle, v.gerund)}
        names = {
            *words.first_names,
            *words.surnames,
            *words.places,
            *words.organisation_heads,
            *words.organisation_names,
        }
        forms.append(nouns | verbs | names | {*words.adjectives, *words.adverbs})
    assert len(forms[0] | forms[1]) > 800
    assert not {f.lower() for f in forms[0]} & {f.lower() for f in forms[1]}


def test_disjoint_test_split_shares_no_content_word_with_train() -> None:
    def content(trees) -> set[str]:
        forms = {t.form.lower() for tree in trees for t in tree.tokens if t.upos in _CONTENT}
        return forms - _FUNCTION_WORDS_OF_CONTENT_CLASSES

    train = content(grammar.generate(Split.TRAIN, 13, 250))
    test = content(grammar.generate(Split.TEST, 13, 60, disjoint=True))
    assert len(test) > 90
    assert not train & test


@settings(max_examples=3, deadline=None)
@given(seeds=st.tuples(st.integers(0, 2**31), st.integers(0, 2**31)), disjoint=st.booleans())
def test_no_sentence_is_in_two_splits_or_twice_whatever_the_seeds(seeds, disjoint) -> None:
    texts = [
        [tuple(t.form for t in tree.tokens) for tree in grammar.generate(split, seed, 15, disjoint)]
        for split, seed in ((Split.TRAIN, seeds[0]), (Split.DEV, seeds[1]), (Split.TEST, seeds[0]))
    ]
    assert len({text for split in texts for text in split}) == 45


def test_the_first_sentences_do_not_depend_on_how_many_are_asked_for() -> None:
    assert grammar.annotated(Split.DEV, 7, 20) == grammar.annotated(Split.DEV, 7, 30)[:20]
    assert grammar.annotated(Split.DEV, 7, 20) != grammar.annotated(Split.DEV, 8, 20)


def test_sentences_are_the_same_on_every_machine() -> None:
    """A change here means that published numbers on the grammar no longer hold: count up grammar.VERSION."""
    rows = [
        [s.entities, [[t.form, t.lemma, t.upos, t.xpos, dict(t.feats), t.head, t.deprel] for t in s.tree.tokens]]
        for s in grammar.annotated(Split.TRAIN, 13, 60)
    ]
    assert grammar.VERSION == 1
    assert hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16] == "767e01023d2a6902"


def test_the_strict_reader_accepts_every_tree(tmp_path) -> None:
    trees = grammar.generate(Split.TRAIN, 3, 80)
    blocks = []
    for tree in trees:
        rows = []
        for i, t in enumerate(tree.tokens, start=1):
            feats = "|".join(f"{k}={v}" for k, v in t.feats.items()) or "_"
            cells = (str(i), t.form, t.lemma, t.upos, t.xpos, feats, str(t.head), t.deprel, "_", "_")
            rows.append("\t".join(cells))
        blocks.append(f"# newdoc id = {tree.document}\n# sent_id = {tree.sent_id}\n" + "\n".join(rows) + "\n\n")
    path = tmp_path / "grammar.conllu"
    path.write_text("".join(blocks), encoding="utf-8")
    assert read_conllu(path) == trees


def test_specs_say_split_size_and_seed() -> None:
    assert len(grammar.from_spec("grammar:dev:25")) == 25
    assert [s.tree for s in grammar.from_spec("grammar:dev:25:4")] == grammar.generate(Split.DEV, 4, 25)
    assert [s.tree for s in grammar.from_spec("grammar:disjoint:9:4")] == grammar.generate(
        Split.TEST, 4, 9, disjoint=True
    )
    prints = {grammar.spec_fingerprint(f"grammar:{rest}") for rest in ("dev:25:4", "dev:25:5", "dev:26:4", "test:25:4")}
    assert len(prints) == 4
    assert grammar.spec_fingerprint("grammar:dev") == grammar.spec_fingerprint("grammar:dev:400:13")


@pytest.mark.parametrize(
    "spec", ["grammar:validation", "grammar:train:many", "grammar:train:1:2:3", "grammar:train:-4"]
)
def test_malformed_specs_are_refused_by_name(spec) -> None:
    with pytest.raises(ConfigurationError, match=f"'{spec}' does not fit grammar:SPLIT"):
        grammar.from_spec(spec)


def test_a_spec_without_sentences_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'grammar:train:0' asks for no sentence"):
        grammar.from_spec("grammar:train:0")
