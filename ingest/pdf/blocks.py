"""Pages of a PDF → Document: join lines, find headings by size, attach captions to tables."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ingest.document import Block, BlockKind, Document
from ingest.pdf.kinds import Builder, SizedBlock, find_listings, is_code_font, is_other_frame, kind_of, starts_entry
from ingest.pdf.page import Bookmark, Page, Table, TextLine
from ingest.pdf.paragraphs import (
    BodyStyle,
    PlacedLine,
    begins_paragraph,
    body_style,
    join_lines,
    placed_lines,
    with_even_looks,
    words_of,
)
from ingest.structure.compose import LETTERHEAD, compose
from ingest.structure.front_matter import is_byline, is_front_line, is_title, printed_title
from ingest.structure.headings import (
    has_letters,
    is_abstract,
    is_letterhead,
    is_named,
    is_short_line,
    normalised_heading,
    numbering,
)
from ingest.structure.tables import is_caption, is_source_note, is_table_caption, table_blocks
from ingest.text import is_wide
from retriever.text import language_of

_FIRST = 10  # the title is among this many first blocks
_LEAST_LETTERHEAD = 2  # minimum lines of letterhead (number, date, addressee, office) above a subject line
_SUBJECT_END = re.compile(r"(?:について|の件)\s*(?:[(（][^()（）]{1,12}[)）])?$")
_NAMED_SUBJECT = re.compile(
    r"(?<!\S)(?:SUBJECT|Subject|RE|Re|件\s?名|標\s?題)\s?[:：]\s*(\S.{5,150}?)"
    r"(?=$|\s(?:FROM|From|TO|To|DATE|Date|THROUGH|Through|CC|Cc|日付|宛先|差出人)\s?[:：])"
)
_KIND = re.compile(
    r"(?:中間|最終|調査|事業|検討)?(?:報告書?|とりまとめ|取りまとめ|答申|提言)(?:[(（]案[)）])?"
)  # kind of document, printed below its title
_MEMO = re.compile(r"(?:MEMORANDUM|Memorandum)\b|(?:FROM|From|TO|To|宛先|差出人)\s?[:：]")
_FILE_NAME = re.compile(
    r"\.(?:docx?|pdf|tex|dvi|indd|html?|pptx?|xlsx?|jtd)$|^Microsoft|^untitled|^\(anonymous\)$|^無題|^スライド",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2}")
_NOTE_SIZE = 0.97  # maximum size of a footnote below a bibliography, relative to the entries
_DEEPEST = 40  # characters: the maximum indent of a line of code
_FOOTNOTE = re.compile(
    r"^\s*(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]+|[0-9]{1,3}(?:[)）.．\s]|(?![年月日時分人件個円億万千百割歳回％頁巻号章節])(?=[ぁ-んァ-ヴ一-鿿「『]))|[*＊†‡※]|[(（]?(?:注|註)\s*[0-9０-９]*[)）]?|\([0-9]{1,3}\))"
)


def document(path: Path, pages: Sequence[Page], title: str, outline: Sequence[Bookmark], page_count: int) -> Document:
    """Assemble the document from its pages; `title` and `outline` are as stated in the file."""
    pages = with_even_looks(pages)
    items = [item for page in pages for item in page.items]
    lines = [item for item in items if isinstance(item, TextLine)]
    reads_code = is_code_font(lines)
    style = body_style([line for line in lines if not (reads_code and line.mono)])
    placed = placed_lines(lines)
    language = language_of("".join(line.text for line in lines), "ja")
    builder = Builder(style, words_of(lines), language, reads_code)
    _build(builder, items, placed, _footnote_lines(pages, style))
    blocks = with_levels(builder.blocks)
    title = title_of(blocks, title)
    titled = without_name_headings(with_outline(blocks, outline, title), title)
    lists_works = any(block.kind == "entry" for block in titled)
    return compose(path, titled, language, title, page_count, by_typography=True, lists_works=lists_works)


def _footnote_lines(pages: Sequence[Page], style: BodyStyle) -> set[int]:
    """The id() of each footnote line: small print at the foot of a column, starting with a marked line."""
    footnotes: set[int] = set()
    for page in pages:
        on_page = [item for item in page.items if isinstance(item, TextLine)]
        for column in sorted({line.column for line in on_page}):
            lines = [line for line in on_page if line.column == column]
            small: list[TextLine] = []
            for line in sorted(lines, key=lambda line: -line.y):
                if line.size > 0.93 * style.size or line.y < 0.4 * page.height:
                    break
                small.append(line)
            while small and not _FOOTNOTE.match(small[-1].text):
                small.pop()
            if small and len(small) * 2 < len(lines if column else on_page):
                footnotes.update(id(line) for line in small)
    return footnotes


def _build(
    builder: Builder, items: Sequence[TextLine | Table], placed: Sequence[PlacedLine], footnotes: set[int]
) -> None:
    """Convert lines and tables in reading order to blocks. `placed` holds the lines of `items`, in the same order."""
    places = iter(enumerate(placed))
    listings = find_listings(placed, builder.style.size)
    for item in items:
        if isinstance(item, Table):
            _flush(builder)
            _add_table(builder, item)
            continue
        index, here = next(places)
        listing = next((listing for listing in listings if listing.start <= index < listing.end), None)
        if listing != builder.listing:
            _flush(builder)
            builder.listing = listing
        is_note = id(item) in footnotes and (listing is None or item.size < _NOTE_SIZE * listing.size)
        kind = "footnote" if is_note else kind_of(here, builder)
        if builder.waiting and (
            kind != builder.kind or is_other_frame(builder, here) or _starts_block(builder, here, kind)
        ):
            _flush(builder)
        builder.kind = kind
        builder.waiting.append(here)
    _flush(builder)


def _starts_block(builder: Builder, here: PlacedLine, kind: BlockKind) -> bool:
    """Whether the line begins a new block, although it has the same kind as the waiting lines."""
    waiting, line = builder.waiting, here.line
    before = waiting[-1].line
    if kind == "heading":
        centred = abs(line.x0 + line.x1 - before.x0 - before.x1) < line.size
        near = line.page == before.page and 0 < line.y - before.y <= (2.6 if centred else 2.0) * line.size
        return not (near and abs(line.size - before.size) < 0.5 and line.bold == before.bold)
    if kind in ("caption", "code", "formula"):
        return kind == "caption" and (is_caption(line.text) or is_source_note(line.text))
    lines = (line, before) if len(waiting) == 1 else (line,)
    if any(len(other.text) <= 20 and is_named(other.text) for other in lines):
        return True
    if kind == "footnote" and _FOOTNOTE.match(line.text):
        return True
    if builder.listing and kind == "paragraph":
        leading = builder.style.leading * here.em / builder.style.size
        return starts_entry(waiting, here, builder.listing.style, leading)
    return begins_paragraph(waiting[0], waiting[-1], here, builder.style)


def _flush(builder: Builder) -> None:
    """Turn the waiting lines into a block."""
    waiting, builder.waiting = builder.waiting, []
    if not waiting:
        return
    first, kind = waiting[0].line, builder.kind
    margin = min(here.line.x0 for here in waiting)
    text = ""
    pages: list[tuple[int, int]] = []
    italics: list[tuple[int, int]] = []
    for before, here in zip([None, *waiting], waiting, strict=False):
        full = before is not None and before.room < 1.2 * here.em
        if kind == "code":
            text += "\n" * bool(text) + _indented(here.line, margin)
        else:
            text = join_lines(text, here.line.text, full, builder.words)
        if not pages or pages[-1][1] != here.line.page:
            pages.append((max(0, len(text) - len(here.line.text)), here.line.page))
        if builder.in_references:
            italics = _with_italics(italics, here.line, len(text) - len(here.line.text), text)
    if kind == "paragraph" and len(text.split()) >= 3 and not _WORD.search(text) and not any(map(is_wide, text)):
        kind = "formula"  # labels of an axis
    if kind == "paragraph" and (first.bullet or first.column < 0 or builder.in_references):
        kind = "entry" if builder.in_references else "list_item"
    if kind == "heading" and (len(text) > 150 or (len(waiting) > 1 and text.endswith(("。", "．", ".")))):
        kind = "paragraph"  # running text in large print
    if kind == "caption" and is_source_note(text) and _add_note(builder.blocks, text):
        return
    level = 1 if kind == "heading" else 0
    phrases = tuple(text[start:end] for start, end in italics)
    builder.blocks.append((Block(kind, text, level=level, page_starts=tuple(pages), italics=phrases), first.size))


def _with_italics(spans: list[tuple[int, int]], line: TextLine, start: int, text: str) -> list[tuple[int, int]]:
    """The (start, end) of italic phrases in `text`: `spans`, and the phrases of `line`, which begins at `start`.

    A phrase at the end of a line and one at the start of the next are one phrase.
    """
    merged = [(first, min(end, start)) for first, end in spans]  # a hyphen at the line's end may be gone
    for phrase in line.italics:
        first = text.find(phrase, max(start, merged[-1][1] if merged else 0))
        if first < 0:
            continue
        if merged and first <= start and start - merged[-1][1] <= 1:
            merged[-1] = (merged[-1][0], first + len(phrase))
        else:
            merged.append((first, first + len(phrase)))
    return merged


def _indented(line: TextLine, margin: float) -> str:
    """A line of code with its indent as spaces."""
    width = (line.x1 - line.x0) / len(line.text)
    return " " * min(round((line.x0 - margin) / max(width, 1.0)), _DEEPEST) + line.text


def _add_note(blocks: list[SizedBlock], note: str) -> bool:
    """Add a table's source note to its caption; False if the last blocks are not a table."""
    for index in range(len(blocks) - 1, -1, -1):
        block, size = blocks[index]
        if block.kind == "caption":
            blocks[index] = (replace(block, text=f"{block.text}\n{note}"), size)
            return True
        if block.kind != "table_row":
            return False
    return False


