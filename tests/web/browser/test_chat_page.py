"""The chat page as a student uses it: the answer is in sight, nothing typed is lost, the words are found in place."""

import time
from typing import Any

from app.pages.labels.texts import LABELS
from tests.web.browser import test_browser as pages
from tests.web.chromium import webdriver
from tests.web.conftest import wait_for_chat, wait_until
from tests.web.fake_library import ANSWERS

pytestmark = pages.pytestmark
By, Keys = pages.By, pages.Keys
BOX = "#tenkyo-box textarea"
DONE = ".tenkyo-reply > :is(.tenkyo-answer, .tenkyo-absent)"
LONG = "そばについて、" + "とても長い前置きを書いたうえで" * 20 + "たずねます"
QUESTIONS = (
    *("そば", "ラーメン", "値段", "危険", "山田と鈴木", "軒数", "How hot should tea water be?", "明日の天気は？"),
    *("近い店はどこ", "そば、次", "そばとラーメンと値段と危険と山田と鈴木と軒数", LONG, "値段とそば", "それはなぜ"),
    *("tea", "麺の歴史は？", "そばの山田", "鈴木の危険", "軒数と値段", "こんにちは"),
)
INSIDE = """
    const line = arguments[0].querySelector(".tenkyo-lead, .tenkyo-said, td, .tenkyo-works li").getBoundingClientRect();
    const head = document.getElementById("tenkyo-head").getBoundingClientRect();
    const strip = document.getElementById("tenkyo-strip").getBoundingClientRect();
    const question = arguments[0].closest(".tenkyo-turn").querySelector(".tenkyo-question").getBoundingClientRect();
    return [question.top - head.bottom, line.top - head.bottom, strip.top - line.top];
"""
# whether the first marked word lies between the panel's head and its foot, and nothing lies over it
MARK_INSIDE = """
    const mark = document.querySelector("#tenkyo-panel mark").getClientRects()[0];
    const seen = document.elementFromPoint(mark.left + 2, mark.top + mark.height / 2);
    return Boolean(seen?.closest("#tenkyo-panel mark"));
"""


