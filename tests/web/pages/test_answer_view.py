"""What of an answer leads, what is marked, what is folded, and what becomes a table or a list."""

from dataclasses import replace
from typing import Any

import pytest

from app.answering.types import Answer, Citation, Sentence
from app.commands.terminal.answers import answer_text
from app.pages.answer.messages import answer_html
from app.pages.answer.view import AnswerView, view_of
from app.pages.labels.texts import LABELS, html_language
from ingest.document import Block
from ingest.structure.tables import cells_of
from tests.web.fake_library import asked_by

POLL = "2024年の調査では、日本に好意的な人が83%であった。"
ROWS = ("保護\t数年間\t25%—50%\n目的: 保護／期間: 数年間／税率: 25%—50%", "財政\t\t10%以下\n目的: 財政／税率: 10%以下")


def citation(number: int, quote: str, span: str = "", text: str = "", **more: Any) -> Citation:
    """A citation of `quote`, in which `span` answers, from the passage `text`."""
    text = text or quote
    start = text.index(quote)
    at = start + quote.index(span) if span else None
    return Citation(
        number, f"p{number}", "d", "論文", "調査", 8, quote, text, start, start + len(quote), 0.5, None,
        span=span or None, span_start=at, span_end=at + len(span) if at is not None else None, **more,
    )  # fmt: skip


def row(number: int, text: str, *cells: tuple[str, str], span: str = "") -> Citation:
    """A citation of a table's row `text` with these (column, value), quoted with the names of its columns."""
    block = Block("table_row", text, cells=cells)
    return citation(number, text.split("\n")[1], span, text, cells=cells_of(block))


PROTECTION = row(1, ROWS[0], ("目的", "保護"), ("期間", "数年間"), ("税率", "25%—50%"))
REVENUE = row(2, ROWS[1], ("目的", "財政"), ("期間", ""), ("税率", "10%以下"), span="10%以下")


def answer(question: str, *cited: Citation, confidence: float = 0.9, **more: Any) -> Answer:
    """An answer of one sentence for each citation."""
    sentences = tuple(Sentence(one.quote, (one.number,), one.origin) for one in cited)
    more = {"asked": (asked_by(more.get("standalone") or question),)} | more
    return Answer(question, "ja", False, confidence, "extractive", "x", sentences, tuple(cited), (), **more)


def marked(view: AnswerView) -> list[str]:
    """The words that are set off in the sentences that are not folded."""
    return [words.marked for piece in view.said for one in piece.said for words in one.paragraphs if words.marked]


def test_the_words_that_surely_answer_lead_and_are_marked_in_their_sentence() -> None:
    view = view_of(answer("日本に好意的な人は何%か", citation(1, POLL, "83%")))
    assert view.lead
    assert view.lead.marked == "83%"
    assert marked(view) == ["83%"]


def test_no_single_value_leads_an_answer_to_two_questions() -> None:
    quote = "支持率は46%であり、不支持率の43%を上回った。"
    for question in ("支持率は何%か。不支持率は何%か。", "支持率は何%？不支持率は何%？"):
        assert view_of(answer(question, citation(1, quote, "46%"))).lead is None
    assert view_of(answer("調査について教えて。支持率は何%か。", citation(1, quote, "46%"))).lead


def test_a_date_leads_without_its_particle() -> None:
    view = view_of(answer("会談はいつ行われたか", citation(1, "会談は2月7日に行われた。", "2月7日に")))
    assert view.lead
    assert view.lead.marked == "2月7日"
    assert marked(view) == ["2月7日"]


@pytest.mark.parametrize(
    ("question", "span", "confidence", "leads", "marks"),
    [
        ("日本に好意的な人は何%か", "83%", 0.6, False, True),  # likely: marked, but no line of its own
        ("日本に好意的な人は何%か", "83%", 0.3, False, False),
        ("日本に好意的な人は何%か", "日本に好意的", 0.9, False, False),  # no percentage
        ("この調査はいつか", "83%", 0.9, False, False),  # no date
        ("この調査はいつか", "2024年", 0.9, True, True),
        ("2024年の調査はいつか", "2024年", 0.9, False, False),  # the question's own words
        ("なぜ好意的なのか", "83%", 0.6, False, False),  # a reason has no form: only a sure one is marked
        ("調査で何がわかったか", "日本に好意的な人が83%", 0.9, False, True),
    ],
)
def test_only_what_is_sure_and_has_the_form_asked_for_is_set_off(
    question: str, span: str, confidence: float, leads: bool, marks: bool
) -> None:
    view = view_of(answer(question, citation(1, POLL, span), confidence=confidence))
    assert (view.lead is not None, bool(marked(view))) == (leads, marks)


