"""One question walks one path, once: what it costs in encodings, searches and readings, and how many files it runs."""

import json
from collections.abc import Iterator, Sequence
from cProfile import Profile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.answering.read import sentences
from app.answering.read.sentences import Candidate, Features, rank_sentences
from app.answering.types import Answer, Turn
from app.answering.understand.question import QuestionTerms
from app.cli import main
from app.library import Library
from retriever.embedded.reader import DeferredReader, PassageReading
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.types import Budget, Encoder, Hit, Passage, Query, Vectors
from tests.conftest import IndexOf
from tests.files_run import ROOT, files_of
from tests.opened_once import open_encoder

PAPER = ROOT.parent / "shared" / "corpus" / "paper.txt"
QUESTIONS = ROOT.parent / "shared" / "data" / "paper_qa_dev.jsonl"
# Files of ours, the reader among them, that one question may run. An ordinary one walks the path once. For others there
# is more to do: another language is compared by the dictionary; a refusal shows the nearest passages, after misspelt
# words were looked for; the works are looked at first for what may ask for one, and if none answers, the paper is
# asked; a follow-up is completed, and its interpretations are compared.
MOST_FILES = {
    "answered": 25,
    "short, courteous, misspelt, or several at once": 29,
    "in another language": 30,
    "refused": 30,
    "on a work, or what may be a claim": 34,
    "follow-up": 34,
}
OF_OTHER_SHAPES = (
    "支持率は何%か",
    "関税とは何か",
    "関税",
    "すみません、卒論で調べているのですが、トランプ大統領の支持率は何%だったか教えていただけますか",
    "支持率は何%か。関税の目的は何か。",
    "トランプ感税の目的は何ですか",
)
OF_CLAIMS = ("円安が90%進んだという話の出典は？", "日本に好意的な米国人が83%という数字の出典は？")
# One question for each thing that can be asked, with how often sentences are read for it.
ASKED = [
    ("初めの燃料は何であったか", "passage", 1),
    ("What was the first fuel?", "passage", 1),
    ("参考文献2は何についての文献か", "entry", 0),
    ("田中太郎 1998", "entry", 0),
    ("参考文献9は何ですか", "entry", 0),
    ("参考文献1によると、漁船は何隻見られたか", "text", 1),
    ("参考文献2によると、鯨油はどう使われたか", "text", 1),
    ("参考文献は何点挙がっていますか", "count", 0),
    ("参考文献を一覧にしてください", "list", 0),
    ("読めた参考文献はどれですか", "read", 0),
    ("読めなかった参考文献はどれですか", "unread", 0),
    ("住民の83%が保存に賛成したという主張の出典は？", "claim", 1),
    ("灯台の燃料について、どの文献が引用されていますか", "claim", 1),
    ("この主張の出典は？", "pointing", 0),
    ("出典は？", "pointing", 0),
    ("港湾省の文献はどれですか", "list", 0),
]


@dataclass
class CountingEncoder:
    """The encoder inside, with the questions that it encoded, and their number."""

    inner: Encoder
    encoded: int = 0
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.name, self.dimension = self.inner.name, self.inner.dimension

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        self.encoded += len(texts)
        self.texts += texts
        return self.inner.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self.inner.encode_passages(texts)


@pytest.fixture(scope="module")
def encoder() -> CountingEncoder:
    """The real encoder, counted."""
    return CountingEncoder(open_encoder())


@pytest.fixture(scope="module")
def library(cited_folder: Path, encoder: CountingEncoder) -> Iterator[Library]:
    """A library over an invented paper and one of its references."""
    opened = Library(open_index(cited_folder), encoder, reader=DeferredReader())
    yield opened
    opened.close()


