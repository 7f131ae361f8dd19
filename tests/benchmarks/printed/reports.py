"""Reports: a white paper, a two-column study, statistics, a plan with side tabs, slides, a vertical answer."""

from tests.benchmarks.printed.made import Made
from tests.benchmarks.printed.prose import Prose

_GOTHIC = "font-family: 'Noto Sans CJK JP'"
_BOLD = f"{_GOTHIC}; font-weight: bold"
_SLIDE_STYLE = """
@page { size: 297mm 210mm; margin: 10mm }
p, div { font-family: 'Noto Sans CJK JP'; font-size: 12pt; line-height: 1.5 }
.s { break-after: page }  .t { background: #235; color: white; padding: 2mm 4mm; font-size: 20pt }
.b { display: flex; gap: 6mm }  .b div { border: 1pt solid #446; flex: 1; padding: 3mm }
"""
_YEARS = ("2021年度", "2022年度", "2023年度")
_CITIES = ("指定都市", "中核市", "その他の市", "町村", "合計")
_CHAPTERS = (
    ("人口減少と地方行政の現状", ("人口の動向", "行政サービスの現状")),
    ("公共施設の管理", ("施設の老朽化", "広域連携の取組", "民間の活用")),
    ("人材の確保と育成", ("職員数の推移", "研修の充実")),
)


def _contents(made: Made, leader: str) -> None:
    """A table of contents with leaders and page numbers."""
    made.may_head("目　次", "centre", f"{_BOLD}; font-size: 14pt; break-before: page")
    page, look = 1, "text-align: left; white-space: nowrap; overflow: hidden"
    for number, (chapter, sections) in enumerate(_CHAPTERS, 1):
        made.line(f"第{number}章　{chapter}{leader * 24}{page}", "flat", f"{_BOLD}; {look}")
        for part, section in enumerate(sections, 1):
            made.line(f"第{part}節　{section}{leader * 26}{page + part}", "flat", f"padding-left: 1em; {look}")
        page += 9


def white_paper(seed: int) -> Made:
    """A white paper: cover, contents, running heads by chapter, four levels of headings, charts, tables, footnotes."""
    prose = Prose(seed)
    running = "".join(
        f"@page c{number} {{ @top-right {{ content: '第{number}章　{name}'; font: 8pt 'Noto Sans CJK JP' }} }}"
        f".c{number} {{ page: c{number} }}"
        for number, (name, _) in enumerate(_CHAPTERS, 1)
    )
    made = Made("white_paper", "地方行政白書", prose, running)
    made.line(made.title, "centre", f"{_BOLD}; font-size: 26pt; margin-top: 60mm")
    for text in ("令和６年版", "－ 人口減少下における行政サービスの維持 －", "令和６年３月", "地方行政研究会"):
        made.may_head(text, "centre", f"{_GOTHIC}; font-size: 14pt; margin-top: 10mm")
    _contents(made, "…")
    notes = 0
    for number, (chapter, sections) in enumerate(_CHAPTERS, 1):
        made.add(f'<div class="c{number}">')
        made.head(f"第{number}章　{chapter}", f"{_BOLD}; font-size: 18pt; break-before: page; margin-bottom: 6mm")
        made.text(3)
        for part, section in enumerate(sections, 1):
            made.head(f"第{part}節　{section}", f"{_BOLD}; font-size: 14pt; margin-top: 6mm")
            made.text(4)
            for sub in (1, 2):
                made.head(f"{sub}　{prose.task()}の{prose.plan()}", f"{_BOLD}; font-size: 11.5pt; margin-top: 3mm")
                notes += 1
                made.line(f"{prose.sentence()[:-1]}<sup style='font-size: 60%'>{notes}</sup>。{prose.sentence()}")
                prose.sentences.pop(-2)  # its sentence is divided by the mark
                made.text(4)
                made.chart(
                    f"図表{number}－{part}－{sub}　{prose.task()}の推移", ("H30", "R1", "R2", "R3", "R4"), "百万円"
                )
                for item in (1, 2):
                    made.head(f"({item})　{prose.task()}の状況", f"{_GOTHIC}; margin-top: 2mm")
                    made.text(4)
                made.line(f"{notes}　{prose.sentence()}", "note", "border-top: 0.4pt solid; margin: 2mm 0")
            made.table(f"表{number}－{part}　{section}の内訳", _CITIES, _YEARS, ("件数", "構成比"))
            made.line("（注）構成比は四捨五入のため、合計が100％にならない場合がある。", "note")
        made.add("</div>")
    return made


