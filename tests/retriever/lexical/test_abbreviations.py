"""Names that texts define, and searching by one form for a passage with the other."""

from pathlib import Path

import pytest

from retriever.index.open import aliases_of, open_index
from retriever.index.search import Aliases
from retriever.lexical.abbreviations import Definition, definitions
from retriever.types import DocumentRecord
from tests.retriever.letters import LetterEncoder, entry, write


@pytest.mark.parametrize(
    ("language", "text", "forms"),
    [
        ("ja", "北大西洋条約機構（NATO）は", ("北大西洋条約機構", "NATO")),
        ("ja", "NATO（北大西洋条約機構）は", ("NATO", "北大西洋条約機構")),
        ("ja", "霧原政権は、町開発庁(Town Agency for Sand: TAFS)を", ("町開発庁", "Town Agency for Sand", "TAFS")),
        ("ja", "効率化省（Department of Efficiency、DOE）", ("効率化省", "Department of Efficiency", "DOE")),
        ("ja", "経済協力開発機構（以下、OECD）", ("経済協力開発機構", "OECD")),
        ("ja", "大規模言語モデル（以下LLMと略す）", ("大規模言語モデル", "LLM")),
        ("ja", "「自由で開かれた海（FOS）」", ("自由で開かれた海", "FOS")),
        ("ja", "調査したギャラップ社 (Gallup) は", ("ギャラップ社", "Gallup")),
        ("en", "the World Trade Organization (WTO)", ("World Trade Organization", "WTO")),
        ("en", "large language models (LLMs)", ("large language models", "LLMs")),
        ("en", "the WTO (World Trade Organization)", ("WTO", "World Trade Organization")),
        ("zh", "中国于2001年加入世界贸易组织（WTO）。", ("世界贸易组织", "WTO")),
        ("zh", "世界卫生组织（以下简称“世卫”）", ("世界卫生组织", "世卫")),
        ("ko", "정부는 세계무역기구(WTO)에서", ("세계무역기구", "WTO")),
        ("ko", "한미상호방위조약(이하 '조약')", ("한미상호방위조약", "조약")),
    ],
)
def test_a_name_and_its_other_forms_are_found(language: str, text: str, forms: tuple[str, ...]) -> None:
    assert [one.forms for one in definitions(text, language)] == [forms]


@pytest.mark.parametrize(
    "text",
    [
        "開館した(2019)",
        "と述べた（田中 2019）",
        "面白い（笑）",
        "憲法（第3条）",
        "東京（とうきょう）",
        "コンゴ共和国（コンゴきょうわこく）",
        "報告書（PDF）",
        "第二巻（II）",
        "憲法（以下の条文）",
        "以下の通り（以下略）",
        "1867年（慶応3年）",
        "LOE（によって設立された）",
        "構成要素（規範や制度）",
        "the United States (see Figure 2)",
        "argues (Smith 2019) that",
        "a big tower (WTO)",
    ],
)
def test_what_else_stands_in_brackets_is_no_name(text: str) -> None:
    assert definitions(text, "en" if text.isascii() else "ja") == []


def made(*defined: tuple[str, Definition]) -> Aliases:
    """The aliases of documents of ten passages each."""
    names = sorted({name for name, _ in defined})
    records = {name: DocumentRecord(name, name, "", "", first=10 * i, count=10) for i, name in enumerate(names)}
    return aliases_of(defined, records)


def test_a_clear_definition_holds_everywhere_and_an_ambiguous_one_where_it_was_made() -> None:
    trade, watch = Definition(("世界貿易機関", "WTO")), Definition(("腕時計技術協会", "WTO"))
    assert [(one.other, one.rows, one.text) for one in made(("a", trade)).of("WTOとは")] == [
        ("世界貿易機関", None, "世界貿易機関とは")
    ]
    both = made(("a", trade), ("b", watch)).of("WTOとは")
    assert [(one.other, one.rows) for one in both] == [("世界貿易機関", ((0, 10),)), ("腕時計技術協会", ((10, 20),))]
    assert made(("a", trade), ("a", watch)).of("WTOとは") == ()
    local = Definition(("日米相互条約", "両国合意"), local=True)
    assert [one.rows for one in made(("a", local)).of("両国合意とは")] == [((0, 10),)]


def test_a_name_is_found_as_a_word_only() -> None:
    aliases = made(("a", Definition(("情報技術", "IT"))), ("a", Definition(("リズム", "Ritmo"))))
    assert aliases.of("What is it? BITS and ITS") == ()
    assert aliases.of("アルゴリズムとは") == ()
    assert [one.other for one in aliases.of("ITは何か")] == ["情報技術"]
    assert aliases.of("IT（情報技術）は何か") == ()


@pytest.mark.parametrize(("query", "expected"), [("TAFSの予算", "long:1"), ("町砂開発庁の職員", "short:1")])
def test_either_form_finds_the_passage_with_the_other(tmp_path: Path, query: str, expected: str) -> None:
    index = write(
        tmp_path,
        entry("defines", "霧原町には町砂開発庁（TAFS）がある。", language="ja"),
        entry("long", "町砂開発庁の予算は三億円である。", language="ja"),
        entry("short", "TAFSの職員は四十人である。", language="ja"),
        entry("other", "図書館の予算は二億円で、職員は六人である。", language="ja"),
    )
    found = index.query(query, LetterEncoder())
    assert len(found.aliases) == 1
    hits = index.search(found, 2)
    assert hits[0].passage.id == expected
    reopened = open_index(tmp_path)
    assert reopened.search(found, 2)[0].passage.id == expected
