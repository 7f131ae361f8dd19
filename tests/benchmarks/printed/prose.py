"""Made-up sentences in the manner of Japanese administrative documents: patterns filled with words, no two alike."""

import random

_BODIES = (
    "市町村 都道府県 地方公共団体 関係事業者 所管部局 協議会 指定管理者 実施主体 広域連合 消防本部 教育委員会 保健所"
)
_TASKS = (
    "固定資産の評価 地域公共交通 河川の維持管理 空家等の対策 上水道の更新 森林の整備 観光の振興 子育て支援 "
    "廃棄物の処理 防災拠点の整備 図書館の運営 統計調査 港湾の改修 農地の集約 橋りょうの点検 学校給食 "
    "文化財の保存 救急搬送"
)
_PLANS = "基本計画 実施要領 整備方針 指針 年次計画 評価基準 事務処理要領 個別計画 手引き 協定"
_MEANS = (
    "補助金の交付 職員の派遣 情報の提供 台帳の電子化 研修の実施 点検の省力化 相談窓口の設置 実態の調査 "
    "費用の平準化 施設の集約"
)
_AIMS = (
    "住民の利便性の向上 事務負担の軽減 安全の確保 財政負担の平準化 地域経済の活性化 人材の育成 環境への負荷の低減 "
    "公平性の確保 透明性の向上"
)
_PATTERNS = (
    "{a}は、{t}に係る{p}を策定し、これを公表するものとする。",
    "{t}については、令和{y}年度において{n}団体が{m}に取り組んでおり、前年度から{d}.{e}％増加している。",
    "なお、{p}の変更に当たっては、あらかじめ{a}の意見を聴くことが望ましい。",
    "{g}を図る観点から、{a}においては、{m}を計画的に進める必要がある。",
    "また、{t}に要する経費の総額は{n}億{k}百万円であり、このうち{d}割を{a}が負担している。",
    "この場合において、{p}に定める期間は、おおむね{d}年とする。",
    "令和{y}年{d}月に実施した調査によれば、{p}を「策定済み」と回答した{a}は{n}団体であった。",
    "一方で、{t}を担う職員の数は減少しており、{m}（以下「本取組」という。）の重要性が高まっている。",
    "{a}が{m}を行うときは、{t}の状況及び{g}の見込みを勘案しなければならない。",
    "具体的には、{m}及び{m2}を一体的に行うことにより、{g}が期待される。",
    "ただし、災害その他やむを得ない理由により{p}によることができないときは、この限りでない。",
    "{t}に関する{p}は、{a}と{a2}とが共同して作成することができる。",
    "その際、{g}に十分留意するとともに、{a}に対して適切な助言を行われたい。",
    "{a}における{t}の実施率は{k}.{e}％にとどまり、全国平均を下回っている。",
    "今後は、{p}に基づき、{m}を通じて{g}を目指すこととしている。",
    "{n}団体のうち{k}団体では、{t}と{t2}とを同じ部局が所管している。",
    "報告書の様式は別に定めるところにより、毎年{d}月{k}日までに提出するものとする。",
    "これに対し、{a}からは「{m}には時間を要する」との意見が示された。",
    "{t}の対象となる施設は{k}施設あり、築後{k}年を経過したものが全体の{d}割を占める。",
    "費用対効果の試算では、{m}により年間{n}万円の縮減が見込まれるとの結果を得た。",
    "{a}は、{p}の進捗を{d}年ごとに点検し、その結果を{a2}に報告する。",
)
WIDE_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")


class Prose:
    """Draws sentences by chance, and keeps them: `sentences` are those that a document holds, in its order."""

    def __init__(self, seed: int, *, wide: bool = False) -> None:
        self.chance = random.Random(seed)
        self.sentences: list[str] = []
        self._wide = wide

    def sentence(self) -> str:
        """A sentence that the document does not hold yet."""
        while True:
            words = {name: self._two(text) for name, text in zip("atm", (_BODIES, _TASKS, _MEANS), strict=True)}
            text = self.chance.choice(_PATTERNS).format(
                **{name: pair[0] for name, pair in words.items()},
                **{f"{name}2": pair[1] for name, pair in words.items()},
                p=self.plan(), g=self.chance.choice(_AIMS.split()), y=self._number(2, 6), n=self._number(101, 899),
                k=self._number(12, 28), d=self._number(2, 9), e=self._number(0, 9),
            )  # fmt: skip
            if text not in self.sentences:
                self.sentences.append(text)
                return text

    def paragraph(self, count: int = 0) -> str:
        """`count` sentences, or two to four."""
        return "".join(self.sentence() for _ in range(count or self.chance.randint(2, 4)))

    def task(self) -> str:
        """A field of administration: 橋りょうの点検 …."""
        return self.chance.choice(_TASKS.split())

    def plan(self) -> str:
        """A kind of plan: 基本計画 …."""
        return self.chance.choice(_PLANS.split())

    def _two(self, words: str) -> list[str]:
        return self.chance.sample(words.split(), 2)

    def _number(self, least: int, most: int) -> str:
        digits = str(self.chance.randint(least, most))
        return digits.translate(WIDE_DIGITS) if self._wide else digits
