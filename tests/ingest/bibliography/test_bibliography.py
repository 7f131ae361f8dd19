"""Entries of bibliographies in many styles, dates, and the citations that mean them."""

import pytest

from ingest.bibliography.fields import find_date
from ingest.bibliography.mentions import find_mentions
from ingest.bibliography.parser import parse_bibliography, parse_entry
from ingest.document import Block, Document

STYLES: list[tuple[str, dict[str, object]]] = [
    (
        "Smith, J., & Doe, A. B. (2019). Measuring things in small towns. Lamps, 12(3), 45–67. doi:10.1234/abc.567",
        {
            "authors": ("Smith, J.", "Doe, A. B."),
            "title": "Measuring things in small towns",
            "container": "Lamps",
            "date": "2019",
            "url": "https://doi.org/10.1234/abc.567",
            "kind": "article",
            "key": "Smith 2019",
            "language": "en",
        },
    ),
    (
        "[12] A. Author and B. Writer, “A study of lamps,” in Proc. of the Lamp Conference, 2018, pp. 1–9.",
        {
            "key": "12",
            "authors": ("A. Author", "B. Writer"),
            "title": "A study of lamps",
            "date": "2018",
            "kind": "conference",
        },
    ),
    (
        "田中太郎・山田花子（2019）「灯台の歴史」『港湾研究』第5巻2号、10–25頁。",
        {
            "authors": ("田中太郎", "山田花子"),
            "title": "灯台の歴史",
            "container": "港湾研究",
            "date": "2019",
            "kind": "article",
            "language": "ja",
        },
    ),
    (
        "田中太郎『灯台の歴史』中央港書店、1999年。",
        {"authors": ("田中太郎",), "title": "灯台の歴史", "publisher": "中央港書店", "date": "1999", "kind": "book"},
    ),
    (
        "World Lamp Programme. 2020. Out of the Dark: The Value of Lamps. Nairobi: WLP.",
        {"authors": ("World Lamp Programme",), "title": "Out of the Dark: The Value of Lamps", "date": "2020"},
    ),
    (
        "Reed, Joan S., Jr. Soft Light: The Means to See. New York: LampHouse, 2004.",
        {
            "authors": ("Reed, Joan S. Jr.",),
            "title": "Soft Light: The Means to See",
            "publisher": "LampHouse",
            "date": "2004",
            "kind": "book",
        },
    ),
    (
        "佐藤 健・鈴木 花子・李 明. 灯台守の増加要因. 港湾研究, 2021, vol. 37, no. 2, p. 15–29, (参照 2023-04-01).",
        {
            "authors": ("佐藤 健", "鈴木 花子", "李 明"),
            "title": "灯台守の増加要因",
            "container": "港湾研究",
            "date": "2021",
            "kind": "article",
        },
    ),
    (
        "OLD (2022), Lamps at a Glance 2022: OLD Indicators, OLD Publishing, Paris.",
        {"authors": ("OLD",), "title": "Lamps at a Glance 2022: OLD Indicators", "publisher": "OLD Publishing"},
    ),
    (
        "Reed A, Brown NB, Parmar N, et al. Lamps are all you need. Adv Lamp Syst. 2017;30:598–608.",
        {"authors": ("Reed A", "Brown NB", "Parmar N"), "title": "Lamps are all you need", "date": "2017"},
    ),
    (
        "Smith, John. “Why Lamps Fail.” The Harbor Times, 4 Mar. 2019, www.example.org/2019/lamps.html.",
        {"title": "Why Lamps Fail", "date": "2019-03-04", "url": "https://www.example.org/2019/lamps.html"},
    ),
    (
        "北浜新聞「灯台に若手の組合」2020年11月3日付朝刊、12面。",
        {"title": "灯台に若手の組合", "container": "北浜新聞", "date": "2020-11-03", "kind": "news"},
    ),
    (
        'Smith, John. "The Old Light." Harbor Review, vol. 2, no. 1, 2010, pp. 3-14.',
        {"authors": ("Smith, John",), "title": "The Old Light", "container": "Harbor Review", "date": "2010"},
    ),
    (
        "佐藤一郎. 灯台の保守点検. 港湾技術. 2015, vol. 8, no. 2, p. 11-19.",
        {
            "authors": ("佐藤一郎",),
            "title": "灯台の保守点検",
            "container": "港湾技術",
            "date": "2015",
            "kind": "article",
        },
    ),
    (
        "[3] 王小明. 灯塔研究[J]. 港口学报, 2017, 5(2): 33-41.",
        {"key": "3", "authors": ("王小明",), "title": "灯塔研究", "container": "港口学报", "date": "2017"},
    ),
    (
        "国土交通省「海事レポート2023」2023年7月。https://www.example.go.jp/report.pdf（2024年3月1日閲覧）",
        {
            "authors": ("国土交通省",),
            "title": "海事レポート2023",
            "publisher": "国土交通省",
            "date": "2023-07",
            "date_text": "2023年7月",
            "url": "https://www.example.go.jp/report.pdf",
            "kind": "report",
        },
    ),
    (
        "港新聞「灯台に公然と落書き 住民が抗議」 2025 年 2 月 10 日。 <https://example.jp/a>",
        {"authors": ("港新聞",), "title": "灯台に公然と落書き 住民が抗議", "date": "2025-02-10", "kind": "news"},
    ),
    (
        "港省「令和 6 年版港白書」資料編の「資料 16 灯台の取組」 2024 年。",
        {
            "authors": ("港省",),
            "title": "資料16 灯台の取組",
            "container": "令和6年版港白書 資料編",
            "date": "2024",
            "kind": "report",
        },
    ),
    (
        "Brown, T. (2015, March 5). How to mend a lens. The Daily Lamp. Retrieved from https://example.org/lens",
        {
            "authors": ("Brown, T.",),
            "title": "How to mend a lens",
            "date": "2015-03-05",
            "url": "https://example.org/lens",
        },
    ),
    (
        "J. K. Jones, Handbook of Lenses, 2nd ed. New York: Wiley, 1988.",
        {
            "authors": ("J. K. Jones",),
            "title": "Handbook of Lenses",
            "publisher": "Wiley",
            "date": "1988",
            "kind": "book",
        },
    ),
    (
        "Peter Light, “The Second Lamp,” *International Lamps*, 1978.",
        {"authors": ("Peter Light",), "title": "The Second Lamp", "container": "International Lamps", "date": "1978"},
    ),
    (
        "Lamp Research Service, “Lamps: Issues for Towns,” RL12345, January 6, 2023.",
        {
            "authors": ("Lamp Research Service",),
            "title": "Lamps: Issues for Towns",
            "date": "2023-01-06",
            "kind": "report",
        },
    ),
    (
        "김철수 (2020). 등대의 역사. 항만연구, 3(1), 1-20.",
        {"authors": ("김철수",), "title": "등대의 역사", "container": "항만연구", "date": "2020", "language": "ko"},
    ),
]