@pytest.mark.parametrize(("question", "asks", "readings"), ASKED)
def test_a_question_is_encoded_and_searched_once_and_read_at_most_once(
    library: Library,
    encoder: CountingEncoder,
    monkeypatch: pytest.MonkeyPatch,
    question: str,
    asks: str,
    readings: int,
) -> None:
    searched: list[str] = []
    read: list[str] = []
    search, rank = Index.search, rank_sentences

    def counting_search(index: Index, query: Query, *args: object, **options: object) -> list[Hit]:
        searched.append(query.text)
        return search(index, query, *args, **options)  # type: ignore[arg-type]

    def counting_rank(terms: object, *args: object, **options: object) -> object:
        read.append(str(terms))
        return rank(terms, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Index, "search", counting_search)
    monkeypatch.setattr("app.answering.pipeline.rank_sentences", counting_rank)
    encoder.encoded = 0
    _, trace = library.ask_with_trace(question)
    assert trace.reading.terms.question.asks == asks
    assert (encoder.encoded, len(searched), len(read)) == (1, 1, readings)


def test_only_a_work_named_by_author_and_year_that_does_not_tell_costs_a_second_search(
    library: Library, encoder: CountingEncoder
) -> None:
    encoder.encoded = 0
    assert library.ask("田中太郎 1998によると、住民は何%が賛成したか").citations
    assert encoder.encoded == 2


