"""Bibliographies of PDFs as they come: hanging indents, no heading, an appendix after them, addresses over lines."""

from pathlib import Path

import pytest

from ingest.bibliography.parser import parse_entry, with_references
from ingest.document import Block, Document
from ingest.loaders import Limits, load
from ingest.structure.compose import compose
from tests.ingest.made_pdfs import column, set_lines

Line = tuple[float, float, str, float, str]
BODY = "The lamp of the old tower burns all night and turns once in ten seconds. Its keeper trims the wick at dusk."
ENTRIES = (
    ("Doe, J., & Roe, M. (1999). The lamps of the western coast and", "their keepers. Journal of Lamps, 43, 701-712."),
    ("Hill, A. (2003). Horns in the fog: A history of warning at sea", "and on land. Westhaven Press."),
    ("Lake, B., Moor, C., & Reed, D. (2011). Oil or gas? The choice of", "the harbours. Lamp Studies, 7, 1-9."),
)


def read(path: Path) -> Document:
    """The document of a PDF with its bibliography parsed."""
    return with_references(load(path, limits=Limits()).documents[0])


def hanging(y: float) -> list[Line]:
    """The entries with a hanging indent."""
    lines: list[Line] = []
    for first, second in ENTRIES:
        lines += [(50.0, y, "Times-Roman", 10.0, first), (75.0, y + 20, "Times-Roman", 10.0, second)]
        y += 40
    return lines


def test_a_hanging_list_of_authors_and_years_is_split_and_ends_before_the_appendix(tmp_path: Path) -> None:
    pages: list[list[Line]] = [
        [*column(BODY * 4, 50, 80, 70), (190.0, 200.0, "Times-Bold", 10.0, "References"), *hanging(220)],
        [(190.0, 60.0, "Times-Roman", 10.0, "Appendix"), *column(BODY * 4, 50, 80, 70)],
    ]
    document = read(set_lines(tmp_path / "a.pdf", pages))
    assert [work.date for work in document.references] == ["1999", "2003", "2011"]
    assert document.references[2].authors == ("Lake, B.", "Moor, C.", "Reed, D.")
    assert document.references[1].title == "Horns in the fog: A history of warning at sea and on land"


def test_a_numbered_list_without_a_heading_is_found(tmp_path: Path) -> None:
    lines = column(BODY * 4, 50, 80, 70)
    for number in range(1, 8):
        text = f"[{number}] J. Doe and M. Roe, Phys. Rev. B {50 + number}, 72{number}7 (19{90 + number})."
        lines.append((50.0, 200.0 + 12 * number, "Times-Roman", 9.0, text))
    document = read(set_lines(tmp_path / "a.pdf", [lines]))
    assert [(work.key, work.date) for work in document.references] == [(str(n), str(1990 + n)) for n in range(1, 8)]
    assert document.references[0].authors == ("J. Doe", "M. Roe")


def test_a_section_called_references_that_lists_no_works_gives_none(tmp_path: Path) -> None:
    lines = [(50.0, 80.0, "Times-Bold", 13.0, "3. References"), *column(BODY * 6, 50, 110, 70)]
    assert read(set_lines(tmp_path / "a.pdf", [lines])).references == ()


def test_an_identifier_over_a_line_break_is_whole(tmp_path: Path) -> None:
    texts = (
        (50.0, "[1] J. Doe. The lamps of the western coast. Lamp Studies, 50:2987-3008, 2006. doi:10.1016/j."),
        (65.0, "csda.2005.07.001."),
        (50.0, "[2] M. Roe. Horns in the fog. Lamp Studies, 7:1-9, 2011. URL https:"),
        (65.0, "//example.org/horns."),
    )
    lines = [(50.0, 80.0, "Times-Bold", 13.0, "References")]
    lines += [(x, 110.0 + 12 * index, "Times-Roman", 10.0, text) for index, (x, text) in enumerate(texts)]
    urls = [work.url for work in read(set_lines(tmp_path / "a.pdf", [lines])).references]
    assert urls == ["https://doi.org/10.1016/j.csda.2005.07.001", "https://example.org/horns"]


