"""Pictures of a PDF's pages: boxes over exactly the quoted words, addresses, limits."""

import asyncio
import re
from html import unescape
from pathlib import Path

import pytest
from reportlab.lib import colors
from starlette.testclient import TestClient

from app.web.courses.course import Course, CourseSettings
from app.web.routes.pictures import Pictures
from ingest.pdf.facsimile.pictures import PagePicture, PictureError, draw_page
from ingest.pdf.facsimile.places import TextPart, boxes_of
from retriever.files import write_whole
from tests.ingest.made_pdfs import SENTENCES, essay, many_pages, set_lines, vertical, wrapped, write
from tests.ingest.pdf.test_pdf_layout import GRID, ruled_table
from tests.ingest.pdf.test_reading_order import PAGES
from tests.web.conftest import MakeClient
from tests.web.fake_library import NOODLES, FakeLibrary
from tests.web.pages.covering import uncovered

pytestmark = pytest.mark.slow

PAPER = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "paper.pdf"


@pytest.mark.parametrize("name", PAGES)
def test_boxes_cover_the_quotes_of_two_columns(name: str, tmp_path: Path) -> None:
    missed, count = uncovered(set_lines(tmp_path / "a.pdf", [PAGES[name]]))
    assert count > 2
    assert missed == []


def test_boxes_cover_the_quotes_of_a_table_and_of_the_text_around_it(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    ruled_table(path, [*GRID, ("BACKGROUND", (0, 0), (-1, 0), colors.lightgrey)])
    missed, count = uncovered(path)
    assert count > 5
    assert missed == []


def test_boxes_cover_quotes_over_page_breaks_and_in_vertical_lines(tmp_path: Path) -> None:
    for path in (essay(tmp_path / "a.pdf"), vertical(tmp_path / "b.pdf", [sentence[:24] for sentence in SENTENCES])):
        missed, count = uncovered(path)
        assert count > 2
        assert missed == []


def _picture(*lines: tuple[str, int]) -> PagePicture:
    """A page of square letters of 10 pixels: the text of each line, and where it begins."""
    text = "".join(line for line, _ in lines)
    boxes = [
        (left + 10 * column, 20 * row, left + 10 * column + 10, 20 * row + 10)
        for row, (line, left) in enumerate(lines)
        for column, _ in enumerate(line)
    ]
    return PagePicture(b"", 500, 500, text, tuple(boxes))


def test_numbers_of_lines_are_not_boxed_with_a_quote_that_goes_on_behind_them() -> None:
    picture = _picture(("lighthouseskeep", 100), ("12", 0), ("burningatnight", 100))
    quote = TextPart("lighthouses keep burning at night", quoted=True)
    assert boxes_of(picture, [quote]) == [(100, 0, 250, 10), (100, 40, 240, 50)]


def test_ligatures_that_a_font_of_tex_codes_as_controls_are_boxed() -> None:
    picture = _picture(("the\x1crstsigni\x1ccant\x1ductuation", 0))
    quote = TextPart("the first significant fluctuation", quoted=True)
    assert boxes_of(picture, [quote]) == [(0, 0, 10 * len(picture.text), 10)]


def test_short_words_between_signs_that_the_text_lacks_are_boxed() -> None:
    picture = _picture(("thematricesΩ~or~Ψ~anduntilthen", 0))
    quote = TextPart("the matrices Ω̂or Ψ̂and until then", quoted=True)
    assert boxes_of(picture, [quote]) == [(0, 0, 10 * len(picture.text), 10)]


def test_a_part_of_a_formula_that_the_page_holds_earlier_is_boxed() -> None:
    picture = _picture(("aml=", 0), ("xjml(nx)+jml(x)", 100), ("hml(x)jml(nx)", 100))
    quote = TextPart("xjml(nx) + jml(x) aml =", quoted=True)
    assert boxes_of(picture, [quote, TextPart(" hml(x) jml(nx)")]) == [(100, 20, 250, 30), (0, 0, 40, 10)]


def test_letters_before_the_first_words_that_match_are_boxed() -> None:
    picture = _picture(("wherebydX~dY~Gn(x,y)iswritten", 0))
    quote = TextPart("dX dY Gn(x, y) is written", quoted=True)
    assert boxes_of(picture, [quote]) == [(70, 0, 10 * len(picture.text), 10)]


def test_the_number_of_an_equation_is_not_boxed_with_it() -> None:
    picture = _picture(("energy=mass+fieldxy(5)", 0), ("Hereweintroduce", 0))
    quote = TextPart("energy = (mass + fieldxy)", quoted=True)
    boxes = boxes_of(picture, [quote, TextPart("Here we introduce")])
    assert not [box for box in boxes if box[0] <= 205 <= box[2] and box[1] == 0]


@pytest.mark.skipif(not PAPER.exists(), reason="../shared/corpus, which holds the paper, is not here")
def test_boxes_cover_the_quotes_of_the_paper() -> None:
    missed, count = uncovered(PAPER)
    assert count > 200
    assert len(missed) <= 0.01 * count, missed


@pytest.fixture
def pdf_client(make_client: MakeClient, tmp_path: Path) -> TestClient:
    """A client whose book on noodles was read from a PDF of three pages."""
    library = FakeLibrary()
    lines = [
        (50.0, 90.0, 10.0, "うどんは小麦粉から作る。"),
        (50.0, 110.0, 10.0, "そばはそば粉から作り、江戸で広まった。"),
    ]
    library.originals[NOODLES.id] = write(tmp_path / "noodles.pdf", [lines, wrapped(SENTENCES[0], 50, 90, 20), []])
    return make_client(library, course=Course(defaults=CourseSettings(originals=True)))


def test_the_source_shows_the_page_with_boxes_over_the_quote(pdf_client: TestClient) -> None:
    # drawn before, as a busy machine may need longer than the page waits
    assert pdf_client.get("/page.webp", params={"document": NOODLES.id, "page": "1"}).status_code == 200
    query: dict[str, str | int] = {"passage": "麺の本:p1", "quote_start": 12, "quote_end": 31}
    html = pdf_client.get("/documents/麺の本", params=query).text
    assert html.count("<figure") == html.count('<rect class="box"') == 1
    assert 'aria-label="p. 1"' in html
    address = "page.webp?document=%E9%BA%BA%E3%81%AE%E6%9C%AC&amp;page=1"
    assert f'<image href="../{address}"' in html
    assert html.index("江戸で広まった") < html.index("<figure") < html.index("ラーメンは大正時代")


def test_any_page_can_be_looked_at_from_the_text(pdf_client: TestClient) -> None:
    assert pdf_client.get("/page.webp", params={"document": NOODLES.id, "page": "1"}).status_code == 200
    html = pdf_client.get("/documents/麺の本").text
    assert html.count("<figure") == html.count('id="page-1"') == 1, "without a citation the first page is shown"
    assert '<rect class="box"' not in html
    assert 'href="?page=2&amp;lang=en#page-2"' in html
    assert pdf_client.get("/page.webp", params={"document": NOODLES.id, "page": "2"}).status_code == 200
    html = pdf_client.get("/documents/麺の本?page=2").text
    assert html.count("<figure") == 1
    assert 'href="?page=3&amp;lang=en#page-3" rel="next"' in html
    assert 'id="page-1"' in pdf_client.get("/documents/麺の本?page=9").text


def test_a_picture_that_is_not_ready_in_time_is_loaded_by_the_browser(
    pdf_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.routes.source._PATIENCE", 0.0)
    html = pdf_client.get("/documents/麺の本?lang=ja").text
    address = "../page.webp?document=%E9%BA%BA%E3%81%AE%E6%9C%AC&amp;page=1"
    assert f'<a class="picture late" href="{address}" lang="ja"><img src="{address}" alt="1ページの画像"></a>' in html
    assert 'href="?page=2&amp;lang=ja#page-2" rel="next"' in html


def test_a_picture_that_is_not_ready_in_time_has_its_boxes_without_a_reload(
    pdf_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # each request of this client has an event loop of its own, which a drawing would not survive
    assert pdf_client.get("/page.webp", params={"document": NOODLES.id, "page": "1"}).status_code == 200
    query: dict[str, str | int] = {"passage": "麺の本:p1", "quote_start": 12, "quote_end": 31}
    with monkeypatch.context() as patched:
        patched.setattr("app.web.routes.source._PATIENCE", 0.0)
        late = pdf_client.get("/documents/麺の本", params=query).text
    found = re.search(r'<img class="boxes" src="\.\./(boxes\.svg[^"]+)" alt="">', late)
    assert found
    layer = pdf_client.get(f"/{unescape(found[1])}")
    assert layer.headers["content-type"] == "image/svg+xml"
    in_time = pdf_client.get("/documents/麺の本", params=query).text
    [box] = re.findall(r"<rect[^>]+>", layer.text)
    assert box in in_time, "the same as where the picture was drawn in time"
    [size] = re.findall(r'viewBox="[^"]+"', layer.text)
    assert f"<svg {size}" in in_time


def test_a_page_without_the_cited_words_has_no_boxes(pdf_client: TestClient) -> None:
    query: dict[str, str | int] = {"document": NOODLES.id, "page": 2, "passage": "麺の本:p1"}
    assert "<rect" not in pdf_client.get("/boxes.svg", params=query).text
    assert pdf_client.get("/boxes.svg", params=query | {"page": 9}).status_code == 404
    assert pdf_client.get("/boxes.svg", params=query | {"document": "tea"}).status_code == 404


def test_a_page_is_a_picture_that_the_browser_keeps(pdf_client: TestClient) -> None:
    first = pdf_client.get("/page.webp", params={"document": NOODLES.id, "page": "1"})
    assert first.status_code == 200
    assert first.headers["content-type"] == "image/webp"
    assert first.content[8:12] == b"WEBP"
    again = pdf_client.get(str(first.request.url), headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("page", ["0", "4", "-1", "x", "", "1e9", "²", "99999999999999999999"])
def test_a_page_that_is_none_is_refused(pdf_client: TestClient, page: str) -> None:
    assert pdf_client.get("/page.webp", params={"document": NOODLES.id, "page": page}).status_code == 404


def test_documents_without_a_pdf_have_no_pictures(pdf_client: TestClient) -> None:
    for document in ("tea", "nothing", ""):
        assert pdf_client.get("/page.webp", params={"document": document, "page": "1"}).status_code == 404
        assert pdf_client.get("/original", params={"document": document}).status_code == 404


def test_other_sites_cannot_show_the_pictures(pdf_client: TestClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    params = {"document": NOODLES.id, "page": "1"}
    assert pdf_client.get("/page.webp", params=params, headers=headers).status_code == 400


def test_the_pdf_is_given_only_where_the_teacher_allows_it(pdf_client: TestClient, make_client: MakeClient) -> None:
    given = pdf_client.get("/original", params={"document": NOODLES.id})
    assert given.content.startswith(b"%PDF")
    assert given.headers["content-disposition"].startswith("attachment")
    assert 'href="../original?document=' in pdf_client.get("/documents/麺の本").text
    library = FakeLibrary()
    library.originals = {NOODLES.id: Path(__file__)}
    closed = make_client(library)
    assert closed.get("/original", params={"document": NOODLES.id}).status_code == 404
    assert "original?document=" not in closed.get("/documents/麺の本").text


def test_a_file_that_cannot_be_drawn_leaves_the_text(make_client: MakeClient, tmp_path: Path) -> None:
    library = FakeLibrary()
    library.originals[NOODLES.id] = tmp_path / "broken.pdf"
    library.originals[NOODLES.id].write_bytes(b"%PDF-1.7 nothing more")
    client = make_client(library)
    assert client.get("/page.webp", params={"document": NOODLES.id, "page": "1"}).status_code == 404
    html = client.get("/documents/麺の本?passage=麺の本:p1&quote_start=0&quote_end=5").text
    assert "<figure" not in html
    assert "page.webp" not in html
    assert "麦粉から作る。" in html


def test_a_page_of_absurd_size_is_drawn_small(tmp_path: Path) -> None:
    path = many_pages(tmp_path / "a.pdf", 1)
    path.write_bytes(path.read_bytes().replace(b"[0 0 420 595]", b"[0 0 1 14400]"))
    picture = draw_page(path, 1)
    assert picture.width <= 1240
    assert picture.height <= 2480
    with pytest.raises(PictureError, match="page 7"):
        draw_page(path, 7)


async def _drawn(pictures: Pictures, path: Path, pages: list[int]) -> list[str]:
    return [(await pictures.get(path, number)).text for number in pages]


def test_a_file_that_was_replaced_is_drawn_anew(tmp_path: Path) -> None:
    path = tmp_path / "work.pdf"
    pictures = Pictures(lambda file, _: PagePicture(b"", 1, 1, file.read_text(), ((0, 0, 1, 1),)))
    write_whole(path, b"old")
    assert asyncio.run(_drawn(pictures, path, [1])) == ["old"]
    write_whole(path, b"new")
    assert asyncio.run(_drawn(pictures, path, [1])) == ["new"]
    path.unlink()
    with pytest.raises(PictureError):
        asyncio.run(_drawn(pictures, path, [1]))
    pictures.close()


def test_pictures_are_drawn_once_and_kept_within_their_bound(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", [[]])
    drawn: list[int] = []

    def draw(_: Path, number: int) -> PagePicture:
        drawn.append(number)
        if number == 9:
            raise PictureError("page 9")
        return PagePicture(b"x" * 100, 1, 1, str(number), ((0, 0, 1, 1),))

    pictures = Pictures(draw, most_bytes=500)  # two pictures of 220 bytes
    assert asyncio.run(_drawn(pictures, path, [1, 1, 2, 1, 3, 1, 2])) == ["1", "1", "2", "1", "3", "1", "2"]
    assert drawn == [1, 2, 3, 2]
    for _ in range(2):
        with pytest.raises(PictureError):
            asyncio.run(_drawn(pictures, path, [9]))
    assert drawn.count(9) == 1
    pictures.close()
