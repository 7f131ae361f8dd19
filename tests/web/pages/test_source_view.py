"""Laws of the source page: nothing is lost, every passage has its place, exactly the quote is marked."""

import re
from html import unescape

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.pages.source.page import source_page
from app.pages.source.view import Focus, Following, nearby, source_address, view
from ingest.document import Block, BlockKind, Document
from retriever.types import Cites, Passage

TEXTS = st.text(alphabet=st.sampled_from("あいうabc<>&\"' \n\t。"), min_size=1, max_size=12)

KINDS: list[BlockKind] = ["heading", "paragraph", "list_item", "entry", "table_row"]


@st.composite
def documents(draw: st.DrawFn) -> tuple[Document, list[Passage]]:
    """A document and passages anywhere in it, overlapping and crossing blocks at will."""
    blocks = []
    for text in draw(st.lists(TEXTS, min_size=1, max_size=5)):
        kind = draw(st.sampled_from(KINDS))
        cells = (("", text),) if kind == "table_row" else ()
        pages = ((0, draw(st.integers(1, 3))),) if draw(st.booleans()) else ()
        blocks.append(Block(kind, text, page_starts=pages, cells=cells))
    document = Document("d", "t", "s", tuple(blocks))
    length = len(document.text)
    passages = []
    for number in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, length - 1))
        end = draw(st.integers(start + 1, length))
        place = draw(st.integers(0, end - start - 1))
        cites = (Cites(place, draw(st.integers(place + 1, end - start)), (draw(st.integers(1, 2)),)),)
        cited = cites if draw(st.booleans()) else ()
        passages.append(Passage(f"p{number}", "d", document.text[start:end], start, end, cites=cited))
    return document, passages


def shown_body(page: str) -> str:
    """The part of the page that shows the document, without its title."""
    return page.partition("</h1>")[2].partition("</main>")[0]


def shown_text(html: str) -> str:
    """The page's words, without the breaks between blocks."""
    return unescape(re.sub(r"<[^>]*>", "", html.replace("\n", "\0"))).replace("\0", "\n")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the first one reads the templates
@given(documents(), st.data())
def test_the_page_holds_every_word_every_passage_and_exactly_the_quote(
    case: tuple[Document, list[Passage]], data: st.DataObject
) -> None:
    document, passages = case
    focus = None
    quote = ""
    if passages:
        passage = data.draw(st.sampled_from(passages))
        start = data.draw(st.integers(0, len(passage.text) - 1))
        end = data.draw(st.integers(start + 1, len(passage.text)))
        focus, quote = Focus(passage.id, start, end), passage.text[start:end]
    following = Following({1: ("d", "p0")}, {"p0": "t"})
    views = view(document, passages, focus, following)
    for one, block in zip(views, document.blocks, strict=True):
        assert "".join(run.text for run in one.runs) == block.text
    html = shown_body(source_page(document, passages, focus, "en", following))
    assert "".join(shown_text(html).split()) == "".join("".join(block.text for block in document.blocks).split())
    for passage in passages:
        inside = any(start < passage.end and passage.start < end for _, start, end in document.spans())
        assert html.count(f' id="{passage.id}"') == (1 if inside else 0)
    quoted = "".join(run.text for one in views for run in one.runs if run.quoted)
    assert "".join(quoted.split()) == "".join(quote.split())
    assert not re.search(r"<(?!/?(?:p|h\d|div|span|mark|a|table|thead|tbody|tr|th|td)[ >])", html)


def test_neighbours_are_whole_blocks_on_either_side() -> None:
    document = Document("d", "t", "s", tuple(Block("paragraph", letter * 100) for letter in "abcdefg"))
    start = document.text.index("d")
    passages = [Passage("p", "d", "d" * 100, start, start + 100)]
    blocks = [one.block.text[0] for one in nearby(view(document, passages, Focus("p")), characters=150)]
    assert blocks == ["b", "c", "d", "e", "f"]
    assert nearby(view(document, passages, Focus("q"))) == []


def test_a_stretch_longer_than_a_screen_is_cut_off_around_the_citation() -> None:
    text = "前" * 3000 + "中" + "後" * 3000
    document = Document("d", "t", "s", (Block("paragraph", text),))
    passages = [Passage("p", "d", "中", 3000, 3001)]
    [block] = nearby(view(document, passages, Focus("p", 0, 1)), characters=100)
    assert [run.text for run in block.runs] == ["…" + "前" * 100, "中", "後" * 100 + "…"]


def test_addresses_are_encoded() -> None:
    assert (
        source_address("a/b c", "p#1", 0, 5) == "../documents/a%2Fb%20c?passage=p%231&quote_start=0&quote_end=5#p%231"
    )
    assert source_address("麺") == "../documents/%E9%BA%BA"
