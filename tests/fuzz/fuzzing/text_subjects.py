"""Readers of tables, JSON lines and running text; each check parses the text anew, in the plainest way."""

from __future__ import annotations

import ast
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from embedbench.data.analogies import AnalogyPair, AnalogyQuestion, all_questions, read_bats, read_word2vec_questions
from embedbench.data.blimp import MinimalPair, read_blimp
from embedbench.data.edge_probing import EdgeSentence, read_edge_probing
from embedbench.data.gap import GapText, read_gap
from embedbench.data.raw_text import read_sentences
from embedbench.data.squad import Article, read_squad
from embedbench.data.tsv import LabelledPair, LabelledText, read_labelled_pairs, read_labelled_texts
from embedbench.data.wic import WordInContext, read_wic
from embedbench.data.word_contexts import ContextPair, read_scws
from embedbench.data.word_groups import CategorisedWord, OutlierSet, read_categories, read_outlier_sets
from embedbench.data.word_pairs import WordPair, read_word_pairs
from fuzzing.mutations import JSON, JSON_FILE, TEXT
from fuzzing.subject import Subject, expect, lines_of, natural, number, whole_words

EDGES = (
    '{"text": "The cat saw 🏳️‍🌈 .", "targets": [{"span1": [1, 2], "label": "n"}, '
    '{"span1": [1, 2], "span2": [2, 3], "label": ["a", "b"]}], "info": {"id": 7}}\n'
    '{"text": "No targets here", "targets": []}\n'
).encode()
BLIMP = (
    b'{"UID": "passive_1", "linguistics_term": "argument_structure", "sentence_good": "It is.", '
    b'"sentence_bad": "Is it is.", "pairID": "0"}\n'
) * 2
TEXTS = "label\tsentence\n1\ta joy to watch\n0\tלא טוב\n1\tfine .\n".encode()
PAIRS = b"id\tone\tother\tlabel\n1\tA man eats .\tA man is eating .\t4.5\n2\tA dog .\tA cat .\tNEUTRAL\n"
WORD_PAIRS = "# Finkelstein\ntiger\tcat\t7.35\nnaïve\tcafé\t-1e-1\n".encode()
SCWS = b"1\tbank\tn\tshore\tn\tthe <b> bank </b> of it\ta sandy <b> shore </b> .\t7.2\t8\t7\n"
GAP = (
    b"ID\tText\tPronoun\tPronoun-offset\tA\tA-offset\tA-coref\tB\tB-offset\tB-coref\tURL\n"
    b"t-1\tAda met Eve when she left.\tshe\t17\tAda\t0\tTRUE\tEve\t8\tFALSE\thttp://a\n"
)
SQUAD = json.dumps(
    {
        "version": "1.1",
        "data": [
            {
                "title": "T",
                "paragraphs": [
                    {
                        "context": "Ada wrote the note in 1843.",
                        "qas": [{"id": "q1", "question": "When?", "answers": [{"text": "1843", "answer_start": 22}]}],
                    }
                ],
            }
        ],
    }
).encode()
WIC = b"board\tN\t2-4\tRoom and board .\tHe nailed a new board on .\ncarry\tV\t1-0\tYou carry it .\tCarry on !\n"
GOLD = b"F\nT\n"
RAW = "# doc = 1\nThe cat_NN sat .\n\nZwei Wörter\u00a0und mehr\n".encode()
QUESTIONS = b": capital-common\nAthens Greece Oslo Norway\nOslo Norway Rome Italy\n: family\nboy girl king queen\n"
BATS = b"relation\tword\ttargets\nI01\tcat\tcats\nI01\tdog\tdogs/hounds\nL01\tpear\tfruit/food\n"
CATEGORIES = b'category,word\nfruit,apple\nfruit,"pear, green"\n'
OUTLIERS = b"""category,outliers,words\nfruit,"['car', 'bus']","['apple', 'pear']"\n"""


def _json_lines(content: bytes) -> list[Any]:
    return [json.loads(line) for line in lines_of(content) if line]


