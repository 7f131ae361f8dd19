"""The chat by keyboard alone: a Japanese input method, every control in the order of the page, nothing that traps."""

from typing import Any

from tests.web.browser import test_browser as pages
from tests.web.browser.test_chat_page import BOX, answered, box, questions
from tests.web.chromium import webdriver
from tests.web.conftest import wait_until
from tests.web.fake_library import ANSWERS

pytestmark = pages.pytestmark
By, Keys = pages.By, pages.Keys
ENTER = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
IN_METHOD = {"key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}  # the method takes the key


def key(chat: Any, **pressed: Any) -> None:
    """A key goes down and up, as the browser receives it from the system."""
    for kind in ("keyDown", "keyUp"):
        chat.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": kind, **pressed})


def focused(chat: Any) -> str:
    """What has the focus: id, class and label, and the words of a button or link."""
    script = """
        const one = document.activeElement;
        const words = one.matches("button, a") ? one.innerText : "";
        return [one.id, one.className, one.ariaLabel, words].join(" ");
    """
    return str(chat.execute_script(script))


def tab_to(chat: Any, name: str, *, back: bool = False) -> None:
    """Tab, or Shift and Tab, until what has the focus has this name."""
    for _ in range(40):
        if name in focused(chat):
            return
        keys = webdriver.ActionChains(chat)
        (
            keys.key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT) if back else keys.send_keys(Keys.TAB)
        ).perform()
    raise AssertionError(f"the keyboard does not reach {name}")


def test_a_word_that_an_input_method_composes_is_not_sent_until_it_is_done(chat: Any) -> None:
    chat.execute_script("""window.composed = [];
        for (const name of ["compositionstart", "compositionend"])
          document.addEventListener(name, () => window.composed.push(name));""")
    box(chat).click()
    for typed in ("s", "そ", "そば"):
        caret = {"selectionStart": len(typed), "selectionEnd": len(typed)}
        chat.execute_cdp_cmd("Input.imeSetComposition", {"text": typed, **caret})
    key(chat, **IN_METHOD)  # chooses the word
    assert box(chat).get_attribute("value") == "そば"
    assert questions(chat) == []
    chat.execute_cdp_cmd("Input.insertText", {"text": "そば"})
    assert chat.execute_script("return window.composed") == ["compositionstart", "compositionend"]
    assert questions(chat) == []
    key(chat, **ENTER)
    answered(chat, 1)
    assert questions(chat) == ["そば"]
    assert box(chat).get_attribute("value") == ""


def test_all_is_reached_and_left_by_the_keyboard(chat: Any) -> None:
    tab_to(chat, "質問")  # the box
    chat.switch_to.active_element.send_keys("軒数", Keys.ENTER)
    answered(chat, 1)
    tab_to(chat, "tenkyo-cite", back=True)
    chat.switch_to.active_element.send_keys(Keys.ENTER)
    pages.wait_for_mark(chat, ANSWERS["軒数"][1])
    tab_to(chat, "tenkyo-open")
    chat.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait_until(lambda: "tenkyo-cite" in focused(chat))
    tab_to(chat, "tenkyo-edit", back=True)
    chat.switch_to.active_element.send_keys(Keys.ENTER)
    wait_until(lambda: chat.switch_to.active_element == chat.find_element(By.CSS_SELECTOR, BOX))
    chat.switch_to.active_element.send_keys("と値段", Keys.ENTER)
    wait_until(lambda: questions(chat) == ["軒数と値段"])
    answered(chat, 1)
    for name in ("会話の一覧", "書き出す", "確認問題"):
        tab_to(chat, name, back=True)
        chat.switch_to.active_element.send_keys(Keys.ENTER)
        pages.shown(chat, "dialog[open]")
        chat.switch_to.active_element.send_keys(Keys.ESCAPE)
        wait_until(lambda: not chat.find_elements(By.CSS_SELECTOR, "dialog[open]"))
        wait_until(lambda name=name: name in focused(chat))  # type: ignore[misc]
