"""Soft 404s: pages served with status 200 in place of the work (errors, CAPTCHAs, paywalls, front pages, lists)."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from ingest.bibliography.same_work import best_overlap, similar_titles
from ingest.document import Block
from ingest.fetching.outcomes import FetchOutcome, outcome
from ingest.references.fetch_record import State
from ingest.references.pages.links import prose_weight
from ingest.references.pages.page import WebPage, in_quotes, is_free, weight
from ingest.references.pages.text import link_share
from ingest.text import split_sentences
from retriever.text import one_line

Verdict = tuple[State, FetchOutcome]

_SHORT = 2500  # maximum text weight of a wall; a work about such walls has more


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
_DEEPEST = 200  # nesting levels; below this, all text counts as visible
_AT_START = 24  # characters: a paywall names itself at the start of a sentence, an article about paywalls does not
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


def soft_404(page: WebPage, blocks: Sequence[Block], wanted_title: str) -> Verdict | None:
    """The kind of soft 404 that a page is; None if it may be the work or a page about it."""
    shown = visible_text(page.root)
    prose = prose_weight(blocks)
    titles = [title for title in (page.title, *page.headings) if title and not similar_titles(wanted_title, title)]
    if prose < _SHORT:
        wall = _wall(page, shown, prose, titles)
        if wall:
            return wall
    return _paid(page, blocks, shown, prose) or _front_or_list(page, prose, wanted_title)


def visible_text(root: Any) -> str:
    """The page's text without menus and footers, on one line."""
    parts: list[str] = []
    _gather(root, parts)
    return one_line(" ".join(parts))


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


def _wall(page: WebPage, shown: str, prose: int, titles: Sequence[str]) -> Verdict | None:
    """Detect a wall: a short page whose title, headings or text is that of a CAPTCHA, error, consent or login page."""
    is_bare = weight(shown) < _SHORT
    title = " / ".join(titles)
    if _ROBOT.search(title) or (is_bare and prose < 1200 and _ROBOT.search(shown)):
        return "not-the-document", outcome("robot-check", title=_shown_title(page))
    if _GONE.search(title) or (is_bare and prose < 600 and _GONE.search(shown[:600])):
        return "not-the-document", outcome("error-page", title=_shown_title(page))
    where = urlsplit(page.url)
    asks = re.search(r"^consent\.|/consent\b", f"{where.hostname}{where.path}")
    if (
        asks
        or _CONSENT.search(title)
        or (prose < 1500 and is_bare and _CONSENT.search(shown[:500]) and "cookie" in shown.lower())
    ):
        return "not-the-document", outcome("consent-page")
    has_password = page.root.find(".//input[@type='password']") is not None
    if any(_LOGIN.search(title) for title in titles) or (has_password and prose < 1200 and is_bare):
        if _PAID.search(shown) or _PAID_WORDS.search(shown) or re.search(r"購読|有料|subscri", shown, re.IGNORECASE):
            return _paywall(page)
        return "not-the-document", outcome("login-page", title=_shown_title(page))
    return None


def _paid(page: WebPage, blocks: Sequence[Block], shown: str, prose: int) -> Verdict | None:
    """Detect a teaser: the page says that its text is for subscribers, and shows little of it."""
    free = is_free(page)
    if free:
        return None
    if (
        (free is False and prose < 4000)
        or (prose < 3500 and _says_paid(page, blocks))
        or (prose < 1500 and _PAID_WORDS.search(shown))
    ):
        return _paywall(page)
    return None


def _says_paid(page: WebPage, blocks: Sequence[Block]) -> bool:
    """Whether a sentence begins with the notice that the text is for subscribers."""
    lines = [sentence for block in blocks for sentence in split_sentences(block.text)]
    for element in page.root.iter("p", "div", "h2", "h3", "h4", "span", "a", "strong", "button", "li"):
        text = element.text_content()
        if len(text) < 400 and weight(text) < 240:
            lines.extend(split_sentences(one_line(text)))
    return any((match := _PAID.search(line)) and match.start() <= _AT_START for line in lines)


def _front_or_list(page: WebPage, prose: int, wanted_title: str) -> Verdict | None:
    """Detect a site's front page, list or search page in place of the work."""
    where, requested = urlsplit(page.url), urlsplit(page.requested_url)
    at_root = bool(_ROOT.fullmatch(where.path or "/")) and not where.query
    titled = best_overlap(wanted_title, page.titles) >= 0.6
    site = page.site or where.hostname or page.url
    if at_root and not (titled and prose >= 600):
        moved = not _ROOT.fullmatch(requested.path or "/")
        return "not-the-document", outcome("moved-to-front-page" if moved else "front-page", site=site)
    share, links = link_share(page.root), sum(1 for _ in page.root.iter("a"))
    if titled and prose >= 300:
        return None
    is_list = bool(_SEARCH.search(page.title.split("|")[0].strip())) or any(map(_SEARCH.search, page.headings))
    if (links >= 15 and share > 0.6 and prose < 2500) or (is_list and links >= 8 and prose < 2500):
        return "not-the-document", outcome("list-page", site=site, title=_shown_title(page))
    return None


def page_without_text(page: WebPage, shown: str) -> Verdict | None:
    """Detect a page with almost no text; `shown` is its visible text."""
    if weight(shown) < 120 or (weight(shown) < 800 and _SCRIPT.search(shown)):
        return "unreadable", outcome("text-by-script" if page.needs_script else "page-without-text")
    return None


def _paywall(page: WebPage) -> Verdict:
    return "paywalled", outcome("paywall", site=page.site or urlsplit(page.url).hostname or page.url)


def _shown_title(page: WebPage) -> str:
    """The page's title, short enough for one line."""
    return in_quotes(page.title or next(iter(page.headings), "") or "–")
