"""What cited works say, asked by number or by author and year; which of them could be read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.answering.compose.messages import MESSAGES, say
from app.answering.understand.sources.lookup import dated
from app.answering.works import Sources
from app.library import Library
from corpus.bundle import bundled_documents
from ingest.bibliography.parser import parse_bibliography
from ingest.document import Block, Document
from ingest.pipeline import ingest_documents
from ingest.references.fetch_record import FetchRecord
from ingest.references.store import ReferenceStore
from tests.retriever.letters import NoProgress

PAPER = Document(
    "paper",
    "丘の町の暮らし",
    "/paper.md",
    (
        Block("heading", "丘の町の暮らし", level=1),
        Block("paragraph", "路面電車が通ると、沿線の商店の売上は増えた（北野 2016）。"),
        Block(
            "paragraph",
            "共同菜園は近所づきあいを広げる（Hill 2014）。製造業の事業所は減り続けている（市統計課 2021b）。",
        ),
        Block("paragraph", "夜行列車は観光客を運ぶ（Nord 2019）。"),
        Block("heading", "参考文献", level=1),
        Block("entry", "北野進（2016）『路面電車と買い物』坂書房。 https://hills.example/trams"),
        Block("entry", "Hill, J. (2014) “Community Gardens in Osaka.” https://hills.example/gardens"),
        Block("entry", "市統計課（2021a）『市統計年鑑：人口』。 https://hills.example/people"),
        Block("entry", "市統計課（2021b）『市統計年鑑：製造業』。"),
        Block("entry", "Nord, A. (2019) “Night Trains and Regional Tourism.” https://hills.example/trains"),
    ),
    "ja",
)
TRAMS = Document(
    "trams",
    "路面電車と買い物",
    "/trams.html",
    (
        Block("paragraph", "本書は、坂の多い町で路面電車が買い物をどう変えたかを調べたものである。"),
        Block(
            "paragraph", "沿線の商店の売上は、開業から三年で27%伸びた。蓄電池を積んだ車両は、回収期間が十一年に延びた。"
        ),
        Block("paragraph", "聞き取りに応じた店主は、平均で六十二歳であった。"),
    ),
    "ja",
    kind="reference",
)
GARDENS = Document(
    "gardens",
    "Community Gardens in Osaka",
    "/gardens.html",
    (
        Block("paragraph", "This report describes how neighbours in Osaka share plots of land."),
        Block(
            "paragraph",
            "The gardeners were 58 years old on average. Sales of vegetables in the shops fell by 4 percent.",
        ),
    ),
    "en",
    kind="reference",
)
TRAINS = Document(
    "trains",
    "Night Trains and Regional Tourism",
    "/trains.html",
    (Block("paragraph", "Night trains brought 1,300 more guests to the northern valleys each winter."),),
    "en",
    kind="reference",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A paper that cites by author and year; two of its references were read, of another one the abstract."""
    folder = tmp_path_factory.mktemp("hills") / "index"
    ingest_documents(folder, [PAPER, TRAMS, GARDENS, TRAINS], progress=NoProgress())
    keys = {one.number: one.key for one in parse_bibliography(PAPER)}
    store = ReferenceStore(folder)
    with store.fetching():
        for number, name in ((1, "trams"), (2, "gardens")):
            url = f"https://hills.example/{name}"
            store.keep(FetchRecord("paper", keys[number], "fetched", url=url, document_id=name))
        url = "https://hills.example/trains"
        store.keep(FetchRecord("paper", keys[5], "abstract-only", url=url, document_id="trains"))
        store.keep(FetchRecord("paper", keys[3], "dead", url="https://hills.example/people", status=404))
    opened = Library.open(folder)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("question", "number", "words"),
    [
        ("参考文献1によると、蓄電池を積んだ車両で回収期間は何年に延びたか", 1, "十一年"),
        ("参考文献[1]で、沿線の商店の売上はどれだけ伸びたか", 1, "27%"),
        ("According to reference 2, how old were the gardeners on average?", 2, "58"),
        ("By how much did sales of vegetables fall in reference 2?", 2, "4 percent"),
        ("Does reference 2 mention vegetables?", 2, "vegetables"),
        ("根据参考文献1，沿线商店的売上増加了多少？", 1, "27%"),
        ("참고문헌 2에 따르면 gardeners의 평균 나이는 몇 살인가?", 2, "58"),
        ("What did Hill (2014) find about sales in shops?", 2, "4 percent"),
        ("北野 2016によると、店主は平均で何歳であったか", 1, "六十二歳"),
        ("北野（2016）は商店の売上について何と述べているか", 1, "27%"),
    ],
)
def test_what_a_work_says_is_answered_from_its_own_text(
    library: Library, question: str, number: int, words: str
) -> None:
    answer = library.ask(question)
    assert {(one.origin, one.reference) for one in answer.citations} == {("reference", number)}
    assert words in answer.citations[0].quote
    assert answer.question == question


def test_what_a_work_does_not_say_is_not_answered_from_another(library: Library) -> None:
    answer = library.ask("参考文献2によると、蓄電池を積んだ車両で回収期間は何年に延びたか")
    assert answer.abstained
    assert answer.text.splitlines()[0] == MESSAGES["ja"]["not_in_text"].format(number=2)
    assert {hit.passage.document_id for hit in answer.hits} == {"gardens"}
    assert library.ask("Does reference 2 mention locomotives?").abstained