def small_phone(browser: Any) -> None:
    """A window of 390 × 664, as a phone's browser leaves it."""
    metrics = {"width": 390, "height": 664, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def box(chat: Any) -> Any:
    """Where questions are typed."""
    return chat.find_element(By.CSS_SELECTOR, BOX)


def paste(browser: Any, into: Any, text: str) -> None:
    """The text goes into a box at once; typing takes a processor for each letter."""
    browser.execute_script("arguments[0].focus()", into)
    browser.execute_cdp_cmd("Input.insertText", {"text": text})


def questions(chat: Any) -> list[str]:
    """The questions that are shown."""
    return [one.text for one in chat.find_elements(By.CSS_SELECTOR, ".tenkyo-question")]


def answered(chat: Any, count: int) -> Any:
    """The last answer, when there are so many."""
    return pages.shown(chat, DONE, count)[-1]


def test_on_a_phone_the_first_line_of_each_answer_is_in_sight(chat: Any) -> None:
    small_phone(chat)
    for number, question in enumerate(QUESTIONS, 1):
        paste(chat, box(chat), question)
        box(chat).send_keys(Keys.ENTER)
        question_below_head, below_head, above_box = chat.execute_script(INSIDE, answered(chat, number))
        assert 0 <= question_below_head <= 20, f"{question} stands at the top"
        assert below_head >= 0, question
        assert above_box >= 24, question
    before = chat.execute_script("return document.getElementById('tenkyo-main').scrollTop")
    time.sleep(0.4)
    assert chat.execute_script("return document.getElementById('tenkyo-main').scrollTop") == before
    for place in (0, -1):
        cite = chat.find_elements(By.CSS_SELECTOR, ".tenkyo-said .tenkyo-cite")[place]
        quote = cite.get_attribute("data-quote")
        cite.click()
        pages.wait_for_mark(chat, quote)
        wait_until(lambda: chat.execute_script(MARK_INSIDE))
        chat.find_element(By.CSS_SELECTOR, ".tenkyo-close").click()


def test_what_is_typed_while_an_answer_comes_is_kept_and_a_second_question_waits(chat: Any) -> None:
    box(chat).send_keys("遅いそば", Keys.ENTER)
    pages.shown(chat, ".tenkyo-searching")
    box(chat).send_keys("ラーメン", Keys.ENTER)
    wait_until(lambda: "前の答えのあと" in chat.find_element(By.ID, "tenkyo-log").text)
    box(chat).send_keys("書きかけ")
    answered(chat, 2)
    assert questions(chat) == ["遅いそば", "ラーメン"]
    assert ANSWERS["ラーメン"][1] in answered(chat, 2).text
    assert box(chat).get_attribute("value") == "書きかけ"


def test_an_answer_can_be_stopped_and_asked_for_again(chat: Any) -> None:
    box(chat).send_keys("遅いそば", Keys.ENTER)
    pages.shown(chat, ".tenkyo-stop")[0].click()
    notice = pages.shown(chat, ".tenkyo-again")[0]
    assert "停止しました" in notice.text
    box(chat).send_keys("ラーメン", Keys.ENTER)
    answered(chat, 1)
    notice.find_element(By.TAG_NAME, "button").click()
    answered(chat, 2)
    assert questions(chat) == ["遅いそば", "ラーメン"]


def test_an_edited_question_keeps_its_other_version_with_what_followed(chat: Any) -> None:
    for number, question in enumerate(("そば", "ラーメン"), 1):
        box(chat).send_keys(question, Keys.ENTER)
        answered(chat, number)
    chat.find_elements(By.CSS_SELECTOR, ".tenkyo-edit")[0].click()
    assert box(chat).get_attribute("value") == "そば"
    box(chat).send_keys("の値段", Keys.ENTER)
    wait_until(lambda: questions(chat) == ["そばの値段"])
    answered(chat, 1)
    assert chat.execute_script("return tenkyoChat.turns.map((turn) => turn.question)") == ["そばの値段"]
    pages.shown(chat, ".tenkyo-version-before")[0].click()
    wait_until(lambda: questions(chat) == ["そば", "ラーメン"])
    assert ANSWERS["ラーメン"][1] in answered(chat, 2).text
    assert chat.find_element(By.CSS_SELECTOR, ".tenkyo-versions span").text == "1 / 2"
    box(chat).send_keys("軒数", Keys.ENTER)
    answered(chat, 3)
    chat.find_element(By.CSS_SELECTOR, ".tenkyo-version-after").click()
    wait_until(lambda: questions(chat) == ["そばの値段"])
    chat.find_element(By.CSS_SELECTOR, ".tenkyo-version-before").click()
    wait_until(lambda: questions(chat) == ["そば", "ラーメン", "軒数"])


def test_a_version_that_is_stopped_leaves_the_one_before_in_reach(chat: Any) -> None:
    box(chat).send_keys("そば", Keys.ENTER)
    answered(chat, 1)
    chat.find_element(By.CSS_SELECTOR, ".tenkyo-edit").click()
    box(chat).send_keys("は遅い", Keys.ENTER)
    pages.shown(chat, ".tenkyo-stop")[0].click()
    pages.shown(chat, ".tenkyo-again")
    assert questions(chat) == ["そばは遅い"]
    chat.find_element(By.CSS_SELECTOR, ".tenkyo-version-before").click()
    wait_until(lambda: questions(chat) == ["そば"])
    assert ANSWERS["そば"][1] in answered(chat, 1).text
    assert box(chat).get_attribute("value") == "そばは遅い"
    assert chat.find_elements(By.CSS_SELECTOR, ".tenkyo-versions") == []


def test_a_wide_table_moves_within_its_frame_on_a_phone(chat: Any) -> None:
    small_phone(chat)
    box(chat).send_keys("値段", Keys.ENTER)
    table = answered(chat, 1).find_element(By.CSS_SELECTOR, ".tenkyo-table")
    widen = "for (const cell of arguments[0].querySelectorAll('td')) cell.style.minWidth = '300px'"
    chat.execute_script(widen, table)
    assert chat.execute_script("return arguments[0].scrollWidth > arguments[0].clientWidth + 100", table)
    assert pages.no_wider_than_the_window(chat)
    first = table.find_element(By.CSS_SELECTOR, "td")
    before = first.rect["x"]
    chat.execute_script("arguments[0].scrollLeft = 200", table)
    wait_until(lambda: chat.execute_script("return arguments[0].scrollLeft", table) == 200)
    assert first.rect["x"] == before, "the row's name and its citation stay in sight"
    assert first.find_elements(By.CSS_SELECTOR, ".tenkyo-cite") != []


def test_questions_to_begin_with_appear_on_a_page_that_was_open_before(browser: Any, server: str) -> None:
    wait_for_chat(server)
    late = """const real = window.fetch; window.fetch = (address, ...rest) => String(address).includes("api/starters")
      ? Promise.resolve(new Response(JSON.stringify({ questions: [{ text: "そばは？", language: "ja" }] })))
      : real(address, ...rest);
      document.addEventListener("readystatechange", () => { // as the server sends it while it has no questions yet
        const examples = document.getElementById("tenkyo-examples");
        if (examples && document.readyState === "interactive") examples.hidden = true;
      });"""
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": late})
    browser.get(f"{server}/chat")
    starters = (
        "return [...document.querySelectorAll('#tenkyo-examples:not([hidden]) button')].map((one) => one.textContent)"
    )
    wait_until(lambda: browser.execute_script(starters) == ["そばは？"])
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script["identifier"]})


