"""Conversations that last, in a real browser: kept here, found, renamed, deleted, taken away; self-check; thumbs."""

import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.browser.test_browser import By, Keys
from tests.web.chromium import needs_chromium, start_chromium
from tests.web.conftest import wait_for_chat, wait_until
from tests.web.fake_library import ANSWERS
from tests.web.serve_process import serving_fake

FILES = {
    "Markdown": "tenkyo.md",
    "Word (.docx)": "tenkyo.docx",
    "JSON": "tenkyo.json",
    "BibTeX": "tenkyo.bib",
    "RIS": "tenkyo.ris",
}
exceptions = pytest.importorskip("selenium.common.exceptions")
pytestmark = [needs_chromium, pytest.mark.slow]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps feedback, and the browser its profile and what it saves."""
    return tmp_path_factory.mktemp("tools")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """A server that takes feedback."""
    with serving_fake(TENKYO_FEEDBACK="on", TENKYO_INDEX=str(folder)) as served:
        wait_for_chat(served.address)
        yield served.address


def started(folder: Path) -> Any:
    """Chromium with the profile in `folder`: started again, it finds what it kept."""
    saving = {"download.default_directory": str(folder), "intl.accept_languages": "ja"}
    return start_chromium(folder / "profile", "--lang=ja", preferences=saving)


@pytest.fixture(scope="module")
def chromium(folder: Path) -> Iterator[Any]:
    """The browser of these tests."""
    driver = started(folder)
    yield driver
    driver.quit()


@pytest.fixture
def chat(chromium: Any, address: str) -> Any:
    """The chat page without any conversation."""
    open_chat(chromium, address)
    chromium.execute_async_script("tenkyoStored.removeAll().then(arguments[0])")
    chromium.execute_script("localStorage.clear()")
    open_chat(chromium, address)
    return chromium


def open_chat(browser: Any, address: str) -> None:
    """Until the page takes questions."""
    browser.get(f"{address}/chat")
    ready = "return Boolean(window.tenkyoStudy && document.querySelector('#tenkyo-box .submit-button[aria-label]'))"
    wait_until(lambda: bool(browser.execute_script(ready)), seconds=30)


def ask(chat: Any, *questions: str) -> None:
    """Each question, once the answer before is whole and kept."""
    for question in questions:
        chat.execute_script("tenkyoChat.ask(arguments[0])", question)
        wait_until(lambda: chat.execute_script("return tenkyoChat.turns.every((turn) => turn.html)"))
    kept = "tenkyoStored.all().then((all) => arguments[0](all[0]?.count))"
    wait_until(lambda: chat.execute_async_script(kept) == len(chat.execute_script("return tenkyoChat.turns")))


def texts(chat: Any, selector: str) -> list[str]:
    """What these elements say; read in one go, as they may be made anew meanwhile."""
    script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
    return list(chat.execute_script(script, selector))


def shown(chat: Any) -> list[str]:
    """The questions on the page."""
    return texts(chat, "#tenkyo-log .tenkyo-question")


def press(chat: Any, text: str, inside: str = "body") -> None:
    """The button of these words, once it is in sight."""
    script = """
    const buttons = [...document.querySelectorAll(`${arguments[0]} button`)];
    return buttons.find((one) => one.textContent === arguments[1] && one.getClientRects().length) || null;"""

    def pressed() -> bool:
        try:
            found = chat.execute_script(script, inside, text)
            if found is not None:
                found.click()
        except exceptions.WebDriverException:  # made anew meanwhile, or still under something else
            return False
        return found is not None

    wait_until(pressed)


def names(chat: Any) -> list[str]:
    """The conversations in the list."""
    return texts(chat, ".tenkyo-kept .tenkyo-name")


def test_a_conversation_survives_a_reload(chat: Any) -> None:
    ask(chat, "そば", "ラーメン")
    chat.refresh()
    wait_until(lambda: shown(chat) == ["そば", "ラーメン"], seconds=30)
    reply = chat.find_element(By.CSS_SELECTOR, ".tenkyo-turn:last-of-type .tenkyo-reply")
    assert ANSWERS["ラーメン"][1] in reply.text
    reply.find_element(By.CSS_SELECTOR, "a[href*='quote_start']").click()
    wait_until(lambda: bool(chat.find_elements(By.CSS_SELECTOR, "#tenkyo-panel mark")))
    export = "tenkyoStored.turns(arguments[0]).then(arguments[1])"
    [one] = chat.execute_async_script("tenkyoStored.all().then(arguments[0])")
    kept = chat.execute_async_script(export, one["id"])
    assert [turn["question"] for turn in kept] == ["そば", "ラーメン"]
    assert "element" not in kept[0]


def test_a_conversation_survives_a_restart_of_the_browser(address: str, tmp_path: Path) -> None:
    first = started(tmp_path)
    try:
        open_chat(first, address)
        ask(first, "そば", "ラーメン")
    finally:
        first.quit()
    again = started(tmp_path)
    try:
        open_chat(again, address)
        wait_until(lambda: shown(again) == ["そば", "ラーメン"], seconds=30)
        assert ANSWERS["ラーメン"][1] in again.find_element(By.ID, "tenkyo-log").text
    finally:
        again.quit()


def test_versions_of_a_question_are_kept_and_the_name_follows_it(chat: Any) -> None:
    ask(chat, "そば", "ラーメン")
    chat.find_elements(By.CSS_SELECTOR, ".tenkyo-edit")[0].click()
    chat.execute_script(
        "tenkyoBox.write('値段'); document.dispatchEvent(new CustomEvent('tenkyo:send', {detail: '値段'}))"
    )
    wait_until(lambda: chat.execute_script("return tenkyoChat.turns.map((one) => Boolean(one.html))") == [True])
    stored = "tenkyoStored.all().then((all) => arguments[0]([all.length, all[0].name, all[0].count]))"
    wait_until(lambda: chat.execute_async_script(stored) == [1, "値段", 1])
    chat.refresh()
    wait_until(lambda: shown(chat) == ["値段"], seconds=30)
    chat.find_element(By.CSS_SELECTOR, ".tenkyo-version-before").click()
    wait_until(lambda: shown(chat) == ["そば", "ラーメン"])
    wait_until(lambda: chat.execute_async_script(stored) == [1, "そば", 2])
    chat.refresh()
    wait_until(lambda: shown(chat) == ["そば", "ラーメン"], seconds=30)


def test_two_hundred_turns_are_kept_and_shown_again(chat: Any) -> None:
    ask(chat, "そば")
    more = """
    const [turn] = tenkyoChat.turns, done = arguments[0];
    tenkyoStored.all().then(async ([one]) => {
      for (let n = 1; n < 200; n += 1) {
        await tenkyoStored.replace(one.id, [], [{ ...tenkyoChat.plain(turn), id: `t${n}`, question: `問${n}` }]);
      }
      done(true);
    });"""
    chat.set_script_timeout(60)
    assert chat.execute_async_script(more)
    chat.refresh()
    wait_until(lambda: len(shown(chat)) == 200, seconds=30)
    assert shown(chat)[-1] == "問199"


def test_conversations_are_found_renamed_deleted_and_brought_back(chat: Any) -> None:
    ask(chat, "そば")
    press(chat, "新しい会話")
    wait_until(lambda: shown(chat) == [])
    ask(chat, "tea")
    press(chat, "会話の一覧")
    wait_until(lambda: names(chat) == ["tea", "そば"])
    search = chat.find_element(By.CSS_SELECTOR, ".tenkyo-search")
    search.send_keys("江戸")  # a word of the answer
    wait_until(lambda: names(chat) == ["そば"])
    press(chat, "名前を変更", ".tenkyo-kept")
    wait_until(lambda: bool(texts(chat, ".tenkyo-kept .tenkyo-search")))
    chat.switch_to.active_element.send_keys("麺のこと", Keys.ENTER)  # in place of the name, which is selected
    wait_until(lambda: names(chat) == ["麺のこと"])
    press(chat, "削除", ".tenkyo-kept")
    wait_until(lambda: names(chat) == [])
    press(chat, "元に戻す")
    wait_until(lambda: names(chat) == ["麺のこと"])
    press(chat, "麺のこと", ".tenkyo-kept")
    wait_until(lambda: shown(chat) == ["そば"])


def test_all_is_deleted_at_once_and_can_be_brought_back(chat: Any) -> None:
    ask(chat, "そば")
    press(chat, "会話の一覧")
    press(chat, "すべて削除")
    wait_until(lambda: names(chat) == [] and shown(chat) == [])
    press(chat, "元に戻す")
    wait_until(lambda: names(chat) == ["そば"] and shown(chat) == ["そば"])
    press(chat, "すべて削除")
    chat.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait_until(lambda: chat.execute_async_script("tenkyoStored.all().then(arguments[0])") == [])
    chat.refresh()
    time.sleep(1)
    assert shown(chat) == []


def saved(folder: Path, name: str) -> Path:
    """The file, once it is whole."""
    path = folder / name
    wait_until(lambda: path.exists() and path.stat().st_size > 0, seconds=20)
    return path


def test_a_conversation_is_taken_away_as_files(chat: Any, folder: Path) -> None:
    import docx

    ask(chat, "そばとラーメン", "軒数", "値段")
    for text, name in FILES.items():
        press(chat, "書き出す")
        press(chat, text, "dialog[open]")
        saved(folder, name)
    told = json.loads((folder / "tenkyo.json").read_text(encoding="utf-8"))
    assert [turn["question"] for turn in told["turns"]] == ["そばとラーメン", "軒数", "値段"]
    assert told["turns"][0]["citations"][0]["quote"] == ANSWERS["そば"][1]
    word = docx.Document(str(folder / "tenkyo.docx"))
    assert ANSWERS["ラーメン"][1] in [one.text for one in word.paragraphs]
    assert [[cell.text for cell in row.cells] for row in word.tables[0].rows] == [
        ["品名", "値段"],
        ["そば[1]", "350円"],
    ]
    for name in ("tenkyo.md", "tenkyo.bib", "tenkyo.ris"):
        assert "麺の歴史" in (folder / name).read_text(encoding="utf-8")
    press(chat, "書き出す")
    style = chat.find_element(By.CSS_SELECTOR, "dialog[open] select")
    style.find_element(By.CSS_SELECTOR, "option[value=apa]").click()
    (folder / "tenkyo.md").unlink()
    press(chat, "Markdown", "dialog[open]")
    assert "麺の歴史. (n.d.)." in saved(folder, "tenkyo.md").read_text(encoding="utf-8")


def test_an_answer_is_copied_with_its_sources(chat: Any, address: str) -> None:
    granted = {"origin": address, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    chat.execute_cdp_cmd("Browser.grantPermissions", granted)
    ask(chat, "そば")
    press(chat, "回答をコピー", ".tenkyo-acts")
    read = "navigator.clipboard.readText().then(arguments[0])"
    wait_until(lambda: ANSWERS["そば"][1] in str(chat.execute_async_script(read)))
    copied = chat.execute_async_script(read)
    assert copied.startswith("そば\n")
    assert "[1] 麺の歴史 · はじめに · 1ページ" in copied


def test_self_check_gives_hints_and_says_whether_the_words_match(chat: Any, folder: Path) -> None:
    wait_until(
        lambda: bool(
            chat.execute_async_script(
                "fetch('../api/study').then((r) => r.json()).then((a) => arguments[0](a.cards.length))"
            )
        )
    )
    press(chat, "確認問題")
    wait_until(lambda: bool(chat.find_elements(By.CSS_SELECTOR, ".tenkyo-card-question")))
    press(chat, "ヒント", "dialog[open]")
    press(chat, "ヒント", "dialog[open]")
    assert len(chat.find_elements(By.CSS_SELECTOR, ".tenkyo-hints p")) == 2
    press(chat, "Anki用に保存（CSV）", "dialog[open]")
    lines = saved(folder, "tenkyo-cards.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(lines.split("Source\n", 1)[1])))
    question = chat.find_element(By.CSS_SELECTOR, ".tenkyo-card-question").text
    [answer] = [back.split("\n")[0] for front, back, _ in rows if front == question]
    chat.find_element(By.CSS_SELECTOR, "dialog[open] input").send_keys(answer, Keys.ENTER)
    wait_until(lambda: bool(chat.find_elements(By.CSS_SELECTOR, ".tenkyo-verdict.is-matches")))
    assert answer in chat.find_element(By.CSS_SELECTOR, ".tenkyo-passage-quote").text


@pytest.mark.parametrize(
    ("given", "wanted", "verdict"),
    [
        ("８３％", "83%", "matches"),
        ("二万軒", " 二万軒。", "matches"),
        ("二万", "二万軒", "nearly"),
        ("Deep Learning", "deep  learning", "matches"),
        ("三万軒", "二万軒", "differs"),
        ("", "二万軒", ""),
        ("8", "83%", "differs"),
    ],
)
def test_words_are_compared_by_letters_and_figures(
    chromium: Any, address: str, given: str, wanted: str, verdict: str
) -> None:
    if "/chat" not in chromium.current_url:
        open_chat(chromium, address)
    assert chromium.execute_script("return tenkyoStudy.verdict(...arguments)", given, wanted) == verdict


def test_a_thumb_and_a_word_reach_the_teacher(chat: Any, folder: Path) -> None:
    ask(chat, "そば")
    chat.find_element(By.CSS_SELECTOR, ".tenkyo-acts [aria-label='役に立たなかった']").click()
    chat.switch_to.active_element.send_keys("違う", Keys.ENTER)
    path = folder / "feedback.jsonl"
    wait_until(lambda: path.exists() and bool(path.read_text(encoding="utf-8")))
    row = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
    assert (row["rating"], row["word"], row["question"]) == ("down", "違う", "そば")


def test_on_a_phone_the_tools_are_a_menu_and_nothing_sticks_out(chat: Any) -> None:
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    chat.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        ask(chat, "そば")
        chat.find_element(By.ID, "tenkyo-menu").click()
        press(chat, "会話の一覧", ".tenkyo-menu")
        wait_until(lambda: names(chat) == ["そば"])
        assert chat.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        box = chat.find_element(By.CSS_SELECTOR, "dialog[open]").rect
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    finally:
        chat.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_dark_page_is_printed_in_dark_letters(chat: Any) -> None:
    ask(chat, "そば")
    colour = "return getComputedStyle(document.querySelector(arguments[0])).color.match(/\\d+/g).map(Number)"
    dark = {"name": "prefers-color-scheme", "value": "dark"}
    chat.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [dark]})
    try:
        chat.refresh()
        wait_until(lambda: shown(chat) == ["そば"], seconds=30)
        wait_until(lambda: min(chat.execute_script(colour, ".tenkyo-question")) > 200)
        chat.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": [dark]})
        for part in (".tenkyo-question", ".tenkyo-said", ".tenkyo-said .tenkyo-cite", ".tenkyo-places"):
            assert max(chat.execute_script(colour, part)) < 130, part
    finally:
        chat.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def test_the_printed_page_shows_every_turn_and_no_controls(chat: Any) -> None:
    ask(chat, "そば", "ラーメン", "値段")
    chat.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        visible = (
            "return [...document.querySelectorAll(arguments[0])].filter((one) => one.getClientRects().length).length"
        )
        assert chat.execute_script(visible, ".tenkyo-turn") == 3
        for hidden in ("#tenkyo-head", "#tenkyo-box", ".tenkyo-acts", ".tenkyo-question-acts", ".tenkyo-menu"):
            assert chat.execute_script(visible, hidden) == 0, hidden
        high = chat.execute_script(
            "const m = document.getElementById('tenkyo-main'); return [m.scrollHeight, m.clientHeight]"
        )
        assert high[0] <= high[1] + 1
    finally:
        chat.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