def test_what_an_unread_work_says_is_told_as_far_as_the_paper_tells_it(library: Library) -> None:
    told = library.ask("参考文献4によると、製造業の事業所はどうなっているか")
    assert [(one.origin, one.reference) for one in told.citations] == [("paper", None), ("record", 4)]
    assert told.citations[0].quote == "製造業の事業所は減り続けている（市統計課 2021b）。"
    assert told.notes == (
        MESSAGES["ja"]["said_citing"],
        "引用されている文献のうち、本文を読めていないもの: 参考文献4（アドレスなし）",
    )
    untold = library.ask("Does reference 3 mention penguins?")
    assert [one.reference for one in untold.citations] == [3]
    assert untold.notes[0] == MESSAGES["en"]["said_unread"]
    assert untold.confidence == 0


def test_what_an_abstract_says_is_said_to_be_of_no_more(library: Library) -> None:
    answer = library.ask("According to reference 5, how many more guests came each winter?")
    assert "1,300" in answer.citations[0].quote
    assert answer.notes == ("Works of which only the abstract was read: no. 5",)
    absent = library.ask("Does reference 5 mention volcanoes?")
    assert absent.abstained
    assert absent.notes == answer.notes


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("市統計課 2021bは何についての文献か", 4),
        ("市統計課（2021a）はどんな文献ですか", 3),
        ("北野（2016）の題名は？", 1),
        ("What is Hill 2014 about?", 2),
        ("What is Hill (2014)?", 2),
        ("Who wrote Hill, J. 2014?", 2),
        ("Hill 2014 は何についての文献か", 2),
        ("Hillの2014年の文献は何についてか", 2),
        ("Hill 2014是关于什么的文献？", 2),
        ("Hill 2014는 무엇에 관한 문헌인가?", 2),
        ("Nord 2019", 5),
    ],
)
def test_a_work_is_found_by_its_author_and_year(library: Library, question: str, number: int) -> None:
    answer = library.ask(question)
    assert answer.citations[0].origin == "record"
    assert {one.reference for one in answer.citations} == {number}


def test_an_author_and_year_of_several_works_mean_them_all(library: Library) -> None:
    assert [one.reference for one in library.ask("市統計課 2021は何についての文献か").citations] == [3, 4]


@pytest.mark.parametrize(
    "question",
    [
        "市統計課は2021年に何を発表したか",
        "2014年にHillでは何が起きたか",
        "Where was Nord in 2019?",
        "Uphill 2014 was a race; who won it?",
        "大阪市統計課 2021は何をしたか",
    ],
)
def test_a_year_that_stands_near_a_name_is_no_work(library: Library, question: str) -> None:
    works = library._newest().sources.works("paper").values()
    assert dated(question, works) == ([], "")


def test_a_work_that_was_not_read_does_not_keep_the_paper_from_answering(library: Library) -> None:
    answer = library.ask("市統計課 2021bは製造業の事業所について何と述べているか")
    assert answer.citations[0].quote == "製造業の事業所は減り続けている（市統計課 2021b）。"
    assert any("参考文献4（アドレスなし）" in note for note in answer.notes)


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("全部の参考文献のうち読めたものはどれか", True),
        ("読めなかった参考文献はどれですか", False),
        ("Which of the references were read?", True),
        ("Which references could not be read?", False),
        ("How many references could be read?", True),
        ("能读取的是哪些参考文献？", True),
        ("哪些参考文献没能读取？", False),
        ("어떤 참고문헌을 읽을 수 있었나요?", True),
        ("읽을 수 없었던 참고문헌은 무엇입니까?", False),
    ],
)
def test_which_references_could_be_read_is_answered_from_their_states(
    library: Library, question: str, read: bool
) -> None:
    answer = library.ask(question)
    assert [one.reference for one in answer.citations] == ([1, 2, 5] if read else [3, 4])
    count = MESSAGES[answer.language]["were_read" if read else "were_unread"]
    assert answer.sentences[0].text == count.format(count=5, shown=3 if read else 2)
    assert len(answer.notes) == 1, "of the abstract, or of what became of the others"


def test_works_that_no_fetch_has_tried_are_not_said_to_be_unreadable(tmp_path: Path) -> None:
    ingest_documents(tmp_path, [PAPER], progress=NoProgress())
    answer = Library.open(tmp_path).ask("Which references could not be read?")
    assert answer.sentences[0].text == MESSAGES["en"]["were_untried"].format(count=5)
    assert [citation.reference for citation in answer.citations] == [1, 2, 3, 4, 5]


def test_a_digest_that_tells_what_an_unread_work_says_is_named_as_one(tmp_path: Path) -> None:
    ingest_documents(tmp_path, bundled_documents(), progress=NoProgress())
    answer = Library.open(tmp_path).ask("Gallup 2024によると、日本に好意的な米国人は何%か")
    assert "83%" in answer.citations[0].quote
    assert answer.citations[0].origin == "digest"
    assert say("ja", "from_digest") in answer.notes


def test_what_a_part_of_the_documents_knows_of_works_depends_on_no_question_before(library: Library) -> None:
    def narrowed(*, warm: bool) -> tuple[list[int], list[str]]:
        now = library._newest()
        sources = Sources(now.index, now.sources._fetched)
        trams = library.passages("trams")[0]
        if warm:
            assert sources.works_of(trams)
            assert sources.own_titles()
        within = sources.within(["trams"])
        return [work.number for work in within.works_of(trams)], within.own_titles()

    assert narrowed(warm=False) == narrowed(warm=True)
    assert narrowed(warm=False)[0] == [1]
