"""Entries in the styles of Japanese learned societies, alone and beside Western entries."""

import pytest

from ingest.bibliography.parser import parse_entry, with_references
from ingest.document import Block, Document


@pytest.mark.parametrize(
    ("entry", "authors", "title", "container"),
    [
        (  # a colon after the names
            "北野進，南野恵：灯台の保守，灯台学会論文誌，Vol. 3, No. 2, pp. 1–9 (2019).",
            ("北野進", "南野恵"), "灯台の保守", "灯台学会論文誌",
        ),
        (  # names with spaces, commas in the title
            "北野 進, 南野 恵：灯，霧，鐘の保守, 灯台学会論文誌, Vol. 3, No. 2, pp. 1–9 (2019)",
            ("北野 進", "南野 恵"), "灯，霧，鐘の保守", "灯台学会論文誌",
        ),
        (
            "北野進, 南野恵：「灯台」の保守, 灯台研究, 第3巻, pp. 1–9 (2019)",
            ("北野進", "南野恵"), "「灯台」の保守", "灯台研究",
        ),
        ("Reed, A.，北野進：灯台の保守，灯台書店 (2019)", ("Reed, A.", "北野進"), "灯台の保守", None),
        ("REED, A., MOOR, B., and KENT, C.: 灯台の保守, Tide Letters, Vol. 3, pp. 7–9 (2019)",
            ("REED, A.", "MOOR, B.", "KENT, C."), "灯台の保守", "Tide Letters"),
        ("北野進，南野恵，灯台の保守， 灯台学会論文誌，Vol.3, No.2, pp.1-9，2019.",
            ("北野進", "南野恵"), "灯台の保守", "灯台学会論文誌"),
        ("石井 充，小林 陽一, 灯台論, 灯台書店, 2019.", ("石井 充", "小林 陽一"), "灯台論", None),
        ("北野進，南野恵．3台の灯台の保守．灯台学会論文誌，Vol.3，2019，245-258",
            ("北野進", "南野恵"), "3台の灯台の保守", "灯台学会論文誌"),
        ("北野 進．K-3灯台の保守．灯台紀要, vol. 6, no. 2, pp.41-51, 2019.", ("北野 進",), "K-3灯台の保守", "灯台紀要"),
        ("北野 進・南野 恵 2019 灯台の保守 灯台研究, 9, 138-139.", ("北野 進", "南野 恵"), "灯台の保守", "灯台研究"),
        ("北野進 (2019). 灯台の保守 灯台研究, 42, 17–19.", ("北野進",), "灯台の保守", "灯台研究"),
        ("北野進 (2019). 灯台の保守 南野 恵（編） 灯台ハンドブック（pp. 25–28） 灯台書店",
            ("北野進",), "灯台の保守", None),
        ("北野進 (2019). 灯台の保守 灯台書店", ("北野進",), "灯台の保守", None),
        ("北野進 [2019]. 灯台の保守. 灯台研究, 42, 17–19.", ("北野進",), "灯台の保守", "灯台研究"),
        ("北野進., & 南野恵. (2019). 灯台の保守. 灯台研究, 80(8), 17.", ("北野進", "南野恵"), "灯台の保守", "灯台研究"),
        ("北野進, と 南野恵. 2019年. 灯台の保守. 灯台書店.", ("北野進", "南野恵"), "灯台の保守", None),
        ("北野進＝南野恵「灯台の保守」『灯台雑誌』43巻9号，2019年。", ("北野進", "南野恵"), "灯台の保守", "灯台雑誌"),
        ("北野進 (著)・南野恵(翻訳)、『灯台の保守』、灯台書店、2019", ("北野進",), "灯台の保守", None),
        ("北野進著，南野恵訳『灯台の保守』灯台書店，2019年", ("北野進",), "灯台の保守", None),
        ("『灯台の保守』（北野進、灯台書店、2019年）", ("北野進",), "灯台の保守", None),
        ("Reed Moor・北野進 2019「灯台の保守」灯台研究 79(701):1515", ("Reed Moor", "北野進"), "灯台の保守", None),
        ("北野進(2019) 灯，霧の保守，灯台論文集87巻(2022)797号p.13-14", ("北野進",), "灯，霧の保守", None),
        ("『灯台の保守』北野進著、灯台書店、2019年", ("北野進",), "灯台の保守", None),
        ("北野進，”灯台の保守”，灯台学会論文誌，Vol.60, No.4, pp. 10–17, April 2019.", ("北野進",), "灯台の保守", None),
    ],
)  # fmt: skip
def test_styles_of_societies(entry: str, authors: tuple[str, ...], title: str, container: str | None) -> None:
    work = parse_entry(entry)
    assert (work.authors, work.title, work.date[:4]) == (authors, title, "2019")
    assert container is None or work.container == container


def test_a_web_page_without_a_date_has_its_title() -> None:
    work = parse_entry("灯台庁. 日付なし-b. 灯台統計. 参照 2026年7月17日. https://www.lamps.example/toukei.html.")
    assert (work.authors, work.title, work.date) == (("灯台庁",), "灯台統計", "")


def test_a_doi_after_a_wide_comma() -> None:
    work = parse_entry("北野進：灯台の保守，灯台研究， Vol. 3, pp. 1–2（オンライン），10.4992/lamps.80.199 (2019).")
    assert work.url == "https://doi.org/10.4992/lamps.80.199"


def test_western_entries_of_a_japanese_list_are_read_by_their_labels() -> None:
    entries = [
        "北野進：灯台の保守，灯台研究，Vol. 3, pp. 1–2 (2019).",
        "Reed, J. and Moor, P.: Lamps of the coast, Tide Letters, Vol. 12, No. 3, pp. 34–56 (1990).",
        "南野恵：霧笛の音，灯台研究，Vol. 4, pp. 11–12 (2020).",
    ]
    blocks = tuple(Block("entry", entry) for entry in entries)
    works = with_references(Document("a", "A", "a", blocks, "ja")).references
    assert (works[1].authors, works[1].title) == (("Reed, J.", "Moor, P."), "Lamps of the coast")


def test_names_in_their_usual_order_beside_japanese_entries() -> None:
    entries = [
        "北野進 (2014) 「灯台の保守」, 灯台研究, 7号, pp.1-26.",
        "Masa Reed, Kiko Moorland, Mizu Lightman, Hana Northwood (2014)'Lamps of the coast, and horns', Tides, Vol 26.",
    ]
    blocks = tuple(Block("entry", entry) for entry in entries)
    works = with_references(Document("a", "A", "a", blocks, "ja")).references
    assert works[1].authors == ("Masa Reed", "Kiko Moorland", "Mizu Lightman", "Hana Northwood")
    assert works[1].title == "Lamps of the coast, and horns"
