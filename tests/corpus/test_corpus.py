import dataclasses
import json
import re
import unicodedata
from datetime import date
from pathlib import Path

import pytest

import corpus
from corpus import citation
from corpus.records import reference_from_json
from ingest.document import Reference

PAPER = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "paper.txt"
SECTIONS = [
    "要旨",
    "はじめに",
    "1 第2期トランプ政権の政策動向と内政",
    "2 トランプ政権による国際貿易と関税",
    "3 日米間の信頼関係構築",
    "4 日米安保条約の「非対称性」問題と防衛費負担",
    "5 米中対立と日米の対中政策調整",
    "6 今後の課題",
]
# A number with what it counts: 2017年1月 and 10ポイント are found as such, not as any 1 or 10.
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:%|年|月|日|人|億|ポイント|カ国|ヵ月|世紀|位|期|種類|週間|条|表)?")


def body_of_the_paper() -> str:
    if not PAPER.exists():
        pytest.skip("the paper lies in ../shared, which is absent here")
    text = unicodedata.normalize("NFKC", PAPER.read_text(encoding="utf-8"))
    return text.split("[要旨]", 1)[1].split("■参考文献", 1)[0]


def references_of_the_paper() -> str:
    body_of_the_paper()
    return PAPER.read_text(encoding="utf-8").split("■参考文献", 1)[1]


def table_rows() -> list[list[str]]:
    lines = [line for line in corpus.digest_text().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def squeezed(text: str) -> str:
    """Letters and digits only; a cell's border stays, since a table's cells are data."""
    return re.sub(r"[^\w|]", "", unicodedata.normalize("NFKC", text))


def record(**changes: object) -> Reference:
    data = dict.fromkeys(json.loads(corpus.folder().joinpath("references.jsonl").read_text().splitlines()[0]))
    return reference_from_json({**data, "authors": ["山田花子"], "title": "題", "language": "ja", **changes})


def test_manifest_names_the_paper_and_files_that_exist() -> None:
    manifest = corpus.manifest()
    assert manifest.format == 1
    assert (manifest.paper.title, manifest.paper.year) == ("新政権と日米関係の課題", 2025)
    assert date.fromisoformat(manifest.paper.manuscript_date) == date(2025, 2, 10)
    assert [(one.name, one.name_latin) for one in manifest.paper.authors] == [("中林美恵子", "Nakabayashi Mieko")]
    assert {one.kind for one in manifest.documents} == {"digest", "references"}
    for document in manifest.documents:
        assert corpus.folder().joinpath(document.file).is_file()


def test_digest_says_in_its_title_and_its_first_paragraph_that_it_is_one() -> None:
    manifest = corpus.manifest()
    digest = next(one for one in manifest.documents if one.kind == "digest")
    head = corpus.digest_text().split("## ", 1)[0]
    assert digest.digest_of == manifest.paper.title
    assert digest.title.endswith("の要約")
    assert head.startswith(f"# {digest.title}\n")
    assert "論文そのものの文章ではない" in head


def test_examples_are_asked_in_four_languages() -> None:
    examples = corpus.manifest().examples
    languages = [one.lang for one in examples]
    assert languages.count("ja") >= 4
    assert languages.count("en") == 2
    assert {"zh", "ko"} <= set(languages)
    assert len({one.question for one in examples}) == len(examples)


def test_digest_has_every_section_in_order() -> None:
    headings = re.findall(r"^## (.+)$", corpus.digest_text(), flags=re.MULTILINE)
    assert headings == ["書誌", *SECTIONS]


def test_digest_is_long_enough_to_be_complete_and_short_enough_to_be_one() -> None:
    sections = corpus.digest_text().split("## 要旨", 1)[1]
    assert 6_000 <= len(re.sub(r"[\s|#-]", "", sections)) <= 9_000


def test_digest_has_one_paragraph_a_line() -> None:
    blocks = [block for block in corpus.digest_text().strip().split("\n\n") if not block.startswith("|")]
    assert all("\n" not in block for block in blocks)
    assert all(block.startswith(("#", "第1表 ")) or block.endswith("。") for block in blocks)


def test_table_of_tariff_purposes_has_its_caption_and_four_rows() -> None:
    header, rule, *rows = table_rows()
    assert header == ["目的", "期間", "適用範囲", "税率", "具体例"]
    assert set(rule) == {"---"}
    assert [row[0] for row in rows] == ["交渉手段", "保護", "財政収入", "貿易収支改善"]
    assert all(len(row) == len(header) and all(row) for row in rows)
    assert "\n\n第1表 目的別の関税概要\n\n| 目的 |" in corpus.digest_text()


def test_cells_of_the_table_are_the_papers() -> None:
    paper = squeezed(body_of_the_paper())
    for row in table_rows()[2:]:
        assert squeezed("".join(row)) in paper


def test_no_thirty_characters_in_a_row_are_the_papers() -> None:
    paper = squeezed(body_of_the_paper())
    runs = {paper[start : start + 30] for start in range(len(paper) - 29)}
    records = "\n".join(f"{one.title}\n{one.note}\n{one.description}" for one in corpus.references())
    for text in (corpus.digest_text(), records, "\n".join(one.question for one in corpus.manifest().examples)):
        ours = squeezed(text)
        assert not runs & {ours[start : start + 30] for start in range(len(ours) - 29)}


def test_every_number_of_the_paper_stands_in_the_digest() -> None:
    digest = unicodedata.normalize("NFKC", corpus.digest_text())
    ours = set(NUMBER.findall(digest)) | set(re.findall(r"\d+(?:\.\d+)?", digest))
    assert set(NUMBER.findall(body_of_the_paper())) - ours == set()


def test_references_are_twenty_numbered_records_with_unique_keys() -> None:
    records = corpus.references()
    assert [one.number for one in records] == list(range(1, 21))
    assert len({one.key for one in records}) == 20
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one.key) for one in records)
    assert [one.key for one in records if not one.listed] == ["wendt-1999"]


