"""Document → passages: spans about one topic that are searched, quoted and cited."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from ingest.document import Block, Document
from ingest.structure.front_matter import without_note_marks
from ingest.structure.tables import cells_of
from ingest.text import sentence_spans
from retriever.text import language_of
from retriever.types import BETWEEN_CONTEXTS, BETWEEN_HEADINGS, Passage

# (minimum, maximum) characters of a passage, by language; a paragraph within these limits becomes one passage.
SIZES = {"ja": (150, 400), "zh": (150, 400), "ko": (200, 500), "en": (400, 1000)}
RULES = "passages-4 " + " ".join(f"{language}:{least}-{most}" for language, (least, most) in sorted(SIZES.items()))
_ALONE = frozenset({"table_row", "entry", "caption", "footnote", "code"})
_FRONT_SECTION = {"ja": "書誌情報", "zh": "书目信息", "ko": "서지 정보", "en": "Bibliographic data"}
_FRONT_WORDS = {
    "ja": "書誌情報: この論文の題名、著者（筆者）の氏名、所属、執筆・発表の日付",
    "zh": "书目信息：论文题目、作者、单位、日期",
    "ko": "서지 정보: 논문 제목, 저자, 소속, 날짜",
    "en": "Bibliographic data: title of the paper, its authors, their affiliation, date of writing and publication",
}
_KIND_WORDS = {  # words for the types of cited works, by language
    "ja": {
        "book": "書籍",
        "article": "論文",
        "chapter": "論文（書籍所収）",
        "conference": "会議論文",
        "thesis": "学位論文",
        "report": "報告書",
        "news": "報道記事",
        "web": "ウェブ資料",
        "government": "政府資料",
    },
    "en": {
        "news": "news article",
        "web": "web page",
        "conference": "conference paper",
        "chapter": "book chapter",
        "government": "government document",
    },
}
_ENTRY_WORDS = {"ja": "参考文献", "zh": "参考文献", "ko": "참고문헌", "en": "Reference"}

# Kinds that are quoted only as a whole: bibliography entries, captions, code, and the lines of the front matter.
_WHOLE_KINDS = frozenset({"entry", "caption", "code", "bibliographic"})
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾", "0123456789()")
_LABEL = re.compile(
    r"^\s*+(?:[\[［(（]\s*+)?(?:(?:注|註|\*|＊|※)\s*+)?([0-9０-９⁰¹²³⁴-⁹]{1,3}|[*＊†‡※])\s*[\])）］.．:：]?"
)
_MARK = re.compile(
    r"[⁽]?([⁰¹²³⁴-⁹]{1,3})[⁾]?|[\[［(（〔]\s*(?:注|註)\s*([0-9０-９]{1,3})\s*[)）\]］〕]|(?:注|註)\s*([0-9０-９]{1,3})\s*[)）]"
    r"|(?<=[。、」』）])[(（]([0-9０-９]{1,3})[)）]|\[\^([\w-]+)\]|(?<=[^\s*＊†‡※])([*＊†‡※])"
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A span of the document's text that becomes a passage, with its blocks and their start offsets."""

    start: int
    end: int
    section: str
    blocks: tuple[tuple[Block, int], ...]
    is_front_matter: bool = False


def cut(document: Document) -> list[Passage]:
    """Cut a document into passages, in order.

    They cover all blocks except headings and formulas, and no sentence is cut. Each table row and each bibliography
    entry becomes one passage; short neighbouring paragraphs of a section share one.
    """
    text = document.text
    seen: Counter[tuple[str, str]] = Counter()
    beside = {id(document.blocks[index]): text[start:end] for index, (start, end) in _note_places(document).items()}
    if document.references:
        entries = (block for block in document.blocks if block.kind == "entry")
        beside |= {id(block): work.kind for block, work in zip(entries, document.references, strict=True)}
    return [_passage(document, text, piece, seen, beside) for piece in _pieces(document)]


