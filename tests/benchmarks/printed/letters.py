"""Letters and papers of an office: a notice with its guideline, a memo with answers, a press release, minutes."""

from tests.benchmarks.printed.made import Made
from tests.benchmarks.printed.prose import WIDE_DIGITS, Prose

_GOTHIC = "font-family: 'Noto Sans CJK JP'"
_KANA = "アイウエオ"
_INDENT = "padding-left: {}em"


def _wide(number: int) -> str:
    return str(number).translate(WIDE_DIGITS)


def notice(seed: int) -> Made:
    """A notice: number with wide spaces, date, addressees, sender, subject in the size of the text, 記, 別紙."""
    prose = Prose(seed, wide=True)
    made = Made("notice", "公共施設等の維持管理に係る事務処理要領の改正について（通知）", prose)
    for text in ("北 財 管 第 ６ ７ 号", "令和６年６月２８日"):
        made.line(text, "right")
    for text in ("各 都 道 府 県 知 事　殿", "各 指 定 都 市 市 長　殿"):
        made.line(text, "flat")
    made.line("北浦省自治財政局長", "right")
    made.line("（公　印　省　略）", "right")
    made.line(made.title, "centre", "margin: 8mm 0")
    made.text(3)
    made.text(2)
    made.may_head("記")
    for number, name in enumerate(("改正の趣旨", "改正の内容", "留意事項", "施行期日"), 1):
        made.head(f"第{_wide(number)}　{name}", _GOTHIC)
        made.text(look=_INDENT.format(1))
        for part in range(1, 4):
            made.head(f"{_wide(part)}　{prose.task()}について", _INDENT.format(1))
            made.text(look=_INDENT.format(2))
            made.items([f"（{_wide(item)}）" for item in range(1, 4)], _INDENT.format(4))
            made.items([f"{kana}　" for kana in _KANA[:2]], _INDENT.format(5))
        if number == 2:
            heads = ("令和３年度", "令和４年度", "令和５年度")
            made.table(
                "表１　施設の類型ごとの対象施設数（単位：施設）", ("道路", "橋りょう", "公営住宅", "学校"), heads
            )
            made.line("（注）各年度４月１日現在の数値である。", "note")
    _guideline(made)
    return made


def _guideline(made: Made) -> None:
    """A guideline as an annex, in articles with their names in brackets above them."""
    made.add('<div class="new"></div>')
    made.may_head("別紙１", "right")
    made.may_head("公共施設等の維持管理に係る事務処理要領", "centre", f"font-size: 13pt; {_GOTHIC}; margin-bottom: 6mm")
    for number, name in enumerate(("目的", "定義", "計画の策定", "計画の変更", "費用の負担", "報告", "雑則"), 1):
        made.may_head(f"（{name}）", "flat", "break-after: avoid")
        made.line(f"第{_wide(number)}条　{made.prose.sentence()}", "item", "padding-left: 1em; text-indent: -1em")
        made.line(f"２　{made.prose.sentence()}", "item", "padding-left: 1em; text-indent: -1em")
        made.items([f"（{_wide(item)}）" for item in range(1, 3)], _INDENT.format(3))
    made.may_head("附　則", "flat", "padding-left: 3em")
    made.text(1)


def memo(seed: int) -> Made:
    """A memo (事務連絡) with questions and answers as its annex."""
    prose = Prose(seed)
    made = Made("memo", "電子申請に関する質疑応答集の送付について", prose)
    made.line("<span style='border: 0.5pt solid; padding: 1mm 4mm'>事　務　連　絡</span>", "right")
    made.line("令和７年１月１５日", "right")
    made.line("各都道府県消防防災主管課　御中<br>各指定都市消防本部　御中", "flat")
    made.line("北浦省消防政策室", "right", "margin-bottom: 6mm")
    made.line(made.title, "centre", "font-size: 12pt; margin: 4mm 0")
    for _ in range(3):
        made.text()
    made.add(
        "<div style='margin-left: 50%; font-size: 9pt; line-height: 1.4'>問合せ先<br>"
        "北浦省消防政策室　担当：戸倉、中洲<br>"
        "ＴＥＬ：03-0000-0000<br>E-mail: anzen@example.go.jp</div>"
    )
    made.add('<div class="new"></div>')
    made.may_head("（別添）", "right")
    made.may_head("電子申請に関する質疑応答集", "centre", f"{_GOTHIC}; font-size: 14pt")
    for part, name in enumerate(("対象となる手続", "本人確認の方法", "手数料の納付"), 1):
        made.head(f"{part}．{name}", f"{_GOTHIC}; font-weight: bold; margin-top: 4mm")
        for number in range(1, 6):
            task, plan = prose.task(), prose.plan()
            question = f"問{part}－{number}　{task}に係る{plan}は、電子申請の対象となるか。"
            made.may_head(question, "item", f"{_GOTHIC}; margin-top: 3mm; padding-left: 4em; text-indent: -4em")
            prose.sentences.append(question)
            made.line(f"答　{prose.paragraph(2)}", "item")
            made.text(2, "padding-left: 2em")
            if number % 2:
                made.items(("①　", "②　"), _INDENT.format(4))
    return made


