"""Pages that stand in the place of a work: walls, robot checks, error pages served as 200, front pages, lists."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from ingest.document import Block
from ingest.references.landing import prose_weight
from ingest.references.page_text import link_share
from ingest.references.pages import Page, is_free, squeezed, weight
from ingest.references.state import State
from ingest.references.title_similarity import closest, is_same
from ingest.structure.sentences import split

Verdict = tuple[State, str]

_SHORT = 2500  # weight of running text under which a page may be a wall; a work that speaks of walls has more


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_ROBOT = _any_of(
    r"just a moment|attention required|robot check|security check|checking (?:your|if the site) ",
    r"pardon our interruption",
    r"are you (?:a|not a) (?:robot|human)|verify (?:that )?you are (?:a )?human|not a robot|captcha",
    r"unusual traffic|enable javascript and cookies|access (?:to this page has been )?denied|request blocked",
    r"ddos protection",
    r"bot (?:detection|protection)",
    r"ロボットではありません|ロボットでないこと|人間であること|自動アクセス|不正なアクセス",
    r"アクセスが(?:拒否|制限)",
)
_GONE = _any_of(
    r"(?<![\d,.-])404(?![\d,.-])|not found\b|page\s+(?:is\s+)?(?:unavailable|missing)",
    r"no longer (?:available|exists)",
    r"(?:page|article|document|file|story)\s+"
    r"(?:(?:is|was|could|can|has|you)\b[\w' ]{0,40})?(?:not\s+(?:be\s+)?found|no longer)",
    r"(?:can[’']?t|cannot|couldn[’']?t) find (?:the|that|this) page|页面不存在|找不到",
    r"(?:ページ|記事|ファイル|コンテンツ|資料)[はがを]?[^。]{0,12}(?:見つかりません|みつかりません|見つけられません|存在し(?:ません|ない)|ございません)",
    r"(?:ページ|記事|ファイル)[はが][^。]{0,20}(?:移動|削除|終了)|掲載(?:期間)?[はが]?[^。]{0,8}終了",
)
_CONSENT = _any_of(
    r"before you continue|(?:value|care about) your privacy|cookie (?:preferences|consent|settings|policy)",
    r"your (?:privacy|cookie) (?:choices|preferences)|(?:accept|manage|reject) (?:all )?cookies",
    r"we (?:use|and our partners)[^.]{0,60}cookies|クッキー(?:の使用|を使用|（cookie）|設定)",
    r"cookie(?:の使用|の利用|を使用|を利用)|利用に同意|続行する前に|年齢確認",
)
_LOGIN = re.compile(
    r"^(?:[\w ]{0,20}(?:log|sign)[ -]?in\b|authenticat|shibboleth|ログイン|サインイン|会員ログイン|[^。]{0,12}認証)",
    re.IGNORECASE,
)
_PAID = _any_of(
    r"(?:この|本|こちらの)(?:記事|コンテンツ|論文|ページ)は[^。]{0,20}(?:会員|有料|登録|購読|ログイン)",
    r"残り\s*+(?:[:：]\s*+)?[\d,，０-９]++\s*+文字|無料会員登録[^。]{0,12}(?:すると|で)[^。]{0,12}読",
    r"(?:続き|全文|記事全文)[はを][^。]{0,30}(?:会員|ログイン|登録|購読|有料|購入)",
    r"(?:会員|購読者|登録者)(?:の方)?(?:のみ|だけ)[^。]{0,12}(?:閲覧|読|利用)",
    r"(?:subscribe|sign in|log in|register|sign up|create an? (?:free )?account)[^.]{0,30}"
    r" to (?:continue|keep|read|view|access|unlock)",
    r"(?:for|available to|only to|reserved for|limited to) (?:our )?"
    r"(?:paid |premium )?(?:subscribers|members)(?: only)?",
    r"subscribers? only|members only|to (?:continue|keep) reading|already a (?:subscriber|member)",
    r"get (?:full )?access to this",
    r"unlock this (?:article|story)|(?:purchase|buy|rent) (?:this )?(?:article|access|instant access|pdf)",
    r"access through your (?:institution|organization)",
)
_PAID_WORDS = re.compile(
    r"会員限定|有料会員|有料記事|有料プラン|購読者限定|有料版|subscriber[- ]only|premium content", re.IGNORECASE
)
_DEEPEST = 200  # nested elements
_EARLY = 24  # characters into a sentence: a wall speaks of itself at once, an article that tells of walls does not
_SCRIPT = _any_of(
    r"(?:enable|turn on|requires?|activate|without)\s+javascript",
    r"javascript[^.。]{0,30}(?:有効|オン|disabled|required|enabled)",
)
_SEARCH = re.compile(r"search results|results for|検索結果|の検索|一覧$|アーカイブ$|\barchives?$", re.IGNORECASE)
_ROOT = re.compile(
    r"/(?:(?:index|default|home|top)(?:\.\w{2,5})?/?)?"
    r"(?:(?:ja|jp|en|eng|us|en-us|ja-jp|japanese|english)/?(?:(?:index|home|top)(?:\.\w{2,5})?)?)?",
    re.IGNORECASE,
)


def impostor(page: Page, blocks: Sequence[Block], wanted_title: str) -> Verdict | None:
    """What a page is instead of the work, with a line for people; None where it may be the work or a page about it."""
    shown = visible_text(page.root)
    prose = prose_weight(blocks)
    heads = [one for one in (page.title, *page.headings) if one]
    named = [one for one in heads if not is_same(wanted_title, one)]
    if prose < _SHORT:
        found = _wall(page, shown, prose, named)
        if found:
            return found
    return _paid(page, blocks, shown, prose) or _front(page, prose, wanted_title)


def visible_text(root: Any) -> str:
    """What the page shows outside of its menus, on one line."""
    parts: list[str] = []
    _gather(root, parts)
    return squeezed(" ".join(parts))


def _gather(element: Any, parts: list[str], depth: int = 0) -> None:
    if element.tag in ("nav", "footer", "style", "head", "select", "option"):
        return
    if depth > _DEEPEST:
        parts.append(element.text_content())
        return
    parts.append(element.text or "")
    for child in element:
        if isinstance(child.tag, str):
            _gather(child, parts, depth + 1)
        parts.append(child.tail or "")


def _wall(page: Page, shown: str, prose: int, named: Sequence[str]) -> Verdict | None:
    """A page of few words that says itself what it is, in its title, its first heading or its text."""
    is_bare = weight(shown) < _SHORT
    by_hand = "open it in a browser, save it, and give the file with tenkyo ingest FILE --as KEY"
    title = " / ".join(named)
    if _ROBOT.search(title) or (is_bare and prose < 1200 and _ROBOT.search(shown)):
        return "not-the-document", f"the site asks whether a person is there ({_told(page)}); {by_hand}"
    if _GONE.search(title) or (is_bare and prose < 600 and _GONE.search(shown[:600])):
        said = f"the address gives an error page in place of the work ({_told(page)})"
        remedy = "look for its new address or a copy, and give the file with tenkyo ingest FILE --as KEY"
        return "not-the-document", f"{said}; {remedy}"
    where = urlsplit(page.url)
    asks = re.search(r"^consent\.|/consent\b", f"{where.hostname}{where.path}")
    if (
        asks
        or _CONSENT.search(title)
        or (prose < 1500 and is_bare and _CONSENT.search(shown[:500]) and "cookie" in shown.lower())
    ):
        return "not-the-document", f"the site asks for consent to cookies before it shows the work; {by_hand}"
    has_password = page.root.find(".//input[@type='password']") is not None
    if any(_LOGIN.search(one) for one in named) or (has_password and prose < 1200 and is_bare):
        if _PAID.search(shown) or _PAID_WORDS.search(shown) or re.search(r"購読|有料|subscri", shown, re.IGNORECASE):
            return "paywalled", _pay_line(page)
        return "not-the-document", f"the address leads to a login ({_told(page)}); if you may log in, {by_hand}"
    return None


def _paid(page: Page, blocks: Sequence[Block], shown: str, prose: int) -> Verdict | None:
    """A teaser: the page says that its text is for subscribers, and shows little of it."""
    free = is_free(page)
    if free:
        return None
    if free is False and prose < 4000:
        return "paywalled", _pay_line(page)
    if prose < 3500 and _says_paid(page, blocks):
        return "paywalled", _pay_line(page)
    if prose < 1500 and _PAID_WORDS.search(shown):
        return "paywalled", _pay_line(page)
    return None


def _says_paid(page: Page, blocks: Sequence[Block]) -> bool:
    """Whether a short line of the page, or the start of a sentence, says that the text is sold."""
    lines = [sentence for block in blocks for sentence in split(block.text)]
    for element in page.root.iter("p", "div", "h2", "h3", "h4", "span", "a", "strong", "button", "li"):
        text = element.text_content()
        if len(text) < 400 and weight(text) < 240:
            lines.extend(split(squeezed(text)))
    return any((found := _PAID.search(line)) and found.start() <= _EARLY for line in lines)


def _front(page: Page, prose: int, wanted_title: str) -> Verdict | None:
    """A site's front page, a list or a search in place of the work."""
    where, asked = urlsplit(page.url), urlsplit(page.asked)
    at_root = bool(_ROOT.fullmatch(where.path or "/")) and not where.query
    titled = closest(wanted_title, page.titles) >= 0.6
    site = page.site or where.hostname or page.url
    own_page = "look for the work's own page and give the file with tenkyo ingest FILE --as KEY"
    if at_root and not (titled and prose >= 600):
        moved = not _ROOT.fullmatch(asked.path or "/")
        said = "the address now leads to" if moved else "the address is that of"
        return "not-the-document", f"{said} the front page of {site}; {own_page}"
    share, links = link_share(page.root), sum(1 for _ in page.root.iter("a"))
    if titled and prose >= 300:
        return None
    is_list = bool(_SEARCH.search(page.title.split("|")[0].strip())) or any(map(_SEARCH.search, page.headings))
    if (links >= 15 and share > 0.6 and prose < 2500) or (is_list and links >= 8 and prose < 2500):
        return "not-the-document", f"the address gives a list of pages of {site} ({_told(page)}); {own_page}"
    return None


def thin(page: Page, shown: str) -> Verdict | None:
    """A page that holds next to no text of its own."""
    by_hand = "open it in a browser, print it to a PDF, and give that with tenkyo ingest FILE --as KEY"
    if weight(shown) < 120 or (weight(shown) < 800 and _SCRIPT.search(shown)):
        why = "its text is put in by a program that runs in a browser" if page.needs_script else "it holds next to none"
        return "unreadable", f"the page gives no text: {why}; {by_hand}"
    return None


def _pay_line(page: Page) -> str:
    site = page.site or urlsplit(page.url).hostname or "the site"
    remedy = "if you may read it, save it and give the file with tenkyo ingest FILE --as KEY"
    return f"{site} shows the whole text to subscribers only; {remedy}"


def _told(page: Page) -> str:
    """What the page calls itself, short enough for a line."""
    name = page.title or next(iter(page.headings), "") or "a page without a title"
    return f"“{name if len(name) <= 60 else name[:59] + '…'}”"