def check_edges(sentences: Sequence[EdgeSentence], content: bytes) -> None:
    items = _json_lines(content)
    expect(len(sentences), len(items), "sentences")
    for sentence, item in zip(sentences, items, strict=True):
        whole_words(sentence.words)
        expect(" ".join(sentence.words), item["text"], "text")
        for target, raw in zip(sentence.targets, item["targets"], strict=True):
            label = raw["label"]
            expect(list(target.labels), label if isinstance(label, list) else [label], "labels")
            whole_words(target.labels)
            spans = [raw[name] for name in ("span1", "span2") if raw.get(name) is not None]
            expect([list(span) for span in target.spans], spans, "spans")
            for start, end in target.spans:
                expect(0 <= start < end <= len(sentence.words), True, "a span within the sentence")
                expect(type(start) is type(end) is int, True, "integers")


def check_blimp(pairs: Sequence[MinimalPair], content: bytes) -> None:
    names = ("UID", "linguistics_term", "sentence_good", "sentence_bad")
    wanted = [tuple(item[name] for name in names) for item in _json_lines(content)]
    expect([(pair.paradigm, pair.phenomenon, pair.good, pair.bad) for pair in pairs], wanted, "pairs")
    whole_words(word for row in wanted for word in row)


def _cells(content: bytes, *, skip: int = 0, comment: str = "\0") -> list[list[str]]:
    rows = [line.split("\t") for line in lines_of(content) if line and not line.startswith(comment)]
    return rows[skip:]


def check_texts(texts: Sequence[LabelledText], content: bytes) -> None:
    expect([[text.label, text.text] for text in texts], [row[:2] for row in _cells(content, skip=1)], "rows")
    whole_words(part for text in texts for part in (text.label, text.text))


def check_pairs(pairs: Sequence[LabelledPair], content: bytes) -> None:
    header, *rows = _cells(content)
    at = [header.index(name) for name in ("one", "other", "label")]
    expect([[p.first, p.second, p.label] for p in pairs], [[row[i] for i in at] for row in rows], "rows")


def check_word_pairs(pairs: Sequence[WordPair], content: bytes) -> None:
    rows = _cells(content, comment="#")
    expect([[p.first, p.second] for p in pairs], [row[:2] for row in rows], "words")
    expect([p.score for p in pairs], [number(row[2]) for row in rows], "scores")


def check_scws(pairs: Sequence[ContextPair], content: bytes) -> None:
    rows = _cells(content)
    expect([p.score for p in pairs], [number(row[7]) for row in rows], "scores")
    for pair, row in zip(pairs, rows, strict=True):
        for marked, raw in ((pair.first, row[5]), (pair.second, row[6])):
            words = [word for word in raw.split() if word not in ("<b>", "</b>")]
            expect(list(marked.words), words, "words")
            expect(raw.split().index("<b>"), marked.mark, "the marked word")


def check_gap(texts: Sequence[GapText], content: bytes) -> None:
    header, *rows = _cells(content)
    expect(len(texts), len(rows), "texts")
    for text, row in zip(texts, rows, strict=True):
        cells = dict(zip(header, row, strict=True))
        whole_words(text.words)
        for name in ("Pronoun-offset", "A-offset", "B-offset"):
            natural(cells[name])
        expect(text.coreferent, (cells["A-coref"] == "TRUE", cells["B-coref"] == "TRUE"), "labels")
        for start, end in (text.pronoun, *text.names):
            expect(0 <= start < end <= len(text.words), True, "a mention of at least one word")


def check_squad(articles: Sequence[Article], content: bytes) -> None:
    raw = json.loads(content.decode("utf-8-sig"))["data"]
    expect([article.title for article in articles], [a["title"] for a in raw], "titles")
    for article, a in zip(articles, raw, strict=True):
        expect([p.text for p in article.passages], [p["context"] for p in a["paragraphs"]], "passages")
        for passage, p in zip(article.passages, a["paragraphs"], strict=True):
            for question, q in zip(passage.questions, p["qas"], strict=True):
                expect((question.id, question.text), (q["id"], q["question"]), "question")
                whole_words((question.id, question.text))
                wanted = [(answer["text"], answer["answer_start"]) for answer in q["answers"]]
                expect([(answer.text, answer.start) for answer in question.answers], wanted, "answers")
                expect({type(answer.start) for answer in question.answers}, {int}, "a place")


def check_wic(items: Sequence[WordInContext], content: bytes) -> None:
    rows = _cells(content)
    expect([(i.target, i.pos) for i in items], [tuple(row[:2]) for row in rows], "targets")
    expect([i.positions for i in items], [tuple(map(natural, row[2].split("-"))) for row in rows], "positions")
    expect([[" ".join(s) for s in i.sentences] for i in items], [row[3:] for row in rows], "sentences")
    for item in items:
        whole_words((*item.sentences[0], *item.sentences[1]))