def test_pasting_too_much_says_so_and_cuts_nothing(chat: Any) -> None:
    paste(chat, box(chat), "あ" * 501)
    over = pages.shown(chat, ".tenkyo-over")[0]
    assert "501字" in over.text
    box(chat).send_keys(Keys.ENTER)
    assert len(box(chat).get_attribute("value")) == 501
    box(chat).send_keys(Keys.BACKSPACE)
    wait_until(lambda: not chat.find_elements(By.CSS_SELECTOR, ".tenkyo-over"))
    box(chat).send_keys(Keys.ENTER)
    answered(chat, 1)


def test_a_number_shows_its_quote_in_a_card_and_the_keyboard_gets_there_too(chat: Any) -> None:
    box(chat).send_keys("軒数", Keys.ENTER)
    cite = answered(chat, 1).find_element(By.CSS_SELECTOR, ".tenkyo-said .tenkyo-cite")
    webdriver.ActionChains(chat).move_to_element(cite).perform()
    card = pages.shown(chat, "[role=tooltip]")[0]
    assert card.text.splitlines() == [ANSWERS["軒数"][1], "麺の歴史 — はじめに・2ページ"]
    webdriver.ActionChains(chat).move_to_element(box(chat)).perform()
    wait_until(lambda: not chat.find_elements(By.CSS_SELECTOR, "[role=tooltip]"))
    size = cite.size
    assert min(size["width"], size["height"]) >= 24
    box(chat).send_keys(Keys.SHIFT, Keys.TAB, Keys.NULL)
    for _ in range(30):
        if "tenkyo-cite" in chat.switch_to.active_element.get_attribute("class"):
            break
        webdriver.ActionChains(chat).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
    pages.shown(chat, "[role=tooltip]")
    chat.switch_to.active_element.send_keys(Keys.ENTER)
    pages.wait_for_mark(chat, ANSWERS["軒数"][1])
    outline = chat.execute_script("return getComputedStyle(document.querySelector('.tenkyo-close')).outlineStyle")
    chat.switch_to.active_element.send_keys(Keys.TAB)
    assert outline == "none"
    assert chat.execute_script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_panel_goes_to_the_citation_before_and_after(chat: Any) -> None:
    box(chat).send_keys("そばとラーメンと軒数", Keys.ENTER)
    answered(chat, 1).find_element(By.CSS_SELECTOR, ".tenkyo-cite").click()
    pages.wait_for_mark(chat, ANSWERS["そば"][1])
    panel = chat.find_element(By.ID, "tenkyo-panel")
    before, after = (panel.find_element(By.CSS_SELECTOR, name) for name in (".tenkyo-before", ".tenkyo-after"))
    assert not before.is_enabled()
    after.click()
    pages.wait_for_mark(chat, ANSWERS["ラーメン"][1])
    after.click()
    pages.wait_for_mark(chat, ANSWERS["軒数"][1])
    assert panel.find_element(By.CSS_SELECTOR, ".tenkyo-which").text == "3 / 3"
    assert not after.is_enabled()
    before.click()
    pages.wait_for_mark(chat, ANSWERS["ラーメン"][1])


def test_on_a_phone_the_panel_is_a_sheet_that_drags_to_full_height(chat: Any) -> None:
    small_phone(chat)
    box(chat).send_keys("軒数", Keys.ENTER)
    answered(chat, 1).find_element(By.CSS_SELECTOR, ".tenkyo-cite").click()
    pages.wait_for_mark(chat, ANSWERS["軒数"][1])
    panel = chat.find_element(By.ID, "tenkyo-panel")
    wait_until(lambda: abs(panel.rect["height"] - 385) < 3)
    mark = panel.find_element(By.TAG_NAME, "mark").rect
    link = panel.find_element(By.CSS_SELECTOR, ".tenkyo-open")
    assert panel.rect["y"] < mark["y"] < link.rect["y"], "the marked words stand between the head and the link"
    on_top = "const at = arguments[0].getBoundingClientRect();"
    on_top += "return document.elementFromPoint(at.left + at.width / 2, at.top + at.height / 2) === arguments[0]"
    assert chat.execute_script(on_top, link), "nothing lies over the link"
    head = panel.find_element(By.CSS_SELECTOR, ".tenkyo-panel-words")
    webdriver.ActionChains(chat).click_and_hold(head).move_by_offset(0, -150).release().perform()
    wait_until(lambda: panel.rect["height"] == 664)
    knob = panel.find_element(By.CSS_SELECTOR, ".tenkyo-knob")
    webdriver.ActionChains(chat).click_and_hold(knob).move_by_offset(0, 150).release().perform()
    wait_until(lambda: abs(panel.rect["height"] - 385) < 3)
    knob.click()
    wait_until(lambda: panel.rect["height"] == 664)