def study(seed: int) -> Made:
    """A study in two columns: title and summary over both, a table across both, footnotes, a list of works."""
    prose = Prose(seed)
    title = "縮小する地域における水道管路の更新計画に関する一考察"
    made = Made(
        "study", title, prose, "body { font-size: 9pt; line-height: 1.55 } .two { columns: 2; column-gap: 8mm }"
    )
    made.line(title, "centre", f"{_BOLD}; font-size: 15pt")
    made.line("浜坂　由美", "centre", "font-size: 11pt; margin: 3mm 0")
    made.may_head("要　旨", "centre", _BOLD)
    made.text(4, "padding: 0 8mm")
    made.add('<div class="two" style="margin-top: 5mm">')
    for number, (chapter, sections) in enumerate((("はじめに", ()), *_CHAPTERS, ("おわりに", ())), 1):
        made.head(f"{number}．{chapter}", f"{_BOLD}; font-size: 10.5pt; margin-top: 3mm")
        made.text(4)
        made.text(5)
        for part, section in enumerate(sections, 1):
            made.head(f"{number}.{part}　{section}", f"{_BOLD}; margin-top: 2mm")
            for _ in range(3):
                made.text(4)
        if number == 3:
            made.add('</div><div style="margin: 4mm 0">')
            made.table("表１　団体の規模別の更新率", _CITIES, _YEARS, ("延長", "構成比"))
            made.line("注：筆者作成。", "note")
            made.add('</div><div class="two">')
        if number == 4:
            made.chart("図１　更新費用の推移", ("2019", "2020", "2021", "2022"), "億円")
    made.add("</div>")
    return made


def statistics(seed: int) -> Made:
    """Results of a survey: boxed headings, ○ paragraphs, tables with two rows of heads, units and notes."""
    prose = Prose(seed)
    made = Made("statistics", "公共施設状況調査　結果の概要", prose, f"p {{ {_GOTHIC} }}")
    made.line("令和５年度", "centre", "font-size: 14pt")
    made.line(made.title, "centre", "font-size: 18pt; font-weight: bold; margin-bottom: 8mm")
    for number, name in enumerate(("施設の数", "施設の面積", "利用の状況", "維持管理の費用"), 1):
        made.head(
            f"{number}　{name}",
            "font-size: 12pt; border: 0.8pt solid; background: #dde; padding: 1mm 2mm; margin: 5mm 0 2mm",
        )
        for part in (1, 2):
            made.head(f"({part}) {prose.task()}の{name}", "font-weight: bold; margin-top: 2mm")
            for _ in range(2):
                made.line(f"○　{prose.paragraph(2)}", "item", "padding-left: 2em")
            made.line("（単位：件、％）", "right", "font-size: 8pt")
            made.table(f"表{number}－{part}　団体の区分別にみた{name}", _CITIES, _YEARS, ("実数", "構成比"))
            made.line("注１）「その他の市」には、特別区を含む。", "note")
            made.line("注２）「－」は該当がないことを、「▲」は減少を示す。", "note")
        made.chart(f"図{number}　{name}の推移（全国）", ("令和元年", "２年", "３年", "４年", "５年"), "千件")
    return made


