"""The page that tells a teacher what could be read of a bibliography, and what to do about the rest."""

import dataclasses
import re
import shlex
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any, get_args

import pytest

from app.references.lines import why_not_asked
from app.references.report import report
from app.references.states import REPORT_WORDS, STATE_WORDS, command_for
from ingest.document import Reference
from ingest.fetching.outcomes import Language, outcome, say
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import READABLE, FetchRecord, State, not_fetched

LANGUAGES: tuple[Language, ...] = get_args(Language)
STATES: tuple[State, ...] = get_args(State)
HOSTILE = '"><script>alert(1)</script><img src="https://example.org/x.png" onerror=alert(1)>'


def record(state: State = "fetched", number: int = 1, **fields: Any) -> CitedWork:
    """A work in the bibliography of a paper on lamps; `fields` are those of its entry, its fetch record or its own."""
    names: dict[type, set[str]] = {of: {one.name for one in dataclasses.fields(of)} for of in (Reference, FetchRecord)}
    said: dict[str, Any] = {
        "number": number,
        "key": f"Light {1990 + number}",
        "authors": ("Light",),
        "title": f"On lamps {number}",
        "date": str(1990 + number),
        "date_text": str(1990 + number),
        "url": f"https://example.org/{number}",
        "language": "en",
        "raw": f"Light. On lamps {number}. {1990 + number}.",
    }
    entry = Reference(**(said | {name: fields[name] for name in names[Reference] & fields.keys()}))
    of_fetch = {name: fields[name] for name in (names[FetchRecord] - names[Reference]) & fields.keys()}
    own: dict[str, Any] = {"listed_in": "lamps", "listed_in_title": "灯台の論文"}
    own |= {name: value for name, value in fields.items() if name not in names[Reference] | names[FetchRecord]}
    fetched = replace(not_fetched("lamps", entry), state=state, **of_fetch)
    return CitedWork(**own, entry=entry, fetched=fetched)


class Elements(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def english(page: str) -> str:
    """The words of a page as it reads in English."""
    without_style = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub(r'<i class="[jzk]".*?</i>', "", without_style))).split())


def test_the_headline_counts_every_work_once() -> None:
    page = english(report([record(state, number) for number, state in enumerate(STATES, 1)]))
    assert f"{len(READABLE)} of {len(STATES)} works can be quoted (1 by the abstract alone)." in page
    needy = sum(words.tone == "bad" for words in STATE_WORDS.values())
    passing = sum(words.tone == "middling" for words in STATE_WORDS.values())
    assert f"{needy} need something from you. {passing} can be fetched" in page
    assert needy + passing + len(READABLE) == len(STATES)


def test_the_ring_is_closed_and_says_what_it_shows() -> None:
    page = report([record(), record("dead", 2), record("dead", 3), record("not-tried", 4)])
    lengths = [float(one) for one in re.findall(r'stroke-dasharray="([\d.]+) ', page)]
    around = float(re.findall(r'stroke-dasharray="[\d.]+ ([\d.]+)', page)[0])
    gaps = 1.2 * len(lengths)
    assert sum(lengths) + gaps == pytest.approx(around, abs=0.05)
    [label] = [attributes["aria-label"] or "" for tag, attributes in Elements(page).found if tag == "svg"]
    assert label.startswith("1 / 4 – ")
    assert "The link is dead: 2" in label


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_words_and_a_remedy_in_every_language(state: State) -> None:
    words = STATE_WORDS[state]
    assert words.name.keys() == words.remedy.keys() == set(LANGUAGES)
    assert (words.tone in ("good", "abstract")) == (state in READABLE)
    command = command_for(state, "Light 1991", "en")
    assert ("Light 1991" in shlex.split(command)) == (state != "fetched")
    page = report([record(state)])
    for text in (*words.name.values(), *words.remedy.values(), *command.splitlines()):
        assert text in unescape(page)