def _add_table(builder: Builder, table: Table) -> None:
    """Add a table's blocks with the caption before it. A table that continues on a new page keeps its column names."""
    before, caption = builder.blocks, ""
    above = before[-1][0] if before else None
    rows: Sequence[Sequence[str]] = table.rows
    if above and above.kind == "caption" and is_table_caption(above.text):
        caption = before.pop()[0].text
    header, starts, language = table.header, ((0, table.page),), builder.language
    if above and above.kind == "table_row" and len(above.cells) == len(rows[0]):
        names = [name for name, _ in above.cells]
        rows = rows if names == list(rows[0]) else [names, *rows]  # the header row may be repeated on the new page
        caption, header = above.caption, any(names)
    blocks = table_blocks(rows, caption, header=header, language=language, starts=starts)
    carries_on = above is not None and above.kind == "table_row" and caption == above.caption
    before.extend((block, 0.0) for block in (blocks[1:] if carries_on and blocks[0].kind == "caption" else blocks))


def with_levels(blocks: Sequence[SizedBlock]) -> list[SizedBlock]:
    """Blocks with heading levels by letter size. The title, which is the largest, does not use up a level."""
    sizes = Counter(round(size, 1) for block, size in blocks if block.kind == "heading")
    first = next((round(size, 1) for block, size in blocks if block.kind == "heading"), 0.0)
    is_title = bool(sizes) and first == max(sizes) and sizes[first] == 1
    ranks = sorted((size for size in sizes if not (is_title and size == first)), reverse=True)
    return [
        (replace(block, level=min(ranks.index(round(size, 1)) + 1 if round(size, 1) in ranks else 1, 6)), size)
        if block.kind == "heading"
        else (block, size)
        for block, size in blocks
    ]