def check_raw(sentences: Sequence[tuple[str, ...]], content: bytes) -> None:
    wanted = [line.split() for line in lines_of(content) if not line.startswith("# doc =")]
    expect([list(s) for s in sentences], [words for words in wanted if words], "sentences")
    whole_words(word for sentence in sentences for word in sentence)


def check_questions(questions: Sequence[AnalogyQuestion], content: bytes) -> None:
    wanted = [line.split() for line in lines_of(content) if line.strip() and not line.startswith(":")]
    found = [[q.first, q.second, q.third.word, *q.third.answers] for q in questions]
    expect(found, wanted, "questions")


def check_bats(pairs: Sequence[AnalogyPair], content: bytes) -> None:
    header, *rows = _cells(content)
    at = [header.index(name) for name in ("relation", "word", "targets")]
    found = [[p.section, p.word, set(p.answers)] for p in pairs]
    expect(found, [[row[at[0]], row[at[1]], set(filter(None, row[at[2]].split("/")))] for row in rows], "pairs")
    whole_words(word for pair in pairs for word in (pair.section, pair.word, *pair.answers))
    expect(all(pair.answers for pair in pairs), True, "an answer of every pair")
    all_questions(pairs[:20])


def _table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig").replace("\r\n", "\n"), newline="")))


def check_categories(words: Sequence[CategorisedWord], content: bytes) -> None:
    wanted = [(row["word"].strip(), row["category"].strip()) for row in _table(content) if row["word"].strip()]
    expect([(w.word, w.category) for w in words], wanted, "words")


def check_outliers(sets: Sequence[OutlierSet], content: bytes) -> None:
    rows = _table(content)
    expect(len(sets), len(rows), "sets")
    for found, row in zip(sets, rows, strict=True):
        whole_words((*found.words, *found.outliers))
        wanted = [word.strip() for word in ast.literal_eval(row["words"]) if word.strip()]
        expect(list(found.words), wanted, "words")


def _read_wic(path: Path) -> Sequence[WordInContext]:
    return read_wic(path, path.with_name("a.gold.txt"))


SUBJECTS = (
    Subject("edge probing JSON lines", "a.jsonl", lambda: (EDGES,), read_edge_probing, check_edges, JSON),
    Subject("BLiMP JSON lines", "a.jsonl", lambda: (BLIMP,), read_blimp, check_blimp, JSON),
    Subject("SQuAD JSON", "a.json", lambda: (SQUAD,), read_squad, check_squad, JSON_FILE),
    Subject("TSV classification", "a.tsv", lambda: (TEXTS,), lambda p: read_labelled_texts(p, header=True),
            check_texts, TEXT),
    Subject("TSV pairs", "a.tsv", lambda: (PAIRS,),
            lambda p: read_labelled_pairs(p, first="one", second="other", label="label"), check_pairs, TEXT),
    Subject("TSV similarity", "a.tsv", lambda: (WORD_PAIRS,), lambda p: read_word_pairs(p, comment="#"),
            check_word_pairs, TEXT),
    Subject("SCWS", "a.txt", lambda: (SCWS,), read_scws, check_scws, TEXT),
    Subject("GAP", "a.tsv", lambda: (GAP,), read_gap, check_gap, TEXT),
    Subject("WiC", "a.data.txt", lambda: (WIC,), _read_wic, check_wic, TEXT,
            prepare=lambda folder: (folder / "a.gold.txt").write_bytes(GOLD) and None),
    Subject("raw text", "a.txt", lambda: (RAW,), lambda p: list(read_sentences(p, comment="# doc =")), check_raw,
            TEXT),
    Subject("analogy questions", "a.txt", lambda: (QUESTIONS,), read_word2vec_questions, check_questions, TEXT),
    Subject("BATS", "a.tsv", lambda: (BATS,), read_bats, check_bats, TEXT),
    Subject("categories CSV", "a.csv", lambda: (CATEGORIES,), read_categories, check_categories, TEXT, share=0.5),
    Subject("outliers CSV", "a.csv", lambda: (OUTLIERS,), read_outlier_sets, check_outliers, JSON, share=0.5),
)  # fmt: skip
