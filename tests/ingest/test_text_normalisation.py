"""Repairs of extracted characters."""

from pathlib import Path

import pytest

from ingest.document import Document
from ingest.runs.ingest_plan import size_of
from ingest.text import counted, repair, without_letterspacing

EQUIVALENTS = Path("/usr/share/unicode/EquivalentUnifiedIdeograph.txt")


def test_radicals_become_the_ideographs_they_look_like() -> None:
    assert repair("⽇⽶の⺠と⾸⻑、⻲と⻄") == "日米の民と首長、亀と西"


def test_compatibility_ideographs_and_ligatures_become_plain_ones() -> None:
    assert repair("神社のoﬃce") == "神社のoffice"


def test_full_width_forms_stay_as_the_author_typed_them() -> None:
    assert repair("ＡＩと５０％（注）") == "ＡＩと５０％（注）"


def test_the_two_long_dashes_that_fonts_share_become_one() -> None:
    assert repair("10―25%") == "10—25%"


@pytest.mark.skipif(not EQUIVALENTS.exists(), reason="the Debian package unicode-data is not installed")
def test_every_radical_with_an_equivalent_is_mapped_to_it() -> None:
    for line in EQUIVALENTS.read_text(encoding="utf-8").splitlines():
        codes, _, equivalent = line.partition("#")[0].partition(";")
        if not codes.strip():
            continue
        first, _, last = codes.strip().partition("..")
        for code in range(int(first, 16), int(last or first, 16) + 1):
            if 0x2E80 <= code < 0x2FE0:
                assert repair(chr(code)) == chr(int(equivalent, 16))


def test_letterspaced_japanese_is_closed_up_and_a_name_keeps_its_space() -> None:
    assert without_letterspacing("（ 米 ・ オ ハ イ オ 州 立 大 学 ）") == "（米・オハイオ州立大学）"
    assert without_letterspacing("著者は山田 太郎である") == "著者は山田 太郎である"


def test_one_page_is_not_called_pages() -> None:
    assert [counted(count, "page") for count in (0, 1, 2, 1200)] == ["0 pages", "1 page", "2 pages", "1,200 pages"]
    assert size_of(Document("d", "t", "s", (), page_count=1)) == "1 page, 0 characters"