def _passage(
    document: Document, text: str, piece: _Piece, seen: Counter[tuple[str, str]], beside: dict[int, str]
) -> Passage:
    words = text[piece.start : piece.end]
    key = (piece.section, words)
    digest = blake2b("\x00".join((*key, str(seen[key]))).encode(), digest_size=5).hexdigest()
    seen[key] += 1
    block = piece.blocks[0][0]
    kind = "bibliographic" if piece.is_front_matter else block.kind
    starts = _page_starts(piece)
    return Passage(
        id=f"{document.id}:{digest}",
        document_id=document.id,
        text=words,
        start=piece.start,
        end=piece.end,
        section=piece.section,
        page=starts[0][1] if starts else None,
        page_starts=starts,
        kind=kind,
        language=language_of(words, document.language),
        context=_context(document, piece, block, beside),
        url=block.url or document.url,
        sentences=_quotable_spans(words, kind),
        cells=cells_of(block) if kind == "table_row" else (),
        row=block.row or None,
    )


def _quotable_spans(text: str, kind: str) -> tuple[tuple[int, int], ...]:
    """(start, end) of the spans of a passage that can be quoted alone; empty if it is only quoted as a whole."""
    if kind in _WHOLE_KINDS:
        return ()
    if kind == "table_row":
        return ((text.rfind("\n") + 1, len(text)),)  # the line with column names, not the line of bare values
    sentences = tuple(sentence_spans(text))
    return sentences if len(sentences) > 1 else ()


def _context(document: Document, piece: _Piece, block: Block, beside: dict[int, str]) -> str:
    """The context of a passage: title and section path; for a table row also caption and columns.

    `beside` holds, by the id() of a block, the sentence with a footnote's mark, or the type of an entry's work.
    """
    parts = [document.title, piece.section]
    if piece.is_front_matter:
        parts = [document.title, _FRONT_WORDS.get(document.language, _FRONT_WORDS["en"])]
    elif block.kind == "entry":
        kind = beside.get(id(block), "")
        words = _KIND_WORDS.get(document.language, {}).get(kind, "" if document.language != "en" else kind)
        parts = [document.title, piece.section or _ENTRY_WORDS.get(document.language, _ENTRY_WORDS["en"]), words]
    elif block.kind == "table_row":
        parts.append(block.caption)
        parts.append(" ".join(name for name, _ in block.cells if name))
    elif block.kind == "footnote":
        parts.append(beside.get(id(block), ""))
    return BETWEEN_CONTEXTS.join(part for part in parts if part)


def _page_starts(piece: _Piece) -> tuple[tuple[int, int], ...]:
    """(offset in the passage, page) for each page of the passage."""
    starts: list[tuple[int, int]] = []
    for block, block_start in piece.blocks:
        for offset, page in block.page_starts:
            place = block_start + offset - piece.start
            if place >= piece.end - piece.start:
                continue
            if place <= 0:
                starts = [(0, page)] if not starts or starts[-1][0] <= 0 else starts
            elif not starts or starts[-1][1] != page:
                starts.append((place, page))
    return tuple(starts)


def _pieces(document: Document) -> Iterator[_Piece]:
    """The spans of all passages, in order: front matter, then section by section."""
    front = document.front_matter.block_count
    blocks = [(block, start) for block, start, _ in document.spans()]
    if front:
        last, start = blocks[front - 1]
        section = _FRONT_SECTION.get(document.language, _FRONT_SECTION["en"])
        yield _Piece(0, start + len(last.text), section, tuple(blocks[:front]), is_front_matter=True)
    path: list[tuple[int, str]] = []
    group: list[tuple[Block, int]] = []
    for index, (block, start) in enumerate(blocks[front:]):
        if block.kind != "heading":
            group.append((block, start))
            continue
        yield from _group_pieces(group, BETWEEN_HEADINGS.join(name for _, name in path), document.language)
        group = []
        if index == 0 and front == 0 and without_note_marks(block.text) == document.title:
            continue
        path = [(level, name) for level, name in path if level < block.level] + [(block.level, block.text)]
    yield from _group_pieces(group, BETWEEN_HEADINGS.join(name for _, name in path), document.language)