@pytest.mark.parametrize(
    "key", ["5", "Light 1991", "外務省 2025a", "it's", 'a "b"', "$(rm -rf ~)", "`id`", "a;b", "-x"]
)
def test_a_command_holds_the_key_as_one_word_of_a_shell(key: str) -> None:
    words = shlex.split(command_for("dead", key, "ja"))
    assert words in (["tenkyo", "ingest", "FILE.pdf", "--as", key], ["tenkyo", "ingest", "FILE.pdf", f"--as={key}"])
    assert (words[-1] == key) == (not key.startswith("-"))


@pytest.mark.parametrize("index", ["/courses/spring 2026", "/courses/a", "C:\\courses"])
def test_the_commands_of_the_page_name_its_index(index: str) -> None:
    page = unescape(report([record("dead"), record("scanned", 2), record("unreachable", 3)], index=index))
    last = [command.splitlines()[-1] for command in re.findall(r"<pre>(.*?)</pre>", page, flags=re.DOTALL)]
    assert [shlex.split(command)[-2:] for command in last] == [["--index", index]] * 3
    assert "--index" not in report([record("dead"), record("fetched", 2)])
    assert command_for("fetched", "5", "en", index) == ""


def test_a_scan_is_recognised_in_the_language_of_its_entry() -> None:
    assert "--language jpn" in command_for("scanned", "5", "ja")
    assert "--language eng" in command_for("scanned", "5", "xx")


@pytest.mark.parametrize("name", REPORT_WORDS)
def test_the_words_of_the_report_are_there_in_every_language_with_the_same_values(name: str) -> None:
    words = REPORT_WORDS[name]
    assert words.keys() == set(LANGUAGES)
    values = {code: {re.sub(r"[{}]", "", one) for one in re.findall(r"{\w+}", text)} for code, text in words.items()}
    assert all(words.values())
    assert all(values[code] == values["en"] for code in words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_opens_in_a_language_and_holds_it(language: Language) -> None:
    gone = outcome("status-404", url="https://example.org/a", status="404 Not Found")
    page = report([record("dead", outcomes=(gone,))], language=language)
    assert f'<html lang="{language}">' in page
    assert f'id="show-{language}" checked' in page
    assert page.count(" checked>") == 1
    own = " ".join(re.findall(rf'<i class="." lang="{language}">(.*?)</i>', unescape(page)))
    dead = STATE_WORDS["dead"]
    for text in (REPORT_WORDS["title"][language], dead.name[language], dead.remedy[language], say((gone,), language)):
        assert text in own


def test_what_needs_a_hand_stands_first() -> None:
    page = english(report([record("fetched", 1), record("unreachable", 2), record("dead", 3), record("paywalled", 4)]))
    places = [page.index(f"On lamps {number}.") for number in (3, 4, 2, 1)]
    assert places == sorted(places)


def test_what_was_found_is_told() -> None:
    fields: dict[str, Any] = {
        "pages": 12,
        "characters": 23456,
        "fetched_at": "2025-03-04T05:06:07+00:00",
        "outcomes": (outcome("pdf", pages=12),),
    }
    page = english(report([record("fetched", **fields), record("dead", 2, status=404)]))
    assert "12 pages · 23,456 characters · en · fetched on 2025-03-04 a PDF (pages: 12)" in page
    assert "HTTP 404" in page
    assert "1 page · 9 characters" in english(report([record("fetched", pages=1, characters=9)]))
    assert "your own file" in english(report([record(supplied=True)]))


def test_an_outcome_is_told_in_the_language_of_the_page() -> None:
    gone = outcome("status-404", url="https://example.org/a", status="404 Not Found")
    page = report([record("dead", outcomes=(gone,))])
    assert f'<i class="e" lang="en">{say((gone,), "en")}</i>' in page
    assert say((gone,), "ja") in page


def test_no_field_reaches_the_page_as_markup() -> None:
    names = "listed_in listed_in_title key title date raw url language final_url fetched_at note".split()
    hostile: dict[str, Any] = dict.fromkeys(names, HOSTILE) | {
        "authors": (HOSTILE,),
        "outcomes": (outcome("from-file", name=HOSTILE),),
    }
    for state in STATES:
        works = [record(state, **hostile, characters=1), record(state, **(hostile | {"raw": ""}))]
        page = report(works, title=HOSTILE)
        tags = {tag for tag, _ in Elements(page).found}
        assert not tags & {"script", "img"}
        assert not any(name.startswith("on") for _, attributes in Elements(page).found for name in attributes)


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", " javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x"),
        *("file:///etc/passwd", "//example.org/", "http:", "http://[", "/documents"),
    ],
)
def test_only_web_addresses_become_links(address: str) -> None:
    page = report([record(url=address, final_url=address)])
    assert not [tag for tag, _ in Elements(page).found if tag == "a"]
    assert address.strip() in unescape(page)