@pytest.mark.parametrize(
    ("question", "span", "share", "leads", "marks"),
    [
        ("調査で何がわかったか", "日本に好意的な人が83%", 0.5, False, True),
        ("調査で何がわかったか", "日本に好意的な人が83%", 0.1, False, False),  # other words answer as well
        ("調査を何と呼ぶか", "2024年の調査", 0.9, True, True),
        ("調査の目的は何か", "2024年の調査", 0.9, False, True),  # a clause tells a purpose
        ("調査はどこで行われたか", "2024年の調査", 0.5, False, True),
        ("調査はどこで行われたか", "2024年の調査", 0.9, True, True),
        ("調査を何と呼ぶか。それはなぜか", "2024年の調査", 0.9, False, True),
        ("日本に好意的な人は何%か", "83%", 0.1, True, True),  # its form tells
    ],
)
def test_words_of_no_form_are_set_off_only_where_the_reader_sees_hardly_any_others(
    question: str, span: str, share: float, leads: bool, marks: bool
) -> None:
    view = view_of(answer(question, replace(citation(1, POLL, span), span_share=share)))
    assert (view.lead is not None, bool(marked(view))) == (leads, marks)


@pytest.mark.parametrize(
    ("question", "quote", "certainty"),
    [
        ("日本に好意的な人は何%か", POLL, "sure"),
        ("日本に好意的な人は何%か", "Gallup, “Favorable Views of Japan,” February.", "weak"),
        ("調査で何がわかったか", "Gallup, “Favorable Views of Japan,” February.", "sure"),
    ],
)
def test_an_answer_without_what_is_asked_for_is_called_weak(question: str, quote: str, certainty: str) -> None:
    given = answer(question, citation(1, quote))
    assert view_of(given).certainty == certainty
    assert answer_text(given).startswith("(関連するかもしれない箇所)") == (certainty == "weak"), (
        "a terminal says the same"
    )


def test_a_question_for_one_value_folds_further_passages_and_another_does_not() -> None:
    cited = citation(1, POLL, "83%"), citation(2, "別の調査では77%であった。", "77%"), citation(3, "三つめ。")
    view = view_of(answer("日本に好意的な人は何%か", *cited))
    assert [one.citations[0].number for piece in view.more for one in piece.said] == [2, 3]
    assert view.folded == 2
    assert marked(view) == ["83%"]
    assert view_of(answer("調査の結果を説明して", *cited)).more == ()
    assert len(view_of(answer("調査の結果を説明して", *cited, confidence=0.2)).said) == 1


def test_rows_of_a_table_become_one_table_with_its_columns_and_the_cell_that_answers() -> None:
    [first, second] = view_of(answer("財政収入目的の税率は", PROTECTION, REVENUE, intent="overview")).said
    assert first.columns == ("目的", "期間", "税率")
    assert [cell[:2] for cell in first.said[0].cells] == [("目的", "保護"), ("期間", "数年間"), ("税率", "25%—50%")]
    assert second.said[0].cells == (("目的", "財政", False), ("税率", "10%以下", True))


def test_no_value_leads_where_each_row_of_a_column_has_one() -> None:
    first = row(1, ROWS[0], ("目的", "保護"), ("期間", "数年間"), ("税率", "25%—50%"), span="25%—50%")
    assert view_of(answer("税率は何%か", first)).lead
    view = view_of(answer("税率は何%か", first, REVENUE))
    assert view.lead is None
    on = [value for piece in view.said for said in piece.said for _, value, is_on in said.cells if is_on]
    assert on == ["25%—50%", "10%以下"]


def test_a_row_as_an_overview_prints_it_is_a_row_too() -> None:
    printed = ROWS[0].split("\n")[0]
    quoted = replace(PROTECTION, quote=printed, quote_start=0, quote_end=len(printed))
    shown = replace(
        answer("第1表", quoted, intent="overview"), sentences=(Sentence(printed.replace("\t", " | "), (1,)),)
    )
    [table] = view_of(shown).said
    assert table.columns == ("目的", "期間", "税率")


def test_a_value_that_repeats_a_columns_name_is_not_taken_for_it() -> None:
    text = "a\tb: c\nx: a; y: b: c"
    [table] = view_of(answer("表", row(1, text, ("x", "a"), ("y", "b: c")), intent="overview")).said
    assert [cell[:2] for cell in table.said[0].cells] == [("x", "a"), ("y", "b: c")]


def test_entries_of_a_bibliography_are_a_list_and_their_document_is_named_once() -> None:
    cited = [citation(n, f"文献{n}", origin="record", reference=n) for n in (1, 2, 3)]
    view = view_of(answer("参考文献を一覧に", *cited, intent="sources"))
    assert [(piece.kind, len(piece.said)) for piece in view.said] == [("entry", 3)]
    [group] = view.groups
    assert group.label == "文献一覧"
    assert [one.number for one in group.places[0].citations] == [1, 2, 3]


