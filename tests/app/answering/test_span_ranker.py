"""The words of a sentence that are marked as the answer."""

import json
import subprocess
import sys
import time

import pytest

from app.answering.read.span_question import WANTS, wanted
from app.answering.read.span_ranker import WEIGHTS, best_span, mark, ranker_from_json, ranker_to_json
from app.answering.read.spans import spans, tokens

BRIDGE = "青波橋は、2万5,000人の署名を受けて1987年4月に山田一郎が設計し、老朽化のため2015年に閉鎖された。"


def marked(question: str, sentence: str, language: str = "ja") -> str:
    found = mark(question, sentence, language)
    return sentence[slice(*found)] if found else ""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("青波橋を設計したのは誰ですか", "山田一郎"),
        ("青波橋が閉鎖されたのは何年か", "2015年"),
        ("青波橋はいつ設計されたか", "1987年4月"),
        ("何人の署名を受けて設計されたか", "2万5,000人"),
        ("Who designed the bridge?", "山田一郎"),
        ("谁设计了青波桥？", "山田一郎"),
        ("다리를 설계한 사람은 누구입니까?", "山田一郎"),
    ],
)
def test_what_is_marked_is_of_the_kind_asked_and_stands_beside_what_the_question_tells(
    question: str, answer: str
) -> None:
    assert marked(question, BRIDGE) == answer


def test_the_noun_that_is_asked_by_ends_the_span() -> None:
    assert marked("佐藤は何大学で学んだか", "佐藤は東都で生まれ、北嶺大学で経済学を学んだ。") == "北嶺大学"


def test_names_given_in_quotation_marks_are_marked_without_them() -> None:
    assert marked("雨の休む期間を何と呼ぶか", "雨がしばらく休む期間を「梅雨の中休み」と呼ぶ。") == "梅雨の中休み"


def test_places_are_of_the_sentence_as_it_is_written() -> None:
    sentence = "　支持率は　４６％であった。"
    assert marked("支持率は何%か", sentence) == "４６％"


def test_nothing_is_marked_where_there_are_no_words() -> None:
    assert mark("青波橋を設計したのは誰か", "……。", "ja") is None
    assert mark("青波橋を設計したのは誰か", "", "ja") is None
    assert mark("Who designed it?", "", "en") is None


def test_the_chance_is_higher_where_the_sentence_holds_the_answer() -> None:
    right = best_span("青波橋が閉鎖されたのは何年か", BRIDGE, "ja")
    other = best_span("青波橋が閉鎖されたのは何年か", "川の名は土地の言葉に由来し、流域には古い寺が多い。", "ja")
    assert right is not None
    assert other is not None
    assert 0 <= other[2] < right[2] <= 1


def test_clauses_that_give_a_reason_are_among_the_spans_whatever_their_length() -> None:
    reason = "長い年月のあいだに海からの風と塩とがケーブルと塔の鋼を内側から少しずつ蝕んでいた"
    sentence = f"橋は、{reason}ため、閉鎖された。"
    found = spans(sentence)
    texts = {sentence[slice(*found.places(number))] for number in range(len(found.first))}
    assert len(tokens(reason)) > 14
    assert reason in texts


@pytest.mark.parametrize(
    ("question", "want", "noun"),
    [
        ("世界最大の石油輸出地域は", "place", "石油輸出地域"),
        ("梅雨前線を作るのは揚子江気団と何気団か", "thing", "気団"),
        ("このことを何というか", "name", ""),
        ("どの言語の教師を送ったか", "name", "言語"),
        ("党大会は第何回か", "number", "回"),
    ],
)
def test_what_is_wanted_shows_in_the_noun_that_is_asked_for(question: str, want: str, noun: str) -> None:
    asked = wanted(question)
    assert (WANTS[asked.want], asked.noun) == (want, noun)


def test_a_sentence_is_marked_in_a_few_milliseconds() -> None:
    mark("青波橋を設計したのは誰か", BRIDGE, "ja")
    times = []
    for year in range(1900, 1930):
        started = time.perf_counter()
        mark(f"{year}年に設計したのは誰か", f"{year}年、{BRIDGE}", "ja")
        times.append(time.perf_counter() - started)
    assert sorted(times)[len(times) // 2] < 0.05  # 2 ms on an idle laptop; the limit allows for a busy machine


def test_weights_name_their_data_and_licence_and_survive_being_written() -> None:
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    assert "CC BY-SA 4.0" in stored["data"]
    assert WEIGHTS.stat().st_size < 400_000
    weights = {name: stored[name] for name in ("roles", "numbers", "bias", "output")}
    assert ranker_to_json(ranker_from_json(weights)) == weights


def test_marking_imports_no_training_libraries() -> None:
    training = "('torch', 'sklearn', 'scipy')"
    script = f"import sys, app.answering.read.span_ranker; sys.exit(any(name in sys.modules for name in {training}))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
