"""Questions drafted from Japanese sentences: whole, in the sentence's words, with its own unit."""

import pytest

from app.drafts.japanese.questions import questions


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "霧鐘とは、霧の深い日に岬の位置を知らせる鐘のことである。",
            "霧鐘とは何ですか",
            "霧の深い日に岬の位置を知らせる鐘のことである",
        ),
        (
            "霧笛は、霧の深い日に船へ岬の位置を知らせる設備です。",
            "霧笛とは何ですか",
            "霧の深い日に船へ岬の位置を知らせる設備",
        ),
        ("寄付金は42社から集まった。", "寄付金は何社から集まったのですか", "42社"),
        ("来館者の61％が町の外から来ていた。", "来館者の何%が町の外から来ていたのですか", "61％"),
        ("町民の支持率は46%であり、前の年の値を上回った。", "町民の支持率は何%ですか", "46%"),
        ("博物館の入館料は大人で約500円である。", "博物館の入館料は大人で何円ですか", "約500円"),
        ("灯台は1862年に技師の手で建てられた。", "灯台は何年に技師の手で建てられたのですか", "1862年"),
        ("2009年5月に、遊歩道が開通した。", "遊歩道が開通したのはいつですか", "2009年5月"),
        ("図書館は蔵書が増えたため、駅前に移転した。", "図書館はなぜ駅前に移転したのですか", "蔵書が増えたため"),
        (
            "この冬は雪が多かったので、峠道は四月まで閉ざされた。",
            "峠道はなぜ四月まで閉ざされたのですか",
            "この冬は雪が多かったので",
        ),
        (
            "館長の戸倉静江は、製塩所の跡に博物館を開くことを提案した。",
            "製塩所の跡に博物館を開くことを提案したのは誰ですか",
            "館長の戸倉静江",
        ),
        ("町長は港の改修を「百年の計」と評した。", "町長は港の改修を何と評したのですか", "百年の計"),
        ("鳴砂博物館は住民向けの講座を開催している。", "鳴砂博物館は何を開催しているのですか", "住民向けの講座"),
        (
            "町議会は来年度に港を広げる方針を表明した。",
            "町議会はどのような方針を表明したのですか",
            "来年度に港を広げる方針",
        ),
        (
            "町議会は港の古い帳簿に新しい名前を書き加えた。",
            "町議会は港の古い帳簿にどのような名前を書き加えたのですか",
            "新しい名前",
        ),
        (
            "設定ファイルはホームディレクトリに保存されます。",
            "設定ファイルはどこに保存されますか",
            "ホームディレクトリ",
        ),
        (
            "パッケージを作るには、必要な道具をインストールしてください。",
            "パッケージを作るにはどうすればよいですか",
            "必要な道具をインストールしてください",
        ),
        (
            "岬の灯台の役割は沖の岩礁を船に知らせることである。",
            "岬の灯台の役割は何ですか",
            "沖の岩礁を船に知らせること",
        ),
    ],
)
def test_a_sentence_is_asked_for_what_it_tells(sentence: str, question: str, answer: str) -> None:
    asked = {one.text: one.answer for one in questions(sentence)}
    assert asked.get(question) == answer, asked


def test_a_later_clause_takes_the_topic_and_the_tense_of_its_sentence() -> None:
    asked = [one.text for one in questions("安全条約は1951年に締結され、1960年に改定された。")]
    assert asked == ["安全条約は何年に締結されたのですか", "安全条約は何年に改定されたのですか"]


@pytest.mark.parametrize(
    "sentence",
    [
        "この条約は1951年に締結された。",
        "それは町の人口の46%である。",
        "両国は2024年に協定を結んだ。",
        "同社の社員は120人である。",
        "人数は120人であった。",
        "1997年に3,140万円で買い取った。",
        "来館者は120人だろう。",
        "加盟国では第5位である。",
        "割合は25%から50%の範囲にある。",
        "実務に関わることは研究の上でも必要である。",
        "この制度が問われる国とはかなり異なり、届け出だけで足りる。",
        "唯一の違いは、索引を作らないことである。",
        "来館者が町の外から来て、バスで帰った人は",
        "説明文は2つの部分に分かれます: 短い説明と長い説明です。",
        "鐘の音を濁らせなくすために、油を差すことができます。",
        "灯台のすべての部屋には最低一人の番人がいます。",
        "一つのやり方としては、手紙を二週間後に送るという方法があります。",
        "この共同作業は早い修理をもたらすので、大抵の場合は常に良い考えです。",
        "灯台の油の色の設定は些細な事です。",
        "灯台の案内の最初の質問は、言葉と場所の選び方に関することです。",
        "右側の名称は、その町の人が使う言葉で書かれた表記です。",
        "灯台の見学にはいくつか制限があります。",
        "灯台の光の届く距離は油の質、鏡の向き、レンズの形に依存します。",
        "霧笛は沖へ知らせる手段のひとつです。",
    ],
)
def test_what_cannot_be_understood_alone_is_not_asked(sentence: str) -> None:
    assert list(questions(sentence)) == []


def test_a_number_inside_a_quotation_or_of_a_chapter_is_no_amount() -> None:
    asked = [one.text for one in questions("憲章の第9条は「30日の猶予」を認めている。")]
    assert not [one for one in asked if "何日" in one or "何条" in one]


@pytest.mark.parametrize(
    "sentence",
    [
        "索引の作成では以下のような環境変数を使用している。",
        "接続が使える場合には、安全のため以下の行を追加してください。",
        "灯台の光は上の3つの鐘よりも遠くまで届く。",
        "他に町で追加された道具には，滑車，鐘があります。",
    ],
)
def test_what_points_to_another_place_on_the_page_is_not_asked(sentence: str) -> None:
    assert list(questions(sentence)) == []


def test_an_amount_whose_verb_comes_later_is_not_asked_with_a_copula() -> None:
    asked = [one.text for one in questions("番人は一日に油を32缶、芯を40本受け取ります。")]
    assert asked == ["番人は芯を何本受け取りますか"]


def test_a_slip_of_the_pen_is_not_copied_into_a_question() -> None:
    assert not list(questions("灯台の油が尽きたため、船が戻らない可能性が高くなるをえない。"))
    assert list(questions("灯台の油が尽きたため、船は沖で夜明けを待たざるを得なかった。"))


def test_where_a_thing_is_does_not_tell_what_it_is_like() -> None:
    asked = [one.text for one in questions("港の灯台は北の海域における存在感を増している。")]
    assert not [question for question in asked if "どのような存在感" in question]
