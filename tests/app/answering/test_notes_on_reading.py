"""What answers say of works that were not read, or only in part; whose number a quote carries."""

from collections.abc import Iterator

import pytest

from app.library import Library
from ingest.bibliography.parser import parse_bibliography
from ingest.document import Block, Document
from ingest.pipeline import ingest_documents
from ingest.references.fetch_record import FetchRecord
from ingest.references.store import ReferenceStore
from tests.retriever.letters import NoProgress

BREAD = Document(
    "bread",
    "The bread of Nordhaven",
    "/bread.md",
    (
        Block("heading", "The bread of Nordhaven"),
        Block("paragraph", "Rye loaves last for nineteen days in the cold cellars of Nordhaven [2]."),
        Block("heading", "References"),
        Block("entry", "[1] Bakers' Guild, “Yearbook of the Ovens,” 1987. https://guild.example/yearbook"),
        Block("entry", "[2] Olsen, K., “Keeping Rye Bread,” 1991. https://guild.example/yearbook"),
        Block("entry", "[3] Moe, T., “Sugar beets and their pests on northern farms,” 2004."),
        Block("entry", "[4] Holm, P., “Yeast in winter,” 2009. https://yeast.example/"),
    ),
    "en",
)
YEARBOOK = Document(
    "yearbook",
    "Yearbook of the Ovens",
    "/yearbook.html",
    (
        Block("paragraph", "Our guild has 41 ovens in nine streets."),
        Block("paragraph", "A rye loaf keeps for nineteen days if the cellar is cold."),
    ),
    "en",
    kind="reference",
)
YEAST = Document(
    "yeast",
    "Yeast in winter",
    "/yeast.html",
    (Block("paragraph", "Wild yeast sleeps below four degrees, and wakes within two hours in a warm bowl."),),
    "en",
    kind="reference",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A paper whose first two references share a text; of the fourth, the abstract was read."""
    folder = tmp_path_factory.mktemp("bread") / "index"
    ingest_documents(folder, [BREAD, YEARBOOK, YEAST], progress=NoProgress())
    keys = {one.number: one.key for one in parse_bibliography(BREAD)}
    store = ReferenceStore(folder)
    with store.fetching():
        for number in (1, 2):
            url = "https://guild.example/yearbook"
            store.keep(FetchRecord("bread", keys[number], "fetched", url=url, document_id="yearbook"))
        store.keep(FetchRecord("bread", keys[4], "abstract-only", url="https://yeast.example/", document_id="yeast"))
    opened = Library.open(folder)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("question", "note"),
    [
        ("When does wild yeast wake in a warm bowl?", "Works of which only the abstract was read: no. 4"),
        ("野生の酵母 wild yeast は何度以下で眠るか", "抄録だけを読んだもの: 参考文献4"),
        ("wild yeast 在温暖的碗里几小时后醒来？", "仅读取了摘要者：参考文献4"),
        ("wild yeast는 몇 도 아래에서 잠드나요?", "초록만 읽은 것: 참고문헌 4번"),
        ("What is reference 4 about?", "Works of which only the abstract was read: no. 4"),
    ],
)
def test_quotes_of_an_abstract_are_said_to_be_of_no_more(library: Library, question: str, note: str) -> None:
    answer = library.ask(question)
    assert "reference" in {one.origin for one in answer.citations}
    assert note in answer.notes


@pytest.mark.parametrize(
    ("question", "note"),
    [
        (
            "What pests do sugar beets have on northern farms?",
            "Cited works whose text was not read: no. 3 (no address)",
        ),
        ("甜菜 sugar beets 有哪些 pests？", "所引文献中未能读取正文者：参考文献3（无地址）"),
    ],
)
def test_an_entry_that_answers_is_said_not_to_have_been_read(library: Library, question: str, note: str) -> None:
    answer = library.ask(question)
    assert [one.reference for one in answer.citations if one.origin == "record"] == [3]
    assert answer.method == "extractive"
    assert note in answer.notes


def test_a_count_says_nothing_of_reading(library: Library) -> None:
    assert library.ask("How many references are there?").notes == ()


def test_of_works_that_share_a_text_a_quote_has_the_number_of_the_one_that_is_meant(library: Library) -> None:
    claim = library.ask("What does the paper cite for rye loaves lasting nineteen days?")
    assert [(one.origin, one.reference) for one in claim.citations] == [
        ("paper", None),
        ("record", 2),
        ("reference", 2),
    ]
    usual = library.ask("How long do rye loaves keep?")
    assert {one.origin: one.reference for one in usual.citations} == {"paper": None, "reference": 2}
    for number in (1, 2):
        answer = library.ask(f"What is reference {number} about?")
        assert [one.reference for one in answer.citations] == [number, number]
    assert library.ask("How many ovens are there in nine streets?").citations[0].reference == 1, "none is meant"