def test_each_question_of_a_message_is_a_heading_over_its_answer() -> None:
    cited = citation(1, POLL, "83%"), citation(2, "1951年に締結した。", "1951年")
    parts = (Sentence("好意的な人は何%か？", ()), Sentence(POLL, (1,)), Sentence("いつ締結したか", ()))
    both = replace(
        answer("好意的な人は何%か？いつ締結したか", *cited), sentences=(*parts, Sentence(cited[1].quote, (2,)))
    )
    view = view_of(both)
    assert [piece.kind for piece in view.said] == ["heading", "text", "heading", "text"]
    assert marked(view) == ["83%", "1951年"]
    assert view.more == ()


def test_quotes_beside_composed_sentences_are_folded() -> None:
    composed = replace(
        answer("日本に好意的な人は？", citation(1, POLL)),
        sentences=(Sentence("83 percent.", (1,), "composed"), Sentence(POLL, (1,))),
    )
    view = view_of(composed)
    assert [piece.kind for piece in view.said] == ["composed"]
    assert view.folded == 1


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("日本の論文", "ja"),
        ("关税的目的是什么", "zh-Hans"),
        ("關稅的目的是什麼", "zh-Hant"),
        ("The paper", "en"),
        ("논문", "ko"),
    ],
)
def test_the_tag_of_a_text_says_which_shapes_its_characters_have(text: str, tag: str) -> None:
    assert html_language(text) == tag
    assert html_language("", "zh") == "zh-Hans"


def test_what_an_overview_compares_stands_in_two_columns_under_their_headings() -> None:
    cited = [
        citation(number, quote) for number, quote in enumerate(("導入。", "甲は速い。", "甲は軽い。", "乙は安い。"), 1)
    ]
    compared = answer("甲と乙を比べて", *cited, intent="overview")
    headed = [
        replace(one, text=text + one.text)
        for one, text in zip(compared.sentences, ("", "甲: ", "", "乙: "), strict=True)
    ]
    view = view_of(replace(compared, sentences=tuple(headed)))
    assert [piece.said[0].paragraphs[0].before for piece in view.said] == ["導入。"]
    texts = [[said.paragraphs[0].before for piece in side for said in piece.said] for side in view.sides]
    assert texts == [["甲", "甲は速い。", "甲は軽い。"], ["乙", "乙は安い。"]]
    html = answer_html(replace(compared, sentences=tuple(headed)))
    assert html.count("<section>") == 2
    assert LABELS["ja"]["extract"] in html


def test_an_overview_under_one_heading_or_three_is_read_from_top_to_bottom() -> None:
    cited = [citation(number, f"文{number}。") for number in range(1, 4)]
    summary = answer("各節を要約して", *cited, intent="overview")
    headed = [replace(one, text=f"節{number}: {one.text}") for number, one in enumerate(summary.sentences)]
    view = view_of(replace(summary, sentences=tuple(headed)))
    assert view.sides == ()
    assert [piece.kind for piece in view.said] == ["heading", "text"] * 3


def test_an_address_in_an_entry_keeps_its_brackets_and_is_a_link_without_them() -> None:
    entry = citation(1, "Gallup, “Views”, 2024. <https://example.org/a>", origin="record")
    html = answer_html(answer("参考文献を一覧に", entry, intent="sources"))
    assert 'href="https://example.org/a"' in html
    assert ">&lt;https://example.org/a&gt;</a>" in html


def test_the_caption_that_is_quoted_after_its_rows_stands_over_them() -> None:
    caption = citation(3, "第1表 目的別の関税\n目的\t期間\t税率\n(出所) 筆者作成。")
    view = view_of(answer("関税の目的は何ですか", PROTECTION, caption, citation(4, POLL), confidence=0.6))
    assert [piece.kind for piece in view.said] == ["text", "row", "text"]
    assert view.said[0].said[0].citations == (caption,)
    other = citation(3, "第2表 同盟国\n国\t割合")
    view = view_of(answer("関税の目的は何ですか", PROTECTION, other, confidence=0.6))
    assert [piece.kind for piece in view.said] == ["row", "text"]


def test_a_document_is_one_source_whose_bibliography_is_named_at_its_place() -> None:
    paper, record = citation(1, POLL, origin="paper"), citation(2, "Gallup, 2024.", origin="record", reference=5)
    [group] = view_of(answer("83%の出典は？", paper, replace(record, section="参考文献", page=16))).groups
    assert group.label == "論文"
    assert [(place.label, place.page) for place in group.places] == [("", 8), ("文献一覧5", 16)]