def with_outline(blocks: Sequence[SizedBlock], outline: Sequence[Bookmark], title: str) -> list[SizedBlock]:
    """Blocks with headings by bookmark: a block whose text is that of a bookmark gets the bookmark's level.

    Bookmarks without a matching block are ignored; all are ignored if fewer than two match.
    """
    named = {(words, page): level for level, name, page in outline if (words := normalised_heading(name))}
    levels = [_bookmark(block, named) for block, _ in blocks]
    known = [level for level, (block, _) in zip(levels, blocks, strict=True) if level and block.text != title]
    if len(known) < 2:
        return list(blocks)
    outlined = []
    for level, (block, size) in zip(levels, blocks, strict=True):
        marked = level and block.text != title
        deep = replace(block, kind="heading", level=min(max(level - min(known) + 1, 1), 6)) if marked else block
        outlined.append((deep, size))
    return outlined


def _bookmark(block: Block, named: dict[tuple[str, int | None], int]) -> int:
    """The level of the bookmark that matches a block, 0 without one."""
    if block.kind not in ("heading", "paragraph") or len(block.text) > 150 or not block.page_starts:
        return 0
    return named.get((normalised_heading(block.text), block.page_starts[0][1]), 0)


def title_of(blocks: Sequence[SizedBlock], stated: str) -> str:
    """The title of a document; `stated` is that of the file's metadata.

    The first of these that exists: a letter's subject line, the printed line that equals the stated title, the largest
    heading, the stated title itself, the heading of a chapter.
    """
    if subject := _subject(_up_to_page(1, blocks[:LETTERHEAD])):
        return subject
    first = _up_to_page(2, blocks[:_FIRST])
    stated = "" if _FILE_NAME.search(stated) else stated
    if printed := printed_title([block.text for block, _ in first], stated):
        return printed
    following = [*((block.text, size) for block, size in first[1:]), ("", 0.0)]
    headings = [
        (size, block.text, below)
        for (block, size), below in zip(first, following, strict=True)
        if block.kind == "heading" and is_title(block.text) and not is_byline(block.text, below[0])
    ]
    if not headings:
        return stated or _chapter(blocks)
    size, title, (below, size_below) = max(headings, key=lambda heading: heading[0])
    kind = "".join(below.split())
    return f"{title} {kind}" if _KIND.fullmatch(kind) and size_below > 0.7 * size else title