@pytest.mark.parametrize("one", corpus.references(), ids=lambda one: str(one.key))
def test_reference_is_well_formed(one: Reference) -> None:
    assert one.authors
    assert one.title
    assert one.language in {"ja", "en"}
    assert one.kind in {"article", "book", "report", "news", "web", "government"}
    assert re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", one.date)
    assert one.date[:4] in one.date_text
    assert not one.url or re.fullmatch(r"https://[^\s<>]+", one.url)
    assert one.description.endswith("。")
    assert one.description.count("。") == 1
    assert re.search(r"[1-6]節|「はじめに」", one.description)
    assert not one.note or one.note.endswith("。")


def test_listed_references_are_the_papers_entries_in_its_order() -> None:
    entries = references_of_the_paper().split("\n- ")[1:]
    listed = [one for one in corpus.references() if one.listed]
    assert len(entries) == len(listed) == 19
    for entry, one in zip(entries, listed, strict=True):
        printed = re.sub(r"\s", "", entry)
        for part in (*one.authors, one.title, one.date_text, one.url, one.identifier):
            words = (part or "").split()
            assert all(word in printed for word in words), f"{one.key}: {part}"


def test_japanese_citation_says_an_author_that_publishes_once() -> None:
    one = record(authors=["外務省"], title="題", publisher="外務省", date_text="2025年", url="https://example.jp/")
    assert citation(one) == "外務省「題」2025年。https://example.jp/"


def test_japanese_citation_names_container_publisher_and_date() -> None:
    one = record(authors=["山田花子", "林一郎"], container="白書", publisher="書店", date_text="2024年")
    assert citation(one) == "山田花子・林一郎「題」白書、書店、2024年。"


def test_western_citation_has_identifier_and_address_after_the_title() -> None:
    one = record(
        authors=["A. Smith"], title="On Tea", container="Leaves", identifier="L1", date_text="May 1999", language="en"
    )
    assert citation(one) == "A. Smith, “On Tea,” Leaves, L1, May 1999."
    assert citation(dataclasses.replace(one, url="https://example.org")).endswith("May 1999. https://example.org")


def test_western_citation_without_place_or_date_ends_with_its_title() -> None:
    assert citation(record(authors=["A. Smith"], title="On Tea", language="en")) == "A. Smith, “On Tea.”"


def test_record_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        record(colour="red")