def test_the_last_entry_of_a_university_is_no_author_of_the_paper(tmp_path: Path) -> None:
    blocks = [
        Block("heading", "灯台の歴史", level=1),
        Block("paragraph", "山田 花子"),
        Block("heading", "参考文献", level=1),
        Block("paragraph", "北野進『光』港書房、2001年。"),
        Block("paragraph", "John Smith (1998) Lamps. Westhaven University Press."),
    ]
    document = with_references(compose(tmp_path / "a.txt", blocks, "ja", "灯台の歴史", by_typography=True))
    assert len(document.references) == 2
    assert [author.name for author in document.front_matter.authors] == ["山田 花子"]


def test_a_lettered_part_below_the_bibliography_ends_it(tmp_path: Path) -> None:
    blocks = [
        Block("heading", "1 Introduction", level=1),
        Block("paragraph", BODY),
        Block("heading", "REFERENCES", level=1),
        Block("paragraph", "[1] J. Doe. 1999. The lamps of the coast. Lamp Studies."),
        Block("paragraph", "[2] M. Roe. 2003. Horns in the fog. Westhaven Press."),
        Block("heading", "A Research Methods", level=2),
        Block("paragraph", BODY),
    ]
    document = compose(tmp_path / "a.pdf", blocks, "en", by_typography=True)
    assert [block.kind for block in document.blocks[2:]] == ["heading", "entry", "entry", "heading", "paragraph"]


@pytest.mark.parametrize(
    ("entry", "authors", "title", "year"),
    [
        (
            "J. Doe and M.-Y. Roe. Lamps and horns: A view. Lamp Reviews, 14:135–161, 1995.",
            ("J. Doe", "M.-Y. Roe"),
            "Lamps and horns: A view",
            "1995",
        ),
        (
            "Gill, T. A. and Tuck, M. A., 2008, The Big Book of Lamps, Westhaven Press, NY.",
            ("Gill, T. A.", "Tuck, M. A."),
            "The Big Book of Lamps",
            "2008",
        ),
        (
            "Barr, R., and Carr, L., 2016, “A Lamp for Horns,” Version 2.1, accessed Oct. 2, 2019.",
            ("Barr, R.", "Carr, L."),
            "A Lamp for Horns",
            "2016",
        ),
        ("Lien, J. H., V, 2019, “Shapes,” Lamp Journal, 141(6).", ("Lien, J. H. V",), "Shapes", "2019"),
        (
            "[5] J. G. Doe and M. Roe, Stability of lamps, Lampica D 88, 445 (1983).",
            ("J. G. Doe", "M. Roe"),
            "Stability of lamps",
            "1983",
        ),
        (
            "[1] G. Kav and G. Bay, Phys. Rev. B 53, 7227 (1996).",
            ("G. Kav", "G. Bay"),
            "Phys. Rev. B 53, 7227",
            "1996",
        ),
    ],
)
def test_styles_of_the_sciences(entry: str, authors: tuple[str, ...], title: str, year: str) -> None:
    work = parse_entry(entry)
    assert (work.authors, work.title, work.date) == (authors, title, year)


@pytest.mark.parametrize(
    "doi", ["10.1016/s0167-9473(02)00366-3", "10.1002/(sici)1099-1255(199905/06)14:3<319::aid-jae533>3.0.co;2-q"]
)
def test_brackets_inside_an_identifier_are_kept(doi: str) -> None:
    assert parse_entry(f"Doe J (1999). “Lamps.” Lamp Studies, 14, 319–329. doi:{doi}.").url == f"https://doi.org/{doi}"
    assert parse_entry(f"Doe J (1999). “Lamps.” Lamp Studies, 14 (doi:{doi}).").url == f"https://doi.org/{doi}"


def test_a_guide_to_references_is_no_list_and_the_list_after_it_is_whole(tmp_path: Path) -> None:
    guide = "All works that you cite are listed at the end, as is Lucas (1990), and the year is that of the copy. "
    first = [(50.0, 80.0, "Times-Bold", 13.0, "4. References"), *column(guide * 6, 50, 110, 70)]
    second = [(50.0, 80.0, "Times-Bold", 13.0, "References"), *hanging(110)]
    document = read(set_lines(tmp_path / "a.pdf", [first, second]))
    assert [work.date for work in document.references] == ["1999", "2003", "2011"]
    assert any(block.kind == "heading" and block.text == "References" for block in document.blocks)