def _group_pieces(group: list[tuple[Block, int]], section: str, default: str) -> Iterator[_Piece]:
    """The spans under one heading: single blocks, and runs of paragraphs and list items between them."""
    run: list[tuple[Block, int]] = []
    for block, start in group:
        if block.kind in _ALONE or block.kind == "formula":
            yield from _run_pieces(run, section, default)
            run = []
            if block.kind == "code":
                yield from _code_pieces(block, start, section, SIZES["en"][1])
            elif block.kind != "formula":
                yield _Piece(start, start + len(block.text), section, ((block, start),))
        else:
            run.append((block, start))
    yield from _run_pieces(run, section, default)


def _code_pieces(block: Block, start: int, section: str, most: int) -> Iterator[_Piece]:
    """Divide code into spans of whole lines with at most `most` characters; a longer line stays whole."""
    begin = end = 0
    for line in block.text.splitlines(keepends=True):
        if end > begin and end + len(line) - begin > most:
            yield _Piece(start + begin, start + end, section, ((block, start),))
            begin = end
        end += len(line)
    yield _Piece(start + begin, start + end, section, ((block, start),))


def _run_pieces(run: list[tuple[Block, int]], section: str, default: str) -> Iterator[_Piece]:
    """The spans of a run of paragraphs and list items: join short ones, divide long ones between sentences."""
    waiting: list[tuple[Block, int]] = []
    for block, start in run:
        least, most = SIZES[language_of(block.text, default)]
        if waiting:
            length = start + len(block.text) - waiting[0][1]
            full = waiting[-1][1] + len(waiting[-1][0].text) - waiting[0][1] >= least
            if length > most or (full and block.kind != "list_item") or (full and len(block.text) >= least):
                yield _whole(waiting, section)
                waiting = []
        if len(block.text) > most:
            yield from _divide(block, start, section, most)
        else:
            waiting.append((block, start))
    if waiting:
        yield _whole(waiting, section)


def _whole(blocks: list[tuple[Block, int]], section: str) -> _Piece:
    last, start = blocks[-1]
    return _Piece(blocks[0][1], start + len(last.text), section, tuple(blocks))


def _divide(block: Block, start: int, section: str, most: int) -> Iterator[_Piece]:
    """Divide a long paragraph into spans of similar size: whole sentences, at most `most` characters if possible."""
    sentences = list(sentence_spans(block.text))
    share = len(block.text) / math.ceil(len(block.text) / most)
    begin = 0
    for index, (_, end) in enumerate(sentences):
        following = sentences[index + 1][1] if index + 1 < len(sentences) else None
        first = sentences[begin][0]
        # cut here if this is closer to an equal share than a cut after the next sentence
        if following is None or following - first > most or (following - first) - share > share - (end - first):
            yield _Piece(start + first, start + end, section, ((block, start),))
            begin = index + 1


def _note_label(text: str) -> str:
    """The label at the start of a note ("1", "*"); "" without one."""
    match = _LABEL.match(text)
    return unicodedata.normalize("NFKC", match.group(1).translate(_SUPERSCRIPTS)) if match else ""


def _note_places(document: Document) -> dict[int, tuple[int, int]]:
    """The sentence with the mark of each note, as a span of the document's text, by the block index of the note.

    Many papers restart footnote numbers on each page, so a mark on the note's own page is preferred.
    """
    notes = [
        (index, block)
        for index, block in enumerate(document.blocks)
        if block.kind == "footnote" and _note_label(block.text)
    ]
    if not notes:
        return {}
    marks: list[tuple[str, int | None, tuple[int, int]]] = []
    for block, start, _ in document.spans():
        if block.kind in ("footnote", "entry", "heading"):
            continue
        for begin, end in sentence_spans(block.text):
            for match in _MARK.finditer(block.text, begin, end):
                name = next(group for group in match.groups() if group)
                name = unicodedata.normalize("NFKC", name.translate(_SUPERSCRIPTS))
                marks.append((name, _page(block, match.start()), (start + begin, start + end)))
    marked: dict[int, tuple[int, int]] = {}
    for index, block in notes:
        name, page = _note_label(block.text), _page(block, 0)
        fitting = [(other, span) for mark, other, span in marks if mark == name]
        near = [span for other, span in fitting if other == page] or [span for _, span in fitting]
        if near:
            marked[index] = near[0]
    return marked


def _page(block: Block, offset: int) -> int | None:
    page = None
    for start, number in block.page_starts:
        if start <= offset:
            page = number
    return page
