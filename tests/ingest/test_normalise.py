"""Repairs of extracted characters, search forms with offsets, languages by script."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.normalise import normalise_with_map, repair, without_letterspacing
from retriever.text import language_of

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


def test_the_map_leads_from_the_search_form_back_to_the_original() -> None:
    text = "ｶﾞｽと㍿と①"
    normal, offsets = normalise_with_map(text)
    assert normal == "ガスと株式会社と1"
    start = normal.index("株式会社")
    assert text[offsets[start] : offsets[start + 4]] == "㍿"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_the_map_covers_every_character_and_never_goes_back(text: str) -> None:
    normal, offsets = normalise_with_map(text)
    assert len(offsets) == len(normal) + 1
    assert offsets[-1] == len(text)
    assert offsets == sorted(offsets)


@given(st.text(alphabet="あかがさｶﾞﾊﾟe\u0301ｱ漢字①ＡB ", max_size=30))
def test_the_search_form_is_nfkc(text: str) -> None:
    assert normalise_with_map(text)[0] == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("灯台の光は遠くまで届く。", "ja"),
        ("中林 美恵子", "ja"),
        ("The light reaches far.", "en"),
        ("灯塔的光照得很远，这是它的历史。", "zh"),
        ("등대의 빛은 멀리까지 닿는다.", "ko"),
        ("The word 灯台 means lighthouse in Japanese.", "en"),
        ("2025", "ja"),
    ],
)
def test_the_language_is_told_by_the_script(text: str, language: str) -> None:
    assert language_of(text, "ja") == language
