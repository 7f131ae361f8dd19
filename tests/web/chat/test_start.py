"""How the chat page begins: a card a document, what can be asked alone."""

import html
import json
import re

from app.web.chat.start import Card, Contents, shell_html

PAPER = Card("paper.pdf", "海の灯", ("外山 海", "Jane Doe"), "2025-02-10", (("はじめに", "p1"), ("結論", "p2")), 3, 1)
BOOK = Card("book", "The Lamp", (), "", (), 0, 0)


def shell(*cards: Card, sources: tuple[str, ...] = (), language: str = "ja") -> str:
    """The page's start over these documents."""
    return shell_html(language, Contents(cards, sources), ["灯は何か"], 500)


def filters(shown: str) -> dict[str, list[str]]:
    """The documents that each choice of the filter names."""
    options = re.findall(r'<option value="(\[.*?\])">(.*?)</option>', shown)
    return {name: json.loads(html.unescape(ids)) for ids, name in options}


def test_a_card_names_authors_date_sections_and_how_much_of_the_bibliography_was_read() -> None:
    shown = shell(PAPER)
    assert '<p class="tenkyo-by">外山 海、Jane Doe · 2025-02-10</p>' in shown
    assert "参考文献3点（本文あり1点、書誌のみ2点）" in shown
    assert re.findall(r'<li><a href="[^"]*#(p[12])">([^<]+)</a>', shown) == [("p1", "はじめに"), ("p2", "結論")]


def test_the_paper_its_references_or_one_document_can_be_asked_alone() -> None:
    assert filters(shell(PAPER)) == {}, "there is one document only"
    assert list(filters(shell(PAPER, sources=("r1", "r2"))).values()) == [[], ["paper.pdf"], ["r1", "r2"]]
    two = filters(shell(PAPER, BOOK, sources=("r1",)))
    assert list(two.values()) == [[], ["paper.pdf"], ["book"], ["r1"]]
    assert list(two)[1:3] == ["海の灯", "The Lamp"]
