"""Which questions ask about sources: laws, one example for each language, and the wordings of other people."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.answering.understand.classifier import about_sources, intent_model
from app.answering.understand.source_signs import SourceRequest, content, filters, numbered, placed
from app.answering.understand.sources.lookup import Lookup
from app.answering.understand.words import LAST
from app.library import Library
from app.training.data import FITTING
from ingest.document import Block, Document
from ingest.pipeline import ingest_documents
from retriever.index.open import open_index
from tests.conftest import IndexOf
from tests.opened_once import open_encoder
from tests.quality.question_sets import SHARED
from tests.retriever.letters import LetterEncoder, NoProgress

NUMBERS = st.integers(min_value=1, max_value=99)
TOPICS = st.sampled_from(["蓄電池", "棚田の石垣", "路面電車", "夜行列車", "共同菜園", "灯台の燃料"])
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
CONTENT_SETS = ("paper_qa", "short", "overviews", "dialogues", "hard_unanswerable")
JSQUAD = SHARED / "data" / "jsquad-valid-v1.3.json"
EVERY = 20  # one of so many questions on Wikipedia is asked

Chance = Callable[[str], float]


@pytest.fixture(scope="module")
def chance() -> Chance:
    """The chance that a question is about sources, before any bibliography is looked at."""
    encoder = open_encoder()

    def ask(question: str) -> float:
        return about_sources(intent_model().chances(question, encoder.encode_queries([question])[0]))

    return ask


@pytest.fixture(scope="module")
def library(cited_folder: Path) -> Iterator[Library]:
    """An index of an invented paper that cites four works: one in English, three in Japanese."""
    opened = Library.open(cited_folder)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def quizzes(index_of: IndexOf) -> Library:
    """An English paper whose authors have names in Latin letters."""
    return Library.open(index_of(FITTING[1].path))


@pytest.fixture(scope="module")
def taken(chance: Chance, cited_folder: Path) -> Callable[[str], bool]:
    """Whether a question over such an index is taken for one about sources; nothing is read, as that comes later."""
    unread = Library(open_index(cited_folder), open_encoder())
    return lambda question: chance(question) >= 0.1 and unread.ask(question).intent == "sources"


@settings(deadline=None)  # the first one loads the dictionary
@given(NUMBERS, TOPICS)
def test_a_number_is_understood_however_it_is_written(number: int, topic: str) -> None:
    plain = numbered(f"参考文献{number}によると、{topic}はどうなったか")
    assert plain == SourceRequest("text", (number,), f"{topic}はどうなったか")
    for written in (f"[{number}]", f"［{number}］".translate(FULL_WIDTH), f" {number} "):
        assert numbered(f"参考文献{written}によると、{topic}はどうなったか") == plain


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("参考文献[2]は蓄電池について何と述べているか", "蓄電池について何と述べているか"),
        ("According to reference 2, how old were the Volunteers?", "how old were the Volunteers"),
        ("根据参考文献2，回收期是多少年？", "回收期是多少年"),
        ("참고문헌 2에 따르면 배터리의 회수 기간은 몇 년인가?", "배터리의 회수 기간은 몇 년인가"),
    ],
)
def test_what_a_work_says_is_told_from_the_work_itself(question: str, words: str) -> None:
    assert numbered(question) == SourceRequest("text", (2,), words)


@pytest.mark.parametrize(
    "question",
    [
        "参考文献2はどんな文献ですか",
        "Summarize reference 2.",
        "参考文献2的作者是谁？",
        "참고문헌 [2]는 무엇에 관한 문헌인가?",
    ],
)
def test_what_a_work_is_is_asked_of_its_entry(question: str) -> None:
    assert numbered(question) == SourceRequest("entry", (2,))


@pytest.mark.parametrize("question", ["資料16", "資料16を見せて", "资料16", "자료 16은"])
def test_a_numbered_source_alone_is_its_entry(question: str) -> None:
    assert numbered(question) == SourceRequest("entry", (16,))


def test_a_numbered_source_within_a_question_is_no_work_of_the_list() -> None:
    assert numbered("資料16人分は誰に配られましたか") is None


@pytest.mark.parametrize(
    "question",
    [
        "Which works are listed but never cited in the text?",
        "本文の中で一度も引用されない文献を教えて",
        "正文里从来没有引用过的文献是哪些？",
        "본문에서 한 번도 인용하지 않은 문헌을 알려 주세요",
    ],
)
def test_works_that_the_text_never_cites_are_listed(quizzes: Library, question: str) -> None:
    answer = quizzes.ask(question)
    assert answer.intent == "sources"
    authors = [citation.quote.split(",")[0] for citation in answer.citations]
    assert authors == ["Achterberg", "Mele", "Tarrow", "Yilmaz"]


def test_the_sentences_that_cite_a_work_are_quoted_before_its_entry(quizzes: Library) -> None:
    answer = quizzes.ask("Which claim is Pellworth cited for?")
    assert "drives tired learners away" in answer.citations[0].quote
    assert answer.citations[-1].quote.startswith("Pellworth, G. (2014)")


def test_of_a_work_that_the_text_never_cites_this_is_said(quizzes: Library) -> None:
    answer = quizzes.ask("Where does the text cite Mele?")
    assert answer.text.startswith("No citation of this work was found")
    assert answer.citations[0].quote.startswith("Mele, S.")


@pytest.mark.parametrize("question", ["参考文献3点を挙げてください", "cite 4 sources", "列出3篇论文的要点"])
def test_an_amount_is_no_number_of_a_work(question: str) -> None:
    assert numbered(question) is None


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("一覧の上から四番目は何か", 4),
        ("number 10 in the list", 10),
        ("排在第五位的是哪一个", 5),
        ("마지막 것은 무엇인가요", LAST),
    ],
)
def test_a_place_in_the_list_is_a_number(question: str, number: int) -> None:
    place = placed(question)
    assert place is not None
    assert place[0] == number


@pytest.mark.parametrize("question", ["第3節で引用されている文献を挙げて", "第2章的参考文献有哪些"])
def test_a_section_is_no_place_in_the_list(question: str) -> None:
    assert placed(question) is None


@pytest.mark.parametrize(
    "question", ["What's number 2 in the bibliography?", "number 2 on the reference list", "文献目录里的第2条是什么？"]
)
def test_a_number_in_the_list_is_no_count(quizzes: Library, question: str) -> None:
    entry = quizzes.ask("What is reference 2?").citations[-1].quote
    assert [citation.quote for citation in quizzes.ask(question).citations] == [entry]


def test_years_languages_and_ages_restrict_the_works() -> None:
    assert filters("2019年以降の文献").years == (2019, 9999)
    assert filters("works published before 2015").years == (0, 2014)
    assert filters("which articles from 2019 or later do they cite").years == (2019, 9999)
    assert filters("works from 1998 or earlier").years == (0, 1998)
    assert filters("1970年代的文献").years == (1970, 1979)
    assert filters("Which sources are in English?").languages == {"en"}
    assert filters("一番古い文献").oldest
    assert not filters("参考文献の一覧")


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("List the references published between 2019 and 2021", (2019, 2021)),
        ("List the references from 2018 to 2020", (2018, 2020)),
        ("Which works of 1998-2003 are cited?", (1998, 2003)),
        ("2019年から2021年の文献を挙げて", (2019, 2021)),
        ("文献のうち1960年から1965年のものは？", (1960, 1965)),
        ("2019年と2021年の間の文献", (2019, 2021)),
        ("2019年到2021年之间的文献", (2019, 2021)),
        ("2019년부터 2021년까지의 문헌", (2019, 2021)),
    ],
)
def test_a_range_of_years_has_both_of_its_ends(question: str, years: tuple[int, int]) -> None:
    chosen = filters(question)
    assert chosen.years == years
    assert not re.search(r"\d{4}", chosen.rest)


LISTED = Document(
    "gaps",
    "Lamps",
    "/gaps.txt",
    (
        Block("paragraph", "Lamps were repaired [3]."),
        Block("heading", "References", level=1),
        Block("entry", "[1] Miller, A. (2001). Lamps of the harbour. Lamp Press."),
        Block("entry", "[3] Brown, C. (2003). Lamps of the valley. Lamp Press."),
        Block("entry", "[5] Green, D. (2005). Lamps of the hills. Lamp Press."),
        Block("entry", "White, E. (2006). Lamps of the moor. Lamp Press."),
    ),
    language="en",
)


def test_a_number_is_the_printed_one_and_the_place_only_of_what_is_not_numbered(letters_library: Library) -> None:
    def meant(question: str) -> list[str]:
        return [work.entry.title for work in _lookup(letters_library, question).works]

    assert meant("What is reference [5] about?") == ["Lamps of the hills"]
    assert meant("What is reference [3] about?") == ["Lamps of the valley"]
    assert meant("What is reference [4] about?") == ["Lamps of the moor"]
    assert meant("What is the last reference about?") == ["Lamps of the moor"]
    assert _lookup(letters_library, "What is reference [2] about?").missing == (2,)


@pytest.fixture
def letters_library(letters: LetterEncoder, tmp_path: Path) -> Library:
    """A list whose printed numbers have gaps."""
    assert letters
    ingest_documents(tmp_path / "index", [LISTED], progress=NoProgress())
    return Library.open(tmp_path / "index")


def _lookup(library: Library, question: str) -> Lookup:
    return library.ask_with_trace(question)[1].reading.terms.question.lookup


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("石垣が流出を遅らせるという主張の出典は何ですか", "石垣が流出を遅らせる"),
        ("What does the paper cite for trams?", "trams"),
        ("路面电车的出处是什么？", "路面电车"),
        ("노면전차의 출처는 무엇인가요?", "노면전차의"),
        ("この主張の出典は？", ""),
    ],
)
def test_a_claim_is_what_the_frame_of_a_question_does_not_explain(question: str, text: str) -> None:
    assert content(question).text == text


@pytest.mark.parametrize(
    "question",
    [
        "参考文献を挙げているだけ教えてください",
        "List every source that the author relied on",
        "这些参考资料请都列一下",
        "어떤 문헌을 참고해서 썼는지 알려 주세요",
        "賛成が多いという話の典拠を示してください",
    ],
)
def test_questions_about_sources_are_told_in_other_words_than_the_examples(chance: Chance, question: str) -> None:
    assert chance(question) >= 0.3


@pytest.mark.parametrize(
    "question",
    [
        "重要鉱物を供給している国はどこか",
        "What are the sources of friction between the two towns?",
        "What does the survey say about reference prices?",
        "灯台的油来自哪里？",
        "이 지역의 주요 수입원은 무엇인가?",
    ],
)
def test_a_word_for_source_alone_makes_no_question_about_sources(chance: Chance, question: str) -> None:
    assert chance(question) < 0.3


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("文献は全部でいくつ挙がっていますか", "count"),
        ("英語の文献はどれですか", "list"),
        ("港湾省の文献は何ですか", "entry"),
        ("灯台の燃料について、どの文献が引用されていますか", "claim"),
    ],
)
def test_the_bibliography_confirms_what_is_asked(library: Library, question: str, asks: str) -> None:
    answer, trace = library.ask_with_trace(question)
    assert answer.intent == "sources"
    asked = trace.reading.terms.question
    assert asked.asks == asks or (asks == "entry" and asked.lookup.works)


def test_works_that_the_bibliography_does_not_list_are_not_answered_from_it(library: Library) -> None:
    assert library.ask("クロポトキンの文献の題名は何ですか").intent == "passage"


@pytest.mark.parametrize(
    "question",
    [
        "クロポトキンは参考文献に載っていますか",
        "Does the reference list include Kropotkin?",
        "参考文献里有Kropotkin吗",
        "참고문헌에 Kropotkin이 있나요?",
    ],
)
def test_a_work_that_the_list_lacks_is_said_to_be_missing(library: Library, question: str) -> None:
    answer = library.ask(question)
    assert (answer.intent, answer.citations) == ("sources", ())
    assert "4" in answer.text, "the number of works that were looked through"


@pytest.mark.parametrize(
    "question",
    [
        "What backs up the claim that the harbour has 3 cranes?",
        "「港には起重機が3台ある」という主張の出典は？",
        "“港口有三台起重机”这一说法的出处是什么",
        "港口有三台起重机这个说法是哪来的",
    ],
)
def test_the_source_of_a_stated_claim_is_asked_for_whatever_it_states(chance: Chance, question: str) -> None:
    assert chance(question) >= 0.5


@pytest.mark.parametrize(
    "question",
    [
        "Which court rejected the claim that the harbour has 3 cranes?",
        "裁判所は「港は町のものだ」という主張をどう扱いましたか",
    ],
)
def test_what_happened_to_a_stated_claim_is_no_question_about_its_source(chance: Chance, question: str) -> None:
    assert chance(question) < 0.5


@pytest.mark.parametrize("name", CONTENT_SETS)
def test_what_others_ask_about_the_content_is_never_taken_for_a_question_about_sources(
    taken: Callable[[str], bool], name: str
) -> None:
    rows = [row for row in _rows(SHARED / "data" / f"{name}_dev.jsonl") if row["type"] != "reference"]
    assert [row["question"] for row in rows if taken(row["question"])] == []


def test_hardly_any_question_on_wikipedia_is_taken_for_one_about_sources(taken: Callable[[str], bool]) -> None:
    if not JSQUAD.exists():
        pytest.skip(f"{JSQUAD} is not on this machine")
    questions = list(_jsquad_questions())[::EVERY]
    assert len(questions) > 200
    assert sum(map(taken, questions)) <= len(questions) / 100


def _jsquad_questions() -> Iterator[str]:
    for article in json.loads(JSQUAD.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            yield from (item["question"] for item in paragraph["qas"])


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_hardly_any_question_on_a_made_up_paper_is_taken_for_one_about_sources(taken: Callable[[str], bool]) -> None:
    rows = [row for paper in FITTING for row in paper.questions() if row["type"] != "reference"]
    assert sum(taken(row["question"]) for row in rows) <= len(rows) / 50


@pytest.mark.parametrize(
    ("question", "surname"),
    [("ドラゴミールの本の題名は何ですか", "Dragomir"), ("카스텔라네 논문의 제목은 무엇인가요?", "Castellane")],
)
def test_an_author_in_latin_letters_is_heard_in_kana_and_hangul(quizzes: Library, question: str, surname: str) -> None:
    answer = quizzes.ask(question)
    assert answer.intent == "sources"
    assert [citation.quote.split(",")[0] for citation in answer.citations] == [surname]