def plan(seed: int) -> Made:
    """A plan: cover, contents with points, a tab at the side of each page, boxed columns, tables of aims."""
    prose = Prose(seed)
    made = Made("plan", "海辺市公共施設等総合管理計画", prose, "@page { @bottom-center { content: counter(page) } }")
    made.add(
        "<div style='position: fixed; right: -16mm; top: 40mm; writing-mode: vertical-rl; background: #ccd; "
        'padding: 2mm; font: 9pt "Noto Sans CJK JP"\'>第２編　施策の展開</div>'
    )
    made.line(made.title, "centre", f"{_BOLD}; font-size: 24pt; margin-top: 70mm")
    for text in ("令和７年度～令和11年度", "令和７年３月", "海　辺　市"):
        made.may_head(text, "centre", f"{_GOTHIC}; font-size: 14pt; margin-top: 12mm")
    _contents(made, "・")
    for number, (chapter, sections) in enumerate(_CHAPTERS, 1):
        made.head(f"第{number}章　{chapter}", f"{_BOLD}; font-size: 16pt; break-before: page; color: #225")
        for part, section in enumerate(sections, 1):
            made.head(f"{part}．{section}", f"{_BOLD}; font-size: 12pt; margin-top: 5mm")
            made.head("【現状と課題】", _GOTHIC)
            made.items(("●", "●", "●"), "padding-left: 1em; text-indent: -1em")
            made.head("【施策の方向】", _GOTHIC)
            made.text(4)
            made.text(3)
            made.table(
                "成果指標", (f"{prose.task()}の実施率", f"{prose.task()}の件数"), ("現状値（R5）", "目標値（R11）")
            )
            if part == 1:
                made.add(
                    "<div style='border: 1pt dashed; background: #f4f4e4; padding: 3mm; margin: 4mm 0; font-size: 9pt'>"
                )
                made.may_head(f"コラム　{prose.task()}とは", "flat", _BOLD)
                made.text(4)
                made.add("</div>")
    return made


def slides(seed: int) -> Made:
    """An outline in slides: 資料１ in a box, titles in bands, boxes side by side, arrows, a small table."""
    prose = Prose(seed)
    made = Made("slides", "公共施設の集約化の推進（案）の概要", prose)
    made.style = _SLIDE_STYLE
    made.line("<span style='border: 1pt solid; padding: 1mm 3mm'>資料１</span>", "right")
    made.line(made.title, "centre", f"{_BOLD}; font-size: 28pt; margin-top: 50mm")
    for text in ("令和６年11月", "北浦省自治財政局"):
        made.may_head(text, "centre", "font-size: 16pt; margin-top: 15mm; break-after: auto")
    made.add('<div class="s"></div>')
    for number in range(1, 7):
        made.may_head(f"{prose.task()}の{prose.plan()}", "t", "font-size: 20pt; text-indent: 0")
        made.line(f"○　{prose.paragraph(2)}", "item", "margin: 3mm 0")
        made.add('<div class="b">')
        for name in ("現状", "課題", "対応"):
            made.add("<div>")
            made.may_head(f"{name}{number}：{prose.task()}", "centre", "font-weight: bold")
            made.items(("・", "・"), "padding-left: 1em; text-indent: -1em")
            made.add("</div>")
        made.add("</div>")
        if number % 2:
            made.table("（参考）団体数", ("市", "町村"), ("Ｒ４", "Ｒ５"))
        made.add('<div class="s"></div>')
    return made


def answer(seed: int) -> Made:
    """An answer of a council, in vertical writing."""
    prose = Prose(seed, wide=True)
    made = Made(
        "answer", "地方制度の在り方に関する答申", prose, "html { writing-mode: vertical-rl } body { font-size: 11pt }"
    )
    made.line("令和五年十二月十一日", "right")
    made.line("地方制度審議会", "right")
    made.line(made.title, "flat", f"{_GOTHIC}; font-size: 16pt; margin: 0 8mm")
    for numeral, name in zip(
        "一二三四五", ("基本的な考え方", "現状と課題", "住民の参加", "広域の連携", "財源"), strict=True
    ):
        made.head(f"第{numeral}　{name}", f"{_GOTHIC}; font-size: 12.5pt; margin: 0 3mm")
        for _ in range(5):
            made.text(4)
    return made