def test_entries_of_one_line_that_end_without_a_stop_are_entries_each(tmp_path: Path) -> None:
    entries = ("Moor A. N., 2013, Journal of Lamps, 1, 1", "Jones C. D., 2015, Studies of Lamps and Horns, 17, 198")
    lines = [*column(BODY * 4, 50, 80, 70), (50.0, 200.0, "Times-Bold", 10.0, "References")]
    lines += [(50.0, 220.0 + 11 * row, "Times-Roman", 9.0, entry) for row, entry in enumerate(entries)]
    assert [work.date for work in read(set_lines(tmp_path / "a.pdf", [lines])).references] == ["2013", "2015"]


def test_what_follows_a_list_and_tells_no_work_is_not_in_it(tmp_path: Path) -> None:
    about = "The author of this paper is a keeper of lamps who lives by the sea and writes about towers and horns. "
    lines = [(50.0, 80.0, "Times-Bold", 13.0, "References"), *hanging(110), *column(about * 8, 50, 260, 60, size=10.0)]
    document = read(set_lines(tmp_path / "a.pdf", [[*column(BODY * 4, 50, 80, 70)], lines]))
    assert [work.date for work in document.references] == ["1999", "2003", "2011"]
    assert any(block.kind == "paragraph" and "keeper of lamps" in block.text for block in document.blocks)


def test_a_contents_column_that_names_a_bibliography_makes_no_entries(tmp_path: Path) -> None:
    items = [
        "5. bibliography",
        "Most articles hold some of these parts:",
        "1. tables",
        "2. enumerated lists",
        "3. figures",
    ]
    lines = [*column(BODY * 4, 50, 80, 70)]
    lines += [(50.0, 200.0 + 12 * row, "Times-Roman", 9.0, item) for row, item in enumerate(items)]
    assert read(set_lines(tmp_path / "a.pdf", [lines])).references == ()


def test_a_figure_between_the_entries_is_no_part_of_them() -> None:
    blocks = [
        Block("paragraph", BODY),
        Block("heading", "References", level=1),
        Block("entry", "[1] A. Reed. The lamps of the coast and what a lamp-keeper of the coeffi-"),
        Block("formula", "0 20 40 60 80"),
        Block("entry", "lamp"),
        Block("caption", "Figure 6: Lower and upper bounds for the lamps"),
        Block("entry", "as seen from the mole."),
        Block("entry", "cients saw. Journal of Lamps, 4:1–9, 1999."),
        Block("entry", "[2] B. Moor. Horns in the fog. Journal of Lamps,"),
        Block("entry", "21:87–91, 1953. [3] C. Light. Lenses. Journal of Lamps, 22:5–7, 1954."),
        *(Block("entry", f"[{n}] D. Shore. Wicks. Journal of Lamps, {n}:5–7, 1955.") for n in range(4, 10)),
    ]
    document = with_references(compose(Path("a.txt"), blocks, "en"))
    assert [(work.key, work.date) for work in document.references] == [
        ("1", "1999"),
        ("2", "1953"),
        ("3", "1954"),
        *((str(number), "1955") for number in range(4, 10)),
    ]
    assert document.references[0].raw.endswith("of the coefficients saw. Journal of Lamps, 4:1–9, 1999.")
    assert [block.text for block in document.blocks if block.kind == "caption"] == [
        "Figure 6: Lower and upper bounds for the lamps as seen from the mole."
    ]


def test_others_are_no_author_and_a_title_goes_on_after_its_colon() -> None:
    work = parse_entry("Reed G, Moor B, and others (2015). *tide:* LAMP *to R Interface Functions*. R package 0.7.")
    assert (work.authors, work.title) == (("Reed G", "Moor B"), "tide: LAMP to R Interface Functions")


def test_an_identifier_comes_before_another_address() -> None:
    work = parse_entry("Reed, A. (2016). Lamps. Tides, 5, 1–9. https://tides.example/5, doi:10.12688/tides.8900.2.")
    assert work.url == "https://doi.org/10.12688/tides.8900.2"


@pytest.mark.parametrize("label", ["[Moor and Reed (1996)]", "[Moor, 1996]", "[Moor and Reed(1996)Moor, and Reed]"])
def test_a_label_of_names_and_year_is_no_part_of_the_entry(label: str) -> None:
    work = parse_entry(f"{label} Moor, J. C. and Reed, D. J. (1996) Lamps of the coast. Tides, 3, pp. 193-384.")
    assert (work.authors, work.title, work.date) == (("Moor, J. C.", "Reed, D. J."), "Lamps of the coast", "1996")
