"""The states of a cited work's text in words, and what to do for each, in Japanese and English."""

import re
import shlex
from dataclasses import dataclass
from typing import Literal

from ingest.references.fetch_record import State

Tone = Literal["good", "abstract", "middling", "bad"]


@dataclass(frozen=True, slots=True)
class StateWords:
    """A state in plain words, what to do about it, and the command for it (`command_for` fills `{key}` and `{ocr}`).

    `tone` colours it: bad where somebody must do something, middling where another try may do.
    """

    tone: Tone
    ja: str
    en: str
    ja_remedy: str
    en_remedy: str
    command: str = "tenkyo ingest FILE.pdf --as {key}"


STATE_WORDS: dict[State, StateWords] = {
    "not-the-document": StateWords(
        "bad",
        "別のページが開いた",
        "Another page was found",
        "アドレスは、サイトの表紙・同意画面・エラー画面など、別のページを指している。題名で検索して本文を開き、PDFなどに保存して取り込む。",
        "The address leads to something else: a site's front page, a consent screen or an error page. Search for the "
        "title, save the work itself as a PDF, and ingest it.",
    ),
    "dead": StateWords(
        "bad",
        "リンク切れ",
        "The link is dead",
        "ページはもうない。移転先、または web.archive.org の保存版を探し、PDFなどに保存して取り込む。",
        "The page is gone. Look for where it moved, or for a copy at web.archive.org, save it as a PDF, and ingest it.",
    ),
    "paywalled": StateWords(
        "bad",
        "有料・会員限定",
        "Behind a paywall",
        "図書館の契約や購読など、正当に読める方法で入手したファイルを取り込む。",
        "Get the file where you may read it, by your library or a subscription, and ingest it.",
    ),
    "no-address": StateWords(
        "bad",
        "アドレスの記載なし",
        "No address given",
        "文献表にアドレスがない。図書館などで手に入れたファイル(または必要な箇所のスキャンを文字認識したもの)を取り込む。",
        "The bibliography gives no address. Get the work, from a library for example, and ingest the file: a scan of "
        "the pages that matter will do once its text was recognised.",
    ),
    "robots": StateWords(
        "bad",
        "自動取得を断るサイト",
        "The site asks programs to stay away",
        "サイトの robots.txt に従い、取得しなかった。ブラウザーで開き、PDFなどに保存して取り込む。",
        "The site's robots.txt asks programs not to read this page. Open it in a browser, save it as a PDF, "
        "and ingest it.",
    ),
    "scanned": StateWords(
        "bad",
        "文字のない画像PDF",
        "Pictures of pages, without text",
        "ページが画像なので読めない。文字認識(OCR)をかけてから取り込む。",
        "The pages are images. Recognise their text (OCR) first, then ingest the result.",
        "ocrmypdf --language {ocr} SCAN.pdf FILE.pdf\ntenkyo ingest FILE.pdf --as {key}",
    ),
    "garbled": StateWords(
        "bad",
        "文字化け",
        "Garbled characters",
        "取り出した文字が信用できない。別の版を探すか、文字認識(OCR)をかけ直してから取り込む。",
        "The characters in the file cannot be trusted. Find another edition, or recognise its text anew (OCR), then "
        "ingest it.",
        "ocrmypdf --force-ocr --language {ocr} GARBLED.pdf FILE.pdf\ntenkyo ingest FILE.pdf --as {key}",
    ),
    "unreadable": StateWords(
        "bad",
        "読めないファイル",
        "The file cannot be read",
        "形式が違うか、壊れているか、暗号化されているか、本文がブラウザでしか表示されない。開けるなら、PDF・Word・HTML・テキストで保存し直して取り込む。",
        "The file is of another type, damaged or encrypted, or a page whose text shows in a browser alone. If you can "
        "open it, save it anew as PDF, Word, HTML or text, and ingest it.",
    ),
    "too-large": StateWords(
        "bad",
        "大きすぎるファイル",
        "Too large",
        "大きさの上限を超えたので、取得をやめた。ブラウザーで保存し、必要なら該当する章だけにして取り込む。",
        "The file is larger than the limit. Save it with a browser, only the chapter that matters if you can, and "
        "ingest it.",
    ),
    "redirected": StateWords(
        "bad",
        "転送が終わらない",
        "Redirected without end",
        "サイトが転送を繰り返す(クッキーを求めるサイトに多い)。ブラウザーで開き、PDFなどに保存して取り込む。",
        "The site redirects in a circle, as sites do that need cookies. Open the address in a browser, save the work "
        "as a PDF, and ingest it.",
    ),
    "refused": StateWords(
        "bad",
        "安全のため取得しないアドレス",
        "Not fetched, for safety",
        "内部ネットワークなど、取得しないことにしているアドレスである。記載の誤りでなければ、ブラウザーで保存して取り込む。",
        "Addresses of this sort (private networks, other than http and https) are not fetched. If it is not a "
        "misprint, save the work with a browser and ingest it.",
    ),
    "unreachable": StateWords(
        "middling",
        "つながらなかった",
        "Could not be reached",
        "サイトから時間内に応答がなかったか、ネットワークにつながっていなかった。後でもう一度試す。",
        "The site did not answer in time, or there was no network. Try again later.",
        "tenkyo references fetch --retry --only {key}",
    ),
    "not-tried": StateWords(
        "middling",
        "まだ取得していない",
        "Not tried yet",
        "アドレスはあるが、まだ取得を試みていない。取得を実行する。",
        "There is an address that was never asked. Fetch it.",
        "tenkyo references fetch --only {key}",
    ),
    "abstract-only": StateWords(
        "abstract",
        "要旨だけ読めた",
        "Only the abstract",
        "要旨は引用できる。本文も引用したければ、ファイルを手に入れて取り込む。",
        "The abstract can be quoted. To quote the work itself, get its file and ingest it.",
    ),
    "fetched": StateWords(
        "good",
        "本文を読めた",
        "Full text read",
        "何もしなくてよい。",
        "Nothing to do.",
        "",
    ),
}
_OCR = {"ja": "jpn", "en": "eng", "zh": "chi_sim", "ko": "kor", "de": "deu", "fr": "fra"}


def command_for(state: State, key: str, language: str, index: str = "") -> str:
    """The commands, one a line, that get the text of the work `key` in a state; "" where nothing is to be done.

    `index` is the folder of the index, "" for the default one.
    """
    command = STATE_WORDS[state].command.replace("{ocr}", _OCR.get(language, "eng"))
    joint = "=" if key.startswith("-") else " "  # else a key with a hyphen in front would be read as an option
    command = command.replace(" {key}", joint + _quoted(key))
    return f"{command} --index {_quoted(index)}" if command and index else command


def _quoted(word: str) -> str:
    """A word of a command line; in double quotes where possible, which work in cmd.exe too."""
    if re.search(r"""["$`\\!%\x00-\x1f]""", word):
        return shlex.quote(word)
    return word if re.fullmatch(r"[\w.+@:/-]+", word) else f'"{word}"'
