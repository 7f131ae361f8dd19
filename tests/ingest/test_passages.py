"""Laws and rules of passages."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.bibliography.parser import with_references
from ingest.document import Block, Document
from ingest.passages import SIZES, cut
from ingest.structure.tables import table_blocks
from ingest.text import split_sentences

SENTENCE = "灯台の光は遠い沖を行く船にも届くと人は言う。"  # 22 characters


def document(*blocks: Block, language: str = "ja") -> Document:
    """A document of these blocks."""
    return Document("d.txt", "灯台", "/d.txt", blocks, language)


texts = st.text(alphabet="あ漢字a b。！\n「」", min_size=1, max_size=700).filter(lambda text: bool(text.strip()))
kinds = st.sampled_from(["heading", "paragraph", "list_item", "caption", "table_row", "entry", "footnote"])
documents = st.lists(st.builds(Block, kinds, texts), min_size=1, max_size=6).map(lambda blocks: document(*blocks))


@given(documents)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_passage_is_a_span_of_its_document(made: Document) -> None:
    for passage in cut(made):
        assert made.text[passage.start : passage.end] == passage.text


@given(documents)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_passages_cover_every_block_but_headings(made: Document) -> None:
    covered: set[int] = set()
    for passage in cut(made):
        covered.update(range(passage.start, passage.end))
    for block, start, end in made.spans():
        if block.kind != "heading":
            assert all(place in covered for place in range(start, end) if not made.text[place].isspace())


@given(documents)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_ids_are_distinct_and_the_same_again(made: Document) -> None:
    ids = [passage.id for passage in cut(made)]
    assert len(set(ids)) == len(ids)
    assert ids == [passage.id for passage in cut(made)]


def test_a_long_paragraph_is_divided_between_sentences_into_like_parts() -> None:
    passages = cut(document(Block("paragraph", SENTENCE * 30)))
    assert len(passages) == 2
    assert all(len(passage.text) <= SIZES["ja"][1] for passage in passages)
    assert all(set(split_sentences(passage.text)) == {SENTENCE} for passage in passages)


def test_a_sentence_longer_than_a_passage_is_not_cut() -> None:
    long = "灯台と" * 200 + "船。"
    assert [passage.text for passage in cut(document(Block("paragraph", SENTENCE + long + SENTENCE)))].count(long) == 1


def test_short_neighbours_of_a_section_share_a_passage() -> None:
    passages = cut(document(Block("paragraph", SENTENCE), Block("paragraph", SENTENCE)))
    assert [passage.text for passage in passages] == [f"{SENTENCE}\n\n{SENTENCE}"]


def test_no_passage_reaches_over_a_heading() -> None:
    passages = cut(document(Block("paragraph", SENTENCE), Block("heading", "1 船", 1), Block("paragraph", SENTENCE)))
    assert [passage.section for passage in passages] == ["", "1 船"]


def test_the_section_path_is_searched_but_not_quoted() -> None:
    blocks = [Block("heading", "1 船", 1), Block("heading", "1.1 帆船", 2), Block("paragraph", SENTENCE)]
    (passage,) = cut(document(*blocks))
    assert passage.section == "1 船 > 1.1 帆船"
    assert "1 船 > 1.1 帆船" in passage.context
    assert passage.text == SENTENCE


def test_each_table_row_is_a_passage_that_knows_caption_and_columns() -> None:
    rows = [["国", "灯台の数"], ["日本", "3千"], ["韓国", "2千"]]
    passages = cut(document(*table_blocks(rows, "第1表 灯台の数")))
    assert [passage.kind for passage in passages] == ["caption", "table_row", "table_row"]
    assert passages[1].text == "日本\t3千\n国: 日本／灯台の数: 3千"
    assert "第1表 灯台の数" in passages[1].context


cell_texts = st.text(alphabet="あ漢a1 。:：／;|", max_size=6)


@given(st.lists(st.lists(cell_texts, max_size=4), max_size=4), st.booleans(), st.sampled_from(["ja", "en"]))
def test_a_table_row_keeps_its_values_as_spans_under_the_names_of_their_columns(
    rows: list[list[str]], header: bool, language: str
) -> None:
    blocks = table_blocks(rows, header=header, language=language)
    passages = {passage.start: passage for passage in cut(document(*blocks, language=language))}
    for block, start, _ in document(*blocks).spans():
        if block.kind != "table_row":
            continue
        row = passages[start]
        assert [(cell.column, row.text[cell.start : cell.end]) for cell in row.cells] == [
            (column, value) for column, value in block.cells if value
        ]


def test_the_cells_of_a_row_stand_where_the_row_is_quoted() -> None:
    (_, row) = cut(document(*table_blocks([["", "移動時間（分）"], ["港", "30"]], header=True)))
    assert [(cell.column, row.text[: cell.start]) for cell in row.cells] == [
        ("", ""),
        ("移動時間（分）", "港\t30\n移動時間（分）: "),
    ]


def test_a_row_of_several_sentences_is_quoted_as_a_whole() -> None:
    (_, row) = cut(document(*table_blocks([["国", "灯台"], ["日本", "高い。遠くまで光る。"]], header=True)))
    assert [row.text[start:end] for start, end in row.quotable] == ["国: 日本／灯台: 高い。遠くまで光る。"]


def test_each_entry_of_the_bibliography_is_a_passage() -> None:
    passages = cut(
        document(Block("heading", "参考文献", 1), Block("entry", "田中『灯台』"), Block("entry", "山田『船』"))
    )
    assert [passage.text for passage in passages] == ["田中『灯台』", "山田『船』"]


def test_a_passage_keeps_its_id_when_others_change() -> None:
    before = cut(document(Block("paragraph", SENTENCE * 10), Block("paragraph", SENTENCE * 9)))
    after = cut(document(Block("paragraph", "新しい。" * 50), Block("paragraph", SENTENCE * 9)))
    assert before[-1].id == after[-1].id
    assert before[0].id != after[0].id


def test_the_page_of_each_part_of_a_passage_is_known() -> None:
    text = SENTENCE * 30
    passages = cut(document(Block("paragraph", text, page_starts=((0, 3), (100, 4)))))
    assert passages[0].page == 3
    assert passages[0].page_at(99) == 3
    assert passages[0].page_at(100) == 4
    assert passages[1].page == 4


def test_english_passages_are_longer_than_japanese_ones() -> None:
    sentence = "The light of the tower reaches ships that are far out at sea. "
    (passage,) = cut(document(Block("paragraph", (sentence * 12).strip()), language="en"))
    assert len(passage.text) > SIZES["ja"][1]
    assert passage.language == "en"


def test_a_note_is_found_by_the_sentence_that_bears_its_mark() -> None:
    blocks = [Block("paragraph", "鳥が鳴く。灯台¹は高い。"), Block("footnote", "1 明治に建てられた。")]
    note = cut(document(*blocks))[-1]
    assert note.text == "1 明治に建てられた。"
    assert "灯台¹は高い。" in note.context


def test_an_entry_is_found_by_the_sort_of_work_that_it_names() -> None:
    blocks = [Block("heading", "参考文献", 1), Block("entry", "田中太郎『灯台の歴史』港書店、1999年。")]
    (passage,) = cut(with_references(document(*blocks)))
    assert "書籍" in passage.context
    assert "書籍" not in passage.text