def test_it_opens_without_a_network_and_without_scripts() -> None:
    page = report([record("not-the-document", final_url="https://example.org/front")])
    elements = Elements(page).found
    links = [attributes for tag, attributes in elements if tag == "a"]
    assert [one["href"] for one in links] == ["https://example.org/1", "https://example.org/front"]
    assert all("noreferrer" in (one["rel"] or "") for one in links)
    assert not [tag for tag, one in elements if "src" in one or tag in ("script", "link", "iframe", "base", "form")]
    assert [tag for tag, one in elements if "href" in one and tag != "a"] == []
    assert "default-src 'none'" in page
    for word in ("url(", "@import", "script-src"):
        assert word not in page


def test_works_stand_under_the_paper_that_lists_them() -> None:
    shared = record("dead", 2)
    entry = replace(shared.entry, number=7)
    elsewhere = replace(shared, listed_in="foghorns", listed_in_title="On foghorns", entry=entry)
    page = english(report([record("dead"), shared, elsewhere]))
    assert "--as lamps/Light" not in page
    assert '--as "Light 1991"' in page
    assert '--as "lamps/Light 1992"' in page  # a key that two papers have
    assert '--as "foghorns/Light 1992"' in page
    assert page.index("灯台の論文 0 / 2") < page.index("On foghorns 0 / 1")
    assert page.count("Also in On foghorns") == 1  # the shared work alone
    assert page.count("Also in 灯台の論文") == 1
    assert "3 works" in page


def test_a_record_made_by_hand_is_shown_by_its_parts() -> None:
    made = record(raw="", by_hand=True, listed=False, note="題の綴りは目録による。")
    page = english(report([made]))
    assert "Light. On lamps 1. 1991" in page
    assert "Not in the list; named in the text only" in page
    assert "題の綴りは目録による。" in page


def test_an_empty_bibliography_says_so() -> None:
    page = report([])
    assert "参考文献が見つからない" in page
    assert "No references were found." in page
    assert "<svg" not in page


@pytest.mark.parametrize(
    ("languages", "opens_in"), [("en en en", "en"), ("ja en en", "ja"), ("ja", "ja"), ("ko", "en")]
)
def test_it_opens_in_japanese_where_japanese_works_are_listed(languages: str, opens_in: str) -> None:
    records = [record(number=number, language=language) for number, language in enumerate(languages.split(), 1)]
    assert f'<html lang="{opens_in}">' in report(records)
    assert f'id="show-{opens_in}" checked' in report(records)
    assert 'id="show-en" checked' in report(records, language="en")


def test_a_host_that_was_allowed_at_another_port_is_named_with_the_port_to_add() -> None:
    works = [record("refused", lacks="intra.example:8080"), record("refused", 2, lacks="other.example:8080")]
    lines = list(why_not_asked(works, is_named=False, allow_hosts={"intra.example"}))
    said = "intra.example was allowed, but not at port 8080, where its texts are: add --allow-host intra.example:8080"
    assert lines == [said]
    assert not list(why_not_asked(works, is_named=False, allow_hosts={"intra.example:8080"}))
