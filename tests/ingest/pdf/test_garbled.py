"""Garbled text is told from text in many languages."""

import random

import pytest

from ingest.pdf.layout.worker import unlikely_share
from ingest.pdf.page import GARBLED
from tests.ingest.made_pdfs import SENTENCES

JAPANESE = "".join(SENTENCES)


@pytest.mark.parametrize(
    "text",
    [
        JAPANESE,
        "⽇⽶の⺠と⾸⻑についての論⽂である。" * 3,
        "ＡＩと半導体の（供給網）は、１０％―２５％であった。①②③",
        "The light of the tower reaches ships that are far out at sea; naïve readers call it café-like.",
        "L’été dernier, à l’île d’Yeu, des élèves très âgés étaient déjà allés voir le phare élevé près de la forêt.",
        "Η έννοια α → β, där ångström och Ελλάδα möts: ∑ x² ≤ ∞.",
        "등대의 빛은 멀리까지 닿는다. 灯塔的光照得很远。",
        "様式は/A4判か/B5判で、https://example.org/g12/uni3/ と /g12 を参照のこと。灯台の記録である。",
        "髙橋さんと﨑さんは鷗外と森鷗外記念館へ行き、𠮷野家で食べた。",
        "",
    ],
)
def test_text_as_authors_write_it_is_not_garbled(text: str) -> None:
    assert unlikely_share(text) <= GARBLED


def test_what_broken_encodings_make_of_japanese_is_garbled() -> None:
    generator = random.Random(1)
    assert unlikely_share(JAPANESE.encode("cp932").decode("latin-1")) > GARBLED
    assert unlikely_share(JAPANESE.encode("utf-8").decode("latin-1")) > GARBLED
    assert unlikely_share("".join(chr(generator.randrange(0x300, 0x1F00)) for _ in range(300))) > GARBLED
    assert unlikely_share("".join(chr(generator.randrange(0x3400, 0x4DB0)) for _ in range(300))) > GARBLED
    assert unlikely_share("\ue001\ue002あ\ue003い" * 20) > GARBLED
    assert unlikely_share("読める文と\ufffd\ufffd\ufffd" * 10) > GARBLED
    assert unlikely_share("/g5A4E /g3E93 /gA8B7 /g8670 " * 20) > GARBLED
    assert unlikely_share("(cid:1203)(cid:88)(cid:913)" * 20) > GARBLED