@pytest.mark.parametrize(("entry", "fields"), STYLES, ids=[str(fields["title"]) for _, fields in STYLES])
def test_an_entry_is_parsed_in_its_style(entry: str, fields: dict[str, object]) -> None:
    record = parse_entry(entry)
    assert {name: getattr(record, name) for name in fields} == fields
    assert record.raw == entry


@pytest.mark.parametrize(
    "entry", ["", "。", "「", "[1]", "（2019）", "https://example.org/", "あ" * 2000, "A, B, C, D"]
)
def test_an_odd_entry_is_kept_as_it_stands(entry: str) -> None:
    assert parse_entry(entry).raw == entry


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2025 年 2 月 4 日", "2025-02-04"),
        ("December 2024.", "2024-12"),
        ("July, 2023.", "2023-07"),
        ("5 March 2024", "2024-03-05"),
        ("令和6年3月1日", "2024-03-01"),
        ("平成元年", "1989"),
        ("２０２４年１２月", "2024-12"),
        ("2024/05/06", "2024-05-06"),
        ("Smith (2019a)", "2019"),
    ],
)
def test_dates_are_read_as_precisely_as_they_are_written(text: str, iso: str) -> None:
    found = find_date(text)
    assert found is not None
    assert found.iso == iso


@pytest.mark.parametrize("text", ["pp. 1234-1245", "2025年間13月", "no date"])
def test_other_numbers_are_no_dates(text: str) -> None:
    found = find_date(text)
    assert found is None or len(found.iso) == 4


ENTRIES = (
    "[1] Smith, J. (2019). Measuring lamps in small towns. Journal of Lamps.",
    "[2] 田中太郎『灯台の歴史と現在』港書店、2020年。",
    "[3] Lamp Council, “Support for Lamps Grows,” December 2024.",
    "[4] Brown, T. (2018a). Lenses. Lamp Press.",
    "[5] Brown, T. (2018b). Mirrors. Lamp Press.",
    "[6] 林修・森 良子「灯台の窓」『光と海』第3巻、2015年、1–9頁。",
    "[7] エドガー・ポウル『灯火』木村一訳、海書房、2011年。",
)


@pytest.mark.parametrize(
    ("sentence", "numbers"),
    [
        ("灯台は高い[2]。", [(2,)]),
        ("灯台は高い[1, 3-5]。", [(1, 3, 4, 5)]),
        ("Lamps are measured (Smith, 2019).", [(1,)]),
        ("Smith (2019) measured lamps.", [(1,)]),
        ("田中（2020）は灯台を調べた。", [(2,)]),
        ("灯台は高い（田中 ２０２０）。", [(2,)]),
        ("灯台は高い（田中, 2018, 2020: 12）。", [(2,)]),
        ("この点は林・森（2015）とポウル（2011）に詳しい。", [(6,), (7,)]),
        ("林ほか（2015年）を見よ。", [(6,)]),
        ("中田中（2020）は灯台を調べた。", []),
        ("田中は2020年に灯台を調べた。", []),
        ("田中（2021）は灯台を調べた。", []),
        ("田中太郎（2020）は灯台を調べた。", [(2,)]),
        ("『灯台の歴史と現在』を読む。", [(2,)]),
        ("灯台協議会 (Lamp Council) が2024年12月に行った調査がある。", [(3,)]),
        ("Brown (2018b) turned to mirrors.", [(5,)]),
        ("Brown wrote two works in 2018.", []),
        ("灯台は高い。", []),
    ],
)
def test_a_citation_leads_to_the_record_that_it_means(sentence: str, numbers: list[tuple[int, ...]]) -> None:
    blocks = (Block("paragraph", sentence), *(Block("entry", entry) for entry in ENTRIES))
    document = Document("d", "灯台", "/d", blocks)
    assert [mention.numbers for mention in find_mentions(document, parse_bibliography(document))] == numbers


def test_records_are_numbered_in_their_order() -> None:
    document = Document("d", "灯台", "/d", tuple(Block("entry", entry) for entry in ENTRIES))
    assert [(record.number, record.key) for record in parse_bibliography(document)][:3] == [
        (1, "1"),
        (2, "2"),
        (3, "3"),
    ]
