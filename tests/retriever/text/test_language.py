"""The language of questions and texts, by the share of their scripts and by their function words."""

import pytest

from retriever.text import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("初代館長は誰か", "ja"),
        ("関税率", "ja"),
        ("Who was the first director?", "en"),
        ("Tokyoとは何か", "ja"),
        ("What does the report say about 茶道?", "en"),
        ("谁是第一任馆长？", "zh"),
        ("關稅是多少", "zh"),
        ("초대 관장은 누구인가", "ko"),
        ("東京의 인구", "ko"),
        ("1987", "ja"),
        ("", "ja"),
    ],
)
def test_a_question_in_one_language(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("「한류」とは何ですか", "ja"),
        ("「등대의 빛은 멀리까지 닿는다」という本の著者は誰ですか", "ja"),
        ("『灯台の光』은 무엇입니까?", "ko"),
        ("What does 『灯台の光と影』 argue?", "en"),
        ("『The Light That Reaches Ships Far Out at Sea』の著者は誰?", "ja"),
        ("A Checklist of the Lighthouses of the Worldの著者は誰?", "ja"),
        ("Who is 山田花子?", "en"),
        ("Who is 홍길동?", "en"),
        ("The Light of the Sea는 어떤 책입니까?", "ko"),
        ("请解释 rule of the road 的意思", "zh"),
        ("「灯台」是什么意思", "zh"),
        ("「灯台」", "ja"),
        ("第1表 目的別の灯台建設年次一覧 (出所) 筆者作成", "ja"),  # one kana to twenty ideographs, with 的
    ],
)
def test_a_question_that_names_something_in_another_language(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "default", "language"),
    [
        ("灯台の光は遠くまで届く。", "ja", "ja"),
        ("中林 美恵子", "ja", "ja"),
        ("髙橋 﨑", "ja", "ja"),
        ("恒久的\t国際的地位\t損害賠償請求権\t誰何\t当該", "ja", "ja"),  # cells of a table: kanji alone
        ("這是燈塔的歷史，他們寫在書裏。", "ja", "zh"),
        ("灯塔的光照得很远，这是它的历史。", "ja", "zh"),
        ("灯台", "zh", "zh"),
        ("The light reaches far.", "ja", "en"),
        ("The word 灯台 means lighthouse in Japanese.", "ja", "en"),
        ("A digest of 山田花子「灯台の光と影」 and of the records of its references", "en", "en"),
        ("등대의 빛은 멀리까지 닿는다.", "ja", "ko"),
        ("2025", "en", "en"),
        ("2025", "ja", "ja"),
    ],
)
def test_a_part_of_a_document(text: str, default: str, language: str) -> None:
    assert language_of(text, default) == language
