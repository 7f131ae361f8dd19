"""The health report: how much of a bibliography can be quoted, and what to do for each work that cannot."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Literal
from urllib.parse import urlsplit

from app.references.states import STATE_WORDS, command_for
from app.report.labels import both
from app.report.page import page
from app.report.question_items import lang
from ingest.bibliography.reference import Reference
from ingest.fetching.outcomes import say
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import READABLE, State

_TITLE = ("参考文献の読み取り状況", "How much of the references can be read")
_ORDER: list[State] = list(STATE_WORDS)  # what asks for something first
_RADIUS, _GAP = 42.0, 1.2  # of the ring, in its own units: its circle is 2π·42 long
_JAPANESE_SHARE = 0.2
_STYLES = """
.health { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; align-items: center; margin: 1.25rem 0; }
.health svg { width: 11rem; flex: none; }
.health .legend { flex: 1 1 18rem; display: grid; gap: .3rem 1rem; }
@media (min-width: 48rem) { .health .legend { grid-template-columns: 1fr 1fr; } }
.ring { fill: none; stroke-width: 15; stroke: var(--soft); } .ring.good { stroke: var(--good); }
.ring.abstract { stroke: var(--accent); } .ring.middling { stroke: var(--middling); } .ring.bad { stroke: var(--bad); }
.is-abstract { background: var(--accent); } .abstract.q { border-left-color: var(--accent); }
.abstract .verdict { background: var(--accent); }
svg .count { font-size: 24px; font-weight: 600; } svg .of { font-size: 11px; fill: var(--soft); }
.q h3 { font-weight: 600; } .q h3 .key { font-weight: 400; color: var(--soft); font-size: .85rem; }
.printed { margin: .35rem 0 0; }
pre { margin: .4rem 0 0; padding: .45rem .7rem; background: var(--panel); border-radius: .3rem; user-select: all;
  white-space: pre-wrap; overflow-wrap: anywhere; font: .85rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
@media print { html { font-size: 11px; } .health { margin: .5rem 0; } }
"""


def report(works: Sequence[CitedWork], *, title: str = "", language: Literal["ja", "en"] | None = None) -> str:
    """One HTML page without scripts on the cited works.

    `title` is text that stands under the heading; without one, the titles of the documents that list the works.
    `language` is what the page opens in (it holds both): without one, Japanese where Japanese works are listed.
    """
    groups: dict[str, list[CitedWork]] = {}
    for work in works:
        groups.setdefault(work.listed_in_title, []).append(work)
    subtitle = title or " · ".join(groups) or "Tenkyo"
    return "".join(page(_TITLE, subtitle, _body(works, groups), _STYLES, language or _language(works)))


def _body(works: Sequence[CitedWork], groups: Mapping[str, Sequence[CitedWork]]) -> Iterator[str]:
    if not works:
        yield f"<p>{both('参考文献が見つからない。', 'No references were found.')}</p>"
        hint = both(
            "取り込んだ文書に、「参考文献」などの見出しを持つ文献表がない。論文を取り込んだか確かめる。",
            "No document that was ingested has a bibliography under a heading such as “References”. "
            "Check that the paper itself was ingested.",
        )
        yield f"<p>{hint}</p><pre>tenkyo documents</pre>"
        return
    yield from _overview(works)
    listings, keys = _listings(groups), Counter(work.key for work in works)
    for name, found in groups.items():
        readable = sum(work.state in READABLE for work in found)
        counted = f'<small class="soft">{readable} / {len(found)}</small>'
        yield f"<section><h2>{escape(name)} {counted}</h2>"
        for work in sorted(found, key=lambda one: (_ORDER.index(one.state), one.number)):
            elsewhere = sorted(listings.get(_identity(work), set()) - {name})
            name_in_commands = work.key if keys[work.key] == 1 else f"{work.listed_in}/{work.key}"
            yield _card(work, name_in_commands, elsewhere)
        yield "</section>\n"


def _overview(works: Sequence[CitedWork]) -> Iterator[str]:
    counts = Counter(work.state for work in works)
    tones = Counter(STATE_WORDS[work.state].tone for work in works)
    total, abstracts = len(works), tones["abstract"]
    readable = tones["good"] + abstracts
    ja = f"{total}件の参考文献のうち{readable}件は引用できる" + (
        f"（うち要旨のみ{abstracts}件）。" if abstracts else "。"
    )
    en = f"{readable} of {total} {'work' if total == 1 else 'works'} can be quoted"
    en += f" ({abstracts} by the abstract alone)." if abstracts else "."
    if tones["bad"]:
        ja += f"{tones['bad']}件は手を打つ必要がある。"
        en += f" {tones['bad']} {'needs' if tones['bad'] == 1 else 'need'} something from you."
    if tones["middling"]:
        ja += f"{tones['middling']}件は取得を試せる。"
        en += f" {tones['middling']} can be fetched, or tried again."
    yield f"<p><strong>{both(ja, en)}</strong></p>"
    shown = [state for state in reversed(_ORDER) if counts[state]]
    legend = "".join(
        f'<li><span class="is-{STATE_WORDS[state].tone}"></span>{_name(state)} <b>{counts[state]}</b></li>'
        for state in shown
    )
    yield f'<div class="health">{_ring(counts, shown, readable)}<ul class="legend">{legend}</ul></div>'


def _ring(counts: Mapping[State, int], shown: Sequence[State], readable: int) -> str:
    """A ring with an arc for each state, clockwise from the top, and the share that is readable in its middle."""
    total, around, at, arcs = sum(counts.values()), 2 * math.pi * _RADIUS, 0.0, ""
    for state in shown:
        length = counts[state] / total * around
        drawn = length - _GAP if len(shown) > 1 else length
        words = STATE_WORDS[state]
        arcs += (
            f'<circle class="ring {words.tone}" cx="50" cy="50" r="{_RADIUS:g}" transform="rotate(-90 50 50)" '
            f'stroke-dasharray="{drawn:.2f} {around:.2f}" stroke-dashoffset="{-at:.2f}">'
            f"<title>{escape(words.ja)} / {escape(words.en)}: {counts[state]}</title></circle>"
        )
        at += length
    spoken = "; ".join(f"{STATE_WORDS[one].ja} / {STATE_WORDS[one].en}: {counts[one]}" for one in shown)
    return (
        f'<svg viewBox="0 0 100 100" role="img" aria-label="{escape(f"{readable} / {total} – {spoken}")}">{arcs}'
        f'<text class="count middle" x="50" y="54">{readable}</text>'
        f'<text class="of middle" x="50" y="68">/ {total}</text></svg>'
    )


def _card(work: CitedWork, name: str, elsewhere: Sequence[str]) -> str:
    """A work as markup; `name` is what commands call it."""
    state, language = work.state, work.entry.language
    words = STATE_WORDS[state]
    parts = [_row("結果", "Found", _found(work))]
    remedy = both(words.ja_remedy, words.en_remedy)
    if command := command_for(state, name, language):
        remedy += f"<pre>{escape(command)}</pre>"
    parts.append(_row("すること", "What to do", remedy))
    parts.append(_row("リンク", "Links", "<br>".join(_links(work))))
    if not work.entry.listed:
        parts.append(
            _row("文献表", "List", both("文献表になく、本文だけで言及", "Not in the list; named in the text only"))
        )
    parts.append(_row("注記", "Note", escape(work.entry.note)))
    parts.append(_row("他の文献表", "Also in", escape(" · ".join(elsewhere))))
    return (
        f'<article class="q {words.tone}"><h3><span class="verdict">{_name(state)}</span>'
        f'{work.number} <span class="key">{escape(work.key)}</span></h3>'
        f'<p class="printed"{lang(language)}>{escape(_printed(work.entry))}</p><dl>{"".join(parts)}</dl></article>\n'
    )


def _found(work: CitedWork) -> str:
    """What was read or met, as markup: pages, characters, language and the day, then what was said of it."""
    facts, fetched = [], work.fetched
    if fetched.supplied:
        facts.append(both("手元のファイル", "file that you gave"))
    if fetched.pages:
        facts.append(both(f"{fetched.pages}ページ", f"{fetched.pages} pages"))
    if fetched.characters:
        facts.append(both(f"{fetched.characters:,}字", f"{fetched.characters:,} characters"))
        facts.append(escape(fetched.language or work.entry.language))
    if (fetched.status or 0) >= 400:
        facts.append(f"HTTP {fetched.status}")
    if fetched.fetched_at:
        facts.append(f"{both('取得日', 'asked on')} {escape(fetched.fetched_at[:10])}")
    told = both(say(fetched.outcomes, "ja"), say(fetched.outcomes, "en")) if fetched.outcomes else ""
    lines = [" · ".join(fact for fact in facts if fact), told]
    return "<br>".join(line for line in lines if line)


def _links(work: CitedWork) -> Iterator[str]:
    """The entry's address and where it led, as links where they are http(s), else as text."""
    for address in dict.fromkeys((work.entry.url, work.fetched.final_url)):
        if not address:
            continue
        shown = escape(address)
        yield (
            f'<a href="{shown}" rel="noreferrer noopener">{shown}</a>' if _is_web(address) else f"<code>{shown}</code>"
        )


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _row(ja: str, en: str, markup: str) -> str:
    return f"<dt>{both(ja, en)}</dt><dd>{markup}</dd>" if markup else ""


def _name(state: State) -> str:
    return both(STATE_WORDS[state].ja, STATE_WORDS[state].en)


def _listings(groups: Mapping[str, Iterable[CitedWork]]) -> dict[str, set[str]]:
    """The documents that list each work."""
    listings: dict[str, set[str]] = {}
    for name, found in groups.items():
        for work in found:
            listings.setdefault(_identity(work), set()).add(name)
    return listings


def _identity(work: CitedWork) -> str:
    """What tells that two entries mean one work: its title and year; alone, the entry itself."""
    title = "".join((work.entry.title or _printed(work.entry)).casefold().split())
    return f"{title} {work.entry.date[:4]}"


def _printed(entry: Reference) -> str:
    """The entry as it stands, or, of a record that was made by hand, its parts."""
    parts = [", ".join(entry.authors), entry.title, entry.container, entry.date_text]
    return entry.raw or ". ".join(dict.fromkeys(part for part in parts if part))


def _language(works: Sequence[CitedWork]) -> Literal["ja", "en"]:
    japanese = sum(work.entry.language == "ja" for work in works)
    return "ja" if japanese >= _JAPANESE_SHARE * len(works) else "en"