def test_selected_words_lead_to_the_least_span_that_says_them(chat: Any) -> None:
    box(chat).send_keys("そば", Keys.ENTER)
    said = answered(chat, 1).find_element(By.CSS_SELECTOR, ".tenkyo-said")
    select = """
        const text = arguments[0].firstChild;
        const at = text.data.indexOf(arguments[1]);
        getSelection().setBaseAndExtent(text, at, text, at + arguments[1].length);
        document.dispatchEvent(new PointerEvent("pointerup"));
    """
    chat.execute_script(select, said, "江戸で広")
    pages.shown(chat, ".tenkyo-selection-source")[0].click()
    pages.wait_for_mark(chat, "江戸で広")
    # a whole sentence, with the number of its citation
    chat.execute_script(
        "getSelection().selectAllChildren(arguments[0]); document.dispatchEvent(new PointerEvent('pointerup'))", said
    )
    pages.shown(chat, ".tenkyo-selection-source")[0].click()
    pages.wait_for_mark(chat, ANSWERS["そば"][1])


def test_the_language_is_chosen_by_a_switch_and_stays(chat: Any, server: str) -> None:
    for language, placeholder, error in (
        ("ko", "문서에", "연결하지 못"),
        ("zh", "请就", "无法连接"),
        ("en", "Ask", "reached"),
    ):
        chat.get(f"{server}/chat?lang={language}")
        pages.shown(chat, BOX)
        wait_until(lambda word=placeholder: box(chat).get_attribute("placeholder").startswith(word))  # type: ignore[misc]
        assert chat.find_element(By.TAG_NAME, "body").get_attribute("lang").startswith(language)
        assert error in str(chat.execute_script("return tenkyoPage.labels.now + tenkyoPage.labels.unreachable"))
        label = chat.find_element(By.CSS_SELECTOR, "#tenkyo-box label > span").get_attribute("textContent")
        assert label.strip() == LABELS[language]["question"], "Gradio writes it in the browser's language"
    select = pages.shown(chat, "#tenkyo-language")[0]
    select.find_element(By.CSS_SELECTOR, "option[value=ko]").click()
    wait_until(lambda: "lang=ko" in chat.current_url)
    chat.get(f"{server}/chat")
    wait_until(lambda: "lang=ko" in chat.current_url)
    chat.execute_script("localStorage.clear()")
    box(chat).send_keys("軒数", Keys.ENTER)
    answered(chat, 1)
    chat.find_element(By.CSS_SELECTOR, "a.tenkyo-cite").click()
    chat.get(pages.shown(chat, ".tenkyo-open")[0].get_attribute("href"))
    assert chat.find_element(By.TAG_NAME, "header").get_attribute("lang") == "ko", "the source follows"


def test_a_chinese_question_is_no_japanese_one_on_a_japanese_page(chat: Any) -> None:
    small_phone(chat)
    paste(chat, box(chat), "中日文献里对绿茶（tea）有什么说法？请说明水温和时间。")
    box(chat).send_keys(Keys.ENTER)
    answered(chat, 1)
    heading = chat.find_element(By.CSS_SELECTOR, ".tenkyo-question")
    assert heading.get_attribute("lang") == "zh-Hans"
    assert heading.value_of_css_property("word-break") == "normal"


def test_only_the_documents_that_are_chosen_are_searched(chat: Any) -> None:
    chat.find_element(By.CSS_SELECTOR, "#tenkyo-filter option:nth-child(3)").click()
    box(chat).send_keys("tea", Keys.ENTER)
    answered(chat, 1)
    assert chat.execute_script("return tenkyoChat.turns[0].documents") == ["tea"]


def test_without_scripts_a_plain_form_answers(browser: Any, server: str) -> None:
    wait_for_chat(server)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        small_phone(browser)
        browser.get(f"{server}/chat")
        form = browser.find_element(By.CSS_SELECTOR, ".tenkyo-plain").rect
        assert form["y"] + form["height"] <= 664, "the form is in sight on a phone"
        browser.find_element(By.ID, "tenkyo-plain").send_keys("そば")
        browser.find_element(By.CSS_SELECTOR, ".tenkyo-plain button").click()
        wait_until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, ".tenkyo-answer")))
        assert ANSWERS["そば"][1] in browser.find_element(By.CSS_SELECTOR, ".tenkyo-answer").text
        browser.find_element(By.CSS_SELECTOR, ".tenkyo-said .tenkyo-cite").click()
        assert browser.find_element(By.TAG_NAME, "mark").text == ANSWERS["そば"][1]
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