def _up_to_page(last: int, blocks: Sequence[SizedBlock]) -> list[SizedBlock]:
    """The blocks that begin on the pages up to `last`, or whose page is unknown."""
    return [(block, size) for block, size in blocks if not block.page_starts or block.page_starts[0][1] <= last]


def _chapter(blocks: Sequence[SizedBlock]) -> str:
    """The heading of a chapter that is a file of its own: it comes first and is the largest; else ""."""
    sizes = [size for block, size in blocks if block.kind == "heading"]
    is_alone = len(sizes) > 1 and sizes[0] > max(sizes[1:]) and blocks[0][0].kind == "heading"
    return blocks[0][0].text if is_alone and has_letters(blocks[0][0].text) else ""


def _subject(blocks: Sequence[SizedBlock]) -> str:
    """The subject line of a letter: the first line between its letterhead and its text; "" without a letterhead.

    A memorandum labels it: "Subject: …". If the largest heading comes before the letterhead, this is not a letter.
    """
    if not blocks:
        return ""
    lines_of_letterhead = 0
    largest = max(size for _, size in blocks)
    texts = [block.text for block, _ in blocks]
    named = next(filter(None, map(_NAMED_SUBJECT.search, texts)), None) if any(map(_MEMO.match, texts)) else None
    if named:
        return named.group(1)
    subject, is_inside = "", False  # is_inside: letterhead follows the subject found so far
    for (block, size), text, following in zip(blocks, texts, [*texts[1:], ""], strict=True):
        is_letter = lines_of_letterhead >= _LEAST_LETTERHEAD
        if is_letterhead(text):
            lines_of_letterhead += 1
            is_inside = not _SUBJECT_END.search(subject)
        elif block.kind == "heading" and size == largest and is_title(text):
            return text if is_letter and size > blocks[0][1] else subject
        elif not is_short_line(text):
            break
        elif is_letter and is_title(text):
            goes_on = (
                not _SUBJECT_END.search(text) and is_short_line(following) and _SUBJECT_END.search(text + following)
            )
            line = text + following if goes_on else text
            if is_inside or not subject or (_SUBJECT_END.search(line) and not _SUBJECT_END.search(subject)):
                subject, is_inside = line, False
    return subject


def without_name_headings(blocks: Sequence[SizedBlock], title: str) -> list[Block]:
    """Blocks in which authors' names and addresses on the first page are not headings, whatever their size."""
    kept: list[Block] = []
    is_front = True
    for block, _ in blocks:
        is_first = not block.page_starts or block.page_starts[0][1] == 1
        is_part = is_named(block.text) or is_abstract(block.text) or bool(numbering(block.text))
        is_front = is_front and is_first and not (block.kind == "heading" and is_part)
        is_other = is_front_line(block.text) or all(map(is_letterhead, block.text.split()))
        is_name = is_front and block.kind == "heading" and block.text != title and is_other
        kept.append(replace(block, kind="paragraph", level=0) if is_name else block)
    return kept