def press(seed: int) -> Made:
    """A press release: a box and a date at the head, a large title in two lines, summary box, sections, contacts."""
    prose = Prose(seed)
    title, note = "地方公共施設の利用状況に関する調査結果の公表", "－ 令和５年度の集計がまとまりました －"
    made = Made("press", title, prose, "p { font-family: 'Noto Sans CJK JP' }")
    made.add(
        "<div style='display: flex; justify-content: space-between; align-items: flex-start'>"
        "<span style='border: 1pt solid; padding: 2mm 6mm; font-size: 14pt; letter-spacing: 0.5em'>報道資料</span>"
        "<span style='text-align: right; line-height: 1.4'>令和６年９月13日<br>北浦省統計局</span></div>"
    )
    made.line(title, "centre", "font-size: 17pt; font-weight: bold; margin-top: 8mm")
    made.may_head(note, "centre", "font-size: 12pt; margin-bottom: 5mm")
    made.add(f"<div style='border: 1pt solid; padding: 3mm; margin: 3mm 0'><p>{prose.paragraph(3)}</p></div>")
    for number, name in enumerate(("調査の概要", "調査結果のポイント", "今後の予定"), 1):
        made.head(f"{number}　{name}", "font-size: 12pt; font-weight: bold; margin-top: 4mm")
        for _ in range(3):
            made.line(f"○　{prose.paragraph(2)}", "item")
            made.items(("・", "・"), _INDENT.format(4))
        if number == 2:
            years = ("2021年", "2022年", "2023年")
            made.table(
                "表１　施設の種類別の利用者数（千人）", ("図書館", "公民館", "体育館"), years, ("利用者数", "前年比")
            )
            made.chart("図１　利用者数の推移", ("2019", "2020", "2021", "2022", "2023"), "千人")
            made.text(3)
    made.add(
        "<table style='width: 60%; margin: 6mm 0 0 40%'><tr><td>（連絡先）<br>北浦省統計局調査課<br>"
        "担当：浜坂、岸本<br>電話：03-0000-0000（直通）<br>FAX：03-0000-0001</table>"
    )
    return made


def minutes(seed: int) -> Made:
    """Minutes: list of those present in two columns, agenda, and who said what."""
    prose = Prose(seed)
    made = Made("minutes", "第12回地域公共サービス検討会議事録", prose)
    made.line(made.title, "centre", f"{_GOTHIC}; font-size: 14pt; margin-bottom: 5mm")
    for text in ("１　日　時　令和６年10月３日（木）10:00～12:00", "２　場　所　中央合同庁舎第２号館８階第１会議室"):
        made.may_head(text, "flat")
    made.may_head("３　出席者", "flat")
    people = ("浜坂由美　北浦大学教授", "戸倉慎一　海辺市副市長", "中洲美咲　弁護士", "岸本健　霧原町長")
    made.add(f"<div style='columns: 2; margin-left: 4em'>{'<br>'.join(people)}</div>")
    made.may_head("４　議　事", "flat")
    for text in ("（１）中間整理の骨子について", "（２）その他"):
        made.may_head(text, "flat", "padding-left: 2em")
    made.may_head("５　議事要旨", "flat")
    for _ in range(4):
        for name in ("浜坂座長", "事務局", "戸倉委員", "中洲委員", "岸本委員"):
            made.line(f"○{name}　{prose.paragraph(3)}", "item", "padding-left: 1em; text-indent: -1em")
            if prose.chance.random() < 0.5:
                made.text(3, "padding-left: 1em")
    made.line("以　上", "right")
    return made