@pytest.mark.parametrize("question", ["石油は？", "それはいつ？", "なぜ？", "他には？", "ソースは？"])
def test_for_a_follow_up_nothing_is_encoded_searched_scored_or_read_twice(
    library: Library, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    done: dict[str, list[object]] = {"searched": [], "scored": [], "read": []}
    search, features, read = Index.search, sentences._features, DeferredReader.read

    def counting_search(index: Index, query: Query, *args: object, **options: object) -> list[Hit]:
        done["searched"].append(query.text)
        return search(index, query, *args, **options)  # type: ignore[arg-type]

    def counting_features(terms: QuestionTerms, hit: Hit, span: tuple[int, int], *args: float) -> Features:
        done["scored"].append((terms.question.searched, hit.row, span))
        return features(terms, hit, span, *args)

    def counting_read(reader: DeferredReader, asked: str, passages: Sequence[Passage]) -> list[PassageReading]:
        done["read"] += [(asked, passage.id) for passage in passages]
        return read(reader, asked, passages)

    history = [Turn(text, library.ask(text).text) for text in ("初めの燃料は何であったか", "漁船は何隻見られたか")]
    monkeypatch.setattr(Index, "search", counting_search)
    monkeypatch.setattr(sentences, "_features", counting_features)
    monkeypatch.setattr(DeferredReader, "read", counting_read)
    monkeypatch.setattr(encoder, "texts", [])
    library.ask(question, history=history)
    done["encoded"] = [*encoder.texts]
    twice = {what: [each for each in made if made.count(each) > 1] for what, made in done.items()}
    assert twice == {what: [] for what in done}


def test_several_interpretations_are_weighed_before_any_is_read(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked: list[str] = []
    ranked_before_reading: list[set[str]] = []
    read = DeferredReader.read

    def counting_rank(terms: QuestionTerms, *args: object, **options: object) -> list[Candidate]:
        ranked.append(terms.question.text)
        return rank_sentences(terms, *args, **options)  # type: ignore[arg-type]

    def counting_read(reader: DeferredReader, asked: str, passages: Sequence[Passage]) -> list[PassageReading]:
        ranked_before_reading.append(set(ranked))
        return read(reader, asked, passages)

    history = [Turn(text, library.ask(text).text) for text in ("初めの燃料は何であったか", "漁船は何隻見られたか")]
    monkeypatch.setattr("app.answering.pipeline.rank_sentences", counting_rank)
    monkeypatch.setattr(DeferredReader, "read", counting_read)
    library.ask("石油は？", history=history)
    assert len(ranked_before_reading[0]) > 1


def test_the_times_of_both_searches_count(library: Library) -> None:
    timings = library.ask("田中太郎 1998によると、住民は何%が賛成したか").timings_ms
    assert sum(timings[name] for name in ("encode", "search", "answer")) == pytest.approx(timings["total"], rel=0.5)


def test_an_answer_made_in_a_hurry_is_not_given_again_to_who_has_time(library: Library) -> None:
    question = "取り壊しに賛成する人は何%か"
    hurried = library.ask(question, budget=Budget(hurried=True))
    _, trace = library.ask_with_trace("なぜ？", history=[Turn(question, hurried.text)])
    assert trace.reading.terms.question.text
    assert library._newest().recent.get(question) != hurried


def test_what_is_asked_is_decided_before_the_search(library: Library) -> None:
    asked = {question: library.ask_with_trace(question)[1].reading.terms.question for question, _, _ in ASKED}
    assert asked["参考文献2は何についての文献か"].lookup.works[0].number == 2
    assert asked["住民の83%が保存に賛成したという主張の出典は？"].searched == "住民の83%が保存に賛成"
    assert asked["参考文献1によると、漁船は何隻見られたか"].searched == "漁船は何隻見られたか"
    assert asked["初めの燃料は何であったか"].intent == "passage"
    assert asked["初めの燃料は何であったか"].lookup.works == ()


def test_the_trace_is_of_the_answer_that_was_given(library: Library) -> None:
    quoted = []
    for question, _, _ in ASKED:
        answer, trace = library.ask_with_trace(question)
        shown = trace.to_json()
        assert shown["confidence"] == round(answer.confidence, 4)
        assert shown["abstained"] is answer.abstained
        assert shown["timings_ms"].keys() == answer.timings_ms.keys()
        if answer.method == "extractive" and not answer.abstained:
            quoted.append(question)
            assert answer.sentences[0].text in {sentence["text"] for sentence in shown["sentences"]}
    assert quoted[:2] == [question for question, _, _ in ASKED[:2]]


def test_an_explanation_costs_no_second_answer(library: Library, encoder: CountingEncoder) -> None:
    encoder.encoded = 0
    _, trace = library.ask_with_trace("参考文献2は何についての文献か")
    text = trace.to_text()
    assert encoder.encoded <= 1, "once, unless it was asked before"
    assert "a question about sources: entry" in text
    assert "『灯台の燃料 鯨油から電気へ』" in text
    assert "looked up, nothing was read" in text


def test_ask_explains_the_answer_that_it_prints(cited_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asking = ["ask", "住民の83%が保存に賛成したという主張の出典は？", "--index", str(cited_folder)]
    assert main([*asking, "--json", "--explain"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["explanation"]["intent"] == "sources"
    assert body["explanation"]["searched"] == "住民の83%が保存に賛成"
    assert body["explanation"]["sentences"][0]["text"] == body["citations"][0]["quote"]
    composed = [(each["text"], each["citations"]) for each in body["explanation"]["composed"]]
    assert composed == [(each["text"], each["citations"]) for each in body["sentences"]]
    assert body["explanation"]["timings_ms"] == body["timings_ms"]
    assert main([*asking, "--explain"]) == 0
    assert "searched: 住民の83%が保存に賛成" in capsys.readouterr().out


def test_an_explanation_shows_the_sentences_with_their_features_best_first(library: Library) -> None:
    answer, trace = library.ask_with_trace("石油に替わったのは何年か")
    shown = trace.to_json()
    assert shown["asks_for"] == "date"
    assert shown["sentences"][0]["text"] == answer.sentences[0].text
    assert set(shown["hits"][0]["parts"]) == {"passage_vector", "sentence_vector", "words", "cross_lingual"}
    scores = [sentence["score"] for sentence in shown["sentences"]]
    assert scores == sorted(scores, reverse=True)
    assert set(shown["sentences"][0]["features"]) == {"passage_gap", "term_overlap", "form", "cosine", "z_score"}
    text = trace.to_text()
    assert "answers" in text
    assert "term_overlap" in text


def test_an_explanation_tells_what_was_tried_before_the_answer_that_is_given(library: Library) -> None:
    answer, trace = library.ask_with_trace("初めの撚料は何であったか")
    assert answer.standalone == "初めの燃料は何であったか"
    assert [attempt["searched"] for attempt in trace.to_json()["tried"]] == ["初めの撚料は何であったか"]
    assert "also tried, as passage: “初めの撚料は何であったか”" in trace.to_text()
    assert not library.ask_with_trace("初めの燃料は何であったか")[1].tried


def test_an_explanation_shows_what_the_reader_makes_of_the_passages(library: Library) -> None:
    _, trace = library.ask_with_trace("初めの燃料は何であったか")
    told = trace.to_json()["hits"][0]["reader"]
    assert set(told) == {"relevance", "span", "certainty"}
    assert told["span"] in trace.reading.hits[0].passage.text
    assert {"rules", "reader"} < set(trace.to_json()["evidence"])
    assert f"reader {told['relevance']}, " in trace.to_text()
    assert "reranker " not in trace.to_text()  # none has run


def files_run(library: Library, question: str, history: Sequence[Turn] = ()) -> tuple[list[str], Answer]:
    """The files of ours that a question runs through, and its answer."""
    with Profile(builtins=False) as profile:
        answer = library.ask(question, history=history)
    return files_of(profile), answer


@pytest.mark.parametrize(
    "question",
    ["初めの燃料は何であったか", "取り壊しに賛成する人は何%か", "電気が引かれたのは何年か", "What was the first fuel?"],
)
def test_an_ordinary_question_runs_through_few_files(library: Library, question: str) -> None:
    for warming in ("燃料が石油に替わったのは何年か", "保存に賛成する住民は何%か"):
        library.ask(warming)  # what is loaded once is loaded
    files, answer = files_run(library, question)
    listed = "\n".join(files)
    print(listed)
    assert "app/answering/pipeline.py" in files, listed
    assert answer.intent == "passage"
    assert len(files) <= MOST_FILES["answered"], listed


def _kind(row: dict[str, Any], files: Sequence[str], answer: Answer) -> str:
    """The kind of a question, one of `MOST_FILES`."""
    if row["type"] == "reference" or "app/answering/understand/sources/asked.py" in files:
        return "on a work, or what may be a claim"
    if answer.abstained:
        return "refused"
    return "answered" if row["lang"] == "ja" else "in another language"


@pytest.mark.skipif(not QUESTIONS.exists(), reason="../shared/data, which holds the questions, is not here")
@pytest.mark.parametrize("share", ["one of each type", pytest.param("all", marks=pytest.mark.thorough)])
def test_questions_of_every_shape_on_the_paper_run_through_few_files(index_of: IndexOf, share: str) -> None:
    """Facts, tables, lists, explanations, works, what is not there; in three languages, by another writer."""
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    if share != "all":
        rows = list({(row["lang"], row["type"]): row for row in rows}.values())
    library = Library(open_index(index_of(PAPER)), open_encoder(), reader=DeferredReader())
    for question in ("日米首脳会談はいつ行われたか", "What share of Americans view Japan favorably?"):
        library.ask(question)  # warm
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        files, answer = files_run(library, row["question"])
        counts.setdefault(_kind(row, files, answer), {})[row["question"]] = len(files)
    for kind, questions in (
        ("short, courteous, misspelt, or several at once", OF_OTHER_SHAPES),
        ("on a work, or what may be a claim", OF_CLAIMS),
        ("refused", ["USスチールの買収額はいくらか"]),
    ):
        counts.setdefault(kind, {}).update((text, len(files_run(library, text)[0])) for text in questions)
    history = [Turn(rows[0]["question"])]
    counts["follow-up"] = {text: len(files_run(library, text, history)[0]) for text in ("なぜ？", "それはいつ？")}
    library.close()
    print(json.dumps(counts, ensure_ascii=False, indent=1))
    too_many = {kind: of for kind, of in counts.items() if max(of.values()) > MOST_FILES[kind]}
    assert not too_many
    assert counts.keys() == MOST_FILES.keys()
