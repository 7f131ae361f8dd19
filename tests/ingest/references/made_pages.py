"""Web pages made for the tests: articles, pages about works, walls and front pages, in Japanese and English."""

import json
from pathlib import Path
from typing import Any

from ingest.document import Reference
from ingest.fetching import Fetched
from ingest.fetching.content import charset_of, type_of
from ingest.fetching.files import save
from ingest.loaders import Limits
from ingest.references.reading import ReadResult, read

JA = (
    "海辺の町では毎年秋になると古い灯台の点検が行われ、三人の技師が泊まりこみで機械を調べる。",
    "記録係は風の強さと潮の高さを帳面に書きとめ、その写しを港の役場に毎週届けている。",
    "昨年の調査では、点検にかかる費用のうち六割が部品の取り替えに使われたことが分かった。",
    "若い技師たちは、無人化が進めば夜間の故障に気づくのが遅れるのではないかと心配している。",
    "町長は会合で、来年度の予算に修繕の費用を盛りこむ考えを示し、住民の理解を求めた。",
    "専門家は、沿岸の航路が混み合うなかで灯台の役割はむしろ大きくなっていると指摘する。",
    "一方で、衛星による測位が広まった今、光に頼る船は減り続けているという声もある。",
    "調査に加わった漁師は、霧の夜に光が見えるだけで心が落ち着くと話し、存続を望んだ。",
)
EN = (
    "Every autumn the old lighthouse by the harbour is inspected by three engineers who stay there for a week.",
    "The keeper writes down the strength of the wind and the height of the tide, and sends a copy to the town office.",
    "Last year's survey found that six tenths of the cost of an inspection went into the replacement of worn parts.",
    "Younger engineers fear that failures at night will be noticed too late once nobody lives at the station.",
    "The mayor told a meeting that next year's budget would hold money for repairs, and asked residents for patience.",
    "Experts point out that the role of lighthouses is growing again as the shipping lanes along the coast fill up.",
    "Others say that fewer and fewer vessels depend on a light now that satellites tell them where they are.",
    "A fisherman who took part in the survey said that the sight of the light on a foggy night calms the mind.",
)
NAV_JA = "".join(
    f'<li><a href="/{n}">{t}</a></li>'
    for n, t in enumerate(("ホーム", "新着情報", "組織案内", "政策", "採用", "お問い合わせ"))
)
NAV_EN = "".join(
    f'<li><a href="/{n}">{t}</a></li>'
    for n, t in enumerate(("Home", "News", "About us", "Topics", "Careers", "Contact"))
)


def wanted(title: str = "", **fields: Any) -> Reference:
    """An entry of a bibliography that gives a title."""
    return Reference(number=1, key="1", title=title, **{"authors": (), **fields})


def paragraphs(sentences: tuple[str, ...], count: int, per: int = 3) -> str:
    """Paragraphs of `per` sentences each."""
    return "".join(
        "<p>"
        + "".join(sentences[(place * per + n) % len(sentences)] + ("" if sentences is JA else " ") for n in range(per))
        + "</p>"
        for place in range(count)
    )


def page(title: str, body: str, head: str = "", lang: str = "ja") -> str:
    """A page with a menu, a body and a foot."""
    menu = NAV_JA if lang == "ja" else NAV_EN
    foot = "著作権 灯台の会" if lang == "ja" else "Copyright The Lighthouse Society. All rights reserved."
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>'
        f'<header><a href="/">logo</a></header><nav><ul>{menu}</ul></nav>'
        f"{body}<footer><p>{foot}</p></footer></body></html>"
    )


def metas(**values: str) -> str:
    """Meta elements; a double underscore in a name is a colon, one that ends it a full stop."""
    return "".join(f'<meta name="{name.replace("__", ":")}" content="{value}">' for name, value in values.items())


def data(**values: object) -> str:
    """A JSON-LD element."""
    return f'<script type="application/ld+json">{json.dumps(values, ensure_ascii=False)}</script>'


def reading_of(
    tmp_path: Path,
    content: str | bytes,
    entry: Reference,
    url: str = "https://www.example.org/news/2025/article-1.html",
    asked: str = "",
    header: str = "",
) -> ReadResult:
    """What comes of an address that gives this content, with `header` as its Content-Type."""
    held = content.encode() if isinstance(content, str) else content
    kind = type_of(held)
    fetched = Fetched(asked or url, url, 200, held, kind, charset_of(held, header, kind))
    return read(fetched, save(fetched, tmp_path), entry=entry, limits=Limits())
