"""XQuAD: passages of an article stay on one side, words give back the answers, any language goes by path."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from embedbench.errors import ConfigurationError
from embedbench.tasks.answers import ANSWER, PASSAGE, QUESTION
from embedbench.tasks.extractive_qa import Xquad
from embedbench.types import Split


def article(title, *passages):
    paragraphs = []
    for number, (context, answer) in enumerate(passages):
        answers = [{"text": answer, "answer_start": context.index(answer)}]
        qas = [{"id": f"{title}{number}", "question": f"What about {title}?", "answers": answers}]
        paragraphs.append({"context": context, "qas": qas})
    return {"title": title, "paragraphs": paragraphs}


def task_over(path, articles, **options) -> Xquad:
    path.write_text(json.dumps({"data": articles}), encoding="utf-8")
    return Xquad(files={split.value: str(path) for split in Split}, **options)


def test_articles_are_shared_out_whole_and_names_count_once(tmp_path) -> None:
    articles = [article(f"t{i}", (f"Number {i} is here.", str(i))) for i in range(20)]
    articles.append(article("t3", ("Again number three.", "three")))
    task = task_over(tmp_path / "q.json", articles)
    parts = {which: [a.title for a in task.articles(which)] for which in Split}
    assert {which: len(set(titles)) for which, titles in parts.items()} == {"train": 12, "dev": 3, "test": 5}
    assert sorted(title for titles in parts.values() for title in titles) == sorted(a["title"] for a in articles)
    assert sum(titles.count("t3") == 2 for titles in parts.values()) == 1
    assert {w: [a.title for a in replace(task, seed=1).articles(w)] for w in Split} != parts
    # A file of its own is used whole.
    alone = replace(task, files=task.files | {"test": str(tmp_path / "other.json")})
    task_over(tmp_path / "other.json", articles[:2])
    assert [a.title for a in alone.articles(Split.TEST)] == ["t0", "t1"]
    assert len({a.title for w in (Split.TRAIN, Split.DEV) for a in alone.articles(w)}) == 20


def test_too_few_articles_are_refused(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="has 2 articles, too few to share them between train, dev, test"):
        task_over(tmp_path / "q.json", [article(t, ("It is.", "It")) for t in "ab"]).split(Split.TRAIN)
    with pytest.raises(ConfigurationError, match="shares above 0 that leave some for train"):
        task_over(tmp_path / "q.json", [], dev_share=0.5, test_share=0.5)


def test_another_language_goes_by_path_and_a_cut_word_is_counted(tmp_path) -> None:
    passages = [("首都是北京。", "北京"), ("L'été dernier, 1,234 fois.", "234"), ("Она жила здесь.", "Она жила")]
    task = task_over(tmp_path / "q.json", [article(f"t{i}", p) for i, p in enumerate(passages)], test_share=0.4)
    asked = [question for which in Split for question in task.questions(which)]
    assert sorted(q.whole for q in asked) == [False, True, True]
    for which in Split:
        split = task.split(which)
        for spans, question in zip(split.spans, task.questions(which), strict=True):
            first, end = (spans[ANSWER] - spans[PASSAGE, 0]).tolist()
            text = question.text(first, end - 1)
            assert (text == question.answers[0]) == question.whole
            assert question.answers[0] in text


def test_the_words_of_real_answers_give_back_the_answers(data_folder) -> None:
    task = Xquad(files={split.value: str(data_folder / "qa/xquad.en.json.gz") for split in Split})
    seen: set[str] = set()
    cut = 0
    for which in Split:
        split, asked = task.split(which), task.questions(which)
        texts = {question.passage for question in asked}
        assert not seen & texts
        seen |= texts
        assert len(np.unique(split.clusters)) == len(texts)
        for spans, question in zip(split.spans, asked, strict=True):
            first, end = (spans[ANSWER] - spans[PASSAGE, 0]).tolist()
            cut += not question.whole
            assert (question.text(first, end - 1) == question.answers[0].strip()) == question.whole
            assert spans[QUESTION, 0] >= spans[PASSAGE, 1]
    assert (len(seen), cut) == (240, 1)
