"""A library of two small documents whose answers can be worked out by reading this file."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Unpack

from app.answering.types import Answer, AskedFor, AskOptions, Citation, CitedSource, Sentence, Turn
from app.answering.understand.answer_forms import asked_for, form_asked, kind_asked
from app.composing.events import Event
from app.drafts.suggestions import CheckedDrafts
from app.library import UnknownDocumentError
from ingest.document import Block, Document, Reference
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import FetchRecord, State
from ingest.structure.tables import cells_of
from retriever.text import language_of
from retriever.types import UNLIMITED, Budget, DocumentRecord, Hit, Passage, TenkyoError

TRICKY = (
    "危険な字: <img src=x onerror=alert(1)> [x](javascript:alert(2)) **太字** $$x^2$$ https://example.com/ `code`。"
)
NOODLES = Document(
    id="麺の本",
    title="麺の歴史",
    source="/books/noodles.pdf",
    page_count=3,
    url="https://example.org/noodles",
    blocks=(
        Block("heading", "はじめに", level=1, page_starts=((0, 1),)),
        Block("paragraph", "うどんは小麦粉から作る。そばはそば粉から作り、江戸で広まった。", page_starts=((0, 1),)),
        Block("paragraph", "ラーメンは大正時代に各地へ広まった。その数は二万軒に及ぶ。", page_starts=((0, 1), (18, 2))),
        Block("heading", "価格", level=1, page_starts=((0, 2),)),
        Block("caption", "表1 麺の値段\n品名\t値段", page_starts=((0, 2),), caption="表1 麺の値段"),
        Block(
            "table_row",
            "うどん\t300円\n品名: うどん／値段: 300円",
            page_starts=((0, 2),),
            cells=(("品名", "うどん"), ("値段", "300円")),
            caption="表1 麺の値段",
        ),
        Block(
            "table_row",
            "そば\t350円\n品名: そば／値段: 350円",
            page_starts=((0, 2),),
            cells=(("品名", "そば"), ("値段", "350円")),
            caption="表1 麺の値段",
        ),
        Block("paragraph", TRICKY, page_starts=((0, 3),)),
        Block("list_item", "一、茹でる。", page_starts=((0, 3),)),
        Block("list_item", "二、冷やす。", page_starts=((0, 3),)),
        Block("entry", "[1] 山田太郎『麺の話』麺書房、1999年。", page_starts=((0, 3),), url="https://example.org/1"),
        Block("entry", "[2] 鈴木花子『麺と罠』1999年。", page_starts=((0, 3),), url="javascript:alert(3)"),
    ),
)
TEA = Document(
    id="tea",
    title="A Short Book of <Tea>",
    source="/books/tea.txt",
    language="en",
    blocks=(
        Block("paragraph", "Green tea is steamed. Black tea is oxidised."),
        Block("paragraph", "Water for green tea should be at 70 degrees."),
    ),
)
# keyword → the passage that answers, and the words that are quoted from it
ANSWERS = {
    "そば": ("麺の本:p1", "そばはそば粉から作り、江戸で広まった。"),
    "ラーメン": ("麺の本:p2", "ラーメンは大正時代に各地へ広まった。"),
    "値段": ("麺の本:r2", "品名: そば／値段: 350円"),
    "危険": ("麺の本:x", TRICKY),
    "山田": ("麺の本:e", "山田太郎『麺の話』"),
    "鈴木": ("麺の本:e2", "鈴木花子『麺と罠』"),
    "tea": ("tea:2", "Water for green tea should be at 70 degrees."),
    "軒数": ("麺の本:p2", "その数は二万軒に及ぶ。"),
}

NEAR = (ANSWERS["そば"], ANSWERS["軒数"], ANSWERS["tea"])  # for an abstention whose question says 近い


def cited_work(number: int, raw: str, url: str, state: State, document_id: str = "") -> CitedWork:
    """An entry of the bibliography of the book on noodles."""
    entry = Reference(number, str(number), (), raw, url=url, raw=raw)
    record = FetchRecord("麺の本", entry.key, state, url=url, document_id=document_id)
    passage = Passage("麺の本:e" if number == 1 else f"麺の本:e{number}", "麺の本", raw, 0, len(raw))
    return CitedWork("麺の本", entry, record, hit=Hit(passage, 0.0, 0))


# what the sentence on the number of shops cites: a work whose text was read, and one that has gone
CITED = (
    CitedSource(
        cited_work(1, "山田太郎『麺の話』<img src=x onerror=alert(4)>", "https://example.org/1", "fetched", "tea"),
        Citation(
            number=0,
            passage_id="tea:2",
            document_id="tea",
            document_title="A Short Book of <Tea>",
            section="",
            page=None,
            quote="Water for green tea should be at 70 degrees.",
            text="Water for green tea should be at 70 degrees.",
            quote_start=0,
            quote_end=44,
            score=0.8,
            url=None,
        ),
    ),
    CitedSource(cited_work(2, "鈴木花子『麺と罠』1999年。", "javascript:alert(5)", "dead"), certain=False),
)


def passages_of(document: Document, ids: dict[str, tuple[int, int]]) -> list[Passage]:
    """Passages that cover the blocks [first, last] by number."""
    spans = list(document.spans())
    found = []
    for passage_id, (first, last) in ids.items():
        start, end = spans[first][1], spans[last][2]
        starts = tuple(
            (max(begin + offset - start, 0), page)
            for block, begin, _ in spans[first : last + 1]
            for offset, page in block.page_starts
        )
        section = "はじめに" if document is NOODLES and first < 3 else ""
        page = starts[0][1] if starts else None
        text = document.text[start:end]
        block = spans[first][0]
        cells = cells_of(block) if block.kind == "table_row" else ()
        passage = Passage(passage_id, document.id, text, start, end, section, page, starts, url=block.url, cells=cells)
        found.append(passage)
    return found


PASSAGES = {
    NOODLES.id: passages_of(
        NOODLES,
        {
            "麺の本:p1": (1, 1),
            "麺の本:p2": (2, 2),
            "麺の本:c": (4, 4),
            "麺の本:r1": (5, 5),
            "麺の本:r2": (6, 6),
            "麺の本:x": (7, 7),
            "麺の本:list": (8, 9),
            "麺の本:e": (10, 10),
            "麺の本:e2": (11, 11),
        },
    ),
    TEA.id: passages_of(TEA, {"tea:1": (0, 0), "tea:2": (1, 1)}),
}


def asked_by(question: str) -> AskedFor:
    """What a question asks for, as the real library says it."""
    kind = kind_asked(question)
    return asked_for(question, kind, form_asked(kind, question, language_of(question)))


class FakeLibrary:
    """Answers with every quote whose keyword the question holds; abstains when there is none.

    近い in the question adds near passages and two suggestions, 次 the suggestions alone.
    """

    def __init__(self, delay: float = 0.0, gate: threading.Event | None = None) -> None:
        self.delay = delay  # seconds that each question takes
        self.gate = gate  # questions wait until it is set
        self.snapshot_name = "g1"
        self.closed = False
        self.warm_ups = 0
        self.originals: dict[str, Path] = {}
        self.kept = CheckedDrafts()
        self.asked: list[str] = []
        self.budgets: list[tuple[str, Budget]] = []  # with the question that each was for
        self.histories: list[tuple[Turn, ...]] = []
        self.restricted: list[tuple[str, ...]] = []

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """Sentences in the order of ANSWERS. それ stands for the question before; `documents` are noted."""
        asked, history, documents = question, options.get("history", ()), options.get("documents", ())
        if history and "それ" in question:
            question = question.replace("それ", history[-1].question)
        self.histories.append(tuple(history))
        self.restricted.append(tuple(documents))
        if "unknown-document" in documents:
            raise UnknownDocumentError("no document 'unknown-document': see tenkyo documents")
        self.budgets.append((asked, options.get("budget", UNLIMITED)))
        self.asked.append(asked)
        self._linger_or_fail(question)
        found = [quote for keyword, quote in ANSWERS.items() if keyword in question]
        citations = tuple(cited(number, *one) for number, one in enumerate(found, 1))
        sentences = tuple(Sentence(one.quote, (one.number,)) for one in citations)
        language = "en" if question.isascii() else "zh" if "什么" in question else "ja"
        text = " ".join(f"{one.text} [{one.citations[0]}]" for one in sentences) or "文書には見当たりませんでした。"
        return Answer(
            question=asked,
            standalone=question,
            language=language,
            abstained=not found,
            confidence=0.9 if found else 0.1,
            method="fake",
            text=text,
            sentences=sentences,
            citations=citations,
            hits=tuple(self.search(question, options.get("k", 5))),
            document_titles=self.titles(),
            asked=(asked_by(question),),
            near=tuple(cited(number, *one) for number, one in enumerate(NEAR, 1)) if "近い" in question else (),
            suggestions=("そば", "<b>ラーメン</b>") if "近い" in question or "次" in question else (),
        )

    def _linger_or_fail(self, question: str) -> None:
        """By words of the question: 遅い takes five seconds, 壊れ is a fault, 消え an expected error."""
        time.sleep(self.delay)
        if self.gate is not None:
            self.gate.wait(10)
        if "遅い" in question:
            time.sleep(5)
        if "壊れ" in question:
            raise ValueError("a bug")
        if "消え" in question:
            raise TenkyoError("index /books is gone: run tenkyo ingest")

    def warm_up(self) -> None:
        """Noted."""
        self.warm_ups += 1

    @property
    def composes(self) -> bool:
        """No language model."""
        return False

    def compose(
        self,
        answer: Answer,
        emit: Callable[[Event], None] = lambda _: None,
        stopped: threading.Event | None = None,
        **asked: Unpack[AskOptions],
    ) -> Answer:
        """The answer as it is."""
        del emit, stopped, asked
        return answer

    def search(self, query: str, k: int = 10) -> list[Hit]:
        """The first k passages, whatever the query."""
        assert query
        everything = [passage for passages in PASSAGES.values() for passage in passages]
        return [Hit(passage, 1 / rank, rank) for rank, passage in enumerate(everything[:k], 1)]

    @property
    def drafts(self) -> CheckedDrafts:
        """Those that were kept for this snapshot."""
        return self.kept if self.kept.snapshot_name == self.snapshot_name else CheckedDrafts(self.snapshot_name)

    def keep_drafts(self, drafts: CheckedDrafts) -> None:
        """In memory."""
        self.kept = drafts

    def titles(self) -> dict[str, str]:
        """Both documents'."""
        return {NOODLES.id: NOODLES.title, TEA.id: TEA.title}

    def records(self) -> list[DocumentRecord]:
        """Both."""
        return [
            DocumentRecord(one.id, one.title, one.source, "", language=one.language, count=len(PASSAGES[one.id]))
            for one in (NOODLES, TEA)
        ]

    def documents(self) -> Iterator[Document]:
        """Both."""
        return iter((NOODLES, TEA))

    def document(self, document_id: str) -> Document | None:
        """One of the two."""
        return {NOODLES.id: NOODLES, TEA.id: TEA}.get(document_id)

    def original(self, document_id: str) -> Path | None:
        """Where a test has put one."""
        return self.originals.get(document_id)

    def passages(self, document_id: str) -> list[Passage]:
        """In order."""
        return PASSAGES.get(document_id, [])

    def entry_targets(self, document_id: str) -> dict[int, tuple[str, str]]:
        """The two entries of the book on noodles."""
        return {1: (NOODLES.id, "麺の本:e"), 2: (NOODLES.id, "麺の本:e2")} if document_id == NOODLES.id else {}

    def texts_of_entries(self, document_id: str) -> dict[str, str]:
        """The first entry's text was read: it is the book on tea."""
        return {"麺の本:e": TEA.id} if document_id == NOODLES.id else {}

    def close(self) -> None:
        """Noted."""
        self.closed = True


def cited(number: int, passage_id: str, quote: str) -> Citation:
    """A citation of `quote` in the passage."""
    passage = next(one for passages in PASSAGES.values() for one in passages if one.id == passage_id)
    start = passage.text.index(quote)
    title = {NOODLES.id: NOODLES.title, TEA.id: TEA.title}[passage.document_id]
    return Citation(
        number=number,
        passage_id=passage.id,
        document_id=passage.document_id,
        document_title=title,
        section=passage.section,
        page=passage.page_at(start),
        quote=quote,
        text=passage.text,
        quote_start=start,
        quote_end=start + len(quote),
        score=1 / number,
        url=passage.url,
        cells=passage.cells,
        origin="paper" if quote == ANSWERS["軒数"][1] else "document",
        cites=CITED if quote == ANSWERS["軒数"][1] else (),
    )
